// The rotor: each active member of a family in turn (R1.4, ipmp_illgrp_next_ill).
//
// Invariant: Illgrp.next_ill is an index into the active list, 0 while that is empty; a member that becomes active is next.

import { NONE, activeOf, illgrpAt } from "../layout";

/** What the rotor points at, and moves it on; NONE if no member is active. O(1). */
export function rotorNext(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  if (ig.nactif == 0) return NONE;
  const p = activeOf(ig, ig.next_ill);
  ig.next_ill = <u16>((<u32>ig.next_ill + 1) % <u32>ig.nactif);
  return p;
}
