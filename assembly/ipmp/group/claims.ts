// Foreign claims on data addresses, counted within a window, and answers to all, at most one in BROADCAST_REPLY_MS an address.
//
// A table of CLAIM_MAX entries of 24 bytes by the low bits of the address's index:
//   0 beginning of the window, 8 last answer to all, 16 index + 1 of the address whose claims are counted, 18 how many
// An entry counts for one address until its window ends. Claims on another one that shares it are not counted meanwhile,
// so that one is kept and defended: the safe side. Answers to all are one in the interval for all that share the entry.

import { BROADCAST_REPLY_MS, CLAIM_MAX } from "../../abi/ipmp";
import { NS_PER_MS } from "../clock";
import { announceAt, claimAt, page } from "../layout";

// @ts-ignore: decorator
@inline const SINCE: usize = 0;
// @ts-ignore: decorator
@inline const REPLIED: usize = 8;
// @ts-ignore: decorator
@inline const WHOSE: usize = 16;
// @ts-ignore: decorator
@inline const COUNT: usize = 18;

/** Counts a claim on data address i; returns how many there were in its window, 0 if they are not counted. O(1). */
export function claimCount(g: u32, i: u32): u32 {
  const at = claimAt(g, i & (CLAIM_MAX - 1));
  const now = page().now;
  const over = load<u16>(at, WHOSE) == 0 || now - load<u64>(at, SINCE) >= <u64>announceAt(g).window_ms * NS_PER_MS;
  if (over) {
    store<u64>(at, now, SINCE);
    store<u16>(at, <u16>(i + 1), WHOSE);
    store<u16>(at, 0, COUNT);
  } else if (<u32>load<u16>(at, WHOSE) != i + 1) return 0;
  const count = min<u32>(<u32>load<u16>(at, COUNT) + 1, 0xffff);
  store<u16>(at, <u16>count, COUNT);
  return count;
}

/** Data address i is nobody's concern any more: what was counted is forgotten. */
export function claimForget(g: u32, i: u32): void {
  const at = claimAt(g, i & (CLAIM_MAX - 1));
  if (<u32>load<u16>(at, WHOSE) == i + 1) store<u16>(at, 0, WHOSE);
}

/** Whether an answer about data address i may go to all now (R1.6); then the interval begins. O(1). */
export function replyToAll(g: u32, i: u32): bool {
  const at = claimAt(g, i & (CLAIM_MAX - 1));
  const now = page().now;
  const last = load<u64>(at, REPLIED);
  if (last != 0 && now - last < <u64>BROADCAST_REPLY_MS * NS_PER_MS) return false;
  store<u64>(at, max<u64>(now, 1), REPLIED);
  return true;
}
