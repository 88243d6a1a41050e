// What becomes of a frame, and what is counted for it. A verdict is a value of Desc.out: a phyint, DELIVER, CONSUMED,
// or DROP with its cause.

import {
  DESCF_VNET, DROP_ARP_FORMAT, DROP_BAD_DESC, DROP_IP4_HEADER, DROP_IP6_HEADER, DROP_ND_FORMAT, DROP_SHORT,
  DROP_SOURCE_MAC, DROP_VLAN, FRAME_MAX, Grp_drops_OFF, Grp_kstat0_OFF, KSTAT_BRDCSTXMT, KSTAT_IERRORS, KSTAT_MULTIXMT,
  KSTAT_OBYTES, KSTAT_OERRORS, KSTAT_OPACKETS, OUT_DROP, Phyint_kstat_OFF,
} from "../../abi/ipmp";
import { MAC_BROADCAST, macIsGroup } from "../../lib/be";
import { VNET_LEN } from "../../wire/vnet";
import { grpAt, ioBase, ioEnd, phyintAt } from "../layout";

// @ts-ignore: decorator
@inline export function drop(cause: u32): u32 { return OUT_DROP | cause; }

/** Whether a verdict is DROP, whatever the cause; it may be NOT_CONTROL of tx_frame.ts. */
// @ts-ignore: decorator
@inline export function isDrop(verdict: u32): bool { return (verdict & ~0xff) == OUT_DROP; }

/** Causes that are a frame's own fault, as bits. */
// @ts-ignore: decorator
@inline const MALFORMED: u32 = (1 << DROP_BAD_DESC) | (1 << DROP_SHORT) | (1 << DROP_VLAN) | (1 << DROP_IP4_HEADER)
  | (1 << DROP_IP6_HEADER) | (1 << DROP_ARP_FORMAT) | (1 << DROP_ND_FORMAT) | (1 << DROP_SOURCE_MAC);

/** Adds to the counter `which` of the kstat array at `kstat`. */
// @ts-ignore: decorator
@inline export function bump(kstat: usize, which: u32, by: u64): void {
  store<u64>(kstat + (which << 3), load<u64>(kstat + (which << 3)) + by);
}

// @ts-ignore: decorator
@inline export function kstatOf(p: u32): usize { return changetype<usize>(phyintAt(p)) + Phyint_kstat_OFF; }

/** Counts a frame to dst that member p sends. */
export function countTx(p: u32, dst: u64, len: u32): void {
  const kstat = kstatOf(p);
  bump(kstat, KSTAT_OPACKETS, 1);
  bump(kstat, KSTAT_OBYTES, len);
  if (dst == MAC_BROADCAST) bump(kstat, KSTAT_BRDCSTXMT, 1);
  else if (macIsGroup(dst)) bump(kstat, KSTAT_MULTIXMT, 1);
}

/** Counts a frame that was not sent: no member is to blame, so the error is the group's own. */
export function countTxDrop(g: u32, verdict: u32): void {
  const grp = changetype<usize>(grpAt(g));
  bump(grp + Grp_drops_OFF, verdict & 0xff, 1);
  bump(grp + Grp_kstat0_OFF, KSTAT_OERRORS, 1);
}

/** Counts a frame that was not taken: as the member's error if it was malformed. */
export function countRxDrop(g: u32, p: u32, verdict: u32): void {
  const cause = verdict & 0xff;
  bump(changetype<usize>(grpAt(g)) + Grp_drops_OFF, cause, 1);
  if ((MALFORMED >> cause) & 1) bump(kstatOf(p), KSTAT_IERRORS, 1);
}

/** Whether a descriptor's frame, and the virtio header before it if there is one, lies in the I/O region. */
export function descValid(off: u32, len: u32, flags: u32): bool {
  const before = flags & DESCF_VNET ? VNET_LEN : 0;
  return len <= FRAME_MAX && <u64>off >= <u64>ioBase() + before && <u64>off + len <= <u64>ioEnd();
}
