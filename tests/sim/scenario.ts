// What a seed means: the cluster, its timings, its application, and the schedule of faults. Everything follows from
// (seed, nodes, mode, faults), so that these four repeat a run exactly.
//
// Biased to where defects are: few nodes, short logs, many takeovers.

import { CONFF, MODE, PARAM, PROFILE, ROLE } from "../../host/core/abi/clms.js";
import type { Op } from "./nemesis/ops.js";
import { type FaultName, plan } from "./nemesis/plan.js";
import { type FaultParams, MS, type NodeSpec, type Random, type Scenario, US } from "./types.js";
import { Prng } from "./world/prng.js";

/** A line of the table of modes: what runs, what may happen to it, what must come out. */
export interface ModeRow {
  name: string;
  mode: number;
  flags: number;
  faults: readonly FaultName[];
  /** the host says who is dead, and the module believes nobody else */
  truthful: boolean;
  /** this mode warns of what must then be seen */
  breaks: boolean;
  least: number;
}

const EVERYTHING: readonly FaultName[] = ["net", "partition", "crash", "pause", "clock", "twin", "wipe", "disk", "member", "callback"];

/** A fence shoots a number: of two machines under one it can only mean one. */
const FENCEABLE: readonly FaultName[] = [...EVERYTHING.filter((f) => f !== "twin"), "fence"];

export const MODES: readonly ModeRow[] = [
  { name: "majority", mode: MODE.MAJORITY, flags: 0, faults: EVERYTHING, truthful: false, breaks: false, least: 3 },
  { name: "majority-dynamic", mode: MODE.MAJORITY_DYNAMIC, flags: 0, faults: EVERYTHING, truthful: false, breaks: false, least: 3 },
  { name: "arbiter", mode: MODE.ARBITER, flags: 0, faults: [...EVERYTHING, "arbiter"], truthful: false, breaks: false, least: 2 },
  { name: "classic+fence", mode: MODE.CLASSIC_FENCE, flags: 0, faults: FENCEABLE, truthful: false, breaks: false, least: 2 },
  {
    name: "classic",
    mode: MODE.CLASSIC,
    flags: CONFF.CLASSIC_OK | CONFF.EXTERNAL,
    faults: ["net", "crash", "pause", "clock", "disk", "member", "callback"],
    truthful: true,
    breaks: false,
    least: 2,
  },
  {
    name: "classic-partitions",
    mode: MODE.CLASSIC,
    flags: CONFF.CLASSIC_OK,
    faults: ["net", "partition", "crash"],
    truthful: false,
    breaks: true,
    least: 3,
  },
];

export const modeRow = (name: string): ModeRow | undefined => MODES.find((m) => m.name === name);

export interface Ask {
  seed: number;
  /** fewest and most nodes */
  nodes: readonly [number, number];
  row: ModeRow;
  /** null = those of the mode */
  faults: readonly FaultName[] | null;
}

export interface Made {
  scenario: Scenario;
  ops: Op[];
}

function base(random: Random, row: ModeRow): FaultParams {
  const delayNs = random.between(100, 2_000) * US;
  return {
    net: {
      delayNs,
      jitterNs: random.chance(0.5) ? delayNs / 2 : 0,
      tail: 0,
      tailNs: 0,
      drop: 0,
      duplicate: 0,
      reorder: 0,
      reorderNs: 0,
      replay: 0,
      replayNs: 0,
      corrupt: 0,
      truncate: 0,
      oversize: 0,
      burst: 0,
      burstLen: 0,
      mtu: 0,
    },
    disk: {
      syncNs: random.between(20, 1_000) * US,
      syncJitterNs: 100 * US,
      slow: 0,
      slowNs: 0,
      full: false,
      readOnly: false,
      torn: 0.3,
      bitflip: 0,
      misdirect: 0,
      lostWrite: 0,
      headerDamage: 0,
      checkpointDamage: 0,
    },
    host: {
      callNs: random.between(50, 2_000) * US,
      callJitterNs: 500 * US,
      callNever: 0,
      callError: 0,
      callTwice: 0,
      callLate: 0,
      lateNs: 20 * MS,
      svcNs: 500 * US,
      svcFail: 0,
      fenceNs: random.between(1, 30) * MS,
      fenceFail: 0,
      fenceLie: 0,
      // A fenced cluster that nobody switches on again has no liveness to look at.
      fenceRebootNs: random.chance(0.6) || row.mode === MODE.CLASSIC_FENCE ? random.between(50, 400) * MS : 0,
      wordNs: row.truthful ? random.between(1, 50) * MS : 0,
      overrideNs: random.chance(0.5) ? 50 * MS : 0,
    },
    arbiter: { delayNs: delayNs * 2, jitterNs: delayNs, down: false, lose: 0 },
  };
}

function nodesOf(random: Random, count: number, mode: number): NodeSpec[] {
  const late = random.chance(0.3) ? 1 : 0;
  const watchers = count > 4 && random.chance(0.3) ? 1 : 0;
  return Array.from({ length: count }, (_, i) => {
    const watches = i >= count - watchers;
    const votes = !watches && mode !== MODE.CLASSIC && random.chance(0.1) ? 2 : 1;
    return {
      node: i + 1,
      role: watches ? ROLE.OBSERVER : ROLE.VOTER,
      votes: watches ? 0 : votes,
      site: i % 2,
      genesis: true,
      at: late && i === count - 1 ? random.between(50, 300) * MS : random.between(0, 20) * MS,
    };
  });
}

export function make(ask: Ask): Made {
  const { seed, row } = ask;
  const random = new Prng(seed, "scenario");
  const least = Math.max(ask.nodes[0], Math.min(row.least, ask.nodes[1]));
  const count = random.between(least, Math.max(least, ask.nodes[1]));
  const faults = ask.faults ?? row.faults;
  const probeMs = random.between(5, 20);
  const losses = random.between(2, 4);
  const unit = probeMs * losses * MS;
  const mild = faults.includes("mild");
  const autoUp = random.chance(0.8) ? CONFF.AUTO_UP : 0;
  const batch = random.chance(0.3) ? CONFF.BATCH_JOINS : 0;
  const scenario: Scenario = {
    name: `${row.name} seed ${seed}`,
    nodes: nodesOf(random, count, row.mode),
    mode: row.mode,
    profile: PROFILE.CUSTOM,
    probeMs,
    losses,
    flags: row.flags | autoUp | batch,
    params: { [PARAM.CALLBACK_MS]: Math.max(40, 8 * probeMs), [PARAM.POLL_MS]: Math.max(4, probeMs) },
    safetyNs: unit * random.between(8, 24),
    livenessNs: unit * 30 + 400 * MS,
    upNs: 2 * MS,
    faults,
    app: {
      tickNs: random.chance(0.7) ? unit / 3 : 0,
      processes: random.between(0, 3),
      migrate: 0.2,
      send: 0.4,
      subsystems: random.between(0, 2),
      services: random.between(0, 2),
      candidates: 0,
    },
    base: base(random, row),
    driftNs: random.chance(0.3) ? 20_000 : 0,
  };
  if (mild) Object.assign(scenario.base.net, { drop: 0.01 });
  return { scenario, ops: plan(scenario, new Prng(seed, "plan"), faults) };
}
