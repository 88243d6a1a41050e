// Well-formed frames of every kind that the module looks into: the stock that hostile frames are made from.

import { parseIp, parseMac } from "../../host/core/address.js";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const TYPE = { IP4: 0x0800, ARP: 0x0806, IP6: 0x86dd, CTAG: 0x8100, STAG: 0x88a8 } as const;

export type Bytes = readonly number[];

export const be16 = (n: number): Bytes => [(n >> 8) & 255, n & 255];
export const be32 = (n: number): Bytes => [...be16(n >>> 16), ...be16(n & 0xffff)];
export const mac = (text: string): Bytes => [...parseMac(text)];

export function ip(text: string): Bytes {
  const { family, bytes16 } = parseIp(text);
  return [...bytes16.subarray(0, family === 0 ? 4 : 16)];
}

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: Bytes): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export const eth = (dst: string, src: string, type: number, payload: Bytes): Bytes => [...mac(dst), ...mac(src), ...be16(type), ...payload];

/** Puts tags ([TPID, TCI] each, outermost first) into a frame. */
export const tagged = (frame: Bytes, ...tags: [number, number][]): Bytes => [
  ...frame.slice(0, 12),
  ...tags.flatMap(([tpid, tci]) => [...be16(tpid), ...be16(tci)]),
  ...frame.slice(12),
];

export function ip4(src: string, dst: string, protocol: number, payload: Bytes, more: { options?: Bytes; fragment?: number } = {}): Bytes {
  const { options = [], fragment = 0 } = more;
  const words = 5 + options.length / 4;
  const head = (sum: number) => [
    0x40 | words,
    0,
    ...be16(words * 4 + payload.length),
    0x12,
    0x34,
    ...be16(fragment),
    64,
    protocol,
    ...be16(sum),
    ...ip(src),
    ...ip(dst),
    ...options,
  ];
  return [...head(checksum(head(0))), ...payload];
}

export const ip6 = (src: string, dst: string, next: number, payload: Bytes, hops = 64): Bytes => [
  0x60,
  0,
  0,
  0,
  ...be16(payload.length),
  next,
  hops,
  ...ip(src),
  ...ip(dst),
  ...payload,
];

/** An ICMPv6 message with its checksum, which covers the addresses. */
export function icmp6(src: string, dst: string, type: number, body: Bytes, hops = 255, before: Bytes = []): Bytes {
  const pseudo = (sum: number) => [...ip(src), ...ip(dst), ...be32(4 + body.length), 0, 0, 0, 58, type, 0, ...be16(sum), ...body];
  const message = [type, 0, ...be16(checksum(pseudo(0))), ...body];
  return ip6(src, dst, before.length ? 0 : 58, [...before, ...message], hops);
}

export const udp = (payload: Bytes): Bytes => [...be16(4000), ...be16(53), ...be16(8 + payload.length), 0, 0, ...payload];
export const tcp = (): Bytes => [...be16(4000), ...be16(80), ...be32(1), ...be32(2), 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0];

export const arp = (op: number, sha: string, spa: string, tha: string, tpa: string): Bytes => [
  ...be16(1),
  ...be16(TYPE.IP4),
  6,
  4,
  ...be16(op),
  ...mac(sha),
  ...ip(spa),
  ...mac(tha),
  ...ip(tpa),
];

const option = (type: number, address: string): Bytes => [type, 1, ...mac(address)];

export function solicitation(src: string, target: string, slla?: string): Bytes {
  const t = ip(target);
  const group = `ff02::1:ff${t[13].toString(16).padStart(2, "0")}:${((t[14] << 8) | t[15]).toString(16)}`;
  return icmp6(src, group, 135, [0, 0, 0, 0, ...t, ...(slla ? option(1, slla) : [])]);
}

export const advertisement = (src: string, dst: string, target: string, tlla: string, flags = 0x20): Bytes =>
  icmp6(src, dst, 136, [flags, 0, 0, 0, ...ip(target), ...option(2, tlla)]);

/** Who talks to whom in the stock. */
export interface Cast {
  /** hardware addresses: the receiving member, another member, the group interface, a host outside */
  member: string;
  other: string;
  group: string;
  peer: string;
  /** addresses: of the group and of the host outside */
  own4: string;
  own6: string;
  peer4: string;
  peer6: string;
}

export interface Sample {
  name: string;
  bytes: Bytes;
  /** bytes that must be there for the headers to be whole; a shorter frame is malformed */
  least: number;
}

/** A frame all of whose bytes belong to its headers' lengths. */
const whole = (name: string, bytes: Bytes): Sample => ({ name, bytes, least: bytes.length });

const ROUTER_ALERT: Bytes = [58, 0, 5, 2, 0, 0, 1, 0];

/** A VXLAN datagram with a frame in it. */
export const vxlan = (frame: Bytes, port = 4789, flags = 8): Bytes => [
  ...be16(50_000),
  ...be16(port),
  ...be16(16 + frame.length),
  0,
  0,
  flags,
  ...[0, 0, 0, 0, 0, 7, 0],
  ...frame,
];

/** Frames as a member receives them from the wire. */
export function inbound(c: Cast): Sample[] {
  const to = (type: number, payload: Bytes, dst = c.member) => eth(dst, c.peer, type, payload);
  const v4 = (protocol: number, payload: Bytes, more = {}) => to(TYPE.IP4, ip4(c.peer4, c.own4, protocol, payload, more));
  const v6 = (next: number, payload: Bytes) => to(TYPE.IP6, ip6(c.peer6, c.own6, next, payload));
  const all = (type: number, payload: Bytes) => to(type, payload, BROADCAST);
  const nodes = (payload: Bytes) => to(TYPE.IP6, payload, "33:33:00:00:00:01");
  return [
    whole("IPv4 UDP", v4(17, udp([1, 2, 3, 4]))),
    whole("IPv4 TCP", v4(6, tcp())),
    whole("IPv4 with options", v4(17, udp([]), { options: [1, 1, 1, 0] })),
    whole("IPv4 first fragment", v4(17, udp([1, 2, 3, 4, 5, 6, 7, 8]), { fragment: 0x2000 })),
    whole("IPv4 later fragment", v4(17, [9, 9, 9, 9, 9, 9, 9, 9], { fragment: 0x2001 })),
    whole("IPv4 ICMP error", v4(1, [3, 1, 0, 0, 0, 0, 0, 0, ...ip4(c.own4, c.peer4, 17, udp([]))])),
    whole("IPv4 broadcast", all(TYPE.IP4, ip4(c.peer4, "255.255.255.255", 17, udp([])))),
    whole("IPv4 multicast", to(TYPE.IP4, ip4(c.peer4, "224.0.0.251", 17, udp([])), "01:00:5e:00:00:fb")),
    whole("IPv6 UDP", v6(17, udp([1, 2, 3, 4]))),
    whole("IPv6 extension headers", v6(0, [60, 0, 1, 4, 0, 0, 0, 0, 44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 1, ...udp([])])),
    whole("IPv6 ICMP error", to(TYPE.IP6, icmp6(c.peer6, c.own6, 1, [0, 0, 0, 0, ...ip6(c.own6, c.peer6, 17, udp([]))]))),
    whole("ARP request", all(TYPE.ARP, arp(1, c.peer, c.peer4, "00:00:00:00:00:00", c.own4))),
    whole("ARP request for another", all(TYPE.ARP, arp(1, c.peer, c.peer4, "00:00:00:00:00:00", "10.0.0.77"))),
    whole("ARP probe", all(TYPE.ARP, arp(1, c.peer, "0.0.0.0", "00:00:00:00:00:00", c.own4))),
    whole("ARP reply", to(TYPE.ARP, arp(2, c.peer, c.peer4, c.member, c.own4))),
    whole("ARP claim", all(TYPE.ARP, arp(1, c.peer, c.own4, "00:00:00:00:00:00", c.own4))),
    whole("NS", nodes(solicitation(c.peer6, c.own6, c.peer))),
    whole("NS for another", nodes(solicitation(c.peer6, "2001:db8::77", c.peer))),
    whole("NS of duplicate detection", nodes(solicitation("::", c.own6))),
    whole("NA", to(TYPE.IP6, advertisement(c.peer6, c.own6, c.peer6, c.peer, 0x60))),
    whole("NA claim", nodes(advertisement(c.peer6, "ff02::1", c.own6, c.peer))),
    whole("RA", nodes(icmp6("fe80::1", "ff02::1", 134, [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, ...option(1, c.peer)]))),
    whole("MLD query", nodes(icmp6("fe80::1", "ff02::1", 130, [0, 1, 0, 0, ...ip("::")], 1, ROUTER_ALERT))),
    whole("customer tag", tagged(v4(17, udp([1, 2])), [TYPE.CTAG, 5])),
    whole("service and customer tag", tagged(v6(17, udp([1, 2])), [TYPE.STAG, 7], [TYPE.CTAG, 5])),
    whole("tagged ARP request", tagged(all(TYPE.ARP, arp(1, c.peer, c.peer4, "00:00:00:00:00:00", c.own4)), [TYPE.CTAG, 5])),
    whole("tagged NS", tagged(nodes(solicitation(c.peer6, c.own6, c.peer)), [TYPE.STAG, 7], [TYPE.CTAG, 5])),
    { name: "unknown EtherType", bytes: to(0x88b5, [1, 2, 3, 4, 5, 6]), least: 14 },
    { name: "IEEE 802.3 length", bytes: to(6, [0xaa, 0xaa, 3, 0, 0, 0]), least: 14 },
    { name: "link control", bytes: eth("01:80:c2:00:00:02", c.peer, 0x8809, [1, 1, 1, 1]), least: 14 },
    whole("reflected", eth(BROADCAST, c.other, TYPE.ARP, arp(1, c.other, c.own4, "00:00:00:00:00:00", c.peer4))),
    whole("to another member", eth(c.other, c.peer, TYPE.IP4, ip4(c.peer4, c.own4, 17, udp([])))),
    whole("to another host", eth("02:aa:aa:aa:aa:aa", c.peer, TYPE.IP4, ip4(c.peer4, "10.0.0.99", 17, udp([])))),
    { name: "source is a group address", bytes: eth(c.member, "03:00:00:00:00:01", 0x88b5, [0, 0]), least: 14 },
  ];
}

/** Frames as a watched member receives them, about its test addresses. */
export function toTest(c: Cast, test4: string, test6: string): Sample[] {
  const to = (type: number, payload: Bytes, dst = c.member) => eth(dst, c.peer, type, payload);
  const nodes = (payload: Bytes) => to(TYPE.IP6, payload, "33:33:00:00:00:01");
  const data: Bytes = [0, 7, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12, 0, 0];
  const icmp4 = (type: number): Bytes => [type, 0, ...be16(checksum([type, 0, 0, 0, ...data])), ...data];
  const ping = (src: string, type: number) => to(TYPE.IP4, ip4(src, test4, 1, icmp4(type)));
  return [
    whole("ping of the test address", ping(c.peer4, 8)),
    whole("ping from nowhere", ping("255.255.255.255", 8)),
    whole("echo reply to it", ping(c.peer4, 0)),
    whole("IPv6 ping of it", to(TYPE.IP6, icmp6("fe80::1", test6, 128, data))),
    whole("IPv6 echo reply to it", to(TYPE.IP6, icmp6("fe80::1", test6, 129, data))),
    whole("ARP request for it", to(TYPE.ARP, arp(1, c.peer, c.peer4, "00:00:00:00:00:00", test4), BROADCAST)),
    whole("ARP probe for it", to(TYPE.ARP, arp(1, c.peer, "0.0.0.0", "00:00:00:00:00:00", test4), BROADCAST)),
    whole("ARP reply to it", to(TYPE.ARP, arp(2, c.peer, c.peer4, c.member, test4))),
    whole("ARP claim on it", to(TYPE.ARP, arp(1, c.peer, test4, "00:00:00:00:00:00", test4), BROADCAST)),
    whole("NS for it", nodes(solicitation("fe80::1", test6, c.peer))),
    whole("NS of duplicate detection for it", nodes(solicitation("::", test6))),
    whole("NA to it", to(TYPE.IP6, advertisement("fe80::1", test6, "fe80::1", c.peer, 0x60))),
    whole("NA claim on it", nodes(advertisement(test6, "ff02::1", test6, c.peer))),
  ];
}

/** Frames as the local stack hands them to the group interface. */
export function outbound(c: Cast): Sample[] {
  const to = (type: number, payload: Bytes, dst = c.peer) => eth(dst, c.group, type, payload);
  const v4 = (protocol: number, payload: Bytes, more = {}) => to(TYPE.IP4, ip4(c.own4, c.peer4, protocol, payload, more));
  const v6 = (next: number, payload: Bytes) => to(TYPE.IP6, ip6(c.own6, c.peer6, next, payload));
  const membership = [2 << 4, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 224, 0, 0, 251];
  return [
    whole("IPv4 UDP", v4(17, udp([1, 2, 3, 4]))),
    whole("IPv4 TCP", v4(6, tcp())),
    whole("IPv4 with options", v4(17, udp([]), { options: [7, 4, 4, 0] })),
    whole("IPv4 later fragment", v4(17, [9, 9, 9, 9, 9, 9, 9, 9], { fragment: 0x2001 })),
    whole("IPv4 ICMP error", v4(1, [3, 1, 0, 0, 0, 0, 0, 0, ...ip4(c.peer4, c.own4, 6, tcp())])),
    whole("IGMP report", to(TYPE.IP4, ip4(c.own4, "224.0.0.22", 2, membership, { options: [148, 4, 0, 0] }), "01:00:5e:00:00:16")),
    whole("IPv6 UDP", v6(17, udp([1, 2, 3, 4]))),
    whole("IPv6 extension headers", v6(0, [43, 0, 1, 4, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0, ...udp([])])),
    whole("ARP request", to(TYPE.ARP, arp(1, c.group, c.own4, "00:00:00:00:00:00", c.peer4), BROADCAST)),
    whole("ARP reply", to(TYPE.ARP, arp(2, c.group, c.own4, c.peer, c.peer4))),
    whole("NS", to(TYPE.IP6, solicitation(c.own6, c.peer6, c.group), "33:33:ff:00:00:02")),
    whole("NA", to(TYPE.IP6, advertisement(c.own6, c.peer6, c.own6, c.group, 0x60))),
    whole(
      "MLD report",
      to(TYPE.IP6, icmp6(c.own6, "ff02::16", 143, [0, 0, 0, 1, 4, 0, 0, 0, ...ip("ff02::fb")], 1, ROUTER_ALERT), "33:33:00:00:00:16"),
    ),
    whole("customer tag", tagged(v4(17, udp([1, 2])), [TYPE.CTAG, 5])),
    whole("tagged ARP request", tagged(to(TYPE.ARP, arp(1, c.group, c.own4, "00:00:00:00:00:00", c.peer4), BROADCAST), [TYPE.STAG, 7])),
    { name: "unknown EtherType", bytes: to(0x88b5, [1, 2, 3, 4, 5, 6]), least: 14 },
    whole("VXLAN", v4(17, vxlan(tagged(eth(c.other, c.member, TYPE.IP4, ip4("10.77.0.1", "10.77.0.2", 6, tcp())), [TYPE.CTAG, 9])))),
    whole("VXLAN over IPv6", v6(17, vxlan(eth(c.other, c.member, TYPE.IP6, ip6("fd00::1", "fd00::2", 17, udp([])))))),
    whole("GRE", v4(47, [0xb0, 0, ...be16(TYPE.IP6), 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, ...ip6("fd00::1", "fd00::2", 17, udp([]))])),
    whole(
      "GRE with a frame in it",
      v6(47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 7, ...eth(c.other, c.member, TYPE.IP4, ip4("10.77.0.1", "10.77.0.2", 6, tcp()))]),
    ),
    whole("IP in IP", v4(4, ip4("10.77.0.1", "10.77.0.2", 1, [3, 1, 0, 0, 0, 0, 0, 0, ...ip4("10.77.0.2", "10.77.0.1", 6, tcp())]))),
    whole("IPv4 in IPv6 in IPv4", v4(41, ip6("fd00::1", "fd00::2", 4, ip4("10.77.0.1", "10.77.0.2", 17, udp([1, 2]))))),
    { name: "link control", bytes: eth("01:80:c2:00:00:02", c.group, 0x8809, [1, 1, 1, 1]), least: 14 },
  ];
}
