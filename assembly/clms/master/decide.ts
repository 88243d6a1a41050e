// What is decided: slot after slot, when enough have accepted it.
//
// Invariants: A14 (the quorum of slot s is that of the configuration at s−1; where the record changes who votes, that
// at s as well, so that two neighbouring configurations always share a voter); slots are decided in order.

import { KIND_CONFIG, MODE_ARBITER, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, TransRec } from "../../abi/clms";
import { changesVotes, foldApply } from "../fold/fold";
import { FOLD_BYTES, fold, foldBase, page, recAt, scratchFold, self } from "../layout";
import { applyTo } from "../log/apply";
import { enough } from "../log/quorum";
import { M_NEW_CONFIG_ONLY, mutant } from "../mutant";

/** Is it by the configuration that this record makes? */
function enoughAfter(rec: TransRec, slot: u64): bool {
  memory.copy(scratchFold(), foldBase(), FOLD_BYTES);
  foldApply(scratchFold(), rec);
  return enough(scratchFold(), slot);
}

/** Does the record change whose acceptance is needed? In a mode of configured votes only a CONFIG record does. */
function needsBoth(rec: TransRec): bool {
  if (!changesVotes(rec)) return false;
  const mode: u32 = fold().mode;
  return <u32>rec.kind == KIND_CONFIG || (mode != MODE_MAJORITY && mode != MODE_ARBITER);
}

/** Has everybody accepted it whose acceptance is needed? */
export function decidable(slot: u64): bool {
  const rec = recAt(slot);
  const both = needsBoth(rec);
  const newOnly = mutant(M_NEW_CONFIG_ONLY) && both && <u32>fold().mode == MODE_MAJORITY_DYNAMIC;
  if (!newOnly && !enough(foldBase(), slot)) return false;
  return !both || enoughAfter(rec, slot);
}

/** Applies what is decided by now; true if anything was. */
export function decide(): bool {
  const pg = page();
  const before = pg.applied;
  while (pg.applied < pg.last && decidable(pg.applied + 1)) if (!applyTo(pg.applied + 1)) return false;
  if (pg.applied == before) return false;
  self().beat_due = 1;
  return true;
}
