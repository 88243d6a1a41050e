// Test addresses: a NIC's own, one a family, from which it probes. They never move (R2.6).
//
// Invariant: in a group no two members have the same one, and none is a data address of the group. Whether another host has
// it is found out before it is used (test_check.ts).

import {
  AddrConf, AddrConf_addr_OFF, EAFNOSUPPORT, EEXIST, EINVAL, ENOENT, ETESTADDRDUP, FAMILY_V4, FAMILY_V6, Probe_addr_OFF,
  WATCHER_ICMP,
} from "../../abi/ipmp";
import { copy16, zero16 } from "../../lib/be";
import { NONE, inbox, page, phyintAt, probeAt, probeIndex } from "../layout";
import { addrFind } from "../path/addr_table";
import { addrIsHost, phyintValid } from "../valid";
import { grpSettle } from "../group/settle";
import { targetsSettle } from "./settle";
import { testAddr, testOwner } from "./targets";

function clash(g: u32, p: u32, family: u32, addr: usize): i32 {
  if (addrFind(g, family, addr) != NONE) return -EEXIST;
  return testOwner(g, family, addr, p) != NONE ? -ETESTADDRDUP : 0;
}

/** Whether NIC p's test address of a family, if it has one, keeps it out of group g: 0, or why. O(MEMBER_MAX). */
export function testAddrWrong(g: u32, p: u32, family: u32): i32 {
  if (((phyintAt(p).test >> <u8>family) & 1) == 0) return 0;
  return clash(g, p, family, testAddr(probeAt(probeIndex(p, WATCHER_ICMP, family))));
}

export function ipmp_ill_test_addr(p: u32, family: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const conf = changetype<AddrConf>(inbox());
  const addr = inbox() + AddrConf_addr_OFF;
  if (family > FAMILY_V6 || <u32>conf.family != family) return -EINVAL;
  const phyint = phyintAt(p);
  if (((phyint.families >> <u8>family) & 1) == 0) return -EAFNOSUPPORT;
  const none = zero16(addr);
  const bits: u32 = family == FAMILY_V4 ? 32 : 128;
  if (!none && (!addrIsHost(family, addr) || conf.prefix == 0 || <u32>conf.prefix > bits)) return -EINVAL;
  const g: u32 = phyint.grp;
  const refused = none || g == NONE ? 0 : clash(g, p, family, addr);
  if (refused != 0) return refused;
  const bit = <u32>1 << family;
  const settled = <u32>phyint.test;
  // What was learnt was learnt from the old address: the watcher begins anew.
  phyint.test = <u8>(settled & ~bit);
  if (g != NONE && (settled & bit) != 0) grpSettle(g);
  const pr = probeAt(probeIndex(p, WATCHER_ICMP, family));
  copy16(changetype<usize>(pr) + Probe_addr_OFF, addr);
  pr.prefix = none ? 0 : conf.prefix;
  if (!none) phyint.test = <u8>(<u32>phyint.test | bit);
  page().generation += 1;
  if (g == NONE) return 0;
  grpSettle(g);
  targetsSettle(g); // nobody probes an address of the group's own
  grpSettle(g);
  return 0;
}
