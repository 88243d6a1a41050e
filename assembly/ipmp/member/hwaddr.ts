// Hardware addresses of members: changed, and no longer unique.
//
// Rule (R2.10): of two members with one hardware address the later is set aside (OFFLINE and HWADDRDUP) and comes
// back by itself when its address is unique again or the other has left.

import { CAUSE_HWADDRDUP, EINVAL, ENOENT, FAMILY_V4, FAMILY_V6, PHYI_HWADDRDUP, PHYI_OFFLINE } from "../../abi/ipmp";
import { arpentRefresh } from "../group/arpent";
import { announceBound } from "../group/bind";
import { flagsChange } from "./flags";
import { PIE_OFFLINE, PIE_UNDO, piDispatch } from "./fsm";
import { grpReflect } from "../group/group";
import { NONE, grpAt, memberOf, page, phyintAt } from "../layout";
import { macIsUnicast, phyintValid } from "../valid";
import { grpSettle } from "../group/settle";

/** Whether another member of p's group, one that is not itself set aside, has p's hardware address. O(MEMBER_MAX). */
export function hwaddrTaken(p: u32): bool {
  const phyint = phyintAt(p);
  const grp = grpAt(phyint.grp);
  if (grp.mac == phyint.mac) return true;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const other = phyintAt(memberOf(grp, i));
    if (other != phyint && other.mac == phyint.mac && (<u32>other.flags & PHYI_HWADDRDUP) == 0) return true;
  }
  return false;
}

/** Takes back the members of group g that were set aside and are unique now. Returns how many. O(MEMBER_MAX²). */
export function hwaddrSettle(g: u32): u32 {
  const grp = grpAt(g);
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const p = memberOf(grp, i);
    if ((<u32>phyintAt(p).flags & PHYI_HWADDRDUP) == 0 || hwaddrTaken(p)) continue;
    flagsChange(p, 0, PHYI_HWADDRDUP);
    piDispatch(p, PIE_UNDO, CAUSE_HWADDRDUP);
    count++;
  }
  return count;
}

export function ipmp_phyint_set_mac(p: u32, mac_lo: u32, mac_hi: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const mac = <u64>mac_lo | (<u64>mac_hi << 32);
  if (!macIsUnicast(mac)) return -EINVAL;
  const phyint = phyintAt(p);
  if (phyint.mac == mac) return 0;
  phyint.mac = mac;
  page().generation += 1;
  const g: u32 = phyint.grp;
  if (g == NONE) return 0;
  grpReflect(g);
  let changed: u32 = 0;
  if ((<u32>phyint.flags & PHYI_HWADDRDUP) == 0 && hwaddrTaken(p)) {
    // One that the administrator took out already stays so; it only may not come back while it is a duplicate.
    if ((<u32>phyint.flags & PHYI_OFFLINE) == 0) {
      flagsChange(p, PHYI_HWADDRDUP, 0);
      piDispatch(p, PIE_OFFLINE, CAUSE_HWADDRDUP);
      changed = 1;
    }
  } else {
    announceBound(g, p);
    arpentRefresh(g, FAMILY_V4);
    arpentRefresh(g, FAMILY_V6);
  }
  changed |= u32(hwaddrSettle(g) != 0);
  grpSettle(g);
  return <i32>changed;
}
