// How a group shares its traffic, as people write it: weights, what flows look into, which address moves, pins.
// Invariant: what is a matter of one value is in the schema; what is one of several is judged here.

import { isIPv4, isIPv6 } from "node:net";
import { formatIp, parseIp } from "../core/address.js";
import { ENCAP, FAMILY, REBALANCE, WEIGHT } from "../core/index.js";
import type { MemberConfig } from "./config.js";
import type { Report } from "./semantics.js";
import type { GrpKey } from "./settings.js";

/** Spelling in the configuration → WEIGHT, ENCAP, REBALANCE value. */
export const WEIGHTS: Readonly<Record<string, number>> = { equal: WEIGHT.EQUAL, speed: WEIGHT.SPEED, configured: WEIGHT.CONFIGURED };
export const ENCAPS: Readonly<Record<string, number>> = { vxlan: ENCAP.VXLAN, gre: ENCAP.GRE, "ip-in-ip": ENCAP.IPIP };
export const REBALANCES: Readonly<Record<string, number>> = {
  newest: REBALANCE.NEWEST,
  "least-traffic": REBALANCE.LEAST_TRAFFIC,
};

export interface RawShares {
  members: (string | { weight?: number })[];
  weight?: string;
  encap?: string[];
  rebalance?: string;
  pins?: Record<string, string>;
}

/** Fills in the settings of group i that are about shares. A member's weight counts unless the group has others; then it is refused. */
export function readShares(g: RawShares, i: number, settings: Map<GrpKey, number>, report: Report): void {
  const given = g.members.flatMap((m, j) => (typeof m !== "string" && m.weight !== undefined ? [j] : []));
  const mode = g.weight ?? (given.length > 0 ? "configured" : "equal");
  settings.set("WEIGHT", WEIGHTS[mode]);
  if (mode !== "configured")
    for (const j of given)
      report(
        ["group", i, "members", j, "weight"],
        `found a weight, but the group's are "${mode}"; allowed: weights of NICs with weight = "configured"`,
      );
  if (g.encap !== undefined)
    settings.set(
      "ENCAP",
      g.encap.reduce((bits, e) => bits | ENCAPS[e], 0),
    );
  if (g.rebalance !== undefined) settings.set("REBALANCE", REBALANCES[g.rebalance]);
}

/** Reads the pins of group i: canonical address → NIC. What cannot be is reported and left out. */
export function readPins(g: RawShares, i: number, families: number, members: readonly MemberConfig[], report: Report): Map<string, string> {
  const pins = new Map<string, string>();
  for (const [text, nic] of Object.entries(g.pins ?? {})) {
    const at = ["group", i, "pins", text];
    const family = isIPv4(text) ? FAMILY.V4 : isIPv6(text) && !text.includes("%") ? FAMILY.V6 : null;
    if (family === null) {
      report(at, `found "${text}"; allowed: an address without prefix, as in "192.0.2.10" or "2001:db8::10"`);
      continue;
    }
    const addr = formatIp(parseIp(text).bytes16, family);
    if (!(families & (1 << family)))
      report(
        at,
        `found "${text}", but the group does not carry ${family === FAMILY.V4 ? "IPv4" : "IPv6"}; allowed: addresses of its families`,
      );
    else if (!members.some((m) => m.name === nic))
      report(at, `found "${nic}", which is not in the group; allowed: ${members.map((m) => m.name).join(", ")}`);
    else if (pins.has(addr)) report(at, `found "${text}" a second time; allowed: each address once`);
    else pins.set(addr, nic);
  }
  return pins;
}
