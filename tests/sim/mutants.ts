// The mutants: for each, which rule it breaks, where to look for it, and who finds it; and the run that kills them.
//
// A mutant is clms.wasm with one rule broken (scripts/mutants.mjs builds it). It dies in the first schedule in which an
// invariant breaks, or the module traps, while the release lives through that very schedule (the control). Where the
// release breaks too, that is a defect of the release: it is told, proves nothing, and the hunt goes on.
//
// Invariant: a row for each switch of assembly/clms/mutant.ts, in its order (tests/abi compares).

import type { FaultName } from "./nemesis/plan.js";
import { type Found, type Result, sweep } from "./pool.js";
import { type Id, title } from "./recorder/ids.js";

export interface Mutant {
  /** the rule that it breaks */
  rule: string;
  /** the invariants that speak of that rule; others may find it first */
  caught: readonly Id[];
  /** names of modes, fewest and most nodes, classes of faults (null = those of the mode) that bring it out */
  modes: readonly string[];
  nodes: readonly [number, number];
  faults: readonly FaultName[] | null;
  /** one in this many steps is tried on a second instance */
  every: number;
  /** the schedule in which it died when that was measured; those never measured have the most */
  expect: number;
}

const TAKEOVERS: readonly FaultName[] = ["crash", "partition", "net", "pause"];
const usual = { modes: ["majority"], nodes: [3, 5], faults: TAKEOVERS, every: 0, expect: 20_000 } as const;

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  NO_BALLOTS: { ...usual, expect: 135, rule: "a message of a lower ballot is refused", caught: ["S06", "S01", "S03", "S08"] },
  NO_PROMISE_ON_REPORT: { ...usual, expect: 1, rule: "who reports to a ballot promises it", caught: ["S06", "S05", "S01", "S15"] },
  TAIL_CUT: { ...usual, expect: 89, rule: "a tail is cut only if its ballot is lower", caught: ["S18", "S01", "S15"] },
  EMPTY_DISK_VOTES: {
    ...usual,
    expect: 7,
    rule: "an empty disk under an old identity has no vote",
    caught: ["S08", "S09", "S01", "S15"],
    faults: ["wipe", "crash", "partition"],
  },
  FEW_REPORTS: {
    ...usual,
    expect: 15,
    rule: "a takeover needs reports of a quorum",
    caught: ["S09", "S15", "S16", "S01"],
    nodes: [3, 4],
    faults: ["rot", "votes"],
  },
  MINORITY_DROPPED: { ...usual, expect: 98, rule: "what one reporter holds is kept", caught: ["S16", "S15", "S17", "S01"] },
  QUORUM_OF_ANSWERED: {
    ...usual,
    expect: 8,
    rule: "the quorum is of the configured, not of those that answered",
    caught: ["S08", "S10", "S01"],
  },
  CANDIDATE_GOES_ON: { ...usual, expect: 18, rule: "a higher promise ends the own role", caught: ["S07", "S06", "S01"] },
  LOWEST_BALLOT: {
    ...usual,
    expect: 35,
    rule: "of several values that of the highest ballot stays",
    caught: ["S15", "S17", "S01"],
    nodes: [3, 3],
    faults: ["rival"],
  },
  NEW_CONFIG_ONLY: {
    ...usual,
    expect: 17,
    rule: "a change of configuration needs a quorum of the old one too",
    caught: ["S08", "S09", "S01"],
    modes: ["majority-dynamic"],
    faults: [...TAKEOVERS, "member"],
  },
  CONFIG_FROZEN: {
    ...usual,
    expect: 19,
    rule: "a takeover obeys every configuration that it meets in the merge",
    caught: ["S15", "S09", "S08", "S16", "S01"],
    modes: ["majority", "majority-dynamic"],
    faults: ["votes"],
  },
  APPLY_BEFORE_GATE: { ...usual, expect: 1, rule: "the gate closes before anything is applied", caught: ["S24", "S25"] },
  NODEUP_IN_NODEDOWN: {
    ...usual,
    expect: 10,
    rule: "no nodeup while nodes are going down",
    caught: ["S21", "S19"],
    nodes: [4, 6],
    faults: ["crash", "wipe"],
  },
  SET_SPLIT: {
    ...usual,
    expect: 9,
    rule: "those that died together go down as one set",
    caught: ["S22", "S19"],
    nodes: [5, 7],
    faults: ["pair", "crash"],
  },
  ONE_NACK: {
    ...usual,
    expect: 5,
    rule: "a gap becomes a dummy by a quorum of nacks",
    caught: ["S16", "S17", "S15"],
    nodes: [3, 3],
    faults: ["rot"],
  },
  DAMAGED_IS_NACK: {
    ...usual,
    expect: 5,
    rule: "a damaged record is no nack",
    caught: ["S16", "S15", "S17", "S01"],
    nodes: [3, 3],
    faults: ["rot"],
  },
  PROMISE_NOT_DURABLE: { ...usual, expect: 1, rule: "a promise is on the disk before it is made", caught: ["S05", "S06", "S01"] },
  COMMIT_ANY_BALLOT: { ...usual, expect: 105, rule: "COMMIT decides only what was accepted in its ballot", caught: ["S08", "S01", "S03"] },
  REPORT_EARLY: { ...usual, expect: 1, rule: "a report leaves when its promise is on the disk", caught: ["S05", "S06", "S01"] },
  SERVICE_BEFORE_FENCE: {
    ...usual,
    expect: 43,
    rule: "a service changes hands only after a fence or the end of the lease",
    caught: ["S32", "S31", "S33"],
    nodes: [5, 6],
    faults: ["fade"],
  },
  OBSERVER_COUNTED: { ...usual, expect: 5, rule: "an observer has no vote", caught: ["S39", "S08", "S09"], nodes: [5, 7] },
  TIE_BY_ARRIVAL: {
    ...usual,
    expect: 5,
    rule: "a tie is decided by numbers, not by who came first",
    caught: ["S14"],
    nodes: [5, 7],
    faults: ["tie"],
  },
  RING_SHORT: {
    ...usual,
    expect: 2,
    rule: "the ring keeps what some member still needs",
    caught: ["S37", "S38", "S02"],
    nodes: [3, 5],
    faults: ["long"],
  },
  INC_REUSED: { ...usual, expect: 2, rule: "an incarnation is given once", caught: ["S29", "S30", "S28"] },
  CALLBACK_TWICE: { ...usual, expect: 4, rule: "a callback that is done is not run again", caught: ["S23"] },
  RESUME_EARLY: { ...usual, expect: 30, rule: "a process goes on when its slot is applied, not one before", caught: ["S26", "S25"] },
  VOTE_GOES_ON: {
    ...usual,
    expect: 2,
    rule: "the arbiter's vote goes on only to whom has what its writer had taken over",
    caught: ["S15", "S01"],
    modes: ["arbiter"],
    nodes: [6, 6],
    faults: ["witness"],
  },
};

// Its builder lives in scripts/, which is not compiled: found from dist/tests/sim.
interface Builder {
  buildMutants(names: readonly string[], o: { tell?: (line: string) => void }): Promise<Map<string, string>>;
}

export interface Death {
  name: string;
  died: boolean;
  /** of the schedule that killed it, counted from 1; all that were run, if it lives */
  schedules: number;
  seconds: number;
  found: Found | null;
  /** schedules before it in which the release broke too */
  defects: readonly Found[];
}

export interface HuntOptions {
  seed: number;
  /** per mutant */
  seconds: number;
  threads: number;
  /** the most schedules */
  schedules?: number;
}

/** Runs schedules with a mutant until it dies. */
export async function hunt(name: string, wasm: string, o: HuntOptions): Promise<Death> {
  const { modes, nodes, faults, every } = MUTANTS[name];
  const same = { nodes, faults, every, twice: 0, threads: o.threads };
  const defects: Found[] = [];
  let seconds = 0;
  let next = 0;
  const most = o.schedules ?? Number.MAX_SAFE_INTEGER;
  while (next < most && seconds < o.seconds) {
    const left = { schedules: most - next, seconds: o.seconds - seconds };
    // Which mode a schedule has follows from its place in the list.
    const turned = modes.map((_, i) => modes[(i + next) % modes.length]);
    const result: Result = await sweep({ ...same, ...left, wasm, modes: turned, seed: o.seed + next, first: true });
    seconds += result.seconds;
    const found = result.found[0];
    if (!found) return { name, died: false, schedules: next + result.schedules, seconds, found: null, defects };
    next = found.seed - o.seed + 1;
    const control = await sweep({ ...same, wasm: null, modes: [found.mode], seed: found.seed, schedules: 1, threads: 1 });
    if (control.found.length === 0) return { name, died: true, schedules: next, seconds, found, defects };
    defects.push(...control.found);
  }
  return { name, died: false, schedules: next, seconds, found: null, defects };
}

const told = (f: Found): string => `${f.violation ? title(f.violation.id) : "trap"}, seed ${f.seed}, mode ${f.mode}`;

export function deathText(d: Death): string {
  const after = `${d.schedules.toLocaleString("en")} schedules, ${d.seconds.toFixed(1)} s`;
  const end = d.found ? `died after ${after}, by ${told(d.found)}` : `LIVES after ${after}`;
  const also = d.defects.length > 0 ? ` (the RELEASE breaks in ${d.defects.length} of them: ${told(d.defects[0])})` : "";
  return `${d.name.padEnd(22)} ${MUTANTS[d.name].rule}: ${end}${also}`;
}

/** The modules of these mutants, built if they are stale. */
export async function mutantModules(names: readonly string[], tell?: (line: string) => void): Promise<Map<string, string>> {
  const { buildMutants } = (await import(new URL("../../../scripts/mutants.mjs", import.meta.url).href)) as Builder;
  return buildMutants(names, { tell });
}

/** `npm run sim -- --mutants`: kills each of these (all without a name); true if every one died. */
export async function runMutants(
  names: readonly string[],
  o: { minutes: number; seed: number; threads: number },
  print: (line: string) => void = console.log,
): Promise<boolean> {
  const all = names.length > 0 ? names : Object.keys(MUTANTS);
  const modules = await mutantModules(all, print);
  const seconds = (o.minutes > 0 ? o.minutes : 3) * 60;
  const deaths: Death[] = [];
  for (const [name, wasm] of modules) {
    const death = await hunt(name, wasm, { seed: o.seed, seconds, threads: o.threads });
    deaths.push(death);
    print(deathText(death));
  }
  const living = deaths.filter((d) => !d.died).map((d) => d.name);
  print(`mutants: ${deaths.length - living.length} of ${deaths.length} died${living.length ? `; not: ${living.join(" ")}` : ""}`);
  return living.length === 0;
}
