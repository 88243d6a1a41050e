// A group's one family: the list of active members, the nominee for broadcast and multicast, the family's MTU.
//
// Terms: an ill is a member's one family. It is active iff one of its own addresses is up and the NIC is neither
// OFFLINE nor INACTIVE nor FAILED (R1.3). Activation is level-triggered: events change flags, illRefresh compares what
// should be with what is and acts on the difference, so no event can be lost.
//
// Invariants: the nominee exists iff a member is active, and is in the active list; v4 and v6 nominate independently;
// the rotor is an index into the active list, 0 while it is empty; Grp.nactif is the sum over both families.

import {
  EVENT_CAST, EVENT_GRP_RUNNING, EVENT_ILL_ACTIVE, EVENT_MTU, EVENT_REBIND, FAMILY_V4, Illgrp, Illgrp_actif_OFF, MTU_MIN_V4,
  MTU_MIN_V6, PHYI_FAILED, PHYI_INACTIVE, PHYI_OFFLINE, POLICY_BROADCAST,
} from "../../abi/ipmp";
import { announceFamily } from "./announce";
import { arpentRefresh } from "./arpent";
import { bindAll, bindSteal, rebindChain, unbindAll } from "./bind";
import { bucketReset, bucketSettle } from "./bucket";
import { eventEmit } from "../event";
import { NONE, activeOf, grpAt, illAt, illgrpAt, ipifAt, memberOf, phyintAt } from "../layout";
import { turnReset } from "./rotor";
import { mcastNominated } from "../path/mcast";
import { nexthopForget } from "../path/nexthop";
import { resolveForget } from "../path/resolve";
import { vaddrNominated } from "./vlan";

/** A new group's family. */
export function illgrpReset(g: u32, family: u32): void {
  const ig = illgrpAt(g, family);
  ig.cast_ill = <u16>NONE;
  ig.mtu = mtuMin(family);
  bucketReset(g, family);
}

/** Whether a family can be taken away from a group: no member and no data address has it. O(ADDR_MAX). */
export function illgrpVacant(g: u32, family: u32): bool {
  if (illgrpAt(g, family).nif != 0) return false;
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    if (ipifAt(g, i).flags != 0 && ipifAt(g, i).family == <u8>family) return false;
  }
  return true;
}

/** Smallest MTU of a family (RFC 791, RFC 8200). */
// @ts-ignore: decorator
@inline export function mtuMin(family: u32): u32 { return family == FAMILY_V4 ? MTU_MIN_V4 : MTU_MIN_V6; }

/** The family's MTU: the least of all members', active or not, and at least the minimum (R1.4, refresh_mtu). O(MEMBER_MAX). */
export function illgrpMtu(g: u32, family: u32): void {
  const ig = illgrpAt(g, family);
  const grp = grpAt(g);
  let mtu: u32 = 0;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const p = phyintAt(memberOf(grp, i));
    if ((p.families >> <u8>family) & 1 && (mtu == 0 || p.mtu < mtu)) mtu = p.mtu;
  }
  mtu = max<u32>(mtu, mtuMin(family));
  if (mtu == ig.mtu) return;
  const ev = eventEmit(EVENT_MTU, g, NONE, ig.mtu, mtu);
  ev.family = <u8>family;
  ig.mtu = mtu;
}

/** Nominates p (or NONE) for broadcast and multicast; memberships are announced again by a new nominee. */
function castSet(g: u32, family: u32, p: u32): void {
  const ig = illgrpAt(g, family);
  const old: u32 = ig.cast_ill;
  if (old != NONE) illAt(old, family).nom_cast = 0;
  if (p != NONE) illAt(p, family).nom_cast = 1;
  ig.cast_ill = <u16>p;
  const ev = eventEmit(EVENT_CAST, g, p, old, p);
  ev.family = <u8>family;
  if (p == NONE) return;
  mcastNominated(g, family);
  vaddrNominated(g, family);
}

/** Whether member p should carry a family. */
function illShouldBeActive(g: u32, p: u32, family: u32): bool {
  const flags = <u32>phyintAt(p).flags & (PHYI_FAILED | PHYI_INACTIVE | PHYI_OFFLINE);
  // One that failed with its whole group keeps what it carries (probe/settle.ts).
  const fit = flags == 0 || (flags == PHYI_FAILED && phyintAt(p).held != 0);
  return fit && illAt(p, family).up != 0 && ((grpAt(g).families >> <u8>family) & 1) != 0;
}

/** Activates member p's family if it should be active and is not. O(ADDR_MAX). */
export function illActivate(g: u32, p: u32, family: u32): void {
  const ill = illAt(p, family);
  if (ill.active || !illShouldBeActive(g, p, family)) return;
  const ig = illgrpAt(g, family);
  const first = ig.nactif == 0;
  if (first) castSet(g, family, p);
  const count = first ? bindAll(g, family, p) : bindSteal(g, family, p);
  listAppend(ig, p);
  ill.active = 1;
  turnReset(g, family);
  bucketSettle(g, family);
  arpentRefresh(g, family);
  activeChanged(g, p, family, 1, count);
}

/** Deactivates member p's family if it is active and should not be. O(ADDR_MAX); cannot fail. */
export function illDeactivate(g: u32, p: u32, family: u32): void {
  const ill = illAt(p, family);
  if (!ill.active || illShouldBeActive(g, p, family)) return;
  illLeave(g, p, family);
}

/** Takes p out of the active list, whatever it should be. The order is the original's and load-bearing (R1.5). */
export function illLeave(g: u32, p: u32, family: u32): void {
  const ig = illgrpAt(g, family);
  const ill = illAt(p, family);
  listRemove(ig, p);
  ill.active = 0;
  turnReset(g, family);
  if (ill.nom_cast) castSet(g, family, ig.nactif == 0 ? NONE : activeOf(ig, 0));
  nexthopForget(g, p);
  resolveForget(g, p);
  bucketSettle(g, family);
  const chain = unbindAll(g, family, p);
  arpentRefresh(g, family);
  const count = rebindChain(g, family, chain);
  activeChanged(g, p, family, 0, count);
}

/** Keeps Grp.nactif, and tells of the change and of the group's carrier. */
function activeChanged(g: u32, p: u32, family: u32, active: u32, rebound: u32): void {
  const grp = grpAt(g);
  const before: u32 = grp.nactif;
  grp.nactif = <u16>(active ? before + 1 : before - 1);
  const ev = eventEmit(EVENT_ILL_ACTIVE, g, p, 1 - active, active);
  ev.family = <u8>family;
  if (rebound > 0) {
    const rb = eventEmit(EVENT_REBIND, g, p, 1 - active, active);
    rb.family = <u8>family;
    rb.count = rebound;
  }
  if (<u32>grp.policy == POLICY_BROADCAST) announceFamily(g, family);
  if (before == 0 || grp.nactif == 0) eventEmit(EVENT_GRP_RUNNING, g, NONE, 1 - active, active);
}

function listAppend(ig: Illgrp, p: u32): void {
  const n: u32 = ig.nactif;
  store<u16>(changetype<usize>(ig) + (n << 1), p, Illgrp_actif_OFF);
  ig.nactif = <u16>(n + 1);
  ig.next_ill = <u16>n;
}

function listRemove(ig: Illgrp, p: u32): void {
  const n: u32 = ig.nactif;
  let i: u32 = 0;
  while (i < n && activeOf(ig, i) != p) i++;
  assert(i < n);
  const at = changetype<usize>(ig) + Illgrp_actif_OFF + (i << 1);
  memory.copy(at, at + 2, (n - i - 1) << 1);
  ig.nactif = <u16>(n - 1);
  ig.next_ill = 0;
}

