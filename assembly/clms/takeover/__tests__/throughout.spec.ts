// T4: what suffices for the configuration at hand has to suffice for each that the list goes through, and who agrees has to
// count in each. Node 1 is candidate, or master, of ballot B9; slot 1 is applied.

import {
  BITMAP_BYTES, CAUSE_ADMIN, CFGOP_MODE, CFGOP_NODE, CFGOP_PROTO, CFGOP_REMOVE, ENGINE_MASTER, ENGINE_POLL, ENTF_LEARNING, ENTF_USED,
  KIND_CONFIG, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, MODE_ARBITER, MODE_CLASSIC, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NS_COMINGUP,
  NS_DOWN, NS_KCLEANUP, NS_UP, PHASE_KERNEL, RECF_FRESH, ROLE_OBSERVER, ROLE_VOTER,
} from "../../../abi/clms";
import { bitGet, bitPut, bitsClear } from "../../bits";
import { derive } from "../../fold/derive";
import { nodeArg } from "../../fold/nodearg";
import { entAt, fold, page, peerAt, self } from "../../layout";
import { registerSet } from "../../log/quorum";
import { ringPut } from "../../log/ring";
import { mergeFinish, mergeRecord } from "../../merge/walk";
import { recMake, recOf } from "../../record";
import { PEER_REPORTED } from "../../structs";
import { B1, B9, add, at, begin, linked, meta, report } from "../../merge/__tests__/craft";
import { agreeThroughout, sufficesThroughout } from "../throughout";

const SET: usize = memory.data(<i32>BITMAP_BYTES, 8);
/** The list that is made, up to this slot. */
let last: u64 = 1;

/** n voters, all UP; those of `reported` (bits) have reported to node 1. No list yet. */
function cluster(n: u32, mode: u32, reported: u32): void {
  begin(n, mode);
  derive();
  page().node = 1;
  page().inc = 1;
  page().lineage = 1;
  page().engine = <u8>ENGINE_POLL;
  page().applied = page().stored = page().last = page().low = 1;
  page().ballot = page().promised = B9;
  self().durable_promised = ((reported >> 1) & 1) != 0 ? B9 : 0;
  for (let i: u32 = 2; i <= 7; i++) {
    peerAt(i).lineage = 1;
    if (((reported >> i) & 1) != 0) peerAt(i).flags = PEER_REPORTED;
  }
  last = 1;
}
/** Node n was in another state before this list begins. */
function was(n: u32, state: u32): void {
  entAt(n).state = <u8>state;
  fold().nup = <u16>(<u32>fold().nup - 1);
  if (state != NS_COMINGUP) fold().nlive = <u16>(<u32>fold().nlive - 1);
  else fold().ncoming = 1;
  derive();
}
/** One record more in the list. */
function next(kind: u32, node: u32, from: u32, to: u32, inc: u32, setId: u32, arg: u64, flags: u32 = 0): void {
  last += 1;
  recMake(at(last), kind, node, from, to, inc, CAUSE_ADMIN, setId, arg);
  recOf(at(last)).flags = <u8>flags;
  linked(last, B1);
}
function nothing(): void {
  last += 1;
  meta(last, last, B1);
}
function config(node: u32, votes: u32, role: u32 = ROLE_VOTER): void {
  next(KIND_CONFIG, node, 0, CFGOP_NODE, 0, 0, nodeArg(role, 0, votes, 1, 1));
}
function down(node: u32): void {
  next(KIND_SET_BEGIN, 0, 0, 0, 0, 1, PHASE_KERNEL);
  next(KIND_NODE, node, NS_UP, NS_KCLEANUP, 1, 1, 0);
  next(KIND_SET_END, 0, 0, 0, 0, 1, PHASE_KERNEL);
}
/** The list becomes the canonical one, as node 2 reports it; its records. */
function merged(): u32 {
  report(2, 1, last);
  expect<i32>(add()).toBeGreaterThan(0);
  const n = mergeFinish(0);
  expect<u64>(<u64>n).toBe(last - 1);
  for (let s: u64 = 2; s <= last; s++) expect<u32>(recOf(mergeRecord(0, <u32>(s - 2))).kind).toBe(recOf(at(s)).kind, "it is legal");
  return <u32>n;
}
function suffices(): bool { return sufficesThroughout(merged()); }
/** The list is what this node, as master, has proposed; the i-th voter has accepted up to slot `has` if its bit is set. */
function proposed(accepted: u32, has: u64): void {
  page().engine = <u8>ENGINE_MASTER;
  for (let s: u64 = 2; s <= last; s++) ringPut(at(s), B9, 3);
  page().stored = page().last;
  self().durable_ballot = ((accepted >> 1) & 1) != 0 ? B9 : 0;
  self().durable_slot = page().last;
  for (let i: u32 = 2; i <= 7; i++) {
    peerAt(i).ack_ballot = ((accepted >> i) & 1) != 0 ? B9 : 0;
    peerAt(i).match = has;
  }
}
/** Numbers of those that agree throughout, as decimal digits. */
function agreed(): u32 {
  memory.fill(SET, 0xff, BITMAP_BYTES);
  agreeThroughout(SET);
  let list: u32 = 0;
  for (let n: u32 = 1; n <= 7; n++) if (bitGet(SET, n)) list = list * 10 + n;
  let more = false;
  for (let n: u32 = 8; n < BITMAP_BYTES << 3; n++) more = more || bitGet(SET, n);
  expect<bool>(more).toBe(false, "nor anybody else");
  return list;
}

describe("the reports", () => {
  test("A list that changes no votes asks for no more than the configuration at hand.", () => {
    cluster(3, MODE_MAJORITY, 0b0110);
    expect<bool>(sufficesThroughout(0)).toBe(true, "an empty list");
    nothing();
    next(KIND_CONFIG, 0, 0, CFGOP_PROTO, 0, 0, 2);
    expect<bool>(suffices()).toBe(true);
    expect<u32>(self().arb_wanted).toBe(0);
  });

  test("A voter more, or more votes, have to be outvoted by those that reported.", () => {
    for (let k: u32 = 0; k < 4; k++) {
      cluster(3, MODE_MAJORITY, k == 1 ? 0b1110 : 0b0110);
      nothing();
      config(k == 2 ? 3 : k == 3 ? 2 : 4, k < 2 ? 1 : 2);
      expect<bool>(suffices()).toBe(k == 1 || k == 3, "two of four; three of four; two of four; three of four");
    }
  });

  test("Every configuration on the way counts, not the last one only.", () => {
    cluster(3, MODE_MAJORITY, 0b0110);
    config(4, 1);
    next(KIND_CONFIG, 4, 0, CFGOP_REMOVE, 0, 0, 0);
    expect<bool>(suffices()).toBe(false, "two of three at the end, but two of four before that");
    cluster(3, MODE_MAJORITY, 0b0110);
    config(3, 1, ROLE_OBSERVER);
    config(4, 1);
    expect<bool>(suffices()).toBe(true, "two of two, two of three");
    cluster(3, MODE_MAJORITY, 0b0110);
    config(3, 1, ROLE_OBSERVER);
    config(4, 1);
    config(3, 1);
    expect<bool>(suffices()).toBe(false, "at last two of four");
  });

  test("Members that go or come change who is counted in a dynamic cluster, and nothing in one of configured votes.", () => {
    for (let mode: u32 = MODE_MAJORITY; mode <= MODE_MAJORITY_DYNAMIC; mode++) {
      cluster(3, mode, 0b1010);
      down(3);
      expect<bool>(suffices()).toBe(mode == MODE_MAJORITY, "1 of the members 1 and 2");
      cluster(3, mode, 0b0110);
      down(3);
      expect<bool>(suffices()).toBe(true, "both of 1 and 2");
      cluster(4, mode, 0b01110);
      was(4, NS_COMINGUP);
      next(KIND_NODE, 4, NS_COMINGUP, NS_UP, 1, 0, 0);
      expect<bool>(suffices()).toBe(true, "three of four");
    }
    cluster(4, MODE_MAJORITY_DYNAMIC, 0b00110);
    was(4, NS_COMINGUP);
    next(KIND_NODE, 4, NS_COMINGUP, NS_UP, 1, 0, 0);
    expect<bool>(suffices()).toBe(false, "two of three, then two of four");
  });

  test("A change of the mode is measured by the mode that it makes.", () => {
    for (let k: u32 = 0; k < 2; k++) {
      cluster(3, MODE_MAJORITY, k == 0 ? 0b0110 : 0b1110);
      next(KIND_CONFIG, 0, 0, CFGOP_MODE, 0, 0, MODE_CLASSIC);
      expect<bool>(suffices()).toBe(k == 1, "all members");
    }
  });

  test("A voter whose durable state is another by then does not count from there on.", () => {
    for (let fresh: u32 = 0; fresh < 2; fresh++) {
      cluster(3, MODE_MAJORITY, 0b0110);
      was(2, NS_DOWN);
      next(KIND_NODE, 2, NS_DOWN, NS_COMINGUP, 2, 77, 1002, fresh != 0 ? RECF_FRESH : 0);
      expect<bool>(suffices()).toBe(fresh == 0, "one of three");
    }
  });

  test("A list that cannot follow this fold suffices never.", () => {
    cluster(3, MODE_MAJORITY, 0b1110);
    nothing();
    nothing();
    const n = merged();
    expect<bool>(sufficesThroughout(n)).toBe(true);
    recOf(mergeRecord(0, 1)).prev_hash ^= 1;
    expect<bool>(sufficesThroughout(n)).toBe(false);
    expect<bool>(sufficesThroughout(1)).toBe(true, "up to there it does");
  });

  test("The arbiter's vote is wanted when any configuration needs it, and none can do without more than that.", () => {
    cluster(2, MODE_ARBITER, 0b010);
    expect<bool>(sufficesThroughout(0)).toBe(true);
    expect<u32>(self().arb_wanted).toBe(1, "one of two, and the arbiter: at once");
    for (let votes: u32 = 0; votes < 4; votes++) {
      cluster(2, MODE_ARBITER, 0b110);
      self().arb_wanted = 1;
      config(3, votes);
      nothing();
      expect<bool>(suffices()).toBe(votes < 3, votes.toString());
      if (votes < 3) expect<u32>(self().arb_wanted).toBe(u32(votes != 0), "two votes of three, of four, of five");
    }
    cluster(2, MODE_ARBITER, 0b110);
    bitsClear(registerSet());
    bitPut(registerSet(), 1, true);
    self().arb_held = 1;
    self().arb_ballot = B9;
    config(3, 2);
    expect<bool>(suffices()).toBe(true);
    expect<u32>(self().arb_wanted).toBe(0, "it has been given");
  });
});

describe("who agrees, in a takeover", () => {
  test("Those do that reported and whose vote counts; this node does when its own promise is durable.", () => {
    cluster(5, MODE_ARBITER, 0b101110);
    expect<u32>(agreed()).toBe(1235);
    peerAt(2).lineage = 0;
    entAt(3).flags = <u8>(ENTF_USED | ENTF_LEARNING);
    expect<u32>(agreed()).toBe(15);
    entAt(5).role = <u8>ROLE_OBSERVER;
    derive();
    expect<u32>(agreed()).toBe(1);
    self().durable_promised = B9 - 1;
    expect<u32>(agreed()).toBe(0);
  });

  test("Who does not count in any configuration on the way does not agree; a list without changes of votes takes nobody away.", () => {
    for (let fresh: u32 = 0; fresh < 2; fresh++) {
      cluster(3, MODE_ARBITER, 0b1110);
      was(2, NS_DOWN);
      nothing();
      next(KIND_NODE, 2, NS_DOWN, NS_COMINGUP, 2, 77, 1002, fresh != 0 ? RECF_FRESH : 0);
      next(KIND_NODE, 2, NS_COMINGUP, NS_UP, 2, 0, 0);
      merged();
      expect<u32>(agreed()).toBe(fresh == 0 ? 123 : 13);
    }
    cluster(3, MODE_ARBITER, 0b1110);
    nothing();
    merged();
    expect<u32>(agreed()).toBe(123);
  });

  test("Who already has the lineage that the list will give it does not agree: by the configuration at hand it does not count.", () => {
    cluster(3, MODE_ARBITER, 0b1110);
    was(2, NS_DOWN);
    next(KIND_NODE, 2, NS_DOWN, NS_COMINGUP, 2, 77, 1002, RECF_FRESH);
    next(KIND_NODE, 2, NS_COMINGUP, NS_UP, 2, 0, 0);
    peerAt(2).lineage = 2;
    merged();
    expect<u32>(agreed()).toBe(13);
  });

  test("Who ceases to vote on the way still agrees, as the voter it was; whom the list makes a voter does not.", () => {
    cluster(3, MODE_ARBITER, 0b11110);
    config(3, 1, ROLE_OBSERVER);
    config(4, 1);
    merged();
    expect<u32>(agreed()).toBe(123);
    peerAt(3).flags = 0;
    expect<u32>(agreed()).toBe(12);
    cluster(3, MODE_ARBITER, 0b1110);
    was(3, NS_DOWN);
    next(KIND_CONFIG, 3, 0, CFGOP_REMOVE, 0, 0, 0);
    merged();
    expect<u32>(agreed()).toBe(123, "out of the table, it has no lineage any more");
  });

  test("While the list is not made, only the configuration at hand is asked.", () => {
    cluster(3, MODE_ARBITER, 0b1110);
    was(2, NS_DOWN);
    next(KIND_NODE, 2, NS_DOWN, NS_COMINGUP, 2, 77, 1002, RECF_FRESH);
    report(2, 1, last);
    expect<i32>(add()).toBeGreaterThan(0);
    fold().slot = 2;
    expect<i32>(mergeFinish(0)).toBeLessThan(0, "the fold has moved on since it began");
    expect<u32>(agreed()).toBe(123);
  });
});

describe("who agrees, with a master", () => {
  test("Those do that have accepted all that it proposed, in this ballot; reports are of the past.", () => {
    cluster(3, MODE_ARBITER, 0b1110);
    proposed(0b0110, 1);
    expect<u32>(agreed()).toBe(12, "all that is decided");
    nothing();
    nothing();
    proposed(0b0110, 2);
    expect<u32>(agreed()).toBe(1, "2 has one of two");
    peerAt(2).match = 3;
    expect<u32>(agreed()).toBe(12);
    self().durable_slot = 2;
    expect<u32>(agreed()).toBe(2, "the own write is on its way");
  });

  test("Each must count by every record that it proposed and that changes votes.", () => {
    for (let fresh: u32 = 0; fresh < 2; fresh++) {
      cluster(3, MODE_ARBITER, 0);
      was(3, NS_DOWN);
      nothing();
      next(KIND_NODE, 3, NS_DOWN, NS_COMINGUP, 2, 77, 1003, fresh != 0 ? RECF_FRESH : 0);
      proposed(0b1110, 3);
      expect<u32>(agreed()).toBe(fresh == 0 ? 123 : 12);
    }
    cluster(3, MODE_ARBITER, 0);
    config(2, 1, ROLE_OBSERVER);
    proposed(0b1110, 2);
    expect<u32>(agreed()).toBe(123, "it was a voter before it");
  });
});
