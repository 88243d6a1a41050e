// The configuration as the daemon uses it, and the error that refuses one.

import type { Place } from "./position.js";
import type { Target, TestAddress } from "./probing.js";
import type { GrpKey, Io } from "./settings.js";

export interface MemberConfig {
  name: string;
  standby: boolean;
  /** its share if the group's weights are "configured" */
  weight: number;
  /** where it probes from, at most one a family */
  tests: TestAddress[];
}

export interface AddressConfig {
  /** canonical text, without prefix */
  addr: string;
  prefix: number;
  /** FAMILY */
  family: number;
}

export interface GroupConfig {
  name: string;
  members: MemberConfig[];
  /** 1 IPv4, 2 IPv6, 3 both */
  families: number;
  /** every setting with its value, defaults filled in */
  settings: Map<GrpKey, number>;
  /** VLANs in which every data address is announced too, as ipmp_grp_vlan takes them */
  vlans: number[];
  /** MTU given to every member; null: each keeps its own */
  mtu: number | null;
  addresses: AddressConfig[];
  /** canonical address → the NIC it is pinned to */
  pins: Map<string, string>;
  /** next hops of routes through the group are probed */
  routers: boolean;
  /** hosts to probe by echo; by ARP and ND */
  targets: Target[];
  resolveTargets: Target[];
  /** how frames get from and to the members */
  io: Io;
}

/** Where a server listens. */
export type ListenAddress = { host: string; port: number } | { path: string };

export interface MetricsConfig {
  listen: ListenAddress | null;
  /** file for node_exporter's textfile collector */
  textfile: string | null;
  intervalS: number;
}

export interface Config {
  file: string;
  groups: GroupConfig[];
  metrics: MetricsConfig;
  /** microseconds that the packet loop goes on looking for frames under load before it sleeps */
  spinUs: number;
}

/** One thing wrong with a configuration; line 0: with the file as a whole. */
export interface Problem extends Place {
  /** the key, as in group[1].members[0].standby */
  key: string;
  /** what was found and what is allowed, in words */
  text: string;
}

/** More than this at once help nobody. */
const PROBLEMS_MAX = 100;

/** The configuration is refused; the message has one line a problem, in the order of the file. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const told = sorted.slice(0, PROBLEMS_MAX).map((p) => lineOf(file, p));
    if (sorted.length > PROBLEMS_MAX) told.push(`${file}: and ${sorted.length - PROBLEMS_MAX} problems more`);
    super(told.join("\n"));
    this.name = "ConfigError";
    this.problems = sorted;
  }
}

function lineOf(file: string, p: Problem): string {
  const place = p.line === 0 ? file : `${file}:${p.line}:${p.column}`;
  return p.key === "" ? `${place}: ${p.text}` : `${place}: ${p.key}: ${p.text}`;
}
