// Where exploring begins: a cluster of three that has come up in order, its master about to stage one batch; and what may
// happen from there on.
//
// The prelude is one run without faults: messages arrive in the order they were sent, time goes to the next deadline when
// none is on its way. It ends when all three are UP, have applied the same and nothing is left to do.

import { CONFF, ERRNO, KIND, MODE, NS, PROFILE, REQ, ROLE } from "../../../host/core/abi/clms.js";
import type { NodeOptions } from "../../../host/core/clms_conf.js";
import { live } from "../recorder/edges.js";
import type { Genesis } from "../recorder/fold.js";
import type { Machine } from "./machine.js";
import { ADVANCE, type Nodes, TIMER, WISH } from "./node.js";

export const COUNT = 3;
/** Bytes of metadata. */
const META = 3;
const PRELUDE_MAX = 20_000;
/** More than the time between two heartbeats, less than a lease: ns. */
const WHILE = 250_000_000;

export interface Scene {
  name: string;
  mode: number;
  /** what the master is told, as the beginning of the batch */
  wish: "maintenance" | "two" | "vote";
  /** only nodes that have crashed may be called dead: the mode depends on it */
  truthful: boolean;
  /** no ballot of a higher round is followed; the prelude's is 1 */
  rounds: number;
  /** may the third, too, begin a takeover (it is told that the second is dead)? */
  twice: boolean;
  /**
   * how often time may go on to the deadline of the master, of the second, of the third; how often each may restart.
   * The master needs none: what it sent may arrive at any time.
   */
  timers: readonly [number, number, number];
  restarts: number;
}

const base = { rounds: 2, twice: false, timers: [0, 0, 0] as const, restarts: 0 };
export const SCENES: readonly Scene[] = [
  { ...base, name: "majority", mode: MODE.MAJORITY, wish: "maintenance", truthful: false },
  { ...base, name: "majority-two", mode: MODE.MAJORITY, wish: "two", truthful: false },
  { ...base, name: "majority-timeout", mode: MODE.MAJORITY, wish: "maintenance", truthful: false, timers: [0, 3, 0] },
  { ...base, name: "majority-twice", mode: MODE.MAJORITY, wish: "maintenance", truthful: false, rounds: 3, twice: true },
  { ...base, name: "majority-restart", mode: MODE.MAJORITY, wish: "maintenance", truthful: false, restarts: 1 },
  { ...base, name: "dynamic-vote", mode: MODE.MAJORITY_DYNAMIC, wish: "vote", truthful: false },
  { ...base, name: "classic", mode: MODE.CLASSIC, wish: "maintenance", truthful: true, timers: [0, 3, 0] },
];

export const genesis: readonly Genesis[] = Array.from({ length: COUNT }, (_, i) => ({ node: i + 1, votes: 1, role: ROLE.VOTER }));

/** A node's configuration: only the host says who is dead, and a node is UP as soon as it may be. */
export function configuration(mode: number): (node: number, bootstrap: boolean) => NodeOptions {
  const flags = CONFF.EXTERNAL | CONFF.AUTO_UP | CONFF.BATCH_JOINS | (mode === MODE.CLASSIC ? CONFF.CLASSIC_OK : 0);
  return (node, bootstrap) => ({
    node,
    cluster: "c".repeat(32),
    uuid: String(node).repeat(32),
    genesis,
    mode,
    profile: PROFILE.LAN,
    flags: flags | (bootstrap ? CONFF.BOOTSTRAP : 0),
  });
}

function wish(scene: Scene, machine: Machine, master: number): void {
  const ask = {
    maintenance: () => machine.x.clms_node_setstate(NS.SHUTDOWN, 0),
    // The last node becomes an observer: who votes changes. Its versions are 1 to 1.
    vote: () => machine.x.clms_request(REQ.CONFIG, master === COUNT ? COUNT - 1 : COUNT, 0, ROLE.OBSERVER, 0x0101),
    // Two batches, one after the other.
    two: () => machine.x.clms_node_set_meta(META) || machine.x.clms_node_setstate(NS.SHUTDOWN, 0),
  };
  const result = ask[scene.wish]();
  if (result < 0 && result !== -ERRNO.EALREADY && result !== -ERRNO.EBUSY) throw new Error(`the wish was refused: ${result}`);
}

export interface Beginning {
  /** by node number - 1 */
  locals: number[];
  /** messages under way: numbers */
  sent: number[];
  master: number;
  /** the other two, who may take over */
  others: number[];
}

/** Runs the prelude and the wish. */
export function begin(nodes: Nodes, scene: Scene): Beginning {
  const locals = Array.from({ length: COUNT }, () => 0);
  const queue: number[] = [];
  const take = (node: number, result: { local: number; sent: number[] }) => {
    locals[node - 1] = result.local;
    queue.push(...result.sent);
  };
  for (let n = 1; n <= COUNT; n++) take(n, nodes.boot(n));
  const one = (n: number) => nodes.locals[locals[n - 1]];
  const all = [1, 2, 3];
  let quiet = 0;
  for (let i = 0; quiet < 2 * COUNT; i++) {
    if (i === PRELUDE_MAX) throw new Error("the cluster does not come up");
    const next = queue.shift();
    if (next !== undefined) {
      const { to } = nodes.message(next);
      take(to, nodes.step(locals[to - 1], next));
      continue;
    }
    quiet = up(nodes, locals) ? quiet + 1 : 0;
    const first = all.filter((n) => one(n).timer).sort((a, b) => one(a).deadline - one(b).deadline || a - b)[0];
    if (first === undefined) break;
    take(first, nodes.step(locals[first - 1], TIMER));
  }
  if (!up(nodes, locals)) throw new Error("the cluster does not come up");
  oneInstant(nodes, locals, take, queue);
  const master = all.find((n) => nodes.isMaster(locals[n - 1])) as number;
  const start = nodes.rebase(locals, nodes.lists.at(one(1).applied).length);
  nodes.wish = (machine) => wish(scene, machine, master);
  const { local, sent } = nodes.step(start[master - 1], WISH);
  start[master - 1] = local;
  return { locals: start, sent, master, others: all.filter((n) => n !== master) };
}

/**
 * Brings all clocks to one instant, a while later, at which everybody has just heard from everybody he listens to. As time
 * stands still from there on, it makes no difference then when something was heard last.
 */
function oneInstant(
  nodes: Nodes,
  locals: number[],
  take: (node: number, result: { local: number; sent: number[] }) => void,
  queue: number[],
): void {
  nodes.instant = Math.max(...locals.map((id) => nodes.locals[id].now)) + WHILE;
  for (let round = 0; round < 3; round++)
    for (let n = 1; n <= COUNT; n++) {
      take(n, nodes.step(locals[n - 1], ADVANCE));
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { to } = nodes.message(next);
        take(to, nodes.step(locals[to - 1], next));
      }
    }
}

/** One master, all have applied the same, and that says that all are UP. */
function up(nodes: Nodes, locals: readonly number[]): boolean {
  const all = locals.map((id) => nodes.locals[id]);
  if (all.some((l) => l.applied !== all[0].applied)) return false;
  if (locals.filter((id) => nodes.isMaster(id)).length !== 1) return false;
  const state = new Map<number, number>();
  for (const value of nodes.lists.at(all[0].applied)) {
    const rec = nodes.values.rec(value);
    if (live(rec.to) && rec.kind === KIND.NODE) state.set(rec.node, rec.to);
  }
  return state.size === COUNT && [...state.values()].every((s) => s === NS.UP);
}
