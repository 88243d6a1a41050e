// What a merge remembers between reports: the best record of each slot so far, and who reported.
//
//   head (Merge) · set of nodes that reported · a record to try things on · (RING_MAX + 1) × best record ·
//   RING_MAX × set of places "its record here is damaged" · VOTER_MAX × Reporter, the places
//
// Invariants: slot base + 1 + i is at index i; indexes below `span` are initialised, all others hold garbage; the set and
// the places name nodes, not the order in which they came. One record more than RING_MAX, so that an open bracket can be
// closed behind a full list.

import { BITMAP_BYTES, NODE_MAX, RING_MAX, STAGE_DECIDED, STAGE_EMPTY, TransRec_SIZE, VOTER_MAX } from "../../abi/clms";
import { MERGE_BYTES, mergeBase } from "../layout";
import { recOf, recValid } from "../record";

// What state a context is in.
// @ts-ignore: decorator
@inline export const MERGE_NONE: u32 = 0;
// @ts-ignore: decorator
@inline export const MERGE_OPEN: u32 = 1;
// @ts-ignore: decorator
@inline export const MERGE_DONE: u32 = 2;

/** Set in the stage of a best record: another value came with the same ballot. */
// @ts-ignore: decorator
@inline export const STAGE_CONFLICT: u32 = 0x80;

@unmanaged export class Merge {
  /** slots above this one are merged */
  base: u64;
  /** what reporters must have promised for their "nothing here" to count; undecided records get it. 0: none */
  ballot: u64;
  /** highest slot in which anybody holds, or held, something */
  top: u64;
  /** highest slot known to be decided, and the self_hash of its record */
  sure: u64;
  sure_hash: u64;
  /** self_hash of the record of slot base */
  base_hash: u64;
  /** the slot that was not settled, after -EAGAIN */
  missing: u64;
  state: u32;
  span: u32;
  count: u32;
  prefix: u32;
  conflicts: u32;
  reports: u32;
  nplace: u32;
  /** highest rank among the places, once all are taken */
  worst: u32;
}
if (offsetof<Merge>() != 88) ERROR("Merge is 88 bytes");

/** A reporter whose word counts for more than its records: it votes, or might do so further up the list. */
@unmanaged export class Reporter {
  /** ballot of its last acceptance */
  accepted: u64;
  lineage: u32;
  /** voters first, then by number: who keeps a place if there are too many */
  rank: u32;
  node: u16;
  /** 1: it has promised what it had to */
  sworn: u8;
  /** 1: it has restarted and is not admitted yet */
  booting: u8;
  private _pad: u32;
  private _pad2: u64;
}
// @ts-ignore: decorator
@inline const Reporter_SIZE: u32 = 32;
if (offsetof<Reporter>() != 32) ERROR("Reporter is 32 bytes");

// @ts-ignore: decorator
@inline const REPORTED_OFF: u32 = 88;
// @ts-ignore: decorator
@inline const TRIAL_OFF: u32 = REPORTED_OFF + BITMAP_BYTES;
// @ts-ignore: decorator
@inline const BEST_OFF: u32 = 512 - TransRec_SIZE;
// @ts-ignore: decorator
@inline const DAMAGED_OFF: u32 = BEST_OFF + (RING_MAX + 1) * TransRec_SIZE;
// @ts-ignore: decorator
@inline const SET_BYTES: u32 = VOTER_MAX / 8;
// @ts-ignore: decorator
@inline const PLACE_OFF: u32 = DAMAGED_OFF + RING_MAX * SET_BYTES;
if (TRIAL_OFF + TransRec_SIZE > BEST_OFF) ERROR("the head has room for what is in it");
if (PLACE_OFF + VOTER_MAX * Reporter_SIZE != MERGE_BYTES) ERROR("a context is MERGE_BYTES");

// @ts-ignore: decorator
@inline export function mergeOf(ctx: u32): Merge { return changetype<Merge>(mergeBase(ctx)); }
/** Which nodes have reported (BITMAP_BYTES). */
// @ts-ignore: decorator
@inline export function reportedIn(m: Merge): usize { return changetype<usize>(m) + REPORTED_OFF; }
/** A record outside the list. */
// @ts-ignore: decorator
@inline export function trialIn(m: Merge): usize { return changetype<usize>(m) + TRIAL_OFF; }
/** The best record of slot base + 1 + i. */
// @ts-ignore: decorator
@inline export function bestIn(m: Merge, i: u32): usize { return changetype<usize>(m) + BEST_OFF + <usize>i * TransRec_SIZE; }
// @ts-ignore: decorator
@inline export function placeIn(m: Merge, p: u32): Reporter {
  return changetype<Reporter>(changetype<usize>(m) + PLACE_OFF + <usize>p * Reporter_SIZE);
}

// @ts-ignore: decorator
@inline function damagedIn(m: Merge, i: u32): usize { return changetype<usize>(m) + DAMAGED_OFF + <usize>i * SET_BYTES; }
/** Is the record of place p at index i damaged? */
// @ts-ignore: decorator
@inline export function isDamaged(m: Merge, i: u32, p: u32): bool {
  return ((<u32>load<u8>(damagedIn(m, i) + (p >> 3)) >> (p & 7)) & 1) != 0;
}
// @ts-ignore: decorator
@inline export function anyDamaged(m: Merge, i: u32): bool { return (load<u64>(damagedIn(m, i)) | load<u64>(damagedIn(m, i), 8)) != 0; }
export function putDamaged(m: Merge, i: u32, p: u32, on: bool): void {
  const at = damagedIn(m, i) + (p >> 3);
  const bit: u32 = 1 << (p & 7);
  store<u8>(at, <u8>(on ? <u32>load<u8>(at) | bit : <u32>load<u8>(at) & ~bit));
}

/** Makes indexes below n usable: empty, nobody's damaged. */
export function extend(m: Merge, n: u32): void {
  const span = m.span;
  if (n <= span) return;
  memory.fill(bestIn(m, span), 0, (n - span) * TransRec_SIZE);
  memory.fill(damagedIn(m, span), 0, (n - span) * SET_BYTES);
  m.span = n;
}

/** Copies a record, word by word: for so few bytes a memory.copy costs more. */
// @ts-ignore: decorator
@inline export function copyRecord(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
  store<u64>(to, load<u64>(from, 32), 32);
  store<u64>(to, load<u64>(from, 40), 40);
  store<u64>(to, load<u64>(from, 48), 48);
  store<u64>(to, load<u64>(from, 56), 56);
}

/** Is a context, out of a saved state, one that a merge can have left? Its bytes may be anything. O(RING_MAX). */
export function mergeValid(ctx: u32): bool {
  const m = mergeOf(ctx);
  if (m.state > MERGE_DONE) return false;
  if (m.state == MERGE_NONE) return true;
  if (m.sure < m.base || m.top < m.sure || m.span > RING_MAX || m.top - m.base > m.span) return false;
  if (m.nplace > VOTER_MAX || m.count > m.span + 1 || m.prefix > m.count) return false;
  for (let p: u32 = 0; p < m.nplace; p++) {
    const node: u32 = placeIn(m, p).node;
    if (node == 0 || node > NODE_MAX) return false;
  }
  for (let i: u32 = 0, n = max<u32>(m.span, m.count); i < n; i++) {
    const at = bestIn(m, i);
    const stage: u32 = recOf(at).stage;
    if (stage == STAGE_EMPTY) continue;
    if ((stage & ~STAGE_CONFLICT) > STAGE_DECIDED || !recSound(at)) return false;
  }
  return true;
}

/** recValid, whatever the stage. */
function recSound(at: usize): bool {
  const stage = recOf(at).stage;
  recOf(at).stage = 0;
  const sound = recValid(at);
  recOf(at).stage = stage;
  return sound;
}
