// Binding: which member's hardware address stands for which data address. This map is what a failover changes.
//
// Terms: an address is bound to the member that receives for it; `bound_head` of a member heads the chain of its
// addresses, newest first. Rules (R1.4, R1.5): the least-bound active member takes a new address, the earliest in
// the list of equals; one that becomes active takes from the fullest until they differ by at most one; from one that
// ceases all are unbound first and then each is bound again, newest first, so no two members ever claim one address.
//
// Invariants: Σ bound_cnt over active members = addresses up, while a member is active; others have none;
// after activation max − min ≤ 1 if it was so before.

import { FAMILY_V4, IPIF_BOUND, IPIF_UP } from "../../abi/ipmp";
import { addrSetBound } from "../path/addr_table";
import { announceStart, announceStop, probeStart } from "./announce";
import { NONE, activeOf, grpAt, illAt, illgrpAt, ipifAt, page } from "../layout";

/** How the neighbours are told of a binding. */
// @ts-ignore: decorator
@inline export const ACT_NONE: u32 = 0;
/** It moved: announce it. */
// @ts-ignore: decorator
@inline export const ACT_REBIND: u32 = 1;
/** It is new, or was bound to nobody: probe for conflicts, then announce. */
// @ts-ignore: decorator
@inline export const ACT_INITIAL: u32 = 2;

/** Least-bound active member, the earliest of equals; NONE if none is active. O(MEMBER_MAX). */
export function illMin(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  let best = NONE;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    if (best == NONE || illAt(p, family).bound_cnt < illAt(best, family).bound_cnt) best = p;
    if (illAt(best, family).bound_cnt == 0) break;
  }
  return best;
}

/** Most-bound active member, the earliest of equals; NONE if none is active. O(MEMBER_MAX). */
export function illMax(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  let best = NONE;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    if (best == NONE || illAt(p, family).bound_cnt > illAt(best, family).bound_cnt) best = p;
  }
  return best;
}

/** Binds address i, which is bound to nobody, to member p. O(1). */
export function bindIpif(g: u32, i: u32, p: u32, act: u32): void {
  const ipif = ipifAt(g, i);
  const ill = illAt(p, ipif.family);
  assert(ipif.bound == <u16>NONE);
  ipif.bound = <u16>p;
  ipif.bound_prev = <u16>NONE;
  ipif.bound_next = ill.bound_head;
  if (ill.bound_head != <u16>NONE) ipifAt(g, ill.bound_head).bound_prev = <u16>i;
  ill.bound_head = <u16>i;
  ill.bound_cnt += 1;
  ipif.flags |= <u8>IPIF_BOUND;
  ipif.bound_since = page().now;
  addrSetBound(g, i, p);
  if (act == ACT_REBIND) {
    ipif.rebinds += 1;
    grpAt(g).rebinds += 1;
    announceStart(g, i);
  } else if (act == ACT_INITIAL) {
    probeStart(g, i);
  }
}

/** Unbinds address i and returns the member it was bound to, NONE if none. Nothing more is said of it. O(1). */
export function unbindIpif(g: u32, i: u32): u32 {
  const ipif = ipifAt(g, i);
  const p: u32 = ipif.bound;
  if (p == NONE) return NONE;
  const ill = illAt(p, ipif.family);
  if (ipif.bound_prev != <u16>NONE) ipifAt(g, ipif.bound_prev).bound_next = ipif.bound_next;
  else ill.bound_head = ipif.bound_next;
  if (ipif.bound_next != <u16>NONE) ipifAt(g, ipif.bound_next).bound_prev = ipif.bound_prev;
  ill.bound_cnt -= 1;
  ipif.bound = ipif.bound_next = ipif.bound_prev = <u16>NONE;
  ipif.flags &= ~(<u8>IPIF_BOUND);
  addrSetBound(g, i, NONE);
  announceStop(g, i);
  return p;
}

/** Moves the newest address of `from` to `to`. */
function rebindNewest(g: u32, family: u32, from: u32, to: u32): void {
  const i: u32 = illAt(from, family).bound_head;
  unbindIpif(g, i);
  bindIpif(g, i, to, ACT_REBIND);
}

/** p is the first active member: it gets every address that is up. Returns how many. O(ADDR_MAX). */
export function bindAll(g: u32, family: u32, p: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if ((ipif.flags & <u8>IPIF_UP) == 0 || ipif.family != <u8>family) continue;
    bindIpif(g, i, p, ACT_INITIAL);
    count++;
  }
  return count;
}

/** p becomes active beside others (and is not in the list yet): it takes from the fullest. Returns how many. */
export function bindSteal(g: u32, family: u32, p: u32): u32 {
  let count: u32 = 0;
  while (true) {
    const from = illMax(g, family);
    if (<u32>illAt(from, family).bound_cnt <= <u32>illAt(p, family).bound_cnt + 1) return count;
    rebindNewest(g, family, from, p);
    count++;
  }
}

/**
 * p has left the active list: unbinds all its addresses, chained from the result by bound_next, newest first.
 * O(addresses of p).
 */
export function unbindAll(g: u32, family: u32, p: u32): u32 {
  let first = NONE;
  let last = NONE;
  while (true) {
    const i: u32 = illAt(p, family).bound_head;
    if (i == NONE) return first;
    unbindIpif(g, i);
    if (last == NONE) first = i; else ipifAt(g, last).bound_next = <u16>i;
    last = i;
  }
}

/** Binds each of a chain that unbindAll returned to the member that is least bound then. Returns how many found one. */
export function rebindChain(g: u32, family: u32, first: u32): u32 {
  let count: u32 = 0;
  for (let i = first; i != NONE; ) {
    const next: u32 = ipifAt(g, i).bound_next;
    ipifAt(g, i).bound_next = <u16>NONE;
    const p = illMin(g, family);
    if (p != NONE) {
      bindIpif(g, i, p, ACT_REBIND);
      count++;
    }
    i = next;
  }
  return count;
}

/** An address of member p has gone: one of the fullest's moves to p if that evens out (R1.4, ipmp_illgrp_del_ipif). */
export function bindRelevel(g: u32, family: u32, p: u32): void {
  const from = illMax(g, family);
  if (from == NONE || !illAt(p, family).active) return;
  if (<u32>illAt(from, family).bound_cnt > <u32>illAt(p, family).bound_cnt + 1) rebindNewest(g, family, from, p);
}

/** Every address of member p is announced anew: its hardware address has changed. */
export function announceBound(g: u32, p: u32): void {
  for (let family: u32 = FAMILY_V4; family < 2; family++) {
    for (let i: u32 = illAt(p, family).bound_head; i != NONE; i = ipifAt(g, i).bound_next) announceStart(g, i);
  }
}
