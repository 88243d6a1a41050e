// Weights in effect: what the share of a member is by, of data addresses, flow buckets and turns.
//
// Invariant: weight_now of a member is what the group's mode makes of it and of its fellow members, at least 1; of a NIC in
// no group it is 1.

import { EVENT_REBIND, EVENT_WEIGHT, FAMILY_V4, FAMILY_V6, WEIGHT_CONFIGURED, WEIGHT_SPEED } from "../../abi/ipmp";
import { bindLevel } from "./bind";
import { bucketSettle } from "./bucket";
import { eventEmit } from "../event";
import { NONE, grpAt, memberOf, phyintAt } from "../layout";
import { turnReset } from "./rotor";

/** The least speed known of a member; 1 if none is. */
function leastSpeed(g: u32): u32 {
  const grp = grpAt(g);
  let least: u32 = 0;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const speed = phyintAt(memberOf(grp, i)).speed;
    if (speed != 0 && (least == 0 || speed < least)) least = speed;
  }
  return max<u32>(least, 1);
}

function weightOf(mode: u32, p: u32, least: u32): u32 {
  const phyint = phyintAt(p);
  if (mode == WEIGHT_CONFIGURED) return phyint.weight;
  return mode == WEIGHT_SPEED ? (phyint.speed != 0 ? phyint.speed : least) : 1;
}

/** Members, a weight, a speed or the mode have changed: what follows for shares, O(ADDR_MAX × MEMBER_MAX); if nothing, O(MEMBER_MAX). */
export function weightSettle(g: u32): void {
  const grp = grpAt(g);
  const least = leastSpeed(g);
  let changed = false;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const p = memberOf(grp, i);
    const now = weightOf(grp.weight_mode, p, least);
    const old = phyintAt(p).weight_now;
    if (now == old) continue;
    phyintAt(p).weight_now = now;
    eventEmit(EVENT_WEIGHT, g, p, old, now);
    changed = true;
  }
  if (!changed) return;
  for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
    turnReset(g, family);
    bucketSettle(g, family);
    levelled(g, family, NONE, bindLevel(g, family));
  }
}

/** Tells that addresses have moved to even out, or because of member p. */
export function levelled(g: u32, family: u32, p: u32, count: u32): void {
  if (count == 0) return;
  const ev = eventEmit(EVENT_REBIND, g, p, 0, 0);
  ev.family = <u8>family;
  ev.count = count;
}
