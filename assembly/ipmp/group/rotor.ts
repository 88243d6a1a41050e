// The rotor: each active member of a family in turn (R1.4, ipmp_illgrp_next_ill); and the turns of single frames, by weight.
//
// Invariants: Illgrp.next_ill is an index into the active list, 0 while that is empty; a member that becomes active is next.
// Of any W turns of frames in a row, from the first one after a change of members or weights on, a member with the weight w
// of W in all gets w; with equal weights they go round in the order of the active list.

import { FAMILY_V4, FAMILY_V6 } from "../../abi/ipmp";
import { NONE, activeOf, illAt, illgrpAt, phyintAt } from "../layout";

/** What the rotor points at, and moves it on; NONE if no member is active. O(1). */
export function rotorNext(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  if (ig.nactif == 0) return NONE;
  const p = activeOf(ig, ig.next_ill);
  ig.next_ill = <u16>((<u32>ig.next_ill + 1) % <u32>ig.nactif);
  return p;
}

/**
 * The member whose turn a frame is; the family has an active one. Each turn everybody is owed its weight more, who is owed
 * most (the earliest of equals) gets the frame and pays all the weights. O(MEMBER_MAX).
 */
export function turnNext(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  let best = NONE;
  let most: i32 = 0;
  let total: u32 = 0;
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    const weight = phyintAt(p).weight_now;
    const owed = <i32>(illAt(p, family).credit + weight);
    illAt(p, family).credit = owed;
    total += weight;
    if (best != NONE && owed <= most) continue;
    best = p;
    most = owed;
  }
  illAt(best, family).credit -= total;
  return best;
}

/** Members or weights have changed: nobody is owed anything. O(MEMBER_MAX). */
export function turnReset(g: u32, family: u32): void {
  const ig = illgrpAt(g, family);
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) illAt(activeOf(ig, i), family).credit = 0;
}

/** NIC p leaves its group. */
export function turnForget(p: u32): void {
  illAt(p, FAMILY_V4).credit = illAt(p, FAMILY_V6).credit = 0;
}
