// History by cursor, and why a node was removed.

import {
  CAUSE_CLEANUP, CAUSE_HEARTBEAT, EAGAIN, EINVAL, ENODATA, ENOENT, EOVERFLOW, KIND_DUMMY, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END,
  NODE_MAX, NS_KCLEANUP, NS_SHUTDOWN, NS_UCLEANUP, NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_USER, STAGE_UNKNOWN, TransRec, WHICH_NEXT,
  WHICH_NEXT_DETAILED, WHICH_NEXT_RECORD, WHICH_PREVIOUS_DETAILED, WHICH_THIS, Why, Why_observer_OFF,
} from "../../../abi/clms";
import { outbox, page, recAt } from "../../layout";
import { clms_history } from "../history";
import { subsysDone, subsysRegister } from "../subsys";
import { clms_node_why } from "../why";
import { ME, begin, coming, goes, phase, put, subsysConf, up } from "./world";

function err(e: u32): i32 { return -<i32>e; }

/** The slot that the history gives for a cursor, or the refusal. */
function at(which: u32, cursor: u64): i64 {
  const got = clms_history(which, <u32>cursor, <u32>(cursor >> 32));
  return got < 0 ? got : <i64>changetype<TransRec>(<usize>got).slot;
}

/** Slots that a walk from 0 shows, as digits of ten. */
function walk(which: u32): u64 {
  let digits: u64 = 0;
  for (let s = at(which, 0); s > 0; s = at(which, s)) digits = digits * 10 + s;
  return digits;
}

/** 1 CONFIG, 2 3 node 1 up, 4 DUMMY, 5 6 node 2 up, 7 node 2 in maintenance. */
function small(): void {
  begin();
  up(ME);
  put(KIND_DUMMY, 0, 0, 0, 0, 0);
  up(2);
  goes(2, NS_SHUTDOWN);
}

describe("history", () => {
  test("simple, detailed, every record", () => {
    small();
    expect<u64>(walk(WHICH_NEXT)).toBe(3_6_7);
    expect<u64>(walk(WHICH_NEXT_DETAILED)).toBe(2_3_5_6_7);
    expect<u64>(walk(WHICH_NEXT_RECORD)).toBe(1_2_3_4_5_6_7);
    expect<i64>(at(WHICH_NEXT, 7)).toBe(err(ENODATA));
    expect<i64>(at(WHICH_NEXT, 0xffff_ffff_ffff_ffff)).toBe(err(ENODATA));
  });

  test("the one before, and the one itself", () => {
    small();
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 5)).toBe(3);
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 0xffff_ffff_ffff_ffff)).toBe(7);
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 2)).toBe(err(ENODATA));
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 0)).toBe(err(ENODATA));
    expect<i64>(at(WHICH_THIS, 4)).toBe(4);
    expect<i64>(at(WHICH_THIS, 0)).toBe(err(EINVAL));
    expect<i64>(at(WHICH_THIS, 8)).toBe(err(ENODATA));
    expect<i64>(at(WHICH_THIS + 1, 4)).toBe(err(EINVAL));
  });

  test("a cursor that is older than what is kept is told so", () => {
    small();
    page().low = 5;
    expect<i64>(at(WHICH_NEXT_RECORD, 4)).toBe(5);
    expect<i64>(at(WHICH_NEXT_RECORD, 3)).toBe(err(EOVERFLOW));
    expect<i64>(at(WHICH_NEXT, 0)).toBe(err(EOVERFLOW));
    expect<i64>(at(WHICH_THIS, 4)).toBe(err(EOVERFLOW));
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 6)).toBe(5);
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 5)).toBe(err(EOVERFLOW));
  });

  test("a damaged record is one that is not kept", () => {
    small();
    recAt(4).stage = <u8>STAGE_UNKNOWN;
    expect<i64>(at(WHICH_NEXT, 3)).toBe(err(EOVERFLOW));
    expect<i64>(at(WHICH_THIS, 4)).toBe(err(EOVERFLOW));
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 5)).toBe(err(EOVERFLOW));
    expect<i64>(at(WHICH_NEXT, 4)).toBe(6);
  });

  test("a set is shown at one go, after its callbacks", () => {
    small();
    subsysConf(65, 0);
    subsysRegister();
    subsysDone(0, 7, 0, 0);
    const end = phase(2, PHASE_KERNEL, 1); // 8 9 10
    expect<u64>(page().done).toBe(9);
    expect<i64>(at(WHICH_NEXT_RECORD, 7)).toBe(err(EAGAIN));
    expect<u64>(page().wait_slot).toBe(10);
    expect<i64>(at(WHICH_THIS, 9)).toBe(err(EAGAIN));
    expect<i64>(at(WHICH_PREVIOUS_DETAILED, 11)).toBe(7);
    put(KIND_DUMMY, 0, 0, 0, 0, 0);
    phase(2, PHASE_USER, 1); // 12 13 14: the first set's callbacks still run
    expect<i64>(at(WHICH_NEXT_DETAILED, 7)).toBe(err(EAGAIN));
    expect<i64>(at(WHICH_NEXT_DETAILED, 9)).toBe(err(EAGAIN));
    subsysDone(0, <u32>end, 0, 0);
    expect<i64>(at(WHICH_NEXT_DETAILED, 7)).toBe(9);
    expect<i64>(at(WHICH_NEXT_RECORD, 10)).toBe(11);
    expect<i64>(at(WHICH_NEXT_RECORD, 11)).toBe(err(EAGAIN));
    subsysDone(0, 14, 0, 0);
    expect<i64>(at(WHICH_NEXT_RECORD, 11)).toBe(12);
  });

  test("a set that is still open is not shown, for all that no callback runs", () => {
    small();
    phase(2, PHASE_KERNEL, 1); // 8 9 10
    put(KIND_SET_BEGIN, 0, 0, 0, 1, PHASE_USER);
    put(KIND_NODE, 2, NS_UCLEANUP, CAUSE_CLEANUP, 1, 0);
    expect<u64>(page().done).toBe(12);
    expect<i64>(at(WHICH_NEXT_DETAILED, 9)).toBe(err(EAGAIN));
    expect<u64>(page().wait_slot).toBe(13);
    expect<i64>(at(WHICH_THIS, 11)).toBe(err(EAGAIN));
    put(KIND_SET_END, 0, 0, 0, 1, PHASE_USER);
    expect<i64>(at(WHICH_NEXT_DETAILED, 9)).toBe(12);
  });

  test("a node that comes up is shown after its callbacks", () => {
    begin();
    up(ME);
    subsysConf(65, 0);
    subsysRegister();
    subsysDone(0, 3, 0, 0);
    coming(2);
    goes(2, NS_UP);
    expect<i64>(at(WHICH_NEXT, 3)).toBe(err(EAGAIN));
    expect<i64>(at(WHICH_NEXT_RECORD, 3)).toBe(err(EAGAIN));
    subsysDone(0, 4, 0, 0);
    expect<i64>(at(WHICH_NEXT, 3)).toBe(5);
  });
});

describe("why", () => {
  test("the record that removed the node, and who missed it", () => {
    small();
    phase(2, PHASE_KERNEL, 1);
    expect<i32>(clms_node_why(2)).toBe(<i32>outbox());
    const why = changetype<Why>(outbox());
    expect<u64>(why.slot).toBe(9);
    expect<u32>(why.inc).toBe(1);
    expect<u32>(why.state).toBe(NS_KCLEANUP);
    expect<u32>(why.cause).toBe(CAUSE_HEARTBEAT);
    expect<u32>(why.count).toBe(4);
    expect<u32>(why.of).toBe(5);
    expect<u64>(why.mono_ms).toBe(90);
    expect<u64>(why.ballot).toBe((7 << 16) | 1);
    for (let i: usize = 0; i < 3; i++) expect<u32>(load<u16>(outbox() + Why_observer_OFF + i * 2)).toBe(<u32>i + 3);
    expect<u16>(load<u16>(outbox() + Why_observer_OFF + 6)).toBe(0);
  });

  test("also when it is back", () => {
    small();
    phase(2, PHASE_KERNEL, 1);
    phase(2, PHASE_USER, 1);
    phase(2, PHASE_DONE, 1);
    up(2);
    expect<i32>(clms_node_why(2)).toBe(<i32>outbox());
    expect<u32>(changetype<Why>(outbox()).inc).toBe(1);
    expect<u32>(changetype<Why>(outbox()).state).toBe(NS_UP);
    page().low = 10;
    expect<i32>(clms_node_why(2)).toBe(err(EOVERFLOW));
    expect<u32>(changetype<Why>(outbox()).state).toBe(NS_UP);
    expect<u64>(changetype<Why>(outbox()).slot).toBe(0);
  });

  test("the record is gone, was never there, the node is not", () => {
    small();
    phase(2, PHASE_KERNEL, 1);
    phase(2, PHASE_USER, 1);
    page().low = 10;
    expect<i32>(clms_node_why(2)).toBe(err(EOVERFLOW));
    expect<u32>(changetype<Why>(outbox()).state).toBe(NS_UCLEANUP);
    expect<u32>(changetype<Why>(outbox()).cause).toBe(CAUSE_CLEANUP);
    expect<i32>(clms_node_why(ME)).toBe(err(ENOENT));
    expect<i32>(clms_node_why(6)).toBe(err(ENOENT));
    expect<i32>(clms_node_why(0)).toBe(err(EINVAL));
    expect<i32>(clms_node_why(NODE_MAX + 1)).toBe(err(EINVAL));
  });
});
