// Making one legal list of what the reports said: the canonical records, in place.
//
// Up to the highest slot that a reporter knows to be decided, the list is fixed by that slot's hash, down to the base
// (rules A, C'); what does not fit it is missing, never replaced. Above it, in order of slot, each on the fold of those
// before: C  a slot without a value becomes a DUMMY if a nack quorum proves it empty · D  what was found is kept · E, G  what
// may not come next (a wrong state, an incarnation that is not the next one) becomes a DUMMY · an open bracket is closed.
//
// Invariant: a decided record is never touched, but for its stage. An undecided one keeps its value, and so its hash, as
// long as the list below it is the one it was made for.

import {
  CAUSE_TAKEOVER, EAGAIN, EPERM, EUCLEAN, Fold, KIND_DUMMY, KIND_SET_END, RECF_BRIDGE, RECF_GAP, RECF_REPROPOSED,
  STAGE_DECIDED, STAGE_EMPTY, STAGE_PREPARED,
} from "../../abi/clms";
import { bitGet } from "../bits";
import { foldApply, foldUnfit, foldWrong } from "../fold/fold";
import { FOLD_BYTES, fold, foldAt, foldBase, scratchFold } from "../layout";
import { M_CONFIG_FROZEN, M_MINORITY_DROPPED, mutant } from "../mutant";
import { recCopy, recLink, recMake, recOf } from "../record";
import { MERGE_DONE, MERGE_NONE, Merge, STAGE_CONFLICT, anyDamaged, bestIn, mergeOf, reportedIn, trialIn } from "./context";
import { minorityHolds } from "./minority";
import { ruledOut } from "./nack";

/**
 * Ends a merge. Records of the canonical list, from base + 1 on; -EAGAIN if a slot is not settled (mergeMissing);
 * -EUCLEAN; -EPERM if there is none, or this node's fold has moved on since. O(RING_MAX), with gaps O(RING_MAX × NODE_MAX).
 */
export function mergeFinish(ctx: u32): i32 {
  const m = mergeOf(ctx);
  if (m.state == MERGE_NONE) return -EPERM;
  if (m.state == MERGE_DONE) return <i32>m.count;
  if (fold().slot != m.base) return -EPERM;
  const n = <u32>(m.top - m.base);
  const sure = <u32>(m.sure - m.base);
  let wrong = chainWrong(m, sure);
  if (wrong == 0) wrong = walkSure(m, sure);
  // What has to be proved is proved on a copy of each record, so that more reports may follow if it is not.
  if (wrong == 0 && hasDoubts(m, sure, n)) {
    wrong = walkRest(m, sure, n, false);
    if (wrong == 0) wrong = walkSure(m, sure);
  }
  if (wrong == 0) wrong = walkRest(m, sure, n, true);
  if (wrong == EUCLEAN) m.state = MERGE_NONE;
  if (wrong != 0) return -wrong;
  for (let i: u32 = 0; i < sure; i++) recOf(bestIn(m, i)).stage = <u8>STAGE_DECIDED;
  m.prefix = sure;
  m.count = n + close(m, n);
  m.state = MERGE_DONE;
  return <i32>m.count;
}

/** Canonical record i, of slot base + 1 + i, after mergeFinish. */
export function mergeRecord(ctx: u32, i: u32): usize { return bestIn(mergeOf(ctx), i); }
/** How many of them, from the first on, are decided. */
export function mergeDecided(ctx: u32): u32 { return mergeOf(ctx).prefix; }
/** The slot that was not settled, after -EAGAIN. */
export function mergeMissing(ctx: u32): u64 { return mergeOf(ctx).missing; }
/** Slots for which two values came with one ballot: 0 unless somebody breaks the rules. */
export function mergeConflicts(ctx: u32): u32 { return mergeOf(ctx).conflicts; }
/** Has this node reported? */
export function mergeReported(ctx: u32, n: u32): bool { return bitGet(reportedIn(mergeOf(ctx)), n); }

// @ts-ignore: decorator
@inline function stageAt(m: Merge, i: u32): u32 { return <u32>recOf(bestIn(m, i)).stage & ~STAGE_CONFLICT; }

/** Are the records below index sure the ones that the hash of the last of them names? */
function chainWrong(m: Merge, sure: u32): i32 {
  let hash = m.sure_hash;
  for (let i = sure; i > 0; i--) {
    const rec = recOf(bestIn(m, i - 1));
    const stage = stageAt(m, i - 1);
    if (stage == STAGE_EMPTY || rec.self_hash != hash) {
      m.missing = m.base + i;
      return stage == STAGE_DECIDED ? EUCLEAN : EAGAIN;
    }
    hash = rec.prev_hash;
  }
  return hash == m.base_hash ? 0 : EUCLEAN;
}

/** The decided records, on a fresh copy of this node's fold. */
function walkSure(m: Merge, sure: u32): i32 {
  const cfg = scratchFold();
  memory.copy(cfg, foldBase(), FOLD_BYTES);
  for (let i: u32 = 0; i < sure; i++) {
    const rec = recOf(bestIn(m, i));
    if (foldWrong(cfg, rec) != 0) return EUCLEAN;
    foldApply(cfg, rec);
  }
  return 0;
}

/** Is there a slot above the decided ones about which anything has to be proved? */
function hasDoubts(m: Merge, sure: u32, n: u32): bool {
  for (let i = sure; i < n; i++) if (stageAt(m, i) == STAGE_EMPTY || anyDamaged(m, i)) return true;
  return false;
}

/** The undecided records: for good, or on a copy of each and asking for every proof. */
function walkRest(m: Merge, sure: u32, n: u32, good: bool): i32 {
  const cfg = scratchFold();
  const f = foldAt(cfg);
  for (let i = sure; i < n; i++) {
    const best = bestIn(m, i);
    const held = stageAt(m, i) != STAGE_EMPTY && !(mutant(M_MINORITY_DROPPED) && minorityHolds(m, i));
    if (!good && !isSettled(m, i, held, mutant(M_CONFIG_FROZEN) ? foldBase() : cfg)) {
      m.missing = m.base + 1 + i;
      return EAGAIN;
    }
    if (good && (<u32>recOf(best).stage & STAGE_CONFLICT) != 0) m.conflicts += 1;
    const at = good ? best : trialIn(m);
    if (!good) recCopy(at, best);
    if (held) propose(m, at, f, cfg);
    else dummy(m, at, f, RECF_GAP);
    if (recOf(at).mono_ms <= f.mono_ms) return EUCLEAN;
    foldApply(cfg, recOf(at));
  }
  return 0;
}

/** Rule C: is what stands at index i, or that nothing does, sure to agree with whatever was decided there? */
function isSettled(m: Merge, i: u32, held: bool, cfg: usize): bool {
  if (!held) return mutant(M_MINORITY_DROPPED) || ruledOut(m, i, 0, cfg);
  return !anyDamaged(m, i) || ruledOut(m, i, recOf(bestIn(m, i)).ballot, cfg);
}

/** Rules D, E, G: the record is proposed again, or a DUMMY in its place. */
function propose(m: Merge, at: usize, f: Fold, cfg: usize): void {
  if (foldUnfit(cfg, recOf(at)) != 0) return dummy(m, at, f, RECF_BRIDGE);
  const rec = recOf(at);
  rec.flags |= <u8>RECF_REPROPOSED;
  link(m, at, f);
}

function dummy(m: Merge, at: usize, f: Fold, flag: u32): void {
  recMake(at, KIND_DUMMY, 0, 0, 0, 0, CAUSE_TAKEOVER, 0, 0);
  recOf(at).flags = <u8>flag;
  link(m, at, f);
}

/** Into the list, behind what the fold has. */
function link(m: Merge, at: usize, f: Fold): void {
  const rec = recOf(at);
  const mono = rec.mono_ms > f.mono_ms ? rec.mono_ms : f.mono_ms + 1;
  recLink(at, f.slot + 1, mono, f.hash, m.ballot != 0 ? m.ballot : rec.ballot);
  rec.stage = <u8>STAGE_PREPARED;
}

/** Ends the bracket that the list leaves open. Records added: 0 or 1. */
function close(m: Merge, n: u32): u32 {
  const f = foldAt(scratchFold());
  if (f.bracket == 0) return 0;
  const at = bestIn(m, n);
  recMake(at, KIND_SET_END, 0, 0, 0, 0, CAUSE_TAKEOVER, f.set_id, f.phase);
  recOf(at).flags = <u8>RECF_BRIDGE;
  link(m, at, f);
  foldApply(scratchFold(), recOf(at));
  return 1;
}
