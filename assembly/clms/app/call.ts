// The callback that runs on this node, and which subsystems still have to take the membership anew.
//
// At most one callback runs at a time. Invariants: a subsystem is `running` iff it is callSubsys(); the bit of a
// subsystem is set from the moment at which a RESYNC is wanted until that RESYNC begins.

import { CALL_RESYNC, SUBSYS_MAX } from "../../abi/clms";
import { self, subsysAt } from "../layout";

/** No subsystem. */
// @ts-ignore: decorator
@inline export const NO_SUBSYS: u32 = 0xffff_ffff;

/** The subsystem whose callback runs, or NO_SUBSYS. */
export function callSubsys(): u32 {
  return self().call_subsys - 1; // kept plus one, so that zeroed state says that none runs
}

/** A callback begins. */
export function callOpen(i: u32, kind: u32, slot: u64): void {
  const sub = subsysAt(i);
  sub.running = 1;
  sub.call = kind;
  sub.slot = slot;
  const me = self();
  me.call_subsys = i + 1;
  me.call_kind = kind;
  me.call_slot = slot;
}

/** It is over, however it ended. */
export function callClose(): void {
  const i = callSubsys();
  if (i == NO_SUBSYS) return;
  subsysAt(i).running = 0;
  self().call_subsys = 0;
  self().call_since = 0;
}

/** Has subsystem i to take the membership anew before anything else? */
export function resyncDue(i: u32): bool {
  return ((self().resync_due >> i) & 1) != 0;
}

export function resyncPut(i: u32, due: bool): void {
  const me = self();
  const bit: u32 = 1 << i;
  me.resync_due = due ? me.resync_due | bit : me.resync_due & ~bit;
}

/** Does a RESYNC run, or wait to? */
export function resyncRuns(): bool {
  const me = self();
  return me.resync_due != 0 || (me.call_subsys != 0 && me.call_kind == CALL_RESYNC);
}

/** Is i a subsystem in use? */
export function subsysUsed(i: u32): bool {
  return i < SUBSYS_MAX && subsysAt(i).used != 0;
}
