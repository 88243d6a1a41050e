// IPv4 (RFC 791).
//
//   0        1    2       4    6        8     9       10      12    16    20
//   | ver,ihl | tos | total | id | frag | ttl | proto | csum | src | dst | options …
//
// ip4Check checks the lengths once; the accessors may be used unchecked after it.

import { csumAdd, csumEnd } from "../lib/csum";
import { load16, store16 } from "../lib/be";

// @ts-ignore: decorator
@inline export const IP4_LEN: u32 = 20;
// @ts-ignore: decorator
@inline export const IP4_TOTAL: usize = 2;
// @ts-ignore: decorator
@inline export const IP4_FRAG: usize = 6;
// @ts-ignore: decorator
@inline export const IP4_TTL: usize = 8;
// @ts-ignore: decorator
@inline export const IP4_PROTO: usize = 9;
// @ts-ignore: decorator
@inline export const IP4_CSUM: usize = 10;
// @ts-ignore: decorator
@inline export const IP4_SRC: usize = 12;
// @ts-ignore: decorator
@inline export const IP4_DST: usize = 16;

// @ts-ignore: decorator
@inline export const PROTO_ICMP: u32 = 1;
// @ts-ignore: decorator
@inline export const PROTO_IGMP: u32 = 2;
/** IPv4 in IP (RFC 2003). */
// @ts-ignore: decorator
@inline export const PROTO_IP4: u32 = 4;
// @ts-ignore: decorator
@inline export const PROTO_TCP: u32 = 6;
// @ts-ignore: decorator
@inline export const PROTO_UDP: u32 = 17;
// @ts-ignore: decorator
@inline export const PROTO_DCCP: u32 = 33;
/** IPv6 in IP (RFC 4213, RFC 2473). */
// @ts-ignore: decorator
@inline export const PROTO_IP6: u32 = 41;
// @ts-ignore: decorator
@inline export const PROTO_GRE: u32 = 47;
// @ts-ignore: decorator
@inline export const PROTO_ESP: u32 = 50;
// @ts-ignore: decorator
@inline export const PROTO_SCTP: u32 = 132;
// @ts-ignore: decorator
@inline export const PROTO_UDPLITE: u32 = 136;

/** More-fragments flag and fragment offset (RFC 791 §3.1), raw. */
// @ts-ignore: decorator
@inline const FRAGMENT_RAW: u32 = 0xff3f;

/**
 * Checks a header of which `avail` bytes are there, at least IP4_LEN: returns header length << 24 | packet length,
 * or 0 if it contradicts itself or the frame. A segmentation-offload frame may have the total length 0 (longer than 65,535).
 */
export function ip4Check(ip: usize, avail: u32, gso: bool): u32 {
  const first = <u32>load<u8>(ip);
  const head = (first & 15) << 2;
  if (first >> 4 != 4 || head < IP4_LEN || head > avail) return 0;
  let total = load16(ip + IP4_TOTAL);
  if (total == 0 && gso) total = avail;
  if (total < head || total > avail) return 0;
  return (head << 24) | total;
}

// @ts-ignore: decorator
@inline export function ip4IsFragment(ip: usize): bool { return (<u32>load<u16>(ip, IP4_FRAG) & FRAGMENT_RAW) != 0; }

/** Whether a protocol begins with four bytes that identify a flow: two ports, or ESP's security parameters index. */
export function hasPorts(proto: u32): bool {
  return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP || proto == PROTO_UDPLITE
    || proto == PROTO_DCCP || proto == PROTO_ESP;
}

/** Writes the header of an IGMP packet: TTL 1, Router Alert option (RFC 2113), 24 bytes. Addresses are raw. */
export function ip4WriteIgmp(ip: usize, payload: u32, src: u32, dst: u32): u32 {
  const head: u32 = 24;
  memory.fill(ip, 0, head);
  store<u8>(ip, 0x46);
  store<u8>(ip, 0xc0, 1); // internetwork control (RFC 3376 §4)
  store16(ip + IP4_TOTAL, head + payload);
  store<u8>(ip, 1, IP4_TTL);
  store<u8>(ip, <u8>PROTO_IGMP, IP4_PROTO);
  store<u32>(ip, src, IP4_SRC);
  store<u32>(ip, dst, IP4_DST);
  store16(ip + 20, 0x9404);
  store<u16>(ip, <u16>csumEnd(csumAdd(0, ip, head)), IP4_CSUM);
  return head;
}
