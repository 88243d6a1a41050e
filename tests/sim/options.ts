// The command line of the simulator: what may be given, and what is said when something else is.

import { SCENES } from "./explorer/scene.js";
import { FAULT_NAMES, FAULTS, type FaultName } from "./nemesis/plan.js";
import { MODES } from "./scenario.js";

export class UsageError extends Error {}

export interface Options {
  seed: number;
  nodes: [number, number];
  modes: string[];
  /** was it --mode all? */
  all: boolean;
  schedules: number;
  minutes: number;
  faults: FaultName[] | null;
  replay: number | null;
  json: string | null;
  mutants: string[] | null;
  /** names of scenes to explore; empty: all */
  explore: string[] | null;
  /** of the explorer: transitions from the beginning, states of a scene; null = its own bound */
  depth: number | null;
  states: number | null;
  threads: number;
  scale: boolean;
  latency: boolean;
  verbose: boolean;
  help: boolean;
}

const NAMES = [
  ...["--seed", "--nodes", "--mode", "--schedules", "--minutes", "--faults", "--replay", "--json", "--mutants", "--threads"],
  ...["--explore", "--depth", "--states"],
];
const FLAGS = ["--scale", "--latency", "--verbose", "--help"];

/** Far beyond what so many states ever reach: each has two to four that follow it. More of them would not fit into memory. */
export const DEPTH_MAX = 100;
export const STATES_MAX = 20_000_000;
/** Of each scene, unless it is said otherwise: all of them together take about a minute. */
export const STATES_USUAL = 200_000;

const figure = (n: number): string => n.toLocaleString("en");

export const HELP = `npm run sim -- [options]: whole clusters of the release module on virtual time, under faults

  --seed S          schedule i has seed S + i; default 1
  --nodes N | N-M   so many nodes, drawn from the seed; default 3-7
  --mode M | all    ${MODES.map((m) => m.name).join(", ")}; default majority
  --schedules K     how many; default 1000 (without end, if --minutes is given)
  --minutes M       for so long
  --faults LIST     classes, with commas, instead of those of the mode:
${FAULT_NAMES.map((f) => `                      ${f.padEnd(10)} ${FAULTS[f]}`).join("\n")}
  --replay SEED     one schedule, with its log (give --nodes, --mode, --faults as it was found)
  --json FILE       the result as JSON
  --mutants [LIST]  the modules with one rule broken: each must be found out
  --explore [LIST]  every order of messages, losses, crashes and time-outs of one takeover among three nodes, to a bound; scenes:
                      ${SCENES.map((s) => s.name).join(", ")}
  --depth D         of the explorer: so many transitions from the beginning, at most ${DEPTH_MAX}; default: no bound
  --states N        of the explorer: so many states a scene, at most ${figure(STATES_MAX)}; default ${figure(STATES_USUAL)}
  --scale           1,000 nodes with churn
  --latency         crash to decided to gate open, for several sizes; writes docs/cluster-latency.svg and the table of docs/cluster.md
  --threads T       default: one a core
  --verbose         also how often each invariant was asked

Exit codes: 0 no invariant broke · 2 the command line · 3 a safety invariant broke · 4 a liveness invariant broke ·
5 the module trapped. In classic-partitions PrefixAgreement must break, or the exit code is 3 too: that mode's warning
has to be true.`;

function whole(name: string, text: string | undefined, least: number, most: number): number {
  const n = Number(text);
  if (text === undefined || text.trim() === "" || !Number.isInteger(n) || n < least || n > most)
    throw new UsageError(`${name} "${text ?? ""}": a whole number from ${least} to ${most} is needed`);
  return n;
}

function nodes(text: string | undefined): [number, number] {
  const m = /^(\d+)(?:-(\d+))?$/.exec(text ?? "");
  const lo = Number(m?.[1]);
  const hi = Number(m?.[2] ?? m?.[1]);
  if (!m || lo < 1 || hi < lo || hi > 64) throw new UsageError(`--nodes "${text ?? ""}": N or N-M is needed, from 1 to 64`);
  return [lo, hi];
}

function modes(text: string | undefined): string[] {
  const names = MODES.map((m) => m.name);
  if (text === "all") return names;
  if (!text || !names.includes(text)) throw new UsageError(`--mode "${text ?? ""}": one of ${names.join(", ")}, all`);
  return [text];
}

function faults(text: string | undefined): FaultName[] {
  const list = (text ?? "").split(",").filter(Boolean);
  const wrong = list.find((f) => !(FAULT_NAMES as string[]).includes(f));
  if (list.length === 0 || wrong !== undefined)
    throw new UsageError(`--faults "${wrong ?? ""}": a list, with commas, of ${FAULT_NAMES.join(", ")}`);
  return list as FaultName[];
}

function scenes(text: string | undefined): string[] {
  const names = SCENES.map((s) => s.name);
  if (text === undefined) return [];
  const list = text.split(",").filter(Boolean);
  const wrong = list.find((s) => !names.includes(s));
  if (list.length === 0 || wrong !== undefined)
    throw new UsageError(`--explore "${wrong ?? text}": scenes, with commas, are needed: ${names.join(", ")}; all without a name`);
  return list;
}

/** Reads the command line; throws a UsageError that names what is wrong and what is allowed. */
export function parse(argv: readonly string[]): Options {
  const o: Options = {
    seed: 1,
    nodes: [3, 7],
    modes: ["majority"],
    all: false,
    schedules: -1,
    minutes: -1,
    faults: null,
    replay: null,
    json: null,
    mutants: null,
    explore: null,
    depth: null,
    states: null,
    threads: 0,
    scale: false,
    latency: false,
    verbose: false,
    help: false,
  };
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = argv[i].split(/=(.*)/s, 2);
    if (FLAGS.includes(name) && inline === undefined) {
      o[name.slice(2) as "scale" | "latency" | "verbose" | "help"] = true;
      continue;
    }
    if (!NAMES.includes(name)) throw new UsageError(`"${argv[i]}" not understood; allowed are ${[...NAMES, ...FLAGS].join(" ")}`);
    const next = argv[i + 1];
    const value = inline ?? (next === undefined || next.startsWith("--") ? undefined : argv[++i]);
    set(o, name, value);
  }
  if (o.explore === null && (o.depth !== null || o.states !== null))
    throw new UsageError(`${o.depth !== null ? "--depth" : "--states"} bounds the explorer: it needs --explore`);
  if (o.schedules < 0) o.schedules = o.minutes > 0 ? Number.MAX_SAFE_INTEGER : 1000;
  return o;
}

function set(o: Options, name: string, value: string | undefined): void {
  const most = Number.MAX_SAFE_INTEGER;
  if (name === "--seed") o.seed = whole(name, value, 0, most);
  else if (name === "--nodes") o.nodes = nodes(value);
  else if (name === "--mode") {
    o.modes = modes(value);
    o.all = value === "all";
  } else if (name === "--schedules") o.schedules = whole(name, value, 1, most);
  else if (name === "--minutes") o.minutes = whole(name, value, 1, 100_000);
  else if (name === "--faults") o.faults = faults(value);
  else if (name === "--replay") o.replay = whole(name, value, 0, most);
  else if (name === "--threads") o.threads = whole(name, value, 1, 256);
  else if (name === "--explore") o.explore = scenes(value);
  else if (name === "--depth") o.depth = whole(name, value, 1, DEPTH_MAX);
  else if (name === "--states") o.states = whole(name, value, 1, STATES_MAX);
  else if (name === "--mutants") o.mutants = value === undefined ? [] : value.split(",");
  else if (value === undefined) throw new UsageError(`${name}: a file is needed`);
  else o.json = value;
}
