// The table of fsm.ts: every cell in range, every state reachable, no event that leads nowhere.

import { PIE_COUNT, PIE_JOIN, PI_COUNT, piCell } from "../fsm";
import { PI_FAILED, PI_INIT, PI_NOTARGETS, PI_OFFLINE, PI_RUNNING } from "../../../abi/ipmp";

const SEEN = new StaticArray<bool>(8);

describe("the table of a member's states", () => {
  test("every cell is a state, or means nothing", () => {
    for (let s: u32 = 0; s < PI_COUNT; s++) {
      for (let e: u32 = 0; e < PIE_COUNT; e++) {
        const cell = piCell(s, e);
        if (cell != 0xff) expect<bool>((cell & 15) < PI_COUNT && (cell >> 4) >= 1 && (cell >> 4) <= 10).toBe(true);
      }
    }
  });

  test("outside the table there is nothing", () => {
    expect<u32>(piCell(PI_COUNT, 0)).toBe(0xff);
    expect<u32>(piCell(0, PIE_COUNT)).toBe(0xff);
    expect<u32>(piCell(0xffffffff, 0xffffffff)).toBe(0xff);
  });

  test("every state is reached from INIT", () => {
    SEEN[PI_INIT] = true;
    for (let round: u32 = 0; round < PI_COUNT; round++) {
      for (let s: u32 = 0; s < PI_COUNT; s++) {
        for (let e: u32 = 0; e < PIE_COUNT; e++) {
          const cell = piCell(s, e);
          if (SEEN[s] && cell != 0xff) SEEN[cell & 15] = true;
        }
      }
    }
    expect<bool>(SEEN[PI_RUNNING] && SEEN[PI_FAILED] && SEEN[PI_OFFLINE] && SEEN[PI_NOTARGETS]).toBe(true);
  });

  test("from INIT only joining leads away", () => {
    for (let e: u32 = 0; e < PIE_COUNT; e++) expect<bool>(piCell(PI_INIT, e) != 0xff).toBe(e == PIE_JOIN);
  });
});
