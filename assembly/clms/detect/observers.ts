// Who observes whom: k = min(n − 1, OBSERVERS_MAX) observers of each of the n live nodes, the same on every node that
// has folded the same slot.
//
// The live nodes stand in a ring, in order of number; the observers of the node at place p are those at p + s for each
// stride s, and so the one at q observes those at q − s. Up to 11 nodes everybody observes everybody. Above, the strides
// are the marks of a ruler whose distances differ as far as n allows, so that no two nodes share all their observers
// (from 57 nodes on at most two, from 111 on one). They are short on purpose and fixed over wide ranges of n: when a
// node comes or goes, only pairs with that node between them change, and all others go on observing.
//
// Invariant: self().nobserved nodes of observedAt() are live, each once, never this node; behind them stand the
// incarnations for which they are observed. A node that is no live member of this boot observes nobody.

import { OBSERVERS_MAX, Page } from "../../abi/clms";
import { prngBelow } from "../../lib/prng";
import { isLive } from "../fold/edges";
import { entAt, fold, liveAt, observedAt, observedPut, page, peerAt, self } from "../layout";
import { PEER_SUSPECT } from "../structs";

if (OBSERVERS_MAX != 10) ERROR("the rulers have ten marks");

/** Ten strides each: for at most 11 nodes (their first n − 1), 23, 56 and more. */
const RULERS: usize = memory.data<u8>([
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  1, 2, 3, 4, 5, 6, 7, 8, 9, 11,
  1, 2, 5, 7, 11, 12, 14, 19, 20, 22,
  1, 2, 7, 11, 24, 27, 35, 42, 54, 56,
]);
/** The observed of before, while new ones are worked out: numbers (u16). */
const WAS: usize = memory.data(<i32>(OBSERVERS_MAX * 2), 8);
/** Their incarnations (u32). */
const WAS_INC: usize = memory.data(<i32>(OBSERVERS_MAX * 4), 8);
const LIST: usize = memory.data(<i32>(OBSERVERS_MAX * 2), 8);

/** Halves of an incarnation begin at this place of the observed. */
// @ts-ignore: decorator
@inline const INC_AT: u32 = 12;

/** The incarnation for which the i-th observed node is observed. */
// @ts-ignore: decorator
@inline export function observedInc(i: u32): u32 { return observedAt(INC_AT + 2 * i) | (observedAt(INC_AT + 2 * i + 1) << 16); }

function observedSet(i: u32, n: u32, inc: u32): void {
  observedPut(i, n);
  observedPut(INC_AT + 2 * i, inc & 0xffff);
  observedPut(INC_AT + 2 * i + 1, inc >> 16);
}

/** The u16 at place i of a list. */
// @ts-ignore: decorator
@inline export function listed(list: usize, i: u32): u32 { return load<u16>(list + (i << 1)); }

/** Observers of each node among n live ones. */
export function observersAmong(n: u32): u32 {
  return n < 2 ? 0 : min<u32>(n - 1, OBSERVERS_MAX);
}

function ruler(n: u32): usize {
  const row: u32 = n <= OBSERVERS_MAX + 1 ? 0 : n <= 23 ? 1 : n <= 56 ? 2 : 3;
  return RULERS + row * OBSERVERS_MAX;
}

/** The place of node x among the live; their number if it is none of them. */
function placeOf(x: u32): u32 {
  const n: u32 = fold().nlive;
  let low: u32 = 0;
  let high = n;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (liveAt(mid) < x) low = mid + 1; else high = mid;
  }
  return low < n && liveAt(low) == x ? low : n;
}

/** Writes the observers of x (u16 each, at most OBSERVERS_MAX) and returns how many: none if x is not live. O(k + log n). */
export function observersOf(x: u32, at: usize): u32 {
  const n: u32 = fold().nlive;
  const p = placeOf(x);
  if (p == n) return 0;
  const marks = ruler(n);
  const k = observersAmong(n);
  for (let j: u32 = 0; j < k; j++) store<u16>(at + (j << 1), <u16>liveAt((p + <u32>load<u8>(marks + j)) % n));
  return k;
}

/** Writes those whom x observes, and returns how many: x is an observer of exactly these. O(k + log n). */
export function observedBy(x: u32, at: usize): u32 {
  const n: u32 = fold().nlive;
  const p = placeOf(x);
  if (p == n) return 0;
  const marks = ruler(n);
  const k = observersAmong(n);
  for (let j: u32 = 0; j < k; j++) store<u16>(at + (j << 1), <u16>liveAt((p + n - <u32>load<u8>(marks + j)) % n));
  return k;
}

/** Is this boot of this node a live member? */
export function isMember(): bool {
  const me = entAt(page().node);
  return page().inc != 0 && page().inc == me.inc && isLive(me.state);
}

/** The place of node n among the `count` nodes that were observed, if it was in that incarnation; else `count`. */
function wasAt(n: u32, inc: u32, count: u32): u32 {
  for (let i: u32 = 0; i < count; i++) if (listed(WAS, i) == n && load<u32>(WAS_INC + (i << 2)) == inc) return i;
  return count;
}

/** Who is observed from here on; to be called when the list of the live, or this node's incarnation, changed. O(k²). */
export function detectDerive(): void {
  const me = self();
  const now = page().now;
  const count = min<u32>(me.nobserved, OBSERVERS_MAX);
  for (let i: u32 = 0; i < count; i++) {
    store<u16>(WAS + (i << 1), <u16>observedAt(i));
    store<u32>(WAS_INC + (i << 2), observedInc(i));
  }
  const k = isMember() ? observedBy(page().node, LIST) : 0;
  let fresh: u32 = 0;
  for (let i: u32 = 0; i < k; i++) {
    const n = listed(LIST, i);
    const inc = entAt(n).inc;
    observedSet(i, n, inc);
    const place = wasAt(n, inc, count);
    if (place < count) {
      store<u16>(WAS + (place << 1), 0);
      continue;
    }
    // It is observed from now on.
    peerAt(n).observed = now;
    fresh += 1;
  }
  // What is still in the list is observed no more, or in another incarnation: nothing is held against it.
  for (let i: u32 = 0; i < count; i++) if (listed(WAS, i) != 0) peerAt(listed(WAS, i)).flags &= ~PEER_SUSPECT;
  if (fresh != 0) soon(now, count);
  me.nobserved = k;
}

/** The new ones are probed without waiting for the next round, but not by everybody at once. */
function soon(now: u64, before: u32): void {
  const me = self();
  const at = now + prngBelow(changetype<usize>(page()) + offsetof<Page>("seed"), me.probe_ns >> 2);
  me.next_probe = before == 0 ? at : min<u64>(me.next_probe, at);
  if (before == 0) me.silent_since = now;
}
