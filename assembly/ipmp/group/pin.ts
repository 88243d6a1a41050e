// Pins: a data address that is to be on a certain member whenever that is active.
//
// Invariants: a pin names a member of the address's group; npin counts them; an address that is up is on the member it is
// pinned to whenever that is active in its family.

import { EINVAL, ENOENT, EVENT_PIN, Ipif_addr_OFF } from "../../abi/ipmp";
import { announcePump } from "./announce";
import { bindLevel, bindMove } from "./bind";
import { eventAddr, eventEmit } from "../event";
import { ipifValid } from "./ipif";
import { NONE, grpAt, illAt, ipifAt, page, phyintAt, pinOf, pinSet } from "../layout";
import { levelled } from "./weight";
import { phyintValid } from "../valid";

/** Notes that address i is pinned to p, or to nobody. */
function note(g: u32, i: u32, p: u32): void {
  const ipif = ipifAt(g, i);
  const old = pinOf(g, i);
  const bound: u32 = ipif.bound;
  if (bound != NONE && bound == old) illAt(bound, ipif.family).pinned_cnt -= 1;
  if (bound != NONE && bound == p) illAt(bound, ipif.family).pinned_cnt += 1;
  pinSet(g, i, p);
  grpAt(g).npin = <u16>(<u32>grpAt(g).npin + u32(p != NONE) - u32(old != NONE));
  const ev = eventEmit(EVENT_PIN, g, p != NONE ? p : old, u32(old != NONE), u32(p != NONE));
  eventAddr(ev, ipif.family, changetype<usize>(ipif) + Ipif_addr_OFF);
}

export function ipmp_ipif_pin(g: u32, i: u32, p: u32): i32 {
  if (!ipifValid(g, i) || (p != NONE && !phyintValid(p))) return -ENOENT;
  if (p != NONE && <u32>phyintAt(p).grp != g) return -EINVAL;
  if (pinOf(g, i) == p) return 0;
  note(g, i, p);
  const ipif = ipifAt(g, i);
  const family: u32 = ipif.family;
  const moves = p != NONE && ipif.bound != <u16>NONE && <u32>ipif.bound != p && illAt(p, family).active;
  if (moves) bindMove(g, i, p);
  // What it left and where it came to may now be uneven; so may be where it was held.
  const others = bindLevel(g, family);
  levelled(g, family, moves ? p : NONE, u32(moves) + others);
  announcePump(g);
  page().generation += 1;
  return i32(moves);
}

/** NIC p leaves group g, where nothing is bound to it any more: its pins end. O(ADDR_MAX) if the group has pins. */
export function pinForget(g: u32, p: u32): void {
  const grp = grpAt(g);
  if (grp.npin == 0) return;
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = grp.ipif_hiwater; i < n; i++) {
    if (ipifAt(g, i).flags == 0 || pinOf(g, i) != p) continue;
    pinSet(g, i, NONE);
    count++;
  }
  if (count == 0) return;
  grp.npin = <u16>(<u32>grp.npin - count);
  eventEmit(EVENT_PIN, g, p, 1, 0).count = count;
}
