// What the administrator and detectors outside the module do to a NIC: flags, offline, undo-offline.

import {
  CAUSE_ADMIN, CAUSE_DETECTOR, EALREADY, EHWADDRDUP, EINVAL, EMINRED, ENODEV, ENOENT, PG_FAILED, PHYI_FAILED, PHYI_HWADDRDUP, PHYI_INACTIVE,
  PHYI_OFFLINE, PHYI_RUNNING, PHYI_STANDBY, PI_OFFLINE,
} from "../../abi/ipmp";
import { flagsChange } from "./flags";
import { PIE_LOST, PIE_OFFLINE, PIE_REPAIRED, PIE_UNDO, piDispatch } from "./fsm";
import { hwaddrTaken } from "./hwaddr";
import { NONE, grpAt, memberOf, phyintAt } from "../layout";
import { watchFails } from "../probe/inst";
import { phyintValid } from "../valid";
import { grpSettle } from "../group/settle";
import { isUsable, standbyRefresh } from "./standby";

// @ts-ignore: decorator
@inline const SETTABLE: u32 = PHYI_STANDBY | PHYI_INACTIVE | PHYI_FAILED;

export function ipmp_phyint_set_flags(p: u32, set: u32, clear: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const phyint = phyintAt(p);
  const old: u32 = phyint.flags;
  if (((set | clear) & ~SETTABLE) != 0 || (set & clear) != 0) return -EINVAL;
  // R1.9: a standby is inactive by itself; one that is inactive for another reason must not become one.
  if ((set & PHYI_STANDBY) != 0 && (old & PHYI_INACTIVE) != 0 && (old & PHYI_STANDBY) == 0) return -EINVAL;
  // A NIC that failed or is offline is not waiting to be used; without carrier, clearing FAILED does not repair it.
  // (Failing one that waits is no contradiction: it ceases to wait.)
  const repaired = (old & PHYI_RUNNING) != 0 ? clear & PHYI_FAILED : 0;
  if ((set & PHYI_INACTIVE) != 0 && (((old & ~repaired) | set) & (PHYI_FAILED | PHYI_OFFLINE)) != 0) return -EINVAL;
  if (phyint.grp == <u16>NONE) {
    if (((set | clear) & ~PHYI_STANDBY) != 0) return -ENODEV;
    flagsChange(p, set, clear);
    return phyint.flags;
  }
  let add = set & (PHYI_STANDBY | PHYI_INACTIVE);
  let drop = clear & (PHYI_STANDBY | PHYI_INACTIVE);
  if ((set & PHYI_STANDBY) != 0 && (old & (PHYI_STANDBY | PHYI_FAILED | PHYI_OFFLINE)) == 0) add |= PHYI_INACTIVE;
  // Of one that is none there is nothing to clear: a NIC that is held back without failback stays so.
  if ((clear & old & PHYI_STANDBY) != 0) drop |= PHYI_INACTIVE;
  flagsChange(p, add, drop);
  if (((set | clear) & PHYI_STANDBY) != 0) standbyRefresh(phyint.grp, p);
  if ((set & PHYI_FAILED) != 0) piDispatch(p, PIE_LOST, CAUSE_DETECTOR);
  // Either method failing means failed, both must be good to be repaired (R2.5).
  if ((clear & PHYI_FAILED) != 0 && (old & PHYI_RUNNING) != 0 && !watchFails(p)) piDispatch(p, PIE_REPAIRED, CAUSE_DETECTOR);
  grpSettle(phyint.grp);
  return phyint.flags;
}

/** Members of p's group other than p that could do its work: usable ones, in a FAILED group any that is not offline (R2.10). */
function othersLeft(p: u32): u32 {
  const grp = grpAt(phyintAt(p).grp);
  const any = <u32>grp.state == PG_FAILED;
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const q = memberOf(grp, i);
    if (q != p && (isUsable(q) || (any && <u32>phyintAt(q).state != PI_OFFLINE))) count++;
  }
  return count;
}

export function ipmp_phyint_offline(p: u32, min_redundancy: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const phyint = phyintAt(p);
  if (phyint.grp == <u16>NONE) return -ENODEV;
  if (<u32>phyint.state == PI_OFFLINE) return -EALREADY;
  if (othersLeft(p) < min_redundancy) return -EMINRED;
  // Delay and damping go on meanwhile: what they end in shows in the FAILED flag, and so when it comes back.
  piDispatch(p, PIE_OFFLINE, CAUSE_ADMIN);
  grpSettle(phyint.grp);
  return 0;
}

export function ipmp_phyint_undo_offline(p: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const phyint = phyintAt(p);
  const g: u32 = phyint.grp;
  if (g == NONE) return -ENODEV;
  if (<u32>phyint.state != PI_OFFLINE) return -EINVAL;
  if ((<u32>phyint.flags & PHYI_HWADDRDUP) != 0 || hwaddrTaken(p)) return -EHWADDRDUP;
  piDispatch(p, PIE_UNDO, CAUSE_ADMIN);
  grpSettle(g);
  return 0;
}
