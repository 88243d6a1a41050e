// Traffic between two reports, by NIC and by data address. Pure.
//
// Invariants: rates are whole numbers a second and never negative; what came or went in between has none.

import type { StatusReport } from "../daemon/report.js";

export interface Rate {
  out_frames: number;
  out_bits: number;
  in_frames: number;
  in_bits: number;
}

/** By NIC, a second. */
export type Rates = ReadonlyMap<string, Rate>;

const perSecond = (from: number, to: number, seconds: number): number => Math.max(0, Math.round((to - from) / seconds));

/** Traffic of each NIC. */
export function ratesBetween(before: StatusReport, after: StatusReport, seconds: number): Rates {
  const was = new Map(before.groups.flatMap((g) => g.members.map((m) => [m.name, m.counters] as const)));
  const rates = new Map<string, Rate>();
  for (const m of after.groups.flatMap((g) => g.members)) {
    const [a, b] = [was.get(m.name), m.counters];
    if (!a || !b) continue;
    rates.set(m.name, {
      out_frames: perSecond(a.opackets, b.opackets, seconds),
      out_bits: 8 * perSecond(a.obytes, b.obytes, seconds),
      in_frames: perSecond(a.ipackets, b.ipackets, seconds),
      in_bits: 8 * perSecond(a.rbytes, b.rbytes, seconds),
    });
  }
  return rates;
}

/** Bits a second sent with each data address as source, by address with prefix, within its group. */
export function addressRates(before: StatusReport, after: StatusReport, seconds: number): ReadonlyMap<string, number> {
  const was = new Map(before.groups.flatMap((g) => g.addresses.map((a) => [`${g.name} ${a.address}`, a.bytes] as const)));
  const rates = new Map<string, number>();
  for (const g of after.groups)
    for (const a of g.addresses) {
      const from = was.get(`${g.name} ${a.address}`);
      if (from !== undefined) rates.set(`${g.name} ${a.address}`, 8 * perSecond(from, a.bytes, seconds));
    }
  return rates;
}
