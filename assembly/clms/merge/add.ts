// Folding one report into a merge: the best record of each slot survives.
//
// A  a decided record (slot ≤ Report.applied, whatever its stage says) beats every other; two decided values: -EUCLEAN
// B  of the others the highest ballot; in one ballot the lower self_hash, and the slot is marked: that cannot be
// C' a reporter that no longer has records that are needed: -EOVERFLOW, its checkpoint has to be fetched
// C" a record that is UNKNOWN, or does not fit its own hash, is damaged: neither a value nor "nothing here"
//
// Nearly all records are byte for byte what is best already; `alike` runs over those. Invariants: what is kept is a
// function of the set of reports, not of their order; an error leaves everything as it was. Records of equal ballot and
// self_hash count as the same value; the hash of a record is verified when its value is new to its slot.

import {
  EEXIST, EMSGSIZE, EOVERFLOW, EPERM, EPROTO, EUCLEAN, NODE_MAX, RECF_REPROPOSED, RING_MAX, Report, Report_SIZE,
  STAGE_DECIDED, STAGE_EMPTY, STAGE_PREPARED, TransRec, TransRec_SIZE,
} from "../../abi/clms";
import { bitGet, bitPut, bitsClear } from "../bits";
import { fold } from "../layout";
import { M_DAMAGED_IS_NACK, M_LOWEST_BALLOT, M_MINORITY_DROPPED, M_TIE_BY_ARRIVAL, mutant } from "../mutant";
import { recFits, recOf, recValid } from "../record";
import { MERGE_OPEN, Merge, STAGE_CONFLICT, bestIn, copyRecord, extend, mergeOf, putDamaged, reportedIn } from "./context";
import { holdersAdd, holdersClear } from "./minority";
import { NO_PLACE, placeTake } from "./place";

/** The word with kind, cause, flags, stage, set_id: all but the stage, and the stage DECIDED. */
// @ts-ignore: decorator
@inline const BUT_STAGE: u64 = ~(<u64>0xff00_0000);
// @ts-ignore: decorator
@inline const IS_DECIDED: u64 = <u64>STAGE_DECIDED << 24;
/** Slots are far below this. */
// @ts-ignore: decorator
@inline const SLOT_LIMIT: u64 = 1 << 62;

/** Begins a merge of the slots above base, the slot of this node's fold. O(1). */
export function mergeBegin(ctx: u32, base: u64, ballot: u64): void {
  const m = mergeOf(ctx);
  memory.fill(changetype<usize>(m), 0, offsetof<Merge>());
  bitsClear(reportedIn(m));
  m.base = base;
  m.ballot = ballot;
  m.top = base;
  m.sure = base;
  m.base_hash = fold().hash;
  m.sure_hash = m.base_hash;
  m.state = MERGE_OPEN;
  if (mutant(M_MINORITY_DROPPED)) holdersClear(m);
}

/** Folds the report at `at` (len bytes, count records included) in. Returns records looked at, or an errno. O(count). */
export function mergeAdd(ctx: u32, at: usize, len: u32, count: u32, lineage: u32): i32 {
  const m = mergeOf(ctx);
  if (m.state != MERGE_OPEN) return -EPERM;
  if (count > RING_MAX || len != Report_SIZE + count * TransRec_SIZE) return -EMSGSIZE;
  const report = changetype<Report>(at);
  const wrong = reportWrong(m, report, count);
  if (wrong != 0) return -wrong;
  const skip = report.from > m.base ? 0 : <u32>min<u64>(count, m.base + 1 - report.from);
  const from = at + Report_SIZE + <usize>skip * TransRec_SIZE;
  const n = count - skip;
  const sure = report.applied > m.base ? <u32>(report.applied - m.base) : 0;
  extend(m, n);
  const pinned = pinWrong(m, report, from, sure);
  if (pinned != 0) return -pinned;
  const i = alike(m, from, 0, sure, n);
  if (i < sure && contradicts(m, from, i, sure)) return -EUCLEAN;
  const place = placeTake(m, report, lineage);
  bitPut(reportedIn(m), report.node, true);
  m.reports += 1;
  if (report.applied > m.sure) {
    m.sure = report.applied;
    m.sure_hash = report.applied_hash;
    m.top = max<u64>(m.top, m.sure);
  }
  if (i < n) takeFrom(m, from, i, sure, n, place);
  if (mutant(M_MINORITY_DROPPED)) holdersAdd(m, from, n);
  return n;
}

/** Why this report cannot be folded in, or 0. Afterwards: its records begin at base + 1 or below, or there are none above. */
// @ts-ignore: decorator
@inline function reportWrong(m: Merge, report: Report, count: u32): i32 {
  const node: u32 = report.node;
  if (node == 0 || node > NODE_MAX || <u32>report.booting > 1) return EPROTO;
  const from = report.from;
  const last = report.last;
  if (from == 0 || from > SLOT_LIMIT || last > SLOT_LIMIT || report.applied > last) return EPROTO;
  if (report.low > report.applied + 1 || last + 1 - min<u64>(max<u64>(report.low, 1), last + 1) > RING_MAX) return EPROTO;
  if (<u64>count != (last < from ? 0 : last - from + 1) || report.accepted > report.promised) return EPROTO;
  if (m.ballot != 0 && report.promised > m.ballot) return EPROTO;
  if (bitGet(reportedIn(m), node)) return EEXIST;
  if (last <= m.base) return 0;
  return report.low > m.base + 1 || from > m.base + 1 ? EOVERFLOW : 0;
}

/** applied_hash names the whole list up to applied: does it contradict the report itself, or what is decided already? */
// @ts-ignore: decorator
@inline function pinWrong(m: Merge, report: Report, from: usize, sure: u32): i32 {
  if (report.applied == m.sure && report.applied_hash != m.sure_hash) return EUCLEAN;
  if (sure == 0) return report.applied == m.base && report.applied_hash != m.base_hash ? EUCLEAN : 0;
  const best = recOf(bestIn(m, sure - 1));
  if (best.stage == STAGE_DECIDED && best.self_hash != report.applied_hash) return EUCLEAN;
  const rec = recOf(from + <usize>(sure - 1) * TransRec_SIZE);
  if (rec.self_hash == report.applied_hash || !isHeld(rec)) return 0;
  return isSound(rec, m.base + sure) ? EPROTO : 0;
}

/** The first index from i on, below n, whose record is not what is best already. */
function alike(m: Merge, from: usize, i: u32, sure: u32, n: u32): u32 {
  if (i < sure) i = alikeAs(from, bestIn(m, 0), i, sure, BUT_STAGE, IS_DECIDED);
  return i < sure ? i : alikeAs(from, bestIn(m, 0), i, n, ~(<u64>0), 0);
}

/**
 * The same, with the stage of the records taken as (stage & keep) | force. The loop that a merge spends its time in: short,
 * so that the engine unrolls it, and with the test at its end.
 */
// @ts-ignore: decorator
@inline function alikeAs(from: usize, best: usize, i: u32, n: u32, keep: u64, force: u64): u32 {
  let at = from + <usize>i * TransRec_SIZE;
  const end = from + <usize>n * TransRec_SIZE;
  const other = best - from;
  if (at < end) do {
    if (valueAt(at) != valueAt(at + other)) break;
    if (ballotAt(at) != ballotAt(at + other)) break;
    if (((wordAt(at) & keep) | force) != wordAt(at + other)) break;
    at += TransRec_SIZE;
  } while (at < end);
  return <u32>((at - from) / TransRec_SIZE);
}

/** Is a record something else than what is best? */
// @ts-ignore: decorator
@inline function unlike(at: usize, best: usize, keep: u64, force: u64): bool {
  const word = ((wordAt(at) & keep) | force) ^ wordAt(best);
  return ((valueAt(at) ^ valueAt(best)) | (ballotAt(at) ^ ballotAt(best)) | word) != 0;
}

// @ts-ignore: decorator
@inline function valueAt(at: usize): u64 { return load<u64>(at, offsetof<TransRec>("self_hash")); }
// @ts-ignore: decorator
@inline function ballotAt(at: usize): u64 { return load<u64>(at, offsetof<TransRec>("ballot")); }
/** Flags and stage are in it. */
// @ts-ignore: decorator
@inline function wordAt(at: usize): u64 { return load<u64>(at, offsetof<TransRec>("kind")); }

/** Does this report have a decided value other than the one that is decided already? */
function contradicts(m: Merge, from: usize, i: u32, sure: u32): bool {
  for (; i < sure; i++) {
    const rec = recOf(from + <usize>i * TransRec_SIZE);
    const best = recOf(bestIn(m, i));
    if (best.stage != STAGE_DECIDED || best.self_hash == rec.self_hash || !isHeld(rec)) continue;
    if (isSound(rec, m.base + 1 + i)) return true;
  }
  return false;
}

/** Takes what differs in, from index i on, which does. Others that differ mostly stand behind it: the first report brings them all. */
function takeFrom(m: Merge, from: usize, i: u32, sure: u32, n: u32, place: u32): void {
  while (i < n) {
    for (; i < sure && unlike(recAt(from, i), bestIn(m, i), BUT_STAGE, IS_DECIDED); i++) takeDecided(m, i, recOf(recAt(from, i)), place);
    for (; i >= sure && i < n && unlike(recAt(from, i), bestIn(m, i), ~(<u64>0), 0); i++) takePrepared(m, i, recOf(recAt(from, i)), place);
    i = alike(m, from, i, sure, n);
  }
}

// @ts-ignore: decorator
@inline function recAt(from: usize, i: u32): usize { return from + <usize>i * TransRec_SIZE; }

/** Has the reporter this record, as it says? */
// @ts-ignore: decorator
@inline function isHeld(rec: TransRec): bool { return rec.stage == STAGE_PREPARED || rec.stage == STAGE_DECIDED; }
// @ts-ignore: decorator
@inline function isSound(rec: TransRec, slot: u64): bool { return rec.slot == slot && recValid(changetype<usize>(rec)); }

/** Rule A. */
// @ts-ignore: decorator
@inline function takeDecided(m: Merge, i: u32, rec: TransRec, place: u32): void {
  const best = recOf(bestIn(m, i));
  const was: u32 = best.stage;
  if (isHeld(rec) && was != STAGE_EMPTY && rec.self_hash == best.self_hash) {
    if (was != STAGE_DECIDED || rec.ballot > best.ballot) stamp(best, rec);
    else if (rec.ballot == best.ballot) best.flags &= rec.flags | ~(<u8>RECF_REPROPOSED);
    best.stage = <u8>STAGE_DECIDED;
    return;
  }
  const fits = was != STAGE_DECIDED && isHeld(rec) && rec.slot == m.base + 1 + i && recFits(changetype<usize>(rec));
  if (fits) keep(m, i, rec, STAGE_DECIDED); else damaged(m, i, place);
}

/** Rule B. */
// @ts-ignore: decorator
@inline function takePrepared(m: Merge, i: u32, rec: TransRec, place: u32): void {
  if (rec.stage == STAGE_EMPTY) return;
  const best = recOf(bestIn(m, i));
  const was: u32 = best.stage;
  const held = isHeld(rec);
  if (held && was != STAGE_EMPTY && rec.self_hash == best.self_hash) {
    if (was == STAGE_DECIDED || !above(rec.ballot, best.ballot)) return;
    stamp(best, rec);
    best.stage = <u8>STAGE_PREPARED;
    return;
  }
  if (!held || !isSound(rec, m.base + 1 + i)) return damaged(m, i, place);
  if (was == STAGE_DECIDED) return;
  const better = was == STAGE_EMPTY || above(rec.ballot, best.ballot);
  const tie = !better && rec.ballot == best.ballot;
  if (better || (tie && rec.self_hash < best.self_hash && !mutant(M_TIE_BY_ARRIVAL))) keep(m, i, rec, STAGE_PREPARED);
  if (tie) best.stage |= <u8>STAGE_CONFLICT;
}

// @ts-ignore: decorator
@inline function above(a: u64, b: u64): bool { return mutant(M_LOWEST_BALLOT) ? a < b : a > b; }

/** The same value, accepted in another ballot: what is not part of the value comes from there. */
function stamp(best: TransRec, rec: TransRec): void {
  best.ballot = rec.ballot;
  best.flags = <u8>((<u32>best.flags & ~RECF_REPROPOSED) | (<u32>rec.flags & RECF_REPROPOSED));
}

// @ts-ignore: decorator
@inline function keep(m: Merge, i: u32, rec: TransRec, stage: u32): void {
  const at = bestIn(m, i);
  copyRecord(at, changetype<usize>(rec));
  recOf(at).stage = <u8>stage;
  m.top = max<u64>(m.top, m.base + 1 + i);
}

/** Rule C": there was something, so the list reaches as far as here; but what it was is not known. */
function damaged(m: Merge, i: u32, place: u32): void {
  if (mutant(M_DAMAGED_IS_NACK)) return;
  m.top = max<u64>(m.top, m.base + 1 + i);
  if (place != NO_PLACE) putDamaged(m, i, place, true);
}
