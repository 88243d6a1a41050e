// The two commands for figures, at a small size: what they print is finite, and the limits that do not depend on size hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import { latency, svgOf, tableOf } from "./latency.js";
import { scaleMain } from "./scale.js";

test("crash to decided with three and five nodes: lan within 1.5 s, fast within 100 ms at 0.2 ms", async () => {
  const results = await latency([3, 5]);
  const of = (profile: string) => results.filter((r) => r.profile === profile && r.delayMs === 0.2 && r.victim === "member");
  assert.equal(of("lan").length, 2);
  for (const r of of("lan")) assert.ok(r.decidedMs > 0 && r.openMs >= r.decidedMs && r.openMs <= 1500, `lan: ${r.decidedMs} ${r.openMs}`);
  for (const r of of("fast")) assert.ok(r.decidedMs > 0 && r.openMs >= r.decidedMs && r.openMs <= 100, `fast: ${r.decidedMs} ${r.openMs}`);
  assert.equal(tableOf(results).split("\n").length, 2 + results.filter((r) => r.victim === "member").length);
  assert.match(svgOf(results), /^<svg [\s\S]*<polyline [\s\S]*<\/svg>\n$/);
  assert.doesNotMatch(svgOf(results), /NaN/);
});

test("40 nodes with churn agree, and are as fast as five", async () => {
  assert.equal(await scaleMain({ nodes: 40, voters: 8, seconds: 20, churn: 0.05 }), 0);
});
