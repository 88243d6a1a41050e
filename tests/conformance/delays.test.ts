// R2.5 at its limits: delays and damping to the millisecond, at both ends of their ranges, and across offline, leave and join.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG, PI } from "../../host/core/abi/ipmp.js";
import { Bed, MS, refused } from "./bed.js";

const fails = (bed: Bed, n: number): boolean => bed.has(n, "FAILED");

test("conformance R8.21: damping at its limits: max 1 and 2, windows of 1 ms and 600 s, to the millisecond", async () => {
  for (const max of [1, 2]) {
    for (const window of [1, 7, 60_000, 600_000]) {
      const bed = await Bed.make();
      bed.ipmp.grpSet(bed.grp, "FLAP_MAX", max);
      bed.ipmp.grpSet(bed.grp, "FLAP_WINDOW_MS", window);
      const flap = (): void => {
        bed.link(0, false);
        bed.link(0, true);
      };
      for (let i = 0; i < max; i++) flap();
      assert.ok(!fails(bed, 0), `${max} in ${window} ms are tolerated`);
      flap();
      assert.ok(fails(bed, 0), `${max + 1} are not`);
      bed.pass(window - 1);
      assert.ok(fails(bed, 0), `${window - 1} of ${window} ms`);
      bed.pass(1);
      assert.ok(!fails(bed, 0), `${window} ms`);
      assert.deepEqual(
        bed.events("FLAP").map((e) => e.new),
        [1, 0],
      );
      await bed.check();
    }
  }
});

test("conformance R8.21: damping off never holds a NIC", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  for (let i = 0; i < 500; i++) {
    bed.link(0, false);
    bed.link(0, true);
    assert.ok(!fails(bed, 0));
  }
  assert.deepEqual(bed.events("FLAP"), []);
});

test("delays at the ends of their ranges, to the millisecond; one more is refused", async () => {
  for (const [key, most, up] of [
    ["UP_DELAY_MS", 600_000, true],
    ["DOWN_DELAY_MS", 60_000, false],
  ] as const) {
    for (const delay of [0, 1, most]) {
      const bed = await Bed.make();
      if (up) bed.link(0, false);
      bed.ipmp.grpSet(bed.grp, key, delay);
      bed.link(0, up);
      if (delay > 0) {
        assert.equal(fails(bed, 0), up, `${key} ${delay}: not yet`);
        bed.pass(delay - 1);
        assert.equal(fails(bed, 0), up, `${key} ${delay}: a millisecond short`);
        bed.pass(1);
      }
      assert.equal(fails(bed, 0), !up, `${key} ${delay}: now`);
      assert.equal(
        refused(() => bed.ipmp.grpSet(bed.grp, key, most + 1)),
        "ERANGE",
      );
      await bed.check();
    }
  }
});

test("a change that goes back within its delay was none: no event but carrier's, no flap counted", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "DOWN_DELAY_MS", 100);
  for (let i = 0; i < 10; i++) {
    bed.link(0, false);
    bed.pass(99);
    bed.link(0, true);
    bed.pass(99);
  }
  assert.deepEqual([bed.events("IF_STATE").length, fails(bed, 0)], [0, false]);
  bed.link(0, false);
  bed.pass(100);
  bed.link(0, true);
  assert.ok(!fails(bed, 0), "the first repair");
  await bed.check();
});

test("an up delay that is running ends when nobody is active any more", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "UP_DELAY_MS", 600_000);
  bed.link(0, false);
  bed.link(0, true);
  bed.pass(1000);
  assert.ok(fails(bed, 0));
  bed.link(1, false);
  bed.pass(0); // the module asks for it at once
  assert.ok(!fails(bed, 0));
  assert.equal(bed.ipmp.grp(bed.grp).state, PG.DEGRADED);
  await bed.check();
});

test("a down delay that leaves nobody active ends another's up delay in the same call", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "UP_DELAY_MS", 1000);
  bed.ipmp.grpSet(bed.grp, "DOWN_DELAY_MS", 50);
  bed.link(1, false);
  bed.pass(100);
  bed.link(1, true);
  bed.link(0, false);
  bed.pass(49);
  assert.deepEqual([bed.active(0), bed.active(1)], [true, false]);
  bed.ipmp.setNow(bed.ipmp.now + MS);
  bed.ipmp.timeAdvance();
  assert.deepEqual([bed.active(0), bed.active(1)], [false, true]);
  await bed.check();
});

test("delay and damping go on while a NIC is offline: it comes back as it is, and is never stuck", async () => {
  for (const how of ["damped", "up delay"]) {
    for (const wait of [0, 70_000]) {
      const bed = await Bed.make();
      if (how === "up delay") bed.ipmp.grpSet(bed.grp, "UP_DELAY_MS", 60_000);
      for (let i = 0; i < 3; i++) {
        bed.link(0, false);
        bed.link(0, true);
      }
      assert.ok(fails(bed, 0), how);
      bed.ipmp.offline(bed.nics[0], 1);
      bed.pass(wait);
      bed.ipmp.undoOffline(bed.nics[0]);
      assert.equal(bed.ipmp.phyint(bed.nics[0]).state, wait === 0 ? PI.FAILED : PI.RUNNING, `${how}, back after ${wait} ms`);
      bed.pass(70_000);
      assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.RUNNING, how);
      await bed.check();
    }
  }
});

test("leave and rejoin: pending delay and damping end, carrier is looked at anew, flags are as new, STANDBY stays", async () => {
  const bed = await Bed.make({ nics: 3, standby: [2] });
  for (let i = 0; i < 3; i++) {
    bed.link(0, false);
    bed.link(0, true);
  }
  assert.ok(fails(bed, 0), "damped");
  bed.ipmp.leave(bed.nics[0]);
  assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.INIT);
  bed.pass(0);
  assert.equal(bed.ipmp.deadline(), null);
  bed.join(0);
  assert.ok(bed.active(0) && !fails(bed, 0));
  bed.link(1, false);
  assert.ok(bed.active(2), "the standby stands in");
  bed.ipmp.leave(bed.nics[1]);
  assert.ok(bed.has(2, "INACTIVE"), "nobody is missing any more");
  bed.join(1); // without carrier
  assert.ok(fails(bed, 1) && bed.active(2));
  bed.link(1, true);
  assert.ok(bed.active(1) && bed.has(2, "INACTIVE"));
  await bed.check();
});

test("leave and rejoin, a thousand times, in every order: nothing is left behind", async () => {
  const bed = await Bed.make({ nics: 4, standby: [3] });
  const addrs = bed.addMany(40);
  let seed = 7;
  for (let i = 0; i < 1000; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const n = (seed >> 16) % 4;
    if (bed.ipmp.phyint(bed.nics[n]).grp === null) bed.join(n);
    else bed.ipmp.leave(bed.nics[n]);
    bed.invariants();
    bed.ctl();
    bed.events();
  }
  await bed.check();
  for (const n of [0, 1, 2, 3]) if (bed.ipmp.phyint(bed.nics[n]).grp === null) bed.join(n);
  assert.equal(
    bed.counts().reduce((a, b) => a + b),
    addrs.length,
  );
  await bed.check();
});
