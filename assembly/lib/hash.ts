// Multiplicative hashing (Fibonacci hashing): the upper bits of a product with an odd constant near 2^n / golden ratio.

/** 2^32 divided by the golden ratio, odd. */
// @ts-ignore: decorator
@inline export const GOLDEN32: u32 = 0x9e37_79b1;
/** 2^64 divided by the golden ratio, odd. */
// @ts-ignore: decorator
@inline export const GOLDEN64: u64 = 0x9e37_79b9_7f4a_7c15;
/** Another odd constant with as many ones as zeros, for the other operand. */
// @ts-ignore: decorator
@inline export const MIX64: u64 = 0xd6e8_feb8_6659_fd93;

/** Folds the 16 bytes at `at` into a u32. Addresses that differ in one 32-bit word never fold to the same value. */
// @ts-ignore: decorator
@inline export function fold16(at: usize): u32 {
  return ((load<u32>(at) * GOLDEN32 + load<u32>(at, 4)) * GOLDEN32 + load<u32>(at, 8)) * GOLDEN32 + load<u32>(at, 12);
}
