// The picture the demo redraws: host, NICs, switch, peer, streams and events as lines of text. Pure: a View and a
// size in, lines out; collecting is the director's business, writing the terminal's.
//
// Invariants: never more lines than rows, never a line longer than columns; the same View gives the same lines.

import type { DemoEvent, NicState, Snapshot, StreamName } from "./model.js";
import { STREAMS } from "./score.js";
import {
  type Colour,
  columns,
  fit,
  grouped,
  type Line,
  millis,
  paint,
  type Span,
  seconds,
  short,
  span,
  sparkline,
  spread,
} from "./text.js";

export const COLUMNS_MIN = 80;
export const ROWS_MIN = 24;

/** One half of a stream, as shown. */
export interface StreamView {
  /** packets (UDP) or bytes (TCP) received */
  received: number;
  lost: number;
  duplicates: number;
  /** worst silence in this phase, ms; -1 not heard yet */
  gapMs: number;
  open: boolean;
}

/** Frames a second of one NIC, oldest first. */
export interface RateView {
  out: readonly number[];
  in: readonly number[];
}

export interface View {
  /** what is shown, and on what: "two NICs as one, on real devices" */
  stage: string;
  at: number;
  group: string;
  nics: readonly string[];
  peerAddresses: readonly string[];
  /** phase of the play from 0, -1 while building */
  phase: number;
  phases: number;
  text: string;
  snapshot: Snapshot | null;
  /** data addresses that moved within the last seconds */
  moved: ReadonlySet<string>;
  rates: readonly RateView[];
  /** by STREAMS */
  streams: readonly StreamView[];
  events: readonly DemoEvent[];
  /** messages about the group from the kernel since the first cut */
  disturbances: number;
  /** what those messages are, e.g. "netlink messages about ipmp0" */
  disturbanceText: string;
}

export interface Size {
  columns: number;
  rows: number;
  colour: boolean;
  ascii: boolean;
}

interface Glyphs {
  corners: string;
  side: string;
  edge: string;
  tapRight: string;
  tapLeft: string;
  wire: string;
  broken: string;
  out: string;
  in: string;
  done: string;
  todo: string;
  dot: string;
  bars: string;
}

const UNICODE: Glyphs = {
  corners: "┌┐└┘",
  side: "│",
  edge: "─",
  tapRight: "├",
  tapLeft: "┤",
  wire: "━",
  broken: "╳",
  out: "→",
  in: "←",
  done: "■",
  todo: "□",
  dot: "·",
  bars: "▁▂▃▄▅▆▇█",
};

const ASCII: Glyphs = {
  corners: "++++",
  side: "|",
  edge: "-",
  tapRight: "+",
  tapLeft: "+",
  wire: "=",
  broken: "X",
  out: ">",
  in: "<",
  done: "#",
  todo: ".",
  dot: "-",
  bars: "_.:-=+*#",
};

/** Widths of the drawing's parts; the wire and the host's box take what a wider terminal offers. */
interface Layout {
  host: number;
  wire: number;
  switch: number;
  lead: number;
  peer: number;
}

function layout(total: number): Layout {
  const spare = Math.max(0, total - COLUMNS_MIN);
  const host = 28 + Math.min(12, spare >> 2);
  const lead = 2 + Math.min(8, spare >> 3);
  const fixed = { switch: 10, peer: 15 };
  return { host, wire: Math.max(8, total - 2 - host - fixed.switch - lead - fixed.peer), lead, ...fixed };
}

/** The whole picture. */
export function render(view: View, size: Size): string[] {
  const g = size.ascii ? ASCII : UNICODE;
  const total = Math.max(1, size.columns);
  const lines: Line[] = [...heading(view, g, total), [], ...drawing(view, g, layout(total)), [], ...streams(view, g), []];
  const small = size.columns < COLUMNS_MIN || size.rows < ROWS_MIN;
  if (small)
    lines.unshift([span(`this terminal has ${size.columns}x${size.rows}; all is shown from ${COLUMNS_MIN}x${ROWS_MIN} on`, "mark")]);
  lines.push(...events(view, total, size.rows - lines.length));
  return lines.slice(0, Math.max(0, size.rows)).map((line) => paint(fit(line, total), size.colour));
}

function heading(view: View, g: Glyphs, total: number): Line[] {
  const title = [span(" Holdfast", "strong"), span(` ${g.dot} ${view.stage}`, "dim")];
  const done = Math.max(0, Math.min(view.phases, view.phase + 1));
  const bar = [span(` ${g.done.repeat(done)}${g.todo.repeat(view.phases - done)} `, "mark")];
  return [spread(title, [span(` ${seconds(view.at, 1)} s `)], total), spread([span(` ${view.text}`, "strong")], bar, total)];
}

// ── The drawing ──────────────────────────────────────────────────────────────────────────────────

/** Lines of one NIC: its name and state, then two lines of addresses and rates. */
const NIC_LINES = 3;

function drawing(view: View, g: Glyphs, l: Layout): Line[] {
  const hosts = [boxTop(hostTitle(view), l.host, g)];
  const wires: Line[] = [fit([], l.wire)];
  // One scale for all, so that the shares of the NICs can be compared.
  const top = Math.max(1, ...view.rates.flatMap((r) => [...r.out.slice(-l.wire), ...r.in.slice(-l.wire)]));
  for (const [i, name] of view.nics.entries()) {
    const nic = view.snapshot?.nics[i];
    hosts.push(...hostLines(name, nic, view, l.host, g));
    wires.push(...wireLines(nic, view.rates[i], top, l.wire, g));
  }
  hosts.push(boxBottom(l.host, g));
  wires.push(fit([], l.wire));
  const height = hosts.length;
  const middle = height >> 1;
  const switchBox = box([span("switch")], [], l.switch, height, g);
  const peerBox = box([span("peer")], centred(view.peerAddresses, height - 2), l.peer, height, g);
  return hosts.map((host, row) => {
    const nicRow = row > 0 && row < height - 1 && (row - 1) % NIC_LINES === 0;
    const left = nicRow && view.snapshot !== null ? tapped(switchBox[row], 0, g.tapLeft) : switchBox[row];
    const right = row === middle ? tapped(left, l.switch - 1, g.tapRight) : left;
    const lead = row === middle ? span(g.wire.repeat(l.lead), "good") : span(" ".repeat(l.lead));
    const peer = row === middle ? tapped(peerBox[row], 0, g.tapLeft) : peerBox[row];
    return [span(" "), ...host, ...wires[row], ...right, lead, ...peer];
  });
}

function hostTitle(view: View): Line {
  const state = view.snapshot?.state ?? "";
  return [span("host"), span(` ${view.group}`, "strong"), span(state && ` ${state}`, stateColour(state))];
}

function hostLines(name: string, nic: NicState | undefined, view: View, n: number, g: Glyphs): Line[] {
  const state = nic?.state ?? "";
  const first: Line = [span(` ${name} `, "strong"), span(state, stateColour(state))];
  const rows = addressRows(nic?.addresses ?? [], nic?.linkLocal ?? false, view.moved);
  if (nic !== undefined && nic.addresses.length === 0 && !nic.linkLocal) rows[0] = [span("   no data address", "dim")];
  const edge = nic === undefined ? g.side : g.tapRight;
  return [[span(g.side), ...fit(first, n - 2), span(edge)], ...rows.map((row) => [span(g.side), ...fit(row, n - 2), span(g.side)])];
}

/** The NIC's addresses on two lines: IPv4 left, IPv6 right; what does not fit is counted. */
function addressRows(addresses: readonly string[], linkLocal: boolean, moved: ReadonlySet<string>): Line[] {
  const v4 = addresses.filter((a) => !a.includes(":"));
  const v6 = addresses.filter((a) => a.includes(":"));
  if (linkLocal && v6.length < 2) v6.push("link-local"); // named where there is room: it counts when addresses are spread
  const cell = (a: string | undefined, n: number): Span => span((a ?? "").padEnd(n), a !== undefined && moved.has(a) ? "mark" : "plain");
  const rows: Line[] = [0, 1].map((i) => [span("   "), cell(v4[i], 11), cell(v6[i], 0)]);
  const more = Math.max(0, v4.length - 2) + Math.max(0, v6.length - 2);
  if (more > 0) rows[1] = [span(`   and ${more + Math.min(1, v4.length - 1) + Math.min(1, v6.length - 1)} more`)];
  return rows;
}

function wireLines(nic: NicState | undefined, rate: RateView | undefined, top: number, n: number, g: Glyphs): Line[] {
  const blank = fit([], n);
  if (nic === undefined) return [blank, blank, blank];
  const wire = nic.link ? [span(g.wire.repeat(n), "good")] : brokenWire(n, g);
  const line = (arrow: string, values: readonly number[]): Line => {
    const bars = sparkline(values, top, Math.max(0, n - 13), g.bars);
    return fit([span(` ${arrow} `), span(bars, "mark"), span(`${short(values.at(-1) ?? 0).padStart(7)}/s`)], n);
  };
  return [wire, line(g.out, rate?.out ?? []), line(g.in, rate?.in ?? [])];
}

function brokenWire(n: number, g: Glyphs): Line {
  const left = (n - 5) >> 1;
  return fit([span(g.wire.repeat(left), "dim"), span(` ${g.broken.repeat(3)} `, "bad"), span(g.wire.repeat(n - left - 5), "dim")], n);
}

function box(title: Line, inside: readonly string[], n: number, height: number, g: Glyphs): Line[] {
  const rows: Line[] = [boxTop(title, n, g)];
  for (let i = 0; i < height - 2; i++) rows.push([span(g.side), ...fit([span(` ${inside[i] ?? ""}`)], n - 2), span(g.side)]);
  rows.push(boxBottom(n, g));
  return rows;
}

function boxTop(title: Line, n: number, g: Glyphs): Line {
  const inner = [...title.filter((s) => s.text !== ""), span(" ")];
  const used = inner.reduce((sum, s) => sum + columns(s.text), 0);
  return [
    span(`${g.corners[0]} `),
    ...fit(inner, Math.min(used, n - 3)),
    span(g.edge.repeat(Math.max(0, n - 3 - used))),
    span(g.corners[1]),
  ];
}

function boxBottom(n: number, g: Glyphs): Line {
  return [span(`${g.corners[2]}${g.edge.repeat(n - 2)}${g.corners[3]}`)];
}

/** The line with the character at a column replaced: where a wire meets a box. */
function tapped(line: Line, column: number, glyph: string): Line {
  const text = [...line.map((s) => s.text).join("")];
  text[column] = glyph;
  return [span(text.join(""))];
}

function centred(list: readonly string[], height: number): string[] {
  return [...Array<string>(Math.max(0, (height - list.length) >> 1)).fill(""), ...list];
}

function stateColour(state: string): Colour {
  if (state === "RUNNING" || state === "OK") return "good";
  return state === "" ? "plain" : "bad";
}

// ── Streams and events ───────────────────────────────────────────────────────────────────────────

function streams(view: View, g: Glyphs): Line[] {
  const half = (way: string): string =>
    `${way} ${"received".padStart(9)}${"lost".padStart(6)}${"twice".padStart(6)}${"worst gap".padStart(11)}`;
  const rows: Line[] = [[span(` ${"".padEnd(9)}${half(g.out)}  ${half(g.in)}`, "dim")]];
  for (let i = 0; i < STREAMS.length; i += 2) {
    const name = STREAMS[i];
    rows.push([
      span(` ${name.protocol} IPv${name.family} `),
      ...streamHalf(name, view.streams[i]),
      span("  "),
      ...streamHalf(name, view.streams[i + 1]),
    ]);
  }
  return rows;
}

function streamHalf(name: StreamName, s: StreamView): Line {
  const tcp = name.protocol === "TCP";
  const received = span(`${(tcp ? `${short(s.received)}B` : grouped(s.received)).padStart(11)}`);
  if (!s.open) return [received, span("connection lost".padStart(23), "bad")];
  const count = (n: number, colour: Colour): Span => span((tcp ? "" : grouped(n)).padStart(6), n > 0 ? colour : "plain");
  const gap = s.gapMs < 0 ? "-" : `${millis(s.gapMs)} ms`;
  return [received, count(s.lost, "mark"), count(s.duplicates, "bad"), span(gap.padStart(11))];
}

function events(view: View, total: number, room: number): Line[] {
  if (room < 1) return [];
  const count = `${view.disturbanceText}: ${view.disturbances === 0 ? "none" : view.disturbances} `;
  const heading = spread([span(" events", "dim")], [span(count, view.disturbances === 0 ? "dim" : "bad")], total);
  const shown = view.events.slice(-Math.max(0, room - 1));
  const lines =
    room > 1
      ? shown.map((e) => [span(`${seconds(e.at, 3).padStart(9)} `, "dim"), span(e.text, e.tone === "plain" ? "plain" : e.tone)])
      : [];
  return [heading, ...lines];
}
