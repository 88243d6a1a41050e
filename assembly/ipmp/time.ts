// Time: an input, read from the page; what waits for it, and until when.

import { GRP_MAX } from "../abi/ipmp";
import { announceDeadline, announcePump } from "./group/announce";
import { ipifRecover } from "./group/ipif";
import { loadDeadline, loadTimer } from "./group/load";
import { NEVER, grpAt, memberOf, page } from "./layout";
import { mcastDeadline, mcastTimer } from "./path/mcast";
import { linkDeadline, linkTimer } from "./member/link";
import { grpSettle } from "./group/settle";
import { heapDeadline } from "./probe/heap";
import { holdDeadline, holdTimer } from "./probe/settle";
import { probeTimers } from "./probe/tick";

/** What ends for one member may end at once for another: the last active one's down delay, and the up delay of one that comes. */
// @ts-ignore: decorator
@inline const ROUNDS: u32 = 4;

/** When group g next has something to do. O(MEMBER_MAX). */
function grpDeadline(g: u32): u64 {
  let due = min<u64>(announceDeadline(g), min<u64>(loadDeadline(g), mcastDeadline(g)));
  due = min<u64>(due, holdDeadline(g));
  for (let i: u32 = 0, n: u32 = grpAt(g).nif; i < n; i++) due = min<u64>(due, linkDeadline(memberOf(grpAt(g), i)));
  return due;
}

/** Everything but the turns of watchers that is due. Returns how many timers fired. */
function timers(): u32 {
  let fired: u32 = 0;
  let deadline = NEVER;
  for (let g: u32 = 0; g < GRP_MAX; g++) {
    if (grpAt(g).used == 0) continue;
    let ended = u32(holdTimer(g));
    for (let i: u32 = 0, n: u32 = grpAt(g).nif; i < n; i++) ended += u32(linkTimer(memberOf(grpAt(g), i)));
    fired += ended + ipifRecover(g) + announcePump(g) + loadTimer(g);
    mcastTimer(g);
    if (ended != 0) grpSettle(g);
    deadline = min<u64>(deadline, grpDeadline(g));
  }
  page().timers_due = deadline;
  return fired;
}

export function ipmp_time_advance(): i32 {
  const pg = page();
  let fired = probeTimers();
  // Thousands of watchers have their turns between two times at which any group has anything to do.
  for (let round: u32 = 0; round < ROUNDS && pg.timers_due <= pg.now; round++) fired += timers();
  pg.deadline = min<u64>(pg.timers_due, heapDeadline());
  return <i32>fired;
}
