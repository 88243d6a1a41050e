// Rules A and B of the merge: which value survives. And the course of a merge.

import {
  EEXIST, EPERM, EUCLEAN, KIND_NODE, NS_COMINGUP, NS_DOWN, STAGE_DECIDED, STAGE_PREPARED, TransRec_SIZE,
} from "../../../abi/clms";
import { fold } from "../../layout";
import { recMake } from "../../record";
import { mergeConflicts, mergeDecided, mergeFinish, mergeReported } from "../walk";
import { B1, B2, add, at, begin, canon, history, inReport, linked, meta, rec, report } from "./craft";

/** Reports of nodes first to last, each with nothing above slot 1 but what `upto` of the history says. */
function others(first: u32, last: u32, upto: u64): void {
  for (let n = first; n <= last; n++) {
    report(n, 1, upto);
    expect<i32>(add()).toBe(<i32>(upto - 1));
  }
}

describe("rule A: what is decided stays", () => {
  test("a decided record beats one of a higher ballot", () => {
    begin(5);
    meta(2, 77, B2);
    report(1, 1, 2);
    add();
    meta(2, 42, B1);
    report(2, 2, 2);
    expect<i32>(add()).toBe(1);
    expect<i32>(mergeFinish(0)).toBe(1);
    expect<u32>(mergeDecided(0)).toBe(1);
    expect<u64>(canon(2).arg).toBe(42);
    expect<u64>(canon(2).ballot).toBe(B1);
    expect<u32>(canon(2).flags).toBe(0);
    expect<u32>(canon(2).stage).toBe(STAGE_DECIDED);
  });

  test("a slot up to applied is decided whatever its stage says", () => {
    begin(5);
    history(4);
    report(1, 4, 4);
    for (let s: u64 = 2; s <= 4; s++) inReport(s).stage = <u8>STAGE_PREPARED;
    add();
    expect<i32>(mergeFinish(0)).toBe(3);
    expect<u32>(mergeDecided(0)).toBe(3);
    for (let s: u64 = 2; s <= 4; s++) {
      expect<u32>(canon(s).stage).toBe(STAGE_DECIDED);
      expect<u64>(canon(s).self_hash).toBe(rec(s).self_hash);
    }
  });

  test("two decided values: the cluster has to stop, and the report changes nothing", () => {
    begin(5);
    meta(2, 42, B1);
    report(1, 2, 2);
    add();
    meta(2, 43, B1);
    report(2, 2, 2);
    expect<i32>(add()).toBe(-EUCLEAN);
    expect<bool>(mergeReported(0, 2)).toBe(false);
    history(3);
    rec(2).arg = 43;
    meta(2, 43, B1);
    meta(3, 3, B1);
    report(3, 3, 3);
    expect<i32>(add()).toBe(-EUCLEAN);
    meta(2, 42, B1);
    report(2, 2, 2);
    expect<i32>(add()).toBe(1);
    expect<i32>(mergeFinish(0)).toBe(1);
    expect<u64>(canon(2).arg).toBe(42);
  });

  test("another history below the base is noticed by its hash", () => {
    begin(3);
    report(2, 1, 1).applied_hash = 1;
    expect<i32>(add()).toBe(-EUCLEAN);
  });

  test("a decided record that may not come next is an alarm", () => {
    begin(3);
    recMake(at(2), KIND_NODE, 2, NS_DOWN, NS_COMINGUP, 2, 0, 0, 1002);
    linked(2, B1);
    report(1, 2, 2);
    add();
    expect<i32>(mergeFinish(0)).toBe(-EUCLEAN);
    expect<i32>(mergeFinish(0)).toBe(-EPERM);
  });
});

describe("rule B: the highest ballot", () => {
  test("not the longest history, not the most copies", () => {
    begin(5);
    history(4);
    report(1, 1, 4);
    add();
    report(2, 1, 4);
    add();
    meta(2, 99, B2);
    report(3, 1, 2).accepted = B2;
    add();
    expect<i32>(mergeFinish(0)).toBe(3);
    expect<u64>(canon(2).arg).toBe(99);
    expect<u64>(canon(3).arg).toBe(3);
    expect<u64>(canon(3).prev_hash).toBe(canon(2).self_hash);
  });

  test("one value accepted in two ballots is one value, and its ballot the higher", () => {
    begin(5);
    meta(2, 42, B2);
    report(1, 1, 2);
    add();
    rec(2).ballot = B1;
    report(2, 1, 2);
    add();
    meta(2, 50, B1 + 0x1_0000 - 1);
    report(3, 1, 2);
    add();
    mergeFinish(0);
    expect<u64>(canon(2).arg).toBe(42);
    expect<u32>(mergeConflicts(0)).toBe(0);
  });

  test("two values of one ballot: the lower hash in any order, and it is told", () => {
    for (let order: u32 = 0; order < 2; order++) {
      begin(5);
      const first = meta(2, 100 + order, B1).self_hash;
      report(1, 1, 2);
      add();
      const second = meta(2, 101 - order, B1).self_hash;
      report(2, 1, 2);
      add();
      mergeFinish(0);
      expect<u64>(canon(2).self_hash).toBe(min<u64>(first, second));
      expect<u32>(mergeConflicts(0)).toBe(1);
      expect<u32>(canon(2).stage).toBe(STAGE_PREPARED);
    }
  });

  test("a conflict below a higher ballot is none", () => {
    begin(5);
    for (let n: u32 = 1; n <= 2; n++) {
      meta(2, 100 + n, B1);
      report(n, 1, 2);
      add();
    }
    meta(2, 5, B2);
    report(3, 1, 2);
    add();
    mergeFinish(0);
    expect<u64>(canon(2).arg).toBe(5);
    expect<u32>(mergeConflicts(0)).toBe(0);
  });
});

describe("the course of a merge", () => {
  test("one report from each node; none before it begins or after it ends", () => {
    begin(3);
    others(1, 1, 1);
    expect<i32>(add()).toBe(-EEXIST);
    expect<i32>(mergeFinish(0)).toBe(0);
    report(2, 1, 1);
    expect<i32>(add()).toBe(-EPERM);
  });

  test("it ends on the fold that it began on", () => {
    begin(3);
    others(1, 2, 1);
    fold().slot = 2;
    expect<i32>(mergeFinish(0)).toBe(-EPERM);
  });

  test("records at and below the base are passed over", () => {
    begin(3);
    history(3);
    const r = report(2, 1, 3);
    memory.copy(changetype<usize>(inReport(3)), changetype<usize>(inReport(2)), 2 * TransRec_SIZE);
    r.from = 1;
    memory.fill(changetype<usize>(inReport(2)), 0xee, TransRec_SIZE);
    expect<i32>(add()).toBe(2);
    expect<i32>(mergeFinish(0)).toBe(2);
    expect<u64>(canon(3).self_hash).toBe(rec(3).self_hash);
  });
});
