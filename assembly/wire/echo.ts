// Echo of ICMP (RFC 792) and ICMPv6 (RFC 4443 §4), as the module's probes use it.
//
//   0      1      2      4    6     8            16      20
//   | type | code | csum | id | seq | time stamp | class | …
//
// Time stamp and class (what the probe is for) are data to everybody else; an answer brings them back.

import { csumAdd, csumEnd, csumFold } from "../lib/csum";
import { load16, store16 } from "../lib/be";
import { IP4_CSUM, IP4_DST, IP4_LEN, IP4_PROTO, IP4_SRC, IP4_TOTAL, IP4_TTL, PROTO_ICMP } from "./ipv4";

// @ts-ignore: decorator
@inline export const ECHO_REQUEST4: u32 = 8;
// @ts-ignore: decorator
@inline export const ECHO_REPLY4: u32 = 0;
// @ts-ignore: decorator
@inline export const ECHO_REQUEST6: u32 = 128;
// @ts-ignore: decorator
@inline export const ECHO_REPLY6: u32 = 129;
/** Bytes before the data. */
// @ts-ignore: decorator
@inline export const ECHO_LEN: u32 = 8;
/** Bytes of a probe. */
// @ts-ignore: decorator
@inline export const ECHO_PROBE_LEN: u32 = 20;

// @ts-ignore: decorator
@inline const CODE: usize = 1;
// @ts-ignore: decorator
@inline const CSUM: usize = 2;
// @ts-ignore: decorator
@inline const ID: usize = 4;
// @ts-ignore: decorator
@inline const SEQ: usize = 6;
// @ts-ignore: decorator
@inline const STAMP: usize = 8;
// @ts-ignore: decorator
@inline const CLASS: usize = 16;

/** Internetwork control: ahead of data on its way, too (RFC 4594 §3). */
// @ts-ignore: decorator
@inline const TOS_CONTROL: u8 = 0xc0;

// @ts-ignore: decorator
@inline export function echoType(icmp: usize): u32 { return load<u8>(icmp); }
// @ts-ignore: decorator
@inline export function echoCode(icmp: usize): u32 { return load<u8>(icmp, CODE); }
// @ts-ignore: decorator
@inline export function echoId(icmp: usize): u32 { return load16(icmp + ID); }
// @ts-ignore: decorator
@inline export function echoSeq(icmp: usize): u32 { return load16(icmp + SEQ); }
/** The time stamp, if ECHO_PROBE_LEN bytes are there. */
// @ts-ignore: decorator
@inline export function echoStamp(icmp: usize): u64 { return load<u64>(icmp, STAMP); }
// @ts-ignore: decorator
@inline export function echoClass(icmp: usize): u32 { return load<u32>(icmp, CLASS); }

/** Writes a request of ECHO_PROBE_LEN bytes, without its checksum. */
export function echoWrite(icmp: usize, type: u32, id: u32, seq: u32, stamp: u64, kind: u32): void {
  store<u32>(icmp, type);
  store16(icmp + ID, id);
  store16(icmp + SEQ, seq);
  store<u64>(icmp, stamp, STAMP);
  store<u32>(icmp, kind, CLASS);
}

/** Whether the checksum of an ICMP message of len bytes is right. */
export function echoValid4(icmp: usize, len: u32): bool { return csumFold(csumAdd(0, icmp, len)) == 0xffff; }

/** Writes the checksum of an ICMP message of len bytes. */
export function echoSeal4(icmp: usize, len: u32): void {
  store<u16>(icmp, 0, CSUM);
  store<u16>(icmp, <u16>csumEnd(csumAdd(0, icmp, len)), CSUM);
}

/** Writes the header of an IPv4 packet with an ICMP message of len bytes. Addresses are raw. */
export function echoWrite4(ip: usize, len: u32, ttl: u32, src: u32, dst: u32): void {
  memory.fill(ip, 0, IP4_LEN);
  store<u8>(ip, 0x45);
  store<u8>(ip, TOS_CONTROL, 1);
  store16(ip + IP4_TOTAL, IP4_LEN + len);
  store<u8>(ip, <u8>ttl, IP4_TTL);
  store<u8>(ip, <u8>PROTO_ICMP, IP4_PROTO);
  store<u32>(ip, src, IP4_SRC);
  store<u32>(ip, dst, IP4_DST);
  store<u16>(ip, <u16>csumEnd(csumAdd(0, ip, IP4_LEN)), IP4_CSUM);
}
