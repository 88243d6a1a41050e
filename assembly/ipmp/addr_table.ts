// The index of a group's data addresses: address -> ipif and the member it is bound to, in one 8-byte slot.
//
//   bits 0-31   key: the four bytes of an IPv4 address raw; of an IPv6 address a fold of its four raw words
//   bits 32-47  phyint it is bound to, NONE if none
//   bits 48-59  ipif
//   bit 62      IPv6
//   bit 63      in use
//
// Open addressing: a key's home is the upper bits of a multiplicative hash; what finds its home taken stands in the
// next free slot. Invariants: between a slot in use and its home no slot is free (so a search ends at the first free
// one; removal moves later slots back, there are no tombstones); at most half of the slots are in use (ADDR_SLOTS is
// twice ADDR_MAX); an address is in the table at most once (the caller's).

import { ADDR_SLOTS, FAMILY_V4, FAMILY_V6, Ipif_addr_OFF } from "../abi/ipmp";
import { same16 } from "../lib/be";
import { fold16 } from "../lib/hash";
import { NONE, SLOT_SIZE, ipifAt, slotsOf } from "./layout";

// @ts-ignore: decorator
@inline export const SLOT_USED: u64 = 1 << 63;
// @ts-ignore: decorator
@inline const SLOT_V6: u64 = 1 << 62;
/** What must agree for a slot to be an IPv4 address's: use, family, key. */
// @ts-ignore: decorator
@inline const SLOT_MATCH: u64 = 0xc000_0000_ffff_ffff;
// @ts-ignore: decorator
@inline const SLOT_MASK: u32 = (ADDR_SLOTS - 1) * SLOT_SIZE;
/** Shift that leaves a hash's upper log2(ADDR_SLOTS) bits, times SLOT_SIZE. */
// @ts-ignore: decorator
@inline const SLOT_SHIFT: u32 = 16;

if (ADDR_SLOTS * SLOT_SIZE != 1 << SLOT_SHIFT) ERROR("SLOT_SHIFT makes offsets into a table of 2^16 bytes");

/**
 * Odd; chosen by search: 4,096 IPv4 addresses of any usual plan (one block, many subnets of 64 hosts, one host in each
 * of 4,096 subnets, every fourth address) have 4,096 different homes, so that a search ends at the first slot, which
 * the processor's branch prediction rewards. Random addresses fare as with any good constant.
 */
// @ts-ignore: decorator
@inline const HOME: u32 = 0xa886_19f1;
/** Offset of a key's home. */
// @ts-ignore: decorator
@inline function home(key: u32): u32 { return ((key * HOME) >> SLOT_SHIFT) & SLOT_MASK; }

// @ts-ignore: decorator
@inline export function slotPort(slot: u64): u32 { return <u32>(slot >> 32) & 0xffff; }
// @ts-ignore: decorator
@inline export function slotIpif(slot: u64): u32 { return <u32>(slot >> 48) & 0xfff; }

/** The slot of a raw IPv4 address in the table at `slots`, or 0. */
// @ts-ignore: decorator
@inline export function addrSlot4(slots: usize, key: u32): u64 {
  let at = slots + home(key);
  // The use and family bits in one signed comparison.
  while (load<u32>(at) != key || load<i32>(at, 4) >= -0x4000_0000) {
    if (load<u32>(at, 4) == 0) return 0;
    at = slots + ((at - slots + SLOT_SIZE) & SLOT_MASK);
  }
  return load<u64>(at);
}

/** The slot of the IPv6 address at `addr` in group g, or 0. */
export function addrSlot6(g: u32, addr: usize): u64 {
  const slots = slotsOf(g);
  const key = fold16(addr);
  const want = SLOT_USED | SLOT_V6 | <u64>key;
  let at = home(key);
  let slot = load<u64>(slots + at);
  while (slot != 0) {
    if (((slot ^ want) & SLOT_MATCH) == 0 && same16(changetype<usize>(ipifAt(g, slotIpif(slot))) + Ipif_addr_OFF, addr)) break;
    at = (at + SLOT_SIZE) & SLOT_MASK;
    slot = load<u64>(slots + at);
  }
  return slot;
}

/** The ipif of the address at `addr` (16 bytes, of an IPv4 address the first 4), or NONE. O(1) expected. */
export function addrFind(g: u32, family: u32, addr: usize): u32 {
  const slot = family == FAMILY_V4 ? addrSlot4(slotsOf(g), load<u32>(addr)) : addrSlot6(g, addr);
  return slot == 0 ? NONE : slotIpif(slot);
}

/** The ipif of a raw IPv4 address, or NONE. */
export function addrFind4(g: u32, key: u32): u32 {
  const slot = addrSlot4(slotsOf(g), key);
  return slot == 0 ? NONE : slotIpif(slot);
}

/** Offset of ipif i's slot. It is in the table. */
function slotOf(g: u32, i: u32): u32 {
  const addr = changetype<usize>(ipifAt(g, i)) + Ipif_addr_OFF;
  const slots = slotsOf(g);
  let at = home(<u32>ipifAt(g, i).family == FAMILY_V6 ? fold16(addr) : load<u32>(addr));
  let slot = load<u64>(slots + at);
  while (slot != 0 && slotIpif(slot) != i) {
    at = (at + SLOT_SIZE) & SLOT_MASK;
    slot = load<u64>(slots + at);
  }
  assert(slot != 0);
  return at;
}

/** Enters ipif i under its address, bound to nothing. */
export function addrInsert(g: u32, i: u32): void {
  const ipif = ipifAt(g, i);
  const addr = changetype<usize>(ipif) + Ipif_addr_OFF;
  const v6 = <u32>ipif.family == FAMILY_V6;
  const key = v6 ? fold16(addr) : load<u32>(addr);
  const slots = slotsOf(g);
  let at = home(key);
  while (load<u64>(slots + at) != 0) at = (at + SLOT_SIZE) & SLOT_MASK;
  store<u64>(slots + at, SLOT_USED | (v6 ? SLOT_V6 : 0) | (<u64>i << 48) | (<u64>NONE << 32) | <u64>key);
}

/** Takes ipif i out; later slots of its cluster move back into the gap if their home allows. */
export function addrRemove(g: u32, i: u32): void {
  const slots = slotsOf(g);
  let gap = slotOf(g, i);
  let at = gap;
  for (;;) {
    at = (at + SLOT_SIZE) & SLOT_MASK;
    const slot = load<u64>(slots + at);
    if (slot == 0) break;
    // It may move if the gap lies between its home and its place, going round.
    if (((at - home(<u32>slot)) & SLOT_MASK) >= ((at - gap) & SLOT_MASK)) {
      store<u64>(slots + gap, slot);
      gap = at;
    }
  }
  store<u64>(slots + gap, 0);
}

/** Notes the member that ipif i is bound to, or NONE. */
export function addrSetBound(g: u32, i: u32, phyint: u32): void {
  store<u16>(slotsOf(g) + slotOf(g, i), <u16>phyint, 4);
}
