// Conformance R8.25 – R8.27 by carrier: active and standby members, for every combination of a small group.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG } from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/index.js";
import { Bed } from "./bed.js";

test("conformance R8.25: standby arithmetic, every group of up to four members, every subset failed and repaired", async () => {
  const ipmp = await Ipmp.load();
  for (let members = 1; members <= 4; members++) {
    for (let standbys = 0; standbys < 1 << members; standbys++) {
      for (const failback of [true, false]) await everySubset(ipmp, members, standbys, failback);
    }
  }
});

/** Fails every subset of members at once and repairs it; after each the R2.4 rules hold. */
async function everySubset(reuse: Ipmp, members: number, standbys: number, failback: boolean): Promise<void> {
  const list = Array.from({ length: members }, (_, n) => n);
  const isStandby = (n: number): boolean => ((standbys >> n) & 1) === 1;
  for (let cut = 0; cut < 1 << members; cut++) {
    const bed = await Bed.make({ nics: members, standby: list.filter(isStandby), failback, reuse });
    bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
    const wanted = list.filter((n) => !isStandby(n)).length;
    const what = `${members} members, standby ${list.filter(isStandby)}, failback ${failback}, cut ${list.filter((n) => (cut >> n) & 1)}`;
    for (const n of list) if ((cut >> n) & 1) bed.link(n, false);
    const alive = list.filter((n) => !((cut >> n) & 1));
    const active = list.filter((n) => bed.active(n));
    assert.ok(
      active.every((n) => alive.includes(n)),
      what,
    );
    assert.equal(active.length, Math.min(alive.length, Math.max(wanted, 1)), `${what}: as many work as are wanted, and at least one`);
    assert.ok(!alive.length || bed.ipmp.grp(bed.grp).state !== PG.FAILED, what);
    for (const n of list) if ((cut >> n) & 1) bed.link(n, true);
    const after = list.filter((n) => bed.active(n));
    if (failback) {
      const expected = wanted > 0 ? wanted : 1;
      assert.equal(after.length, expected, `${what}: repaired`);
      if (wanted > 0)
        assert.ok(
          after.every((n) => !isStandby(n)),
          `${what}: standbys rest again`,
        );
    } else {
      assert.ok(after.length >= 1, what);
      if (active.length)
        assert.ok(
          active.every((n) => after.includes(n)),
          `${what}: without failback those that work go on working`,
        );
    }
    bed.invariants();
  }
}

test("conformance R8.26: of a group of standbys exactly one works", async () => {
  const bed = await Bed.make({ nics: 3, standby: [0, 1, 2] });
  assert.deepEqual(
    [0, 1, 2].map((n) => bed.active(n)),
    [true, false, false],
  );
  bed.link(0, false);
  assert.deepEqual(
    [0, 1, 2].map((n) => bed.active(n)),
    [false, true, false],
  );
  await bed.check();
});

test("conformance R8.27: without failback a repaired member waits, and takes over if the active one fails", async () => {
  const bed = await Bed.make({ nics: 2, failback: false });
  bed.addMany(4);
  bed.link(0, false);
  bed.link(0, true);
  assert.ok(bed.has(0, "INACTIVE"));
  assert.deepEqual(bed.counts(), [0, 4]);
  bed.link(1, false);
  assert.deepEqual(bed.counts(), [4, 0]);
  await bed.check();
});

test("a standby takes over without the group losing carrier in between", async () => {
  const bed = await Bed.make({ nics: 2, standby: [1] });
  bed.addMany(2);
  bed.events();
  bed.link(0, false);
  assert.deepEqual(bed.counts(), [0, 2]);
  assert.deepEqual(bed.events("GRP_RUNNING"), []);
  await bed.check();
});
