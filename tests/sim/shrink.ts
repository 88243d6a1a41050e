// Makes a schedule that breaks an invariant small: nodes go, operations are left out (delta debugging), then times get
// shorter.
//
// Invariants: what comes out breaks the same invariant as what went in, under the same seed; it is what a file of the
// corpus can say (nodes, operations). With a node less the seed draws other delays, so that may break nothing: then the
// next one is tried, and the number of nodes stays if all of them are needed.

import type { Args, Op } from "./nemesis/ops.js";
import type { Id } from "./recorder/ids.js";
import type { Runner } from "./run.js";
import { type Ask, make } from "./scenario.js";

/** Runs that a shrinking may cost; of these, so many for fewer nodes. */
const RUNS_MAX = 300;
const NODES_RUNS_MAX = 60;

export interface Shrunk {
  /** nodes: exactly as many as it takes */
  ask: Ask;
  ops: Op[];
}

class Budget {
  left = RUNS_MAX;
  constructor(
    readonly runner: Pick<Runner, "run">,
    readonly id: Id | "trap",
  ) {}

  /** Does it still break the same? */
  breaks(ask: Ask, ops: readonly Op[]): boolean {
    if (this.left-- <= 0) return false;
    const out = this.runner.run(ask, { ops });
    return this.id === "trap" ? out.trap !== null : out.violations.some((v) => v.id === this.id);
  }
}

/** Arguments that are numbers of nodes. */
const NAMING = ["n", "a", "b", "node"] as const;

/** An operation in a cluster without node gone, whose successors have moved up; null if it is about that node. */
export function without(op: Op, gone: number): Op | null {
  const args: Record<string, Args[string]> = { ...op.args };
  const moved = (n: number) => (n > gone ? n - 1 : n);
  for (const key of NAMING) {
    if (!(key in args)) continue;
    if (args[key] === gone) return null;
    args[key] = moved(Number(args[key]));
  }
  if (Array.isArray(args.group)) {
    args.group = (args.group as number[]).filter((n) => n !== gone).map(moved);
    if ((args.group as number[]).length === 0) return null;
  }
  return { ...op, args };
}

/** The schedule in another scenario of the same seed: what belongs to the end of the faults moves with it. */
function fitted(ops: readonly Op[], was: number, is: number): Op[] {
  return ops.map((op) => ({ ...op, at: op.at >= was ? op.at - was + is : Math.min(op.at, is) }));
}

/** One node after the other goes, with all operations that name it, as long as that breaks the same. */
function smaller(budget: Budget, from: Shrunk): Shrunk {
  const floor = budget.left - NODES_RUNS_MAX;
  const first = make(from.ask).scenario;
  const exact = (count: number): Ask => ({ ...from.ask, nodes: [count, count] });
  let best: Shrunk = { ask: exact(first.nodes.length), ops: from.ops };
  let end = first.safetyNs;
  for (let gone = best.ask.nodes[0]; gone >= 1 && budget.left > floor; ) {
    const count = best.ask.nodes[0] - 1;
    // A mode has a least number of nodes, and node 1 is not taken from a cluster of one.
    if (count < Math.max(1, from.ask.row.least)) break;
    const ask = exact(count);
    const { safetyNs } = make(ask).scenario;
    const ops = fitted(
      best.ops.flatMap((op) => without(op, gone) ?? []),
      end,
      safetyNs,
    );
    if (budget.breaks(ask, ops)) {
      best = { ask, ops };
      end = safetyNs;
      gone = count;
    } else gone--;
  }
  return best;
}

/** When the faults end. What happens then always stays: without it nothing may be asked of the end. */
const healing = (ops: readonly Op[]): number => ops.find((op) => op.op === "heal")?.at ?? Number.POSITIVE_INFINITY;

function fewer(budget: Budget, ask: Ask, ops: Op[]): Op[] {
  const end = healing(ops);
  let parts = 2;
  while (parts <= ops.length) {
    const size = Math.ceil(ops.length / parts);
    let cut = false;
    for (let i = 0; i < ops.length && budget.left > 0; i += size) {
      const rest = ops.filter((op, k) => k < i || k >= i + size || op.at >= end);
      if (rest.length < ops.length && budget.breaks(ask, rest)) {
        ops = rest;
        cut = true;
        break;
      }
    }
    if (cut) parts = Math.max(2, parts - 1);
    else if (size <= 1 || budget.left <= 0) break;
    else parts = Math.min(ops.length, parts * 2);
  }
  return ops;
}

/** Each operation comes as early as it can: half way to the one before it, if that still breaks. */
function earlier(budget: Budget, ask: Ask, ops: Op[]): Op[] {
  const end = healing(ops);
  for (let i = 0; i < ops.length && budget.left > 0; i++) {
    if (ops[i].at >= end) continue;
    const before = i === 0 ? 0 : ops[i - 1].at;
    const at = Math.floor((before + ops[i].at) / 2);
    const next = ops.map((op, k) => (k === i ? { ...op, at } : op));
    if (at < ops[i].at && budget.breaks(ask, next)) ops = next;
  }
  return ops;
}

/** The smallest that is found; the schedule itself, with its number of nodes, if the budget finds none. */
export function shrink(runner: Pick<Runner, "run">, ask: Ask, ops: readonly Op[], id: Id | "trap"): Shrunk {
  const budget = new Budget(runner, id);
  const small = smaller(budget, { ask, ops: [...ops] });
  const less = fewer(budget, small.ask, small.ops);
  // A node that mattered to an operation only may go with it.
  const again = less.length < small.ops.length ? smaller(budget, { ask: small.ask, ops: less }) : { ask: small.ask, ops: less };
  return { ask: again.ask, ops: earlier(budget, again.ask, again.ops) };
}
