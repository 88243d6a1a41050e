// Neighbour discovery through the group (RFC 4861): as arp_path.ts, for IPv6.
//
// Out: the link-layer address options that name the sender name the member that its address is bound to, by which the
// message leaves; the ICMPv6 checksum follows (RFC 1624), unless it is partial: then it covers the pseudo-header only.
// In: solicitations for data addresses and published entries are answered here, once over all members; everything else
// goes to the stack, once. Messages that a receiver must discard (RFC 4861 §7.1) are dropped.

import {
  ARPENT_PROXY, ARPENT_PUBLISH, DROP_CTL_FULL, DROP_DUPLICATE, DROP_ND_FORMAT, DROP_NOT_NOMINEE, DROP_NO_ACTIVE, DROP_REFLECTED,
  DROP_RESOLVE_DUP, FAMILY_V6, IPIF_DUPLICATE, IPIF_UP, OUT_ALL, OUT_CONSUMED, OUT_DELIVER, PHYI_FAILED, POLICY_BROADCAST,
} from "../../abi/ipmp";
import { ETH_LEN, ETH_SRC, vlanTags } from "../../wire/eth";
import { csumReplaceMac } from "../../lib/csum";
import { load16, loadMac, macIsGroup, storeMac, zero16 } from "../../lib/be";
import { ICMP6_CSUM } from "../../wire/icmp6";
import { IP6_SRC } from "../../wire/ipv6";
import {
  NA_ROUTER, ND_FLAGS, ND_NA, ND_NS, ND_RA, ND_RA_LIFETIME, ND_REDIRECT, ND_TARGET, OPT_SLLA, OPT_TLLA, ndFixed,
  ndLinkAddress, ndOption, ndOptionSize, ndOptionsValid, ndValid,
} from "../../wire/ndp";
import { vnetChecked, vnetPartial } from "../../wire/vnet";
import { addrFind, addrSlot6, slotPort } from "./addr_table";
import { arpentFind } from "../group/arpent";
import { craftNdAnswer } from "./craft";
import { ipifConflict } from "../group/ipif";
import { NONE, arpentAt, grpAt, illgrpAt, ipifAt, phyintAt } from "../layout";
import { isTentative, macIsOwn, setRouter } from "./own";
import { replyToAll } from "../group/claims";
import { resolveFirst } from "./resolve";
import { vaddrLearn } from "../group/vlan";
import { drop } from "./verdict";

/** The member that the address at `addr` is bound to, or whose hardware address its entry has; else NONE. */
function ownerOf(g: u32, addr: usize): u32 {
  const slot = addrSlot6(g, addr);
  if (slot != 0) return slotPort(slot);
  const e = arpentFind(g, FAMILY_V6, addr);
  return e == NONE ? NONE : arpentAt(g, e).port;
}

/** Remembers whether the stack calls itself a router, for the answers given in its place. */
function noteRouter(g: u32, type: u32, nd: usize): void {
  if (type == ND_RA) setRouter(g, load16(nd + ND_RA_LIFETIME) != 0);
  else if (type == ND_NA) setRouter(g, (<u32>load<u8>(nd, ND_FLAGS) & NA_ROUTER) != 0);
}

/**
 * Rewrites the link-layer address options of a type from offset `from` on (with `only`, those that name that or `own`), and
 * the checksum unless it is partial.
 */
function rewrite(nd: usize, from: u32, len: u32, type: u32, mac: u64, only: u64, own: u64, partial: bool): void {
  let at = ndOption(nd, from, len, type);
  while (at != 0) {
    const before = loadMac(nd + at + 2);
    if (only == 0 || before == only || before == own) {
      storeMac(nd + at + 2, mac);
      if (!partial) store<u16>(nd, <u16>csumReplaceMac(load<u16>(nd, ICMP6_CSUM), before, mac), ICMP6_CSUM);
    }
    at = ndOption(nd, at + ndOptionSize(nd + at), len, type);
  }
}

/** A neighbour discovery message of len bytes from the stack, in the packet at `ip`: its verdict. The family is active. */
export function txNd(g: u32, at: usize, flags: u32, ip: usize, nd: usize, len: u32): u32 {
  const type = <u32>load<u8>(nd);
  const fixed = ndFixed(type);
  if (len < fixed || !ndOptionsValid(nd, fixed, len)) return drop(DROP_ND_FORMAT);
  noteRouter(g, type, nd);
  if (<u32>grpAt(g).policy == POLICY_BROADCAST) return OUT_ALL;
  const src = ip + IP6_SRC;
  const about = type == ND_NA || (type == ND_NS && zero16(src)) ? nd + ND_TARGET : src;
  const i = addrFind(g, FAMILY_V6, about);
  if (i != NONE && (<u32>ipifAt(g, i).flags & IPIF_DUPLICATE)) return drop(DROP_DUPLICATE);
  const l3 = <u32>(ip - at);
  if (l3 != ETH_LEN && !zero16(src)) vaddrLearn(g, FAMILY_V6, vlanTags(at, l3), about);
  let port = ownerOf(g, about);
  if (port == NONE) port = illgrpAt(g, FAMILY_V6).cast_ill;
  ndFrom(g, at, flags, nd, len, port, grpAt(g).mac);
  return port;
}

/** Makes member p the sender of the message of len bytes at `nd` from the stack; where a redirect names `own`, p is meant. */
export function ndFrom(g: u32, at: usize, flags: u32, nd: usize, len: u32, p: u32, own: u64): void {
  const type = <u32>load<u8>(nd);
  // A redirect's target is another host, unless it is a neighbour that this host stands for.
  const only: u64 = type == ND_REDIRECT ? grpAt(g).mac : 0;
  const option = type == ND_NA || type == ND_REDIRECT ? OPT_TLLA : OPT_SLLA;
  rewrite(nd, ndFixed(type), len, option, phyintAt(p).mac, only, own, vnetPartial(at, flags));
}

/** A solicitation or advertisement of len bytes received by member p, to a group address or to a member: its verdict. */
export function rxNd(g: u32, p: u32, at: usize, flags: u32, l3: u32, nd: usize, len: u32, group: bool): u32 {
  const ip = at + l3;
  if (!ndValid(ip, nd, len, vnetChecked(at, flags))) return drop(DROP_ND_FORMAT);
  const from = loadMac(at + ETH_SRC);
  if (<u32>load<u8>(nd) == ND_NS) return rxSolicit(g, p, at, l3, nd, len, from, group);
  if (group && <u32>illgrpAt(g, FAMILY_V6).cast_ill != p) return drop(DROP_NOT_NOMINEE);
  const tlla = ndLinkAddress(nd, len, OPT_TLLA);
  const mac = tlla != 0 ? tlla : from;
  if (macIsOwn(g, mac)) return drop(DROP_REFLECTED);
  claimed(g, nd + ND_TARGET, mac, vlanTags(at, l3));
  return OUT_DELIVER;
}

/** Whether the address at `addr`, claimed by mac, is a data address; then it is a conflict. */
function claimed(g: u32, addr: usize, mac: u64, tags: u32): bool {
  const i = addrFind(g, FAMILY_V6, addr);
  if (i == NONE || !(<u32>ipifAt(g, i).flags & IPIF_UP)) return false;
  ipifConflict(g, i, mac, tags);
  return true;
}

function rxSolicit(g: u32, p: u32, at: usize, l3: u32, nd: usize, len: u32, from: u64, group: bool): u32 {
  const src = at + l3 + IP6_SRC;
  const target = nd + ND_TARGET;
  const probe = zero16(src);
  const tags = vlanTags(at, l3);
  const each = <u32>grpAt(g).policy == POLICY_BROADCAST;
  let again = false;
  if (group) {
    if ((<u32>phyintAt(p).flags & PHYI_FAILED) && <u32>illgrpAt(g, FAMILY_V6).cast_ill != p) return drop(DROP_NOT_NOMINEE);
    const lo = load<u64>(src);
    const hi = probe ? from : load<u64>(src, 8);
    again = !resolveFirst(g, FAMILY_V6, p, tags, lo, hi, load<u64>(target), load<u64>(target, 8));
    // Under policy `broadcast` each member answers for itself: the others may not be reached from there.
    if (again && !each) return drop(DROP_RESOLVE_DUP);
  }
  if (!again && !probe && claimed(g, src, from, tags)) return OUT_DELIVER;
  const i = addrFind(g, FAMILY_V6, target);
  let mac: u64 = 0;
  let proxy = false;
  if (i != NONE && (<u32>ipifAt(g, i).flags & IPIF_UP)) {
    if (isTentative(g, i)) {
      // RFC 4862 §5.4.3: another's probe means a duplicate; any other solicitation is ignored.
      if (!probe) return OUT_CONSUMED;
      if (again) return drop(DROP_RESOLVE_DUP);
      ipifConflict(g, i, from, tags);
      return OUT_DELIVER;
    }
    const bound = <u32>ipifAt(g, i).bound;
    if (bound == NONE) return drop(DROP_NO_ACTIVE);
    mac = phyintAt(each ? p : bound).mac;
  } else {
    const e = arpentFind(g, FAMILY_V6, target);
    if (e == NONE || !(<u32>arpentAt(g, e).flags & (ARPENT_PUBLISH | ARPENT_PROXY))) {
      return again ? drop(DROP_RESOLVE_DUP) : OUT_DELIVER;
    }
    mac = arpentAt(g, e).mac;
    proxy = true;
  }
  const slla = ndLinkAddress(nd, len, OPT_SLLA);
  let requester = slla == 0 || macIsGroup(slla) || macIsOwn(g, slla) ? from : slla;
  if (probe && i != NONE && replyToAll(g, i)) requester = 0;
  return craftNdAnswer(g, p, tags, mac, target, requester, src, proxy) ? OUT_CONSUMED : drop(DROP_CTL_FULL);
}
