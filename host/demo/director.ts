// Collects what a stage tells and what is asked of it several times a second, keeps the score, and offers the
// whole as a View. The only state of the demo that both ways of showing it read.
//
// Invariants: one snapshot is asked for at a time; a rate is the difference of two snapshots over their own times.

import type { DemoEvent, Snapshot, Stage, StageListener, StreamReport } from "./model.js";
import { Score, STREAMS, streamIndex } from "./score.js";
import type { RateView, StreamView, View } from "./screen.js";
import type { Phase } from "./script.js";

/** Between two snapshots. */
export const TICK_MS = 200;
/** What one bar of a rate covers at least. */
const RATE_MS = 350;
const RATES_KEPT = 120;
const EVENTS_KEPT = 200;
/** How long an address that moved is marked. */
const MOVED_MS = 2000;

/** What the director tells on, each at the moment it happens. */
export interface Watcher {
  step(text: string): void;
  event(e: DemoEvent): void;
  begin(index: number, phase: Phase): void;
  tick(): void;
}

export class Director implements StageListener {
  readonly score = new Score();
  /** why the play cannot go on */
  failure: Error | undefined;
  onFatal: () => void = () => {};
  private text = "";
  private phase = -1;
  private last: Snapshot | null = null;
  /** where the rates' present bar begins */
  private rated: Snapshot | null = null;
  private readonly holders = new Map<string, string>();
  private readonly movedAt = new Map<string, number>();
  private readonly rates: { out: number[]; in: number[] }[];
  private readonly streams: StreamView[] = STREAMS.map(() => ({ received: 0, lost: 0, duplicates: 0, gapMs: -1, open: true }));
  private readonly events: DemoEvent[] = [];
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;

  constructor(
    private readonly stage: Stage,
    private readonly title: string,
    private readonly list: readonly Phase[],
    private readonly watcher: Watcher,
    readonly disturbanceText: string,
  ) {
    this.rates = stage.nics.map(() => ({ out: [], in: [] }));
  }

  // ── from the stage ──

  readonly step = (text: string): void => {
    this.text = text;
    this.watcher.step(text);
  };

  event(e: DemoEvent): void {
    // What is read from a snapshot is known late: it goes where its time puts it.
    let place = this.events.length;
    while (place > 0 && this.events[place - 1].at > e.at) place--;
    this.events.splice(place, 0, e);
    if (this.events.length > EVENTS_KEPT) this.events.shift();
    this.watcher.event(e);
  }

  stream(r: StreamReport): void {
    this.score.report(r);
    const s = this.streams[streamIndex(r)];
    s.received = r.received;
    s.lost = r.lost;
    s.duplicates = r.duplicates;
    s.open = s.open && r.open;
    s.gapMs = Math.max(s.gapMs, r.gapMs);
  }

  disturbance(text: string): void {
    this.score.disturbance(text);
    if (this.phase > 0) this.event({ at: this.stage.now(), text, tone: "bad" });
  }

  fatal(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.onFatal();
  }

  // ── from the script ──

  begin(index: number, phase: Phase): void {
    this.phase = index;
    this.text = phase.text;
    this.score.begin(phase);
    for (const s of this.streams) s.gapMs = -1;
    this.watcher.begin(index, phase);
  }

  /** Ends a phase on a fresh snapshot. */
  async end(_index: number, phase: Phase): Promise<void> {
    await this.poll();
    if (this.last !== null) this.score.end(phase, this.last);
  }

  // ── collecting ──

  startTicking(snapshots: boolean): void {
    this.stopTicking();
    this.timer = setInterval(() => {
      if (snapshots && this.polling === undefined) this.poll().catch((e: Error) => this.fatal(e));
      this.watcher.tick();
    }, TICK_MS);
  }

  stopTicking(): void {
    clearInterval(this.timer);
  }

  /** Takes a snapshot; a call during another's waits for that and then takes its own. */
  private async poll(): Promise<void> {
    while (this.polling !== undefined) await this.polling;
    this.polling = this.stage
      .snapshot()
      .then((s) => this.take(s))
      .finally(() => {
        this.polling = undefined;
      });
    await this.polling;
  }

  private take(s: Snapshot): void {
    this.last = s;
    for (const nic of s.nics) {
      for (const address of nic.addresses) {
        const holder = this.holders.get(address);
        this.holders.set(address, nic.name);
        if (holder === undefined || holder === nic.name) continue;
        this.movedAt.set(address, s.at);
        this.event({ at: s.boundSince.get(address) ?? s.at, text: `${address}: ${holder} -> ${nic.name}`, tone: "plain" });
      }
    }
    const from = this.rated ?? s;
    const elapsed = s.at - from.at;
    if (this.rated !== null && elapsed < RATE_MS) return;
    this.rated = s;
    if (elapsed <= 0) return;
    for (const [i, nic] of s.nics.entries()) {
      keep(this.rates[i].out, ((nic.outFrames - from.nics[i].outFrames) * 1000) / elapsed);
      keep(this.rates[i].in, ((nic.inFrames - from.nics[i].inFrames) * 1000) / elapsed);
    }
  }

  view(): View {
    const at = this.stage.now();
    const moved = new Set([...this.movedAt].filter(([, t]) => at - t < MOVED_MS).map(([address]) => address));
    const rates: readonly RateView[] = this.rates;
    return {
      stage: this.title,
      at,
      group: this.stage.group,
      nics: this.stage.nics,
      peerAddresses: this.stage.peerAddresses,
      phase: this.phase,
      phases: this.list.length,
      text: this.text,
      snapshot: this.last,
      moved,
      rates,
      streams: this.streams,
      events: this.events,
      disturbances: this.score.disturbanceCount,
      disturbanceText: this.disturbanceText,
    };
  }
}

function keep(list: number[], value: number): void {
  list.push(value);
  if (list.length > RATES_KEPT) list.shift();
}
