// Two minutes of chaos in every test run: a group of 2, 3 and 4 NICs under load and random faults.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { e2e } from "../e2e/gate.js";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "main.js");
const MINUTES = 2;
/** Of a machine that has much else to do. */
const BOUND_MS = 1500;
const LIMIT_MS = 600_000;

async function chaos(...args: string[]): Promise<{ status: number; lines: string[]; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (s: string) => {
    stdout += s;
  });
  child.stderr.setEncoding("utf8").on("data", (s: string) => {
    stderr += s;
  });
  const [status] = await once(child, "close");
  return { status, lines: stdout.trimEnd().split("\n"), stderr };
}

e2e(
  "chaos ipmp: two minutes without a reset, a duplicate, a foreign source address or a silence beyond the bound",
  [],
  async (t) => {
    const { status, lines, stderr } = await chaos("ipmp", "--minutes", String(MINUTES), "--bound-ms", String(BOUND_MS));
    for (const line of lines) t.diagnostic(line);
    assert.equal(status, 0, `${lines.join("\n")}\n${stderr}`);
    assert.match(lines.at(-1) ?? "", /^chaos ipmp, seed 1: 3 epochs, \d+ faults, \d+ s: ok$/);
    assert.match(stderr, /chaos: \d+:\d\d: epoch \d of 3 \(\d NICs, .*\): \d+ faults, \d+ datagrams/, "progress");
  },
  LIMIT_MS,
);

e2e("chaos ipmp: a mistake on the command line is status 2, with what is allowed", [], async () => {
  const { status, stderr } = await chaos("ipmp", "--minutes", "soon");
  assert.equal(status, 2);
  assert.match(stderr, /^chaos: --minutes "soon": a number from 0\.2 to 100000 is needed\nnpm run chaos -- ipmp \[options\]/);
});
