// How long silence may last before it means something. Shared by those who probe, judge and wait; nothing is changed here.

import { CONFF_EXTERNAL } from "../../abi/clms";
import { later, since, times } from "../../lib/span";
import { isLive } from "../fold/edges";
import { entAt, page, peerAt, self } from "../layout";
import { PEER_DEAD, PEER_FENCED } from "../structs";

/** Is silence without meaning, because only the host says who is dead? */
// @ts-ignore: decorator
@inline export function isExternal(): bool { return (self().flags & CONFF_EXTERNAL) != 0; }

/** Silence that is still good with a well observer. */
export function basicMiss(): u64 {
  return times(self().probe_ns, self().losses);
}

/** The same for this node as it is: one that is not well itself grants others more time. */
export function missNs(): u64 {
  return times(basicMiss(), 1 + <u64>page().health);
}

/**
 * Does this observer miss node n? Until its first answer there is more time: for the first round to begin, and for the
 * way there and back, which may be longer than an interval.
 */
export function isSilent(n: u32, now: u64): bool {
  return now > silentAt(n, missNs());
}

/** The last moment at which silence of node n is still good; `miss` is missNs(), worked out once by whoever asks about many. */
export function silentAt(n: u32, miss: u64): u64 {
  const peer = peerAt(n);
  if (peer.probed > peer.observed) return later(peer.probed, miss);
  const probe = self().probe_ns;
  return later(peer.observed, later(miss, later(probe, max<u64>(peer.rtt_ns, times(probe, 2)))));
}

/** Is it certain (by the host's word, or a confirmed fence) that node n's present incarnation is dead? */
export function isDead(n: u32): bool {
  const peer = peerAt(n);
  const ent = entAt(n);
  return (peer.flags & (PEER_DEAD | PEER_FENCED)) != 0 && peer.fence_inc == ent.inc && isLive(ent.state);
}

/**
 * Is the master to be replaced, as far as this node can tell? That its incarnation is dead does not hold for a process
 * that came after it and is not admitted yet. Where only the host says who is dead, long silence is a reason to ask, too:
 * a takeover leaves nobody out for it. Where there is none, a candidate that polls has the usual time before the next begins.
 */
export function masterMissed(now: u64): bool { return masterSilent(now, missNs()); }

/** The same, when silence means something after `limit`. */
export function masterSilent(now: u64, limit: u64): bool {
  const master: u32 = page().master;
  if (master != 0) {
    if (master == <u32>page().node) return false;
    if (isDead(master) && peerAt(master).inc == entAt(master).inc) return true;
  }
  const silence = since(now, self().master_heard);
  return silence > (master != 0 && isExternal() ? times(limit, 4) : limit);
}
