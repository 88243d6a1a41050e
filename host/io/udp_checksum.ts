// Whether the UDP checksum of a received frame is still to be computed: a local sender (veth, virtual machine) leaves that
// to the NIC, and writes the sum of the pseudo header for it to begin with. A packet socket is told so; an XDP socket is not.
//
// Invariants: only a frame whose field holds exactly that sum counts as unfinished. Of finished ones that is one in 65,536,
// which does no harm: computing its checksum gives the same again.

import { VNET, VNET_NEEDS_CSUM } from "./linux.js";

const IP = 14;
const UDP_PROTOCOL = 17;
/** where the field stands in the header */
export const UDP_CHECKSUM = 6;
const TYPE_IPV6 = 0xdd86;

const swap = (x: number): number => ((x & 255) << 8) | (x >> 8);

/**
 * Where the UDP header begins, if the checksum of this frame of UDP over IPv4 without options, or over IPv6, is still to be
 * computed; else 0. `off` is even.
 */
export function unfinishedAt(u16: Uint16Array, off: number): number {
  const ipv6 = u16[(off + IP - 2) >> 1] === TYPE_IPV6;
  const udp = ipv6 ? IP + 40 : IP + 20;
  const field = u16[(off + udp + UDP_CHECKSUM) >> 1];
  // no checksum at all
  if (field === 0) return 0;
  // Sums of 16-bit words are the same in either order of bytes, but for their own.
  let sum = swap(UDP_PROTOCOL) + u16[(off + udp + 4) >> 1];
  const first = (off + IP + (ipv6 ? 8 : 12)) >> 1;
  const last = (off + udp) >> 1;
  for (let w = first; w < last; w++) sum += u16[w];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return sum === field ? udp : 0;
}

/** Writes the virtio_net_hdr before a frame whose checksum is to be computed from `start` on. */
export function writeUnfinished(u8: Uint8Array, off: number, start: number): void {
  const at = off - VNET.SIZE;
  u8.fill(0, at, off);
  u8[at + VNET.flags] = VNET_NEEDS_CSUM;
  u8[at + VNET.csum_start] = start;
  u8[at + VNET.csum_offset] = UDP_CHECKSUM;
}
