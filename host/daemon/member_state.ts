// What a member is told, and what there is to say of it.

import { PHYI } from "../core/index.js";
import type { Link } from "../net/netlink_objects.js";
import type { Env } from "./env.js";

/** What there is to say of a member at work, or null. */
export const noteOf = (name: string, nic: Link): string | null => (nic.name === name ? null : `its interface is named ${nic.name} now`);

/** What there is to say of one that somebody put into a bridge, bond, team or VRF. */
export const enslavedBy = (master = "another interface"): string =>
  `it was put into ${master}, which takes its frames; it joins again when it is taken out`;

/** Makes a member stand by, or no longer. */
export function setStandby({ ipmp }: Env, phyint: number, on: boolean): void {
  const { flags } = ipmp.phyint(phyint);
  if (((flags & PHYI.STANDBY) !== 0) === on) return;
  // a NIC that is inactive for want of need becomes one that stands by: the module wants that said as one change
  if (on) ipmp.setFlags(phyint, PHYI.STANDBY, flags & PHYI.INACTIVE);
  else ipmp.setFlags(phyint, 0, PHYI.STANDBY);
}
