// What time and other hosts do to a test address (test_check.ts has its states).
//
//   tentative → in use       PROBE_INTERVAL_MS after the last conflict probe; it is announced once
//   tentative → duplicate    another host claims it, or probes for it itself
//   in use                   a foreign claim is told and answered by a defence, once in DEFEND_INTERVAL_MS (RFC 5227 §2.4 b)
//   in use → duplicate       more claims than CONFLICT_MAX within CONFLICT_WINDOW_MS, where the group limits them
//   duplicate → tentative    after RECOVERY_S

import { EVENT_ADDR_STATE, EVENT_CONFLICT, FAMILY_V6, PHYI_RUNNING, Probe, REJOIN_INTERVAL_MS } from "../../abi/ipmp";
import { load16 } from "../../lib/be";
import { TO_EXCLUDE } from "../../wire/igmp";
import { ip6IsLinkLocal } from "../../wire/ipv6";
import { MLD_DELAY, MLD_GROUP, MLD_V1_LEN } from "../../wire/mld";
import { SOLICITED_LO, SOLICITED_MID } from "../../wire/ndp";
import { NS_PER_MS, nextMs } from "../clock";
import { eventAddr, eventEmit } from "../event";
import { announceAt, grpAt, page, phyintAt, probeAt } from "../layout";
import { craftAnnounce, craftDefend, craftMld, craftProbe } from "../path/craft";
import { querierVersion } from "../path/querier";
import { grpSettle } from "../group/settle";
import { jitter, probeArm } from "./arm";
import { familyOf, grpOf, phyintOf } from "./inst";
import { testAddr } from "./targets";
import { has, testBegin } from "./test_check";

/** Values of an ADDR_STATE event. */
// @ts-ignore: decorator
@inline const STATE_UP: u32 = 1;
// @ts-ignore: decorator
@inline const STATE_DUPLICATE: u32 = 2;

/** The second word of the solicited-node group of the address at `addr`, raw (RFC 4291 §2.7.1). */
// @ts-ignore: decorator
@inline function groupHi(addr: usize): u64 { return <u64>SOLICITED_MID | (<u64>(load<u32>(addr, 12) | 0xff) << 32); }

function event(type: u32, n: u32, old: u32, now: u32): void {
  const ev = eventEmit(type, grpOf(n), phyintOf(n), old, now);
  eventAddr(ev, familyOf(n), testAddr(probeAt(n)));
}

/** Reports the membership in the solicited-node group. From ::, unless the address is link-local and in use (RFC 3590). */
function report(n: u32, pr: Probe): void {
  const p = phyintOf(n);
  const g = grpOf(n);
  const own = testAddr(pr);
  const src: usize = has(phyintAt(p).test_ok, FAMILY_V6) && ip6IsLinkLocal(own) ? own : 0;
  if (!craftMld(g, p, 0, querierVersion(g, FAMILY_V6, 0), src, SOLICITED_LO, groupHi(own), TO_EXCLUDE, 0, 0)) {
    pr.report_due = nextMs();
    return;
  }
  pr.report_left -= 1;
  pr.report_due = pr.report_left == 0 ? 0 : page().now + <u64>REJOIN_INTERVAL_MS * NS_PER_MS;
}

/** Nobody has claimed watcher n's test address: it is in use. */
function take(n: u32, pr: Probe): void {
  const phyint = phyintAt(phyintOf(n));
  const bit = <u32>1 << familyOf(n);
  pr.own_due = 0;
  phyint.test_wait = <u8>(<u32>phyint.test_wait & ~bit);
  phyint.test_ok = <u8>(<u32>phyint.test_ok | bit);
  craftAnnounce(grpOf(n), familyOf(n), testAddr(pr), phyintOf(n), phyintOf(n), 0);
  event(EVENT_ADDR_STATE, n, 0, STATE_UP);
  grpSettle(grpOf(n));
}

/** What is due for watcher n's test address. Its watcher may be at work afterwards. O(MEMBER_MAX). */
export function testTurn(n: u32): void {
  const pr = probeAt(n);
  const phyint = phyintAt(phyintOf(n));
  const now = page().now;
  const running = (<u32>phyint.flags & PHYI_RUNNING) != 0;
  if (pr.report_due != 0 && pr.report_due <= now) {
    if (running && pr.report_left != 0) report(n, pr); else pr.report_due = 0;
  }
  if (pr.own_due == 0 || pr.own_due > now) return;
  if (has(phyint.test_dup, familyOf(n))) {
    testBegin(phyintOf(n), familyOf(n));
    if (has(phyint.test_ok, familyOf(n))) return take(n, pr); // the group no longer probes
  }
  if (!has(phyint.test_wait, familyOf(n)) || !running) pr.own_due = 0; // carrier goes on with it
  else if (pr.own_left == 0) take(n, pr);
  else if (!craftProbe(grpOf(n), familyOf(n), testAddr(pr), phyintOf(n))) pr.own_due = nextMs();
  else {
    pr.own_left -= 1;
    pr.own_due = now + <u64>grpAt(grpOf(n)).probe_interval_ms * NS_PER_MS;
  }
}

/** Whether there have been more claims within the window than the group bears. */
function isTooMuch(n: u32, pr: Probe): bool {
  const ann = announceAt(grpOf(n));
  const now = page().now;
  if (now - pr.claim_since >= <u64>ann.window_ms * NS_PER_MS) {
    pr.claim_since = now;
    pr.claims = 0;
  }
  pr.claims = <u16>min<u32>(<u32>pr.claims + 1, 0xffff);
  return ann.conflict_max != 0 && <u32>pr.claims > <u32>ann.conflict_max;
}

/** Another host, with hardware address mac, claims watcher n's test address, which is tentative or in use. O(MEMBER_MAX). */
export function testClaimed(n: u32, mac: u64): void {
  const pr = probeAt(n);
  const p = phyintOf(n);
  const phyint = phyintAt(p);
  const bit = <u32>1 << familyOf(n);
  const ann = announceAt(grpOf(n));
  const now = page().now;
  const tentative = has(phyint.test_wait, familyOf(n));
  if (!tentative && !has(phyint.test_ok, familyOf(n))) return;
  pr.conflicts += 1;
  const lost = tentative || isTooMuch(n, pr);
  if (!lost && pr.defended != 0 && now < pr.defended + <u64>ann.defend_ms * NS_PER_MS) return;
  pr.defended = max<u64>(now, 1);
  const ev = eventEmit(EVENT_CONFLICT, grpOf(n), p, 0, u32(lost));
  ev.mac = mac;
  ev.count = pr.conflicts;
  eventAddr(ev, familyOf(n), testAddr(pr));
  if (!lost) {
    craftDefend(grpOf(n), familyOf(n), testAddr(pr), p, 0);
    return;
  }
  phyint.test_wait = <u8>(<u32>phyint.test_wait & ~bit);
  phyint.test_ok = <u8>(<u32>phyint.test_ok & ~bit);
  phyint.test_dup = <u8>(<u32>phyint.test_dup | bit);
  pr.report_due = 0;
  pr.report_left = 0;
  pr.own_due = ann.recovery_s == 0 ? 0 : now + <u64>ann.recovery_s * 1000 * NS_PER_MS;
  probeArm(n);
  event(EVENT_ADDR_STATE, n, tentative ? 0 : STATE_UP, STATE_DUPLICATE);
  grpSettle(grpOf(n));
}

/** A querier asks, by the valid MLD query of len bytes at `mld`: if it is about this group too, the answer is due within its delay. */
export function testQueried(n: u32, mld: usize, len: u32): void {
  const pr = probeAt(n);
  const phyint = phyintAt(phyintOf(n));
  if (len < MLD_V1_LEN || !has(<u32>phyint.test_ok | <u32>phyint.test_wait, FAMILY_V6)) return;
  const all = (load<u64>(mld, MLD_GROUP) | load<u64>(mld, MLD_GROUP + 8)) == 0;
  const hi = load<u64>(mld, MLD_GROUP + 8);
  if (!all && (load<u64>(mld, MLD_GROUP) != SOLICITED_LO || hi != groupHi(testAddr(pr)))) return;
  // Longer than a second nobody needs who has one group to report.
  const due = page().now + jitter(<u64>min<u32>(load16(mld + MLD_DELAY), 1000) * NS_PER_MS + 1);
  pr.report_left = max<u8>(pr.report_left, 1);
  pr.report_due = pr.report_due == 0 ? max<u64>(due, 1) : min<u64>(pr.report_due, due);
  probeArm(n);
}
