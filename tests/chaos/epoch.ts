// One epoch: a stage of its own, the load, the faults of a plan, and what was found.
//
// Invariants: every fault is ended before the load is; the times of what was done are those at which it was done, not planned;
// what the epoch made is gone when it ends.
import { Prng } from "../../host/io/memory/prng.js";
import { WATCHED_STAGE } from "../e2e/faults.js";
import { SourceWatch } from "../e2e/source_watch.js";
import { Stage, sleep } from "../e2e/stage.js";
import { type Deed, judge, type Verdict } from "./judge.js";
import { detectionMs, kindOf } from "./kinds.js";
import { Load, type Totals } from "./load.js";
import { plan, type Step } from "./plan.js";

const POLICIES = ["flow", "next-hop", "source", "active-backup"] as const;
/** Without faults, before the first and after the last. */
const CALM_MS = 1500;
const WHOLE_MS = 60_000;

export interface Epoch {
  seed: number;
  nics: number;
  ms: number;
  boundMs: number;
}

export interface Found {
  policy: string;
  deeds: readonly Deed[];
  verdicts: readonly Verdict[];
  totals: Totals;
  /** in words */
  wrong: string[];
}

/** How far an epoch is. */
export interface Progress {
  policy: string;
  faults: number;
  datagrams: number;
  longestMs: number;
}

/** Ends what was begun in the opposite order, whatever happens. */
class Scope {
  private readonly ends: (() => unknown)[] = [];

  after(end: () => unknown): void {
    this.ends.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.ends.reverse()) await end();
  }
}

/** Does what the plan says; steps of one target, and all that are about the daemon, one after the other. */
class Doer {
  readonly deeds: Deed[] = [];
  private readonly queues = new Map<string, Promise<void>>();

  constructor(
    private readonly stage: Stage,
    private readonly began: number,
  ) {}

  async all(steps: readonly Step[]): Promise<void> {
    await Promise.all(steps.map((step) => this.queue(step)));
  }

  private queue(step: Step): Promise<void> {
    const keys = [step.target, ...(kindOf(step.kind).daemon ? ["daemon"] : [])];
    const before = keys.map((key) => this.queues.get(key));
    const done = Promise.all(before).then(() => this.one(step));
    for (const key of keys) this.queues.set(key, done);
    return done;
  }

  private async one(step: Step): Promise<void> {
    const kind = kindOf(step.kind);
    await this.until(step.at);
    const now = process.hrtime.bigint();
    const what = `${kind.name} ${step.target} at ${((performance.now() - this.began) / 1000).toFixed(2)} s`;
    // Open until it has ended: who looks meanwhile sees it last.
    const open = 1n << 62n;
    const deed: Deed = { what, loss: kind.loss(step.target), detectionMs: detectionMs(kind), began: now, ending: open, ended: open };
    this.deeds.push(deed);
    await kind.begin(this.stage, step.target);
    await this.until(step.until);
    deed.ending = process.hrtime.bigint();
    await kind.end(this.stage, step.target);
    deed.ended = process.hrtime.bigint();
  }

  private until(ms: number): Promise<void> {
    return sleep(Math.max(0, this.began + ms - performance.now()));
  }
}

/** Waits until everything works again. */
async function whole(stage: Stage): Promise<void> {
  await stage.until(
    "every member is in use after the last fault",
    (g) => {
      const idle = g.members.filter((m) => !m.active).map((m) => `${m.name} ${m.state}`);
      if (g.state !== "ok" || idle.length > 0) throw new Error(`the group is ${g.state}: ${idle.join(", ")}`);
    },
    WHOLE_MS,
  );
}

async function run(scope: Scope, epoch: Epoch, tell: (p: Progress) => void): Promise<Found> {
  const policy = POLICIES[new Prng(epoch.seed).below(POLICIES.length)];
  const settings = { ...WATCHED_STAGE.settings, policy };
  const stage = await Stage.build(scope, "chaos", { ...WATCHED_STAGE, nics: epoch.nics, settings });
  const sources = await SourceWatch.start(stage);
  const load = await Load.start(stage);
  await sleep(CALM_MS);
  const sides = stage.nics.map((name) => ({ name, side: stage.campus.side(name) }));
  const doer = new Doer(stage, performance.now());
  const verdicts = (): Verdict[] => load.silences.map((s) => judge(sides, s, doer.deeds, epoch.boundMs));
  const timer = setInterval(() => {
    const longestMs = Math.max(0, ...verdicts().map((v) => v.ms - v.barrenMs));
    tell({ policy, faults: doer.deeds.length, datagrams: load.datagrams, longestMs });
  }, 1000);
  try {
    await doer.all(plan(epoch.seed, stage.nics, epoch.ms));
    await whole(stage);
    await sleep(CALM_MS);
  } finally {
    clearInterval(timer);
  }
  const { totals, wrong } = await load.stop();
  wrong.push(...(await sources.stop()).map((w) => `a frame left a NIC with another's address: ${w}`));
  if (/"event":"(trap|restored)"|\btrap\b/.test(stage.printed)) wrong.push("the module trapped");
  const judged = verdicts();
  for (const v of judged) if (v.ms > v.allowedMs) wrong.push(silence(v));
  return { policy, deeds: doer.deeds, verdicts: judged, totals, wrong };
}

function silence(v: Verdict): string {
  const at = v.deeds.length > 0 ? v.deeds.join("; ") : "nothing was done";
  const barren = v.barrenMs > 0 ? `, ${v.barrenMs.toFixed(0)} ms of it without any way` : "";
  return `${v.silence.flow}: silent for ${v.ms.toFixed(0)} ms${barren}; allowed are ${v.allowedMs.toFixed(0)} ms (${at})`;
}

/** Runs an epoch; throws if it could not be run. */
export async function runEpoch(epoch: Epoch, tell: (p: Progress) => void): Promise<Found> {
  const scope = new Scope();
  try {
    return await run(scope, epoch, tell);
  } finally {
    await scope.close();
  }
}
