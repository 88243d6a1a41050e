// The daemon: an engine at work, what keeps it alive, and what the control socket may ask of it.
//
// Invariants: the snapshot on disk is never older than SNAPSHOT_MS behind a change of state; after a trap the engine is
// begun anew from it, or, if that does not hold, from the configuration alone; stop() leaves the groups as they are for
// the next start, dismantle() takes them apart.

import type { Config } from "../config/config.js";
import { loadConfig } from "../config/load.js";
import { EVENT, type Ipmp, type IpmpEvent, PG_NAME, readSnapshot } from "../core/index.js";
import type { RingHeirloom } from "../io/ring_heirloom.js";
import { METRICS } from "../metrics/catalog.js";
import { exposition } from "../metrics/metric.js";
import { Publisher } from "../metrics/publish.js";
import { groupScene } from "../metrics/scene.js";
import { Tally } from "../metrics/tally.js";
import type { Rtnetlink } from "../net/rtnetlink.js";
import { CaptureHub } from "./capture.js";
import { isoOf, monotonic } from "./clock.js";
import type { Control } from "./control.js";
import type { Heirlooms } from "./devices.js";
import { Engine, type EngineOptions } from "./engine.js";
import { describeEvent, type EventRecord, type Names, type OwnEvent } from "./events.js";
import type { Exchange } from "./handover.js";
import { Herald } from "./herald.js";
import { History } from "./history.js";
import type { Ledger } from "./ledger.js";
import type { Log } from "./log.js";
import { carryOut } from "./member_request.js";
import type { Paths } from "./paths.js";
import { probeRecordOf } from "./probe_report.js";
import { probeTold } from "./probe_told.js";
import type { Request } from "./protocol.js";
import { isExpected, messageOf, Refusal } from "./refusal.js";
import { type GroupReport, groupReport, type StatusReport } from "./report.js";
import { StateFile } from "./state_file.js";

const SNAPSHOT_MS = 1000;
/** More traps than this within TRAP_WINDOW_MS: the snapshot is no help. Twice as many: nothing is. */
const TRAPS_MAX = 2;
const TRAP_WINDOW_MS = 60_000;

export interface DaemonOptions {
  paths: Paths;
  config: Config;
  net: Rtnetlink;
  ledger: Ledger;
  log: Log;
  version: string;
  /** the groups in a line, whenever the state of one has changed */
  onState?(summary: string): void;
  /** the daemon cannot go on */
  onFatal(error: Error): void;
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #log: Log;
  readonly #tally = new Tally();
  readonly #herald = new Herald((record) => this.#tell(record));
  readonly #started = new Date().toISOString();
  readonly #publisher: Publisher;
  #reloading: Promise<unknown> = Promise.resolve();
  #config: Config;
  #engine: Engine | null = null;
  #saved = -1n;
  readonly #file: StateFile;
  #timer: NodeJS.Timeout | null = null;
  #traps: number[] = [];
  #control: Control | null = null;
  readonly history = new History<EventRecord>();
  readonly capture = new CaptureHub();
  /** at rest while another process is about to take over */
  #resting: Engine | null = null;
  /** why the snapshot of the last beginning could not be used, or null */
  cold: string | null = null;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#config = options.config;
    this.#file = new StateFile(options.paths.snapshot);
    this.#publisher = new Publisher(() => this.metrics(), this.#herald);
  }

  get control(): Control | null {
    return this.#control;
  }

  set control(control: Control | null) {
    this.#control = control;
    if (control !== null) control.onProbesWanted = (wanted) => (this.#engine ?? this.#resting)?.tellProbes(wanted);
  }

  /** The engine that the kernel's reports go to; none while one is being begun. */
  get engine(): Engine | null {
    return this.#engine;
  }

  /** Begins, from what an earlier run has left in the state folder or a running one hands over. */
  async start(from?: { snapshot: Uint8Array; heirlooms: Heirlooms; spare: Ipmp }): Promise<void> {
    await this.#begin(from === undefined ? this.#lastSnapshot() : from.snapshot, from);
    // the file is the former daemon's until it says otherwise
    if (from === undefined) this.keepSaving();
  }

  /** Begins to write snapshots. */
  keepSaving(): void {
    this.#file.again();
    this.#timer = setInterval(() => void this.#save(), SNAPSHOT_MS);
    this.#saveNow();
  }

  // ── The module's life ──

  /** The snapshot of an earlier run, if its groups are still there. */
  #lastSnapshot(): Uint8Array | null {
    // an empty ledger: first start, or another boot, whose clock and devices are gone
    if (this.#options.ledger.groups.size === 0) return null;
    try {
      return readSnapshot(this.#options.paths.snapshot);
    } catch (e) {
      this.#log.warn("snapshot", `${this.#options.paths.snapshot} cannot be read: ${messageOf(e)}; starting from the configuration`);
      return null;
    }
  }

  async #begin(snapshot: Uint8Array | null, given: Pick<EngineOptions, "heirlooms" | "spare"> = {}): Promise<void> {
    const { net, ledger, log } = this.#options;
    const begin = (from: Uint8Array | null, spare?: Ipmp): Promise<Engine> =>
      Engine.begin({
        net,
        ledger,
        log: this.#herald,
        config: this.#config,
        snapshot: from,
        heirlooms: given.heirlooms,
        spare,
        probesWanted: this.control?.probesWanted ?? false,
        onEvent: (e, names) => this.#onEvent(e, names),
        onAnnounced: (grp, at, more) => this.#tally.announced(grp, at, more),
        onTrap: (e) => this.#onTrap(e),
      });
    this.cold = null;
    try {
      this.#engine = await begin(snapshot, given.spare);
    } catch (e) {
      // what the machine refuses, it refuses with or without a snapshot
      if (snapshot === null || !blamesSnapshot(e)) throw e;
      this.cold = messageOf(e);
      log.warn("snapshot", `the snapshot does not hold: ${this.cold}; starting from the configuration`);
      this.#engine = await begin(null);
    }
    this.capture.attach(this.#engine);
    // what happened while the engine was begun was reported to nobody
    this.#engine.resync();
  }

  #onEvent(e: IpmpEvent, names: Names): void {
    const probe = probeTold(e, names);
    if (probe !== null) {
      this.control?.probe(probeRecordOf(probe, isoOf));
      return;
    }
    this.#tally.heard(e, names.group(e.grp));
    this.#tell(describeEvent(e, names));
    if (e.type === EVENT.GRP_STATE) this.#options.onState?.(this.summary());
  }

  #tell(record: EventRecord): void {
    const { time: _, level, event, text, ...fields } = record;
    this.#log.line(level, event, text, fields);
    this.history.add(record);
    this.#tally.event(event);
    this.control?.broadcast(record);
  }

  #own(event: OwnEvent, level: EventRecord["level"], text: string): void {
    this.#tell({ time: new Date().toISOString(), seq: 0, event, level, text });
  }

  #onTrap(error: Error): void {
    const engine = this.#engine;
    this.#engine = null;
    this.capture.attach(null);
    engine?.close();
    this.#tally.traps++;
    const now = Date.now();
    this.#traps = [...this.#traps.filter((t) => now - t < TRAP_WINDOW_MS), now];
    this.#own("trap", "error", `the module has trapped and is begun anew: ${error.message}`);
    this.#log.debug("trap", error.stack ?? "");
    if (this.#traps.length > 2 * TRAPS_MAX) {
      this.#options.onFatal(new Error(`the module traps again and again: ${error.message}`));
      return;
    }
    const snapshot = this.#traps.length > TRAPS_MAX ? null : this.#lastSnapshot();
    this.#begin(snapshot).then(
      () => this.#own("restored", "warn", snapshot === null ? "begun anew from the configuration" : "begun anew from the last snapshot"),
      (e) => this.#options.onFatal(e instanceof Error ? e : new Error(String(e))),
    );
  }

  /** Saves the module's state if it has changed; never fails, but says so. */
  async #save(): Promise<void> {
    const engine = this.#engine;
    if (engine === null || engine.ipmp.generation === this.#saved) return;
    this.#saved = engine.ipmp.generation;
    await this.#file.save(engine.ipmp.snapshot()).catch((e) => this.#cannotSave(e));
  }

  /** Saves it whether it has changed or not, and returns when that is done: counters alone do not count as a change. */
  #saveNow(): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.#saved = engine.ipmp.generation;
    try {
      this.#file.saveNow(engine.ipmp.snapshot());
    } catch (e) {
      this.#cannotSave(e);
    }
  }

  #cannotSave(e: unknown): void {
    this.#log.error("snapshot", `${this.#options.paths.snapshot} cannot be written: ${messageOf(e)}`);
  }

  /** Stops publishing. */
  unpublish(): void {
    this.#publisher.close();
  }

  /** Ends, and leaves interface, addresses and bindings to the next start. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#engine ??= this.#resting;
    this.#saveNow();
    this.#engine?.close();
    this.#engine = null;
  }

  /** Takes the groups apart and ends. */
  dismantle(): void {
    const engine = this.#need();
    if (this.#timer !== null) clearInterval(this.#timer);
    engine.dismantle();
    engine.close();
    this.#engine = null;
  }

  /** The groups and their states in a line, for a service manager. */
  summary(): string {
    const engine = this.#engine ?? this.#resting;
    if (engine === null) return "the module is begun anew";
    const groups = engine.views().map((v) => engine.ipmp.grp(v.grp));
    return groups.map((g) => `${g.name} ${PG_NAME[g.state].toLowerCase()}`).join(", ");
  }

  /** Frames can be carried, here or by a process that takes over. */
  well(): boolean {
    return this.#resting !== null || (this.#engine !== null && !this.#engine.loop.trapped);
  }

  // ── Another process takes over ──

  /** Descriptors of the group interfaces. Throws Refusal while one of them is not there. */
  heirlooms(): [name: string, fd: number][] {
    return this.#need().heirlooms();
  }

  /** The NICs' rings. */
  rings(): RingHeirloom[] {
    return this.#need().rings();
  }

  /** Stands still, every device open; gives the state, and the rings, that another process may go on from. */
  rest(): { snapshot: Uint8Array; rings: RingHeirloom[] } {
    const engine = this.#need();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#file.leave();
    this.#resting = engine;
    this.#engine = null;
    // where metrics are served there is place for one
    this.#publisher.close(true);
    return { snapshot: engine.rest(), rings: engine.rings() };
  }

  /** Goes on after a rest: nobody has taken over. The other process may have written to the state folder. */
  resume(): void {
    const engine = this.#resting;
    if (engine === null) return;
    this.#resting = null;
    this.#engine = engine;
    engine.resume();
    this.#options.ledger.save();
    this.keepSaving();
    this.#publisher.again().catch((e) => this.#log.error("metrics", messageOf(e)));
  }

  tellExchange({ pid, version, stop_ms, cold }: Exchange): void {
    const state = cold === null ? "" : `; from the configuration, because the state could not be used: ${cold}`;
    this.#own("exchanged", "info", `process ${pid}, version ${version}, has taken over after ${stop_ms.toFixed(0)} ms${state}`);
  }

  /** Another process has taken over: lets go of everything, writes nothing. */
  leave(): void {
    this.#resting?.close();
    this.#resting = null;
  }

  // ── Requests ──

  #need(): Engine {
    if (this.#resting !== null) throw new Refusal("EAGAIN", "the daemon is being exchanged; try again");
    if (this.#engine === null) throw new Refusal("EAGAIN", "the daemon is starting over; try again");
    return this.#engine;
  }

  status(): StatusReport {
    return {
      version: this.#options.version,
      pid: process.pid,
      started: this.#started,
      config: this.#config.file,
      groups: this.#groups(),
    };
  }

  #groups(): GroupReport[] {
    const engine = this.#need();
    const now = monotonic();
    return engine.views().map((v) => groupReport(engine.ipmp, v, now));
  }

  /** Counters alone, and those of the loop. */
  stats(): unknown {
    const engine = this.#need();
    const groups = this.#groups().map((g) => ({
      name: g.name,
      counters: g.counters,
      drops: g.drops,
      rebinds: g.rebinds,
      device: g.device,
      members: g.members.map((m) => ({ name: m.name, counters: m.counters, fails: m.fails, device: m.device })),
    }));
    return { groups, loop: plain(engine.loop.stats()), capture: { open: this.capture.count, ...this.capture.totals } };
  }

  /** Everything that is counted, in Prometheus' text format. */
  metrics(): string {
    const engine = this.#engine ?? this.#resting;
    return exposition(METRICS, {
      version: this.#options.version,
      now: monotonic(),
      groups: engine === null ? [] : engine.views().map((v) => groupScene(engine.ipmp, v)),
      loop: engine?.loop.stats() ?? null,
      lost: { events: engine?.ipmp.pageWord("event_lost") ?? 0, control: engine?.ipmp.pageWord("ctl_lost") ?? 0 },
      tally: this.#tally,
    });
  }

  /** Begins to publish metrics. Throws Refusal if that cannot be. */
  async publish(): Promise<void> {
    await this.#publisher.configure(this.#config.metrics);
  }

  /** Reads the configuration again and applies the difference. */
  async reload(): Promise<{ changes: string[] }> {
    // one after another: each begins where the one before has ended
    const turn = this.#reloading.then(() => this.#reload());
    this.#reloading = turn.catch(() => undefined);
    try {
      const done = await turn;
      this.#tally.reload = { ok: true, at: Date.now() };
      return done;
    } catch (e) {
      this.#tally.reload.ok = false;
      throw e;
    }
  }

  async #reload(): Promise<{ changes: string[] }> {
    this.#need();
    const next = loadConfig(this.#config.file);
    const published = await this.#publisher.configure(next.metrics);
    let changes: string[];
    const engine = this.#need();
    try {
      changes = engine.reconfigure(next);
    } catch (e) {
      await this.#publisher.configure(this.#config.metrics).catch(() => undefined);
      if (engine.loop.trapped) throw new Refusal("EAGAIN", "the module has trapped and is begun anew; try again");
      throw e;
    }
    changes.push(...published);
    if (next.spinUs !== this.#config.spinUs) {
      engine.loop.spinUs = next.spinUs;
      changes.push(`loop: spin_us = ${next.spinUs}`);
    }
    this.#config = next;
    for (const c of changes) this.#own("reload", "info", c);
    if (changes.length === 0) this.#log.info("reload", "nothing changed");
    return { changes };
  }

  /** Carries out a request about one member. */
  async member(request: Extract<Request, { nic: string }>): Promise<unknown> {
    const engine = this.#need();
    try {
      carryOut(engine, request);
    } catch (e) {
      if (engine.loop.trapped) throw new Refusal("EAGAIN", "the module has trapped and is begun anew; try again");
      throw e;
    }
    // what was confirmed must survive a kill -9 right after
    await this.#save();
    return { nic: request.nic };
  }
}

/** Whether a start from a snapshot failed because of what is in it. */
function blamesSnapshot(e: unknown): boolean {
  return !isExpected(e) || e.name === "SnapshotError" || e.name === "IpmpError";
}

/** JSON knows no bigint. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, v) => (typeof v === "bigint" ? Number(v) : v)));
}
