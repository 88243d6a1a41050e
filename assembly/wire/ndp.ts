// Neighbour discovery (RFC 4861).
//
//   0      1      2      4                8        24
//   | type | code | csum | flags/reserved | target | options …           NS, NA
//   an option: | type | length in 8 bytes | … |; link-layer address options have length 1 and the address at 2.

import { loadMac, zero16 } from "../lib/be";
import { ICMP6_CODE, icmp6Valid } from "./icmp6";
import { IP6_DST, IP6_HOPS, IP6_SRC } from "./ipv6";

// @ts-ignore: decorator
@inline export const ND_RS: u32 = 133;
// @ts-ignore: decorator
@inline export const ND_RA: u32 = 134;
// @ts-ignore: decorator
@inline export const ND_NS: u32 = 135;
// @ts-ignore: decorator
@inline export const ND_NA: u32 = 136;
// @ts-ignore: decorator
@inline export const ND_REDIRECT: u32 = 137;

// @ts-ignore: decorator
@inline export const ND_FLAGS: usize = 4;
// @ts-ignore: decorator
@inline export const ND_TARGET: usize = 8;
/** Bytes of NS and NA before the options. */
// @ts-ignore: decorator
@inline export const ND_LEN: u32 = 24;
/** Router lifetime of a router advertisement. */
// @ts-ignore: decorator
@inline export const ND_RA_LIFETIME: usize = 6;

// @ts-ignore: decorator
@inline export const NA_ROUTER: u32 = 0x80;
// @ts-ignore: decorator
@inline export const NA_SOLICITED: u32 = 0x40;
// @ts-ignore: decorator
@inline export const NA_OVERRIDE: u32 = 0x20;

/** Source link-layer address option. */
// @ts-ignore: decorator
@inline export const OPT_SLLA: u32 = 1;
/** Target link-layer address option. */
// @ts-ignore: decorator
@inline export const OPT_TLLA: u32 = 2;

/** Hop limit of every neighbour discovery message: it has crossed no router. */
// @ts-ignore: decorator
@inline export const ND_HOPS: u32 = 255;

/** Bytes before the options of a neighbour discovery message (RFC 4861 §4); 0 for any other type. */
export function ndFixed(type: u32): u32 {
  switch (type) {
    case ND_RS: return 8;
    case ND_RA: return 16;
    case ND_NS: return ND_LEN;
    case ND_NA: return ND_LEN;
    case ND_REDIRECT: return 40;
    default: return 0;
  }
}

/** Bytes of the option at `at`. */
// @ts-ignore: decorator
@inline export function ndOptionSize(at: usize): u32 { return <u32>load<u8>(at, 1) << 3; }

/** Whether the options from `from` on fill the message's len bytes exactly, none of length 0 (RFC 4861 §4.6). */
export function ndOptionsValid(nd: usize, from: u32, len: u32): bool {
  let at = from;
  while (at < len) {
    if (at + 2 > len) return false;
    const size = ndOptionSize(nd + at);
    if (size == 0 || at + size > len) return false;
    at += size;
  }
  return true;
}

/** The next option of a type from offset `from` on, or 0. The options have been found valid. */
export function ndOption(nd: usize, from: u32, len: u32, type: u32): u32 {
  for (let at = from; at < len; at += ndOptionSize(nd + at)) if (<u32>load<u8>(nd + at) == type) return at;
  return 0;
}

/** The hardware address of a link-layer address option, or 0 without one. The options have been found valid. */
export function ndLinkAddress(nd: usize, len: u32, type: u32): u64 {
  const at = ndOption(nd, ND_LEN, len, type);
  return at == 0 ? 0 : loadMac(nd + at + 2);
}

/** ff02::1, low and high word raw. */
// @ts-ignore: decorator
@inline export const ALL_NODES_LO: u64 = 0x02ff;
// @ts-ignore: decorator
@inline export const ALL_NODES_HI: u64 = 0x0100_0000_0000_0000;

/** ff02::1:ff00:0/104, where solicitations go (RFC 4291 §2.7.1): low word, and the third of four words; raw. */
// @ts-ignore: decorator
@inline export const SOLICITED_LO: u64 = 0x02ff;
// @ts-ignore: decorator
@inline export const SOLICITED_MID: u32 = 0x0100_0000;

/** Whether the address at `dst` is the solicited-node group of `target` (RFC 4291 §2.7.1). */
export function isSolicitedNode(dst: usize, target: usize): bool {
  return load<u64>(dst) == 0x02ff && load<u32>(dst, 8) == 0x0100_0000
    && load<u32>(dst, 12) == (load<u32>(target, 12) | 0xff);
}

/**
 * Checks a neighbour solicitation or advertisement of len bytes as its receiver must (RFC 4861 §7.1.1, §7.1.2).
 * checked: its checksum is known to be right or is not there yet.
 */
export function ndValid(ip: usize, nd: usize, len: u32, checked: bool): bool {
  if (len < ND_LEN || <u32>load<u8>(ip, IP6_HOPS) != ND_HOPS || load<u8>(nd, ICMP6_CODE) != 0) return false;
  if (load<u8>(nd, ND_TARGET) == 0xff || !ndOptionsValid(nd, ND_LEN, len)) return false;
  if (<u32>load<u8>(nd) == ND_NS) {
    if (zero16(ip + IP6_SRC)) {
      if (!isSolicitedNode(ip + IP6_DST, nd + ND_TARGET) || ndOption(nd, ND_LEN, len, OPT_SLLA) != 0) return false;
    }
  } else if (load<u8>(ip, IP6_DST) == 0xff && (<u32>load<u8>(nd, ND_FLAGS) & NA_SOLICITED)) return false;
  return checked || icmp6Valid(ip, nd, len);
}
