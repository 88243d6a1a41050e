// What is broken, how soon it is to be noticed, and who takes part: the table of the suite.

import type { Contender } from "./contender.js";
import { Holdfast } from "./holdfast.js";
import { Keepalived } from "./keepalived.js";
import { OpenVSwitch, WatchedOpenVSwitch } from "./openvswitch.js";

/** A link's carrier goes; or the link carries nothing any more, and its carrier stays. */
export type FaultName = "carrier loss" | "silent loss";

export interface Entry {
  /** as it is told when it is missing */
  name: string;
  available(): boolean;
  start(): Promise<Contender>;
}

export interface Case {
  title: string;
  fault: FaultName;
  /** within this time the fault is to be noticed, milliseconds; 0: it tells of itself */
  detectionMs: number;
  /** it takes part in a quick run: what also stands on a busy machine, which BFD at 10 ms does not */
  quick?: true;
  rivals: readonly Entry[];
}

const ovs: Entry = { name: "openvswitch", available: () => OpenVSwitch.available(), start: () => OpenVSwitch.start() };
const bfd = (ms: number): Entry => ({ ...ovs, start: () => WatchedOpenVSwitch.start("openvswitch", { bfdMs: ms }) });
const lacp: Entry = { ...ovs, start: () => WatchedOpenVSwitch.start("openvswitch", { lacp: "fast" }) };
const vrrp = (ms: number): Entry => ({ name: "keepalived", available: () => Keepalived.available(), start: () => Keepalived.start(ms) });

/** Rivals notice after three missing messages: the nearest that they can be set to stands beside each of our times. */
export const CASES: readonly Case[] = [
  { title: "carrier loss", fault: "carrier loss", detectionMs: 0, quick: true, rivals: [ovs, vrrp(100)] },
  { title: "silent loss, 10 s", fault: "silent loss", detectionMs: 10_000, rivals: [] },
  { title: "silent loss, 1 s", fault: "silent loss", detectionMs: 1000, rivals: [lacp, vrrp(1000)] },
  { title: "silent loss, 100 ms", fault: "silent loss", detectionMs: 100, quick: true, rivals: [bfd(100), vrrp(100)] },
  { title: "silent loss, 30 ms", fault: "silent loss", detectionMs: 30, rivals: [bfd(10), vrrp(10)] },
];

/** Holdfast first, where it notices the fault; then the rivals. */
export function entries(of: Case): readonly Entry[] {
  const ours = { name: "holdfast", available: () => true, start: () => Holdfast.start(of.fault, of.detectionMs) };
  return [...(Holdfast.notices(of.fault) ? [ours] : []), ...of.rivals];
}
