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
  DESC_MAX, Desc, Desc_SIZE, DROP_BAD_DESC, ENCAP_VXLAN, ENOENT, ERANGE, FAMILY_V4, GRP_MAX, Illgrp, KSTAT_OBYTES,
  KSTAT_OPACKETS, MTU_MIN_V4, OUT_ALL, PHYINT_MAX, POLICY_ACTIVE_BACKUP, POLICY_BROADCAST, POLICY_FLOW, POLICY_L2,
  POLICY_NEXT_HOP, POLICY_ROUND_ROBIN, POLICY_SOURCE, POLICY_VLAN_SRCMAC, Phyint_kstat_OFF,
} from "../../abi/ipmp";
import { MAC_MASK, loadMac } from "../../lib/be";
import { ETH_LEN, ETH_SRC } from "../../wire/eth";
import { PROTO_TCP, PROTO_UDP } from "../../wire/ipv4";
import { VNET_LEN } from "../../wire/vnet";
import { addrSlot4, slotIpif, slotPort } from "./addr_table";
import { flowBucket, flowL2 } from "./flow";
import { NONE, bucketOf, descAt, grpAt, illgrpAt, ioBase, ioEnd, ipifBytesOf, phyintAt, slotsOf } from "../layout";
import { nexthopPort } from "./nexthop";
import { turnNext } from "../group/rotor";
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
  // Two places that call the loops of plain frames: called from one only, the compiler would put them all in here, where
  // each would have to share registers with the others. Without an active member no frame is plain.
  if (ig.nactif != 0) {
    const next = plainFrames(g, d, end, ig, slots, bytes);
    sent += <u32>(next - d) / Desc_SIZE;
    d = next;
  }
  while (d < end) {
    sent += txOne(g, d);
    d += Desc_SIZE;
    if (ig.nactif == 0 || d == end) continue;
    const next = plainFrames(g, d, end, ig, slots, bytes);
    sent += <u32>(next - d) / Desc_SIZE;
    d = next;
  }
  return sent;
}

/** A virtio header fits before every frame from here on, so that its flag need not be looked at. */
// @ts-ignore: decorator
@inline function lowest(): u32 { return ioBase() + VNET_LEN; }

/** Longest MTU there is. */
// @ts-ignore: decorator
@inline const MTU_MAX: u32 = 65535;
/** A port that no packet has. */
// @ts-ignore: decorator
@inline const NO_PORT: u32 = 0x1_0000;

/** Sends plain frames from descriptor d on; returns the first descriptor of one that is not plain, or end. */
// @ts-ignore: decorator
@inline function plainFrames(g: u32, d: usize, end: usize, ig: Illgrp, slots: usize, bytes: usize): usize {
  const grp = grpAt(g);
  const space = ioEnd() - lowest();
  // Longer ones, above the group's MTU, are superframes or refused.
  const most = ETH_LEN - PLAIN_LEN + max<u32>(MTU_MIN_V4, min<u32>(ig.mtu, MTU_MAX));
  // VXLAN is looked into by the long way. As the port lies in memory.
  const vxlan = <u32>grp.encap & ENCAP_VXLAN ? <u32>bswap<u16>(grp.vxlan_port) : NO_PORT;
  switch (<u32>grp.policy) {
    case POLICY_FLOW: return byFlow(d, end, ig, slots, bytes, space, most, vxlan);
    case POLICY_SOURCE: return bySource(d, end, ig, slots, bytes, space, most, vxlan);
    case POLICY_ACTIVE_BACKUP: return byNominee(d, end, ig, slots, bytes, space, most);
    case POLICY_NEXT_HOP: return byNextHop(g, d, end, ig, slots, bytes, space, most);
    case POLICY_BROADCAST: return d;
    default: return byAnother(g, d, end, <u32>grp.policy, ig, slots, bytes, space, most);
  }
}

// One function a policy, so that a loop has no call but next-hop's: what it keeps stays in registers. What does not
// change in a loop comes as a parameter: anything else an engine may compute anew for each frame.
type At = usize;
function byFlow(d: At, end: At, ig: Illgrp, slots: At, bytes: At, space: u32, most: u32, vxlan: u32): At {
  return plainRun(0, d, end, POLICY_FLOW, ig, slots, bytes, space, most, vxlan);
}
function bySource(d: At, end: At, ig: Illgrp, slots: At, bytes: At, space: u32, most: u32, vxlan: u32): At {
  return plainRun(0, d, end, POLICY_SOURCE, ig, slots, bytes, space, most, vxlan);
}
function byNominee(d: At, end: At, ig: Illgrp, slots: At, bytes: At, space: u32, most: u32): At {
  return plainRun(0, d, end, POLICY_ACTIVE_BACKUP, ig, slots, bytes, space, most, NO_PORT);
}
function byNextHop(g: u32, d: At, end: At, ig: Illgrp, slots: At, bytes: At, space: u32, most: u32): At {
  return plainRun(g, d, end, POLICY_NEXT_HOP, ig, slots, bytes, space, most, NO_PORT);
}
// The others share one, in which the policy is asked for each frame.
function byAnother(g: u32, d: At, end: At, policy: u32, ig: Illgrp, slots: At, bytes: At, space: u32, most: u32): At {
  return plainRun(g, d, end, policy, ig, slots, bytes, space, most, NO_PORT);
}

/** The loop; policy is a constant but in byAnother. A frame lies in the `space` bytes from lowest() on, PLAIN_LEN + most at most. */
// @ts-ignore: decorator
@inline function plainRun(
  g: u32, d: usize, end: usize, policy: u32, ig: Illgrp, slots: usize, bytes: usize, space: u32, most: u32, vxlan: u32,
): usize {
  for (; d < end; d += Desc_SIZE) {
    const place = load<u64>(d);
    const at = <usize>place;
    const len = <u32>(place >> 32);
    // One comparison, one branch: an engine makes of a || b two flags, and their union.
    if (len - PLAIN_LEN > most) break;
    if (<u32>at - lowest() > space - len) break;
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
    let p: u32;
    if (policy == POLICY_ACTIVE_BACKUP) p = ig.cast_ill;
    else if (policy == POLICY_NEXT_HOP) p = nexthopPort(g, FAMILY_V4, load<u64>(at) & MAC_MASK);
    else if (policy == POLICY_L2) p = bucketOf(ig, flowL2(load<u64>(at) & MAC_MASK, load<u64>(at, ETH_SRC) & MAC_MASK, 0));
    else if (policy == POLICY_VLAN_SRCMAC) p = bucketOf(ig, flowBucket(load<u64>(at, ETH_SRC) & MAC_MASK, 0));
    else if (policy == POLICY_ROUND_ROBIN) p = turnNext(g, FAMILY_V4);
    else if (policy == POLICY_SOURCE && slot != 0 && slotPort(slot) != NONE) p = slotPort(slot);
    else {
      if (<u32>load<u16>(at, 36) == vxlan) break;
      p = bucketOf(ig, flowBucket(addrs, load<u32>(at, 34)));
    }
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
    // Its copies are counted when they are made (tx_copy.ts).
    if (out == OUT_ALL) return 1;
    countTxDrop(g, out);
    return 0;
  }
  const phyint = phyintAt(out);
  store<u64>(at, (load<u64>(at, ETH_SRC) & ~MAC_MASK) | phyint.mac, ETH_SRC);
  countTx(out, loadMac(at), len);
  return 1;
}
