// Copies of an announcement, beyond the frame that the owner sends without a tag: in each VLAN that the group names
// (ipmp_grp_vlan), and, if the group says so, by each other active member. The payload is the same, the owner's hardware
// address; the Ethernet source is the member's that sends, so no switch learns an address at a wrong port.
//
// The first address of COPY is the one whose copies are being sent; which one is next stands in Announce.copy_vlan and
// copy_port, which are 0 when an address comes to the head. So any number of copies costs two numbers a group.

import { VLAN_MAX } from "../../abi/ipmp";
import { addrOf, craftAnnounce } from "../path/craft";
import { activeOf, announceAt, illgrpAt, ipifAt, vlanOf } from "../layout";

/** Whether group g wants copies of a family's announcements. */
export function copiesWanted(g: u32, family: u32): bool {
  const ann = announceAt(g);
  return ann.nvlan != 0 || (ann.all != 0 && <u32>illgrpAt(g, family).nactif > 1);
}

/** Sends the next copy of address i, the head of COPY: 1, or 0 if there is none left, or -1 if the ring is full. O(MEMBER_MAX). */
export function copyOne(g: u32, i: u32): i32 {
  const ann = announceAt(g);
  const ipif = ipifAt(g, i);
  const ig = illgrpAt(g, ipif.family);
  const members: u32 = ig.nactif;
  let vlan: u32 = ann.copy_vlan;
  let at: u32 = ann.copy_port;
  for (; vlan <= min<u32>(ann.nvlan, VLAN_MAX); vlan++, at = 0) {
    for (; at < members; at++) {
      const port = activeOf(ig, at);
      const owner = port == <u32>ipif.bound;
      // The owner has sent the one without a tag; the others send only if the group says so.
      if (owner ? vlan == 0 : ann.all == 0) continue;
      if (!craftAnnounce(g, ipif.family, addrOf(g, i), ipif.bound, port, vlan == 0 ? 0 : vlanOf(ann, vlan - 1))) return -1;
      ann.copy_vlan = <u16>vlan;
      ann.copy_port = <u16>(at + 1);
      return 1;
    }
  }
  return 0;
}
