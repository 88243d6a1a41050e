// A batch of frames from one member's wire to the stack.
//
// One loop: a frame that is plain (untagged IPv4 to this member's own address, from a source that cannot be the
// group's) is handled right here; any other goes to rxFrame. Both ways end the same: unicast gets the group's hardware
// address as destination, and the member's counters grow.
//
// Invariant: no byte is read or written before the descriptor has been checked against the I/O region.

import {
  DESC_MAX, Desc, Desc_SIZE, DROP_BAD_DESC, DROP_NOT_MEMBER, DROP_OFFLINE, ENOENT, ERANGE, FRAME_MAX, KSTAT_BRDCSTRCV,
  KSTAT_IPACKETS, KSTAT_MULTIRCV, KSTAT_RBYTES, OUT_CONSUMED, OUT_DELIVER, PHYINT_MAX, PHYI_OFFLINE,
} from "../../abi/ipmp";
import { MAC_BROADCAST, MAC_MASK, loadMac, macIsGroup } from "../../lib/be";
import { ETH_LEN, ETH_SRC } from "../../wire/eth";
import { IP4_LEN, IP4_PROTO, PROTO_ICMP } from "../../wire/ipv4";
import { VNET_LEN } from "../../wire/vnet";
import { NONE, descAt, grpAt, ioBase, ioEnd, phyintAt } from "../layout";
import { macMayBeOwn, reflectOf } from "./own";
import { rxFrame } from "./rx_frame";
import { bump, countRxDrop, descValid, drop, kstatOf } from "./verdict";

// @ts-ignore: decorator
@inline const PLAIN_LEN: u32 = ETH_LEN + IP4_LEN;
/** Where a plain frame has its protocol. */
// @ts-ignore: decorator
@inline const PROTO_AT: usize = <usize>ETH_LEN + IP4_PROTO;
/** Bit of Phyint.test. */
// @ts-ignore: decorator
@inline const TEST_V4: u32 = 1;
/** EtherType IPv4, version 4 and 20 bytes of header, as they lie in memory. */
// @ts-ignore: decorator
@inline const PLAIN_HEAD: u32 = 0x45_0008;

/** Frames first … first + count - 1 that NIC p has received: sets Desc.out of each; returns how many are for the stack. */
export function ipmp_rx_batch(p: u32, first: u32, count: u32): i32 {
  if (p >= PHYINT_MAX || !phyintAt(p).used) return -ENOENT;
  if (first > DESC_MAX || count > DESC_MAX - first) return -ERANGE;
  const phyint = phyintAt(p);
  const g: u32 = phyint.grp;
  if (g == NONE) return rxNobody(first, count);
  if (<u32>phyint.flags & PHYI_OFFLINE) return rxOffline(g, p, first, count);
  const mac = grpAt(g).mac;
  const reflect = reflectOf(g);
  // A virtio header fits before every frame from here on, so that its flag need not be looked at.
  const low = ioBase() + VNET_LEN;
  const space = ioEnd() - low;
  const end = descAt(first + count);
  const tested = (<u32>phyint.test & TEST_V4) != 0;
  let taken: u32 = 0;
  let d = descAt(first);
  while (d < end) {
    const next = tested
      ? testedRun(d, end, phyint.mac, mac, reflect, low, space, kstatOf(p))
      : plainRun(d, end, phyint.mac, mac, reflect, low, space, kstatOf(p));
    taken += <u32>(next - d) / Desc_SIZE;
    d = next;
    if (d == end) break;
    taken += rxOne(g, p, d);
    d += Desc_SIZE;
  }
  return taken;
}

/**
 * Takes plain frames from descriptor d on; returns the first descriptor of one that is not plain, or end. What does not
 * change in the loop comes as a parameter, and the loop has no call: what it keeps stays in registers.
 */
// @ts-ignore: decorator
@inline
function run(d: usize, end: usize, own: u64, mac: u64, reflect: usize, low: u32, space: u32, kstat: usize, tested: bool): usize {
  const from = d;
  let bytes: u64 = 0;
  for (; d < end; d += Desc_SIZE) {
    const place = load<u64>(d);
    const at = <usize>place;
    const len = <u32>(place >> 32);
    if (len - PLAIN_LEN > FRAME_MAX - PLAIN_LEN) break;
    if (<u32>at - low > space - len) break;
    const dst = load<u64>(at);
    const src = load<u64>(at, ETH_SRC) & MAC_MASK;
    // Each term is 0 in a plain frame; src - 1 is negative if src is 0.
    const odd = ((dst ^ own) & MAC_MASK) | <u64>((load<u32>(at, 12) ^ PLAIN_HEAD) & 0xff_ffff) | (src & 1) | ((src - 1) >> 63)
      | <u64>macMayBeOwn(reflect, src);
    if (odd != 0) break;
    if (tested && <u32>load<u8>(at, PROTO_AT) == PROTO_ICMP) break;
    const total = (<u32>load<u8>(at, 16) << 8) | <u32>load<u8>(at, 17);
    if (total - IP4_LEN > len - PLAIN_LEN) break;
    store<u64>(at, (dst & ~MAC_MASK) | mac);
    changetype<Desc>(d).out = <u16>OUT_DELIVER;
    bytes += len;
  }
  bump(kstat, KSTAT_IPACKETS, <u64>(d - from) / Desc_SIZE);
  bump(kstat, KSTAT_RBYTES, bytes);
  return d;
}

/** For a member without a test address. */
function plainRun(d: usize, end: usize, own: u64, mac: u64, reflect: usize, low: u32, space: u32, kstat: usize): usize {
  return run(d, end, own, mac, reflect, low, space, kstat, false);
}

/** For one with an IPv4 test address: ICMP may be about that, so it is not plain. */
function testedRun(d: usize, end: usize, own: u64, mac: u64, reflect: usize, low: u32, space: u32, kstat: usize): usize {
  return run(d, end, own, mac, reflect, low, space, kstat, true);
}

/** A frame that is not plain; returns 1 if it is for the stack. */
function rxOne(g: u32, p: u32, d: usize): i32 {
  const desc = changetype<Desc>(d);
  const at = <usize>desc.off;
  const len = desc.len;
  const flags: u32 = desc.flags;
  const out = descValid(desc.off, len, flags) ? rxFrame(g, p, at, len, flags) : drop(DROP_BAD_DESC);
  desc.out = <u16>out;
  if (out != OUT_DELIVER && out != OUT_CONSUMED) {
    countRxDrop(g, p, out);
    return 0;
  }
  const kstat = kstatOf(p);
  bump(kstat, KSTAT_IPACKETS, 1);
  bump(kstat, KSTAT_RBYTES, len);
  const dst = loadMac(at);
  if (dst == MAC_BROADCAST) bump(kstat, KSTAT_BRDCSTRCV, 1);
  else if (macIsGroup(dst)) bump(kstat, KSTAT_MULTIRCV, 1);
  if (out == OUT_CONSUMED) return 0;
  if (!macIsGroup(dst)) store<u64>(at, (load<u64>(at) & ~MAC_MASK) | grpAt(g).mac);
  return 1;
}

/** Frames of a NIC that is in no group: there is no counter for them. */
function rxNobody(first: u32, count: u32): i32 {
  for (let i = first; i < first + count; ++i) changetype<Desc>(descAt(i)).out = <u16>drop(DROP_NOT_MEMBER);
  return 0;
}

/** Frames of a member that is offline: not looked at, its device may be gone. */
function rxOffline(g: u32, p: u32, first: u32, count: u32): i32 {
  for (let i = first; i < first + count; ++i) {
    changetype<Desc>(descAt(i)).out = <u16>drop(DROP_OFFLINE);
    countRxDrop(g, p, drop(DROP_OFFLINE));
  }
  return 0;
}
