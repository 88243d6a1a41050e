// A few hundred schedules of every mode, each with faults of all its classes: nothing may break, but what has to.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sweep } from "./pool.js";
import { IDS } from "./recorder/ids.js";
import { MODES } from "./scenario.js";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
const SECONDS = 8;
/** Asked by every run of some length; the rest need faults that a short run may not have (nobody truncates where nobody is suspected). */
const ALWAYS = ["S01", "S02", "S04", "S05", "S07", "S08", "S11", "S12", "S18", "S24", "S30", "S38", "S40", "S42", "S43"];

for (const row of MODES.filter((m) => !m.breaks))
  test(`${row.name}: nothing breaks`, async (t) => {
    const r = await sweep({
      modes: [row.name],
      nodes: [row.least, 5],
      seed: 1_000_000,
      schedules: 300,
      seconds: SECONDS,
      every: 97,
      twice: 50,
    });
    assert.deepEqual(r.found, []);
    t.diagnostic(`${row.name}: ${r.schedules} schedules`);
    assert.ok(r.schedules >= 30, `only ${r.schedules} schedules`);
    const mute = r.asked.filter(([id, n]) => n === 0 && ALWAYS.includes(id) && !(id === "S18" && row.truthful));
    assert.deepEqual(mute, [], "these were never asked");
    assert.ok(r.asked.length === IDS.length);
  });

test("classic with partitions: PrefixAgreement breaks, as that mode warns", async () => {
  const r = await sweep({
    modes: ["classic-partitions"],
    nodes: [3, 5],
    seed: 1,
    schedules: 400,
    seconds: 2 * SECONDS,
    first: true,
    every: 0,
    twice: 0,
  });
  assert.ok(
    r.found.some((f) => f.violation?.id === "S01"),
    `not in ${r.schedules} schedules`,
  );
  assert.ok(r.found.every((f) => f.trap === null));
});

/** Exit code and stderr of the command. */
function run(args: string[]): { status: number; text: string } {
  try {
    return { status: 0, text: execFileSync(process.execPath, [MAIN, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }) };
  } catch (error) {
    const e = error as { status: number; stderr: string };
    return { status: e.status, text: e.stderr };
  }
}

for (const [args, says] of [
  [["--sed", "1"], /"--sed" not understood; allowed are --seed --nodes/],
  [["--mode", "major"], /--mode "major": one of majority, /],
  [["--nodes", "7-3"], /--nodes "7-3": N or N-M/],
  [["--schedules", "many"], /--schedules "many": a whole number/],
  [["--faults", "net,fire"], /--faults "fire": a list/],
  [["--json"], /--json: a file is needed/],
] as [string[], RegExp][])
  test(`the command line refuses ${args.join(" ")}`, () => {
    const { status, text } = run(args);
    assert.equal(status, 2);
    assert.match(text, says);
  });

test("the command ends with one summary line", () => {
  const { status, text } = run(["--schedules", "20", "--mode", "majority", "--nodes", "3"]);
  assert.equal(status, 0);
  assert.match(text.trimEnd().split("\n").at(-1) ?? "", /^sim: 20 schedules in [\d.]+ s \(\d+\/s\), 0 violations$/);
});
