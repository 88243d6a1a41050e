// Who has to go when those that take part in a takeover do not all hear each other; and who may begin one.

import {
  CAUSE_TAKEOVER, ENGINE_FOLLOWER, ENGINE_MASTER, ENGINE_PREVOTE, ENGINE_PROMISE, ENTF_LEARNING, MODE_ARBITER, MODE_MAJORITY,
  MODE_MAJORITY_DYNAMIC, MSG_PREVOTE, MSG_PREVOTE_ACK, Msg, NS_DOWN, NS_UP, ROLE_WITNESS, Report_SIZE, Report_deaf_OFF,
} from "../../../abi/clms";
import { bitPut } from "../../bits";
import { derive } from "../../fold/derive";
import { entAt, fold, page, peerAt, self, voterAt } from "../../layout";
import { clms_msg_next } from "../../out";
import { PEER_BOOTING, PEER_EVICT, PEER_REPORTED, PEER_SUSPECT } from "../../structs";
import { foldOf, message, started } from "../../__tests__/bed";
import { cliqueBegin, cliqueMark, cliqueNote } from "../clique";
import { mayRun, newBallot, onPrevote, onPrevoteAck } from "../prevote";

/** What nodes 1 to 7 report. */
const REPORTS: usize = memory.data(8 * Report_SIZE, 8);

/** n voters, all UP and all reported; node 1 is the candidate. */
function cluster(n: u32, mode: u32 = MODE_MAJORITY): void {
  foldOf(n, mode);
  memory.fill(REPORTS, 0, 8 * Report_SIZE);
  page().node = 1;
  page().inc = 1;
  page().lineage = 1;
  self().probe_ns = 1_000_000;
  self().poll_ns = 2_000_000;
  self().losses = 4;
  for (let i: u32 = 1; i <= n; i++) {
    entAt(i).state = <u8>NS_UP;
    entAt(i).inc = 1;
    peerAt(i).flags = PEER_REPORTED;
  }
  fold().nlive = <u16>n;
  derive();
  cliqueBegin();
}
function deaf(a: u32, b: u32): void {
  if (a == 1) peerAt(b).flags |= PEER_SUSPECT;
  else {
    const report = REPORTS + a * Report_SIZE;
    bitPut(report + Report_deaf_OFF, b, true);
    cliqueNote(a, report);
  }
}
/** Numbers of those that have to go, as decimal digits. */
function gone(): u32 {
  cliqueMark();
  let list: u32 = 0;
  for (let i: u32 = 0; i < self().nvoter; i++) {
    const peer = peerAt(voterAt(i));
    if ((peer.flags & PEER_EVICT) == 0) continue;
    list = list * 10 + voterAt(i);
    expect<u32>(peer.cause).toBe(CAUSE_TAKEOVER);
  }
  return list;
}

describe("those that do not hear each other", () => {
  test("nobody goes when all hear all", () => {
    cluster(5);
    expect<u32>(gone()).toBe(0);
  });

  test("of two, whichever of them says so, the one with less weight, then the higher number", () => {
    cluster(5); deaf(2, 4);
    expect<u32>(gone()).toBe(4);
    cluster(5); deaf(4, 2);
    expect<u32>(gone()).toBe(4);
    cluster(5); deaf(4, 2); deaf(2, 4);
    expect<u32>(gone()).toBe(4);
    cluster(5); deaf(2, 4); entAt(4).votes = 2;
    expect<u32>(gone()).toBe(2);
  });

  test("the candidate stays, also with less weight; its own ears count", () => {
    cluster(5); deaf(3, 1); entAt(3).votes = 9;
    expect<u32>(gone()).toBe(3);
    cluster(5); deaf(1, 2);
    expect<u32>(gone()).toBe(2);
  });

  test("who is cut off most goes first, and that may be enough", () => {
    cluster(5); deaf(2, 3); deaf(2, 4); deaf(5, 2); entAt(2).votes = 9;
    expect<u32>(gone()).toBe(2);
    cluster(6); deaf(2, 3); deaf(4, 5);
    expect<u32>(gone()).toBe(35);
  });

  test("by number, also when the list that is applied meanwhile makes or unmakes a voter", () => {
    cluster(6); deaf(5, 6); entAt(2).votes = 0; derive();
    expect<u32>(gone()).toBe(6);
    cluster(6); entAt(3).votes = 0; derive(); cliqueBegin(); deaf(4, 5); entAt(3).votes = 1; derive();
    expect<u32>(gone()).toBe(5);
    cluster(6); entAt(6).votes = 0; derive(); cliqueBegin(); deaf(4, 6); entAt(6).votes = 1; derive();
    expect<u32>(gone()).toBe(0, "it was no voter when that was asked");
  });

  test("a second report replaces what the first said", () => {
    cluster(5); deaf(2, 4);
    cliqueNote(2, REPORTS);
    expect<u32>(gone()).toBe(0);
  });

  test("who did not report, is not alive, or has restarted is neither heard nor counted", () => {
    cluster(5); deaf(2, 4); peerAt(4).flags = 0;
    expect<u32>(gone()).toBe(0);
    cluster(5); deaf(2, 4); entAt(4).state = <u8>NS_DOWN; derive2();
    expect<u32>(gone()).toBe(0);
    cluster(5); deaf(2, 4); peerAt(2).flags |= PEER_BOOTING;
    expect<u32>(gone()).toBe(0);
    cluster(5); deaf(2, 1); page().inc = 0;
    expect<u32>(gone()).toBe(0, "admitted by the very list that it takes over, it has no incarnation before that is durable");
  });
});

function derive2(): void {
  fold().nlive -= 1;
  derive();
}

describe("who may begin a takeover", () => {
  test("a voter whose durable state is that of its entry, no witness, none that learns", () => {
    cluster(3);
    expect<bool>(mayRun()).toBe(true);
    page().lineage = 0;
    expect<bool>(mayRun()).toBe(false);
    page().lineage = 2;
    expect<bool>(mayRun()).toBe(false);
    page().lineage = 1;
    entAt(1).flags |= <u8>ENTF_LEARNING;
    expect<bool>(mayRun()).toBe(false);
    entAt(1).flags = 1;
    entAt(1).role = <u8>ROLE_WITNESS;
    expect<bool>(mayRun()).toBe(false);
    entAt(1).role = 0;
    entAt(1).votes = 0;
    expect<bool>(mayRun()).toBe(false);
  });

  test("its ballot is above every one heard of, its own, and promised by itself first", () => {
    cluster(3);
    self().round_seen = 7;
    page().promised = 0x9_0002;
    newBallot();
    expect<u64>(page().ballot).toBe(0xa_0001);
    expect<u64>(page().promised).toBe(0xa_0001);
    self().round_seen = 20;
    newBallot();
    expect<u64>(page().ballot).toBe((21 << 16) | 1);
    expect<u32>(self().hdr_dirty).toBe(1);
  });

  test("it needs a majority that misses the master too; a no, and a yes said twice, count for nothing", () => {
    cluster(5);
    page().engine = <u8>ENGINE_PREVOTE;
    for (let n: u32 = 2; n <= 5; n++) peerAt(n).flags = 0;
    answer(2, 0);
    answer(3, 0);
    answer(4, 0);
    expect<u32>(page().engine).toBe(ENGINE_PREVOTE);
    answer(2, 1);
    answer(2, 1);
    expect<u32>(page().engine).toBe(ENGINE_PREVOTE);
    answer(4, 1);
    expect<u32>(page().engine).toBe(ENGINE_PROMISE);
    expect<u32>(page().takeovers).toBe(1);
    answer(5, 1);
    expect<u32>(page().takeovers).toBe(1);
  });

  test("by the mode: the dead count in majority, not in dynamic; the arbiter may still give its vote", () => {
    expect<u32>(yesNeeded(MODE_MAJORITY)).toBe(2);
    expect<u32>(yesNeeded(MODE_MAJORITY_DYNAMIC)).toBe(1);
    expect<u32>(yesNeeded(MODE_ARBITER)).toBe(2);
  });

  test("a follower that hears its master, and one that has a role itself, says no", () => {
    started(1, 3);
    page().master = 3;
    self().master_heard = page().now;
    expect<u64>(asked()).toBe(0);
    page().now += 3600 * 1_000_000_000;
    expect<u64>(asked()).toBe(1);
    page().engine = <u8>ENGINE_MASTER;
    expect<u64>(asked()).toBe(0);
    page().engine = <u8>ENGINE_FOLLOWER;
    page().master = 2;
    self().master_heard = page().now;
    expect<u64>(asked()).toBe(1, "it is the master itself that asks");
    expect<u64>(page().promised).toBe(0, "nothing is promised by that");
  });
});

function answer(from: u32, yes: u64): void {
  const msg = message(MSG_PREVOTE_ACK, from, 0, 0);
  msg.aux = yes;
  onPrevoteAck(msg);
}
/** How many yes of others a cluster of five with two dead needs. */
function yesNeeded(mode: u32): u32 {
  cluster(5, mode);
  entAt(4).state = <u8>NS_DOWN;
  entAt(5).state = <u8>NS_DOWN;
  fold().nlive = 3;
  derive();
  page().engine = <u8>ENGINE_PREVOTE;
  for (let n: u32 = 2; n <= 5; n++) peerAt(n).flags = 0;
  let count: u32 = 0;
  for (let n: u32 = 2; n <= 5 && <u32>page().engine == ENGINE_PREVOTE; n++) {
    answer(n, 1);
    count++;
  }
  return count;
}
/** What node 2 hears when it asks. */
function asked(): u64 {
  while (clms_msg_next() == 1) continue;
  onPrevote(message(MSG_PREVOTE, 2, 0, 0));
  expect<i32>(clms_msg_next()).toBe(1);
  const ack = changetype<Msg>(<usize>page().msg_addr);
  expect<u32>(ack.kind).toBe(MSG_PREVOTE_ACK);
  return ack.aux;
}
