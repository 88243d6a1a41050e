// The screen of `holdfast status`. Pure: a report in, text out.

import { LIMIT } from "../core/abi/ipmp.js";
import type { EventRecord } from "../daemon/events.js";
import type { AddressReport, GroupReport, MemberReport, StatusReport } from "../daemon/report.js";
import type { Rate, Rates } from "./rates.js";

/** Addresses of a group that a screen has room for; all of them are shown if they are asked for. */
const ADDRESSES_SHOWN = 16;
/** Events of a group that tell how it came to be so: these, and whatever is a warning. */
const TELLING = new Set(["grp_state", "if_state", "member_change", "flap", "conflict"]);
const EVENTS_SHOWN = 4;

export interface ScreenOptions {
  /** every address */
  all?: boolean;
  /** what happened lately, oldest first */
  events?: readonly EventRecord[];
  /** ms since 1970 */
  now?: number;
}

export function screen(report: StatusReport, rates: Rates | null, options: ScreenOptions = {}): string {
  const groups = report.groups.map((g) => groupText(g, rates, options));
  return `${groups.join("\n")}\n`;
}

function groupText(g: GroupReport, rates: Rates | null, options: ScreenOptions): string {
  const detection = g.fdt_ms ? `, detection within ${(g.fdt_ms / 1000).toFixed(2)} s` : "";
  const what = `policy ${g.policy}${weightWord(g)}, MTU ${g.mtu}, ${g.families.join(" and ")}${detection}`;
  const head = `${g.name}: ${g.state.toUpperCase()} for ${ago(g.since_s)}, ${what}`;
  const probed = g.members.some((m) => (m.probing?.state ?? "disabled") !== "disabled");
  const columns = ["NIC", "STATE", "LINK", ...(probed ? ["PROBE"] : []), "ACTIVE", "FLOWS", "ADDR", ...(weighted(g) ? ["WEIGHT"] : [])];
  const members = table(
    [...columns, "SINCE", "WHY", ...(rates ? ["OUT", "IN"] : [])],
    g.members.map((m) => [...memberRow(m, g, probed), ...(rates ? rateCells(rates.get(m.name)) : [])]),
  );
  const notes = g.members.filter((m) => m.note !== null).map((m) => `  ${m.name}: ${m.note}`);
  return [
    head,
    ...members,
    ...notes,
    ...ways(g),
    ...losses(g),
    "",
    ...addressLines(g, options.all === true),
    ...lately(g, options),
    "",
  ].join("\n");
}

function addressLines(g: GroupReport, all: boolean): string[] {
  if (g.addresses.length === 0) return ["  no address"];
  // one more would cost the line that says so
  const shown = all || g.addresses.length <= ADDRESSES_SHOWN + 1 ? g.addresses : g.addresses.slice(0, ADDRESSES_SHOWN);
  const rest = g.addresses.slice(shown.length);
  const lines = table(["ADDRESS", "STATE", "NIC", "SINCE"], shown.map(addressRow));
  if (rest.length === 0) return lines;
  const carriers = new Map<string, number>();
  for (const a of rest) carriers.set(a.nic ?? "none", (carriers.get(a.nic ?? "none") ?? 0) + 1);
  return [...lines, `  and ${rest.length} more (${[...carriers].map(([nic, n]) => `${nic} ${n}`).join(", ")}); --all shows them`];
}

/** The last events of a group, with how long ago they were. */
function lately(g: GroupReport, { events = [], now = 0 }: ScreenOptions): string[] {
  const telling = (e: EventRecord): boolean => TELLING.has(e.event) || e.level === "warn" || e.level === "error";
  const own = events.filter((e) => e.group === g.name && telling(e)).slice(-EVENTS_SHOWN);
  if (own.length === 0) return [];
  const ages = own.map((e) => ago(Math.max(0, now - Date.parse(e.time)) / 1000));
  const width = Math.max(...ages.map((a) => a.length));
  return ["", "  lately:", ...own.map((e, i) => `  ${ages[i].padStart(width)} ago  ${e.text}`)];
}

/** NICs that use XDP sockets, and why others do not that should. */
function ways(g: GroupReport): string[] {
  const by = g.members.filter((m) => m.io === "xdp").map((m) => m.name);
  const notes = g.members.flatMap((m) => (m.io_note ? [`  ${m.name}: not by XDP: ${m.io_note}`] : []));
  return [...(by.length === 0 ? [] : [`  by XDP: ${by.join(", ")}`]), ...notes];
}

/** What was dropped, by cause, and what the kernel lost or refused; nothing if that is nothing. */
function losses(g: GroupReport): string[] {
  const causes = Object.entries(g.drops).map(([cause, n]) => `${cause} ${n}`);
  const devices = [{ name: g.name, device: g.device }, ...g.members].flatMap(({ name, device }) => {
    const words = [device?.rx_dropped ? `lost ${device.rx_dropped}` : "", device?.tx_errors ? `refused ${device.tx_errors}` : ""];
    const said = words.filter(Boolean).join(", ");
    return said === "" ? [] : `  ${name}: ${said}`;
  });
  return [...(causes.length === 0 ? [] : [`  dropped: ${causes.join(", ")}`]), ...devices];
}

const weighted = (g: GroupReport): boolean => g.weight !== "equal";
const weightWord = (g: GroupReport): string => (weighted(g) ? `, weight ${g.weight}` : "");

/** Share of the group's flows, IPv4 and IPv6 apart where they differ; only where flows decide. */
function share(m: MemberReport, g: GroupReport): string {
  if (g.policy !== "flow" || m.state === "absent") return "-";
  const shares = g.families.map((f) => `${Math.round((100 * (m.buckets[f] ?? 0)) / LIMIT.BUCKET_MAX)}%`);
  return [...new Set(shares)].join(" ") || "-";
}

function memberRow(m: MemberReport, g: GroupReport, probed: boolean): string[] {
  const words = m.flags.filter((f) => f === "standby" || f === "inactive" || f === "hwaddrdup");
  const state = [m.state, ...words].join(",");
  const active = m.active.length === 0 ? "-" : m.active.map((f) => f + (m.nominee.includes(f) ? "*" : "")).join(" ");
  return [
    m.name,
    state,
    m.link ? "up" : "down",
    ...(probed ? [m.probing?.state ?? "disabled"] : []),
    active,
    share(m, g),
    String(m.addresses),
    ...(weighted(g) ? [String(m.weight)] : []),
    m.state === "absent" ? "-" : ago(m.since_s),
    m.why === "none" ? "-" : m.why,
  ];
}

function addressRow(a: AddressReport): string[] {
  const pin = a.pinned === null ? "" : a.pinned === a.nic ? " (pinned)" : ` (pinned to ${a.pinned})`;
  return [a.address, a.state, (a.nic ?? "-") + pin, a.nic === null ? "-" : ago(a.since_s)];
}

function rateCells(r: Rate | undefined): string[] {
  if (r === undefined) return ["-", "-"];
  return [`${scaled(r.out_bits)}bit/s ${scaled(r.out_frames)}f/s`, `${scaled(r.in_bits)}bit/s ${scaled(r.in_frames)}f/s`];
}

/** 1.2 k, 34 M */
export function scaled(n: number): string {
  const units = ["", "k", "M", "G", "T"];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 0.4 s, 12 s, 3 min, 5 h, 2 d */
export function ago(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Lines with aligned columns, indented. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((r) => r[c].length)));
  return all.map((r) => `  ${r.map((cell, c) => cell.padEnd(widths[c])).join("  ")}`.trimEnd());
}
