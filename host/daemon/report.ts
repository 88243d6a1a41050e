// The state of things as plain data for people and programs: what `holdfast status --json` prints and the control
// socket's "status" and "stats" return. Reads the module, changes nothing.
//
// Invariants: names and words, never handles or codes; times are wall-clock ISO 8601 and, beside it, seconds; a field is
// added, never renamed, within one protocol version.

import { MTU_MAX } from "../config/schema.js";
import { POLICIES } from "../config/settings.js";
import { ENCAPS, REBALANCES, WEIGHTS } from "../config/shares.js";
import {
  CAUSE_NAME,
  DROP_NAME,
  type GrpRecord,
  IPIF,
  type IpifRecord,
  type Ipmp,
  type KstatRecord,
  PG_NAME,
  PHYI,
  type PhyintRecord,
  PI_NAME,
  watchersAtWork,
} from "../core/index.js";
import type { DeviceStats } from "../io/device.js";
import { isoOf } from "./clock.js";
import { type MemberProbing, probingOf, UNPROBED, type Watcher } from "./probe_report.js";

export type Counters = Record<keyof KstatRecord, number>;

export interface MemberReport {
  name: string;
  /** "running", "failed", "offline", "init"; "absent": the NIC is not there */
  state: string;
  /** "standby", "inactive", "failed", "offline", "hwaddrdup" */
  flags: string[];
  link: boolean;
  /** families it carries: "ipv4", "ipv6" */
  active: string[];
  /** families it takes broadcast and multicast for */
  nominee: string[];
  /** families of which it has an address of its own that is up, the stub included; none: the NIC is down */
  up?: string[];
  probing?: MemberProbing;
  since: string;
  since_s: number;
  /** cause of the last change of state: "link", "admin", "group", "membership", "flap", "hwaddrdup", "detector", "none" */
  why: string;
  /** why it is absent, or not usable although present; null if there is nothing to say */
  note: string | null;
  mac: string | null;
  mtu: number | null;
  ifindex: number | null;
  /** data addresses bound to it */
  addresses: number;
  /** in effect */
  weight: number;
  /** Mbit/s; null: not known */
  speed: number | null;
  /** flow buckets of its own, by family, of LIMIT.BUCKET_MAX in all */
  buckets: Record<string, number>;
  fails: number;
  counters: Counters | null;
  /** frames lost between kernel and module, and refused on sending */
  device: { rx_dropped: number; tx_errors: number } | null;
  /** how its frames come and go: "packet", "xdp"; null: it is not there */
  io?: string | null;
  /** why not by XDP, though the configuration asks for it; null if there is nothing to say */
  io_note?: string | null;
}

export interface AddressReport {
  /** with prefix */
  address: string;
  /** "up", "down", "duplicate" */
  state: string;
  nic: string | null;
  /** NIC that it is pinned to */
  pinned: string | null;
  since: string;
  since_s: number;
  rebinds: number;
  conflicts: number;
  /** bytes sent with it as source */
  bytes: number;
}

export interface GroupReport {
  name: string;
  /** "ok", "degraded", "failed" */
  state: string;
  since: string;
  since_s: number;
  mac: string;
  mtu: number;
  families: string[];
  policy: string;
  /** "equal", "speed", "configured" */
  weight: string;
  /** "vxlan", "gre", "ip-in-ip" */
  encap: string[];
  /** "newest", "least-traffic" */
  rebalance: string;
  /** failure detection time; null: nobody probes */
  fdt_ms?: number | null;
  members: MemberReport[];
  addresses: AddressReport[];
  /** of all members, those that left included */
  counters: Counters;
  /** frames dropped by cause; causes that never occurred are left out */
  drops: Record<string, number>;
  rebinds: number;
  /** frames lost at the group interface */
  device: { rx_dropped: number; tx_errors: number };
}

export interface StatusReport {
  version: string;
  pid: number;
  started: string;
  config: string;
  groups: GroupReport[];
}

/** A member as the daemon knows it: one that is absent has no handle. */
export interface MemberView {
  name: string;
  phyint: number | null;
  note: string | null;
  device: DeviceStats | null;
  io?: string | null;
  ioNote?: string | null;
}

export interface GroupView {
  grp: number;
  members: MemberView[];
  device: DeviceStats;
}

const FAMILIES = ["ipv4", "ipv6"];
const bitsOf = (bits: number): string[] => FAMILIES.filter((_, f) => bits & (1 << f));
const seconds = (since: bigint, now: bigint): number => Math.max(0, Number((now - since) / 1_000_000n) / 1000);
const counters = (k: KstatRecord): Counters => Object.fromEntries(Object.entries(k).map(([n, v]) => [n, Number(v)])) as Counters;
const deviceOf = (d: DeviceStats) => ({ rx_dropped: d.rxDropped, tx_errors: d.txErrors });

/** Bits of PHYI as words; RUNNING is told as link. */
function flagWords(flags: number): string[] {
  return Object.entries(PHYI)
    .filter(([name, bit]) => flags & bit && name !== "RUNNING")
    .map(([name]) => name.toLowerCase());
}

/** What there is to say of test addresses that other hosts have, or null. */
function duplicates(p: PhyintRecord): string | null {
  const words = ["IPv4", "IPv6"].filter((_, f) => p.tests[f] === "duplicate");
  return words.length === 0 ? null : `another host has its ${words.join(" and ")} test address: it does not probe from there`;
}

function memberReport(view: MemberView, p: PhyintRecord | null, watchers: readonly Watcher[], now: bigint): MemberReport {
  if (p === null)
    return {
      name: view.name,
      state: "absent",
      flags: [],
      link: false,
      active: [],
      nominee: [],
      up: [],
      probing: UNPROBED,
      since: isoOf(now),
      since_s: 0,
      why: "none",
      note: view.note,
      mac: null,
      mtu: null,
      ifindex: null,
      addresses: 0,
      weight: 1,
      speed: null,
      buckets: {},
      fails: 0,
      counters: null,
      device: null,
      io: null,
      io_note: null,
    };
  const held =
    p.flapUntil === null ? null : `carrier came and went too often: held failed for another ${Math.ceil(seconds(now, p.flapUntil))} s`;
  return {
    name: view.name,
    state: PI_NAME[p.state].toLowerCase(),
    flags: flagWords(p.flags),
    link: (p.flags & PHYI.RUNNING) !== 0,
    active: FAMILIES.filter((_, f) => p.ills[f].active),
    nominee: FAMILIES.filter((_, f) => p.ills[f].nominee),
    up: FAMILIES.filter((_, f) => p.ills[f].up > 0),
    probing: watchers.length === 0 ? UNPROBED : probingOf(watchers),
    since: isoOf(p.since),
    since_s: seconds(p.since, now),
    why: CAUSE_NAME[p.cause].toLowerCase(),
    note: view.note ?? held ?? duplicates(p),
    mac: p.mac,
    mtu: p.mtu,
    ifindex: p.ifindex,
    addresses: p.ills[0].boundCount + p.ills[1].boundCount,
    weight: p.weightNow,
    speed: p.speed === 0 ? null : p.speed,
    buckets: Object.fromEntries(FAMILIES.map((name, f) => [name, p.ills[f].nbucket])),
    fails: p.fails,
    counters: counters(p.kstat),
    device: view.device && deviceOf(view.device),
    io: view.io ?? null,
    io_note: view.ioNote ?? null,
  };
}

function addressReport(a: IpifRecord, nameOf: (phyint: number) => string | null, now: bigint): AddressReport {
  return {
    address: `${a.addr}/${a.prefix}`,
    state: a.flags & IPIF.DUPLICATE ? "duplicate" : a.flags & IPIF.UP ? "up" : "down",
    nic: a.bound === null ? null : nameOf(a.bound),
    pinned: a.pin === null ? null : nameOf(a.pin),
    since: isoOf(a.boundSince),
    since_s: seconds(a.boundSince, now),
    rebinds: a.rebinds,
    conflicts: a.conflicts,
    bytes: Number(a.bytes),
  };
}

/** MTU of the group interface: the least of its families', as far as a TAP can have it; null while it has no member. */
export function groupMtu(ipmp: Ipmp, g: GrpRecord): number | null {
  const each = ([0, 1] as const).filter((f) => g.families & (1 << f)).map((f) => ipmp.illgrp(g.grp, f));
  const some = each.filter((i) => i.nif > 0).map((i) => i.mtu);
  return some.length === 0 ? null : Math.min(...some, MTU_MAX);
}

export function groupReport(ipmp: Ipmp, view: GroupView, now: bigint): GroupReport {
  const g = ipmp.grp(view.grp);
  const names = new Map(view.members.filter((m) => m.phyint !== null).map((m) => [m.phyint, m.name]));
  const members = view.members.map((m) =>
    m.phyint === null ? memberReport(m, null, [], now) : memberReport(m, ipmp.phyint(m.phyint), watchersAtWork(ipmp, m.phyint), now),
  );
  return {
    name: g.name,
    state: PG_NAME[g.state].toLowerCase(),
    since: isoOf(g.since),
    since_s: seconds(g.since, now),
    mac: g.mac,
    mtu: groupMtu(ipmp, g) ?? 0,
    families: bitsOf(g.families),
    policy: Object.keys(POLICIES).find((k) => POLICIES[k] === g.policy) ?? "flow",
    weight: Object.keys(WEIGHTS).find((k) => WEIGHTS[k] === g.weightMode) ?? "equal",
    encap: Object.keys(ENCAPS).filter((k) => ENCAPS[k] & g.encap),
    rebalance: Object.keys(REBALANCES).find((k) => REBALANCES[k] === g.rebalance) ?? "newest",
    fdt_ms: members.some((m) => (m.probing?.families.length ?? 0) > 0) ? Math.round(Number(ipmp.watch(view.grp).fdt) / 1e6) : null,
    members,
    addresses: ipmp.ipifs(view.grp).map((a) => addressReport(a, (p) => names.get(p) ?? null, now)),
    counters: counters(ipmp.grpStats(view.grp)),
    drops: Object.fromEntries(g.drops.flatMap((n, i) => (n > 0n ? [[(DROP_NAME[i] ?? String(i)).toLowerCase(), Number(n)]] : []))),
    rebinds: Number(g.rebinds),
    device: deviceOf(view.device),
  };
}
