// What the module has put into its rings: events and control frames, oldest first. Who has read them releases them.

import { Ctl, Event, LIMIT, Page } from "./abi/ipmp.js";

/** Calls `take` with the address of every waiting event; returns how many there were. O(events). */
export function eachEvent(dv: DataView, page: number, take: (at: number) => void): number {
  const base = dv.getUint32(page + Page.event_base, true);
  const tail = dv.getUint32(page + Page.event_tail, true);
  const count = (dv.getUint32(page + Page.event_head, true) - tail) >>> 0;
  for (let i = 0; i < count; i++) take(base + ((tail + i) & (LIMIT.EVENT_MAX - 1)) * Event.SIZE);
  return count;
}

/** What takes a control frame: the NIC to send it on, where it stands, its bytes, and its CTLK. */
export type SendControl = (phyint: number, off: number, len: number, kind: number) => void;

/** Hands every waiting control frame to `send`; returns how many there were. O(frames). */
export function eachControl(dv: DataView, page: number, send: SendControl): number {
  const base = dv.getUint32(page + Page.ctl_base, true);
  const tail = dv.getUint32(page + Page.ctl_tail, true);
  const count = (dv.getUint32(page + Page.ctl_head, true) - tail) >>> 0;
  for (let i = 0; i < count; i++) {
    const at = base + ((tail + i) & (LIMIT.CTL_MAX - 1)) * Ctl.SIZE;
    send(dv.getUint16(at + Ctl.port, true), at + Ctl.frame, dv.getUint16(at + Ctl.len, true), dv.getUint16(at + Ctl.kind, true));
  }
  return count;
}
