// IGMP versions 1, 2, 3 as a host sends it (RFC 1112 app. I, RFC 2236, RFC 3376).
//
//   0      1   2      4       8                       version 3 report:  0      1   2      4  6         8
//   | type |   | csum | group |                                          | type |   | csum |  | records | …
//   a record: | type | auxiliary words | sources (u16) | group | sources … | auxiliary … |
//
// MLD version 2 uses the same record types.

import { csumAdd, csumEnd } from "../lib/csum";
import { load16, store16 } from "../lib/be";

// @ts-ignore: decorator
@inline export const IGMP_QUERY: u32 = 0x11;
/** Least bytes of a version 3 query. */
// @ts-ignore: decorator
@inline const IGMP_V3_QUERY_LEN: u32 = 12;
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
/** Where the number of a record's sources stands, and its group, in IGMP and MLD. */
// @ts-ignore: decorator
@inline export const RECORD_SOURCES: usize = 2;
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
@inline export const IS_INCLUDE: u32 = 1;
// @ts-ignore: decorator
@inline export const IS_EXCLUDE: u32 = 2;
// @ts-ignore: decorator
@inline export const TO_INCLUDE: u32 = 3;
// @ts-ignore: decorator
@inline export const TO_EXCLUDE: u32 = 4;
// @ts-ignore: decorator
@inline export const ALLOW_NEW: u32 = 5;
// @ts-ignore: decorator
@inline export const BLOCK_OLD: u32 = 6;

/** Bytes of the record at `at`. */
// @ts-ignore: decorator
@inline export function igmpRecordSize(at: usize): u32 { return IGMP_RECORD_LEN + ((load16(at + 2) + <u32>load<u8>(at, 1)) << 2); }

/** Writes a version 3 report of one record, its n raw sources from 16 to 16 bytes at `sources`; returns its length. */
export function igmpWrite3(igmp: usize, type: u32, group: u32, n: u32, sources: usize): u32 {
  const len = IGMP_LEN + IGMP_RECORD_LEN + (n << 2);
  memory.fill(igmp, 0, IGMP_LEN + IGMP_RECORD_LEN);
  store<u8>(igmp, <u8>IGMP_V3_REPORT);
  store16(igmp + IGMP_RECORDS, 1);
  store<u8>(igmp, <u8>type, IGMP_LEN);
  store16(igmp + IGMP_LEN + RECORD_SOURCES, n);
  store<u32>(igmp + IGMP_LEN, group, RECORD_GROUP);
  for (let i: u32 = 0; i < n; i++) store<u32>(igmp + IGMP_LEN + IGMP_RECORD_LEN + (i << 2), load<u32>(sources + (i << 4)));
  store<u16>(igmp, <u16>csumEnd(csumAdd(0, igmp, len)), 2);
  return len;
}

/** Writes a report of one raw group in version 1 or 2; returns its length. */
export function igmpWrite(igmp: usize, version: u32, group: u32): u32 {
  memory.fill(igmp, 0, IGMP_LEN);
  store<u8>(igmp, <u8>(version == 2 ? IGMP_V2_REPORT : IGMP_V1_REPORT));
  store<u32>(igmp, group, IGMP_GROUP);
  store<u16>(igmp, <u16>csumEnd(csumAdd(0, igmp, IGMP_LEN)), 2);
  return IGMP_LEN;
}

/** The version of the query of len bytes at `igmp` (RFC 3376 §7.1); 0 if it is none, or damaged. */
export function igmpQueryVersion(igmp: usize, len: u32): u32 {
  if (len < IGMP_LEN || <u32>load<u8>(igmp) != IGMP_QUERY || csumEnd(csumAdd(0, igmp, len)) != 0) return 0;
  if (len >= IGMP_V3_QUERY_LEN) return 3;
  return len != IGMP_LEN ? 0 : load<u8>(igmp, 1) == 0 ? 1 : 2;
}
