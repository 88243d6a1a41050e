// Multicast queriers of older versions, per VLAN, heard as the stack hears them (on the nominee): while one is there, the
// stack reports in its version, and so must the module when it reports in its place (RFC 3376 §7.2.1, RFC 3810 §8.2.1).
//
// QUERIER_MAX entries of 24 bytes a group and family: 0 tags, 4 in use, 8 until when version 1 counts, 16 until when
// (IGMP) version 2 does. Of a full table the entry that ends first gives way.

import { FAMILY_V4, QUERIER_MAX, QUERIER_MS } from "../../abi/ipmp";
import { NS_PER_MS } from "../clock";
import { QUERIER_SIZE, page, queriersOf } from "../layout";

// @ts-ignore: decorator
@inline const USED: usize = 4;
// @ts-ignore: decorator
@inline const V1_UNTIL: usize = 8;
// @ts-ignore: decorator
@inline const V2_UNTIL: usize = 16;

// @ts-ignore: decorator
@inline function newest(family: u32): u32 { return family == FAMILY_V4 ? 3 : 2; }

/** A query of a version was heard in the VLANs of `tags`. O(QUERIER_MAX). */
export function querierHeard(g: u32, family: u32, tags: u32, version: u32): void {
  if (version == 0 || version >= newest(family)) return;
  const table = queriersOf(g, family);
  let at = table;
  for (let e = table; e < table + QUERIER_MAX * QUERIER_SIZE; e += QUERIER_SIZE) {
    if (load<u32>(e, USED) != 0 && load<u32>(e) == tags) {
      at = e;
      break;
    }
    if (max<u64>(load<u64>(e, V1_UNTIL), load<u64>(e, V2_UNTIL)) < max<u64>(load<u64>(at, V1_UNTIL), load<u64>(at, V2_UNTIL))) at = e;
  }
  if (load<u32>(at, USED) == 0 || load<u32>(at) != tags) {
    memory.fill(at, 0, QUERIER_SIZE);
    store<u32>(at, tags);
    store<u32>(at, 1, USED);
  }
  store<u64>(at + (version == 1 ? V1_UNTIL : V2_UNTIL), page().now + <u64>QUERIER_MS * NS_PER_MS);
}

/** The newest version in which to report in the VLANs of `tags`. O(QUERIER_MAX). */
export function querierVersion(g: u32, family: u32, tags: u32): u32 {
  const now = page().now;
  const table = queriersOf(g, family);
  for (let e = table; e < table + QUERIER_MAX * QUERIER_SIZE; e += QUERIER_SIZE) {
    if (load<u32>(e, USED) == 0 || load<u32>(e) != tags) continue;
    return load<u64>(e, V1_UNTIL) > now ? 1 : load<u64>(e, V2_UNTIL) > now ? 2 : newest(family);
  }
  return newest(family);
}
