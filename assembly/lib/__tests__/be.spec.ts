// Bytes of a frame: numbers, hardware addresses, 16-byte addresses.

import { MAC_BROADCAST, copy16, load16, loadMac, macIsGroup, same16, store16, storeMac, zero16 } from "../be";
import { fold16 } from "../hash";

const A: usize = memory.data(64, 8);
const B: usize = A + 32;

describe("bytes of a frame", () => {
  test("numbers are big-endian", () => {
    store<u32>(A, 0x04030201);
    expect<u32>(load16(A)).toBe(0x0102);
    expect<u32>(load16(A + 1)).toBe(0x0203);
    store16(A, 0xabcd);
    expect<u32>(load<u8>(A)).toBe(0xab);
  });

  test("a hardware address touches its six bytes and no other", () => {
    memory.fill(A, 0xee, 16);
    storeMac(A + 4, 0x0605_0403_0201);
    expect<u32>(load<u8>(A, 3)).toBe(0xee);
    expect<u32>(load<u8>(A, 4)).toBe(1);
    expect<u32>(load<u8>(A, 9)).toBe(6);
    expect<u32>(load<u8>(A, 10)).toBe(0xee);
    expect<u64>(loadMac(A + 4)).toBe(0x0605_0403_0201);
  });

  test("the first bit of the first byte makes a group address", () => {
    expect<bool>(macIsGroup(MAC_BROADCAST)).toBe(true);
    expect<bool>(macIsGroup(0x01)).toBe(true);
    expect<bool>(macIsGroup(0x0100_0000_0002)).toBe(false);
  });

  test("16-byte addresses compare by every byte", () => {
    for (let i: usize = 0; i < 16; i++) {
      memory.fill(A, 0, 16);
      memory.fill(B, 0, 16);
      expect<bool>(same16(A, B) && zero16(A)).toBe(true);
      store<u8>(A + i, 1);
      expect<bool>(same16(A, B) || zero16(A)).toBe(false);
      copy16(B, A);
      expect<bool>(same16(A, B)).toBe(true);
    }
  });

  test("addresses that differ in one word fold to different values", () => {
    memory.fill(A, 0x5a, 16);
    const was = fold16(A);
    let same = 0;
    for (let word: usize = 0; word < 4; word++) {
      for (let n: u32 = 1; n < 1000; n++) {
        copy16(B, A);
        store<u32>(B + word * 4, load<u32>(B + word * 4) ^ n);
        same += i32(fold16(B) == was);
      }
    }
    expect<i32>(same).toBe(0);
  });
});
