// Time as the module knows it: an input, in the page. Whoever plans something for later says so here, and time.ts
// does it when that time has come.

import { page } from "./layout";

// @ts-ignore: decorator
@inline export const NS_PER_MS: u64 = 1_000_000;

/** Something is to be done at `due` ns: the host is to call again by then, and time.ts to look for it. */
export function deadlineAt(due: u64): void {
  page().timers_due = min<u64>(page().timers_due, due);
  watcherAt(due);
}

/** A watcher has its turn at `due` ns: the heap says whose it is (probe/heap.ts). */
export function watcherAt(due: u64): void {
  page().deadline = min<u64>(page().deadline, due);
}

/** Something is to be done as soon as time is looked at, however soon that is. */
export function timersSoon(): void {
  page().timers_due = 0;
}

/** The next full millisecond. */
export function nextMs(): u64 {
  return (page().now / NS_PER_MS + 1) * NS_PER_MS;
}
