// A big cluster: 1,000 nodes, of which 32 vote, in which one in a hundred is always on its way out or in; ten minutes of
// virtual time. In the end all must agree, and a crash must be decided about as fast as among five nodes.
//
// Every node is an instance of the module of its own: 1,000 of them take some 3 GB of memory.

import { CONFF, ENGINE, PROFILE, ROLE } from "../../host/core/abi/clms.js";
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
function churn(world: SimWorld, random: Random, o: ScaleOptions): void {
  const down = Math.max(1, Math.round(o.nodes * o.churn));
  const away = 10;
  const every = (away * SEC) / down;
  for (const end = world.now + o.seconds * SEC; world.now < end; ) {
    const index = random.between(1, o.nodes);
    if (world.nodes[index].alive) world.restart(index, away * SEC);
    world.runUntil(world.now + Math.floor(every));
  }
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
    const note = (text: string) => process.stderr.write(`sim: scale: ${o.nodes} nodes: ${text} at ${(world.now / SEC).toFixed(0)} s\n`);
    const up = until(world, () => settled(world, o.nodes), SEC, 900 * SEC);
    note(Number.isNaN(up) ? "not all are up" : "all are up");
    if (o.seconds > 0) churn(world, world.random("churn"), o);
    note("churn is over");
    const agree = !Number.isNaN(until(world, () => settled(world, o.nodes), SEC, 300 * SEC));
    note(agree ? "all agree" : "they do not agree");
    const victims = world.nodes.filter((n) => n?.alive && n.clms.engine !== ENGINE.MASTER).slice(1, 4);
    const times = victims.map((v) => measure(world, v.index, 1_000_000).decided).sort((a, b) => a - b);
    const broken = [...recorder.violations.map(violationText), ...(recorder.trap ? [`trap: ${recorder.trap.text}`] : [])];
    return { decided: times[1] ?? Number.NaN, agree, records: recorder.book.head, broken, minutes: world.now / SEC / 60 };
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
