// Local health (Lifeguard): 0 = well, up to 8. A node that has reason to doubt itself grants all others more time.
//
// Up by one: its own tick came late; most of those it observes fell silent together while it heard nobody at all; one of
// its observers says that it misses this node (to 1 and not further). Down by one for each second without any of that.
//
// self().health_ok is when the score last changed, or silence was last seen; self().silent_since when a good message
// of anybody last came.

import { later, since } from "../../lib/span";
import { isExternal } from "./limits";
import { observedAt, page, peerAt, self } from "../layout";

// @ts-ignore: decorator
@inline const HEALTH_MAX: u32 = 8;
// @ts-ignore: decorator
@inline const SECOND: u64 = 1_000_000_000;

function raise(now: u64): void {
  const pg = page();
  self().health_ok = now;
  if (<u32>pg.health < HEALTH_MAX) pg.health = <u8>(<u32>pg.health + 1);
}

/** This node behaved badly. Ten observers may notice the same: it counts once in an interval. */
export function healthWorse(now: u64): void {
  const me = self();
  if (page().health == 0 || since(now, me.health_ok) >= me.probe_ns) raise(now);
}

/** When silence of everybody is noticed: one interval and the time for an answer of the next. */
function deafAt(): u64 {
  return later(self().silent_since, self().probe_ns << 1);
}

/** Has nobody at all been heard, while more than half of those observed, and at least two, should have answered? */
function isDeaf(now: u64): bool {
  const me = self();
  const k = me.nobserved;
  if (k < 2 || isExternal() || now <= deafAt()) return false;
  let silent: u32 = 0;
  for (let i: u32 = 0; i < k; i++) {
    const peer = peerAt(observedAt(i));
    silent += u32(since(now, max<u64>(peer.probed, peer.observed)) > me.probe_ns << 1);
  }
  return silent > k >> 1;
}

/** Lets the time act on the score. O(nobserved). */
export function healthTick(now: u64): void {
  const me = self();
  const pg = page();
  if (isDeaf(now)) {
    // Once for each silence; while it lasts nothing gets better.
    if (me.health_ok <= deafAt()) raise(now); else me.health_ok = now;
    return;
  }
  const steps = since(now, me.health_ok) / SECOND;
  if (pg.health == 0 || steps == 0) return;
  pg.health = steps >= <u64>pg.health ? 0 : <u8>(<u32>pg.health - <u32>steps);
  me.health_ok += steps * SECOND;
}

/** When the score may fall by itself; silence is noticed with the next round of probes. */
export function healthDeadline(): u64 {
  return page().health == 0 ? u64.MAX_VALUE : later(self().health_ok, SECOND);
}
