// Which member sends an outgoing unicast frame, by the group's policy.
//
// The family has an active member; then so does every flow bucket, and there is a nominee.

import { Illgrp, POLICY_ACTIVE_BACKUP, POLICY_NEXT_HOP, POLICY_SOURCE } from "../../abi/ipmp";
import { slotPort } from "./addr_table";
import { NONE, bucketOf } from "../layout";
import { nexthopPort } from "./nexthop";

/**
 * slot: the source address's in the address index, 0 if it is no data address; bucket: the flow's; dst: the neighbour.
 * Under `source`, what has no binding (forwarded traffic) is spread by flow.
 */
export function policyPort(g: u32, policy: u32, family: u32, ig: Illgrp, dst: u64, slot: u32, bucket: u32): u32 {
  if (policy == POLICY_ACTIVE_BACKUP) return ig.cast_ill;
  if (policy == POLICY_NEXT_HOP) return nexthopPort(g, family, dst);
  if (policy == POLICY_SOURCE && slot != 0 && slotPort(slot) != NONE) return slotPort(slot);
  return bucketOf(ig, bucket);
}
