// What the reports say about probe-based failure detection: fields of the report, and the record of one probe. Kept apart
// from report.ts because it is filled by whoever sends probes; a member nobody probes is `UNPROBED`.
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
