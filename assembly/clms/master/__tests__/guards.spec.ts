// What a master does not propose, because those that answer could not decide it, or anything after it; and the room it has.
// Node 1 is master of ballot B; slot 1 is applied.

import {
  ENTF_LEARNING, ENTF_USED, KIND_CONFIG, KIND_META, KIND_NODE, MODE_ARBITER, MODE_CLASSIC, MODE_MAJORITY,
  MODE_MAJORITY_DYNAMIC, MSG_LEARN, Msg, NS_COMINGUP, NS_GOINGDOWN, NS_UP, REFUSED_NONE, REFUSED_QUORUM, REFUSED_STATE,
  REQ_CONFIG, REQ_MODE, REQ_REMOVE, REQ_SVC_DEFINE, RING_MAX, ROLE_OBSERVER, ROLE_VOTER, Request, Request_SIZE,
} from "../../../abi/clms";
import { derive } from "../../fold/derive";
import { nodeArg } from "../../fold/nodearg";
import { entAt, fold, foldBase, page, peerAt, recAt, self } from "../../layout";
import { PEER_DEAD, PEER_DOOMED, PEER_EVICT, PEER_JOINING, PEER_LEFTOUT } from "../../structs";
import { drained, inMessage, lastSlot, lastTo, metas, sameFold, saveFold } from "../../__tests__/bed";
import { clms_msg_next } from "../../out";
import { ringPut } from "../../log/ring";
import { applyTo } from "../../log/apply";
import { learnAll, syncPeer } from "../beat";
import { joinsWork } from "../joins";
import { batchAdd, batchBegin, batchEnd, batchRoom } from "../propose";
import { grant } from "../requests";
import { wishesWork } from "../wishes";
import { B, cluster as masterOf, state } from "./world";

const REQ: usize = memory.data(<i32>Request_SIZE, 8);
const ARG: u64 = 4711;

/** n voters, UP but those of `coming` (bits); of `acked` have accepted all that there is in this ballot. */
function cluster(n: u32, mode: u32, coming: u32, acked: u32): void {
  masterOf(n, mode, acked);
  self().want = <u8>NS_UP;
  for (let i: u32 = 1; i <= n; i++) {
    peerAt(i).want = <u8>NS_UP;
    if (((coming >> i) & 1) != 0) state(i, NS_COMINGUP);
  }
}
/** What becomes of a request of node 2: REFUSED_…, or -1 = it is proposed. */
function asked(req: u32, node: u32, arg: u64): i32 {
  memory.fill(REQ, 0, Request_SIZE);
  const r = changetype<Request>(REQ);
  r.id = 1;
  r.req = <u8>req;
  r.node = <u16>node;
  r.arg = arg;
  peerAt(2).req_id = 0;
  saveFold();
  const result = grant(2, r);
  expect<bool>(sameFold(foldBase())).toBe(true);
  expect<u64>(page().last).toBe(result == -1 ? 2 : 1, "a proposal is in the ring, a refusal leaves nothing there");
  return result;
}
const voter = (votes: u32): u64 => nodeArg(ROLE_VOTER, 0, votes, 1, 1);

describe("UP", () => {
  test("is not proposed in a dynamic cluster where it would take away the quorum", () => {
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b10000, 0b00110);
    expect<bool>(wishesWork()).toBe(false, "two of four");
    expect<u64>(page().last).toBe(1);
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b10000, 0b01110);
    expect<bool>(wishesWork()).toBe(true, "three of four");
    expect<u32>(recAt(2).node).toBe(4);
    expect<u32>(recAt(2).to_state).toBe(NS_UP);
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b10000, 0b10110);
    entAt(4).flags = <u8>(ENTF_USED | ENTF_LEARNING);
    expect<bool>(wishesWork()).toBe(true, "its own acceptance counts once it is up");
  });

  test("of several: as many as the quorum bears", () => {
    cluster(5, MODE_MAJORITY_DYNAMIC, 0b110000, 0b001110);
    expect<bool>(wishesWork()).toBe(true);
    expect<u64>(page().last).toBe(3, "three of five");
    cluster(6, MODE_MAJORITY_DYNAMIC, 0b1110000, 0b0001110);
    expect<bool>(wishesWork()).toBe(true);
    expect<u64>(page().last).toBe(3, "three of six would not be enough");
    cluster(5, MODE_MAJORITY_DYNAMIC, 0b110000, 0b000110);
    expect<bool>(wishesWork()).toBe(false, "two of four");
  });

  test("is proposed where states make no difference; other wishes always are", () => {
    cluster(4, MODE_MAJORITY, 0b10000, 0b00110);
    expect<bool>(wishesWork()).toBe(true);
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b10000, 0b00110);
    peerAt(3).want = <u8>NS_GOINGDOWN;
    expect<bool>(wishesWork()).toBe(true);
    expect<u64>(page().last).toBe(2);
    expect<u32>(recAt(2).node).toBe(3);
    expect<u32>(recAt(2).to_state).toBe(NS_GOINGDOWN);
  });
});

describe("a request", () => {
  test("that would take away the quorum is refused, and leaves nothing behind", () => {
    cluster(3, MODE_MAJORITY, 0, 0b0110);
    expect<i32>(asked(REQ_CONFIG, 4, voter(1))).toBe(REFUSED_QUORUM, "two of four");
    expect<i32>(asked(REQ_CONFIG, 3, voter(2))).toBe(REFUSED_QUORUM, "two of four votes");
    expect<i32>(asked(REQ_CONFIG, 2, nodeArg(ROLE_OBSERVER, 0, 0, 1, 1))).toBe(REFUSED_QUORUM, "one of two");
    expect<i32>(asked(REQ_CONFIG, 4, nodeArg(ROLE_OBSERVER, 0, 1, 1, 1))).toBe(-1, "an observer takes nothing away");
    cluster(3, MODE_MAJORITY, 0, 0b1110);
    expect<i32>(asked(REQ_CONFIG, 4, voter(2))).toBe(-1, "three of five");
    cluster(3, MODE_MAJORITY, 0, 0b1110);
    expect<i32>(asked(REQ_CONFIG, 4, voter(3))).toBe(REFUSED_QUORUM, "three of six");
  });

  test("to remove, or to change the mode, is measured by what it makes", () => {
    cluster(3, MODE_MAJORITY, 0, 0b0110);
    entAt(2).state = entAt(3).state = 0;
    expect<i32>(asked(REQ_REMOVE, 2, 0)).toBe(REFUSED_QUORUM, "one of two");
    expect<i32>(asked(REQ_REMOVE, 3, 0)).toBe(-1, "two of two");
    cluster(3, MODE_MAJORITY, 0, 0b0110);
    expect<i32>(asked(REQ_MODE, 0, MODE_CLASSIC)).toBe(REFUSED_QUORUM, "all three would have to agree");
    expect<i32>(asked(REQ_MODE, 0, MODE_MAJORITY_DYNAMIC)).toBe(-1, "two of three");
  });

  test("is measured with the arbiter's vote where there is one", () => {
    cluster(3, MODE_ARBITER, 0, 0b0110);
    expect<i32>(asked(REQ_CONFIG, 4, voter(2))).toBe(REFUSED_QUORUM, "three of six");
    expect<i32>(asked(REQ_CONFIG, 4, voter(1))).toBe(-1, "three of five");
  });

  test("that changes no votes is granted as before; one that is not legal is refused for that", () => {
    cluster(3, MODE_MAJORITY, 0, 0b0010);
    expect<i32>(asked(REQ_REMOVE, 2, 0)).toBe(REFUSED_STATE, "it is up");
    expect<i32>(asked(REQ_SVC_DEFINE, 0, ARG)).toBe(-1);
  });
});

describe("a join", () => {
  test("of a new voter waits while those that answer are needed, that of a known one, or of an observer, does not", () => {
    for (let k: u32 = 0; k < 5; k++) {
      cluster(3, MODE_MAJORITY, 0, k == 1 ? 0b1110 : 0b0110);
      const n: u32 = k == 4 ? 3 : 9;
      if (k == 4) entAt(3).state = 0;
      if (k == 4) fold().nlive = fold().nup = 2;
      derive();
      const peer = peerAt(n);
      peer.flags = PEER_JOINING;
      peer.join_seq = 1;
      peer.join_at = page().now;
      peer.join_uid = 99;
      peer.join_boot = 5;
      peer.join_role = k == 2 ? <u8>ROLE_OBSERVER : <u8>ROLE_VOTER;
      peer.join_votes = k == 3 ? 0 : 1;
      peer.join_pmin = peer.join_pmax = 1;
      peer.applied = 1;
      self().join_top = n;
      saveFold();
      expect<bool>(joinsWork()).toBe(k != 0, k.toString());
      expect<bool>(sameFold(foldBase())).toBe(true);
      expect<bool>((peer.flags & PEER_JOINING) != 0).toBe(k == 0, "it goes on waiting");
      if (k != 0) expect<u32>(recAt(page().last).to_state).toBe(NS_COMINGUP);
      if (k == 1) expect<u32>(recAt(2).kind).toBe(KIND_CONFIG);
      if (k == 4) expect<u32>(recAt(2).kind).toBe(KIND_NODE);
    }
  });
});

/** A log that has outgrown the ring; node 3 is at slot `at`. */
function far(at: u64, ballot: u64, flags: u32): void {
  cluster(3, MODE_MAJORITY, 0, 0b1110);
  page().applied = page().stored = page().last = 5000;
  self().batch_first = 5001;
  peerAt(2).applied = 4990;
  peerAt(3).applied = at;
  peerAt(3).ack_ballot = ballot;
  peerAt(3).flags = flags;
  peerAt(3).fence_inc = 1;
}

describe("a batch", () => {
  test("has room while the ring of the slowest that is known still holds what it lacks", () => {
    const edge: u64 = 5000 + 3 - RING_MAX;
    far(edge, B, 0);
    expect<bool>(batchRoom(3)).toBe(false);
    far(edge + 1, B, 0);
    expect<bool>(batchRoom(3)).toBe(true);
    expect<bool>(batchRoom(4)).toBe(false);
    peerAt(1).applied = 0;
    peerAt(1).ack_ballot = B;
    expect<bool>(batchRoom(3)).toBe(true, "this node itself needs nothing");
  });

  test("does not wait for who has not been heard in this ballot, nor for who is to go", () => {
    far(0, 0, 0);
    expect<bool>(batchRoom(3)).toBe(true, "how far it is is not known");
    far(0, B - 0x1_0000, 0);
    expect<bool>(batchRoom(3)).toBe(true, "what it said to another ballot is old");
    far(0, B, 0);
    expect<bool>(batchRoom(3)).toBe(false);
    far(0, B, PEER_DOOMED);
    expect<bool>(batchRoom(3)).toBe(true);
    far(0, B, PEER_EVICT);
    expect<bool>(batchRoom(3)).toBe(true);
    far(0, B, PEER_LEFTOUT);
    expect<bool>(batchRoom(3)).toBe(true);
    far(0, B, PEER_DEAD);
    expect<bool>(batchRoom(3)).toBe(true);
    entAt(3).inc = 2;
    expect<bool>(batchRoom(3)).toBe(false, "another incarnation is dead");
  });
});

describe("what is decided", () => {
  test("goes to all observers that are equally far in one body, to each other by itself, and to no voter", () => {
    cluster(6, MODE_MAJORITY, 0, 0b0110);
    for (let n: u32 = 3; n <= 6; n++) entAt(n).role = <u8>ROLE_OBSERVER;
    derive();
    metas(2, 3, fold().hash, B, 1);
    for (let i: u32 = 0; i < 3; i++) ringPut(changetype<usize>(inMessage(i)), B, 3);
    expect<bool>(applyTo(4)).toBe(true);
    peerAt(5).applied = 3;
    peerAt(4).sent_upto = 4;
    drained();
    learnAll();
    let slots: u64 = 0;
    let to: u32 = 0;
    let bodies: usize = 0;
    let at: usize = 0;
    while (clms_msg_next() == 1) {
      const msg = changetype<Msg>(<usize>page().msg_addr);
      expect<u32>(msg.kind).toBe(MSG_LEARN);
      bodies += usize(at != changetype<usize>(msg));
      at = changetype<usize>(msg);
      to |= 1 << page().msg_to;
      slots = slots * 10 + msg.slot;
    }
    expect<usize>(bodies).toBe(2);
    expect<u32>(to).toBe(0b110_1000, "3 5 6");
    expect<u64>(slots).toBe(224, "3 and 6 from slot 2, 5 from slot 4");
    expect<u64>(peerAt(3).sent_upto).toBe(4);
    expect<u64>(peerAt(6).sent_upto).toBe(4);
    expect<u64>(peerAt(5).sent_upto).toBe(4);
    expect<u64>(peerAt(3).sent_at).toBe(page().now);
    learnAll();
    expect<u32>(drained(MSG_LEARN)).toBe(0, "it is on its way");
  });

  test("that is more than a batch goes out in one body now, the rest when that is answered", () => {
    cluster(4, MODE_MAJORITY, 0, 0b0110);
    for (let n: u32 = 3; n <= 4; n++) entAt(n).role = <u8>ROLE_OBSERVER;
    derive();
    metas(2, 300, fold().hash, B, 1);
    for (let i: u32 = 0; i < 300; i++) ringPut(changetype<usize>(inMessage(i)), B, 3);
    expect<bool>(applyTo(301)).toBe(true);
    drained();
    learnAll();
    expect<u32>(drained(MSG_LEARN)).toBe(2);
    expect<u64>(peerAt(3).sent_upto).toBe(257);
    expect<u64>(peerAt(4).sent_upto).toBe(257);
  });
});

/** Voters 1 to 3; node 2 has everything, node 3 is at slot 1 of 4. */
function behind(): void {
  cluster(3, MODE_MAJORITY, 0, 0b0110);
  metas(2, 3, fold().hash, B, 1);
  for (let i: u32 = 0; i < 3; i++) ringPut(changetype<usize>(inMessage(i)), B, 3);
  expect<bool>(applyTo(4)).toBe(true);
  peerAt(3).ack_ballot = B;
  peerAt(3).match = 1;
  drained();
}
/** One record more is proposed. */
function more(): void {
  batchBegin();
  expect<bool>(batchAdd(KIND_META, 1, 0, 0, 0, 0, 8, 99)).toBe(true);
  batchEnd();
}

describe("what a node misses", () => {
  test("is not on its way because something above it was proposed", () => {
    behind();
    more();
    syncPeer(3);
    expect<u32>(drained(MSG_LEARN)).toBe(1);
    expect<u32>(lastTo).toBe(3);
    expect<u64>(lastSlot).toBe(2);
    syncPeer(3);
    expect<u32>(drained(MSG_LEARN)).toBe(0, "now it is");
  });

  test("and was lost is sent again in time, however much is proposed meanwhile", () => {
    behind();
    syncPeer(3);
    expect<u64>(peerAt(3).sent_upto).toBe(4);
    page().now += self().probe_ns / 2;
    more();
    expect<u64>(peerAt(3).sent_upto).toBe(5, "behind what is on its way");
    expect<u64>(peerAt(2).sent_at).toBe(page().now);
    drained();
    syncPeer(3);
    expect<u32>(drained(MSG_LEARN)).toBe(0);
    page().now += self().probe_ns / 2;
    syncPeer(3);
    expect<u32>(drained(MSG_LEARN)).toBe(1);
  });
});
