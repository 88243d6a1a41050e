// A batch of frames from the stack to the wire.
//
// A frame that is plain (untagged, unicast, IPv4 without options, TCP or UDP, whole) is handled right here, by loads that
// cover several fields at once; any other goes to txFrame. Both ways end the same: the member's hardware address becomes
// the Ethernet source, and the member's counters grow.
//
//   a plain frame                            what a load or store covers
//   0   dst (6) src (6) type (2)             u64 at 6: source address and EtherType, rewritten with one store
//   14  0x45 tos total id                    u32 at 12: EtherType, version and header length; u8 at 16 and 17: total length
//   20  frag ttl proto sum                   u32 at 20: fragment, protocol
//   26  src dst ports                        u64 at 26, u32 at 34: what the address index and the flow hash need
//
// Invariant: no byte is read or written before the descriptor has been checked against the I/O region.

import {
  DESC_MAX, Desc, Desc_SIZE, DROP_BAD_DESC, ENOENT, ERANGE, FAMILY_V4, FRAME_MAX, GRP_MAX, Illgrp, KSTAT_OBYTES,
  KSTAT_OPACKETS, PHYINT_MAX, POLICY_ACTIVE_BACKUP, POLICY_FLOW, POLICY_NEXT_HOP, POLICY_SOURCE, Phyint_kstat_OFF,
} from "../../abi/ipmp";
import { MAC_MASK, loadMac } from "../../lib/be";
import { ETH_LEN, ETH_SRC } from "../../wire/eth";
import { PROTO_TCP, PROTO_UDP } from "../../wire/ipv4";
import { VNET_LEN } from "../../wire/vnet";
import { addrSlot4, slotIpif, slotPort } from "./addr_table";
import { flowBucket } from "./flow";
import { NONE, bucketOf, descAt, grpAt, illgrpAt, ioBase, ioEnd, ipifBytesOf, phyintAt, slotsOf } from "../layout";
import { nexthopPort } from "./nexthop";
import { txFrame } from "./tx_frame";
import { bump, countTx, countTxDrop, descValid, drop } from "./verdict";

/** Bytes of a plain frame up to and with its ports. */
// @ts-ignore: decorator
@inline const PLAIN_LEN: u32 = 38;
/** The least total length of an IPv4 packet with ports. */
// @ts-ignore: decorator
@inline const PLAIN_TOTAL: u32 = PLAIN_LEN - ETH_LEN;
/** EtherType IPv4, version 4 and 20 bytes of header, as they lie in memory. */
// @ts-ignore: decorator
@inline const PLAIN_HEAD: u32 = 0x45_0008;
/** The same EtherType behind a hardware address in a u64. */
// @ts-ignore: decorator
@inline const PLAIN_TYPE: u64 = 0x0008 << 48;
/** More-fragments flag and fragment offset, as they lie in memory. */
// @ts-ignore: decorator
@inline const PLAIN_FRAG: u32 = 0xff3f;

/** Frames first … first + count - 1 from group g's stack: sets Desc.out of each; returns how many are to be sent. */
export function ipmp_tx_batch(g: u32, first: u32, count: u32): i32 {
  if (g >= GRP_MAX || !grpAt(g).used) return -ENOENT;
  if (first > DESC_MAX || count > DESC_MAX - first) return -ERANGE;
  const end = descAt(first + count);
  const ig = illgrpAt(g, FAMILY_V4);
  const slots = slotsOf(g);
  const bytes = ipifBytesOf(g);
  let sent: u32 = 0;
  let d = descAt(first);
  while (d < end) {
    // Without an active member no frame is plain.
    if (ig.nactif != 0) {
      const next = plainFrames(g, d, end, ig, slots, bytes);
      sent += <u32>(next - d) / Desc_SIZE;
      d = next;
      if (d == end) break;
    }
    sent += txOne(g, d);
    d += Desc_SIZE;
  }
  return sent;
}

/** Sends plain frames from descriptor d on; returns the first descriptor of one that is not plain, or end. */
// @ts-ignore: decorator
@inline function plainFrames(g: u32, d: usize, end: usize, ig: Illgrp, slots: usize, bytes: usize): usize {
  // A virtio header fits before every frame from here on, so that its flag need not be looked at.
  const low = ioBase() + VNET_LEN;
  const space = ioEnd() - low;
  switch (<u32>grpAt(g).policy) {
    case POLICY_FLOW: return byFlow(d, end, ig, slots, bytes, low, space);
    case POLICY_SOURCE: return bySource(d, end, ig, slots, bytes, low, space);
    case POLICY_ACTIVE_BACKUP: return byNominee(d, end, ig, slots, bytes, low, space);
    default: return byNextHop(g, d, end, ig, slots, bytes, low, space);
  }
}

// One function a policy, so that a loop has no call but next-hop's: what it keeps stays in registers. What does not
// change in a loop comes as a parameter: anything else an engine may compute anew for each frame.
function byFlow(d: usize, end: usize, ig: Illgrp, slots: usize, bytes: usize, low: u32, space: u32): usize {
  return plainRun(0, d, end, POLICY_FLOW, ig, slots, bytes, low, space);
}
function bySource(d: usize, end: usize, ig: Illgrp, slots: usize, bytes: usize, low: u32, space: u32): usize {
  return plainRun(0, d, end, POLICY_SOURCE, ig, slots, bytes, low, space);
}
function byNominee(d: usize, end: usize, ig: Illgrp, slots: usize, bytes: usize, low: u32, space: u32): usize {
  return plainRun(0, d, end, POLICY_ACTIVE_BACKUP, ig, slots, bytes, low, space);
}
function byNextHop(g: u32, d: usize, end: usize, ig: Illgrp, slots: usize, bytes: usize, low: u32, space: u32): usize {
  return plainRun(g, d, end, POLICY_NEXT_HOP, ig, slots, bytes, low, space);
}

/** The loop; policy is a constant. A frame lies in the `space` bytes from `low` on. */
// @ts-ignore: decorator
@inline function plainRun(
  g: u32, d: usize, end: usize, policy: u32, ig: Illgrp, slots: usize, bytes: usize, low: u32, space: u32,
): usize {
  for (; d < end; d += Desc_SIZE) {
    const place = load<u64>(d);
    const at = <usize>place;
    const len = <u32>(place >> 32);
    // One comparison, one branch: an engine makes of a || b two flags, and their union.
    if (len - PLAIN_LEN > FRAME_MAX - PLAIN_LEN) break;
    if (<u32>at - low > space - len) break;
    const l4 = load<u32>(at, 20);
    const proto = l4 >> 24;
    // Each term is 0 in a plain frame.
    const odd = ((load<u32>(at, 12) ^ PLAIN_HEAD) & 0xff_ffff) | (l4 & PLAIN_FRAG) | (<u32>load<u8>(at) & 1)
      | (proto - PROTO_UDP) * (proto - PROTO_TCP);
    if (odd != 0) break;
    const total = (<u32>load<u8>(at, 16) << 8) | <u32>load<u8>(at, 17);
    if (total - PLAIN_TOTAL > len - PLAIN_LEN) break;
    const addrs = load<u64>(at, 26);
    const slot = addrSlot4(slots, <u32>addrs);
    const p = policy == POLICY_FLOW ? bucketOf(ig, flowBucket(addrs, load<u32>(at, 34)))
      : policy == POLICY_ACTIVE_BACKUP ? <u32>ig.cast_ill
      : policy == POLICY_NEXT_HOP ? nexthopPort(g, FAMILY_V4, load<u64>(at) & MAC_MASK)
      : slot != 0 && slotPort(slot) != NONE ? slotPort(slot) : bucketOf(ig, flowBucket(addrs, load<u32>(at, 34)));
    const phyint = changetype<usize>(phyintAt(p));
    store<u64>(at, load<u64>(phyint) | PLAIN_TYPE, ETH_SRC);
    bump(phyint + Phyint_kstat_OFF, KSTAT_OPACKETS, 1);
    bump(phyint + Phyint_kstat_OFF, KSTAT_OBYTES, len);
    if (slot != 0) bump(bytes, slotIpif(slot), len);
    changetype<Desc>(d).out = <u16>p;
  }
  return d;
}

/** A frame that is not plain; returns 1 if it is to be sent. */
function txOne(g: u32, d: usize): u32 {
  const desc = changetype<Desc>(d);
  const at = <usize>desc.off;
  const len = desc.len;
  const flags: u32 = desc.flags;
  const out = descValid(desc.off, len, flags) ? txFrame(g, at, len, flags) : drop(DROP_BAD_DESC);
  desc.out = <u16>out;
  if (out >= PHYINT_MAX) {
    countTxDrop(g, out);
    return 0;
  }
  const phyint = phyintAt(out);
  store<u64>(at, (load<u64>(at, ETH_SRC) & ~MAC_MASK) | phyint.mac, ETH_SRC);
  countTx(out, loadMac(at), len);
  return 1;
}
