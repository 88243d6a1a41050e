// Many schedules on all cores: one process a core, each with its own instances, taking ranges of seeds. Processes and not
// threads, and killed when they are done: while V8 still optimises in the background, a thread that ends can abort the whole
// process (node::NodePlatform::ForIsolate), and process.exit() can wait for ever; both were seen with Node 20.20.
//
// Invariants: schedule i has seed S + i and the mode i of the list (round and round), whichever process runs it, so the
// result does not depend on their number; what is found is reported in order of seed. A worker ends when its channel does.

import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { FaultName } from "./nemesis/plan.js";
import { IDS, type Id, type Violation } from "./recorder/ids.js";

export interface Sweep {
  /** file of the module; null = that of the build */
  wasm: string | null;
  /** names of modes, taken in turn */
  modes: readonly string[];
  nodes: readonly [number, number];
  faults: readonly FaultName[] | null;
  seed: number;
  schedules: number;
  /** no schedule begins after this many seconds */
  seconds: number;
  /** stop everything at the first find */
  first: boolean;
  /** one in this many steps is tried on a second instance; 0 = none */
  every: number;
  /** one in this many schedules is run three times: S47, S48; 0 = none */
  twice: number;
  /** the only invariant whose break counts; null = any */
  only: Id | null;
  threads: number;
}

export interface Found {
  seed: number;
  mode: string;
  violation: Violation | null;
  trap: string | null;
}

export interface ModeSum {
  mode: string;
  schedules: number;
  found: number;
  decided: number;
  takeovers: number;
  steps: number;
}

export interface Result {
  schedules: number;
  seconds: number;
  found: Found[];
  modes: ModeSum[];
  asked: [Id, number][];
}

/** What a worker is told, and what it tells of a range of schedules. */
export interface Range {
  from: number;
  to: number;
}
export interface Part {
  ran: number;
  found: Found[];
  modes: ModeSum[];
  asked: number[];
}

const RANGE = 32;

export const SWEEP: Sweep = {
  wasm: null,
  modes: ["majority"],
  nodes: [3, 5],
  faults: null,
  seed: 1,
  schedules: 1000,
  seconds: Number.POSITIVE_INFINITY,
  first: false,
  every: 499,
  twice: 211,
  only: null,
  threads: availableParallelism(),
};

function merge(into: ModeSum[], parts: readonly ModeSum[]): void {
  for (const p of parts) {
    const sum = into.find((m) => m.mode === p.mode);
    if (!sum) into.push({ ...p });
    else for (const key of ["schedules", "found", "decided", "takeovers", "steps"] as const) sum[key] += p[key];
  }
}

/** Runs all of it; `progress` is told now and then. */
export async function sweep(given: Partial<Sweep>, progress: (soFar: Result) => void = () => undefined): Promise<Result> {
  const o: Sweep = { ...SWEEP, ...given };
  const start = performance.now();
  const sum: Result = { schedules: 0, seconds: 0, found: [], modes: [], asked: IDS.map((id) => [id, 0]) };
  let next = 0;
  const over = () => next >= o.schedules || (performance.now() - start) / 1000 >= o.seconds || (o.first && sum.found.length > 0);
  const take = (): Range | null => {
    if (over()) return null;
    const from = next;
    next = Math.min(o.schedules, from + RANGE);
    return { from, to: next };
  };
  const add = (part: Part) => {
    sum.schedules += part.ran;
    sum.found.push(...part.found);
    merge(sum.modes, part.modes);
    part.asked.forEach((n, i) => {
      sum.asked[i][1] += n;
    });
    sum.seconds = (performance.now() - start) / 1000;
    progress(sum);
  };
  await Promise.all(Array.from({ length: Math.max(1, o.threads) }, () => work(o, take, add)));
  sum.seconds = (performance.now() - start) / 1000;
  sum.found.sort((a, b) => a.seed - b.seed);
  return sum;
}

/** One worker, from its first range to the last; if it dies by itself, the sweep fails. */
function work(o: Sweep, take: () => Range | null, add: (part: Part) => void): Promise<void> {
  return new Promise((done, failed) => {
    const worker = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), { serialization: "advanced", execArgv: [] });
    let over = false;
    const more = () => {
      const range = take();
      if (range) worker.send(range);
      else {
        over = true;
        worker.kill("SIGKILL");
      }
    };
    worker.on("message", (part) => {
      if (part !== "ready") add(part as Part);
      more();
    });
    worker.on("error", failed);
    worker.on("exit", (code, signal) => {
      if (over) done();
      else failed(new Error(`a worker of the simulator ended with ${signal ?? code} (what it said is above)`));
    });
    worker.send(o);
  });
}
