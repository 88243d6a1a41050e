// What has to be on the disk, in which order, and what follows once it is.
//
// Records and checkpoints are written in the order they were made; the header (promise, acceptance, incarnation,
// lineage) comes last in each step, once, so that a header never speaks of a record that was not written before it.
// A mark remembers what the header said; when the host confirms it, that is what this node may tell others:
//   ACK      says the slot accepted durably           (durable_slot, in durable_ballot)
//   REPORT   leaves when the promise is durable       (durable_promised)
//   POLL     leaves when the own promise is durable
//   an incarnation or lineage is used when it is durable
// Invariant: durable_promised ≤ promised, and nothing that is sent depends on more than what is confirmed.

import {
  DURABLE_CHECKPOINT, DURABLE_HEADER, DURABLE_MAX, DURABLE_RECORD, ERANGE, EVENT_ADMITTED, Header, Header_SIZE, RING_MAX, TransRec_SIZE,
} from "../../abi/clms";
import { HASH_SEED, hashBytes, hashEnd } from "../../lib/hash64";
import { detectDerive } from "../detect/observers";
import { eventEmit } from "../event";
import { imageWrite } from "../fold/image";
import { MARK_MAX, durableAt, fold, foldBase, imageBuffer, markAt, outbox, page, recAt, self } from "../layout";
import { M_PROMISE_NOT_DURABLE, mutant } from "../mutant";
import { DurableOp, Mark } from "../structs";

/** "CLSH" */
// @ts-ignore: decorator
@inline export const HEADER_MAGIC: u32 = 0x4853_4c43;
/** A checkpoint is written this many slots after the last: well before the ring comes round. */
// @ts-ignore: decorator
@inline const CHECKPOINT_EVERY: u64 = 256;

function put(op: u32, slot: u64): void {
  const me = self();
  if (me.durable_head - me.durable_tail >= DURABLE_MAX) {
    // The host has not taken the writes of many steps: all of it is written anew instead.
    me.durable_tail = me.durable_head;
    me.durable_over = 1;
  }
  const entry = changetype<DurableOp>(durableAt(me.durable_head));
  entry.op = op;
  entry.slot = slot;
  me.durable_head += 1;
}

/** The place of a slot in the ring has changed. */
// @ts-ignore: decorator
@inline export function durableRecord(slot: u64): void { put(DURABLE_RECORD, slot); }

/** Promise, acceptance, incarnation or lineage have changed. */
// @ts-ignore: decorator
@inline export function durableHeader(): void { self().hdr_dirty = 1; }

/** Writes a checkpoint if the last is old enough, or if it must be. */
export function durableCheckpoint(must: bool): void {
  const me = self();
  if (!must && fold().slot < me.chk_slot + CHECKPOINT_EVERY) return;
  me.chk_slot = fold().slot;
  put(DURABLE_CHECKPOINT, me.chk_slot);
  me.hdr_dirty = 1;
}

/** Is nothing of what this node has accepted or promised on its way? */
export function durableCaughtUp(): bool {
  const me = self();
  return me.hdr_dirty == 0 && me.mark_head == me.mark_tail && me.durable_head == me.durable_tail && me.durable_over == 0;
}

export function clms_durable_next(): i32 {
  const me = self();
  const pg = page();
  if (me.durable_over != 0) rewriteAll();
  if (me.durable_head == me.durable_tail) {
    if (me.hdr_dirty == 0) return 0;
    me.hdr_dirty = 0;
    pg.durable_seq = ++me.durable_seq;
    writeHeader(outbox());
    pushMark();
    return hand(DURABLE_HEADER, outbox(), Header_SIZE, 0);
  }
  const entry = changetype<DurableOp>(durableAt(me.durable_tail));
  me.durable_tail += 1;
  pg.durable_seq = ++me.durable_seq;
  if (entry.op == DURABLE_RECORD) return hand(DURABLE_RECORD, changetype<usize>(recAt(entry.slot)), TransRec_SIZE, entry.slot);
  return hand(DURABLE_CHECKPOINT, imageBuffer(), imageWrite(foldBase(), imageBuffer()), fold().slot);
}

function hand(op: u32, at: usize, len: u32, slot: u64): i32 {
  const pg = page();
  pg.durable_addr = <u32>at;
  pg.durable_len = len;
  pg.durable_slot = slot;
  return <i32>op;
}

/** Checkpoint, every place of the ring, header: what the queue could not hold. */
function rewriteAll(): void {
  const me = self();
  me.durable_over = 0;
  me.durable_tail = me.durable_head;
  durableCheckpoint(true);
  for (let s: u64 = page().low, end = page().last; s <= end; s++) put(DURABLE_RECORD, s);
  assert(me.durable_over == 0 && RING_MAX < DURABLE_MAX);
}

/** What this node must never forget. */
function writeHeader(at: usize): void {
  const me = self();
  const pg = page();
  memory.fill(at, 0, Header_SIZE);
  const h = changetype<Header>(at);
  h.magic = HEADER_MAGIC;
  h.version = 1;
  h.node = pg.node;
  h.cluster = me.cluster;
  h.uid = me.uid;
  h.promised = mutant(M_PROMISE_NOT_DURABLE) ? pg.accepted : pg.promised;
  h.accepted = pg.accepted;
  h.last = pg.last;
  h.last_hash = pg.last > pg.applied ? recAt(pg.last).self_hash : fold().hash;
  h.applied = pg.applied;
  h.chk_slot = me.chk_slot;
  h.inc = me.inc_known;
  h.lineage = me.lineage_given;
  h.check = headerCheck(at);
}

export function headerCheck(at: usize): u64 {
  return hashEnd(hashBytes(HASH_SEED, at, <u32>offsetof<Header>("check")));
}

/** Remembers what the header that goes out now says. */
function pushMark(): void {
  const me = self();
  const pg = page();
  // A host that confirms nothing for long: the newest mark speaks for those before it, when it is confirmed.
  if (me.mark_head - me.mark_tail >= MARK_MAX) me.mark_head -= 1;
  const mark = changetype<Mark>(markAt(me.mark_head));
  me.mark_head += 1;
  mark.promised = pg.promised;
  mark.ballot = pg.accepted;
  mark.slot = pg.stored;
  mark.inc = me.inc_given;
  mark.lineage = me.lineage_given;
  mark.seq = pg.durable_seq;
}

export function durableDone(seq: u32): i32 {
  const me = self();
  const pg = page();
  if (seq > me.durable_seq || seq <= pg.durable_confirmed) return -ERANGE;
  pg.durable_confirmed = seq;
  while (me.mark_tail != me.mark_head) {
    const mark = changetype<Mark>(markAt(me.mark_tail));
    if (mark.seq > seq) break;
    me.mark_tail += 1;
    me.durable_promised = mark.promised;
    if (mark.ballot != me.durable_ballot || mark.slot != me.durable_slot) me.ack_due = 1;
    me.durable_ballot = mark.ballot;
    me.durable_slot = mark.slot;
    useIdentity(mark.inc, mark.lineage);
  }
  return 0;
}

/** Incarnation and lineage may be used from here on. */
function useIdentity(inc: u32, lineage: u32): void {
  const pg = page();
  pg.lineage = lineage;
  if (pg.inc == inc) return;
  pg.inc = inc;
  detectDerive();
  self().ack_due = 1;
  if (inc == 0) return;
  const ev = eventEmit(EVENT_ADMITTED);
  ev.node = pg.node;
  ev.inc = inc;
  ev.slot = pg.applied;
}
