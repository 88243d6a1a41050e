// Rules C, C' and C" of the merge: slots without a value, and what it takes to fill them.

import {
  EAGAIN, ENTF_LEARNING, EOVERFLOW, KIND_DUMMY, KIND_META, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, MODE_ARBITER, MODE_CLASSIC,
  MODE_MAJORITY_DYNAMIC, NS_COMINGUP, NS_DOWN, NS_KCLEANUP, NS_UP, PHASE_KERNEL, RECF_GAP, RECF_REPROPOSED, STAGE_DECIDED,
  STAGE_PREPARED,
} from "../../../abi/clms";
import { entAt, fold } from "../../layout";
import { recMake, recValid } from "../../record";
import { mergeDecided, mergeFinish, mergeMissing, mergeReported } from "../walk";
import { B1, B2, B9, add, at, begin, canon, damage, hole, history, inReport, linked, meta, put, rec, report } from "./craft";

/** Reports of nodes first to last, each with nothing above slot 1 but what `upto` of the history says. */
function others(first: u32, last: u32, upto: u64): void {
  for (let n = first; n <= last; n++) {
    report(n, 1, upto);
    expect<i32>(add()).toBe(<i32>(upto - 1));
  }
}

/** Slot 2 is a gap below slot 3 in the reports of nodes 1 to n. */
function gapReports(n: u32): void {
  history(3);
  for (let i: u32 = 1; i <= n; i++) {
    report(i, 1, 3);
    hole(2);
    add();
  }
}

describe("rule C: a gap", () => {
  test("becomes a DUMMY only with a nack quorum: majority of 5", () => {
    begin(5);
    gapReports(2);
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    expect<u64>(mergeMissing(0)).toBe(2);
    report(3, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
    expect<u32>(canon(2).kind).toBe(KIND_DUMMY);
    expect<u32>(canon(2).flags).toBe(RECF_GAP);
    expect<u64>(canon(2).ballot).toBe(B9);
    expect<u32>(canon(3).kind).toBe(KIND_META);
    expect<u32>(canon(3).flags).toBe(RECF_REPROPOSED);
    expect<u64>(canon(3).prev_hash).toBe(canon(2).self_hash);
    expect<bool>(recValid(changetype<usize>(canon(3)))).toBe(true);
  });

  test("filled by a later report it is no gap", () => {
    begin(5);
    gapReports(2);
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    report(3, 1, 2);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
    expect<u64>(canon(2).self_hash).toBe(rec(2).self_hash);
    expect<u64>(canon(3).self_hash).toBe(rec(3).self_hash);
  });

  test("even numbers: majority of 4 takes 3, so 2 nacks are enough", () => {
    begin(4);
    gapReports(1);
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
  });

  test("votes have weight", () => {
    begin(3);
    entAt(1).votes = 3;
    gapReports(1);
    expect<i32>(mergeFinish(0)).toBe(2);
    begin(3);
    entAt(3).votes = 3;
    gapReports(2);
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
  });

  test("classic: one that would have had to accept", () => {
    begin(5, MODE_CLASSIC);
    gapReports(1);
    expect<i32>(mergeFinish(0)).toBe(2);
  });

  test("classic: not one that has restarted, unless all have nothing", () => {
    begin(3, MODE_CLASSIC);
    history(3);
    for (let n: u32 = 1; n <= 3; n++) {
      report(n, 1, n == 1 ? 3 : 1).booting = 1;
      if (n == 1) hole(2);
      add();
      expect<i32>(mergeFinish(0)).toBe(n == 3 ? 2 : -EAGAIN);
    }
  });

  test("classic: not one that is still coming up, for nobody waits for it", () => {
    begin(3, MODE_CLASSIC);
    entAt(3).state = <u8>NS_COMINGUP;
    history(3);
    report(3, 1, 3);
    hole(2);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
  });

  test("dynamic: votes of the dead do not count in the total", () => {
    begin(5, MODE_MAJORITY_DYNAMIC);
    for (let n: u32 = 3; n <= 5; n++) entAt(n).state = <u8>NS_DOWN;
    fold().nlive = 2;
    fold().nup = 2;
    gapReports(1);
    expect<i32>(mergeFinish(0)).toBe(2);
  });

  test("arbiter: two votes and the third party's: both nodes have to deny", () => {
    begin(2, MODE_ARBITER);
    gapReports(1);
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
  });

  test("who has not promised, has another lineage, is learning, or does not vote, denies nothing", () => {
    for (let why: u32 = 0; why < 4; why++) {
      begin(5);
      gapReports(2);
      const r = report(3, 1, 1);
      if (why == 0) r.promised = B2;
      if (why == 2) entAt(3).flags |= <u8>ENTF_LEARNING;
      if (why == 3) r.node = 9;
      expect<i32>(add(why == 1 ? 7 : 1)).toBe(0);
      expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    }
  });

  test("the configuration is that of the slot before, not that of the base", () => {
    begin(5, MODE_MAJORITY_DYNAMIC);
    // Slots 2 to 4 take nodes 4 and 5 out; slot 5 is the gap: then 2 of 3 are enough.
    recMake(at(2), KIND_SET_BEGIN, 0, 0, 0, 0, 0, 1, PHASE_KERNEL);
    linked(2, B1);
    recMake(at(3), KIND_NODE, 4, NS_UP, NS_KCLEANUP, 1, 0, 1, 0);
    linked(3, B1);
    recMake(at(4), KIND_NODE, 5, NS_UP, NS_KCLEANUP, 1, 0, 1, 0);
    linked(4, B1);
    meta(5, 1, B1);
    recMake(at(6), KIND_SET_END, 0, 0, 0, 0, 0, 1, PHASE_KERNEL);
    linked(6, B1);
    report(1, 4, 6);
    hole(5);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    expect<u64>(mergeMissing(0)).toBe(5);
    report(2, 4, 4);
    add();
    expect<i32>(mergeFinish(0)).toBe(5);
    expect<u32>(mergeDecided(0)).toBe(3);
    expect<u32>(canon(5).flags).toBe(RECF_GAP);
    expect<u32>(canon(6).kind).toBe(KIND_SET_END);
  });
});

describe("rule C': who has dropped records has seen them decided", () => {
  test("its checkpoint has to be fetched", () => {
    begin(3);
    history(9);
    const r = report(1, 8, 9);
    r.low = 5;
    r.from = 5;
    expect<i32>(add()).toBe(-EOVERFLOW);
    expect<bool>(mergeReported(0, 1)).toBe(false);
  });

  test("decided slots without a value are never filled, however many deny them", () => {
    begin(3);
    history(4);
    report(1, 4, 4);
    damage(3);
    add();
    others(2, 3, 1);
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    expect<u64>(mergeMissing(0)).toBe(3);
  });

  test("a decided slot is filled by a copy that its successor names, and by no other", () => {
    begin(5);
    history(4);
    report(1, 4, 4);
    damage(3);
    add();
    meta(3, 1000, B2);
    report(2, 1, 3).accepted = B2;
    put(2, STAGE_PREPARED);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    begin(5);
    history(4);
    report(1, 4, 4);
    damage(3);
    add();
    others(2, 2, 3);
    expect<i32>(mergeFinish(0)).toBe(3);
    expect<u32>(mergeDecided(0)).toBe(3);
    expect<u32>(canon(3).stage).toBe(STAGE_DECIDED);
  });
});

describe("rule C\": damaged is not empty", () => {
  test("a record that is UNKNOWN is no nack", () => {
    begin(3);
    history(3);
    report(1, 1, 3);
    damage(2);
    add();
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    report(3, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
    expect<u32>(canon(2).flags).toBe(RECF_GAP);
  });

  test("nor is one that does not fit its hash", () => {
    begin(3);
    history(3);
    report(1, 1, 3);
    inReport(2).arg ^= 1;
    add();
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
    expect<u64>(mergeMissing(0)).toBe(2);
  });

  test("a damaged copy may have been of a higher ballot than what is left", () => {
    for (let higher: u32 = 0; higher < 2; higher++) {
      begin(3);
      meta(2, 5, B1);
      report(1, 1, 2).accepted = higher == 0 ? B1 : B2;
      damage(2);
      add();
      report(2, 1, 2);
      add();
      // The copy that is left is of B1: that is safe if the other never accepted above, or if a majority did not.
      expect<i32>(mergeFinish(0)).toBe(higher == 0 ? 1 : -EAGAIN);
      if (higher == 0) continue;
      report(3, 1, 1);
      add();
      expect<i32>(mergeFinish(0)).toBe(1);
      expect<u64>(canon(2).arg).toBe(5);
    }
  });

  test("a damaged tail is not forgotten", () => {
    begin(3);
    history(2);
    report(1, 1, 2);
    damage(2);
    add();
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EAGAIN);
  });
});
