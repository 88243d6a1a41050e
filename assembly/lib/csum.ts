// The internet checksum (RFC 1071), whole and incremental.
//
// Sums are taken over words as they lie in memory: the one's complement sum does not depend on byte order
// (RFC 1071 §2 B), so nothing is swapped and a folded sum is stored as it is. A sum is a u64 of at most
// 2^16 times 2^32: no carry is ever lost for lengths up to FRAME_MAX.

/** Adds len bytes at `at`, of any length, to a sum; an odd last byte counts as followed by a zero (RFC 1071 §1). */
export function csumAdd(sum: u64, at: usize, len: u32): u64 {
  let left = len;
  while (left >= 4) {
    sum += <u64>load<u32>(at);
    at += 4;
    left -= 4;
  }
  if (left & 2) {
    sum += <u64>load<u16>(at);
    at += 2;
  }
  if (left & 1) sum += <u64>load<u8>(at);
  return sum;
}

/** Folds a sum to 16 bits, not complemented. */
export function csumFold(sum: u64): u32 {
  sum = (sum & 0xffff_ffff) + (sum >> 32);
  sum = (sum & 0xffff_ffff) + (sum >> 32);
  let s = <u32>(sum & 0xffff) + <u32>(sum >> 16);
  s = (s & 0xffff) + (s >> 16);
  return s;
}

/** The checksum field for a sum: its complement. */
// @ts-ignore: decorator
@inline export function csumEnd(sum: u64): u32 { return ~csumFold(sum) & 0xffff; }

/** The sum of IPv6's pseudo-header (RFC 8200 §8.1): the addresses at `ip`+8, the upper-layer length, the next header. */
export function csumPseudo6(ip: usize, len: u32, next: u32): u64 {
  return csumAdd(0, ip + 8, 32) + <u64>bswap<u32>(len) + (<u64>next << 24);
}

/**
 * The checksum field after a 6-byte hardware address at an even offset has changed:
 * HC' = ~(~HC + ~m + m') (RFC 1624 §3, equation 3), for the three words together.
 */
export function csumReplaceMac(field: u32, before: u64, after: u64): u32 {
  const was = (before & 0xffff) + ((before >> 16) & 0xffff) + (before >> 32);
  const is = (after & 0xffff) + ((after >> 16) & 0xffff) + (after >> 32);
  return csumEnd(<u64>(~field & 0xffff) + (3 * 0xffff - was) + is);
}
