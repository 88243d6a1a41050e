// Traffic totals of a group: what members have carried since they joined, plus what members that left had carried.
//
// Invariant: no total decreases, whoever joins or leaves (a NIC's own counters are never reset).

import { ENOENT, Grp_kstat0_OFF, KSTAT_OERRORS, Phyint_kstat0_OFF, Phyint_kstat_OFF } from "../../abi/ipmp";
import { grpAt, memberOf, phyintAt, statsBase } from "../layout";
import { grpValid } from "../valid";

// @ts-ignore: decorator
@inline const KSTATS: u32 = KSTAT_OERRORS + 1;

/** What member p has carried of counter k since it joined. */
function since(p: u32, k: u32): u64 {
  const at = changetype<usize>(phyintAt(p)) + (k << 3);
  return load<u64>(at, Phyint_kstat_OFF) - load<u64>(at, Phyint_kstat0_OFF);
}

/** p joins: its counters so far are not the group's. */
export function kstatJoin(p: u32): void {
  const at = changetype<usize>(phyintAt(p));
  memory.copy(at + Phyint_kstat0_OFF, at + Phyint_kstat_OFF, KSTATS << 3);
}

/** p leaves group g: what it has carried for the group stays the group's. */
export function kstatLeave(p: u32, g: u32): void {
  const base = changetype<usize>(grpAt(g)) + Grp_kstat0_OFF;
  for (let k: u32 = 0; k < KSTATS; k++) store<u64>(base + (k << 3), load<u64>(base + (k << 3)) + since(p, k));
}

export function ipmp_grp_stats(g: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const grp = grpAt(g);
  for (let k: u32 = 0; k < KSTATS; k++) {
    let sum = load<u64>(changetype<usize>(grp) + (k << 3), Grp_kstat0_OFF);
    for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) sum += since(memberOf(grp, i), k);
    store<u64>(statsBase() + (k << 3), sum);
  }
  return <i32>statsBase();
}
