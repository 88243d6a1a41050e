// The event ring: what happened, for the host to read. An event that finds no place is counted, and its
// number skipped, so that a reader sees that it missed one.

import { EVENT_MAX, Event, Event_SIZE, Event_addr_OFF } from "../abi/ipmp";
import { NONE, eventAt, page } from "./layout";

/** Where events that found no place are written; nobody reads it. */
const LOST: usize = memory.data(<i32>Event_SIZE, 8);

/** Writes an event about a group and a NIC (either may be NONE) and returns it, for fields beyond these to be filled in. */
export function eventEmit(type: u32, grp: u32, phyint: u32, old: u32, now: u32): Event {
  const pg = page();
  pg.generation += 1;
  const lost = pg.event_head - pg.event_tail >= EVENT_MAX;
  const ev = changetype<Event>(lost ? LOST : eventAt(pg.event_head));
  memory.fill(changetype<usize>(ev), 0, Event_SIZE);
  if (lost) pg.event_lost += 1; else pg.event_head += 1;
  ev.time = pg.now;
  ev.seq = pg.event_head + pg.event_lost;
  ev.type = <u8>type;
  ev.grp = <u16>grp;
  ev.phyint = <u16>phyint;
  ev.old = old;
  ev.new = now;
  return ev;
}

/** The same, about a group only. */
export function eventGrp(type: u32, grp: u32, old: u32, now: u32): Event {
  return eventEmit(type, grp, NONE, old, now);
}

/** Copies a 16-byte address into an event. */
export function eventAddr(ev: Event, family: u32, addr: usize): void {
  ev.family = <u8>family;
  memory.copy(changetype<usize>(ev) + Event_addr_OFF, addr, 16);
}
