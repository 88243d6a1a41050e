// The settings of a group that say how traffic is shared (GRPKEY 30 to 33), and those of a NIC.

import {
  EINVAL, ENOENT, ERANGE, GRPKEY_ENCAP, GRPKEY_REBALANCE, GRPKEY_VXLAN_PORT, GRPKEY_WEIGHT, Grp, PHYIKEY_SPEED,
  PHYIKEY_WEIGHT, REBALANCE_LEAST_TRAFFIC, SPEED_MAX, WEIGHT_CONFIGURED, WEIGHT_MAX, ENCAP_GRE, ENCAP_IPIP, ENCAP_VXLAN,
} from "../../abi/ipmp";
import { announcePump } from "./announce";
import { NONE, grpAt, page, phyintAt } from "../layout";
import { loadSettle } from "./load";
import { phyintValid } from "../valid";
import { weightSettle } from "./weight";

// @ts-ignore: decorator
@inline const ENCAP_ALL: u32 = ENCAP_VXLAN | ENCAP_GRE | ENCAP_IPIP;
/** RFC 7348 §5. */
// @ts-ignore: decorator
@inline const VXLAN_PORT: u16 = 4789;

/** What a new group has; the rest is zero. */
export function sharesDefault(grp: Grp): void {
  grp.encap = <u8>ENCAP_ALL;
  grp.vxlan_port = VXLAN_PORT;
}

/** Sets one of these keys: 0, or -EINVAL for any other key, -ERANGE. */
export function sharesSet(g: u32, key: u32, value: u32): i32 {
  const grp = grpAt(g);
  if (key == GRPKEY_WEIGHT) {
    if (value > WEIGHT_CONFIGURED) return -ERANGE;
    grp.weight_mode = <u8>value;
    weightSettle(g);
    announcePump(g);
  } else if (key == GRPKEY_ENCAP) {
    if (value > ENCAP_ALL) return -ERANGE;
    grp.encap = <u8>value;
  } else if (key == GRPKEY_VXLAN_PORT) {
    if (value == 0 || value > 0xffff) return -ERANGE;
    grp.vxlan_port = <u16>value;
  } else if (key == GRPKEY_REBALANCE) {
    if (value > REBALANCE_LEAST_TRAFFIC) return -ERANGE;
    grp.rebalance = <u8>value;
    loadSettle(g);
  } else {
    return -EINVAL;
  }
  return 0;
}

export function ipmp_phyint_set(p: u32, key: u32, value: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const phyint = phyintAt(p);
  if (key == PHYIKEY_WEIGHT) {
    if (value == 0 || value > WEIGHT_MAX) return -ERANGE;
    phyint.weight = value;
  } else if (key == PHYIKEY_SPEED) {
    if (value > SPEED_MAX) return -ERANGE;
    phyint.speed = value;
  } else {
    return -EINVAL;
  }
  page().generation += 1;
  const g: u32 = phyint.grp;
  if (g == NONE) return 0;
  weightSettle(g);
  announcePump(g);
  return 0;
}
