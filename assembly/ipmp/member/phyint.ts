// NICs: made known, put into a group, taken out, changed.
//
// Invariants: ifindex and name are unique; members of one group have the group's link type and, unless set aside, distinct
// hardware addresses that differ from the group's own; grp = NONE iff state = INIT.

import {
  CAP_ADDR_MANAGED, CAP_ADDR_UP, CAP_MULTICAST, CAP_NOARP, CAP_NONUD, CAP_POINTOPOINT, CAUSE_MEMBERSHIP, EADDRINUSE,
  EADDRNOTAVAIL, EAFNOSUPPORT, EALREADY, EBUSY, EEXIST, EINVAL, EMSGSIZE, ENODEV, ENOENT, ENOSPC, ENOTUNIQ, EOPNOTSUPP,
  EOVERFLOW, ERANGE, EVENT_MEMBER_CHANGE, FAMILY_V4, FAMILY_V6, Grp, Grp_members_OFF, MACTYPE_NONE, MACTYPE_OTHER,
  MEMBER_MAX, MTU_MIN_V4, PHYINT_MAX, PHYI_RUNNING, PHYI_STANDBY, Phyint, PhyintConf, PhyintConf_SIZE, PhyintConf_name_OFF,
  Phyint_SIZE, Phyint_name_OFF, Probe_SIZE,
} from "../../abi/ipmp";
import { kstatJoin, kstatLeave } from "../group/counters";
import { eventEmit } from "../event";
import { PIE_JOIN, PIE_LEAVE, piDispatch } from "./fsm";
import { grpReflect } from "../group/group";
import { hwaddrSettle } from "./hwaddr";
import { illLeave, illgrpMtu, mtuMin } from "../group/illgrp";
import { NONE, grpAt, illAt, illgrpAt, inbox, memberOf, page, phyintAt, probeAt, probeIndex } from "../layout";
import { grpValid, macIsUnicast, phyintValid } from "../valid";
import { carrierCounts } from "./link";
import { probeLeave } from "../probe/settle";
import { testAddrWrong } from "../probe/test_addr";
import { nameCopy, nameLength, nameSame } from "../name";
import { pinForget } from "../group/pin";
import { turnForget } from "../group/rotor";
import { grpActivate, grpSettle } from "../group/settle";
import { weightSettle } from "../group/weight";
import { activateAnother, isActive } from "./standby";

/** Largest MTU: a 16-bit length field. */
// @ts-ignore: decorator
@inline const MTU_MAX: u32 = 65535;

/** The NIC with this number or this name, except `but`; NONE if there is none. */
function phyintNamed(ifindex: u32, name: usize, but: u32): u32 {
  for (let p: u32 = 0; p < PHYINT_MAX; p++) {
    const phyint = phyintAt(p);
    if (phyint.used == 0 || p == but) continue;
    if (phyint.ifindex == ifindex || nameSame(changetype<usize>(phyint) + Phyint_name_OFF, name)) return p;
  }
  return NONE;
}

function confWrong(conf: PhyintConf): bool {
  return conf.size != PhyintConf_SIZE || conf.ifindex == 0 || !macIsUnicast(conf.mac) || conf.mtu < MTU_MIN_V4 || conf.mtu > MTU_MAX ||
    conf.mactype == <u8>MACTYPE_NONE || conf.mactype > <u8>MACTYPE_OTHER || conf.families == 0 || conf.families > 3 ||
    conf.caps > 63 || conf.link > 1;
}

export function ipmp_phyint_create(): i32 {
  const conf = changetype<PhyintConf>(inbox());
  const name = inbox() + PhyintConf_name_OFF;
  if (confWrong(conf)) return -EINVAL;
  const n = nameLength(name);
  if (n < 0) return n;
  if (phyintNamed(conf.ifindex, name, NONE) != NONE) return -EEXIST;
  let p: u32 = 0;
  while (p < PHYINT_MAX && phyintAt(p).used != 0) p++;
  if (p == PHYINT_MAX) return -ENOSPC;
  const phyint = phyintAt(p);
  memory.fill(changetype<usize>(phyint), 0, Phyint_SIZE);
  memory.fill(changetype<usize>(probeAt(probeIndex(p, 0, 0))), 0, Probe_SIZE << 2);
  phyint.used = 1;
  page().phyint_top = max<u32>(page().phyint_top, p + 1);
  phyint.mac = conf.mac;
  phyint.grp = <u16>NONE;
  phyint.flags = conf.link ? <u8>PHYI_RUNNING : 0;
  phyint.ifindex = conf.ifindex;
  phyint.mtu = conf.mtu;
  phyint.mactype = conf.mactype;
  phyint.families = conf.families;
  phyint.caps = conf.caps;
  phyint.weight = phyint.weight_now = 1;
  phyint.since = page().now;
  nameCopy(changetype<usize>(phyint) + Phyint_name_OFF, name);
  illAt(p, FAMILY_V4).bound_head = <u16>NONE;
  illAt(p, FAMILY_V6).bound_head = <u16>NONE;
  page().nphyint += 1;
  page().generation += 1;
  return <i32>p;
}

export function ipmp_phyint_destroy(p: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  if (phyintAt(p).grp != <u16>NONE) return -EBUSY;
  phyintAt(p).used = 0;
  page().nphyint -= 1;
  page().generation += 1;
  return 0;
}

export function ipmp_phyint_lookup(ifindex: u32): i32 {
  for (let p: u32 = 0; p < PHYINT_MAX; p++) {
    if (phyintAt(p).used != 0 && phyintAt(p).ifindex == ifindex) return <i32>p;
  }
  return -ENOENT;
}

export function ipmp_phyint_rename(p: u32, ifindex: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  if (ifindex == 0) return -EINVAL;
  const n = nameLength(inbox());
  if (n < 0) return n;
  if (phyintNamed(ifindex, inbox(), p) != NONE) return -EEXIST;
  phyintAt(p).ifindex = ifindex;
  nameCopy(changetype<usize>(phyintAt(p)) + Phyint_name_OFF, inbox());
  page().generation += 1;
  return 0;
}

export function ipmp_phyint_get(p: u32): i32 {
  return phyintValid(p) ? <i32>changetype<usize>(phyintAt(p)) : -ENOENT;
}

/** The one place where a NIC is admitted to a group: 0, or the reason why not (R1.4, ipmp_grp_vet_ill). O(MEMBER_MAX). */
function grpVet(grp: Grp, phyint: Phyint): i32 {
  const caps: u32 = phyint.caps;
  // The group must be plumbed for every family the NIC carries: its addresses could not move there otherwise.
  if ((phyint.families & ~grp.families) != 0) return -EAFNOSUPPORT;
  // An address that is up belongs to the interface it is on; it must be taken down or moved first.
  if ((caps & CAP_ADDR_UP) != 0) return -EADDRINUSE;
  // DHCP or autoconfiguration would go on managing it behind the group's back.
  if ((caps & CAP_ADDR_MANAGED) != 0) return -EADDRNOTAVAIL;
  // A point-to-point link has no shared hardware addresses to move.
  if ((caps & CAP_POINTOPOINT) != 0) return -EINVAL;
  // One group, one link type: frames must fit every member.
  if (grp.nif != 0 && grp.mactype != phyint.mactype) return -EINVAL;
  // The nominee must receive multicast, and every member must resolve.
  if ((caps & CAP_MULTICAST) == 0) return -EOPNOTSUPP;
  if ((caps & CAP_NOARP) != 0 && (grp.families & 1) != 0) return -EOPNOTSUPP;
  if ((caps & CAP_NONUD) != 0 && (grp.families & 2) != 0) return -EOPNOTSUPP;
  // A hardware address says which member a frame is for.
  if (phyint.mac == grp.mac) return -ENOTUNIQ;
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) if (phyintAt(memberOf(grp, i)).mac == phyint.mac) return -ENOTUNIQ;
  // The group's MTU is the least of its members'.
  for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
    if (((phyint.families >> <u8>family) & 1) != 0 && phyint.mtu < mtuMin(family)) return -EMSGSIZE;
  }
  return 0;
}

/** Whether one of its test addresses stands in its way into group g: 0, or why. O(MEMBER_MAX). */
function testAddrVet(g: u32, p: u32): i32 {
  const refused = testAddrWrong(g, p, FAMILY_V4);
  return refused != 0 ? refused : testAddrWrong(g, p, FAMILY_V6);
}

export function ipmp_phyint_join_grp(p: u32, g: u32): i32 {
  if (!phyintValid(p) || !grpValid(g)) return -ENOENT;
  const phyint = phyintAt(p);
  const grp = grpAt(g);
  if (phyint.grp == <u16>g) return -EALREADY;
  if (phyint.grp != <u16>NONE) return -EBUSY;
  if (<u32>grp.nif == MEMBER_MAX) return -EOVERFLOW;
  let refused = grpVet(grp, phyint);
  if (refused == 0) refused = testAddrVet(g, p);
  if (refused != 0) return refused;
  store<u16>(changetype<usize>(grp) + (<u32>grp.nif << 1), p, Grp_members_OFF);
  grp.nif += 1;
  grp.mactype = phyint.mactype;
  phyint.grp = <u16>g;
  kstatJoin(p);
  membershipChanged(g, p, 1);
  weightSettle(g);
  piDispatch(p, PIE_JOIN, CAUSE_MEMBERSHIP);
  // Carrier starts as up, so that a link that is down already shows as a transition (R2.3).
  if ((<u32>phyint.flags & PHYI_RUNNING) == 0) carrierCounts(p, false);
  grpSettle(g);
  return 0;
}

export function ipmp_phyint_leave_grp(p: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  const phyint = phyintAt(p);
  const g: u32 = phyint.grp;
  if (g == NONE) return -ENODEV;
  const relieve = (<u32>phyint.flags & PHYI_STANDBY) != 0 && isActive(p);
  probeLeave(p);
  piDispatch(p, PIE_LEAVE, CAUSE_MEMBERSHIP);
  memberRemove(grpAt(g), p);
  // A standby that worked stood in for somebody: another takes its place (R2.4). All that come, come before it goes.
  if (relieve) activateAnother(g);
  grpActivate(g);
  if (illAt(p, FAMILY_V4).active) illLeave(g, p, FAMILY_V4);
  if (illAt(p, FAMILY_V6).active) illLeave(g, p, FAMILY_V6);
  kstatLeave(p, g);
  phyint.delay_until = phyint.flap_until = 0;
  pinForget(g, p);
  turnForget(p);
  phyint.grp = <u16>NONE;
  phyint.weight_now = 1;
  membershipChanged(g, p, 0);
  weightSettle(g);
  hwaddrSettle(g);
  grpSettle(g);
  return 0;
}

function memberRemove(grp: Grp, p: u32): void {
  const n: u32 = grp.nif;
  let i: u32 = 0;
  while (i < n && memberOf(grp, i) != p) i++;
  assert(i < n);
  const at = changetype<usize>(grp) + Grp_members_OFF + (i << 1);
  memory.copy(at, at + 2, (n - i - 1) << 1);
  grp.nif = <u16>(n - 1);
  if (grp.nif == 0) grp.mactype = <u8>MACTYPE_NONE;
}

/** What depends on who is a member: the families' counts and MTUs, the test for reflections. */
function membershipChanged(g: u32, p: u32, joined: u32): void {
  for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
    if (((phyintAt(p).families >> <u8>family) & 1) == 0) continue;
    const ig = illgrpAt(g, family);
    ig.nif = <u16>(joined ? <u32>ig.nif + 1 : <u32>ig.nif - 1);
    illgrpMtu(g, family);
  }
  grpReflect(g);
  eventEmit(EVENT_MEMBER_CHANGE, g, p, 1 - joined, joined);
}

export function ipmp_phyint_set_mtu(p: u32, mtu: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  if (mtu < MTU_MIN_V4 || mtu > MTU_MAX) return -ERANGE;
  const phyint = phyintAt(p);
  phyint.mtu = mtu;
  page().generation += 1;
  if (phyint.grp == <u16>NONE) return 0;
  illgrpMtu(phyint.grp, FAMILY_V4);
  illgrpMtu(phyint.grp, FAMILY_V6);
  return 0;
}

export function ipmp_ill_up(p: u32, family: u32, up: u32): i32 {
  if (!phyintValid(p)) return -ENOENT;
  if (family > FAMILY_V6 || up > 0xffff) return -EINVAL;
  if (((phyintAt(p).families >> <u8>family) & 1) == 0) return -EAFNOSUPPORT;
  illAt(p, family).up = <u16>up;
  page().generation += 1;
  if (phyintAt(p).grp != <u16>NONE) grpSettle(phyintAt(p).grp);
  return 0;
}
