// The picture of `holdfast top`: a sample of rates in, text or JSON out. Pure.
//
// Invariants: never more lines or columns than the terminal has; what does not fit is counted, not dropped in silence;
// NICs keep their places, addresses stand by traffic.

import type { StatusReport } from "../daemon/report.js";
import { addressRates, type Rate, ratesBetween } from "./rates.js";
import { scaled, table } from "./screen.js";

export interface TopMember extends Rate {
  name: string;
  state: string;
  link: boolean;
  addresses: number;
}
export interface TopAddress {
  address: string;
  nic: string | null;
  out_bits: number;
}
export interface TopGroup extends Rate {
  name: string;
  state: string;
  members: TopMember[];
  addresses: TopAddress[];
}
export interface TopSample {
  time: string;
  seconds: number;
  groups: TopGroup[];
}

const NOTHING: Rate = { out_frames: 0, out_bits: 0, in_frames: 0, in_bits: 0 };

const sum = (rates: readonly Rate[]): Rate =>
  rates.reduce(
    (a, b) => ({
      out_frames: a.out_frames + b.out_frames,
      out_bits: a.out_bits + b.out_bits,
      in_frames: a.in_frames + b.in_frames,
      in_bits: a.in_bits + b.in_bits,
    }),
    NOTHING,
  );

/** What happened between two reports. */
export function sampleOf(before: StatusReport, after: StatusReport, seconds: number, time: string): TopSample {
  const nics = ratesBetween(before, after, seconds);
  const addresses = addressRates(before, after, seconds);
  const groups = after.groups.map((g) => {
    const members = g.members.map((m) => ({
      name: m.name,
      state: m.state,
      link: m.link,
      addresses: m.addresses,
      ...(nics.get(m.name) ?? NOTHING),
    }));
    const own = g.addresses.map((a) => ({ address: a.address, nic: a.nic, out_bits: addresses.get(`${g.name} ${a.address}`) ?? 0 }));
    return { name: g.name, state: g.state, ...sum(members), members, addresses: own.sort((a, b) => b.out_bits - a.out_bits) };
  });
  return { time, seconds, groups };
}

const bits = (n: number): string => `${scaled(n)}bit/s`;
const frames = (n: number): string => `${scaled(n)}f/s`;
const percent = (part: number, whole: number): string => (whole === 0 ? "-" : `${Math.round((100 * part) / whole)}%`);

/** Rows a group may have for its addresses if each is to have its share of the screen. */
const ADDRESSES_LEAST = 2;

function groupLines(g: TopGroup, addressRows: number): string[] {
  const head = `${g.name} ${g.state.toUpperCase()}  out ${bits(g.out_bits)} ${frames(g.out_frames)}  in ${bits(g.in_bits)} ${frames(g.in_frames)}`;
  const members = table(
    ["NIC", "STATE", "LINK", "OUT", "", "SHARE", "IN", "", "SHARE", "ADDR"],
    g.members.map((m) => [
      m.name,
      m.state,
      m.link ? "up" : "down",
      bits(m.out_bits),
      frames(m.out_frames),
      percent(m.out_bits, g.out_bits),
      bits(m.in_bits),
      frames(m.in_frames),
      percent(m.in_bits, g.in_bits),
      String(m.addresses),
    ]),
  );
  const shown = g.addresses.length <= addressRows ? g.addresses : g.addresses.slice(0, Math.max(1, addressRows - 1));
  const addresses = table(
    ["ADDRESS", "NIC", "OUT"],
    shown.map((a) => [a.address, a.nic ?? "-", bits(a.out_bits)]),
  );
  const more = g.addresses.length > shown.length ? [`  and ${g.addresses.length - shown.length} more with less`] : [];
  return [head, ...members, ...(shown.length > 0 ? addresses : []), ...more, ""];
}

/** Lines for a terminal of this size; without limits all there is. */
export function topLines(sample: TopSample, size: { rows: number; columns: number }): string[] {
  const fixed = sample.groups.reduce((n, g) => n + g.members.length + 4, 1);
  const each = Math.floor((size.rows - fixed) / Math.max(1, sample.groups.length));
  const lines = [
    `holdfast top  ${sample.time}  over ${sample.seconds.toFixed(1)} s`,
    ...sample.groups.flatMap((g) => groupLines(g, Math.max(ADDRESSES_LEAST, each))),
  ];
  if (lines.length <= size.rows) return lines.map((l) => l.slice(0, size.columns));
  const kept = lines.slice(0, Math.max(0, size.rows - 1));
  return [...kept, `… ${lines.length - kept.length} lines more: a larger terminal, or a name behind "top"`]
    .slice(0, size.rows)
    .map((l) => l.slice(0, size.columns));
}
