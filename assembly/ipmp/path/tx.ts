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
  DESC_MAX, Desc, Desc_SIZE, DROP_BAD_DESC, ENOENT, ERANGE, FAMILY_V4, FRAME_MAX, GRP_MAX, KSTAT_OBYTES,
  KSTAT_OPACKETS, PHYINT_MAX, POLICY_FLOW, Phyint_kstat_OFF,
} from "../../abi/ipmp";
import { MAC_MASK, loadMac } from "../../lib/be";
import { ETH_SRC } from "../../wire/eth";
import { PROTO_TCP, PROTO_UDP } from "../../wire/ipv4";
import { VNET_LEN } from "../../wire/vnet";
import { addrSlot4, slotIpif } from "./addr_table";
import { flowBucket } from "./flow";
import { bucketOf, descAt, grpAt, illgrpAt, ioBase, ioEnd, ipifBytesOf, phyintAt, slotsOf } from "../layout";
import { policyPort } from "./policy";
import { txFrame } from "./tx_frame";
import { bump, countTx, countTxDrop, descValid, drop } from "./verdict";

/** Bytes of a plain frame up to and with its ports. */
// @ts-ignore: decorator
@inline const PLAIN_LEN: u32 = 38;
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
  // Without an active member no frame is plain.
  const plain = illgrpAt(g, FAMILY_V4).nactif != 0;
  const policy: u32 = grpAt(g).policy;
  let sent: u32 = 0;
  let d = descAt(first);
  while (d < end) {
    if (plain) {
      const next = policy == POLICY_FLOW ? plainByFlow(g, d, end) : plainByPolicy(g, d, end, policy);
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
@inline function plainRun(g: u32, d: usize, end: usize, policy: u32): usize {
  const ig = illgrpAt(g, FAMILY_V4);
  const slots = slotsOf(g);
  const bytes = ipifBytesOf(g);
  // A virtio header fits before every frame from here on, so that its flag need not be looked at.
  const base = ioBase() + VNET_LEN;
  const space = ioEnd() - base;
  for (; d < end; d += Desc_SIZE) {
    const place = load<u64>(d);
    const at = <usize>place;
    const len = <u32>(place >> 32);
    if (len - PLAIN_LEN > FRAME_MAX - PLAIN_LEN || <u32>at - base > space - len) break;
    const l4 = load<u32>(at, 20);
    const total = (<u32>load<u8>(at, 16) << 8) | <u32>load<u8>(at, 17);
    const proto = l4 >> 24;
    const odd = ((load<u32>(at, 12) ^ PLAIN_HEAD) & 0xff_ffff) | (l4 & PLAIN_FRAG) | (<u32>load<u8>(at) & 1);
    if (odd != 0 || total - 24 > len - PLAIN_LEN || (proto != PROTO_UDP && proto != PROTO_TCP)) break;
    const addrs = load<u64>(at, 26);
    const slot = addrSlot4(slots, <u32>addrs);
    const bucket = flowBucket(addrs, load<u32>(at, 34));
    const p = policy == POLICY_FLOW ? bucketOf(ig, bucket)
      : policyPort(g, policy, FAMILY_V4, ig, load<u64>(at) & MAC_MASK, slot, bucket);
    const phyint = changetype<usize>(phyintAt(p));
    store<u64>(at, load<u64>(phyint) | PLAIN_TYPE, ETH_SRC);
    bump(phyint + Phyint_kstat_OFF, KSTAT_OPACKETS, 1);
    bump(phyint + Phyint_kstat_OFF, KSTAT_OBYTES, len);
    if (slot != 0) bump(bytes, slotIpif(slot), len);
    changetype<Desc>(d).out = <u16>p;
  }
  return d;
}

// Two functions, so that the first has no call in its loop: what it keeps stays in registers.
function plainByFlow(g: u32, d: usize, end: usize): usize { return plainRun(g, d, end, POLICY_FLOW); }
function plainByPolicy(g: u32, d: usize, end: usize, policy: u32): usize { return plainRun(g, d, end, policy); }

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
