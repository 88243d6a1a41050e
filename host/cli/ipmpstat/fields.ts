// What `ipmpstat` shows: the rows and columns of its five modes, made from the daemon's report. Pure.
//
// Invariants: names, order, widths and words are the original's (R3.1); a value that does not apply is "", one that cannot
// be told throws Untold; a configured NIC that is not there is no interface, so it is not shown.

import type { ProbeRecord } from "../../daemon/probe_report.js";
import type { AddressReport, GroupReport, MemberReport, StatusReport } from "../../daemon/report.js";
import type { Column } from "./table.js";

/** The value exists but cannot be told: shown as "?", with the reason on standard error. */
export class Untold extends Error {}

/** An address as a person or a program is to read it. */
export type NameOf = (address: string) => string;

export interface Field<Row> extends Column {
  value(row: Row, nameOf: NameOf): string;
}

export interface AddressRow {
  group: GroupReport;
  address: AddressReport;
}
export interface MemberRow {
  group: GroupReport;
  member: MemberReport;
}
export interface TargetRow {
  member: MemberReport;
  mode: string;
  testAddress: string | null;
  targets: readonly string[];
}
export interface ProbeRow {
  probe: ProbeRecord;
  /** ms since 1970 at which the output began */
  began: number;
}

const there = (g: GroupReport): MemberReport[] => g.members.filter((m) => m.state !== "absent");
const hostPart = (address: string): string => address.replace(/\/\d+$/, "");

// ── Rows ──

export const addressRows = (r: StatusReport): AddressRow[] =>
  r.groups.flatMap((group) => group.addresses.map((address) => ({ group, address })));
export const memberRows = (r: StatusReport): MemberRow[] => r.groups.flatMap((group) => there(group).map((member) => ({ group, member })));

/** A line for each family that is probed; one that says "disabled" for a NIC that probes in none. */
export const targetRows = (r: StatusReport): TargetRow[] =>
  memberRows(r).flatMap(({ member }): TargetRow[] => {
    const used = (member.probing?.families ?? []).filter((f) => f.mode !== "disabled");
    const lines = used.map((f) => ({ member, mode: f.mode, testAddress: f.test_address, targets: f.targets }));
    return lines.length > 0 ? lines : [{ member, mode: "disabled", testAddress: null, targets: [] }];
  });

/** Addresses in a report that have a name, perhaps. */
export const addressesOf = (r: StatusReport): { data: string[]; probing: string[] } => ({
  data: addressRows(r).map(({ address }) => hostPart(address.address)),
  probing: targetRows(r).flatMap((t) => [...(t.testAddress === null ? [] : [t.testAddress]), ...t.targets]),
});

// ── Columns ──

const isActive = (m: MemberReport): boolean => m.active.length > 0;
const isInactive = (m: MemberReport): boolean => m.state === "running" && m.flags.includes("inactive");

/** All active members of the address's family can send from it; none while it is not up or bound to none. */
function outbound({ group, address }: AddressRow): string {
  if (address.state !== "up" || address.nic === null) return "";
  const family = address.address.includes(":") ? "ipv6" : "ipv4";
  return there(group)
    .filter((m) => m.active.includes(family))
    .map((m) => m.name)
    .join(" ");
}

export const ADDRESS_FIELDS: readonly Field<AddressRow>[] = [
  { name: "ADDRESS", width: 26, value: ({ address }, nameOf) => nameOf(hostPart(address.address)) },
  { name: "STATE", width: 7, value: ({ address }) => (address.state === "up" ? "up" : "down") },
  { name: "GROUP", width: 12, value: ({ group }) => group.name },
  { name: "INBOUND", width: 12, value: ({ address }) => address.nic ?? "" },
  { name: "OUTBOUND", width: 23, value: outbound },
];

/** Those at work plain, those that wait in parentheses, those of no use in brackets. */
function interfaces(g: GroupReport): string {
  const members = there(g);
  const names = (keep: (m: MemberReport) => boolean): string =>
    members
      .filter(keep)
      .map((m) => m.name)
      .join(" ");
  const parts = [names(isActive), names((m) => !isActive(m) && isInactive(m)), names((m) => !isActive(m) && !isInactive(m))];
  return [parts[0], parts[1] && `(${parts[1]})`, parts[2] && `[${parts[2]}]`].filter(Boolean).join(" ");
}

export const GROUP_FIELDS: readonly Field<GroupReport>[] = [
  { name: "GROUP", width: 12, value: (g) => g.name },
  { name: "GROUPNAME", width: 12, value: (g) => g.name },
  { name: "STATE", width: 10, value: (g) => g.state },
  { name: "FDT", width: 10, value: (g) => (g.fdt_ms ? `${(g.fdt_ms / 1000).toFixed(2)}s` : "") },
  { name: "INTERFACES", width: 30, value: interfaces },
];

/** Seven places, each a letter or "-". */
function flags(m: MemberReport): string {
  if (m.up === undefined) throw new Untold(`flags of ${m.name}: the daemon does not say which of its addresses are up`);
  const places: [string, boolean][] = [
    ["i", m.flags.includes("inactive")],
    ["s", m.flags.includes("standby")],
    // one NIC takes both of IPv4's kinds
    ["m", m.nominee.includes("ipv4")],
    ["b", m.nominee.includes("ipv4")],
    ["M", m.nominee.includes("ipv6")],
    ["d", m.up.length === 0],
    ["h", m.flags.includes("hwaddrdup")],
  ];
  return places.map(([letter, set]) => (set ? letter : "-")).join("");
}

const STATES: Readonly<Record<string, string>> = { running: "ok", failed: "failed", offline: "offline" };

export const MEMBER_FIELDS: readonly Field<MemberRow>[] = [
  { name: "INTERFACE", width: 12, value: ({ member }) => member.name },
  { name: "ACTIVE", width: 8, value: ({ member }) => (isActive(member) ? "yes" : "no") },
  { name: "GROUP", width: 12, value: ({ group }) => group.name },
  { name: "FLAGS", width: 10, value: ({ member }) => flags(member) },
  { name: "LINK", width: 10, value: ({ member }) => (member.link ? "up" : "down") },
  { name: "PROBE", width: 10, value: ({ member }) => member.probing?.state ?? "disabled" },
  { name: "STATE", width: 10, value: ({ member }) => STATES[member.state] ?? "unknown" },
];

const ms = (us: number | null): string => (us === null ? "" : `${(us / 1000).toFixed(2)}ms`);

export const PROBE_FIELDS: readonly Field<ProbeRow>[] = [
  { name: "TIME", width: 10, value: ({ probe, began }) => `${((Date.parse(probe.time) - began) / 1000).toFixed(2)}s` },
  { name: "INTERFACE", width: 12, value: ({ probe }) => probe.nic },
  { name: "PROBE", width: 7, value: ({ probe }) => String(probe.id) },
  { name: "NETRTT", width: 10, value: ({ probe }) => ms(probe.net_rtt_us) },
  { name: "RTT", width: 10, value: ({ probe }) => ms(probe.rtt_us) },
  { name: "RTTAVG", width: 10, value: ({ probe }) => ms(probe.rtt_avg_us) },
  { name: "TARGET", width: 20, value: ({ probe }, nameOf) => nameOf(probe.target) },
  { name: "RTTDEV", width: 10, value: ({ probe }) => ms(probe.rtt_dev_us) },
];

export const TARGET_FIELDS: readonly Field<TargetRow>[] = [
  { name: "INTERFACE", width: 12, value: ({ member }) => member.name },
  { name: "MODE", width: 10, value: ({ mode }) => mode },
  { name: "TESTADDR", width: 20, value: ({ testAddress }, nameOf) => (testAddress === null ? "" : nameOf(testAddress)) },
  { name: "TARGETS", width: 38, value: ({ targets }, nameOf) => targets.map(nameOf).join(" ") },
];
