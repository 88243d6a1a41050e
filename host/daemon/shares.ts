// What the module is told of a NIC's share: its weight of the configuration, and its speed as the driver has it.

import type { MemberConfig } from "../config/config.js";
import { LIMIT } from "../core/index.js";
import type { Env } from "./env.js";

/** Tells both, if they are not what the module has. A speed that the driver does not know (no carrier) leaves the last one. */
export function tellShare(env: Pick<Env, "ipmp" | "net">, phyint: number, config: MemberConfig): void {
  const { ipmp, net } = env;
  const is = ipmp.phyint(phyint);
  if (is.weight !== config.weight) ipmp.phyintSet(phyint, "WEIGHT", config.weight);
  const speed = Math.min(net.speed(config.name) ?? is.speed, LIMIT.SPEED_MAX);
  if (is.speed !== speed) ipmp.phyintSet(phyint, "SPEED", speed);
}
