// What follows for a group from the states of its members: called after everything that may have changed one.
//
// A joint state, no event: who stands by, who is active, what is bound where, what state the group is in. Each is
// recomputed and only differences are acted on. Members that come are activated before those that go are deactivated,
// so that a group with a standby never loses carrier in between (the original deactivates first).

import { EVENT_GRP_STATE, FAMILY_V4, FAMILY_V6, PG_DEGRADED, PG_FAILED, PG_OK } from "../../abi/ipmp";
import { announcePump } from "./announce";
import { deadlineAt } from "../clock";
import { eventGrp } from "../event";
import { illActivate, illDeactivate } from "./illgrp";
import { grpAt, memberOf, page, phyintAt } from "../layout";
import { isUsable, standbySettle } from "../member/standby";
import { probeSettle } from "../probe/settle";

/** Who stands by, and the members that come: the first half of what follows. O(ADDR_MAX + MEMBER_MAX). */
export function grpActivate(g: u32): void {
  const grp = grpAt(g);
  probeSettle(g);
  standbySettle(g);
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    illActivate(g, memberOf(grp, i), FAMILY_V4);
    illActivate(g, memberOf(grp, i), FAMILY_V6);
  }
}

/** Brings group g in line with its members and says what is due. O(ADDR_MAX + MEMBER_MAX). */
export function grpSettle(g: u32): void {
  const grp = grpAt(g);
  grpActivate(g);
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    illDeactivate(g, memberOf(grp, i), FAMILY_V4);
    illDeactivate(g, memberOf(grp, i), FAMILY_V6);
  }
  grpState(g);
  if (grp.nactif == 0) delaysEnd(g);
  announcePump(g);
}

/** Nobody is active: carrier that is waiting for its delay to end counts at once (by ipmp_time_advance). O(MEMBER_MAX). */
function delaysEnd(g: u32): void {
  for (let i: u32 = 0, n: u32 = grpAt(g).nif; i < n; i++) {
    const phyint = phyintAt(memberOf(grpAt(g), i));
    if (phyint.delay_until == 0 || phyint.delay_link == 0) continue;
    phyint.delay_until = max<u64>(page().now, 1);
    deadlineAt(phyint.delay_until);
  }
}

/** OK if every member is usable, FAILED if none is, else DEGRADED (R2.3). */
function grpState(g: u32): void {
  const grp = grpAt(g);
  const n: u32 = grp.nif;
  let usable: u32 = 0;
  for (let i: u32 = 0; i < n; i++) usable += u32(isUsable(memberOf(grp, i)));
  const state = usable == 0 ? PG_FAILED : usable == n ? PG_OK : PG_DEGRADED;
  if (state == <u32>grp.state) return;
  eventGrp(EVENT_GRP_STATE, g, grp.state, state);
  grp.state = <u8>state;
  grp.since = page().now;
}
