// A schedule of faults from a seed: bursts of trouble of the classes that are asked for, then heal, then those that are
// down start again (not always all of them: the cluster has to do with a quorum). A duel (duels.ts) is one more such trouble,
// in the midst of the others.
//
// Invariant: what a seed draws for the classes of a mode does not depend on the classes that are there beside them.

import { MODE, MSG, NS, REQ, ROLE } from "../../../host/core/abi/clms.js";
import { CRASH, MS, type Random, type Scenario } from "../types.js";
import { DUEL, DUEL_NAMES, DUELS, type DuelName } from "./duels.js";
import { type Args, nodeArg, type Op, type OpName } from "./ops.js";

export const FAULTS = {
  net: "messages lost, delayed, reordered, doubled, replayed, damaged, cut short, too long; bursts; black holes for big ones",
  partition: "cuts: one way, pairs, halves, rings, bridges, flapping, clogging, at points of the protocol",
  crash: "nodes die, between a write and its message too, and come back, fast or late, one or all",
  pause: "nodes stand still for 1 ms to 60 s, or are very slow",
  clock: "clocks jump forward",
  twin: "a second process under a number that is in use; another cluster's node",
  wipe: "nodes come back with an empty disk",
  disk: "torn, damaged, misdirected, lost writes; slow and full disks",
  member: "leave, maintenance, eviction, change of votes and roles, removal, moves of services",
  callback: "callbacks that fail, hang, are late or answered twice",
  fence: "fences that fail or take long",
  arbiter: "an arbiter that is down, slow, or cut off",
  mild: "a little loss and short pauses only: nobody may be removed",
  rollback: "a disk is put back to what it was: no mode promises to survive that",
  liar: "a fence says that it has killed and has not: no mode promises to survive that",
  amnesia: "the arbiter is restored from a backup: no mode promises to survive that",
  ...DUELS,
} as const;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** Kinds of messages at whose sending things go wrong: what a takeover and a commit consist of. */
const POINTS = [MSG.STAGE, MSG.ACK, MSG.COMMIT, MSG.POLL, MSG.REPORT, MSG.PREVOTE, MSG.PREVOTE_ACK, MSG.LEARN, MSG.JOIN];

export class Planner {
  readonly ops: Op[] = [];
  readonly count: number;
  readonly voters: number[];
  /** the time after which an observer has missed somebody */
  readonly unit: number;

  constructor(
    readonly scenario: Scenario,
    readonly random: Random,
  ) {
    this.count = scenario.nodes.length;
    this.voters = scenario.nodes.filter((n) => n.role === ROLE.VOTER).map((n) => n.node);
    this.unit = scenario.probeMs * scenario.losses * MS;
  }

  add(at: number, op: OpName, args: Args = {}): void {
    this.ops.push({ at: Math.min(Math.floor(at), this.scenario.safetyNs), op, args });
  }

  node(): number {
    return this.random.between(1, this.count);
  }

  other(n: number): number {
    return this.count < 2 ? n : ((n - 1 + this.random.between(1, this.count - 1)) % this.count) + 1;
  }

  group(size: number): number[] {
    const all = Array.from({ length: this.count }, (_, i) => i + 1);
    while (all.length > size) all.splice(this.random.below(all.length), 1);
    return all;
  }

  /** A time in units. */
  span(lo: number, hi: number): number {
    return this.unit * (lo + this.random.unit() * (hi - lo));
  }

  /** Sometimes an operation waits for a point of the protocol. */
  point(): Args {
    if (!this.random.chance(0.4)) return {};
    return { msg: POINTS[this.random.below(POINTS.length)], nth: 1 + Math.floor(this.random.exponential(3)) };
  }
}

type Family = (p: Planner, at: number) => void;

function net(p: Planner, at: number): void {
  const { random } = p;
  const some = (key: string, most: number) => (random.chance(0.4) ? { [key]: random.unit() * most } : {});
  const args: Args = {
    ...some("drop", 0.3),
    ...some("duplicate", 0.2),
    ...some("reorder", 0.3),
    reorderNs: p.unit / 2,
    ...some("replay", 0.05),
    replayNs: p.unit * 6,
    ...some("corrupt", 0.05),
    ...some("truncate", 0.02),
    ...some("oversize", 0.01),
    ...some("tail", 0.1),
    tailNs: p.unit / 2,
    ...(random.chance(0.2) ? { burst: 0.02, burstLen: random.between(3, 20) } : {}),
    ...(random.chance(0.1) ? { mtu: random.between(200, 1500) } : {}),
  };
  if (random.chance(0.4)) {
    const n = p.node();
    p.add(at, "link", { a: n, b: p.other(n), ...args });
  } else p.add(at, "net", args);
}

const shapes: Family[] = [
  (p, at) => p.add(at, "split", { group: p.group(1), ...p.point() }),
  (p, at) => p.add(at, "split", { group: p.group(Math.max(1, p.count >> 1)), ...p.point() }),
  (p, at) => p.add(at, "split", { group: p.group(p.random.between(1, Math.max(1, p.count - 1))), ...p.point() }),
  (p, at) => p.add(at, "oneway", { n: p.node(), in: p.random.below(2), ...p.point() }),
  (p, at) => {
    const a = p.node();
    const b = p.other(a);
    p.add(at, "cut", { a, b, on: 1 });
    if (p.random.chance(0.5)) p.add(at, "cut", { a: b, b: a, on: 1 });
  },
  (p, at) => p.add(at, "ring", p.point()),
  (p, at) => p.add(at, "bridge", { n: p.node(), ...p.point() }),
];

function partition(p: Planner, at: number): void {
  const { random } = p;
  if (random.chance(0.15)) {
    swizzle(p, at);
    return;
  }
  const shape = shapes[random.below(shapes.length)];
  if (random.chance(0.15)) {
    const period = p.span(0.3, 2);
    for (let i = 0, times = random.between(2, 5); i < times; i++) {
      shape(p, at + 2 * i * period);
      p.add(at + (2 * i + 1) * period, "join");
    }
    return;
  }
  shape(p, at);
  if (random.chance(0.8)) p.add(at + p.span(0.2, 6), "join");
}

/** Links of some nodes are clogged one after the other, and freed in another order. */
function swizzle(p: Planner, at: number): void {
  const group = p.group(p.random.between(1, p.count));
  const gap = p.span(0.05, 0.6);
  const both = (n: number, t: number, on: number) => {
    for (let m = 1; m <= p.count; m++)
      if (m !== n) {
        p.add(t, "clog", { a: n, b: m, on });
        p.add(t, "clog", { a: m, b: n, on });
      }
  };
  group.forEach((n, i) => {
    both(n, at + i * gap, 1);
  });
  const back = [...group].sort(() => p.random.unit() - 0.5);
  back.forEach((n, i) => {
    both(n, at + (group.length + 2 + i) * gap, 0);
  });
}

function crash(p: Planner, at: number): void {
  const { random } = p;
  const how = random.chance(0.5) ? CRASH.NOW : random.between(CRASH.BEFORE_WRITES, CRASH.MID_SEND);
  const n = p.node();
  const kind = random.below(5);
  if (kind === 0) {
    // All of them, at once or one soon after the other.
    const gap = random.chance(0.5) ? 0 : p.span(0, 0.5);
    for (let i = 1; i <= p.count; i++) p.add(at + i * gap, "restart", { n: i, ms: random.between(1, 60) });
  } else if (kind === 1) p.add(at, "restart", { n, ms: random.between(1, 10), ...p.point() });
  else if (kind === 2) {
    // The takeover's node dies too, and perhaps the next.
    for (let i = 0, dead = random.between(1, 3); i < dead; i++) {
      const m = ((n + i - 1) % p.count) + 1;
      p.add(at + i * p.span(0.8, 2), "crash", { n: m, how, ...(i > 0 ? p.point() : {}) });
      if (random.chance(0.7)) p.add(at + p.span(3, 8), "start", { n: m });
    }
  } else {
    p.add(at, "crash", { n, how, ...p.point() });
    if (random.chance(0.8)) p.add(at + p.span(0.1, 6), "start", { n });
  }
}

function pause(p: Planner, at: number): void {
  const { random } = p;
  const n = p.node();
  if (random.chance(0.15)) {
    p.add(at, "slow", { n, us: random.between(50, 5_000) });
    p.add(at + p.span(1, 5), "slow", { n, us: 0 });
    return;
  }
  const long = random.chance(0.05) ? random.between(2_000, 60_000) : Math.ceil(p.span(0.02, 4) / MS);
  p.add(at, "pause", { n, ms: Math.max(1, long), ...p.point() });
}

const clock: Family = (p, at) => p.add(at, "jump", { n: p.node(), ms: p.random.between(1, 5_000) });

const twin: Family = (p, at) => {
  if (!p.ops.some((o) => o.op === "twin"))
    p.add(at, "twin", { n: p.node(), uuid: p.random.below(2), cluster: p.random.chance(0.8) ? 1 : 0 });
};

const wipe: Family = (p, at) => p.add(at, "wipe", { n: p.node(), ms: p.random.between(1, 100), ...p.point() });

/** One node's disk alone does what no protocol can make good: a majority that forgets is a majority that lies. */
function disk(p: Planner, at: number): void {
  const { random } = p;
  const victim = p.voters[0] ?? 1;
  const kind = random.below(6);
  if (kind === 0) p.add(at, "disk", { n: victim, bitflip: random.unit() * 0.1 });
  else if (kind === 1) p.add(at, "disk", { n: victim, ...(at % 2 === 0 ? { misdirect: 0.05 } : { lostWrite: 0.05 }) });
  else if (kind === 2) p.add(at, "disk", { n: victim, headerDamage: 0.5, checkpointDamage: 0.3 });
  else if (kind === 3) p.add(at, "damage", { n: victim, place: random.between(1, 40) });
  else {
    const n = p.node();
    p.add(at, "disk", kind === 4 ? { n, slow: 0.3, slowNs: p.unit } : { n, full: true });
    p.add(at + p.span(0.5, 3), "disk", { n, slow: 0, full: false });
  }
  if (kind < 4 && random.chance(0.8)) p.add(at + p.span(0.2, 2), "restart", { n: victim, ms: random.between(1, 30) });
}

function member(p: Planner, at: number): void {
  const { random } = p;
  const n = p.node();
  const m = p.node();
  const asks: (() => void)[] = [
    () => p.add(at, "state", { n, state: NS.SHUTDOWN, ms: 0 }),
    () => {
      p.add(at, "state", { n, state: NS.SHUTDOWN, ms: 0 });
      p.add(at + p.span(0.2, 3), "state", { n, state: NS.UP, ms: 0 });
    },
    () => {
      p.add(at, "state", { n, state: NS.GOINGDOWN, ms: random.between(10, 500) });
      p.add(at + p.span(2, 6), "start", { n });
    },
    () => p.add(at, "ask", { n, req: REQ.EVICT, node: m, set: 0, arg: 0 }),
    () => p.add(at, "ask", { n, req: REQ.CONFIG, node: m, set: 0, arg: nodeArg(ROLE.VOTER, random.between(1, 3)) }),
    () => p.add(at, "ask", { n, req: REQ.CONFIG, node: m, set: 0, arg: nodeArg(ROLE.OBSERVER, 0) }),
    () => {
      p.add(at, "crash", { n: m, how: CRASH.NOW });
      p.add(at + p.span(3, 6), "ask", { n, req: REQ.REMOVE, node: m, set: 0, arg: 0 });
    },
    () => p.add(at, "ask", { n, req: REQ.SVC_MOVE, node: m, set: 0, arg: random.between(10, 1_000) }),
  ];
  asks[random.below(asks.length)]();
  // Often something breaks at the same time: that is when it is hard.
  if (random.chance(0.4)) partition(p, at + p.span(0, 0.5));
}

function callback(p: Planner, at: number): void {
  const { random } = p;
  const n = p.node();
  const args: Args[] = [
    { callNever: 0.3 },
    { callError: 0.4 },
    { callTwice: 0.5 },
    { callLate: 0.5, lateNs: p.unit * 2 },
    { svcFail: 0.5 },
  ];
  p.add(at, "host", { n, ...args[random.below(args.length)] });
}

function fence(p: Planner, at: number): void {
  const { random } = p;
  for (let n = 1; n <= p.count; n++) p.add(at, "host", { n, fenceFail: random.unit() * 0.6, fenceNs: p.span(0.05, 3) });
}

function arbiter(p: Planner, at: number): void {
  const { random } = p;
  const kind = random.below(3);
  if (kind === 0) p.add(at, "arbiter", { lose: random.unit() * 0.5 });
  else if (kind === 1) p.add(at, "arbiter", { delayNs: p.span(0.1, 2) });
  else p.add(at, "arbiter", { down: 1 });
  p.add(at + p.span(0.5, 4), "arbiter", { down: 0, lose: 0 });
}

function mild(p: Planner, at: number): void {
  p.add(at, "pause", { n: p.node(), ms: Math.max(1, Math.floor(p.unit / MS / 8)) });
}

/** One node's disk is put back to an image of it, once; between the two the node may have come up anew. */
function rollback(p: Planner, at: number): void {
  const { random } = p;
  if (p.ops.some((o) => o.op === "image")) return;
  const n = p.voters[0] ?? 1;
  const anew = random.chance(0.5);
  p.add(at, "image", { n });
  if (anew) p.add(at + p.span(0.1, 1), "restart", { n, ms: random.between(1, 30) });
  p.add(at + (anew ? p.span(5, 9) : p.span(0.1, 4)), "putback", { n, ms: random.between(1, 60) });
}

function liar(p: Planner, at: number): void {
  for (let n = 1; n <= p.count; n++) p.add(at, "host", { n, fenceLie: p.random.unit() });
}

function amnesia(p: Planner, at: number): void {
  p.add(at, "backup");
  p.add(at + p.span(1, 6), "restore");
}

const FAMILIES: Record<Exclude<FaultName, DuelName>, Family> = {
  net,
  partition,
  crash,
  pause,
  clock,
  twin,
  wipe,
  disk,
  member,
  callback,
  fence,
  arbiter,
  mild,
  rollback,
  liar,
  amnesia,
};

/** What is likelier than the rest: that which makes takeovers. */
const WEIGHT: Partial<Record<FaultName, number>> = { partition: 4, crash: 5, net: 2, pause: 2, member: 2 };

const isDuel = (f: FaultName): f is DuelName => (DUEL_NAMES as string[]).includes(f);

/** A duel begins when the cluster has come up, and has time to end. */
function duels(p: Planner, names: readonly DuelName[]): void {
  const up = p.scenario.nodes.reduce((t, n) => Math.max(t, n.at), 0) + 100 * MS;
  for (const name of names) {
    const at = Math.max(p.span(4, 8) + up, p.scenario.safetyNs * p.random.unit());
    p.scenario.safetyNs = Math.max(p.scenario.safetyNs, Math.floor(at + 10 * p.unit));
    p.add(at, "cast");
    DUEL[name](p, at);
  }
}

/** Makes the schedule. A duel may make the time of the faults longer. */
export function plan(scenario: Scenario, random: Random, faults: readonly FaultName[]): Op[] {
  const p = new Planner(scenario, random);
  const families = faults.filter((f): f is Exclude<FaultName, DuelName> => !isDuel(f));
  const bag = families.flatMap((f) => Array(WEIGHT[f] ?? 1).fill(f) as typeof families);
  const most = scenario.safetyNs;
  const bursts = random.between(1, 2 + Math.floor(most / (4 * p.unit)));
  for (let i = 0; i < bursts && bag.length > 0; i++) {
    const at = Math.floor(p.unit + random.unit() * Math.max(1, most - 2 * p.unit));
    FAMILIES[bag[random.below(bag.length)]](p, at);
  }
  duels(p, faults.filter(isDuel));
  const end = scenario.safetyNs;
  // Timers fire in order of time; those of equal time in the order in which they were planned.
  const ops = p.ops.map((op, i) => ({ op, i })).sort((a, b) => a.op.at - b.op.at || a.i - b.i);
  const classic = scenario.mode === MODE.CLASSIC || scenario.mode === MODE.CLASSIC_FENCE;
  const healed: Op[] = [{ at: end, op: "heal", args: {} }];
  if (p.ops.some((o) => o.op === "twin")) healed.push({ at: end, op: "untwin", args: {} });
  // A callback that was never answered is not answered now: only another start of the node helps.
  const hangs = new Set(p.ops.filter((o) => o.op === "host" && "callNever" in o.args).map((o) => Number(o.args.n)));
  for (const n of hangs) healed.push({ at: end, op: "restart", args: { n, ms: 5 } });
  for (let n = 1; n <= p.count; n++)
    // A classic cluster that has stopped waits for all of its last members: they come back.
    if (random.chance(0.85) || classic) healed.push({ at: end + random.between(0, 20) * MS, op: "start", args: { n } });
  return [...ops.map((o) => o.op), ...healed];
}
