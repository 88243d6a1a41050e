// Copies of an announcement, beyond the frame that the owner sends without a tag: in each VLAN that the group names
// (ipmp_grp_vlan), and, if the group says so or its policy is `broadcast`, by each other active member. The payload is the same,
// the owner's hardware address; the Ethernet source is the member's that sends, so no switch learns an address at a wrong port.
// Under `broadcast` each member names itself, as its ARP and ND do: the owner need not be reached from there.
//
// The first address of COPY is the one whose copies are being sent; which one is next stands in Announce.copy_vlan and
// copy_port, which are 0 when an address comes to the head. So any number of copies costs two numbers a group.

import { POLICY_BROADCAST, VLAN_MAX } from "../../abi/ipmp";
import { addrOf, craftAnnounce } from "../path/craft";
import { activeOf, announceAt, grpAt, illgrpAt, ipifAt, vlanOf } from "../layout";

// @ts-ignore: decorator
@inline function isBroadcast(g: u32): bool { return <u32>grpAt(g).policy == POLICY_BROADCAST; }

/** Whether every active member of group g announces. */
export function byAll(g: u32): bool { return announceAt(g).all != 0 || isBroadcast(g); }

/** The member that `port` names as the one that `owner`'s address is at. */
export function namedBy(g: u32, owner: u32, port: u32): u32 { return isBroadcast(g) ? port : owner; }

/** Whether group g wants copies of a family's announcements. */
export function copiesWanted(g: u32, family: u32): bool {
  return announceAt(g).nvlan != 0 || (byAll(g) && <u32>illgrpAt(g, family).nactif > 1);
}

/** Sends the next copy of address i, the head of COPY: 1, or 0 if there is none left, or -1 if the ring is full. O(MEMBER_MAX). */
export function copyOne(g: u32, i: u32): i32 {
  const ann = announceAt(g);
  const ipif = ipifAt(g, i);
  const ig = illgrpAt(g, ipif.family);
  const members: u32 = ig.nactif;
  const all = byAll(g);
  let vlan: u32 = ann.copy_vlan;
  let at: u32 = ann.copy_port;
  for (; vlan <= min<u32>(ann.nvlan, VLAN_MAX); vlan++, at = 0) {
    for (; at < members; at++) {
      const port = activeOf(ig, at);
      const bound: u32 = ipif.bound;
      // The owner has sent the one without a tag; the others send only if the group says so.
      if (port == bound ? vlan == 0 : !all) continue;
      if (!craftAnnounce(g, ipif.family, addrOf(g, i), namedBy(g, bound, port), port, vlan == 0 ? 0 : vlanOf(ann, vlan - 1))) return -1;
      ann.copy_vlan = <u16>vlan;
      ann.copy_port = <u16>(at + 1);
      return 1;
    }
  }
  return 0;
}
