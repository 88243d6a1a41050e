// `kill -9` of the daemon and a new start: the same group with the same addresses, and connections that go on.
import assert from "node:assert/strict";
import { type Line, Program } from "../../host/lab/program.js";
import { e2e } from "./gate.js";
import { DATA, FAMILIES, GROUP, PEER, Stage, sleep } from "./stage.js";
import { describe, Traffic } from "./traffic.js";

/** What must be the same before and after: the interface's identity and its addresses. */
function identity(stage: Stage): unknown {
  const [link] = JSON.parse(stage.host.ip(`-j addr show dev ${GROUP}`)) as {
    ifindex: number;
    address: string;
    mtu: number;
    addr_info: { local: string; prefixlen: number; scope: string }[];
  }[];
  const addresses = link.addr_info.map((a) => `${a.local}/${a.prefixlen} ${a.scope}`).sort();
  return { ifindex: link.ifindex, mac: link.address, mtu: link.mtu, addresses };
}

/** Routes by the group, without the mark that its carrier is gone. */
function routes(stage: Stage): string {
  return FAMILIES.map((f) => stage.host.ip(`-${f} route show dev ${GROUP}`)).join("");
}

e2e("restart: after kill -9 the group and its addresses are there and connections go on, IPv4 and IPv6", [], async (t) => {
  const stage = await Stage.build(t, "restart");
  // An address that no configuration knows must live on, too.
  stage.host.ip(`addr add 10.77.0.44/24 dev ${GROUP}`);
  await stage.until("10.77.0.44 is bound", (g) => assert.ok(g.bound("10.77.0.44")));
  const servers: Program[] = [];
  const clients: Program[] = [];
  for (const family of FAMILIES) {
    servers.push(await Program.start(stage.peer, "tcp", { address: PEER[family] }));
    clients.push(await Program.start(stage.host, "tcp", { to: PEER[family], from: DATA[family][0] }));
  }
  const traffic = [];
  for (const family of FAMILIES) traffic.push({ family, running: await Traffic.start(stage, family, 500) });
  await sleep(500);
  const before = { identity: identity(stage), routes: routes(stage) };

  await stage.killDaemon();
  assert.deepEqual(identity(stage), before.identity, "the interface and its addresses without the daemon");
  await sleep(500);
  const started = performance.now();
  await stage.startDaemon();
  t.diagnostic(`the daemon had the group up ${(performance.now() - started).toFixed(0)} ms after its start`);

  assert.deepEqual(identity(stage), before.identity, "the interface and its addresses after the restart");
  assert.equal(routes(stage), before.routes, "routes by the group after the restart");
  await stage.until("10.77.0.44 is bound again", (g) => assert.ok(g.bound("10.77.0.44")));
  for (const family of FAMILIES) for (const address of DATA[family]) await stage.reaches(stage.peer, address);
  await sleep(2000);
  for (const { family, running } of traffic) {
    const outcome = await running.stop();
    for (const direction of ["out", "in"] as const) {
      const { report } = outcome[direction];
      t.diagnostic(`stop through kill -9, half a second of rest and a new start: ${describe(family, direction, outcome[direction])}`);
      assert.equal(report.duplicates, 0, `IPv${family} ${direction}: nothing twice`);
      assert.ok(
        Object.values(report.streams).every((s) => s.gaps.some((g) => g.missing > 0)),
        `IPv${family} ${direction}: every flow went on`,
      );
    }
  }
  for (const [i, client] of clients.entries()) {
    const mine = (await client.stop()).report as Line;
    const theirs = (await servers[i].line((l) => "report" in l)).report as Line;
    for (const r of [mine, theirs]) assert.deepEqual([r.error, r.wrongAt], [null, -1], `IPv${FAMILIES[i]}: no reset, content exact`);
    assert.equal(mine.bytesIn, theirs.bytesOut, `IPv${FAMILIES[i]}: everything arrived`);
    assert.equal(theirs.bytesIn, mine.bytesOut, `IPv${FAMILIES[i]}: everything sent arrived`);
    t.diagnostic(`IPv${FAMILIES[i]}: TCP went on after ${Math.max(mine.longestMs, theirs.longestMs).toFixed(0)} ms`);
  }
  // The group works as before: a failover after the restart.
  await stage.cut(stage.nics[0]);
  for (const family of FAMILIES) for (const address of DATA[family]) await stage.reaches(stage.peer, address);
  await stage.repair(stage.nics[0]);
});
