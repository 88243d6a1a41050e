// How long it takes from a crash until it is decided, and until applications may look again: in virtual time, for several
// sizes, profiles and delays of the network; a table (docs/cluster.md) and a plot (docs/cluster-latency.svg).
//
// Both are given of a node that is not the master, which is the common case, and of the master. A crash meets the detector
// at any moment between two probes, so each figure is of several crashes of a cluster that has been well for a while.

import { readFileSync, writeFileSync } from "node:fs";
import { CONFF, ENGINE, NodeEnt, NS, Page, PROFILE, PROFILE_NAME, ROLE } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { GOOD } from "./canary/good.js";
import { svgOf } from "./latency_plot.js";
import { MS, type Random, type Scenario, SEC, type SimNode, US } from "./types.js";
import { NoNemesis, SilentObserver } from "./world/observer.js";
import { Rig } from "./world/rig.js";
import { SimWorld } from "./world/world.js";

export const SIZES = [3, 5, 9, 32, 128] as const;
const DELAYS_US = [200, 2_000, 20_000] as const;
const PROFILES = [PROFILE.LAN, PROFILE.FAST] as const;
const PROBE_MS: Readonly<Record<number, number>> = { [PROFILE.LAN]: 200, [PROFILE.FAST]: 10 };
export const VICTIMS = ["member", "master"] as const;
/** Crashes of each victim. */
const CRASHES = 5;
/** A cluster that does not come up in this time does not come up. */
const SETTLE_MAX = 60 * SEC;
const WAIT_MAX = 60 * SEC;
/** Local health is well again after a second or two. */
const CALM = 3 * SEC;
const EVERY = 100 * US;

export interface Latency {
  profile: string;
  nodes: number;
  delayMs: number;
  victim: (typeof VICTIMS)[number];
  /** ms from each crash, in order of length; NaN = not within a minute; empty: the cluster does not come up */
  decided: number[];
  open: number[];
}

function scenario(nodes: number, profile: number, delayUs: number): Scenario {
  const net = { ...GOOD.base.net, delayNs: delayUs * US, jitterNs: (delayUs * US) / 10 };
  return {
    ...GOOD,
    name: `latency ${nodes}`,
    nodes: Array.from({ length: nodes }, (_, i) => ({ node: i + 1, role: ROLE.VOTER, votes: 1, site: 0, genesis: true, at: 0 })),
    profile,
    flags: CONFF.AUTO_UP | CONFF.BATCH_JOINS,
    base: { ...GOOD.base, net },
    app: { ...GOOD.app, subsystems: 1 },
  };
}

/** Runs until `done`, looking every `every` ns; the time, or NaN. */
export function until(world: SimWorld, done: () => boolean, every: number, most: number): number {
  const end = world.now + most;
  while (world.now < end) {
    if (done()) return world.now;
    world.runUntil(world.now + every);
  }
  return Number.NaN;
}

const running = (world: SimWorld) => world.nodes.filter((n) => n?.alive);

/** Is everybody UP for everybody, and may applications look? */
export function settled(world: SimWorld, count: number): boolean {
  const all = running(world);
  return (
    all.length === count &&
    all.every((n) => (n.clms.gate & 1) === 0 && n.clms.nodeGet(n.id)?.state === NS.UP && n.clms.applied === all[0].clms.applied)
  );
}

/** Crash → decided (by anybody) → gate open (for all that run), of one victim: ms. */
export function measure(world: SimWorld, victim: number, every: number): { decided: number; open: number } {
  const start = world.now;
  const { id } = world.nodes[victim];
  world.crash(victim);
  const all = running(world);
  const gone = ({ clms }: SimNode) => clms.u8[clms.pageWord(Page.ent_base) + id * NodeEnt.SIZE + NodeEnt.state] >= NS.KCLEANUP;
  const decided = until(world, () => all.some(gone), every, WAIT_MAX);
  const opened = until(world, () => all.every((n) => gone(n) && (n.clms.gate & 1) === 0), every, WAIT_MAX);
  return { decided: (decided - start) / MS, open: (opened - start) / MS };
}

/** The crashes of one cluster, of members and of masters by turns; each comes back before the next one dies. */
function crashes(world: SimWorld, nodes: number, probeMs: number, random: Random, rows: readonly Latency[]): void {
  const up = () => !Number.isNaN(until(world, () => settled(world, nodes), 10 * MS, SETTLE_MAX));
  for (let i = 0; i < CRASHES * rows.length && up(); i++) {
    world.runUntil(world.now + CALM + Math.floor(random.unit() * probeMs * MS));
    const row = rows[i % rows.length];
    const wanted = (n: SimNode) => (n.clms.engine === ENGINE.MASTER) === (row.victim === "master");
    const victims = running(world).filter(wanted);
    const victim = victims[random.below(victims.length)];
    const { decided, open } = measure(world, victim.index, EVERY);
    row.decided.push(decided);
    row.open.push(open);
    world.runUntil(world.now + SEC);
    world.start(victim.index);
  }
  for (const row of rows) for (const list of [row.decided, row.open]) list.sort((a, b) => a - b);
}

function one(rig: Rig, nodes: number, profile: number, delayUs: number): Latency[] {
  const world = new SimWorld(rig, scenario(nodes, profile, delayUs), 7, new SilentObserver(), new NoNemesis());
  const row = { profile: PROFILE_NAME[profile].toLowerCase(), nodes, delayMs: delayUs / 1000 };
  const rows = VICTIMS.map((victim): Latency => ({ ...row, victim, decided: [], open: [] }));
  try {
    crashes(world, nodes, PROBE_MS[profile], world.random("latency"), rows);
    return rows;
  } finally {
    world.dispose();
  }
}

export async function latency(sizes: readonly number[] = SIZES): Promise<Latency[]> {
  const rig = new Rig(await Clms.compile());
  const results: Latency[] = [];
  for (const profile of PROFILES)
    for (const delay of DELAYS_US)
      for (const n of sizes) {
        results.push(...one(rig, n, profile, delay));
        process.stderr.write(`sim: latency: ${PROFILE_NAME[profile]} ${delay / 1000} ms, ${n} nodes\n`);
      }
  return results;
}

// ── The table ──

const ms = (n: number): string => (n < 100 ? n.toFixed(1) : n.toFixed(0));
export const median = (list: readonly number[]): number => list[list.length >> 1] ?? Number.NaN;
export const worst = (list: readonly number[]): number => list[list.length - 1] ?? Number.NaN;

/** Median and, in brackets, the longest. */
function cell(list: readonly number[]): string {
  if (list.length === 0) return "–";
  return list.some(Number.isNaN) ? "not within a minute" : `${ms(median(list))} (${ms(worst(list))})`;
}

/** A row of the table: all that was measured of clusters of one size, profile and delay. */
export function rowOf(results: readonly Latency[], at: Pick<Latency, "profile" | "delayMs" | "nodes">): string {
  const cells = VICTIMS.flatMap((victim) => {
    const r = results.find((x) => x.victim === victim && x.profile === at.profile && x.nodes === at.nodes && x.delayMs === at.delayMs);
    return [cell(r?.decided ?? []), cell(r?.open ?? [])];
  });
  return `| ${at.profile} | ${at.delayMs} ms | ${at.nodes} | ${cells.join(" | ")} |`;
}

export function tableOf(results: readonly Latency[]): string {
  const head =
    "| profile | one-way delay | nodes | member: decided | gates open | master: decided | gates open |\n|---|---|---|---|---|---|---|";
  return [head, ...results.filter((r) => r.victim === "member").map((r) => rowOf(results, r))].join("\n");
}

// ── Into the documents ──

const BEGIN = "<!-- latency: made by npm run sim -- --latency -->";
const END = "<!-- end of latency -->";

/** Where the text between the marks of a document begins and ends. */
function marks(text: string): [number, number] {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`"${BEGIN}" and "${END}" are needed, in this order`);
  return [from + BEGIN.length, to];
}

export const between = (text: string): string => text.slice(...marks(text));

/** The document with another table between its marks. */
export function replaced(text: string, table: string): string {
  const [from, to] = marks(text);
  return `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`;
}

/** Prints the table, writes it into the document, draws the plot; 0 if every cluster came up and every crash was decided. */
export async function latencyMain(docs: URL): Promise<number> {
  const results = await latency();
  const table = tableOf(results);
  const document = new URL("cluster.md", docs);
  writeFileSync(document, replaced(readFileSync(document, "utf8"), table));
  writeFileSync(new URL("cluster-latency.svg", docs), svgOf(results));
  console.log(table);
  const never = results.filter((r) => r.open.length === 0 || r.open.some(Number.isNaN));
  const count = results.reduce((sum, r) => sum + r.open.length, 0);
  for (const r of never)
    console.log(`${r.profile}, ${r.delayMs} ms, ${r.nodes} nodes, ${r.victim}: the cluster does not come up, or did not decide`);
  console.log(`sim: ${count} crashes, ${never.length} rows without an end; docs/cluster.md and docs/cluster-latency.svg are written`);
  return never.length > 0 ? 4 : 0;
}
