// A NIC's flags have one writer, so that every change is told.

import { EVENT_IF_FLAGS } from "../../abi/ipmp";
import { eventEmit } from "../event";
import { phyintAt } from "../layout";

/** Sets and clears flags of a NIC, and tells if that changed something. */
export function flagsChange(p: u32, set: u32, clear: u32): void {
  const phyint = phyintAt(p);
  const old: u32 = phyint.flags;
  const now = (old & ~clear) | set;
  if (now == old) return;
  phyint.flags = <u8>now;
  eventEmit(EVENT_IF_FLAGS, phyint.grp, p, old, now);
}
