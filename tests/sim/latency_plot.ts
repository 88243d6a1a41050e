// The plot of latency.ts: four panels (crash of a member, of the master; profiles lan and fast) over the number of nodes.
//
// A coloured band a delay: it begins where the crash is decided and ends where every gate is open again (medians); a thin
// line above it reaches to the longest. Colours come with shapes, and the whole has a background of its own, light or dark
// as the reader's, so that it can be read anywhere.

import type { Latency } from "./latency.js";

const WIDTH = 960;
const PANEL = { width: 350, height: 190, left: 84, top: 100, gapX: 104, gapY: 80 };
const HEIGHT = PANEL.top + 2 * PANEL.height + PANEL.gapY + 92;
const SERIES = [
  { colour: "a", shape: "circle" },
  { colour: "b", shape: "square" },
  { colour: "c", shape: "diamond" },
] as const;
/** What the profiles promise at the shortest delay. */
const GOAL_MS: Readonly<Record<string, number>> = { lan: 1500, fast: 100 };

const STYLE = `
  .paper { fill: #ffffff; } text { fill: #24292f; } .dim { fill: #57606a; } .axis { stroke: #57606a; } .grid { stroke: #d8dee4; }
  .goal { stroke: #8250df; } .goal-text { fill: #8250df; }
  .a { stroke: #0969da; fill: #0969da; } .b { stroke: #bc4c00; fill: #bc4c00; } .c { stroke: #1a7f37; fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .dim { fill: #9198a1; } .axis { stroke: #9198a1; } .grid { stroke: #30363d; }
    .goal { stroke: #c297ff; } .goal-text { fill: #c297ff; }
    .a { stroke: #58a6ff; fill: #58a6ff; } .b { stroke: #f0883e; fill: #f0883e; } .c { stroke: #56d364; fill: #56d364; }
  }
  text.a, text.b, text.c { stroke: none; } .band { stroke: none; fill-opacity: 0.35; } .line { fill: none; }
`;

const f = (n: number): string => n.toFixed(1);
const median = (list: readonly number[]): number => list[list.length >> 1];

/** Steps of 1, 2 or 5 that give three to seven lines. */
function ticks(top: number): number[] {
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => top / s <= 6) ?? top;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

function mark(shape: string, x: number, y: number, colour: string): string {
  const size = 3.5;
  if (shape === "circle") return `<circle cx="${f(x)}" cy="${f(y)}" r="${size}" class="${colour}"/>`;
  if (shape === "square") return `<rect x="${f(x - size)}" y="${f(y - size)}" width="${2 * size}" height="${2 * size}" class="${colour}"/>`;
  return `<path d="M${f(x)} ${f(y - 5)}l5 5l-5 5l-5 -5z" class="${colour}"/>`;
}

interface Panel {
  x: (nodes: number) => number;
  y: (ms: number) => number;
}

/** One delay in one panel; its name at the right end. */
function series(rows: readonly Latency[], { x, y }: Panel, index: number, label: number): string[] {
  const { colour, shape } = SERIES[index % SERIES.length];
  const point = (r: Latency, of: "decided" | "open") => `${f(x(r.nodes))},${f(y(median(r[of])))}`;
  const line = (of: "decided" | "open") => rows.map((r) => point(r, of)).join(" ");
  const band = [...rows.map((r) => point(r, "decided")), ...[...rows].reverse().map((r) => point(r, "open"))].join(" ");
  const whiskers = rows.map((r) => {
    const end = r.open[r.open.length - 1];
    return `<path d="M${f(x(r.nodes))} ${f(y(median(r.open)))}V${f(y(end))}m-3 0h6" class="${colour} line" stroke-width="1"/>`;
  });
  const last = rows[rows.length - 1];
  return [
    `<polygon points="${band}" class="${colour} band"/>`,
    `<polyline points="${line("decided")}" class="${colour} line" stroke-width="2"/>`,
    `<polyline points="${line("open")}" class="${colour} line" stroke-width="2" stroke-dasharray="5 3"/>`,
    ...whiskers,
    ...rows.map((r) => mark(shape, x(r.nodes), y(median(r.decided)), colour)),
    `<text x="${f(x(last.nodes) + 10)}" y="${f(label)}" class="${colour}">${last.delayMs} ms</text>`,
  ];
}

/** Heights of labels, moved apart where they would touch. */
function apart(wanted: readonly number[]): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[b] - wanted[a]);
  const at = [...wanted];
  for (let i = 1; i < order.length; i++) at[order[i]] = Math.min(at[order[i]], at[order[i - 1]] - 14);
  return at;
}

function axes(x0: number, y0: number, sizes: readonly number[], top: number, { x, y }: Panel): string[] {
  const { width, height } = PANEL;
  const out = ticks(top).flatMap((t) => [
    `<path d="M${x0} ${f(y(t))}h${width}" class="grid"/>`,
    `<text x="${x0 - 8}" y="${f(y(t) + 4)}" text-anchor="end" class="dim">${t.toLocaleString("en")}</text>`,
  ]);
  for (const n of sizes) {
    out.push(`<path d="M${f(x(n))} ${y0 + height}v5" class="axis"/>`);
    out.push(`<text x="${f(x(n))}" y="${y0 + height + 19}" text-anchor="middle" class="dim">${n}</text>`);
  }
  out.push(`<path d="M${x0} ${y0}V${y0 + height}H${x0 + width}" fill="none" class="axis"/>`);
  out.push(`<text x="${x0 + width / 2}" y="${y0 + height + 37}" text-anchor="middle" class="dim">nodes, all voters (logarithmic)</text>`);
  const middle = y0 + height / 2;
  out.push(
    `<text x="${x0 - 52}" y="${middle}" text-anchor="middle" transform="rotate(-90 ${x0 - 52} ${middle})" class="dim">ms since the crash</text>`,
  );
  return out;
}

function panel(results: readonly Latency[], profile: string, victim: string, column: number, row: number): string[] {
  const { width, height, left, top, gapX, gapY } = PANEL;
  const [x0, y0] = [left + column * (width + gapX), top + row * (height + gapY)];
  const goal = GOAL_MS[profile] ?? 0;
  const whole = results.filter((r) => r.profile === profile);
  const sizes = [...new Set(whole.map((r) => r.nodes))];
  const good = whole.filter((r) => r.open.length > 0 && r.open.every(Number.isFinite));
  const high = Math.max(goal, ...good.map((r) => r.open[r.open.length - 1])) * 1.05;
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const span = Math.max(1e-9, Math.log(most / least));
  const p: Panel = {
    x: (n) => x0 + 16 + (Math.log(n / least) / span) * (width - 78),
    y: (ms) => y0 + height - (ms / high) * height,
  };
  const out = [
    `<text x="${x0}" y="${y0 - 12}" font-size="14" font-weight="600">${profile}: ${victim === "master" ? "the master" : "another member"} crashes</text>`,
    ...axes(x0, y0, sizes, high, p),
    `<path d="M${x0} ${f(p.y(goal))}h${width}" class="goal" stroke-dasharray="2 4"/>`,
    `<text x="${x0 + 4}" y="${f(p.y(goal) - 4)}" class="goal-text" font-size="11">goal at 0.2 ms: ${goal.toLocaleString("en")} ms</text>`,
  ];
  const lines = [...new Set(whole.map((r) => r.delayMs))].map((delay) => good.filter((r) => r.delayMs === delay && r.victim === victim));
  const labels = apart(lines.map((rows) => (rows.length > 0 ? p.y(median(rows[rows.length - 1].open)) + 4 : y0)));
  for (const [i, rows] of lines.entries()) if (rows.length > 0) out.push(...series(rows, p, i, labels[i]));
  return out;
}

export function svgOf(results: readonly Latency[]): string {
  const profiles = [...new Set(results.map((r) => r.profile))];
  const victims = [...new Set(results.map((r) => r.victim))];
  const legend = HEIGHT - 26;
  const out = [
    `<title>From a crash to its decision, and to open gates</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" class="paper"/>`,
    `<text x="24" y="32" font-size="17" font-weight="600">From a crash to its decision, and to open gates, in virtual time</text>`,
    `<text x="24" y="52" class="dim">a colour for each one-way delay; medians, and the longest as a thin line</text>`,
    ...victims.flatMap((victim, row) => profiles.flatMap((profile, column) => panel(results, profile, victim, column, row))),
    `<path d="M84 ${legend}h30" class="a line" stroke-width="2"/>${mark("circle", 99, legend, "a")}`,
    `<text x="122" y="${legend + 4}">decided by somebody</text>`,
    `<path d="M280 ${legend}h30" class="a line" stroke-width="2" stroke-dasharray="5 3"/>`,
    `<text x="318" y="${legend + 4}">the gates of all are open</text>`,
    `<path d="M505 ${legend + 6}v-12m-3 0h6" class="a line" stroke-width="1"/>`,
    `<text x="518" y="${legend + 4}">the longest</text>`,
  ];
  const root = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="12"`;
  return `<svg ${root}>\n${out.join("\n")}\n</svg>\n`;
}
