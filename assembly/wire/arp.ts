// ARP for IPv4 over Ethernet (RFC 826).
//
//   0       2       4    5    6    8        14       18       24       28
//   | htype | ptype | 6  | 4  | op | sender mac | sender ip | target mac | target ip |
//
// The caller has checked that ARP_LEN bytes are there.

import { store16, storeMac } from "../lib/be";

// @ts-ignore: decorator
@inline export const ARP_LEN: u32 = 28;
// @ts-ignore: decorator
@inline export const ARP_OP: usize = 6;
// @ts-ignore: decorator
@inline export const ARP_SHA: usize = 8;
// @ts-ignore: decorator
@inline export const ARP_SPA: usize = 14;
// @ts-ignore: decorator
@inline export const ARP_THA: usize = 18;
// @ts-ignore: decorator
@inline export const ARP_TPA: usize = 24;

// @ts-ignore: decorator
@inline export const ARP_REQUEST: u32 = 1;
// @ts-ignore: decorator
@inline export const ARP_REPLY: u32 = 2;

/** htype 1, ptype 0x0800, lengths 6 and 4, as they lie in memory. */
// @ts-ignore: decorator
@inline const HEAD: u64 = 0x0406_0008_0100;

/** The operation, ARP_REQUEST or ARP_REPLY; 0 if this is not ARP for IPv4 over Ethernet. */
export function arpOp(arp: usize): u32 {
  const head = load<u64>(arp);
  if ((head & 0x0000_ffff_ffff_ffff) != HEAD) return 0;
  const op = <u32>bswap<u16>(<u16>(head >> 48));
  return op == ARP_REQUEST || op == ARP_REPLY ? op : 0;
}

/** Writes a packet. Protocol addresses are raw. */
export function arpWrite(arp: usize, op: u32, sha: u64, spa: u32, tha: u64, tpa: u32): void {
  store<u64>(arp, HEAD);
  store16(arp + ARP_OP, op);
  storeMac(arp + ARP_SHA, sha);
  store<u32>(arp + ARP_SPA, spa);
  storeMac(arp + ARP_THA, tha);
  store<u32>(arp + ARP_TPA, tpa);
}
