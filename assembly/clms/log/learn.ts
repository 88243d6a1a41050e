// Decided records, and the fold of them, from whoever has them: how a node catches up, and how observers live.
//
// What is decided may be taken from anybody at any time; it needs no ballot. The chain of hashes proves that it is the
// continuation of what is applied here; if it is not, the histories have diverged and the node stops.

import {
  BATCH_MAX, EMSGSIZE, ENGINE_MASTER, EPROTO, EREMOTEIO, MSG_CHECKPOINT, MSG_LEARN, MSG_PULL, Msg, Msg_SIZE, STAGE_DECIDED, TransRec_SIZE,
} from "../../abi/clms";
import { imageRead, imageSize, imageWrite } from "../fold/image";
import { fold, foldAt, foldBase, page, recAt, scratchFold, self } from "../layout";
import { msgBegin, msgBeginMany, msgSend } from "../out";
import { recCopy, recOf } from "../record";
import { recordsSound } from "./accept";
import { applyCheckpoint, applyTo } from "./apply";
import { durableHeader } from "./durable";
import { halt, stepDown } from "./follow";
import { hashAt, ringPut } from "./ring";

/** Sends node `to` what is decided above slot: records, or the fold if the ring no longer has them. Returns the slot it then knows. */
export function learnSend(to: u32, slot: u64): u64 {
  const pg = page();
  if (slot >= pg.applied) return slot;
  if (slot == 0 || slot + 1 < pg.low) {
    const msg = msgBegin(MSG_CHECKPOINT, to, imageSize(foldBase()));
    imageWrite(foldBase(), changetype<usize>(msg) + Msg_SIZE);
    msg.slot = pg.applied;
    msgSend(msg);
    return pg.applied;
  }
  const msg = msgBegin(MSG_LEARN, to, learnCount(slot) * TransRec_SIZE);
  msgSend(learnFill(msg, slot));
  return slot + msg.count;
}

/** The same for many: a LEARN of what follows slot, without receivers yet; null if the ring no longer reaches so far. */
export function learnMany(slot: u64): Msg | null {
  const pg = page();
  if (slot == 0 || slot >= pg.applied || slot + 1 < pg.low) return null;
  return learnFill(msgBeginMany(MSG_LEARN, learnCount(slot) * TransRec_SIZE), slot);
}

// @ts-ignore: decorator
@inline function learnCount(slot: u64): u32 { return <u32>min<u64>(page().applied - slot, BATCH_MAX); }

function learnFill(msg: Msg, slot: u64): Msg {
  const at = changetype<usize>(msg) + Msg_SIZE;
  const n = learnCount(slot);
  for (let i: u32 = 0; i < n; i++) recCopy(at + i * TransRec_SIZE, changetype<usize>(recAt(slot + 1 + i)));
  msg.count = n;
  msg.slot = slot + 1;
  msg.ballot = page().ballot;
  return msg;
}

/** Asks a node for what is decided above what is applied here. */
export function pullSend(to: u32): void {
  const msg = msgBegin(MSG_PULL, to, 0);
  msg.slot = page().applied;
  msgSend(msg);
}

export function onPull(msg: Msg): i32 {
  learnSend(msg.from, msg.slot);
  return 0;
}

export function onLearn(msg: Msg): i32 {
  if (msg.count == 0 || !recordsSound(msg)) return -EPROTO;
  const pg = page();
  self().ack_due = 1;
  if (pg.applied == 0 || msg.slot > pg.applied + 1) return 0;
  const from = changetype<usize>(msg) + Msg_SIZE;
  for (let i: u32 = 0; i < msg.count; i++) {
    const at = from + i * TransRec_SIZE;
    const slot = msg.slot + i;
    if (slot <= pg.applied) {
      if (hashAt(slot) == 0 || hashAt(slot) == recOf(at).self_hash) continue;
      halt(slot);
      return 0;
    }
    if (recOf(at).prev_hash != fold().hash) {
      halt(slot);
      return 0;
    }
    // A copy that is accepted here stays as it is: its ballot tells when it was.
    const own = slot <= pg.last && recAt(slot).self_hash == recOf(at).self_hash;
    if (!own) deposed();
    if (!own) ringPut(at, recOf(at).ballot, STAGE_DECIDED);
    if (!applyTo(slot)) return 0;
  }
  durableHeader();
  return 0;
}

export function onCheckpoint(msg: Msg): i32 {
  if (msg.len < Msg_SIZE) return -EMSGSIZE;
  const pg = page();
  const me = self();
  if (!imageRead(changetype<usize>(msg) + Msg_SIZE, msg.len - Msg_SIZE)) return -EPROTO;
  const f = foldAt(scratchFold());
  if (f.cluster != me.cluster || (me.genesis != 0 && f.genesis != me.genesis)) return -EREMOTEIO;
  me.ack_due = 1;
  if (f.slot <= pg.applied) return 0;
  deposed();
  applyCheckpoint();
  return 0;
}

/** Something was decided that this node did not propose: if it believes to be the master, it has been replaced, and says nothing more. */
function deposed(): void {
  if (<u32>page().engine == ENGINE_MASTER) stepDown();
}
