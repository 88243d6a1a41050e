// Names on the command line against those the daemon has: a name that is none is refused with the nearest that is.

import { didYouMean } from "../config/suggest.js";
import { Refusal } from "../daemon/refusal.js";
import type { AddressReport, GroupReport, StatusReport } from "../daemon/report.js";

/** What is left when addresses are many. */
const LISTED = 20;

const list = (names: readonly string[]): string =>
  names.length <= LISTED ? names.join(", ") : `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more`;

const hostOf = (a: AddressReport): string => a.address.replace(/\/\d+$/, "");

export const groupNames = (r: StatusReport): string[] => r.groups.map((g) => g.name);
export const nicNames = (r: StatusReport): string[] => r.groups.flatMap((g) => g.members.map((m) => m.name));
export const addressNames = (r: StatusReport): string[] => r.groups.flatMap((g) => g.addresses.map(hostOf));

/** Refuses a name that is none of a kind ("group", "NIC"). */
export function requireName(kind: string, name: string, names: readonly string[]): void {
  if (!names.includes(name))
    throw new Refusal("ENODEV", `${name}: no such ${kind}${didYouMean(name, names)}; there are: ${list(names) || "none"}`);
}

/** The report narrowed to a group, a NIC or an address, with or without its prefix. */
export function narrow(report: StatusReport, name: string | undefined): StatusReport {
  if (name === undefined) return report;
  const fits = (g: GroupReport): GroupReport[] => {
    if (g.name === name) return [g];
    const members = g.members.filter((m) => m.name === name);
    if (members.length > 0) {
      const own = g.addresses.filter((a) => a.nic === name);
      return [{ ...g, members, addresses: own }];
    }
    const addresses = g.addresses.filter((a) => a.address === name || hostOf(a) === name);
    if (addresses.length === 0) return [];
    return [{ ...g, members: g.members.filter((m) => addresses.some((a) => a.nic === m.name)), addresses }];
  };
  const groups = report.groups.flatMap(fits);
  if (groups.length === 0)
    requireName("group, NIC or address", name, [...groupNames(report), ...nicNames(report), ...addressNames(report)]);
  return { ...report, groups };
}
