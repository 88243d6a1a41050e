// A node with a log of its own making, for the specs of this folder: records are made, checked, folded and announced as
// the log side does it, without messages or disks. Lives in the module's static memory, so each test begins with begin().

import {
  CAUSE_CLEANUP, CAUSE_HEARTBEAT, CAUSE_JOIN, EVENT_MAX, EVENT_SUBSYS, Event, KIND_CONFIG, KIND_KEYSVC, KIND_NODE, KIND_SET_BEGIN,
  KIND_SET_END, NS_COMINGUP, NS_DOWN, NS_KCLEANUP, NS_UCLEANUP, NS_UP, PHASE_DONE, PHASE_KERNEL, PHASE_USER, ROLE_VOTER, STAGE_DECIDED,
  Subsys, Subsys_SIZE, Subsys_name_OFF, TransRec,
} from "../../../abi/clms";
import { derive } from "../../fold/derive";
import { entSet, foldApply, foldWrong } from "../../fold/fold";
import { nodeArg } from "../../fold/nodearg";
import { entAt, eventAt, fold, foldBase, inbox, layoutInit, page, recAt, self } from "../../layout";
import { recLink, recMake } from "../../record";
import { appApplied } from "../applied";
import { gateSettle } from "../gate";

export const CLUSTER: u64 = 0x1122_3344_5566_7788;
/** This node. */
export const ME: u32 = 1;
/** Five voters, as a slot 1 that every node makes alike. */
export function begin(): void {
  layoutInit();
  const pg = page();
  pg.node = <u16>ME;
  pg.low = 1;
  pg.now = 1_000_000_000;
  self().started = 1;
  self().cluster = CLUSTER;
  fold().cluster = CLUSTER;
  for (let n: u32 = 1; n <= 5; n++) entSet(foldBase(), fold(), n, nodeArg(ROLE_VOTER, 0, 1, 1, 1));
  put(KIND_CONFIG, 0, 0, 0, 0, 0);
  gateSettle();
}

/** Makes the next record and puts it into the ring: accepted, not decided. */
export function stage(kind: u32, node: u32, to: u32, cause: u32, set: u32, arg: u64): TransRec {
  const pg = page();
  const slot = pg.last + 1;
  const rec = recAt(slot);
  const isNode = kind == KIND_NODE;
  const ent = entAt(node);
  const inc: u32 = isNode && to == NS_COMINGUP ? ent.inc + 1 : ent.inc;
  const prev = slot == 1 ? <u64>0 : recAt(slot - 1).self_hash;
  recMake(changetype<usize>(rec), kind, node, isNode ? <u32>ent.state : 0, to, inc, cause, set, arg);
  recLink(changetype<usize>(rec), slot, slot * 10, prev, (7 << 16) | 1);
  rec.stage = 1;
  pg.last = slot;
  return rec;
}

/** The oldest record that is not applied is decided, and folded. */
export function decide(): void {
  const pg = page();
  const rec = recAt(pg.applied + 1);
  assert(foldWrong(foldBase(), rec) == 0);
  rec.stage = <u8>STAGE_DECIDED;
  foldApply(foldBase(), rec);
  derive();
  pg.applied = rec.slot;
  if (<u32>rec.kind == KIND_NODE && <u32>rec.node == ME) {
    if (<u32>rec.to_state == NS_COMINGUP) pg.inc = rec.inc;
    if (<u32>rec.to_state == NS_KCLEANUP) pg.inc = 0;
  }
  appApplied(rec);
}

/** Makes the next record, decided and applied. */
export function put(kind: u32, node: u32, to: u32, cause: u32, set: u32, arg: u64): u64 {
  const slot = stage(kind, node, to, cause, set, arg).slot;
  decide();
  gateSettle();
  return slot;
}

export function coming(n: u32): u64 { return put(KIND_NODE, n, NS_COMINGUP, CAUSE_JOIN, 0, 0x1000 + <u64>n); }
export function goes(n: u32, to: u32): u64 { return put(KIND_NODE, n, to, CAUSE_JOIN, 0, 0); }
/** Node n joins and is up. */
export function up(n: u32): u64 {
  coming(n);
  return goes(n, NS_UP);
}

/** Evidence: four of five observers, the first of them 3, 4 and 5. */
export const EVIDENCE: u64 = 4 | (5 << 8) | (3 << 16) | (4 << 32) | (5 << 48);

/** One phase of a set with a single node. Gives the slot of its SET_END. */
export function phase(n: u32, which: u32, set: u32): u64 {
  put(KIND_SET_BEGIN, 0, 0, 0, set, which);
  if (which == PHASE_KERNEL) put(KIND_NODE, n, NS_KCLEANUP, CAUSE_HEARTBEAT, set, EVIDENCE);
  if (which == PHASE_USER) put(KIND_NODE, n, NS_UCLEANUP, CAUSE_CLEANUP, set, 0);
  if (which == PHASE_DONE) put(KIND_NODE, n, NS_DOWN, CAUSE_CLEANUP, set, 0);
  return put(KIND_SET_END, 0, 0, 0, set, which);
}

/** A key service's record. */
export function svc(op: u32, node: u32, s: u32, arg: u64): u64 { return put(KIND_KEYSVC, node, op, 0, s, arg); }

/** Writes a Subsys into the inbox; its name is one letter. */
export function subsysConf(letter: u32, priority: u32): Subsys {
  memory.fill(inbox(), 0, Subsys_SIZE);
  const conf = changetype<Subsys>(inbox());
  conf.size = Subsys_SIZE;
  conf.version = 1;
  conf.priority = <u16>priority;
  store<u8>(inbox() + Subsys_name_OFF, <u8>letter);
  return conf;
}

/** Events of a type that wait. */
export function eventCount(type: u32): u32 {
  let count: u32 = 0;
  for (let i = page().event_tail; i != page().event_head; i++) count += u32(<u32>changetype<Event>(eventAt(i)).type == type);
  return count;
}

/** The last event of a type; it must be there. */
export function lastEvent(type: u32): Event {
  for (let i = page().event_head; i != page().event_tail; i--) {
    const ev = changetype<Event>(eventAt(i - 1));
    if (<u32>ev.type == type) return ev;
  }
  assert(false);
  return changetype<Event>(eventAt(0));
}

/** Forgets all events that wait. */
export function eventsRead(): void { page().event_tail = page().event_head; }

/** The callbacks that were asked for, as digits of ten: subsystem + 1, then the last digit of the slot. Reads all events. */
export function calls(): u64 {
  let digits: u64 = 0;
  for (let i = page().event_tail; i != page().event_head; i++) {
    const ev = changetype<Event>(eventAt(i));
    if (<u32>ev.type == EVENT_SUBSYS) digits = digits * 100 + (ev.new + 1) * 10 + (ev.slot % 10);
  }
  eventsRead();
  return digits;
}

/** No place is left for events. */
export function eventsFull(): void { page().event_head = page().event_tail + EVENT_MAX; }
