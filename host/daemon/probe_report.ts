// What the reports say about probe-based failure detection: fields of the report, and the record of one probe, made from
// what the module says of a watcher and of a probe. A member nobody probes is `UNPROBED`.
//
// Invariants: the words are those of the original's tools (R2.11); times are whole microseconds; null is "there is none".

export type TargetMode = "disabled" | "routes" | "multicast";
export type ProbeState = "ok" | "failed" | "unknown" | "disabled";

/** Probing by one member in one family. */
export interface FamilyProbing {
  family: "ipv4" | "ipv6";
  mode: TargetMode;
  /** the address probes leave with; null while the mode is disabled */
  test_address: string | null;
  /** in the order in which they are probed */
  targets: string[];
}

/** Probing by one member. */
export interface MemberProbing {
  state: ProbeState;
  /** at most one of each family; one that is left out is disabled */
  families: FamilyProbing[];
}

export const UNPROBED: MemberProbing = { state: "disabled", families: [] };

/** One probe, told when it is sent and again when it is answered or given up. */
export interface ProbeRecord {
  /** when it was sent: ISO 8601 */
  time: string;
  state: "sent" | "acked" | "lost";
  group: string;
  nic: string;
  family: "ipv4" | "ipv6";
  /** its ICMP sequence number */
  id: number;
  target: string;
  /** from sending to the arrival of the answer; null unless acked */
  net_rtt_us: number | null;
  /** from sending until the answer was processed; null unless acked */
  rtt_us: number | null;
  /** of the target: smoothed round trip time and its mean deviation; null while nothing is known */
  rtt_avg_us: number | null;
  rtt_dev_us: number | null;
}

/** A watcher of one member in one family, in the module's numbers. */
export interface Watcher {
  family: 0 | 1;
  /** 0 disabled, 1 without a target, 2 answered, 3 failed */
  state: number;
  /** 0 disabled, 1 routers, 2 multicast */
  mode: number;
  addr: string | null;
  /** in firing order */
  targets: readonly { addr: string }[];
}

const STATES: readonly ProbeState[] = ["disabled", "unknown", "ok", "failed"];
const MODES: readonly TargetMode[] = ["disabled", "routes", "multicast"];
const FAMILIES = ["ipv4", "ipv6"] as const;

/**
 * A member's probing: one family that is answered is enough, one that fails counts only where none is. Of two watchers of one
 * family the first is told.
 */
export function probingOf(watchers: readonly Watcher[]): MemberProbing {
  const states = watchers.map((w) => STATES[w.state] ?? "unknown");
  const state = (["ok", "failed", "unknown"] as const).find((s) => states.includes(s)) ?? "disabled";
  const told = watchers.filter((w, i) => watchers.findIndex((v) => v.family === w.family) === i);
  const families = told.map((w) => ({
    family: FAMILIES[w.family],
    mode: MODES[w.mode] ?? "disabled",
    test_address: w.mode === 0 ? null : w.addr,
    targets: w.mode === 0 ? [] : w.targets.map((t) => t.addr),
  }));
  return { state, families };
}

/** One probe, as the module tells of it; times of the monotonic clock, in ns. */
export interface ProbeTold {
  state: ProbeRecord["state"];
  group: string;
  nic: string;
  family: 0 | 1;
  number: number;
  target: string;
  start: bigint;
  /** when it was answered or given up */
  time: bigint;
  /** when its answer came to the NIC, if the device says so */
  arrived?: bigint;
  /** ns; 0: nothing is known */
  mean: number;
  deviation: number;
}

const us = (ns: number): number => Math.round(ns / 1000);

/** `isoOf` makes wall-clock time of the monotonic. */
export function probeRecordOf(p: ProbeTold, isoOf: (ns: bigint) => string): ProbeRecord {
  const acked = p.state === "acked";
  return {
    time: isoOf(p.start),
    state: p.state,
    group: p.group,
    nic: p.nic,
    family: FAMILIES[p.family],
    id: p.number,
    target: p.target,
    net_rtt_us: acked ? us(Number((p.arrived ?? p.time) - p.start)) : null,
    rtt_us: acked ? us(Number(p.time - p.start)) : null,
    rtt_avg_us: p.mean === 0 ? null : us(p.mean),
    rtt_dev_us: p.mean === 0 ? null : us(p.deviation),
  };
}
