// What a master says: STAGE (accept these records), COMMIT (these are decided). The member's side of the two stages.
//
//   STAGE   ballot below the promise → NAK. Otherwise the promise rises to it, the records go into the ring as PREPARED,
//           what stands above them under a lower ballot is dropped (A10), and an ACK follows when they are durable.
//   COMMIT  applies what was accepted in this very ballot, and only that.
//
// A record that differs from an applied one means that the histories have diverged: the node stops (A4).

import {
  BATCH_MAX, EPROTO, Msg, Msg_SIZE, STAGE_PREPARED, TransRec_SIZE,
} from "../../abi/clms";
import { leaseRenew } from "../detect/lease";
import { fold, page, recAt, self } from "../layout";
import { M_COMMIT_ANY_BALLOT, M_NO_BALLOTS, M_TAIL_CUT, mutant } from "../mutant";
import { recOf, recValid } from "../record";
import { applyTo } from "./apply";
import { durableHeader } from "./durable";
import { follow, halt, nak } from "./follow";
import { hashAt, inBallot, ringCut, ringPut } from "./ring";

// @ts-ignore: decorator
@inline const US: u64 = 1000;

/** Is a message's body `count` sound records, slot after slot from msg.slot, each the next of the one before? O(count). */
export function recordsSound(msg: Msg): bool {
  const n = msg.count;
  if (n > BATCH_MAX || msg.len != Msg_SIZE + n * TransRec_SIZE || msg.slot == 0) return false;
  let at = changetype<usize>(msg) + Msg_SIZE;
  for (let i: u32 = 0; i < n; i++, at += TransRec_SIZE) {
    if (!recValid(at) || recOf(at).slot != msg.slot + i) return false;
    if (i != 0 && recOf(at).prev_hash != recOf(at - TransRec_SIZE).self_hash) return false;
  }
  return true;
}

/** A master speaks: is it one to listen to? */
function heard(msg: Msg): bool {
  if ((msg.ballot & 0xffff) != <u64>msg.from || msg.from == page().node) return false;
  if (msg.ballot < page().promised && !mutant(M_NO_BALLOTS)) {
    nak(msg.from);
    return false;
  }
  follow(msg.ballot, msg.from);
  return true;
}

export function onStage(msg: Msg): i32 {
  if (msg.count == 0 || !recordsSound(msg)) return -EPROTO;
  if (!heard(msg)) return 0;
  const pg = page();
  self().ack_due = 1;
  const from = changetype<usize>(msg) + Msg_SIZE;
  const end = msg.slot + msg.count - 1;
  // A gap: the ACK says where this node stands, the master sends what is missing.
  if (pg.applied == 0 || msg.slot > pg.stored + 1) return 0;
  const first = max<u64>(msg.slot, pg.applied + 1);
  if (!agrees(from, msg.slot, min<u64>(end, pg.applied))) return 0;
  for (let s = first; s <= end; s++) {
    const at = from + <usize>(s - msg.slot) * TransRec_SIZE;
    if (inBallot(s)) {
      if (recAt(s).self_hash != recOf(at).self_hash) return 0;
      if (s > pg.stored) take(s, msg.ballot);
      continue;
    }
    if (recOf(at).prev_hash != hashAt(s - 1)) {
      if (s - 1 == pg.applied) halt(s);
      return 0;
    }
    ringPut(at, msg.ballot, STAGE_PREPARED);
    take(s, msg.ballot);
  }
  if (pg.last > end && end >= pg.applied && (mutant(M_TAIL_CUT) || recAt(end + 1).ballot < msg.ballot)) ringCut(end);
  return 0;
}

/** The record in its place is accepted. One that a restart found there, written but never said to be, is so from now on. */
function take(slot: u64, ballot: u64): void {
  const pg = page();
  pg.accepted = ballot;
  pg.stored = max<u64>(pg.stored, slot);
  durableHeader();
}

/** Records that are applied here already must be the same. */
function agrees(from: usize, first: u64, end: u64): bool {
  for (let s = first; s <= end; s++) {
    const hash = hashAt(s);
    if (hash == 0 || hash == recOf(from + <usize>(s - first) * TransRec_SIZE).self_hash) continue;
    halt(s);
    return false;
  }
  return true;
}

export function onCommit(msg: Msg): i32 {
  if (!heard(msg)) return 0;
  const pg = page();
  const me = self();
  me.echo_clock = msg.clock;
  me.ack_due = 1;
  if (pg.inc != 0) leaseRenew(msg.aux, <u64>msg.count * US);
  if (fold().slot == 0) return 0;
  const known = mutant(M_COMMIT_ANY_BALLOT) ? pg.last : pg.accepted == msg.ballot ? pg.stored : pg.applied;
  applyTo(max<u64>(pg.applied, min<u64>(msg.slot, known)));
  return 0;
}
