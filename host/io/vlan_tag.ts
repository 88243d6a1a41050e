// A VLAN tag in a frame: put in (back, where the kernel took it out), taken out.
//
// Invariant: what stands before the frame, its virtio_net_hdr, stays before it and stays true.

import * as L from "./linux.js";

/** Bytes of a tag. */
export const TAG = 4;
const MAC_PAIR = 12;

/** Puts a VLAN tag back into the frame at off, moving its addresses and its virtio_net_hdr 4 bytes to the front. */
export function insertTag(u8: Uint8Array, off: number, tpid: number, tci: number): void {
  const header = off - L.VNET.SIZE;
  u8.copyWithin(header - TAG, header, off + MAC_PAIR);
  const at = off - TAG + MAC_PAIR;
  u8[at] = tpid >> 8;
  u8[at + 1] = tpid & 255;
  u8[at + 2] = tci >> 8;
  u8[at + 3] = tci & 255;
  // The offsets in the header count from the frame's first byte.
  const vnet = header - TAG;
  if ((u8[vnet + L.VNET.flags] & L.VNET_NEEDS_CSUM) !== 0) add16(u8, vnet + L.VNET.csum_start, TAG);
  if (u8[vnet + L.VNET.gso_type] !== 0) add16(u8, vnet + L.VNET.hdr_len, TAG);
}

/** Takes the tag out of the frame at off, which begins 4 bytes further on then. */
export function removeTag(u8: Uint8Array, off: number): void {
  const header = off - L.VNET.SIZE;
  u8.copyWithin(header + TAG, header, off + MAC_PAIR);
  const vnet = header + TAG;
  if ((u8[vnet + L.VNET.flags] & L.VNET_NEEDS_CSUM) !== 0) add16(u8, vnet + L.VNET.csum_start, -TAG);
  if (u8[vnet + L.VNET.gso_type] !== 0) add16(u8, vnet + L.VNET.hdr_len, -TAG);
}

function add16(u8: Uint8Array, at: number, add: number): void {
  const value = u8[at] + (u8[at + 1] << 8) + add;
  u8[at] = value & 255;
  u8[at + 1] = (value >> 8) & 255;
}
