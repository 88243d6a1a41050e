// Does a state contradict itself? Asked of a saved state before it is used: afterwards every index in it can be trusted.
//
// Each function returns 0, or the number of the rule that is broken. It reads only inside the regions, whatever stands
// there: an index is compared with its limit before it is followed, and every walk has a bound.

import {
  ADDR_MAX, ADDR_SLOTS, ARPENT_MAX, BUCKET_MAX, FAMILY_V4, FAMILY_V6, GRP_MAX, Grp, Grp_ifname_OFF, Grp_name_OFF,
  IPIF_BOUND, IPIF_DUPLICATE, IPIF_UP, IPIF_USED, Ipif_addr_OFF, MCAST_MAX, MEMBER_MAX, PG_FAILED, PHYINT_MAX, PI_INIT,
  PI_OFFLINE, POLICY_BROADCAST, Phyint_name_OFF, REBALANCE_LEAST_TRAFFIC, SPEED_MAX, WEIGHT_CONFIGURED,
  WEIGHT_MAX,
} from "../abi/ipmp";
import { LIST_AGAIN, LIST_FIRST, LIST_LAST, LIST_LATER, LIST_RECOVER, listHead, listTail } from "./group/ann_list";
import { addrFind } from "./path/addr_table";
import {
  NONE, SLOT_SIZE, activeOf, arpentAt, bucketOf, grpAt, illAt, illgrpAt, ipifAt, memberOf, page, phyintAt, pinOf,
  slotsOf,
} from "./layout";
import { nameLength } from "./name";
import { watchWrong, watchersWrong } from "./probe/check";
import { macIsUnicast } from "./valid";
import { vlansWrong } from "./group/vlan";

/** 0, or the number of the first rule that the state breaks. O(state region). */
export function stateWrong(): u32 {
  let ngrp: u32 = 0;
  let nphyint: u32 = 0;
  if (page().grp_top > GRP_MAX || page().phyint_top > PHYINT_MAX) return 2;
  for (let p: u32 = 0; p < PHYINT_MAX; p++) {
    if (phyintAt(p).used == 0) continue;
    if (p >= page().phyint_top) return 3;
    nphyint++;
    let wrong = phyintWrong(p);
    if (wrong == 0) wrong = watchersWrong(p);
    if (wrong != 0) return wrong;
  }
  for (let g: u32 = 0; g < GRP_MAX; g++) {
    if (grpAt(g).used == 0) continue;
    if (g >= page().grp_top) return 4;
    ngrp++;
    let wrong = grpWrong(g);
    if (wrong == 0) wrong = watchWrong(g);
    if (wrong != 0) return wrong;
  }
  return ngrp != page().ngrp || nphyint != page().nphyint ? 1 : 0;
}

function phyintWrong(p: u32): u32 {
  const phyint = phyintAt(p);
  const g: u32 = phyint.grp;
  if (phyint.used != 1 || !macIsUnicast(phyint.mac) || phyint.flags > 63 || <u32>phyint.state > PI_OFFLINE) return 10;
  if (nameLength(changetype<usize>(phyint) + Phyint_name_OFF) < 0 || phyint.families == 0 || phyint.families > 3) return 11;
  if (phyint.weight - 1 >= WEIGHT_MAX || phyint.speed > SPEED_MAX || phyint.weight_now - 1 >= SPEED_MAX) return 15;
  if (g == NONE && phyint.weight_now != 1) return 16;
  if ((g == NONE) != (<u32>phyint.state == PI_INIT)) return 12;
  if (g != NONE) return g < GRP_MAX && grpAt(g).used == 1 && isMember(g, p) ? 0 : 13;
  for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
    const ill = illAt(p, family);
    if (ill.active != 0 || ill.bound_cnt != 0 || ill.bound_head != <u16>NONE || ill.nbucket != 0) return 14;
  }
  return 0;
}

function isMember(g: u32, p: u32): bool {
  for (let i: u32 = 0, n: u32 = min<u32>(grpAt(g).nif, MEMBER_MAX); i < n; i++) if (memberOf(grpAt(g), i) == p) return true;
  return false;
}

function grpWrong(g: u32): u32 {
  const grp = grpAt(g);
  const at = changetype<usize>(grp);
  if (grp.used != 1 || nameLength(at + Grp_name_OFF) < 0 || nameLength(at + Grp_ifname_OFF) < 0) return 20;
  if (!macIsUnicast(grp.mac) || <u32>grp.state > PG_FAILED || <u32>grp.policy > POLICY_BROADCAST) return 21;
  if (grp.families == 0 || grp.families > 3 || <u32>grp.nif > MEMBER_MAX || grp.flap_max > 2 || grp.announce_count == 0) return 22;
  if (<u32>grp.weight_mode > WEIGHT_CONFIGURED || <u32>grp.rebalance > REBALANCE_LEAST_TRAFFIC) return 27;
  if (grp.vxlan_port == 0 || grp.encap > 7 || (grp.load_due != 0) != (<u32>grp.rebalance == REBALANCE_LEAST_TRAFFIC)) return 28;
  if (<u32>grp.ipif_hiwater > ADDR_MAX || <u32>grp.naddr > <u32>grp.ipif_hiwater) return 23;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const p = memberOf(grp, i);
    if (p >= PHYINT_MAX || phyintAt(p).used == 0 || phyintAt(p).grp != <u16>g) return 24;
    for (let k: u32 = 0; k < i; k++) if (memberOf(grp, k) == p) return 25;
  }
  let wrong = illgrpWrong(g, FAMILY_V4);
  if (wrong == 0) wrong = illgrpWrong(g, FAMILY_V6);
  if (wrong == 0 && <u32>grp.nactif != <u32>illgrpAt(g, FAMILY_V4).nactif + <u32>illgrpAt(g, FAMILY_V6).nactif) wrong = 26;
  if (wrong == 0) wrong = ipifsWrong(g);
  if (wrong == 0) wrong = indexWrong(g);
  if (wrong == 0) wrong = pinsWrong(g);
  if (wrong == 0) wrong = chainsWrong(g);
  if (wrong == 0) wrong = listsWrong(grp, g);
  if (wrong == 0 && vlansWrong(g)) wrong = 90;
  return wrong == 0 ? arpentsWrong(g) : wrong;
}

function illgrpWrong(g: u32, family: u32): u32 {
  const ig = illgrpAt(g, family);
  const n: u32 = ig.nactif;
  if (n > <u32>grpAt(g).nif || <u32>ig.nmcast > MCAST_MAX) return 30;
  let nom: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const p = activeOf(ig, i);
    if (!isMember(g, p) || illAt(p, family).active != 1) return 31;
    for (let k: u32 = 0; k < i; k++) if (activeOf(ig, k) == p) return 32;
    nom += u32(<u32>ig.cast_ill == p);
  }
  if (nom != u32(n != 0) || (n == 0 && ig.cast_ill != <u16>NONE) || <u32>ig.next_ill >= max<u32>(n, 1)) return 33;
  for (let i: u32 = 0, m: u32 = grpAt(g).nif; i < m; i++) {
    const ill = illAt(memberOf(grpAt(g), i), family);
    if (ill.active > 1 || (ill.nom_cast != 0) != (memberOf(grpAt(g), i) == <u32>ig.cast_ill)) return 34;
    if (ill.active == 0 && (ill.bound_cnt != 0 || ill.nbucket != 0)) return 35;
  }
  for (let b: u32 = 0; b < BUCKET_MAX; b++) {
    const p = bucketOf(ig, b);
    if (n == 0 ? p != NONE : !isMember(g, p) || illAt(p, family).active == 0) return 36;
  }
  return bucketsCounted(g, family) ? 0 : 37;
}

/** Whether nbucket of each active member is the number of its buckets. */
function bucketsCounted(g: u32, family: u32): bool {
  const ig = illgrpAt(g, family);
  for (let i: u32 = 0, n: u32 = ig.nactif; i < n; i++) {
    const p = activeOf(ig, i);
    let count: u32 = 0;
    for (let b: u32 = 0; b < BUCKET_MAX; b++) count += u32(bucketOf(ig, b) == p);
    if (count != <u32>illAt(p, family).nbucket) return false;
  }
  return true;
}

/** Pins: each names a member, where its address is if that is active; all are counted. */
function pinsWrong(g: u32): u32 {
  let pins: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    const pin = pinOf(g, i);
    if (pin == NONE) continue;
    if (ipif.flags == 0 || !isMember(g, pin)) return 90;
    if (ipif.bound != <u16>NONE && <u32>ipif.bound != pin && illAt(pin, ipif.family).active) return 91;
    pins++;
  }
  return pins == <u32>grpAt(g).npin ? 0 : 92;
}

function ipifsWrong(g: u32): u32 {
  let used: u32 = 0;
  let up4: u32 = 0;
  let up6: u32 = 0;
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if (ipif.flags == 0) continue;
    used++;
    if ((<u32>ipif.flags & IPIF_USED) == 0 || ipif.flags > 63 || <u32>ipif.family > FAMILY_V6 || ipif.ann_list > LIST_LAST) return 40;
    const bound = ipif.bound != <u16>NONE;
    if (bound && (!isMember(g, ipif.bound) || illAt(ipif.bound, ipif.family).active == 0)) return 41;
    const isUp = (<u32>ipif.flags & IPIF_UP) != 0;
    if (bound != ((<u32>ipif.flags & IPIF_BOUND) != 0) || bound != (isUp && illgrpAt(g, ipif.family).nactif != 0)) return 45;
    if (isUp && (<u32>ipif.flags & IPIF_DUPLICATE) != 0) return 46;
    if (<u32>ipif.family == FAMILY_V4) up4 += u32(isUp); else up6 += u32(isUp);
  }
  if (used != <u32>grpAt(g).naddr || up4 != <u32>grpAt(g).naddr_up4 || up6 != <u32>grpAt(g).naddr_up6) return 42;
  let free: u32 = 0;
  for (let i: u32 = grpAt(g).ipif_free; i != NONE; i = ipifAt(g, i).ann_next) {
    if (i >= <u32>grpAt(g).ipif_hiwater || ipifAt(g, i).flags != 0 || ++free > ADDR_MAX) return 43;
  }
  return free + used == <u32>grpAt(g).ipif_hiwater ? 0 : 44;
}

/** The address index (addr_table.ts): every slot names an address, every address is found. */
function indexWrong(g: u32): u32 {
  const n: u32 = grpAt(g).ipif_hiwater;
  let used: u32 = 0;
  for (let s: u32 = 0; s < ADDR_SLOTS; s++) {
    const slot = load<u32>(slotsOf(g) + s * SLOT_SIZE, 4);
    if (slot == 0) continue;
    const i = (slot >> 16) & 0xfff;
    used++;
    if (i >= n || ipifAt(g, i).flags == 0 || (slot & 0xffff) != <u32>ipifAt(g, i).bound) return 50;
  }
  if (used != <u32>grpAt(g).naddr) return 51;
  for (let i: u32 = 0; i < n; i++) {
    const ipif = ipifAt(g, i);
    if (ipif.flags != 0 && addrFind(g, ipif.family, changetype<usize>(ipif) + Ipif_addr_OFF) != i) return 52;
  }
  return 0;
}

/** The chains of bound addresses: each address that is bound is on its member's, once. */
function chainsWrong(g: u32): u32 {
  const n: u32 = grpAt(g).ipif_hiwater;
  let onChains: u32 = 0;
  for (let m: u32 = 0; m < <u32>grpAt(g).nif; m++) {
    const p = memberOf(grpAt(g), m);
    for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
      let count: u32 = 0;
      let pinned: u32 = 0;
      let prev = NONE;
      for (let i: u32 = illAt(p, family).bound_head; i != NONE; i = ipifAt(g, i).bound_next) {
        if (i >= n || <u32>ipifAt(g, i).bound != p || <u32>ipifAt(g, i).bound_prev != prev || ipifAt(g, i).family != <u8>family) return 60;
        if (++count > ADDR_MAX) return 61;
        pinned += u32(pinOf(g, i) == p);
        prev = i;
      }
      if (count != <u32>illAt(p, family).bound_cnt || pinned != <u32>illAt(p, family).pinned_cnt) return 62;
      onChains += count;
    }
  }
  let bound: u32 = 0;
  for (let i: u32 = 0; i < n; i++) bound += u32(ipifAt(g, i).flags != 0 && ipifAt(g, i).bound != <u16>NONE);
  return bound == onChains ? 0 : 63;
}

/** The lists that addresses wait on: only bound ones, of recovery only duplicates, each where its entry says. */
function listsWrong(grp: Grp, g: u32): u32 {
  let onLists: u32 = 0;
  for (let list: u32 = LIST_FIRST; list <= <u32>LIST_LAST; list++) {
    const tail = listTail(g, <u8>list);
    let prev = NONE;
    for (let i = listHead(g, <u8>list); i != NONE; i = ipifAt(g, i).ann_next) {
      if (i >= <u32>grp.ipif_hiwater || <u32>ipifAt(g, i).ann_list != list || <u32>ipifAt(g, i).ann_prev != prev) return 70;
      const waits = list == <u32>LIST_RECOVER;
      if (ipifAt(g, i).flags == 0 || (ipifAt(g, i).bound == <u16>NONE) != waits || ++onLists > ADDR_MAX) return 71;
      const says = list == <u32>LIST_FIRST || list == <u32>LIST_AGAIN || list == <u32>LIST_LATER;
      if (says && ipifAt(g, i).ann_left == 0) return 72;
      if (waits && (<u32>ipifAt(g, i).flags & IPIF_DUPLICATE) == 0) return 75;
      prev = i;
    }
    if (prev != tail) return 73;
  }
  let listed: u32 = 0;
  for (let i: u32 = 0; i < <u32>grp.ipif_hiwater; i++) listed += u32(ipifAt(g, i).flags != 0 && ipifAt(g, i).ann_list != 0);
  return listed == onLists ? 0 : 74;
}

function arpentsWrong(g: u32): u32 {
  let used: u32 = 0;
  for (let e: u32 = 0; e < ARPENT_MAX; e++) {
    const ent = arpentAt(g, e);
    if (ent.flags == 0) continue;
    used++;
    if (ent.flags > 15 || <u32>ent.family > FAMILY_V6 || !macIsUnicast(ent.mac)) return 80;
    if (ent.port != <u16>NONE && !isMember(g, ent.port)) return 81;
  }
  return used == <u32>grpAt(g).narpent ? 0 : 82;
}
