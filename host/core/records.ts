// What the module says: its records as plain objects, read through the generated layouts.
//
// Invariants: an object is a copy, so it does not change under its reader; NONE (65535) becomes null; addresses
// are canonical text; counters are bigint.

import { Arpent, EVENT_NAME, Event, Grp, Ill, Illgrp, Ipif, KSTAT_NAME, Kstats, LIMIT, Phyint } from "./abi/ipmp.js";
import { type Family, formatIp, formatMac } from "./address.js";

const NONE = 0xffff;

export interface IpmpEvent {
  /** ns */
  time: bigint;
  /** counted from 1 without gaps, lost ones included */
  seq: number;
  /** EVENT */
  type: number;
  /** EVENT's name, such as "REBIND" */
  name: string;
  family: Family;
  /** CAUSE */
  cause: number;
  grp: number | null;
  phyint: number | null;
  old: number;
  new: number;
  count: number;
  /** null where the event is about no address */
  addr: string | null;
  /** null where the event is about no hardware address */
  mac: string | null;
  /** ns: of PROBE events, when the probe was sent; else 0 */
  start: bigint;
  /** WATCHER, of events of probes and targets */
  watcher: number;
}

/** Traffic counters by KSTAT, in lower case. */
export interface KstatRecord {
  opackets: bigint;
  obytes: bigint;
  ipackets: bigint;
  rbytes: bigint;
  multixmt: bigint;
  brdcstxmt: bigint;
  multircv: bigint;
  brdcstrcv: bigint;
  ierrors: bigint;
  oerrors: bigint;
}

export interface GrpRecord {
  grp: number;
  name: string;
  ifname: string;
  mac: string;
  /** PG */
  state: number;
  families: number;
  mactype: number;
  /** POLICY */
  policy: number;
  failback: number;
  announceCount: number;
  announceIntervalMs: number;
  probeCount: number;
  probeIntervalMs: number;
  upDelayMs: number;
  downDelayMs: number;
  flapMax: number;
  flapWindowMs: number;
  /** WEIGHT */
  weightMode: number;
  /** ENCAP bits */
  encap: number;
  vxlanPort: number;
  /** REBALANCE */
  rebalance: number;
  /** active ills, both families */
  nactif: number;
  naddr: number;
  narpent: number;
  naddrUp4: number;
  naddrUp6: number;
  since: bigint;
  rebinds: bigint;
  /** phyints in the order they joined */
  members: number[];
  /** by DROP */
  drops: bigint[];
}

export interface IllgrpRecord {
  family: Family;
  mtu: number;
  /** nominee */
  cast: number | null;
  /** members with this family */
  nif: number;
  nmcast: number;
  /** active phyints in the order they became active */
  active: number[];
  /** flow bucket → phyint, null = none */
  buckets: (number | null)[];
  bucketMoves: bigint;
}

export interface IllRecord {
  up: number;
  boundCount: number;
  active: boolean;
  nominee: boolean;
  nbucket: number;
  /** of the addresses bound to it, those that are pinned to it */
  pinnedCount: number;
}

/** none: without one, or not looked at while the NIC is in no group or offline; tentative: probed for, not yet used */
export type TestState = "none" | "tentative" | "in use" | "duplicate";

export interface PhyintRecord {
  phyint: number;
  name: string;
  ifindex: number;
  mac: string;
  mtu: number;
  mactype: number;
  families: number;
  caps: number;
  grp: number | null;
  /** PHYI */
  flags: number;
  /** PI */
  state: number;
  /** CAUSE of the last change of state */
  cause: number;
  since: bigint;
  /** times it failed */
  fails: number;
  /** ns, null = not held failed by damping */
  flapUntil: bigint | null;
  /** as configured */
  weight: number;
  /** Mbit/s, 0 = not known */
  speed: number;
  /** in effect */
  weightNow: number;
  /** its two families: IPv4, IPv6 */
  ills: [IllRecord, IllRecord];
  /** its test addresses, IPv4 and IPv6 */
  tests: [TestState, TestState];
  kstat: KstatRecord;
}

export interface IpifRecord {
  ipif: number;
  addr: string;
  family: Family;
  prefix: number;
  /** IPIF */
  flags: number;
  /** phyint it is bound to */
  bound: number | null;
  /** phyint it is pinned to */
  pin: number | null;
  boundSince: bigint;
  rebinds: number;
  conflicts: number;
  announcementsLeft: number;
  probesLeft: number;
  /** bytes sent with it as source */
  bytes: bigint;
}

export interface ArpentRecord {
  entry: number;
  addr: string;
  family: Family;
  /** hardware address now */
  mac: string;
  /** hardware address as configured */
  given: string;
  /** ARPENT */
  flags: number;
  /** member it points at */
  port: number | null;
}

const utf8 = new TextDecoder();
const orNull = (value: number): number | null => (value === NONE ? null : value);

/** Reads records at addresses in the module's memory. */
export class Records {
  readonly #u8: Uint8Array;
  readonly #dv: DataView;

  constructor(u8: Uint8Array, dv: DataView) {
    this.#u8 = u8;
    this.#dv = dv;
  }

  #u16(at: number): number {
    return this.#dv.getUint16(at, true);
  }

  #u32(at: number): number {
    return this.#dv.getUint32(at, true);
  }

  #u64(at: number): bigint {
    return this.#dv.getBigUint64(at, true);
  }

  #u16s(at: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.#u16(at + 2 * i));
  }

  #u64s(at: number, count: number): bigint[] {
    return Array.from({ length: count }, (_, i) => this.#u64(at + 8 * i));
  }

  /** NUL-terminated text in at most NAME_MAX + 1 bytes. */
  #text(at: number): string {
    const room = this.#u8.subarray(at, at + LIMIT.NAME_MAX + 1);
    const end = room.indexOf(0);
    return utf8.decode(end < 0 ? room : room.subarray(0, end));
  }

  #kstat(at: number): KstatRecord {
    const record: Record<string, bigint> = {};
    for (const [i, name] of Object.entries(KSTAT_NAME)) record[name.toLowerCase()] = this.#u64(at + 8 * Number(i));
    return record as unknown as KstatRecord;
  }

  event(at: number): IpmpEvent {
    const family = this.#u8[at + Event.family] as Family;
    const type = this.#u8[at + Event.type];
    const addr = this.#u8.subarray(at + Event.addr, at + Event.addr + 16);
    return {
      time: this.#u64(at + Event.time),
      seq: this.#u32(at + Event.seq),
      type,
      name: EVENT_NAME[type] ?? String(type),
      family,
      cause: this.#u8[at + Event.cause],
      grp: orNull(this.#u16(at + Event.grp)),
      phyint: orNull(this.#u16(at + Event.phyint)),
      old: this.#u32(at + Event.old),
      new: this.#u32(at + Event.new),
      count: this.#u32(at + Event.count),
      addr: addr.every((b) => b === 0) ? null : formatIp(addr, family),
      mac: this.#u64(at + Event.mac) === 0n ? null : formatMac(this.#u8, at + Event.mac),
      start: this.#u64(at + Event.start),
      watcher: this.#u8[at + Event.watcher],
    };
  }

  grp(grp: number, at: number): GrpRecord {
    return {
      grp,
      name: this.#text(at + Grp.name),
      ifname: this.#text(at + Grp.ifname),
      mac: formatMac(this.#u8, at + Grp.mac),
      state: this.#u8[at + Grp.state],
      families: this.#u8[at + Grp.families],
      mactype: this.#u8[at + Grp.mactype],
      policy: this.#u8[at + Grp.policy],
      failback: this.#u8[at + Grp.failback],
      announceCount: this.#u8[at + Grp.announce_count],
      announceIntervalMs: this.#u32(at + Grp.announce_interval_ms),
      probeCount: this.#u8[at + Grp.probe_count],
      probeIntervalMs: this.#u32(at + Grp.probe_interval_ms),
      upDelayMs: this.#u32(at + Grp.up_delay_ms),
      downDelayMs: this.#u32(at + Grp.down_delay_ms),
      flapMax: this.#u16(at + Grp.flap_max),
      flapWindowMs: this.#u32(at + Grp.flap_window_ms),
      weightMode: this.#u8[at + Grp.weight_mode],
      encap: this.#u8[at + Grp.encap],
      vxlanPort: this.#u16(at + Grp.vxlan_port),
      rebalance: this.#u8[at + Grp.rebalance],
      nactif: this.#u16(at + Grp.nactif),
      naddr: this.#u16(at + Grp.naddr),
      narpent: this.#u16(at + Grp.narpent),
      naddrUp4: this.#u16(at + Grp.naddr_up4),
      naddrUp6: this.#u16(at + Grp.naddr_up6),
      since: this.#u64(at + Grp.since),
      rebinds: this.#u64(at + Grp.rebinds),
      members: this.#u16s(at + Grp.members, this.#u16(at + Grp.nif)),
      drops: this.#u64s(at + Grp.drops, (Grp.members - Grp.drops) / 8),
    };
  }

  illgrp(family: Family, at: number): IllgrpRecord {
    return {
      family,
      mtu: this.#u32(at + Illgrp.mtu),
      cast: orNull(this.#u16(at + Illgrp.cast_ill)),
      nif: this.#u16(at + Illgrp.nif),
      nmcast: this.#u16(at + Illgrp.nmcast),
      active: this.#u16s(at + Illgrp.actif, this.#u16(at + Illgrp.nactif)),
      buckets: this.#u16s(at + Illgrp.bucket, LIMIT.BUCKET_MAX).map(orNull),
      bucketMoves: this.#u64(at + Illgrp.bucket_moves),
    };
  }

  #ill(at: number): IllRecord {
    return {
      up: this.#u16(at + Ill.up),
      boundCount: this.#u16(at + Ill.bound_cnt),
      active: this.#u8[at + Ill.active] === 1,
      nominee: this.#u8[at + Ill.nom_cast] === 1,
      nbucket: this.#u16(at + Ill.nbucket),
      pinnedCount: this.#u16(at + Ill.pinned_cnt),
    };
  }

  #test(at: number, bit: number): TestState {
    const has = (offset: number): boolean => (this.#u8[at + offset] & bit) !== 0;
    if (has(Phyint.test_ok)) return "in use";
    if (has(Phyint.test_wait)) return "tentative";
    return has(Phyint.test_dup) ? "duplicate" : "none";
  }

  phyint(phyint: number, at: number): PhyintRecord {
    const held = this.#u64(at + Phyint.flap_until);
    return {
      phyint,
      name: this.#text(at + Phyint.name),
      ifindex: this.#u32(at + Phyint.ifindex),
      mac: formatMac(this.#u8, at + Phyint.mac),
      mtu: this.#u32(at + Phyint.mtu),
      mactype: this.#u8[at + Phyint.mactype],
      families: this.#u8[at + Phyint.families],
      caps: this.#u8[at + Phyint.caps],
      grp: orNull(this.#u16(at + Phyint.grp)),
      flags: this.#u8[at + Phyint.flags],
      state: this.#u8[at + Phyint.state],
      cause: this.#u8[at + Phyint.cause],
      since: this.#u64(at + Phyint.since),
      fails: this.#u32(at + Phyint.fails),
      flapUntil: held === 0n ? null : held,
      weight: this.#u32(at + Phyint.weight),
      speed: this.#u32(at + Phyint.speed),
      weightNow: this.#u32(at + Phyint.weight_now),
      ills: [this.#ill(at + Phyint.ill4), this.#ill(at + Phyint.ill6)],
      tests: [this.#test(at, 1), this.#test(at, 2)],
      kstat: this.#kstat(at + Phyint.kstat),
    };
  }

  ipif(ipif: number, at: number, bytesAt: number, pinAt: number): IpifRecord {
    const family = this.#u8[at + Ipif.family] as Family;
    return {
      ipif,
      addr: formatIp(this.#u8, family, at + Ipif.addr),
      family,
      prefix: this.#u8[at + Ipif.prefix],
      flags: this.#u8[at + Ipif.flags],
      bound: orNull(this.#u16(at + Ipif.bound)),
      pin: orNull(this.#u16(pinAt)),
      boundSince: this.#u64(at + Ipif.bound_since),
      rebinds: this.#u32(at + Ipif.rebinds),
      conflicts: this.#u32(at + Ipif.conflicts),
      announcementsLeft: this.#u8[at + Ipif.ann_left],
      probesLeft: this.#u8[at + Ipif.dad_left],
      bytes: this.#u64(bytesAt),
    };
  }

  arpent(entry: number, at: number): ArpentRecord {
    const family = this.#u8[at + Arpent.family] as Family;
    return {
      entry,
      addr: formatIp(this.#u8, family, at + Arpent.addr),
      family,
      mac: formatMac(this.#u8, at + Arpent.mac),
      given: formatMac(this.#u8, at + Arpent.given),
      flags: this.#u8[at + Arpent.flags],
      port: orNull(this.#u16(at + Arpent.port)),
    };
  }

  kstats(at: number): KstatRecord {
    return this.#kstat(at + Kstats.value);
  }
}
