// The frames of probing, into the control ring: ahead of all data, by the member that is probed, with its own hardware
// address as source. A frame that finds no place there counts as sent: a NIC that hangs is noticed by what is missing.
//
// The hardware address of a target is asked for from the test address (LOOKUP) and learnt from the answer; the stack's
// own neighbours play no part, so that no probe ever waits behind data.

import {
  CTLK_ASK, CTLK_ECHO, CTLK_LOOKUP, CTLK_PONG, FAMILY_V4, FAMILY_V6, IPIF_UP, Ipif_addr_OFF, Target, WATCHER_ICMP,
} from "../../abi/ipmp";
import { MAC_BROADCAST, copy16, loadMac, storeMac } from "../../lib/be";
import { ARP_REQUEST } from "../../wire/arp";
import {
  ECHO_LEN, ECHO_PROBE_LEN, ECHO_REPLY4, ECHO_REPLY6, ECHO_REQUEST4, ECHO_REQUEST6, echoSeal4, echoWrite, echoWrite4,
} from "../../wire/echo";
import { ETH_LEN, ETH_SRC, TYPE_IP4, TYPE_IP6 } from "../../wire/eth";
import { icmp6Seal } from "../../wire/icmp6";
import { IP4_DST, IP4_LEN, IP4_SRC } from "../../wire/ipv4";
import { IP6_DST, IP6_LEN, IP6_SRC, NEXT_ICMP6, ip6Write } from "../../wire/ipv6";
import {
  ALL_NODES_HI, ALL_NODES_LO, ND_HOPS, ND_LEN, ND_NS, ND_TARGET, OPT_SLLA, SOLICITED_LO, SOLICITED_MID,
} from "../../wire/ndp";
import { NONE, illAt, ipifAt, phyintAt, probeAt, probeIndex } from "../layout";
import { begin, finish, sendArp } from "../path/craft";
import { familyOf, grpOf, phyintOf } from "./inst";
import { addrOf, onSubnet, testAddr } from "./targets";
import { testInUse } from "./test_check";

/** Classes of echo probes: to a target in its turn, to find targets, to measure only. */
// @ts-ignore: decorator
@inline export const CLASS_UNI: u32 = 0x1234;
// @ts-ignore: decorator
@inline export const CLASS_MULTI: u32 = 0x5678;
// @ts-ignore: decorator
@inline export const CLASS_RTT: u32 = 0x9abc;

/** A probe crosses no router. */
// @ts-ignore: decorator
@inline const HOPS_PROBE: u32 = 1;
// @ts-ignore: decorator
@inline const HOPS_PONG: u32 = 64;

/** 01:00:5e:00:00:01 and 224.0.0.1 raw: all hosts (RFC 1112). */
// @ts-ignore: decorator
@inline const ALL_HOSTS_MAC: u64 = 0x0100_005e_0001;
// @ts-ignore: decorator
@inline const ALL_HOSTS: u32 = 0x0100_00e0;
/** 33:33:00:00:00:01, where ff02::1 is sent to (RFC 2464 §7). */
// @ts-ignore: decorator
@inline const ALL_NODES_MAC: u64 = 0x0100_0000_3333;
/** Addresses of a chain that are looked at for one on the target's subnet. */
// @ts-ignore: decorator
@inline const CHAIN_MAX: u32 = 64;

/** An echo request from watcher n's test address to the address at `dst`, or to all if that is 0. */
function echo(n: u32, mac: u64, dst: usize, seq: u32, stamp: u64, kind: u32): bool {
  const p = phyintOf(n);
  const pr = probeAt(n);
  const four = familyOf(n) == FAMILY_V4;
  const at = begin(grpOf(n), p, CTLK_ECHO, mac, 0, four ? TYPE_IP4 : TYPE_IP6);
  if (at == 0) return false;
  const ip = at + ETH_LEN;
  if (four) {
    echoWrite4(ip, ECHO_PROBE_LEN, HOPS_PROBE, load<u32>(testAddr(pr)), dst == 0 ? ALL_HOSTS : load<u32>(dst));
    echoWrite(ip + IP4_LEN, ECHO_REQUEST4, pr.id, seq, stamp, kind);
    echoSeal4(ip + IP4_LEN, ECHO_PROBE_LEN);
    return finish(p, mac, ETH_LEN + IP4_LEN + ECHO_PROBE_LEN);
  }
  ip6Write(ip, ECHO_PROBE_LEN, NEXT_ICMP6, HOPS_PROBE);
  copy16(ip + IP6_SRC, testAddr(pr));
  if (dst == 0) {
    store<u64>(ip, ALL_NODES_LO, IP6_DST);
    store<u64>(ip, ALL_NODES_HI, IP6_DST + 8);
  } else copy16(ip + IP6_DST, dst);
  echoWrite(ip + IP6_LEN, ECHO_REQUEST6, pr.id, seq, stamp, kind);
  icmp6Seal(ip, ip + IP6_LEN, ECHO_PROBE_LEN);
  return finish(p, mac, ETH_LEN + IP6_LEN + ECHO_PROBE_LEN);
}

/** A probe to target t, whose hardware address is known. */
export function sendEcho(n: u32, t: Target, seq: u32, stamp: u64, kind: u32): bool {
  return echo(n, t.mac, addrOf(t), seq, stamp, kind);
}

/** A probe to all neighbours, to find targets. */
export function sendDiscover(n: u32, seq: u32, stamp: u64): bool {
  return echo(n, familyOf(n) == FAMILY_V4 ? ALL_HOSTS_MAC : ALL_NODES_MAC, 0, seq, stamp, CLASS_MULTI);
}

/** Solicits the address at `target` from the one at `src`: from all (mac 0), or from mac. */
function solicit(n: u32, ctlk: u32, src: usize, target: usize, mac: u64): bool {
  const p = phyintOf(n);
  const group = load<u32>(target, 12) | 0xff;
  const dst = mac != 0 ? mac : 0x3333 | (<u64>group << 16);
  const at = begin(grpOf(n), p, ctlk, dst, 0, TYPE_IP6);
  if (at == 0) return false;
  const ip = at + ETH_LEN;
  const nd = ip + IP6_LEN;
  ip6Write(ip, ND_LEN + 8, NEXT_ICMP6, ND_HOPS);
  copy16(ip + IP6_SRC, src);
  if (mac != 0) copy16(ip + IP6_DST, target);
  else {
    store<u64>(ip, SOLICITED_LO, IP6_DST);
    store<u32>(ip, SOLICITED_MID, IP6_DST + 8);
    store<u32>(ip, group, IP6_DST + 12);
  }
  store<u8>(nd, <u8>ND_NS);
  copy16(nd + ND_TARGET, target);
  store<u8>(nd, <u8>OPT_SLLA, ND_LEN);
  store<u8>(nd, 1, ND_LEN + 1);
  storeMac(nd + ND_LEN + 2, phyintAt(p).mac);
  icmp6Seal(ip, nd, ND_LEN + 8);
  return finish(p, dst, ETH_LEN + IP6_LEN + ND_LEN + 8);
}

/** Asks all for target t's hardware address, from the test address. */
export function sendLookup(n: u32, t: Target): bool {
  const p = phyintOf(n);
  const src = testAddr(probeAt(n));
  t.asked = 1;
  if (familyOf(n) == FAMILY_V6) return solicit(n, CTLK_LOOKUP, src, addrOf(t), 0);
  return sendArp(grpOf(n), p, CTLK_LOOKUP, MAC_BROADCAST, 0, ARP_REQUEST, phyintAt(p).mac, load<u32>(src), 0, load<u32>(addrOf(t)));
}

/** The newest data address bound to watcher n's member that is on the subnet of the address at `to`; 0 if there is none. O(CHAIN_MAX). */
function boundAddr(n: u32, to: usize): usize {
  const g = grpOf(n);
  let i: u32 = illAt(phyintOf(n), familyOf(n)).bound_head;
  for (let k: u32 = 0; i != NONE && k < CHAIN_MAX; k++) {
    const ipif = ipifAt(g, i);
    const addr = changetype<usize>(ipif) + Ipif_addr_OFF;
    if ((<u32>ipif.flags & IPIF_UP) != 0 && onSubnet(addr, to, ipif.prefix)) return addr;
    i = ipif.bound_next;
  }
  return 0;
}

/** Whether an ARP probe to target t has a data address as sender, which 0.0.0.0 serves for where that is answered. */
// @ts-ignore: decorator
@inline export function askByData(t: Target): bool { return (t.mode & 1) != 0; }

/**
 * A probe by ARP or ND to target t. ARP: from 0.0.0.0 (RFC 5227 §2.1.1), or from a data address of this member; ND: from
 * the IPv6 test address, else from a data address. To t alone once it has answered, to all after a loss. False: there is
 * no address to ask from.
 */
export function sendAsk(n: u32, t: Target): bool {
  const p = phyintOf(n);
  const mac = t.fails == 0 ? t.mac : 0;
  t.asked = 1;
  if (familyOf(n) == FAMILY_V4) {
    const data = askByData(t) ? boundAddr(n, addrOf(t)) : 0;
    const spa = data == 0 ? 0 : load<u32>(data);
    const dst = mac != 0 ? mac : MAC_BROADCAST;
    sendArp(grpOf(n), p, CTLK_ASK, dst, 0, ARP_REQUEST, phyintAt(p).mac, spa, 0, load<u32>(addrOf(t)));
    return true;
  }
  const own = testAddr(probeAt(probeIndex(p, WATCHER_ICMP, FAMILY_V6)));
  const src = testInUse(p, FAMILY_V6) ? own : boundAddr(n, addrOf(t));
  if (src == 0) return false;
  solicit(n, CTLK_ASK, src, addrOf(t), mac);
  return true;
}

/** Answers the echo request of len bytes at `icmp` in the packet at `ip` of the frame at `frame`. */
export function sendPong(n: u32, frame: usize, ip: usize, icmp: usize, len: u32): bool {
  const p = phyintOf(n);
  const four = familyOf(n) == FAMILY_V4;
  const mac = loadMac(frame + ETH_SRC);
  const at = begin(grpOf(n), p, CTLK_PONG, mac, 0, four ? TYPE_IP4 : TYPE_IP6);
  if (at == 0) return false;
  const to = at + ETH_LEN;
  const head = four ? IP4_LEN : IP6_LEN;
  memory.copy(to + head, icmp, len);
  store<u32>(to + head, four ? ECHO_REPLY4 : ECHO_REPLY6);
  if (four) {
    echoWrite4(to, len, HOPS_PONG, load<u32>(ip, IP4_DST), load<u32>(ip, IP4_SRC));
    echoSeal4(to + head, len);
  } else {
    ip6Write(to, len, NEXT_ICMP6, HOPS_PONG);
    copy16(to + IP6_SRC, ip + IP6_DST);
    copy16(to + IP6_DST, ip + IP6_SRC);
    icmp6Seal(to, to + head, len);
  }
  return finish(p, mac, ETH_LEN + head + len);
}

/** Bytes of an echo message that an answer has room for. */
export function pongFits(n: u32, len: u32, room: u32): bool {
  return len >= ECHO_LEN && ETH_LEN + (familyOf(n) == FAMILY_V4 ? IP4_LEN : IP6_LEN) + len <= room;
}
