// Whom a watcher probes (R2.7).
//
//   routers, configured  from the group's lists, those that are on the member's test subnet; the first TARGETS_MAX are
//                        ACTIVE, the rest UNUSED. During and soon after a group failure none is taken away.
//   hosts                only where there are no routers: the first TARGETS_MAX that answer multicast, whichever member's;
//                        a watcher that begins takes over those of another member. Never beside routers.
//   ARP, ND              from the list RESOLVE, else from the two others
//
//   ACTIVE → DEAD     it alone did not answer (a host is removed)       ACTIVE → SLOW   far slower than all others
//   DEAD → SLOW       after RECOVERY_MS                                 SLOW → UNUSED   after RECOVERY_MS
//   UNUSED → ACTIVE   while fewer than PROBE_TARGETS_MIN are ACTIVE
// If none is ACTIVE, up to PROBE_TARGETS_MIN are, in this order: UNUSED, SLOW for long enough, SLOW, DEAD for long enough, DEAD.
//
// Invariants: no target is there twice, none is an address of the group's own; ProbeRec.target names a target or GONE.

import {
  EVENT_TARGETS, EVENT_TARGET_STATE, FAMILY_V4, PMODE_MULTICAST, PMODE_ROUTES, PROBE_STATS, PROBE_TARGETS_MIN, Probe,
  Probe_addr_OFF, TARGET_MAX, TGKIND_HOST, TGKIND_RESOLVE, TGKIND_ROUTER, TGKIND_STATIC, TG_ACTIVE, TG_DEAD, TG_SLOW,
  TG_UNUSED, Target, Target_SIZE, Target_addr_OFF, WATCHER_ICMP, WATCHER_RESOLVE, Watch_ntarget_OFF,
} from "../../abi/ipmp";
import { copy16, same16, zero16 } from "../../lib/be";
import { NS_PER_MS } from "../clock";
import { eventAddr, eventEmit } from "../event";
import { NONE, grpAt, memberOf, page, phyintAt, probeAt, probeIndex, recAt, targetAt, targetList, watchOf } from "../layout";
import { addrFind } from "../path/addr_table";
import { familyOf, grpOf, kindOf, phyintOf } from "./inst";
import { rttReset } from "./rtt";

/** "No target" where one is named by a byte. */
// @ts-ignore: decorator
@inline export const GONE: u32 = 0xff;

// @ts-ignore: decorator
@inline export function addrOf(t: Target): usize { return changetype<usize>(t) + Target_addr_OFF; }
// @ts-ignore: decorator
@inline export function testAddr(pr: Probe): usize { return changetype<usize>(pr) + Probe_addr_OFF; }

/** Whether the 16-byte addresses at a and b agree in their first `prefix` bits. */
export function onSubnet(a: usize, b: usize, prefix: u32): bool {
  const whole = prefix >> 3;
  for (let i: u32 = 0; i < whole; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return (prefix & 7) == 0 || (<u32>load<u8>(a + whole) ^ <u32>load<u8>(b + whole)) >> (8 - (prefix & 7)) == 0;
}

/** The member of group g, other than `but`, with a test address; NONE if there is none. O(MEMBER_MAX). */
export function testOwner(g: u32, family: u32, addr: usize, but: u32): u32 {
  const grp = grpAt(g);
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) {
    const p = memberOf(grp, i);
    if (p == but || ((phyintAt(p).test >> <u8>family) & 1) == 0) continue;
    if (same16(testAddr(probeAt(probeIndex(p, WATCHER_ICMP, family))), addr)) return p;
  }
  return NONE;
}

/** Whether watcher n may probe the address at `addr`: it is another host's, and on the subnet that it probes from. */
export function isEligible(n: u32, addr: usize): bool {
  const family = familyOf(n);
  const g = grpOf(n);
  if (zero16(addr) || addrFind(g, family, addr) != NONE || testOwner(g, family, addr, NONE) != NONE) return false;
  if (kindOf(n) == WATCHER_RESOLVE) return true;
  const pr = probeAt(n);
  return !zero16(testAddr(pr)) && onSubnet(testAddr(pr), addr, pr.prefix);
}

/** The target with an address, or GONE. */
export function targetFind(pr: Probe, addr: usize): u32 {
  for (let i: u32 = 0, n: u32 = pr.ntarget; i < n; i++) if (same16(addrOf(targetAt(pr, i)), addr)) return i;
  return GONE;
}

export function activeTargets(pr: Probe): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = pr.ntarget; i < n; i++) count += u32(<u32>targetAt(pr, i).state == TG_ACTIVE);
  return count;
}

/** Gives a target another state, and tells. */
export function targetState(n: u32, i: u32, state: u32): void {
  const t = targetAt(probeAt(n), i);
  const old: u32 = t.state;
  if (old == state) return;
  t.state = <u8>state;
  t.since = page().now;
  if (state == TG_ACTIVE) {
    t.fails = 0;
    if (old == TG_DEAD) rttReset(t);
  }
  tell(n, t, old, state);
}

function tell(n: u32, t: Target, old: u32, now: u32): void {
  const ev = eventEmit(EVENT_TARGET_STATE, grpOf(n), phyintOf(n), old, now);
  ev.watcher = <u8>kindOf(n);
  eventAddr(ev, familyOf(n), addrOf(t));
}

/** Adds a target, if there is room for it and it is not there. */
export function targetAdd(n: u32, addr: usize, kind: u32): bool {
  const pr = probeAt(n);
  const i: u32 = pr.ntarget;
  if (i == TARGET_MAX || targetFind(pr, addr) != GONE) return false;
  const active = activeTargets(pr);
  const t = targetAt(pr, i);
  memory.fill(changetype<usize>(t), 0, Target_SIZE);
  copy16(addrOf(t), addr);
  t.kind = <u8>kind;
  pr.ntarget = <u8>(i + 1);
  targetState(n, i, active < <u32>watchOf(grpOf(n)).targets_max ? TG_ACTIVE : TG_UNUSED);
  return true;
}

/** Adds a host to a watcher that looks for hosts and has not enough; returns whether it did. */
export function hostAdd(n: u32, addr: usize): bool {
  const pr = probeAt(n);
  if (<u32>pr.mode != PMODE_MULTICAST || <u32>pr.ntarget >= <u32>watchOf(grpOf(n)).targets_max) return false;
  if (!isEligible(n, addr) || !targetAdd(n, addr, TGKIND_HOST)) return false;
  targetsTell(n, pr.mode);
  return true;
}

/** Takes target i away. O(PROBE_STATS). */
export function targetRemove(n: u32, i: u32): void {
  const pr = probeAt(n);
  tell(n, targetAt(pr, i), targetAt(pr, i).state, 0);
  const left = <u32>pr.ntarget - 1;
  memory.copy(changetype<usize>(targetAt(pr, i)), changetype<usize>(targetAt(pr, i + 1)), (left - i) * Target_SIZE);
  pr.ntarget = <u8>left;
  for (let k: u32 = 0; k < PROBE_STATS; k++) {
    const rec = recAt(pr, k);
    if (<u32>rec.target == i) rec.target = <u8>GONE;
    else if (<u32>rec.target != GONE && <u32>rec.target > i) rec.target -= 1;
  }
  if (<u32>pr.rtt_target == i) pr.rtt_start = 0;
  else if (<u32>pr.rtt_target > i) pr.rtt_target -= 1;
  // The one that moved into its place is the next to fire.
  if (<u32>pr.last >= i) pr.last = <u8>(pr.last == 0 ? max<u32>(left, 1) - 1 : <u32>pr.last - 1);
}

/** Takes away the targets found by multicast. */
export function hostsFlush(n: u32): void {
  const pr = probeAt(n);
  for (let i: u32 = pr.ntarget; i > 0; i--) if (<u32>targetAt(pr, i - 1).kind == TGKIND_HOST) targetRemove(n, i - 1);
}

function listHas(g: u32, kind: u32, family: u32, addr: usize): bool {
  const w = watchOf(g);
  const at = targetList(w, kind, family);
  for (let i: u32 = 0, count: u32 = listCount(g, kind, family); i < count; i++) if (same16(at + (i << 4), addr)) return true;
  return false;
}

/** Entries of a list of group g. */
export function listCount(g: u32, kind: u32, family: u32): u32 {
  return load<u8>(changetype<usize>(watchOf(g)) + (kind << 1 | family), Watch_ntarget_OFF);
}

/** Whether one of the lists that watcher n goes by has an address. */
function isListed(n: u32, addr: usize): bool {
  const g = grpOf(n);
  const family = familyOf(n);
  if (kindOf(n) == WATCHER_RESOLVE && listCount(g, TGKIND_RESOLVE, family) != 0) return listHas(g, TGKIND_RESOLVE, family, addr);
  return listHas(g, TGKIND_ROUTER, family, addr) || listHas(g, TGKIND_STATIC, family, addr);
}

/** Adds what is eligible of one list; returns how many of it are targets now. */
function addListed(n: u32, kind: u32): u32 {
  const g = grpOf(n);
  const family = familyOf(n);
  const list = targetList(watchOf(g), kind, family);
  let count: u32 = 0;
  for (let i: u32 = 0, end = listCount(g, kind, family); i < end; i++) {
    const addr = list + (i << 4);
    if (!isEligible(n, addr)) continue;
    if (count == 0) hostsFlush(n); // routers replace hosts
    targetAdd(n, addr, kind);
    count++;
  }
  return count;
}

/** Whether family of kind RESOLVE has anybody to ask in group g. */
export function resolveListed(g: u32, family: u32): bool {
  return listCount(g, TGKIND_RESOLVE, family) != 0 || listCount(g, TGKIND_ROUTER, family) != 0
    || listCount(g, TGKIND_STATIC, family) != 0;
}

/** Brings the targets of watcher n, which is at work, in line with the group's lists. O(TARGET_MAX × (TARGET_MAX + PROBE_STATS)). */
export function targetsRefresh(n: u32): void {
  const pr = probeAt(n);
  const g = grpOf(n);
  const mode: u32 = pr.mode;
  const before: u32 = pr.ntarget;
  const keep = watchOf(g).failed != 0 || watchOf(g).hold_until != 0;
  for (let i = before; i > 0; i--) {
    const t = targetAt(pr, i - 1);
    const eligible = isEligible(n, addrOf(t));
    const listed = <u32>t.kind == TGKIND_HOST || keep || isListed(n, addrOf(t));
    if (!eligible || !listed) targetRemove(n, i - 1);
  }
  const resolve = kindOf(n) == WATCHER_RESOLVE;
  if (resolve && listCount(g, TGKIND_RESOLVE, familyOf(n)) != 0) addListed(n, TGKIND_RESOLVE);
  else {
    addListed(n, TGKIND_ROUTER);
    addListed(n, TGKIND_STATIC);
  }
  const hosts = pr.ntarget == 0 || <u32>targetAt(pr, 0).kind == TGKIND_HOST;
  const search = !resolve && hosts && watchOf(g).discovery != 0;
  if (hosts && !search) hostsFlush(n);
  pr.mode = <u8>(search ? PMODE_MULTICAST : PMODE_ROUTES);
  if (search && pr.ntarget == 0) {
    pr.discover = 1;
    hostsShare(n);
  }
  if (mode != <u32>pr.mode || before != <u32>pr.ntarget) targetsTell(n, mode);
}

/** Tells that the targets of watcher n are others. */
export function targetsTell(n: u32, mode: u32): void {
  const pr = probeAt(n);
  const ev = eventEmit(EVENT_TARGETS, grpOf(n), phyintOf(n), mode, pr.mode);
  ev.family = <u8>familyOf(n);
  ev.watcher = <u8>kindOf(n);
  ev.count = pr.ntarget;
}

/** Takes over the hosts of the first other member that has any. O(MEMBER_MAX). */
function hostsShare(n: u32): void {
  const grp = grpAt(grpOf(n));
  for (let m: u32 = 0, end: u32 = grp.nif; m < end; m++) {
    const other = probeAt(probeIndex(memberOf(grp, m), kindOf(n), familyOf(n)));
    if (other == probeAt(n) || <u32>other.mode != PMODE_MULTICAST) continue;
    for (let i: u32 = 0, count: u32 = other.ntarget; i < count; i++) {
      const addr = addrOf(targetAt(other, i));
      if (isEligible(n, addr)) targetAdd(n, addr, TGKIND_HOST);
    }
    if (probeAt(n).ntarget != 0) return;
  }
}

/** Whether a target has been SLOW or DEAD for long enough. */
function isRecovered(n: u32, t: Target): bool {
  return page().now - t.since >= <u64>watchOf(grpOf(n)).recovery_ms * NS_PER_MS;
}

/** How willingly a target is used when none is ACTIVE: 0 first. */
function rankOf(n: u32, t: Target): u32 {
  const state: u32 = t.state;
  if (state == TG_UNUSED) return 0;
  const recovered = u32(isRecovered(n, t));
  return (state == TG_SLOW ? 2 : 4) - recovered;
}

/** None is ACTIVE: some are put to use again. */
function reactivate(n: u32): void {
  const pr = probeAt(n);
  let count: u32 = 0;
  for (let rank: u32 = 0; rank <= 4; rank++) {
    for (let i: u32 = 0, end: u32 = pr.ntarget; i < end && count < PROBE_TARGETS_MIN; i++) {
      const t = targetAt(pr, i);
      if (<u32>t.state == TG_ACTIVE || rankOf(n, t) != rank) continue;
      targetState(n, i, TG_ACTIVE);
      count++;
    }
  }
}

/** Lets targets recover, and puts more to use if too few are. */
function recover(n: u32): void {
  const pr = probeAt(n);
  let active = activeTargets(pr);
  if (active == 0) return reactivate(n);
  if (active == <u32>pr.ntarget) return;
  const least = min<u32>(PROBE_TARGETS_MIN, watchOf(grpOf(n)).targets_max);
  for (let i: u32 = 0, end: u32 = pr.ntarget; i < end; i++) {
    const t = targetAt(pr, i);
    const state: u32 = t.state;
    if (state == TG_ACTIVE) continue;
    if (state == TG_DEAD && isRecovered(n, t)) targetState(n, i, TG_SLOW);
    else if (state == TG_SLOW && isRecovered(n, t)) targetState(n, i, TG_UNUSED);
    if (<u32>t.state == TG_UNUSED && active < least) {
      targetState(n, i, TG_ACTIVE);
      active++;
    }
  }
}

/** The ACTIVE target whose turn it is, and moves the ring on; GONE without targets. O(TARGET_MAX). */
export function targetNext(n: u32): u32 {
  const pr = probeAt(n);
  recover(n);
  const end: u32 = pr.ntarget;
  let i: u32 = pr.last;
  for (let k: u32 = 0; k < end; k++) {
    i = i + 1 >= end ? 0 : i + 1;
    if (<u32>targetAt(pr, i).state != TG_ACTIVE) continue;
    pr.last = <u8>i;
    return i;
  }
  return GONE;
}
