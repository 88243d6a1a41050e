// Link-based detection: carrier, the group's delays, and damping of a link that flaps.
//
// Carrier is acted on within the call that reports it (the original waits for its daemon). Between it and the state
// machine stand, in this order: up and down delay (a change must last; an up delay does not count while the group has no
// active member, and ends when it has none), then damping: a link that would be repaired for the (flap_max + 1)-th time
// within the window stays failed until fewer have happened (R2.5; two in 60 s). Every repair is remembered, also those not
// acted on.
// Invariants: delay_until ≠ 0 iff a change is pending, and delay_link is then what Phyint's RUNNING flag says;
// flap_until ≠ 0 only with the FAILED flag and carrier; both timers go on while a NIC is offline.

import {
  CAUSE_FLAP, CAUSE_LINK, ENOENT, EVENT_FLAP, EVENT_LINK, PHYI_RUNNING, Phyint, Phyint_flap_time_OFF,
} from "../../abi/ipmp";
import { NS_PER_MS, deadlineAt } from "../clock";
import { eventEmit } from "../event";
import { flagsChange } from "./flags";
import { PIE_LOST, PIE_REPAIRED, piDispatch } from "./fsm";
import { NEVER, NONE, grpAt, page, phyintAt } from "../layout";
import { watchFails } from "../probe/inst";
import { phyintValid } from "../valid";
import { grpSettle } from "../group/settle";

export function ipmp_phyint_link(p: u32, up: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const phyint = phyintAt(p);
  const now = up != 0;
  const before = (<u32>phyint.flags & PHYI_RUNNING) != 0;
  if (now == before) return 0;
  flagsChange(p, now ? PHYI_RUNNING : 0, now ? 0 : PHYI_RUNNING);
  eventEmit(EVENT_LINK, phyint.grp, p, u32(before), u32(now));
  if (phyint.grp == <u16>NONE) return 1;
  carrierChanged(p, now);
  grpSettle(phyint.grp);
  return 1;
}

/** Carrier of member p has changed: it counts now, or when the group's delay ends. */
function carrierChanged(p: u32, up: bool): void {
  const phyint = phyintAt(p);
  const grp = grpAt(phyint.grp);
  phyint.flap_until = 0;
  if (phyint.delay_until != 0) {
    phyint.delay_until = 0; // it went back before the other change had counted
    return;
  }
  let delay = up ? grp.up_delay_ms : grp.down_delay_ms;
  if (up && grp.nactif == 0) delay = 0;
  if (delay == 0) return carrierCounts(p, up);
  phyint.delay_until = page().now + <u64>delay * NS_PER_MS;
  phyint.delay_link = u8(up);
  deadlineAt(phyint.delay_until);
}

/** Carrier of member p counts. */
export function carrierCounts(p: u32, up: bool): void {
  if (!up) {
    piDispatch(p, PIE_LOST, CAUSE_LINK);
    return;
  }
  const phyint = phyintAt(p);
  const held = flapHeld(phyint);
  store<u64>(changetype<usize>(phyint), load<u64>(changetype<usize>(phyint), Phyint_flap_time_OFF), Phyint_flap_time_OFF + 8);
  store<u64>(changetype<usize>(phyint), page().now, Phyint_flap_time_OFF);
  if (held == 0) {
    repaired(p, CAUSE_LINK);
    return;
  }
  phyint.flap_until = held;
  deadlineAt(held);
  const ev = eventEmit(EVENT_FLAP, phyint.grp, p, 0, 1);
  ev.cause = <u8>CAUSE_FLAP;
}

/** Carrier of member p is good: so is the member, unless its probes say otherwise (R2.5). */
function repaired(p: u32, cause: u32): void {
  if (!watchFails(p)) piDispatch(p, PIE_REPAIRED, cause);
}

/** Until when a repair now must not count, 0 if it counts. */
function flapHeld(phyint: Phyint): u64 {
  const grp = grpAt(phyint.grp);
  if (grp.flap_max == 0) return 0;
  const at = load<u64>(changetype<usize>(phyint) + ((<u32>grp.flap_max - 1) << 3), Phyint_flap_time_OFF);
  const until = at + <u64>grp.flap_window_ms * NS_PER_MS;
  return at != 0 && until > page().now ? until : 0;
}

/** Ends member p's delay or damping if its time has come. Returns whether it did. */
export function linkTimer(p: u32): bool {
  const phyint = phyintAt(p);
  const now = page().now;
  if (phyint.delay_until != 0 && phyint.delay_until <= now) {
    phyint.delay_until = 0;
    carrierCounts(p, phyint.delay_link != 0);
    return true;
  }
  if (phyint.flap_until != 0 && phyint.flap_until <= now) {
    phyint.flap_until = 0;
    const ev = eventEmit(EVENT_FLAP, phyint.grp, p, 1, 0);
    ev.cause = <u8>CAUSE_FLAP;
    repaired(p, CAUSE_FLAP);
    return true;
  }
  return false;
}

/** When linkTimer has something to do for member p. */
export function linkDeadline(p: u32): u64 {
  const phyint = phyintAt(p);
  const delay = phyint.delay_until == 0 ? NEVER : phyint.delay_until;
  const flap = phyint.flap_until == 0 ? NEVER : phyint.flap_until;
  return min<u64>(delay, flap);
}
