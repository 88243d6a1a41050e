// Probe-based detection: conformance R8.15 – R8.20 in virtual time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG, PI_NAME } from "../../host/core/abi/ipmp.js";
import { ProbeBed } from "./probe_bed.js";

const state = (lan: ProbeBed, nic: number): string => PI_NAME[lan.ipmp.phyint(lan.bed.nics[nic]).state];

for (const family of [0, 1] as const) {
  test(`a watched group in good health, IPv${family ? 6 : 4}: every probe answered, every target in its turn`, async () => {
    const lan = await ProbeBed.make({ family, hosts: [1, 2, 3] });
    lan.pass(10_000);
    for (const nic of [0, 1]) {
      const probe = lan.probe(nic);
      assert.equal(lan.says(nic), "OK");
      assert.equal(state(lan, nic), "RUNNING");
      assert.equal(probe.lost, 0);
      assert.equal(probe.bad, 0);
      assert.ok(probe.sent >= 98 && probe.sent <= 101, `${probe.sent} probes in 10 s`);
      const order = probe.recent.map((r) => r.target);
      for (let i = 3; i < order.length; i++) assert.equal(order[i], order[i - 3]);
      assert.ok(probe.targets.every((t) => t.rttAvg !== null && t.rttAvg > 990_000n && t.rttAvg < 1_010_000n));
    }
    assert.equal(lan.ipmp.grp(lan.bed.grp).state, PG.OK);
    await lan.check();
  });

  test(`conformance R8.17: five losses fail a member, four do not, IPv${family ? 6 : 4}`, async () => {
    const lan = await ProbeBed.make({ family, hosts: [1, 2, 3] });
    lan.bed.addMany(4, family);
    lan.pass(2000);
    lan.deaf(0);
    lan.until(() => lan.probe(0).fails === 3, 700);
    assert.equal(state(lan, 0), "RUNNING");
    lan.deaf(0, false);
    lan.pass(1000);
    assert.equal(state(lan, 0), "RUNNING");
    assert.equal(lan.probe(0).fails, 0);
    assert.deepEqual(lan.bed.counts(family), [2, 2]);
    lan.deaf(0);
    const took = lan.until(() => state(lan, 0) === "FAILED", 2000);
    assert.ok(took <= 700, `${took} ms`);
    assert.deepEqual(lan.bed.counts(family), [0, 4]);
    assert.equal(lan.ipmp.grp(lan.bed.grp).state, PG.DEGRADED);
    await lan.check();
  });
}

test("conformance R8.17: one dead target of five: the interface stays, the target is DEAD", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2, 3, 4, 5, 6] });
  lan.pass(5000);
  assert.equal(lan.targets(0)["10.0.0.6"], "UNUSED");
  lan.hosts[2].alive = () => false;
  lan.pass(4000);
  for (const nic of [0, 1]) {
    assert.equal(state(lan, nic), "RUNNING");
    assert.equal(lan.targets(nic)["10.0.0.3"], "DEAD");
    assert.equal(lan.probe(nic).fails, 0);
  }
  await lan.check();
});
