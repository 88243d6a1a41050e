// One cut and its repair, as the receiver of a stream sees it. All figures are gaps between arrivals at the
// receiver minus the stream's interval: what an application there missed, whatever the sender's host did.
//
// The link is taken down at the switch's side, of the very port that carries the stream: the port's counters
// tell which one that is, for any contender.

import type { Conversation } from "../native.js";
import { Links, Receiver, type StreamReport, sender, sleep } from "../tools.js";
import { type Contender, HOST, PEER } from "./contender.js";

export const DIRECTIONS = ["host → peer", "peer → host"] as const;
export type Direction = (typeof DIRECTIONS)[number];

const PORT = 7001;
const INTERVAL_NS = 100_000;
/** Longer silence than this, and the stream has not resumed. */
const SILENT_NS = 20e6;
const RESUME_MS = 15_000;

/** Milliseconds of each part of a trial. */
export interface Timing {
  warm: number;
  quiet: number;
  cut: number;
  repair: number;
}

/** Longest gaps, in milliseconds, and datagrams lost in the cut's. */
export interface Outcome {
  quiet: number;
  cut: number;
  lost: number;
  repair: number;
}

/** A contender with its tools started; trials run one after the other. */
export class Bench {
  private constructor(
    readonly contender: Contender,
    private readonly links: Links,
    private readonly receivers: Record<Direction, Receiver>,
  ) {}

  static async open(contender: Contender): Promise<Bench> {
    const { host, peer } = contender.lan;
    const links = await Links.open(contender.lan.switch);
    const receivers = {
      "host → peer": await Receiver.open(peer, PEER, PORT),
      "peer → host": await Receiver.open(host, HOST, PORT),
    };
    return new Bench(contender, links, receivers);
  }

  async trial(direction: Direction, timing: Timing): Promise<Outcome> {
    const receiver = this.receivers[direction];
    const stream = this.send(direction);
    try {
      await this.flows(receiver, timing.warm);
      const quiet = await this.longest(receiver, timing.quiet);
      const port = await this.carrying(direction);
      const cut = await this.longest(receiver, timing.cut, () => this.links.set(port, "down"));
      const repair = await this.longest(receiver, timing.repair, () => this.links.set(port, "up"));
      return { quiet: gap(quiet), cut: gap(cut), lost: cut.lost, repair: gap(repair) };
    } finally {
      await stream.close();
    }
  }

  private send(direction: Direction): Conversation {
    const { host, peer } = this.contender.lan;
    return direction === "host → peer" ? sender(host, PEER, PORT, INTERVAL_NS) : sender(peer, HOST, PORT, INTERVAL_NS);
  }

  /** Waits until the stream arrives, and then ms more. */
  private async flows(receiver: Receiver, ms: number): Promise<void> {
    await receiver.mark();
    await this.resumed(receiver, "the stream never began");
    await sleep(ms);
  }

  /** The longest gap in a window of ms milliseconds, with something done shortly after its beginning. */
  private async longest(receiver: Receiver, ms: number, act?: () => Promise<void>): Promise<StreamReport> {
    await receiver.mark();
    await sleep(10);
    await act?.();
    await sleep(ms);
    return this.resumed(receiver, "traffic never resumed");
  }

  private async resumed(receiver: Receiver, otherwise: string): Promise<StreamReport> {
    const deadline = Date.now() + RESUME_MS;
    for (;;) {
      const report = await receiver.report();
      if (report.received > 0 && report.silent_ns < SILENT_NS) return report;
      if (Date.now() > deadline) throw new Error(`${this.contender.name}: ${otherwise} within ${RESUME_MS / 1000} s`);
      await sleep(20);
    }
  }

  /** The switch's port that the stream goes through. */
  private async carrying(direction: Direction): Promise<string> {
    const ports = this.contender.lan.nics.map((n) => this.contender.lan.port(n));
    const counter = direction === "host → peer" ? "rx_packets" : "tx_packets";
    const count = async () => {
      const counts: number[] = [];
      for (const p of ports) counts.push((await this.links.count(p))[counter]);
      return counts;
    };
    const before = await count();
    await sleep(20);
    const moved = (await count()).map((n, i) => n - before[i]);
    return ports[moved.indexOf(Math.max(...moved))];
  }

  async close(): Promise<void> {
    await Promise.all([this.links.close(), ...Object.values(this.receivers).map((r) => r.close())]);
  }
}

function gap(r: StreamReport): number {
  return Math.max(0, r.gap_ns - INTERVAL_NS) / 1e6;
}
