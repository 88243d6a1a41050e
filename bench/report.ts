// What a run measured: rows of (suite, case, subject) with median and extremes, printed as a table and written
// as JSON. The JSON shape is fixed: scripts outside the project read it.
//
// Invariant: ratios stand only on Holdfast's rows and are ours / rival of the same case and the same run.

import { writeFileSync } from "node:fs";
import type { Machine } from "./machine.js";
import { median } from "./stats.js";

/** The subject that is this project's; every other subject of a case is a rival. */
export const OURS = "holdfast";

/** Times that are shown as rates too: unit, and the millions of what a second. */
const RATES = [
  ["ns/frame", "Mframes/s"],
  ["ns/record", "Mrecords/s"],
] as const;

export interface Result {
  suite: string;
  case: string;
  subject: string;
  unit: string;
  better: "lower" | "higher";
  median: number;
  min: number;
  max: number;
  n: number;
  hash?: string;
  ratios: Record<string, number>;
}

/** A row before it is summed up. */
export interface Measurement {
  suite: string;
  case: string;
  subject: string;
  unit: string;
  better: "lower" | "higher";
  samples: readonly number[];
  hash?: string;
}

export class Report {
  readonly results: Result[] = [];
  readonly skipped: string[] = [];
  readonly failures: string[] = [];

  constructor(readonly machine: Machine) {}

  add(m: Measurement): void {
    this.results.push({
      suite: m.suite,
      case: m.case,
      subject: m.subject,
      unit: m.unit,
      better: m.better,
      median: round(median(m.samples)),
      min: round(Math.min(...m.samples)),
      max: round(Math.max(...m.samples)),
      n: m.samples.length,
      ...(m.hash === undefined ? {} : { hash: m.hash }),
      ratios: {},
    });
  }

  /** A rival that is not on this machine: told, counted, and an error where every rival is expected. */
  skip(name: string): void {
    if (this.skipped.includes(name)) return;
    console.log(`skipped: ${name}`);
    this.skipped.push(name);
    if (process.env.CI === "true") this.failures.push(`${name} is missing, and with CI=true nothing may be skipped`);
  }

  /** Sets the ratios of our rows, once all subjects of a suite have been added. */
  compare(suite: string): void {
    for (const ours of this.results) {
      if (ours.suite !== suite || ours.subject !== OURS) continue;
      for (const rival of this.results)
        if (rival.suite === suite && rival.case === ours.case && rival.subject !== OURS && rival.median > 0)
          ours.ratios[rival.subject] = round(ours.median / rival.median);
    }
  }

  /** The rows of a suite as an aligned table. */
  table(suite: string): string {
    const rows = this.results.filter((r) => r.suite === suite);
    const hashed = rows.some((r) => r.hash !== undefined);
    const rate = RATES.find(([unit]) => rows.some((r) => r.unit === unit));
    const head = ["case", "subject", "median", "min–max", "unit", ...(rate ? [rate[1]] : []), "n", "ratio", ...(hashed ? ["hash"] : [])];
    const lines = rows.map((r) => [
      r.case,
      r.subject,
      figure(r.median),
      `${figure(r.min)}–${figure(r.max)}`,
      r.unit,
      ...(rate ? [r.unit === rate[0] ? figure(1000 / r.median) : ""] : []),
      String(r.n),
      Object.entries(r.ratios)
        .map(([rival, ratio]) => `${ratio.toFixed(2)}× ${rival}`)
        .join(", "),
      ...(hashed ? [r.hash ?? ""] : []),
    ]);
    const widths = head.map((h, i) => Math.max(h.length, ...lines.map((l) => l[i].length)));
    const right = ["median", rate?.[1] ?? "", "n"].map((h) => head.indexOf(h));
    const text = (cells: string[]) => cells.map((c, i) => (right.includes(i) ? c.padStart(widths[i]) : c.padEnd(widths[i]))).join("  ");
    return [head, ...lines].map((l) => text(l).trimEnd()).join("\n");
  }

  writeJson(file: string): void {
    writeFileSync(file, `${JSON.stringify({ machine: this.machine, results: this.results }, null, 2)}\n`);
  }
}

/** Five significant digits: more would be noise, and fewer would hide a regression of a percent. */
function round(x: number): number {
  return Number(x.toPrecision(5));
}

function figure(x: number): string {
  const size = Math.abs(x);
  return size >= 1000 ? x.toFixed(0) : size >= 100 ? x.toFixed(1) : x.toFixed(2);
}
