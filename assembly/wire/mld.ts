// MLD versions 1 and 2 as a host sends it (RFC 2710, RFC 3810): ICMPv6 behind a hop-by-hop Router Alert option.
//
//   0      1      2      4               8       24     version 2 report:  0 …    4  6         8
//   | type | code | csum | delay, …      | group |                         |      |  | records | …
//   a record: | type | auxiliary words | sources (u16) | group (16) | sources … | auxiliary … |

import { load16, store16 } from "../lib/be";
import { RECORD_GROUP, TO_EXCLUDE } from "./igmp";
import { NEXT_ICMP6 } from "./ipv6";

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

/** Writes the hop-by-hop header that every MLD message carries (RFC 2711, value 0); returns its length. */
export function mldWriteAlert(at: usize): u32 {
  store<u64>(at, 0x0001_0000_0205_0000 | <u64>NEXT_ICMP6);
  return 8;
}

/** Writes a report of the group (two raw words) in a version (1, 2), all sources wanted, without checksum; returns its length. */
export function mldWrite(mld: usize, version: u32, groupLo: u64, groupHi: u64): u32 {
  const len = version == 2 ? MLD_V2_LEN + MLD_RECORD_LEN : MLD_V1_LEN;
  memory.fill(mld, 0, len);
  let group = mld + MLD_GROUP;
  if (version == 2) {
    store<u8>(mld, <u8>MLD_V2_REPORT);
    store16(mld + MLD_RECORDS, 1);
    store<u8>(mld, <u8>TO_EXCLUDE, 8);
    group += RECORD_GROUP;
  } else store<u8>(mld, <u8>MLD_V1_REPORT);
  store<u64>(group, groupLo);
  store<u64>(group, groupHi, 8);
  return len;
}
