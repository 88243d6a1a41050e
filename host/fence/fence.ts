// Fencing: a node is switched off by agents, and only what confirms that it is off counts.
//
//   on EVENT.FENCE    const { ok } = await fencing.fence(event.node, event.inc)
//                     clms.fenceDone(event.node, event.inc, ok)
//
// A node has levels, tried in order; of a level every agent has to confirm (two power supplies are two agents of one level).
// "off" goes to all agents of a level first, and then all are asked for their status: whatever "off" has said, the status
// afterwards decides. An agent that knows no status may be configured to be believed.
//
// Invariants: a node is fenced by one attempt at a time, and asked for again joins it; nothing is confirmed that was not
// confirmed for this incarnation; the own node is never fenced; a dry run never confirms.

import { type FenceAction, type FenceAgent, type FenceRun, inputOf, runAgent, shownOf } from "./agent.js";

/** The agents of a node: levels, each of one or more agents. */
export type FenceLevels = readonly (readonly FenceAgent[])[];

export interface FenceOptions {
  /** this node's number */
  node: number;
  /** number of a node → its levels */
  nodes: ReadonlyMap<number, FenceLevels>;
  /** only monitor and status are run; nothing is switched, nothing confirmed */
  dryRun?: boolean;
  /** s for which the status may lag behind; default 10 */
  settleS?: number;
  /** switch a node on again when it is confirmed off; default false */
  restart?: boolean;
  /** every run of an agent, for log and metrics */
  onRun?: (node: number, agent: FenceAgent, run: FenceRun) => void;
}

export interface FenceResult {
  /** the node is confirmed off */
  ok: boolean;
  /** how it is known, or why not: a line for people */
  why: string;
  /** a line for each run */
  steps: string[];
}

const STATUS_EVERY_MS = 500;

export class Fencing {
  readonly #o: FenceOptions;
  readonly #running = new Map<number, { inc: number; result: Promise<FenceResult> }>();

  /** Throws a TypeError for options that an agent could not be told. */
  constructor(o: FenceOptions) {
    for (const levels of o.nodes.values()) for (const agent of levels.flat()) inputOf(agent, "off");
    this.#o = o;
  }

  /** What would be run for a node, a line each, in order; secrets are not shown. */
  plan(node: number): string[] {
    return (this.#o.nodes.get(node) ?? []).flatMap((level, i) => {
      const actions: FenceAction[] = ["off", "status"];
      return actions.flatMap((action) =>
        level.filter((a) => action === "off" || a.confirm !== "exit").map((a) => `level ${i + 1}: ${shownOf(a, action)}`),
      );
    });
  }

  /** Asks every agent of a node how it is, without switching anything: monitor, and status where there is one. */
  async check(node: number): Promise<FenceResult> {
    const steps: string[] = [];
    let ok = true;
    const levels = this.#o.nodes.get(node) ?? [];
    for (const agent of levels.flat()) {
      const monitor = await this.#run(node, agent, "monitor", steps);
      ok &&= monitor.exit === 0;
      if (agent.confirm === "exit") continue;
      const status = await this.#run(node, agent, "status", steps);
      ok &&= status.power !== "unknown";
    }
    if (levels.length === 0) return { ok: false, why: `node ${node} has no fence agent`, steps };
    return { ok, why: ok ? "every agent answers" : "not every agent answers as it should", steps };
  }

  /** Switches a node off; resolves when it is confirmed off, or nothing is left to try. Never rejects. */
  fence(node: number, inc: number): Promise<FenceResult> {
    const before = this.#running.get(node);
    if (before !== undefined && before.inc === inc) return before.result;
    const result = (async () => {
      // What an attempt on another incarnation finds says nothing about this one.
      await before?.result;
      return this.#attempt(node);
    })();
    const entry = { inc, result };
    this.#running.set(node, entry);
    void result.finally(() => {
      if (this.#running.get(node) === entry) this.#running.delete(node);
    });
    return result;
  }

  async #attempt(node: number): Promise<FenceResult> {
    const { node: self, nodes, dryRun, restart } = this.#o;
    const steps: string[] = [];
    const levels = nodes.get(node) ?? [];
    if (node === self) return { ok: false, why: `node ${node} is this node`, steps };
    if (levels.length === 0) return { ok: false, why: `node ${node} has no fence agent`, steps };
    if (dryRun) {
      const { why, steps } = await this.check(node);
      return { ok: false, why: `dry run: ${why}; nothing was switched`, steps: [...steps, ...this.plan(node).map((l) => `not run: ${l}`)] };
    }
    for (const [i, level] of levels.entries()) {
      if (level.length === 0 || !(await this.#off(node, level, steps))) continue;
      if (restart) for (const agent of level) await this.#run(node, agent, "on", steps);
      return { ok: true, why: `level ${i + 1} has confirmed that it is off`, steps };
    }
    return { ok: false, why: `no level has confirmed that node ${node} is off: ${steps.at(-1) ?? "there are no agents"}`, steps };
  }

  /** All agents of a level: off, and then confirmed, all of them. */
  async #off(node: number, level: readonly FenceAgent[], steps: string[]): Promise<boolean> {
    const runs = await Promise.all(level.map((agent) => this.#run(node, agent, "off", steps)));
    for (const [i, agent] of level.entries()) {
      const confirmed = agent.confirm === "exit" ? runs[i].exit === 0 : await this.#isOff(node, agent, steps);
      if (!confirmed) return false;
    }
    return true;
  }

  /** Asks for the status until it is off, or the time is over. What cannot be told is asked again, like what is on. */
  async #isOff(node: number, agent: FenceAgent, steps: string[]): Promise<boolean> {
    const end = performance.now() + (this.#o.settleS ?? 10) * 1000;
    while (true) {
      const run = await this.#run(node, agent, "status", steps);
      if (run.power === "off") return true;
      if (run.exit === null || performance.now() + STATUS_EVERY_MS > end) return false;
      await new Promise((done) => setTimeout(done, STATUS_EVERY_MS));
    }
  }

  async #run(node: number, agent: FenceAgent, action: FenceAction, steps: string[]): Promise<FenceRun> {
    const run = await runAgent(agent, action);
    const how = run.exit === null ? run.ended : `exit ${run.exit}${action === "status" ? `, power ${run.power}` : ""}`;
    steps.push(`${shownOf(agent, action)}: ${how}${run.said === "" ? "" : ` (${run.said})`}`);
    this.#o.onRun?.(node, agent, run);
    return run;
  }
}
