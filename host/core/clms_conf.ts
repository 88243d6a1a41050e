// What clms.wasm is told: configurations and names, written into its inbox.
//
// Invariant: nothing is judged here. What does not fit is written so that the module itself refuses it, with its own
// errno: there is one judge.

import { GenesisNode, LIMIT, MODE, NodeConf, PROFILE, ROLE, Stamp, Subsys, Token } from "./abi/clms.js";

export interface GenesisOptions {
  node: number;
  /** default 1; 0 for a role that does not vote */
  votes?: number;
  /** ROLE; default VOTER */
  role?: number;
  site?: number;
}

export interface NodeOptions {
  /** this node's number */
  node: number;
  /** 32 hexadecimal digits; hyphens do not matter */
  cluster: string;
  /** this node's uuid, likewise */
  uuid: string;
  /** the first configuration: the same on every node */
  genesis: readonly GenesisOptions[];
  /** MODE of the first configuration; default MAJORITY */
  mode?: number;
  /** what it wants to be if the table does not know it: ROLE, default VOTER */
  role?: number;
  site?: number;
  /** default 1 */
  votes?: number;
  /** PROFILE; default LAN */
  profile?: number;
  /** default 1 */
  protoMin?: number;
  /** default 0: whatever the module speaks */
  protoMax?: number;
  /** CONFF */
  flags?: number;
  /** CUSTOM: ms between probes, probes lost before a node is missed */
  probeMs?: number;
  losses?: number;
  /** nodes to turn to first */
  seeds?: readonly number[];
}

export interface TokenValue {
  /** fingerprint of the cluster's uuid */
  cluster: bigint;
  slot: number;
  hash: bigint;
}

export interface StampValue {
  cluster: bigint;
  /** sender's last applied slot */
  slot: number;
  node: number;
  to: number;
  inc: number;
  toInc: number;
}

export interface SubsysOptions {
  name: string;
  /** default 1 */
  version?: number;
  /** lower runs first; default 100 */
  priority?: number;
}

const utf8 = new TextEncoder();

/** The two words of a uuid, as it is written in memory: its first 16 digits, then the others. */
function uuidWords(text: string): [bigint, bigint] {
  const digits = text.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new TypeError(`${JSON.stringify(text)} is not a uuid: 32 hexadecimal digits`);
  return [BigInt(`0x${digits.slice(0, 16)}`), BigInt(`0x${digits.slice(16)}`)];
}

/** Writes into the inbox of clms.wasm. */
export class ClmsInbox {
  readonly #u8: Uint8Array;
  readonly #dv: DataView;
  readonly #at: number;

  constructor(u8: Uint8Array, dv: DataView, at: number) {
    this.#u8 = u8;
    this.#dv = dv;
    this.#at = at;
  }

  /** Bytes as they are; what does not fit into the inbox is cut off. Returns the length given, for the module to judge. */
  bytes(bytes: Uint8Array): number {
    this.#u8.set(bytes.length <= LIMIT.MSG_MAX ? bytes : bytes.subarray(0, LIMIT.MSG_MAX), this.#at);
    return bytes.length;
  }

  text(text: string): number {
    return this.bytes(utf8.encode(text));
  }

  node(o: NodeOptions): void {
    const at = this.#at;
    const dv = this.#dv;
    // More than the limit are cut off, but counted: the module refuses the number.
    const genesis = o.genesis.slice(0, LIMIT.GENESIS_MAX);
    this.#u8.fill(0, at, at + NodeConf.SIZE + genesis.length * GenesisNode.SIZE);
    dv.setUint32(at + NodeConf.size, NodeConf.SIZE, true);
    dv.setUint16(at + NodeConf.node, o.node, true);
    dv.setUint16(at + NodeConf.count, o.genesis.length, true);
    const [clusterLo, clusterHi] = uuidWords(o.cluster);
    const [uuidLo, uuidHi] = uuidWords(o.uuid);
    dv.setBigUint64(at + NodeConf.cluster_lo, clusterLo, true);
    dv.setBigUint64(at + NodeConf.cluster_hi, clusterHi, true);
    dv.setBigUint64(at + NodeConf.uuid_lo, uuidLo, true);
    dv.setBigUint64(at + NodeConf.uuid_hi, uuidHi, true);
    this.#u8[at + NodeConf.mode] = o.mode ?? MODE.MAJORITY;
    this.#u8[at + NodeConf.role] = o.role ?? ROLE.VOTER;
    this.#u8[at + NodeConf.site] = o.site ?? 0;
    this.#u8[at + NodeConf.profile] = o.profile ?? PROFILE.LAN;
    dv.setUint16(at + NodeConf.votes, o.votes ?? 1, true);
    this.#u8[at + NodeConf.proto_min] = o.protoMin ?? 1;
    this.#u8[at + NodeConf.proto_max] = o.protoMax ?? 0;
    dv.setUint32(at + NodeConf.flags, o.flags ?? 0, true);
    dv.setUint32(at + NodeConf.probe_ms, o.probeMs ?? 0, true);
    dv.setUint16(at + NodeConf.losses, o.losses ?? 0, true);
    const seeds = o.seeds ?? [];
    dv.setUint16(at + NodeConf.nseed, seeds.length, true);
    for (const [i, seed] of seeds.slice(0, LIMIT.SEED_MAX).entries()) dv.setUint16(at + NodeConf.seeds + 2 * i, seed, true);
    for (const [i, g] of genesis.entries()) this.#genesis(at + NodeConf.SIZE + i * GenesisNode.SIZE, g);
  }

  #genesis(at: number, g: GenesisOptions): void {
    this.#dv.setUint16(at + GenesisNode.node, g.node, true);
    this.#dv.setUint16(at + GenesisNode.votes, g.votes ?? 1, true);
    this.#u8[at + GenesisNode.role] = g.role ?? ROLE.VOTER;
    this.#u8[at + GenesisNode.site] = g.site ?? 0;
  }

  subsys(o: SubsysOptions): void {
    const at = this.#at;
    this.#u8.fill(0, at, at + Subsys.SIZE);
    this.#dv.setUint32(at + Subsys.size, Subsys.SIZE, true);
    this.#dv.setUint32(at + Subsys.version, o.version ?? 1, true);
    this.#dv.setUint16(at + Subsys.priority, o.priority ?? 100, true);
    // A name that does not fit fills its room without a NUL, which the module refuses.
    this.#u8.set(utf8.encode(o.name).subarray(0, LIMIT.NAME_MAX + 1), at + Subsys.name);
  }

  token(t: TokenValue): void {
    this.#dv.setBigUint64(this.#at + Token.cluster, t.cluster, true);
    this.#dv.setBigUint64(this.#at + Token.slot, BigInt(t.slot), true);
    this.#dv.setBigUint64(this.#at + Token.hash, t.hash, true);
  }

  stamp(s: StampValue): void {
    const at = this.#at;
    this.#u8.fill(0, at, at + Stamp.SIZE);
    this.#dv.setBigUint64(at + Stamp.cluster, s.cluster, true);
    this.#dv.setBigUint64(at + Stamp.slot, BigInt(s.slot), true);
    this.#dv.setUint16(at + Stamp.node, s.node, true);
    this.#dv.setUint16(at + Stamp.to, s.to, true);
    this.#dv.setUint32(at + Stamp.inc, s.inc, true);
    this.#dv.setUint32(at + Stamp.to_inc, s.toInc, true);
  }
}
