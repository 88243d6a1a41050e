// Tunnels: where the packet inside begins. GRE version 0 (RFC 2784, RFC 2890), NVGRE (RFC 7637), VXLAN (RFC 7348).
//
//   GRE     0       2      4                               VXLAN (behind UDP)   0       1          4     7
//           | flags | type | sum, key, sequence if flagged |                    | flags | reserved | VNI | reserved | frame …
//
// Each function reads between `at` and `end` only, and returns 0 where no IP packet begins: cut short, another version,
// another protocol, too many VLAN tags.

import { load16 } from "../lib/be";
import { ETH_LEN, TYPE_IP4, TYPE_IP6, ethParse } from "./eth";

// @ts-ignore: decorator
@inline const UDP_LEN: u32 = 8;
// @ts-ignore: decorator
@inline const UDP_DST: usize = 2;
// @ts-ignore: decorator
@inline const VXLAN_LEN: u32 = 8;
/** The network identifier is valid: without it the packet is none of VXLAN's. */
// @ts-ignore: decorator
@inline const VXLAN_VALID: u32 = 8;
// @ts-ignore: decorator
@inline const GRE_LEN: u32 = 4;
// @ts-ignore: decorator
@inline const GRE_TYPE: usize = 2;
// @ts-ignore: decorator
@inline const GRE_SUM: u32 = 0x8000;
// @ts-ignore: decorator
@inline const GRE_KEY: u32 = 0x2000;
// @ts-ignore: decorator
@inline const GRE_SEQUENCE: u32 = 0x1000;
/** What else may be set in a header of version 0 without source routes: nothing that moves the payload. */
// @ts-ignore: decorator
@inline const GRE_OTHER: u32 = 0x4007;
/** Transparent Ethernet bridging. */
// @ts-ignore: decorator
@inline const TYPE_TEB: u32 = 0x6558;

/** The IP packet in the Ethernet frame at `at`. */
function inFrame(at: usize, end: usize): usize {
  if (at + ETH_LEN > end) return 0;
  const head = ethParse(at, <u32>(end - at));
  const type = head >> 8;
  return type == TYPE_IP4 || type == TYPE_IP6 ? at + (head & 0xff) : 0;
}

/** The IP packet in the GRE packet at `at`. */
export function greInner(at: usize, end: usize): usize {
  if (at + GRE_LEN > end) return 0;
  const flags = load16(at);
  if (flags & GRE_OTHER) return 0;
  const words = u32((flags & GRE_SUM) != 0) + u32((flags & GRE_KEY) != 0) + u32((flags & GRE_SEQUENCE) != 0);
  const inner = at + GRE_LEN + (words << 2);
  const type = load16(at + GRE_TYPE);
  if (type == TYPE_TEB) return inFrame(inner, end);
  return type == TYPE_IP4 || type == TYPE_IP6 ? inner : 0;
}

/** The IP packet in the UDP datagram at `at`, if it is VXLAN's: to its port, and with a network identifier. */
export function vxlanInner(at: usize, end: usize, port: u32): usize {
  const vxlan = at + UDP_LEN;
  if (vxlan + VXLAN_LEN > end || load16(at + UDP_DST) != port || (<u32>load<u8>(vxlan) & VXLAN_VALID) == 0) return 0;
  return inFrame(vxlan + VXLAN_LEN, end);
}
