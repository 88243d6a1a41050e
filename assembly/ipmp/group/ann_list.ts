// The lists that data addresses wait on, each at most on one (Ipif.ann_list), each in order of time because what is
// appended to one is due an interval of the group later:
//   FIRST    its first announcement after a rebind, or its first conflict probe, is due: ahead of everything else
//   AGAIN    it has been announced once, and is again at ann_due
//   LATER    it has been announced twice at least, and is again at ann_due
//   PROBE    it probes again at ann_due; after the last probe it goes to FIRST
//   COPY     copies of the announcement just sent are left: other members, VLANs (copies.ts)
//   REFRESH  it is announced again at ann_due though nothing has happened
//   RECOVER  it is a duplicate, bound to nobody, and probed for anew at ann_due (recover.ts)
// Invariant: on RECOVER an address is not bound, on every other list it is.

import { ADDR_MAX, Announce, Grp } from "../../abi/ipmp";
import { deadlineAt, timersSoon } from "../clock";
import { NEVER, NONE, announceAt, grpAt, ipifAt } from "../layout";

// @ts-ignore: decorator
@inline export const LIST_NONE: u8 = 0;
// @ts-ignore: decorator
@inline export const LIST_FIRST: u8 = 1;
// @ts-ignore: decorator
@inline export const LIST_LATER: u8 = 2;
// @ts-ignore: decorator
@inline export const LIST_PROBE: u8 = 3;
// @ts-ignore: decorator
@inline export const LIST_COPY: u8 = 4;
// @ts-ignore: decorator
@inline export const LIST_REFRESH: u8 = 5;
// @ts-ignore: decorator
@inline export const LIST_RECOVER: u8 = 6;
// @ts-ignore: decorator
@inline export const LIST_AGAIN: u8 = 7;
// @ts-ignore: decorator
@inline export const LIST_LAST: u8 = LIST_AGAIN;

/** Where the last one stands, behind the first. */
// @ts-ignore: decorator
@inline const TAIL: usize = 2;

/** Where the ends of a list stand: first, then last, two bytes each. */
function endsOf(g: u32, list: u8): usize {
  return list <= LIST_PROBE
    ? changetype<usize>(grpAt(g)) + offsetof<Grp>("ann_first_head") + (<usize>(list - LIST_FIRST) << 2)
    : changetype<usize>(announceAt(g)) + offsetof<Announce>("copy_head") + (<usize>(list - LIST_COPY) << 2);
}

/** The address that has waited longest on a list; NONE if it is empty. */
export function listHead(g: u32, list: u8): u32 { return load<u16>(endsOf(g, list)); }
/** The one that has waited shortest. */
export function listTail(g: u32, list: u8): u32 { return load<u16>(endsOf(g, list), TAIL); }

/** All lists empty. */
export function listsReset(g: u32): void {
  for (let list = LIST_FIRST; list <= LIST_LAST; list++) store<u32>(endsOf(g, list), 0xffff_ffff);
}

/** Puts address i, which is on no list, at the end of one. O(1). */
export function listAppend(g: u32, i: u32, list: u8, due: u64): void {
  const ipif = ipifAt(g, i);
  const ends = endsOf(g, list);
  const tail: u32 = load<u16>(ends, TAIL);
  ipif.ann_list = list;
  ipif.ann_due = due;
  ipif.ann_prev = <u16>tail;
  ipif.ann_next = <u16>NONE;
  if (tail == NONE) store<u16>(ends, <u16>i); else ipifAt(g, tail).ann_next = <u16>i;
  store<u16>(ends, <u16>i, TAIL);
  if (list == LIST_FIRST) timersSoon(); // it is pumped within the same call
  else deadlineAt(due);
}

/** Takes address i off its list, if it is on one. O(1). */
export function listRemove(g: u32, i: u32): void {
  const ipif = ipifAt(g, i);
  if (ipif.ann_list == LIST_NONE) return;
  const ends = endsOf(g, ipif.ann_list);
  const next: u32 = ipif.ann_next;
  const prev: u32 = ipif.ann_prev;
  if (prev == NONE) store<u16>(ends, <u16>next); else ipifAt(g, prev).ann_next = <u16>next;
  if (next == NONE) store<u16>(ends, <u16>prev, TAIL); else ipifAt(g, next).ann_prev = <u16>prev;
  if (ipif.ann_list == LIST_COPY && prev == NONE) announceAt(g).copy_vlan = announceAt(g).copy_port = 0;
  ipif.ann_list = LIST_NONE;
  ipif.ann_next = ipif.ann_prev = <u16>NONE;
}

/** When the first address of a list is due; NEVER if it is empty. */
export function listDue(g: u32, list: u8): u64 {
  const i = listHead(g, list);
  return i == NONE ? NEVER : ipifAt(g, i).ann_due;
}

/** Nobody on a list waits longer than until `latest`. O(ADDR_MAX). */
export function listRetime(g: u32, list: u8, latest: u64): void {
  let steps: u32 = 0;
  for (let i = listHead(g, list); i != NONE && steps < ADDR_MAX; i = ipifAt(g, i).ann_next, steps++)
    ipifAt(g, i).ann_due = min<u64>(ipifAt(g, i).ann_due, latest);
}
