// The beat of a watcher (R2.8): what is due is sent, what had no answer is given up before.
//
//   beat k        base(k) = base(0) + k × interval, base(0) within one interval of the start
//   probe k       at base(k) + U[0.5, 1.0] × interval: strictly periodic, yet no two hosts stay in step
//   measuring     while the detection time is raised, also at the interval that the administrator asked for
// So five lost probes and the check at the beat after them end within 6.5 intervals of a failure: FDT is seven.
//
// Beats that time came too late for are counted and left out: detection is never faster than whoever calls.
// Invariant: after its turn a watcher is due in the future, so that each has one turn in a call.

import {
  EVENT_PROBE_SENT, PHYI_RUNNING, PMODE_MULTICAST, PROBEST_DISABLED, PROBE_STATS, PR_SENT, PR_WAIT, WATCHER_ICMP,
  WATCHER_RESOLVE,
} from "../../abi/ipmp";
import { NEVER, NONE, grpAt, memberOf, page, phyintAt, probeAt, recAt, targetAt, watchOf } from "../layout";
import { fdtLower, isRaised, measureDue } from "./adapt";
import { jitter, probeArm } from "./arm";
import { heapFirst } from "./heap";
import { grpOf, isOn, kindOf, phyintOf } from "./inst";
import { judge, probeTell, receivedBy } from "./judge";
import { CLASS_RTT, CLASS_UNI, sendAsk, sendDiscover, sendEcho, sendLookup } from "./send";
import { GONE, targetNext } from "./targets";
import { testTurn } from "./test_turn";

/** Notes probe `count` of watcher n, to target i. */
function record(n: u32, i: u32, status: u32): void {
  const pr = probeAt(n);
  const rec = recAt(pr, pr.count % PROBE_STATS);
  rec.start = page().now;
  rec.rtt = 0;
  rec.ipackets = <u16>receivedBy(phyintOf(n));
  rec.target = <u8>i;
  rec.status = <u8>status;
  pr.count += 1;
  if (status == PR_SENT) probeTell(n, EVENT_PROBE_SENT, rec, pr.count - 1);
}

/** Sends the probe of this beat, if the member has carrier and anybody to probe. */
function fire(n: u32): void {
  const pr = probeAt(n);
  const now = page().now;
  if ((<u32>phyintAt(phyintOf(n)).flags & PHYI_RUNNING) == 0) return;
  if (<u32>pr.mode == PMODE_MULTICAST && (pr.discover != 0 || pr.ntarget <= 1)) {
    pr.discover = 0;
    pr.mseq += 1;
    pr.mstart = now;
    pr.mcast += 1;
    sendDiscover(n, pr.mseq, now);
  }
  const i = targetNext(n);
  if (i == GONE) return;
  const t = targetAt(pr, i);
  if (kindOf(n) == WATCHER_RESOLVE) {
    if (sendAsk(n, t)) record(n, i, PR_SENT);
    return;
  }
  if (t.mac != 0) sendEcho(n, t, pr.count & 0xffff, now, CLASS_UNI);
  if (t.mac == 0 || t.fails != 0) sendLookup(n, t);
  record(n, i, t.mac != 0 ? PR_SENT : PR_WAIT);
}

/** Sends a measuring probe to the next target after the last measured one that has a hardware address. */
function measure(n: u32): void {
  const pr = probeAt(n);
  const end: u32 = pr.ntarget;
  if (end == 0 || (<u32>phyintAt(phyintOf(n)).flags & PHYI_RUNNING) == 0) return;
  const i: u32 = <u32>pr.rtt_target + 1 >= end ? 0 : <u32>pr.rtt_target + 1;
  pr.rtt_target = <u8>i;
  if (targetAt(pr, i).mac == 0) return;
  pr.rtt_seq += 1;
  pr.rtt_start = page().now;
  sendEcho(n, targetAt(pr, i), pr.rtt_seq, pr.rtt_start, CLASS_RTT);
}

/** Sets the next beat. */
function nextBeat(n: u32): void {
  const pr = probeAt(n);
  const now = page().now;
  const interval = watchOf(grpOf(n)).interval;
  const half = interval >> 1;
  pr.base += interval;
  if (pr.base + half < now) {
    const skipped = (now - pr.base - half + interval - 1) / interval;
    pr.base += skipped * interval;
    pr.missed += <u32>skipped;
  }
  pr.due = max<u64>(pr.base + half + jitter(half + 1), now + 1);
}

/** Watcher n's turn: its test address first, then its beat. */
function turn(n: u32): void {
  const pr = probeAt(n);
  const now = page().now;
  if (kindOf(n) == WATCHER_ICMP) testTurn(n);
  if (!isOn(n)) return probeArm(n);
  if (pr.due <= now) {
    judge(n);
    if (!isOn(n)) return;
    fdtLower(grpOf(n));
    fire(n);
    nextBeat(n);
  }
  if (kindOf(n) == WATCHER_ICMP && pr.rtt_due <= now) measure(n);
  if (kindOf(n) != WATCHER_ICMP || !isRaised(grpOf(n))) pr.rtt_due = NEVER;
  else if (pr.rtt_due <= now || pr.rtt_due == NEVER) pr.rtt_due = measureDue(n);
  probeArm(n);
}

/** Takes the turn of every watcher that is due. Returns how many. O(due × (PROBE_STATS + log of watchers)). */
export function probeTimers(): u32 {
  const now = page().now;
  let count: u32 = 0;
  for (let n = heapFirst(now); n != NONE; n = heapFirst(now)) {
    turn(n);
    count++;
  }
  return count;
}

/** The interval of group g is another: every watcher at work begins a new beat within it. */
export function probeRetime(g: u32): void {
  const grp = grpAt(g);
  const now = page().now;
  const interval = watchOf(g).interval;
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    for (let k: u32 = 0; k < 4; k++) {
      const n = (memberOf(grp, m) << 2) | k;
      const pr = probeAt(n);
      if (<u32>pr.state == PROBEST_DISABLED) continue;
      pr.base = now;
      pr.due = now + 1 + jitter(interval);
      pr.rtt_due = NEVER;
      probeArm(n);
    }
  }
}
