// The chain of the addresses of one member and family, in the order in which they would be given to others: the newest
// first; while the group has pins, those that are pinned there behind all others; and, if REBALANCE says so, what carries
// least traffic before what carries more.
//
// The last two are brought about by chainSort when addresses are about to move, not kept in between.
// Invariant: pinned_cnt is the number of addresses in the chain whose pin is the member itself.

import { IPIF_BOUND, REBALANCE_LEAST_TRAFFIC } from "../../abi/ipmp";
import { loadOf } from "./load";
import { NONE, grpAt, illAt, ipifAt, pinOf } from "../layout";

/** Puts address i at the head of p's chain. O(1). */
export function chainPush(g: u32, i: u32, p: u32): void {
  const ipif = ipifAt(g, i);
  const ill = illAt(p, ipif.family);
  assert(ipif.bound == <u16>NONE);
  ipif.bound = <u16>p;
  ipif.bound_prev = <u16>NONE;
  ipif.bound_next = ill.bound_head;
  if (ill.bound_head != <u16>NONE) ipifAt(g, ill.bound_head).bound_prev = <u16>i;
  ill.bound_head = <u16>i;
  ill.bound_cnt += 1;
  if (pinOf(g, i) == p) ill.pinned_cnt += 1;
  ipif.flags |= <u8>IPIF_BOUND;
}

/** Takes address i out of the chain it is in. O(1). */
export function chainTake(g: u32, i: u32): void {
  const ipif = ipifAt(g, i);
  const p: u32 = ipif.bound;
  const ill = illAt(p, ipif.family);
  if (ipif.bound_prev != <u16>NONE) ipifAt(g, ipif.bound_prev).bound_next = ipif.bound_next;
  else ill.bound_head = ipif.bound_next;
  if (ipif.bound_next != <u16>NONE) ipifAt(g, ipif.bound_next).bound_prev = ipif.bound_prev;
  ill.bound_cnt -= 1;
  if (pinOf(g, i) == p) ill.pinned_cnt -= 1;
  ipif.bound = ipif.bound_next = ipif.bound_prev = <u16>NONE;
  ipif.flags &= ~(<u8>IPIF_BOUND);
}

/** Whether member p has an address of a family that may be given to another. */
// @ts-ignore: decorator
@inline export function chainCanGive(p: u32, family: u32): bool { return illAt(p, family).bound_cnt > illAt(p, family).pinned_cnt; }

/** The first address of p's that may be given to another, which there is. O(addresses pinned to p). */
export function chainFirst(g: u32, family: u32, p: u32): u32 {
  let i: u32 = illAt(p, family).bound_head;
  while (pinOf(g, i) == p) i = ipifAt(g, i).bound_next;
  return i;
}

/** The address of p's to give to another, which there is, without sorting: for one move. O(addresses of p). */
export function chainBest(g: u32, family: u32, p: u32): u32 {
  let best = chainFirst(g, family, p);
  if (<u32>grpAt(g).rebalance != REBALANCE_LEAST_TRAFFIC) return best;
  for (let i: u32 = ipifAt(g, best).bound_next; i != NONE; i = ipifAt(g, i).bound_next) {
    if (pinOf(g, i) != p && loadOf(g, i) < loadOf(g, best)) best = i;
  }
  return best;
}

/** What p's chain is sorted by. */
function keyOf(g: u32, i: u32, p: u32): u64 {
  if (pinOf(g, i) == p) return 0xffff_ffff_ffff_ffff;
  return <u32>grpAt(g).rebalance == REBALANCE_LEAST_TRAFFIC ? loadOf(g, i) : 0;
}

/** Sorts p's chain if pins or REBALANCE ask for it; equals stay in their order. O(n log n) for n addresses of p. */
export function chainSort(g: u32, family: u32, p: u32): void {
  if (grpAt(g).npin == 0 && <u32>grpAt(g).rebalance != REBALANCE_LEAST_TRAFFIC) return;
  const ill = illAt(p, family);
  const n: u32 = ill.bound_cnt;
  for (let width: u32 = 1; width < n; width <<= 1) mergeRuns(g, family, p, width);
  let prev = NONE;
  for (let i: u32 = ill.bound_head; i != NONE; i = ipifAt(g, i).bound_next) {
    ipifAt(g, i).bound_prev = <u16>prev;
    prev = i;
  }
}

/** Merges sorted runs of `width` addresses into runs of twice as many; bound_prev is left as it was. */
function mergeRuns(g: u32, family: u32, p: u32, width: u32): void {
  const ill = illAt(p, family);
  let rest: u32 = ill.bound_head;
  let tail = NONE;
  while (rest != NONE) {
    let a = rest;
    let b = rest;
    let na: u32 = 0;
    for (; na < width && b != NONE; na++) b = ipifAt(g, b).bound_next;
    let nb = width;
    while (na != 0 || (nb != 0 && b != NONE)) {
      const second = na == 0 || (nb != 0 && b != NONE && keyOf(g, b, p) < keyOf(g, a, p));
      const i = second ? b : a;
      if (second) {
        b = ipifAt(g, b).bound_next;
        nb--;
      } else {
        a = ipifAt(g, a).bound_next;
        na--;
      }
      if (tail == NONE) ill.bound_head = <u16>i; else ipifAt(g, tail).bound_next = <u16>i;
      tail = i;
    }
    rest = b;
  }
  if (tail != NONE) ipifAt(g, tail).bound_next = <u16>NONE;
}
