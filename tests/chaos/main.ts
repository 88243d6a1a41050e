// `npm run chaos -- ipmp`: a group on real devices under load and random faults, for as long as it is told to.
//
// stdout gets the report and, last, one summary line; stderr the progress. The run is cut into epochs, each with a stage of its
// own, the next number of NICs and a policy drawn from the seed. The faults are a function of the seed; when the group acts, of
// course, is the machine's affair, so a seed makes a find likely again, not certain.
import { writeFileSync } from "node:fs";
import { Lab } from "../../host/lab/netns.js";
import { type Epoch, type Found, type Progress, runEpoch } from "./epoch.js";
import { RESOLVE_MS } from "./judge.js";
import { KINDS } from "./kinds.js";
import { GAP_MS } from "./load.js";
import { HELP, type Options, parse, UsageError } from "./options.js";

/** An epoch lasts so long, and a run has at least so many, one for each number of NICs. */
const EPOCH_MS = 5 * 60_000;
const EVERY_MS = 10_000;
const SHOWN_MAX = 20;

interface Result {
  epoch: Epoch;
  found: Found;
}

/** The epochs of a run: seed S has the epochs S·2^10, S·2^10 + 1, …, so that no two runs share one. */
function epochs(o: Options): Epoch[] {
  const [least, most] = o.nics;
  const numbers = most - least + 1;
  const count = Math.max(numbers, Math.ceil((o.minutes * 60_000) / EPOCH_MS));
  const ms = (o.minutes * 60_000) / count;
  return Array.from({ length: count }, (_, i) => ({
    seed: (o.seed * 1024 + i) >>> 0,
    nics: least + (i % numbers),
    ms,
    boundMs: o.boundMs,
  }));
}

const clock = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

/** Progress: one line that is overwritten on a terminal, else a line every ten seconds. */
function teller(all: readonly Epoch[]): (i: number, p: Progress, wrong: number) => void {
  const began = performance.now();
  let last = 0;
  return (i, p, wrong) => {
    const now = performance.now();
    if (!process.stderr.isTTY && now - last < EVERY_MS) return;
    last = now;
    const text =
      `${clock(now - began)}: epoch ${i + 1} of ${all.length} (${all[i].nics} NICs, ${p.policy}): ${p.faults} faults, ` +
      `${p.datagrams} datagrams, longest silence ${p.longestMs.toFixed(0)} ms, ${wrong} wrong`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[Kchaos: ${text}` : `chaos: ${text}\n`);
  };
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1];

/** A table: what each kind of fault did. A silence is counted with every fault that it may come from. */
function table(results: readonly Result[]): string {
  const rows = KINDS.map(({ name }) => {
    const deeds = results.flatMap((r) => r.found.deeds).filter((d) => d.what.startsWith(name));
    const verdicts = results.flatMap((r) => r.found.verdicts).filter((v) => v.deeds.some((d) => d.startsWith(name)));
    const silences = verdicts.map((v) => Math.max(0, v.ms - v.barrenMs));
    const figures = silences.length > 0 ? [median(silences).toFixed(0), Math.max(...silences).toFixed(0)] : ["-", "-"];
    return [name, String(deeds.length), String(silences.length), ...figures];
  });
  const head = ["fault", "times", `silences ≥ ${GAP_MS} ms`, "median ms", "longest ms"];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
  return [head, ...rows].map((r) => r.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join("  ")).join("\n");
}

/** Faults that were done, by all epochs. */
const faults = (results: readonly Result[]): number => results.reduce((n, r) => n + r.found.deeds.length, 0);

function report(o: Options, results: readonly Result[], wrong: readonly string[], seconds: number): void {
  console.log(table(results));
  const sum = (key: keyof Found["totals"]): number => results.reduce((n, r) => n + r.found.totals[key], 0);
  console.log(
    `${sum("sent")} datagrams sent, ${sum("received")} received, ${sum("duplicates")} twice; ` +
      `${sum("connections")} connections, ${(sum("tcpBytes") / 1e6).toFixed(0)} MB`,
  );
  console.log(
    `Silences leave out the time without any way. Allowed: detection time + ${o.boundMs} ms, and ${RESOLVE_MS} ms more after such a time.`,
  );
  for (const w of wrong.slice(0, SHOWN_MAX)) console.log(`  ✗ ${w}`);
  if (wrong.length > SHOWN_MAX) console.log(`  … and ${wrong.length - SHOWN_MAX} more`);
  const verdict = wrong.length === 0 ? "ok" : `${wrong.length} WRONG`;
  console.log(`chaos ipmp, seed ${o.seed}: ${results.length} epochs, ${faults(results)} faults, ${seconds.toFixed(0)} s: ${verdict}`);
}

async function main(args: readonly string[]): Promise<number> {
  let o: Options;
  try {
    o = parse(args);
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    console.error(`chaos: ${e.message}\n${HELP}`);
    return 2;
  }
  if (o.help) {
    console.log(HELP);
    return 0;
  }
  const why = Lab.unavailable();
  if (why !== undefined) {
    console.error(`chaos: cannot run here: ${why}`);
    return 1;
  }
  const began = performance.now();
  const all = epochs(o);
  const tell = teller(all);
  const results: Result[] = [];
  const wrong: string[] = [];
  for (const [i, epoch] of all.entries()) {
    const where = `epoch ${i + 1} (seed ${epoch.seed}, ${epoch.nics} NICs)`;
    try {
      const found = await runEpoch(epoch, (p) => tell(i, p, wrong.length));
      results.push({ epoch, found });
      for (const w of found.wrong) wrong.push(`${where}, policy ${found.policy}: ${w}`);
    } catch (e) {
      wrong.push(`${where}: it could not be ended: ${(e as Error).message}`);
    }
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const seconds = (performance.now() - began) / 1000;
  report(o, results, wrong, seconds);
  if (o.json !== null) writeFileSync(o.json, `${JSON.stringify({ options: o, wrong, results }, plain, 2)}\n`);
  return wrong.length === 0 ? 0 : 1;
}

const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);

// Through process.exit, so that the lab's exit handler removes the namespaces.
for (const [signal, number] of [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const)
  process.once(signal, () => process.exit(128 + number));

process.exit(await main(process.argv.slice(2)));
