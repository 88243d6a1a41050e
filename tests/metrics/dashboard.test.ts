// docs/grafana-holdfast.json: every query names metrics that exist, with labels that they have, used as their type wants.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { METRICS } from "../../host/metrics/catalog.js";

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string }[];
  fieldConfig?: { defaults: { unit?: string } };
}
const board = JSON.parse(readFileSync(new URL("../../../docs/grafana-holdfast.json", import.meta.url), "utf8")) as {
  title: string;
  uid: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string; query?: { query: string } | string }[] };
};

/** Metric that a name in a query belongs to. */
function metricOf(name: string): (typeof METRICS)[number] | undefined {
  const exact = METRICS.find((m) => m.name === name && m.type !== "histogram");
  return exact ?? METRICS.find((m) => m.type === "histogram" && [`${m.name}_bucket`, `${m.name}_sum`, `${m.name}_count`].includes(name));
}

const panels = board.panels.filter((p) => p.type !== "row");
const queries = panels.flatMap((p) => (p.targets ?? []).map((q) => ({ panel: p.title, expr: q.expr })));
const variables = board.templating.list.flatMap((v) => {
  const query = typeof v.query === "string" ? v.query : v.query?.query;
  return query?.startsWith("label_values(") ? [{ panel: `variable ${v.name}`, expr: query }] : [];
});

test("it is a dashboard: panels with ids and places of their own, each with a title, a unit and a query", () => {
  assert.equal(board.uid, "holdfast");
  assert.ok(panels.length >= 10);
  assert.equal(new Set(board.panels.map((p) => p.id)).size, board.panels.length);
  const cells = new Set<string>();
  for (const { gridPos: g, title } of board.panels)
    for (let x = g.x; x < g.x + g.w; x++)
      for (let y = g.y; y < g.y + g.h; y++) {
        assert.ok(x < 24 && !cells.has(`${x},${y}`), `${title} overlaps at ${x},${y}`);
        cells.add(`${x},${y}`);
      }
  for (const p of panels) {
    assert.ok(p.title && (p.targets ?? []).length > 0, p.title);
    assert.ok(p.fieldConfig?.defaults.unit, `${p.title}: unit`);
  }
});

test("every query names metrics that exist, their labels, and rates of counters only", () => {
  assert.ok(queries.length >= panels.length && variables.length >= 2);
  for (const { panel, expr } of [...queries, ...variables]) {
    const names = [...expr.matchAll(/\b(holdfast|process)_[a-z0-9_]+/g)].map((m) => m[0]);
    assert.ok(names.length > 0, `${panel}: no metric in ${expr}`);
    const allowed = new Set<string>(["instance", "job", "le"]);
    for (const name of names) {
      const m = metricOf(name);
      assert.ok(m, `${panel}: no metric ${name}`);
      for (const l of m.labels) allowed.add(l);
      const rated = new RegExp(`(rate|increase)\\(${name}[{[]`).test(expr);
      if (expr.startsWith("label_values(")) continue;
      assert.equal(rated, m.type !== "gauge", `${panel}: ${m.type} ${name} in ${expr}`);
    }
    const used = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap((m) => [...m[1].matchAll(/([a-z_]+)\s*(?:=~|!~|=|!=)/g)].map((x) => x[1]));
    const grouped = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap((m) => m[1].split(",").map((x) => x.trim()));
    for (const label of [...used, ...grouped]) assert.ok(allowed.has(label), `${panel}: label ${label} in ${expr}`);
    assert.equal(expr.split("(").length, expr.split(")").length, expr);
  }
});
