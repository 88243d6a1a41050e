// What answers and their absence mean: for a target, a watcher, a member, the group (R2.6, R2.9).
//
//   watcher   OK → FAILED    PROBE_FAILS probes lost in a row (none counts before the first answer, for QUIET_MS)
//             FAILED → OK    PROBE_REPAIRS answered in a row, by whichever targets, or by one of them
//   target    PROBE_FAILS to it lost in a row while others answer: a router is DEAD, a host removed
//   member    fails when its watchers together say so (inst.ts), and then it is
//     an interface failure   if another member with carrier works without probing, or has an answer to a probe sent
//                            after the first of the lost ones was given up
//     a group failure        otherwise: everybody has been silent since. Every member fails; none takes over from
//                            another (settle.ts holds them); targets found by multicast are looked for anew
//             is repaired when its watchers no longer say that it has failed, and carrier is good
//
// A probe is lost when it has no answer CRTT after it was sent, without a sample of the target the interval.
// Invariants: probes before `judged` are decided, of those from there to `count` some may be.

import {
  CAUSE_DETECTOR, CAUSE_GROUP, CAUSE_PROBE, EVENT_GRP_FAILURE, EVENT_PROBE_ACKED, EVENT_PROBE_LOST, KSTAT_IPACKETS, PHYI_FAILED,
  PHYI_INACTIVE, PHYI_OFFLINE, PI_FAILED, PI_RUNNING, PROBEST_FAILED, PROBEST_OK, PROBE_STATS, PR_ACKED,
  PR_LOST, PR_SEEN, PR_SENT, PR_WAIT, Phyint_kstat_OFF, ProbeRec, TGKIND_HOST, TG_DEAD, Target, WATCHER_RESOLVE,
} from "../../abi/ipmp";
import { deadlineAt } from "../clock";
import { eventAddr, eventEmit, eventGrp } from "../event";
import { grpAt, memberOf, page, phyintAt, probeAt, probeIndex, recAt, targetAt, watchOf } from "../layout";
import { PIE_GLOST, PIE_LOST, PIE_REPAIRED, piDispatch } from "../member/fsm";
import { grpSettle } from "../group/settle";
import { fdtExceeded } from "./adapt";
import {
  familyOf, firstLost, grpOf, isWell, kindCapable, kindOf, lastOk, linkCounts, phyintOf, watchFails,
} from "./inst";
import { rttOf, rttReset, rttSample } from "./rtt";
import { hostsForget, instAim } from "./settle";
import { GONE, addrOf, hostAdd, targetRemove, targetState } from "./targets";

/** However slow a target: a probe is not waited for longer than this many intervals. */
// @ts-ignore: decorator
@inline const PATIENCE: u64 = 4;
/** An answer is a sample of the answer time if it waited to be read for no more than this part of the interval. */
// @ts-ignore: decorator
@inline const PROMPT_PART: u64 = 8;

/** Low bits of the frames that member p has received. */
export function receivedBy(p: u32): u32 {
  return load<u16>(changetype<usize>(phyintAt(p)) + Phyint_kstat_OFF + (KSTAT_IPACKETS << 3));
}

/** How long after it was sent a probe is lost, ns. */
function patience(n: u32, rec: ProbeRec): u64 {
  const interval = watchOf(grpOf(n)).interval;
  const crtt = <u32>rec.target == GONE ? 0 : rttOf(targetAt(probeAt(n), rec.target));
  return crtt == 0 ? interval : min<u64>(crtt, PATIENCE * interval);
}

/** Whether the answer in hand was read soon after it came: else its time tells of this host, not of the network. */
function isPrompt(n: u32): bool {
  return <u64>page().rx_age * PROMPT_PART <= watchOf(grpOf(n)).interval;
}

/** A ns value in the 32 bits that an event has for it. */
function short(ns: u64): u32 {
  return <u32>min<u64>(ns, u32.MAX_VALUE);
}

/** Tells of a probe, where the group wants that. */
export function probeTell(n: u32, type: u32, rec: ProbeRec, number: u32): void {
  if (watchOf(grpOf(n)).events == 0 || <u32>rec.target == GONE) return;
  const t = targetAt(probeAt(n), rec.target);
  const ev = eventEmit(type, grpOf(n), phyintOf(n), short(t.sa >> 3), short(t.sv >> 2));
  ev.watcher = <u8>kindOf(n);
  ev.count = number;
  ev.start = rec.start;
  eventAddr(ev, familyOf(n), addrOf(t));
}

function more(count: u8): u8 {
  return count == u8.MAX_VALUE ? count : count + 1;
}

/** Gives up the probes of watcher n whose time is over. O(PROBE_STATS), and what follows for the group. */
export function judge(n: u32): void {
  const pr = probeAt(n);
  while (pr.judged != pr.count) {
    const k = pr.judged;
    const rec = recAt(pr, k % PROBE_STATS);
    const open = <u32>rec.status == PR_SENT || <u32>rec.status == PR_WAIT;
    const wait = open ? patience(n, rec) : 0;
    if (open && rec.start + wait >= page().now) return;
    pr.judged = k + 1;
    if (open) giveUp(n, rec, k, rec.start + wait);
  }
}

/** Probe k of watcher n has no answer at `at`, when it should have had one. */
function giveUp(n: u32, rec: ProbeRec, k: u32, at: u64): void {
  const pr = probeAt(n);
  const w = watchOf(grpOf(n));
  if (w.evidence != 0 && receivedBy(phyintOf(n)) != <u32>rec.ipackets) {
    rec.status = <u8>PR_SEEN;
    pr.fails = 0;
    return;
  }
  rec.status = <u8>PR_LOST;
  pr.lost += 1;
  pr.oks = 0;
  probeTell(n, EVENT_PROBE_LOST, rec, k);
  const i: u32 = rec.target;
  if (i != GONE) targetMissed(n, targetAt(pr, i));
  if (pr.quiet_until > page().now) return;
  pr.quiet_until = 0;
  if (pr.fails == 0) pr.first_lost = at;
  pr.fails = <u16>min<u32>(<u32>pr.fails + 1, 0xffff);
  if (<u32>pr.state != PROBEST_OK) return;
  if (<u32>pr.fails >= <u32>w.fails) watcherFailed(n);
  else if (i != GONE && targetAt(pr, i).fails >= w.fails) targetSilent(n, i);
}

/** A probe to target t was lost. By ARP: it may answer another sender than the one it was asked by. */
function targetMissed(n: u32, t: Target): void {
  t.fails = more(t.fails);
  t.oks = 0;
  if (kindOf(n) != WATCHER_RESOLVE || (t.fails & 1) != 0) return;
  if ((t.mode & 2) == 0) t.mode ^= 1;
  else if (t.fails > watchOf(grpOf(n)).fails) t.mode &= 1;
}

/** Target i alone does not answer. */
function targetSilent(n: u32, i: u32): void {
  const pr = probeAt(n);
  if (<u32>targetAt(pr, i).kind == TGKIND_HOST) {
    targetRemove(n, i);
    pr.discover = 1;
  } else targetState(n, i, TG_DEAD);
}

function watcherFailed(n: u32): void {
  const pr = probeAt(n);
  pr.state = <u8>PROBEST_FAILED;
  pr.failures += 1;
  for (let i: u32 = 0, end: u32 = pr.ntarget; i < end; i++) rttReset(targetAt(pr, i));
  const p = phyintOf(n);
  if (!watchFails(p) || !isWell(p)) return;
  if (isOwnFault(p, kindOf(n))) {
    piDispatch(p, PIE_LOST, CAUSE_PROBE);
    grpSettle(grpOf(n));
  } else grpFailed(grpOf(n));
}

/** Whether the silence that one kind of probe reports of member p is p's alone. O(MEMBER_MAX). */
export function isOwnFault(p: u32, kind: u32): bool {
  const grp = grpAt(phyintAt(p).grp);
  const since = firstLost(p, kind);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const q = memberOf(grp, m);
    if (q == p || !linkCounts(q)) continue;
    if (!kindCapable(q, kind)) {
      if (isWell(q)) return true;
    } else if (lastOk(q, kind) > since) return true;
  }
  return false;
}

/** Every member of group g has gone silent. O(MEMBER_MAX × TARGET_MAX × PROBE_STATS). */
function grpFailed(g: u32): void {
  const w = watchOf(g);
  const grp = grpAt(g);
  w.hold_until = 0;
  if (w.failed == 0) {
    w.failed = 1;
    w.failures += 1;
    eventGrp(EVENT_GRP_FAILURE, g, 0, 1);
  }
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const p = memberOf(grp, m);
    const phyint = phyintAt(p);
    if (!isWell(p)) continue;
    phyint.held = u8(linkCounts(p) && (<u32>phyint.flags & (PHYI_FAILED | PHYI_INACTIVE | PHYI_OFFLINE)) == 0);
    piDispatch(p, PIE_GLOST, CAUSE_GROUP);
  }
  grpSettle(g);
  hostsForget(g);
  grpSettle(g);
}

/** Whether RTTs of watcher n count: not while anything has failed (R2.8). */
export function isMeasuring(n: u32): bool {
  return <u32>phyintAt(phyintOf(n)).state == PI_RUNNING && watchOf(grpOf(n)).failed == 0;
}

/** Probe k of watcher n, to a target that is still there, is answered. O(1), and what follows for the group. */
export function answered(n: u32, k: u32): void {
  const pr = probeAt(n);
  const rec = recAt(pr, k % PROBE_STATS);
  const i: u32 = rec.target;
  const t = targetAt(pr, i);
  const rtt = page().now - rec.start;
  const late = <u32>rec.status != PR_SENT;
  if (late) pr.late += 1;
  else {
    rec.status = <u8>PR_ACKED;
    rec.rtt = short(rtt);
    pr.acked += 1;
    pr.fails = 0;
    pr.oks = <u16>min<u32>(<u32>pr.oks + 1, 0xffff);
    pr.last_ok = max<u64>(pr.last_ok, rec.start);
    pr.quiet_until = 0;
    t.fails = 0;
    t.oks = more(t.oks);
    t.mode |= 2;
  }
  // Of answers that overtake each other only the newest is a sample.
  const newest = t.sa == 0 || <i16>(k - <u32>t.seq) > 0;
  if (newest) t.seq = <u16>k;
  const slow = newest && isPrompt(n) && isMeasuring(n) && rttSample(t, rtt, watchOf(grpOf(n)).interval);
  if (!late) probeTell(n, EVENT_PROBE_ACKED, rec, k);
  const repairs: u32 = watchOf(grpOf(n)).repairs;
  if (slow) fdtExceeded(n, i);
  else if (!late && <u32>pr.state == PROBEST_FAILED && (<u32>pr.oks >= repairs || <u32>t.oks >= repairs)) watcherRepaired(n);
}

function watcherRepaired(n: u32): void {
  const p = phyintOf(n);
  const pr = probeAt(n);
  pr.state = <u8>PROBEST_OK;
  pr.fails = 0;
  memberRepaired(p);
}

/** Member p's watchers say something better than before: it is repaired if nothing else speaks against it. */
export function memberRepaired(p: u32): void {
  const phyint = phyintAt(p);
  const g: u32 = phyint.grp;
  const w = watchOf(g);
  if (<u32>phyint.state != PI_FAILED || watchFails(p) || !linkCounts(p) || <u32>phyint.cause == CAUSE_DETECTOR) return;
  piDispatch(p, PIE_REPAIRED, CAUSE_PROBE);
  if (w.failed != 0) {
    w.failed = 0;
    w.hold_until = page().now + w.fdt;
    deadlineAt(w.hold_until);
    eventGrp(EVENT_GRP_FAILURE, g, 1, 0);
  }
  grpSettle(g);
}

/** Watcher n has found the newest of its targets by multicast: other members that look for hosts take it over. O(MEMBER_MAX). */
export function targetFound(n: u32): void {
  const pr = probeAt(n);
  const addr = addrOf(targetAt(pr, <u32>pr.ntarget - 1));
  pr.quiet_until = 0;
  instAim(n);
  const grp = grpAt(grpOf(n));
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const other = probeIndex(memberOf(grp, m), kindOf(n), familyOf(n));
    if (other != n && hostAdd(other, addr)) instAim(other);
  }
  grpSettle(grpOf(n));
}
