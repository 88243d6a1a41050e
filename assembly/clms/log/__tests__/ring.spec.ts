// The ring: its ends as it fills, wraps, is cut, and gives way to a checkpoint.

import { KIND_META, RING_MAX, STAGE_DECIDED, STAGE_PREPARED, STAGE_UNKNOWN } from "../../../abi/clms";
import { fold, page, recAt } from "../../layout";
import { recLink, recMake } from "../../record";
import { foldOf } from "../../__tests__/bed";
import { clms_durable_next } from "../durable";
import { hashAt, inBallot, ringAfterCheckpoint, ringCut, ringHas, ringPut } from "../ring";

const AT: usize = memory.data(64, 8);
const B: u64 = 0x1_0001;

function put(slot: u64, stage: u32 = STAGE_PREPARED): void {
  recMake(AT, KIND_META, 1, 0, 0, 0, 0, 8, slot);
  recLink(AT, slot, slot, slot - 1, 0);
  ringPut(AT, B, stage);
}
function ends(low: u64, last: u64): void {
  expect<u64>(page().low).toBe(low, "low");
  expect<u64>(page().last).toBe(last, "last");
  expect<bool>(last - low < RING_MAX).toBe(true);
  for (let s = low; s <= last; s++) if (s != 1) expect<u64>(recAt(s).slot).toBe(s);
  expect<bool>(ringHas(low - 1) || ringHas(last + 1) || ringHas(0)).toBe(false);
}
/** Slots of the records that are to be written, folded into one number. */
function written(): u64 {
  let sum: u64 = 0;
  while (clms_durable_next() != 0) if (page().durable_len == 64) sum = sum * 100 + page().durable_slot;
  return sum;
}

describe("the ring", () => {
  test("fills up to RING_MAX, then forgets the oldest, one by one", () => {
    foldOf(1);
    recAt(1).slot = 1;
    for (let s: u64 = 2; s < RING_MAX; s++) put(s);
    ends(1, RING_MAX - 1);
    put(RING_MAX);
    ends(1, RING_MAX);
    put(RING_MAX + 1);
    ends(2, RING_MAX + 1);
    for (let s: u64 = RING_MAX + 2; s < 3 * RING_MAX; s++) put(s);
    ends(2 * RING_MAX, 3 * RING_MAX - 1);
  });

  test("a record that is put has the ballot and stage that were said, and is written", () => {
    foldOf(1);
    put(2);
    expect<u64>(recAt(2).ballot).toBe(B);
    expect<u32>(recAt(2).stage).toBe(STAGE_PREPARED);
    page().promised = B;
    expect<bool>(inBallot(2)).toBe(true);
    page().promised = B + 1;
    expect<bool>(inBallot(2)).toBe(false, "an older ballot");
    page().promised = B;
    put(2, STAGE_DECIDED);
    expect<bool>(inBallot(2)).toBe(false, "decided, not accepted");
    expect<bool>(inBallot(2 + RING_MAX)).toBe(false, "another slot in its place");
    expect<u64>(written()).toBe(202);
  });

  test("hashAt: of what is kept and sound, of the fold where that stands, else none", () => {
    foldOf(1);
    put(2);
    put(3);
    expect<u64>(hashAt(1)).toBe(fold().hash);
    expect<u64>(hashAt(3)).toBe(recAt(3).self_hash);
    recAt(3).stage = <u8>STAGE_UNKNOWN;
    expect<u64>(hashAt(3)).toBe(0);
    expect<u64>(hashAt(4)).toBe(0);
    expect<u64>(hashAt(0)).toBe(0);
  });

  test("is cut above a slot: the places are empty, on the disk too; nothing below is touched", () => {
    foldOf(1);
    for (let s: u64 = 2; s <= 6; s++) put(s);
    page().stored = 6;
    written();
    ringCut(4);
    ends(1, 4);
    expect<u64>(page().stored).toBe(4);
    expect<u64>(recAt(5).slot).toBe(0);
    expect<u64>(written()).toBe(506);
    ringCut(4);
    ringCut(9);
    expect<u64>(written()).toBe(0, "nothing to cut");
    ringCut(1);
    expect<u64>(page().last).toBe(1);
  });

  test("a checkpoint empties what is in it and keeps what is accepted above", () => {
    foldOf(1);
    for (let s: u64 = 2; s <= 6; s++) put(s);
    page().stored = 6;
    fold().slot = 4;
    ringAfterCheckpoint();
    expect<u64>(page().applied).toBe(4);
    expect<u64>(page().low).toBe(5);
    expect<u64>(page().last).toBe(6);
    expect<u64>(page().stored).toBe(6);
    expect<u64>(recAt(4).slot).toBe(0);
    expect<u64>(recAt(5).slot).toBe(5);
    fold().slot = 5000;
    ringAfterCheckpoint();
    expect<u64>(page().low).toBe(5001);
    expect<u64>(page().last).toBe(5000);
    expect<u64>(page().stored).toBe(5000);
    put(5001);
    ends(5001, 5001);
  });
});
