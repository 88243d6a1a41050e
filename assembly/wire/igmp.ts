// IGMP versions 1, 2, 3 as a host sends it (RFC 1112 app. I, RFC 2236, RFC 3376).
//
//   0      1   2      4       8                       version 3 report:  0      1   2      4  6         8
//   | type |   | csum | group |                                          | type |   | csum |  | records | …
//   a record: | type | auxiliary words | sources (u16) | group | sources … | auxiliary … |
//
// MLD version 2 uses the same record types; recordSays serves both.

import { csumAdd, csumEnd } from "../lib/csum";
import { load16, store16 } from "../lib/be";

// @ts-ignore: decorator
@inline export const IGMP_V1_REPORT: u32 = 0x12;
// @ts-ignore: decorator
@inline export const IGMP_V2_REPORT: u32 = 0x16;
// @ts-ignore: decorator
@inline export const IGMP_LEAVE: u32 = 0x17;
// @ts-ignore: decorator
@inline export const IGMP_V3_REPORT: u32 = 0x22;
// @ts-ignore: decorator
@inline export const IGMP_LEN: u32 = 8;
// @ts-ignore: decorator
@inline export const IGMP_GROUP: usize = 4;
// @ts-ignore: decorator
@inline export const IGMP_RECORDS: usize = 6;
/** Bytes of a record before its sources. */
// @ts-ignore: decorator
@inline export const IGMP_RECORD_LEN: u32 = 8;
/** Where a record's group stands, in IGMP and MLD. */
// @ts-ignore: decorator
@inline export const RECORD_GROUP: usize = 4;

/** 224.0.0.22, where version 3 reports go, raw. */
// @ts-ignore: decorator
@inline export const IGMP_V3_ROUTERS: u32 = 0x1600_00e0;
/** 224.0.0.1, which every host belongs to and nobody reports (RFC 2236 §6), raw. */
// @ts-ignore: decorator
@inline export const ALL_HOSTS: u32 = 0x0100_00e0;

// Record types (RFC 3376 §4.2.12, RFC 3810 §5.2.12).
// @ts-ignore: decorator
@inline const IS_INCLUDE: u32 = 1;
// @ts-ignore: decorator
@inline const IS_EXCLUDE: u32 = 2;
// @ts-ignore: decorator
@inline const TO_INCLUDE: u32 = 3;
// @ts-ignore: decorator
@inline export const TO_EXCLUDE: u32 = 4;
// @ts-ignore: decorator
@inline const ALLOW_NEW: u32 = 5;

// What a record means to one who remembers no source filters.
// @ts-ignore: decorator
@inline export const SAYS_NOTHING: u32 = 0;
// @ts-ignore: decorator
@inline export const SAYS_JOIN: u32 = 1;
// @ts-ignore: decorator
@inline export const SAYS_LEAVE: u32 = 2;

/**
 * What the record at `at` says, in IGMP and MLD. Blocking sources (type 6) says nothing: without the filter nobody can
 * tell whether a source is left, and remembering a membership too long costs one report at the next failover.
 */
export function recordSays(at: usize): u32 {
  const sources = load16(at + 2);
  switch (<u32>load<u8>(at)) {
    case IS_EXCLUDE:
    case TO_EXCLUDE: return SAYS_JOIN;
    case ALLOW_NEW: return sources ? SAYS_JOIN : SAYS_NOTHING;
    case IS_INCLUDE:
    case TO_INCLUDE: return sources ? SAYS_JOIN : SAYS_LEAVE;
    default: return SAYS_NOTHING;
  }
}

/** Bytes of the record at `at`. */
// @ts-ignore: decorator
@inline export function igmpRecordSize(at: usize): u32 { return IGMP_RECORD_LEN + ((load16(at + 2) + <u32>load<u8>(at, 1)) << 2); }

/** Writes a report of one raw group address in a version (1, 2, 3), all sources wanted; returns its length. */
export function igmpWrite(igmp: usize, version: u32, group: u32): u32 {
  const len = version == 3 ? IGMP_LEN + IGMP_RECORD_LEN : IGMP_LEN;
  memory.fill(igmp, 0, len);
  if (version == 3) {
    store<u8>(igmp, <u8>IGMP_V3_REPORT);
    store16(igmp + IGMP_RECORDS, 1);
    store<u8>(igmp, <u8>TO_EXCLUDE, 8);
    store<u32>(igmp, group, 12);
  } else {
    store<u8>(igmp, <u8>(version == 2 ? IGMP_V2_REPORT : IGMP_V1_REPORT));
    store<u32>(igmp, group, IGMP_GROUP);
  }
  store<u16>(igmp, <u16>csumEnd(csumAdd(0, igmp, len)), 2);
  return len;
}
