// When each watcher wants to be called: a binary heap by time, so that time.ts touches only those that are due.
//
//   0            entries in the heap
//   64           u64 by watcher: its time
//   + 8 × count  u16 by watcher: its place in the heap and 1, 0 = not in it
//   + 2 × count  u16 by place: the watcher
//
// Invariants: a place's time is not before its parent's (place (i - 1) / 2), of equal times the lower watcher comes
// first (so that the order is the same however the heap came about); a watcher is in it at most once.

import { HEAP_SIZE, NEVER, NONE, PROBE_COUNT, heapBase } from "../layout";

// @ts-ignore: decorator
@inline const TIMES: usize = 64;
// @ts-ignore: decorator
@inline const PLACES: usize = TIMES + PROBE_COUNT * 8;
// @ts-ignore: decorator
@inline const ENTRIES: usize = PLACES + PROBE_COUNT * 2;

// @ts-ignore: decorator
@inline function size(): u32 { return load<u32>(heapBase()); }
// @ts-ignore: decorator
@inline function entry(i: u32): u32 { return load<u16>(heapBase() + (i << 1), ENTRIES); }
// @ts-ignore: decorator
@inline function timeOf(n: u32): u64 { return load<u64>(heapBase() + (n << 3), TIMES); }

/** The place of one that is not in the heap. */
// @ts-ignore: decorator
@inline const OUT: u32 = 0xffff_ffff;
// @ts-ignore: decorator
@inline function placeOf(n: u32): u32 { return <u32>load<u16>(heapBase() + (n << 1), PLACES) - 1; }

/** Nothing is due any more. */
export function heapReset(): void {
  memory.fill(heapBase(), 0, HEAP_SIZE);
}

/** When the first is due; NEVER if none is. */
export function heapDeadline(): u64 {
  return size() == 0 ? NEVER : timeOf(entry(0));
}

/** The first that is due at `now`, NONE if none is. */
export function heapFirst(now: u64): u32 {
  if (size() == 0) return NONE;
  const n = entry(0);
  return timeOf(n) <= now ? n : NONE;
}

function before(a: u32, b: u32): bool {
  const ta = timeOf(a);
  const tb = timeOf(b);
  return ta != tb ? ta < tb : a < b;
}

function put(i: u32, n: u32): void {
  store<u16>(heapBase() + (i << 1), <u16>n, ENTRIES);
  store<u16>(heapBase() + (n << 1), <u16>(i + 1), PLACES);
}

/** Moves watcher n, to stand in place i, towards the root as far as it belongs; returns its place. */
function rise(i: u32, n: u32): u32 {
  while (i != 0) {
    const up = (i - 1) >> 1;
    const other = entry(up);
    if (!before(n, other)) break;
    put(i, other);
    i = up;
  }
  put(i, n);
  return i;
}

/** The same, away from the root. */
function sink(i: u32, n: u32): void {
  const end = size();
  while (true) {
    let down = (i << 1) + 1;
    if (down >= end) break;
    if (down + 1 < end && before(entry(down + 1), entry(down))) down++;
    if (!before(entry(down), n)) break;
    put(i, entry(down));
    i = down;
  }
  put(i, n);
}

/** Watcher n wants to be called at `due`, whatever it wanted before. O(log of watchers). */
export function heapSet(n: u32, due: u64): void {
  let i = placeOf(n);
  store<u64>(heapBase() + (n << 3), due, TIMES);
  if (i == OUT) {
    i = size();
    store<u32>(heapBase(), i + 1);
  }
  if (rise(i, n) == i) sink(i, n);
}

/** Watcher n wants nothing. O(log of watchers). */
export function heapRemove(n: u32): void {
  const i = placeOf(n);
  if (i == OUT) return;
  const end = size() - 1;
  const last = entry(end);
  store<u32>(heapBase(), end);
  store<u16>(heapBase() + (n << 1), 0, PLACES);
  if (last != n && rise(i, last) == i) sink(i, last);
}
