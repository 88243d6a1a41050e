// The old side of an exchange of the program under way: a new process of the code now on disk takes over from this one.
//
//   old                                   new
//   spawn, with descriptors           →   loads configuration, module, native code; changes nothing
//                                     ←   prepared
//   stands still; state              go →   begins from the state, has the same members at work, carries; first of all what
//                                           has arrived meanwhile: it waits in the NICs' rings and the interfaces' queues
//                                     ←   healthy
//                                commit →   takes pid file and control socket
//                                     ←   committed
//   ends
//
// Invariants: frames are carried, and a ring is read, by one of the two, never by both; until `commit` every failure, and every time limit,
// ends with the new process dead and this one carrying on; no device is closed here before the new process is at work.

import { type ChildProcess, spawn } from "node:child_process";
import { fstatSync } from "node:fs";
import type { RingHeirloom } from "../io/ring_heirloom.js";
import type { Daemon } from "./daemon.js";
import type { Log } from "./log.js";
import { messageOf, Refusal } from "./refusal.js";

/** Set for the new process. */
export const SUCCESSOR = "HOLDFAST_SUCCESSOR";
/** First descriptor that is handed on: behind standard streams and the channel. */
export const FIRST_FD = 4;

/** Frames are carried meanwhile: it may take its time to load. */
const PREPARE_MS = 150_000;
/** Nobody carries frames meanwhile; the kernel takes some 20 ms to open a NIC. */
const HEALTHY_MS = 10_000;
const HEALTHY_NIC_MS = 100;
const COMMIT_MS = 10_000;

export interface Prepared {
  step: "prepared";
  version: string;
}
export interface Go {
  step: "go";
  snapshot: Uint8Array;
  /** group → descriptor in the new process */
  heirlooms: [name: string, fd: number][];
  /** rings of NICs, with descriptors in the new process */
  rings: RingHeirloom[];
  /** how many descriptors it was started with */
  descriptors: number;
}
export interface Healthy {
  step: "healthy";
  /** group → members at work */
  atWork: Record<string, string[]>;
  /** why the state could not be used and the groups were begun from the configuration, or null */
  cold: string | null;
}
export interface Failed {
  step: "failed";
  code: string;
  error: string;
}
export type FromSuccessor = Prepared | Healthy | Failed | { step: "committed" };
export type ToSuccessor = Go | { step: "commit" };

/** What came of it, for who asked. */
export interface Exchange {
  pid: number;
  version: string;
  /** milliseconds in which nobody carried frames, as far as the processes know */
  stop_ms: number;
  cold: string | null;
}

/** Descriptors here that the new process was started with. */
interface Offer {
  taps: [name: string, fd: number][];
  rings: { fd: number; socket: number }[];
}

/** What tells a socket from another one that has its descriptor later. */
const socketOf = (fd: number): number => fstatSync(fd).ino;

/** The rings by the new process's descriptors. It does not have those that were opened since it was started: it opens them anew. */
function inSuccessor(rings: readonly RingHeirloom[], offered: Offer["rings"], first: number): RingHeirloom[] {
  const places = new Map(offered.map(({ socket }, i) => [socket, first + i]));
  return rings.flatMap((r) => {
    const fd = places.get(socketOf(r.fd));
    return fd === undefined ? [] : { ...r, fd };
  });
}

export class Handover {
  readonly #daemon: Daemon;
  readonly #log: Log;
  readonly #start: (spawn: () => ChildProcess) => ChildProcess;
  /** the new process's answers that nobody has waited for yet, and who waits */
  readonly #inbox: FromSuccessor[] = [];
  #wake: (() => void) | null = null;
  #child: ChildProcess | null = null;
  #over: Promise<void> = Promise.resolve();
  #ended: string | null = null;

  /** @param start starts a process with the capabilities that this one has kept */
  constructor(daemon: Daemon, log: Log, start: (spawn: () => ChildProcess) => ChildProcess) {
    this.#daemon = daemon;
    this.#log = log;
    this.#start = start;
  }

  /** The process that is to take over, or has. */
  get child(): ChildProcess | null {
    return this.#child;
  }

  /** Carries it out. Throws Refusal, with this process at work as before, if the new one cannot take over. */
  async run(): Promise<Exchange> {
    const rings = this.#daemon.rings().map(({ fd }) => ({ fd, socket: socketOf(fd) }));
    const offered: Offer = { taps: this.#daemon.heirlooms(), rings };
    this.#spawn([...offered.taps.map(([, fd]) => fd), ...rings.map(({ fd }) => fd)]);
    try {
      const { version } = await this.#answer("prepared", PREPARE_MS);
      const { healthy, stopMs } = await this.#standStill(offered);
      return { pid: this.#child?.pid ?? 0, version, stop_ms: stopMs, cold: healthy.cold };
    } catch (e) {
      await this.abort();
      throw new Refusal((e as Refusal).code ?? "EIO", `the new program did not take over: ${messageOf(e)}; this one goes on`);
    }
  }

  /** From the moment in which nobody carries frames until the new process owns everything, or back. */
  async #standStill(offered: Offer): Promise<{ healthy: Healthy; stopMs: number }> {
    const started = performance.now();
    const wanted = this.#daemon.engine?.atWork() ?? {};
    const nics = Object.values(wanted).flat().length;
    const taps = this.#daemon.heirlooms();
    if (JSON.stringify(taps) !== JSON.stringify(offered.taps)) throw new Refusal("EAGAIN", "a group has changed meanwhile; try again");
    const { snapshot, rings } = this.#daemon.rest();
    try {
      this.#tell({
        step: "go",
        snapshot,
        heirlooms: taps.map(([name], i) => [name, FIRST_FD + i]),
        rings: inSuccessor(rings, offered.rings, FIRST_FD + taps.length),
        descriptors: taps.length + offered.rings.length,
      });
      const healthy = await this.#answer("healthy", HEALTHY_MS + nics * HEALTHY_NIC_MS);
      const stopMs = performance.now() - started;
      for (const [group, members] of Object.entries(wanted))
        for (const nic of members)
          if (!healthy.atWork[group]?.includes(nic)) throw new Refusal("EIO", `group "${group}": ${nic}: it is not at work there`);
      this.#tell({ step: "commit" });
      await this.#answer("committed", COMMIT_MS);
      return { healthy, stopMs };
    } catch (e) {
      // it must be dead before frames are carried here again
      await this.abort();
      await this.#daemon.resume();
      throw e;
    }
  }

  #spawn(fds: readonly number[]): void {
    const { HOLDFAST_BACKGROUND: _, WATCHDOG_PID: __, ...env } = process.env;
    const words = [...process.execArgv, ...process.argv.slice(1)];
    const child = this.#start(() =>
      spawn(process.execPath, words, {
        detached: true,
        stdio: ["ignore", "inherit", "inherit", "ipc", ...fds],
        env: { ...env, [SUCCESSOR]: "1" },
        serialization: "advanced",
      }),
    );
    this.#child = child;
    const ended = (how: string): void => {
      this.#ended = how;
      this.#wake?.();
    };
    this.#over = new Promise((resolve) => {
      child.once("error", (e) => {
        ended(`it cannot be started: ${e.message}`);
        resolve();
      });
      child.once("exit", (code, signal) => {
        ended(`it ended (${signal ?? `exit code ${code}`}); see the log`);
        resolve();
      });
    });
    child.on("message", (m) => {
      this.#inbox.push(m as FromSuccessor);
      this.#wake?.();
    });
  }

  #tell(m: ToSuccessor): void {
    this.#child?.send(m, (e) => {
      if (e) this.#log.debug("exchange", e.message);
    });
  }

  /** The next answer, which must be of this kind. */
  async #answer<S extends FromSuccessor["step"]>(step: S, ms: number): Promise<Extract<FromSuccessor, { step: S }>> {
    const end = performance.now() + ms;
    for (;;) {
      const m = this.#inbox.shift();
      if (m?.step === step) return m as Extract<FromSuccessor, { step: S }>;
      if (m?.step === "failed") throw new Refusal(m.code, m.error);
      if (m !== undefined) continue;
      if (this.#ended !== null) throw new Refusal("EIO", this.#ended);
      const left = end - performance.now();
      if (left <= 0) throw new Refusal("ETIMEDOUT", `it is not ${step} within ${ms / 1000} s`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** There is nothing more to say to the new process: it is on its own. */
  part(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  /** Ends the new process, if there is one, and waits until it is dead. */
  async abort(): Promise<void> {
    if (this.#child === null) return;
    if (this.#ended === null) this.#child.kill("SIGKILL");
    await this.#over;
  }
}
