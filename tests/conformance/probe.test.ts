// Probe-based detection: conformance R8.15 – R8.20 in virtual time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG, PI_NAME, PMODE, TG } from "../../host/core/abi/ipmp.js";
import { arp, eth } from "../hostile/frames.js";
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
    lan.addMany(4);
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

test("conformance R8.18: all members silent since the same moment: group failure; addresses stay; routers are kept", async () => {
  const lan = await ProbeBed.make({ nics: 3, hosts: [1, 2] });
  lan.addMany(6);
  lan.pass(2000);
  const before = lan.bed.ipifs().map((i) => i.bound);
  const rebinds = lan.ipmp.grp(lan.bed.grp).rebinds;
  lan.silence();
  const took = lan.until(() => lan.ipmp.watch(lan.bed.grp).failed, 2000);
  assert.ok(took <= 700, `${took} ms`);
  for (const nic of [0, 1, 2]) {
    assert.equal(state(lan, nic), "FAILED");
    assert.equal(lan.probe(nic).targets.length, 2);
  }
  assert.equal(lan.ipmp.grp(lan.bed.grp).state, PG.FAILED);
  lan.pass(5000);
  lan.routers(); // the routes went too: the targets stay while the group is failed
  lan.pass(1000);
  assert.equal(lan.probe(0).targets.length, 2);
  lan.silence(false);
  lan.pass(3000);
  for (const nic of [0, 1, 2]) assert.equal(state(lan, nic), "RUNNING");
  assert.equal(lan.ipmp.watch(lan.bed.grp).failed, false);
  assert.deepEqual(
    lan.bed.ipifs().map((i) => i.bound),
    before,
    "no address moved",
  );
  assert.equal(lan.ipmp.grp(lan.bed.grp).rebinds, rebinds, "not even there and back");
  assert.deepEqual(
    lan.events("GRP_FAILURE").map((e) => e.new),
    [1, 0],
  );
  assert.deepEqual(lan.events("GRP_RUNNING"), []);
  await lan.check();
});

test("conformance R8.18: hosts found by multicast are looked for anew, and repair the group", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2, 3], routers: false });
  lan.addMany(4);
  lan.pass(3000);
  assert.deepEqual(Object.keys(lan.targets(0)), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  assert.equal(lan.probe(0).mode, PMODE.MULTICAST);
  lan.silence();
  lan.until(() => lan.ipmp.watch(lan.bed.grp).failed, 2000);
  assert.equal(lan.probe(0).targets.length, 0);
  assert.equal(state(lan, 0), "NOTARGETS");
  assert.ok(lan.bed.has(0, "FAILED"));
  assert.equal(lan.ipmp.grp(lan.bed.grp).state, PG.FAILED);
  assert.deepEqual(lan.bed.counts(), [2, 2]);
  lan.silence(false);
  lan.until(() => state(lan, 0) === "FAILED", 500);
  assert.equal(state(lan, 0), "FAILED");
  lan.pass(3000);
  assert.equal(lan.ipmp.grp(lan.bed.grp).state, PG.OK);
  assert.deepEqual(lan.bed.counts(), [2, 2]);
  await lan.check();
});

test("after a group failure those that do not come back are at fault: their addresses move, once", async () => {
  const lan = await ProbeBed.make({ nics: 3, hosts: [1, 2] });
  lan.addMany(6);
  lan.pass(2000);
  lan.silence();
  lan.until(() => lan.ipmp.watch(lan.bed.grp).failed, 2000);
  lan.silence(false);
  lan.deaf(2);
  lan.until(() => state(lan, 0) === "RUNNING", 3000);
  assert.deepEqual(lan.bed.counts(), [2, 2, 2]);
  lan.pass(700);
  assert.equal(state(lan, 1), "RUNNING");
  assert.deepEqual(lan.bed.counts(), [3, 3, 0]);
  await lan.check();
});

test("a group that has failed lets go of a member that loses carrier", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2] });
  lan.addMany(4);
  lan.pass(2000);
  lan.silence();
  lan.until(() => lan.ipmp.watch(lan.bed.grp).failed, 2000);
  lan.bed.link(0, false);
  assert.deepEqual(lan.bed.counts(), [0, 4]);
  lan.bed.link(1, false);
  assert.deepEqual(lan.bed.counts(), [0, 0]);
  lan.bed.link(0, true);
  assert.ok(lan.bed.has(0, "FAILED"), "carrier alone repairs nobody who is probed");
  lan.silence(false);
  lan.pass(3000);
  assert.deepEqual(lan.bed.counts(), [4, 0]);
  await lan.check();
});

test("conformance R8.19: one member answers after another's first loss: only the other fails", async () => {
  const lan = await ProbeBed.make({ nics: 3, hosts: [1, 2] });
  lan.addMany(6);
  lan.pass(2000);
  lan.deaf(0);
  lan.deaf(1);
  lan.pass(1000);
  assert.deepEqual(
    [0, 1, 2].map((n) => state(lan, n)),
    ["FAILED", "FAILED", "RUNNING"],
  );
  assert.deepEqual(lan.bed.counts(), [0, 0, 6]);
  assert.equal(lan.ipmp.watch(lan.bed.grp).failures, 0);
  await lan.check();
});

test("conformance R8.20: repair takes ten answers in a row; a loss begins anew", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2, 3] });
  lan.pass(2000);
  lan.deaf(0);
  lan.until(() => state(lan, 0) === "FAILED", 2000);
  lan.deaf(0, false);
  lan.until(() => lan.probe(0).oks === 9, 3000);
  lan.deaf(0);
  lan.until(() => lan.probe(0).oks === 0, 3000);
  assert.equal(state(lan, 0), "FAILED");
  lan.deaf(0, false);
  const took = lan.until(() => state(lan, 0) === "RUNNING", 3000);
  assert.ok(took >= 850 && took <= 1300, `${took} ms`);
  assert.deepEqual(lan.events("IF_STATE").filter((e) => e.new === 2 && e.old === 3).length, 1);
  await lan.check();
});

test("conformance R8.20: ten answers of one target repair, though others are silent", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2] });
  lan.pass(2000);
  lan.deaf(0);
  lan.until(() => state(lan, 0) === "FAILED", 2000);
  lan.hosts[0].alive = () => true;
  lan.hosts[1].alive = (n) => n !== 0;
  const took = lan.until(() => state(lan, 0) === "RUNNING", 4000);
  assert.ok(took >= 1800 && took <= 2400, `${took} ms`);
  await lan.check();
});

test("conformance R8.16: a target that cannot be resolved has no RTT, and does not touch the others'", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2, 3] });
  lan.hosts[1].resolves = false;
  lan.pass(4000);
  assert.equal(state(lan, 0), "RUNNING");
  const by = new Map(lan.probe(0).targets.map((t) => [t.addr, t]));
  assert.equal(by.get("10.0.0.2")?.rttAvg, null);
  assert.equal(by.get("10.0.0.2")?.state, TG.DEAD);
  for (const addr of ["10.0.0.1", "10.0.0.3"]) {
    const rtt = by.get(addr)?.rttAvg ?? 0n;
    assert.ok(rtt > 990_000n && rtt < 1_010_000n, `${addr}: ${rtt}`);
  }
  await lan.check();
});

test("conformance R8.16: what a resolution takes is no part of the RTT", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1], fdt: 7000 });
  lan.tamper = (nic, frame) => {
    if (frame[12] === 8 && frame[13] === 6) lan.ipmp.setNow(lan.ipmp.now + 300_000_000n); // 300 ms for the answer to ARP
    return [{ nic, frame }];
  };
  lan.pass(3000);
  const first = lan.probe(0).recent[0];
  assert.equal(first.status, "ACKED");
  assert.ok(first.rtt < 2_000_000, `${first.rtt} ns`);
  await lan.check();
});

test("conformance R8.15: probes are ahead of all data: they are in the control ring, and resolved by the module itself", async () => {
  const lan = await ProbeBed.make({ hosts: [1] });
  lan.pass(1000);
  const kinds = lan.sent.filter((f) => f.nic === 0).map((f) => f.kind);
  assert.deepEqual(kinds.slice(0, 3), ["LOOKUP", "ECHO", "ECHO"]);
  // The stack asks for the same host: nobody answers it, and no probe waits for that.
  lan.hosts[0].resolves = false;
  const request = Uint8Array.from(
    eth("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:fe", 0x0806, arp(1, "02:00:00:00:00:fe", "10.0.0.9", "00:00:00:00:00:00", "10.0.0.1")),
  );
  for (let i = 0; i < 64; i++) lan.bed.transmit(request);
  const lost = lan.probe(0).lost;
  lan.pass(3000);
  assert.equal(lan.probe(0).lost, lost);
  await lan.check();
});
