// Data addresses: added, brought up and down, removed, claimed by others.
//
// Invariants: an address is in the index iff its entry is USED; it is bound iff it is UP and a member of its family is
// active; entries [0, ipif_hiwater) are USED or on the free list; a DUPLICATE address is not UP.

import {
  ADDR_MAX, AddrConf, AddrConf_addr_OFF, EAFNOSUPPORT, EEXIST, EINVAL, ENOENT, ENOSPC,
  EVENT_ADDR_STATE, EVENT_CONFLICT, FAMILY_V4, FAMILY_V6, IPIF_ANNOUNCED, IPIF_BOUND, IPIF_DUPLICATE, IPIF_UP,
  IPIF_USED, IPIF_VERIFIED, Ipif_SIZE, Ipif_addr_OFF,
} from "../../abi/ipmp";
import { addrFind, addrInsert, addrRemove } from "../path/addr_table";
import { announcePump, announceStart, announceStop, probeStart } from "./announce";
import { arpentDrop } from "./arpent";
import { ACT_NONE, bindIpif, bindRelevel, bindTarget, unbindIpif } from "./bind";
import { claimCount, claimForget } from "./claims";
import { craftDefend } from "../path/craft";
import { NS_PER_MS } from "../clock";
import { eventAddr, eventEmit } from "../event";
import { NONE, announceAt, grpAt, inbox, ipifAt, ipifBytesOf, page, pinOf, pinSet } from "../layout";
import { loadReset } from "./load";
import { isTentative } from "../path/own";
import { RECOVER_BURST, recoverGoOn, recoverLater, recoverNext } from "./recover";
import { testOwner } from "../probe/targets";
import { addrIsHost, grpValid } from "../valid";

/** Values of an ADDR_STATE event. */
// @ts-ignore: decorator
@inline const STATE_DOWN: u32 = 0;
// @ts-ignore: decorator
@inline const STATE_UP: u32 = 1;
// @ts-ignore: decorator
@inline const STATE_DUPLICATE: u32 = 2;

/** Family and prefix of an AddrConf: 0, or why it cannot be. */
function confRefused(g: u32, conf: AddrConf): i32 {
  const family: u32 = conf.family;
  if (family > FAMILY_V6) return -EINVAL;
  if (!addrIsHost(family, changetype<usize>(conf) + AddrConf_addr_OFF)) return -EINVAL;
  if (conf.prefix > (family == FAMILY_V4 ? 32 : 128)) return -EINVAL;
  return ((grpAt(g).families >> <u8>family) & 1) == 0 ? -EAFNOSUPPORT : 0;
}

/** Whether i is an address in use of group g. */
export function ipifValid(g: u32, i: u32): bool {
  return grpValid(g) && i < <u32>grpAt(g).ipif_hiwater && (ipifAt(g, i).flags & <u8>IPIF_USED) != 0;
}

export function ipmp_ipif_add(g: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const conf = changetype<AddrConf>(inbox());
  const refused = confRefused(g, conf);
  if (refused != 0) return refused;
  if ((<u32>conf.flags & ~(IPIF_UP | IPIF_VERIFIED)) != 0) return -EINVAL;
  const addr = inbox() + AddrConf_addr_OFF;
  if (addrFind(g, conf.family, addr) != NONE || testOwner(g, conf.family, addr, NONE) != NONE) return -EEXIST;
  const i = ipifAlloc(g);
  if (i == NONE) return -ENOSPC;
  const ipif = ipifAt(g, i);
  memory.copy(changetype<usize>(ipif) + Ipif_addr_OFF, addr, 16);
  ipif.family = conf.family;
  ipif.prefix = conf.prefix;
  ipif.flags = <u8>IPIF_USED | (conf.flags & <u8>IPIF_VERIFIED);
  store<u64>(ipifBytesOf(g) + (i << 3), 0);
  loadReset(g, i);
  pinSet(g, i, NONE);
  addrInsert(g, i);
  page().generation += 1;
  if ((<u32>conf.flags & IPIF_UP) != 0) ipifUp(g, i);
  return <i32>i;
}

/** A fresh entry, its links empty; NONE if all are in use. O(1). */
function ipifAlloc(g: u32): u32 {
  const grp = grpAt(g);
  let i: u32 = grp.ipif_free;
  if (i != NONE) grp.ipif_free = ipifAt(g, i).ann_next;
  else if (<u32>grp.ipif_hiwater < ADDR_MAX) {
    i = grp.ipif_hiwater;
    grp.ipif_hiwater = <u16>(i + 1);
  } else return NONE;
  const ipif = ipifAt(g, i);
  memory.fill(changetype<usize>(ipif), 0, Ipif_SIZE);
  ipif.bound = ipif.bound_next = ipif.bound_prev = ipif.ann_next = ipif.ann_prev = <u16>NONE;
  grp.naddr += 1;
  return i;
}

export function ipmp_ipif_del(g: u32, i: u32): i32 {
  if (!ipifValid(g, i)) return -ENOENT;
  const grp = grpAt(g);
  const ipif = ipifAt(g, i);
  ipifDown(g, i, STATE_DOWN);
  announceStop(g, i);
  claimForget(g, i);
  addrRemove(g, i);
  if (pinOf(g, i) != NONE) grp.npin -= 1;
  pinSet(g, i, NONE);
  ipif.flags = 0;
  ipif.ann_next = grp.ipif_free;
  grp.ipif_free = <u16>i;
  grp.naddr -= 1;
  page().generation += 1;
  return 0;
}

export function ipmp_ipif_up(g: u32, i: u32, up: u32): i32 {
  if (!ipifValid(g, i)) return -ENOENT;
  const flags: u32 = ipifAt(g, i).flags;
  if (up == 0 && (flags & IPIF_UP) == 0) return 0;
  if (up != 0 && (flags & IPIF_UP) != 0) return 0;
  if (up != 0) ipifUp(g, i); else ipifDown(g, i, STATE_DOWN);
  return 1;
}

/** Address i comes up: bound to where it belongs, probed for conflicts unless the stack has done so, announced. */
function ipifUp(g: u32, i: u32): void {
  const grp = grpAt(g);
  const ipif = ipifAt(g, i);
  const was = (<u32>ipif.flags & IPIF_DUPLICATE) != 0 ? STATE_DUPLICATE : STATE_DOWN;
  announceStop(g, i); // a duplicate waits to be tried again
  ipif.flags = <u8>((<u32>ipif.flags & ~IPIF_DUPLICATE) | IPIF_UP);
  countUp(g, ipif.family, 1);
  arpentDrop(g, ipif.family, changetype<usize>(ipif) + Ipif_addr_OFF);
  stateEvent(g, i, was, STATE_UP);
  const p = bindTarget(g, i);
  if (p == NONE) return;
  bindIpif(g, i, p, ACT_NONE);
  if ((<u32>ipif.flags & IPIF_VERIFIED) != 0) announceStart(g, i); else probeStart(g, i);
  announcePump(g);
}

/** Address i goes down; what it leaves uneven is evened out by one move. */
function ipifDown(g: u32, i: u32, state: u32): void {
  const ipif = ipifAt(g, i);
  if ((<u32>ipif.flags & IPIF_UP) == 0) return;
  ipif.flags = <u8>(<u32>ipif.flags & ~(IPIF_UP | IPIF_ANNOUNCED));
  countUp(g, ipif.family, -1);
  const p = unbindIpif(g, i);
  if (p != NONE) bindRelevel(g, ipif.family, p);
  stateEvent(g, i, STATE_UP, state);
  announcePump(g);
}

function countUp(g: u32, family: u32, by: i32): void {
  const grp = grpAt(g);
  if (family == FAMILY_V4) grp.naddr_up4 = <u16>(<i32>grp.naddr_up4 + by);
  else grp.naddr_up6 = <u16>(<i32>grp.naddr_up6 + by);
}

function stateEvent(g: u32, i: u32, old: u32, now: u32): void {
  const ev = eventEmit(EVENT_ADDR_STATE, g, NONE, old, now);
  eventAddr(ev, ipifAt(g, i).family, changetype<usize>(ipifAt(g, i)) + Ipif_addr_OFF);
}

/** Address i is another host's: it goes down, and is probed for anew when recovery_s have passed. O(MEMBER_MAX). */
function ipifDuplicate(g: u32, i: u32): void {
  ipifDown(g, i, STATE_DUPLICATE);
  const ipif = ipifAt(g, i);
  ipif.flags = <u8>((<u32>ipif.flags | IPIF_DUPLICATE) & ~IPIF_VERIFIED);
  claimForget(g, i);
  recoverLater(g, i);
}

/** Duplicate addresses of group g whose time has come are brought up, and so probed for. Returns how many. O(MEMBER_MAX) each. */
export function ipifRecover(g: u32): u32 {
  let count: u32 = 0;
  for (let i = recoverNext(g); i != NONE; i = recoverNext(g)) {
    ipifUp(g, i);
    if (++count == RECOVER_BURST) break;
  }
  recoverGoOn(g);
  return count;
}

/**
 * Another host, with hardware address mac, claims data address i in the VLANs of `tags`. One that is still being probed
 * for the first time is given up (RFC 5227 §2.1.1). One in use is defended, once per interval (RFC 5227 §2.4 b and c), and
 * kept, unless the group limits how often: then one claim more within the window, and it is given up too. O(MEMBER_MAX).
 */
export function ipifConflict(g: u32, i: u32, mac: u64, tags: u32): void {
  const ipif = ipifAt(g, i);
  const ann = announceAt(g);
  const now = page().now;
  const fresh = isTentative(g, i);
  ipif.conflicts += 1;
  const lost = fresh || (ann.conflict_max != 0 && claimCount(g, i) > <u32>ann.conflict_max);
  if (!lost && ipif.defended != 0 && now < ipif.defended + <u64>ann.defend_ms * NS_PER_MS) return;
  ipif.defended = max<u64>(now, 1);
  const ev = eventEmit(EVENT_CONFLICT, g, ipif.bound, 0, u32(lost));
  ev.mac = mac;
  ev.count = ipif.conflicts;
  eventAddr(ev, ipif.family, changetype<usize>(ipif) + Ipif_addr_OFF);
  if (lost) ipifDuplicate(g, i);
  else if ((<u32>ipif.flags & IPIF_BOUND) != 0) craftDefend(g, ipif.family, changetype<usize>(ipif) + Ipif_addr_OFF, ipif.bound, tags);
}

export function ipmp_ipif_lookup(g: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const conf = changetype<AddrConf>(inbox());
  if (<u32>conf.family > FAMILY_V6) return -ENOENT;
  const i = addrFind(g, conf.family, inbox() + AddrConf_addr_OFF);
  return i == NONE ? -ENOENT : <i32>i;
}

export function ipmp_ipif_next(g: u32, from: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  for (let i = from, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    if ((<u32>ipifAt(g, i).flags & IPIF_USED) != 0) return <i32>i;
  }
  return -ENOENT;
}

export function ipmp_ipif_get(g: u32, i: u32): i32 {
  return ipifValid(g, i) ? <i32>changetype<usize>(ipifAt(g, i)) : -ENOENT;
}
