// The screen of `holdfast status`. Pure: a report in, text out.

import type { AddressReport, GroupReport, MemberReport, StatusReport } from "../daemon/report.js";

export interface Rate {
  out_frames: number;
  out_bits: number;
  in_frames: number;
  in_bits: number;
}

/** By NIC, a second. */
export type Rates = ReadonlyMap<string, Rate>;

/** Traffic of each NIC between two reports. A NIC that came or went in between has none. */
export function ratesBetween(before: StatusReport, after: StatusReport, seconds: number): Rates {
  const was = new Map(before.groups.flatMap((g) => g.members.map((m) => [m.name, m.counters] as const)));
  const rates = new Map<string, Rate>();
  for (const m of after.groups.flatMap((g) => g.members)) {
    const [a, b] = [was.get(m.name), m.counters];
    if (!a || !b) continue;
    const rate = (from: number, to: number): number => Math.max(0, Math.round((to - from) / seconds));
    rates.set(m.name, {
      out_frames: rate(a.opackets, b.opackets),
      out_bits: 8 * rate(a.obytes, b.obytes),
      in_frames: rate(a.ipackets, b.ipackets),
      in_bits: 8 * rate(a.rbytes, b.rbytes),
    });
  }
  return rates;
}

export function screen(report: StatusReport, rates: Rates | null): string {
  const groups = report.groups.map((g) => groupText(g, rates));
  return `${groups.join("\n")}\n`;
}

function groupText(g: GroupReport, rates: Rates | null): string {
  const head = `${g.name}: ${g.state.toUpperCase()} for ${ago(g.since_s)}, policy ${g.policy}${weightWord(g)}, MTU ${g.mtu}, ${g.families.join(" and ")}`;
  const members = table(
    ["NIC", "STATE", "LINK", "ACTIVE", "ADDR", ...(weighted(g) ? ["WEIGHT"] : []), "SINCE", "WHY", ...(rates ? ["OUT", "IN"] : [])],
    g.members.map((m) => [...memberRow(m, weighted(g)), ...(rates ? rateCells(rates.get(m.name)) : [])]),
  );
  const notes = g.members.filter((m) => m.note !== null).map((m) => `  ${m.name}: ${m.note}`);
  const addresses = g.addresses.length === 0 ? ["  no address"] : table(["ADDRESS", "STATE", "NIC", "SINCE"], g.addresses.map(addressRow));
  return [head, ...members, ...notes, ...losses(g), "", ...addresses, ""].join("\n");
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

function memberRow(m: MemberReport, weight: boolean): string[] {
  const words = m.flags.filter((f) => f === "standby" || f === "inactive" || f === "hwaddrdup");
  const state = [m.state, ...words].join(",");
  const active = m.active.length === 0 ? "-" : m.active.map((f) => f + (m.nominee.includes(f) ? "*" : "")).join(" ");
  return [
    m.name,
    state,
    m.link ? "up" : "down",
    active,
    String(m.addresses),
    ...(weight ? [String(m.weight)] : []),
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
function scaled(n: number): string {
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
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((r) => r[c].length)));
  return all.map((r) => `  ${r.map((cell, c) => cell.padEnd(widths[c])).join("  ")}`.trimEnd());
}
