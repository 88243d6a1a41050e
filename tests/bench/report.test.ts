// The benchmarks' command line, their sums and their report, without measuring anything.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { allCases, caseName, FRAMES } from "../../bench/core/cases.js";
import { ResultHash } from "../../bench/core/hash.js";
import { machine } from "../../bench/machine.js";
import { fields } from "../../bench/native.js";
import { parseOptions, UsageError } from "../../bench/options.js";
import { type Measurement, OURS, Report } from "../../bench/report.js";
import { median, quantile } from "../../bench/stats.js";

describe("options", () => {
  test("suites, in the order of the list and once each", () => {
    assert.deepEqual(parseOptions(["nic", "core", "nic"]), { suites: ["core", "nic"], quick: false, json: null });
    assert.deepEqual(parseOptions(["all", "--quick", "--json", "x.json"]), {
      suites: ["core", "failover", "merge", "nic", "step", "time"],
      quick: true,
      json: "x.json",
    });
  });

  const wrong: [string[], RegExp][] = [
    [[], /no suite given: one of core, failover, merge, nic, step, time, all/],
    [["cores"], /unknown suite "cores": one of core, failover, merge, nic, step, time, all/],
    [["core", "--fast"], /unknown option "--fast": allowed are --quick and --json FILE/],
    [["core", "--json"], /--json: a file name must follow/],
    [["core", "--json", "--quick"], /--json: a file name must follow/],
  ];
  for (const [args, message] of wrong)
    test(`refuses ${JSON.stringify(args)}`, () => {
      assert.throws(
        () => parseOptions(args),
        (e) => e instanceof UsageError && message.test(e.message),
      );
    });
});

test("median and quantiles interpolate, whatever the order", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(quantile([10, 20, 30, 40, 50], 0.9), 46);
  assert.throws(() => median([]), /no samples/);
});

test("fields of a tool's line", () => {
  assert.deepEqual(fields("sent=12 ns=34"), { sent: 12, ns: 34 });
});

describe("result hash", () => {
  const hash = (bytes: number[]) => new ResultHash().add(Uint8Array.from(bytes)).hex();
  test("depends on every byte and on the order", () => {
    const all = [hash([1, 2, 3, 4, 5, 6, 7, 8]), hash([5, 6, 7, 8, 1, 2, 3, 4]), hash([1, 2, 3, 4, 5, 6, 7, 9]), hash([1, 2, 3, 4])];
    assert.equal(new Set(all).size, all.length);
    for (const h of all) assert.match(h, /^[0-9a-f]{16}$/);
  });
  test("refuses a broken word", () => {
    assert.throws(() => hash([1, 2, 3]), /3 bytes are no whole words/);
  });
});

test("the core suite covers every policy, size and batch once", () => {
  const cases = allCases();
  assert.equal(new Set(cases.map(caseName)).size, cases.length);
  assert.equal(cases.filter((c) => c.path === "tx").length, 4 * 3 * 2 * 2);
  assert.equal(cases.filter((c) => c.path === "rx").length, 3 * 2 * 2);
  for (const c of cases) assert.equal(FRAMES % c.batch, 0);
});

describe("report", () => {
  const row = (subject: string, samples: number[]): Measurement => ({
    suite: "nic",
    case: "c",
    subject,
    unit: "u",
    better: "higher",
    samples,
  });
  const filled = () => {
    const report = new Report(machine());
    report.add(row(OURS, [10, 30, 20]));
    report.add({ ...row("rival", [5]), hash: "00ff" });
    report.add({ ...row("rival", [1]), case: "other" });
    report.compare("nic");
    return report;
  };

  test("sums up samples, and compares ours with the rivals of the same case", () => {
    const [ours, rival] = filled().results;
    assert.deepEqual(ours, {
      suite: "nic",
      case: "c",
      subject: "holdfast",
      unit: "u",
      better: "higher",
      median: 20,
      min: 10,
      max: 30,
      n: 3,
      ratios: { rival: 4 },
    });
    assert.deepEqual(rival.ratios, {});
    assert.equal(rival.hash, "00ff");
  });

  test("the table has a line a row and shows the ratio", () => {
    const lines = filled().table("nic").split("\n");
    assert.equal(lines.length, 4);
    assert.match(lines[1], /^c\s+holdfast\s+20\.00\s+10\.00–30\.00\s+u\s+3\s+4\.00× rival$/);
    assert.match(lines[2], /00ff$/);
  });

  test("nanoseconds a frame are shown as frames a second too", () => {
    const report = new Report(machine());
    report.add({ ...row(OURS, [5]), unit: "ns/frame" });
    assert.match(report.table("nic"), /Mframes\/s[^\n]*\nc\s+holdfast\s+5\.00\s+5\.00–5\.00\s+ns\/frame\s+200\.0\s+1$/);
  });

  test("JSON has the machine and the results", () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-report-"));
    try {
      const file = join(folder, "r.json");
      const report = filled();
      report.writeJson(file);
      const read = JSON.parse(readFileSync(file, "utf8")) as { machine: Record<string, unknown>; results: unknown[] };
      assert.deepEqual(read.results, report.results);
      for (const key of ["cpu", "cores", "kernel", "node", "commit"]) assert.ok(read.machine[key], key);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("what is skipped is counted once, and fails where nothing may be skipped", () => {
    const before = process.env.CI;
    try {
      delete process.env.CI;
      const lenient = new Report(machine());
      lenient.skip("rival");
      lenient.skip("rival");
      assert.deepEqual([lenient.skipped, lenient.failures], [["rival"], []]);
      process.env.CI = "true";
      const strict = new Report(machine());
      strict.skip("rival");
      assert.equal(strict.failures.length, 1);
    } finally {
      if (before === undefined) delete process.env.CI;
      else process.env.CI = before;
    }
  });
});
