// The summary printed after the play. Pure: a Summary in, lines out.

import { STREAMS, type Summary } from "./score.js";
import { grouped, type Line, millis, paint, span } from "./text.js";

const LABEL = 14;
const GAP = 6;
const COUNT = 7;

export function report(summary: Summary, disturbanceText: string, colour: boolean): string[] {
  const lines: Line[] = [[span("Worst silence at the receiver in ms, by phase (out: to the peer, in: from it)", "strong")]];
  lines.push(...head());
  for (const row of summary.rows) {
    const gaps = row.gaps.map((gap) => span(millis(gap).padStart(GAP), gap < 0 ? "bad" : "plain"));
    const twice = span(grouped(row.duplicates).padStart(COUNT), row.duplicates > 0 ? "bad" : "plain");
    lines.push([span(row.label.padEnd(LABEL)), ...gaps, span(grouped(row.lost).padStart(COUNT)), twice]);
  }
  lines.push([]);
  lines.push(verdict("connections lost", `${summary.connectionsLost} of ${summary.connections}`, summary.connectionsLost === 0));
  const count = summary.disturbances.length;
  lines.push(verdict(disturbanceText, count === 0 ? "none" : grouped(count), count === 0));
  if (summary.problems.length > 0) {
    lines.push([], [span("The play did not go well:", "bad")]);
    for (const problem of summary.problems) lines.push([span(`  ${problem}`)]);
  }
  return lines.map((line) => paint(line, colour));
}

function head(): Line[] {
  const pairs = STREAMS.filter((s) => s.way === "out").map((s) => `${s.protocol} IPv${s.family}`.padStart(2 * GAP));
  const ways = STREAMS.map((s) => s.way.padStart(GAP)).join("");
  return [
    [span(`${" ".repeat(LABEL)}${pairs.join("")}${"UDP".padStart(COUNT)}${"UDP".padStart(COUNT)}`, "dim")],
    [span(`${" ".repeat(LABEL)}${ways}${"lost".padStart(COUNT)}${"twice".padStart(COUNT)}`, "dim")],
  ];
}

function verdict(what: string, value: string, good: boolean): Line {
  return [span(`${what}: `), span(value, good ? "good" : "bad")];
}
