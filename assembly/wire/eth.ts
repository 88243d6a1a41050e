// Ethernet II with up to two VLAN tags (IEEE 802.3, 802.1Q, 802.1ad).
//
//   0      6      12      14
//   | dst  | src  | type  |                           or, before the type, one or two of
//                 | 0x8100 or 0x88a8 | tag control |  (4 bytes each)
//
// ethParse checks the length once; ETH_* offsets may be used unchecked after it.

import { DROP_SHORT, DROP_VLAN } from "../abi/ipmp";
import { load16, store16 } from "../lib/be";

// @ts-ignore: decorator
@inline export const ETH_SRC: usize = 6;
// @ts-ignore: decorator
@inline export const ETH_TYPE: usize = 12;
/** Bytes of a header without tags. */
// @ts-ignore: decorator
@inline export const ETH_LEN: u32 = 14;
/** Shortest frame, without its check sequence. */
// @ts-ignore: decorator
@inline export const ETH_MIN: u32 = 60;

// @ts-ignore: decorator
@inline export const TYPE_IP4: u32 = 0x0800;
// @ts-ignore: decorator
@inline export const TYPE_ARP: u32 = 0x0806;
// @ts-ignore: decorator
@inline export const TYPE_IP6: u32 = 0x86dd;
/** Customer tag. */
// @ts-ignore: decorator
@inline export const TYPE_CTAG: u32 = 0x8100;
/** Service tag. */
// @ts-ignore: decorator
@inline export const TYPE_STAG: u32 = 0x88a8;

// A frame's tags in a u32, outermost in the upper half if there are two: each half is
/** a tag is there, */
// @ts-ignore: decorator
@inline const TAG_THERE: u32 = 0x1000;
/** it is a service tag, */
// @ts-ignore: decorator
@inline const TAG_SERVICE: u32 = 0x2000;
/** and its VLAN. */
// @ts-ignore: decorator
@inline const TAG_VID: u32 = 0x0fff;

// @ts-ignore: decorator
@inline function isTag(type: u32): bool { return type == TYPE_CTAG || type == TYPE_STAG; }

/**
 * Checks a frame's link header: returns EtherType << 8 | bytes before layer 3, or a DROP value (below 0x100).
 * An EtherType below 0x0600 is an IEEE 802.3 length; the caller treats it as a protocol it does not know.
 */
export function ethParse(at: usize, len: u32): u32 {
  if (len < ETH_LEN) return DROP_SHORT;
  let type = load16(at + ETH_TYPE);
  let l3 = ETH_LEN;
  while (isTag(type)) {
    if (l3 == ETH_LEN + 8) return DROP_VLAN;
    l3 += 4;
    if (len < l3) return DROP_SHORT;
    type = load16(at + l3 - 2);
  }
  // 0 would be taken for no EtherType at all; as an IEEE 802.3 length it is as unknown as 1.
  return (max<u32>(type, 1) << 8) | l3;
}

// @ts-ignore: decorator
@inline function tagAt(at: usize): u32 {
  return TAG_THERE | (load16(at) == TYPE_STAG ? TAG_SERVICE : 0) | (load16(at + 2) & TAG_VID);
}

/** The tags of a frame whose layer 3 begins at l3 (as ethParse found), in a u32; 0 without tags. Priorities are left out. */
export function vlanTags(at: usize, l3: u32): u32 {
  if (l3 == ETH_LEN) return 0;
  const outer = tagAt(at + ETH_TYPE);
  return l3 == ETH_LEN + 4 ? outer : (outer << 16) | tagAt(at + ETH_TYPE + 4);
}

/** One half of the tags that a host names: a VLAN's number, and whether the tag is a service tag. 0: it is none. */
function tagFrom(half: u32): u32 {
  const vid = half & TAG_VID;
  return (half & ~(TAG_VID | TAG_SERVICE)) == 0 && vid != 0 && vid != TAG_VID ? half | TAG_THERE : 0;
}

/** Tags as a host names them (VLAN numbers, service tags marked, the outer one in the upper half) as vlanTags has them; 0: none. */
export function tagsFrom(named: u32): u32 {
  const inner = tagFrom(named & 0xffff);
  if (inner == 0 || named >> 16 == 0) return inner;
  const outer = tagFrom(named >> 16);
  return outer == 0 ? 0 : (outer << 16) | inner;
}

function tagWrite(at: usize, tag: u32): usize {
  store16(at, tag & TAG_SERVICE ? TYPE_STAG : TYPE_CTAG);
  store16(at + 2, tag & TAG_VID);
  return at + 4;
}

/** Writes tags and EtherType of a frame at `at`; returns the bytes before layer 3. */
export function vlanWrite(at: usize, tags: u32, type: u32): u32 {
  let to = at + ETH_TYPE;
  if (tags >> 16) to = tagWrite(to, tags >> 16);
  if (tags & 0xffff) to = tagWrite(to, tags & 0xffff);
  store16(to, type);
  return <u32>(to + 2 - at);
}

/** 01:80:c2:00:00:00 to 0f: frames that no bridge forwards (IEEE 802.1Q table 8-1), as a u64 whose last byte's low 4 bits are 0. */
// @ts-ignore: decorator
@inline const LINK_LOCAL: u64 = 0x0000_0000_00c2_8001;
// @ts-ignore: decorator
@inline export function macIsLinkLocal(mac: u64): bool { return (mac & 0x0000_f0ff_ffff_ffff) == LINK_LOCAL; }
