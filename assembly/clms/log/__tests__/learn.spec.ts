// What a decided record, an EPOCH, or a checkpoint does to a node that believed something else; and LEARN to many. Node 1 of 3.

import {
  BATCH_MAX, CAUSE_JOIN, ENGINE_FOLLOWER, ENGINE_MASTER, ENGINE_POLL, KIND_EPOCH, KIND_NODE, MSG_ACK, MSG_CHECKPOINT, MSG_COMMIT,
  MSG_LEARN, MSG_STAGE, Msg, Msg_SIZE, NS_COMINGUP, NS_NEVERUP, RING_MAX, STAGE_DECIDED, STAGE_PREPARED, STAGE_UNKNOWN, TransRec_SIZE,
} from "../../../abi/clms";
import { imageSize, imageWrite } from "../../fold/image";
import { entAt, fold, foldBase, inbox, page, peerAt, recAt, self } from "../../layout";
import { clms_msg_next, msgCheck, msgSend, msgTo } from "../../out";
import { recHash, recLink, recMake, recOf } from "../../record";
import { PEER_BOOTING, PEER_DEAD, PEER_EVICT, PEER_JOINING, PEER_LEFTOUT, PEER_REPORTED, PEER_SUSPECT } from "../../structs";
import { drained, inMessage, lastSlot, lastTo, message, metas, settled, started } from "../../__tests__/bed";
import { onCommit, onStage } from "../accept";
import { ackSettle } from "../ack";
import { learnMany, learnSend, onCheckpoint, onLearn } from "../learn";
import { ringPut } from "../ring";

const B: u64 = 0x1_0002;
const C: u64 = 0x2_0003;
const REC: usize = memory.data(64, 8);
const COPY: usize = memory.data(16384, 8);

function stage(ballot: u64, slot: u64, n: u32, prev: u64): void {
  const msg = message(MSG_STAGE, <u32>ballot & 0xffff, ballot, slot, n);
  metas(slot, n, prev, ballot, 1);
  expect<i32>(onStage(msg)).toBe(0);
}
/** An EPOCH of `ballot`, decided, behind what is applied. */
function epoch(ballot: u64): void {
  const msg = message(MSG_LEARN, 3, ballot, page().applied + 1, 1);
  const at = changetype<usize>(inMessage(0));
  recMake(at, KIND_EPOCH, <u32>ballot & 0xffff, 0, 0, 1, 0, 0, ballot);
  recLink(at, page().applied + 1, 50 + page().applied, fold().hash, ballot);
  expect<i32>(onLearn(msg)).toBe(0);
}
function learn(n: u32, tag: u64): void {
  const slot = page().applied + 1;
  const msg = message(MSG_LEARN, 3, B, slot, n);
  metas(slot, n, fold().hash, B, tag);
  expect<i32>(onLearn(msg)).toBe(0);
}
function is(applied: u64, stored: u64, last: u64): void {
  expect<u64>(page().applied).toBe(applied, "applied");
  expect<u64>(page().stored).toBe(stored, "stored");
  expect<u64>(page().last).toBe(last, "last");
}
/** This node goes by itself for master of a ballot. */
function master(ballot: u64): void {
  page().engine = <u8>ENGINE_MASTER;
  page().master = 1;
  page().promised = page().ballot = ballot;
}

describe("a COMINGUP that is applied", () => {
  test("forgets what was said of the life before, but not that this takeover has its report", () => {
    started(1, 3);
    peerAt(2).flags = PEER_REPORTED | PEER_BOOTING | PEER_SUSPECT | PEER_EVICT | PEER_LEFTOUT | PEER_DEAD | PEER_JOINING;
    peerAt(2).live_clock = peerAt(2).vouched = 1;
    const msg = message(MSG_LEARN, 3, B, page().applied + 1, 1);
    const at = changetype<usize>(inMessage(0));
    recMake(at, KIND_NODE, 2, NS_NEVERUP, NS_COMINGUP, 1, CAUSE_JOIN, 7, 1002);
    recLink(at, page().applied + 1, 50 + page().applied, fold().hash, B);
    expect<i32>(onLearn(msg)).toBe(0);
    expect<u32>(entAt(2).state).toBe(NS_COMINGUP);
    expect<u32>(peerAt(2).flags).toBe(PEER_REPORTED | PEER_BOOTING);
    expect<u64>(peerAt(2).live_clock + peerAt(2).vouched).toBe(0, "no lease is renewed by the clock of the life before");
  });
});

describe("a checkpoint that is taken", () => {
  test("brings new lives too: of these nothing is known yet, of the others what was", () => {
    started(1, 3);
    learn(3, 1);
    entAt(2).inc = 5;
    const len = imageSize(foldBase());
    imageWrite(foldBase(), COPY);
    started(1, 3);
    peerAt(2).flags = PEER_DEAD | PEER_EVICT;
    peerAt(3).flags = PEER_SUSPECT | PEER_LEFTOUT;
    const msg = message(MSG_CHECKPOINT, 3, B, 4);
    memory.copy(changetype<usize>(msg) + Msg_SIZE, COPY, len);
    msg.len = Msg_SIZE + len;
    expect<i32>(onCheckpoint(msg)).toBe(0);
    expect<u64>(page().applied).toBe(4);
    expect<u32>(peerAt(2).flags).toBe(0);
    expect<u32>(peerAt(3).flags).toBe(PEER_SUSPECT | PEER_LEFTOUT);
  });
});

describe("an EPOCH that is applied", () => {
  test("of a higher ballot drops what stands above it in a lower one, and is promised", () => {
    started(1, 3);
    stage(B, 2, 4, fold().hash);
    is(1, 5, 5);
    epoch(C);
    is(2, 2, 2);
    expect<u64>(page().promised).toBe(C);
    expect<u64>(recAt(3).slot).toBe(0, "its place is empty");
    settled();
    self().ack_due = 1;
    page().ballot = C;
    page().master = 3;
    ackSettle();
    expect<u32>(drained(MSG_ACK)).toBe(1);
    expect<u64>(lastSlot).toBe(2, "nothing above is acknowledged");
  });

  test("leaves what was accepted in its own ballot, or a higher one", () => {
    started(1, 3);
    stage(C, 2, 4, fold().hash);
    epoch(C);
    is(2, 5, 5);
    expect<u64>(recAt(3).ballot).toBe(C);
    started(1, 3);
    stage(C, 2, 4, fold().hash);
    epoch(B);
    is(2, 5, 5);
    expect<u64>(page().promised).toBe(C, "a promise never falls");
    expect<u64>(recAt(5).ballot).toBe(C);
  });

  test("leaves a damaged record: nobody knows in which ballot it was", () => {
    started(1, 3);
    stage(B, 2, 3, fold().hash);
    recAt(3).stage = <u8>STAGE_UNKNOWN;
    epoch(C);
    expect<u64>(page().applied).toBe(2);
    expect<u64>(page().last).toBe(4);
    expect<u32>(recAt(3).stage).toBe(STAGE_UNKNOWN);
  });

  test("ends an own role in a lower ballot, though this node has the very record itself", () => {
    for (let engine: u32 = ENGINE_POLL; engine <= ENGINE_MASTER; engine++) {
      started(1, 3);
      master(0x1_0001);
      page().engine = <u8>engine;
      recMake(REC, KIND_EPOCH, 3, 0, 0, 1, 0, 0, C);
      recLink(REC, 2, 51, fold().hash, C);
      ringPut(REC, 0x1_0001, STAGE_PREPARED);
      epoch(C);
      expect<u64>(page().applied).toBe(2);
      expect<u64>(page().promised).toBe(C);
      expect<u32>(page().engine).toBe(ENGINE_FOLLOWER, engine.toString());
    }
  });

  test("of the own ballot ends nothing", () => {
    started(1, 3);
    master(0x2_0001);
    recMake(REC, KIND_EPOCH, 1, 0, 0, 1, 0, 0, 0x2_0001);
    recLink(REC, 2, 51, fold().hash, 0x2_0001);
    ringPut(REC, 0x2_0001, STAGE_PREPARED);
    epoch(0x2_0001);
    expect<u64>(page().applied).toBe(2);
    expect<u32>(page().engine).toBe(ENGINE_MASTER);
  });
});

describe("a master that is replaced", () => {
  test("says nothing more as soon as it reads something decided that it has not proposed", () => {
    started(1, 3);
    master(0x1_0001);
    learn(1, 1);
    expect<u64>(page().applied).toBe(2);
    expect<u32>(page().engine).toBe(ENGINE_FOLLOWER);
  });

  test("but not by what it has proposed itself, nor by what it has long applied", () => {
    started(1, 3);
    const genesis = fold().hash;
    master(0x1_0001);
    const msg = message(MSG_LEARN, 3, 0x1_0001, 2, 2);
    metas(2, 2, genesis, 0x1_0001, 1);
    ringPut(changetype<usize>(inMessage(0)), 0x1_0001, STAGE_PREPARED);
    ringPut(changetype<usize>(inMessage(1)), 0x1_0001, STAGE_PREPARED);
    onLearn(msg);
    expect<u64>(page().applied).toBe(3);
    expect<u32>(recAt(3).stage).toBe(STAGE_DECIDED);
    expect<u32>(page().engine).toBe(ENGINE_MASTER);
    onLearn(msg);
    expect<u32>(page().engine).toBe(ENGINE_MASTER);
  });

  test("also by a checkpoint that is newer, and by no other", () => {
    started(1, 3);
    const genesis = fold().hash;
    learn(3, 1);
    const msg = message(MSG_CHECKPOINT, 2, B, 4);
    const len = Msg_SIZE + imageWrite(foldBase(), inbox() + Msg_SIZE);
    msg.len = len;
    memory.copy(COPY, inbox(), len);
    master(0x1_0001);
    expect<i32>(onCheckpoint(msg)).toBe(0);
    expect<u32>(page().engine).toBe(ENGINE_MASTER, "it is as old as what is here");
    started(1, 3);
    expect<u64>(fold().hash).toBe(genesis);
    master(0x1_0001);
    memory.copy(inbox(), COPY, len);
    expect<i32>(onCheckpoint(msg)).toBe(0);
    expect<u64>(page().applied).toBe(4);
    expect<u32>(page().engine).toBe(ENGINE_FOLLOWER);
  });
});

describe("LEARN to many", () => {
  test("holds what LEARN to one holds, for each receiver that is named", () => {
    started(1, 3);
    learn(6, 1);
    settled();
    expect<u64>(learnSend(2, 3)).toBe(7);
    expect<i32>(clms_msg_next()).toBe(1);
    const len = page().msg_len;
    memory.copy(COPY, page().msg_addr, len);
    drained();
    const msg = learnMany(3);
    expect<bool>(msg != null).toBe(true);
    if (msg == null) return;
    msgTo(msg, 2);
    msgTo(msg, 900);
    msgSend(msg);
    for (let i: u32 = 0; i < 2; i++) {
      expect<i32>(clms_msg_next()).toBe(1);
      expect<u32>(page().msg_to).toBe(i == 0 ? 2 : 900);
      expect<u32>(page().msg_len).toBe(len);
      const sent = changetype<Msg>(<usize>page().msg_addr);
      expect<u64>(sent.check).toBe(msgCheck(changetype<usize>(sent), len));
      if (i == 0) expect<i32>(memory.compare(COPY, changetype<usize>(sent), len)).toBe(0);
      expect<u64>(sent.slot).toBe(4);
      expect<u32>(sent.count).toBe(4);
      expect<u64>(recOf(changetype<usize>(sent) + Msg_SIZE + 3 * TransRec_SIZE).self_hash).toBe(fold().hash);
    }
    expect<i32>(clms_msg_next()).toBe(0);
  });

  test("is none where nothing follows, or where it takes a checkpoint; and never more than a batch", () => {
    started(1, 3);
    learn(6, 1);
    settled();
    expect<bool>(learnMany(0) == null).toBe(true, "who has nothing needs the fold");
    expect<bool>(learnMany(7) == null).toBe(true, "it has everything");
    expect<bool>(learnMany(u64.MAX_VALUE) == null).toBe(true);
    expect<bool>(learnMany(1) != null).toBe(true);
    for (let i: u32 = 0; i < 6; i++) {
      learn(200, 2);
      settled();
    }
    expect<u64>(page().low).toBe(page().applied - RING_MAX + 1);
    expect<bool>(learnMany(page().low - 2) == null).toBe(true, "the ring no longer reaches so far");
    const msg = learnMany(page().low - 1);
    expect<bool>(msg != null).toBe(true);
    if (msg == null) return;
    expect<u32>(msg.count).toBe(BATCH_MAX);
    expect<u64>(msg.slot).toBe(page().low);
    expect<u32>(msg.len).toBe(Msg_SIZE + BATCH_MAX * TransRec_SIZE);
  });
});

describe("an ACK", () => {
  test("does not go to a master that has fallen silent: it waits for a sign of life", () => {
    started(1, 3);
    stage(B, 2, 1, fold().hash);
    settled();
    page().now += self().probe_ns;
    self().ack_due = 1;
    ackSettle();
    expect<u32>(drained(MSG_ACK)).toBe(1, "not yet silent");
    page().now += 1;
    self().ack_due = 1;
    const acked = self().master_acked;
    ackSettle();
    expect<u32>(drained(MSG_ACK)).toBe(0);
    expect<u64>(self().ack_due).toBe(1, "it is still due");
    expect<u64>(self().master_acked).toBe(acked);
    onCommit(message(MSG_COMMIT, 2, B, 1));
    ackSettle();
    expect<u32>(drained(MSG_ACK)).toBe(1);
    expect<u32>(lastTo).toBe(2);
    expect<u64>(self().ack_due).toBe(0);
    expect<u64>(recHash(changetype<usize>(recAt(2)))).toBe(recAt(2).self_hash);
  });
});
