// Active and standby members: how many must work, and which (R2.4).
//
// Terms: a member is usable if it is RUNNING (or NOTARGETS without FAILED) and one of its own addresses is up; it is
// active if it is usable and not INACTIVE. `wanted` is the number of members configured without STANDBY.
// Rules: a standby works iff nobody is active or fewer than wanted are; with more than wanted active a standby rests;
// if nobody is active, any INACTIVE member works, whatever failback says: a group is never idle while a member could work.

import { FAMILY_V4, FAMILY_V6, PHYI_FAILED, PHYI_INACTIVE, PHYI_OFFLINE, PHYI_STANDBY, PI_NOTARGETS, PI_RUNNING } from "../../abi/ipmp";
import { flagsChange } from "./flags";
import { NONE, grpAt, illAt, memberOf, phyintAt } from "../layout";

/** Whether a NIC works, as far as its state tells. */
export function isFunctioning(p: u32): bool {
  const phyint = phyintAt(p);
  const state: u32 = phyint.state;
  return (state == PI_RUNNING || state == PI_NOTARGETS) && (<u32>phyint.flags & (PHYI_FAILED | PHYI_OFFLINE)) == 0;
}

/** Whether it could carry data. */
export function isUsable(p: u32): bool {
  return isFunctioning(p) && (illAt(p, FAMILY_V4).up != 0 || illAt(p, FAMILY_V6).up != 0);
}

/** Whether it is meant to carry data now: or goes on carrying it while its whole group has failed (probe/settle.ts). */
export function isActive(p: u32): bool {
  return (isUsable(p) && (<u32>phyintAt(p).flags & PHYI_INACTIVE) == 0) || phyintAt(p).held != 0;
}

/** Active members of a group. O(MEMBER_MAX). */
export function activeCount(g: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).nif; i < n; i++) count += u32(isActive(memberOf(grpAt(g), i)));
  return count;
}

/** Members configured without STANDBY. O(MEMBER_MAX). */
export function nonStandbyCount(g: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).nif; i < n; i++) {
    count += u32((<u32>phyintAt(memberOf(grpAt(g), i)).flags & PHYI_STANDBY) == 0);
  }
  return count;
}

/** First usable member in the order they joined whose STANDBY and INACTIVE flags are as given; NONE if there is none. */
function firstWith(g: u32, standby: bool, inactive: bool): u32 {
  for (let i: u32 = 0, n: u32 = grpAt(g).nif; i < n; i++) {
    const p = memberOf(grpAt(g), i);
    const flags: u32 = phyintAt(p).flags;
    if (!isUsable(p) || ((flags & PHYI_INACTIVE) != 0) != inactive || ((flags & PHYI_STANDBY) != 0) != standby) continue;
    return p;
  }
  return NONE;
}

/** A member in use has gone: another that stands by works now, a standby rather than one held back. */
export function activateAnother(g: u32): void {
  let p = firstWith(g, true, true);
  if (p == NONE) p = firstWith(g, false, true);
  if (p != NONE) flagsChange(p, 0, PHYI_INACTIVE);
}

/** A standby that works may rest. */
export function standbyRelieve(g: u32): void {
  const p = firstWith(g, true, false);
  if (p != NONE) flagsChange(p, PHYI_INACTIVE, 0);
}

/**
 * STANDBY of member p was changed: whether it works itself is decided before the others are asked, so that the work stays
 * where it is if it may (R2.4, refresh on a change of STANDBY). O(MEMBER_MAX).
 */
export function standbyRefresh(g: u32, p: u32): void {
  const phyint = phyintAt(p);
  if ((<u32>phyint.flags & PHYI_STANDBY) == 0 || !isUsable(p)) return;
  const nactive = activeCount(g);
  const wanted = nonStandbyCount(g);
  if (nactive == 0 || nactive < wanted) flagsChange(p, 0, PHYI_INACTIVE);
  else if (nactive > max<u32>(wanted, 1)) flagsChange(p, PHYI_INACTIVE, 0);
}

/** Brings a group's standbys to what its members' states ask for: a fixed point, reached in at most MEMBER_MAX steps. */
export function standbySettle(g: u32): void {
  for (let step: u32 = 0, n: u32 = grpAt(g).nif; step < n; step++) {
    const nactive = activeCount(g);
    const wanted = nonStandbyCount(g);
    let p = NONE;
    if (nactive == 0 || nactive < wanted) p = firstWith(g, true, true);
    if (nactive == 0 && p == NONE) p = firstWith(g, false, true);
    if (p != NONE) {
      flagsChange(p, 0, PHYI_INACTIVE);
      continue;
    }
    if (nactive <= max<u32>(wanted, 1)) return;
    p = firstWith(g, true, false);
    if (p == NONE) return;
    flagsChange(p, PHYI_INACTIVE, 0);
  }
}
