// Binding: which member's hardware address stands for which data address. This map is what a failover changes.
//
// Terms: an address is bound to the member that receives for it; a member's addresses are a chain (chain.ts), newest first;
// a member's load is its addresses divided by its weight in effect (weight.ts; 1 unless the group says otherwise); it can
// give one to another if that one's load would then still be below its own.
// Rules (R1.4, R1.5, which know no weights): the active member whose load would be least takes a new address, the earliest
// in the list of equals; one that becomes active takes from the fullest while they can give; from one that ceases all are
// unbound first and then each is bound again, newest first, so no two members ever claim one address. An address that is
// pinned to an active member is bound to that, and never given.
//
// Invariants: Σ bound_cnt over active members = addresses up, while a member is active; others have none;
// after activation no member can give to another (with equal weights: max − min ≤ 1) if it was so before.

import { FAMILY_V4, IPIF_UP } from "../../abi/ipmp";
import { addrSetBound } from "../path/addr_table";
import { announceStart, announceStop, probeStart } from "./announce";
import { chainBest, chainCanGive, chainFirst, chainPush, chainSort, chainTake } from "./chain";
import { NONE, activeOf, grpAt, illAt, illgrpAt, ipifAt, page, phyintAt, pinOf } from "../layout";

/** How the neighbours are told of a binding. */
// @ts-ignore: decorator
@inline export const ACT_NONE: u32 = 0;
/** It moved: announce it. */
// @ts-ignore: decorator
@inline export const ACT_REBIND: u32 = 1;
/** It is new, or was bound to nobody: probe for conflicts, then announce. */
// @ts-ignore: decorator
@inline export const ACT_INITIAL: u32 = 2;

/** Whether a addresses of member p are a lighter load than b of member q. */
// @ts-ignore: decorator
@inline function lighter(a: u32, p: u32, b: u32, q: u32): bool {
  return <u64>a * phyintAt(q).weight_now < <u64>b * phyintAt(p).weight_now;
}

// @ts-ignore: decorator
@inline function count(p: u32, family: u32): u32 { return illAt(p, family).bound_cnt; }

/** Whether member `from` can give member `to` an address, as far as their numbers tell. */
function canGive(family: u32, from: u32, to: u32): bool { return lighter(count(to, family) + 1, to, count(from, family), from); }

/** Active member whose load would be least with one address more, the earliest of equals; NONE if none is active. O(MEMBER_MAX). */
export function illMin(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  let best = NONE;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    if (best == NONE || lighter(count(p, family) + 1, p, count(best, family) + 1, best)) best = p;
  }
  return best;
}

/** Active member with the greatest load, of those that have an address to give, the earliest of equals; or NONE. O(MEMBER_MAX). */
function illMax(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  let best = NONE;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    if (chainCanGive(p, family) && (best == NONE || lighter(count(best, family), best, count(p, family), p))) best = p;
  }
  return best;
}

/** The member that address i belongs on now: the one it is pinned to if that is active, else illMin's. O(MEMBER_MAX). */
export function bindTarget(g: u32, i: u32): u32 {
  const pin = pinOf(g, i);
  return pin != NONE && illAt(pin, ipifAt(g, i).family).active ? pin : illMin(g, ipifAt(g, i).family);
}

/** Binds address i, which is bound to nobody, to member p. O(1). */
export function bindIpif(g: u32, i: u32, p: u32, act: u32): void {
  const ipif = ipifAt(g, i);
  chainPush(g, i, p);
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
  const p: u32 = ipifAt(g, i).bound;
  if (p == NONE) return NONE;
  chainTake(g, i);
  addrSetBound(g, i, NONE);
  announceStop(g, i);
  return p;
}

/** Moves address i, which is bound, to member p. O(1). */
export function bindMove(g: u32, i: u32, p: u32): void {
  unbindIpif(g, i);
  bindIpif(g, i, p, ACT_REBIND);
}

/** p is the first active member: it gets every address that is up. Returns how many. O(ADDR_MAX). */
export function bindAll(g: u32, family: u32, p: u32): u32 {
  let bound: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if ((ipif.flags & <u8>IPIF_UP) == 0 || ipif.family != <u8>family) continue;
    bindIpif(g, i, p, ACT_INITIAL);
    bound++;
  }
  return bound;
}

/** Addresses are about to move from any active member. O(ADDR_MAX log ADDR_MAX) with pins or LEAST_TRAFFIC, else O(MEMBER_MAX). */
function chainsSort(g: u32, family: u32): void {
  const ig = illgrpAt(g, family);
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) chainSort(g, family, activeOf(ig, i));
}

/** Addresses that are pinned to p, and elsewhere, come back to it. Returns how many. O(ADDR_MAX) if the group has pins. */
function bindPinned(g: u32, family: u32, p: u32): u32 {
  if (grpAt(g).npin == 0) return 0;
  let moved: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if (pinOf(g, i) != p || ipif.family != <u8>family || ipif.bound == <u16>NONE || <u32>ipif.bound == p) continue;
    bindMove(g, i, p);
    moved++;
  }
  return moved;
}

/** p becomes active beside others (and is not in the list yet): what is its own, then from the fullest. Returns how many. */
export function bindSteal(g: u32, family: u32, p: u32): u32 {
  let moved = bindPinned(g, family, p);
  chainsSort(g, family);
  while (true) {
    const from = illMax(g, family);
    if (from == NONE || !canGive(family, from, p)) return moved;
    bindMove(g, chainFirst(g, family, from), p);
    moved++;
  }
}

/** Weights or pins have changed: moves addresses while any member can give to another. Returns how many. */
export function bindLevel(g: u32, family: u32): u32 {
  chainsSort(g, family);
  let moved: u32 = 0;
  while (true) {
    const from = illMax(g, family);
    const to = illMin(g, family);
    if (from == NONE || !canGive(family, from, to)) return moved;
    bindMove(g, chainFirst(g, family, from), to);
    moved++;
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

/** Binds each of a chain that unbindAll returned to the member it belongs on then. Returns how many found one. */
export function rebindChain(g: u32, family: u32, first: u32): u32 {
  let moved: u32 = 0;
  for (let i = first; i != NONE; ) {
    const next: u32 = ipifAt(g, i).bound_next;
    ipifAt(g, i).bound_next = <u16>NONE;
    const p = bindTarget(g, i);
    if (p != NONE) {
      bindIpif(g, i, p, ACT_REBIND);
      moved++;
    }
    i = next;
  }
  return moved;
}

/** An address of member p has gone: one of the fullest's moves to p if that evens out (R1.4, ipmp_illgrp_del_ipif). */
export function bindRelevel(g: u32, family: u32, p: u32): void {
  const from = illMax(g, family);
  if (from == NONE || !illAt(p, family).active || !canGive(family, from, p)) return;
  bindMove(g, chainBest(g, family, from), p);
}

/** Every address of member p is announced anew: its hardware address has changed. */
export function announceBound(g: u32, p: u32): void {
  for (let family: u32 = FAMILY_V4; family < 2; family++) {
    for (let i: u32 = illAt(p, family).bound_head; i != NONE; i = ipifAt(g, i).bound_next) announceStart(g, i);
  }
}
