// A daemon process from start to end: the machine is checked, the state folder taken, the daemon started, signals and
// requests obeyed, everything closed.
//
// Invariants: until it is ready, a daemon that fails has changed nothing that it has not put back; SIGTERM and SIGINT
// leave the groups to the next start, only a request to go down takes them apart; one that another process has taken over
// from writes nothing more.

import { closeSync, readFileSync, rmSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { Config } from "../config/config.js";
import { IOS } from "../config/settings.js";
import { Ipmp } from "../core/index.js";
import { askShortSlices } from "../io/slice.js";
import { Rtnetlink } from "../net/rtnetlink.js";
import { Control, type Handler } from "./control.js";
import { Daemon } from "./daemon.js";
import { type Exchange, FIRST_FD, type Go, Handover } from "./handover.js";
import { Ledger } from "./ledger.js";
import type { Log } from "./log.js";
import { checkMachine, noteNetwork } from "./machine.js";
import { makeStateDir, type Paths } from "./paths.js";
import { dropPidfile, inheritPidfile, livingPid, takePidfile } from "./pidfile.js";
import type { Predecessor } from "./predecessor.js";
import { bequeath, giveUp } from "./privileges.js";
import { messageOf, Refusal } from "./refusal.js";
import { ServiceManager } from "./service.js";

/** How long an old process may take to let go of where metrics are served. */
const PUBLISH_TRIES = 20;
const PUBLISH_STEP_MS = 50;

export interface RunOptions {
  paths: Paths;
  config: Config;
  log: Log;
  /** the process that this one takes over from */
  predecessor?: Predecessor;
  /** somebody waits for this very process to end */
  watched: boolean;
  onReady(groups: string[]): void;
}

/**
 * The module is compiled whole and optimised before the start: otherwise its rare paths would be compiled in the middle
 * of the first failovers, while frames wait.
 */
function compileAtOnce(): void {
  setFlagsFromString("--no-liftoff");
  setFlagsFromString("--no-wasm-lazy-compilation");
}

/** Runs until it is told to end. Throws what refuses the start. */
export async function runDaemon(options: RunOptions): Promise<number> {
  const { paths, predecessor } = options;
  checkMachine();
  compileAtOnce();
  if (predecessor !== undefined) return await new Process(options).run();
  makeStateDir(paths);
  takePidfile(paths.pid);
  return await new Process(options).run();
}

/** What a process has beside its daemon: what is to be closed, and how it ends. */
class Process {
  readonly #options: RunOptions;
  readonly #service: ServiceManager;
  readonly #net = new Rtnetlink();
  readonly #ended: Promise<number>;
  #exit: (code: number) => void = () => undefined;
  /** the exchange of the program that is under way, or has taken place */
  #handover: Handover | null = null;
  #replaced = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#service = new ServiceManager(options.log);
    this.#ended = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  async run(): Promise<number> {
    const { paths, log } = this.#options;
    const end: (() => void | Promise<void>)[] = [() => dropPidfile(paths.pid), () => this.#net.close(), () => this.#service.close()];
    let control: Control | null = null;
    try {
      const { d, ledger } = await this.#start(end);
      control = new Control((request) => this.#answer(d, ledger, request), log, { history: d.history, capture: d.capture });
      d.control = control;
      await this.#takePlace(d, control, end);
      const code = await this.#ended;
      if (!this.#replaced) this.#service.stopping();
      log.info("end", this.#replaced ? "another process has taken over" : "stopping");
      if (!this.#replaced) return code;
      await control.leave();
      d.leave();
      this.#net.close();
      return await this.#standIn(code);
    } finally {
      if (!this.#replaced) for (const step of end.reverse()) await step();
    }
  }

  /** Begins, from nothing, from what an earlier run has left, or from what a running one hands over. */
  async #start(end: (() => void | Promise<void>)[]): Promise<{ d: Daemon; ledger: Ledger }> {
    const { paths, config, log, predecessor } = this.#options;
    // what takes long is done while the old process still carries frames
    const spare = predecessor && (await Ipmp.load());
    const go = await predecessor?.prepared(version());
    const ledger = Ledger.open(paths.ledger);
    const onFatal = (e: Error): void => {
      log.error("fatal", messageOf(e));
      // while another daemon has the place, it learns of this by our end
      if (predecessor !== undefined && livingPid(paths.pid) !== process.pid) process.exit(1);
      this.#exit(1);
    };
    const d = new Daemon({
      paths,
      config,
      net: this.#net,
      ledger,
      log,
      version: version(),
      onFatal,
      onState: (summary) => this.#service.status(summary),
    });
    // one that was never told to take over leaves no trace
    end.push(() => d.unpublish());
    if (predecessor === undefined) await d.publish();
    end.push(() => (predecessor === undefined || livingPid(paths.pid) === process.pid ? d.stop() : undefined));
    if (go && spare) await inherit(d, go, spare);
    else await d.start();
    this.#net.subscribe((e) => d.engine?.onNet(e));
    process.on("uncaughtException", onFatal);
    return { d, ledger };
  }

  /** Takes control socket and pid file, obeys signals, gives up privileges, and says that it is at work. */
  async #takePlace(d: Daemon, control: Control, end: (() => void | Promise<void>)[]): Promise<void> {
    const { paths, config, log, predecessor, onReady } = this.#options;
    await control.listen(predecessor === undefined ? paths.socket : paths.next);
    end.push(() => control.close());
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => this.#exit(0));
    process.on("SIGHUP", () => void this.#reload(d).catch((e) => log.error("reload", messageOf(e))));
    noteNetwork();
    const { kept, problem } = giveUp({
      paths,
      config: config.file,
      textfile: config.metrics.textfile,
      xdp: config.groups.some((g) => IOS[g.io]),
    });
    await askShortSlices();
    if (predecessor !== undefined) await this.#succeed(predecessor, d, control);
    log.info("privileges", `kept ${kept.join(", ")}`);
    if (problem !== "") log.warn("privileges", `not all could be given up: ${problem}`);
    const groups = config.groups.map((g) => g.name);
    log.info("ready", `${groups.join(", ")}: at work`, { pid: process.pid, config: config.file });
    onReady(groups);
    this.#service.ready(d.summary());
    this.#service.feed(() => d.well());
  }

  async #reload(d: Daemon): Promise<{ changes: string[] }> {
    this.#service.reloading();
    try {
      return await d.reload();
    } finally {
      this.#service.ready(d.summary());
    }
  }

  /** Takes over from a running daemon, when it says so or when it has died. */
  async #succeed(predecessor: Predecessor, d: Daemon, control: Control): Promise<void> {
    const { paths } = this.#options;
    if (await predecessor.healthy({ atWork: d.engine?.atWork() ?? {}, cold: d.cold })) inheritPidfile(paths.pid);
    else takePidfile(paths.pid);
    control.moveTo(paths.socket);
    await predecessor.committed();
    d.keepSaving();
    await this.#publish(d);
  }

  /** Publishes metrics where the old process did; it may be just letting go. */
  async #publish(d: Daemon): Promise<void> {
    for (let left = PUBLISH_TRIES; ; left--) {
      try {
        return await d.publish();
      } catch (e) {
        if (left === 0) return this.#options.log.error("metrics", messageOf(e));
      }
      await new Promise((resolve) => setTimeout(resolve, PUBLISH_STEP_MS));
    }
  }

  #answer(d: Daemon, ledger: Ledger, request: Parameters<Handler>[0]): unknown {
    switch (request.cmd) {
      case "status":
        return d.status();
      case "stats":
        return d.stats();
      case "metrics":
        return { text: d.metrics() };
      case "reload":
        return request.binary ? this.#exchange(d) : this.#reload(d);
      case "recent":
        return { events: d.history.last(request.last) };
      case "down":
        return this.#down(d, ledger, request.keep);
      default:
        return d.member(request);
    }
  }

  /** Takes the groups apart, or with keep only ends; the process ends after the reply is written. */
  #down(d: Daemon, ledger: Ledger, keep: boolean): unknown {
    if (!keep) {
      d.dismantle();
      ledger.remove();
      rmSync(this.#options.paths.snapshot, { force: true });
    }
    setImmediate(() => this.#exit(0));
    return { kept: keep };
  }

  // ── Exchange of the program ──

  /** Applies a changed configuration, then lets a process of the program now on disk take over. */
  async #exchange(d: Daemon): Promise<Exchange & { changes: string[] }> {
    if (this.#handover !== null) throw new Refusal("EALREADY", "the program is being exchanged already");
    const { paths, log } = this.#options;
    const handover = new Handover(d, log, bequeath);
    this.#handover = handover;
    try {
      const { changes } = await d.reload();
      const done = await handover.run();
      this.#replaced = true;
      this.#service.handOver(done.pid);
      handover.part();
      d.tellExchange(done);
      setImmediate(() => this.#exit(0));
      return { ...done, changes };
    } catch (e) {
      this.#handover = null;
      log.error("exchange", messageOf(e));
      if (livingPid(paths.pid) !== process.pid) {
        inheritPidfile(paths.pid);
        await d.control?.listenAgain(paths.socket);
      }
      throw e;
    }
  }

  /** Where somebody waits for this process, it stands in for its successor: hands signals on, ends as that one ends. */
  async #standIn(code: number): Promise<number> {
    const child = this.#handover?.child;
    // a service manager has been told whom to watch from now on
    if (this.#service.present || !this.#options.watched || !child || child.exitCode !== null || child.signalCode !== null) return code;
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.removeAllListeners(signal);
      process.on(signal, () => child.kill(signal));
    }
    return await new Promise((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
  }
}

/** Begins with what the old process hands over; nothing else of it stays open here. */
async function inherit(d: Daemon, go: Go, spare: Ipmp): Promise<void> {
  const rings = new Map(go.rings.map((r) => [r.ifindex, r]));
  await d.start({ snapshot: go.snapshot, heirlooms: { taps: new Map(go.heirlooms), rings }, spare });
  // rings that were gone on with are their devices'; of interfaces, duplicates are used
  const used = new Set(go.rings.filter((r) => !rings.has(r.ifindex)).map((r) => r.fd));
  for (let fd = FIRST_FD; fd < FIRST_FD + go.descriptors; fd++) if (!used.has(fd)) closeSync(fd);
}

function version(): string {
  return (JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string }).version;
}
