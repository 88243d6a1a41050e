// A batch: records that a master proposes together.
//
// Invariants: each record is tried on a copy of the fold before it is put into the ring, so an illegal one is never
// proposed; a batch fits one STAGE message; at most one batch is undecided (the roll-forward of a takeover and its
// EPOCH count as one). One value per slot and ballot (A3): a slot is filled once.

import {
  BATCH_MAX, CFGOP_NODE, KIND_CONFIG, MSG_STAGE, Msg_SIZE, RING_MAX, STAGE_PREPARED, TransRec, TransRec_SIZE,
} from "../../abi/clms";
import { isVoter, roleVotes } from "../fold/electorate";
import { foldApply, foldUnfit } from "../fold/fold";
import { argRole, argVotes } from "../fold/nodearg";
import { FOLD_BYTES, MS, entAt, foldAt, foldBase, liveAt, fold, page, peerAt, recAt, scratchFold, self, voterAt } from "../layout";
import { durableHeader } from "../log/durable";
import { ringCut, ringPut } from "../log/ring";
import { M_RING_SHORT, mutant } from "../mutant";
import { msgBegin, msgBeginMany, msgSend, msgTo } from "../out";
import { recCopy, recLink, recMake, recOf } from "../record";
import { isDead } from "../detect/limits";
import { PEER_DOOMED, PEER_EVICT, PEER_LEFTOUT, Peer } from "../structs";

/** The record that is being made. */
const REC: usize = memory.data(<i32>TransRec_SIZE, 8);

/** Begins a batch behind what the ring holds. O(FOLD_BYTES). */
export function batchBegin(): void {
  const pg = page();
  memory.copy(scratchFold(), foldBase(), FOLD_BYTES);
  for (let s = pg.applied + 1; s <= pg.last; s++) foldApply(scratchFold(), recAt(s));
  self().batch_first = pg.last + 1;
}

/** Records in the batch so far. */
// @ts-ignore: decorator
@inline export function batchCount(): u32 { return <u32>(page().last + 1 - self().batch_first); }

/** Is there room for n more: in the message, and in the ring of every live member? */
export function batchRoom(n: u32): bool {
  if (batchCount() + n > BATCH_MAX) return false;
  if (mutant(M_RING_SHORT)) return true;
  const pg = page();
  let least = pg.applied;
  for (let i: u32 = 0, live: u32 = fold().nlive; i < live; i++) {
    const peer = peerAt(liveAt(i));
    if (liveAt(i) == <u32>pg.node || isDead(liveAt(i)) || (peer.flags & (PEER_EVICT | PEER_LEFTOUT | PEER_DOOMED)) != 0) continue;
    // How far it is is not known yet: if that is too far back, it takes a checkpoint.
    if (peer.ack_ballot != pg.ballot) continue;
    least = min<u64>(least, peer.applied);
  }
  return pg.last + n - least < RING_MAX;
}

/** Adds a record; false if it would not be legal, or does not fit. */
export function batchAdd(kind: u32, node: u32, from: u32, to: u32, inc: u32, cause: u32, setId: u32, arg: u64): bool {
  return batchAddFlags(kind, node, from, to, inc, cause, setId, arg, 0);
}

export function batchAddFlags(kind: u32, node: u32, from: u32, to: u32, inc: u32, cause: u32, setId: u32, arg: u64, flags: u32): bool {
  const f = foldAt(scratchFold());
  recMake(REC, kind, node, from, to, inc, cause, setId, arg);
  recOf(REC).flags = <u8>flags;
  if (!batchRoom(1) || foldUnfit(scratchFold(), recOf(REC)) != 0) return false;
  recLink(REC, f.slot + 1, max<u64>(f.mono_ms + 1, page().now / MS), f.hash, page().ballot);
  foldApply(scratchFold(), recOf(REC));
  ringPut(REC, page().ballot, STAGE_PREPARED);
  return true;
}

/** The batch is not worth proposing: nobody has seen it yet. */
export function batchDrop(): void {
  ringCut(self().batch_first - 1);
}

/** The batch is complete: it goes to every voter. */
export function batchEnd(): void {
  const pg = page();
  if (batchCount() == 0) return;
  pg.accepted = pg.ballot;
  pg.stored = pg.last;
  self().batch_at = pg.now;
  durableHeader();
  stageAll();
}

/** How far a voter is, as far as this master knows: what it has applied, or accepted in this ballot. */
export function known(peer: Peer): u64 { return max<u64>(peer.applied, peer.ack_ballot == page().ballot ? peer.match : 0); }

/**
 * More is on its way to a node that has so much. If something was already, the time counts from then: that more follows
 * must not make what was lost look fresh, or a node that lacks one record would get it only when nothing new is decided.
 */
export function underWay(peer: Peer, has: u64, upto: u64): void {
  if (peer.sent_upto <= has) peer.sent_at = page().now;
  peer.sent_upto = upto;
}

/** Everything undecided, to every voter. */
export function stageAll(): void {
  const pg = page();
  const from = pg.applied + 1;
  if (pg.last < from) return;
  const n = <u32>min<u64>(pg.last - pg.applied, BATCH_MAX);
  const msg = msgBeginMany(MSG_STAGE, n * TransRec_SIZE);
  fill(changetype<usize>(msg) + Msg_SIZE, from, n);
  msg.ballot = pg.ballot;
  msg.slot = from;
  msg.count = n;
  msg.aux = pg.applied;
  // Who votes from one of these records on has to accept them too.
  for (let s = from; s <= pg.last; s++) if (makesVoter(recAt(s))) msgTo(msg, recAt(s).node);
  for (let i: u32 = 0, voters = self().nvoter; i < voters; i++) {
    const v = voterAt(i);
    if (v == <u32>pg.node) continue;
    msgTo(msg, v);
    const peer = peerAt(v);
    // Behind a gap it can take nothing of this: what it misses is not on its way, and is sent when it says so (syncPeer).
    if (peer.ack_ballot == pg.ballot && max<u64>(known(peer), peer.sent_upto) < pg.applied) continue;
    underWay(peer, known(peer), from + n - 1);
  }
  msgSend(msg);
}

/** Does the record give a node a vote? */
function makesVoter(rec: TransRec): bool {
  return <u32>rec.kind == KIND_CONFIG && <u32>rec.to_state == CFGOP_NODE && roleVotes(argRole(rec.arg)) && argVotes(rec.arg) != 0;
}

/** Does node n vote, or will it when everything that is undecided is decided? */
export function votesSoon(n: u32): bool {
  if (isVoter(entAt(n))) return true;
  for (let s = page().applied + 1; s <= page().last; s++) if (<u32>recAt(s).node == n && makesVoter(recAt(s))) return true;
  return false;
}

/** What is undecided from slot on, to one voter that misses it. */
export function stageOne(to: u32, slot: u64): void {
  const pg = page();
  const n = <u32>min<u64>(pg.last + 1 - slot, BATCH_MAX);
  const msg = msgBegin(MSG_STAGE, to, n * TransRec_SIZE);
  fill(changetype<usize>(msg) + Msg_SIZE, slot, n);
  msg.ballot = pg.ballot;
  msg.slot = slot;
  msg.count = n;
  msg.aux = pg.applied;
  msgSend(msg);
}

function fill(at: usize, from: u64, n: u32): void {
  for (let i: u32 = 0; i < n; i++) recCopy(at + i * TransRec_SIZE, changetype<usize>(recAt(from + i)));
}
