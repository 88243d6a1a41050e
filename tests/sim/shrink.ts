// Makes a schedule that breaks an invariant small: operations are left out (delta debugging), then times get shorter.
//
// Invariant: what comes out breaks the same invariant as what went in, under the same seed.

import type { Op } from "./nemesis/ops.js";
import type { Id } from "./recorder/ids.js";
import type { Runner } from "./run.js";
import type { Ask } from "./scenario.js";

/** Runs that a shrinking may cost. */
const RUNS_MAX = 300;

class Budget {
  left = RUNS_MAX;
  constructor(
    readonly runner: Runner,
    readonly ask: Ask,
    readonly id: Id | "trap",
  ) {}

  /** Does it still break the same? */
  breaks(ops: readonly Op[]): boolean {
    if (this.left-- <= 0) return false;
    const out = this.runner.run(this.ask, { ops });
    return this.id === "trap" ? out.trap !== null : out.violations.some((v) => v.id === this.id);
  }
}

/** Operations that always stay: without the end of the faults nothing may be asked of the end. */
const keeps = (op: Op): boolean => op.op === "heal";

function fewer(budget: Budget, ops: Op[]): Op[] {
  let parts = 2;
  while (parts <= ops.length) {
    const size = Math.ceil(ops.length / parts);
    let cut = false;
    for (let i = 0; i < ops.length && budget.left > 0; i += size) {
      const rest = ops.filter((op, k) => k < i || k >= i + size || keeps(op));
      if (rest.length < ops.length && budget.breaks(rest)) {
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
function earlier(budget: Budget, ops: Op[]): Op[] {
  for (let i = 0; i < ops.length && budget.left > 0; i++) {
    if (keeps(ops[i])) continue;
    const before = i === 0 ? 0 : ops[i - 1].at;
    const at = Math.floor((before + ops[i].at) / 2);
    const next = ops.map((op, k) => (k === i ? { ...op, at } : op));
    if (at < ops[i].at && budget.breaks(next)) ops = next;
  }
  return ops;
}

/** The smallest schedule found; that of the seed itself if the budget finds none. */
export function shrink(runner: Runner, ask: Ask, ops: readonly Op[], id: Id | "trap"): Op[] {
  const budget = new Budget(runner, ask, id);
  return earlier(budget, fewer(budget, [...ops]));
}
