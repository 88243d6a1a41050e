// Only for the build in which records that a minority of the reporters holds are dropped: how many hold each slot.
// No other build refers to this file's memory.

import { RING_MAX, STAGE_EMPTY, STAGE_UNKNOWN, TransRec_SIZE } from "../../abi/clms";
import { recOf } from "../record";
import { Merge } from "./context";

/** Do fewer than half of the reporters hold something at index i? */
export function minorityHolds(m: Merge, i: u32): bool {
  const held: u32 = load<u16>(holders() + (i << 1));
  return held + held < m.reports;
}

export function holdersClear(_m: Merge): void { memory.fill(holders(), 0, RING_MAX << 1); }

export function holdersAdd(_m: Merge, from: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const stage: u32 = recOf(from + <usize>i * TransRec_SIZE).stage;
    if (stage == STAGE_EMPTY || stage == STAGE_UNKNOWN) continue;
    store<u16>(holders() + (i << 1), <u16>(<u32>load<u16>(holders() + (i << 1)) + 1));
  }
}

function holders(): usize { return memory.data(<i32>(RING_MAX << 1), 8); }
