// Frames that a watched member receives and that are about its probes or its test address: taken here, none of them
// reaches the stack. path/rx_frame.ts asks for members with a test address or a watcher at work only.
//
//   ARP request, solicitation for the test address    answered, by this member alone, once the address is in use (test_check.ts)
//   another's claim on it, a probe while it is tentative    a conflict (test_turn.ts)
//   ARP reply, advertisement to the test address      a target's hardware address is learnt, if it was asked for
//   … from a target of an ARP/ND watcher              answers its probe; goes on to the stack if it is to a data address
//   echo request to the test address                  answered, if it is from a host and the answer fits a control frame
//   echo reply to the test address                    answers a probe, or is dropped (PROBE_REPLY)
//
// An echo reply answers a probe if identifier, number, time stamp, class, source and destination are those of a probe
// that this member has sent, and the checksum is right; each probe is answered once. Frames in a VLAN are the stack's.

import {
  CTL_FRAME_MAX, DROP_CTL_FULL, DROP_ECHO_LONG, DROP_PROBE_REPLY, EVENT_PROBE_SENT, FAMILY_V4, FAMILY_V6, OUT_CONSUMED,
  PMODE_MULTICAST, PROBE_STATS,
  PR_ACKED, PR_NONE, PR_SENT, PR_WAIT, WATCHER_ICMP, WATCHER_RESOLVE,
} from "../../abi/ipmp";
import { loadMac, macIsGroup, same16, zero16 } from "../../lib/be";
import { ARP_LEN, ARP_REQUEST, ARP_SHA, ARP_SPA, ARP_TPA, arpOp } from "../../wire/arp";
import {
  ECHO_LEN, ECHO_PROBE_LEN, ECHO_REPLY4, ECHO_REPLY6, ECHO_REQUEST4, ECHO_REQUEST6, echoClass, echoCode, echoId, echoSeq,
  echoStamp, echoType, echoValid4,
} from "../../wire/echo";
import { ETH_LEN, ETH_SRC, TYPE_ARP, TYPE_IP4, TYPE_IP6 } from "../../wire/eth";
import { icmp6Valid } from "../../wire/icmp6";
import { IP4_DST, IP4_LEN, IP4_PROTO, IP4_SRC, PROTO_ICMP, ip4Check, ip4IsFragment } from "../../wire/ipv4";
import { IP6_BAD, IP6_DST, IP6_LEN, IP6_SRC, NEXT_ICMP6, ip6Check, ip6Upper } from "../../wire/ipv6";
import { MLD_QUERY } from "../../wire/mld";
import { ND_NA, ND_NS, ND_TARGET, OPT_TLLA, ndLinkAddress, ndValid } from "../../wire/ndp";
import { vnetChecked, vnetGso } from "../../wire/vnet";
import { NONE, page, phyintAt, probeAt, probeIndex, recAt, targetAt } from "../layout";
import { addrFind4 } from "../path/addr_table";
import { craftArpAnswer, craftNdAnswer } from "../path/craft";
import { macIsOwn } from "../path/own";
import { drop } from "../path/verdict";
import { addrIsHost, macIsUnicast } from "../valid";
import { answered, isMeasuring, probeTell, targetFound } from "./judge";
import { familyOf, grpOf, isOn, phyintOf } from "./inst";
import { rttLower } from "./rtt";
import { CLASS_MULTI, CLASS_RTT, CLASS_UNI, askByData, pongFits, sendEcho, sendPong } from "./send";
import { GONE, addrOf, hostAdd, isEligible, targetFind, testAddr } from "./targets";
import { testInUse, testIsOwn } from "./test_check";
import { testClaimed, testQueried } from "./test_turn";

/** Not about probes: whoever else it is for. */
// @ts-ignore: decorator
@inline export const NOT_PROBE: u32 = 0;

/** A raw IPv4 address as 16 bytes. */
const KEY: usize = memory.data(16, 8);

function key4(addr: u32): usize {
  store<u64>(KEY, <u64>addr);
  return KEY;
}

/** The verdict on the frame of len bytes at `at`, received by member p, whose layer 3 begins at l3; NOT_PROBE if it is for others. */
export function probeReceive(g: u32, p: u32, at: usize, len: u32, flags: u32, type: u32, l3: u32): u32 {
  if (l3 != ETH_LEN) return NOT_PROBE;
  if (type == TYPE_ARP) return len < l3 + ARP_LEN ? NOT_PROBE : receiveArp(g, p, at, at + l3);
  if (type == TYPE_IP4) return receive4(p, at, len, flags, l3);
  return type == TYPE_IP6 ? receive6(g, p, at, len, flags, l3) : NOT_PROBE;
}

function receiveArp(g: u32, p: u32, at: usize, arp: usize): u32 {
  const op = arpOp(arp);
  const sha = loadMac(arp + ARP_SHA);
  if (op == 0 || !macIsUnicast(sha) || macIsOwn(g, sha)) return NOT_PROBE;
  const spa = load<u32>(arp, ARP_SPA);
  const tpa = load<u32>(arp, ARP_TPA);
  const n = probeIndex(p, WATCHER_ICMP, FAMILY_V4);
  const own = testIsOwn(p, FAMILY_V4) ? load<u32>(testAddr(probeAt(n))) : 0;
  const mine = own != 0 && tpa == own;
  const inUse = testInUse(p, FAMILY_V4);
  if (own != 0 && (spa == own || (mine && spa == 0 && op == ARP_REQUEST && !inUse))) {
    testClaimed(n, sha);
    return OUT_CONSUMED;
  }
  if (op == ARP_REQUEST) {
    if (!mine) return NOT_PROBE;
    if (!inUse) return OUT_CONSUMED;
    return craftArpAnswer(g, p, 0, phyintAt(p).mac, tpa, sha, spa) ? OUT_CONSUMED : drop(DROP_CTL_FULL);
  }
  if (macIsGroup(loadMac(at))) return NOT_PROBE;
  if (mine) learn(n, key4(spa), sha);
  const data = addrFind4(g, tpa) != NONE;
  if (tpa == 0 || data) asked(probeIndex(p, WATCHER_RESOLVE, FAMILY_V4), key4(spa), sha, data);
  return mine || tpa == 0 ? OUT_CONSUMED : NOT_PROBE;
}

/** The target with the address at `addr` has hardware address mac: probes that wait for it are sent. O(PROBE_STATS). */
function learn(n: u32, addr: usize, mac: u64): void {
  if (!isOn(n) || !macIsUnicast(mac) || macIsOwn(grpOf(n), mac)) return;
  const pr = probeAt(n);
  const i = targetFind(pr, addr);
  if (i == GONE || targetAt(pr, i).asked == 0) return;
  const t = targetAt(pr, i);
  t.asked = 0;
  t.mac = mac;
  for (let k = pr.judged; k != pr.count; k++) {
    const rec = recAt(pr, k % PROBE_STATS);
    if (<u32>rec.status != PR_WAIT || <u32>rec.target != i) continue;
    // What the resolution took is no part of the RTT.
    rec.start = page().now;
    rec.status = <u8>PR_SENT;
    sendEcho(n, t, k & 0xffff, rec.start, CLASS_UNI);
    probeTell(n, EVENT_PROBE_SENT, rec, k);
  }
}

/** The target with the address at `addr` has answered an ARP/ND watcher. O(PROBE_STATS). */
function asked(n: u32, addr: usize, mac: u64, data: bool): void {
  if (!isOn(n) || !macIsUnicast(mac) || macIsOwn(grpOf(n), mac)) return;
  const pr = probeAt(n);
  const i = targetFind(pr, addr);
  if (i == GONE) return;
  const t = targetAt(pr, i);
  if (familyOf(n) == FAMILY_V4 && askByData(t) != data) return;
  t.mac = mac;
  for (let k = pr.count; k != pr.judged; k--) {
    const rec = recAt(pr, (k - 1) % PROBE_STATS);
    if (<u32>rec.target != i || <u32>rec.status != PR_SENT) continue;
    t.asked = 0;
    answered(n, k - 1);
    return;
  }
  pr.bad += 1;
}

function receive4(p: u32, at: usize, len: u32, flags: u32, l3: u32): u32 {
  const ip = at + l3;
  if (!testIsOwn(p, FAMILY_V4) || len - l3 < IP4_LEN) return NOT_PROBE;
  const sizes = ip4Check(ip, len - l3, vnetGso(at, flags));
  if (sizes == 0 || <u32>load<u8>(ip, IP4_PROTO) != PROTO_ICMP || ip4IsFragment(ip)) return NOT_PROBE;
  const n = probeIndex(p, WATCHER_ICMP, FAMILY_V4);
  if (load<u32>(ip, IP4_DST) != load<u32>(testAddr(probeAt(n))) || loadMac(at) != phyintAt(p).mac) return NOT_PROBE;
  const head = sizes >> 24;
  const icmp = ip + head;
  const size = (sizes & 0xff_ffff) - head;
  if (size < ECHO_LEN || echoCode(icmp) != 0) return NOT_PROBE;
  const type = echoType(icmp);
  if (type != ECHO_REPLY4 && type != ECHO_REQUEST4) return NOT_PROBE;
  const valid = vnetChecked(at, flags) || echoValid4(icmp, size);
  if (type == ECHO_REQUEST4) return pong(n, at, ip, icmp, size, valid && isAsker(n, key4(load<u32>(ip, IP4_SRC))));
  return valid && reply(n, key4(load<u32>(ip, IP4_SRC)), icmp, size, loadMac(at + ETH_SRC)) ? OUT_CONSUMED : refuse(n);
}

function receive6(g: u32, p: u32, at: usize, len: u32, flags: u32, l3: u32): u32 {
  const ip = at + l3;
  if (len - l3 < IP6_LEN) return NOT_PROBE;
  const total = ip6Check(ip, len - l3, vnetGso(at, flags));
  if (total == 0) return NOT_PROBE;
  const upper = ip6Upper(ip, total);
  if (upper == IP6_BAD || upper >> 24 != NEXT_ICMP6) return NOT_PROBE;
  const offset = upper & 0xff_ffff;
  if (offset + ECHO_LEN > total) return NOT_PROBE;
  const icmp = ip + offset;
  const size = total - offset;
  const type = echoType(icmp);
  const checked = vnetChecked(at, flags);
  if (type == ND_NS || type == ND_NA) return ndValid(ip, icmp, size, checked) ? receiveNd(g, p, at, ip, icmp, size) : NOT_PROBE;
  const n = probeIndex(p, WATCHER_ICMP, FAMILY_V6);
  if (type == MLD_QUERY && (checked || icmp6Valid(ip, icmp, size))) testQueried(n, icmp, size);
  if (!testIsOwn(p, FAMILY_V6) || !same16(ip + IP6_DST, testAddr(probeAt(n))) || loadMac(at) != phyintAt(p).mac) return NOT_PROBE;
  if ((type != ECHO_REPLY6 && type != ECHO_REQUEST6) || echoCode(icmp) != 0) return NOT_PROBE;
  const valid = checked || icmp6Valid(ip, icmp, size);
  if (type == ECHO_REQUEST6) return pong(n, at, ip, icmp, size, valid && isAsker(n, ip + IP6_SRC));
  return valid && reply(n, ip + IP6_SRC, icmp, size, loadMac(at + ETH_SRC)) ? OUT_CONSUMED : refuse(n);
}

/** A solicitation or advertisement that a receiver must not discard. */
function receiveNd(g: u32, p: u32, at: usize, ip: usize, nd: usize, len: u32): u32 {
  const n = probeIndex(p, WATCHER_ICMP, FAMILY_V6);
  const own = testAddr(probeAt(n));
  const from = loadMac(at + ETH_SRC);
  const has = testIsOwn(p, FAMILY_V6);
  const about = has && same16(nd + ND_TARGET, own);
  if (<u32>load<u8>(nd) == ND_NS) {
    const inUse = testInUse(p, FAMILY_V6);
    if (has && (same16(ip + IP6_SRC, own) || (about && zero16(ip + IP6_SRC) && !inUse))) {
      testClaimed(n, from);
      return OUT_CONSUMED;
    }
    if (!about) return NOT_PROBE;
    if (!inUse) return OUT_CONSUMED;
    return craftNdAnswer(g, p, 0, phyintAt(p).mac, nd + ND_TARGET, from, ip + IP6_SRC, false) ? OUT_CONSUMED : drop(DROP_CTL_FULL);
  }
  const tlla = ndLinkAddress(nd, len, OPT_TLLA);
  const mac = tlla != 0 ? tlla : from;
  if (about && !macIsOwn(g, mac)) {
    testClaimed(n, mac);
    return OUT_CONSUMED;
  }
  if (macIsGroup(loadMac(at))) return NOT_PROBE;
  const mine = has && same16(ip + IP6_DST, own);
  if (mine) learn(n, nd + ND_TARGET, mac);
  asked(probeIndex(p, WATCHER_RESOLVE, FAMILY_V6), nd + ND_TARGET, mac, !mine);
  return mine ? OUT_CONSUMED : NOT_PROBE;
}

/** Whether whoever asks from the address at `src` can be answered: a host, and another (RFC 1122 §3.2.1.3, RFC 4443 §2.4 e). */
function isAsker(n: u32, src: usize): bool {
  return addrIsHost(familyOf(n), src) && !same16(src, testAddr(probeAt(n)));
}

/** An echo request to the test address. */
function pong(n: u32, at: usize, ip: usize, icmp: usize, len: u32, valid: bool): u32 {
  if (!valid) return refuse(n);
  if (!testInUse(phyintOf(n), familyOf(n))) return OUT_CONSUMED;
  if (!pongFits(n, len, CTL_FRAME_MAX)) return drop(DROP_ECHO_LONG);
  return sendPong(n, at, ip, icmp, len) ? OUT_CONSUMED : drop(DROP_CTL_FULL);
}

function refuse(n: u32): u32 {
  probeAt(n).bad += 1;
  return drop(DROP_PROBE_REPLY);
}

/** An echo reply of len bytes from the address at `src`, its checksum right: whether it answers anything. */
function reply(n: u32, src: usize, icmp: usize, len: u32, mac: u64): bool {
  const pr = probeAt(n);
  if (!isOn(n) || len < ECHO_PROBE_LEN || echoId(icmp) != <u32>pr.id) return false;
  const kind = echoClass(icmp);
  const stamp = echoStamp(icmp);
  if (kind == CLASS_MULTI) return found(n, src, echoSeq(icmp), stamp, mac);
  if (kind == CLASS_RTT) return measured(n, src, echoSeq(icmp), stamp);
  if (kind != CLASS_UNI) return false;
  const back = (pr.count - 1 - echoSeq(icmp)) & 0xffff;
  if (back >= min<u32>(pr.count, PROBE_STATS)) return false;
  const k = pr.count - 1 - back;
  const rec = recAt(pr, k % PROBE_STATS);
  if (rec.start != stamp || <u32>rec.target == GONE || !same16(addrOf(targetAt(pr, rec.target)), src)) return false;
  const status: u32 = rec.status;
  if (status == PR_WAIT || status == PR_ACKED || status == PR_NONE) return false;
  if (status != PR_SENT) {
    // Given up: it still says how long an answer takes, once.
    if (rec.rtt != 0) return false;
    rec.rtt = 1;
  }
  answered(n, k);
  return true;
}

/** A measuring probe is answered. */
function measured(n: u32, src: usize, seq: u32, stamp: u64): bool {
  const pr = probeAt(n);
  if (pr.rtt_start == 0 || stamp != pr.rtt_start || seq != <u32>pr.rtt_seq) return false;
  const t = targetAt(pr, pr.rtt_target);
  if (<u32>pr.rtt_target >= <u32>pr.ntarget || !same16(addrOf(t), src)) return false;
  pr.rtt_start = 0;
  if (isMeasuring(n)) rttLower(t, page().now - stamp);
  return true;
}

/** A host answers multicast. */
function found(n: u32, src: usize, seq: u32, stamp: u64, mac: u64): bool {
  const pr = probeAt(n);
  if (<u32>pr.mode != PMODE_MULTICAST || seq != <u32>pr.mseq || stamp != pr.mstart || stamp == 0) return false;
  if (!addrIsHost(familyOf(n), src) || !isEligible(n, src)) return false;
  if (!hostAdd(n, src)) return true; // there, or one too many
  targetAt(pr, <u32>pr.ntarget - 1).mac = mac;
  targetFound(n);
  return true;
}
