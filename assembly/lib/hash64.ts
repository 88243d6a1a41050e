// A 64-bit hash of words and bytes: to tell values apart and to notice damage, not against an adversary.

import { GOLDEN64, MIX64 } from "./hash";

/** What a hash begins with. */
// @ts-ignore: decorator
@inline export const HASH_SEED: u64 = 0x243f_6a88_85a3_08d3;

/** Takes one word in. Every bit of the word reaches the upper half, the shift brings it down again. */
// @ts-ignore: decorator
@inline export function hashWord(h: u64, word: u64): u64 {
  const m = (h ^ word) * GOLDEN64;
  return m ^ (m >> 29);
}

/** Ends a hash; never 0, so that 0 can mean "none". */
// @ts-ignore: decorator
@inline export function hashEnd(h: u64): u64 {
  const m = (h ^ (h >> 32)) * MIX64;
  const e = m ^ (m >> 29);
  return e == 0 ? 1 : e;
}

/** Takes len bytes in: words of 8, then what is left, then the length. O(len). */
export function hashBytes(h: u64, at: usize, len: u32): u64 {
  let i: u32 = 0;
  for (; i + 8 <= len; i += 8) h = hashWord(h, load<u64>(at + i));
  let rest: u64 = 0;
  for (let k: u32 = 0; i < len; i++, k += 8) rest |= <u64>load<u8>(at + i) << k;
  return hashWord(hashWord(h, rest), len);
}
