// Frames of the simulated network: built from values, and read back into values.
//
// Invariants: what is built has correct lengths and checksums; decode() never throws and never reads outside the
// frame: what does not parse is left undefined, for the reader to treat as "something else".

import { FAMILY } from "../../core/abi/ipmp.js";
import { type Family, formatIp, formatMac, parseIp, parseMac } from "../../core/address.js";

export const ETHERTYPE = { IP4: 0x0800, ARP: 0x0806, VLAN: 0x8100, QINQ: 0x88a8, IP6: 0x86dd } as const;
export const PROTO = { HOPOPT: 0, ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, ICMP6: 58 } as const;
export const ICMP = {
  ECHO_REPLY: 0,
  ECHO: 8,
  ECHO6: 128,
  ECHO6_REPLY: 129,
  NS: 135,
  NA: 136,
  MLD1_REPORT: 131,
  MLD_DONE: 132,
  MLD2_REPORT: 143,
} as const;
export const BROADCAST = "ff:ff:ff:ff:ff:ff";
const NO_MAC = "00:00:00:00:00:00";
/** Hop limit of neighbour discovery (RFC 4861 §7.1). */
const ND_HOPS = 255;

export interface Arp {
  op: number;
  sha: string;
  spa: string;
  tha: string;
  tpa: string;
}

export interface Ip {
  family: Family;
  src: string;
  dst: string;
  proto: number;
  ttl: number;
  /** what follows the header, cut to the header's length */
  payload: Uint8Array;
  /** bytes into the datagram; 0 for a first or only fragment */
  offset: number;
  /** more fragments follow */
  more: boolean;
  /** header (IPv4) and upper-layer checksums are right; true for fragments, which cannot be checked */
  sumsOk: boolean;
}

export interface Frame {
  dst: string;
  src: string;
  /** VLAN identifiers, outermost first */
  vlans: number[];
  type: number;
  body: Uint8Array;
  arp?: Arp;
  ip?: Ip;
}

export const u16 = (b: Uint8Array, at: number): number => (b[at] << 8) | b[at + 1];
export const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 0x1_0000 + u16(b, at + 2);

export function putU16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >> 8;
  b[at + 1] = value;
}

export function putU32(b: Uint8Array, at: number, value: number): void {
  putU16(b, at, value >>> 16);
  putU16(b, at + 2, value & 0xffff);
}

/** The bytes of an address: 4 or 16. */
function ipBytes(text: string): Uint8Array {
  const ip = parseIp(text);
  return ip.family === FAMILY.V6 ? ip.bytes16 : ip.bytes16.subarray(0, 4);
}

export function familyOf(addr: string): Family {
  return addr.includes(":") ? FAMILY.V6 : FAMILY.V4;
}

/** Internet checksum (RFC 1071) over bytes, on top of a sum so far. */
export function checksum(bytes: Uint8Array, sum = 0): number {
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += u16(bytes, i);
  if (bytes.length & 1) sum += bytes[bytes.length - 1] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** Sum of the pseudo-header of an upper-layer checksum. */
function pseudoSum(src: Uint8Array, dst: Uint8Array, proto: number, length: number): number {
  let sum = proto + (length >>> 16) + (length & 0xffff);
  for (let i = 0; i < src.length; i += 2) sum += u16(src, i) + u16(dst, i);
  return sum;
}

/** Where the checksum stands in an upper-layer packet; -1 if it has none. */
function sumAt(family: Family, proto: number): number {
  if (proto === PROTO.UDP) return 6;
  if (proto === PROTO.TCP) return 16;
  if (proto === PROTO.ICMP6 && family === FAMILY.V6) return 2;
  return proto === PROTO.ICMP || proto === PROTO.IGMP ? 2 : -1;
}

const hasPseudo = (proto: number): boolean => proto !== PROTO.ICMP && proto !== PROTO.IGMP;

// ── Building ──

export function ethernet(dst: string, src: string, type: number, body: Uint8Array, vlans: number[] = []): Uint8Array {
  const frame = new Uint8Array(14 + 4 * vlans.length + body.length);
  frame.set(parseMac(dst), 0);
  frame.set(parseMac(src), 6);
  let at = 12;
  for (const [i, vlan] of vlans.entries()) {
    putU16(frame, at, vlans.length === 2 && i === 0 ? ETHERTYPE.QINQ : ETHERTYPE.VLAN);
    putU16(frame, at + 2, vlan);
    at += 4;
  }
  putU16(frame, at, type);
  frame.set(body, at + 2);
  return frame;
}

export function arpBody(a: Arp): Uint8Array {
  // Padded to the shortest Ethernet frame: 60 bytes with the header.
  const b = new Uint8Array(46);
  putU16(b, 0, 1);
  putU16(b, 2, ETHERTYPE.IP4);
  b[4] = 6;
  b[5] = 4;
  putU16(b, 6, a.op);
  b.set(parseMac(a.sha), 8);
  b.set(ipBytes(a.spa), 14);
  b.set(parseMac(a.tha), 18);
  b.set(ipBytes(a.tpa), 24);
  return b;
}

export interface IpFields {
  src: string;
  dst: string;
  proto: number;
  ttl?: number;
  id?: number;
  offset?: number;
  more?: boolean;
}

/** An IPv4 or IPv6 packet; fills in the upper-layer checksum of what is not a fragment. */
export function ipBody(f: IpFields, payload: Uint8Array): Uint8Array {
  const family = familyOf(f.src);
  const src = ipBytes(f.src);
  const dst = ipBytes(f.dst);
  const data = payload.slice();
  const at = sumAt(family, f.proto);
  const fragment = (f.offset ?? 0) > 0 || f.more === true;
  if (at >= 0 && at + 2 <= data.length && !fragment) {
    putU16(data, at, 0);
    const sum = checksum(data, hasPseudo(f.proto) ? pseudoSum(src, dst, f.proto, data.length) : 0);
    putU16(data, at, sum === 0 && f.proto === PROTO.UDP ? 0xffff : sum);
  }
  return family === FAMILY.V4 ? ip4(f, src, dst, data) : ip6(f, src, dst, data);
}

function ip4(f: IpFields, src: Uint8Array, dst: Uint8Array, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(20 + data.length);
  b[0] = 0x45;
  putU16(b, 2, b.length);
  putU16(b, 4, f.id ?? 0);
  putU16(b, 6, (f.more ? 0x2000 : 0) | ((f.offset ?? 0) >> 3));
  b[8] = f.ttl ?? 64;
  b[9] = f.proto;
  b.set(src, 12);
  b.set(dst, 16);
  putU16(b, 10, checksum(b.subarray(0, 20)));
  b.set(data, 20);
  return b;
}

function ip6(f: IpFields, src: Uint8Array, dst: Uint8Array, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(40 + data.length);
  b[0] = 0x60;
  putU16(b, 4, data.length);
  b[6] = f.proto;
  b[7] = f.ttl ?? 64;
  b.set(src, 8);
  b.set(dst, 24);
  b.set(data, 40);
  return b;
}

export function udpBody(sport: number, dport: number, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(8 + data.length);
  putU16(b, 0, sport);
  putU16(b, 2, dport);
  putU16(b, 4, b.length);
  b.set(data, 8);
  return b;
}

export interface TcpFields {
  sport: number;
  dport: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
}

export const TCP = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;

export function tcpBody(f: TcpFields, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(20 + data.length);
  putU16(b, 0, f.sport);
  putU16(b, 2, f.dport);
  putU32(b, 4, f.seq);
  putU32(b, 8, f.ack);
  b[12] = 5 << 4;
  b[13] = f.flags;
  putU16(b, 14, f.window);
  b.set(data, 20);
  return b;
}

/** ICMP or ICMPv6 echo. */
export function echoBody(type: number, id: number, seq: number, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(8 + data.length);
  b[0] = type;
  putU16(b, 4, id);
  putU16(b, 6, seq);
  b.set(data, 8);
  return b;
}

/** Neighbour solicitation or advertisement; `mac` in the source or target link-layer address option. */
export function ndBody(type: number, target: string, flags: number, mac: string | null): Uint8Array {
  const b = new Uint8Array(mac ? 32 : 24);
  b[0] = type;
  b[4] = flags;
  b.set(ipBytes(target), 8);
  if (mac) {
    b[24] = type === ICMP.NS ? 1 : 2;
    b[25] = 1;
    b.set(parseMac(mac), 26);
  }
  return b;
}

export function ndFrame(dst: string, src: string, ip: { src: string; dst: string }, nd: Uint8Array, vlans: number[] = []): Uint8Array {
  return ethernet(dst, src, ETHERTYPE.IP6, ipBody({ ...ip, proto: PROTO.ICMP6, ttl: ND_HOPS }, nd), vlans);
}

export function arpFrame(dst: string, src: string, arp: Partial<Arp> & { op: number; spa: string; tpa: string }): Uint8Array {
  return ethernet(dst, src, ETHERTYPE.ARP, arpBody({ sha: src, tha: NO_MAC, ...arp }));
}

/** The multicast group an address's neighbour solicitations go to (RFC 4291 §2.7.1). */
export function solicitedNode(addr: string): string {
  const b = new Uint8Array(16);
  b.set([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]);
  b.set(ipBytes(addr).subarray(13), 13);
  return formatIp(b, FAMILY.V6);
}

/** The hardware address of a multicast group (RFC 1112 §6.4, RFC 2464 §7). */
export function multicastMac(group: string): string {
  const ip = ipBytes(group);
  if (ip.length === 4) return formatMac(Uint8Array.of(1, 0, 0x5e, ip[1] & 0x7f, ip[2], ip[3]));
  return formatMac(Uint8Array.of(0x33, 0x33, ip[12], ip[13], ip[14], ip[15]));
}

export function isMulticast(addr: string): boolean {
  const ip = ipBytes(addr);
  return ip.length === 4 ? ip[0] >> 4 === 14 : ip[0] === 0xff;
}

// ── Reading ──

/** Reads a frame as far as it parses; undefined if it has no Ethernet header. */
export function decode(frame: Uint8Array): Frame | undefined {
  if (frame.length < 14) return undefined;
  const vlans: number[] = [];
  let at = 12;
  let type = u16(frame, at);
  while ((type === ETHERTYPE.VLAN || type === ETHERTYPE.QINQ) && at + 6 <= frame.length) {
    vlans.push(u16(frame, at + 2) & 0xfff);
    at += 4;
    type = u16(frame, at);
  }
  const body = frame.subarray(at + 2);
  const out: Frame = { dst: formatMac(frame, 0), src: formatMac(frame, 6), vlans, type, body };
  if (type === ETHERTYPE.ARP) out.arp = decodeArp(body);
  else if (type === ETHERTYPE.IP4) out.ip = decodeIp4(body);
  else if (type === ETHERTYPE.IP6) out.ip = decodeIp6(body);
  return out;
}

function decodeArp(b: Uint8Array): Arp | undefined {
  if (b.length < 28 || u16(b, 0) !== 1 || u16(b, 2) !== ETHERTYPE.IP4 || b[4] !== 6 || b[5] !== 4) return undefined;
  return { op: u16(b, 6), sha: formatMac(b, 8), spa: formatIp(b, 0, 14), tha: formatMac(b, 18), tpa: formatIp(b, 0, 24) };
}

/** Is an upper-layer checksum right, where there is one? */
function upperOk(family: Family, src: Uint8Array, dst: Uint8Array, proto: number, data: Uint8Array): boolean {
  const at = sumAt(family, proto);
  if (at < 0) return true;
  if (at + 2 > data.length) return false;
  if (proto === PROTO.UDP && family === FAMILY.V4 && u16(data, at) === 0) return true;
  return checksum(data, hasPseudo(proto) ? pseudoSum(src, dst, proto, data.length) : 0) === 0;
}

function decodeIp4(b: Uint8Array): Ip | undefined {
  const header = (b[0] & 15) * 4;
  if (b.length < 20 || b[0] >> 4 !== 4 || header < 20 || header > b.length) return undefined;
  const total = u16(b, 2);
  if (total < header || total > b.length) return undefined;
  const frag = u16(b, 6);
  const offset = (frag & 0x1fff) * 8;
  const more = (frag & 0x2000) !== 0;
  const payload = b.subarray(header, total);
  const whole = offset === 0 && !more;
  const sumsOk = checksum(b.subarray(0, header)) === 0 && (!whole || upperOk(0, b.subarray(12, 16), b.subarray(16, 20), b[9], payload));
  return { family: 0, src: formatIp(b, 0, 12), dst: formatIp(b, 0, 16), proto: b[9], ttl: b[8], payload, offset, more, sumsOk };
}

function decodeIp6(b: Uint8Array): Ip | undefined {
  if (b.length < 40 || b[0] >> 4 !== 6 || 40 + u16(b, 4) > b.length) return undefined;
  let payload = b.subarray(40, 40 + u16(b, 4));
  let proto = b[6];
  // Multicast membership reports come behind a hop-by-hop header with the router alert (RFC 3810 §5).
  if (proto === PROTO.HOPOPT && payload.length >= 8 && 8 * (payload[1] + 1) <= payload.length) {
    proto = payload[0];
    payload = payload.subarray(8 * (payload[1] + 1));
  }
  const sumsOk = upperOk(1, b.subarray(8, 24), b.subarray(24, 40), proto, payload);
  return { family: 1, src: formatIp(b, 1, 8), dst: formatIp(b, 1, 24), proto, ttl: b[7], payload, offset: 0, more: false, sumsOk };
}

/** The hardware address in a neighbour discovery option of the given type; null if there is none. */
export function ndOption(nd: Uint8Array, type: number): string | null {
  for (let at = 24; at + 8 <= nd.length && nd[at + 1] > 0; at += 8 * nd[at + 1]) if (nd[at] === type) return formatMac(nd, at + 2);
  return null;
}
