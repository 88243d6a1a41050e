// A big cluster: 1,000 nodes, of which 32 vote, in which one in a hundred is always on its way out or in; ten minutes of
// virtual time. In the end all must agree, and a crash must be decided about as fast as among five nodes.
//
// Every node is an instance of the module of its own: 1,000 of them take some 4 GB of memory, and half an hour on one core,
// most of it for the recorder, which looks at every step.

import { CONFF, ENGINE, ENGINE_NAME, NS_NAME, PROFILE, ROLE } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { GOOD } from "./canary/good.js";
import { measure, settled, until } from "./latency.js";
import { violationText } from "./log.js";
import { Recorder } from "./recorder/index.js";
import { Spares } from "./recorder/spare.js";
import { type Random, type Scenario, SEC } from "./types.js";
import { NoNemesis } from "./world/observer.js";
import { Rig } from "./world/rig.js";
import { SimWorld } from "./world/world.js";

export interface ScaleOptions {
  nodes: number;
  voters: number;
  /** virtual time of churn */
  seconds: number;
  /** part of the nodes that is down at any time */
  churn: number;
}

export const SCALE: ScaleOptions = { nodes: 1_000, voters: 32, seconds: 600, churn: 0.01 };
/** Decided at most so many times slower than among five nodes. */
const SLOWER_MAX = 2;
const GENESIS_MAX = 128;
/** Between two lines of progress, ms of wall time. */
const EVERY_MS = 10_000;
/** Crashes of which the one in the middle counts. */
const DEATHS = 3;
/** Nodes named that are not like the others. */
const NAMED_MAX = 8;

function scenario(o: ScaleOptions): Scenario {
  return {
    ...GOOD,
    name: `scale ${o.nodes}`,
    nodes: Array.from({ length: o.nodes }, (_, i) => {
      const votes = i < o.voters ? 1 : 0;
      // Voters first, the rest in waves: what a cluster that grows looks like.
      const at = i < o.voters ? 0 : SEC + i * 5_000_000;
      return { node: i + 1, role: votes ? ROLE.VOTER : ROLE.OBSERVER, votes, site: 0, genesis: i < GENESIS_MAX, at };
    }),
    profile: PROFILE.LAN,
    flags: CONFF.AUTO_UP | CONFF.BATCH_JOINS,
  };
}

/** Crashes nodes and starts them again, one after the other, so that `churn` of them are down at any time. */
function churn(world: SimWorld, random: Random, o: ScaleOptions, tell: () => void): void {
  const down = Math.max(1, Math.round(o.nodes * o.churn));
  const away = 10;
  const every = (away * SEC) / down;
  for (const end = world.now + o.seconds * SEC; world.now < end; ) {
    const index = random.between(1, o.nodes);
    if (world.nodes[index].alive) world.restart(index, away * SEC);
    world.runUntil(world.now + Math.floor(every));
    tell();
  }
}

/** Who is not what `settled` wants: a line for each of the first ones. */
function strangers(world: SimWorld, count: number): string[] {
  const all = world.nodes.filter((n) => n?.alive);
  const head = Math.max(...all.map((n) => n.clms.applied));
  const odd = all.filter((n) => (n.clms.gate & 1) !== 0 || NS_NAME[n.clms.nodeGet(n.id)?.state ?? 0] !== "UP" || n.clms.applied !== head);
  const lines = odd.slice(0, NAMED_MAX).map(({ id, clms }) => {
    const state = NS_NAME[clms.nodeGet(id)?.state ?? 0];
    return `node ${id} (${ENGINE_NAME[clms.engine]}, incarnation ${clms.inc}, ${state}) has applied ${clms.applied} of ${head}, gate ${clms.gate & 1 ? "closed" : "open"}`;
  });
  return [`${all.length} of ${count} run, ${odd.length} of them are not as they should be`, ...lines];
}

/** Some members die, each when the one before is back: from crash to decided, ms, in order of length. */
function deaths(world: SimWorld, count: number): number[] {
  const times: number[] = [];
  for (let i = 0; i < DEATHS; i++) {
    const victims = world.nodes.filter((n) => n?.alive && n.clms.engine !== ENGINE.MASTER);
    const { index } = victims[Math.floor(((i + 0.5) * victims.length) / DEATHS)];
    times.push(measure(world, index, 1_000_000).decided);
    world.start(index);
    until(world, () => settled(world, count), SEC / 4, 60 * SEC);
  }
  return times.sort((a, b) => a - b);
}

interface Scaled {
  /** ms from a crash until it is decided; NaN = never */
  decided: number;
  agree: boolean;
  records: number;
  broken: string[];
  minutes: number;
}

function run(module: WebAssembly.Module, o: ScaleOptions): Scaled {
  const scene = scenario(o);
  const recorder = new Recorder(scene, { spares: new Spares(module), every: 0, side: () => "" });
  const world = new SimWorld(new Rig(module), scene, 11, recorder, new NoNemesis());
  recorder.attach(world);
  try {
    const began = performance.now();
    let told = began;
    const note = (text: string) => {
      told = performance.now();
      const wall = ((told - began) / 1000).toFixed(0);
      process.stderr.write(`sim: scale: ${o.nodes} nodes: ${text} at ${(world.now / SEC).toFixed(0)} s (${wall} s of work)\n`);
    };
    const tell = () =>
      performance.now() - told > EVERY_MS && note(`${recorder.book.head} records, ${recorder.violations.length} violations`);
    const well = () => {
      tell();
      return settled(world, o.nodes);
    };
    const up = until(world, well, SEC / 4, 900 * SEC);
    note(Number.isNaN(up) ? "not all are up" : "all are up");
    if (o.seconds > 0) churn(world, world.random("churn"), o, tell);
    note("churn is over");
    const agree = !Number.isNaN(until(world, well, SEC / 4, 300 * SEC));
    note(agree ? "all agree" : "they do not agree");
    if (!agree) for (const line of strangers(world, o.nodes)) console.log(line);
    const times = agree ? deaths(world, o.nodes) : [];
    const broken = [...recorder.violations.map(violationText), ...(recorder.trap ? [`trap: ${recorder.trap.text}`] : [])];
    return { decided: times[times.length >> 1] ?? Number.NaN, agree, records: recorder.book.head, broken, minutes: world.now / SEC / 60 };
  } finally {
    world.dispose();
  }
}

/** Runs five nodes for the measure of time, then the big cluster; 0, or the exit code. */
export async function scaleMain(o: ScaleOptions = SCALE): Promise<number> {
  const start = performance.now();
  const module = await Clms.compile();
  const few = run(module, { nodes: 5, voters: 5, seconds: 0, churn: 0 });
  const many = run(module, o);
  for (const text of many.broken) console.log(text);
  const ratio = many.decided / few.decided;
  const ok = many.agree && ratio <= SLOWER_MAX;
  console.log(
    `sim: ${o.nodes} nodes (${o.voters} voters), ${many.minutes.toFixed(1)} simulated minutes, ${many.records} records, ` +
      `${many.agree ? "all agree" : "they do NOT agree"}, crash to decided ${many.decided.toFixed(0)} ms ` +
      `(5 nodes: ${few.decided.toFixed(0)} ms, ratio ${ratio.toFixed(2)}), ${many.broken.length} violations, ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
  if (many.broken.length > 0) return 3;
  return ok ? 0 : 4;
}
