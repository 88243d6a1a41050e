// Link-based detection: R2.5, delays and damping in virtual time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG } from "../../host/core/abi/ipmp.js";
import { Bed } from "./bed.js";

const fails = (bed: Bed, n: number): boolean => bed.has(n, "FAILED");

test("conformance R8.21: carrier that comes up three times in 60 s stays failed until it is quiet", async () => {
  const bed = await Bed.make();
  bed.addMany(2);
  for (let i = 0; i < 2; i++) {
    bed.link(0, false);
    bed.pass(1000);
    bed.link(0, true);
    assert.ok(!fails(bed, 0), `repair ${i + 1} counts`);
    bed.pass(1000);
  }
  bed.link(0, false);
  bed.link(0, true);
  assert.ok(fails(bed, 0), "the third does not");
  assert.deepEqual(bed.counts(), [0, 2]);
  bed.pass(56_000);
  assert.ok(fails(bed, 0));
  bed.pass(2_000); // 60 s after the first repair two are left in the window
  assert.ok(!fails(bed, 0));
  assert.deepEqual(bed.counts(), [1, 1]);
  assert.deepEqual(
    bed.events("FLAP").map((e) => e.new),
    [1, 0],
  );
  await bed.check();
});

test("a link that goes on flapping is never repaired; one that ends down is not repaired by the end of damping", async () => {
  const bed = await Bed.make();
  for (let i = 0; i < 200; i++) {
    bed.link(0, false);
    bed.pass(500);
    bed.link(0, true);
    bed.pass(500);
    if (i > 2) assert.ok(fails(bed, 0), `second ${i}`);
  }
  bed.link(0, false);
  bed.pass(200_000);
  assert.ok(fails(bed, 0));
  bed.link(0, true);
  assert.ok(!fails(bed, 0), "quiet for long enough");
  await bed.check();
});

test("down delay: a loss shorter than it does not count, a longer one does when it ends", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "DOWN_DELAY_MS", 200);
  bed.link(0, false);
  bed.pass(199);
  assert.ok(!fails(bed, 0));
  bed.link(0, true);
  bed.pass(1000);
  assert.ok(!fails(bed, 0));
  bed.link(0, false);
  bed.pass(200);
  assert.ok(fails(bed, 0));
  await bed.check();
});

test("up delay: a repair counts when it has lasted, and at once while nobody is active", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "UP_DELAY_MS", 5000);
  bed.link(0, false);
  bed.link(0, true);
  bed.pass(4999);
  assert.ok(fails(bed, 0));
  bed.pass(1);
  assert.ok(!fails(bed, 0));
  bed.link(0, false);
  bed.link(1, false);
  assert.equal(bed.ipmp.grp(bed.grp).state, PG.FAILED);
  bed.link(1, true);
  assert.ok(!fails(bed, 1));
  await bed.check();
});

test("a NIC that joins without carrier is failed from the start, and repaired by carrier", async () => {
  const bed = await Bed.make({ nics: 2, join: false });
  bed.link(1, false);
  bed.join(0);
  bed.join(1);
  assert.ok(fails(bed, 1));
  assert.equal(bed.ipmp.grp(bed.grp).state, PG.DEGRADED);
  bed.link(1, true);
  assert.equal(bed.ipmp.grp(bed.grp).state, PG.OK);
  await bed.check();
});

test("a repeated report of carrier changes nothing", async () => {
  const bed = await Bed.make();
  const before = bed.ipmp.generation;
  assert.equal(bed.ipmp.link(bed.nics[0], true), false);
  assert.equal(bed.ipmp.generation, before);
});
