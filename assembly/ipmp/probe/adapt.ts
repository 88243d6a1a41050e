// The detection time follows the network (R2.8).
//
//   raise   a target's CRTT is above the interval of probes:
//             it alone is slow (at least 4 ACTIVE targets, all others at most half the interval):
//               a router is SLOW from now on, a host is removed
//             else interval = 2 × CRTT, detection time = (PROBE_FAILS + 2) intervals
//   lower   every ACTIVE target of every member has a CRTT below a quarter of the interval, and the detection time was
//           last adapted SETTLING_MS ago or earlier: it is halved, not below FDT_MS
//
// Invariants: Watch.interval = Watch.fdt / (fails + 2); Watch.fdt ≥ fdt_ms.

import {
  EVENT_FDT, FAMILY_V4, FAMILY_V6, FDT_MAX_MS, TGKIND_HOST, TG_ACTIVE, TG_SLOW, WATCHER_ICMP, WATCHER_RESOLVE,
} from "../../abi/ipmp";
import { NS_PER_MS } from "../clock";
import { eventGrp } from "../event";
import { NEVER, grpAt, memberOf, page, probeAt, probeIndex, targetAt, watchOf } from "../layout";
import { grpOf } from "./inst";
import { rttOf } from "./rtt";
import { activeTargets, targetRemove, targetState } from "./targets";

/** How many ACTIVE targets it takes for one to be the exception. */
// @ts-ignore: decorator
@inline const EXCEPTION_TARGETS: u32 = 4;
/** The others answer within this part of the interval. */
// @ts-ignore: decorator
@inline const EXCEPTION_FACTOR: u64 = 2;
// @ts-ignore: decorator
@inline const RAISE_FACTOR: u64 = 2;
// @ts-ignore: decorator
@inline const LOWER_TRIGGER: u64 = 4;

/** The interval of probes for a detection time, ns. */
export function intervalFor(fdt: u64, fails: u32): u64 {
  return max<u64>(fdt / (fails + 2), 1);
}

/** The interval that the administrator's detection time of group g asks for, ns. */
export function userInterval(g: u32): u64 {
  const w = watchOf(g);
  return intervalFor(<u64>w.fdt_ms * NS_PER_MS, w.fails);
}

/** Whether the detection time of group g is above the administrator's. */
export function isRaised(g: u32): bool {
  return watchOf(g).fdt > <u64>watchOf(g).fdt_ms * NS_PER_MS;
}

/** Sets group g's detection time, ns. */
export function fdtSet(g: u32, fdt: u64): void {
  const w = watchOf(g);
  const old = w.fdt;
  w.fdt = min<u64>(fdt, <u64>FDT_MAX_MS * NS_PER_MS);
  w.interval = intervalFor(w.fdt, w.fails);
  w.fdt_time = page().now;
  if (old != w.fdt) eventGrp(EVENT_FDT, g, <u32>(old / NS_PER_MS), <u32>(w.fdt / NS_PER_MS));
}

/** Whether target i alone is slow. */
function isException(n: u32, i: u32): bool {
  const pr = probeAt(n);
  if (activeTargets(pr) < EXCEPTION_TARGETS) return false;
  const most = watchOf(grpOf(n)).interval / EXCEPTION_FACTOR;
  for (let k: u32 = 0, end: u32 = pr.ntarget; k < end; k++) {
    const t = targetAt(pr, k);
    if (k != i && <u32>t.state == TG_ACTIVE && rttOf(t) > most) return false;
  }
  return true;
}

/** Target i of watcher n has a CRTT above the interval. */
export function fdtExceeded(n: u32, i: u32): void {
  const g = grpOf(n);
  const t = targetAt(probeAt(n), i);
  if (isException(n, i)) {
    if (<u32>t.kind == TGKIND_HOST) {
      targetRemove(n, i);
      probeAt(n).discover = 1;
    } else targetState(n, i, TG_SLOW);
    return;
  }
  fdtSet(g, RAISE_FACTOR * rttOf(t) * <u64>(<u32>watchOf(g).fails + 2));
}

/** Whether every ACTIVE target of watcher n is far faster than it need be. */
function isFast(n: u32, most: u64): bool {
  const pr = probeAt(n);
  for (let i: u32 = 0, end: u32 = pr.ntarget; i < end; i++) {
    const t = targetAt(pr, i);
    if (<u32>t.state == TG_ACTIVE && rttOf(t) >= most) return false;
  }
  return true;
}

/** Lowers group g's detection time if it may be lowered. O(1) unless it is raised; then O(MEMBER_MAX × TARGET_MAX). */
export function fdtLower(g: u32): void {
  const w = watchOf(g);
  if (!isRaised(g) || page().now - w.fdt_time < <u64>w.settling_ms * NS_PER_MS) return;
  const most = w.interval / LOWER_TRIGGER;
  const grp = grpAt(g);
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const p = memberOf(grp, m);
    for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
      if (!isFast(probeIndex(p, WATCHER_ICMP, family), most) || !isFast(probeIndex(p, WATCHER_RESOLVE, family), most)) return;
    }
  }
  fdtSet(g, max<u64>(w.fdt >> 1, <u64>w.fdt_ms * NS_PER_MS));
}

/** The next measuring probe of watcher n: only while the detection time is raised. */
export function measureDue(n: u32): u64 {
  const g = grpOf(n);
  return isRaised(g) ? page().now + userInterval(g) : NEVER;
}
