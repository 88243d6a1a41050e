// T0: before a takeover disturbs anybody, the others are asked whether they miss the master too.
//
// Nothing is promised here. A node that is deaf, or cut off, asks in vain and so does no harm; of several that could
// begin, the one with the lowest number among those not missed begins first, each further one a little later.

import {
  ENGINE_FOLLOWER, ENGINE_PREVOTE, ENTF_LEARNING, MODE_ARBITER,
  MSG_PREVOTE, MSG_PREVOTE_ACK, Msg, Page, ROLE_VOTER,
} from "../../abi/clms";
import { prngBelow } from "../../lib/prng";
import { later, times } from "../../lib/span";
import { basicMiss, masterMissed, masterSilent } from "../detect/limits";
import { isLive } from "../fold/edges";
import { electorate, elects, isClassic, isVoter } from "../fold/electorate";
import { entAt, fold, foldBase, page, peerAt, self, voterAt } from "../layout";
import { promise } from "../log/follow";
import { durableHeader } from "../log/durable";
import { isFullMember } from "../log/quorum";
import { msgBegin, msgBeginMany, msgSend, msgTo } from "../out";
import { PEER_DEAD, PEER_PREVOTED, PEER_SUSPECT } from "../structs";
import { TE_AGREED, TE_MISSED, TE_TIMEOUT, engineStep } from "./fsm";

/** A wait grows with each failed attempt, this often. */
// @ts-ignore: decorator
@inline const LONGER: u32 = 4;

/** May this node become master, as far as its own log says? */
export function mayRun(): bool {
  const pg = page();
  if (pg.lineage == 0 || fold().slot == 0) return false;
  const ent = entAt(pg.node);
  return isVoter(ent) && <u32>ent.role == ROLE_VOTER && ent.lineage == pg.lineage && (<u32>ent.flags & ENTF_LEARNING) == 0;
}

/** How long a way there and back takes to the slowest voter known, with room. */
export function roundTrip(): u64 {
  let rtt: u64 = 0;
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) rtt = max<u64>(rtt, peerAt(voterAt(i)).rtt_ns);
  return 2 * rtt;
}

/** Voters that come before this one: lower in number, and not missed. */
function rank(): u32 {
  const pg = page();
  // In a classic cluster one that is no member comes after all members: it may leave nobody out.
  let before: u32 = isClassic(fold().mode) && !isFullMember() && fold().nup != 0 ? self().nvoter : 0;
  for (let i: u32 = 0, n = self().nvoter; i < n && voterAt(i) < <u32>pg.node; i++) {
    const v = voterAt(i);
    if (v == <u32>pg.master || (peerAt(v).flags & (PEER_SUSPECT | PEER_DEAD)) != 0) continue;
    before += u32(isLive(entAt(v).state) || fold().nlive == 0);
  }
  return before;
}

/** A follower looks whether it is its turn; one that asks looks whether its time is over. */
export function prevoteTick(now: u64): void {
  const me = self();
  const engine: u32 = page().engine;
  if (engine == ENGINE_PREVOTE && now >= me.phase_until) {
    engineStep(TE_TIMEOUT);
    backOff(now);
  } else if (engine == ENGINE_PREVOTE && now >= me.poll_due) ask();
  if (engine != ENGINE_FOLLOWER || now < me.backoff_until) return;
  if (!mayRun() || !masterMissed(now)) {
    me.missed_since = 0;
    return;
  }
  if (me.missed_since == 0) me.missed_since = now;
  if (now < turn()) return;
  me.old_master = page().master;
  engineStep(TE_MISSED);
  me.phase_until = now + askTime();
  for (let i: u32 = 0, n = me.nvoter; i < n; i++) peerAt(voterAt(i)).flags &= ~PEER_PREVOTED;
  ask();
  prevoteSettle();
}

/** How long a question is open. Nobody has measured the way to a node that is not admitted yet: what failed gets longer. */
export function askTime(): u64 { return later(askTimeFirst(), askTimeMore()); }

/** What is beyond a first attempt: no more than others grant (onPoll). */
export function askTimeMore(): u64 {
  return min<u64>((askTimeFirst() << min<u32>(self().retry, LONGER)) - askTimeFirst(), times(basicMiss(), 4));
}

function askTimeFirst(): u64 { return max<u64>(self().poll_ns, 2 * roundTrip()); }

/** When it is this node's turn. */
function turn(): u64 {
  const me = self();
  return me.missed_since + <u64>rank() * max<u64>(me.probe_ns >> 1, roundTrip());
}

/** When prevoteTick wants to be called. */
export function prevoteDeadline(): u64 {
  const me = self();
  if (<u32>page().engine == ENGINE_PREVOTE) return min<u64>(me.phase_until, me.poll_due);
  if (me.missed_since == 0) return max<u64>(me.backoff_until, page().now + me.probe_ns);
  return max<u64>(me.backoff_until, turn());
}

/** A failed attempt: a random while, longer each time, so that two do not go on disturbing each other. */
export function backOff(now: u64): void {
  const me = self();
  // In a classic cluster one that is no member gives way to those that need not wait for everybody.
  const humble: u32 = isClassic(fold().mode) && !isFullMember() ? 2 : 0;
  const most = max<u64>(me.probe_ns, roundTrip()) << (min<u32>(me.retry, LONGER) + humble);
  me.retry += 1;
  me.backoff_until = now + (me.probe_ns >> 1) + prngBelow(changetype<usize>(page()) + offsetof<Page>("seed"), most);
  me.missed_since = 0;
}

function ask(): void {
  const msg = msgBeginMany(MSG_PREVOTE, 0);
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) if (voterAt(i) != <u32>page().node) msgTo(msg, voterAt(i));
  msg.ballot = page().promised;
  msg.slot = page().last;
  msgSend(msg);
  self().poll_due = page().now + max<u64>(self().probe_ns >> 1, roundTrip());
}

export function onPrevote(msg: Msg): i32 {
  const pg = page();
  const fine = <u32>pg.engine == ENGINE_FOLLOWER || <u32>pg.engine == ENGINE_PREVOTE;
  // One lost heartbeat less than it takes to begin oneself: whoever asks first is not turned away for a moment's difference.
  // And a node that is not well itself is slow to accuse anybody, but it can say what it has not heard.
  const yes = fine && (masterSilent(later(pg.now, self().probe_ns), basicMiss()) || <u32>pg.master == msg.from);
  const ack = msgBegin(MSG_PREVOTE_ACK, msg.from, 0);
  ack.aux = u64(yes);
  ack.ballot = pg.promised;
  msgSend(ack);
  return 0;
}

export function onPrevoteAck(msg: Msg): i32 {
  self().round_seen = max<u64>(self().round_seen, msg.ballot >> 16);
  if (<u32>page().engine != ENGINE_PREVOTE || msg.aux != 1) return 0;
  peerAt(msg.from).flags |= PEER_PREVOTED;
  prevoteSettle();
  return 0;
}

/** Enough yes: the takeover begins. */
function prevoteSettle(): void {
  if (!agreed() || !engineStep(TE_AGREED)) return;
  page().takeovers += 1;
  newBallot();
}

/** A ballot above every one heard of, promised by this node itself first. */
export function newBallot(): void {
  const me = self();
  const pg = page();
  const round = max<u64>(me.round_seen, pg.promised >> 16) + 1;
  promise((round << 16) | pg.node);
  pg.ballot = pg.promised;
  durableHeader();
}

function agreed(): bool {
  const mode: u32 = fold().mode;
  const classic = isClassic(mode);
  const whom = electorate(foldBase());
  let total: u32 = 0;
  let votes: u32 = mode == MODE_ARBITER ? 1 : 0;
  total += votes;
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) {
    const v = voterAt(i);
    const ent = entAt(v);
    const yes = v == <u32>page().node || (peerAt(v).flags & PEER_PREVOTED) != 0;
    // A classic cluster asks all it can reach.
    const gone = v == <u32>page().master || (peerAt(v).flags & (PEER_SUSPECT | PEER_DEAD)) != 0;
    if (classic && !yes && isLive(ent.state) && !gone) return false;
    if (!elects(whom, ent)) continue;
    total += ent.votes;
    if (yes) votes += ent.votes;
  }
  return classic || votes << 1 > total;
}
