// What is the group's own: hardware addresses, addresses not yet known to be, and whether its stack is a router.

import { FAMILY_V6, Grp, IPIF_ANNOUNCED, IPIF_VERIFIED } from "../../abi/ipmp";
import { NONE, grpAt, illgrpAt, ipifAt, memberOf, phyintAt } from "../layout";

/** A quick no: whether a hardware address may be the group's or a member's, by the bit of its last byte in Grp.reflect. */
// @ts-ignore: decorator
@inline export function macMayBeOwn(reflect: u64, mac: u64): bool { return ((reflect >> ((mac >> 40) & 63)) & 1) != 0; }

/** The member of group g with a hardware address, or NONE. O(MEMBER_MAX), O(1) for most that are not. */
export function memberWith(g: u32, mac: u64): u32 {
  const grp: Grp = grpAt(g);
  if (!macMayBeOwn(grp.reflect, mac)) return NONE;
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
