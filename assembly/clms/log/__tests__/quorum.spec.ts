// What is enough: each mode, by tables of who has accepted. This node is 1; the slot that is asked about is 5.

import {
  ENTF_LAST, ENTF_LEARNING, MODE_ARBITER, MODE_CLASSIC, MODE_CLASSIC_FENCE, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NS_COMINGUP, NS_DOWN,
  NS_GOINGDOWN, NS_SHUTDOWN, NS_UP, ROLE_LEARNER, ROLE_OBSERVER, ROLE_WITNESS,
} from "../../../abi/clms";
import { bitPut, bitsClear } from "../../bits";
import { derive } from "../../fold/derive";
import { FOLD_BYTES, entAt, entIn, fold, foldBase, page, peerAt, scratchFold, self } from "../../layout";
import { PEER_FENCED, PEER_LEFTOUT, PEER_REPORTED } from "../../structs";
import { foldOf } from "../../__tests__/bed";
import { REPORTS, arbiterMay, counts, enough, isFullMember, registerSet } from "../quorum";

const SLOT: u64 = 5;
const B: u64 = 0x3_0001;
const SET: usize = memory.data(136, 8);

/** n voters, all UP, incarnation 1, and this node as master of ballot B. */
function cluster(n: u32, mode: u32): void {
  foldOf(n, mode);
  page().node = 1;
  page().inc = 1;
  page().ballot = B;
  page().lineage = 1;
  page().stored = SLOT;
  page().last = SLOT;
  for (let i: u32 = 1; i <= n; i++) {
    entAt(i).state = <u8>NS_UP;
    entAt(i).inc = 1;
    peerAt(i).lineage = 1;
  }
  fold().nlive = <u16>n;
  derive();
}
/** Bit i: node i has accepted the slot durably in this ballot. */
function acks(bits: u32): void {
  self().durable_ballot = (bits & 2) != 0 ? B : 0;
  self().durable_slot = SLOT;
  for (let i: u32 = 2; i < 32; i++) {
    peerAt(i).ack_ballot = ((bits >> i) & 1) != 0 ? B : 0;
    peerAt(i).match = SLOT;
  }
}
function suffices(bits: u32): bool {
  acks(bits);
  const own = enough(foldBase(), SLOT);
  // The same fold elsewhere gives the same answer.
  memory.copy(scratchFold(), foldBase(), FOLD_BYTES);
  expect<bool>(enough(scratchFold(), SLOT)).toBe(own);
  return own;
}
/** How many of the 2^n sets of nodes 1 to n suffice. */
function sufficient(n: u32): u32 {
  let count: u32 = 0;
  for (let bits: u32 = 0; bits < 1 << n; bits++) count += u32(suffices(bits << 1));
  return count;
}

describe("majority", () => {
  test("more than half of the configured votes, dead or alive", () => {
    cluster(3, MODE_MAJORITY);
    expect<u32>(sufficient(3)).toBe(4);
    cluster(4, MODE_MAJORITY);
    expect<u32>(sufficient(4)).toBe(5, "half is not enough");
    cluster(5, MODE_MAJORITY);
    expect<u32>(sufficient(5)).toBe(16);
    entAt(4).state = <u8>NS_DOWN;
    entAt(5).state = <u8>NS_DOWN;
    expect<bool>(suffices(0b000110)).toBe(false, "the dead count in the total");
    expect<bool>(suffices(0b001110)).toBe(true);
  });

  test("by weight; a witness votes, learners and observers do not", () => {
    cluster(3, MODE_MAJORITY);
    entAt(3).votes = 3;
    expect<u32>(sufficient(3)).toBe(4);
    expect<bool>(suffices(0b0110)).toBe(false);
    expect<bool>(suffices(0b1000)).toBe(true);
    entAt(3).votes = 1;
    entAt(3).role = <u8>ROLE_WITNESS;
    expect<bool>(suffices(0b1010)).toBe(true);
    for (let role: u32 = ROLE_LEARNER; role <= ROLE_OBSERVER; role++) {
      entAt(3).role = <u8>role;
      derive();
      expect<u32>(sufficient(3)).toBe(2, "of two voters both");
      expect<bool>(suffices(0b1010)).toBe(false);
    }
  });

  test("only of this ballot, this lineage, not LEARNING, and from a log that reaches the birth", () => {
    cluster(3, MODE_MAJORITY);
    acks(0b0110);
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(true);
    expect<bool>(counts(foldBase(), 3, SLOT)).toBe(false, "another ballot");
    peerAt(2).match = SLOT - 1;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(false, "not so far");
    peerAt(2).match = SLOT;
    peerAt(2).lineage = 0;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(false, "an empty disk");
    entAt(2).lineage = 0;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(false, "no lineage is none, even where both have none");
    entAt(2).lineage = 4;
    peerAt(2).lineage = 4;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(true);
    entAt(2).born = <u32>SLOT + 1;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(false, "born above what it has");
    entAt(2).born = <u32>SLOT;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(true);
    entAt(2).flags |= <u8>ENTF_LEARNING;
    expect<bool>(counts(foldBase(), 2, SLOT)).toBe(false);
    expect<bool>(counts(foldBase(), 1, SLOT)).toBe(true);
    self().durable_slot = SLOT - 1;
    expect<bool>(counts(foldBase(), 1, SLOT)).toBe(false, "the own acceptance is not durable");
    self().durable_slot = SLOT;
    page().lineage = 0;
    expect<bool>(counts(foldBase(), 1, SLOT)).toBe(false);
  });

  test("of reports: those that came, and the own durable promise", () => {
    cluster(3, MODE_MAJORITY);
    acks(0b1110);
    expect<bool>(enough(foldBase(), REPORTS)).toBe(false, "acceptances are no reports");
    peerAt(2).flags = PEER_REPORTED;
    expect<bool>(enough(foldBase(), REPORTS)).toBe(false);
    self().durable_promised = B - 1;
    expect<bool>(enough(foldBase(), REPORTS)).toBe(false);
    self().durable_promised = B;
    expect<bool>(enough(foldBase(), REPORTS)).toBe(true);
  });
});

describe("majority, dynamic", () => {
  test("only members count, while there are two; who comes up is none", () => {
    cluster(5, MODE_MAJORITY_DYNAMIC);
    expect<u32>(sufficient(5)).toBe(16);
    entAt(4).state = <u8>NS_DOWN;
    entAt(5).state = <u8>NS_DOWN;
    expect<bool>(suffices(0b000110)).toBe(true);
    expect<bool>(suffices(0b110010)).toBe(false, "the dead cannot help");
    expect<u32>(sufficient(5)).toBe(16, "two of 1 2 3, with or without 4 and 5");
    entAt(3).state = <u8>NS_COMINGUP;
    expect<bool>(suffices(0b001010)).toBe(false, "one that comes up has nothing that others could rest on");
    expect<u32>(sufficient(5)).toBe(8, "of 1 and 2 both");
    entAt(2).state = <u8>NS_GOINGDOWN;
    entAt(1).state = <u8>NS_SHUTDOWN;
    expect<u32>(sufficient(5)).toBe(8, "members as before");
    entAt(3).state = <u8>NS_UP;
    entAt(3).flags |= <u8>ENTF_LEARNING;
    expect<bool>(suffices(0b001110)).toBe(true);
    expect<bool>(suffices(0b001010)).toBe(false, "it is a member, but its vote does not count yet");
  });

  test("with fewer than two members all voters count: one of two could not tell who it is", () => {
    cluster(5, MODE_MAJORITY_DYNAMIC);
    for (let i: u32 = 2; i <= 5; i++) entAt(i).state = <u8>NS_DOWN;
    expect<bool>(suffices(0b000010)).toBe(false, "the only member");
    expect<u32>(sufficient(5)).toBe(16);
    expect<bool>(suffices(0b111000)).toBe(true, "also without it");
    entAt(2).state = <u8>NS_COMINGUP;
    expect<u32>(sufficient(5)).toBe(16);
    entAt(1).state = <u8>NS_DOWN;
    expect<u32>(sufficient(5)).toBe(16);
    entAt(3).flags |= <u8>ENTF_LEARNING;
    expect<u32>(sufficient(5)).toBe(10, "three of the four whose vote counts");
  });
});

describe("classic", () => {
  test("every member, whatever its state from UP to GOINGDOWN; those that come up are not asked", () => {
    for (let mode: u32 = MODE_CLASSIC; mode <= MODE_CLASSIC_FENCE; mode++) {
      cluster(3, mode);
      expect<u32>(sufficient(3)).toBe(1);
      entAt(2).state = <u8>NS_SHUTDOWN;
      entAt(3).state = <u8>NS_GOINGDOWN;
      expect<u32>(sufficient(3)).toBe(1);
      entAt(3).state = <u8>NS_COMINGUP;
      expect<bool>(suffices(0b0110)).toBe(true);
      expect<u32>(sufficient(3)).toBe(2);
    }
  });

  test("one that is left out is not waited for; in a fenced cluster only once its fence is confirmed", () => {
    cluster(3, MODE_CLASSIC);
    peerAt(3).flags = PEER_LEFTOUT;
    expect<bool>(suffices(0b0110)).toBe(true);
    cluster(3, MODE_CLASSIC_FENCE);
    peerAt(3).flags = PEER_LEFTOUT;
    expect<bool>(suffices(0b0110)).toBe(false);
    peerAt(3).flags |= PEER_FENCED;
    peerAt(3).fence_inc = 2;
    expect<bool>(suffices(0b0110)).toBe(false, "the fence of another incarnation");
    peerAt(3).fence_inc = 1;
    expect<bool>(suffices(0b0110)).toBe(true);
    peerAt(2).flags = peerAt(1).flags = PEER_LEFTOUT | PEER_FENCED;
    expect<bool>(suffices(0)).toBe(false, "somebody has to agree");
    expect<bool>(suffices(0b0010)).toBe(false, "2 has no confirmed fence of its incarnation");
    peerAt(2).fence_inc = 1;
    expect<bool>(suffices(0b0010)).toBe(true);
    page().inc = 0;
    expect<bool>(suffices(0b0010)).toBe(false, "a node that has restarted leaves nobody out");
  });

  test("nobody was ever up: every voter", () => {
    cluster(3, MODE_CLASSIC);
    for (let i: u32 = 1; i <= 3; i++) entAt(i).state = 0;
    fold().nlive = 0;
    derive();
    expect<u32>(sufficient(3)).toBe(1);
  });

  test("when no member is left: the last of them, which has everything; if it votes no more, every voter", () => {
    for (let mode: u32 = MODE_CLASSIC; mode <= MODE_CLASSIC_FENCE; mode++) {
      cluster(4, mode);
      for (let i: u32 = 1; i <= 4; i++) entAt(i).state = <u8>NS_DOWN;
      expect<u32>(sufficient(4)).toBe(1, "nobody is known as the last");
      entAt(4).flags |= <u8>ENTF_LAST;
      expect<bool>(suffices(0b10000)).toBe(true);
      expect<bool>(suffices(0b01110)).toBe(false);
      expect<u32>(sufficient(4)).toBe(8);
      peerAt(4).flags = PEER_LEFTOUT | PEER_FENCED;
      peerAt(4).fence_inc = 1;
      expect<bool>(suffices(0b01110)).toBe(false, "it cannot be left out");
      entAt(2).state = <u8>NS_COMINGUP;
      expect<u32>(sufficient(4)).toBe(8, "one that comes up is no member");
      entAt(2).state = <u8>NS_UP;
      expect<bool>(suffices(0b00100)).toBe(true, "a member");
      expect<bool>(suffices(0b11010)).toBe(false);
      entAt(2).state = <u8>NS_DOWN;
      entAt(4).role = <u8>ROLE_OBSERVER;
      expect<u32>(sufficient(4)).toBe(2, "the three that vote, with node 4 or without");
    }
  });

  test("whom a record still to be decided makes the last cannot be left out, though this node is a member by now", () => {
    cluster(2, MODE_CLASSIC);
    acks(0b010);
    peerAt(2).flags = PEER_LEFTOUT;
    expect<bool>(enough(foldBase(), SLOT)).toBe(true, "as a member it is");
    memory.copy(scratchFold(), foldBase(), FOLD_BYTES);
    entIn(scratchFold(), 1).state = entIn(scratchFold(), 2).state = <u8>NS_DOWN;
    entIn(scratchFold(), 2).flags |= <u8>ENTF_LAST;
    expect<bool>(enough(scratchFold(), SLOT)).toBe(false, "it alone has everything");
    entIn(scratchFold(), 2).flags &= ~<u8>ENTF_LAST;
    expect<bool>(enough(scratchFold(), SLOT)).toBe(false, "nor any voter, when all are asked");
    acks(0b110);
    expect<bool>(enough(scratchFold(), SLOT)).toBe(true);
  });

  test("who is left out is left out by a member only: one that comes up, or has restarted, may have missed all", () => {
    cluster(3, MODE_CLASSIC);
    peerAt(3).flags = PEER_LEFTOUT;
    for (let state: u32 = 0; state <= NS_DOWN; state++) {
      entAt(1).state = <u8>state;
      const member = state >= NS_UP && state <= NS_GOINGDOWN;
      page().inc = 1;
      expect<bool>(isFullMember()).toBe(member);
      expect<bool>(suffices(0b00110)).toBe(member, state.toString());
      expect<bool>(suffices(0b01110)).toBe(true);
      page().inc = 0;
      expect<bool>(isFullMember()).toBe(false);
      expect<bool>(suffices(0b00110)).toBe(false);
    }
    page().inc = 1;
    entAt(1).state = <u8>NS_UP;
    entAt(1).role = <u8>ROLE_OBSERVER;
    expect<bool>(isFullMember()).toBe(false, "an observer is no voting member");
    expect<bool>(suffices(0b00110)).toBe(false);
  });
});

describe("arbiter", () => {
  test("two nodes: both, or one of them with the register that names this ballot", () => {
    cluster(2, MODE_ARBITER);
    expect<bool>(suffices(0b110)).toBe(true);
    expect<bool>(suffices(0b010)).toBe(false);
    bitsClear(registerSet());
    bitPut(registerSet(), 1, true);
    self().arb_held = 1;
    self().arb_ballot = B;
    expect<bool>(suffices(0b010)).toBe(true);
    expect<bool>(suffices(0b100)).toBe(false, "a node of the set does not agree");
    self().arb_ballot = B - 1;
    expect<bool>(suffices(0b010)).toBe(false, "another ballot");
    self().arb_ballot = B;
    self().arb_held = 0;
    expect<bool>(suffices(0b010)).toBe(false, "not confirmed");
  });

  test("a set is wide enough with the arbiter's vote, and shares a node with the one before", () => {
    cluster(4, MODE_ARBITER);
    bitsClear(SET);
    bitPut(SET, 1, true);
    expect<bool>(arbiterMay(foldBase(), SET)).toBe(false, "1 + 1 of 5");
    bitPut(SET, 2, true);
    expect<bool>(arbiterMay(foldBase(), SET)).toBe(true, "2 + 1 of 5");
    self().arb_seen = 1;
    bitsClear(registerSet());
    bitPut(registerSet(), 3, true);
    bitPut(registerSet(), 4, true);
    expect<bool>(arbiterMay(foldBase(), SET)).toBe(false, "nobody saw what the others decided");
    bitPut(registerSet(), 2, true);
    expect<bool>(arbiterMay(foldBase(), SET)).toBe(true);
  });
});
