// The heap of watchers: the first is always the least, whatever was put in, moved and taken out.

import { heapDeadline, heapFirst, heapRemove, heapReset, heapSet } from "../heap";
import { NEVER, NONE, PROBE_COUNT } from "../../layout";

let seed: u32 = 7;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const DUE = new StaticArray<u64>(64);

/** The least time in DUE (0 = not in), NEVER if there is none. */
function least(): u64 {
  let found = NEVER;
  for (let i = 0; i < 64; i++) if (DUE[i] != 0) found = min<u64>(found, DUE[i]);
  return found;
}

describe("the heap of watchers", () => {
  beforeEach(() => {
    heapReset();
    for (let i = 0; i < 64; i++) DUE[i] = 0;
  });

  test("empty, it is never due", () => {
    expect<u64>(heapDeadline()).toBe(NEVER);
    expect<u32>(heapFirst(NEVER)).toBe(NONE);
    heapRemove(3);
    expect<u64>(heapDeadline()).toBe(NEVER);
  });

  test("20,000 random changes: the first is the least", () => {
    let wrong: u32 = 0;
    for (let round = 0; round < 20000; round++) {
      const n = random(64);
      if (random(3) == 0) {
        heapRemove(n);
        DUE[n] = 0;
      } else {
        DUE[n] = 1 + random(1000);
        heapSet(n, DUE[n]);
      }
      const first = least();
      if (heapDeadline() != first) wrong++;
      else if (first != NEVER && (heapFirst(first - 1) != NONE || DUE[heapFirst(first)] != first)) wrong++;
    }
    expect<u32>(wrong).toBe(0);
  });

  test("of equal times the lower watcher comes first", () => {
    for (let n: u32 = PROBE_COUNT; n > 0; n--) heapSet(n - 1, 5);
    let wrong: u32 = 0;
    for (let n: u32 = 0; n < PROBE_COUNT; n++) {
      wrong += u32(heapFirst(5) != n);
      heapRemove(n);
    }
    expect<u32>(wrong).toBe(0);
    expect<u64>(heapDeadline()).toBe(NEVER);
  });
});
