// One frame from the stack, whatever it is: which member sends it. tx.ts takes the plain ones (untagged IPv4 unicast,
// TCP or UDP, no fragment) by a shorter way to the same verdict.
//
// Nothing is written but the ARP and ND payload; the Ethernet source is the caller's.

import {
  DROP_IP4_HEADER, DROP_IP6_HEADER, DROP_LINK_LOCAL, DROP_MTU, DROP_NO_ACTIVE, DROP_SHORT, FAMILY_V4, FAMILY_V6, Illgrp,
  PHYINT_MAX,
} from "../../abi/ipmp";
import { loadMac, macIsGroup } from "../../lib/be";
import { TYPE_ARP, TYPE_IP4, TYPE_IP6, ethParse, macIsLinkLocal } from "../../wire/eth";
import { IP4_LEN, IP4_PROTO, IP4_SRC, PROTO_IGMP, ip4Check, ip4IsFragment } from "../../wire/ipv4";
import { IP6_BAD, IP6_LEN, IP6_SRC, NEXT_ICMP6, ip6Check, ip6Upper } from "../../wire/ipv6";
import { MLD_DONE, MLD_V1_REPORT, MLD_V2_REPORT } from "../../wire/mld";
import { ndFixed } from "../../wire/ndp";
import { vnetGso } from "../../wire/vnet";
import { addrSlot4, addrSlot6, slotIpif } from "./addr_table";
import { txArp } from "./arp_path";
import { encapOf, flow4, flow6, flowOther } from "./flow";
import { NONE, bucketOf, grpAt, illgrpAt, ipifBytesOf, phyintAt, slotsOf } from "../layout";
import { mcastSnoop4, mcastSnoop6 } from "./mcast";
import { txNd } from "./nd_path";
import { castPort, policyPort } from "./policy";
import { bump, drop, isDrop } from "./verdict";

/** The verdict on the frame of len bytes at `at`: a phyint, or DROP. O(1) expected; reports O(their records). */
export function txFrame(g: u32, at: usize, len: u32, flags: u32): u32 {
  const head = ethParse(at, len);
  if (head < 0x100) return drop(head);
  const l3 = head & 0xff;
  const dst = loadMac(at);
  if (macIsLinkLocal(dst)) return drop(DROP_LINK_LOCAL);
  switch (head >> 8) {
    case TYPE_IP4: return txIp4(g, at, len, flags, l3, dst);
    case TYPE_IP6: return txIp6(g, at, len, flags, l3, dst);
    case TYPE_ARP: return fitting(txArp(g, at, len, l3), at, len, flags, l3);
    default: return txOther(g, at, len, flags, l3, dst);
  }
}

/** port, or DROP if the member there takes no frame that long. A superframe is cut to its MTU later. */
// @ts-ignore: decorator
@inline function fitting(port: u32, at: usize, len: u32, flags: u32, l3: u32): u32 {
  return port < PHYINT_MAX && isTooLong(port, at, len, flags, l3) ? drop(DROP_MTU) : port;
}

/** Whether the frame of len bytes at `at`, whose layer 3 begins at l3, is longer than member p may send. */
export function isTooLong(p: u32, at: usize, len: u32, flags: u32, l3: u32): bool {
  return len - l3 > phyintAt(p).mtu && !vnetGso(at, flags);
}

/** Counts bytes to the data address of a slot, if there is one. */
// @ts-ignore: decorator
@inline function countAddr(g: u32, slot: u32, len: u32): void { if (slot != 0) bump(ipifBytesOf(g), slotIpif(slot), len); }

function txIp4(g: u32, at: usize, len: u32, flags: u32, l3: u32, dst: u64): u32 {
  const ip = at + l3;
  if (len - l3 < IP4_LEN) return drop(DROP_SHORT);
  const sizes = ip4Check(ip, len - l3, vnetGso(at, flags));
  if (sizes == 0) return drop(DROP_IP4_HEADER);
  const ig = illgrpAt(g, FAMILY_V4);
  if (ig.nactif == 0) return drop(DROP_NO_ACTIVE);
  const head = sizes >> 24;
  const total = sizes & 0xff_ffff;
  const slot = addrSlot4(slotsOf(g), load<u32>(ip, IP4_SRC));
  const group = macIsGroup(dst);
  let port = group ? castPort(g, ig) : policyPort(g, FAMILY_V4, ig, at, l3, slot);
  if (port == NONE) port = bucketOf(ig, flow4(ip, head, ip + total, encapOf(grpAt(g))));
  port = fitting(port, at, len, flags, l3);
  if (isDrop(port)) return port;
  countAddr(g, slot, len);
  if (group && <u32>load<u8>(ip, IP4_PROTO) == PROTO_IGMP && !ip4IsFragment(ip)) mcastSnoop4(g, at, l3, ip + head, total - head);
  return port;
}

function txIp6(g: u32, at: usize, len: u32, flags: u32, l3: u32, dst: u64): u32 {
  const ip = at + l3;
  if (len - l3 < IP6_LEN) return drop(DROP_SHORT);
  const total = ip6Check(ip, len - l3, vnetGso(at, flags));
  if (total == 0) return drop(DROP_IP6_HEADER);
  const upper = ip6Upper(ip, total);
  if (upper == IP6_BAD) return drop(DROP_IP6_HEADER);
  const ig = illgrpAt(g, FAMILY_V6);
  if (ig.nactif == 0) return drop(DROP_NO_ACTIVE);
  const proto = upper >> 24;
  const l4 = ip + (upper & 0xff_ffff);
  const slot = addrSlot6(g, ip + IP6_SRC);
  if (proto == NEXT_ICMP6 && l4 < ip + total) {
    const control = fitting(txIcmp6(g, at, flags, l3, l4, <u32>(ip + total - l4)), at, len, flags, l3);
    if (isDrop(control)) return control;
    if (control != NOT_CONTROL) {
      countAddr(g, slot, len);
      return control;
    }
  }
  let port = macIsGroup(dst) ? castPort(g, ig) : policyPort(g, FAMILY_V6, ig, at, l3, slot);
  if (port == NONE) port = bucketOf(ig, flow6(ip, proto, l4, ip + total, encapOf(grpAt(g))));
  port = fitting(port, at, len, flags, l3);
  if (!isDrop(port)) countAddr(g, slot, len);
  return port;
}

/** txIcmp6: nothing but a packet to be sent by policy. No phyint, and no drop. */
// @ts-ignore: decorator
@inline const NOT_CONTROL: u32 = 0x1_0000;

/** Neighbour discovery goes its own way; membership reports are read in passing. */
function txIcmp6(g: u32, at: usize, flags: u32, l3: u32, icmp: usize, len: u32): u32 {
  const type = <u32>load<u8>(icmp);
  if (ndFixed(type) != 0) return txNd(g, at, flags, at + l3, icmp, len);
  if (type == MLD_V1_REPORT || type == MLD_DONE || type == MLD_V2_REPORT) mcastSnoop6(g, at, l3, icmp, len);
  return NOT_CONTROL;
}

/** A protocol that is neither IP: by either family's members, IPv4's first. */
function txOther(g: u32, at: usize, len: u32, flags: u32, l3: u32, dst: u64): u32 {
  let family = FAMILY_V4;
  let ig: Illgrp = illgrpAt(g, FAMILY_V4);
  if (ig.nactif == 0) {
    family = FAMILY_V6;
    ig = illgrpAt(g, FAMILY_V6);
    if (ig.nactif == 0) return drop(DROP_NO_ACTIVE);
  }
  let port = macIsGroup(dst) ? castPort(g, ig) : policyPort(g, family, ig, at, l3, 0);
  if (port == NONE) port = bucketOf(ig, flowOther(at));
  return fitting(port, at, len, flags, l3);
}
