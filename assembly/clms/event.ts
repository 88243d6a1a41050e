// The event ring: what happened, and what the host is asked to do. An event that finds no place is counted, and its
// number skipped, so that a reader sees that it missed one.

import { ENGINE_MASTER, EVENT_ENGINE, EVENT_MAX, EVENT_MASTER, Event, Event_SIZE } from "../abi/clms";
import { eventAt, page } from "./layout";

/** Where events that found no place are written; nobody reads it. */
const LOST: usize = memory.data(<i32>Event_SIZE, 8);

/** A new event; its other fields are zero and the caller's to fill in. */
export function eventEmit(type: u32): Event {
  const pg = page();
  pg.generation += 1;
  const lost = pg.event_head - pg.event_tail >= EVENT_MAX;
  const ev = changetype<Event>(lost ? LOST : eventAt(pg.event_head));
  memory.fill(changetype<usize>(ev), 0, Event_SIZE);
  if (lost) pg.event_lost += 1; else pg.event_head += 1;
  ev.time = pg.now;
  ev.seq = pg.event_head + pg.event_lost;
  ev.type = <u8>type;
  return ev;
}

/** This node takes on another part in the protocol. */
export function engineSet(engine: u32): void {
  const pg = page();
  const old: u32 = pg.engine;
  if (old == engine) return;
  pg.engine = <u8>engine;
  const ev = eventEmit(EVENT_ENGINE);
  ev.old = old;
  ev.new = engine;
  if (engine == ENGINE_MASTER) masterSet(pg.node);
}

/** Another node is master now; 0 = none is known. */
export function masterSet(node: u32): void {
  const pg = page();
  if (<u32>pg.master == node) return;
  const ev = eventEmit(EVENT_MASTER);
  ev.old = pg.master;
  ev.new = node;
  ev.node = <u16>node;
  ev.slot = pg.ballot >> 16;
  pg.master = <u16>node;
}
