// The state of a member NIC: one table, and one function that every change of state goes through.
//
// Terms: LOST and REPAIRED are carrier that counts (after delay and damping, see link.ts) or a detector's verdict, the
// module's own (probe/judge.ts) or another's; GLOST is LOST of a whole group at once; BARE and AIMED are a watched member's
// last target gone and its first found (probe/settle.ts).
// The tuple that is the state is <Phyint.state, FAILED flag>: while OFFLINE only the flag follows LOST and REPAIRED, and
// NOTARGETS keeps the flag that it was entered with.
//
//   state \ event   JOIN         LEAVE  LOST         REPAIRED     OFFLINE       UNDO          GLOST       BARE            AIMED
//   INIT            RUNNING run  –      –            –            –             –             –           –               –
//   NOTARGETS       –            INIT   FAILED fail  –            OFFLINE away  –             FAILED all  –               RUNNING aim
//   RUNNING         –            INIT   FAILED fail  –            OFFLINE away  –             FAILED all  NOTARGETS keep  –
//   FAILED          –            INIT   –            RUNNING run  OFFLINE away  –             –           NOTARGETS keep  –
//   OFFLINE         –            INIT   flag         unflag       –             RUNNING back  –           –               –
//
// `run` decides by R2.4 whether the NIC works or stands by; `fail` and `away` let another take its place, `all` does not;
// `back` is `run`, or ends in FAILED when the flag says so or carrier is missing; `aim` ends in FAILED when the flag says
// so. A dash is an event that means nothing in that state.
// Invariants: FAILED flag with state RUNNING never; INACTIVE only with RUNNING (or NOTARGETS).
// What follows for a whole group from its members' states (standby, group state) is settle.ts: a joint state, no event.

import {
  EVENT_IF_STATE, PHYI_FAILED, PHYI_INACTIVE, PHYI_OFFLINE, PHYI_RUNNING, PHYI_STANDBY, PI_FAILED, PI_INIT, PI_NOTARGETS,
  PI_OFFLINE, PI_RUNNING,
} from "../../abi/ipmp";
import { eventEmit } from "../event";
import { grpAt, page, phyintAt } from "../layout";
import { flagsChange } from "./flags";
import { activateAnother, activeCount, isActive, nonStandbyCount, standbyRelieve } from "./standby";

// @ts-ignore: decorator
@inline export const PIE_JOIN: u32 = 0;
// @ts-ignore: decorator
@inline export const PIE_LEAVE: u32 = 1;
// @ts-ignore: decorator
@inline export const PIE_LOST: u32 = 2;
// @ts-ignore: decorator
@inline export const PIE_REPAIRED: u32 = 3;
// @ts-ignore: decorator
@inline export const PIE_OFFLINE: u32 = 4;
// @ts-ignore: decorator
@inline export const PIE_UNDO: u32 = 5;
// @ts-ignore: decorator
@inline export const PIE_GLOST: u32 = 6;
// @ts-ignore: decorator
@inline export const PIE_BARE: u32 = 7;
// @ts-ignore: decorator
@inline export const PIE_AIMED: u32 = 8;
// @ts-ignore: decorator
@inline export const PIE_COUNT: u32 = 9;
// @ts-ignore: decorator
@inline export const PI_COUNT: u32 = 5;

// A cell: next state in the low four bits, action in the high four. Cells named by what they do.
// @ts-ignore: decorator
@inline const ACT_RUN: u8 = 1;
// @ts-ignore: decorator
@inline const ACT_FAIL: u8 = 2;
// @ts-ignore: decorator
@inline const ACT_AWAY: u8 = 3;
// @ts-ignore: decorator
@inline const ACT_BACK: u8 = 4;
// @ts-ignore: decorator
@inline const ACT_FLAG: u8 = 5;
// @ts-ignore: decorator
@inline const ACT_UNFLAG: u8 = 6;
// @ts-ignore: decorator
@inline const ACT_INIT: u8 = 7;
// @ts-ignore: decorator
@inline const ACT_ALL: u8 = 8;
// @ts-ignore: decorator
@inline const ACT_KEEP: u8 = 9;
// @ts-ignore: decorator
@inline const ACT_AIM: u8 = 10;
/** An event that means nothing in this state. */
// @ts-ignore: decorator
@inline const ____: u8 = 0xff;
// @ts-ignore: decorator
@inline const INIT: u8 = <u8>PI_INIT | ACT_INIT << 4;
// @ts-ignore: decorator
@inline const RUN_: u8 = <u8>PI_RUNNING | ACT_RUN << 4;
// @ts-ignore: decorator
@inline const FAIL: u8 = <u8>PI_FAILED | ACT_FAIL << 4;
// @ts-ignore: decorator
@inline const AWAY: u8 = <u8>PI_OFFLINE | ACT_AWAY << 4;
// @ts-ignore: decorator
@inline const BACK: u8 = <u8>PI_RUNNING | ACT_BACK << 4;
// @ts-ignore: decorator
@inline const FLAG: u8 = <u8>PI_OFFLINE | ACT_FLAG << 4;
// @ts-ignore: decorator
@inline const UNFL: u8 = <u8>PI_OFFLINE | ACT_UNFLAG << 4;
// @ts-ignore: decorator
@inline const FALL: u8 = <u8>PI_FAILED | ACT_ALL << 4;
// @ts-ignore: decorator
@inline const BARE: u8 = <u8>PI_NOTARGETS | ACT_KEEP << 4;
// @ts-ignore: decorator
@inline const AIM_: u8 = <u8>PI_RUNNING | ACT_AIM << 4;

const TABLE: usize = memory.data<u8>([
  //             JOIN  LEAVE LOST  REPAIRED OFFLINE UNDO GLOST BARE AIMED
  /* INIT      */ RUN_, ____, ____, ____, ____, ____, ____, ____, ____,
  /* NOTARGETS */ ____, INIT, FAIL, ____, AWAY, ____, FALL, ____, AIM_,
  /* RUNNING   */ ____, INIT, FAIL, ____, AWAY, ____, FALL, BARE, ____,
  /* FAILED    */ ____, INIT, ____, RUN_, AWAY, ____, ____, BARE, ____,
  /* OFFLINE   */ ____, INIT, FLAG, UNFL, ____, BACK, ____, ____, ____,
]);

/** The cell for a state and an event; 0xff where the event means nothing. For the table's own test. */
export function piCell(state: u32, event: u32): u32 {
  return state < PI_COUNT && event < PIE_COUNT ? load<u8>(TABLE + state * PIE_COUNT + event) : 0xff;
}

/** Takes NIC p, a member, through one event. Returns false if the event means nothing in its state. O(MEMBER_MAX). */
export function piDispatch(p: u32, event: u32, cause: u32): bool {
  const phyint = phyintAt(p);
  const old: u32 = phyint.state;
  const cell = piCell(old, event);
  if (cell == 0xff) return false;
  const failed = (<u32>phyint.flags & PHYI_FAILED) != 0 || (<u32>phyint.flags & PHYI_RUNNING) == 0;
  const action = <u8>(cell >> 4);
  const wasActive = (<u32>phyint.flags & (PHYI_INACTIVE | PHYI_FAILED | PHYI_OFFLINE)) == 0;
  let next = cell & 15;
  if (action == ACT_BACK && failed) next = PI_FAILED;
  if (action == ACT_AIM && (<u32>phyint.flags & PHYI_FAILED) != 0) next = PI_FAILED;
  if (next != old) {
    phyint.state = <u8>next;
    phyint.since = page().now;
    phyint.cause = <u8>cause;
    if (next == PI_FAILED && action != ACT_AIM) phyint.fails += 1;
    const ev = eventEmit(EVENT_IF_STATE, phyint.grp, p, old, next);
    ev.cause = <u8>cause;
  }
  if (action == ACT_RUN) run(p, old, old == PI_INIT);
  else if (action == ACT_FAIL) replace(p, PHYI_FAILED, wasActive);
  else if (action == ACT_AWAY) replace(p, PHYI_OFFLINE, wasActive);
  else if (action == ACT_ALL) flagsChange(p, PHYI_FAILED, PHYI_INACTIVE);
  else if (action == ACT_FLAG) flagsChange(p, PHYI_FAILED, 0);
  else if (action == ACT_UNFLAG) flagsChange(p, 0, PHYI_FAILED);
  else if (action == ACT_INIT) flagsChange(p, 0, PHYI_FAILED | PHYI_INACTIVE | PHYI_OFFLINE);
  else if (action == ACT_BACK && failed) flagsChange(p, PHYI_FAILED, PHYI_OFFLINE);
  else if (action == ACT_BACK) run(p, old, false);
  return true;
}

/** The NIC cannot be used: mark it, and if it was in use let another take its place. */
function replace(p: u32, flag: u32, wasActive: bool): void {
  flagsChange(p, flag, PHYI_INACTIVE);
  if (wasActive) activateAnother(phyintAt(p).grp);
}

/** The NIC works: does it carry data, or stand by? (R2.4) The others are counted without it. */
function run(p: u32, from: u32, first: bool): void {
  const phyint = phyintAt(p);
  const g: u32 = phyint.grp;
  const nactive = activeCount(g) - u32(isActive(p));
  const wanted = nonStandbyCount(g);
  const standby = (<u32>phyint.flags & PHYI_STANDBY) != 0;
  const wait = standby ? nactive >= wanted : !first && from != PI_OFFLINE && !grpAt(g).failback;
  const rest = nactive != 0 && wait;
  flagsChange(p, rest ? PHYI_INACTIVE : 0, PHYI_FAILED | PHYI_OFFLINE | (rest ? 0 : PHYI_INACTIVE));
  if (!standby && !rest && nactive >= wanted) standbyRelieve(g);
}
