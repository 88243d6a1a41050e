// Draws the state machines of the modules from their tables in the source: docs/states.md. `--check` only compares.
//
// A table in the source is the truth; this reads its rows, columns and cells as text and refuses what it does not
// understand, so that no drawing can drift from what is compiled. A drawing by hand at the head of a source must
// say the same as the table below it.
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "smol-toml";

const OUT = "docs/states.md";
const MEMBER = "assembly/ipmp/member/fsm.ts";
const EDGES = "assembly/clms/fold/edges.ts";
const TAKEOVER = "assembly/clms/takeover/fsm.ts";

const read = (path) => readFileSync(path, "utf8");

/** The table of events of a fsm.ts: { events, rows: [{ state, row: [{ next, action } or null] }] }. */
function eventTable(source, prefix) {
  const text = read(source);
  const cells = new Map([["____", null]]);
  const cell = new RegExp(`const (\\w{4}): u8 = <u8>${prefix}_(\\w+) \\| ACT_(\\w+) << 4;`, "g");
  for (const [, name, next, action] of text.matchAll(cell)) cells.set(name, { next, action: action.toLowerCase() });
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
  return { events, rows };
}

/** A table of events, drawn. */
function drawEvents({ events, rows }, first) {
  let out = "Events are columns; a cell is the next state and what is done on the way. A dash means nothing in that state.\n\n";
  out += `| state | ${events.join(" | ")} |\n|${"---|".repeat(events.length + 1)}\n`;
  const cell = (c) => (c.action ? `${c.next} (${c.action})` : c.next);
  for (const { state, row } of rows) out += `| **${state}** | ${row.map((c) => (c ? cell(c) : "–")).join(" | ")} |\n`;
  out += `\n\`\`\`mermaid\nstateDiagram-v2\n  [*] --> ${first}\n`;
  for (const { state, row } of rows)
    for (const [i, c] of row.entries()) if (c) out += `  ${state} --> ${c.next}: ${events[i]}${c.action && ` / ${c.action}`}\n`;
  return `${out}\`\`\`\n`;
}

/** The ways between states of a node, as compiled: [{ from, to: [state], why }]. */
function nodeEdges() {
  const text = read(EDGES);
  const table = /const EDGES: usize = memory\.data<u8>\(\[([\s\S]*?)\]\);/.exec(text);
  if (!table) throw new Error(`${EDGES}: no EDGES found`);
  const bytes = [...table[1].matchAll(/0b([01_]+), \/\/ (\w+)/g)].map(([, bits, state]) => ({
    state,
    bits: Number.parseInt(bits.replace("_", ""), 2),
  }));
  const states = bytes.map((b) => b.state);
  if (bytes.length !== 8 || table[1].trim().split("\n").length !== 8) throw new Error(`${EDGES}: eight rows of bits are expected`);
  const drawn = new Map();
  for (const [, state, marks, why] of text.matchAll(/^\/\/ {3}([A-Z]+) +((?:[x–] +){8})(.*)$/gm)) drawn.set(state, { marks, why });
  return bytes.map(({ state, bits }) => {
    const to = states.filter((_, i) => (bits >> i) & 1);
    const row = drawn.get(state)?.marks.trim().split(/\s+/) ?? [];
    const said = states.filter((_, i) => row[i] === "x");
    if (row.length !== 8 || said.join() !== to.join()) throw new Error(`${EDGES}: the drawing at its head says otherwise for ${state}`);
    return { from: state, to, why: drawn.get(state).why.trim() };
  });
}

function drawEdges(edges) {
  let out = "Legal ways, one record of the log each. COMINGUP takes a new incarnation, every other way keeps it.\n\n";
  out += "| from | to | when |\n|---|---|---|\n";
  for (const { from, to, why } of edges) out += `| **${from}** | ${to.join(", ")} | ${why} |\n`;
  out += "\n```mermaid\nstateDiagram-v2\n  [*] --> NEVERUP\n";
  for (const { from, to } of edges) for (const t of to) out += `  ${from} --> ${t}\n`;
  return `${out}\`\`\`\n`;
}

/** The table of engines: a byte for each event is the next engine, 0xff means nothing. */
function engineTable() {
  const text = read(TAKEOVER);
  const { values } = parse(read("abi/clms.toml")).enum.find((e) => e.name === "ENGINE");
  const names = new Map(Object.entries(values).map(([name, [value]]) => [value, name]));
  const table = /const TABLE: usize = memory\.data<u8>\(\[([\s\S]*?)\]\);/.exec(text);
  if (!table) throw new Error(`${TAKEOVER}: no TABLE found`);
  const [head, ...body] = table[1].trim().split("\n");
  const events = head.replace("//", "").trim().split(/\s+/);
  if (body.length !== names.size) throw new Error(`${TAKEOVER}: a row for each ENGINE is expected`);
  const drawn = new Map([...text.matchAll(/^\/\/ {3}([A-Z]+) +((?:[A-Z]+|–)(?: +(?:[A-Z]+|–))*)$/gm)].map(([, s, row]) => [s, row]));
  const rows = body.map((line, i) => {
    const [, list, state] = /^([\dxf, ]+), \/\/ (\w+)$/.exec(line.trim()) ?? [];
    const next = (list ?? "").split(",").map((c) => (c.trim() === "0xff" ? null : names.get(Number(c))));
    if (next.length !== events.length || next.includes(undefined) || names.get(i) !== state)
      throw new Error(`${TAKEOVER}: row not understood: ${line}`);
    const said = drawn.get(state)?.split(/\s+/) ?? events.map(() => "–");
    if (said.join() !== next.map((n) => n ?? "–").join())
      throw new Error(`${TAKEOVER}: the drawing at its head says otherwise for ${state}`);
    return { state, row: next.map((n) => n && { next: n, action: "" }) };
  });
  return { events, rows: rows.filter(({ state }) => drawn.has(state)) };
}

const sources = [MEMBER, EDGES, TAKEOVER];
let out = `<!-- Generated from ${sources.join(", ")} by scripts/states.mjs: do not edit. -->\n# State machines\n\n`;
out += `## A member NIC (\`${MEMBER}\`)\n\n${drawEvents(eventTable(MEMBER, "PI"), "INIT")}`;
out += "\n`run` decides whether the NIC carries data or stands by; `fail` and `away` let another take its place; `back` ends in FAILED\n";
out += "if the NIC has no carrier or was found failed meanwhile. A group's own state follows from its members' states and has no events:\n";
out += "FAILED if no member is usable, OK if all are, DEGRADED otherwise.\n";
out += `\n## A node of the cluster (\`${EDGES}\`)\n\n${drawEdges(nodeEdges())}`;
out += "\nA node is live from COMINGUP to GOINGDOWN. Only UP counts as up for applications. KCLEANUP, UCLEANUP and DOWN are reached as a\n";
out += "set: all nodes that died together go through each phase together.\n";
out += `\n## What a node does in the protocol (\`${TAKEOVER}\`)\n\n${drawEvents(engineTable(), "FOLLOWER")}`;
out += "\nMISSED: the master is silent and it is this node's turn. AGREED: enough others miss it too. DURABLE: the own promise is on the\n";
out += "disk. FENCE, ARBITER: the reports suffice, but somebody has to be fenced, or the arbiter's vote is needed. COMPLETE: the\n";
out += "canonical list is made. HIGHER: a higher ballot was promised, or a master speaks. TIMEOUT: no quorum in time.\n";

if (process.argv.includes("--check")) {
  if (read(OUT) !== out) {
    console.error(`${OUT} is not what ${sources.join(", ")} say: run 'node scripts/states.mjs'`);
    process.exit(1);
  }
} else writeFileSync(OUT, out);
