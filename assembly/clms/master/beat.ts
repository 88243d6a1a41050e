// The master's heartbeat: COMMIT to every voter and every live node, with what is decided and what it vouches for; and
// to whoever lags behind, what is missing.
//
// A lease that a node derives from a COMMIT ends no later than (arrival of the ACK that the COMMIT echoes) + T_lease,
// and no later than (the last moment at which enough voters certainly still followed this master) + T_lease.

import { ENGINE_MASTER, MSG_COMMIT, PHASE_NONE } from "../../abi/clms";
import { later, since } from "../../lib/span";
import { leaseRenew } from "../detect/lease";
import { basicMiss } from "../detect/limits";
import { isVoter } from "../fold/electorate";
import { entAt, fold, foldBase, liveAt, page, peerAt, self, voterAt } from "../layout";
import { learnMany, learnSend } from "../log/learn";
import { SINCE, enough } from "../log/quorum";
import { isLive } from "../fold/edges";
import { msgBegin, msgSend, msgTo } from "../out";
import { roundTrip } from "../takeover/prevote";
import { PEER_DOOMED, Peer } from "../structs";
import { TE_TIMEOUT, engineStep } from "../takeover/fsm";
import { known, stageOne, underWay, votesSoon } from "./propose";

// @ts-ignore: decorator
@inline const US: u64 = 1000;

/** The latest beat of this master that enough voters have acknowledged: then they certainly followed it; 0 = none yet. O(voters²). */
function quorumTime(): u64 {
  const me = self();
  const pg = page();
  let best = me.acked_at;
  me.since_asked = pg.now;
  if (enough(foldBase(), SINCE)) return pg.now;
  for (let i: u32 = 0, n = me.nvoter; i < n; i++) {
    const at = peerAt(voterAt(i)).ack_echo;
    if (at <= best || peerAt(voterAt(i)).ack_ballot != pg.ballot) continue;
    me.since_asked = at;
    if (enough(foldBase(), SINCE)) best = at;
  }
  return best;
}

/** Until when the master vouches; its own lease is of the same making. */
function vouch(): u64 {
  const me = self();
  // That they reported to it says nothing of the next moment: the first of them may have promised somebody else since.
  me.acked_at = quorumTime();
  if (me.acked_at == 0) return 0;
  me.quorum_at = me.acked_at;
  // A master that is to go itself vouches for itself no more: another may decide the record.
  const stays = (peerAt(page().node).flags & PEER_DOOMED) == 0;
  if (page().inc != 0 && stays) leaseRenew(me.quorum_at, me.lease_ns);
  return later(me.quorum_at, me.lease_ns);
}

/** One COMMIT to everybody. */
export function beatAll(): void {
  const me = self();
  const pg = page();
  const end = vouch();
  // What a candidate later hears of this node's silence is about this beat, too: leases rest on it.
  me.master_acked = pg.now;
  // Twice an interval: a lease rests on an echo, which must not be old.
  me.next_beat = pg.now + (me.probe_ns >> 1);
  me.beat_due = 0;
  for (let i: u32 = 0, n = me.nvoter; i < n; i++) beat(voterAt(i), end);
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) if (!isVoter(entAt(liveAt(i)))) beat(liveAt(i), end);
}

/** What it vouches for counts from the echoed clock, which was sent before the ACK came. */
function beat(n: u32, end: u64): void {
  const pg = page();
  const peer = peerAt(n);
  if (n == <u32>pg.node) return;
  const msg = msgBegin(MSG_COMMIT, n, 0);
  msg.ballot = pg.ballot;
  msg.slot = pg.applied;
  const echo = peer.ack_ballot == pg.ballot && peer.ack_at != 0 && peer.live_clock != 0 && (peer.flags & PEER_DOOMED) == 0;
  if (echo) peer.vouched = peer.ack_at;
  msg.aux = echo ? peer.live_clock : 0;
  msg.count = echo ? <u32>min<u64>(since(end, peer.ack_at) / US, u32.MAX_VALUE) : 0;
  msgSend(msg);
}

/** Can what was sent this long ago still be on its way, or the answer? O(voters) from one probe interval on. */
function isFresh(peer: Peer, ago: u64): bool { return ago < self().probe_ns || ago < roundTrip() + peer.rtt_ns; }

/** Sends a node what it misses, unless that is on its way. */
export function syncPeer(n: u32): void {
  const pg = page();
  const peer = peerAt(n);
  if (peer.applied >= pg.last) return;
  const voter = votesSoon(n);
  const upto = voter ? pg.last : pg.applied;
  const has = voter ? known(peer) : peer.applied;
  if (has >= upto) return;
  if (peer.sent_upto > has && isFresh(peer, since(pg.now, peer.sent_at))) return;
  peer.sent_at = pg.now;
  if (has < pg.applied) peer.sent_upto = learnSend(n, peer.applied);
  else {
    stageOne(n, has + 1);
    peer.sent_upto = pg.last;
  }
}

/** How far a node that does not vote is, and nothing on its way; 0 if it needs nothing. */
function lagging(x: u32): u64 {
  const from = max<u64>(peerAt(x).applied, peerAt(x).sent_upto);
  return isVoter(entAt(x)) || from >= page().applied ? 0 : from;
}

/** What is decided, at once, to those who do not vote: one body to all that are as far as the first of them. */
export function learnAll(): void {
  const pg = page();
  let common: u64 = 0;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n && common == 0; i++) common = lagging(liveAt(i));
  const many = learnMany(common);
  if (many == null) common = 0;
  const told = many == null ? 0 : common + many.count;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n && many != null; i++) {
    const x = liveAt(i);
    if (lagging(x) != common) continue;
    underWay(peerAt(x), peerAt(x).applied, told);
    msgTo(many, x);
  }
  if (many != null) msgSend(many);
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    const from = lagging(x);
    if (from == 0 || from == told) continue;
    underWay(peerAt(x), peerAt(x).applied, learnSend(x, from));
  }
}

/** Beats when it is time; gives up when enough voters have not been heard of for long. */
export function beatTick(now: u64): void {
  const me = self();
  if (<u32>page().engine != ENGINE_MASTER) return;
  if (now >= me.next_beat || <u32>fold().phase != PHASE_NONE || fold().ncoming != 0) me.look_due = 1;
  if (now >= me.next_beat) {
    beatAll();
    for (let i: u32 = 0, n = me.nvoter; i < n; i++) if (peerAt(voterAt(i)).ack_ballot == page().ballot) syncPeer(voterAt(i));
    for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) if (!isVoter(entAt(liveAt(i)))) syncPeer(liveAt(i));
  }
  if (since(now, me.quorum_at) > 4 * basicMiss()) engineStep(TE_TIMEOUT);
}

/** May a node that is live by the log still hold a lease, as far as this master can know? */
export function mayHoldLease(n: u32): bool {
  const me = self();
  const now = page().now;
  if (now < me.lease_barrier) return true;
  const peer = peerAt(n);
  if (peer.vouched == 0 || !isLive(entAt(n).state)) return false;
  return since(now, peer.vouched) <= me.lease_ns + (me.lease_ns >> 2);
}

/**
 * The host came `gap` later than it was asked to. If that was the clock, and not the host, no lease has grown older by it: what
 * is waited for ends later by as much. What is left unnoticed is less than half a probe, which the fourth part of a lease covers.
 */
export function leasesWait(gap: u64): void {
  const me = self();
  if (me.lease_barrier != 0) me.lease_barrier = later(me.lease_barrier, gap);
  if (<u32>page().engine != ENGINE_MASTER) return;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const peer = peerAt(liveAt(i));
    if (peer.ack_at != 0) peer.ack_at += gap;
    if (peer.vouched != 0) peer.vouched += gap;
  }
}

/** This master did not run for a while, or its clock jumped: what others seem to have missed in that time is not held against them. */
export function masterPaused(now: u64): void {
  const me = self();
  me.master_since = now;
  me.done_since = now;
  me.lease_barrier = later(now, me.lease_ns + (me.lease_ns >> 2));
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) peerAt(liveAt(i)).done_since = now;
}
