// The watchers of a NIC that probe, or would if they had a target.

import { PROBEST } from "./abi/ipmp.js";
import type { Ipmp } from "./ipmp.js";
import type { ProbeRecord } from "./probe.js";

/** By echo before by ARP and ND, IPv4 before IPv6; none of a NIC that nobody probes. Throws IpmpError ENOENT. */
export function watchersAtWork(ipmp: Ipmp, phyint: number): ProbeRecord[] {
  const all = (["ICMP", "RESOLVE"] as const).flatMap((kind) => ([0, 1] as const).map((family) => ipmp.probe(phyint, family, kind)));
  return all.filter((p) => p.state !== PROBEST.DISABLED);
}
