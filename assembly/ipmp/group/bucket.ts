// Flow buckets: which active member carries which share of the flows of one family.
//
// A table of BUCKET_MAX entries, not a modulo: when a member comes or goes only the buckets that must move do, so
// flows on other members stay where they are. Invariant: with n active members each carries ⌊BUCKET_MAX / n⌋ buckets or
// one more; with none every entry is NONE.

import { BUCKET_MAX, Illgrp, Illgrp_bucket_OFF } from "../../abi/ipmp";
import { NONE, activeOf, bucketOf, illAt, illgrpAt } from "../layout";

function bucketMove(ig: Illgrp, family: u32, b: u32, to: u32): void {
  const from = bucketOf(ig, b);
  if (from != NONE) illAt(from, family).nbucket -= 1;
  if (to != NONE) illAt(to, family).nbucket += 1;
  store<u16>(changetype<usize>(ig) + (b << 1), to, Illgrp_bucket_OFF);
  ig.bucket_moves += 1;
}

/** Active member with the fewest buckets, the earliest of equals; NONE if there is none. */
function bucketLeast(ig: Illgrp, family: u32): u32 {
  let best = NONE;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    if (best == NONE || illAt(p, family).nbucket < illAt(best, family).nbucket) best = p;
  }
  return best;
}

/** p has just been put into the active list: it takes its share, first from those that would have two too many. O(BUCKET_MAX). */
export function bucketJoin(g: u32, family: u32, p: u32): void {
  const share = BUCKET_MAX / <u32>illgrpAt(g, family).nactif;
  bucketTake(g, family, p, share, share + 1);
  bucketTake(g, family, p, share, share);
}

/** p takes buckets from NONE and from members with more than `leave`, until it has `share`. */
function bucketTake(g: u32, family: u32, p: u32, share: u32, leave: u32): void {
  const ig = illgrpAt(g, family);
  for (let b: u32 = 0; b < BUCKET_MAX && <u32>illAt(p, family).nbucket < share; b++) {
    const from = bucketOf(ig, b);
    if (from == NONE || (from != p && <u32>illAt(from, family).nbucket > leave)) bucketMove(ig, family, b, p);
  }
}

/** p has just been taken out of the active list: its buckets go to those with the fewest. O(BUCKET_MAX × MEMBER_MAX). */
export function bucketLeave(g: u32, family: u32, p: u32): void {
  const ig = illgrpAt(g, family);
  for (let b: u32 = 0; b < BUCKET_MAX; b++) {
    if (bucketOf(ig, b) == p) bucketMove(ig, family, b, bucketLeast(ig, family));
  }
}

/** No member is active. */
export function bucketReset(g: u32, family: u32): void {
  memory.fill(changetype<usize>(illgrpAt(g, family)) + Illgrp_bucket_OFF, 0xff, BUCKET_MAX << 1);
}
