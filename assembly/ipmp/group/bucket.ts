// Flow buckets: which active member carries which share of the flows of one family.
//
// A table of BUCKET_MAX entries, not a modulo: when a member comes or goes, or a weight changes, only the buckets that must
// move do, so other flows stay where they are. The table is divided by largest remainder: a member with the weight w of W in
// all gets floor(BUCKET_MAX * w / W) buckets, and those with the largest remainders one more, until all are given. Of equal
// remainders those come first that have more than their floor already, so that nothing moves for their sake; then the
// earliest active.
//
// Invariants: each active member carries exactly its share; a change moves, of each member, what it has beyond its new
// share, and no other bucket (with equal weights: on a join as many as the new member gets, on a leave as many as the one
// that left had); without an active member every entry is NONE.

import { BUCKET_MAX, Illgrp, Illgrp_bucket_OFF, MEMBER_MAX } from "../../abi/ipmp";
import { NONE, activeOf, bucketOf, illAt, illgrpAt, phyintAt } from "../layout";

/** Scratch, by place in the active list: the share (u64), and what is left over of it as long as it may count (i64). */
// @ts-ignore: decorator
@inline const SHARE_SIZE: u32 = 16;
const SHARES: usize = memory.data(<i32>(MEMBER_MAX * SHARE_SIZE), 8);
// @ts-ignore: decorator
@inline const REST: usize = 8;
/** A remainder that has been given its bucket. */
// @ts-ignore: decorator
@inline const SERVED: i64 = -1;

// @ts-ignore: decorator
@inline function shareAt(i: u32): usize { return SHARES + i * SHARE_SIZE; }
// @ts-ignore: decorator
@inline function shareOf(i: u32): u32 { return load<u32>(shareAt(i)); }

function bucketMove(ig: Illgrp, family: u32, b: u32, to: u32): void {
  const from = bucketOf(ig, b);
  if (from != NONE) illAt(from, family).nbucket -= 1;
  if (to != NONE) illAt(to, family).nbucket += 1;
  store<u16>(changetype<usize>(ig) + (b << 1), to, Illgrp_bucket_OFF);
  ig.bucket_moves += 1;
}

/** Works out the shares of the active members. O(MEMBER_MAX²). */
function divide(ig: Illgrp, family: u32): void {
  const n: u32 = ig.nactif;
  let total: u64 = 0;
  for (let i: u32 = 0; i < n; i++) total += phyintAt(activeOf(ig, i)).weight_now;
  let left = BUCKET_MAX;
  for (let i: u32 = 0; i < n; i++) {
    const part = <u64>BUCKET_MAX * phyintAt(activeOf(ig, i)).weight_now;
    store<u64>(shareAt(i), part / total);
    store<i64>(shareAt(i), part % total, REST);
    left -= <u32>(part / total);
  }
  for (; left != 0; left--) {
    let best: u32 = 0;
    for (let i: u32 = 1; i < n; i++) if (comesBefore(ig, family, i, best)) best = i;
    store<u64>(shareAt(best), load<u64>(shareAt(best)) + 1);
    store<i64>(shareAt(best), SERVED, REST);
  }
}

/** Whether the i-th active member gets a bucket of the rest before the one at `than`, which is earlier. */
function comesBefore(ig: Illgrp, family: u32, i: u32, than: u32): bool {
  const mine = load<i64>(shareAt(i), REST);
  const other = load<i64>(shareAt(than), REST);
  return mine > other || (mine == other && hasMore(ig, family, i) && !hasMore(ig, family, than));
}

// @ts-ignore: decorator
@inline function hasMore(ig: Illgrp, family: u32, i: u32): bool { return <u32>illAt(activeOf(ig, i), family).nbucket > shareOf(i); }

/** The active member that lacks most of its share, the earliest of equals. */
function neediest(ig: Illgrp, family: u32): u32 {
  let best = NONE;
  let most: i32 = 0;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    const lacks = <i32>shareOf(i) - <i32>illAt(p, family).nbucket;
    if (lacks <= most) continue;
    best = p;
    most = lacks;
  }
  return best;
}

/** Whether a member has more than its share: all it has, if it is no longer active. */
function hasTooMany(ig: Illgrp, family: u32, p: u32): bool {
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    if (activeOf(ig, i) == p) return <u32>illAt(p, family).nbucket > shareOf(i);
  }
  return true;
}

/** Active members or weights have changed: moves what is beyond anybody's share. O(BUCKET_MAX × MEMBER_MAX). */
export function bucketSettle(g: u32, family: u32): void {
  const ig = illgrpAt(g, family);
  if (ig.nactif != 0) divide(ig, family);
  for (let b: u32 = 0; b < BUCKET_MAX; b++) {
    const from = bucketOf(ig, b);
    if (from == NONE ? ig.nactif != 0 : hasTooMany(ig, family, from)) bucketMove(ig, family, b, neediest(ig, family));
  }
}

/** No member is active. */
export function bucketReset(g: u32, family: u32): void {
  memory.fill(changetype<usize>(illgrpAt(g, family)) + Illgrp_bucket_OFF, 0xff, BUCKET_MAX << 1);
}
