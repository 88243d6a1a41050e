// Whether a test address is the NIC's own: probed for as a data address is, before it is used (RFC 5227 §2.1, RFC 4862 §5.4).
// Settled by settle.ts with everything else; what time and other hosts do to it is in test_turn.ts.
//
//   its family's bit in  test_wait  test_ok  test_dup
//   not looked at            0         0         0     the NIC is in no group, or OFFLINE, or the group lacks the family
//   tentative                1         0         0     PROBE_COUNT conflict probes, PROBE_INTERVAL_MS apart, while it has carrier
//   in use                   0         1         0     nobody claimed it: probes leave from it, questions for it are answered
//   duplicate                0         0         1     another host has it: it is not used, and tried again after RECOVERY_S
//
// An IPv6 one that is tentative or in use is in its solicited-node group: that is reported (MLD) when it begins, when carrier
// comes, and when a querier asks, so that a switch that snoops lets questions for it through (RFC 4862 §5.4.2, RFC 4541).

import { FAMILY_V4, FAMILY_V6, PHYI_RUNNING, PI_INIT, PI_OFFLINE, REJOIN_COUNT, WATCHER_ICMP } from "../../abi/ipmp";
import { grpAt, page, phyintAt, probeAt, probeIndex } from "../layout";
import { probeArm } from "./arm";

// @ts-ignore: decorator
@inline export function has(bits: u32, family: u32): bool { return ((bits >> family) & 1) != 0; }

/** Whether member p's test address of a family is in use. */
export function testInUse(p: u32, family: u32): bool { return has(phyintAt(p).test_ok, family); }

/** Whether NIC p has a test address of a family that is, as far as anybody knows, its own. */
export function testIsOwn(p: u32, family: u32): bool { return has(phyintAt(p).test, family) && !has(phyintAt(p).test_dup, family); }

function isRunning(p: u32): bool { return (<u32>phyintAt(p).flags & PHYI_RUNNING) != 0; }

/** Member p's test address of a family is to be probed for, or in use at once if the group does not probe. */
export function testBegin(p: u32, family: u32): void {
  const phyint = phyintAt(p);
  const n = probeIndex(p, WATCHER_ICMP, family);
  const pr = probeAt(n);
  const bit = <u32>1 << family;
  phyint.test_dup = <u8>(<u32>phyint.test_dup & ~bit);
  pr.own_left = grpAt(phyint.grp).probe_count;
  if (pr.own_left != 0) phyint.test_wait = <u8>(<u32>phyint.test_wait | bit);
  else phyint.test_ok = <u8>(<u32>phyint.test_ok | bit);
  pr.own_due = 0;
  pr.defended = 0;
  pr.claims = 0;
  pr.report_due = 0;
  pr.report_left = family == FAMILY_V6 ? <u8>REJOIN_COUNT : 0;
  carrierSettle(n, p, family);
}

/** It is no longer looked at. */
function end(p: u32, family: u32): void {
  const phyint = phyintAt(p);
  const n = probeIndex(p, WATCHER_ICMP, family);
  const bit = <u32>1 << family;
  phyint.test_ok = <u8>(<u32>phyint.test_ok & ~bit);
  phyint.test_wait = <u8>(<u32>phyint.test_wait & ~bit);
  phyint.test_dup = <u8>(<u32>phyint.test_dup & ~bit);
  probeAt(n).own_due = probeAt(n).report_due = 0;
  probeAt(n).own_left = probeAt(n).report_left = 0;
  probeArm(n);
}

/** With carrier, what waits goes on; without, a switch forgets what it was told. */
function carrierSettle(n: u32, p: u32, family: u32): void {
  const pr = probeAt(n);
  const phyint = phyintAt(p);
  const now = max<u64>(page().now, 1);
  if (has(phyint.test_dup, family)) return;
  if (!isRunning(p)) {
    pr.report_left = family == FAMILY_V6 ? <u8>REJOIN_COUNT : 0;
    pr.report_due = 0;
    return;
  }
  if (has(phyint.test_wait, family) && pr.own_due == 0) pr.own_due = now;
  if (pr.report_left != 0 && pr.report_due == 0) pr.report_due = now;
  probeArm(n);
}

/** Brings what is done about member p's test addresses in line with what it is. */
export function testSettle(g: u32, p: u32): void {
  const phyint = phyintAt(p);
  const state: u32 = phyint.state;
  const out = state == PI_OFFLINE || state == PI_INIT;
  const want: u32 = out ? 0 : <u32>phyint.test & <u32>phyint.families & <u32>grpAt(g).families;
  const have = <u32>phyint.test_ok | <u32>phyint.test_wait | <u32>phyint.test_dup;
  for (let family: u32 = FAMILY_V4; (want | have) != 0 && family <= FAMILY_V6; family++) {
    if (has(want & ~have, family)) testBegin(p, family);
    else if (has(have & ~want, family)) end(p, family);
    else if (has(want, family)) carrierSettle(probeIndex(p, WATCHER_ICMP, family), p, family);
  }
}

/** Member p leaves its group. */
export function testLeave(p: u32): void {
  end(p, FAMILY_V4);
  end(p, FAMILY_V6);
}
