// The nemesis of a run: fires the operations of a schedule when their time has come, or when the protocol reaches a point.
//
// An operation with args.msg = a kind of message waits, from its time on, for the args.nth message of that kind to leave
// any node, and happens right behind it: that is how a partition or a crash comes exactly amid a takeover. One with
// args.times happens so often, args.us microseconds apart, as long as there are faults.

import { MSG } from "../../../host/core/abi/clms.js";
import { type Nemesis, US, type World } from "../types.js";
import { Cuts } from "./cuts.js";
import { apply, type Op } from "./ops.js";

interface Trap {
  op: Op;
  kind: number;
  left: number;
}

export class Schedule implements Nemesis {
  readonly cuts = new Cuts();
  /** what happened, and when */
  readonly done: { at: number; op: Op }[] = [];
  /** told of each operation when it happens */
  onFire: (op: Op, at: number) => void = () => undefined;
  #traps: Trap[] = [];
  /** how often an operation has happened */
  readonly #repeated = new Map<Op, number>();
  #world: World | null = null;
  #over = false;

  constructor(readonly ops: readonly Op[]) {}

  begin(world: World): void {
    this.#world = world;
    this.ops.forEach((op, i) => {
      world.at(op.at, i);
    });
  }

  fire(world: World, action: number): void {
    const op = this.ops[action % this.ops.length];
    const kind = Number(op.args.msg ?? 0);
    // Behind the number of the schedule's operations: a trap that has sprung.
    if (kind !== 0 && action < this.ops.length) {
      this.#traps.push({ op, kind, left: Number(op.args.nth ?? 1) });
      return;
    }
    // What has not sprung when the faults are over never does.
    if (this.#over) {
      if (kind !== 0) return;
    } else if (op.op === "heal") {
      this.#over = true;
      this.#traps = [];
    }
    const before = this.#repeated.get(op) ?? 0;
    if (before === 0) {
      this.done.push({ at: world.now, op });
      this.onFire(op, world.now);
    }
    apply(world, op, this.cuts);
    this.#repeated.set(op, before + 1);
    if (before + 1 < Number(op.args.times ?? 1) && !this.#over) world.at(world.now + Number(op.args.us) * US, action);
  }

  /** A message of this kind leaves a node. */
  sent(kind: number): void {
    if (this.#traps.length === 0 || kind === MSG.PROBE || kind === MSG.PROBE_ACK) return;
    const world = this.#world;
    if (!world) return;
    for (const trap of this.#traps)
      if (trap.kind === kind && --trap.left === 0) world.at(world.now, this.ops.indexOf(trap.op) + this.ops.length);
    this.#traps = this.#traps.filter((t) => t.left > 0);
  }
}
