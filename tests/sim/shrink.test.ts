// Shrinking: what goes, what stays, and that the same is broken afterwards; with a runner whose judgement is known, and
// with a mutant.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Clms } from "../../host/core/clms.js";
import { mutantModules } from "./mutants.js";
import type { Op } from "./nemesis/ops.js";
import { type Outcome, Runner } from "./run.js";
import { type Ask, make, modeRow } from "./scenario.js";
import { shrink, without } from "./shrink.js";

function ask(seed: number, nodes: [number, number]): Ask {
  const row = modeRow("majority");
  assert.ok(row);
  return { seed, nodes, row, faults: ["crash", "partition", "net", "pause"] };
}

const crash = (n: number, at = 1): Op => ({ at, op: "crash", args: { n, how: 0 } });

test("an operation without a node: gone if it names it, else renumbered", () => {
  assert.equal(without(crash(3), 3), null);
  assert.deepEqual(without(crash(2), 3), crash(2));
  assert.deepEqual(without(crash(4), 3), crash(3));
  assert.equal(without({ at: 1, op: "cut", args: { a: 1, b: 3, on: 1 } }, 3), null);
  assert.deepEqual(without({ at: 1, op: "cut", args: { a: 5, b: 2, on: 1 } }, 3)?.args, { a: 4, b: 2, on: 1 });
  assert.deepEqual(without({ at: 1, op: "split", args: { group: [1, 3, 4], msg: 9 } }, 3)?.args, { group: [1, 3], msg: 9 });
  assert.equal(without({ at: 1, op: "split", args: { group: [3] } }, 3), null);
  // About nobody: an eviction names the node it is about and the one that asks; the end of the faults names none.
  assert.equal(without({ at: 1, op: "ask", args: { n: 1, req: 1, node: 3, set: 0, arg: 0 } }, 3), null);
  assert.deepEqual(without({ at: 1, op: "ask", args: { n: 1, req: 5, node: 0, set: 4, arg: 4 } }, 3)?.args.set, 4);
  assert.deepEqual(without({ at: 9, op: "heal", args: {} }, 3), { at: 9, op: "heal", args: {} });
});

/** Breaks S01 where `broken` says so, and S02 otherwise. */
function judge(broken: (ask: Ask, ops: readonly Op[]) => boolean): { run: Runner["run"]; runs: () => number } {
  let runs = 0;
  const run = (given: Ask, o: { ops?: readonly Op[] } = {}): Outcome => {
    runs++;
    const id = broken(given, o.ops ?? []) ? "S01" : "S02";
    return { violations: [{ id, at: 0, node: 0, text: "" }], trap: null } as unknown as Outcome;
  };
  return { run, runs: () => runs };
}

/** 7 nodes, an operation on each, the end of the faults, and a start after that. */
const SEVEN = ask(4, [7, 7]);
const end = make(SEVEN).scenario.safetyNs;
const OPS: Op[] = [
  ...Array.from({ length: 7 }, (_, i) => crash(i + 1, 1000 * (i + 1))),
  { at: end, op: "heal", args: {} },
  { at: end + 5, op: "start", args: { n: 6 } },
];

test("as few nodes as break it, numbered anew; operations on the others go; the end of the faults stays where it belongs", () => {
  // Node 6 must crash, as number 4 or whatever it is then, and start after the end; at least four nodes are needed.
  const needs = judge((given, ops) => {
    const start = ops.find((op) => op.op === "start");
    return given.nodes[0] >= 4 && start !== undefined && ops.some((op) => op.op === "crash" && op.args.n === start.args.n);
  });
  const small = shrink(needs, SEVEN, OPS, "S01");
  assert.deepEqual(small.ask.nodes, [4, 4]);
  const n = small.ops.find((op) => op.op === "start")?.args.n;
  assert.ok(Number(n) >= 1 && Number(n) <= 4);
  assert.deepEqual(
    small.ops.map((op) => `${op.op} ${op.args.n ?? ""}`),
    [`crash ${n}`, "heal ", `start ${n}`],
  );
  const healed = small.ops.find((op) => op.op === "heal");
  assert.equal(healed?.at, make(small.ask).scenario.safetyNs);
  assert.ok(needs.runs() <= 300);
});

test("another violation is not the same: nothing goes", () => {
  const small = shrink(
    judge((given, ops) => given.nodes[0] === 7 && ops.length === OPS.length),
    SEVEN,
    OPS,
    "S01",
  );
  assert.deepEqual(small.ask.nodes, [7, 7]);
  assert.deepEqual(
    small.ops.map((op) => op.op),
    OPS.map((op) => op.op),
  );
});

test("never below the least number of nodes of the mode, and never beyond the budget", () => {
  const always = judge(() => true);
  const small = shrink(always, SEVEN, OPS, "S01");
  assert.deepEqual(small.ask.nodes, [3, 3]);
  assert.deepEqual(
    small.ops.map((op) => op.op),
    ["heal"],
  );
  const many = Array.from({ length: 2000 }, (_, i) => crash(1 + (i % 7), i));
  const never = judge((_, ops) => ops.length === many.length);
  shrink(never, SEVEN, many, "S01");
  assert.ok(never.runs() <= 300, `${never.runs()} runs`);
});

test("a mutant that dies among seven nodes dies among three, by the same invariant", async (t) => {
  const wasm = (await mutantModules(["NO_PROMISE_ON_REPORT"])).get("NO_PROMISE_ON_REPORT");
  assert.ok(wasm);
  const runner = new Runner(await Clms.compile(readFileSync(wasm)));
  for (const seed of [2, 3, 4]) {
    const given = ask(seed, [7, 7]);
    const first = runner.run(given);
    const id = first.violations[0]?.id;
    assert.ok(id, `seed ${seed}`);
    const small = shrink(runner, given, first.ops, id);
    t.diagnostic(`seed ${seed}, ${id}: ${first.ops.length} operations among 7 nodes, ${small.ops.length} among ${small.ask.nodes[0]}`);
    assert.ok(small.ask.nodes[0] < 7 && small.ops.length < first.ops.length);
    for (const op of small.ops) for (const key of ["n", "a", "b"]) assert.ok(Number(op.args[key] ?? 1) <= small.ask.nodes[0]);
    assert.ok(runner.run(small.ask, { ops: small.ops }).violations.some((v) => v.id === id));
  }
});
