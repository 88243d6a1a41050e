// What an earlier run left on the disk, and what of it can be believed.
//
// Invariants: what is damaged, missing or contradicts the header is UNKNOWN, never EMPTY (C''); without a sound header
// this node does not vote, for it may have promised or accepted anything; a decided record is believed only as far as
// the chain of hashes reaches from the checkpoint.

import {
  DURABLE_CHECKPOINT, DURABLE_HEADER, DURABLE_RECORD, EINVAL, EMSGSIZE, EPERM, EPROTO, Header, Header_SIZE, RING_MAX, STAGE_DECIDED,
  STAGE_PREPARED, STAGE_UNKNOWN, TransRec_SIZE, MSG_MAX,
} from "../../abi/clms";
import { foldApply, foldWrong } from "../fold/fold";
import { imageRead } from "../fold/image";
import { FOLD_BYTES, fold, foldBase, inbox, page, recAt, scratchFold, self } from "../layout";
import { HEADER_MAGIC, headerCheck } from "../log/durable";
import { recCopy, recOf, recValid } from "../record";

/** Self.rec_state */
// @ts-ignore: decorator
@inline export const REC_SOUND: u32 = 1; // there is a sound header
// @ts-ignore: decorator
@inline export const REC_DAMAGED: u32 = 2; // there was one

export function clms_recover(op: u32, len: u32, slot_lo: u32, slot_hi: u32): i32 {
  if (self().started != 0) return -EPERM;
  if (op == DURABLE_HEADER) return header(len);
  if (op == DURABLE_CHECKPOINT) return checkpoint(len);
  if (op == DURABLE_RECORD) return record(len, <u64>slot_lo | (<u64>slot_hi << 32));
  return -EINVAL;
}

function header(len: u32): i32 {
  const me = self();
  const pg = page();
  if (len != 0 && len != Header_SIZE) return -EMSGSIZE;
  const h = changetype<Header>(inbox());
  const sound = len != 0 && headerSound(h);
  me.rec_state = sound ? REC_SOUND : REC_DAMAGED;
  if (!sound) return len == 0 ? 0 : -EPROTO;
  me.rec_node = h.node;
  me.cluster = h.cluster;
  me.uid = h.uid;
  me.rec_last = h.last;
  me.rec_hash = h.last_hash;
  me.rec_applied = h.applied;
  me.rec_chk = h.chk_slot;
  me.inc_known = h.inc;
  me.lineage_given = h.lineage;
  pg.promised = h.promised;
  pg.accepted = h.accepted;
  return 0;
}

/** Is it a header that this module could have written? */
function headerSound(h: Header): bool {
  if (h.magic != HEADER_MAGIC || h.version != 1 || h.node == 0 || h.check != headerCheck(changetype<usize>(h))) return false;
  return h.chk_slot <= h.applied && h.applied <= h.last && h.last - h.applied < RING_MAX && h.last < 1 << 48;
}

function checkpoint(len: u32): i32 {
  if (len > MSG_MAX) return -EMSGSIZE;
  if (!imageRead(inbox(), len)) return len == 0 ? 0 : -EPROTO;
  memory.copy(foldBase(), scratchFold(), FOLD_BYTES);
  return 0;
}

function record(len: u32, slot: u64): i32 {
  if (len != 0 && len != TransRec_SIZE) return -EMSGSIZE;
  const rec = recAt(slot);
  const sound = len != 0 && recValid(inbox()) && recOf(inbox()).slot == slot;
  if (sound) {
    recCopy(changetype<usize>(rec), inbox());
    rec.stage = <u8>STAGE_PREPARED;
    return 0;
  }
  memory.fill(changetype<usize>(rec), 0, TransRec_SIZE);
  rec.slot = slot;
  rec.stage = <u8>STAGE_UNKNOWN;
  return len == 0 ? 0 : -EPROTO;
}

// @ts-ignore: decorator
@inline function soundAt(slot: u64): bool { return recAt(slot).slot == slot && recAt(slot).stage != STAGE_UNKNOWN; }

/** Makes the log out of what was recovered; the fold is at a checkpoint, or at genesis. O(RING_MAX). */
export function recoverLog(): void {
  const me = self();
  const pg = page();
  const f = fold();
  if (me.rec_state != REC_SOUND || me.rec_chk > f.slot) me.lineage_given = 0;
  if (me.rec_state != REC_SOUND) {
    clear(f.slot + 1);
    return;
  }
  if (me.rec_last >= f.slot + RING_MAX) {
    // The fold is older than the ring reaches: between the two anything may have been.
    me.lineage_given = 0;
    clear(f.slot + 1);
    return;
  }
  pg.last = max<u64>(me.rec_last, f.slot);
  // Written after the last header: nobody was told of them, but they may stay.
  const most = min<u64>(me.rec_last + RING_MAX / 4, f.slot + RING_MAX - 1);
  while (pg.last < most && soundAt(pg.last + 1) && (!soundAt(pg.last) || follows(pg.last))) pg.last += 1;
  // What stands further up, behind a hole, is not taken up: it would be found there when the hole is filled.
  for (let s: u64 = 0; s < RING_MAX; s++) if (recAt(s).slot > pg.last) memory.fill(changetype<usize>(recAt(s)), 0, TransRec_SIZE);
  distrust(f.slot);
  while (f.slot < me.rec_applied && soundAt(f.slot + 1) && foldWrong(foldBase(), recAt(f.slot + 1)) == 0) {
    recAt(f.slot + 1).stage = <u8>STAGE_DECIDED;
    foldApply(foldBase(), recAt(f.slot + 1));
  }
  pg.applied = f.slot;
  lowest();
  pg.stored = pg.applied;
  if (pg.accepted != pg.promised) return;
  while (pg.stored < pg.last && soundAt(pg.stored + 1) && recAt(pg.stored + 1).ballot == pg.promised) pg.stored += 1;
}

/** Does the record above slot demand the one that is there? Both are sound. */
// @ts-ignore: decorator
@inline function follows(slot: u64): bool { return recAt(slot + 1).prev_hash == recAt(slot).self_hash; }

/**
 * Marks the places above slot that do not hold what they should: missing, older, or not what the chain from above demands.
 * One that the disk has lost a write of still holds what was there before, whole: whoever has done that once is believed
 * only as far as the chain from above reaches.
 */
function distrust(slot: u64): void {
  const me = self();
  const pg = page();
  const fits = me.rec_last <= slot || !soundAt(me.rec_last) || recAt(me.rec_last).ballot > pg.accepted
    || recAt(me.rec_last).self_hash == me.rec_hash;
  let lost = false;
  for (let s = pg.last; s > slot; s--) {
    const wrong = soundAt(s) && ((s == me.rec_last && !fits) || (s < pg.last && soundAt(s + 1) && !follows(s)));
    // Newer than the last header is what a crash amid a batch leaves.
    lost = lost || (wrong && recAt(s).ballot <= pg.accepted);
    if (soundAt(s) && !wrong && !lost) continue;
    memory.fill(changetype<usize>(recAt(s)), 0, TransRec_SIZE);
    recAt(s).slot = s;
    recAt(s).stage = <u8>STAGE_UNKNOWN;
  }
}

/** How far down the decided records are there without a hole. */
function lowest(): void {
  const pg = page();
  let low = pg.applied + 1;
  let hash = fold().hash;
  while (low > 1 && pg.last - low + 1 < RING_MAX - 1 && soundAt(low - 1) && recAt(low - 1).self_hash == hash) {
    low -= 1;
    hash = recAt(low).prev_hash;
    recAt(low).stage = <u8>STAGE_DECIDED;
  }
  pg.low = low;
}

/** Nothing of the ring is believed. */
function clear(from: u64): void {
  const pg = page();
  for (let s: u64 = 0; s < RING_MAX; s++) memory.fill(changetype<usize>(recAt(s)), 0, TransRec_SIZE);
  pg.low = from;
  pg.applied = from - 1;
  pg.stored = from - 1;
  pg.last = from - 1;
}
