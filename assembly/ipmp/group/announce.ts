// Announcements and conflict probes: who has to say what, when, and how fast.
//
// Each data address is on at most one list of its group (ann_list.ts). A new owner puts it on FIRST; sent, it goes on:
//   FIRST → COPY, if copies are wanted → AGAIN → LATER, until announce_count have been sent → REFRESH, if the group has a refresh
//   FIRST → PROBE, until conflict probes have been sent → FIRST          (RFC 5227 §2.1.1, RFC 4862 §5.4)
// announcePump empties them as far as the pace allows: ANNOUNCE_BURST for each millisecond that passed, so that 4,096
// addresses moving at once do not overrun the transmit rings they need, and data has its place between. What is due goes in
// this order: first announcements, proxy entries (arpent_ann.ts), addresses in VLANs (vlan.ts), probes, copies, repetitions,
// refreshes. So the first announcement of N addresses is out in N / ANNOUNCE_BURST ms whatever else is configured, and everything, with V
// VLANs and M active members, in N (V + 1) M / ANNOUNCE_BURST ms. The first frame leaves by the member that owns the
// address now, with that member's own hardware address, so that switches learn too.
//
// An address is used while it probes: the group has usually announced it before, and then also announces it at once.

import { ANNOUNCE_BURST, CTL_MAX, Grp, IPIF_ANNOUNCED, IPIF_BOUND } from "../../abi/ipmp";
import { NS_PER_MS, deadlineAt, nextMs } from "../clock";
import { addrOf, craftAnnounce, craftProbe } from "../path/craft";
import { ctlFree } from "../ctl";
import { copyOne, copiesWanted } from "./copies";
import { againGap, announceGap, isSecond } from "./ann_gap";
import { NEVER, NONE, announceAt, grpAt, ipifAt, page } from "../layout";
import {
  LIST_AGAIN, LIST_COPY, LIST_FIRST, LIST_LATER, LIST_NONE, LIST_PROBE, LIST_RECOVER, LIST_REFRESH, listAppend, listDue, listHead,
  listRemove, listRetime,
} from "./ann_list";
import { arpentDue, arpentPump, arpentRetime } from "./arpent_ann";
import { vaddrMoved, vaddrPump } from "./vlan";

/** Milliseconds of allowance that may add up. */
// @ts-ignore: decorator
@inline const PACE_MS_MAX: u64 = 4;
/** Places of the control ring that announcements leave to answers. */
// @ts-ignore: decorator
@inline const CTL_KEEP: u32 = CTL_MAX / 4;
// @ts-ignore: decorator
@inline const NS_PER_S: u64 = 1000 * NS_PER_MS;

/** Takes address i off its list: nothing more is said of it. O(1). */
export function announceStop(g: u32, i: u32): void { listRemove(g, i); }

/** Address i has a new owner: announce it, at once and then as often as the group says. O(1), with learnt addresses O(VADDR_MAX). */
export function announceStart(g: u32, i: u32): void {
  listRemove(g, i);
  const ipif = ipifAt(g, i);
  ipif.ann_left = grpAt(g).announce_count;
  ipif.dad_left = 0;
  listAppend(g, i, LIST_FIRST, page().now);
  if (announceAt(g).nvaddr != 0) vaddrMoved(g, ipif.family, addrOf(g, i));
}

/**
 * Every address of a family is announced anew, but for those that are being probed: under policy `broadcast` each address is at
 * every member, so that it is at another place when any of them comes or goes. O(ADDR_MAX).
 */
export function announceFamily(g: u32, family: u32): void {
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if (<u32>ipif.family != family || (<u32>ipif.flags & IPIF_BOUND) == 0) continue;
    if (ipif.dad_left == 0 && ipif.ann_list != LIST_PROBE && ipif.ann_list != LIST_FIRST) announceStart(g, i);
  }
}

/** Address i is new here: probe for conflicts, then announce it. O(1). */
export function probeStart(g: u32, i: u32): void {
  const grp = grpAt(g);
  if (grp.probe_count == 0) return announceStart(g, i);
  listRemove(g, i);
  const ipif = ipifAt(g, i);
  ipif.dad_left = grp.probe_count;
  ipif.ann_left = grp.announce_count;
  listAppend(g, i, LIST_FIRST, page().now);
}

/** What address i, which has been announced and is on no list, waits for next. */
function announceNext(g: u32, i: u32): void {
  const left: u32 = ipifAt(g, i).ann_left;
  if (left > 0) return listAppend(g, i, isSecond(g, left) ? LIST_AGAIN : LIST_LATER, page().now + announceGap(g, left));
  const refresh = announceAt(g).refresh_s;
  if (refresh != 0) listAppend(g, i, LIST_REFRESH, page().now + <u64>refresh * NS_PER_S);
}

/** Announces address i by its owner, without a tag. False: the ring is full. */
function announceByOwner(g: u32, i: u32): bool {
  const ipif = ipifAt(g, i);
  return craftAnnounce(g, ipif.family, addrOf(g, i), ipif.bound, ipif.bound, 0);
}

/** Sends one announcement of address i, the head of its list, and puts it where it belongs next. False: the ring is full. */
function announceOne(g: u32, i: u32): bool {
  const ipif = ipifAt(g, i);
  if (!announceByOwner(g, i)) return false;
  ipif.flags |= <u8>IPIF_ANNOUNCED;
  ipif.ann_left = <u8>(max<u32>(ipif.ann_left, 1) - 1);
  listRemove(g, i);
  if (copiesWanted(g, ipif.family)) listAppend(g, i, LIST_COPY, page().now); else announceNext(g, i);
  return true;
}

/** Sends the next copy of the announcement of address i, the head of COPY; after the last one it moves on. */
function copyNext(g: u32, i: u32): bool {
  const sent = copyOne(g, i);
  if (sent < 0) return false;
  if (sent == 0) {
    listRemove(g, i);
    announceNext(g, i);
  }
  return true;
}

/** Sends one conflict probe of address i, the head of its list; the interval after the last one it is announced. */
function probeOne(g: u32, i: u32): bool {
  const ipif = ipifAt(g, i);
  if (ipif.dad_left == 0) {
    announceStart(g, i);
    return true;
  }
  const known = (ipif.flags & <u8>IPIF_ANNOUNCED) != 0 && ipif.dad_left == grpAt(g).probe_count;
  if (known && !announceByOwner(g, i)) return false;
  if (!craftProbe(g, ipif.family, addrOf(g, i), ipif.bound)) return false;
  ipif.dad_left -= 1;
  listRemove(g, i);
  listAppend(g, i, LIST_PROBE, page().now + <u64>grpAt(g).probe_interval_ms * NS_PER_MS);
  return true;
}

/** Tops up the allowance for the milliseconds that have passed. */
function paceTopUp(grp: Grp): void {
  const ms = page().now / NS_PER_MS;
  if (ms == grp.pace_time && grp.pace_left != 0) return;
  const passed = grp.pace_time == 0 ? PACE_MS_MAX : min<u64>(ms - grp.pace_time, PACE_MS_MAX);
  grp.pace_time = ms;
  grp.pace_left = min<u32>(grp.pace_left + <u32>passed * ANNOUNCE_BURST, <u32>PACE_MS_MAX * ANNOUNCE_BURST);
}

/** The address whose turn it is and that is due, by the order above but for FIRST. NONE if nothing is due. */
function announceDue(g: u32): u32 {
  const now = page().now;
  if (listDue(g, LIST_PROBE) <= now) return listHead(g, LIST_PROBE);
  if (listDue(g, LIST_COPY) <= now) return listHead(g, LIST_COPY);
  if (listDue(g, LIST_AGAIN) <= now) return listHead(g, LIST_AGAIN);
  if (listDue(g, LIST_LATER) <= now) return listHead(g, LIST_LATER);
  return listDue(g, LIST_REFRESH) <= now ? listHead(g, LIST_REFRESH) : NONE;
}

/** Whether anything else than a data address is due. */
function othersDue(g: u32): bool { return min<u64>(announceAt(g).vaddr_due, arpentDue(g)) <= page().now; }

/** Whether group g has something to say now. */
function anyDue(g: u32): bool {
  return listHead(g, LIST_FIRST) != NONE || othersDue(g) || announceDue(g) != NONE;
}

/** Whether pace and control ring allow another frame. */
// @ts-ignore: decorator
@inline function mayGo(grp: Grp): bool { return grp.pace_left > 0 && ctlFree() > CTL_KEEP; }

/** Says the next thing about address i, the head of its list. False: the ring is full. */
function sayNext(g: u32, i: u32): bool {
  const ipif = ipifAt(g, i);
  if (ipif.ann_list == LIST_COPY) return copyNext(g, i);
  return ipif.ann_list == LIST_PROBE || ipif.dad_left > 0 ? probeOne(g, i) : announceOne(g, i);
}

/** Announces what is no data address and is due, as far as pace and control ring allow. Returns how many frames. */
function othersPump(g: u32): u32 {
  const grp = grpAt(g);
  const room = min<u32>(grp.pace_left, ctlFree() - CTL_KEEP);
  let frames = arpentDue(g) <= page().now ? arpentPump(g, room) : 0;
  if (announceAt(g).vaddr_due <= page().now) frames += vaddrPump(g, room - frames);
  grp.pace_left -= frames;
  return frames;
}

/** Says what is due, as far as pace and control ring allow. Returns how many frames. O(frames + VADDR_MAX + ARPENT_MAX). */
export function announcePump(g: u32): u32 {
  if (!anyDue(g)) return 0;
  const grp = grpAt(g);
  paceTopUp(grp);
  let count: u32 = 0;
  while (mayGo(grp)) {
    let i = listHead(g, LIST_FIRST);
    if (i == NONE && othersDue(g)) {
      count += othersPump(g);
      if (othersDue(g)) break;
    }
    if (i == NONE) i = announceDue(g);
    if (i == NONE || !sayNext(g, i)) break;
    grp.pace_left -= u32(grp.pace_left > 0);
    count++;
  }
  deadlineAt(announceDeadline(g));
  return count;
}

/** An interval of group g was changed: nobody waits longer than the new one, and lists stay in order of time. O(ADDR_MAX). */
export function announceRetime(g: u32): void {
  const grp = grpAt(g);
  listRetime(g, LIST_AGAIN, page().now + againGap(g));
  listRetime(g, LIST_LATER, page().now + <u64>grp.announce_interval_ms * NS_PER_MS);
  listRetime(g, LIST_PROBE, page().now + <u64>grp.probe_interval_ms * NS_PER_MS);
  arpentRetime(g, page().now + <u64>grp.announce_interval_ms * NS_PER_MS);
  deadlineAt(announceDeadline(g));
}

/** The refresh of group g was switched on, off, or over: every address that waits for nothing else waits for it. O(ADDR_MAX). */
export function announceRefresh(g: u32): void {
  const refresh = announceAt(g).refresh_s;
  const due = page().now + <u64>refresh * NS_PER_S;
  if (refresh != 0) {
    listRetime(g, LIST_REFRESH, due);
    deadlineAt(due);
  }
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if (refresh == 0 && ipif.ann_list == LIST_REFRESH) listRemove(g, i);
    if (refresh != 0 && ipif.ann_list == LIST_NONE && (<u32>ipif.flags & IPIF_BOUND) != 0) listAppend(g, i, LIST_REFRESH, due);
  }
}

/** When announcePump has something to do next. O(1). */
export function announceDeadline(g: u32): u64 {
  if (anyDue(g)) return nextMs();
  const others = min<u64>(announceAt(g).vaddr_due, arpentDue(g));
  const repeats = min<u64>(listDue(g, LIST_AGAIN), listDue(g, LIST_LATER));
  const waits = min<u64>(listDue(g, LIST_REFRESH), listDue(g, LIST_RECOVER));
  return min<u64>(min<u64>(listDue(g, LIST_PROBE), repeats), min<u64>(waits, others));
}
