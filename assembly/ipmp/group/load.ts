// How much traffic each data address carries: bytes sent with it as source, over the last full period and since.
//
// Counted only while the group's REBALANCE wants it: then once a period each address's counter is noted (Load, 8 bytes:
// u32 counter at the beginning of this period, u32 what the last one brought; both in units of 64 bytes, which 32 bits
// hold at any speed there is).

import { LOAD_PERIOD_MS, REBALANCE_LEAST_TRAFFIC } from "../../abi/ipmp";
import { NS_PER_MS, deadlineAt, timersSoon } from "../clock";
import { NEVER, grpAt, ipifBytesOf, loadAt, page } from "../layout";

// @ts-ignore: decorator
@inline const LAST: usize = 4;
/** Bytes of a unit, as a power of two. */
// @ts-ignore: decorator
@inline const UNIT: u64 = 6;

// @ts-ignore: decorator
@inline function counterOf(g: u32, i: u32): u32 { return <u32>(load<u64>(ipifBytesOf(g) + (i << 3)) >> UNIT); }

/** Traffic of address i, in units. */
export function loadOf(g: u32, i: u32): u64 {
  const at = loadAt(g, i);
  return <u64>load<u32>(at, LAST) + <u64>(counterOf(g, i) - load<u32>(at));
}

/** A period begins: notes every counter, and what the last one brought. O(ADDR_MAX). */
function periodBegin(g: u32): void {
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const at = loadAt(g, i);
    const now = counterOf(g, i);
    store<u32>(at, now - load<u32>(at), LAST);
    store<u32>(at, now);
  }
  grpAt(g).load_due = page().now + <u64>LOAD_PERIOD_MS * NS_PER_MS;
  deadlineAt(grpAt(g).load_due);
}

/** Address i is new: nothing has been sent with it. */
export function loadReset(g: u32, i: u32): void { store<u64>(loadAt(g, i), 0); }

/** REBALANCE was set: begins to count, or ceases to. O(ADDR_MAX). */
export function loadSettle(g: u32): void {
  const grp = grpAt(g);
  if (<u32>grp.rebalance != REBALANCE_LEAST_TRAFFIC) {
    grp.load_due = 0;
    timersSoon(); // nobody is to wait for it any more
  } else if (grp.load_due == 0) {
    periodBegin(g);
    // What was sent while nobody counted is of no period.
    for (let i: u32 = 0, n: u32 = grp.ipif_hiwater; i < n; i++) store<u32>(loadAt(g, i), 0, LAST);
  }
}

/** Lets a period end if it is over; returns 1 if it was. O(ADDR_MAX). */
export function loadTimer(g: u32): u32 {
  const due = grpAt(g).load_due;
  if (due == 0 || page().now < due) return 0;
  periodBegin(g);
  return 1;
}

/** When the period ends. */
export function loadDeadline(g: u32): u64 {
  const due = grpAt(g).load_due;
  return due == 0 ? NEVER : due;
}
