// Keeps the score of a play: for each phase the worst silence at each receiver, packets lost and packets that
// came twice; over all phases the connections lost and what the kernel said about the group. Decides whether
// the play went well.
//
// Invariants: a report counts for the phase in which it arrives; counters in reports are totals, so a phase's
// share is the difference to what stood at its begin; nothing counts before the first phase.

import type { Snapshot, StreamName, StreamReport } from "./model.js";
import type { Phase } from "./script.js";

/** Every half of a stream, in the order of the summary's columns. */
export const STREAMS: readonly StreamName[] = (["UDP", "TCP"] as const).flatMap((protocol) =>
  ([4, 6] as const).flatMap((family) => (["out", "in"] as const).map((way) => ({ protocol, family, way }))),
);

export function streamIndex(s: StreamName): number {
  return STREAMS.findIndex((x) => x.protocol === s.protocol && x.family === s.family && x.way === s.way);
}

export function streamText(s: StreamName): string {
  return `${s.protocol} over IPv${s.family} ${s.way === "out" ? "to the peer" : "from the peer"}`;
}

/** One phase's result. */
export interface Row {
  label: string;
  /** worst silence in ms, by STREAMS; -1 where nothing was heard at all */
  gaps: number[];
  lost: number;
  duplicates: number;
}

export interface Summary {
  rows: Row[];
  connections: number;
  connectionsLost: number;
  disturbances: string[];
  /** what went wrong; empty when the play went well */
  problems: string[];
}

/** Totals of one half of a stream. */
interface Totals {
  received: number;
  lost: number;
  duplicates: number;
}

const NOTHING: Totals = { received: 0, lost: 0, duplicates: 0 };

export class Score {
  private readonly rows: Row[] = [];
  private readonly totals: Totals[] = STREAMS.map(() => NOTHING);
  private before: Totals[] = [];
  private readonly broken = new Set<string>();
  private readonly disturbances: string[] = [];
  private readonly problems: string[] = [];
  /** disturbances count from the first cut on: building the group naturally shows in netlink */
  private disturbing = false;

  begin(phase: Phase): void {
    this.before = [...this.totals];
    this.rows.push({ label: phase.label, gaps: STREAMS.map(() => -1), lost: 0, duplicates: 0 });
    if (phase.action !== "none") this.disturbing = true;
  }

  report(r: StreamReport): void {
    const i = streamIndex(r);
    this.totals[i] = { received: r.received, lost: r.lost, duplicates: r.duplicates };
    if (!r.open) this.broken.add(`${r.protocol} over IPv${r.family}`);
    const row = this.rows.at(-1);
    if (row !== undefined) row.gaps[i] = Math.max(row.gaps[i], r.gapMs);
  }

  disturbance(text: string): void {
    if (this.disturbing) this.disturbances.push(text);
  }

  /** Ends the phase: takes its shares and checks that the group is as the phase wants it. */
  end(phase: Phase, snapshot: Snapshot): void {
    const row = this.rows.at(-1);
    if (row === undefined) throw new Error("end() before begin()");
    for (const [i, total] of this.totals.entries()) {
      const before = this.before[i];
      // A packet overtaken by others counts as lost until it comes, perhaps in the next phase: never below 0.
      row.lost += Math.max(0, total.lost - before.lost);
      row.duplicates += total.duplicates - before.duplicates;
      if (total.received === before.received) {
        row.gaps[i] = -1;
        this.problems.push(`${phase.label}: ${streamText(STREAMS[i])}: nothing received`);
      }
    }
    this.problems.push(...misfits(phase, snapshot));
  }

  get disturbanceCount(): number {
    return this.disturbances.length;
  }

  get connectionsLost(): number {
    return [...this.broken].filter((name) => name.startsWith("TCP")).length;
  }

  summary(): Summary {
    const problems = [...this.problems];
    for (const name of this.broken) problems.push(`${name}: the connection was lost`);
    for (const row of this.rows) {
      if (row.duplicates > 0) problems.push(`${row.label}: ${row.duplicates} packets delivered twice`);
    }
    if (this.disturbances.length > 0) {
      problems.push(`told about the group during the failovers: ${this.disturbances.join("; ")}`);
    }
    const connections = STREAMS.filter((s) => s.protocol === "TCP" && s.way === "out").length;
    return { rows: this.rows, connections, connectionsLost: this.connectionsLost, disturbances: this.disturbances, problems };
  }
}

/** Where the group differs from what a phase must have led to. */
export function misfits(phase: Phase, snapshot: Snapshot): string[] {
  const found: string[] = [];
  for (const [i, nic] of snapshot.nics.entries()) {
    const cut = phase.action === "cut" && phase.nic === i;
    const state = cut ? "FAILED" : "RUNNING";
    if (nic.state !== state) found.push(`${phase.label}: ${nic.name} is ${nic.state}, expected ${state}`);
    if (cut && nic.addresses.length > 0) found.push(`${phase.label}: ${nic.name} still has ${nic.addresses.join(", ")}`);
    if (!cut && nic.addresses.length === 0) found.push(`${phase.label}: ${nic.name} has no data address`);
  }
  const state = phase.action === "cut" ? "DEGRADED" : "OK";
  if (snapshot.state !== state) found.push(`${phase.label}: ${snapshot.group} is ${snapshot.state}, expected ${state}`);
  return found;
}
