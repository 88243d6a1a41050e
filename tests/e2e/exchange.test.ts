// `holdfast reload --binary` under TCP and numbered datagrams: connections go on, nothing comes twice; the stop is told.
import assert from "node:assert/strict";
import { type Line, Program } from "../../host/lab/program.js";
import { Installed } from "../daemon/installed.js";
import { e2e } from "./gate.js";
import { CLI, DATA, FAMILIES, PEER, Stage, sleep } from "./stage.js";
import { describe, FLOWS, Traffic } from "./traffic.js";

/** Exchanges, one after another: the first process stands in for all that follow. */
const TIMES = 3;
const RATE = 1000;
/** Of each flow's datagrams, up to which one something must have arrived: the flow goes on after the last exchange. */
const REACHED = 0.8;

e2e("exchange: reload --binary under traffic, in the foreground, IPv4 and IPv6", [], async (t) => {
  const installed = new Installed(t);
  const stage = await Stage.build(t, "exchange", { program: installed.cli });
  const servers: Program[] = [];
  const clients: Program[] = [];
  for (const family of FAMILIES) {
    servers.push(await Program.start(stage.peer, "tcp", { address: PEER[family] }));
    clients.push(await Program.start(stage.host, "tcp", { to: PEER[family], from: DATA[family][0] }));
  }
  const traffic = [];
  for (const family of FAMILIES) traffic.push({ family, running: await Traffic.start(stage, family, RATE) });
  for (let i = 1; i <= TIMES; i++) {
    await sleep(500);
    installed.version(`9.0.${i}`);
    const { stdout } = await stage.host.execAsync([process.execPath, CLI, "reload", "--binary", "--state", stage.stateDir]);
    assert.match(stdout, new RegExp(`version 9\\.0\\.${i}, has taken over`));
    t.diagnostic(stdout.trim());
  }
  await sleep(2500);
  for (const { family, running } of traffic) {
    const outcome = await running.stop();
    for (const direction of ["out", "in"] as const) {
      const { perFlow, report } = outcome[direction];
      t.diagnostic(`${TIMES} exchanges: ${describe(family, direction, outcome[direction])}`);
      assert.equal(report.duplicates, 0, `IPv${family} ${direction}: nothing twice`);
      assert.equal(Object.keys(report.streams).length, FLOWS);
      for (const [flow, sent] of perFlow.entries())
        assert.ok((report.streams[flow]?.last ?? -1) >= sent * REACHED, `IPv${family} ${direction}: flow ${flow} went on`);
    }
  }
  for (const [i, client] of clients.entries()) {
    const mine = (await client.stop()).report as Line;
    const theirs = (await servers[i].line((l) => "report" in l)).report as Line;
    for (const r of [mine, theirs]) assert.deepEqual([r.error, r.wrongAt], [null, -1], `IPv${FAMILIES[i]}: no reset, content exact`);
    assert.equal(mine.bytesIn, theirs.bytesOut, `IPv${FAMILIES[i]}: everything arrived`);
    assert.equal(theirs.bytesIn, mine.bytesOut, `IPv${FAMILIES[i]}: everything sent arrived`);
    t.diagnostic(`IPv${FAMILIES[i]}: longest pause of TCP ${Math.max(mine.longestMs, theirs.longestMs).toFixed(0)} ms`);
  }
  // whoever started the first process ends the last one with it
  assert.equal(stage.daemon?.exitCode, null, "the first process stands in");
  stage.daemon?.kill("SIGTERM");
  await stage.gone();
});

/** Few enough that the rings and queues hold all of several seconds, on a machine that is busy with other things too. */
const SLOW = 40;

e2e("exchange: nothing is lost of what peers and the stack send meanwhile, within what rings and queues hold", [], async (t) => {
  const installed = new Installed(t);
  const stage = await Stage.build(t, "waits", { program: installed.cli });
  const traffic = [];
  for (const family of FAMILIES) traffic.push({ family, running: await Traffic.start(stage, family, SLOW) });
  for (let i = 1; i <= TIMES; i++) {
    await sleep(500);
    const { stdout } = await stage.host.execAsync([process.execPath, CLI, "reload", "--binary", "--state", stage.stateDir]);
    t.diagnostic(stdout.trim());
  }
  await sleep(2500);
  for (const { family, running } of traffic) {
    const outcome = await running.stop();
    for (const direction of ["out", "in"] as const) {
      const { sent, report } = outcome[direction];
      const told = describe(family, direction, outcome[direction]);
      t.diagnostic(`${TIMES} exchanges: ${told}`);
      assert.deepEqual([report.received, report.duplicates], [sent, 0], told);
    }
  }
  stage.daemon?.kill("SIGTERM");
  await stage.gone();
});
