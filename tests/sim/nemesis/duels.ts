// Duels: troubles that have to come in one order, in which just one rule stands between the cluster and a wrong decision.
// Random trouble finds each of them too, but in one of thousands of schedules.
//
// Each is a plan from a time on, when the cluster has come up, with roles instead of numbers (operation cast): −1 is the
// master of that moment, −2, −3 … are the others in order, −2 so being the likeliest to take over. Duels are classes of
// faults of their own, in no mode's list: --faults NAME, and the mutants whose rules they are about.
//
// Invariant: what a duel does, the modes that have it named below survive: mostly no more nodes fail at a time than a
// majority allows, and those that are more come back.

import { MSG, REQ, ROLE } from "../../../host/core/abi/clms.js";
import { CRASH, US } from "../types.js";
import { nodeArg } from "./ops.js";
import type { Planner } from "./plan.js";

export const DUELS = {
  pair: "a duel: two nodes die at once",
  votes: "a duel: votes change, and a candidate takes over that has not heard of it",
  rival: "a duel: two masters fill one slot, and the second's decision is heard by nobody",
  rot: "a duel: the last record on a disk is damaged, and the other node that has it is down",
  tie: "a duel: a takeover among nodes of which two do not hear each other",
  fade: "a duel: a node that only the master still hears is lost to the master too, its lease being young",
  witness: "a duel: an arbiter's vote goes from one half to a set with one of it, and on to the other half",
  long: "a duel: more records than a ring holds, in a moment in which the others hear of none",
} as const;

export type DuelName = keyof typeof DUELS;
export const DUEL_NAMES = Object.keys(DUELS) as DuelName[];

const MASTER = -1;
const NEXT = -2;

/** The roles from `first` on, in some order. */
function shuffled(p: Planner, first: number): number[] {
  const all = Array.from({ length: p.count + 1 + first }, (_, i) => first - i);
  for (let i = all.length - 1; i > 0; i--) {
    const k = p.random.below(i + 1);
    [all[i], all[k]] = [all[k], all[i]];
  }
  return all;
}

/** The administrator of n gives a node votes: a record, whether it changes anything or not. */
const give = (p: Planner, at: number, n: number, node: number, votes: number) =>
  p.add(at, "ask", { n, req: REQ.CONFIG, node, set: 0, arg: nodeArg(ROLE.VOTER, votes) });

function pair(p: Planner, at: number): void {
  const dead = shuffled(p, NEXT).slice(0, 2);
  for (const n of dead) p.add(at, "crash", { n, how: CRASH.NOW });
  for (const n of dead) p.add(at + p.span(5, 9), "start", { n });
}

/** The master has most votes from now on, and then goes on alone; one was cut off before, the others have accepted it. */
function votes(p: Planner, at: number): void {
  const [late] = shuffled(p, NEXT);
  p.add(at, "cut", { a: MASTER, b: late, on: 1 });
  p.add(at, "cut", { a: late, b: MASTER, on: 1 });
  give(p, at + 0.1 * p.unit, MASTER, MASTER, 2 * p.count);
  const alone = at + p.span(0.3, 0.6);
  p.add(alone, "split", { group: [MASTER] });
  for (let i = 1; i <= 3; i++) give(p, alone + 0.1 * i * p.unit, MASTER, MASTER, 2 * p.count + i);
  p.add(at + p.span(5, 7), "join");
}

/** The old master goes on alone; the next one dies with its first decision still in its hands; the third meets the old one. */
function rival(p: Planner, at: number): void {
  p.add(at, "split", { group: [MASTER] });
  give(p, at + 0.1 * p.unit, MASTER, MASTER, 1);
  const point = { msg: MSG.ACK, nth: p.random.between(1, 3) };
  p.add(at + p.span(0.8, 1.1), "crash", { n: NEXT, how: CRASH.BEFORE_SEND, ...point });
  p.add(at + p.span(2.5, 3.5), "join");
  p.add(at + p.span(7, 9), "start", { n: NEXT });
}

/** Decided by two of three; one of these dies, the other comes back without what it had accepted; the third never had it. */
function rot(p: Planner, at: number): void {
  const [never, other] = shuffled(p, NEXT);
  const [victim, dies] = p.random.chance(0.5) ? [MASTER, other] : [other, MASTER];
  p.add(at, "split", { group: [never] });
  give(p, at + 0.1 * p.unit, MASTER, MASTER, 1);
  give(p, at + 0.2 * p.unit, other, MASTER, 1);
  const dead = at + p.span(0.5, 0.7);
  for (const n of [victim, dies]) p.add(dead, "crash", { n, how: CRASH.NOW });
  p.add(dead, "damage", { n: victim, back: p.random.below(3) });
  p.add(dead, "join");
  p.add(dead + p.span(0.1, 0.5), "start", { n: victim });
  p.add(at + p.span(7, 9), "start", { n: dies });
}

/** Two do not hear each other, but everybody else does; then the master dies. */
function tie(p: Planner, at: number): void {
  const [a, b] = shuffled(p, NEXT - 1);
  p.add(at, "cut", { a, b, on: 1 });
  p.add(at, "cut", { a: b, b: a, on: 1 });
  p.add(at + p.span(1.8, 3), "crash", { n: MASTER, how: CRASH.NOW });
  p.add(at + p.span(7, 9), "join");
  p.add(at + p.span(7, 9), "start", { n: MASTER });
}

/** Everybody but the master misses a node; then the master loses it as well. */
function fade(p: Planner, at: number): void {
  const all = shuffled(p, NEXT);
  const lost = p.random.chance(0.5) ? NEXT : all[0];
  const cut = (t: number, n: number) => {
    p.add(t, "cut", { a: lost, b: n, on: 1 });
    p.add(t, "cut", { a: n, b: lost, on: 1 });
  };
  for (const n of all) if (n !== lost) cut(at, n);
  cut(at + p.span(1.6, 2.5), MASTER);
  p.add(at + p.span(6, 8), "join");
}

/**
 * What one half decides with the arbiter's vote is known to one of it that does not know that it is decided; the others die. It
 * takes over with some of the other half, but nobody hears what it says then, and it dies; the rest of the other half comes back.
 */
function witness(p: Planner, at: number): void {
  const half = p.count >> 1;
  const roles = Array.from({ length: p.count }, (_, i) => MASTER - i);
  const [here, there] = [roles.slice(0, half), roles.slice(half)];
  const heir = here[half - 1];
  p.add(at, "split", { group: here });
  give(p, at, MASTER, MASTER, 1);
  p.add(at + p.span(0.02, 0.3), "cut", { a: MASTER, b: heir, on: 1 });
  const dead = at + p.span(0.4, 1.2);
  for (const n of here.slice(0, -1)) p.add(dead + p.span(0, 0.1), "crash", { n, how: CRASH.NOW });
  const meet = dead + p.span(0.5, 2.5);
  p.add(meet, "join");
  p.add(meet, "split", { group: [...here.slice(0, -1), there[half - 1]] });
  p.add(meet, "oneway", { n: heir, in: 0, msg: MSG.REPORT, nth: half - 1 });
  const over = meet + p.span(2.5, 4);
  p.add(over, "crash", { n: heir, how: CRASH.NOW });
  p.add(over, "join");
  for (const n of here) p.add(at + p.span(9, 10), "start", { n });
}

/** So often the master goes into maintenance or comes back, each time by a record: more than a ring holds. */
const TOGGLES = 1_200;
const PITCH_US = 5;

/** The master has most votes and so decides alone, and fast: for a moment in which nobody is missed yet, nobody hears it. */
function long(p: Planner, at: number): void {
  const alone = at + 0.5 * p.unit;
  give(p, at, MASTER, MASTER, 2 * p.count);
  p.add(alone, "disk", { n: MASTER, syncNs: 1_000, syncJitterNs: 0 });
  p.add(alone, "split", { group: [MASTER] });
  p.add(alone, "toggle", { n: MASTER, times: TOGGLES, us: PITCH_US });
  p.add(alone + 2 * TOGGLES * PITCH_US * US, "join");
}

export const DUEL: Record<DuelName, (p: Planner, at: number) => void> = { pair, votes, rival, rot, tie, fade, witness, long };
