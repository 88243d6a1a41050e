// ICMPv6 (RFC 4443): header and checksum.
//
//   0      1      2      4
//   | type | code | csum | …

import { csumAdd, csumEnd, csumFold, csumPseudo6 } from "../lib/csum";
import { NEXT_ICMP6 } from "./ipv6";

// @ts-ignore: decorator
@inline export const ICMP6_CODE: usize = 1;
// @ts-ignore: decorator
@inline export const ICMP6_CSUM: usize = 2;

/** Whether the checksum of a message of len bytes in the packet at `ip` is right (RFC 4443 §2.3). */
export function icmp6Valid(ip: usize, icmp: usize, len: u32): bool {
  return csumFold(csumAdd(csumPseudo6(ip, len, NEXT_ICMP6), icmp, len)) == 0xffff;
}

/** Writes the checksum of a message of len bytes in the packet at `ip`. */
export function icmp6Seal(ip: usize, icmp: usize, len: u32): void {
  store<u16>(icmp, 0, ICMP6_CSUM);
  store<u16>(icmp, <u16>csumEnd(csumAdd(csumPseudo6(ip, len, NEXT_ICMP6), icmp, len)), ICMP6_CSUM);
}
