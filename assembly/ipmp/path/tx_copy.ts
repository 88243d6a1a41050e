// Policy `broadcast`: the copies of one frame, made one after the other in its place.
//
// Each is the frame as that member sends it: its own hardware address as the Ethernet source and as the sender's in ARP and
// ND, so that whoever is reached by that member only learns the address that answers there. What an own address is in a
// copy, the Ethernet source of the one before says.
//
// Invariant: nothing is written before all has been checked; the frame has passed txFrame, and may have been changed since.

import {
  DESC_MAX, Desc, DROP_MTU, EINVAL, ENOENT, ERANGE, FAMILY_V4, FAMILY_V6, OUT_ALL,
} from "../../abi/ipmp";
import { MAC_MASK, loadMac } from "../../lib/be";
import { ARP_LEN, arpOp } from "../../wire/arp";
import { ETH_SRC, TYPE_ARP, TYPE_IP4, TYPE_IP6, ethParse } from "../../wire/eth";
import { IP6_BAD, IP6_LEN, NEXT_ICMP6, ip6Check, ip6Upper } from "../../wire/ipv6";
import { ndFixed, ndOptionsValid } from "../../wire/ndp";
import { vnetGso } from "../../wire/vnet";
import { arpFrom } from "./arp_path";
import { descAt, illAt, illgrpAt, phyintAt } from "../layout";
import { ndFrom } from "./nd_path";
import { isTooLong } from "./tx_frame";
import { grpValid, phyintValid } from "../valid";
import { countTx, countTxDrop, descValid, drop } from "./verdict";

/** The family whose members send an EtherType, as in txFrame. */
function familyOf(g: u32, type: u32): u32 {
  if (type == TYPE_IP6) return FAMILY_V6;
  return type == TYPE_IP4 || type == TYPE_ARP || illgrpAt(g, FAMILY_V4).nactif != 0 ? FAMILY_V4 : FAMILY_V6;
}

export function ipmp_tx_copy(g: u32, i: u32, p: u32): i32 {
  if (!grpValid(g) || !phyintValid(p)) return -ENOENT;
  if (i >= DESC_MAX) return -ERANGE;
  const desc = changetype<Desc>(descAt(i));
  const len = desc.len;
  const flags: u32 = desc.flags;
  if (<u32>desc.out != OUT_ALL || <u32>phyintAt(p).grp != g || !descValid(desc.off, len, flags)) return -EINVAL;
  const at = <usize>desc.off;
  const head = ethParse(at, len);
  if (head < 0x100) return -EINVAL;
  const l3 = head & 0xff;
  if (!illAt(p, familyOf(g, head >> 8)).active) return 0;
  if (isTooLong(p, at, len, flags, l3)) {
    countTxDrop(g, drop(DROP_MTU));
    return 0;
  }
  const own = loadMac(at + ETH_SRC);
  if (head >> 8 == TYPE_ARP && len >= l3 + ARP_LEN && arpOp(at + l3) != 0) arpFrom(g, at + l3, p, own);
  if (head >> 8 == TYPE_IP6) copyNd(g, at, len, flags, l3, p, own);
  store<u64>(at, (load<u64>(at, ETH_SRC) & ~MAC_MASK) | phyintAt(p).mac, ETH_SRC);
  countTx(p, loadMac(at), len);
  return 1;
}

/** Makes p the sender of what is a neighbour discovery message; leaves all other IPv6 as it is. */
function copyNd(g: u32, at: usize, len: u32, flags: u32, l3: u32, p: u32, own: u64): void {
  const ip = at + l3;
  if (len - l3 < IP6_LEN) return;
  const total = ip6Check(ip, len - l3, vnetGso(at, flags));
  if (total == 0) return;
  const upper = ip6Upper(ip, total);
  if (upper == IP6_BAD || upper >> 24 != NEXT_ICMP6) return;
  const offset = upper & 0xff_ffff;
  if (offset >= total) return;
  const fixed = ndFixed(load<u8>(ip + offset));
  const size = total - offset;
  if (fixed == 0 || size < fixed || !ndOptionsValid(ip + offset, fixed, size)) return;
  ndFrom(g, at, flags, ip + offset, size, p, own);
}
