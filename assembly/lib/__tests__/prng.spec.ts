// The generator against the published sequence of SplitMix64, and spans of time at both ends of u64.

import { mix64, prngBelow, prngNext } from "../prng";
import { later, since, times } from "../span";

const STATE: usize = memory.data(8, 8);

describe("the pseudo-random generator", () => {
  test("gives SplitMix64's sequence for seeds 0 and 1234567", () => {
    store<u64>(STATE, 0);
    expect<u64>(prngNext(STATE)).toBe(0xe220_a839_7b1d_cdaf);
    expect<u64>(prngNext(STATE)).toBe(0x6e78_9e6a_a1b9_65f4);
    expect<u64>(prngNext(STATE)).toBe(0x06c4_5d18_8009_454f);
    store<u64>(STATE, 1234567);
    expect<u64>(prngNext(STATE)).toBe(6457827717110365317);
    expect<u64>(prngNext(STATE)).toBe(3203168211198807973);
    expect<u64>(mix64(0)).toBe(0);
  });

  test("below a bound: all values come up, none above, and a bound of 0 draws nothing", () => {
    store<u64>(STATE, 42);
    let seen: u32 = 0;
    for (let i: u32 = 0; i < 1000; i++) {
      const x = prngBelow(STATE, 10);
      expect<bool>(x < 10).toBe(true);
      seen |= 1 << <u32>x;
    }
    expect<u32>(seen).toBe(1023);
    const before = load<u64>(STATE);
    expect<u64>(prngBelow(STATE, 0)).toBe(0);
    expect<u64>(load<u64>(STATE)).toBe(before);
  });
});

describe("spans of time", () => {
  test("never wrap", () => {
    expect<u64>(since(10, 3)).toBe(7);
    expect<u64>(since(3, 10)).toBe(0);
    expect<u64>(since(0, u64.MAX_VALUE)).toBe(0);
    expect<u64>(later(3, 4)).toBe(7);
    expect<u64>(later(u64.MAX_VALUE - 1, 1)).toBe(u64.MAX_VALUE);
    expect<u64>(later(u64.MAX_VALUE - 1, 2)).toBe(u64.MAX_VALUE);
    expect<u64>(later(1, u64.MAX_VALUE)).toBe(u64.MAX_VALUE);
    expect<u64>(times(3, 4)).toBe(12);
    expect<u64>(times(3, 0)).toBe(0);
    expect<u64>(times(1 << 33, 1 << 33)).toBe(u64.MAX_VALUE);
    expect<u64>(times(1 << 32, (1 << 32) - 1)).toBe(0xffff_ffff_0000_0000);
  });
});
