// Frames that the module itself writes, into the control ring: answers, announcements, conflict probes, reports.
//
// Invariants: a frame leaves by a member with that member's hardware address as Ethernet source, so that switches learn
// its port; the hardware address in the payload is the answer (whom to send to), which may be another member's.
// All return false, and have written nothing, if the control ring is full.

import {
  Arpent_addr_OFF, CTL_FRAME_MAX, CTLK_ANNOUNCE, CTLK_ANSWER, CTLK_DEFEND, CTLK_PROBE, CTLK_REPORT, FAMILY_V4, FAMILY_V6,
  Ipif_addr_OFF, MCAST_SRC_MAX,
} from "../../abi/ipmp";
import { MAC_BROADCAST, copy16, storeMac, zero16 } from "../../lib/be";
import { ARP_LEN, ARP_REPLY, ARP_REQUEST, arpWrite } from "../../wire/arp";
import { ETH_LEN, ETH_MIN, ETH_SRC, TYPE_ARP, TYPE_IP4, TYPE_IP6, vlanWrite } from "../../wire/eth";
import { icmp6Seal } from "../../wire/icmp6";
import { IGMP_V3_ROUTERS, igmpWrite, igmpWrite3 } from "../../wire/igmp";
import { ip4WriteIgmp } from "../../wire/ipv4";
import { IP6_DST, IP6_LEN, IP6_SRC, NEXT_HOPOPTS, NEXT_ICMP6, ip6Write } from "../../wire/ipv6";
import { MLD_ALERT_LEN, MLD_RECORD_LEN, MLD_V2_LEN, mldWrite, mldWrite2, mldWriteAlert } from "../../wire/mld";
import {
  ALL_NODES_HI, ALL_NODES_LO, NA_OVERRIDE, NA_ROUTER, NA_SOLICITED, ND_FLAGS, ND_HOPS, ND_LEN, ND_NA, ND_NS, ND_TARGET,
  OPT_TLLA,
} from "../../wire/ndp";
import { ctlCommit, ctlReserve } from "../ctl";
import { NONE, arpentAt, ipifAt, phyintAt } from "../layout";
import { isRouter } from "./own";
import { countTx } from "./verdict";

/** 33:33:00:00:00:01, where ff02::1 is sent to (RFC 2464 §7). */
// @ts-ignore: decorator
@inline const ALL_NODES_MAC: u64 = 0x0100_0000_3333;

/** Bytes of the longest report: MLD version 2, behind two tags, with all the sources that are remembered. */
// @ts-ignore: decorator
@inline const REPORT_MAX: u32 = ETH_LEN + 8 + IP6_LEN + MLD_ALERT_LEN + MLD_V2_LEN + MLD_RECORD_LEN + (MCAST_SRC_MAX << 4);
if (REPORT_MAX > CTL_FRAME_MAX) ERROR("a control frame holds any report whole");

// @ts-ignore: decorator
@inline export function addrOf(g: u32, i: u32): usize { return changetype<usize>(ipifAt(g, i)) + Ipif_addr_OFF; }

/** The Ethernet address of a raw IPv4 multicast group: 01:00:5e and its last 23 bits (RFC 1112 §6.4). */
// @ts-ignore: decorator
@inline function groupMac4(group: u32): u64 { return 0x5e_0001 | (<u64>(group & 0xffff_7f00) << 16); }

/** Begins a frame to `dst` in the VLANs of `tags`; returns where it stands, or 0. Its header is ETH_LEN + 4 bytes a tag. */
export function begin(g: u32, port: u32, kind: u32, dst: u64, tags: u32, type: u32): usize {
  const at = ctlReserve(port, g, kind);
  if (at == 0) return 0;
  storeMac(at, dst);
  storeMac(at + ETH_SRC, phyintAt(port).mac);
  vlanWrite(at, tags, type);
  return at;
}

// @ts-ignore: decorator
@inline function headLen(tags: u32): u32 { return ETH_LEN + (tags == 0 ? 0 : tags >> 16 ? 8 : 4); }

/** Publishes the frame begun last and counts it as sent by its member. */
export function finish(port: u32, dst: u64, len: u32): bool {
  ctlCommit(len);
  countTx(port, dst, max<u32>(len, ETH_MIN));
  return true;
}

export function sendArp(g: u32, port: u32, kind: u32, dst: u64, tags: u32, op: u32, sha: u64, spa: u32, tha: u64, tpa: u32): bool {
  const at = begin(g, port, kind, dst, tags, TYPE_ARP);
  if (at == 0) return false;
  arpWrite(at + headLen(tags), op, sha, spa, tha, tpa);
  return finish(port, dst, headLen(tags) + ARP_LEN);
}

/**
 * A neighbour advertisement for the address at `target` with hardware address mac, to the address at `to`,
 * or to all nodes if that is 0 or the unspecified address.
 */
export function sendAdvert(g: u32, port: u32, kind: u32, dst: u64, tags: u32, mac: u64, target: usize, to: usize, flags: u32): bool {
  const all = to == 0 || zero16(to);
  if (dst == 0) dst = ALL_NODES_MAC;
  const at = begin(g, port, kind, dst, tags, TYPE_IP6);
  if (at == 0) return false;
  const ip = at + headLen(tags);
  ip6Write(ip, ND_LEN + 8, NEXT_ICMP6, ND_HOPS);
  copy16(ip + IP6_SRC, target);
  if (all) {
    store<u64>(ip, ALL_NODES_LO, IP6_DST);
    store<u64>(ip, ALL_NODES_HI, IP6_DST + 8);
  } else copy16(ip + IP6_DST, to);
  const nd = ip + IP6_LEN;
  store<u8>(nd, <u8>ND_NA);
  store<u8>(nd, <u8>(flags | (all ? 0 : NA_SOLICITED) | (isRouter(g) ? NA_ROUTER : 0)), ND_FLAGS);
  copy16(nd + ND_TARGET, target);
  store<u8>(nd, <u8>OPT_TLLA, ND_LEN);
  store<u8>(nd, 1, ND_LEN + 1);
  storeMac(nd + ND_LEN + 2, mac);
  icmp6Seal(ip, nd, ND_LEN + 8);
  return finish(port, dst, headLen(tags) + IP6_LEN + ND_LEN + 8);
}

/** Answers an ARP request that member `port` received: raw target address tpa is at mac. */
export function craftArpAnswer(g: u32, port: u32, tags: u32, mac: u64, tpa: u32, requester: u64, spa: u32): bool {
  return sendArp(g, port, CTLK_ANSWER, requester, tags, ARP_REPLY, mac, tpa, requester, spa);
}

/**
 * Answers a solicitation that member `port` received from the address at `to` (unspecified: duplicate detection,
 * answered to all nodes, RFC 4861 §7.2.4): the address at `target` is at mac. Proxies do not override (§7.2.8).
 * With requester 0 an answer to all nodes goes to all of them, else, in its frame, to the requester only (RFC 6085).
 */
export function craftNdAnswer(g: u32, port: u32, tags: u32, mac: u64, target: usize, requester: u64, to: usize, proxy: bool): bool {
  return sendAdvert(g, port, CTLK_ANSWER, requester, tags, mac, target, to, proxy ? 0 : NA_OVERRIDE);
}

/** Tells everybody in the VLANs of `tags`, by member `port`, that the address at `addr` is at mac. */
function announce(g: u32, family: u32, addr: usize, port: u32, tags: u32, mac: u64, kind: u32, flags: u32): bool {
  if (family == FAMILY_V6) return sendAdvert(g, port, kind, 0, tags, mac, addr, 0, flags);
  const ip = load<u32>(addr);
  return sendArp(g, port, kind, MAC_BROADCAST, tags, ARP_REQUEST, mac, ip, 0, ip);
}

/**
 * Announces the address at `addr` as member `owner`'s: ARP announcement (RFC 5227 §3), unsolicited advertisement (RFC 4861
 * §7.2.6). It leaves by `port`, which need not be the owner, in the VLANs of `tags`.
 */
export function craftAnnounce(g: u32, family: u32, addr: usize, owner: u32, port: u32, tags: u32): bool {
  return announce(g, family, addr, port, tags, phyintAt(owner).mac, CTLK_ANNOUNCE, NA_OVERRIDE);
}

/** The same once by its owner, in the VLANs in which somebody else has claimed it (RFC 5227 §2.4 b). */
export function craftDefend(g: u32, family: u32, addr: usize, owner: u32, tags: u32): bool {
  return announce(g, family, addr, owner, tags, phyintAt(owner).mac, CTLK_DEFEND, NA_OVERRIDE);
}

/** Announces proxy entry e, which points at an active member, by member `port`. Proxies do not override (RFC 4861 §7.2.8). */
export function craftProxy(g: u32, e: u32, port: u32, tags: u32): bool {
  const ent = arpentAt(g, e);
  return announce(g, ent.family, changetype<usize>(ent) + Arpent_addr_OFF, port, tags, ent.mac, CTLK_ANNOUNCE, 0);
}

/** Asks by member `port` whether anybody has the address at `addr`: ARP probe (RFC 5227 §2.1.1), solicitation from :: (RFC 4862 §5.4.2). */
export function craftProbe(g: u32, family: u32, addr: usize, port: u32): bool {
  if (family == FAMILY_V4)
    return sendArp(g, port, CTLK_PROBE, MAC_BROADCAST, 0, ARP_REQUEST, phyintAt(port).mac, 0, 0, load<u32>(addr));
  const group = load<u32>(addr, 12) | 0xff;
  const dst = 0x3333 | (<u64>group << 16);
  const at = begin(g, port, CTLK_PROBE, dst, 0, TYPE_IP6);
  if (at == 0) return false;
  const ip = at + ETH_LEN;
  ip6Write(ip, ND_LEN, NEXT_ICMP6, ND_HOPS);
  store<u64>(ip, 0x02ff, IP6_DST);
  store<u32>(ip, 0x0100_0000, IP6_DST + 8);
  store<u32>(ip, group, IP6_DST + 12);
  store<u8>(ip, <u8>ND_NS, IP6_LEN);
  copy16(ip + IP6_LEN + ND_TARGET, addr);
  icmp6Seal(ip, ip + IP6_LEN, ND_LEN);
  return finish(port, dst, ETH_LEN + IP6_LEN + ND_LEN);
}

/**
 * Reports membership of a raw IPv4 group in IGMP version 1, 2 or 3 from data address src (NONE: unspecified). Version 3 says
 * it with a record of a type and n sources, each of 16 bytes.
 */
export function craftIgmp(g: u32, port: u32, tags: u32, version: u32, src: u32, group: u32, type: u32, n: u32, sources: usize): bool {
  const to = version == 3 ? IGMP_V3_ROUTERS : group;
  const dst = groupMac4(to);
  const at = begin(g, port, CTLK_REPORT, dst, tags, TYPE_IP4);
  if (at == 0) return false;
  const ip = at + headLen(tags);
  const payload: u32 = version == 3 ? 16 + (n << 2) : 8;
  const head = ip4WriteIgmp(ip, payload, src == NONE ? 0 : load<u32>(addrOf(g, src)), to);
  if (version == 3) igmpWrite3(ip + head, type, group, n, sources); else igmpWrite(ip + head, version, group);
  return finish(port, dst, headLen(tags) + head + payload);
}

/** The same for an IPv6 group (two raw words), in MLD version 1 or 2, from the address at `src` (0: unspecified). */
export function craftMld(
  g: u32, port: u32, tags: u32, version: u32, src: usize, groupLo: u64, groupHi: u64, type: u32, n: u32, sources: usize,
): bool {
  // ff02::16, where version 2 reports go (RFC 3810 §5.2.14).
  const toLo: u64 = version == 2 ? 0x02ff : groupLo;
  const toHi: u64 = version == 2 ? 0x1600_0000_0000_0000 : groupHi;
  const dst = 0x3333 | ((toHi >> 32) << 16);
  const at = begin(g, port, CTLK_REPORT, dst, tags, TYPE_IP6);
  if (at == 0) return false;
  const ip = at + headLen(tags);
  store<u64>(ip, toLo, IP6_DST);
  store<u64>(ip, toHi, IP6_DST + 8);
  if (src != 0) copy16(ip + IP6_SRC, src);
  const alert = mldWriteAlert(ip + IP6_LEN);
  const mld = ip + IP6_LEN + alert;
  const len = version == 2 ? mldWrite2(mld, type, groupLo, groupHi, n, sources) : mldWrite(mld, groupLo, groupHi);
  ip6Write(ip, alert + len, NEXT_HOPOPTS, 1);
  icmp6Seal(ip, mld, len);
  return finish(port, dst, headLen(tags) + IP6_LEN + alert + len);
}
