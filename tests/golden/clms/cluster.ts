// The line `cluster` of a scenario: who is in the first configuration, and with which settings.

import { CONFF, MODE, PROFILE } from "../../../host/core/abi/clms.js";
import type { NodeOptions } from "../../../host/core/clms_conf.js";

export interface Cluster {
  nodes: { name: string; votes: number }[];
  mode: number;
  profile: number;
  flags: number;
}

/** "1 2 3*2 mode arbiter": numbers of nodes (with votes), then options. */
export function clusterOf(words: string[]): Cluster {
  const cluster: Cluster = { nodes: [], mode: MODE.MAJORITY, profile: PROFILE.LAN, flags: CONFF.AUTO_UP };
  for (let i = 0; i < words.length; i++) {
    const [name, votes] = words[i].split("*");
    if (/^\d+$/.test(name)) cluster.nodes.push({ name, votes: Number(votes ?? 1) });
    else if (name === "mode") cluster.mode = named(MODE, words[++i]);
    else if (name === "profile") cluster.profile = named(PROFILE, words[++i]);
    else throw new Error(`${words[i]}: neither a node nor mode or profile`);
  }
  if (cluster.mode === MODE.CLASSIC) cluster.flags |= CONFF.CLASSIC_OK;
  return cluster;
}

function named(values: Readonly<Record<string, number>>, name: string): number {
  const value = values[name.toUpperCase().replaceAll("-", "_")];
  if (value === undefined) throw new Error(`${name}: there are ${Object.keys(values).join(", ").toLowerCase()}`);
  return value;
}

/** What a node of it is started with. A name with a prime is another machine under the same number. */
export function optionsOf(cluster: Cluster, name: string, first: boolean): NodeOptions {
  const node = Number.parseInt(name, 10);
  const known = cluster.nodes.some((n) => n.name === name);
  const machine = name.length > String(node).length ? node + 100 : node;
  return {
    node,
    cluster: "c1".repeat(16),
    uuid: machine.toString(16).padStart(32, "0"),
    genesis: cluster.nodes.map((n) => ({ node: Number(n.name), votes: n.votes })),
    mode: cluster.mode,
    profile: cluster.profile,
    flags: cluster.flags | (first && known ? CONFF.BOOTSTRAP : 0),
    seeds: cluster.nodes.map((n) => Number(n.name)),
  };
}
