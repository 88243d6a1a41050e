// The ring: the last RING_MAX records, by slot. [low, applied] are decided, (applied, last] are accepted or damaged.
//
// Invariants: every slot of [low, last] has its own record in its place, or an UNKNOWN one; applied ≤ stored ≤ last;
// (applied, stored] were accepted in the promised ballot; last − low < RING_MAX.

import { RING_MAX, STAGE_PREPARED, STAGE_UNKNOWN, TransRec, TransRec_SIZE } from "../../abi/clms";
import { fold, page, recAt } from "../layout";
import { recCopy } from "../record";
import { durableHeader, durableRecord } from "./durable";

/** Is a record of this slot kept (it may be damaged)? */
// @ts-ignore: decorator
@inline export function ringHas(slot: u64): bool { return slot >= page().low && slot <= page().last && slot != 0; }

/** Hash of the record in a slot that is kept and sound, else 0. */
export function hashAt(slot: u64): u64 {
  if (slot == page().applied) return fold().hash;
  return ringHas(slot) && recAt(slot).stage != STAGE_UNKNOWN ? recAt(slot).self_hash : 0;
}

/** Puts a record into its place: accepted in `ballot`. Its slot is at most one above the last. */
export function ringPut(from: usize, ballot: u64, stage: u32): void {
  const slot = changetype<TransRec>(from).slot;
  const rec = recAt(slot);
  const at = changetype<usize>(rec);
  if (at != from) recCopy(at, from);
  rec.ballot = ballot;
  rec.stage = <u8>stage;
  ringReach(slot);
  durableRecord(slot);
}

/** The ring goes up to slot; what it no longer holds is forgotten. */
function ringReach(slot: u64): void {
  const pg = page();
  if (slot <= pg.last) return;
  assert(slot == pg.last + 1 || pg.last == pg.applied);
  pg.last = slot;
  if (pg.low == 0) pg.low = slot;
  if (slot >= RING_MAX && pg.low < slot - RING_MAX + 1) pg.low = slot - RING_MAX + 1;
}

/** Drops everything above slot (never anything applied): the places are empty on the disk too. */
export function ringCut(slot: u64): void {
  const pg = page();
  assert(slot >= pg.applied);
  if (pg.last <= slot) return;
  for (let s = slot + 1; s <= pg.last; s++) {
    memory.fill(changetype<usize>(recAt(s)), 0, TransRec_SIZE);
    durableRecord(s);
  }
  pg.last = slot;
  if (pg.stored > slot) pg.stored = slot;
  durableHeader();
}

/** The fold was taken from a checkpoint: the ring holds nothing of what is in it. What is accepted above it stays. */
export function ringAfterCheckpoint(): void {
  const pg = page();
  const slot = fold().slot;
  for (let s = pg.low, end = min<u64>(pg.last, slot); s <= end && s != 0; s++) {
    memory.fill(changetype<usize>(recAt(s)), 0, TransRec_SIZE);
    durableRecord(s);
  }
  pg.applied = slot;
  pg.low = slot + 1;
  pg.last = max<u64>(pg.last, slot);
  pg.stored = max<u64>(pg.stored, slot);
}

/** Is the record in this slot accepted in the promised ballot? */
export function inBallot(slot: u64): bool {
  const rec = recAt(slot);
  return rec.slot == slot && rec.ballot == page().promised && rec.stage == STAGE_PREPARED;
}
