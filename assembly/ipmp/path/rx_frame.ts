// One frame from the wire, whatever it is: whether the stack gets it. rx.ts takes the plain ones (untagged IPv4 to the
// receiving member's own address) by a shorter way to the same verdict.
//
//   reflected                          dropped: the switch sent our own frame back
//   to the receiving member            the stack's
//   to a member that cannot receive    the stack's, on the family's nominee: the switch floods what it has no port for,
//   (no carrier, offline)              and peers send there until they have learnt the new address. One that is out of use
//                                      and has its carrier takes its frames itself, or the stack would have them twice
//   to the group's own address         the stack's, on the family's nominee: a DHCP server sends to the address that its
//                                      client names (RFC 2131 §4.1), which no switch has learnt and so floods
//   probes, test address of a member   taken (probe/recv.ts), on that member only
//   ARP request, solicitation          answered or the stack's, once over all members (arp_path.ts, nd_path.ts)
//   other broadcast and multicast      the stack's, on the family's nominee only (R1.7)
//   to another host                    dropped

import {
  DROP_IP4_HEADER, DROP_IP6_HEADER, DROP_LINK_LOCAL, DROP_NOT_NOMINEE, DROP_OTHER_HOST, DROP_REFLECTED, DROP_SHORT,
  DROP_SOURCE_MAC, FAMILY_V4, FAMILY_V6, OUT_DELIVER, PHYI_OFFLINE, PHYI_RUNNING,
} from "../../abi/ipmp";
import { loadMac, macIsGroup } from "../../lib/be";
import { ETH_SRC, TYPE_ARP, TYPE_IP4, TYPE_IP6, ethParse, macIsLinkLocal } from "../../wire/eth";
import { IP4_LEN, IP4_PROTO, PROTO_IGMP, ip4Check, ip4IsFragment } from "../../wire/ipv4";
import { IP6_BAD, IP6_LEN, NEXT_ICMP6, ip6Check, ip6Upper } from "../../wire/ipv6";
import { MLD_QUERY } from "../../wire/mld";
import { ND_NA, ND_NS } from "../../wire/ndp";
import { vnetChecked, vnetGso } from "../../wire/vnet";
import { rxArp } from "./arp_path";
import { NONE, grpAt, illAt, illgrpAt, phyintAt } from "../layout";
import { mcastHear4, mcastHear6 } from "./mcast";
import { rxNd } from "./nd_path";
import { macIsOwn, memberWith } from "./own";
import { NOT_PROBE, probeReceive } from "../probe/recv";
import { drop } from "./verdict";

/** The family whose members carry an EtherType; of one that is neither IP, IPv4's if it has a nominee. */
function familyOf(g: u32, type: u32): u32 {
  if (type == TYPE_IP6) return FAMILY_V6;
  if (type == TYPE_IP4 || type == TYPE_ARP || <u32>illgrpAt(g, FAMILY_V4).cast_ill != NONE) return FAMILY_V4;
  return FAMILY_V6;
}

/** Whether unicast to dst, not member p's, is to be taken by p all the same. */
function isStandIn(g: u32, p: u32, family: u32, dst: u64): bool {
  if (<u32>illgrpAt(g, family).cast_ill != p) return false;
  if (dst == grpAt(g).mac) return true;
  const owner = memberWith(g, dst);
  return owner != NONE && !illAt(owner, family).active && (phyintAt(owner).flags & (PHYI_RUNNING | PHYI_OFFLINE)) != PHYI_RUNNING;
}

/** The verdict on the frame of len bytes at `at` that member p has received: DELIVER, CONSUMED or DROP. */
export function rxFrame(g: u32, p: u32, at: usize, len: u32, flags: u32): u32 {
  const head = ethParse(at, len);
  if (head == DROP_SHORT) return drop(DROP_SHORT);
  const dst = loadMac(at);
  const src = loadMac(at + ETH_SRC);
  if (src == 0 || macIsGroup(src)) return drop(DROP_SOURCE_MAC);
  if (macIsOwn(g, src)) return drop(DROP_REFLECTED);
  if (macIsLinkLocal(dst)) return drop(DROP_LINK_LOCAL);
  if (head < 0x100) return drop(head);
  const type = head >> 8;
  const l3 = head & 0xff;
  const family = familyOf(g, type);
  const group = macIsGroup(dst);
  if (!group && dst != phyintAt(p).mac && !isStandIn(g, p, family, dst)) return drop(DROP_OTHER_HOST);
  if ((phyintAt(p).test | phyintAt(p).probing) != 0) {
    const verdict = probeReceive(g, p, at, len, flags, type, l3);
    if (verdict != NOT_PROBE) return verdict;
  }
  if (type == TYPE_ARP) return rxArp(g, p, at, len, l3, group);
  if (type == TYPE_IP6) return rxIp6(g, p, at, len, flags, l3, group);
  if (type == TYPE_IP4) {
    if (len - l3 < IP4_LEN) return drop(DROP_SHORT);
    const ip = at + l3;
    const sizes = ip4Check(ip, len - l3, vnetGso(at, flags));
    if (sizes == 0) return drop(DROP_IP4_HEADER);
    if (<u32>load<u8>(ip, IP4_PROTO) == PROTO_IGMP && <u32>illgrpAt(g, FAMILY_V4).cast_ill == p && !ip4IsFragment(ip))
      mcastHear4(g, at, l3, ip + (sizes >> 24), (sizes & 0xff_ffff) - (sizes >> 24));
  }
  return group && <u32>illgrpAt(g, family).cast_ill != p ? drop(DROP_NOT_NOMINEE) : OUT_DELIVER;
}

function rxIp6(g: u32, p: u32, at: usize, len: u32, flags: u32, l3: u32, group: bool): u32 {
  const ip = at + l3;
  if (len - l3 < IP6_LEN) return drop(DROP_SHORT);
  const total = ip6Check(ip, len - l3, vnetGso(at, flags));
  if (total == 0) return drop(DROP_IP6_HEADER);
  const upper = ip6Upper(ip, total);
  if (upper == IP6_BAD) return drop(DROP_IP6_HEADER);
  const offset = upper & 0xff_ffff;
  if (upper >> 24 == NEXT_ICMP6 && offset < total) {
    const type = <u32>load<u8>(ip + offset);
    if (type == MLD_QUERY && <u32>illgrpAt(g, FAMILY_V6).cast_ill == p)
      mcastHear6(g, at, l3, ip + offset, total - offset, vnetChecked(at, flags));
    if (type == ND_NS || type == ND_NA) return rxNd(g, p, at, flags, l3, ip + offset, total - offset, group);
  }
  return group && <u32>illgrpAt(g, FAMILY_V6).cast_ill != p ? drop(DROP_NOT_NOMINEE) : OUT_DELIVER;
}
