// Rules D to G of the merge: the tail, the walk, who comes up.

import {
  KIND_DUMMY, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, NS_COMINGUP, NS_DOWN, NS_KCLEANUP, NS_NEVERUP, NS_UP, PHASE_KERNEL,
  RECF_BRIDGE, RECF_REPROPOSED,
} from "../../../abi/clms";
import { entAt, fold } from "../../layout";
import { recMake, recValid } from "../../record";
import { mergeBegin } from "../add";
import { mergeDecided, mergeFinish, mergeReported } from "../walk";
import { B1, B9, add, at, begin, canon, history, linked, meta, rec, report } from "./craft";

/** Reports of nodes first to last, each with nothing above slot 1 but what `upto` of the history says. */
function others(first: u32, last: u32, upto: u64): void {
  for (let n = first; n <= last; n++) {
    report(n, 1, upto);
    expect<i32>(add()).toBe(<i32>(upto - 1));
  }
}

describe("rule D: the tail", () => {
  test("what one reporter alone has is proposed again, with its value", () => {
    begin(5);
    history(6);
    others(1, 2, 1);
    report(3, 3, 6);
    add();
    expect<i32>(mergeFinish(0)).toBe(5);
    expect<u32>(mergeDecided(0)).toBe(2);
    for (let s: u64 = 2; s <= 6; s++) {
      const c = canon(s);
      expect<u64>(c.self_hash).toBe(rec(s).self_hash);
      expect<u64>(c.ballot).toBe(s <= 3 ? B1 : B9);
      expect<u32>(c.flags).toBe(s <= 3 ? 0 : RECF_REPROPOSED);
    }
  });

  test("without a ballot of its own a merge leaves ballots alone", () => {
    begin(5);
    mergeBegin(0, 1, 0);
    history(3);
    report(3, 1, 3);
    add();
    expect<i32>(mergeFinish(0)).toBe(2);
    expect<u64>(canon(3).ballot).toBe(B1);
  });

  test("nothing above the base: an empty list", () => {
    begin(3);
    others(1, 3, 1);
    expect<i32>(mergeFinish(0)).toBe(0);
    expect<u32>(mergeDecided(0)).toBe(0);
  });
});

describe("rules E and G: the walk", () => {
  test("an undecided record that may not come next becomes a DUMMY", () => {
    begin(3);
    meta(2, 5, B1);
    recMake(at(3), KIND_NODE, 2, NS_KCLEANUP, NS_DOWN, 1, 0, 0, 0);
    linked(3, B1);
    meta(4, 6, B1);
    report(1, 2, 4);
    add();
    expect<i32>(mergeFinish(0)).toBe(3);
    expect<u64>(canon(2).self_hash).toBe(rec(2).self_hash);
    expect<u32>(canon(3).kind).toBe(KIND_DUMMY);
    expect<u32>(canon(3).flags).toBe(RECF_BRIDGE);
    expect<u64>(canon(4).arg).toBe(6);
    expect<u64>(canon(4).prev_hash).toBe(canon(3).self_hash);
    expect<bool>(recValid(changetype<usize>(canon(3)))).toBe(true);
    expect<u64>(canon(3).mono_ms).toBeGreaterThan(canon(2).mono_ms);
  });

  test("G: a node that is up does not come up again before it has gone down", () => {
    begin(3);
    recMake(at(2), KIND_NODE, 3, NS_UP, NS_COMINGUP, 2, 0, 0, 1003);
    linked(2, B1);
    report(1, 1, 2);
    add();
    expect<i32>(mergeFinish(0)).toBe(1);
    expect<u32>(canon(2).kind).toBe(KIND_DUMMY);
    expect<u32>(canon(2).flags).toBe(RECF_BRIDGE);
  });

  test("G: of two incarnations the one that is next is kept, the lower falls", () => {
    begin(3);
    entAt(3).state = <u8>NS_DOWN;
    fold().nlive = 2;
    fold().nup = 2;
    recMake(at(2), KIND_NODE, 3, NS_DOWN, NS_COMINGUP, 2, 0, 0, 1003);
    linked(2, B1);
    recMake(at(3), KIND_NODE, 3, NS_COMINGUP, NS_UP, 1, 0, 0, 0);
    linked(3, B1);
    recMake(at(4), KIND_NODE, 3, NS_COMINGUP, NS_UP, 2, 0, 0, 0);
    linked(4, B1);
    report(1, 1, 4);
    add();
    expect<i32>(mergeFinish(0)).toBe(3);
    expect<u32>(canon(2).inc).toBe(2);
    expect<u32>(canon(3).kind).toBe(KIND_DUMMY);
    expect<u32>(canon(4).inc).toBe(2);
    expect<u32>(canon(4).kind).toBe(KIND_NODE);
  });

  test("a set that the tail cuts short is ended", () => {
    begin(5);
    recMake(at(2), KIND_SET_BEGIN, 0, 0, 0, 0, 0, 1, PHASE_KERNEL);
    linked(2, B1);
    recMake(at(3), KIND_NODE, 4, NS_UP, NS_KCLEANUP, 1, 0, 1, 0);
    linked(3, B1);
    report(1, 2, 3);
    add();
    expect<i32>(mergeFinish(0)).toBe(3);
    expect<u32>(mergeDecided(0)).toBe(1);
    expect<u32>(canon(4).kind).toBe(KIND_SET_END);
    expect<u32>(canon(4).set_id).toBe(1);
    expect<u64>(canon(4).arg).toBe(PHASE_KERNEL);
    expect<u64>(canon(4).prev_hash).toBe(canon(3).self_hash);
    expect<u64>(canon(4).ballot).toBe(B9);
  });

  test("with a full ring too", () => {
    begin(5);
    history(1024);
    recMake(at(1025), KIND_SET_BEGIN, 0, 0, 0, 0, 0, 1, PHASE_KERNEL);
    linked(1025, B1);
    const r = report(1, 800, 1025);
    r.low = 2;
    expect<i32>(add()).toBe(1024);
    expect<i32>(mergeFinish(0)).toBe(1025);
    expect<u32>(canon(1026).kind).toBe(KIND_SET_END);
  });
});

describe("rule F: who comes up but did not report", () => {
  test("its undecided COMINGUP is kept, so that it can be taken down; and it is known who reported", () => {
    begin(3);
    entAt(3).state = <u8>NS_NEVERUP;
    entAt(3).inc = 0;
    fold().nlive = 2;
    fold().nup = 2;
    recMake(at(2), KIND_NODE, 3, NS_NEVERUP, NS_COMINGUP, 1, 0, 0, 1003);
    linked(2, B1);
    report(1, 1, 2);
    add();
    report(2, 1, 1);
    add();
    expect<i32>(mergeFinish(0)).toBe(1);
    expect<u32>(canon(2).to_state).toBe(NS_COMINGUP);
    expect<bool>(mergeReported(0, 1)).toBe(true);
    expect<bool>(mergeReported(0, 2)).toBe(true);
    expect<bool>(mergeReported(0, 3)).toBe(false);
  });
});
