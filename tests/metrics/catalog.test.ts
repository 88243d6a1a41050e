// The metrics as text, from a module with groups in it; and what speaks of them: the documents, the dashboard.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DROP, EVENT, Ipmp, type IpmpEvent, KSTAT, PG, PI } from "../../host/core/index.js";
import { METRICS } from "../../host/metrics/catalog.js";
import { exposition, type Metric } from "../../host/metrics/metric.js";
import { groupScene, type Scene } from "../../host/metrics/scene.js";
import { Tally } from "../../host/metrics/tally.js";
import { parse } from "./parse.js";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const S = 1_000_000_000n;

const event = (type: number, more: Partial<IpmpEvent>): IpmpEvent => ({
  time: S,
  seq: 1,
  type,
  name: "",
  family: 0,
  cause: 1,
  grp: 0,
  phyint: 0,
  old: 0,
  new: 0,
  count: 0,
  addr: null,
  mac: null,
  start: 0n,
  watcher: 0,
  ...more,
});

async function scene(): Promise<Scene> {
  const ipmp = await Ipmp.load();
  ipmp.setNow(S);
  // a name with everything that has to be escaped
  const grp = ipmp.grpCreate({ name: 'a"b\\c', mac: "02:00:00:00:00:01", families: 3 });
  const nic = ipmp.phyintCreate({ name: "eth1", ifindex: 5, mac: "02:00:00:00:01:01", mtu: 1500, families: 3, caps: 1, link: true });
  for (const f of [0, 1] as const) ipmp.illUp(nic, f, 1);
  ipmp.grpSet(grp, "PROBE_COUNT", 0);
  ipmp.testAddr(nic, 0, "192.0.2.101/24");
  ipmp.grpTargets(grp, 0, "STATIC", ["192.0.2.1"]);
  ipmp.join(nic, grp);
  const device = { rxDropped: 3, txErrors: 4 };
  const members = [
    { name: "eth1", phyint: nic, note: null, device },
    { name: "eth9", phyint: null, note: "gone", device: null },
  ];
  const tally = new Tally();
  tally.event("if_state");
  tally.heard(event(EVENT.LINK, { grp: null, time: 2n * S }), undefined);
  tally.heard(event(EVENT.IF_STATE, { time: 2n * S, old: PI.RUNNING, new: PI.FAILED }), 'a"b\\c');
  tally.announced(0, 2n * S + 1_500_000n, false);
  tally.heard(event(EVENT.REBIND, { time: 2n * S, count: 2 }), 'a"b\\c');
  const loop = { turns: 1, wakeups: 2, events: 3, spins: 4, txFrames: 5, rxFrames: 6, unplugged: 7, unknown: 8, ctl: 9 };
  const group = groupScene(ipmp, { grp, members, device });
  // nobody answers here: what is known of a target after an answer is put in by hand
  group.members[0].probes[0].targets[0].rttAvg = 1_500_000n;
  return {
    version: "1.2.3",
    now: 3n * S,
    groups: [group],
    loop,
    lost: { events: 0, control: 0 },
    tally,
  };
}

test("the text is what a strict reader takes: names, units, HELP and TYPE, escaping, no sample twice", async () => {
  const text = exposition(METRICS, await scene());
  const families = parse(text);
  assert.deepEqual(
    families.map((f) => [f.name, f.type]),
    METRICS.map((m) => [m.name, m.type]),
  );
  for (const f of families) assert.ok(f.samples.length > 0, `${f.name} has a sample`);
  for (const [i, m] of METRICS.entries())
    for (const s of families[i].samples) {
      const { le: _, ...labels } = s.labels;
      assert.deepEqual(Object.keys(labels), m.labels, m.name);
      if ("group" in labels) assert.equal(labels.group, 'a"b\\c');
    }
});

test("Prometheus' own checker agrees, where it is installed", async (t) => {
  const input = exposition(METRICS, await scene());
  const done = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
  if (done.error) {
    t.diagnostic("promtool is not installed: only the reader of this project has looked");
    return;
  }
  assert.equal(`${done.stdout}${done.stderr}`.trim(), "");
  assert.equal(done.status, 0);
});

test("every counter of the module, every cause of a drop and every state is among them", async () => {
  const s = await scene();
  const families = parse(exposition(METRICS, s));
  const values = (name: string, label: string): string[] => [
    ...new Set(families.find((f) => f.name === name)?.samples.map((x) => x.labels[label])),
  ];
  const lower = (names: object, without = ""): string[] =>
    Object.keys(names)
      .filter((n) => n !== without)
      .map((n) => n.toLowerCase());
  assert.deepEqual(values("holdfast_group_dropped_frames_total", "cause"), lower(DROP, "NONE"));
  assert.deepEqual(values("holdfast_group_state", "state"), lower(PG));
  assert.deepEqual(values("holdfast_member_state", "state"), [...lower(PI), "absent"]);
  const keys = Object.keys(KSTAT).map((k) => k.toLowerCase());
  for (const [scope, record] of [
    ["group", s.groups[0].stats],
    ["member", s.groups[0].members[0].phyint?.kstat ?? {}],
  ] as const) {
    assert.deepEqual(Object.keys(record), keys);
    // each key has a metric: a value that only it has appears
    for (const [i, k] of keys.entries()) Object.assign(record, { [k]: BigInt(1_000_001 + i) });
    const found = parse(exposition(METRICS, s)).flatMap((f) =>
      f.name.startsWith(`holdfast_${scope}_`) ? f.samples.map((x) => x.value) : [],
    );
    for (const i of keys.keys()) assert.ok(found.includes(1_000_001 + i), `${scope} ${keys[i]}`);
  }
});

test("a failover lasts from the loss of carrier to the last first announcement, and is counted once", async () => {
  const s = await scene();
  const [[, failovers]] = [...s.tally.failovers];
  assert.deepEqual([...failovers], [["link", 1]]);
  const [[, h]] = [...s.tally.durations];
  assert.deepEqual([h.count, h.sum], [1, 0.0015]);
  const tally = new Tally();
  // a delay between carrier and failure; both families; paced announcements; a later announcement of others before
  tally.heard(event(EVENT.LINK, { grp: null, time: S }), undefined);
  tally.announced(0, S + 1n, false);
  tally.heard(event(EVENT.IF_STATE, { time: 2n * S, old: PI.RUNNING, new: PI.FAILED }), "g");
  tally.heard(event(EVENT.REBIND, { time: 2n * S, count: 9 }), "g");
  tally.heard(event(EVENT.REBIND, { time: 2n * S, count: 9, family: 1 }), "g");
  assert.equal(tally.durations.size, 0, "announcements are still due");
  tally.announced(0, 2n * S + 1_000_000n, true);
  tally.announced(0, 2n * S + 2_000_000n, false);
  tally.announced(0, 3n * S, false);
  assert.deepEqual([tally.durations.get("g")?.count, tally.durations.get("g")?.sum], [1, 1.002]);
  // nothing moved: nothing to wait for
  tally.heard(event(EVENT.IF_STATE, { time: 4n * S, phyint: 3, old: PI.RUNNING, new: PI.FAILED }), "g");
  assert.equal(tally.durations.get("g")?.count, 1);
  assert.equal(tally.failovers.get("g")?.get("link"), 2);
});

test("docs/metrics.md lists each metric as it is", () => {
  const row = (m: Metric): string =>
    `| \`${m.name}\` | ${m.type} | ${m.labels.map((l) => `\`${l}\``).join(", ") || "–"} | ${m.help.replaceAll("|", "\\|")} |`;
  const rows = read("docs/metrics.md")
    .split("\n")
    .filter((l) => l.startsWith("| `"));
  assert.deepEqual(rows, METRICS.map(row));
});
