// How long it takes from a crash until it is decided, and until applications may look again: in virtual time, for several
// sizes, profiles and delays of the network; a table, and a plot (docs/cluster-latency.svg).
//
// The node that dies is not the master, which is the common case, and then it is the master, which is the slower one.

import { writeFileSync } from "node:fs";
import { CONFF, ENGINE, NS, PROFILE, PROFILE_NAME, ROLE } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { GOOD } from "./canary/good.js";
import { MS, type Scenario, SEC, US } from "./types.js";
import { NoNemesis, SilentObserver } from "./world/observer.js";
import { Rig } from "./world/rig.js";
import { SimWorld } from "./world/world.js";

export const SIZES = [3, 5, 9, 32, 128] as const;
const DELAYS_US = [200, 2_000, 20_000] as const;
const PROFILES = [PROFILE.LAN, PROFILE.FAST] as const;
const SETTLE_MAX = 600 * SEC;
const WAIT_MAX = 60 * SEC;
/** 10 ms between probes, four losses */
const FAST_WAITS_MS = 40;

export interface Latency {
  profile: string;
  nodes: number;
  delayMs: number;
  victim: "member" | "master";
  /** ms from the crash; NaN = not within a minute */
  decidedMs: number;
  openMs: number;
}

function scenario(nodes: number, voters: number, profile: number, delayUs: number): Scenario {
  const net = { ...GOOD.base.net, delayNs: delayUs * US, jitterNs: (delayUs * US) / 10 };
  return {
    ...GOOD,
    name: `latency ${nodes}`,
    nodes: Array.from({ length: nodes }, (_, i) => {
      const votes = i < voters ? 1 : 0;
      return { node: i + 1, role: votes ? ROLE.VOTER : ROLE.OBSERVER, votes, site: 0, genesis: i < 128, at: 0 };
    }),
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

/** Crash → decided (by anybody) → gate open (for all that run), of one victim. */
export function measure(world: SimWorld, victim: number, every: number): { decided: number; open: number } {
  const start = world.now;
  world.crash(victim);
  const gone = (n: (typeof world.nodes)[number]) => (n.clms.nodeGet(victim)?.state ?? NS.DOWN) >= NS.KCLEANUP;
  const decided = until(world, () => running(world).some(gone), every, WAIT_MAX);
  const opened = until(world, () => running(world).every((n) => gone(n) && (n.clms.gate & 1) === 0), every, WAIT_MAX);
  return { decided: (decided - start) / MS, open: (opened - start) / MS };
}

function one(rig: Rig, nodes: number, profile: number, delayUs: number): Latency[] {
  const world = new SimWorld(rig, scenario(nodes, nodes, profile, delayUs), 7, new SilentObserver(), new NoNemesis());
  const every = profile === PROFILE.FAST ? 100 * US : MS;
  const row = { profile: PROFILE_NAME[profile].toLowerCase(), nodes, delayMs: delayUs / 1000 };
  try {
    const up = until(world, () => settled(world, nodes), 50 * MS, SETTLE_MAX);
    const master = () => running(world).find((n) => n.clms.engine === ENGINE.MASTER)?.index ?? 1;
    const results: Latency[] = [];
    for (const victim of ["member", "master"] as const) {
      const index = victim === "master" ? master() : (running(world).find((n) => n.index !== master())?.index ?? 1);
      const { decided, open } = Number.isNaN(up) ? { decided: up, open: up } : measure(world, index, every);
      results.push({ ...row, victim, decidedMs: decided, openMs: open });
      // It comes back before the next one dies: three nodes can lose only one.
      world.runUntil(world.now + SEC);
      world.start(index);
      until(world, () => settled(world, nodes), 10 * MS, 60 * SEC);
    }
    return results;
  } finally {
    world.dispose();
  }
}

/** Nobody can tell a node from a dead one when a round trip takes as long as the detector waits. */
const hopeless = (r: Latency): boolean => r.profile === "fast" && 2 * r.delayMs >= FAST_WAITS_MS;

const ms = (n: number): string => (Number.isNaN(n) ? "–" : n < 100 ? n.toFixed(1) : n.toFixed(0));

export function tableOf(results: readonly Latency[]): string {
  const head =
    "| profile | one-way delay | nodes | member: decided | gate open | master: decided | gate open |\n|---|---|---|---|---|---|---|";
  const rows = results
    .filter((r) => r.victim === "member")
    .map((r) => {
      const m = results.find((x) => x.victim === "master" && x.profile === r.profile && x.nodes === r.nodes && x.delayMs === r.delayMs);
      if (hopeless(r)) return `| ${r.profile} | ${r.delayMs} ms | ${r.nodes} | a round trip takes as long as this profile waits | | | |`;
      const cells = [r.decidedMs, r.openMs, m?.decidedMs ?? Number.NaN, m?.openMs ?? Number.NaN].map((n) => `${ms(n)} ms`);
      return `| ${r.profile} | ${r.delayMs} ms | ${r.nodes} | ${cells.join(" | ")} |`;
    });
  return [head, ...rows].join("\n");
}

const COLOURS = ["#1b6ca8", "#c8553d", "#4f772d"];

/** Lines over the number of nodes (logarithmic), one panel a profile; solid: decided, dashed: gate open. */
export function svgOf(results: readonly Latency[]): string {
  const [width, height, left, bottom, panel] = [920, 380, 60, 320, 430];
  const out: string[] = [];
  const profiles = [...new Set(results.map((r) => r.profile))];
  profiles.forEach((profile, p) => {
    const mine = results.filter((r) => r.profile === profile && r.victim === "member");
    const top = Math.max(1, ...mine.map((r) => (Number.isNaN(r.openMs) ? 0 : r.openMs))) * 1.1;
    const x0 = left + p * panel;
    const x = (n: number) => x0 + (Math.log2(n / 3) / Math.log2(128 / 3)) * (panel - 110);
    const y = (v: number) => bottom - (v / top) * 250;
    out.push(`<text x="${x0}" y="40" font-size="16">${profile}: crash of a member, one way</text>`);
    out.push(`<path d="M${x0} 60V${bottom}H${x0 + panel - 100}" fill="none" stroke="#888"/>`);
    for (const n of SIZES) out.push(`<text x="${x(n)}" y="${bottom + 20}" text-anchor="middle">${n}</text>`);
    for (const f of [0, 0.5, 1]) out.push(`<text x="${x0 - 6}" y="${y(top * f) + 4}" text-anchor="end">${Math.round(top * f)}</text>`);
    [...new Set(mine.map((r) => r.delayMs))].forEach((delay, i) => {
      const rows = mine.filter((r) => r.delayMs === delay && !Number.isNaN(r.openMs));
      const line = (of: (r: Latency) => number) => rows.map((r) => `${x(r.nodes).toFixed(1)},${y(of(r)).toFixed(1)}`).join(" ");
      const stroke = `fill="none" stroke="${COLOURS[i]}" stroke-width="2"`;
      out.push(`<polyline points="${line((r) => r.decidedMs)}" ${stroke}/>`);
      out.push(`<polyline points="${line((r) => r.openMs)}" ${stroke} stroke-dasharray="5 4"/>`);
      out.push(`<text x="${x0 + panel - 95}" y="${80 + 18 * i}" fill="${COLOURS[i]}">${delay} ms</text>`);
    });
  });
  out.push(`<text x="${left}" y="${height - 8}">nodes; ms of virtual time; solid: decided, dashed: every gate open again</text>`);
  const style = 'font-family="sans-serif" font-size="12" fill="#222"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${style}>\n<rect width="${width}" height="${height}" fill="#fff"/>\n${out.join("\n")}\n</svg>\n`;
}

export async function latency(sizes: readonly number[] = SIZES): Promise<Latency[]> {
  const rig = new Rig(await Clms.compile());
  const results: Latency[] = [];
  for (const profile of PROFILES)
    for (const delay of DELAYS_US)
      for (const n of sizes) {
        const row = {
          profile: PROFILE_NAME[profile].toLowerCase(),
          nodes: n,
          delayMs: delay / 1000,
          decidedMs: Number.NaN,
          openMs: Number.NaN,
        };
        if (hopeless({ ...row, victim: "member" })) results.push({ ...row, victim: "member" });
        else results.push(...one(rig, n, profile, delay));
        process.stderr.write(`sim: latency: ${PROFILE_NAME[profile]} ${delay / 1000} ms, ${n} nodes\n`);
      }
  return results;
}

/** Prints the table, draws the plot; 0 if every crash was decided. */
export async function latencyMain(svg: string): Promise<number> {
  const results = await latency();
  writeFileSync(svg, svgOf(results));
  console.log(tableOf(results));
  const open = results.filter((r) => Number.isNaN(r.openMs) && !hopeless(r));
  console.log(`sim: ${results.length} crashes, ${open.length} not decided within a minute; drawn in ${svg}`);
  return open.length > 0 ? 4 : 0;
}
