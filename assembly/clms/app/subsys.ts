// The registry of subsystems: parts of this node that have to act on nodes that come and go.
//
// Invariant: an entry is used iff its `used` is 1; names with the same version are unique; a new one begins at the slot
// applied now, with a RESYNC.

import {
  CALL_RESYNC, EEXIST, EINVAL, EMSGSIZE, ENAMETOOLONG, ENOENT, ENOSPC, ESTALE, NAME_MAX, SUBSYS_MAX, Subsys, Subsys_SIZE,
  Subsys_name_OFF,
} from "../../abi/clms";
import { inbox, page, self, subsysAt } from "../layout";
import { NO_SUBSYS, callClose, callSubsys, resyncDue, resyncPut, subsysUsed } from "./call";
import { callbackDone, callbackWalk } from "./callback";
import { gateSettle } from "./gate";

// @ts-ignore: decorator
@inline function nameOf(sub: Subsys): usize { return changetype<usize>(sub) + Subsys_name_OFF; }

/** Bytes before the NUL of a name; NAME_MAX + 1 if there is none. */
function nameLength(at: usize): u32 {
  let n: u32 = 0;
  while (n <= NAME_MAX && load<u8>(at + n) != 0) n += 1;
  return n;
}

/** Are two checked names the same? */
function nameSame(a: usize, b: usize, len: u32): bool {
  return memory.compare(a, b, len + 1) == 0;
}

/** A free entry; NO_SUBSYS if there is none. */
function freeEntry(): u32 {
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) if (!subsysUsed(i)) return i;
  return NO_SUBSYS;
}

function isTaken(version: u32, name: usize, len: u32): bool {
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) {
    const sub = subsysAt(i);
    if (subsysUsed(i) && sub.version == version && nameSame(nameOf(sub), name, len)) return true;
  }
  return false;
}

export function subsysRegister(): i32 {
  const conf = changetype<Subsys>(inbox());
  const len = nameLength(nameOf(conf));
  if (conf.size != Subsys_SIZE) return -EMSGSIZE;
  if (len == 0 || len > NAME_MAX) return -ENAMETOOLONG;
  if (conf._pad != 0) return -EINVAL;
  if (isTaken(conf.version, nameOf(conf), len)) return -EEXIST;
  const i = freeEntry();
  if (i == NO_SUBSYS) return -ENOSPC;
  const sub = subsysAt(i);
  memory.fill(changetype<usize>(sub), 0, Subsys_SIZE);
  memory.copy(nameOf(sub), nameOf(conf), len);
  sub.size = Subsys_SIZE;
  sub.version = conf.version;
  sub.priority = conf.priority;
  sub.used = 1;
  sub.slot = page().applied;
  sub.call = CALL_RESYNC;
  resyncPut(i, true);
  callbackWalk();
  gateSettle();
  page().generation += 1;
  return <i32>i;
}

export function subsysUnregister(i: u32): i32 {
  if (!subsysUsed(i)) return -ENOENT;
  if (callSubsys() == i) callClose();
  resyncPut(i, false);
  subsysAt(i).used = 0;
  callbackWalk();
  gateSettle();
  page().generation += 1;
  return 0;
}

export function clms_subsys_get(i: u32): i32 {
  return subsysUsed(i) ? <i32>changetype<usize>(subsysAt(i)) : -ENOENT;
}

export function subsysDone(i: u32, slotLo: u32, slotHi: u32, status: i32): i32 {
  if (!subsysUsed(i)) return -ENOENT;
  if (callSubsys() != i || self().call_slot != ((<u64>slotHi << 32) | slotLo)) return -ESTALE;
  callbackDone(status == 0);
  gateSettle();
  page().generation += 1;
  return 0;
}

/** Is what a saved state says about subsystems possible? */
export function subsysValid(): bool {
  const runs = callSubsys();
  if (runs != NO_SUBSYS && !subsysUsed(runs)) return false;
  if (self().call_kind > CALL_RESYNC || self().resync_due >> SUBSYS_MAX != 0) return false;
  for (let i: u32 = 0; i < SUBSYS_MAX; i++) {
    const sub = subsysAt(i);
    const len = nameLength(nameOf(sub));
    if (<u32>sub.used > 1 || <u32>sub.running != u32(runs == i) || sub.call > CALL_RESYNC) return false;
    if (sub.used != 0 && (len == 0 || len > NAME_MAX)) return false;
    if (sub.used == 0 && resyncDue(i)) return false;
  }
  return true;
}
