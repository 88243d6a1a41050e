// ARP through the group (RFC 826): peers learn, for each data address, the hardware address of the member that it is
// bound to.
//
// Out: the sender's hardware address is that member's and the frame leaves by it.
// In: requests for data addresses and published entries are answered here, once over all members; everything else goes
// to the stack, once. A foreign claim on a data address is a conflict (RFC 5227), a reflected own claim is none.

import {
  ARPENT_PROXY, ARPENT_PUBLISH, DROP_ARP_FORMAT, DROP_CTL_FULL, DROP_DUPLICATE, DROP_NOT_NOMINEE, DROP_NO_ACTIVE, DROP_REFLECTED,
  DROP_RESOLVE_DUP, DROP_SHORT, FAMILY_V4, IPIF_DUPLICATE, IPIF_UP, OUT_ALL, OUT_CONSUMED, OUT_DELIVER, PHYI_FAILED,
  POLICY_BROADCAST,
} from "../../abi/ipmp";
import { loadMac, macIsGroup, storeMac } from "../../lib/be";
import { ARP_LEN, ARP_REQUEST, ARP_SHA, ARP_SPA, ARP_THA, ARP_TPA, arpOp } from "../../wire/arp";
import { ETH_LEN, vlanTags } from "../../wire/eth";
import { addrFind4, addrSlot4, slotPort } from "./addr_table";
import { arpentFind } from "../group/arpent";
import { craftArpAnswer } from "./craft";
import { ipifConflict } from "../group/ipif";
import { NONE, arpentAt, grpAt, illgrpAt, ipifAt, phyintAt, slotsOf } from "../layout";
import { isTentative, macIsOwn } from "./own";
import { resolveFirst } from "./resolve";
import { vaddrLearn } from "../group/vlan";
import { drop } from "./verdict";

/** A raw IPv4 address as 16 bytes, for arpentFind. */
const KEY: usize = memory.data(16, 8);

/** The explicit entry for a raw IPv4 address, or NONE. */
function entryFor(g: u32, addr: u32): u32 {
  store<u64>(KEY, <u64>addr);
  return arpentFind(g, FAMILY_V4, KEY);
}

/** The member that a raw IPv4 address is bound to, or whose hardware address its entry has; else NONE. */
function ownerOf(g: u32, addr: u32): u32 {
  const slot = addrSlot4(slotsOf(g), addr);
  if (slot != 0) return slotPort(slot);
  const e = entryFor(g, addr);
  return e == NONE ? NONE : arpentAt(g, e).port;
}

/** ARP from the stack: its verdict. */
export function txArp(g: u32, at: usize, len: u32, l3: u32): u32 {
  if (len < l3 + ARP_LEN) return drop(DROP_SHORT);
  const arp = at + l3;
  if (arpOp(arp) == 0) return drop(DROP_ARP_FORMAT);
  const ig = illgrpAt(g, FAMILY_V4);
  if (ig.nactif == 0) return drop(DROP_NO_ACTIVE);
  if (<u32>grpAt(g).policy == POLICY_BROADCAST) return OUT_ALL;
  const spa = load<u32>(arp, ARP_SPA);
  // A probe has no sender (RFC 5227 §2.1.1): the address that it is about decides.
  const about = spa != 0 ? spa : load<u32>(arp, ARP_TPA);
  const i = addrFind4(g, about);
  if (i != NONE && (<u32>ipifAt(g, i).flags & IPIF_DUPLICATE)) return drop(DROP_DUPLICATE);
  if (l3 != ETH_LEN && spa != 0) {
    store<u64>(KEY, <u64>spa);
    vaddrLearn(g, FAMILY_V4, vlanTags(at, l3), KEY);
  }
  let port = ownerOf(g, about);
  if (port == NONE) port = ig.cast_ill;
  arpFrom(g, arp, port, grpAt(g).mac);
  return port;
}

/** Makes member p the sender of the ARP packet at `arp` from the stack; where it names `own` as target, p is meant. */
export function arpFrom(g: u32, arp: usize, p: u32, own: u64): void {
  const mac = phyintAt(p).mac;
  const tha = loadMac(arp + ARP_THA);
  storeMac(arp + ARP_SHA, mac);
  if (tha == own || tha == grpAt(g).mac) storeMac(arp + ARP_THA, mac);
}

/** ARP received by member p, to all (group) or to a member: its verdict. */
export function rxArp(g: u32, p: u32, at: usize, len: u32, l3: u32, group: bool): u32 {
  if (len < l3 + ARP_LEN) return drop(DROP_SHORT);
  const arp = at + l3;
  const op = arpOp(arp);
  const sha = loadMac(arp + ARP_SHA);
  if (op == 0 || sha == 0 || (op == ARP_REQUEST && macIsGroup(sha))) return drop(DROP_ARP_FORMAT);
  if (macIsOwn(g, sha)) return drop(DROP_REFLECTED);
  const spa = load<u32>(arp, ARP_SPA);
  const tpa = load<u32>(arp, ARP_TPA);
  let again = false;
  if (group) {
    if (op != ARP_REQUEST || (<u32>phyintAt(p).flags & PHYI_FAILED)) {
      if (<u32>illgrpAt(g, FAMILY_V4).cast_ill != p) return drop(DROP_NOT_NOMINEE);
    }
    again = op == ARP_REQUEST && !resolveFirst(g, FAMILY_V4, p, vlanTags(at, l3), spa, sha, tpa, 0);
    // Under policy `broadcast` each member answers for itself: the others may not be reached from there.
    if (again && <u32>grpAt(g).policy != POLICY_BROADCAST) return drop(DROP_RESOLVE_DUP);
  }
  const foreign = !again && claimed(g, spa, sha, vlanTags(at, l3));
  if (op == ARP_REQUEST && !foreign) {
    const verdict = answer(g, p, vlanTags(at, l3), tpa, sha, spa);
    if (verdict != OUT_DELIVER) return verdict;
    if (again) return drop(DROP_RESOLVE_DUP);
  }
  const tha = loadMac(arp + ARP_THA);
  if (macIsOwn(g, tha)) storeMac(arp + ARP_THA, grpAt(g).mac);
  return OUT_DELIVER;
}

/** Whether a sender claims a data address; then it is a conflict (RFC 5227 §2.4). */
function claimed(g: u32, spa: u32, sha: u64, tags: u32): bool {
  if (spa == 0) return false;
  const i = addrFind4(g, spa);
  if (i == NONE || !(<u32>ipifAt(g, i).flags & IPIF_UP)) return false;
  ipifConflict(g, i, sha, tags);
  return true;
}

/** Answers a request for tpa; DELIVER if that is the stack's business. */
function answer(g: u32, p: u32, tags: u32, tpa: u32, sha: u64, spa: u32): u32 {
  const i = addrFind4(g, tpa);
  let mac: u64 = 0;
  if (i != NONE && (<u32>ipifAt(g, i).flags & IPIF_UP)) {
    if (isTentative(g, i)) {
      // Two hosts probe for the same address (RFC 5227 §2.1.1). Others get no answer before it is known to be ours.
      if (spa != 0) return OUT_CONSUMED;
      ipifConflict(g, i, sha, tags);
      return OUT_DELIVER;
    }
    const bound = <u32>ipifAt(g, i).bound;
    if (bound == NONE) return drop(DROP_NO_ACTIVE);
    mac = phyintAt(<u32>grpAt(g).policy == POLICY_BROADCAST ? p : bound).mac;
  } else {
    const e = entryFor(g, tpa);
    if (e == NONE || !(<u32>arpentAt(g, e).flags & (ARPENT_PUBLISH | ARPENT_PROXY))) return OUT_DELIVER;
    mac = arpentAt(g, e).mac;
  }
  return craftArpAnswer(g, p, tags, mac, tpa, sha, spa) ? OUT_CONSUMED : drop(DROP_CTL_FULL);
}
