// What is the group's own: hardware addresses, addresses not yet known to be, and whether its stack is a router.

import { FAMILY_V6, Grp, Grp_reflect_OFF, IPIF_ANNOUNCED, IPIF_VERIFIED } from "../../abi/ipmp";
import { GOLDEN64 } from "../../lib/hash";
import { NONE, grpAt, illgrpAt, ipifAt, memberOf, phyintAt } from "../layout";

/** Bytes of Grp.reflect: 4,096 bits, so that of foreign addresses hardly one in a hundred needs a second look. */
// @ts-ignore: decorator
@inline export const REFLECT_BYTES: u32 = 512;
/** Bits to shift a product of 64 to leave the number of one of them. */
// @ts-ignore: decorator
@inline const REFLECT_SHIFT: u64 = 52;

/** Where group g's quick test stands. */
// @ts-ignore: decorator
@inline export function reflectOf(g: u32): usize { return changetype<usize>(grpAt(g)) + Grp_reflect_OFF; }

/** Sets the bit of a hardware address that is the group's own. */
export function reflectSet(g: u32, mac: u64): void {
  const bit = <u32>((mac * GOLDEN64) >> REFLECT_SHIFT);
  const at = reflectOf(g) + (bit >> 3);
  store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (bit & 7)));
}

/** A quick no: 0 if a hardware address is neither the group's nor a member's, by its bit at `reflect`; else 1. */
// @ts-ignore: decorator
@inline export function macMayBeOwn(reflect: usize, mac: u64): u32 {
  const bit = <u32>((mac * GOLDEN64) >> REFLECT_SHIFT);
  return (<u32>load<u8>(reflect + (bit >> 3)) >> (bit & 7)) & 1;
}

/** The member of group g with a hardware address, or NONE. O(MEMBER_MAX), O(1) for most that are not. */
export function memberWith(g: u32, mac: u64): u32 {
  const grp: Grp = grpAt(g);
  if (macMayBeOwn(reflectOf(g), mac) == 0) return NONE;
  for (let i: u32 = 0, n = <u32>grp.nif; i < n; ++i) {
    const p = memberOf(grp, i);
    if (phyintAt(p).mac == mac) return p;
  }
  return NONE;
}

/** Whether a hardware address is the group's or a member's: as a source, the frame is a reflection. */
export function macIsOwn(g: u32, mac: u64): bool { return grpAt(g).mac == mac || memberWith(g, mac) != NONE; }

/**
 * Whether the local stack calls itself an IPv6 router: learnt from its advertisements (nd_path.ts), said in the answers
 * given in its place (craft.ts). Peers take a neighbour that stops saying so off their default routers (RFC 4861 §7.2.5).
 */
// @ts-ignore: decorator
@inline export function isRouter(g: u32): bool { return illgrpAt(g, FAMILY_V6).router != 0; }
// @ts-ignore: decorator
@inline export function setRouter(g: u32, router: bool): void { illgrpAt(g, FAMILY_V6).router = <u16>router; }

/** Ipif.ann_list of an address with conflict probes left, or whose last probe may still be answered. */
// @ts-ignore: decorator
@inline const PROBING: u32 = 3;

/** Whether data address i is still being probed for the first time: not yet this host's (RFC 4862 §2, RFC 5227 §2.1.1). */
export function isTentative(g: u32, i: u32): bool {
  const ipif = ipifAt(g, i);
  return (<u32>ipif.ann_list == PROBING || ipif.dad_left > 0) && (<u32>ipif.flags & (IPIF_ANNOUNCED | IPIF_VERIFIED)) == 0;
}
