// The source filter of a membership (RFC 3376 §3.2, RFC 3810 §4.2): which sources are wanted, or which are not.
//
// At the end of a membership's record (mcast.ts), at `at`: 0 mode, 1 how many sources, 8 sources, 16 bytes each (IPv4 in the
// first 4). Invariant: never less is wanted than the stack wants. Of sources to be left out more than MCAST_SRC_MAX are
// forgotten; more than that to be taken become "all".

import { FAMILY_V4, MCAST_SRC_MAX } from "../../abi/ipmp";
import { ALLOW_NEW, BLOCK_OLD, IS_EXCLUDE, IS_INCLUDE, TO_EXCLUDE, TO_INCLUDE } from "../../wire/igmp";

/** Only the sources named are wanted. */
// @ts-ignore: decorator
@inline export const INCLUDE: u32 = 1;
/** All but the sources named are wanted. */
// @ts-ignore: decorator
@inline export const EXCLUDE: u32 = 2;

// @ts-ignore: decorator
@inline const COUNT: usize = 1;
// @ts-ignore: decorator
@inline const SOURCES: usize = 8;

/** Bytes of a filter. */
// @ts-ignore: decorator
@inline export const FILTER_SIZE: u32 = 8 + (MCAST_SRC_MAX << 4);

// @ts-ignore: decorator
@inline export function filterMode(at: usize): u32 { return load<u8>(at); }
// @ts-ignore: decorator
@inline export function filterCount(at: usize): u32 { return min<u32>(load<u8>(at, COUNT), MCAST_SRC_MAX); }
// @ts-ignore: decorator
@inline export function filterSources(at: usize): usize { return at + SOURCES; }

/** Everything is wanted. */
export function filterAll(at: usize): void { memory.fill(at, 0, FILTER_SIZE); store<u8>(at, <u8>EXCLUDE); }

// @ts-ignore: decorator
@inline function sourceSize(family: u32): u32 { return family == FAMILY_V4 ? 4 : 16; }

/** Which source equals the one at `src`, or how many there are. */
function find(at: usize, family: u32, src: usize): u32 {
  const n = filterCount(at);
  let k: u32 = 0;
  while (k < n && memory.compare(filterSources(at) + (k << 4), src, sourceSize(family)) != 0) k++;
  return k;
}

/** Adds a source; false if there is no room. */
function add(at: usize, family: u32, src: usize): bool {
  const n = filterCount(at);
  if (find(at, family, src) < n) return true;
  if (n == MCAST_SRC_MAX) return false;
  memory.fill(filterSources(at) + (n << 4), 0, 16);
  memory.copy(filterSources(at) + (n << 4), src, sourceSize(family));
  store<u8>(at, <u8>(n + 1), COUNT);
  return true;
}

function remove(at: usize, family: u32, src: usize): void {
  const n = filterCount(at);
  const k = find(at, family, src);
  if (k == n) return;
  const last = filterSources(at) + ((n - 1) << 4);
  if (k != n - 1) memory.copy(filterSources(at) + (k << 4), last, 16);
  memory.fill(last, 0, 16);
  store<u8>(at, <u8>(n - 1), COUNT);
}

/** The filter is of a mode and has the n sources at `src`. */
function put(at: usize, family: u32, mode: u32, n: u32, src: usize): void {
  filterAll(at);
  store<u8>(at, <u8>mode);
  for (let i: u32 = 0; i < n; i++) {
    if (add(at, family, src + i * sourceSize(family))) continue;
    if (mode == INCLUDE) filterAll(at);
    return;
  }
}

/**
 * What a record of a type with n sources at `src` makes of the filter at `at`, which is new (mode 0) or not. False: nothing
 * is wanted any more, or nothing was said of it. O(n × MCAST_SRC_MAX).
 */
export function filterApply(at: usize, family: u32, type: u32, n: u32, src: usize): bool {
  const mode = filterMode(at);
  const size = sourceSize(family);
  switch (type) {
    case IS_EXCLUDE:
    case TO_EXCLUDE:
      put(at, family, EXCLUDE, n, src);
      return true;
    case IS_INCLUDE:
    case TO_INCLUDE:
      if (n != 0) put(at, family, INCLUDE, n, src);
      return n != 0;
    case ALLOW_NEW:
      if (mode == 0 && n != 0) put(at, family, INCLUDE, n, src);
      for (let i: u32 = 0; i < n && mode == EXCLUDE; i++) remove(at, family, src + i * size);
      for (let i: u32 = 0; i < n && filterMode(at) == INCLUDE; i++) if (!add(at, family, src + i * size)) filterAll(at);
      return filterMode(at) != 0;
    case BLOCK_OLD:
      for (let i: u32 = 0; i < n && mode == EXCLUDE; i++) add(at, family, src + i * size);
      for (let i: u32 = 0; i < n && mode == INCLUDE; i++) remove(at, family, src + i * size);
      return mode == EXCLUDE || (mode == INCLUDE && filterCount(at) != 0);
    default: return mode != 0;
  }
}
