// Multicast memberships of the local stack, learnt from the reports that it sends, so that they can be announced again
// from the next nominee: a snooping switch must learn at once on which port the group now is.
//
// Remembered per group, family, VLAN and multicast address, densely (illgrp.nmcast of them), 24 bytes each:
//   0 address (IPv4 in the first 4 bytes), 16 VLAN tags, 20 version of the report it was learnt from
// Source filters are not remembered: what is announced again wants all sources. More than MCAST_MAX are not
// remembered; their switches learn from the stack's answer to the next query.

import {
  ADDR_MAX, FAMILY_V4, FAMILY_V6, IPIF_UP, Ipif_addr_OFF, MCAST_MAX,
} from "../../abi/ipmp";
import { load16 } from "../../lib/be";
import { vlanTags } from "../../wire/eth";
import {
  ALL_HOSTS, IGMP_GROUP, IGMP_LEAVE, IGMP_LEN, IGMP_RECORDS, IGMP_RECORD_LEN, IGMP_V1_REPORT, IGMP_V2_REPORT,
  IGMP_V3_REPORT, RECORD_GROUP, SAYS_JOIN, SAYS_LEAVE, SAYS_NOTHING, igmpRecordSize, recordSays,
} from "../../wire/igmp";
import { ip6IsLinkLocal } from "../../wire/ipv6";
import {
  MLD_DONE, MLD_GROUP, MLD_RECORDS, MLD_RECORD_LEN, MLD_V1_LEN, MLD_V1_REPORT, MLD_V2_LEN, MLD_V2_REPORT, mldRecordSize,
} from "../../wire/mld";
import { craftIgmp, craftMld } from "./craft";
import { MCAST_SIZE, NONE, grpAt, illgrpAt, ipifAt, mcastsOf } from "../layout";

/** Upper word of an address. */
// @ts-ignore: decorator
@inline const HI: usize = 8;
// @ts-ignore: decorator
@inline const TAGS: usize = 16;
// @ts-ignore: decorator
@inline const VERSION: usize = 20;

// @ts-ignore: decorator
@inline function count(g: u32, family: u32): u32 { return min<u32>(illgrpAt(g, family).nmcast, MCAST_MAX); }

/** Takes note of what a report of a version says about the group whose address is two raw words. */
function note(g: u32, family: u32, tags: u32, lo: u64, hi: u64, version: u32, says: u32): void {
  if (says == SAYS_NOTHING) return;
  const n = count(g, family);
  const end = mcastsOf(g, family) + n * MCAST_SIZE;
  let at = mcastsOf(g, family);
  while (at < end && (load<u64>(at) != lo || load<u64>(at, HI) != hi || load<u32>(at, TAGS) != tags)) at += MCAST_SIZE;
  if (says == SAYS_LEAVE) {
    if (at == end) return;
    const last = end - MCAST_SIZE;
    if (at != last) memory.copy(at, last, MCAST_SIZE);
    memory.fill(last, 0, MCAST_SIZE);
    illgrpAt(g, family).nmcast = <u16>(n - 1);
    return;
  }
  if (at == end) {
    if (n == MCAST_MAX) return;
    store<u64>(at, lo);
    store<u64>(at, hi, HI);
    store<u32>(at, tags, TAGS);
    illgrpAt(g, family).nmcast = <u16>(n + 1);
  }
  store<u32>(at, version, VERSION);
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
      note(g, FAMILY_V4, tags, <u64>load<u32>(record, RECORD_GROUP), 0, 3, recordSays(record));
      at += igmpRecordSize(record);
    }
    return;
  }
  const says = type == IGMP_V1_REPORT || type == IGMP_V2_REPORT ? SAYS_JOIN : type == IGMP_LEAVE ? SAYS_LEAVE : SAYS_NOTHING;
  const group = load<u32>(igmp, IGMP_GROUP);
  if (group != ALL_HOSTS) note(g, FAMILY_V4, tags, <u64>group, 0, type == IGMP_V1_REPORT ? 1 : 2, says);
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
      note(g, FAMILY_V6, tags, load<u64>(record, RECORD_GROUP), load<u64>(record, RECORD_GROUP + HI), 2, recordSays(record));
      at += mldRecordSize(record);
    }
    return;
  }
  if (len < MLD_V1_LEN) return;
  const says = type == MLD_V1_REPORT ? SAYS_JOIN : type == MLD_DONE ? SAYS_LEAVE : SAYS_NOTHING;
  note(g, FAMILY_V6, tags, load<u64>(mld, MLD_GROUP), load<u64>(mld, MLD_GROUP + HI), 1, says);
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

/** Announces every membership again from the family's nominee, in the version it was learnt from. O(ADDR_MAX + MCAST_MAX). */
export function mcastRejoin(g: u32, family: u32): void {
  const port = <u32>illgrpAt(g, family).cast_ill;
  const n = count(g, family);
  if (port == NONE || n == 0) return;
  const src = reporter(g, family);
  const end = mcastsOf(g, family) + n * MCAST_SIZE;
  for (let at = mcastsOf(g, family); at < end; at += MCAST_SIZE) {
    const sent = family == FAMILY_V4
      ? craftIgmp(g, port, load<u32>(at, TAGS), load<u32>(at, VERSION), src, load<u32>(at))
      : craftMld(g, port, load<u32>(at, TAGS), load<u32>(at, VERSION), src, load<u64>(at), load<u64>(at, HI));
    if (!sent) return;
  }
}
