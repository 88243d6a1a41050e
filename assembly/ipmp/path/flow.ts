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
// An ICMP or ICMPv6 error takes the way of the packet that it quotes: addresses and ports of the quotation,
// source and destination exchanged. A frame that is neither IPv4 nor IPv6: addrs = its destination hardware address.
//
// The whole of what tx.ts does with one plain IPv4 frame under this policy:
//   look the source address up (addr_table.ts: key = u32 at the source address, first slot tried (key x 0xa88619f1
//   mod 2^32) >> 19 of 8,192, then the next ones until the key or a free slot); p = illgrp.bucket[bucket];
//   source hardware address := p's; p's OPACKETS += 1 and OBYTES += len; if the address was found, its ipif's bytes += len;
//   Desc.out := p

import { loadMac } from "../../lib/be";
import { GOLDEN64, MIX64 } from "../../lib/hash";
import { IP4_LEN, IP4_PROTO, IP4_SRC, PROTO_ICMP, PROTO_TCP, PROTO_UDP, hasPorts, ip4IsFragment } from "../../wire/ipv4";
import { IP6_DST, IP6_LEN, IP6_NEXT, IP6_SRC, NEXT_ICMP6 } from "../../wire/ipv6";

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

/** The bucket of a packet quoted between `ip` and `end`, seen from the other side. */
function quoted4(ip: usize, end: usize): u32 {
  const addrs = rotl<u64>(load<u64>(ip, IP4_SRC), 32);
  const head = (<u32>load<u8>(ip) & 15) << 2;
  const ports = ip4IsFragment(ip) || head < IP4_LEN ? 0 : portsAt(<u32>load<u8>(ip, IP4_PROTO), ip + head, end);
  return flowBucket(addrs, rotl<u32>(ports, 16));
}

function quoted6(ip: usize, end: usize): u32 {
  const ports = portsAt(<u32>load<u8>(ip, IP6_NEXT), ip + IP6_LEN, end);
  return flowBucket(fold6(ip + IP6_DST, ip + IP6_SRC), rotl<u32>(ports, 16));
}

/** The bucket of the IPv4 packet at `ip` with `head` bytes of header, ending before `end`. */
export function flow4(ip: usize, head: u32, end: usize): u32 {
  const addrs = load<u64>(ip, IP4_SRC);
  if (ip4IsFragment(ip)) return flowBucket(addrs, 0);
  const proto = <u32>load<u8>(ip, IP4_PROTO);
  const l4 = ip + head;
  if (proto == PROTO_ICMP && l4 + QUOTE + IP4_LEN <= end && isIcmpError(<u32>load<u8>(l4)))
    return quoted4(l4 + QUOTE, end);
  return flowBucket(addrs, portsAt(proto, l4, end));
}

/** The bucket of the IPv6 packet at `ip` whose upper layer `proto` is at `l4`, ending before `end`. */
export function flow6(ip: usize, proto: u32, l4: usize, end: usize): u32 {
  // ICMPv6 errors are the types below 128 (RFC 4443 §2.1).
  if (proto == NEXT_ICMP6 && l4 + QUOTE + IP6_LEN <= end && load<i8>(l4) >= 0) return quoted6(l4 + QUOTE, end);
  return flowBucket(fold6(ip + IP6_SRC, ip + IP6_DST), portsAt(proto, l4, end));
}

/** The bucket of a frame of a protocol that is not known. */
export function flowOther(at: usize): u32 { return flowBucket(loadMac(at), 0); }
