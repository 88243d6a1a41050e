// Flow buckets: even, and on a change of members only those that must move do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { Bed, V4 } from "./bed.js";

const shares = (bed: Bed): number[] => bed.nics.map((p) => bed.ipmp.illgrp(bed.grp, V4).buckets.filter((b) => b === p).length);

test("buckets are even over the active members, and a change moves only what it must", async () => {
  const bed = await Bed.make({ nics: 8 });
  bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  let alive = new Set(bed.nics.keys());
  let seed = 12345;
  for (let step = 0; step < 200; step++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    const n = (seed >> 8) % 8;
    const before = bed.ipmp.illgrp(bed.grp, V4);
    bed.link(n, !alive.has(n));
    const after = bed.ipmp.illgrp(bed.grp, V4);
    const was = alive.size;
    alive = new Set(alive);
    if (!alive.delete(n)) alive.add(n);
    const count = shares(bed);
    for (const k of bed.nics.keys()) assert.equal(count[k] > 0, alive.has(k));
    if (alive.size === 0) continue;
    const of = [...alive].map((k) => count[k]);
    assert.ok(Math.max(...of) - Math.min(...of) <= 1, `step ${step}: ${count}`);
    const moved = after.buckets.filter((b, i) => b !== before.buckets[i]).length;
    const must = alive.size > was ? count[n] : before.buckets.filter((b) => b === bed.nics[n]).length;
    assert.equal(moved, must, `step ${step}: ${was} → ${alive.size} members`);
    assert.equal(after.bucketMoves - before.bucketMoves, BigInt(moved));
  }
  assert.equal(LIMIT.BUCKET_MAX, 256);
  await bed.check();
});
