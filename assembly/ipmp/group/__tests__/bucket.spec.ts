// The bucket table: divided by largest remainder, whatever the weights, and never moved more than that needs.

import { BUCKET_MAX, Illgrp, Illgrp_actif_OFF } from "../../../abi/ipmp";
import { bucketReset, bucketSettle } from "../bucket";
import { turnNext, turnReset } from "../rotor";
import { NONE, bucketOf, illAt, illgrpAt, layoutInit, phyintAt } from "../../layout";

let seed: u32 = 1;
function random(n: u32): u32 {
  seed = seed * 1103515245 + 12345;
  return (seed >> 8) % n;
}

const BEFORE: usize = memory.data(512, 8);

function setActive(list: StaticArray<u32>, n: u32): void {
  const ig: Illgrp = illgrpAt(0, 0);
  ig.nactif = <u16>n;
  for (let i: u32 = 0; i < n; i++) store<u16>(changetype<usize>(ig) + (i << 1), list[i], Illgrp_actif_OFF);
}

/** A fresh table for `members` members, none of them active. */
function fresh(members: u32): void {
  layoutInit();
  bucketReset(0, 0);
  for (let p: u32 = 0; p < members; p++) phyintAt(p).weight_now = 1;
}

/** Buckets that have another owner than when they were copied to BEFORE. */
function moved(): u32 {
  let count: u32 = 0;
  for (let b: u32 = 0; b < BUCKET_MAX; b++) count += u32(load<u16>(BEFORE + (b << 1)) != <u16>bucketOf(illgrpAt(0, 0), b));
  return count;
}

function remember(): void {
  for (let b: u32 = 0; b < BUCKET_MAX; b++) store<u16>(BEFORE + (b << 1), bucketOf(illgrpAt(0, 0), b));
}

/** Whether each of n active members has its floor, or one more and then no smaller remainder than one that has not. */
function divided(list: StaticArray<u32>, n: u32): bool {
  let total: u64 = 0;
  for (let i: u32 = 0; i < n; i++) total += phyintAt(list[i]).weight_now;
  let least: u64 = u64.MAX_VALUE;
  let most: u64 = 0;
  let sum: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const part = <u64>BUCKET_MAX * phyintAt(list[i]).weight_now;
    const has: u32 = illAt(list[i], 0).nbucket;
    const more = <u64>has - part / total;
    if (more > 1) return false;
    if (more == 1) least = min<u64>(least, part % total); else most = max<u64>(most, part % total);
    sum += has;
  }
  return sum == BUCKET_MAX && least >= most;
}

/**
 * The fewest moves from `had` to any right division among n active members: of those whose remainders are equal where the
 * rest ends, as many as possible of those that have one more already keep it.
 */
function fewest(list: StaticArray<u32>, n: u32, had: StaticArray<u32>, members: u32): u32 {
  let total: u64 = 0;
  let all: u32 = 0;
  for (let i: u32 = 0; i < n; i++) total += phyintAt(list[i]).weight_now;
  for (let p: u32 = 0; p < members; p++) all += had[p];
  if (all == 0) return BUCKET_MAX;
  let rest: u32 = BUCKET_MAX;
  for (let i: u32 = 0; i < n; i++) rest -= <u32>(<u64>BUCKET_MAX * phyintAt(list[i]).weight_now / total);
  let kept: u32 = 0;
  let keepers: u32 = 0;
  let odd = rest;
  for (let i: u32 = 0; i < n; i++) {
    const mine = <u64>BUCKET_MAX * phyintAt(list[i]).weight_now;
    let above: u32 = 0;
    let equal: u32 = 0;
    for (let k: u32 = 0; k < n; k++) {
      const other = <u64>BUCKET_MAX * phyintAt(list[k]).weight_now;
      above += u32(other % total > mine % total);
      equal += u32(other % total == mine % total);
    }
    const sure = above + equal <= rest;
    const maybe = !sure && above < rest;
    kept += min<u32>(had[list[i]], <u32>(mine / total) + u32(sure));
    odd -= u32(sure);
    keepers += u32(maybe && had[list[i]] > <u32>(mine / total));
  }
  return all - kept - min<u32>(keepers, odd);
}

describe("flow buckets", () => {
  test("10,000 changes of members and weights: right shares, and the fewest moves that lead there", () => {
    const members: u32 = 32;
    fresh(members);
    const list = new StaticArray<u32>(32);
    const had = new StaticArray<u32>(32);
    let n: u32 = 0;
    let wrong: u32 = 0;
    let wasteful: u32 = 0;
    for (let step: u32 = 0; step < 10000; step++) {
      remember();
      for (let p: u32 = 0; p < members; p++) had[p] = illAt(p, 0).nbucket;
      const what = random(3);
      if (what == 0 && n > 1) {
        const out = random(n);
        for (let i = out; i + 1 < n; i++) list[i] = list[i + 1];
        n--;
      } else if (what == 1 && n < members) {
        let p = random(members);
        let taken = true;
        while (taken) {
          taken = false;
          for (let i: u32 = 0; i < n; i++) if (list[i] == p) taken = true;
          if (taken) p = (p + 1) % members;
        }
        list[n] = p;
        n++;
      } else if (n > 0) {
        phyintAt(list[random(n)]).weight_now = 1 + random(step % 7 == 0 ? 10000000 : 9);
      }
      setActive(list, n);
      bucketSettle(0, 0);
      if (n == 0) continue;
      wrong += u32(!divided(list, n));
      wasteful += u32(moved() != fewest(list, n, had, members));
    }
    expect<u32>(wrong).toBe(0);
    expect<u32>(wasteful).toBe(0);
  });

  test("equal weights: a join moves what the new member gets, a leave what the one that left had; 1 to 32 members", () => {
    fresh(32);
    const list = new StaticArray<u32>(32);
    let wrong: u32 = 0;
    for (let n: u32 = 1; n <= 32; n++) {
      list[n - 1] = n - 1;
      remember();
      setActive(list, n);
      bucketSettle(0, 0);
      wrong += u32(moved() != <u32>illAt(n - 1, 0).nbucket || !divided(list, n));
    }
    for (let n: u32 = 31; n >= 1; n--) {
      const gone: u32 = illAt(n, 0).nbucket;
      remember();
      setActive(list, n);
      bucketSettle(0, 0);
      wrong += u32(moved() != gone || !divided(list, n));
    }
    expect<u32>(wrong).toBe(0);
  });

  test("without an active member nobody has a bucket", () => {
    fresh(2);
    const list = new StaticArray<u32>(32);
    list[0] = 1;
    setActive(list, 1);
    bucketSettle(0, 0);
    expect<u32>(illAt(1, 0).nbucket).toBe(BUCKET_MAX);
    setActive(list, 0);
    bucketSettle(0, 0);
    expect<u32>(illAt(1, 0).nbucket).toBe(0);
    for (let b: u32 = 0; b < BUCKET_MAX; b++) if (bucketOf(illgrpAt(0, 0), b) != NONE) expect<u32>(b).toBe(NONE);
  });
});

describe("turns", () => {
  test("of W frames in a row each member gets its weight, and none is ever two frames beyond its due", () => {
    fresh(3);
    const list = new StaticArray<u32>(32);
    list[0] = 2;
    list[1] = 0;
    list[2] = 1;
    setActive(list, 3);
    phyintAt(2).weight_now = 5;
    phyintAt(0).weight_now = 1;
    phyintAt(1).weight_now = 3;
    turnReset(0, 0);
    const got = new StaticArray<u32>(3);
    for (let i: u32 = 1; i <= 90; i++) {
      const turn = turnNext(0, 0);
      got[turn] += 1;
      for (let p: u32 = 0; p < 3; p++) {
        const due = i * phyintAt(p).weight_now;
        if (got[p] * 9 >= due + 18) expect<u32>(i).toBe(0);
      }
      if (i % 9 != 0) continue;
      expect<u32>(got[2]).toBe(5 * (i / 9));
      expect<u32>(got[0]).toBe(i / 9);
      expect<u32>(got[1]).toBe(3 * (i / 9));
    }
  });

  test("equal weights go round in the order of the active list", () => {
    fresh(3);
    const list = new StaticArray<u32>(32);
    list[0] = 2;
    list[1] = 0;
    list[2] = 1;
    setActive(list, 3);
    for (let i: u32 = 0; i < 12; i++) expect<u32>(turnNext(0, 0)).toBe(list[i % 3]);
  });
});
