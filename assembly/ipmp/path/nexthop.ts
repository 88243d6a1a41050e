// Policy `next-hop`: one neighbour (hardware address and family), one member. Every new neighbour gets the next active
// member in turn (R1.7: the rotor), and keeps it until that member ceases to be active.
//
// A table of sets of four entries of 8 bytes, newest first; a fifth neighbour of a set pushes the oldest out, which is
// then placed anew when it is next talked to:
//   bits 0-47 hardware address, bits 48-58 phyint, bit 62 IPv6, bit 63 in use
//
// Invariant: what is returned is active in the family, whatever the table says.

import { FAMILY_V4, FAMILY_V6, NEXTHOP_MAX } from "../../abi/ipmp";
import { MAC_MASK } from "../../lib/be";
import { GOLDEN64 } from "../../lib/hash";
import { rotorNext } from "../group/rotor";
import { NEXTHOP_SIZE, grpAt, illAt, nexthopsOf, phyintAt } from "../layout";

// @ts-ignore: decorator
@inline const WAYS: u32 = 4;
// @ts-ignore: decorator
@inline const SET_MASK: u32 = (NEXTHOP_MAX - 1) * NEXTHOP_SIZE & ~(WAYS * NEXTHOP_SIZE - 1);
// @ts-ignore: decorator
@inline const ENTRY_USED: u64 = 1 << 63;
// @ts-ignore: decorator
@inline const ENTRY_V6: u64 = 1 << 62;
/** What must agree: neighbour, family, use. */
// @ts-ignore: decorator
@inline const ENTRY_MATCH: u64 = ENTRY_USED | ENTRY_V6 | MAC_MASK;

// @ts-ignore: decorator
@inline function entryPort(entry: u64): u32 { return <u32>(entry >> 48) & 0x7ff; }

/** The member for the neighbour with hardware address mac; the family has an active member. */
export function nexthopPort(g: u32, family: u32, mac: u64): u32 {
  const want = ENTRY_USED | (family == FAMILY_V6 ? ENTRY_V6 : 0) | mac;
  const set = nexthopsOf(g) + (<u32>((want * GOLDEN64) >> 40) & SET_MASK);
  let way: u32 = 0;
  for (; way < WAYS; ++way) {
    const entry = load<u64>(set + way * NEXTHOP_SIZE);
    if (((entry ^ want) & ENTRY_MATCH) != 0) continue;
    const port = entryPort(entry);
    if (<u32>phyintAt(port).grp == g && illAt(port, family).active) return port;
    break;
  }
  const port = rotorNext(g, family);
  grpAt(g).nexthop_rotor += 1;
  if (way == WAYS) {
    way = 0;
    memory.copy(set + NEXTHOP_SIZE, set, (WAYS - 1) * NEXTHOP_SIZE);
  }
  store<u64>(set + way * NEXTHOP_SIZE, want | (<u64>port << 48));
  return port;
}

/** Neighbours of a member, in the families that it no longer carries, are placed anew when they are next talked to. */
export function nexthopForget(g: u32, phyint: u32): void {
  const table = nexthopsOf(g);
  for (let at = table; at < table + NEXTHOP_MAX * NEXTHOP_SIZE; at += NEXTHOP_SIZE) {
    const entry = load<u64>(at);
    if (entry == 0 || entryPort(entry) != phyint) continue;
    if (!illAt(phyint, entry & ENTRY_V6 ? FAMILY_V6 : FAMILY_V4).active) store<u64>(at, 0);
  }
}

/** Every neighbour is placed anew when it is next talked to. */
export function nexthopReset(g: u32): void {
  memory.fill(nexthopsOf(g), 0, NEXTHOP_MAX * NEXTHOP_SIZE);
}
