// What the specs of the detector stand on: a cluster as the fold would have it, and what this node sends.

import {
  EVENT_MAX, Event, MSG_PROBE, MSG_PROBE_ACK, Msg, Msg_SIZE, NODE_MAX, NS_DOWN, NS_UP,
} from "../../../abi/clms";
import { entAt, eventAt, fold, inbox, layoutInit, livePut, page, peerAt, self } from "../../layout";
import { clms_msg_next } from "../../out";
import { Peer_suspect_OFF } from "../../structs";
import { detectDerive } from "../observers";
import { detectDeadline, detectHeard, detectTick } from "../probe";

export const MS: u64 = 1_000_000;
export const PROBE: u64 = 200 * MS;
export const LOSSES: u32 = 4;
export const MISS: u64 = PROBE * LOSSES;
export const INC: u32 = 7;
/** Far from zero, so that a time that was never set is noticed. */
export const START: u64 = 1_000_000 * MS;

/** The number of the i-th node of a cluster whose numbers lie `step` apart. */
export function nodeOf(i: u32, step: u32): u32 { return 1 + i * step; }

/** n live nodes, incarnation INC each; this node is the one at place `me`. */
export function cluster(n: u32, step: u32, me: u32): void {
  layoutInit();
  page().now = START;
  page().seed = 42;
  self().probe_ns = PROBE;
  self().losses = LOSSES;
  self().lease_ns = 600 * MS;
  self().health_ok = START;
  for (let i: u32 = 0; i < n; i++) {
    entAt(nodeOf(i, step)).state = <u8>NS_UP;
    entAt(nodeOf(i, step)).inc = INC;
  }
  page().node = <u16>nodeOf(me, step);
  page().inc = INC;
  live();
}

/** The list of the live anew, from the entries. */
export function live(): void {
  let n: u32 = 0;
  for (let i: u32 = 1; i <= NODE_MAX; i++) if (entAt(i).state == <u8>NS_UP) livePut(n++, i);
  fold().nlive = <u16>n;
  detectDerive();
}

export function leave(n: u32): void {
  entAt(n).state = <u8>NS_DOWN;
  live();
}

/** What came out since the last call. */
export let probes: u32 = 0;
export let acks: u32 = 0;
export let told: u32 = 0;
export let lastTo: u32 = 0;
export let lastClock: u64 = 0;

export function drain(): void {
  probes = acks = told = 0;
  while (clms_msg_next() == 1) {
    const msg = changetype<Msg>(<usize>page().msg_addr);
    if (<u32>msg.kind == MSG_PROBE) {
      probes += 1;
      told += u32(msg.aux == 1);
    }
    acks += u32(<u32>msg.kind == MSG_PROBE_ACK);
    lastTo = page().msg_to;
    lastClock = msg.clock;
  }
}

/** Events of this type since the last call of forget(). */
export function events(type: u32): u32 {
  let count: u32 = 0;
  for (let i = page().event_tail; i != page().event_head; i++) count += u32(<u32>changetype<Event>(eventAt(i)).type == type);
  return count;
}

export function lastEvent(): Event { return changetype<Event>(eventAt((page().event_head - 1) & (EVENT_MAX - 1))); }

export function forget(): void { page().event_tail = page().event_head; }

/** A message of node n in the inbox. */
export function message(kind: u32, n: u32, inc: u32): Msg {
  memory.fill(inbox(), 0, Msg_SIZE);
  const msg = changetype<Msg>(inbox());
  msg.kind = <u8>kind;
  msg.from = <u16>n;
  msg.to = page().node;
  msg.inc = inc;
  return msg;
}

/** Lets time pass up to `until`, calling as a host would; nodes whose bit is set in `answering` (bit = number) answer each probe. */
export function run(until: u64, answering: u64): u32 {
  let calls: u32 = 0;
  while (calls < 100_000) {
    const due = max<u64>(detectDeadline(), page().now);
    if (due > until) break;
    page().now = due;
    detectTick(due);
    calls += 1;
    while (clms_msg_next() == 1) {
      const to: u32 = page().msg_to;
      if (to < 64 && ((answering >> to) & 1) != 0) detectHeard(to);
    }
  }
  page().now = until;
  return calls;
}

/** Observer o has acknowledged just now, and names up to two suspects (0 = none). */
export function ack(o: u32, a: u32, b: u32): void {
  const at = changetype<usize>(peerAt(o));
  peerAt(o).ack_at = page().now;
  peerAt(o).heard = page().now;
  store<u16>(at, <u16>a, Peer_suspect_OFF);
  store<u16>(at + 2, <u16>b, Peer_suspect_OFF);
  peerAt(o).nsuspect = <u16>(u32(a != 0) + u32(b != 0));
}
