// Every seed that ever broke something is run again, for ever: corpus/*.json, one file a find.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Clms } from "../../host/core/clms.js";
import { violationText } from "./log.js";
import { OPS, type Op } from "./nemesis/ops.js";
import type { FaultName } from "./nemesis/plan.js";
import { IDS } from "./recorder/ids.js";
import { Runner } from "./run.js";
import { modeRow } from "./scenario.js";

/** What a file of the corpus says: how to repeat it, and what it found when it was new. */
interface Find {
  what: string;
  invariant: string;
  seed: number;
  nodes: [number, number];
  mode: string;
  faults: FaultName[] | null;
  /** the shrunk schedule; without it that of the seed */
  ops?: Op[];
}

const FOLDER = new URL("../../../tests/sim/corpus/", import.meta.url);
const files = readdirSync(FOLDER).filter((f) => f.endsWith(".json"));
const runner = new Runner(await Clms.compile());

test("the corpus can be read", () => {
  for (const file of files) {
    const find = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Find;
    assert.ok(modeRow(find.mode), `${file}: mode ${find.mode}`);
    assert.ok((IDS as string[]).includes(find.invariant) || find.invariant === "TRAP", `${file}: invariant ${find.invariant}`);
    for (const op of find.ops ?? []) assert.ok(op.op in OPS, `${file}: operation ${op.op}`);
  }
});

for (const file of files)
  test(`${file} breaks nothing any more`, () => {
    const find = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Find;
    const row = modeRow(find.mode);
    assert.ok(row);
    const out = runner.run({ seed: find.seed, nodes: find.nodes, row, faults: find.faults }, { ops: find.ops, every: 97 });
    assert.deepEqual(out.violations.map(violationText), []);
    assert.equal(out.trap, null);
  });
