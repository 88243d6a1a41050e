// The filter of answer times, against its arithmetic worked out by hand.

import { Target, Target_SIZE } from "../../../abi/ipmp";
import { rttAdd, rttLower, rttOf, rttReset, rttSample } from "../rtt";

const AT: usize = memory.data(<i32>Target_SIZE, 8);
const t = changetype<Target>(AT);
const INTERVAL: u64 = 1_000_000;

describe("the RTT filter", () => {
  beforeEach(() => {
    rttReset(t);
  });

  test("without a sample CRTT is 0", () => {
    expect<u64>(rttOf(t)).toBe(0);
  });

  test("the first sample m: sa = 8 m, sv = 2 m, CRTT = 3 m", () => {
    rttAdd(t, 1000);
    expect<u64>(t.sa).toBe(8000);
    expect<u64>(t.sv).toBe(2000);
    expect<u64>(rttOf(t)).toBe(3000);
  });

  test("then d = m - sa / 8, sa += d, sv += |d| - sv / 4", () => {
    rttAdd(t, 1000);
    rttAdd(t, 1800); // d = 800: sa 8800, sv 2000 + 800 - 500
    expect<u64>(t.sa).toBe(8800);
    expect<u64>(t.sv).toBe(2300);
    expect<u64>(rttOf(t)).toBe(3400);
    rttAdd(t, 100); // d = 100 - 1100 = -1000: sa 7800, sv 2300 + 1000 - 575
    expect<u64>(t.sa).toBe(7800);
    expect<u64>(t.sv).toBe(2725);
    expect<u64>(rttOf(t)).toBe(3700);
  });

  test("the same sample again and again: the mean stays, the deviation dies away", () => {
    for (let i = 0; i < 60; i++) rttAdd(t, 5000);
    expect<u64>(t.sa >> 3).toBe(5000);
    expect<bool>(t.sv <= 3).toBe(true);
  });

  test("one outlier is deferred and forgotten, two in a row are both taken in", () => {
    for (let i = 0; i < 60; i++) rttAdd(t, 5000);
    const sa = t.sa;
    const sv = t.sv;
    expect<bool>(rttSample(t, 2_000_000, INTERVAL)).toBe(false);
    expect<u64>(t.sa).toBe(sa);
    expect<u64>(t.sv).toBe(sv);
    expect<u64>(t.deferred).toBe(2_000_000);
    expect<bool>(rttSample(t, 5000, INTERVAL)).toBe(false);
    expect<u64>(t.deferred).toBe(0);
    expect<bool>(rttOf(t) < 6000).toBe(true);
    expect<bool>(rttSample(t, 2_000_000, INTERVAL)).toBe(false);
    expect<bool>(rttSample(t, 2_100_000, INTERVAL)).toBe(true);
    expect<u64>(t.deferred).toBe(0);
    // by hand, from sa = 40000 and sv as it was: two samples, each in its turn
    expect<bool>(rttOf(t) > INTERVAL).toBe(true);
  });

  test("a measuring sample only lowers", () => {
    for (let i = 0; i < 4; i++) rttAdd(t, 100_000);
    const before = rttOf(t);
    rttLower(t, 900_000);
    expect<u64>(rttOf(t)).toBe(before);
    for (let i = 0; i < 100; i++) rttLower(t, 100_000);
    expect<bool>(rttOf(t) < before).toBe(true);
  });

  test("no sample overflows, none is nothing", () => {
    rttAdd(t, u64.MAX_VALUE);
    expect<bool>(rttOf(t) < 1 << 43).toBe(true);
    rttReset(t);
    rttAdd(t, 0);
    expect<bool>(rttOf(t) > 0).toBe(true);
    for (let i = 0; i < 1000; i++) rttAdd(t, i & 1 ? u64.MAX_VALUE : 0);
    expect<bool>(t.sa != 0 && rttOf(t) < 1 << 44).toBe(true);
  });
});
