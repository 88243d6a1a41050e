// When an announcement is repeated, for data addresses, addresses in VLANs and proxy entries alike.
//
//   announcement   1        2              3                    announce_count
//   after          0        again          again + interval     again + (announce_count - 2) × interval
//
// Nobody acknowledges an announcement. A peer that missed the first keeps sending to the member that failed until the second,
// so that one is sent soon.

import { NS_PER_MS } from "../clock";
import { announceAt, grpAt } from "../layout";

/** Whether the next announcement is the second, with `left` of announce_count to go. */
export function isSecond(g: u32, left: u32): bool { return left + 1 == <u32>grpAt(g).announce_count; }

/** From the first announcement to the second, ns. */
export function againGap(g: u32): u64 {
  return <u64>min<u32>(announceAt(g).again_ms, grpAt(g).announce_interval_ms) * NS_PER_MS;
}

/** From the announcement just sent to the next, ns, with `left` of announce_count to go. */
export function announceGap(g: u32, left: u32): u64 {
  return isSecond(g, left) ? againGap(g) : <u64>grpAt(g).announce_interval_ms * NS_PER_MS;
}
