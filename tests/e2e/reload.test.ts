// A change of each kind of key under traffic: applied at once, told, and what it cost.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SCHEMA } from "../../host/config/schema.js";
import type { Gap } from "../../host/lab/stream.js";
import { e2e } from "./gate.js";
import { ROWS, type Row } from "./reload_table.js";
import { CLI, DATA, eventually, FAMILIES, PEER, Stage, sleep } from "./stage.js";
import { describe, type Outcome, Traffic } from "./traffic.js";

/** Datagrams a second, each family, each direction. */
const RATE = 500;
/**
 * Datagrams that a row may cost in one direction. Far above what was seen (none, and a few), far below what a group that
 * is made anew costs; a machine that is busy loses some by itself.
 */
const LOST_MAX = { nothing: 25, "what is under way": 100 } as const;

interface Span {
  row: Row;
  from: bigint;
  to: bigint;
}

/** Writes a configuration, reloads, and gives what that says. */
async function reload(stage: Stage, toml: string): Promise<string> {
  writeFileSync(join(stage.folder, "holdfast.toml"), toml.replaceAll("STATE", stage.stateDir));
  const done = await stage.host.execAsync([process.execPath, CLI, "reload", "--state", stage.stateDir]);
  return done.stdout;
}

/** Applies a row's change and takes it back. */
async function play(stage: Stage, row: Row, base: string): Promise<Span> {
  const from = process.hrtime.bigint();
  const changed = row.change(base);
  assert.notEqual(changed, base, `${row.key}: the row changes nothing`);
  assert.match(await reload(stage, changed), row.says, `${row.key}: ${row.what}`);
  await sleep(300);
  assert.notEqual(await reload(stage, base), "nothing changed\n", `${row.key}: taken back`);
  await sleep(300);
  return { row, from, to: process.hrtime.bigint() };
}

const within = (gaps: readonly Gap[], { from, to }: Span): number =>
  gaps.filter((g) => g.endedAt >= from && g.endedAt < to).reduce((n, g) => n + g.missing, 0);

test("every key of the configuration has a row in the table", () => {
  const { group, loop, metrics } = SCHEMA.properties;
  const member = group.items.properties.members as { items: { properties: object } };
  const keys = [
    ...Object.keys(group.items.properties).map((k) => `group.${k}`),
    ...Object.keys(member.items.properties)
      .filter((k) => k !== "name")
      .map((k) => `group.members[].${k}`),
    ...Object.keys(loop.properties).map((k) => `loop.${k}`),
    ...Object.keys(metrics.properties).map((k) => `metrics.${k}`),
  ];
  const rows = new Set(ROWS.map((r) => r.key));
  assert.deepEqual(
    keys.filter((k) => !rows.has(k)),
    [],
  );
});

const LIVE = ROWS.filter((r) => r.cost === "nothing" || r.cost === "what is under way");

e2e("reload: each kind of key under traffic, IPv4 and IPv6, and the packets that it cost", [], async (t) => {
  const stage = await Stage.build(t, "reload", { nics: 3 });
  stage.host.ip("link set lo up");
  const base = readFileSync(join(stage.folder, "holdfast.toml"), "utf8");
  const traffic = [];
  for (const family of FAMILIES) traffic.push({ family, running: await Traffic.start(stage, family, RATE) });
  const spans: Span[] = [];
  for (const row of LIVE) spans.push(await play(stage, row, base));
  await sleep(500);
  const outcomes: { way: string; outcome: Outcome }[] = [];
  for (const { family, running } of traffic) {
    const both = await running.stop();
    for (const direction of ["out", "in"] as const) {
      outcomes.push({ way: `IPv${family} ${direction}`, outcome: both[direction] });
      t.diagnostic(describe(family, direction, both[direction]));
      assert.equal(both[direction].report.duplicates, 0, "nothing twice");
    }
  }
  for (const span of spans) {
    const { key, what, cost } = span.row;
    const lost = outcomes.map(({ way, outcome }) => ({ way, n: within(outcome.report.gaps, span) }));
    const told = lost.filter((l) => l.n > 0).map((l) => `${l.n} lost, ${l.way}`);
    t.diagnostic(`${key}: ${what}: ${told.length === 0 ? "nothing lost" : told.join("; ")}`);
    assert.ok(cost === "nothing" || cost === "what is under way");
    for (const { way, n } of lost) assert.ok(n <= LOST_MAX[cost], `${key}: ${what}: ${n} lost, ${way}`);
  }
});

e2e("reload: what makes a group anew, and for how long it is out of reach", [], async (t) => {
  const stage = await Stage.build(t, "anew", { nics: 2 });
  const base = readFileSync(join(stage.folder, "holdfast.toml"), "utf8");
  for (const row of ROWS.filter((r) => r.cost === "the group is made anew")) {
    for (const toml of [row.change(base), base]) {
      const start = performance.now();
      await reload(stage, toml);
      await eventually("the peer answers", async () => assert.ok(await stage.pings(stage.host, PEER[4], DATA[4][0])));
      t.diagnostic(
        `${row.key}: ${row.what}${toml === base ? ", and back" : ""}: in reach after ${(performance.now() - start).toFixed(0)} ms`,
      );
    }
  }
});

e2e("reload: a family goes and comes back, the other one's traffic goes on", [], async (t) => {
  const stage = await Stage.build(t, "family", { nics: 3 });
  const base = readFileSync(join(stage.folder, "holdfast.toml"), "utf8");
  const running = await Traffic.start(stage, 4, RATE);
  for (const row of ROWS.filter((r) => r.cost === "a family")) {
    await play(stage, row, base);
    await eventually("IPv6 is back", async () => assert.ok(await stage.pings(stage.host, PEER[6], DATA[6][0])));
  }
  const both = await running.stop();
  for (const direction of ["out", "in"] as const) {
    const { sent, report } = both[direction];
    t.diagnostic(describe(4, direction, both[direction]));
    assert.equal(report.duplicates, 0, "nothing twice");
    assert.ok(sent - report.received <= 2 * LOST_MAX["what is under way"], describe(4, direction, both[direction]));
  }
});
