// Groups: each is one IP interface. Created empty and FAILED, renamed, given families, destroyed when empty.
//
// Invariants: group names are unique, and so are interface names; neither may equal the other group's;
// `families` covers the families of every member and every data address; a group with members has a mactype.

import {
  ADDR_MAX, Announce_SIZE, CLAIM_MAX, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, ERANGE, EVENT_GRP_CHANGE, FAMILY_V4, FAMILY_V6,
  GRPKEY_ANNOUNCE_COUNT, GRPKEY_ANNOUNCE_INTERVAL_MS, GRPKEY_DOWN_DELAY_MS, GRPKEY_FAILBACK, GRPKEY_FLAP_MAX,
  GRPKEY_FLAP_WINDOW_MS, GRPKEY_POLICY, GRPKEY_PROBE_COUNT, GRPKEY_PROBE_INTERVAL_MS, GRPKEY_UP_DELAY_MS, GRP_MAX, Grp,
  GrpConf, GrpConf_SIZE, GrpConf_ifname_OFF, GrpConf_name_OFF, Grp_SIZE, Grp_ifname_OFF, Grp_name_OFF, Illgrp_SIZE,
  Ipif_SIZE, NEXTHOP_MAX, PG_FAILED, POLICY_BROADCAST, QUERIER_MAX, RESOLVE_MAX, ARPENT_MAX, Arpent_SIZE, MCAST_MAX, ADDR_SLOTS,
} from "../../abi/ipmp";
import { listsReset } from "./ann_list";
import { announceFamily, announcePump, announceRetime } from "./announce";
import { announceDefaults, announceSet } from "./announce_conf";
import { eventGrp } from "../event";
import { illgrpReset, illgrpVacant } from "./illgrp";
import {
  CLAIM_SIZE, MCAST_SIZE, NEXTHOP_SIZE, NONE, QUERIER_SIZE, RESOLVE_SIZE, SLOT_SIZE, announceAt, arpentAt, claimAt,
  grpAt, illgrpAt, inbox, ipifAt, ipifBytesOf,
  mcastsOf, memberOf, nexthopsOf, page, phyintAt, queriersOf, resolvesOf, slotsOf,
} from "../layout";
import { nameCopy, nameLength, nameSame } from "../name";
import { nexthopReset } from "../path/nexthop";
import { REFLECT_BYTES, reflectOf, reflectSet } from "../path/own";
import { sharesDefault, sharesSet } from "./shares";
import { watchDefaults, watchSet } from "../probe/settings";
import { grpValid, macIsUnicast } from "../valid";
import { vaddrReset } from "./vlan";

// @ts-ignore: decorator
@inline const FAMILIES_ALL: u32 = 3;
/** The group that has `name` as its group name or interface name, except `but`; NONE if there is none. */
function grpNamed(name: usize, but: u32): u32 {
  for (let g: u32 = 0; g < GRP_MAX; g++) {
    const grp = grpAt(g);
    if (grp.used == 0 || g == but) continue;
    if (nameSame(changetype<usize>(grp) + Grp_name_OFF, name) || nameSame(changetype<usize>(grp) + Grp_ifname_OFF, name)) return g;
  }
  return NONE;
}

export function ipmp_grp_create(): i32 {
  const conf = changetype<GrpConf>(inbox());
  const name = inbox() + GrpConf_name_OFF;
  const ifname = inbox() + GrpConf_ifname_OFF;
  if (conf.size != GrpConf_SIZE) return -EINVAL;
  if (conf.families == 0 || conf.families > FAMILIES_ALL || !macIsUnicast(conf.mac)) return -EINVAL;
  let n = nameLength(name);
  if (n < 0) return n;
  n = nameLength(ifname);
  if (n < 0) return n;
  if (grpNamed(name, NONE) != NONE || grpNamed(ifname, NONE) != NONE) return -EEXIST;
  let g: u32 = 0;
  while (g < GRP_MAX && grpAt(g).used != 0) g++;
  if (g == GRP_MAX) return -ENOSPC;
  grpClear(g);
  const grp = grpAt(g);
  grp.used = 1;
  page().grp_top = max<u32>(page().grp_top, g + 1);
  grp.mac = conf.mac;
  grp.families = conf.families;
  nameCopy(changetype<usize>(grp) + Grp_name_OFF, name);
  nameCopy(changetype<usize>(grp) + Grp_ifname_OFF, ifname);
  grpDefaults(grp);
  announceDefaults(g);
  watchDefaults(g);
  grpReflect(g);
  page().ngrp += 1;
  eventGrp(EVENT_GRP_CHANGE, g, 0, 1);
  return <i32>g;
}

/** Everything that belongs to group g becomes zero, every list empty. */
function grpClear(g: u32): void {
  memory.fill(changetype<usize>(grpAt(g)), 0, Grp_SIZE);
  memory.fill(changetype<usize>(illgrpAt(g, FAMILY_V4)), 0, 2 * Illgrp_SIZE);
  memory.fill(changetype<usize>(ipifAt(g, 0)), 0, ADDR_MAX * Ipif_SIZE);
  memory.fill(changetype<usize>(arpentAt(g, 0)), 0, ARPENT_MAX * Arpent_SIZE);
  memory.fill(slotsOf(g), 0, ADDR_SLOTS * SLOT_SIZE);
  memory.fill(ipifBytesOf(g), 0, ADDR_MAX * 8);
  memory.fill(nexthopsOf(g), 0, NEXTHOP_MAX * NEXTHOP_SIZE);
  memory.fill(resolvesOf(g), 0, RESOLVE_MAX * RESOLVE_SIZE);
  memory.fill(mcastsOf(g, FAMILY_V4), 0, 2 * MCAST_MAX * MCAST_SIZE);
  const grp = grpAt(g);
  grp.ipif_free = <u16>NONE;
  memory.fill(changetype<usize>(announceAt(g)), 0, Announce_SIZE);
  memory.fill(claimAt(g, 0), 0, CLAIM_MAX * CLAIM_SIZE);
  memory.fill(queriersOf(g, FAMILY_V4), 0, 2 * QUERIER_MAX * QUERIER_SIZE);
  listsReset(g);
  vaddrReset(g);
  illgrpReset(g, FAMILY_V4);
  illgrpReset(g, FAMILY_V6);
}

/** The defaults of GRPKEY. Announcements and conflict probes: tunables of the original; damping: R2.5. */
function grpDefaults(grp: Grp): void {
  grp.state = <u8>PG_FAILED;
  grp.since = page().now;
  grp.failback = 1;
  grp.announce_count = 5;
  grp.announce_interval_ms = 2000;
  grp.probe_count = 3;
  grp.probe_interval_ms = 150;
  grp.flap_max = 2;
  grp.flap_window_ms = 60000;
  sharesDefault(grp);
}

export function ipmp_grp_destroy(g: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  if (grpAt(g).nif != 0) return -EBUSY;
  assert(grpAt(g).nactif == 0);
  grpClear(g);
  page().ngrp -= 1;
  eventGrp(EVENT_GRP_CHANGE, g, 1, 0);
  return 0;
}

export function ipmp_grp_plumb(g: u32, families: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  if (families == 0 || families > FAMILIES_ALL) return -EINVAL;
  const gone = grpAt(g).families & ~families;
  if ((gone & 1) != 0 && !illgrpVacant(g, FAMILY_V4)) return -EBUSY;
  if ((gone & 2) != 0 && !illgrpVacant(g, FAMILY_V6)) return -EBUSY;
  grpAt(g).families = <u8>families;
  page().generation += 1;
  return 0;
}

export function ipmp_grp_rename(g: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const n = nameLength(inbox());
  if (n < 0) return n;
  if (grpNamed(inbox(), g) != NONE) return -EEXIST;
  nameCopy(changetype<usize>(grpAt(g)) + Grp_name_OFF, inbox());
  page().generation += 1;
  return 0;
}

export function ipmp_grp_lookup(): i32 {
  const n = nameLength(inbox());
  if (n < 0) return n;
  for (let g: u32 = 0; g < GRP_MAX; g++) {
    if (grpAt(g).used != 0 && nameSame(changetype<usize>(grpAt(g)) + Grp_name_OFF, inbox())) return <i32>g;
  }
  return -ENOENT;
}

export function ipmp_grp_get(g: u32): i32 {
  return grpValid(g) ? <i32>changetype<usize>(grpAt(g)) : -ENOENT;
}

/** Whether value is in least … most. */
// @ts-ignore: decorator
@inline function within(value: u32, least: u32, most: u32): bool { return value >= least && value <= most; }

/** Another policy. Under `broadcast` addresses are at every member, else each at one: then all are announced anew. */
function policySet(g: u32, policy: u32): void {
  const was: u32 = grpAt(g).policy;
  grpAt(g).policy = <u8>policy;
  nexthopReset(g);
  if (was == policy || (was != POLICY_BROADCAST && policy != POLICY_BROADCAST)) return;
  announceFamily(g, FAMILY_V4);
  announceFamily(g, FAMILY_V6);
  announcePump(g);
}

export function ipmp_grp_set(g: u32, key: u32, value: u32): i32 {
  if (!grpValid(g)) return -ENOENT;
  const grp = grpAt(g);
  if (key == GRPKEY_POLICY) {
    if (value > POLICY_BROADCAST) return -ERANGE;
    policySet(g, value);
  } else if (key == GRPKEY_FAILBACK) {
    if (value > 1) return -ERANGE;
    grp.failback = <u8>value;
  } else if (key == GRPKEY_ANNOUNCE_COUNT) {
    if (!within(value, 1, 20)) return -ERANGE;
    grp.announce_count = <u8>value;
  } else if (key == GRPKEY_ANNOUNCE_INTERVAL_MS) {
    if (!within(value, 10, 20000)) return -ERANGE;
    grp.announce_interval_ms = value;
    announceRetime(g);
  } else if (key == GRPKEY_PROBE_COUNT) {
    if (value > 10) return -ERANGE;
    grp.probe_count = <u8>value;
  } else if (key == GRPKEY_PROBE_INTERVAL_MS) {
    if (!within(value, 10, 20000)) return -ERANGE;
    grp.probe_interval_ms = value;
    announceRetime(g);
  } else if (key == GRPKEY_UP_DELAY_MS) {
    if (value > 600000) return -ERANGE;
    grp.up_delay_ms = value;
  } else if (key == GRPKEY_DOWN_DELAY_MS) {
    if (value > 60000) return -ERANGE;
    grp.down_delay_ms = value;
  } else if (key == GRPKEY_FLAP_MAX) {
    if (value > 2) return -ERANGE;
    grp.flap_max = <u16>value;
  } else if (key == GRPKEY_FLAP_WINDOW_MS) {
    if (!within(value, 1, 600000)) return -ERANGE;
    grp.flap_window_ms = value;
  } else {
    let wrong = sharesSet(g, key, value);
    if (wrong == -EINVAL) wrong = announceSet(g, key, value);
    if (wrong == -EINVAL) wrong = watchSet(g, key, value);
    if (wrong != 0) return wrong;
  }
  page().generation += 1;
  return 0;
}

/** Rebuilds the quick test for frames that the group itself has sent. Called whenever a member or its address changes. */
export function grpReflect(g: u32): void {
  const grp = grpAt(g);
  memory.fill(reflectOf(g), 0, REFLECT_BYTES);
  reflectSet(g, grp.mac);
  for (let i: u32 = 0, n: u32 = grp.nif; i < n; i++) reflectSet(g, phyintAt(memberOf(grp, i)).mac);
}
