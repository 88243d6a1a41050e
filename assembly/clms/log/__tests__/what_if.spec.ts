// What would be enough: if a node were in another state, beside a new voter, with the arbiter's vote. Nothing proposed may
// block what comes after it. This node is 1; the slot that is asked about is 5.

import {
  ENTF_LEARNING, ENTF_USED, MODE_ARBITER, MODE_CLASSIC, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NS_COMINGUP, NS_DOWN, NS_KCLEANUP,
  NS_UP,
} from "../../../abi/clms";
import { bitPut, bitsClear } from "../../bits";
import { FOLD_BYTES, entAt, entIn, fold, foldAt, foldBase, page, peerAt, scratchFold, self } from "../../layout";
import { PEER_REPORTED } from "../../structs";
import { foldOf, saveFold, sameFold } from "../../__tests__/bed";
import { REPORTS, arbiterNeeded, counts, enough, enoughBeside, enoughIf, enoughWithArbiter, registerSet } from "../quorum";

const SLOT: u64 = 5;
const B: u64 = 0x3_0001;

/** n voters, all UP, and this node as master of ballot B; those whose bit is set have accepted the slot. */
function cluster(n: u32, mode: u32, acked: u32): void {
  foldOf(n, mode);
  page().node = 1;
  page().inc = 1;
  page().ballot = B;
  page().lineage = 1;
  page().stored = SLOT;
  page().last = SLOT;
  self().durable_ballot = (acked & 2) != 0 ? B : 0;
  self().durable_slot = SLOT;
  for (let i: u32 = 1; i <= n; i++) {
    entAt(i).state = <u8>NS_UP;
    entAt(i).inc = 1;
    peerAt(i).lineage = 1;
    if (i != 1 && ((acked >> i) & 1) != 0) peerAt(i).ack_ballot = B;
    peerAt(i).match = SLOT;
  }
}
/** The answer for node n in another state; the fold is as it was. */
function would(n: u32, to: u32): bool {
  saveFold();
  const result = enoughIf(foldBase(), n, to, SLOT);
  expect<bool>(sameFold(foldBase())).toBe(true, "asking changes nothing");
  return result;
}
function beside(n: u32, votes: u32): bool {
  saveFold();
  const result = enoughBeside(foldBase(), n, votes, SLOT);
  expect<bool>(sameFold(foldBase())).toBe(true, "asking changes nothing");
  return result;
}

describe("if a node were in another state", () => {
  test("a member more is a vote more that is needed", () => {
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b00110);
    entAt(4).state = <u8>NS_COMINGUP;
    expect<bool>(would(4, NS_COMINGUP)).toBe(true, "two of three");
    expect<bool>(would(4, NS_UP)).toBe(false, "two of four");
    peerAt(3).ack_ballot = B;
    expect<bool>(would(4, NS_UP)).toBe(true, "three of four");
  });

  test("one that comes up votes once it is up, though it joined without durable state", () => {
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b10110);
    entAt(4).state = <u8>NS_COMINGUP;
    entAt(4).flags = <u8>(ENTF_USED | ENTF_LEARNING);
    expect<bool>(would(4, NS_UP)).toBe(true, "its own acceptance is the third");
    expect<bool>(enough(foldBase(), SLOT)).toBe(true, "two of the three members");
    peerAt(2).ack_ballot = 0;
    expect<bool>(would(4, NS_UP)).toBe(false);
    expect<bool>(would(4, NS_KCLEANUP)).toBe(false, "one of three");
  });

  test("a member less: those that answer have to be enough without it; below two all voters count again", () => {
    cluster(3, MODE_MAJORITY_DYNAMIC, 0b0010);
    expect<bool>(would(3, NS_KCLEANUP)).toBe(false, "one of two");
    cluster(3, MODE_MAJORITY_DYNAMIC, 0b0110);
    expect<bool>(would(3, NS_KCLEANUP)).toBe(true, "two of two");
    expect<bool>(would(2, NS_KCLEANUP)).toBe(false, "one of 1 and 3");
    entAt(3).state = <u8>NS_DOWN;
    expect<bool>(would(2, NS_KCLEANUP)).toBe(true, "one member left: two of three voters");
    peerAt(2).ack_ballot = 0;
    expect<bool>(would(2, NS_KCLEANUP)).toBe(false, "one of three voters");
  });

  test("by the rules of every other mode", () => {
    cluster(3, MODE_MAJORITY, 0b0110);
    expect<bool>(would(3, NS_KCLEANUP)).toBe(true);
    expect<bool>(would(1, NS_KCLEANUP)).toBe(true, "states make no difference");
    cluster(3, MODE_CLASSIC, 0b0110);
    expect<bool>(would(3, NS_UP)).toBe(false, "it has to agree");
    expect<bool>(would(3, NS_KCLEANUP)).toBe(true);
  });
});

describe("beside a new voter", () => {
  test("who has nothing yet, those that have accepted have to be enough by themselves", () => {
    cluster(3, MODE_MAJORITY, 0b0110);
    expect<bool>(enough(foldBase(), SLOT)).toBe(true);
    expect<bool>(beside(4, 1)).toBe(false, "two of four");
    peerAt(3).ack_ballot = B;
    expect<bool>(beside(4, 1)).toBe(true, "three of four");
    expect<bool>(beside(4, 2)).toBe(true, "three of five");
    expect<bool>(beside(4, 3)).toBe(false, "three of six");
    expect<bool>(beside(900, 3)).toBe(false, "far above the others, too");
    expect<bool>(beside(900, 2)).toBe(true);
  });

  test("where only members count it is none yet", () => {
    cluster(3, MODE_MAJORITY_DYNAMIC, 0b0110);
    expect<bool>(beside(4, 200)).toBe(true, "two of three");
    for (let i: u32 = 2; i <= 3; i++) entAt(i).state = <u8>NS_DOWN;
    expect<bool>(beside(4, 1)).toBe(false, "one member: all voters, two of four");
  });

  test("where there is an arbiter, with its vote", () => {
    cluster(3, MODE_ARBITER, 0b0010);
    expect<bool>(beside(4, 1)).toBe(false, "two of five");
    peerAt(2).ack_ballot = B;
    expect<bool>(beside(4, 1)).toBe(true, "three of five");
    expect<bool>(beside(4, 2)).toBe(false, "three of six");
  });
});

describe("with the arbiter's vote", () => {
  test("half is enough, less is not; other modes have none", () => {
    cluster(4, MODE_ARBITER, 0b00110);
    expect<bool>(enough(foldBase(), SLOT)).toBe(false);
    expect<bool>(enoughWithArbiter(foldBase(), SLOT)).toBe(true, "three of five");
    peerAt(2).ack_ballot = 0;
    expect<bool>(enoughWithArbiter(foldBase(), SLOT)).toBe(false, "two of five");
    fold().mode = <u8>MODE_MAJORITY;
    peerAt(2).ack_ballot = B;
    expect<bool>(enoughWithArbiter(foldBase(), SLOT)).toBe(false, "two of four");
    peerAt(3).ack_ballot = B;
    expect<bool>(enoughWithArbiter(foldBase(), SLOT)).toBe(true);
  });

  test("is needed for a takeover only when the reports do not suffice without, and do with it", () => {
    cluster(4, MODE_ARBITER, 0);
    self().durable_promised = B;
    expect<bool>(arbiterNeeded(foldBase())).toBe(false, "two of five");
    peerAt(3).flags = PEER_REPORTED;
    expect<bool>(arbiterNeeded(foldBase())).toBe(true, "three of five");
    fold().mode = <u8>MODE_MAJORITY;
    expect<bool>(arbiterNeeded(foldBase())).toBe(false, "there is none");
    fold().mode = <u8>MODE_ARBITER;
    peerAt(4).flags = PEER_REPORTED;
    expect<bool>(arbiterNeeded(foldBase())).toBe(false, "three of five without it");
    peerAt(4).flags = 0;
    bitsClear(registerSet());
    bitPut(registerSet(), 1, true);
    self().arb_held = 1;
    self().arb_ballot = B;
    expect<bool>(arbiterNeeded(foldBase())).toBe(false, "it has been given");
  });
});

describe("whose log reaches its birth", () => {
  test("counts: by the fold that is asked for a slot, by this node's own fold for a report", () => {
    cluster(3, MODE_MAJORITY, 0b0110);
    memory.copy(scratchFold(), foldBase(), FOLD_BYTES);
    peerAt(2).flags = PEER_REPORTED;
    foldAt(scratchFold()).slot = 9;
    entIn(scratchFold(), 2).born = 9;
    expect<bool>(counts(scratchFold(), 2, SLOT)).toBe(false, "it has accepted up to 5, and is born at 9");
    expect<bool>(counts(scratchFold(), 2, REPORTS)).toBe(true, "its COMINGUP at 9 is not decided: the log that it had may lack it");
    entAt(2).born = 9;
    expect<bool>(counts(scratchFold(), 2, REPORTS)).toBe(false, "it is decided: it reports from before its birth");
    entAt(2).born = <u32>SLOT + 1;
    expect<bool>(counts(scratchFold(), 2, REPORTS)).toBe(true, "only the COMINGUP itself is missing");
    entAt(2).born = <u32>SLOT + 2;
    expect<bool>(counts(scratchFold(), 2, REPORTS)).toBe(false);
    expect<u32>(entAt(2).flags).toBe(ENTF_USED);
  });
});
