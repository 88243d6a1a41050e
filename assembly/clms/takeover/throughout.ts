// T4: a list of records leads from one configuration to another, and what suffices has to suffice for each of them.
//
// Two such lists: the canonical one of a takeover, and what a master has proposed and not decided yet.

import { BITMAP_BYTES, ENGINE_MASTER, TransRec } from "../../abi/clms";
import { bitGet, bitPut, bitsClear } from "../bits";
import { changesVotes, foldApply, foldWrong } from "../fold/fold";
import { FOLD_BYTES, foldBase, page, recAt, scratchFold, self, voterAt } from "../layout";
import { REPORTS, agrees, arbiterNeeded, counts, enough } from "../log/quorum";
import { mergeFinish, mergeRecord } from "../merge/walk";
import { M_CONFIG_FROZEN, mutant } from "../mutant";
import { recOf } from "../record";

/** Do the reports suffice for every configuration that the canonical list goes through? Self.arb_wanted: with the arbiter's vote. */
export function sufficesThroughout(n: u32): bool {
  self().arb_wanted = u32(arbiterNeeded(foldBase()));
  if (mutant(M_CONFIG_FROZEN)) return true;
  const base = scratchFold();
  memory.copy(base, foldBase(), FOLD_BYTES);
  for (let i: u32 = 0; i < n; i++) {
    const rec = recOf(mergeRecord(0, i));
    if (foldWrong(base, rec) != 0) return false;
    foldApply(base, rec);
    if (!changesVotes(rec) || enough(base, REPORTS)) continue;
    if (!arbiterNeeded(base)) return false;
    self().arb_wanted = 1;
  }
  return true;
}

/** The voters that agree (have reported, or accepted all that a master proposed) and count in every configuration on the way. */
export function agreeThroughout(set: usize): void {
  const master = <u32>page().engine == ENGINE_MASTER;
  const slot = master ? max<u64>(page().last, 1) : REPORTS;
  bitsClear(set);
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) if (counts(foldBase(), voterAt(i), slot)) bitPut(set, voterAt(i), true);
  const listed = master ? 0 : mergeFinish(0);
  const n: u64 = master ? page().last - page().applied : listed < 0 ? 0 : <u64>listed;
  const base = scratchFold();
  memory.copy(base, foldBase(), FOLD_BYTES);
  for (let i: u64 = 0; i < n; i++) {
    const rec: TransRec = master ? recAt(page().applied + 1 + i) : recOf(mergeRecord(0, <u32>i));
    foldApply(base, rec);
    if (changesVotes(rec)) narrow(set, base, slot);
  }
}

function narrow(set: usize, base: usize, slot: u64): void {
  for (let n: u32 = 1; n < BITMAP_BYTES << 3; n++) if (bitGet(set, n) && !agrees(base, n, slot)) bitPut(set, n, false);
}
