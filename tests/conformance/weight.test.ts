// Shares by weight: flow buckets by largest remainder, addresses by load, frames by turns; and how little a change moves.
//
// What the table should be is worked out here once more, by other means than the module's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, WEIGHT } from "../../host/core/abi/ipmp.js";
import { Bed, refused, V4, V6 } from "./bed.js";

const weights = (bed: Bed, ...list: number[]): void => {
  list.forEach((w, n) => {
    bed.ipmp.phyintSet(bed.nics[n], "WEIGHT", w);
  });
};

async function weighted(list: number[], more: Parameters<typeof Bed.make>[0] = {}): Promise<Bed> {
  const bed = await Bed.make({ nics: list.length, ...more });
  bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  weights(bed, ...list);
  bed.ipmp.grpSet(bed.grp, "WEIGHT", WEIGHT.CONFIGURED);
  bed.events();
  return bed;
}

const table = (bed: Bed, family: 0 | 1 = V4): (number | null)[] => bed.ipmp.illgrp(bed.grp, family).buckets;
const shares = (bed: Bed, buckets: (number | null)[]): number[] => bed.nics.map((p) => buckets.filter((b) => b === p).length);

/** Every division of the table by largest remainder: floors, and who may have one more. */
function assertDivided(bed: Bed, count: number[], active: number[], weight: number[], about: string): void {
  const total = active.reduce((sum, n) => sum + weight[n], 0);
  const rest = active.map((n) => ({
    n,
    floor: Math.floor((LIMIT.BUCKET_MAX * weight[n]) / total),
    left: (LIMIT.BUCKET_MAX * weight[n]) % total,
  }));
  for (const n of bed.nics.keys()) if (!active.includes(n)) assert.equal(count[n], 0, about);
  for (const a of rest) {
    const more = count[a.n] - a.floor;
    assert.ok(more === 0 || more === 1, `${about}: nic${a.n} has ${count[a.n]} buckets, its floor is ${a.floor}`);
    // nobody with less left over has one more than somebody with more
    if (more === 0)
      assert.ok(
        rest.every((b) => b.left >= a.left || count[b.n] === b.floor),
        `${about}: nic${a.n} is passed over`,
      );
  }
  assert.equal(
    count.reduce((a, b) => a + b, 0),
    active.length === 0 ? 0 : LIMIT.BUCKET_MAX,
    about,
  );
}

test("buckets by weight: largest remainder, and a change moves exactly what is beyond the new shares", async () => {
  let seed = 99;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  for (let round = 0; round < 12; round++) {
    const nics = 2 + random(7);
    const weight = Array.from({ length: nics }, () => 1 + random(round < 4 ? 4 : 1000));
    const bed = await weighted(weight);
    const alive = new Set(bed.nics.keys());
    for (let step = 0; step < 60; step++) {
      const before = table(bed);
      const had = shares(bed, before);
      const movesBefore = bed.ipmp.illgrp(bed.grp, V4).bucketMoves;
      const n = random(nics);
      const about = `round ${round} step ${step}`;
      if (random(2)) {
        bed.link(n, !alive.has(n));
        if (!alive.delete(n)) alive.add(n);
      } else {
        weight[n] = 1 + random(1000);
        bed.ipmp.phyintSet(bed.nics[n], "WEIGHT", weight[n]);
      }
      const after = table(bed);
      const has = shares(bed, after);
      assertDivided(bed, has, [...alive], weight, about);
      const moved = after.filter((p, b) => p !== before[b]).length;
      // of each member what it has too many, of none what it may keep; from nobody, all
      const must = had.every((c) => c === 0) ? has.reduce((a, b) => a + b, 0) : had.reduce((sum, c, k) => sum + Math.max(0, c - has[k]), 0);
      assert.equal(moved, must, about);
      assert.equal(bed.ipmp.illgrp(bed.grp, V4).bucketMoves - movesBefore, BigInt(moved), about);
      assert.deepEqual(shares(bed, table(bed, V6)), has, `${about}: both families alike`);
    }
    await bed.check();
  }
});

test("buckets by weight: of all divisions that are right, the one that is taken moves fewest", async () => {
  const bed = await Bed.make({ nics: 7 });
  const before = table(bed);
  weights(bed, 5, 5, 5, 5, 5, 5, 5);
  bed.ipmp.grpSet(bed.grp, "WEIGHT", WEIGHT.CONFIGURED);
  assert.deepEqual(table(bed), before, "the same shares, and who has one more keeps it");
  bed.link(6, false);
  const without = table(bed);
  assert.equal(without.filter((p, b) => p !== before[b]).length, shares(bed, before)[6], "what the one that left had");
  await bed.check();
});

test("weights by speed; where it is not known, the least that is known; none known: equal", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.grpSet(bed.grp, "WEIGHT", WEIGHT.SPEED);
  const now = (): number[] => bed.nics.map((p) => bed.ipmp.phyint(p).weightNow);
  assert.deepEqual(now(), [1, 1, 1]);
  bed.ipmp.phyintSet(bed.nics[0], "SPEED", 10_000);
  assert.deepEqual(now(), [10_000, 10_000, 10_000]);
  bed.ipmp.phyintSet(bed.nics[1], "SPEED", 25_000);
  assert.deepEqual(now(), [10_000, 25_000, 10_000]);
  assert.deepEqual(shares(bed, table(bed)), [57, 142, 57]);
  bed.ipmp.leave(bed.nics[0]);
  assert.deepEqual(now(), [1, 25_000, 25_000], "in no group there is no weight");
  assert.deepEqual(shares(bed, table(bed)), [0, 128, 128]);
  const told = bed.events("WEIGHT").map((e) => [e.phyint, e.old, e.new]);
  assert.deepEqual(told.at(-1), [bed.nics[2], 10_000, 25_000]);
  await bed.check();
});

test("a member that joins has its weight from the first bucket and address on", async () => {
  const bed = await weighted([1, 1, 1], { join: false });
  bed.ipmp.phyintSet(bed.nics[2], "WEIGHT", 2);
  for (const n of [0, 1]) bed.join(n);
  bed.addMany(40);
  assert.deepEqual(bed.counts(), [20, 20, 0]);
  bed.join(2);
  assert.deepEqual(bed.counts(), [10, 10, 20]);
  assert.deepEqual(shares(bed, table(bed)), [64, 64, 128]);
  await bed.check();
});

/** No member could give another an address and be no worse off than that. */
function assertLevel(bed: Bed, weight: number[], active: number[], about: string): void {
  const count = bed.counts();
  for (const a of active)
    for (const b of active)
      assert.ok(
        (count[b] + 1) * weight[a] >= count[a] * weight[b],
        `${about}: nic${a} has ${count[a]} at ${weight[a]}, nic${b} ${count[b]} at ${weight[b]}`,
      );
}

test("addresses by weight: level after every change, each added one to the least load, and few move", async () => {
  let seed = 7;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  for (let round = 0; round < 10; round++) {
    const nics = 2 + random(5);
    const weight = Array.from({ length: nics }, () => 1 + random(20));
    const bed = await weighted(weight);
    bed.addMany(random(80));
    const alive = new Set(bed.nics.keys());
    for (let step = 0; step < 40; step++) {
      const about = `round ${round} step ${step}`;
      const before = bed.ipifs().map((a) => a.bound);
      const had = bed.counts();
      const n = random(nics);
      const link = random(2) === 1;
      if (link) {
        bed.link(n, !alive.has(n));
        if (!alive.delete(n)) alive.add(n);
      } else {
        weight[n] = 1 + random(20);
        bed.ipmp.phyintSet(bed.nics[n], "WEIGHT", weight[n]);
      }
      assertLevel(bed, weight, [...alive], about);
      if (had.every((c) => c === 0) || alive.size === 0) continue;
      const has = bed.counts();
      const moved = bed.ipifs().filter((a, i) => a.bound !== before[i]).length;
      const must = had.reduce((sum, c, k) => sum + Math.max(0, c - has[k]), 0);
      assert.equal(moved, must, `${about}: no address moves that could stay`);
    }
    await bed.check();
  }
});

test("equal weights, whatever they are, bind as no weights do", async () => {
  for (const w of [1, 7, 1000]) {
    const [plain, other] = [await Bed.make({ nics: 5 }), await weighted([w, w, w, w, w])];
    plain.ipmp.grpSet(plain.grp, "FLAP_MAX", 0);
    let seed = 3;
    for (let step = 0; step < 120; step++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const n = (seed >>> 8) % 5;
      const what = (seed >>> 16) % 3;
      for (const bed of [plain, other]) {
        const up = bed.has(n, "RUNNING");
        if (what === 0) bed.link(n, !up);
        else if (what === 1) bed.add(`10.9.${step >> 6}.${(step & 63) + 1}`);
        else if (bed.ipifs().length > 0) bed.ipmp.ipifDel(bed.grp, bed.ipifs()[(seed >>> 20) % bed.ipifs().length].ipif);
      }
      const bindings = [plain, other].map((bed) => bed.ipifs().map((a) => [a.addr, a.bound]));
      assert.deepEqual(bindings[0], bindings[1], `step ${step}`);
      assert.deepEqual(table(plain), table(other), `step ${step}`);
    }
  }
});

test("weights: what is refused, and that nothing has changed then", async () => {
  const bed = await weighted([2, 1]);
  const before = Buffer.from(bed.ipmp.state());
  const [p] = bed.nics;
  for (const [errno, call] of [
    ["ENOENT", () => bed.ipmp.x.ipmp_phyint_set(77, 0, 1)],
    ["EINVAL", () => bed.ipmp.x.ipmp_phyint_set(p, 2, 1)],
    ["ERANGE", () => bed.ipmp.phyintSet(p, "WEIGHT", 0)],
    ["ERANGE", () => bed.ipmp.phyintSet(p, "WEIGHT", LIMIT.WEIGHT_MAX + 1)],
    ["ERANGE", () => bed.ipmp.phyintSet(p, "SPEED", LIMIT.SPEED_MAX + 1)],
    ["ERANGE", () => bed.ipmp.grpSet(bed.grp, "WEIGHT", 3)],
    ["ERANGE", () => bed.ipmp.grpSet(bed.grp, "REBALANCE", 2)],
    ["ERANGE", () => bed.ipmp.grpSet(bed.grp, "ENCAP", 8)],
    ["ERANGE", () => bed.ipmp.grpSet(bed.grp, "VXLAN_PORT", 0)],
  ] as const) {
    const asked = (): unknown => {
      const result = call();
      if (typeof result === "number" && result < 0) throw Object.assign(new Error(), { code: result === -2 ? "ENOENT" : "EINVAL" });
      return result;
    };
    assert.equal(refused(asked), errno);
  }
  assert.ok(before.equals(Buffer.from(bed.ipmp.state())));
});
