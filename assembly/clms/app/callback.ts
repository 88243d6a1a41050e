// The walk of `done` towards `applied`: the callbacks of subsystems, record by record in the order of the log.
//
//   NODE to COMINGUP → NODEUP      SET_END of phase KERNEL → NODEDOWN      of phase USER → NODEGONE      any other: none
//
// For each slot the subsystems run one at a time, in order of (priority, number). Subsys.slot is the slot that a
// subsystem had last, and it takes part in later ones only: so nothing runs twice for the same (slot, subsystem) unless
// it failed, and who registers late begins behind the slot of its RESYNC. The walk stands still while a callback runs.

import {
  CALL_NODEDOWN, CALL_NODEGONE, CALL_NODEUP, CALL_RESYNC, EVENT_RESYNC, EVENT_SUBSYS, Event, KIND_NODE, KIND_SET_END,
  NS_COMINGUP, PHASE_KERNEL, PHASE_USER, SUBSYS_MAX,
} from "../../abi/clms";
import { eventEmit } from "../event";
import { page, recAt, self, subsysAt } from "../layout";
import { M_CALLBACK_TWICE, mutant } from "../mutant";
import { NO_SUBSYS, callClose, callOpen, callSubsys, resyncDue, resyncPut, subsysUsed } from "./call";
import { recHeld } from "./shown";

/** A record that no subsystem hears of. */
// @ts-ignore: decorator
@inline const NO_CALL: u32 = 0xffff_ffff;

function callOf(slot: u64): u32 {
  const rec = recAt(slot);
  if (slot < page().low || !recHeld(slot)) return NO_CALL;
  if (<u32>rec.kind == KIND_NODE) return <u32>rec.to_state == NS_COMINGUP ? CALL_NODEUP : NO_CALL;
  if (<u32>rec.kind != KIND_SET_END) return NO_CALL;
  return rec.arg == PHASE_KERNEL ? CALL_NODEDOWN : rec.arg == PHASE_USER ? CALL_NODEGONE : NO_CALL;
}

/** The first subsystem, in order of (priority, number), whose turn it is for this slot; or NO_SUBSYS. */
function firstFor(slot: u64): u32 {
  let first = NO_SUBSYS;
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) {
    if (subsysUsed(i) && subsysAt(i).slot < slot && comesFirst(i, first)) first = i;
  }
  return first;
}

/** The first subsystem that has to take the membership anew; or NO_SUBSYS. */
function firstResync(): u32 {
  let first = NO_SUBSYS;
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) if (resyncDue(i) && comesFirst(i, first)) first = i;
  return first;
}

// @ts-ignore: decorator
@inline function comesFirst(i: u32, than: u32): bool {
  return than == NO_SUBSYS || <u32>subsysAt(i).priority < <u32>subsysAt(than).priority;
}

/** Goes on until a callback runs or all is done. Each round begins a callback or takes `done` further: O(RING_MAX). */
export function callbackWalk(): void {
  const pg = page();
  while (callSubsys() == NO_SUBSYS) {
    const anew = firstResync();
    if (anew != NO_SUBSYS) {
      resyncPut(anew, false);
      begin(anew, CALL_RESYNC, max<u64>(subsysAt(anew).slot, self().resync_slot));
    } else if (pg.done >= pg.applied) {
      return;
    } else {
      const slot = min<u64>(max<u64>(pg.done + 1, pg.low), pg.applied);
      const call = callOf(slot);
      const i = call == NO_CALL ? NO_SUBSYS : firstFor(slot);
      if (i == NO_SUBSYS) pg.done = slot;
      else begin(i, call, slot);
    }
  }
}

function begin(i: u32, call: u32, slot: u64): void {
  callOpen(i, call, slot);
  tell();
}

/** Tells the host about the callback that runs. If the event finds no place, call_since stays 0 and callbackTick tries again. */
function tell(): void {
  const me = self();
  const lost = page().event_lost;
  const ev = eventEmit(EVENT_SUBSYS);
  ev.old = me.call_kind;
  ev.new = callSubsys();
  ev.slot = me.call_slot;
  if (me.call_kind != CALL_RESYNC) describe(ev, me.call_slot);
  me.call_since = page().event_lost == lost ? max<u64>(page().now, 1) : 0;
}

/** What the record says; nothing if it has left the ring meanwhile. */
function describe(ev: Event, slot: u64): void {
  if (!recHeld(slot)) return;
  const rec = recAt(slot);
  ev.kind = rec.kind;
  ev.cause = rec.cause;
  if (<u32>rec.kind == KIND_SET_END) {
    ev.arg = rec.set_id;
    return;
  }
  ev.node = rec.node;
  ev.inc = rec.inc;
}

/** The callback that runs is finished (ok), or has to run again. After a checkpoint it only makes way for the RESYNC. */
export function callbackDone(ok: bool): void {
  if (ok || isOverrun()) callClose();
  else tell();
  callbackWalk();
}

/** Has a checkpoint made the callback that runs superfluous? */
function isOverrun(): bool {
  const me = self();
  return resyncDue(callSubsys()) || (me.call_kind != CALL_RESYNC && me.call_slot <= page().done);
}

/** A checkpoint was taken: nothing is left to do for the slots up to it, but each subsystem takes the membership anew. */
export function callbackResync(): void {
  const pg = page();
  pg.done = pg.applied;
  self().resync_slot = pg.applied;
  eventEmit(EVENT_RESYNC).slot = pg.applied;
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) if (subsysUsed(i)) resyncPut(i, true);
  callbackWalk();
}

/** An event that found no place is told again. */
export function callbackTick(): void {
  if (isUntold()) tell();
}

export function isUntold(): bool {
  return callSubsys() != NO_SUBSYS && self().call_since == 0;
}

/** A takeover's list was taken. What is done stays done; the mutant runs the last callback again. */
export function callbackReroll(): void {
  if (!mutant(M_CALLBACK_TWICE)) return;
  const pg = page();
  let slot = pg.done;
  while (slot >= max<u64>(pg.low, 1) && callOf(slot) == NO_CALL) slot -= 1;
  if (slot < max<u64>(pg.low, 1)) return;
  callClose();
  pg.done = slot - 1;
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) if (subsysAt(i).slot >= slot) subsysAt(i).slot = slot - 1;
  callbackWalk();
}
