// What the specs of the merge build their reports from: a fold at slot 1, a history above it, reports of parts of it.

import {
  ENTF_USED, KIND_META, MODE_MAJORITY, NS_UP, ROLE_VOTER, Report, Report_SIZE, RING_MAX, STAGE_DECIDED, STAGE_EMPTY, STAGE_PREPARED,
  STAGE_UNKNOWN, TransRec, TransRec_SIZE,
} from "../../../abi/clms";
import { entAt, fold, layoutInit, uidIn, foldBase } from "../../layout";
import { recCopy, recLink, recMake, recOf } from "../../record";
import { mergeAdd, mergeBegin } from "../add";
import { mergeFinish, mergeRecord } from "../walk";

const HISTORY: usize = memory.data(1100 * 64, 8);
const REPORT: usize = memory.data(344 + 1100 * 64, 8);
const SAVED: usize = memory.data(1100 * 64, 8);

/** Ballots of an old master, of the next, of the takeover. */
// @ts-ignore: decorator
@inline export const B1: u64 = 0x1_0001;
// @ts-ignore: decorator
@inline export const B2: u64 = 0x2_0002;
// @ts-ignore: decorator
@inline export const B9: u64 = 0x9_0001;

/** A fold at slot 1 with nodes 1 to n, all UP, one vote each; and a merge with ballot B9 above it. */
export function begin(n: u32, mode: u32 = MODE_MAJORITY): void {
  layoutInit();
  const f = fold();
  f.slot = 1;
  f.hash = 4711;
  f.mono_ms = 10;
  f.mode = <u8>mode;
  f.nused = <u16>n;
  f.top = <u16>n;
  f.nup = <u16>n;
  f.nlive = <u16>n;
  for (let i: u32 = 1; i <= n; i++) addNode(i);
  mergeBegin(0, 1, B9);
}

function addNode(i: u32): void {
  const ent = entAt(i);
  ent.node = <u16>i;
  ent.state = <u8>NS_UP;
  ent.role = <u8>ROLE_VOTER;
  ent.votes = 1;
  ent.flags = <u8>ENTF_USED;
  ent.inc = 1;
  ent.lineage = 1;
  ent.proto_min = 1;
  ent.proto_max = 1;
  store<u64>(uidIn(foldBase(), i), 1000 + i);
}

/** Record of a slot of the history. */
export function at(slot: u64): usize { return HISTORY + <usize>slot * TransRec_SIZE; }
export function rec(slot: u64): TransRec { return recOf(at(slot)); }

/** Puts what recMake made at `at(slot)` into the chain. */
export function linked(slot: u64, ballot: u64): TransRec {
  const prev = slot == 2 ? fold().hash : rec(slot - 1).self_hash;
  recLink(at(slot), slot, 10 + slot, prev, ballot);
  return rec(slot);
}

/** A record that is legal anywhere; different args are different values. */
export function meta(slot: u64, arg: u64, ballot: u64): TransRec {
  recMake(at(slot), KIND_META, 1, 0, 0, 1, 0, 8, arg);
  return linked(slot, ballot);
}

/** A history of slots 2 to last, of ballot B1. */
export function history(last: u64): void {
  for (let s: u64 = 2; s <= last; s++) meta(s, s, B1);
}

/** A report of slots 2 to last of the history: decided up to `applied`, prepared above. */
export function report(node: u32, applied: u64, last: u64): Report {
  memory.fill(REPORT, 0, Report_SIZE + 1100 * TransRec_SIZE);
  const r = changetype<Report>(REPORT);
  r.from = 2;
  r.low = 1;
  r.applied = applied;
  r.applied_hash = applied > 1 ? rec(applied).self_hash : fold().hash;
  r.last = last;
  r.promised = B9;
  r.accepted = B1;
  r.node = <u16>node;
  for (let s: u64 = 2; s <= last; s++) put(s, s <= applied ? STAGE_DECIDED : STAGE_PREPARED);
  return r;
}

/** The record of a slot in the report that is being built. */
export function inReport(slot: u64): TransRec { return recOf(REPORT + Report_SIZE + <usize>(slot - 2) * TransRec_SIZE); }

/** Copies a slot of the history into the report. */
export function put(slot: u64, stage: u32): TransRec {
  const to = inReport(slot);
  recCopy(changetype<usize>(to), at(slot));
  to.stage = <u8>stage;
  return to;
}

/** The report has nothing at this slot. */
export function hole(slot: u64): void {
  memory.fill(changetype<usize>(inReport(slot)), 0, TransRec_SIZE);
  inReport(slot).stage = <u8>STAGE_EMPTY;
}

/** The report had something there; it is damaged. */
export function damage(slot: u64): void {
  hole(slot);
  inReport(slot).stage = <u8>STAGE_UNKNOWN;
}

/** Adds the report that was built; its reporter's lineage is 1. */
export function add(lineage: u32 = 1): i32 {
  const r = changetype<Report>(REPORT);
  const count = r.from > r.last ? 0 : <u32>(r.last + 1 - r.from);
  return mergeAdd(0, REPORT, Report_SIZE + count * TransRec_SIZE, count, lineage);
}

export function reportAt(): usize { return REPORT; }

/** Canonical record of a slot. */
export function canon(slot: u64): TransRec { return recOf(mergeRecord(0, <u32>(slot - 2))); }

/** Ends the merge; its result is kept for sameAsSaved. */
export function finishAndSave(): i32 {
  const n = mergeFinish(0);
  if (n > 0) memory.copy(SAVED, mergeRecord(0, 0), <usize>n * TransRec_SIZE);
  return n;
}
export function sameAsSaved(n: u32): bool { return memory.compare(SAVED, mergeRecord(0, 0), <usize>n * TransRec_SIZE) == 0; }

export function ringMax(): u32 { return RING_MAX; }
