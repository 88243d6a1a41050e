// The virtio network header (OASIS virtio 1.2 §5.1.6), 10 bytes right before a frame whose descriptor says so (DESCF_VNET).
//
//   -10     -9         -8        -6         -4           -2
//   | flags | gso type | hdr len | gso size | csum start | csum offset |

import { DESCF_VNET } from "../abi/ipmp";

// @ts-ignore: decorator
@inline export const VNET_LEN: u32 = 10;
/** The checksum holds the pseudo-header only; whoever sends the frame completes it. */
// @ts-ignore: decorator
@inline const NEEDS_CSUM: u32 = 1;
/** The checksum has been verified. */
// @ts-ignore: decorator
@inline const DATA_VALID: u32 = 2;

/** Whether the frame is a superframe, to be cut into segments later: its length fields may be those of one or of none. */
// @ts-ignore: decorator
@inline export function vnetGso(frame: usize, flags: u32): bool { return (flags & DESCF_VNET) != 0 && load<u8>(frame - 9) != 0; }
// @ts-ignore: decorator
@inline export function vnetPartial(frame: usize, flags: u32): bool {
  return (flags & DESCF_VNET) != 0 && (<u32>load<u8>(frame - 10) & NEEDS_CSUM) != 0;
}
/** Whether there is no checksum to be verified: it is partial, or verified already. */
// @ts-ignore: decorator
@inline export function vnetChecked(frame: usize, flags: u32): bool {
  return (flags & DESCF_VNET) != 0 && (<u32>load<u8>(frame - 10) & (NEEDS_CSUM | DATA_VALID)) != 0;
}
