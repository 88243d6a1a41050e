// Pseudo-random numbers: a counter in steps of the golden ratio, then the finishing rounds of Murmur's hash in Stafford's
// 13th variant (SplitMix64). Eight bytes of state, which the caller keeps; every value comes up once in 2^64.
// For jitter and ties, never for secrets.

import { GOLDEN64 } from "./hash";

/** Mixes 64 bits: one-to-one, each bit of the result hangs on every bit of x. */
export function mix64(x: u64): u64 {
  let z = (x ^ (x >> 30)) * 0xbf58_476d_1ce4_e5b9;
  z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
  return z ^ (z >> 31);
}

/** The next number of the generator whose state is at `state`. */
export function prngNext(state: usize): u64 {
  const s = load<u64>(state) + GOLDEN64;
  store<u64>(state, s);
  return mix64(s);
}

/** A number below `bound`, which is small beside 2^64; 0 if the bound is 0. */
export function prngBelow(state: usize, bound: u64): u64 {
  return bound == 0 ? 0 : prngNext(state) % bound;
}
