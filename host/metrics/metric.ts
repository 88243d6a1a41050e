// What a metric is, and its text form (Prometheus exposition format 0.0.4).
//
// Invariants: names and units follow Prometheus' naming conventions (base units, unit last, counters end in _total); each
// metric is written once, with HELP and TYPE before its samples, also while it has none.

import type { Scene } from "./scene.js";
import { BUCKETS, type Histogram } from "./tally.js";

/** Values of the labels, in the metric's order, and the sample's value. */
export type Sample = readonly [labels: readonly string[], value: number | bigint | Histogram];

export interface Metric {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels: readonly string[];
  samples(scene: Scene): Sample[];
}

const escapeHelp = (s: string): string => s.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escapeLabel = (s: string): string => escapeHelp(s).replaceAll('"', '\\"');

function labelled(name: string, labels: readonly string[], values: readonly string[]): string {
  if (labels.length === 0) return name;
  return `${name}{${labels.map((l, i) => `${l}="${escapeLabel(values[i])}"`).join(",")}}`;
}

function histogramLines(m: Metric, values: readonly string[], h: Histogram): string[] {
  const labels = [...m.labels, "le"];
  const bucket = (le: string, n: number): string => `${labelled(`${m.name}_bucket`, labels, [...values, le])} ${n}`;
  return [
    ...BUCKETS.map((bound, i) => bucket(String(bound), h.buckets[i])),
    bucket("+Inf", h.count),
    `${labelled(`${m.name}_sum`, m.labels, values)} ${h.sum}`,
    `${labelled(`${m.name}_count`, m.labels, values)} ${h.count}`,
  ];
}

function lines(m: Metric, scene: Scene): string[] {
  const out = [`# HELP ${m.name} ${escapeHelp(m.help)}`, `# TYPE ${m.name} ${m.type}`];
  for (const [values, value] of m.samples(scene))
    if (typeof value === "object") out.push(...histogramLines(m, values, value));
    else out.push(`${labelled(m.name, m.labels, values)} ${value}`);
  return out;
}

/** All metrics as text. */
export function exposition(metrics: readonly Metric[], scene: Scene): string {
  return `${metrics.flatMap((m) => lines(m, scene)).join("\n")}\n`;
}
