// What the module is told: names, addresses and configuration structs, written into its inbox.
//
// Invariant: nothing is judged here. What does not fit (a name too long) is written so that the module itself
// refuses it, with its own errno: there is one judge.

import { AddrConf, CAP, GrpConf, IPIF, LIMIT, MACTYPE, PhyintConf } from "./abi/ipmp.js";
import { parseIp, parseMac, prefixMax } from "./address.js";

export interface GrpOptions {
  /** group name */
  name: string;
  /** name of the group interface; default: the group's name */
  ifname?: string;
  /** hardware address of the group interface */
  mac: string;
  /** 1 IPv4, 2 IPv6, 3 both; default 3 */
  families?: number;
}

export interface PhyintOptions {
  name: string;
  /** the host's number of the NIC */
  ifindex: number;
  mac: string;
  /** default 1500 */
  mtu?: number;
  /** 1 IPv4, 2 IPv6, 3 both; default 3 */
  families?: number;
  /** CAP bits; default MULTICAST */
  caps?: number;
  /** has it carrier? default true */
  link?: boolean;
  /** MACTYPE; default ETHER */
  mactype?: number;
}

export interface AddrOptions {
  addr: string;
  /** default: the whole address */
  prefix?: number;
  /** default true */
  up?: boolean;
  /** the stack has already checked that it is unique; default false */
  verified?: boolean;
}

export interface ArpentOptions {
  addr: string;
  mac: string;
  /** ARPENT bits */
  flags?: number;
}

const utf8 = new TextEncoder();

/** Writes text and a NUL into `room` bytes; text that does not fit fills them without a NUL, which the module refuses. */
function writeText(u8: Uint8Array, at: number, text: string, room: number): void {
  const bytes = utf8.encode(text).subarray(0, room);
  u8.fill(0, at, at + room);
  u8.set(bytes, at);
}

/** Writes into the inbox, which begins at `inbox` of the module's memory. */
export class Inbox {
  readonly #u8: Uint8Array;
  readonly #dv: DataView;
  readonly #at: number;

  constructor(u8: Uint8Array, dv: DataView, at: number) {
    this.#u8 = u8;
    this.#dv = dv;
    this.#at = at;
  }

  #clear(size: number): void {
    this.#u8.fill(0, this.#at, this.#at + size);
  }

  name(text: string): void {
    writeText(this.#u8, this.#at, text, LIMIT.NAME_MAX + 1);
  }

  grp(o: GrpOptions): void {
    const at = this.#at;
    this.#clear(GrpConf.SIZE);
    this.#dv.setUint32(at + GrpConf.size, GrpConf.SIZE, true);
    this.#u8[at + GrpConf.families] = o.families ?? 3;
    this.#u8.set(parseMac(o.mac), at + GrpConf.mac);
    writeText(this.#u8, at + GrpConf.name, o.name, LIMIT.NAME_MAX + 1);
    writeText(this.#u8, at + GrpConf.ifname, o.ifname ?? o.name, LIMIT.NAME_MAX + 1);
  }

  phyint(o: PhyintOptions): void {
    const at = this.#at;
    this.#clear(PhyintConf.SIZE);
    this.#dv.setUint32(at + PhyintConf.size, PhyintConf.SIZE, true);
    this.#dv.setUint32(at + PhyintConf.ifindex, o.ifindex, true);
    this.#u8.set(parseMac(o.mac), at + PhyintConf.mac);
    this.#dv.setUint32(at + PhyintConf.mtu, o.mtu ?? 1500, true);
    this.#u8[at + PhyintConf.mactype] = o.mactype ?? MACTYPE.ETHER;
    this.#u8[at + PhyintConf.families] = o.families ?? 3;
    this.#u8[at + PhyintConf.caps] = o.caps ?? CAP.MULTICAST;
    this.#u8[at + PhyintConf.link] = (o.link ?? true) ? 1 : 0;
    writeText(this.#u8, at + PhyintConf.name, o.name, LIMIT.NAME_MAX + 1);
  }

  /** A data address: what ipmp_ipif_add and ipmp_ipif_lookup read. */
  addr(o: AddrOptions): void {
    this.#addr(o.addr, o.prefix, ((o.up ?? true) ? IPIF.UP : 0) | (o.verified ? IPIF.VERIFIED : 0), undefined);
  }

  /** An explicit ARP/ND entry. */
  arpent(o: ArpentOptions): void {
    this.#addr(o.addr, undefined, o.flags ?? 0, o.mac);
  }

  /** Addresses of 16 bytes each, one behind the other; more than a list may have are not written, the module counts them. */
  addrs(texts: readonly string[]): void {
    this.#clear(16 * LIMIT.TARGET_MAX);
    for (const [i, text] of texts.slice(0, LIMIT.TARGET_MAX).entries()) this.#u8.set(parseIp(text).bytes16, this.#at + 16 * i);
  }

  #addr(text: string, prefix: number | undefined, flags: number, mac: string | undefined): void {
    const at = this.#at;
    const ip = parseIp(text);
    this.#clear(AddrConf.SIZE);
    this.#u8.set(ip.bytes16, at + AddrConf.addr);
    this.#u8[at + AddrConf.family] = ip.family;
    this.#u8[at + AddrConf.prefix] = prefix ?? prefixMax(ip.family);
    this.#u8[at + AddrConf.flags] = flags;
    if (mac !== undefined) this.#u8.set(parseMac(mac), at + AddrConf.mac);
  }
}
