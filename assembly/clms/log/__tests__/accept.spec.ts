// The member's side of the two stages: STAGE and COMMIT, and records that are decided: LEARN. Node 1 of 3; slot 1 is
// genesis; the masters are node 2 and node 3.

import {
  ENGINE_FOLLOWER, ENGINE_HALTED, ENGINE_MASTER, EPROTO, KIND_META, MSG_ACK, MSG_CHECKPOINT, MSG_COMMIT, MSG_LEARN, MSG_NAK, MSG_PULL,
  MSG_STAGE, Msg_SIZE, STAGE_DECIDED, STAGE_PREPARED,
} from "../../../abi/clms";
import { imageWrite } from "../../fold/image";
import { fold, foldBase, inbox, page, recAt, self } from "../../layout";
import { recHash } from "../../record";
import { drained, inMessage, lastBallot, lastKind, lastSlot, lastTo, message, metas, settled, started } from "../../__tests__/bed";
import { onCommit, onStage } from "../accept";
import { ackSettle } from "../ack";
import { onCheckpoint, onLearn, onPull } from "../learn";

const B: u64 = 0x1_0002;
const C: u64 = 0x2_0003;

function stage(ballot: u64, slot: u64, n: u32, prev: u64, tag: u64): i32 {
  const msg = message(MSG_STAGE, <u32>ballot & 0xffff, ballot, slot, n);
  metas(slot, n, prev, ballot, tag);
  return onStage(msg);
}
function commit(ballot: u64, slot: u64): void { onCommit(message(MSG_COMMIT, <u32>ballot & 0xffff, ballot, slot)); }
function learn(slot: u64, n: u32, prev: u64, tag: u64): i32 {
  const msg = message(MSG_LEARN, 3, B, slot, n);
  metas(slot, n, prev, B, tag);
  return onLearn(msg);
}
function hash(slot: u64): u64 { return recAt(slot).self_hash; }
/** What the ACK says that is due now, once everything is durable. */
function acked(): u64 {
  settled();
  ackSettle();
  expect<u32>(drained(MSG_ACK)).toBe(1, "one ACK");
  return lastSlot;
}
function is(applied: u64, stored: u64, last: u64): void {
  expect<u64>(page().applied).toBe(applied, "applied");
  expect<u64>(page().stored).toBe(stored, "stored");
  expect<u64>(page().last).toBe(last, "last");
}

describe("STAGE", () => {
  test("is accepted, prepared, and acknowledged once it is durable", () => {
    started(1, 3);
    expect<i32>(stage(B, 2, 3, fold().hash, 1)).toBe(0);
    is(1, 4, 4);
    expect<u32>(recAt(4).stage).toBe(STAGE_PREPARED);
    expect<u64>(recAt(4).ballot).toBe(B);
    expect<u64>(page().promised).toBe(B);
    expect<u32>(page().master).toBe(2);
    ackSettle();
    expect<u32>(drained(MSG_ACK)).toBe(1);
    expect<u64>(lastSlot).toBe(1, "nothing is durable yet");
    self().ack_due = 1;
    expect<u64>(acked()).toBe(4);
    expect<u32>(lastTo).toBe(2);
    expect<u64>(lastBallot).toBe(B);
  });

  test("below the promise it is refused, with the promise", () => {
    started(1, 3);
    stage(C, 2, 1, fold().hash, 1);
    settled();
    expect<i32>(stage(B, 2, 1, fold().hash, 2)).toBe(0);
    expect<u32>(drained(MSG_NAK)).toBe(1);
    expect<u32>(lastKind).toBe(MSG_NAK);
    expect<u32>(lastTo).toBe(2);
    expect<u64>(lastBallot).toBe(C);
    expect<u32>(page().master).toBe(3);
    expect<u64>(recAt(2).ballot).toBe(C);
  });

  test("of a higher ballot drops what stands above under a lower one (A10)", () => {
    started(1, 3);
    stage(B, 2, 5, fold().hash, 1);
    settled();
    stage(C, 2, 2, fold().hash, 2);
    is(1, 3, 3);
    expect<u64>(recAt(4).slot).toBe(0);
    expect<u64>(acked()).toBe(3);
  });

  test("the same again, of the same ballot, shortens nothing and changes nothing", () => {
    started(1, 3);
    stage(B, 2, 2, fold().hash, 1);
    stage(B, 4, 2, hash(3), 1);
    is(1, 5, 5);
    expect<i32>(stage(B, 2, 2, fold().hash, 1)).toBe(0);
    is(1, 5, 5);
    expect<u64>(acked()).toBe(5);
  });

  test("behind a gap nothing is accepted; the ACK says where this node stands", () => {
    started(1, 3);
    stage(B, 2, 1, fold().hash, 1);
    expect<i32>(stage(B, 4, 1, 99, 1)).toBe(0);
    is(1, 2, 2);
    expect<u64>(acked()).toBe(2);
  });

  test("what a new master does not name again is not accepted in its ballot", () => {
    started(1, 3);
    stage(B, 2, 3, fold().hash, 1);
    commit(C, 4);
    is(1, 1, 4);
    expect<u64>(acked()).toBe(1);
    stage(C, 2, 1, fold().hash, 1);
    is(1, 2, 2);
  });

  test("of a history that is not this one halts the node", () => {
    started(1, 3);
    stage(B, 2, 2, fold().hash, 1);
    commit(B, 3);
    is(3, 3, 3);
    stage(C, 3, 1, hash(2), 9);
    expect<u32>(page().engine).toBe(ENGINE_HALTED);
    started(1, 3);
    stage(B, 2, 1, fold().hash + 1, 1);
    expect<u32>(page().engine).toBe(ENGINE_HALTED);
    is(1, 1, 1);
  });

  test("that is not sound changes nothing", () => {
    started(1, 3);
    const zero = message(MSG_STAGE, 2, B, 2, 0);
    expect<i32>(onStage(zero)).toBe(-EPROTO, "no records");
    for (let what: u32 = 0; what < 7; what++) {
      const msg = message(MSG_STAGE, 2, B, 2, 3);
      metas(2, 3, fold().hash, B, 1);
      const at = changetype<usize>(inMessage(1));
      if (what == 0) msg.slot = 3;
      if (what == 1) msg.count = 4;
      if (what == 2) inMessage(1).kind = 99;
      if (what == 3) inMessage(1).arg ^= 1;
      if (what == 4) inMessage(1).slot = 9;
      if (what == 5) inMessage(1).prev_hash ^= 1;
      if (what == 6) msg.count = 257;
      if (what == 2 || what == 4 || what == 5) inMessage(1).self_hash = recHash(at);
      expect<i32>(onStage(msg)).toBe(-EPROTO, what.toString());
    }
    is(1, 1, 1);
    expect<u64>(page().promised).toBe(0);
    const foreign = message(MSG_STAGE, 2, C, 2, 1);
    metas(2, 1, fold().hash, C, 1);
    expect<i32>(onStage(foreign)).toBe(0, "a ballot of another node is not listened to");
    expect<u64>(page().promised).toBe(0);
  });

  test("a master of a lower ballot gives up for a higher", () => {
    started(1, 3);
    page().engine = <u8>ENGINE_MASTER;
    page().promised = page().ballot = 0x1_0001;
    stage(B, 2, 1, fold().hash, 1);
    expect<u32>(page().engine).toBe(ENGINE_FOLLOWER);
    expect<u32>(page().master).toBe(2);
  });
});

describe("COMMIT", () => {
  test("applies what was accepted in this very ballot, and only that", () => {
    started(1, 3);
    stage(B, 2, 3, fold().hash, 1);
    commit(B, 3);
    is(3, 4, 4);
    expect<u32>(recAt(3).stage).toBe(STAGE_DECIDED);
    expect<u32>(recAt(4).stage).toBe(STAGE_PREPARED);
    expect<u64>(fold().hash).toBe(hash(3));
    commit(C, 4);
    is(3, 3, 4);
    commit(B, 4);
    is(3, 3, 4);
    stage(C, 4, 1, hash(3), 1);
    commit(C, u64.MAX_VALUE);
    is(4, 4, 4);
    commit(C, 2);
    is(4, 4, 4);
  });

  test("of another ballot than that of the acceptance applies nothing, whatever is there", () => {
    started(1, 3);
    stage(C, 2, 2, fold().hash, 1);
    page().promised = 0x3_0002;
    commit(0x3_0002, 3);
    is(1, 3, 3);
  });
});

describe("LEARN, PULL, CHECKPOINT", () => {
  test("decided records are applied from wherever they come; known ones change nothing", () => {
    started(1, 3);
    expect<i32>(learn(2, 3, fold().hash, 1)).toBe(0);
    is(4, 4, 4);
    expect<i32>(learn(2, 3, 0, 1)).toBe(0);
    expect<u32>(page().engine).toBe(ENGINE_HALTED, "another history");
    started(1, 3);
    const genesis = fold().hash;
    learn(2, 3, genesis, 1);
    learn(2, 3, genesis, 1);
    is(4, 4, 4);
    expect<u32>(page().engine).toBe(ENGINE_FOLLOWER);
    learn(6, 1, 5, 1);
    is(4, 4, 4);
    expect<i32>(onLearn(message(MSG_LEARN, 3, B, 5, 0))).toBe(-EPROTO);
  });

  test("an accepted copy stays as it is: its ballot tells when it was; another value gives way", () => {
    started(1, 3);
    const genesis = fold().hash;
    stage(C, 2, 2, genesis, 1);
    learn(2, 1, genesis, 1);
    expect<u64>(recAt(2).ballot).toBe(C);
    expect<u32>(recAt(2).stage).toBe(STAGE_DECIDED);
    learn(3, 1, hash(2), 2);
    expect<u64>(recAt(3).arg).toBe(2);
    expect<u64>(recAt(3).ballot).toBe(B);
    is(3, 3, 3);
  });

  test("who asks gets what is decided above its slot; from nothing, or from below the ring, the fold", () => {
    started(1, 3);
    learn(2, 3, fold().hash, 1);
    settled();
    onPull(message(MSG_PULL, 2, 0, 2));
    expect<u32>(drained(MSG_LEARN)).toBe(1);
    expect<u64>(lastSlot).toBe(3);
    onPull(message(MSG_PULL, 2, 0, 4));
    onPull(message(MSG_PULL, 2, 0, u64.MAX_VALUE));
    expect<u32>(drained()).toBe(0, "it has everything");
    onPull(message(MSG_PULL, 2, 0, 0));
    expect<u32>(drained(MSG_CHECKPOINT)).toBe(1);
    expect<u64>(lastSlot).toBe(4);
  });

  test("a checkpoint is taken if it is newer, and of this cluster; what is accepted above it stays", () => {
    started(1, 3);
    const genesis = fold().hash;
    learn(2, 3, genesis, 1);
    const msg = message(MSG_CHECKPOINT, 2, B, 4);
    const len = imageWrite(foldBase(), inbox() + Msg_SIZE);
    msg.len = Msg_SIZE + len;
    expect<i32>(onCheckpoint(msg)).toBe(0);
    is(4, 4, 4);
    memory.copy(changetype<usize>(inMessage(500)), inbox(), Msg_SIZE + len);
    started(1, 3);
    stage(B, 2, 5, genesis, 1);
    memory.copy(inbox(), changetype<usize>(inMessage(500)), Msg_SIZE + len);
    expect<i32>(onCheckpoint(msg)).toBe(0);
    is(4, 6, 6);
    expect<u64>(page().low).toBe(5);
    expect<u32>(recAt(5).kind).toBe(KIND_META);
    store<u64>(inbox() + Msg_SIZE + 24, 1);
    expect<bool>(onCheckpoint(msg) < 0).toBe(true, "of another cluster");
    msg.len -= 1;
    expect<i32>(onCheckpoint(msg)).toBe(-EPROTO);
  });
});
