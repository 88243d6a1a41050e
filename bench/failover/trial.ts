// One break of a link and its repair, as the receiver of a stream sees it. All figures are gaps between arrivals at the
// receiver minus the stream's interval: what an application there missed, whatever the sender's host did.
//
// The link is broken at the far side, at the very port that carries the stream: the port's counters tell which one
// that is, for any contender. Link events are Timing.apart apart at least: the kernel may hold a second notice back for a second.
//
// Invariant: what is undisturbed, broken and repaired is looked at for equally long, so that what else happens on the machine
// weighs the same in each figure and can be seen in the first; longer only until traffic resumes, and for a repair that is noticed late.

import type { Conversation } from "../native.js";
import { Links, Receiver, type StreamReport, sender, sleep } from "../tools.js";
import type { Case } from "./cases.js";
import { type Contender, HOST, PEER } from "./contender.js";

export const DIRECTIONS = ["host → peer", "peer → host"] as const;
export type Direction = (typeof DIRECTIONS)[number];

const PORT = 7001;
/** 2,000 datagrams a second. */
const INTERVAL_NS = 500_000;
/** Longer silence than this, and the stream has not resumed. */
const SILENT_NS = 20e6;
const RESUME_MS = 15_000;
/** Frames that a port must carry in 50 ms to be the one, and how often it is looked for. */
const CARRYING_LEAST = 50;
const CARRYING_TRIES = 50;
/** Of a rival that takes three of its times and more. */
const RESUME_FACTOR = 10;

/** Milliseconds of each part of a trial. */
export interface Timing {
  warm: number;
  /** in which the longest gap is looked for, before a link event and after each */
  window: number;
  /** from one link event to the next */
  apart: number;
}

/** Longest gaps, in milliseconds, and datagrams lost over the break. */
export interface Outcome {
  quiet: number;
  broken: number;
  lost: number;
  repair: number;
}

/** Receivers of one address wherever it is: their windows put together. */
class Ear {
  constructor(private readonly receivers: readonly Receiver[]) {}

  async mark(): Promise<void> {
    for (const r of this.receivers) await r.mark();
  }

  async report(): Promise<Pick<StreamReport, "received" | "lost" | "gap_ns" | "silent_ns">> {
    const all: StreamReport[] = [];
    for (const r of this.receivers) all.push(await r.report());
    const heard = all.filter((r) => r.received > 0).sort((a, b) => a.first_us - b.first_us);
    const silent_ns = Math.min(...all.map((r) => r.silent_ns));
    if (heard.length === 0) return { received: 0, lost: 0, gap_ns: 0, silent_ns };
    const between = heard.slice(1).map((r, i) => (r.first_us - heard[i].last_us) * 1000);
    const received = heard.reduce((n, r) => n + r.received, 0);
    const span = Math.max(...heard.map((r) => r.highest)) - Math.min(...heard.map((r) => r.first)) + 1;
    const lost = heard.length === 1 ? heard[0].lost : Math.max(0, span - received);
    return { received, lost, gap_ns: Math.max(...heard.map((r) => r.gap_ns), ...between), silent_ns };
  }

  async close(): Promise<void> {
    for (const r of this.receivers) await r.close();
  }
}

/** A contender with its tools started; trials run one after the other. */
export class Bench {
  private constructor(
    readonly contender: Contender,
    private readonly of: Case,
    private readonly links: Links,
    private readonly ears: Record<Direction, Ear>,
  ) {}

  static async open(contender: Contender, of: Case): Promise<Bench> {
    const { hosts, peer, joint } = contender;
    const links = await Links.open(joint.ns);
    const listening: Receiver[] = [];
    for (const host of hosts) listening.push(await Receiver.open(host, HOST, PORT));
    const ears = { "host → peer": new Ear([await Receiver.open(peer, PEER, PORT)]), "peer → host": new Ear(listening) };
    return new Bench(contender, of, links, ears);
  }

  /** Whether the contender can be asked for this. */
  takes(direction: Direction): boolean {
    return direction === "peer → host" || this.contender.sends;
  }

  async trial(direction: Direction, timing: Timing): Promise<Outcome> {
    const ear = this.ears[direction];
    const stream = this.send(direction);
    try {
      await this.flows(ear, timing.warm);
      const rest = timing.apart - timing.window;
      const quiet = await this.longest(ear, timing.window);
      const port = await this.carrying(direction);
      const broken = await this.longest(ear, timing.window, () => this.set(port, false));
      await sleep(rest);
      const repair = await this.longest(ear, timing.window + this.contender.recoveryMs, () => this.set(port, true));
      await sleep(rest);
      return { quiet: gap(quiet), broken: gap(broken), lost: broken.lost, repair: gap(repair) };
    } finally {
      await stream.close();
    }
  }

  /** Breaks a link, or mends it. */
  private async set(port: string, whole: boolean): Promise<void> {
    if (this.of.fault === "carrier loss") await this.links.set(port, whole ? "up" : "down");
    else this.contender.joint.ns.exec(["bridge", "link", "set", "dev", port, "state", whole ? "3" : "0"]);
  }

  private send(direction: Direction): Conversation {
    const { hosts, peer } = this.contender;
    return direction === "host → peer" ? sender(hosts[0], PEER, PORT, INTERVAL_NS) : sender(peer, HOST, PORT, INTERVAL_NS);
  }

  /** Waits until the stream arrives, and then ms more. */
  private async flows(ear: Ear, ms: number): Promise<void> {
    await ear.mark();
    await this.resumed(ear, "the stream never began");
    await sleep(ms);
  }

  /** The longest gap in a window of ms milliseconds, with something done shortly after its beginning. */
  private async longest(ear: Ear, ms: number, act?: () => Promise<void>): Promise<Pick<StreamReport, "gap_ns" | "lost">> {
    await ear.mark();
    await sleep(10);
    await act?.();
    await sleep(ms);
    return this.resumed(ear, "traffic never resumed");
  }

  private async resumed(ear: Ear, otherwise: string): Promise<Pick<StreamReport, "gap_ns" | "lost">> {
    const limit = RESUME_MS + RESUME_FACTOR * this.of.detectionMs;
    const deadline = Date.now() + limit;
    for (;;) {
      const report = await ear.report();
      if (report.received > 0 && report.silent_ns < SILENT_NS) return report;
      if (Date.now() > deadline) throw new Error(`${this.contender.name}: ${this.of.title}: ${otherwise} within ${limit / 1000} s`);
      await sleep(20);
    }
  }

  /** The port that the stream goes through: the one that nearly all of it is counted at. */
  private async carrying(direction: Direction): Promise<string> {
    const { ports } = this.contender.joint;
    for (let i = 0; i < CARRYING_TRIES; i++) {
      const moved = await this.counted(direction);
      const most = Math.max(...moved);
      if (most >= CARRYING_LEAST && moved.filter((n) => n * 4 > most).length === 1) return ports[moved.indexOf(most)];
    }
    throw new Error(`${this.contender.name}: ${this.of.title}: no port carries the stream`);
  }

  /** Frames of a direction at each port in a short while. */
  private async counted(direction: Direction): Promise<number[]> {
    const counter = direction === "host → peer" ? "rx_packets" : "tx_packets";
    const count = async () => {
      const counts: number[] = [];
      for (const p of this.contender.joint.ports) counts.push((await this.links.count(p))[counter]);
      return counts;
    };
    const before = await count();
    await sleep(50);
    return (await count()).map((n, i) => n - before[i]);
  }

  async close(): Promise<void> {
    await Promise.all([this.links.close(), ...Object.values(this.ears).map((e) => e.close())]);
  }
}

function gap(r: Pick<StreamReport, "gap_ns">): number {
  return Math.max(0, r.gap_ns - INTERVAL_NS) / 1e6;
}
