// The index of a group's data addresses: address -> ipif and the member it is bound to, in one 8-byte slot.
//
//   word 0              key: the four bytes of an IPv4 address raw; of an IPv6 address a fold of its four raw words
//   word 1  bits 0-15   phyint it is bound to, NONE if none
//           bits 16-27  ipif
//           bit 30      IPv6
//           bit 31      in use
//
// Open addressing: a key's home is the upper bits of a multiplicative hash; what finds its home taken stands in the
// next free slot. Invariants: between a slot in use and its home no slot is free (so a search ends at the first free
// one; removal moves later slots back, there are no tombstones); at most half of the slots are in use (ADDR_SLOTS is
// twice ADDR_MAX); an address is in the table at most once (the caller's).

import { ADDR_SLOTS, FAMILY_V4, FAMILY_V6, Ipif_addr_OFF } from "../../abi/ipmp";
import { same16 } from "../../lib/be";
import { fold16 } from "../../lib/hash";
import { NONE, SLOT_SIZE, ipifAt, slotsOf } from "../layout";

/** Offset of the second word, which is what searches return; it is 0 in a free slot only. */
// @ts-ignore: decorator
@inline const META: usize = 4;
// @ts-ignore: decorator
@inline const META_USED: u32 = 1 << 31;
// @ts-ignore: decorator
@inline const META_V6: u32 = 1 << 30;
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
@inline export function home(key: u32): u32 { return ((key * HOME) >> SLOT_SHIFT) & SLOT_MASK; }

// @ts-ignore: decorator
@inline export function slotPort(meta: u32): u32 { return meta & 0xffff; }
// @ts-ignore: decorator
@inline export function slotIpif(meta: u32): u32 { return (meta >> 16) & 0xfff; }

// @ts-ignore: decorator
@inline function after(slots: usize, at: usize): usize { return slots + (<u32>(at - slots + SLOT_SIZE) & SLOT_MASK); }

/** What must agree in a slot taken as one u64 for it to be an IPv4 address's: key, use, family. */
// @ts-ignore: decorator
@inline const MATCH_V4: u64 = 0xc000_0000_ffff_ffff;

/** The second word of a raw IPv4 address's slot in the table at `slots`, or 0. */
// @ts-ignore: decorator
@inline export function addrSlot4(slots: usize, key: u32): u32 {
  const want = (<u64>META_USED << 32) | <u64>key;
  let at = slots + home(key);
  let slot = load<u64>(at);
  // Nearly always the first slot is it: one test, and the search below is out of the way.
  if (((slot ^ want) & MATCH_V4) != 0) {
    while (slot != 0) {
      at = after(slots, at);
      slot = load<u64>(at);
      if (((slot ^ want) & MATCH_V4) == 0) break;
    }
  }
  return <u32>(slot >> 32);
}

/** The second word of the slot of the IPv6 address at `addr` in group g, or 0. */
export function addrSlot6(g: u32, addr: usize): u32 {
  const slots = slotsOf(g);
  const key = fold16(addr);
  let at = slots + home(key);
  let meta = load<u32>(at, META);
  while (meta != 0) {
    if (load<u32>(at) == key && (meta & META_V6) && same16(changetype<usize>(ipifAt(g, slotIpif(meta))) + Ipif_addr_OFF, addr)) break;
    at = after(slots, at);
    meta = load<u32>(at, META);
  }
  return meta;
}

/** The ipif of the address at `addr` (16 bytes, of an IPv4 address the first 4), or NONE. O(1) expected. */
export function addrFind(g: u32, family: u32, addr: usize): u32 {
  const meta = family == FAMILY_V4 ? addrSlot4(slotsOf(g), load<u32>(addr)) : addrSlot6(g, addr);
  return meta == 0 ? NONE : slotIpif(meta);
}

/** The ipif of a raw IPv4 address, or NONE. */
export function addrFind4(g: u32, key: u32): u32 {
  const meta = addrSlot4(slotsOf(g), key);
  return meta == 0 ? NONE : slotIpif(meta);
}

/** Key of ipif i's address. */
function keyOf(g: u32, i: u32): u32 {
  const addr = changetype<usize>(ipifAt(g, i)) + Ipif_addr_OFF;
  return <u32>ipifAt(g, i).family == FAMILY_V6 ? fold16(addr) : load<u32>(addr);
}

/** The slot of ipif i, which is in the table. */
function slotOf(g: u32, i: u32): usize {
  const slots = slotsOf(g);
  let at = slots + home(keyOf(g, i));
  while (load<u32>(at, META) != 0 && slotIpif(load<u32>(at, META)) != i) at = after(slots, at);
  assert(load<u32>(at, META) != 0);
  return at;
}

/** Enters ipif i under its address, bound to nothing. */
export function addrInsert(g: u32, i: u32): void {
  const slots = slotsOf(g);
  const key = keyOf(g, i);
  let at = slots + home(key);
  while (load<u32>(at, META) != 0) at = after(slots, at);
  store<u32>(at, key);
  store<u32>(at, META_USED | (<u32>ipifAt(g, i).family == FAMILY_V6 ? META_V6 : 0) | (i << 16) | NONE, META);
}

/** Takes ipif i out; later slots of its cluster move back into the gap if their home allows. */
export function addrRemove(g: u32, i: u32): void {
  const slots = slotsOf(g);
  let gap = slotOf(g, i);
  let at = after(slots, gap);
  while (load<u32>(at, META) != 0) {
    // It may move if the gap lies between its home and its place, going round.
    const from = slots + home(load<u32>(at));
    if ((<u32>(at - from) & SLOT_MASK) >= (<u32>(at - gap) & SLOT_MASK)) {
      store<u64>(gap, load<u64>(at));
      gap = at;
    }
    at = after(slots, at);
  }
  store<u64>(gap, 0);
}

/** Notes the member that ipif i is bound to, or NONE. */
export function addrSetBound(g: u32, i: u32, phyint: u32): void { store<u16>(slotOf(g, i), <u16>phyint, META); }
