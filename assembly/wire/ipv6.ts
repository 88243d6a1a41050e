// IPv6 (RFC 8200): the header, and a bounded walk over extension headers.
//
//   0                     4         6      7      8     24    40
//   | ver, class, label | payload | next | hops | src | dst | …
//
// ip6Check checks the lengths once; the accessors may be used unchecked after it.

import { load16, store16 } from "../lib/be";

// @ts-ignore: decorator
@inline export const IP6_LEN: u32 = 40;
// @ts-ignore: decorator
@inline export const IP6_PAYLOAD: usize = 4;
// @ts-ignore: decorator
@inline export const IP6_NEXT: usize = 6;
// @ts-ignore: decorator
@inline export const IP6_HOPS: usize = 7;
// @ts-ignore: decorator
@inline export const IP6_SRC: usize = 8;
// @ts-ignore: decorator
@inline export const IP6_DST: usize = 24;

// @ts-ignore: decorator
@inline export const NEXT_HOPOPTS: u32 = 0;
// @ts-ignore: decorator
@inline const NEXT_ROUTING: u32 = 43;
// @ts-ignore: decorator
@inline export const NEXT_FRAGMENT: u32 = 44;
// @ts-ignore: decorator
@inline const NEXT_AH: u32 = 51;
// @ts-ignore: decorator
@inline export const NEXT_ICMP6: u32 = 58;
// @ts-ignore: decorator
@inline export const NEXT_NONE: u32 = 59;
// @ts-ignore: decorator
@inline const NEXT_DSTOPTS: u32 = 60;
// @ts-ignore: decorator
@inline const NEXT_MOBILITY: u32 = 135;

/** Extension headers walked at most; what follows more of them is an unknown upper layer. */
// @ts-ignore: decorator
@inline export const EXT_MAX: u32 = 8;

/** ip6Upper: an extension header does not fit into the packet. */
// @ts-ignore: decorator
@inline export const IP6_BAD: u32 = 0xffff_ffff;

/**
 * Checks a header of which `avail` bytes are there, at least IP6_LEN: returns the packet's length, or 0 if the header
 * contradicts itself or the frame. Payload length 0 means "to the end of the frame" for jumbograms (RFC 2675 §2)
 * and segmentation-offload frames.
 */
export function ip6Check(ip: usize, avail: u32, gso: bool): u32 {
  if (<u32>load<u8>(ip) >> 4 != 6) return 0;
  const payload = load16(ip + IP6_PAYLOAD);
  if (payload == 0) return gso || <u32>load<u8>(ip, IP6_NEXT) == NEXT_HOPOPTS ? avail : IP6_LEN;
  return payload + IP6_LEN > avail ? 0 : payload + IP6_LEN;
}

// @ts-ignore: decorator
@inline function isExtension(next: u32): bool {
  return next == NEXT_HOPOPTS || next == NEXT_ROUTING || next == NEXT_AH || next == NEXT_DSTOPTS || next == NEXT_MOBILITY;
}

/**
 * Finds the upper layer of a packet of len bytes: returns protocol << 24 | its offset from `ip`, or IP6_BAD.
 * A fragment ends the walk as NEXT_FRAGMENT, more than EXT_MAX headers as NEXT_NONE.
 */
export function ip6Upper(ip: usize, len: u32): u32 {
  let next = <u32>load<u8>(ip, IP6_NEXT);
  let at = IP6_LEN;
  for (let n: u32 = 0; isExtension(next); ++n) {
    if (n == EXT_MAX) return (NEXT_NONE << 24) | at;
    if (at + 8 > len) return IP6_BAD;
    const units = <u32>load<u8>(ip + at, 1);
    // RFC 4302 §2.2: the length of AH counts 4-byte units, less 2; all others 8-byte units, less 1.
    const size = next == NEXT_AH ? (units + 2) << 2 : (units + 1) << 3;
    if (at + size > len) return IP6_BAD;
    next = <u32>load<u8>(ip + at);
    at += size;
  }
  if (next == NEXT_FRAGMENT && at + 8 > len) return IP6_BAD;
  return (next << 24) | at;
}

/** fe80::/10: addresses of one link (RFC 4291 §2.5.6). */
export function ip6IsLinkLocal(addr: usize): bool { return load<u8>(addr) == 0xfe && (load<u8>(addr, 1) & 0xc0) == 0x80; }

/** Writes a header without extension headers; the caller writes the addresses. */
export function ip6Write(ip: usize, payload: u32, next: u32, hops: u32): void {
  store<u32>(ip, 0x60);
  store16(ip + IP6_PAYLOAD, payload);
  store<u8>(ip, <u8>next, IP6_NEXT);
  store<u8>(ip, <u8>hops, IP6_HOPS);
}
