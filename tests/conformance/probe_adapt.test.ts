// Answer times and what follows from them: conformance R8.22 – R8.24, and how targets come and go.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Page, PMODE, TGKIND } from "../../host/core/abi/ipmp.js";
import { ProbeBed } from "./probe_bed.js";

const fdt = (lan: ProbeBed): number => Number(lan.ipmp.watch(lan.bed.grp).fdt / 1_000_000n);

test("conformance R8.22: answer times above the interval raise the detection time to 7 × 2 × CRTT; it is halved not sooner than 60 s later, never below the administrator's", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2, 3] });
  lan.pass(3000);
  for (const host of lan.hosts) host.rtt = 60; // 180 ms of CRTT at first, and an interval of 100 ms
  lan.until(() => fdt(lan) !== 700, 5000);
  const [event] = lan.events("FDT").filter((e) => e.old === 700);
  const crtt = lan.probe(lan.bed.nics[event.phyint ?? 0]).targets.reduce((most, t) => ((t.crtt ?? 0n) > most ? (t.crtt ?? 0n) : most), 0n);
  assert.ok(crtt > 100_000_000n);
  const raised = Math.max(...lan.events("FDT").map((e) => e.new));
  assert.ok(raised >= 1400 && raised <= 7000, `${raised} ms`);
  lan.pass(20_000);
  const settled = fdt(lan);
  for (const host of lan.hosts) host.rtt = 1;
  const last = lan.events("FDT").at(-1)?.time ?? 0n;
  lan.until(() => fdt(lan) < settled, 120_000, 10);
  const lowered = lan.events("FDT").at(-1);
  assert.ok((lowered?.time ?? 0n) - last >= 60_000_000_000n, "60 s after it was raised");
  assert.equal(lowered?.new, Math.max(Math.floor(settled / 2), 700));
  lan.pass(400_000);
  assert.equal(fdt(lan), 700);
  assert.equal(lan.probe(0).failures, 0);
  const falls = lan.events("FDT").filter((e) => e.new < e.old && e.old !== 10_000);
  for (let i = 1; i < falls.length; i++) assert.ok(falls[i].time - falls[i - 1].time >= 60_000_000_000n);
  await lan.check();
});

test("conformance R8.22: raised exactly: a constant answer time m gives interval 2 × CRTT at the first sample that counts", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1] });
  lan.hosts[0].rtt = 50; // first sample: CRTT = 150 ms; deferred once, then taken in twice
  lan.until(() => fdt(lan) !== 700, 5000);
  // Two samples of 50 ms: sa = 400 ms, sv = 100 - 25 ms; CRTT = 125 ms.
  assert.equal(fdt(lan), 7 * 2 * 125);
  assert.equal(lan.ipmp.watch(lan.bed.grp).interval, 250_000_000n);
  await lan.check();
});

test("while it is raised, measuring probes go on at the administrator's interval, and fail nothing", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1] });
  lan.hosts[0].rtt = 50;
  lan.until(() => fdt(lan) !== 700, 5000);
  lan.pass(5000);
  const before = lan.probe(0);
  const frames = lan.sent.length;
  lan.pass(10_000);
  const after = lan.probe(0);
  const probes = after.sent - before.sent;
  assert.ok(probes >= 39 && probes <= 41, `${probes} probes at 250 ms`);
  const measuring = lan.sent.slice(frames).filter((f) => f.kind === "ECHO").length - probes;
  assert.ok(measuring >= 98 && measuring <= 101, `${measuring} at 100 ms`);
  assert.equal(after.lost, before.lost);
  await lan.check();
});

test("conformance R8.23: a single slow answer is deferred, two in a row are taken in", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1] });
  lan.pass(10_000);
  const host = lan.hosts[0];
  const calm = lan.probe(0).targets[0].rttAvg;
  const slow = (rtt: number) => {
    host.rtt = rtt;
    const { sent } = lan.probe(0);
    lan.until(() => lan.probe(0).sent > sent, 300, 0.5);
    host.rtt = 1;
    lan.pass(120);
  };
  slow(95);
  const once = lan.probe(0).targets[0];
  assert.equal(once.rttAvg, calm);
  assert.equal(fdt(lan), 700);
  host.rtt = 90;
  lan.until(() => (lan.probe(0).targets[0].rttAvg ?? 0n) > 10_000_000n, 1000);
  assert.ok((lan.probe(0).targets[0].rttAvg ?? 0n) > (calm ?? 0n));
  assert.ok(fdt(lan) > 700);
  await lan.check();
});

test("an answer that the host was late to read is an answer, and no measure of the network", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1] });
  lan.pass(10_000);
  const { rttAvg: calm } = lan.probe(0).targets[0];
  const { lost } = lan.probe(0);
  const waited = (ms: number): void => lan.ipmp.dv.setUint32(lan.ipmp.page + Page.rx_age, ms * 1e6, true);
  lan.hosts[0].rtt = 45;
  waited(44);
  lan.pass(3000);
  assert.deepEqual([fdt(lan), lan.probe(0).targets[0].rttAvg, lan.probe(0).failures], [700, calm, 0]);
  assert.equal(lan.probe(0).lost, lost, "each came before its probe was given up");
  await lan.check();
  waited(12.5); // an eighth of the interval of 100 ms: soon enough
  lan.until(() => fdt(lan) > 700, 1000);
  assert.ok(fdt(lan) > 700);
  await lan.check();
});

test("conformance R8.24: of four targets or more one that is slow is SLOW, and the detection time stays", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1, 2, 3, 4] });
  lan.pass(5000);
  lan.hosts[1].rtt = 80;
  lan.pass(3000);
  assert.deepEqual(lan.targets(0), { "10.0.0.1": "ACTIVE", "10.0.0.2": "SLOW", "10.0.0.3": "ACTIVE", "10.0.0.4": "ACTIVE" });
  assert.equal(fdt(lan), 700);
  lan.pass(61_000);
  assert.equal(lan.targets(0)["10.0.0.2"], "UNUSED", "60 s later it may be used again");
  lan.hosts[1].rtt = 1;
  lan.hosts[0].alive = () => false;
  lan.hosts[2].alive = () => false;
  lan.pass(5000);
  assert.equal(lan.targets(0)["10.0.0.2"], "ACTIVE", "and is, when fewer than three are left");
  await lan.check();
});

test("conformance R8.24: a slow host found by multicast is removed, and others are looked for", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1, 2, 3, 4], routers: false });
  lan.pass(5000);
  assert.equal(Object.keys(lan.targets(0)).length, 4);
  const { mcast } = lan.probe(0);
  lan.hosts[1].rtt = 80;
  lan.until(() => !("10.0.0.2" in lan.targets(0)), 5000);
  assert.equal(Object.keys(lan.targets(0)).length, 3);
  assert.equal(fdt(lan), 700);
  lan.pass(500);
  assert.equal(lan.probe(0).mcast, mcast + 1);
  await lan.check();
});

test("one of three slow targets is no exception: the detection time is raised", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1, 2, 3] });
  lan.pass(5000);
  lan.hosts[1].rtt = 80;
  lan.pass(3000);
  assert.equal(lan.targets(0)["10.0.0.2"], "ACTIVE");
  assert.ok(fdt(lan) > 700);
  await lan.check();
});

test("all targets dead: up to three are put to use again; a dead one recovers to SLOW, then to UNUSED", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1, 2, 3, 4, 5, 6] });
  lan.pass(3000);
  lan.hosts[0].alive = () => false;
  lan.pass(5000);
  assert.equal(lan.targets(0)["10.0.0.1"], "DEAD");
  lan.hosts[0].alive = () => true;
  lan.pass(61_000);
  assert.equal(lan.targets(0)["10.0.0.1"], "SLOW");
  lan.pass(61_000);
  assert.equal(lan.targets(0)["10.0.0.1"], "UNUSED");
  await lan.check();
});

test("routers come before hosts: they replace those found by multicast, and when they go hosts are looked for", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2, 3], routers: false });
  lan.pass(2000);
  assert.equal(lan.probe(0).mode, PMODE.MULTICAST);
  lan.routers(2);
  assert.deepEqual(lan.targets(0), { "10.0.0.2": "ACTIVE" });
  assert.equal(lan.probe(0).mode, PMODE.ROUTES);
  assert.equal(lan.probe(0).targets[0].kind, TGKIND.ROUTER);
  lan.pass(2000);
  lan.routers();
  assert.equal(lan.probe(0).mode, PMODE.MULTICAST);
  lan.pass(2000);
  assert.equal(Object.keys(lan.targets(0)).length, 3);
  await lan.check();
});

test("targets off the test subnet, twice in the list, or the group's own are left out", async () => {
  const lan = await ProbeBed.make({ hosts: [1], routers: false });
  lan.ipmp.ipifAdd(lan.bed.grp, { addr: "10.0.0.100", prefix: 24 });
  lan.ipmp.grpTargets(lan.bed.grp, 0, "STATIC", ["10.0.1.1", "10.0.0.1", "10.0.0.1", "10.0.0.100", "10.0.0.201"]);
  assert.deepEqual(lan.targets(0), { "10.0.0.1": "ACTIVE" });
  lan.ipmp.grpTargets(lan.bed.grp, 0, "ROUTER", ["10.0.0.1"]);
  assert.deepEqual(lan.targets(0), { "10.0.0.1": "ACTIVE" });
  await lan.check();
});

test("a lone host is probed together with multicast, which finds it company", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1], routers: false });
  lan.pass(2000);
  assert.equal(Object.keys(lan.targets(0)).length, 1);
  assert.ok(lan.probe(0).mcast >= 18);
  lan.host(2);
  lan.pass(500);
  assert.equal(Object.keys(lan.targets(0)).length, 2);
  const { mcast } = lan.probe(0);
  lan.pass(2000);
  assert.equal(lan.probe(0).mcast, mcast);
  await lan.check();
});

test("a member that hears nobody takes over the hosts that another has found", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2], routers: false });
  lan.deaf(1);
  lan.pass(1500);
  assert.deepEqual(Object.keys(lan.targets(1)), Object.keys(lan.targets(0)));
  lan.pass(1500);
  assert.ok(lan.bed.has(1, "FAILED"));
  assert.ok(!lan.bed.has(0, "FAILED"));
  await lan.check();
});

test("detection time 30 ms: a silent member is found within it, again and again", async () => {
  for (let round = 0; round < 20; round++) {
    const lan = await ProbeBed.make({ fdt: 30, hosts: [1, 2, 3] });
    for (const host of lan.hosts) host.rtt = 0.1;
    lan.pass(1000 + round * 0.37);
    lan.deaf(0);
    const took = lan.until(() => lan.bed.has(0, "FAILED"), 100, 0.1);
    assert.ok(took <= 30, `${took} ms`);
    assert.equal(lan.ipmp.watch(lan.bed.grp).failures, 0);
  }
});
