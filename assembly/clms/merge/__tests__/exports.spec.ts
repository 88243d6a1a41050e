// The merge as the host calls it, and what a saved context must be.

import { EAGAIN, EINVAL, EMSGSIZE, EPERM, EPROTO, MSG_MAX, NODE_MAX, Report, Report_SIZE, TransRec_SIZE } from "../../../abi/clms";
import { inbox, page } from "../../layout";
import { Merge, bestIn, mergeOf, mergeValid, placeIn } from "../context";
import { clms_merge_add, clms_merge_begin, clms_merge_finish } from "../exports";
import { mergeFinish } from "../walk";
import { B1, add, begin, history, hole, meta, rec, report, reportAt } from "./craft";

/** Puts the report that was built into the inbox; its bytes. */
function send(): u32 {
  const r = changetype<Report>(reportAt());
  const bytes = Report_SIZE + (r.from > r.last ? 0 : <u32>(r.last + 1 - r.from)) * TransRec_SIZE;
  memory.copy(inbox(), reportAt(), bytes);
  return bytes;
}

/** A context with decided, undecided and conflicting records. */
function filled(): Merge {
  begin(5);
  history(6);
  report(1, 3, 6);
  add();
  meta(6, 77, B1);
  report(2, 1, 6);
  add();
  return mergeOf(0);
}

describe("the exported merge", () => {
  test("begins at this instance's fold, and only there", () => {
    begin(3);
    expect<i32>(clms_merge_begin(2, 0)).toBe(-EINVAL);
    expect<i32>(clms_merge_begin(1, 1)).toBe(-EINVAL);
    expect<i32>(clms_merge_finish()).toBe(-EPERM);
    report(1, 1, 1);
    expect<i32>(clms_merge_add(<u32>inbox(), send())).toBe(-EPERM);
    expect<i32>(clms_merge_begin(1, 0)).toBe(0);
    expect<i32>(clms_merge_finish()).toBe(0);
  });

  test("takes reports out of the inbox, and from nowhere else", () => {
    begin(3);
    clms_merge_begin(1, 0);
    const at = <u32>inbox();
    report(1, 1, 1);
    const len = send();
    expect<i32>(clms_merge_add(at - 8, len)).toBe(-EINVAL);
    expect<i32>(clms_merge_add(0, len)).toBe(-EINVAL);
    expect<i32>(clms_merge_add(at + MSG_MAX, 1)).toBe(-EINVAL);
    expect<i32>(clms_merge_add(at, MSG_MAX + 1)).toBe(-EINVAL);
    expect<i32>(clms_merge_add(at, 0xffff_ffff)).toBe(-EINVAL);
    expect<i32>(clms_merge_add(at, len - 1)).toBe(-EMSGSIZE);
    expect<i32>(clms_merge_add(at, len + 1)).toBe(-EMSGSIZE);
    changetype<Report>(inbox()).node = <u16>(NODE_MAX + 1);
    expect<i32>(clms_merge_add(at, len)).toBe(-EPROTO);
    changetype<Report>(inbox()).node = 1;
    expect<i32>(clms_merge_add(at, len)).toBe(0);
  });

  test("says which slot is missing, then where the list is; a takeover's own merge goes on", () => {
    begin(3);
    clms_merge_begin(1, 0);
    history(3);
    report(1, 1, 3);
    hole(2);
    expect<i32>(clms_merge_add(<u32>inbox(), send())).toBe(2);
    expect<i32>(clms_merge_finish()).toBe(-EAGAIN);
    expect<u64>(page().wait_slot).toBe(2);
    report(2, 1, 2);
    expect<i32>(clms_merge_add(<u32>inbox(), send())).toBe(1);
    expect<i32>(clms_merge_finish()).toBe(2);
    expect<u64>(page().merge_slot).toBe(2);
    expect<u64>(load<u64>(page().merge_from, 56)).toBe(rec(2).self_hash);
    expect<i32>(mergeFinish(0)).toBe(0);
  });
});

describe("a saved context", () => {
  test("as a merge leaves it, at every stage", () => {
    expect<bool>(mergeValid(0)).toBe(true);
    const m = filled();
    expect<bool>(mergeValid(0)).toBe(true);
    expect<i32>(mergeFinish(0)).toBe(5);
    expect<bool>(mergeValid(0)).toBe(true);
    expect<u32>(m.conflicts).toBe(1);
  });

  test("with any number out of its range it is refused", () => {
    for (let what: u32 = 0; what < 12; what++) {
      const m = filled();
      expect<bool>(mergeValid(0)).toBe(true);
      if (what == 0) m.state = 3;
      if (what == 1) m.sure = 0;
      if (what == 2) m.top = 2;
      if (what == 3) m.top = 8;
      if (what == 4) m.span = 1025;
      if (what == 5) m.nplace = 129;
      if (what == 6) m.count = 7;
      if (what == 7) m.prefix = 1;
      if (what == 8) placeIn(m, 1).node = 1025;
      if (what == 9) placeIn(m, 0).node = 0;
      if (what == 10) store<u8>(bestIn(m, 1), 4, 35);
      if (what == 11) store<u16>(bestIn(m, 2), 1025, 24);
      expect<bool>(mergeValid(0)).toBe(false);
    }
  });
});
