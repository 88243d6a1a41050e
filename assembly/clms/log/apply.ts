// Decided records become state: one after the other, each once, on every node alike.
//
// Invariants: A2 dense, A7 legal walk (a record that is not legal is never applied: the node stops instead), A9
// (applying what is applied does nothing). A decided record of this node's own number is the only thing here that
// admits or stops it.

import {
  CONFF_AUTO_UP, ENGINE_MASTER, ENTF_USED, EVENT_EVICTED, KIND_CONFIG, KIND_EPOCH, KIND_NODE, NS_COMINGUP, NS_DOWN,
  NS_KCLEANUP, NS_UP, RECF_FRESH, STAGE_DECIDED, STAGE_PREPARED, STAGE_UNKNOWN, TransRec,
} from "../../abi/clms";
import { appApplied, appLeaseLost, appResync } from "../app/applied";
import { leaseDrop } from "../detect/lease";
import { detectDerive } from "../detect/observers";
import { eventEmit } from "../event";
import { derive } from "../fold/derive";
import { isLive } from "../fold/edges";
import { foldApply, foldWrong } from "../fold/fold";
import { FOLD_BYTES, NEVER, entAt, entIn, fold, foldAt, foldBase, page, peerAt, recAt, scratchFold, self } from "../layout";
import { PEER_BOOTING, PEER_JOINING, PEER_REPORTED } from "../structs";
import { durableCheckpoint, durableHeader } from "./durable";
import { halt, promise, stepDown } from "./follow";
import { ringAfterCheckpoint, ringCut } from "./ring";

/** Applies the records of the ring up to slot. False: one was not legal, this node has stopped. */
export function applyTo(slot: u64): bool {
  const pg = page();
  let moved = false;
  while (pg.applied < slot) {
    const rec = recAt(pg.applied + 1);
    if (foldWrong(foldBase(), rec) != 0) {
      halt(rec.slot);
      return false;
    }
    const had = rec.stage == STAGE_PREPARED;
    foldApply(foldBase(), rec);
    rec.stage = <u8>STAGE_DECIDED;
    pg.applied = rec.slot;
    pg.stored = max<u64>(pg.stored, rec.slot);
    const kind: u32 = rec.kind;
    if (kind == KIND_NODE || kind == KIND_CONFIG) {
      derive();
      moved = true;
      if (kind == KIND_NODE) nodeChanged(rec, had);
    }
    appApplied(rec);
    if (kind == KIND_EPOCH) dropBelow(rec.arg);
  }
  if (moved) detectDerive();
  durableCheckpoint(false);
  return true;
}

/** The master of this ballot has proposed again all that may have been decided: what stands above in a lower one was not. */
function dropBelow(ballot: u64): void {
  const pg = page();
  if (ballot > pg.promised) {
    stepDown();
    promise(ballot);
  }
  if (pg.last == pg.applied) return;
  const next = recAt(pg.applied + 1);
  if (next.ballot < ballot && next.stage != STAGE_UNKNOWN) ringCut(pg.applied);
}

function nodeChanged(rec: TransRec, had: bool): void {
  const to: u32 = rec.to_state;
  if (to == NS_COMINGUP) lifeBegins(rec.node);
  // Its wish to join is as old as the clean-up: if it still stands, it is repeated.
  if (to == NS_DOWN) peerAt(rec.node).flags &= ~PEER_JOINING;
  if (rec.node != page().node) return;
  if (to == NS_COMINGUP) admitted(rec, had);
  if (to == NS_KCLEANUP) evicted(rec);
}

/** What is known of the life before says nothing of this one; but what has been reported to the takeover that applies this, has been. */
function lifeBegins(n: u32): void {
  const peer = peerAt(n);
  peer.flags &= PEER_REPORTED | PEER_BOOTING;
  peer.nsuspect = 0;
  peer.want = 0;
  peer.done = 0;
  peer.done_since = page().now;
  peer.heard = page().now;
  // Its clock is not that of the life before, whose process may still listen.
  peer.live_clock = 0;
  peer.vouched = 0;
}

/** The cluster has given this number an incarnation. For this boot, it is ours once it is durable. */
function admitted(rec: TransRec, had: bool): void {
  const me = self();
  const ours = me.booting != 0 && rec.set_id == me.boot && rec.arg == me.uid;
  if (ours) {
    me.inc_given = rec.inc;
    me.booting = 0;
    // A callback that the life before has left open is not overdue in this one.
    me.done_since = page().now;
    if ((<u32>rec.flags & RECF_FRESH) != 0) me.lineage_given = <u32>rec.slot;
    if ((me.flags & CONFF_AUTO_UP) != 0) me.want = <u8>NS_UP;
  } else if (rec.inc > me.inc_known && !had) {
    // Somebody with this number was here later than this disk: what it has accepted is not on it.
    me.lineage_given = 0;
  }
  me.inc_known = max<u32>(me.inc_known, rec.inc);
  durableHeader();
}

/** The cluster has removed this node. */
function evicted(rec: TransRec): void {
  if (self().inc_given == rec.inc) stopMember(rec.slot, rec.cause);
}

/** This node is no member any more, from this moment. It may ask to join again, as a new incarnation. */
function stopMember(slot: u64, cause: u32): void {
  const me = self();
  const pg = page();
  const ev = eventEmit(EVENT_EVICTED);
  ev.node = pg.node;
  ev.inc = me.inc_given;
  ev.slot = slot;
  ev.cause = <u8>cause;
  me.inc_given = 0;
  pg.inc = 0;
  me.booting = 1;
  me.boot += 1;
  me.want = 0;
  me.next_join = me.auto_rejoin != 0 ? pg.now : NEVER;
  // Who is no member is no candidate either (A15); a master tells the others first.
  me.resign = u32(<u32>pg.engine == ENGINE_MASTER);
  if (me.resign == 0) stepDown();
  leaseDrop();
  appLeaseLost();
  durableHeader();
}

/** Takes the fold of the scratch image, which is sound, for its own: a checkpoint. */
export function applyCheckpoint(): void {
  const me = self();
  const pg = page();
  const top = max<u32>(fold().top, foldAt(scratchFold()).top);
  for (let n: u32 = 1; n <= top; n++) if (entAt(n).inc != entIn(scratchFold(), n).inc) lifeBegins(n);
  memory.copy(foldBase(), scratchFold(), FOLD_BYTES);
  ringAfterCheckpoint();
  derive();
  const ent = entAt(pg.node);
  if ((<u32>ent.flags & ENTF_USED) != 0 && ent.inc > me.inc_known) {
    me.lineage_given = 0;
    me.inc_known = ent.inc;
  }
  if (me.inc_given != 0 && (ent.inc != me.inc_given || !isLive(ent.state))) stopMember(ent.last_slot, ent.cause);
  detectDerive();
  durableCheckpoint(true);
  appResync();
  assert(fold().slot == pg.applied);
}
