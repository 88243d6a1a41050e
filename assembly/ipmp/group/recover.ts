// Duplicate addresses that are tried again (R1.8): after recovery_s an address that another host had is brought up anew,
// and so probed for; if the other host still has it, it is a duplicate again, and waits again.

import { ANNOUNCE_BURST, IPIF_DUPLICATE } from "../../abi/ipmp";
import { LIST_NONE, LIST_RECOVER, listAppend, listDue, listHead, listRemove, listRetime } from "./ann_list";
import { NS_PER_MS, deadlineAt, nextMs } from "../clock";
import { NONE, announceAt, grpAt, ipifAt, page } from "../layout";

// @ts-ignore: decorator
@inline const NS_PER_S: u64 = 1000 * NS_PER_MS;

/** Address i has just become a duplicate. O(1). */
export function recoverLater(g: u32, i: u32): void {
  const after = announceAt(g).recovery_s;
  if (after != 0) listAppend(g, i, LIST_RECOVER, page().now + <u64>after * NS_PER_S);
}

/** The first address whose time has come, off the list; NONE if there is none. O(1). */
export function recoverNext(g: u32): u32 {
  if (listDue(g, LIST_RECOVER) > page().now) return NONE;
  const i = listHead(g, LIST_RECOVER);
  listRemove(g, i);
  return i;
}

/** How many are brought up in one call; the others have their turn a millisecond later. */
// @ts-ignore: decorator
@inline export const RECOVER_BURST: u32 = ANNOUNCE_BURST;

/** Says when to go on if not all had their turn. */
export function recoverGoOn(g: u32): void { if (listDue(g, LIST_RECOVER) <= page().now) deadlineAt(nextMs()); }

/** recovery_s was changed: nobody waits longer than it says; with 0 nobody waits at all, else every duplicate does. O(ADDR_MAX). */
export function recoverRetime(g: u32): void {
  const after = announceAt(g).recovery_s;
  if (after != 0) {
    listRetime(g, LIST_RECOVER, page().now + <u64>after * NS_PER_S);
    deadlineAt(page().now + <u64>after * NS_PER_S);
  }
  for (let i: u32 = 0, n: u32 = grpAt(g).ipif_hiwater; i < n; i++) {
    const ipif = ipifAt(g, i);
    if (after == 0 && ipif.ann_list == LIST_RECOVER) listRemove(g, i);
    else if (ipif.ann_list == LIST_NONE && (<u32>ipif.flags & IPIF_DUPLICATE) != 0) recoverLater(g, i);
  }
}
