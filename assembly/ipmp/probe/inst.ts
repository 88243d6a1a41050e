// What a member's watchers say, each alone and together; read by everybody, written by judge.ts and settle.ts.
//
// Terms: a watcher is one member, one family, one kind of probe (Probe); it is *capable* if it works and has a target.
//   a kind's verdict      failed if it has a capable watcher and every capable one has failed (R2.6: the families
//                         stand in for each other), silent if none is capable
//   a member's verdict    WATCH_ALL 0: failed if a kind has failed; 1: if each kind that is not silent has
// Carrier is beside all that: without it a member is failed, whatever answers (link.ts).

import {
  FAMILY_V4, FAMILY_V6, PHYI_FAILED, PHYI_RUNNING, PI_NOTARGETS, PI_RUNNING, PROBEST_DISABLED, PROBEST_FAILED, PROBEST_OK,
  WATCHER_ICMP, WATCHER_RESOLVE,
} from "../../abi/ipmp";
import { NONE, phyintAt, probeAt, probeIndex, watchOf } from "../layout";

// @ts-ignore: decorator
@inline export function phyintOf(n: u32): u32 { return n >> 2; }
// @ts-ignore: decorator
@inline export function kindOf(n: u32): u32 { return (n >> 1) & 1; }
// @ts-ignore: decorator
@inline export function familyOf(n: u32): u32 { return n & 1; }
/** The group of a watcher's member. */
// @ts-ignore: decorator
@inline export function grpOf(n: u32): u32 { return phyintAt(phyintOf(n)).grp; }

/** Whether it works and has a target. */
export function isCapable(n: u32): bool {
  return <u32>probeAt(n).state >= PROBEST_OK;
}

/** Whether member p has any watcher at work. */
// @ts-ignore: decorator
@inline export function isWatched(p: u32): bool { return phyintAt(p).probing != 0; }

/** Whether member p has a capable watcher of one kind. */
export function kindCapable(p: u32, kind: u32): bool {
  return isCapable(probeIndex(p, kind, FAMILY_V4)) || isCapable(probeIndex(p, kind, FAMILY_V6));
}

/** Whether member p has any capable watcher. */
export function isAimed(p: u32): bool {
  return kindCapable(p, WATCHER_ICMP) || kindCapable(p, WATCHER_RESOLVE);
}

/** Whether one kind of probe says that member p has failed. */
export function kindFails(p: u32, kind: u32): bool {
  const four: u32 = probeAt(probeIndex(p, kind, FAMILY_V4)).state;
  const six: u32 = probeAt(probeIndex(p, kind, FAMILY_V6)).state;
  return max<u32>(four, six) >= PROBEST_OK && four != PROBEST_OK && six != PROBEST_OK;
}

/** Whether its probes together say that member p has failed. */
export function watchFails(p: u32): bool {
  if (!isWatched(p)) return false;
  const icmp = kindFails(p, WATCHER_ICMP);
  const resolve = kindFails(p, WATCHER_RESOLVE);
  if (watchOf(phyintAt(p).grp).all == 0) return icmp || resolve;
  return (icmp || resolve) && (icmp || !kindCapable(p, WATCHER_ICMP)) && (resolve || !kindCapable(p, WATCHER_RESOLVE));
}

/** Whether member p has carrier, as far as delays and damping let it count. */
export function linkCounts(p: u32): bool {
  const phyint = phyintAt(p);
  const up = (<u32>phyint.flags & PHYI_RUNNING) != 0;
  return phyint.flap_until == 0 && (phyint.delay_until == 0 ? up : !up);
}

/** Whether member p works as far as anybody knows (R2.3): RUNNING, or NOTARGETS and not FAILED. */
export function isWell(p: u32): bool {
  const phyint = phyintAt(p);
  const state: u32 = phyint.state;
  return (state == PI_RUNNING || state == PI_NOTARGETS) && (<u32>phyint.flags & PHYI_FAILED) == 0;
}

/** When member p's latest answered probe of one kind was sent; 0 = never. */
export function lastOk(p: u32, kind: u32): u64 {
  return max<u64>(probeAt(probeIndex(p, kind, FAMILY_V4)).last_ok, probeAt(probeIndex(p, kind, FAMILY_V6)).last_ok);
}

/** When the first probe of the row of losses by which one kind says that member p has failed was given up. */
export function firstLost(p: u32, kind: u32): u64 {
  let at: u64 = 0;
  for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
    const pr = probeAt(probeIndex(p, kind, family));
    if (<u32>pr.state == PROBEST_FAILED) at = max<u64>(at, pr.first_lost);
  }
  return at;
}

/** Whether watcher n is at work. */
export function isOn(n: u32): bool {
  return grpOf(n) != NONE && <u32>probeAt(n).state != PROBEST_DISABLED;
}
