// One schedule from its seed to its verdict.
//
// Invariant: a run depends on nothing but (seed, nodes, mode, faults) and, where given, the operations that replace those
// of the seed: the same again gives the same events, step by step (S47), also if every node goes on, half way, in a new
// instance that got its saved state (S48).

import { MSG, Msg } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { Chronicle } from "./log.js";
import { Schedule } from "./nemesis/index.js";
import type { Op } from "./nemesis/ops.js";
import { type Id, kindOf, type Violation } from "./recorder/ids.js";
import { Recorder } from "./recorder/index.js";
import { Spares } from "./recorder/spare.js";
import { type Ask, make } from "./scenario.js";
import { MS, type SimNode } from "./types.js";
import { Rig } from "./world/rig.js";
import { SimWorld } from "./world/world.js";

export interface Outcome {
  violations: readonly Violation[];
  trap: { node: number; at: number; text: string } | null;
  hash: string;
  steps: number;
  delivered: number;
  /** decided records, takeovers begun */
  decided: number;
  takeovers: number;
  asked: [Id, number][];
  ops: Op[];
}

export interface RunOptions {
  /** instead of the seed's own */
  ops?: readonly Op[];
  /** one in this many is tried on a second instance; 0 = none */
  every?: number;
  log?: Chronicle;
  /** the only invariant whose break ends the run */
  only?: Id;
  /** goes on in new instances from half way on */
  move?: boolean;
}

/** How bad a run was, by the exit code that it asks for. */
export const verdict = (o: Pick<Outcome, "violations" | "trap">): 0 | 3 | 4 | 5 => {
  if (o.trap) return 5;
  if (o.violations.some((v) => kindOf(v.id) === "safety")) return 3;
  return o.violations.length > 0 ? 4 : 0;
};

/** The recorder, with the schedule's traps and, if wanted, a log beside it. */
class Watcher extends Recorder {
  schedule: Schedule | null = null;
  override onSend(node: SimNode, to: number, at: number, len: number): void {
    super.onSend(node, to, at, len);
    this.schedule?.sent(node.clms.u8[at + Msg.kind] ?? MSG.PROBE);
  }
}

/** Looks at a run on its way; after the faults, units of detection for which all must be well before it ends early. */
const SLICES = 96;
const HOLD = 4;
/** A cluster that still decides, or gets a node back, when the time is over, gets so many times more. */
const MORE = 3;
/** Steps of a node in a millisecond: a flood of messages, not a timer that is always due. */
const SPINS_MAX = 700;

export class Runner {
  readonly #rig: Rig;
  readonly #spares: Spares;

  constructor(
    readonly module: WebAssembly.Module,
    spares?: Spares,
  ) {
    this.#rig = new Rig(module);
    this.#spares = spares ?? new Spares(module);
  }

  run(ask: Ask, options: RunOptions = {}): Outcome {
    const made = make(ask);
    const { scenario } = made;
    const ops = options.ops ? [...options.ops] : made.ops;
    const schedule = new Schedule(ops);
    const recorder = new Watcher(scenario, { spares: this.#spares, every: options.every ?? 0, side: (i) => schedule.cuts.side(i) });
    recorder.schedule = schedule;
    recorder.book.only = options.only ?? (ask.row.breaks ? "S01" : null);
    schedule.cuts.onChange = () => recorder.quorums.cut();
    schedule.onFire = (op, at) => options.log?.operation(op, at);
    const world = new SimWorld(this.#rig, scenario, ask.seed, options.log?.over(recorder) ?? recorder, schedule);
    recorder.attach(world);
    options.log?.attach(world);
    try {
      this.#drive(world, recorder, options.move ?? false);
      return {
        violations: recorder.violations,
        trap: recorder.trap,
        hash: world.hash.map((h) => h.toString(16).padStart(8, "0")).join(""),
        steps: world.stepsTotal,
        delivered: world.delivered,
        decided: recorder.book.head,
        takeovers: recorder.book.list.filter((e) => e.rec.kind === 6).length,
        asked: recorder.asked(),
        ops,
      };
    } finally {
      world.dispose();
    }
  }

  /** Until the end, or the first violation. */
  #drive(world: SimWorld, recorder: Recorder, move: boolean): void {
    const { safetyNs, livenessNs } = world.scenario;
    const end = safetyNs + livenessNs;
    const slice = end / SLICES;
    // All is well when it has been well for a while: the time left would only be heartbeats.
    const enough = HOLD * world.scenario.probeMs * world.scenario.losses * MS;
    let calm = 0;
    let well = 0;
    let [head, moving] = [0, 0];
    for (let t = slice, moved = !move; t <= end || (t <= end + MORE * livenessNs && t - moving < livenessNs / 4); t += slice) {
      const steps = world.stepsTotal;
      world.runUntil(Math.floor(t));
      const spins = (world.stepsTotal - steps) / (world.nodes.length * (slice / MS));
      recorder.book.check("S43", spins < SPINS_MAX, 0, () => `${spins.toFixed(0)} steps a node in a millisecond`);
      if (recorder.violations.length > 0 || recorder.trap) return;
      if (!moved && t >= safetyNs / 2) {
        moved = true;
        this.#moveAll(world);
      }
      const now = recorder.book.head + world.nodes.reduce((sum, n) => sum + (n?.boot ?? 0), 0);
      if (now !== head) [head, moving] = [now, t];
      if (t <= safetyNs + slice) continue;
      well = recorder.ends.settled() ? well || t : 0;
      if (calm === 0 && (well > 0 || t >= end - livenessNs / 2)) {
        calm = t;
        recorder.ends.calm();
      }
      if (well > 0 && t - well >= enough) break;
    }
    recorder.ends.end(true);
  }

  /** S48: every node that runs goes on in a new instance that got its saved state. */
  #moveAll(world: SimWorld): void {
    for (const node of world.nodes) if (node?.alive) node.clms = Clms.restore(this.module, node.clms.snapshot());
  }
}

/** S47 and S48: the same schedule again, and again with every node moved to a new instance half way. */
export function twice(runner: Runner, ask: Ask, first: Outcome): Violation[] {
  const found: Violation[] = [];
  const tell = (id: Id, text: string) => found.push({ id, at: 0, node: 0, text });
  const again = runner.run(ask);
  if (again.hash !== first.hash) tell("S47", `the same schedule again has the hash ${again.hash}, it was ${first.hash}`);
  const moved = runner.run(ask, { move: true });
  if (moved.hash !== first.hash)
    tell("S48", `after saving and restoring every node half way the hash is ${moved.hash}, it was ${first.hash}`);
  return found;
}
