// A strict reader of Prometheus' text format 0.0.4, after its specification: what a scraper would refuse, and what its
// linter would complain about, is an error here.

import assert from "node:assert/strict";

export interface Family {
  name: string;
  type: string;
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ["_bucket", "_sum", "_count"], counter: [""], gauge: [""] };
/** Units that are no base units. */
const ODD_UNITS = /_(milliseconds|ms|microseconds|us|nanoseconds|ns|minutes|hours|kilobytes|kib|megabytes|bits|percent)(_|$)/;

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    LABEL.lastIndex = at;
    const m = LABEL.exec(text);
    assert.ok(m, `labels: ${line}`);
    assert.ok(!(m[1] in labels), `label twice: ${line}`);
    labels[m[1]] = m[2].replace(/\\([\\"n])/g, (_, c) => (c === "n" ? "\n" : c));
    at = LABEL.lastIndex;
  }
  return labels;
}

function numberOf(text: string, line: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  assert.match(text, /^-?\d+(\.\d+)?(e[+-]?\d+)?$/, `value: ${line}`);
  return Number(text);
}

function checkName(f: Family): void {
  assert.match(f.name, /^[a-z][a-z0-9_]*$/, f.name);
  assert.doesNotMatch(f.name, ODD_UNITS, `${f.name}: base units`);
  assert.equal(f.name.endsWith("_total"), f.type === "counter", `${f.name}: counters, and only they, end in _total`);
  assert.doesNotMatch(f.name, /_(counter|gauge|histogram|sum|count|bucket)$/, f.name);
  assert.ok(f.help.length > 0, `${f.name}: help`);
}

/** Reads a whole exposition. */
export function parse(text: string): Family[] {
  assert.ok(text.endsWith("\n"), "the last line ends");
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current: Family | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") {
      assert.ok(!families.has(name), `${name} twice`);
      current = { name, type: "", help: rest, samples: [] };
      families.set(name, current);
    } else if (kind === "TYPE") {
      assert.equal(current?.name, name, `TYPE follows HELP: ${line}`);
      assert.ok(rest in SUFFIXES, line);
      if (current) current.type = rest;
    } else {
      const m = SAMPLE.exec(line);
      assert.ok(m && current, `not a sample: ${line}`);
      const labels = labelsOf(m[2] ?? "", line);
      const { name: base, type } = current;
      assert.ok(
        SUFFIXES[type].some((s) => m[1] === base + s),
        `${line} under ${base}`,
      );
      const key = m[1] + JSON.stringify(Object.entries(labels).sort());
      assert.ok(!seen.has(key), `twice: ${line}`);
      seen.add(key);
      current.samples.push({ name: m[1], labels, value: numberOf(m[3], line) });
    }
  }
  for (const f of families.values()) {
    checkName(f);
    if (f.type === "histogram") checkHistogram(f);
  }
  return [...families.values()];
}

/** Buckets rise, the last is +Inf and equals the count. */
function checkHistogram(f: Family): void {
  for (const count of f.samples.filter((s) => s.name === `${f.name}_count`)) {
    const mine = f.samples.filter(
      (s) => s.name === `${f.name}_bucket` && Object.entries(count.labels).every(([k, v]) => s.labels[k] === v),
    );
    const bounds = mine.map((s) => numberOf(s.labels.le, f.name));
    assert.deepEqual(
      bounds,
      [...bounds].sort((a, b) => a - b),
    );
    assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY);
    for (let i = 1; i < mine.length; i++) assert.ok(mine[i].value >= mine[i - 1].value, f.name);
    assert.equal(mine.at(-1)?.value, count.value);
  }
}
