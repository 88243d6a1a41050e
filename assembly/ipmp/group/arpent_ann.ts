// Announcements of proxy entries: as often and as far apart as those of data addresses (ann_gap.ts), in the group's VLANs
// and by its other members where it says so (copies.ts), and at the group's one pace (announce.ts).
//
// An entry that has been given to a member has Arpent.ann_left rounds to go, the next at ann_due; ann_next is how far a round
// that pace or control ring cut short has come, counted over VLANs and, within each, active members.
// Invariant: Announce.arpent_wait is set if any entry has a round to go.

import { ARPENT_MAX, ARPENT_NOTIFIED, Arpent } from "../../abi/ipmp";
import { timersSoon } from "../clock";
import { craftProxy } from "../path/craft";
import { NEVER, activeOf, announceAt, arpentAt, grpAt, illgrpAt, page, vlanOf } from "../layout";
import { announceGap } from "./ann_gap";
import { byAll } from "./copies";

/** The entry has been given to a member: it is announced from now on. */
export function arpentAnnounce(g: u32, ent: Arpent): void {
  ent.flags = <u8>(<u32>ent.flags & ~ARPENT_NOTIFIED);
  ent.ann_left = grpAt(g).announce_count;
  ent.ann_next = 0;
  ent.ann_due = page().now;
  announceAt(g).arpent_wait = 1;
  timersSoon();
}

/** Sends what is left of entry e's round, at most `most` frames; returns how many. O(VLAN_MAX × MEMBER_MAX). */
function round(g: u32, e: u32, most: u32): u32 {
  const ent = arpentAt(g, e);
  const ann = announceAt(g);
  const ig = illgrpAt(g, ent.family);
  const members: u32 = ig.nactif;
  const end = (<u32>ann.nvlan + 1) * members;
  const all = byAll(g);
  let sent: u32 = 0;
  let k: u32 = ent.ann_next;
  for (; k < end; k++) {
    const port = activeOf(ig, k % members);
    if (port != <u32>ent.port && !all) continue;
    const vlan = k / members;
    if (sent == most || !craftProxy(g, e, port, vlan == 0 ? 0 : vlanOf(ann, vlan - 1))) break;
    sent++;
  }
  ent.ann_next = <u16>k;
  if (k < end) return sent;
  ent.flags |= <u8>ARPENT_NOTIFIED;
  ent.ann_next = 0;
  ent.ann_left -= 1;
  ent.ann_due = page().now + announceGap(g, ent.ann_left);
  return sent;
}

/** Announces the proxy entries that are due, at most `most` frames; returns how many. O(ARPENT_MAX + frames). */
export function arpentPump(g: u32, most: u32): u32 {
  let sent: u32 = 0;
  let wait: u32 = 0;
  for (let e: u32 = 0; e < ARPENT_MAX; e++) {
    const ent = arpentAt(g, e);
    if (ent.ann_left == 0) continue;
    if (ent.ann_due <= page().now) sent += round(g, e, most - sent);
    wait |= u32(ent.ann_left != 0);
  }
  announceAt(g).arpent_wait = <u8>wait;
  return sent;
}

/** When the next proxy entry is due. O(ARPENT_MAX) if one waits. */
export function arpentDue(g: u32): u64 {
  if (announceAt(g).arpent_wait == 0) return NEVER;
  let due = NEVER;
  for (let e: u32 = 0; e < ARPENT_MAX; e++) if (arpentAt(g, e).ann_left != 0) due = min<u64>(due, arpentAt(g, e).ann_due);
  return due;
}

/** No entry waits longer than until `latest`. O(ARPENT_MAX). */
export function arpentRetime(g: u32, latest: u64): void {
  for (let e: u32 = 0; e < ARPENT_MAX; e++) arpentAt(g, e).ann_due = min<u64>(arpentAt(g, e).ann_due, latest);
}
