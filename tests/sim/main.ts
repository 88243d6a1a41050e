// The simulator's command: npm run sim -- (see --help).
//
// stdout gets what was found and, last, one summary line; stderr the progress. A find is shrunk and printed as a
// schedule of one operation a line, with the command that repeats it.

import { writeFileSync } from "node:fs";
import { Clms } from "../../host/core/clms.js";
import { exploreMain } from "./explorer/main.js";
import { latencyMain } from "./latency.js";
import { Chronicle, legend, scheduleText, violationText } from "./log.js";
import { runMutants } from "./mutants.js";
import { HELP, type Options, parse, STATES_MAX, STATES_USUAL, UsageError } from "./options.js";
import { type Found, type Result, SWEEP, type Sweep, sweep } from "./pool.js";
import { INVARIANT, kindOf } from "./recorder/ids.js";
import { Runner } from "./run.js";
import { scaleMain } from "./scale.js";
import { type Ask, MODES, modeRow } from "./scenario.js";
import { shrink } from "./shrink.js";

const EVERY_MS = 10_000;
/** Of a run of all modes, this part (at least, at most) goes to the mode that must break. */
const WARNED = { part: 0.02, least: 60, most: 2_000 };
const SHOWN_MAX = 3;
/** For each mutant, if --minutes does not say. */
const MUTANT_MINUTES = 2;

const whole = (n: number) => Math.round(n).toLocaleString("en");

/** Progress: one line that is overwritten on a terminal, else lines. */
const told = (text: string) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[Ksim: ${text}` : `sim: ${text}\n`);

/** The same of schedules, five times a second on a terminal, else every ten seconds; what is found, at once. */
function teller(label: string, finds = true): (r: Result) => void {
  let last = performance.now();
  let shown = 0;
  return (r) => {
    for (const f of finds ? r.found.slice(shown) : []) {
      endLine();
      process.stderr.write(`sim: seed ${f.seed}, mode ${f.mode}: ${headline(f)}\n`);
    }
    shown = r.found.length;
    const now = performance.now();
    if (now - last < (process.stderr.isTTY ? 200 : EVERY_MS)) return;
    last = now;
    told(`${label}: ${whole(r.schedules)} schedules, ${whole(r.schedules / r.seconds)}/s, ${r.found.length} violations`);
  };
}

const endLine = () => process.stderr.isTTY && process.stderr.write("\r\x1b[K");

function sweepOf(o: Options, modes: readonly string[], schedules: number): Partial<Sweep> {
  const seconds = o.minutes > 0 ? o.minutes * 60 : Number.POSITIVE_INFINITY;
  return { modes, schedules, seconds, nodes: o.nodes, faults: o.faults, seed: o.seed, threads: o.threads || SWEEP.threads };
}

const command = (o: Options, f: Found) =>
  `npm run sim -- --replay ${f.seed} --mode ${f.mode} --nodes ${o.nodes.join("-")}${o.faults ? ` --faults ${o.faults.join(",")}` : ""}`;

const askOf = (o: Options, f: { seed: number; mode: string }): Ask => ({
  seed: f.seed,
  nodes: o.nodes,
  row: modeRow(f.mode) ?? MODES[0],
  faults: o.faults,
});

const headline = (f: Found) => (f.violation ? violationText(f.violation) : `the module trapped: ${f.trap}`);

/** What was found, shrunk, for people. */
async function show(o: Options, found: readonly Found[]): Promise<void> {
  const runner = new Runner(await Clms.compile());
  for (const f of found.slice(0, SHOWN_MAX)) {
    console.log(`\nseed ${f.seed}, mode ${f.mode}: ${headline(f)}`);
    console.log(`  ${command(o, f)}`);
    const id = f.violation?.id ?? "trap";
    if (id === "S47" || id === "S48") continue;
    const ask = askOf(o, f);
    const small = shrink(runner, ask, runner.run(ask).ops, id);
    const log = new Chronicle();
    const out = runner.run(small.ask, { ops: small.ops, log });
    for (const v of out.violations.slice(0, 3)) console.log(`  ${violationText(v)}`);
    console.log(`shrunk to ${small.ops.length} operations among ${small.ask.nodes[0]} nodes:`);
    console.log([...legend(), ...scheduleText(small.ops), "", ...log.lines.slice(-80)].join("\n"));
  }
  for (const f of found.slice(SHOWN_MAX)) console.log(`seed ${f.seed}, mode ${f.mode}: ${headline(f)}`);
}

/** 0, or the exit code that the worst of these asks for. */
function codeOf(found: readonly Found[]): number {
  if (found.some((f) => f.trap !== null)) return 5;
  if (found.some((f) => f.violation && kindOf(f.violation.id) === "safety")) return 3;
  return found.length > 0 ? 4 : 0;
}

function table(r: Result): string {
  const lines = r.modes.map((m) => {
    const each = (n: number) => (n / m.schedules).toFixed(1);
    return `  ${m.mode.padEnd(20)} ${whole(m.schedules).padStart(10)} schedules, ${m.found} violations, ${each(m.decided)} records and ${each(m.takeovers)} takeovers each`;
  });
  return lines.join("\n");
}

function writeJson(o: Options, r: Result, warned: Result | null): void {
  if (!o.json) return;
  const violations = r.found.map((f) => ({
    invariant: f.violation ? INVARIANT[f.violation.id] : "Trap",
    id: f.violation?.id ?? "TRAP",
    seed: f.seed,
    mode: f.mode,
  }));
  const modes = [...r.modes, ...(warned?.modes ?? [])];
  const schedules = r.schedules + (warned?.schedules ?? 0);
  const expected = warned ? { mode: warned.modes[0]?.mode, invariant: INVARIANT.S01, found: warned.found.length } : undefined;
  const asked = Object.fromEntries(r.asked);
  writeFileSync(
    o.json,
    `${JSON.stringify({ schedules, violations, wall_s: r.seconds + (warned?.seconds ?? 0), modes, expected, asked }, null, 2)}\n`,
  );
}

/** The mode whose warning has to be true: S01 must be seen broken. */
async function warn(o: Options, schedules: number): Promise<{ result: Result; code: number }> {
  const modes = MODES.filter((m) => m.breaks && o.modes.includes(m.name)).map((m) => m.name);
  const result = await sweep({ ...sweepOf(o, modes, schedules), every: 0, twice: 0 }, teller(modes.join(" "), false));
  endLine();
  const broken = result.found.filter((f) => f.violation?.id === "S01");
  const part = ((100 * broken.length) / Math.max(1, result.schedules)).toFixed(1);
  console.log(
    `${modes}: ${INVARIANT.S01} broke in ${broken.length} of ${whole(result.schedules)} schedules (${part} %), as that mode warns`,
  );
  const traps = result.found.filter((f) => f.trap !== null);
  if (traps.length > 0) await show(o, traps);
  return { result, code: traps.length > 0 ? 5 : broken.length > 0 ? 0 : 3 };
}

async function hunt(o: Options): Promise<number> {
  const safe = o.modes.filter((m) => !modeRow(m)?.breaks);
  const breaking = safe.length < o.modes.length;
  const extra = safe.length === 0 ? o.schedules : Math.min(WARNED.most, Math.max(WARNED.least, Math.floor(o.schedules * WARNED.part)));
  const warned = breaking ? await warn(o, extra) : null;
  const empty: Result = { schedules: 0, seconds: 0, found: [], modes: [], asked: [] };
  const result = safe.length > 0 ? await sweep(sweepOf(o, safe, o.schedules), teller(safe.join(" "))) : empty;
  endLine();
  if (result.found.length > 0) await show(o, result.found);
  console.log(table(result));
  if (o.verbose)
    for (const [id, n] of result.asked) console.log(`  ${id} ${INVARIANT[id].padEnd(24)} asked ${whole(n).padStart(14)} times`);
  writeJson(o, result, warned?.result ?? null);
  const code = Math.max(codeOf(result.found), warned?.code ?? 0);
  const total = result.schedules + (warned?.result.schedules ?? 0);
  const seconds = result.seconds + (warned?.result.seconds ?? 0);
  console.log(`sim: ${whole(total)} schedules in ${seconds.toFixed(1)} s (${whole(total / seconds)}/s), ${result.found.length} violations`);
  return code;
}

/** One schedule with its whole log. */
async function replay(o: Options, seed: number): Promise<number> {
  const runner = new Runner(await Clms.compile());
  const log = new Chronicle();
  const out = runner.run(askOf(o, { seed, mode: o.modes[0] }), { log, every: SWEEP.every });
  console.log(log.text());
  for (const v of out.violations) console.log(violationText(v));
  if (out.trap) console.log(`the module trapped on node ${out.trap.node}: ${out.trap.text}`);
  console.log(
    `sim: seed ${seed}, mode ${o.modes[0]}: ${out.steps} steps, ${out.decided} records, hash ${out.hash}, ${out.violations.length} violations`,
  );
  return (
    codeOf(
      out.violations
        .slice(0, 1)
        .map((violation) => ({ seed, mode: o.modes[0], violation, trap: null }))
        .concat(),
    ) || (out.trap ? 5 : 0)
  );
}

/** The explorer: a bound of time alone is a bound, too. */
function explore(o: Options, scenes: string[]): Promise<number> {
  const minutes = o.minutes > 0 ? o.minutes : undefined;
  const states = o.states ?? (minutes === undefined ? STATES_USUAL : STATES_MAX);
  const given = { depth: o.depth ?? undefined, states, minutes, scenes: scenes.length > 0 ? scenes : undefined };
  const print = (line: string) => {
    endLine();
    console.log(line);
  };
  return exploreMain(given, o.json, print, told);
}

async function main(): Promise<number> {
  const o = parse(process.argv.slice(2));
  if (o.help) {
    console.log(HELP);
    return 0;
  }
  if (o.replay !== null) return replay(o, o.replay);
  if (o.mutants !== null) {
    const given = { minutes: o.minutes > 0 ? o.minutes : MUTANT_MINUTES, seed: o.seed, threads: o.threads || SWEEP.threads };
    return (await runMutants(o.mutants, given)) ? 0 : 3;
  }
  if (o.explore !== null) return explore(o, o.explore);
  if (o.scale) return scaleMain();
  if (o.latency) return latencyMain(new URL("../../../docs/", import.meta.url));
  return hunt(o);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`sim: ${error.message}`);
  process.exitCode = 2;
}
