// The settings of a group as people write them, beside the module's GRPKEY they become.
// Invariant: the ranges and defaults are those of GRPKEY in abi/ipmp.toml (tests/config/settings.test.ts compares them).

import { ENCAP, type GRPKEY, POLICY, REBALANCE, WATCH, WEIGHT } from "../core/abi/ipmp.js";

/** Spelling of a policy in the configuration → POLICY value. */
export const POLICIES: Readonly<Record<string, number>> = {
  flow: POLICY.FLOW,
  "next-hop": POLICY.NEXT_HOP,
  source: POLICY.SOURCE,
  "active-backup": POLICY.ACTIVE_BACKUP,
  l2: POLICY.L2,
  "vlan-srcmac": POLICY.VLAN_SRCMAC,
  "round-robin": POLICY.ROUND_ROBIN,
  broadcast: POLICY.BROADCAST,
};

/** Spelling in the configuration → WATCH bit; carrier always counts. */
export const WATCHES: Readonly<Record<string, number>> = { icmp: WATCH.ICMP, "arp-nd": WATCH.RESOLVE };
/** Spelling in the configuration → value of WATCH_ALL. */
export const WATCH_MODES: Readonly<Record<string, number>> = { any: 0, all: 1 };

/** How frames get from and to a group's NICs: by the packet ring alone, or with XDP sockets beside it; "auto" is the ring. */
export const IOS = { auto: false, xdp: true, packet: false } as const;
export type Io = keyof typeof IOS;

/** Every bit of ENCAP: what flows look into unless they are told. */
const ENCAP_ALL = Object.values(ENCAP).reduce<number>((all, bit) => all | bit, 0);

export type GrpKey = keyof typeof GRPKEY;

export interface Setting {
  /** key in the configuration */
  key: string;
  /** name of the GRPKEY in the module */
  grpkey: GrpKey;
  min: number;
  max: number;
  default: number;
  /** "ms", "" for counts; for people */
  unit: string;
  doc: string;
}

/** Settings that are whole numbers. */
export const NUMBERS: readonly Setting[] = [
  {
    key: "announce_count",
    grpkey: "ANNOUNCE_COUNT",
    min: 1,
    max: 20,
    default: 5,
    unit: "",
    doc: "announcements sent for a data address that came to another NIC",
  },
  {
    key: "announce_interval_ms",
    grpkey: "ANNOUNCE_INTERVAL_MS",
    min: 10,
    max: 20_000,
    default: 2_000,
    unit: "ms",
    doc: "time between those announcements, from the second on",
  },
  {
    key: "announce_repeat_ms",
    grpkey: "ANNOUNCE_AGAIN_MS",
    min: 10,
    max: 20_000,
    default: 100,
    unit: "ms",
    doc: "time from the first of them to the second, announce_interval_ms if that is less: a peer that missed the first is back so soon",
  },
  {
    key: "conflict_probe_count",
    grpkey: "PROBE_COUNT",
    min: 0,
    max: 10,
    default: 3,
    unit: "",
    doc: "questions whether anybody else has a new data address, before it is announced",
  },
  {
    key: "conflict_probe_interval_ms",
    grpkey: "PROBE_INTERVAL_MS",
    min: 10,
    max: 20_000,
    default: 150,
    unit: "ms",
    doc: "time between those questions",
  },
  {
    key: "up_delay_ms",
    grpkey: "UP_DELAY_MS",
    min: 0,
    max: 600_000,
    default: 0,
    unit: "ms",
    doc: "carrier must last this long before a NIC counts as repaired",
  },
  {
    key: "down_delay_ms",
    grpkey: "DOWN_DELAY_MS",
    min: 0,
    max: 60_000,
    default: 0,
    unit: "ms",
    doc: "carrier must be missing this long before a NIC counts as failed",
  },
  {
    key: "flap_max",
    grpkey: "FLAP_MAX",
    min: 0,
    max: 2,
    default: 2,
    unit: "",
    doc: "repairs by carrier tolerated within flap_window_ms; one more and the NIC stays failed for the window; 0 turns damping off",
  },
  {
    key: "flap_window_ms",
    grpkey: "FLAP_WINDOW_MS",
    min: 1,
    max: 600_000,
    default: 60_000,
    unit: "ms",
    doc: "window of flap_max",
  },
  {
    key: "vxlan_port",
    grpkey: "VXLAN_PORT",
    min: 1,
    max: 65_535,
    default: 4_789,
    unit: "",
    doc: "UDP port of the VXLAN packets that flows look into",
  },
  {
    key: "announce_refresh_s",
    grpkey: "ANNOUNCE_REFRESH_S",
    min: 0,
    max: 86_400,
    default: 0,
    unit: "s",
    doc: "an address is announced again after this long though nothing happened to it; 0: never",
  },
  {
    key: "defend_interval_ms",
    grpkey: "DEFEND_INTERVAL_MS",
    min: 1_000,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "time between two defences of an address that another host claims",
  },
  {
    key: "conflict_max",
    grpkey: "CONFLICT_MAX",
    min: 0,
    max: 100,
    default: 0,
    unit: "",
    doc: "foreign claims within conflict_window_ms that an address is defended against; one more and it is given up; 0: it never is",
  },
  {
    key: "conflict_window_ms",
    grpkey: "CONFLICT_WINDOW_MS",
    min: 1_000,
    max: 600_000,
    default: 30_000,
    unit: "ms",
    doc: "window of conflict_max",
  },
  {
    key: "recovery_s",
    grpkey: "RECOVERY_S",
    min: 0,
    max: 86_400,
    default: 300,
    unit: "s",
    doc: "a duplicate address is probed for again after this long; 0: never",
  },
  {
    key: "detection_time_ms",
    grpkey: "FDT_MS",
    min: 30,
    max: 600_000,
    default: 10_000,
    unit: "ms",
    doc: "time within which probes find a failure; below 1,000 the answer times of the targets count (see operating.md)",
  },
  {
    key: "probe_fails",
    grpkey: "PROBE_FAILS",
    min: 2,
    max: 20,
    default: 5,
    unit: "",
    doc: "probes lost in a row that mean failed; the interval of probes is detection_time_ms / (probe_fails + 2)",
  },
  {
    key: "probe_repairs",
    grpkey: "PROBE_REPAIRS",
    min: 1,
    max: 40,
    default: 10,
    unit: "",
    doc: "answers in a row that mean repaired",
  },
  {
    key: "probe_quiet_ms",
    grpkey: "QUIET_MS",
    min: 0,
    max: 600_000,
    default: 40_000,
    unit: "ms",
    doc: "how long after probing began lost probes do not count, unless one has been answered",
  },
  {
    key: "probe_recovery_ms",
    grpkey: "RECOVERY_MS",
    min: 0,
    max: 3_600_000,
    default: 60_000,
    unit: "ms",
    doc: "a slow or dead target may be used again after this long",
  },
  {
    key: "probe_settling_ms",
    grpkey: "SETTLING_MS",
    min: 0,
    max: 3_600_000,
    default: 60_000,
    unit: "ms",
    doc: "a detection time that slow answers have raised is lowered again after this long",
  },
  {
    key: "probe_targets_max",
    grpkey: "TARGETS_MAX",
    min: 1,
    max: 16,
    default: 5,
    unit: "",
    doc: "targets that a NIC probes in turn, of all that there are",
  },
];

/** Settings that are yes or no. */
export interface Switch {
  /** key in the configuration */
  key: string;
  /** name of the GRPKEY in the module, which takes 0 or 1 */
  grpkey: GrpKey;
  default: boolean;
  doc: string;
}

export const SWITCHES: readonly Switch[] = [
  { key: "failback", grpkey: "FAILBACK", default: true, doc: "a repaired NIC is used again at once" },
  {
    key: "announce_on_all",
    grpkey: "ANNOUNCE_ALL",
    default: false,
    doc: "announcements leave by every other active NIC too, for networks whose switches do not see each other's frames",
  },
  {
    key: "announce_in_used_vlans",
    grpkey: "ANNOUNCE_VLANS",
    default: true,
    doc: "addresses of VLAN interfaces on the group are announced there when the NIC that stands for them changes",
  },
  {
    key: "probe_discovery",
    grpkey: "DISCOVERY",
    default: true,
    doc: "without routers and targets, hosts that answer multicast are probed",
  },
  {
    key: "probe_evidence",
    grpkey: "EVIDENCE",
    default: false,
    doc: "a probe without an answer is not lost if the NIC has received any frame since",
  },
];

/** Every setting with its default: what a group has when the configuration says nothing. */
export function defaultSettings(): Map<GrpKey, number> {
  const all = new Map<GrpKey, number>([
    ["POLICY", POLICY.FLOW],
    ["WEIGHT", WEIGHT.EQUAL],
    ["ENCAP", ENCAP_ALL],
    ["REBALANCE", REBALANCE.NEWEST],
    ["WATCH", WATCH.ICMP],
    ["WATCH_ALL", 0],
  ]);
  for (const s of SWITCHES) all.set(s.grpkey, s.default ? 1 : 0);
  for (const s of NUMBERS) all.set(s.grpkey, s.default);
  return all;
}
