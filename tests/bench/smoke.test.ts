// Every suite of the benchmarks runs to its end at its smallest size and writes what scripts outside the project
// read, so that none can rot. The figures do not matter here.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Result } from "../../bench/report.js";
import { Lab } from "../../host/lab/netns.js";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "bench", "main.js");
const folder = mkdtempSync(join(tmpdir(), "holdfast-smoke-"));
after(() => rmSync(folder, { recursive: true }));

/** Why a suite that needs namespaces cannot run here; on a machine where everything must run, it is run and fails. */
const noLab = process.env.CI === "true" ? false : (Lab.unavailable() ?? false);

function bench(...args: string[]): { status: number | null; lines: string[]; stderr: string } {
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 240_000 });
  return { status: done.status, lines: done.stdout.trimEnd().split("\n"), stderr: done.stderr };
}

function quick(suite: string): Result[] {
  const file = join(folder, `${suite}.json`);
  const { status, lines, stderr } = bench(suite, "--quick", "--json", file);
  const last = lines.at(-1) ?? "";
  assert.equal(status, 0, `${lines.join("\n")}\n${stderr}`);
  assert.match(last, new RegExp(`^bench ${suite} \\(quick\\): \\d+ results, \\d+ skipped, [\\d.]+ s: ok$`));
  assert.match(lines[0], /^machine: .+, \d+ cores.*Linux.*Node v\d+.*commit /);
  const { machine, results } = JSON.parse(readFileSync(file, "utf8")) as { machine: Record<string, unknown>; results: Result[] };
  assert.equal(typeof machine.cpu, "string");
  assert.ok(results.length > 0);
  for (const r of results) {
    assert.equal(r.suite, suite);
    assert.ok(r.n > 0 && r.min <= r.median && r.median <= r.max, JSON.stringify(r));
    assert.ok(r.better === "lower" || r.better === "higher");
  }
  return results;
}

const subjects = (results: Result[], name: string) => results.filter((r) => r.case === name).map((r) => r.subject);

test("core: module and C twin agree in every policy and on the way in", () => {
  const results = quick("core");
  for (const policy of ["flow", "next-hop", "source", "active-backup"]) {
    const rows = results.filter((r) => r.case === `tx ${policy}, 256 addresses, 8 members, batch 32`);
    assert.deepEqual(
      rows.map((r) => r.subject),
      ["holdfast", "c"],
    );
    assert.match(rows[0].hash ?? "", /^[0-9a-f]{16}$/);
    assert.equal(rows[0].hash, rows[1].hash);
    assert.ok(rows[0].ratios.c > 0);
  }
  assert.deepEqual(subjects(results, "rx, 256 addresses, 8 members, batch 32"), ["holdfast", "c"]);
});

test("merge: module and C twin agree, with reports in place, copied in, and in a takeover", () => {
  const results = quick("merge");
  const names = ["16 × 256", "1,000 × 256", "128 × 1,024, copied in", "takeover, 128 nodes"];
  for (const name of names) {
    const rows = results.filter((r) => r.case === name);
    assert.deepEqual(
      rows.map((r) => r.subject),
      ["holdfast", "c"],
      name,
    );
    assert.match(rows[0].hash ?? "", /^[0-9a-f]{16}$/);
    assert.equal(rows[0].hash, rows[1].hash);
    assert.ok(rows[0].ratios.c > 0);
  }
});

test("step: every event of every cluster is replayed with the same result before and after the timing", () => {
  const results = quick("step");
  const events = [
    "heartbeat",
    "of it putting back",
    "stage",
    "ack",
    "record",
    "probe",
    "time",
    "time, master",
    "gate",
    "token",
    "stamp",
    "history",
  ];
  const names = ["3 voters", "5 voters of 12"].flatMap((size) => events.map((event) => `${event}, ${size}`));
  assert.deepEqual(
    results.map((r) => r.case),
    names,
  );
  for (const r of results) {
    assert.equal(r.subject, "holdfast");
    if (!r.case.startsWith("of it")) assert.match(r.hash ?? "", /^[0-9a-f]{16}$/);
    assert.ok(r.better === "lower" && r.median > 0 && Object.keys(r.ratios).length === 0, JSON.stringify(r));
  }
  // The module decides alike in every run.
  const again = quick("step");
  assert.deepEqual(
    again.map((r) => r.hash),
    results.map((r) => r.hash),
  );
});

test("time: turns of watchers that lose nothing, and the snapshot of such a state", () => {
  const results = quick("time");
  assert.deepEqual(
    results.map((r) => [
      r.case
        .split(", ")
        .slice(0, r.unit === "ns/turn" ? 1 : 2)
        .join(", "),
      r.unit,
    ]),
    [0, 1].flatMap(() => [
      ["turn", "ns/turn"],
      ["snapshot, size", "KiB"],
      ["snapshot, making", "ms"],
      ["snapshot, taking back", "ms"],
    ]),
  );
});

test("failover: carrier loss and silent loss, both directions, beside Open vSwitch and keepalived", { skip: noLab }, () => {
  const results = quick("failover");
  for (const direction of ["host → peer", "peer → host"]) {
    assert.equal(subjects(results, `carrier loss, ${direction}`)[0], "holdfast");
    assert.deepEqual(subjects(results, `silent loss, 100 ms, ${direction}`).slice(0, 2), ["holdfast", "openvswitch"], direction);
  }
  for (const fault of ["carrier loss", "silent loss, 100 ms"])
    assert.ok(subjects(results, `${fault}, peer → host`).includes("keepalived"), fault);
});

test("nic: frames and TCP, beside the kernel's own ways", { skip: noLab }, () => {
  const results = quick("nic");
  for (const name of [
    "frames out, 64 B",
    "frames in, 64 B",
    "frames out, 1500 B",
    "frames in, 1500 B",
    "TCP, host → peer",
    "TCP, peer → host",
  ])
    assert.deepEqual(
      subjects(results, name),
      name.startsWith("TCP") ? ["holdfast", "bridge", "direct"] : ["holdfast", 'holdfast, io = "xdp"', "bridge", "direct"],
      name,
    );
});

test("a mistake on the command line is status 2, with what is allowed and nothing run", () => {
  const { status, stderr, lines } = bench("cores");
  assert.equal(status, 2);
  assert.match(stderr, /^bench: unknown suite "cores": one of core, failover, merge, nic, step, time, all\nusage: /);
  assert.deepEqual(lines, [""]);
});

test("an interrupted run leaves no namespace and no file behind", { skip: noLab }, async () => {
  const ours = (where: string) => (existsSync(where) ? readdirSync(where).filter((n) => n.startsWith("hfb")) : []);
  const run = spawn(process.execPath, [MAIN, "failover"], { stdio: "ignore" });
  const ended = once(run, "exit");
  for (let i = 0; i < 200 && !ours("/run/netns").some((n) => n.endsWith("-peer")); i++) await new Promise((r) => setTimeout(r, 25));
  assert.notDeepEqual(ours("/run/netns"), []);
  run.kill("SIGINT");
  assert.deepEqual(await ended, [130, null]);
  assert.deepEqual(ours("/run/netns"), []);
  assert.deepEqual(
    ours(tmpdir()).filter((n) => /^hfb(ovs|ipmp|vrrp)-/.test(n)),
    [],
  );
});
