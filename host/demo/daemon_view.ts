// The daemon's words (status reports, event records) as the demo's: both stages read the group through them, the
// real one over the control socket, the in-memory one from the module itself. Pure.

import type { EventRecord } from "../daemon/events.js";
import type { GroupReport, MemberReport } from "../daemon/report.js";
import type { DemoEvent, NicState, Snapshot, Tone } from "./model.js";

/** `zero` is the wall-clock time at which the stage's clock was 0. */
export function snapshotOf(report: GroupReport, at: number, zero: number): Snapshot {
  const boundSince = new Map(report.addresses.map((a) => [bare(a.address), Date.parse(a.since) - zero]));
  return { at, group: report.name, state: report.state.toUpperCase(), nics: report.members.map((m) => nicOf(m, report)), boundSince };
}

const bare = (address: string): string => address.split("/")[0];

const isLinkLocal = (address: string): boolean => address.startsWith("fe80:");

function nicOf(m: MemberReport, report: GroupReport): NicState {
  const all = report.addresses.filter((a) => a.nic === m.name && a.state === "up").map((a) => bare(a.address));
  const bound = all.filter((address) => !isLinkLocal(address));
  const v6 = (address: string): number => Number(address.includes(":"));
  return {
    name: m.name,
    link: m.link,
    state: m.state.toUpperCase(),
    addresses: bound.sort((a, b) => v6(a) - v6(b) || (a < b ? -1 : 1)),
    linkLocal: all.length > bound.length,
    outFrames: m.counters?.opackets ?? 0,
    inFrames: m.counters?.ipackets ?? 0,
  };
}

/** Events that say what another one says, what the demo did itself, or (rebind) what snapshots say address by address. */
const LEFT_OUT = new Set(["grp_change", "if_flags", "ill_active", "rebind", "none"]);
const GOOD = new Set(["up", "running", "ok", "released"]);
const BAD = new Set(["down", "failed"]);

/** The event as a line; undefined if it adds nothing. */
export function eventOf(e: EventRecord, at: number): DemoEvent | undefined {
  if (e.level === "debug" || LEFT_OUT.has(e.event)) return undefined;
  return { at, text: e.text, tone: toneOf(e) };
}

function toneOf(e: EventRecord): Tone {
  if (e.level === "warn" || e.level === "error" || BAD.has(e.new ?? "")) return "bad";
  return GOOD.has(e.new ?? "") ? "good" : "plain";
}
