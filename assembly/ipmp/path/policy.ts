// Which member sends an outgoing unicast frame, by the group's policy.
//
// The family has an active member; then so does every flow bucket, and there is a nominee.

import {
  Illgrp, OUT_ALL, POLICY_ACTIVE_BACKUP, POLICY_BROADCAST, POLICY_L2, POLICY_NEXT_HOP, POLICY_ROUND_ROBIN, POLICY_SOURCE,
  POLICY_VLAN_SRCMAC,
} from "../../abi/ipmp";
import { loadMac } from "../../lib/be";
import { ETH_SRC, vlanTags } from "../../wire/eth";
import { slotPort } from "./addr_table";
import { flowBucket, flowL2 } from "./flow";
import { NONE, bucketOf, grpAt } from "../layout";
import { nexthopPort } from "./nexthop";
import { turnNext } from "../group/rotor";

/**
 * The member that sends the frame at `at`, whose layer 3 begins at l3; ALL; or NONE: the flow decides.
 * slot: the source address's in the address index, 0 if it is no data address. Under `source`, what has no binding
 * (forwarded traffic) is spread by flow.
 */
export function policyPort(g: u32, family: u32, ig: Illgrp, at: usize, l3: u32, slot: u32): u32 {
  switch (<u32>grpAt(g).policy) {
    case POLICY_ACTIVE_BACKUP: return ig.cast_ill;
    case POLICY_NEXT_HOP: return nexthopPort(g, family, loadMac(at));
    case POLICY_SOURCE: return slot != 0 ? slotPort(slot) : NONE;
    case POLICY_L2: return bucketOf(ig, flowL2(loadMac(at), loadMac(at + ETH_SRC), vlanTags(at, l3)));
    case POLICY_VLAN_SRCMAC: return bucketOf(ig, flowBucket(loadMac(at + ETH_SRC), vlanTags(at, l3)));
    case POLICY_ROUND_ROBIN: return turnNext(g, family);
    case POLICY_BROADCAST: return OUT_ALL;
    default: return NONE;
  }
}

/** The member that sends broadcast and multicast; ALL under policy `broadcast`. */
// @ts-ignore: decorator
@inline export function castPort(g: u32, ig: Illgrp): u32 {
  return <u32>grpAt(g).policy == POLICY_BROADCAST ? OUT_ALL : <u32>ig.cast_ill;
}
