// A node that finds that it did not run for a while, or whose clock jumped, blames itself, nobody else.
//
// Invariant: called at the beginning of every step, before anything looks at the time.

import { ENGINE_MASTER } from "../abi/clms";
import { since } from "../lib/span";
import { detectPaused } from "./detect/probe";
import { NEVER, page, self } from "./layout";
import { leasesWait, masterPaused } from "./master/beat";

/** Notices a pause: the host came much later than it was asked to. */
export function timeCheck(): void {
  const me = self();
  const pg = page();
  const now = pg.now;
  const expected = max<u64>(me.last_tick, pg.deadline == NEVER ? now : pg.deadline);
  const gap = since(now, expected);
  if (gap > me.lease_ns >> 6) leasesWait(gap);
  if (gap > max<u64>(me.lease_ns >> 1, 2 * me.probe_ns)) {
    detectPaused(now, since(now, me.last_tick));
    if (<u32>pg.engine == ENGINE_MASTER) masterPaused(now);
  }
  me.last_tick = now;
}
