// Announcements and conflict probes: who has to say what, when, and how fast.
//
// Each data address is on at most one of three lists of its group (Ipif.ann_list), each in order of time:
//   FIRST  its first announcement after a rebind, or its first conflict probe, is due: ahead of everything else
//   LATER  it repeats its announcement at ann_due (the interval is one per group, so arrival order is time order)
//   PROBE  it probes again at ann_due (RFC 5227 §2.1.1, RFC 4862 §5.4); after the last probe it goes to FIRST
// announcePump empties them as far as the pace allows: ANNOUNCE_BURST for each millisecond that passed, so that 4,096
// addresses moving at once do not overrun the transmit rings they need. The frame leaves by the member that owns the
// address now, with that member's own hardware address, so that switches learn too.
//
// An address is used while it probes: the group has usually announced it before, and then also announces it at once.

import {
  ANNOUNCE_BURST, CTL_MAX, Grp, IPIF_ANNOUNCED,
} from "../../abi/ipmp";
import { NS_PER_MS, deadlineAt, nextMs } from "../clock";
import { craftAnnounce, craftProbe } from "../path/craft";
import { ctlFree } from "../ctl";
import { NEVER, NONE, grpAt, ipifAt, page } from "../layout";

// @ts-ignore: decorator
@inline const LIST_NONE: u8 = 0;
// @ts-ignore: decorator
@inline const LIST_FIRST: u8 = 1;
// @ts-ignore: decorator
@inline const LIST_LATER: u8 = 2;
// @ts-ignore: decorator
@inline const LIST_PROBE: u8 = 3;

/** Milliseconds of allowance that may add up. */
// @ts-ignore: decorator
@inline const PACE_MS_MAX: u64 = 4;
/** Places of the control ring that announcements leave to answers. */
// @ts-ignore: decorator
@inline const CTL_KEEP: u32 = CTL_MAX / 4;

function headOf(grp: Grp, list: u8): u32 {
  return list == LIST_FIRST ? grp.ann_first_head : list == LIST_LATER ? grp.ann_later_head : grp.dad_head;
}

function tailOf(grp: Grp, list: u8): u32 {
  return list == LIST_FIRST ? grp.ann_first_tail : list == LIST_LATER ? grp.ann_later_tail : grp.dad_tail;
}

function setHead(grp: Grp, list: u8, i: u32): void {
  if (list == LIST_FIRST) grp.ann_first_head = <u16>i;
  else if (list == LIST_LATER) grp.ann_later_head = <u16>i;
  else grp.dad_head = <u16>i;
}

function setTail(grp: Grp, list: u8, i: u32): void {
  if (list == LIST_FIRST) grp.ann_first_tail = <u16>i;
  else if (list == LIST_LATER) grp.ann_later_tail = <u16>i;
  else grp.dad_tail = <u16>i;
}

function append(g: u32, i: u32, list: u8, due: u64): void {
  const grp = grpAt(g);
  const ipif = ipifAt(g, i);
  const tail = tailOf(grp, list);
  ipif.ann_list = list;
  ipif.ann_due = due;
  ipif.ann_prev = <u16>tail;
  ipif.ann_next = <u16>NONE;
  if (tail == NONE) setHead(grp, list, i); else ipifAt(g, tail).ann_next = <u16>i;
  setTail(grp, list, i);
  if (list != LIST_FIRST) deadlineAt(due); // FIRST is pumped within the same call
}

/** Takes address i off its list: nothing more is said of it. O(1). */
export function announceStop(g: u32, i: u32): void {
  const ipif = ipifAt(g, i);
  const list = ipif.ann_list;
  if (list == LIST_NONE) return;
  const grp = grpAt(g);
  const next: u32 = ipif.ann_next;
  const prev: u32 = ipif.ann_prev;
  if (prev == NONE) setHead(grp, list, next); else ipifAt(g, prev).ann_next = <u16>next;
  if (next == NONE) setTail(grp, list, prev); else ipifAt(g, next).ann_prev = <u16>prev;
  ipif.ann_list = LIST_NONE;
  ipif.ann_next = ipif.ann_prev = <u16>NONE;
}

/** Address i has a new owner: announce it, at once and then as often as the group says. O(1). */
export function announceStart(g: u32, i: u32): void {
  announceStop(g, i);
  const ipif = ipifAt(g, i);
  ipif.ann_left = grpAt(g).announce_count;
  ipif.dad_left = 0;
  append(g, i, LIST_FIRST, page().now);
}

/** Address i is new here: probe for conflicts, then announce it. O(1). */
export function probeStart(g: u32, i: u32): void {
  const grp = grpAt(g);
  if (grp.probe_count == 0) return announceStart(g, i);
  announceStop(g, i);
  const ipif = ipifAt(g, i);
  ipif.dad_left = grp.probe_count;
  ipif.ann_left = grp.announce_count;
  append(g, i, LIST_FIRST, page().now);
}

/** Sends one announcement of address i, the head of its list, and puts it where it belongs next. False: the ring is full. */
function announceOne(g: u32, i: u32): bool {
  const ipif = ipifAt(g, i);
  if (!craftAnnounce(g, i, ipif.bound)) return false;
  ipif.flags |= <u8>IPIF_ANNOUNCED;
  ipif.ann_left -= 1;
  announceStop(g, i);
  if (ipif.ann_left > 0) append(g, i, LIST_LATER, page().now + <u64>grpAt(g).announce_interval_ms * NS_PER_MS);
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
  if (known && !craftAnnounce(g, i, ipif.bound)) return false;
  if (!craftProbe(g, i, ipif.bound)) return false;
  ipif.dad_left -= 1;
  announceStop(g, i);
  append(g, i, LIST_PROBE, page().now + <u64>grpAt(g).probe_interval_ms * NS_PER_MS);
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

/** The address whose turn it is and that is due: FIRST, then PROBE, then LATER. NONE if nothing is due. */
function announceDue(g: u32): u32 {
  const grp = grpAt(g);
  if (grp.ann_first_head != <u16>NONE) return grp.ann_first_head;
  const now = page().now;
  if (grp.dad_head != <u16>NONE && ipifAt(g, grp.dad_head).ann_due <= now) return grp.dad_head;
  if (grp.ann_later_head != <u16>NONE && ipifAt(g, grp.ann_later_head).ann_due <= now) return grp.ann_later_head;
  return NONE;
}

/** Says what is due, as far as pace and control ring allow. Returns how many frames. O(frames). */
export function announcePump(g: u32): u32 {
  const grp = grpAt(g);
  let count: u32 = 0;
  let i = announceDue(g);
  if (i == NONE) return 0;
  paceTopUp(grp);
  while (i != NONE && grp.pace_left > 0 && ctlFree() > CTL_KEEP) {
    const probing = ipifAt(g, i).ann_list == LIST_PROBE || ipifAt(g, i).dad_left > 0;
    const done = probing ? probeOne(g, i) : announceOne(g, i);
    if (!done) break;
    grp.pace_left -= 1;
    count++;
    i = announceDue(g);
  }
  if (i != NONE) deadlineAt(nextMs());
  return count;
}

/** An interval of group g was changed: nobody waits longer than the new one, and lists stay in order of time. O(ADDR_MAX). */
export function announceRetime(g: u32): void {
  const grp = grpAt(g);
  retime(g, grp.ann_later_head, page().now + <u64>grp.announce_interval_ms * NS_PER_MS);
  retime(g, grp.dad_head, page().now + <u64>grp.probe_interval_ms * NS_PER_MS);
  deadlineAt(announceDeadline(g));
}

function retime(g: u32, head: u32, latest: u64): void {
  for (let i = head; i != NONE; i = ipifAt(g, i).ann_next) ipifAt(g, i).ann_due = min<u64>(ipifAt(g, i).ann_due, latest);
}

/** When announcePump has something to do next. O(1). */
export function announceDeadline(g: u32): u64 {
  const grp = grpAt(g);
  const later = min<u64>(dueOf(g, headOf(grp, LIST_PROBE)), dueOf(g, headOf(grp, LIST_LATER)));
  if (grp.ann_first_head == <u16>NONE && later > page().now) return later;
  return nextMs();
}

function dueOf(g: u32, i: u32): u64 {
  return i == NONE ? NEVER : ipifAt(g, i).ann_due;
}
