// Which watchers work, and what follows for a member from whether they have targets (R2.3): recomputed by group/settle.ts
// after everything that may have changed it; only differences are acted on.
//
//   at work   ICMP: WATCH has ICMP, the member's test address of the family is in use (test_check.ts).   RESOLVE: WATCH has
//             RESOLVE, the group has somebody to ask.   Both: the member is not OFFLINE and has the family.
//   member with watchers, none capable    RUNNING → NOTARGETS; FAILED with carrier → NOTARGETS, still flagged FAILED
//   member with a capable watcher, or with none at all any more    NOTARGETS → RUNNING, or FAILED if it is flagged so
//   member that has become FAILED otherwise than by its own probes    its capable watchers start over: PROBE_REPAIRS
//                                                                     answers are wanted of them
//
// A member that failed with its whole group is *held*: it stays FAILED and goes on carrying what it carried, for the fault
// is beyond the NICs and addresses are not to be shuffled (R2.9). That ends when it is repaired, loses carrier or is taken
// out, and FDT after the first member of the group has been repaired: those that have not followed by then are at fault.

import {
  CAUSE_DETECTOR, CAUSE_GROUP, CAUSE_PROBE, CAUSE_TARGETS, FAMILY_V4, FAMILY_V6, PHYI_FAILED, PI_FAILED, PI_INIT, PI_NOTARGETS,
  PI_OFFLINE, PI_RUNNING, PMODE_DISABLED, PROBEST_DISABLED, PROBEST_FAILED, PROBEST_OK, PROBEST_UNKNOWN, Probe, Probe_SIZE,
  Probe_target_OFF, TARGET_MAX, WATCHER_ICMP, WATCH_ICMP, WATCH_RESOLVE,
} from "../../abi/ipmp";
import { NS_PER_MS } from "../clock";
import { NEVER, PROBE_COUNT, grpAt, memberOf, page, phyintAt, probeAt, probeIndex, targetAt, watchOf } from "../layout";
import { PIE_AIMED, PIE_BARE, PIE_REPAIRED, piDispatch } from "../member/fsm";
import { jitter, probeArm, watcherDue } from "./arm";
import { heapReset, heapSet } from "./heap";
import { grpOf, isAimed, isCapable, isWatched, linkCounts, phyintOf } from "./inst";
import { rttReset } from "./rtt";
import { hostsFlush, resolveListed, targetsRefresh } from "./targets";
import { testLeave, testSettle } from "./test_check";

/** Two parts of a watcher's record begin with zeros: between them stands what is known of its test address. */
// @ts-ignore: decorator
@inline const AFTER_PREFIX: usize = offsetof<Probe>("state");
// @ts-ignore: decorator
@inline const OWN: usize = offsetof<Probe>("own_due");

/** Watcher n begins anew: the first beat within one interval, losses do not count for a while. */
function instStart(n: u32): void {
  const pr = probeAt(n);
  const w = watchOf(grpOf(n));
  const now = page().now;
  memory.fill(changetype<usize>(pr) + AFTER_PREFIX, 0, OWN - AFTER_PREFIX);
  memory.fill(changetype<usize>(pr) + Probe_target_OFF, 0, Probe_SIZE - Probe_target_OFF);
  pr.state = <u8>PROBEST_UNKNOWN;
  pr.last = <u8>(TARGET_MAX - 1);
  pr.seen = phyintAt(phyintOf(n)).state;
  pr.id = <u16>jitter(0x1_0000);
  pr.quiet_until = now + <u64>w.quiet_ms * NS_PER_MS;
  pr.base = now + jitter(w.interval);
  pr.due = pr.base + (w.interval >> 1) + jitter(w.interval >> 1);
  pr.rtt_due = NEVER;
  setProbing(n, true);
  targetsRefresh(n);
  instAim(n);
  probeArm(n);
}

function instStop(n: u32): void {
  const pr = probeAt(n);
  pr.state = <u8>PROBEST_DISABLED;
  pr.mode = <u8>PMODE_DISABLED;
  pr.ntarget = 0;
  setProbing(n, false);
  probeArm(n);
}

function setProbing(n: u32, on: bool): void {
  const phyint = phyintAt(phyintOf(n));
  const bit = <u32>1 << (n & 3);
  phyint.probing = <u8>(on ? <u32>phyint.probing | bit : <u32>phyint.probing & ~bit);
}

/** Watcher n has, or has no, target: says what it can say now. */
export function instAim(n: u32): void {
  const pr = probeAt(n);
  const capable = isCapable(n);
  if (capable == (pr.ntarget != 0)) return;
  pr.fails = pr.oks = 0;
  const failed = (<u32>phyintAt(phyintOf(n)).flags & PHYI_FAILED) != 0;
  pr.state = <u8>(capable ? PROBEST_UNKNOWN : failed ? PROBEST_FAILED : PROBEST_OK);
}

/** The group's lists, or an address of its own, have changed: every watcher at work looks at its targets again. */
export function targetsSettle(g: u32): void {
  const grp = grpAt(g);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const p = memberOf(grp, m);
    if (!isWatched(p)) continue;
    for (let k: u32 = 0; k < 4; k++) {
      const n = (p << 2) | k;
      if (<u32>probeAt(n).state == PROBEST_DISABLED) continue;
      targetsRefresh(n);
      instAim(n);
    }
  }
}

/** Every watcher of group g finds other hosts to probe. */
export function hostsForget(g: u32): void {
  const grp = grpAt(g);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
      const n = probeIndex(memberOf(grp, m), WATCHER_ICMP, family);
      if (<u32>probeAt(n).state == PROBEST_DISABLED) continue;
      hostsFlush(n);
      if (probeAt(n).ntarget == 0) probeAt(n).discover = 1;
      instAim(n);
    }
  }
}

/** The watchers that member p of group g should have at work, as in Phyint.probing. */
function wanted(g: u32, p: u32): u32 {
  const phyint = phyintAt(p);
  const state: u32 = phyint.state;
  if (state == PI_OFFLINE || state == PI_INIT) return 0;
  const watch: u32 = watchOf(g).watch;
  const families = <u32>phyint.families & <u32>grpAt(g).families;
  let bits: u32 = (watch & WATCH_ICMP) != 0 ? <u32>phyint.test_ok & families : 0;
  if ((watch & WATCH_RESOLVE) != 0) {
    const resolve = u32(resolveListed(g, FAMILY_V4)) | (u32(resolveListed(g, FAMILY_V6)) << 1);
    bits |= (resolve & families) << 2;
  }
  return bits;
}

/**
 * Member p has become FAILED: what its watchers know of answer times is void, and they want answers again. If it was they
 * who failed it, those that did have begun already (judge.ts), and one that does not say so need not.
 */
function startOver(p: u32): void {
  const own = <u32>phyintAt(p).cause == CAUSE_PROBE;
  for (let k: u32 = 0; k < 4; k++) {
    const n = (p << 2) | k;
    const pr = probeAt(n);
    const was: u32 = pr.seen;
    pr.seen = phyintAt(p).state;
    if (<u32>pr.seen != PI_FAILED || was == PI_FAILED || own || !isCapable(n)) continue;
    pr.state = <u8>PROBEST_FAILED;
    pr.oks = 0;
    for (let i: u32 = 0, end: u32 = pr.ntarget; i < end; i++) {
      rttReset(targetAt(pr, i));
      targetAt(pr, i).oks = 0;
    }
  }
}

/** Whether member p's FAILED was the doing of probes that are no more. */
function isStale(p: u32): bool {
  const cause: u32 = phyintAt(p).cause;
  return cause == CAUSE_PROBE || cause == CAUSE_GROUP || cause == CAUSE_TARGETS;
}

function memberSettle(p: u32): void {
  const phyint = phyintAt(p);
  const aimed = isAimed(p);
  const watched = isWatched(p);
  if (<u32>phyint.state == PI_NOTARGETS && (aimed || !watched)) piDispatch(p, PIE_AIMED, CAUSE_TARGETS);
  if (<u32>phyint.state == PI_FAILED && !watched && isStale(p) && linkCounts(p)) piDispatch(p, PIE_REPAIRED, CAUSE_TARGETS);
  if (!watched || aimed) return;
  const state: u32 = phyint.state;
  const bare = state == PI_RUNNING || (state == PI_FAILED && linkCounts(p) && <u32>phyint.cause != CAUSE_DETECTOR);
  if (bare) piDispatch(p, PIE_BARE, CAUSE_TARGETS);
}

/** Brings the watchers of group g, and what members are because of them, in line. O(MEMBER_MAX), and what changes. */
export function probeSettle(g: u32): void {
  const grp = grpAt(g);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const p = memberOf(grp, m);
    const phyint = phyintAt(p);
    if (phyint.held != 0 && ((<u32>phyint.flags & PHYI_FAILED) == 0 || <u32>phyint.state == PI_OFFLINE || !linkCounts(p))) phyint.held = 0;
    testSettle(g, p);
    const want = wanted(g, p);
    const have: u32 = phyint.probing;
    if ((want | have) == 0) continue;
    for (let k: u32 = 0; want != have && k < 4; k++) {
      const bit = <u32>1 << k;
      if ((want & ~have & bit) != 0) instStart((p << 2) | k);
      else if ((have & ~want & bit) != 0) instStop((p << 2) | k);
    }
    memberSettle(p);
    startOver(p);
  }
}

/** Member p leaves its group. */
export function probeLeave(p: u32): void {
  for (let k: u32 = 0; k < 4; k++) if (<u32>probeAt((p << 2) | k).state != PROBEST_DISABLED) instStop((p << 2) | k);
  testLeave(p);
  phyintAt(p).held = 0;
}

/** Ends the holding of group g's members if its time has come. Returns whether it did. */
export function holdTimer(g: u32): bool {
  const w = watchOf(g);
  if (w.hold_until == 0 || w.hold_until > page().now) return false;
  w.hold_until = 0;
  const grp = grpAt(g);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) phyintAt(memberOf(grp, m)).held = 0;
  targetsSettle(g); // routers whose route has gone meanwhile may go now
  return true;
}

export function holdDeadline(g: u32): u64 {
  const due = watchOf(g).hold_until;
  return due == 0 ? NEVER : due;
}

/** A saved state has been taken back: the heap is made anew from what each watcher wants. O(watchers). */
export function probeRestore(): void {
  heapReset();
  for (let n: u32 = 0; n < PROBE_COUNT; n++) {
    const due = watcherDue(n);
    if (due != NEVER) heapSet(n, due);
  }
}
