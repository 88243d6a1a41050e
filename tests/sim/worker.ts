// A worker of the pool, a process: runs ranges of schedules and tells what it found.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Clms } from "../../host/core/clms.js";
import type { Found, ModeSum, Part, Range, Sweep } from "./pool.js";
import { IDS } from "./recorder/ids.js";
import { type Outcome, Runner, twice } from "./run.js";
import { type Ask, modeRow } from "./scenario.js";

process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// The first message says what all ranges have in common.
const [sweep] = (await once(process, "message")) as [Sweep];
const runner = new Runner(await Clms.compile(sweep.wasm === null ? undefined : readFileSync(sweep.wasm)));

function askOf(i: number): Ask {
  const name = sweep.modes[i % sweep.modes.length];
  const row = modeRow(name);
  if (!row) throw new Error(`no mode "${name}"`);
  return { seed: sweep.seed + i, nodes: sweep.nodes, row, faults: sweep.faults };
}

function note(part: Part, ask: Ask, out: Outcome): void {
  const mode = ask.row.name;
  let sum = part.modes.find((m) => m.mode === mode);
  if (!sum) {
    sum = { mode, schedules: 0, found: 0, decided: 0, takeovers: 0, steps: 0 } satisfies ModeSum;
    part.modes.push(sum);
  }
  sum.schedules++;
  sum.decided += out.decided;
  sum.takeovers += out.takeovers;
  sum.steps += out.steps;
  out.asked.forEach(([, n], i) => {
    part.asked[i] += n;
  });
  const finds: Found[] = out.trap
    ? [{ seed: ask.seed, mode, violation: null, trap: out.trap.text }]
    : out.violations.slice(0, 1).map((violation) => ({ seed: ask.seed, mode, violation, trap: null }));
  sum.found += finds.length;
  part.found.push(...finds);
}

function range({ from, to }: Range): Part {
  const part: Part = { ran: 0, found: [], modes: [], asked: IDS.map(() => 0) };
  for (let i = from; i < to; i++) {
    const ask = askOf(i);
    let out = runner.run(ask, { every: sweep.every, only: sweep.only ?? undefined });
    const again = sweep.twice > 0 && i % sweep.twice === 0 && out.violations.length === 0 && !out.trap;
    if (again) {
      out = { ...out, violations: twice(runner, ask, out) };
      part.asked[IDS.indexOf("S47")]++;
      part.asked[IDS.indexOf("S48")]++;
    }
    note(part, ask, out);
    part.ran++;
    if (sweep.first && part.found.length > 0) break;
  }
  return part;
}

process.on("message", (message) => process.send?.(range(message as Range)));
process.send?.("ready");
