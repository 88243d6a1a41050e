// Policy `flow`: which of the 256 buckets an outgoing packet belongs to. illgrp.bucket[] says who carries a bucket;
// a change of members moves buckets, never flows between buckets.
//
// The algorithm, bytes as they lie in memory (little-endian loads, nothing swapped):
//   IPv4   addrs = u64 at the source address (source in the lower half, destination in the upper)
//   IPv6   addrs = ((s0 x G ^ s1) x G ^ d0) x G ^ d1, with s0 s1 d0 d1 the four u64 words of source and destination
//   ports  = u32 at the upper layer (source port in the lower half) of TCP, UDP, SCTP, UDP-Lite, DCCP, ESP;
//            0 for anything else, for every fragment (they must stay together) and if it is not in the packet
//   bucket = ((addrs ^ ports x M) x G) >> 56
//   G = 0x9e3779b97f4a7c15, M = 0xd6e8feb86659fd93; all products modulo 2^64
// What is inside decides, where the group's ENCAP says so: of VXLAN, GRE and IP in IP the addresses and ports of the inner
// packet (which may be another tunnel's), if it is there as far as its IP header and of the outer one there are no fragments.
// An ICMP or ICMPv6 error takes the way of the packet that it quotes: what decides that one's, source and destination
// exchanged. Both together go ENCAP_MAX deep. A frame that is neither IPv4 nor IPv6: addrs = its destination hardware address.
//
// The policies by hardware address: addrs = destination ^ source x 2^16 (l2), the source alone (vlan-srcmac), in place of
// ports the VLAN tags without priorities (wire/eth.ts, vlanTags).
//
// The whole of what tx.ts does with one plain IPv4 frame under this policy:
//   look the source address up (addr_table.ts: key = u32 at the source address, first slot tried (key x 0xa88619f1
//   mod 2^32) >> 19 of 8,192, then the next ones until the key or a free slot); p = illgrp.bucket[bucket];
//   source hardware address := p's; p's OPACKETS += 1 and OBYTES += len; if the address was found, its ipif's bytes += len;
//   Desc.out := p

import {
  ENCAP_GRE, ENCAP_IPIP, ENCAP_MAX, ENCAP_VXLAN, Grp,
} from "../../abi/ipmp";
import { loadMac } from "../../lib/be";
import { GOLDEN64, MIX64 } from "../../lib/hash";
import {
  IP4_LEN, IP4_PROTO, IP4_SRC, PROTO_GRE, PROTO_ICMP, PROTO_IP4, PROTO_IP6, PROTO_TCP, PROTO_UDP, hasPorts, ip4IsFragment,
} from "../../wire/ipv4";
import { IP6_BAD, IP6_DST, IP6_LEN, IP6_SRC, NEXT_ICMP6, ip6Upper } from "../../wire/ipv6";
import { greInner, vxlanInner } from "../../wire/tunnel";

/** The bucket of folded addresses and ports. */
// @ts-ignore: decorator
@inline export function flowBucket(addrs: u64, ports: u32): u32 {
  return <u32>(((addrs ^ (<u64>ports * MIX64)) * GOLDEN64) >> 56);
}

// @ts-ignore: decorator
@inline function fold6(src: usize, dst: usize): u64 {
  return ((load<u64>(src) * GOLDEN64 ^ load<u64>(src, 8)) * GOLDEN64 ^ load<u64>(dst)) * GOLDEN64 ^ load<u64>(dst, 8);
}

/** The four bytes that tell flows of a protocol apart, at `at`, if they end before `end`. */
// @ts-ignore: decorator
@inline function portsAt(proto: u32, at: usize, end: usize): u32 {
  return (proto == PROTO_TCP || proto == PROTO_UDP || hasPorts(proto)) && at + 4 <= end ? load<u32>(at) : 0;
}

/** Destination unreachable, time exceeded, parameter problem: they quote a packet (RFC 792). */
// @ts-ignore: decorator
@inline function isIcmpError(type: u32): bool { return type == 3 || type == 11 || type == 12; }

/** Bytes of an ICMP or ICMPv6 error before the packet that it quotes. */
// @ts-ignore: decorator
@inline const QUOTE: u32 = 8;

/** What is looked into, in a u32: ENCAP bits, and in the upper half the port of VXLAN. */
// @ts-ignore: decorator
@inline export function encapOf(grp: Grp): u32 { return <u32>grp.encap | (<u32>grp.vxlan_port << 16); }

/** No bucket: there is no packet to tell one from. */
// @ts-ignore: decorator
@inline const UNKNOWN: u32 = 0xffff_ffff;

/** Where the packet begins that a payload of `proto` at l4 carries, as far as `encap` wants it looked into; or 0. */
function innerOf(proto: u32, l4: usize, end: usize, encap: u32): usize {
  if (proto == PROTO_UDP) return encap & ENCAP_VXLAN ? vxlanInner(l4, end, encap >> 16) : 0;
  if (proto == PROTO_GRE) return encap & ENCAP_GRE ? greInner(l4, end) : 0;
  return (proto == PROTO_IP4 || proto == PROTO_IP6) && (encap & ENCAP_IPIP) ? l4 : 0;
}

/**
 * The bucket that what is inside the payload of `proto` at l4 decides, or UNKNOWN; `error`: that is an ICMP error.
 * back: the packet comes towards us; the way is that of its answers.
 */
function inside(proto: u32, l4: usize, end: usize, error: bool, encap: u32, back: bool, depth: u32): u32 {
  if (depth == 0) return UNKNOWN;
  // An error is never about an error (RFC 1122 §3.2.2).
  if (error) return back ? UNKNOWN : packet(l4 + QUOTE, end, encap, true, depth - 1);
  const inner = innerOf(proto, l4, end, encap);
  return inner == 0 ? UNKNOWN : packet(inner, end, encap, back, depth - 1);
}

/** The bucket of the packet of either version that begins at `ip` and ends, at the latest, at `end`. */
function packet(ip: usize, end: usize, encap: u32, back: bool, depth: u32): u32 {
  if (ip + IP4_LEN > end) return UNKNOWN;
  const first = <u32>load<u8>(ip);
  if (first >> 4 == 4) return bucket4(ip, (first & 15) << 2, end, encap, back, depth);
  if (first >> 4 != 6 || ip + IP6_LEN > end) return UNKNOWN;
  const upper = ip6Upper(ip, <u32>(end - ip));
  if (upper == IP6_BAD) return flowBucket(back ? fold6(ip + IP6_DST, ip + IP6_SRC) : fold6(ip + IP6_SRC, ip + IP6_DST), 0);
  return bucket6(ip, upper >> 24, ip + (upper & 0xff_ffff), end, encap, back, depth);
}

function bucket4(ip: usize, head: u32, end: usize, encap: u32, back: bool, depth: u32): u32 {
  let addrs = load<u64>(ip, IP4_SRC);
  if (back) addrs = rotl<u64>(addrs, 32);
  if (ip4IsFragment(ip) || head < IP4_LEN) return flowBucket(addrs, 0);
  const proto = <u32>load<u8>(ip, IP4_PROTO);
  const l4 = ip + head;
  const error = proto == PROTO_ICMP && l4 + QUOTE <= end && isIcmpError(<u32>load<u8>(l4));
  const within = inside(proto, l4, end, error, encap, back, depth);
  if (within != UNKNOWN) return within;
  const ports = portsAt(proto, l4, end);
  return flowBucket(addrs, back ? rotl<u32>(ports, 16) : ports);
}

function bucket6(ip: usize, proto: u32, l4: usize, end: usize, encap: u32, back: bool, depth: u32): u32 {
  // ICMPv6 errors are the types below 128 (RFC 4443 §2.1).
  const error = proto == NEXT_ICMP6 && l4 + QUOTE <= end && load<i8>(l4) >= 0;
  const within = inside(proto, l4, end, error, encap, back, depth);
  if (within != UNKNOWN) return within;
  const ports = portsAt(proto, l4, end);
  return back
    ? flowBucket(fold6(ip + IP6_DST, ip + IP6_SRC), rotl<u32>(ports, 16))
    : flowBucket(fold6(ip + IP6_SRC, ip + IP6_DST), ports);
}

/** The bucket of the IPv4 packet at `ip` with `head` bytes of header, ending before `end`. */
export function flow4(ip: usize, head: u32, end: usize, encap: u32): u32 {
  return bucket4(ip, head, end, encap, false, ENCAP_MAX);
}

/** The bucket of the IPv6 packet at `ip` whose upper layer `proto` is at `l4`, ending before `end`. */
export function flow6(ip: usize, proto: u32, l4: usize, end: usize, encap: u32): u32 {
  return bucket6(ip, proto, l4, end, encap, false, ENCAP_MAX);
}

/** The bucket of a frame of a protocol that is not known. */
export function flowOther(at: usize): u32 { return flowBucket(loadMac(at), 0); }

/** The bucket of hardware addresses and tags, for policy l2. */
// @ts-ignore: decorator
@inline export function flowL2(dst: u64, src: u64, tags: u32): u32 { return flowBucket(dst ^ (src << 16), tags); }
