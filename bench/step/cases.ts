// What the step suite measures: which event, at whom, in how large a cluster.

import { MSG } from "../../host/core/abi/clms.js";

export interface ClusterSize {
  name: string;
  voters: number;
  /** nodes in all; those that do not vote are observers */
  nodes: number;
  /** records that are decided one after the other in an op */
  records: number;
}

export interface StepCase {
  name: string;
  /** who handles the event: the master, or a voter that follows it */
  at: "master" | "member";
  /**
   * Where the events come from. quiet: what arrives while nothing happens, heartbeats and probes; records: what arrives
   * while one record after the other is decided; none: calls of the host itself.
   */
  from: "quiet" | "records" | "none";
  /** MSG of the events that are replayed; of the others there are none in the op */
  kind: number;
  /** export that is called instead */
  call?: "advance" | "gate" | "token" | "stamp" | "history";
  unit: "ns/event" | "µs/record";
  /** the goal of this kind of event, in ns */
  goal?: number;
}

const GOAL = 2000;

export const CASES: readonly StepCase[] = [
  { name: "heartbeat", at: "member", from: "quiet", kind: MSG.COMMIT, unit: "ns/event", goal: GOAL },
  { name: "stage", at: "member", from: "records", kind: MSG.STAGE, unit: "ns/event", goal: GOAL },
  { name: "ack", at: "master", from: "quiet", kind: MSG.ACK, unit: "ns/event", goal: GOAL },
  { name: "record", at: "master", from: "records", kind: MSG.ACK, unit: "µs/record" },
  { name: "probe", at: "member", from: "quiet", kind: MSG.PROBE, unit: "ns/event" },
  { name: "time", at: "member", from: "none", kind: 0, call: "advance", unit: "ns/event" },
  { name: "time, master", at: "master", from: "none", kind: 0, call: "advance", unit: "ns/event" },
  { name: "gate", at: "member", from: "none", kind: 0, call: "gate", unit: "ns/event" },
  { name: "token", at: "member", from: "none", kind: 0, call: "token", unit: "ns/event" },
  { name: "stamp", at: "member", from: "none", kind: 0, call: "stamp", unit: "ns/event" },
  { name: "history", at: "member", from: "none", kind: 0, call: "history", unit: "ns/event" },
];

const voters = (n: number): ClusterSize => ({ name: `${n} voters`, voters: n, nodes: n, records: 32 });

export function allSizes(): ClusterSize[] {
  return [voters(3), voters(5), voters(32), voters(128), { name: "32 voters of 1,000", voters: 32, nodes: 1000, records: 4 }];
}

/** Enough to see that every case works. */
export function quickSizes(): ClusterSize[] {
  return [voters(3), { name: "5 voters of 12", voters: 5, nodes: 12, records: 8 }];
}
