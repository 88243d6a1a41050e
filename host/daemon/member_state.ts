// What a member is told, and what there is to say of it.

import { PHYI } from "../core/index.js";
import type { Link } from "../net/netlink_objects.js";
import type { Rtnetlink } from "../net/rtnetlink.js";
import type { Env } from "./env.js";

/** What there is to say of a member at work, or null. */
export function noteOf(net: Rtnetlink, name: string, nic: Link): string | null {
  const master = nic.master === 0 ? null : (net.link(nic.master)?.name ?? "another interface");
  if (master !== null) return `it was put into ${master}, which takes its frames away`;
  return nic.name === name ? null : `its interface is named ${nic.name} now`;
}

/** Makes a member stand by, or no longer. */
export function setStandby({ ipmp }: Env, phyint: number, on: boolean): void {
  const { flags } = ipmp.phyint(phyint);
  if (((flags & PHYI.STANDBY) !== 0) === on) return;
  // a NIC that is inactive for want of need becomes one that stands by: the module wants that said as one change
  if (on) ipmp.setFlags(phyint, PHYI.STANDBY, flags & PHYI.INACTIVE);
  else ipmp.setFlags(phyint, 0, PHYI.STANDBY);
}
