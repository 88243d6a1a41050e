// When a watcher is called, and chance.

import { PROBEST_DISABLED, Page } from "../../abi/ipmp";
import { prngBelow } from "../../lib/prng";
import { watcherAt } from "../clock";
import { NEVER, page, probeAt } from "../layout";
import { heapRemove, heapSet } from "./heap";

/** A number below `bound` from the module's generator. */
export function jitter(bound: u64): u64 {
  return prngBelow(changetype<usize>(page()) + offsetof<Page>("seed"), bound);
}

/** When watcher n wants to be called: for its beats if it is at work, and for its test address (test_check.ts). NEVER: not. */
export function watcherDue(n: u32): u64 {
  const pr = probeAt(n);
  const beat = <u32>pr.state == PROBEST_DISABLED ? NEVER : min<u64>(pr.due, pr.rtt_due);
  const own = pr.own_due == 0 ? NEVER : pr.own_due;
  return min<u64>(beat, min<u64>(own, pr.report_due == 0 ? NEVER : pr.report_due));
}

/** Puts watcher n's next call into the heap, or takes it out. */
export function probeArm(n: u32): void {
  const due = watcherDue(n);
  if (due == NEVER) return heapRemove(n);
  heapSet(n, due);
  watcherAt(due);
}
