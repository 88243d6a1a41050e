// What a schedule can do to a world: one entry for each operation, with the word for the legend.
//
// A schedule is data: a list of { at, op, args } made before the run. An operation that does not fit the moment (a node
// that is down already, a number that is not there) does nothing, so that any part of a schedule is a schedule too:
// that is what shrinking needs.

import { ENGINE, LIMIT, NodeEnt, NS } from "../../../host/core/abi/clms.js";
import { CRASH, type DiskImage, type DiskParams, type HostParams, MS, type NetParams, type World } from "../types.js";
import type { Cuts } from "./cuts.js";

export type Args = Readonly<Record<string, number | boolean | readonly number[]>>;

export interface Op {
  /** ns */
  at: number;
  op: OpName;
  args: Args;
}

interface Does {
  legend: string;
  /** node numbers among the arguments */
  apply(world: World, args: Args, cuts: Cuts): void;
}

const num = (args: Args, key: string): number => Number(args[key] ?? 0);
const list = (args: Args, key: string): readonly number[] => (args[key] as readonly number[]) ?? [];
const node = (world: World, args: Args) => world.nodes[num(args, "n")];

/** Arguments that are numbers of nodes. */
const NODES = ["n", "a", "b", "node"];
/** Who was cast in a world: the master, then the others. */
const casts = new WeakMap<World, number[]>();
/** Images of disks that were taken in a world, by index. */
const taken = new WeakMap<World, Map<number, DiskImage>>();
function images(world: World): Map<number, DiskImage> {
  let all = taken.get(world);
  if (!all) {
    all = new Map();
    taken.set(world, all);
  }
  return all;
}

/** Fields of parameters that an operation may set; anything else in args is a node or a time. */
function set<T extends object>(params: T, args: Args): void {
  for (const [key, value] of Object.entries(args)) if (key in params) Object.assign(params, { [key]: value });
}

export const OPS = {
  cast: {
    legend: "from here on −1 means the node that is master now, −2 and so on the others, in order",
    apply: (w) => {
      const all = w.nodes.filter((n) => n && n.index === n.id);
      const master = all.filter((n) => n.alive && n.clms.engine === ENGINE.MASTER).sort((a, b) => b.clms.ballot - a.clms.ballot)[0];
      if (master) casts.set(w, [master.index, ...all.filter((n) => n !== master).map((n) => n.index)]);
    },
  },
  cut: {
    legend: "messages from a to b are lost (on = 0: no longer)",
    apply: (w, a, cuts) => cuts.cut(w, num(a, "a"), num(a, "b"), num(a, "on") !== 0),
  },
  split: {
    legend: "nodes of group and all others cannot talk, in either direction",
    apply: (w, a, cuts) => cuts.split(w, list(a, "group")),
  },
  oneway: {
    legend: "n hears nobody (in = 1), or nobody hears n (in = 0)",
    apply: (w, a, cuts) => cuts.oneway(w, num(a, "n"), num(a, "in") !== 0),
  },
  ring: { legend: "each node talks only to the majority that follows it in a ring", apply: (w, _a, cuts) => cuts.ring(w) },
  bridge: { legend: "two halves that cannot talk, and n, that talks to both", apply: (w, a, cuts) => cuts.bridge(w, num(a, "n")) },
  join: { legend: "every cut is mended", apply: (w, _a, cuts) => cuts.mend(w) },
  clog: {
    legend: "messages from a to b wait (on = 0: they all arrive now)",
    apply: (w, a) => w.clog(num(a, "a"), num(a, "b"), num(a, "on") !== 0),
  },
  net: { legend: "what all links do: probabilities and delays", apply: (w, a) => set<NetParams>(w.net, a) },
  link: { legend: "what the link from a to b alone does", apply: (w, a) => set<NetParams>(w.link(num(a, "a"), num(a, "b")), a) },
  crash: {
    legend: "n dies (how: 0 now, 1 before its writes, 2 before its messages, 3 amid them)",
    apply: (w, a) => w.crash(num(a, "n"), num(a, "how")),
  },
  start: { legend: "n starts, if it is down", apply: (w, a) => w.start(num(a, "n")) },
  restart: {
    legend: "n dies and starts again after ms",
    apply: (w, a) => {
      if (node(w, a)?.alive) w.restart(num(a, "n"), num(a, "ms") * MS);
    },
  },
  wipe: {
    legend: "n dies and its disk is empty; it starts again after ms",
    apply: (w, a) => {
      const n = num(a, "n");
      if (!node(w, a)) return;
      if (node(w, a).alive) w.crash(n, CRASH.NOW);
      w.wipe(n);
      w.restart(n, num(a, "ms") * MS);
    },
  },
  pause: { legend: "n does not run for ms", apply: (w, a) => w.pause(num(a, "n"), num(a, "ms") * MS) },
  slow: {
    legend: "every step of n takes us microseconds",
    apply: (w, a) => {
      if (node(w, a)) node(w, a).slowNs = num(a, "us") * 1000;
    },
  },
  jump: { legend: "n's clock goes forward by ms", apply: (w, a) => w.clockJump(num(a, "n"), num(a, "ms") * MS) },
  twin: {
    legend: "a second process under the number of n, with an empty disk (uuid = 1: the same uuid; cluster = 0: another cluster)",
    apply: (w, a) => void w.twin(num(a, "n"), num(a, "uuid") !== 0, num(a, "cluster") !== 0),
  },
  untwin: {
    legend: "every second process under a number dies",
    apply: (w) => {
      for (const n of w.nodes) if (n?.alive && n.index !== n.id) w.crash(n.index);
    },
  },
  disk: {
    legend: "what n's disk does: probabilities and times",
    apply: (w, a) => {
      if (node(w, a)) set<DiskParams>(node(w, a).disk.params, a);
    },
  },
  damage: {
    legend: "the record of place in n's log is damaged (back: that many below the last it holds)",
    apply: (w, a) => {
      const n = node(w, a);
      if (n && n.boot > 0) n.disk.damage("back" in a ? Math.max(0, n.clms.last - num(a, "back")) % LIMIT.RING_MAX : num(a, "place"));
    },
  },
  image: {
    legend: "an image of n's disk is taken",
    apply: (w, a) => {
      const n = node(w, a);
      if (n) images(w).set(n.index, n.disk.copy());
    },
  },
  putback: {
    legend: "n dies, its disk becomes what the image of it was, and it starts again after ms",
    apply: (w, a) => {
      const n = node(w, a);
      const image = n && images(w).get(n.index);
      if (!image) return;
      if (n.alive) w.crash(n.index, CRASH.NOW);
      n.disk.restore(image);
      w.restart(n.index, num(a, "ms") * MS);
    },
  },
  host: {
    legend: "what n's host does: callbacks, services, fences",
    apply: (w, a) => {
      if (node(w, a)) set<HostParams>(node(w, a).host, a);
    },
  },
  state: {
    legend: "n wants state (2 UP, 3 SHUTDOWN, 4 GOINGDOWN with ms to do it in)",
    apply: (w, a) => {
      if (node(w, a)?.alive) w.setState(num(a, "n"), num(a, "state"), num(a, "ms"));
    },
  },
  toggle: {
    legend: "n goes into maintenance, or, if it is there, comes back",
    apply: (w, a) => {
      const n = node(w, a);
      const at = n?.alive ? n.clms.x.clms_node_get(n.id) : 0;
      if (at > 0) w.setState(n.index, n.clms.u8[at + NodeEnt.state] === NS.UP ? NS.SHUTDOWN : NS.UP, 0);
    },
  },
  ask: {
    legend: "n's administrator asks req of REQ, about node and service set, with arg",
    apply: (w, a) => {
      if (node(w, a)?.alive) w.request(num(a, "n"), num(a, "req"), num(a, "node"), num(a, "set"), num(a, "arg"));
    },
  },
  word: {
    legend: "the host says for certain that n is dead, if it is",
    apply: (w, a) => node(w, a)?.alive === false && w.word(num(a, "n")),
  },
  arbiter: {
    legend: "what the arbiter does: down, delays",
    apply: (w, a) => set(w.arbiter, { ...a, ...("down" in a ? { down: num(a, "down") !== 0 } : {}) }),
  },
  backup: { legend: "a backup of the arbiter's register is taken", apply: (w) => w.arbiterBackup() },
  restore: { legend: "the arbiter's register becomes what its backup was", apply: (w) => w.arbiterRestore() },
  heal: {
    legend: "no faults any more; what is down stays down",
    apply: (w, _a, cuts) => {
      cuts.mend(w);
      w.heal();
    },
  },
} satisfies Record<string, Does>;

export type OpName = keyof typeof OPS;

/** role, site 0, votes, versions 1 to 1: as a CONFIG NODE record has it, for the operation ask. */
export const nodeArg = (role: number, votes: number): number => role + votes * 0x1_0000 + 0x1_0000_0000 + 0x100_0000_0000;

export function apply(world: World, op: Op, cuts: Cuts): void {
  const args = meant(world, op.args);
  if (args) (OPS[op.op] as Does).apply(world, args, cuts);
}

/** Arguments with numbers of nodes in the place of what was cast; null if nothing was. */
function meant(world: World, args: Args): Args | null {
  const cast = casts.get(world) ?? [];
  let known = true;
  const one = (n: number): number => {
    if (n >= 0) return n;
    known &&= -n <= cast.length;
    return cast[-n - 1];
  };
  const out: Record<string, Args[string]> = { ...args };
  for (const key of NODES) if (key in args) out[key] = one(num(args, key));
  if ("group" in args) out.group = list(args, "group").map(one);
  return known ? out : null;
}

/** `crash n=3 how=2`: an operation for people. */
export function opText(op: Op): string {
  const args = Object.entries(op.args).map(([k, v]) => `${k}=${Array.isArray(v) ? v.join("+") : Number(v)}`);
  return [op.op, ...args].join(" ");
}
