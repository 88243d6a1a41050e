// The control ring: frames that the module itself wants sent. The host sends them ahead of data.

import { CTL_MAX, Ctl, Ctl_SIZE, Ctl_frame_OFF } from "../abi/ipmp";
import { ctlAt, page } from "./layout";

/** Shortest Ethernet frame without its check sequence (IEEE 802.3). */
// @ts-ignore: decorator
@inline const ETH_MIN: u32 = 60;

/** Places that are free. */
export function ctlFree(): u32 {
  const pg = page();
  return CTL_MAX - (pg.ctl_head - pg.ctl_tail);
}

/**
 * Takes the next place for a frame to leave by `port`; returns the address of its CTL_FRAME_MAX zero bytes,
 * or 0 (and counts it) if none is free. The frame counts as written once ctlCommit is called.
 */
export function ctlReserve(port: u32, grp: u32, kind: u32): usize {
  const pg = page();
  if (pg.ctl_head - pg.ctl_tail >= CTL_MAX) {
    pg.ctl_lost += 1;
    return 0;
  }
  const at = ctlAt(pg.ctl_head);
  memory.fill(at, 0, Ctl_SIZE);
  const ctl = changetype<Ctl>(at);
  ctl.port = <u16>port;
  ctl.grp = <u16>grp;
  ctl.kind = <u16>kind;
  return at + Ctl_frame_OFF;
}

/** Publishes the frame reserved last, of len bytes, padded to the shortest Ethernet frame. */
export function ctlCommit(len: u32): void {
  const pg = page();
  changetype<Ctl>(ctlAt(pg.ctl_head)).len = <u16>max<u32>(len, ETH_MIN);
  pg.ctl_head += 1;
}
