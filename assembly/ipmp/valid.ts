// What the host hands in, judged: handles, hardware addresses, host addresses. Every exported function begins here.

import { FAMILY_V6, GRP_MAX, PHYINT_MAX } from "../abi/ipmp";
import { grpAt, phyintAt } from "./layout";

/** Bit 0 of a hardware address's first byte marks a group address (IEEE 802). */
// @ts-ignore: decorator
@inline const MAC_GROUP_BIT: u64 = 1;

/** Whether g is a group in use. */
export function grpValid(g: u32): bool {
  return g < GRP_MAX && grpAt(g).used != 0;
}

/** Whether p is a NIC in use. */
export function phyintValid(p: u32): bool {
  return p < PHYINT_MAX && phyintAt(p).used != 0;
}

/** Whether a hardware address can be an interface's: not zero, no group address, 48 bits. */
export function macIsUnicast(mac: u64): bool {
  return mac != 0 && (mac & MAC_GROUP_BIT) == 0 && mac >> 48 == 0;
}

/** Whether the 16 bytes at `at` can be a host's own address (RFC 1122 §3.2.1.3, RFC 4291 §2.5). */
export function addrIsHost(family: u32, at: usize): bool {
  const first = load<u8>(at);
  if (family == FAMILY_V6) {
    const hi = load<u64>(at);
    const lo = load<u64>(at, 8);
    const loopback = bswap<u64>(1);
    return first != 0xff && (hi != 0 || (lo != 0 && lo != loopback));
  }
  const rest = load<u32>(at, 4) | load<u32>(at, 8) | load<u32>(at, 12);
  return rest == 0 && first != 0 && first != 127 && first < 224;
}
