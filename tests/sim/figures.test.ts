// The two commands for figures, at a small size: what they print is finite, the limits that do not depend on size hold, and
// the figures of the document are those that the command gives.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { between, latency, replaced, rowOf, SIZES, tableOf, worst } from "./latency.js";
import { svgOf } from "./latency_plot.js";
import { scaleMain } from "./scale.js";

const document = readFileSync(new URL("../../../docs/cluster.md", import.meta.url), "utf8");
/** Figures of the document may be so far from what is measured: a change of the module moves them a little. */
const PART = 0.15;
const MS = 10;

/** The numbers of a row of the table, longest in brackets included. */
const numbers = (row: string): number[] =>
  [
    ...row
      .split("|")
      .slice(4)
      .join(" ")
      .matchAll(/[\d.]+/g),
  ].map((m) => Number(m[0]));

test("crash to open gates with three and five nodes: lan within 1.5 s, fast within 100 ms at 0.2 ms; as docs/cluster.md says", async () => {
  const results = await latency([3, 5]);
  assert.equal(results.length, 24);
  for (const r of results) {
    const what = `${r.profile} ${r.delayMs} ms, ${r.nodes} nodes, ${r.victim}: ${r.decided} / ${r.open}`;
    assert.ok(r.open.length > 2 && r.open.every(Number.isFinite), what);
    for (const [i, decided] of r.decided.entries()) assert.ok(decided > 0 && r.open[i] >= decided, what);
    if (r.delayMs === 0.2) assert.ok(worst(r.open) <= (r.profile === "lan" ? 1500 : 100), what);
  }
  assert.equal(tableOf(results).split("\n").length, 2 + results.length / 2);
  const table = between(document).trim().split("\n");
  assert.equal(table.length, 2 + 6 * SIZES.length, "a row for each profile, delay and size");
  for (const r of results) {
    const now = rowOf(results, r);
    const told = table.find((row) => row.startsWith(now.split("|").slice(0, 4).join("|")));
    assert.ok(told, `docs/cluster.md has no row "${now}"`);
    const [is, was] = [numbers(now), numbers(told)];
    assert.ok(
      is.length === was.length && is.every((n, i) => Math.abs(n - was[i]) <= PART * n + MS),
      `docs/cluster.md is stale (npm run sim -- --latency): "${told}", now "${now}"`,
    );
  }
});

test("the plot: a line for each delay in each panel, whatever is missing", () => {
  const row = { profile: "lan", decided: [700, 790, 800], open: [710, 800, 812] };
  const rows = [3, 5, 128].flatMap((nodes) =>
    [0.2, 2, 20].flatMap((delayMs) => (["member", "master"] as const).map((victim) => ({ ...row, nodes, delayMs, victim }))),
  );
  const fast = rows.map((r) => ({ ...r, profile: "fast", ...(r.delayMs === 20 ? { decided: [], open: [] } : {}) }));
  const svg = svgOf([...rows, ...fast]);
  assert.match(svg, /^<svg [^>]*viewBox[\s\S]*<\/svg>\n$/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  // Two lines for each: three delays in the two panels of lan, two in those of fast.
  assert.equal(svg.match(/<polyline /g)?.length, 2 * (3 * 2 + 2 * 2));
  assert.match(svg, /prefers-color-scheme: dark/);
});

test("the table goes between the marks, and nothing else changes", () => {
  const text = replaced(document, "| a |");
  assert.equal(between(text).trim(), "| a |");
  assert.equal(replaced(text, between(document).trim()), document);
  assert.throws(() => between("no marks"), /are needed/);
});

test("40 nodes with churn agree, and are as fast as five", async () => {
  assert.equal(await scaleMain({ nodes: 40, voters: 8, seconds: 20, churn: 0.05 }), 0);
});

test("30 nodes whose log outgrows the ring, with observers that no takeover hears: they agree, and go on deciding", async () => {
  assert.equal(await scaleMain({ nodes: 30, voters: 5, seconds: 280, churn: 0.15 }), 0);
});
