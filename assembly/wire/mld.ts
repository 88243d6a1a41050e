// MLD versions 1 and 2 as a host sends it (RFC 2710, RFC 3810): ICMPv6 behind a hop-by-hop Router Alert option.
//
//   0      1      2      4               8       24     version 2 report:  0 …    4  6         8
//   | type | code | csum | delay, …      | group |                         |      |  | records | …
//   a record: | type | auxiliary words | sources (u16) | group (16) | sources … | auxiliary … |

import { load16, store16 } from "../lib/be";
import { RECORD_GROUP, RECORD_SOURCES } from "./igmp";
import { NEXT_ICMP6 } from "./ipv6";

// @ts-ignore: decorator
@inline export const MLD_QUERY: u32 = 130;
/** Least bytes of a version 2 query. */
// @ts-ignore: decorator
@inline const MLD_V2_QUERY_LEN: u32 = 28;
// @ts-ignore: decorator
@inline export const MLD_V1_REPORT: u32 = 131;
// @ts-ignore: decorator
@inline export const MLD_DONE: u32 = 132;
// @ts-ignore: decorator
@inline export const MLD_V2_REPORT: u32 = 143;
// @ts-ignore: decorator
@inline export const MLD_V1_LEN: u32 = 24;
// @ts-ignore: decorator
@inline export const MLD_V2_LEN: u32 = 8;
/** Of a query: the most an answer may be delayed, ms. */
// @ts-ignore: decorator
@inline export const MLD_DELAY: usize = 4;
// @ts-ignore: decorator
@inline export const MLD_GROUP: usize = 8;
// @ts-ignore: decorator
@inline export const MLD_RECORDS: usize = 6;
/** Bytes of a record before its sources; its group stands at RECORD_GROUP (igmp.ts). */
// @ts-ignore: decorator
@inline export const MLD_RECORD_LEN: u32 = 20;

/** Bytes of the record at `at`. */
// @ts-ignore: decorator
@inline export function mldRecordSize(at: usize): u32 {
  return MLD_RECORD_LEN + (load16(at + 2) << 4) + (<u32>load<u8>(at, 1) << 2);
}

/** Bytes of the hop-by-hop header that mldWriteAlert writes. */
// @ts-ignore: decorator
@inline export const MLD_ALERT_LEN: u32 = 8;

/** Writes the hop-by-hop header that every MLD message carries (RFC 2711, value 0); returns its length. */
export function mldWriteAlert(at: usize): u32 {
  store<u64>(at, 0x0001_0000_0205_0000 | <u64>NEXT_ICMP6);
  return MLD_ALERT_LEN;
}

/** Writes a version 2 report of one record (group as two raw words, n sources), without checksum; returns its length. */
export function mldWrite2(mld: usize, type: u32, groupLo: u64, groupHi: u64, n: u32, sources: usize): u32 {
  memory.fill(mld, 0, MLD_V2_LEN + MLD_RECORD_LEN);
  store<u8>(mld, <u8>MLD_V2_REPORT);
  store16(mld + MLD_RECORDS, 1);
  const record = mld + MLD_V2_LEN;
  store<u8>(record, <u8>type);
  store16(record + RECORD_SOURCES, n);
  store<u64>(record, groupLo, RECORD_GROUP);
  store<u64>(record, groupHi, RECORD_GROUP + 8);
  memory.copy(record + MLD_RECORD_LEN, sources, n << 4);
  return MLD_V2_LEN + MLD_RECORD_LEN + (n << 4);
}

/** Writes a version 1 report of a group (two raw words), without checksum; returns its length. */
export function mldWrite(mld: usize, groupLo: u64, groupHi: u64): u32 {
  memory.fill(mld, 0, MLD_V1_LEN);
  store<u8>(mld, <u8>MLD_V1_REPORT);
  store<u64>(mld, groupLo, MLD_GROUP);
  store<u64>(mld, groupHi, MLD_GROUP + 8);
  return MLD_V1_LEN;
}

/** The version of a query of len bytes (RFC 3810 §8.1); 0 for a length that is none's. */
export function mldQueryVersion(len: u32): u32 { return len == MLD_V1_LEN ? 1 : len >= MLD_V2_QUERY_LEN ? 2 : 0; }
