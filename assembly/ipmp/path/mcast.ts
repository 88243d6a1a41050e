// Multicast memberships of the local stack, learnt from the reports that it sends, so that they can be announced again
// from the next nominee: a snooping switch must learn at once on which port the group now is.
//
// Remembered per group, family, VLAN and multicast address, densely (illgrp.nmcast of them), 96 bytes each:
//   0 address (IPv4 in the first 4 bytes), 16 tags, 20 version of the report it was learnt from, 24 filter (mcast_filter.ts)
// What the new nominee reports has the version that it was learnt from, or an older one that a querier speaks
// (querier.ts), and its source filter; it is reported REJOIN_COUNT times. More than MCAST_MAX are
// counted and told, not remembered; their switches learn from the stack's answer to the next query.

import {
  ADDR_MAX, Announce_mcast_told_OFF, Announce_rejoin_due_OFF, Announce_rejoin_from_OFF, Announce_rejoin_left_OFF, EVENT_MCAST_FULL,
  FAMILY_V4, FAMILY_V6, IPIF_UP, Ipif_addr_OFF, MCAST_MAX, REJOIN_COUNT, REJOIN_INTERVAL_MS,
} from "../../abi/ipmp";
import { load16 } from "../../lib/be";
import { vlanTags } from "../../wire/eth";
import { icmp6Valid } from "../../wire/icmp6";
import {
  ALLOW_NEW, ALL_HOSTS, IGMP_GROUP, IGMP_LEAVE, IGMP_LEN, IGMP_RECORDS, IGMP_RECORD_LEN, IGMP_V1_REPORT, IGMP_V2_REPORT,
  IGMP_V3_REPORT, IS_EXCLUDE, RECORD_GROUP, RECORD_SOURCES, TO_EXCLUDE, TO_INCLUDE, igmpQueryVersion, igmpRecordSize,
} from "../../wire/igmp";
import { ip6IsLinkLocal } from "../../wire/ipv6";
import {
  MLD_DONE, MLD_GROUP, MLD_RECORDS, MLD_RECORD_LEN, MLD_V1_LEN, MLD_V1_REPORT, MLD_V2_LEN, MLD_V2_REPORT, mldQueryVersion,
  mldRecordSize,
} from "../../wire/mld";
import { NS_PER_MS, deadlineAt, nextMs } from "../clock";
import { addrOf, craftIgmp, craftMld } from "./craft";
import { eventEmit } from "../event";
import { MCAST_SIZE, NEVER, NONE, announceAt, grpAt, illgrpAt, ipifAt, mcastsOf, page } from "../layout";
import { FILTER_SIZE, INCLUDE, filterApply, filterCount, filterMode, filterSources } from "./mcast_filter";
import { querierHeard, querierVersion } from "./querier";

/** Upper word of an address. */
// @ts-ignore: decorator
@inline const HI: usize = 8;
// @ts-ignore: decorator
@inline const TAGS: usize = 16;
// @ts-ignore: decorator
@inline const VERSION: usize = 20;
// @ts-ignore: decorator
@inline const FILTER: usize = 24;

if (FILTER + FILTER_SIZE != MCAST_SIZE) ERROR("a membership's record ends with its filter");

// @ts-ignore: decorator
@inline function count(g: u32, family: u32): u32 { return min<u32>(illgrpAt(g, family).nmcast, MCAST_MAX); }

/** Where a byte that Announce has for each family stands. */
// @ts-ignore: decorator
@inline function perFamily(g: u32, family: u32, offset: usize): usize { return changetype<usize>(announceAt(g)) + offset + family; }
// @ts-ignore: decorator
@inline function dueOf(g: u32, family: u32): u64 {
  return load<u64>(changetype<usize>(announceAt(g)) + (family << 3), Announce_rejoin_due_OFF);
}
// @ts-ignore: decorator
@inline function setDue(g: u32, family: u32, due: u64): void {
  store<u64>(changetype<usize>(announceAt(g)) + (family << 3), due, Announce_rejoin_due_OFF);
}

/** One more than there is room for: counted, and told once. */
function full(g: u32, family: u32): void {
  announceAt(g).mcast_lost += 1;
  const told = perFamily(g, family, Announce_mcast_told_OFF);
  if (load<u8>(told) != 0) return;
  store<u8>(told, 1);
  const ev = eventEmit(EVENT_MCAST_FULL, g, NONE, 0, 0);
  ev.family = <u8>family;
  ev.count = announceAt(g).mcast_lost;
}

/** Takes note of what a report of a version says of the group whose address is two raw words: a record of a type, n sources. */
function note(g: u32, family: u32, tags: u32, lo: u64, hi: u64, version: u32, type: u32, n: u32, sources: usize): void {
  const have = count(g, family);
  const end = mcastsOf(g, family) + have * MCAST_SIZE;
  let at = mcastsOf(g, family);
  while (at < end && (load<u64>(at) != lo || load<u64>(at, HI) != hi || load<u32>(at, TAGS) != tags)) at += MCAST_SIZE;
  const fresh = at == end;
  if (fresh && have == MCAST_MAX) {
    if (type == IS_EXCLUDE || type == TO_EXCLUDE || n != 0) full(g, family);
    return;
  }
  if (fresh) memory.fill(at, 0, MCAST_SIZE);
  if (filterApply(at + FILTER, family, type, n, sources)) {
    store<u64>(at, lo);
    store<u64>(at, hi, HI);
    store<u32>(at, tags, TAGS);
    store<u32>(at, version, VERSION);
    illgrpAt(g, family).nmcast = <u16>(have + u32(fresh));
    return;
  }
  if (fresh) return;
  const last = end - MCAST_SIZE;
  if (at != last) memory.copy(at, last, MCAST_SIZE);
  memory.fill(last, 0, MCAST_SIZE);
  illgrpAt(g, family).nmcast = <u16>(have - 1);
  if (have == 1) store<u8>(perFamily(g, family, Announce_mcast_told_OFF), 0);
}

/** Reads the IGMP message of len bytes that the stack sends in the frame at `frame`. What is cut short says nothing. */
export function mcastSnoop4(g: u32, frame: usize, l3: u32, igmp: usize, len: u32): void {
  if (len < IGMP_LEN) return;
  const type = <u32>load<u8>(igmp);
  const tags = vlanTags(frame, l3);
  if (type == IGMP_V3_REPORT) {
    let at = IGMP_LEN;
    for (let n = load16(igmp + IGMP_RECORDS); n != 0 && at + IGMP_RECORD_LEN <= len; --n) {
      const record = igmp + at;
      at += igmpRecordSize(record);
      if (at > len) return;
      const group = <u64>load<u32>(record, RECORD_GROUP);
      note(g, FAMILY_V4, tags, group, 0, 3, load<u8>(record), load16(record + RECORD_SOURCES), record + IGMP_RECORD_LEN);
    }
    return;
  }
  const group = load<u32>(igmp, IGMP_GROUP);
  if (group == ALL_HOSTS) return;
  if (type == IGMP_V1_REPORT || type == IGMP_V2_REPORT)
    note(g, FAMILY_V4, tags, <u64>group, 0, type == IGMP_V1_REPORT ? 1 : 2, TO_EXCLUDE, 0, 0);
  else if (type == IGMP_LEAVE) note(g, FAMILY_V4, tags, <u64>group, 0, 2, TO_INCLUDE, 0, 0);
}

/** The same for an MLD message. */
export function mcastSnoop6(g: u32, frame: usize, l3: u32, mld: usize, len: u32): void {
  const type = <u32>load<u8>(mld);
  const tags = vlanTags(frame, l3);
  if (type == MLD_V2_REPORT) {
    if (len < MLD_V2_LEN) return;
    let at = MLD_V2_LEN;
    for (let n = load16(mld + MLD_RECORDS); n != 0 && at + MLD_RECORD_LEN <= len; --n) {
      const record = mld + at;
      at += mldRecordSize(record);
      if (at > len) return;
      const lo = load<u64>(record, RECORD_GROUP);
      const hi = load<u64>(record, RECORD_GROUP + HI);
      note(g, FAMILY_V6, tags, lo, hi, 2, load<u8>(record), load16(record + RECORD_SOURCES), record + MLD_RECORD_LEN);
    }
    return;
  }
  if (len < MLD_V1_LEN) return;
  const lo = load<u64>(mld, MLD_GROUP);
  const hi = load<u64>(mld, MLD_GROUP + HI);
  if (type == MLD_V1_REPORT) note(g, FAMILY_V6, tags, lo, hi, 1, TO_EXCLUDE, 0, 0);
  else if (type == MLD_DONE) note(g, FAMILY_V6, tags, lo, hi, 1, TO_INCLUDE, 0, 0);
}

/** Hears the IGMP message of len bytes that the stack is given: a query may be of an older version. */
export function mcastHear4(g: u32, frame: usize, l3: u32, igmp: usize, len: u32): void {
  querierHeard(g, FAMILY_V4, vlanTags(frame, l3), igmpQueryVersion(igmp, len));
}

/** The same for an MLD query at `mld`, whose checksum has been looked at already if `checked`. */
export function mcastHear6(g: u32, frame: usize, l3: u32, mld: usize, len: u32, checked: bool): void {
  if (!checked && !icmp6Valid(frame + l3, mld, len)) return;
  querierHeard(g, FAMILY_V6, vlanTags(frame, l3), mldQueryVersion(len));
}

/**
 * The first data address that may be a report's source (of MLD a link-local one, RFC 3810 §5.2.13), or NONE: then it is
 * the unspecified one (RFC 3590, RFC 4541 §2.1.1).
 */
function reporter(g: u32, family: u32): u32 {
  const end = min<u32>(grpAt(g).ipif_hiwater, ADDR_MAX);
  for (let i: u32 = 0; i < end; ++i) {
    const ipif = ipifAt(g, i);
    if (!(<u32>ipif.flags & IPIF_UP) || <u32>ipif.family != family) continue;
    if (family == FAMILY_V4 || ip6IsLinkLocal(changetype<usize>(ipif) + Ipif_addr_OFF)) return i;
  }
  return NONE;
}

/** Reports the membership at `at`, in one frame: a control frame has room for MCAST_SRC_MAX sources behind two tags (craft.ts). */
function report(g: u32, family: u32, at: usize, src: u32): bool {
  const port = <u32>illgrpAt(g, family).cast_ill;
  const tags = load<u32>(at, TAGS);
  const version = min<u32>(load<u32>(at, VERSION), querierVersion(g, family, tags));
  const n = version < (family == FAMILY_V4 ? <u32>3 : <u32>2) ? 0 : filterCount(at + FILTER);
  const type = n != 0 && filterMode(at + FILTER) == INCLUDE ? ALLOW_NEW : TO_EXCLUDE;
  const sources = filterSources(at + FILTER);
  return family == FAMILY_V4
    ? craftIgmp(g, port, tags, version, src, load<u32>(at), type, n, sources)
    : craftMld(g, port, tags, version, src == NONE ? 0 : addrOf(g, src), load<u64>(at), load<u64>(at, HI), type, n, sources);
}

/** A family has a new nominee: it reports every membership, now and again. O(ADDR_MAX + MCAST_MAX). */
export function mcastNominated(g: u32, family: u32): void {
  store<u8>(perFamily(g, family, Announce_rejoin_left_OFF), REJOIN_COUNT);
  store<u8>(perFamily(g, family, Announce_rejoin_from_OFF), 0);
  mcastRound(g, family);
}

/** Goes on with the round of reports that is due, and says when the next is. */
function mcastRound(g: u32, family: u32): void {
  const left = perFamily(g, family, Announce_rejoin_left_OFF);
  const from = perFamily(g, family, Announce_rejoin_from_OFF);
  const n = count(g, family);
  setDue(g, family, 0);
  if (n == 0 || load<u8>(left) == 0 || <u32>illgrpAt(g, family).cast_ill == NONE) return;
  const src = reporter(g, family);
  for (let i: u32 = load<u8>(from); i < n; i++) {
    if (report(g, family, mcastsOf(g, family) + i * MCAST_SIZE, src)) continue;
    store<u8>(from, <u8>i);
    setDue(g, family, nextMs());
    deadlineAt(nextMs());
    return;
  }
  store<u8>(from, 0);
  store<u8>(left, load<u8>(left) - 1);
  if (load<u8>(left) == 0) return;
  const due = page().now + <u64>REJOIN_INTERVAL_MS * NS_PER_MS;
  setDue(g, family, due);
  deadlineAt(due);
}

/** Reports again what is due. */
export function mcastTimer(g: u32): void {
  for (let family: u32 = FAMILY_V4; family <= FAMILY_V6; family++) {
    const due = dueOf(g, family);
    if (due != 0 && due <= page().now) mcastRound(g, family);
  }
}

/** When mcastTimer has something to do. */
export function mcastDeadline(g: u32): u64 {
  const four = dueOf(g, FAMILY_V4);
  const six = dueOf(g, FAMILY_V6);
  return min<u64>(four == 0 ? NEVER : four, six == 0 ? NEVER : six);
}
