// What a master vouches for: only since a beat of its own that enough voters have acknowledged in this ballot. Node 1 is master;
// beats are told by the moment at which they were sent.

import {
  CAUSE_ADMIN, ENGINE_FOLLOWER, ENGINE_MASTER, ENTF_LEARNING, ENTF_USED, MODE_ARBITER, MODE_CLASSIC, MODE_MAJORITY,
  MODE_MAJORITY_DYNAMIC, MSG_COMMIT, Msg, NS_DOWN, NS_GOINGDOWN, NS_KCLEANUP, ROLE_OBSERVER,
} from "../../../abi/clms";
import { bitPut, bitsClear } from "../../bits";
import { derive } from "../../fold/derive";
import { MS, entAt, page, peerAt, self } from "../../layout";
import { registerSet } from "../../log/quorum";
import { clms_msg_next } from "../../out";
import { PEER_DOOMED, PEER_LEFTOUT } from "../../structs";
import { beatAll, beatTick, mayHoldLease } from "../beat";
import { masterBegin } from "../begin";
import { setsWork } from "../sets";
import { B, LEASE, MISS, NOW, cluster, evict, state } from "./world";

/** n voters; nobody has acknowledged a beat of this ballot yet. */
function fresh(n: u32, mode: u32 = MODE_MAJORITY): void {
  cluster(n, mode, 0);
  for (let i: u32 = 2; i <= n; i++) peerAt(i).ack_at = 0;
}
/** Node n acknowledges, at `at`, the beat that was sent at `echo`; its own clock is the same, less a second. */
function acks(n: u32, echo: u64, at: u64 = NOW): void {
  const peer = peerAt(n);
  peer.ack_ballot = B;
  peer.ack_echo = echo;
  peer.ack_at = at;
  peer.live_clock = at - 1_000 * MS;
}
/** What the beat that went to a node says: which clock it echoes, and for how long, in µs, it vouches from there. */
let echoed: u64 = 0;
let vouched: u32 = 0;
/** Beats; how many COMMITs went out. */
function beat(to: u32 = 0): u32 {
  let count: u32 = 0;
  while (clms_msg_next() == 1) continue;
  beatAll();
  echoed = 0;
  vouched = 0;
  while (clms_msg_next() == 1) {
    const msg = changetype<Msg>(<usize>page().msg_addr);
    expect<u32>(msg.kind).toBe(MSG_COMMIT);
    count += 1;
    if (page().msg_to != to) continue;
    echoed = msg.aux;
    vouched = msg.count;
  }
  return count;
}
/** Since when the master vouches. */
function since(): u64 {
  beat();
  return self().acked_at;
}

describe("what enough voters have acknowledged", () => {
  test("Before the first such beat nobody is vouched for, the master itself included.", () => {
    fresh(5);
    self().quorum_at = NOW;
    acks(2, NOW - 10 * MS);
    expect<u32>(beat(2)).toBe(4);
    expect<u64>(self().acked_at).toBe(0, "two of five");
    expect<u64>(page().lease_until).toBe(0);
    expect<u64>(echoed).toBe(NOW - 1_000 * MS);
    expect<u32>(vouched).toBe(0);
    expect<u64>(self().quorum_at).toBe(NOW, "when it gives up counts from its beginning");
    acks(3, NOW - 20 * MS);
    beat(2);
    expect<u64>(self().acked_at).toBe(NOW - 20 * MS, "three of five");
    expect<u64>(page().lease_until).toBe(NOW - 20 * MS + LEASE);
    expect<u32>(vouched).toBe(540_000);
  });

  test("A new ballot begins without any, whatever was acknowledged in the one before.", () => {
    fresh(3);
    for (let n: u32 = 2; n <= 3; n++) acks(n, NOW - 10 * MS);
    expect<u64>(since()).toBe(NOW - 10 * MS);
    expect<bool>(mayHoldLease(2)).toBe(true);
    const lease = page().lease_until;
    page().ballot = page().promised = B + 0x1_0000;
    masterBegin();
    expect<u64>(self().quorum_at).toBe(NOW);
    while (clms_msg_next() == 1) continue;
    expect<u64>(since()).toBe(0);
    for (let n: u32 = 2; n <= 3; n++) {
      expect<u64>(peerAt(n).ack_echo).toBe(0);
      expect<u64>(peerAt(n).vouched).toBe(0, "what was vouched for before is in the barrier");
      acks(n, NOW);
    }
    expect<u64>(since()).toBe(0, "those are acknowledgements to the ballot before");
    expect<u64>(page().lease_until).toBe(lease, "not renewed");
    for (let n: u32 = 2; n <= 3; n++) peerAt(n).ack_ballot = page().ballot;
    expect<u64>(since()).toBe(NOW);
  });

  test("It is the latest beat that enough of them have acknowledged, in whatever order they stand.", () => {
    for (let turn: u32 = 0; turn < 4; turn++) {
      fresh(5);
      for (let i: u32 = 0; i < 4; i++) acks(2 + i, NOW - (1 + (i + turn) % 4) * 10 * MS);
      expect<u64>(since()).toBe(NOW - 20 * MS, turn.toString());
      fresh(5, MODE_CLASSIC);
      for (let i: u32 = 0; i < 4; i++) acks(2 + i, NOW - (1 + (i + turn) % 4) * 10 * MS);
      expect<u64>(since()).toBe(NOW - 40 * MS, "all of them");
    }
  });

  test("It is counted in votes, of those whose vote counts: no other lineage, no learner, no observer, no other ballot.", () => {
    for (let k: u32 = 0; k < 6; k++) {
      fresh(3);
      acks(2, NOW - 10 * MS);
      if (k == 1) peerAt(2).lineage = 0;
      if (k == 2) entAt(2).flags = <u8>(ENTF_USED | ENTF_LEARNING);
      if (k == 3) entAt(2).role = <u8>ROLE_OBSERVER;
      if (k == 4) peerAt(2).ack_ballot = B - 0x1_0000;
      if (k == 5) entAt(3).votes = 2;
      derive();
      expect<u64>(since()).toBe(k == 0 ? NOW - 10 * MS : 0, k.toString());
    }
  });

  test("It never goes back when what they acknowledged is not known any more.", () => {
    fresh(3);
    acks(2, NOW - 10 * MS);
    expect<u64>(since()).toBe(NOW - 10 * MS);
    acks(2, NOW - 30 * MS);
    expect<u64>(since()).toBe(NOW - 10 * MS);
    peerAt(2).ack_ballot = 0;
    expect<u64>(since()).toBe(NOW - 10 * MS);
  });

  test("Who is enough alone, alone or by what the mode says, has acknowledged this very beat.", () => {
    fresh(1);
    expect<u64>(since()).toBe(NOW);
    fresh(3, MODE_CLASSIC);
    acks(2, NOW - 10 * MS);
    expect<u64>(since()).toBe(0, "all members");
    peerAt(3).flags = PEER_LEFTOUT;
    expect<u64>(since()).toBe(NOW - 10 * MS, "but for those that are left out");
    fresh(5, MODE_MAJORITY_DYNAMIC);
    acks(2, NOW - 10 * MS);
    expect<u64>(since()).toBe(0, "two of five");
    for (let n: u32 = 4; n <= 5; n++) state(n, NS_DOWN);
    expect<u64>(since()).toBe(NOW - 10 * MS, "two of three members");
    fresh(2, MODE_ARBITER);
    expect<u64>(since()).toBe(0, "one of three");
    self().arb_held = 1;
    self().arb_ballot = B;
    bitsClear(registerSet());
    bitPut(registerSet(), 1, true);
    expect<u64>(since()).toBe(NOW, "with the arbiter's vote");
  });

  test("A master that enough have not acknowledged for long gives up; one that they have, does not.", () => {
    fresh(3);
    acks(2, NOW);
    beatTick(NOW);
    for (let k: u32 = 0; k < 2; k++) {
      page().now = NOW + 4 * MISS + k;
      beatTick(page().now);
      expect<u32>(page().engine).toBe(k == 0 ? ENGINE_MASTER : ENGINE_FOLLOWER);
    }
    fresh(3);
    page().now = NOW + 4 * MISS + 1;
    acks(2, NOW + 1);
    beatTick(page().now);
    expect<u32>(page().engine).toBe(ENGINE_MASTER);
  });
});

describe("a beat", () => {
  test("It vouches up to that beat and a lease, counted from the moment at which the echoed clock came.", () => {
    fresh(3);
    acks(2, NOW - 100 * MS, NOW - 40 * MS);
    acks(3, NOW - 100 * MS, NOW - 90 * MS);
    beat(2);
    expect<u32>(vouched).toBe(500_000, "the lease, less the 60 ms from the beat to the ACK");
    expect<u64>(peerAt(2).vouched).toBe(NOW - 40 * MS);
    beat(3);
    expect<u32>(vouched).toBe(550_000);
    acks(2, NOW - 100 * MS, NOW + LEASE);
    acks(3, NOW - 100 * MS);
    page().now = NOW + LEASE;
    beat(2);
    expect<u32>(vouched).toBe(0, "it has ended before that clock came");
  });

  test("It goes to all voters, and to all live nodes, each once, never to this node.", () => {
    fresh(5);
    state(4, NS_DOWN);
    for (let n: u32 = 3; n <= 5; n++) entAt(n).role = n == 3 ? <u8>ROLE_OBSERVER : 0;
    entAt(5).role = <u8>ROLE_OBSERVER;
    state(5, NS_DOWN);
    expect<u32>(beat()).toBe(3, "2, the observer 3 and the voter 4");
  });

  test("It echoes nothing to one that is to go, has not acknowledged in this ballot, or is no member; its lease ends.", () => {
    for (let k: u32 = 0; k < 4; k++) {
      fresh(5);
      for (let n: u32 = 2; n <= 5; n++) acks(n, NOW - 10 * MS);
      peerAt(2).vouched = NOW - 500 * MS;
      if (k == 1) peerAt(2).flags = PEER_DOOMED;
      if (k == 2) peerAt(2).ack_ballot = B - 0x1_0000;
      if (k == 3) peerAt(2).ack_at = 0;
      beat(2);
      expect<u64>(echoed).toBe(k == 0 ? NOW - 1_000 * MS : 0, k.toString());
      expect<bool>(vouched != 0).toBe(k == 0);
      expect<u64>(peerAt(2).vouched).toBe(k == 0 ? NOW : NOW - 500 * MS);
      beat(3);
      expect<u32>(vouched).toBe(550_000, "the others are vouched for");
    }
  });

  test("A master that is to go renews its own lease no more, nor one without incarnation, but vouches for the others.", () => {
    for (let k: u32 = 0; k < 3; k++) {
      fresh(3);
      for (let n: u32 = 2; n <= 3; n++) acks(n, NOW - 10 * MS);
      page().lease_until = NOW + 1;
      if (k == 1) peerAt(1).flags = PEER_DOOMED;
      if (k == 2) page().inc = 0;
      beat(2);
      expect<u64>(page().lease_until).toBe(k == 0 ? NOW - 10 * MS + LEASE : NOW + 1, k.toString());
      expect<u32>(vouched).toBe(550_000);
    }
    fresh(3);
    for (let n: u32 = 2; n <= 3; n++) acks(n, NOW - 10 * MS);
    page().lease_until = NOW + 1;
    evict(1, CAUSE_ADMIN);
    expect<bool>(setsWork()).toBe(true);
    beat();
    expect<u64>(page().lease_until).toBe(0, "dropped with the proposal, and not taken up again");
  });
});

describe("a lease that another may still hold", () => {
  test("It may as long as what was vouched for last lasts, and a quarter more.", () => {
    fresh(3);
    for (let n: u32 = 2; n <= 3; n++) acks(n, NOW - 10 * MS, NOW - 7);
    expect<bool>(mayHoldLease(2)).toBe(false, "nothing has been said to it yet");
    page().now = 1;
    expect<bool>(mayHoldLease(2)).toBe(false, "nor is that a matter of what time it is");
    page().now = NOW;
    beat();
    expect<bool>(mayHoldLease(2)).toBe(true);
    page().now = NOW - 7 + LEASE + (LEASE >> 2);
    expect<bool>(mayHoldLease(2)).toBe(true);
    page().now += 1;
    expect<bool>(mayHoldLease(2)).toBe(false);
  });

  test("It may while the one before could have vouched for it, and not when it is no live node.", () => {
    fresh(3);
    self().lease_barrier = NOW + 1;
    expect<bool>(mayHoldLease(2)).toBe(true);
    page().now = NOW + 1;
    expect<bool>(mayHoldLease(2)).toBe(false);
    peerAt(2).vouched = NOW;
    entAt(2).state = <u8>NS_GOINGDOWN;
    expect<bool>(mayHoldLease(2)).toBe(true);
    entAt(2).state = <u8>NS_KCLEANUP;
    expect<bool>(mayHoldLease(2)).toBe(false);
  });
});
