// Probes: this node asks those whom it observes whether they are there, and says whom it misses.
//
// What it says is advice. Any good message of a node's present incarnation is as good as an answer (detectHeard, called
// by dispatch.ts before the message's own handler). Silence for longer than limits.ts allows makes a suspect; the next
// message unmakes it. A suspect is told so in its next probe: if it reads this, the fault may be its own (health.ts).

import {
  EVENT_PAUSED, EVENT_SUSPECT, MSG_PROBE, MSG_PROBE_ACK, Msg, NODE_MAX, Page, SUSPECTS_MAX,
} from "../../abi/clms";
import { prngBelow } from "../../lib/prng";
import { later, since, times } from "../../lib/span";
import { bitPut, bitsClear } from "../bits";
import { eventEmit } from "../event";
import { isLive } from "../fold/edges";
import { MS, NEVER, entAt, fold, liveAt, observedAt, page, peerAt, self } from "../layout";
import { msgBegin, msgSend } from "../out";
import { PEER_SUSPECT } from "../structs";
import { healthDeadline, healthTick, healthWorse } from "./health";
import { leaseDeadline, leaseDrop } from "./lease";
import { basicMiss, isDead, isExternal, isSilent, missNs, silentAt } from "./limits";

/** Msg.aux of a PROBE: its receiver is a suspect of the sender. */
// @ts-ignore: decorator
@inline export const PROBE_SUSPECT: u64 = 1;

/** The longest way there and back that is believed, in times of a silence that is missed. */
// @ts-ignore: decorator
@inline const SLOWEST: u64 = 8;

// @ts-ignore: decorator
@inline function isSuspect(n: u32): bool { return (peerAt(n).flags & PEER_SUSPECT) != 0; }

// @ts-ignore: decorator
@inline function isProbing(): bool { return self().nobserved != 0 && !isExternal(); }

function suspect(n: u32, on: bool): void {
  const peer = peerAt(n);
  peer.flags = on ? peer.flags | PEER_SUSPECT : peer.flags & ~PEER_SUSPECT;
  const ev = eventEmit(EVENT_SUSPECT);
  ev.node = <u16>n;
  ev.inc = entAt(n).inc;
  ev.old = u32(!on);
  ev.new = u32(on);
  // The master is told at once, not with the answer to its next heartbeat.
  self().ack_due = 1;
  self().look_due = 1;
}

/** A good message of the present incarnation of node n has come. */
export function detectHeard(n: u32): void {
  const peer = peerAt(n);
  const now = page().now;
  peer.heard = now;
  peer.probed = now;
  self().silent_since = now;
  if (isSuspect(n)) suspect(n, false);
}

/** Lets time act: who is missed now, whom to probe. O(nobserved + 1). */
export function detectTick(now: u64): void {
  const me = self();
  const probing = isProbing();
  if (probing && since(now, me.next_probe) > me.probe_ns >> 1) healthWorse(now);
  healthTick(now);
  if (!probing) return;
  const k = me.nobserved;
  for (let i: u32 = 0; i < k; i++) {
    const n = observedAt(i);
    if (!isSuspect(n) && isSilent(n, now)) suspect(n, true);
  }
  if (now < me.next_probe) return;
  for (let i: u32 = 0; i < k; i++) probe(observedAt(i));
  // Never later than an interval: rounds of all nodes drift apart, and no more probes are lost than were counted on.
  const drift = prngBelow(changetype<usize>(page()) + offsetof<Page>("seed"), me.probe_ns >> 4);
  me.next_probe = later(now, me.probe_ns - drift);
}

function probe(n: u32): void {
  const msg = msgBegin(MSG_PROBE, n, 0);
  msg.aux = isSuspect(n) ? PROBE_SUSPECT : 0;
  msgSend(msg);
}

/** Does a message come from the present incarnation of a live node? */
function isFromLive(msg: Msg): bool {
  const n: u32 = msg.from;
  if (n == 0 || n > NODE_MAX) return false;
  const ent = entAt(n);
  return msg.inc != 0 && msg.inc == ent.inc && isLive(ent.state);
}

/** PROBE: nobody answers who is not admitted, for the answer would count for nothing. */
export function detectProbe(msg: Msg): void {
  if (page().inc == 0 || !isFromLive(msg)) return;
  // What others say makes nobody worse than 1: one bad link must not make this node slow to miss anybody else.
  if (msg.aux == PROBE_SUSPECT && page().health == 0 && !isExternal()) healthWorse(page().now);
  const ack = msgBegin(MSG_PROBE_ACK, msg.from, 0);
  ack.clock = msg.clock;
  msgSend(ack);
}

/** PROBE_ACK: how long it took. An echo that this clock never showed, or beyond what rtt_ns holds, says nothing. */
export function detectProbeAck(msg: Msg): void {
  const now = page().now;
  if (!isFromLive(msg) || msg.clock == 0 || msg.clock > now) return;
  const sample = now - msg.clock;
  // This node's own pause, or a clock that jumped, is no way there and back.
  if (sample > u32.MAX_VALUE || sample > times(basicMiss(), SLOWEST)) return;
  const peer = peerAt(msg.from);
  const old: u64 = peer.rtt_ns;
  peer.rtt_ns = <u32>(old == 0 ? sample : (old * 7 + sample) >> 3);
}

/**
 * This node did not run for `gap` ns: whom it did not hear in that time says nothing about them. All are observed anew,
 * and its own lease counts as over until it is renewed. O(live nodes).
 */
export function detectPaused(now: u64, gap: u64): void {
  const me = self();
  const ev = eventEmit(EVENT_PAUSED);
  ev.arg = gap / MS;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const peer = peerAt(liveAt(i));
    peer.heard = now;
    peer.observed = now;
  }
  me.master_heard = now;
  me.silent_since = now;
  healthWorse(now);
  leaseDrop();
}

/** Writes the numbers (u16) of those whom this node misses, at most SUSPECTS_MAX, and returns how many. */
export function detectSuspects(at: usize): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0, k: u32 = self().nobserved; i < k && count < SUSPECTS_MAX; i++) {
    if (!isSuspect(observedAt(i))) continue;
    store<u16>(at + (count << 1), <u16>observedAt(i));
    count += 1;
  }
  return count;
}

/** The set of observed nodes that are heard. One that is not silent, but has not answered yet, is in neither set. */
export function hearsInto(at: usize): void {
  const now = page().now;
  bitsClear(at);
  for (let i: u32 = 0, k: u32 = self().nobserved; i < k; i++) {
    const n = observedAt(i);
    const answered = isExternal() || peerAt(n).probed > peerAt(n).observed;
    if (answered && !isDeafTo(n, now)) bitPut(at, n, true);
  }
}

/** The set of observed nodes that are not heard. */
export function deafInto(at: usize): void {
  const now = page().now;
  bitsClear(at);
  for (let i: u32 = 0, k: u32 = self().nobserved; i < k; i++) if (isDeafTo(observedAt(i), now)) bitPut(at, observedAt(i), true);
}

function isDeafTo(n: u32, now: u64): bool {
  return isDead(n) || (!isExternal() && (isSuspect(n) || isSilent(n, now)));
}

/** When something of this room is due next: a round of probes, the end of somebody's time, of the lease, of a bad second. */
export function detectDeadline(): u64 {
  let due = min<u64>(leaseDeadline(), healthDeadline());
  if (!isProbing()) return due;
  due = min<u64>(due, self().next_probe);
  const miss = missNs();
  for (let i: u32 = 0, k: u32 = self().nobserved; i < k; i++) {
    const n = observedAt(i);
    if (isSuspect(n)) continue;
    const end = silentAt(n, miss);
    if (end != NEVER) due = min<u64>(due, end + 1);
  }
  return due;
}
