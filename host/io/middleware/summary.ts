// One line of text for a frame, for traces and golden scenarios: who to whom, tags, protocol, what matters in it.
//
// Form: "SRC>DST [vlan N]… PROTOCOL …". Invariants: never throws, whatever the bytes; hardware addresses that have a
// name are shown by it, "all" is broadcast, "mc" the multicast address that belongs to the IP destination;
// a wrong checksum is said ("badsum"), so a rewrite that forgot one is seen.

import { formatIp } from "../../core/address.js";
import {
  type Arp,
  BROADCAST,
  decode,
  ETHERTYPE,
  type Frame,
  ICMP,
  type Ip,
  isMulticast,
  multicastMac,
  ndOption,
  PROTO,
  TCP,
  u16,
} from "../memory/packet.js";

/** Hardware address → name. */
export type MacNames = ReadonlyMap<string, string>;

const NO_NAMES: MacNames = new Map();
const NO_MAC = "00:00:00:00:00:00";

export function summarize(bytes: Uint8Array, names: MacNames = NO_NAMES): string {
  const frame = decode(bytes);
  if (!frame) return `short, ${bytes.length} bytes`;
  const name = (mac: string): string => (mac === BROADCAST ? "all" : (names.get(mac) ?? mac));
  const dst = frame.ip && isMulticast(frame.ip.dst) && multicastMac(frame.ip.dst) === frame.dst ? "mc" : name(frame.dst);
  const tags = frame.vlans.map((v) => ` vlan ${v}`).join("");
  return `${name(frame.src)}>${dst}${tags} ${describe(frame, name)}`;
}

function describe(frame: Frame, name: (mac: string) => string): string {
  if (frame.arp) return describeArp(frame, frame.arp, name);
  if (frame.ip) return describeIp(frame.ip, name);
  if (frame.type === ETHERTYPE.ARP) return `arp malformed, ${frame.body.length} bytes`;
  if (frame.type === ETHERTYPE.IP4) return `ip4 malformed, ${frame.body.length} bytes`;
  if (frame.type === ETHERTYPE.IP6) return `ip6 malformed, ${frame.body.length} bytes`;
  return `type 0x${frame.type.toString(16).padStart(4, "0")} ${frame.body.length}`;
}

function describeArp(frame: Frame, arp: Arp, name: (mac: string) => string): string {
  if (arp.op === 2)
    return `arp reply ${arp.spa} is-at ${name(arp.sha)} to ${arp.tpa}${arp.tha === frame.dst ? "" : ` tha ${name(arp.tha)}`}`;
  if (arp.op !== 1) return `arp op ${arp.op}`;
  const tha = arp.tha === NO_MAC ? "" : ` tha ${name(arp.tha)}`;
  if (arp.spa === arp.tpa) return `arp announce ${arp.spa} is-at ${name(arp.sha)}${tha}`;
  const sha = arp.sha === frame.src ? "" : ` sha ${name(arp.sha)}`;
  return arp.spa === "0.0.0.0" ? `arp probe ${arp.tpa}${sha}${tha}` : `arp who-has ${arp.tpa} tell ${arp.spa}${sha}${tha}`;
}

function describeIp(ip: Ip, name: (mac: string) => string): string {
  const bad = ip.sumsOk ? "" : " badsum";
  const b = ip.payload;
  const between = `${ip.src}>${ip.dst}`;
  if (ip.offset > 0 || ip.more)
    return `${between} fragment ${ip.offset}${ip.more ? "+" : ""} of ${protoName(ip.proto)}, ${b.length} bytes${bad}`;
  if (ip.proto === PROTO.UDP && b.length >= 8) return `${ports(ip, u16(b, 0), u16(b, 2))} udp ${b.length - 8}${bad}`;
  if (ip.proto === PROTO.TCP && b.length >= 20)
    return `${ports(ip, u16(b, 0), u16(b, 2))} tcp ${tcpFlags(b[13])} ${b.length - (b[12] >> 4) * 4}${bad}`;
  if (ip.proto === PROTO.ICMP6 && b.length >= 24 && (b[0] === ICMP.NS || b[0] === ICMP.NA))
    return `${between} ${describeNd(b, name)}${bad}`;
  if (ip.proto === PROTO.ICMP && b.length >= 1)
    return `${between} icmp ${b[0] === ICMP.ECHO ? "echo" : b[0] === ICMP.ECHO_REPLY ? "echo-reply" : b[0]}${bad}`;
  if (ip.proto === PROTO.ICMP6 && b.length >= 8 && (b[0] === ICMP.MLD2_REPORT || b[0] === ICMP.MLD1_REPORT || b[0] === ICMP.MLD_DONE))
    return `${between} mld ${b[0]}${mldGroups(b)}${bad}`;
  if (ip.proto === PROTO.ICMP6 && b.length >= 1)
    return `${between} icmp6 ${b[0] === ICMP.ECHO6 ? "echo" : b[0] === ICMP.ECHO6_REPLY ? "echo-reply" : b[0]}${bad}`;
  if (ip.proto === PROTO.IGMP && b.length >= 8) return `${between} igmp 0x${b[0].toString(16)}${igmpGroups(b)}${bad}`;
  return `${between} ${protoName(ip.proto)}, ${b.length} bytes${bad}`;
}

/** "src:port>dst:port", IPv6 addresses in brackets. */
function ports(ip: Ip, sport: number, dport: number): string {
  return ip.family === 0 ? `${ip.src}:${sport}>${ip.dst}:${dport}` : `[${ip.src}]:${sport}>[${ip.dst}]:${dport}`;
}

function protoName(proto: number): string {
  const known = Object.entries(PROTO).find(([, value]) => value === proto);
  return known ? known[0].toLowerCase() : `proto ${proto}`;
}

function tcpFlags(flags: number): string {
  const set = Object.entries(TCP).filter(([, bit]) => flags & bit);
  return set.map(([name]) => name.toLowerCase()).join("+") || "none";
}

function describeNd(b: Uint8Array, name: (mac: string) => string): string {
  const target = formatIp(b, 1, 8);
  if (b[0] === ICMP.NS) {
    const mac = ndOption(b, 1);
    return `ns ${target}${mac ? ` slla ${name(mac)}` : ""}`;
  }
  const mac = ndOption(b, 2);
  const flags = `${b[4] & 0x80 ? "r" : ""}${b[4] & 0x40 ? "s" : ""}${b[4] & 0x20 ? "o" : ""}`;
  return `na ${target} ${flags || "-"}${mac ? ` tlla ${name(mac)}` : ""}`;
}

/** The group of an IGMPv1/v2 message, or the groups of an IGMPv3 report (RFC 3376 §4.2). */
function igmpGroups(b: Uint8Array): string {
  if (b[0] !== 0x22) return ` ${formatIp(b, 0, 4)}`;
  let text = "";
  for (let i = 0, at = 8; i < u16(b, 6) && at + 8 <= b.length; i++, at += 8 + 4 * u16(b, at + 2) + 4 * b[at + 1])
    text += ` ${formatIp(b, 0, at + 4)}`;
  return text;
}

/** The group of an MLDv1 message, or the groups of an MLDv2 report (RFC 3810 §5.2). */
function mldGroups(b: Uint8Array): string {
  if (b[0] !== ICMP.MLD2_REPORT) return b.length >= 24 ? ` ${formatIp(b, 1, 8)}` : "";
  let text = "";
  for (let i = 0, at = 8; i < u16(b, 6) && at + 20 <= b.length; i++, at += 20 + 16 * u16(b, at + 2) + 4 * b[at + 1])
    text += ` ${formatIp(b, 1, at + 4)}`;
  return text;
}
