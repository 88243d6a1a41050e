// Sets of nodes: BITMAP_BYTES bytes, bit n % 8 of byte n / 8 is node n.

import { BITMAP_BYTES } from "../abi/clms";

// @ts-ignore: decorator
@inline export function bitGet(set: usize, n: u32): bool { return ((<u32>load<u8>(set + (n >> 3)) >> (n & 7)) & 1) != 0; }

// @ts-ignore: decorator
@inline export function bitPut(set: usize, n: u32, on: bool): void {
  const at = set + (n >> 3);
  const bit: u32 = 1 << (n & 7);
  store<u8>(at, <u8>(on ? <u32>load<u8>(at) | bit : <u32>load<u8>(at) & ~bit));
}

// @ts-ignore: decorator
@inline export function bitsClear(set: usize): void { memory.fill(set, 0, BITMAP_BYTES); }

/** Have two sets a node in common? */
export function bitsMeet(a: usize, b: usize): bool {
  for (let i: u32 = 0; i < BITMAP_BYTES; i += 8) if ((load<u64>(a + i) & load<u64>(b + i)) != 0) return true;
  return false;
}

/** Are two sets the same? */
export function bitsSame(a: usize, b: usize): bool {
  for (let i: u32 = 0; i < BITMAP_BYTES; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  return true;
}
