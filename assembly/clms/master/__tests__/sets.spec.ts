// Who goes down together: in which order, what is waited for, who is left out; and how a classic batch goes on without the dead.
// Node 1 is master; slot 1 is applied.

import {
  CAUSE_ADMIN, CAUSE_CALLBACK, CAUSE_DEADLINE, CAUSE_FENCED, CAUSE_GRACEFUL, CAUSE_HEARTBEAT, CAUSE_REBOOT, CAUSE_TAKEOVER,
  ENGINE_FOLLOWER, ENGINE_MASTER, ENTF_LEARNING, ENTF_USED, EVENT_BLAST, EVENT_FENCE, Event, KIND_META, KIND_NODE, KIND_SET_BEGIN,
  KIND_SET_END, MODE_ARBITER, MODE_CLASSIC, MODE_CLASSIC_FENCE, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NS_COMINGUP, NS_DOWN, NS_GOINGDOWN,
  NS_KCLEANUP, NS_UCLEANUP, NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_USER, ROLE_OBSERVER,
} from "../../../abi/clms";
import { derive } from "../../fold/derive";
import { entAt, eventAt, fold, foldBase, page, peerAt, recAt, self } from "../../layout";
import { PEER_DOOMED, PEER_FENCED, PEER_LEFTOUT, PEER_SUSPECT } from "../../structs";
import { sameFold, saveFold } from "../../__tests__/bed";
import { decide } from "../decide";
import { batchAdd, batchBegin, batchEnd } from "../propose";
import { setsWork, unblock } from "../sets";
import { B, LEASE, MISS, NOW, POLL, cluster, dead, events, evict, has, missed, state } from "./world";

/** Numbers of the nodes that are proposed to go down, in order, as decimal digits. */
function going(): u32 {
  let list: u32 = 0;
  for (let s: u64 = page().applied + 1; s <= page().last; s++) {
    if (<u32>recAt(s).kind != KIND_NODE) continue;
    expect<u32>(recAt(s).to_state).toBe(NS_KCLEANUP);
    list = list * 10 + recAt(s).node;
  }
  return list;
}
/** Had other work to wait? */
let busy: bool = false;
/** Looks for work, which must leave the fold as it is; the nodes that are proposed, 0 = none. */
function work(): u32 {
  saveFold();
  busy = setsWork();
  expect<bool>(sameFold(foldBase())).toBe(true, "looking changes nothing that is decided");
  return going();
}
/** A set is open in this phase, with node 5 in a state; all callbacks are done. */
function open(phase: u32, to: u32): void {
  cluster(5, MODE_MAJORITY, 0b111110);
  state(5, to);
  fold().phase = <u8>phase;
  fold().set_id = fold().sets = 7;
  fold().set_end = 1;
}

describe("a set of nodedowns", () => {
  test("Those whose vote cannot be had go first, then the others, each in order of number.", () => {
    cluster(7, MODE_MAJORITY, 0b1101_0110);
    dead(3);
    dead(5);
    evict(2, CAUSE_ADMIN);
    evict(4, CAUSE_ADMIN);
    expect<u32>(work()).toBe(3524);
    expect<u64>(page().last).toBe(7);
    expect<u32>(recAt(2).kind).toBe(KIND_SET_BEGIN);
    expect<u64>(recAt(2).arg).toBe(PHASE_KERNEL);
    expect<u32>(recAt(7).kind).toBe(KIND_SET_END);
    expect<u32>(recAt(5).from_state).toBe(NS_UP);
    expect<u32>(recAt(5).inc).toBe(1);
    expect<u32>(recAt(5).cause).toBe(CAUSE_ADMIN);
    for (let s: u64 = 2; s <= 7; s++) expect<u32>(recAt(s).set_id).toBe(1);
  });

  test("One that has accepted with another lineage, or as a learner, has no vote to be had either.", () => {
    for (let k: u32 = 0; k < 3; k++) {
      cluster(5, MODE_MAJORITY, 0b111110);
      for (let n: u32 = 2; n <= 3; n++) evict(n, CAUSE_ADMIN);
      if (k == 1) peerAt(3).lineage = 0;
      if (k == 2) entAt(3).flags = <u8>(ENTF_USED | ENTF_LEARNING);
      expect<u32>(work()).toBe(k == 0 ? 23 : 32);
    }
  });

  test("Whoever is gone makes a dynamic cluster smaller for the rest, so that those can go, too.", () => {
    cluster(5, MODE_MAJORITY_DYNAMIC, 0b001110);
    dead(4);
    dead(5);
    evict(2, CAUSE_ADMIN);
    expect<u32>(work()).toBe(452, "2 could not go before them: two of four would be left");
  });

  test("In a dynamic cluster one that those who answer could not decide waits, and lets the others go.", () => {
    cluster(5, MODE_MAJORITY_DYNAMIC, 0b001110);
    dead(5);
    evict(2, CAUSE_ADMIN);
    evict(3, CAUSE_ADMIN);
    expect<u32>(work()).toBe(52, "then 1 and 4 would be left, and 4 does not answer");
    expect<bool>(has(3, PEER_DOOMED)).toBe(true, "its lease is not renewed meanwhile");
  });

  test("If all of them wait, nothing is left in the ring, and other work goes on.", () => {
    cluster(3, MODE_MAJORITY_DYNAMIC, 0b0110);
    evict(2, CAUSE_ADMIN);
    expect<u32>(work()).toBe(0, "one of two");
    expect<bool>(busy).toBe(false);
    expect<u64>(page().last).toBe(1);
    expect<u64>(recAt(2).slot).toBe(0);
    peerAt(3).ack_ballot = B;
    peerAt(3).match = 1;
    expect<u32>(work()).toBe(2, "two of two");
    cluster(3, MODE_MAJORITY, 0b0110);
    evict(2, CAUSE_ADMIN);
    expect<u32>(work()).toBe(2, "where states make no difference nobody waits");
  });

  test("Only who is dead, by silence, a restart, the host's word or a fence, is left out of what is decided from then on.", () => {
    for (let cause: u32 = CAUSE_ADMIN; cause <= CAUSE_DEADLINE; cause++) {
      cluster(5, MODE_CLASSIC, 0b110110);
      evict(3, cause);
      expect<u32>(work()).toBe(3);
      expect<u32>(recAt(3).cause).toBe(cause);
      expect<bool>(has(3, PEER_LEFTOUT)).toBe(cause == CAUSE_HEARTBEAT || cause == CAUSE_REBOOT, cause.toString());
      cluster(5, MODE_CLASSIC, 0b110110);
      evict(3, cause);
      dead(3);
      expect<u32>(work()).toBe(3);
      expect<bool>(has(3, PEER_LEFTOUT)).toBe(true, "it is dead, whatever the cause");
      expect<bool>(has(2, PEER_LEFTOUT)).toBe(false);
    }
    cluster(5, MODE_CLASSIC, 0b110110);
    peerAt(3).flags = PEER_FENCED;
    peerAt(3).fence_inc = 1;
    expect<u32>(work()).toBe(3);
    expect<u32>(recAt(3).cause).toBe(CAUSE_FENCED);
    expect<bool>(has(3, PEER_LEFTOUT)).toBe(true);
  });

  test("A classic cluster decides without the dead, but not without one that goes for another cause.", () => {
    cluster(3, MODE_CLASSIC, 0b0110);
    missed(3, 3);
    expect<u32>(work()).toBe(3);
    expect<u32>(recAt(3).cause).toBe(CAUSE_HEARTBEAT);
    expect<bool>(decide()).toBe(true);
    expect<u32>(entAt(3).state).toBe(NS_KCLEANUP);
    cluster(3, MODE_CLASSIC, 0b0110);
    evict(3, CAUSE_CALLBACK);
    expect<u32>(work()).toBe(3);
    decide();
    expect<u32>(entAt(3).state).toBe(NS_UP, "it is asked, too");
  });

  test("The own removal drops the lease when it is proposed; that of another, or one that waits, does not.", () => {
    cluster(3, MODE_MAJORITY, 0b1110);
    page().lease_until = NOW + LEASE;
    evict(2, CAUSE_ADMIN);
    expect<u32>(work()).toBe(2);
    expect<u64>(page().lease_until).toBe(NOW + LEASE);
    cluster(3, MODE_MAJORITY_DYNAMIC, 0b0110);
    page().lease_until = NOW + LEASE;
    evict(1, CAUSE_ADMIN);
    expect<u32>(work()).toBe(0, "one of 2 and 3");
    expect<u64>(page().lease_until).toBe(NOW + LEASE);
    cluster(3, MODE_MAJORITY_DYNAMIC, 0b1110);
    page().lease_until = NOW + LEASE;
    evict(1, CAUSE_ADMIN);
    expect<u32>(work()).toBe(1);
    expect<u64>(page().lease_until).toBe(0);
  });

  test("A death that has to wait does not hold up the phases of a set that is open.", () => {
    cluster(7, MODE_MAJORITY_DYNAMIC, 0b11100110);
    for (let n: u32 = 5; n <= 7; n++) entAt(n).role = <u8>ROLE_OBSERVER;
    state(3, NS_KCLEANUP);
    state(4, NS_KCLEANUP);
    fold().phase = <u8>PHASE_KERNEL;
    fold().set_id = fold().sets = 7;
    fold().set_end = 1;
    peerAt(2).done = 0;
    peerAt(2).done_since = 1;
    expect<bool>(setsWork()).toBe(true);
    expect<u64>(page().last).toBe(5, "the next phase is proposed");
    expect<u64>(recAt(2).arg).toBe(PHASE_USER);
    expect<u32>(recAt(3).to_state).toBe(NS_UCLEANUP);
    expect<bool>(decide()).toBe(true, "and those that answer decide it");
  });
});

describe("what a set waits for", () => {
  test("It waits as long as somebody who is to go may hold a lease; the others wait with it and go in the same set.", () => {
    cluster(5, MODE_MAJORITY, 0b111110);
    dead(5);
    evict(3, CAUSE_ADMIN);
    peerAt(3).vouched = NOW;
    expect<u32>(work()).toBe(0);
    expect<bool>(busy).toBe(true, "nothing else is proposed meanwhile");
    expect<bool>(has(3, PEER_DOOMED)).toBe(true);
    expect<bool>(has(2, PEER_DOOMED)).toBe(false);
    page().now = NOW + LEASE + (LEASE >> 2);
    expect<u32>(work()).toBe(0);
    page().now += 1;
    expect<u32>(work()).toBe(35, "both have accepted");
  });

  test("A new master waits for leases that the one before it may have given.", () => {
    cluster(5, MODE_MAJORITY, 0b111110);
    evict(3, CAUSE_ADMIN);
    self().lease_barrier = NOW + 1;
    expect<u32>(work()).toBe(0);
    page().now += 1;
    expect<u32>(work()).toBe(3);
  });

  test("Whoever leaves by itself, is certainly dead, or is this node itself is not waited for.", () => {
    for (let k: u32 = 0; k < 3; k++) {
      cluster(5, MODE_MAJORITY, 0b111110);
      for (let n: u32 = 1; n <= 5; n++) peerAt(n).vouched = NOW;
      self().lease_barrier = NOW + LEASE;
      if (k == 0) state(3, NS_GOINGDOWN);
      if (k == 1) dead(3);
      if (k == 2) evict(1, CAUSE_ADMIN);
      expect<u32>(work()).toBe(k == 2 ? 1 : 3, k.toString());
      expect<u32>(recAt(3).cause).toBe(k == 0 ? CAUSE_GRACEFUL : k == 1 ? CAUSE_HEARTBEAT : CAUSE_ADMIN);
    }
  });

  test("A cut that is still growing is waited for, but not for ever.", () => {
    cluster(5, MODE_MAJORITY, 0b111110);
    missed(3, 5);
    peerAt(4).flags |= PEER_SUSPECT;
    peerAt(4).ack_at = peerAt(4).heard = NOW - MISS;
    expect<u32>(work()).toBe(0, "4 is missed by this node only, so far");
    expect<bool>(busy).toBe(true);
    page().now = NOW + 2 * MISS - 1;
    expect<u32>(work()).toBe(0);
    page().now = NOW + 2 * MISS;
    expect<u32>(work()).toBe(3);
  });

  test("A fenced cluster waits until voters that go are fenced, but for none that leaves by itself, has no vote, or is this node.", () => {
    cluster(5, MODE_CLASSIC_FENCE, 0b110110);
    evict(3, CAUSE_CALLBACK);
    expect<u32>(work()).toBe(0);
    expect<bool>(busy).toBe(true);
    expect<u32>(work()).toBe(0);
    expect<u32>(events(EVENT_FENCE)).toBe(1, "asked for once");
    expect<u32>(changetype<Event>(eventAt(0)).node).toBe(3);
    peerAt(3).flags |= PEER_FENCED;
    expect<u32>(work()).toBe(3);
    expect<u32>(recAt(3).cause).toBe(CAUSE_FENCED);
    for (let k: u32 = 0; k < 3; k++) {
      cluster(5, MODE_CLASSIC_FENCE, 0b110110);
      if (k == 0) state(3, NS_GOINGDOWN);
      if (k == 1) entAt(3).role = <u8>ROLE_OBSERVER;
      if (k != 0) evict(k == 1 ? 3 : 1, CAUSE_CALLBACK);
      derive();
      expect<u32>(work()).toBe(k == 2 ? 1 : 3, k.toString());
      expect<u32>(events(EVENT_FENCE)).toBe(0);
    }
  });

  test("In the KERNEL phase a set is widened, or waits to be, before it goes on.", () => {
    open(PHASE_KERNEL, NS_KCLEANUP);
    evict(3, CAUSE_ADMIN);
    peerAt(3).vouched = NOW;
    expect<u32>(work()).toBe(0);
    expect<bool>(busy).toBe(true);
    peerAt(3).vouched = 0;
    expect<u32>(work()).toBe(3);
    expect<u32>(recAt(2).set_id).toBe(7, "the set that is open");
    expect<u64>(recAt(2).arg).toBe(PHASE_KERNEL);
    expect<u64>(page().last).toBe(4);
  });

  test("In a later phase a death waits for the next set, and holds nothing up.", () => {
    for (let held: u32 = 0; held < 2; held++) {
      open(PHASE_USER, NS_UCLEANUP);
      evict(3, CAUSE_ADMIN);
      peerAt(3).vouched = held == 0 ? 0 : NOW;
      peerAt(3).done = 0;
      busy = setsWork();
      expect<u64>(page().last).toBe(4);
      expect<u64>(recAt(2).arg).toBe(PHASE_DONE);
      expect<u32>(recAt(3).node).toBe(5);
      expect<u32>(recAt(3).to_state).toBe(NS_DOWN);
      expect<bool>(has(3, PEER_DOOMED)).toBe(true, "nobody waits for its callbacks");
      expect<bool>(decide()).toBe(true);
      page().now += 2 * LEASE;
      expect<u32>(work()).toBe(3);
      expect<u32>(recAt(5).set_id).toBe(8);
    }
  });

  test("A phase waits for the callbacks of every live member that is not to go itself.", () => {
    open(PHASE_KERNEL, NS_KCLEANUP);
    fold().set_end = page().applied;
    peerAt(3).done = 0;
    expect<u32>(work()).toBe(0);
    expect<bool>(busy).toBe(true);
    expect<u64>(page().last).toBe(1);
    peerAt(3).done = 1;
    setsWork();
    expect<u64>(recAt(2).arg).toBe(PHASE_USER);
    expect<u32>(recAt(3).node).toBe(5);
    expect<u32>(recAt(3).to_state).toBe(NS_UCLEANUP);
  });

  test("Half of the live nodes or more wait for the operator's word, once told; not those that certainly are gone.", () => {
    cluster(4, MODE_MAJORITY, 0b11110);
    evict(2, CAUSE_ADMIN);
    evict(3, CAUSE_ADMIN);
    expect<u32>(work()).toBe(0);
    expect<bool>(busy).toBe(false, "other work goes on");
    work();
    expect<u32>(events(EVENT_BLAST)).toBe(1);
    self().override_blast = 1;
    expect<u32>(work()).toBe(23);
    expect<u32>(self().override_blast).toBe(0, "it was for this set only");
    cluster(4, MODE_MAJORITY, 0b11110);
    evict(2, CAUSE_ADMIN);
    dead(3);
    expect<u32>(work()).toBe(23);
  });
});

/** A batch that waits for node 3 of three, which has accepted nothing. */
function waiting(mode: u32): void {
  cluster(3, mode, 0b0110);
  batchBegin();
  batchAdd(KIND_META, 1, 0, 0, 1, 0, 8, 4711);
  batchEnd();
  if (mode <= MODE_CLASSIC_FENCE) expect<bool>(decide()).toBe(false);
}

describe("a classic batch that waits for somebody", () => {
  test("Who is dead and has not accepted it is left out, and it is decided.", () => {
    waiting(MODE_CLASSIC);
    unblock();
    expect<bool>(has(3, PEER_LEFTOUT)).toBe(false, "it is slow, not dead");
    missed(3, 3);
    unblock();
    expect<bool>(has(3, PEER_LEFTOUT)).toBe(true);
    expect<bool>(has(1, PEER_LEFTOUT)).toBe(false);
    expect<bool>(has(2, PEER_LEFTOUT)).toBe(false);
    expect<bool>(decide()).toBe(true);
    expect<u32>(events(EVENT_FENCE)).toBe(0);
    expect<u32>(work()).toBe(3);
    expect<u32>(recAt(4).cause).toBe(CAUSE_TAKEOVER);
  });

  test("Who has accepted it is counted, dead or not.", () => {
    waiting(MODE_CLASSIC);
    missed(2, 3);
    unblock();
    expect<bool>(has(2, PEER_LEFTOUT)).toBe(false);
    peerAt(2).match = 1;
    unblock();
    expect<bool>(has(2, PEER_LEFTOUT)).toBe(true, "it accepted what was before");
  });

  test("In a fenced cluster the dead one is fenced first, and left out when that is confirmed.", () => {
    waiting(MODE_CLASSIC_FENCE);
    unblock();
    expect<u32>(events(EVENT_FENCE)).toBe(0);
    missed(3, 3);
    unblock();
    unblock();
    expect<u32>(events(EVENT_FENCE)).toBe(1);
    expect<bool>(has(3, PEER_LEFTOUT)).toBe(false);
    expect<bool>(decide()).toBe(false);
    peerAt(3).flags |= PEER_FENCED;
    unblock();
    expect<bool>(has(3, PEER_LEFTOUT)).toBe(true);
    expect<bool>(decide()).toBe(true);
  });

  test("In other modes nobody is left out: a quorum decides, or does not.", () => {
    for (let mode: u32 = MODE_MAJORITY; mode <= MODE_ARBITER; mode++) {
      waiting(mode);
      missed(3, 3);
      unblock();
      expect<bool>(has(3, PEER_LEFTOUT)).toBe(false);
    }
  });

  test("A master that is no full member leaves nobody out, and gives up after ten times of a poll.", () => {
    for (let k: u32 = 0; k < 6; k++) {
      waiting(k < 3 ? MODE_CLASSIC : MODE_CLASSIC_FENCE);
      const full = k % 3 == 2;
      if (k % 3 == 0) page().inc = 0;
      if (k % 3 == 1) state(1, NS_COMINGUP);
      page().now = NOW + 10 * POLL;
      unblock();
      expect<u32>(page().engine).toBe(ENGINE_MASTER, k.toString());
      page().now += 1;
      missed(3, 3);
      peerAt(2).ack_at = peerAt(2).heard = page().now;
      unblock();
      expect<u32>(page().engine).toBe(full ? ENGINE_MASTER : ENGINE_FOLLOWER, k.toString());
      expect<bool>(self().backoff_until > page().now).toBe(!full, "it does not come back at once");
      expect<bool>(has(3, PEER_LEFTOUT)).toBe(k == 2);
      expect<u32>(events(EVENT_FENCE)).toBe(u32(k == 5));
    }
  });
});
