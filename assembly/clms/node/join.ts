// The member's own side of joining, leaving and asking: what it wants is repeated until the log, or a refusal, answers.

import {
  ENGINE_HALTED, ENGINE_MASTER, EPROTO, EVENT_REFUSED, EVENT_REQUEST, Join, Join_SIZE, MSG_JOIN, MSG_REQUEST, Msg, Msg_SIZE, NODE_MAX,
  Page, REFUSED_EVICTED, REFUSED_QUORUM, Request, Request_SIZE,
} from "../../abi/clms";
import { prngBelow } from "../../lib/prng";
import { later, since } from "../../lib/span";
import { missNs } from "../detect/limits";
import { eventEmit } from "../event";
import { NEVER, page, self, voterAt } from "../layout";
import { halt } from "../log/follow";
import { pullSend } from "../log/learn";
import { hashAt } from "../log/ring";
import { joinOwn } from "../master/joins";
import { grant } from "../master/requests";
import { msgBegin, msgSend } from "../out";
import { Self_seeds_OFF } from "../structs";
import { hasOwnRole } from "../takeover/fsm";

const JOIN: usize = memory.data(<i32>Join_SIZE, 8);
const REQUEST: usize = memory.data(<i32>Request_SIZE, 8);

function joinWrite(at: usize): void {
  const me = self();
  memory.fill(at, 0, Join_SIZE);
  const join = changetype<Join>(at);
  join.uid = me.uid;
  join.genesis = me.genesis;
  join.inc = me.inc_known;
  join.lineage = page().lineage;
  join.votes = me.votes;
  join.role = me.role;
  join.site = me.site;
  join.proto_min = me.proto_min;
  join.proto_max = me.proto_max;
  join.boot = me.boot;
}

/** Has the master that this node knows not been heard for long? */
function quiet(): bool { return since(page().now, self().master_heard) > missNs(); }

/** Whom to ask: the master, or who was named as such; else one after the other of those known. */
function whom(): u32 {
  const me = self();
  const pg = page();
  if (pg.master != 0 && pg.master != pg.node && !quiet()) return pg.master;
  if (me.hint != 0 && me.hint != <u32>pg.node) {
    const n = me.hint;
    me.hint = 0;
    return n;
  }
  const total = me.nvoter + me.nseed;
  for (let k: u32 = 0; k < total; k++) {
    const i = me.seed_next++ % total;
    const n: u32 = i < me.nvoter ? voterAt(i) : <u32>load<u16>(changetype<usize>(me) + ((i - me.nvoter) << 1), Self_seeds_OFF);
    if (n != 0 && n != <u32>pg.node && n <= NODE_MAX) return n;
  }
  return 0;
}

export function joinTick(now: u64): void {
  const me = self();
  const pg = page();
  if (me.booting == 0 || <u32>pg.engine == ENGINE_HALTED || now < me.next_join) return;
  if (pg.lineage != me.lineage_given) {
    // What it says of its disk has to be on the disk.
    me.next_join = now + (me.probe_ns >> 3) + 1;
    return;
  }
  me.next_join = now + me.probe_ns + prngBelow(changetype<usize>(pg) + offsetof<Page>("seed"), me.probe_ns);
  if (<u32>pg.engine == ENGINE_MASTER) {
    joinWrite(JOIN);
    joinOwn(JOIN);
    return;
  }
  const to = whom();
  if (to == 0) return;
  me.join_sent = now;
  const msg = msgBegin(MSG_JOIN, to, Join_SIZE);
  joinWrite(changetype<usize>(msg) + Msg_SIZE);
  msgSend(msg);
}

/** A member that no master speaks to asks somebody what has been decided: it may have been removed. */
export function lonelyTick(now: u64): void {
  const me = self();
  if (page().inc == 0 || hasOwnRole() || !quiet() || now < me.pull_next) return;
  me.pull_next = now + 4 * me.probe_ns;
  const to = whom();
  if (to != 0) pullSend(to);
}

/** Node `from` has applied more, and there is no master to send it: who cannot vote may be the only one who knows. */
export function overtaken(from: u32, applied: u64): void {
  const me = self();
  const pg = page();
  if (applied <= pg.applied || pg.now < me.pull_next || !quiet()) return;
  me.pull_next = pg.now + me.probe_ns;
  pullSend(from);
}

/** The wish of clms_request, to the master, until it is answered. */
export function requestTick(now: u64): void {
  const me = self();
  const pg = page();
  if (me.req == 0 || now < me.req_next) return;
  me.req_next = now + 2 * me.probe_ns;
  const own = <u32>pg.engine == ENGINE_MASTER;
  const to = own ? 0 : whom();
  if (!own && to == 0) return;
  const msg = own ? changetype<Msg>(0) : msgBegin(MSG_REQUEST, to, Request_SIZE);
  const at = own ? REQUEST : changetype<usize>(msg) + Msg_SIZE;
  memory.fill(at, 0, Request_SIZE);
  const r = changetype<Request>(at);
  r.id = me.req_id;
  r.req = me.req;
  r.node = <u16>me.req_node;
  r.set_id = me.req_set;
  r.arg = me.req_arg;
  if (!own) {
    msgSend(msg);
    return;
  }
  const result = grant(pg.node, r);
  if (result >= 0) finished(<u32>result, 0);
}

/** When these two want to be called. */
export function joinDeadline(): u64 {
  const me = self();
  const join = me.booting != 0 && <u32>page().engine != ENGINE_HALTED ? me.next_join : NEVER;
  const pull = page().inc != 0 && !hasOwnRole() ? max<u64>(me.pull_next, later(me.master_heard, missNs()) + 1) : NEVER;
  return min<u64>(min<u64>(join, pull), me.req != 0 ? me.req_next : NEVER);
}

function finished(result: u32, slot: u64): void {
  const me = self();
  const ev = eventEmit(EVENT_REQUEST);
  ev.arg = me.req_id;
  ev.old = me.req;
  ev.new = result;
  ev.slot = slot;
  me.req = 0;
}

export function onResult(msg: Msg): i32 {
  if (msg.len != Msg_SIZE + Request_SIZE) return -EPROTO;
  const r = changetype<Request>(changetype<usize>(msg) + Msg_SIZE);
  if (<u32>r.result > REFUSED_QUORUM) return -EPROTO;
  if (self().req != 0 && r.id == self().req_id) finished(r.result, r.slot);
  return 0;
}

export function onHint(msg: Msg): i32 {
  const pg = page();
  if (msg.aux == 0 || msg.aux > NODE_MAX || msg.aux == <u64>pg.node) return 0;
  if (pg.master != 0 && !quiet() && msg.ballot <= pg.ballot) return 0;
  self().hint = <u32>msg.aux;
  // Two that point at each other must not make this node ask at the speed of the network.
  const me = self();
  me.next_join = min<u64>(me.next_join, max<u64>(pg.now, later(me.join_sent, me.probe_ns >> 2)));
  return 0;
}

/** A refusal stops nobody: that this incarnation is gone has to be read in the log. */
export function onRefuse(msg: Msg): i32 {
  const me = self();
  const pg = page();
  const why = msg.aux;
  if (why == 0 || why > REFUSED_QUORUM) return -EPROTO;
  if (why == REFUSED_EVICTED) {
    // The same slot, decided here with another value: of two histories the one with the lower ballot ends.
    const own = msg.slot != 0 && msg.slot <= pg.applied ? hashAt(msg.slot) : 0;
    if (own != 0 && msg.clock != 0 && own != msg.clock && pg.ballot < msg.ballot) {
      halt(msg.slot);
      return 0;
    }
    if (pg.now >= me.pull_next && msg.slot > pg.applied) pullSend(msg.from);
    if (pg.now >= me.pull_next) me.pull_next = pg.now + me.probe_ns;
    return 0;
  }
  if (me.booting == 0) return 0;
  me.next_join = pg.now + 8 * me.probe_ns;
  if (<u64>pg.refused == why) return 0;
  pg.refused = <u8>why;
  const ev = eventEmit(EVENT_REFUSED);
  ev.node = msg.from;
  ev.new = <u32>why;
  return 0;
}
