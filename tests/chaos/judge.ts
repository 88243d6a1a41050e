// What a receiver may have missed: a silence is held against what was done to the lab, and either that explains it or it is a
// violation. Pure: times are nanoseconds of the monotonic clock.
//
// The bound: a flow is silent for at most
//     the time in which nothing could have carried it
//   + the detection time of the slowest fault that began or ended in the silence
//   + the bound of the run
//   + RESOLVE_MS if nothing could carry it meanwhile or until just before: neighbours may have been given up, and are asked
//     for again every second. (What waited is sent first, so the silence may begin when there is a way again.)
// A silence in which nothing was done has the bound of the run alone.
import type { SwitchName } from "../../host/lab/campus.js";
import type { Loss } from "./kinds.js";

/** Something that was done to the lab: when, and what it took away from when to when. */
export interface Deed {
  what: string;
  loss: Loss | undefined;
  detectionMs: number;
  began: bigint;
  /** when the end was begun, and when it was done */
  ending: bigint;
  ended: bigint;
}

/** A silence of one flow between the group and another host. */
export interface Silence {
  flow: string;
  place: Place;
  from: bigint;
  to: bigint;
}

export interface Verdict {
  silence: Silence;
  ms: number;
  /** of it, nothing could carry the flow */
  barrenMs: number;
  allowedMs: number;
  /** what was done at about that time */
  deeds: readonly string[];
}

/** The kernel's time between two questions for a neighbour (retrans_time), and a little. */
export const RESOLVE_MS = 1100;
/** What was done so long before a silence may still be its cause. */
const AFTERMATH_MS = 500;

const ns = (ms: number): bigint => BigInt(Math.round(ms * 1e6));
const ms = (span: bigint): number => Number(span) / 1e6;

/** Where a flow's other end is: at a switch, or behind the router, which is at switch b. */
export type Place = SwitchName | "beyond";

/** Whether anything can carry a flow to a place while these losses last. */
export function carries(nics: readonly { name: string; side: string }[], place: Place, losses: readonly Loss[]): boolean {
  const dead = (name: string): boolean => losses.some((l) => "switch" in l && l.switch === name);
  if (losses.some((l) => "daemon" in l) || dead(place === "beyond" ? "b" : place)) return false;
  if (place === "beyond" && losses.some((l) => "router" in l)) return false;
  const gone = (nic: string): boolean => losses.some((l) => "nic" in l && l.nic === nic);
  return nics.some((n) => !gone(n.name) && !dead(n.side));
}

/** How much of a silence nothing could have carried. */
function barren(nics: readonly { name: string; side: string }[], silence: Silence, deeds: readonly Deed[]): number {
  const inside = deeds.filter((d) => d.loss && d.began < silence.to && d.ended > silence.from);
  const clip = (t: bigint): bigint => (t < silence.from ? silence.from : t > silence.to ? silence.to : t);
  const edges = [silence.from, silence.to, ...inside.flatMap((d) => [clip(d.began), clip(d.ended)])].sort((a, b) => (a < b ? -1 : 1));
  let sum = 0n;
  for (let i = 1; i < edges.length; i++) {
    const [from, to] = [edges[i - 1], edges[i]];
    const losses = inside.filter((d) => d.began < to && d.ended > from).flatMap((d) => (d.loss ? [d.loss] : []));
    if (!carries(nics, silence.place, losses)) sum += to - from;
  }
  return ms(sum);
}

/** Judges a silence; violated if ms > allowedMs. */
export function judge(nics: readonly { name: string; side: string }[], silence: Silence, deeds: readonly Deed[], boundMs: number): Verdict {
  const near = deeds.filter((d) => [d.began, d.ending].some((t) => t < silence.to && t > silence.from - ns(AFTERMATH_MS + d.detectionMs)));
  const barrenMs = barren(nics, silence, deeds);
  const slowest = Math.max(0, ...near.map((d) => d.detectionMs));
  const since = { ...silence, from: silence.from - ns(AFTERMATH_MS) };
  const allowedMs = boundMs + slowest + barrenMs + (barren(nics, since, deeds) > 0 ? RESOLVE_MS : 0);
  return { silence, ms: ms(silence.to - silence.from), barrenMs, allowedMs, deeds: near.map((d) => d.what) };
}
