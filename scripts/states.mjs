// Draws the state machine of a member NIC from its table in the source: docs/states.md. `--check` only compares.
//
// The table in assembly/**/fsm.ts is the truth; this reads its rows, columns and cells as text and refuses what it does
// not understand, so the drawing cannot drift from what is compiled.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const OUT = "docs/states.md";
const source = readdirSync("assembly", { recursive: true, encoding: "utf8" })
  .map((name) => `assembly/${name}`)
  .find((name) => name.endsWith("/fsm.ts"));
if (!source) throw new Error("no fsm.ts under assembly/");
const text = readFileSync(source, "utf8");

const cells = new Map([["____", null]]);
for (const [, name, next, action] of text.matchAll(/const (\w{4}): u8 = <u8>PI_(\w+) \| ACT_(\w+) << 4;/g))
  cells.set(name, { next, action: action.toLowerCase() });

const table = /const TABLE: usize = memory\.data<u8>\(\[([\s\S]*?)\]\);/.exec(text);
if (!table) throw new Error(`${source}: no TABLE found`);
const [head, ...body] = table[1].trim().split("\n");
const events = head.replace("//", "").trim().split(/\s+/);
const rows = body.map((line) => {
  const [, state, list] = /\/\* (\w+)\s*\*\/ (.*),/.exec(line.trim()) ?? [];
  const row = (list ?? "").split(",").map((c) => c.trim());
  if (row.length !== events.length || row.some((c) => !cells.has(c))) throw new Error(`${source}: row not understood: ${line}`);
  return { state, row: row.map((c) => cells.get(c)) };
});

let out = `<!-- Generated from ${source} by scripts/states.mjs: do not edit. -->\n# States of a member NIC\n\n`;
out += "Events are columns; a cell is the next state and what is done on the way. A dash means nothing in that state.\n\n";
out += `| state | ${events.join(" | ")} |\n|${"---|".repeat(events.length + 1)}\n`;
for (const { state, row } of rows) out += `| **${state}** | ${row.map((c) => (c ? `${c.next} (${c.action})` : "–")).join(" | ")} |\n`;
out += "\n```mermaid\nstateDiagram-v2\n  [*] --> INIT\n";
for (const { state, row } of rows)
  for (const [i, c] of row.entries()) if (c) out += `  ${state} --> ${c.next}: ${events[i]} / ${c.action}\n`;
out +=
  "```\n\n`run` decides whether the NIC carries data or stands by; `fail` and `away` let another take its place; `back` ends in FAILED\n";
out += "if the NIC has no carrier or was found failed meanwhile. A group's own state follows from its members' states and has no events:\n";
out += "FAILED if no member is usable, OK if all are, DEGRADED otherwise.\n";

if (process.argv.includes("--check")) {
  if (readFileSync(OUT, "utf8") !== out) {
    console.error(`${OUT} is not what ${source} says: run 'node scripts/states.mjs'`);
    process.exit(1);
  }
} else writeFileSync(OUT, out);
