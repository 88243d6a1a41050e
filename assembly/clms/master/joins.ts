// Joins on the master: who may come in, in which order, with which incarnation.
//
// Invariants: one node comes up at a time (several only with BATCH_JOINS), none while a set of nodedowns is open; an
// incarnation is given once (inc + 1); a number belongs to one uuid; a node that comes back without its old
// incarnation having been removed is removed first; without its durable state it comes FRESH.

import {
  CAUSE_JOIN, CAUSE_REBOOT, CFGOP_NODE, CONFF_BATCH_JOINS, ENGINE_MASTER, ENTF_USED, EPROTO, Join, Join_SIZE, KIND_CONFIG, KIND_NODE,
  MSG_HINT, MSG_REFUSE, Msg, Msg_SIZE, NS_COMINGUP, NS_DOWN, NS_GOINGDOWN, NodeEnt, PHASE_NONE, RECF_FRESH, REFUSED_FULL,
  REFUSED_GENESIS, REFUSED_IDENTITY, REFUSED_PROTO, RING_MAX, ROLE_WITNESS, VOTER_MAX, VOTES_MAX,
} from "../../abi/clms";
import { since } from "../../lib/span";
import { basicMiss } from "../detect/limits";
import { isLive } from "../fold/edges";
import { roleVotes } from "../fold/electorate";
import { nodeArg } from "../fold/nodearg";
import { entAt, fold, foldBase, page, peerAt, recAt, self, uidIn } from "../layout";
import { learnSend } from "../log/learn";
import { enoughBeside } from "../log/quorum";
import { hashAt, ringHas } from "../log/ring";
import { M_EMPTY_DISK_VOTES, M_INC_REUSED, M_NODEUP_IN_NODEDOWN, mutant } from "../mutant";
import { msgBegin, msgSend } from "../out";
import { PEER_EVICT, PEER_JOINING, Peer } from "../structs";
import { batchAdd, batchAddFlags, batchBegin, batchCount, batchEnd, batchRoom } from "./propose";

/** Joins that may enter in one batch: up to two records each. */
// @ts-ignore: decorator
@inline const JOINS_AT_ONCE: u32 = 100;

export function refuse(to: u32, why: u32, slot: u64): void {
  const msg = msgBegin(MSG_REFUSE, to, 0);
  msg.aux = why;
  msg.slot = slot;
  // Of a removal also its hash, and how high the ballot is that it rests on: two histories show that they are two.
  msg.clock = slot == 0 ? 0 : hashAt(slot);
  msg.ballot = page().ballot;
  msgSend(msg);
}

export function hint(to: u32): void {
  const msg = msgBegin(MSG_HINT, to, 0);
  msg.aux = page().master;
  msg.ballot = page().ballot;
  msgSend(msg);
}

/** Why a join cannot be granted, ever; 0 = it can. */
function whyNot(n: u32, join: Join): u32 {
  const f = fold();
  const ent = entAt(n);
  const uid = load<u64>(uidIn(foldBase(), n));
  if (join.genesis != 0 && join.genesis != f.genesis) return REFUSED_GENESIS;
  if (uid != 0 && uid != join.uid) return REFUSED_IDENTITY;
  if (<u32>join.proto_min > <u32>f.proto || <u32>join.proto_max < <u32>f.proto) return REFUSED_PROTO;
  const newVoter = roleVotes(join.role) && join.votes != 0 && (<u32>ent.flags & ENTF_USED) == 0;
  return newVoter && self().nvoter >= VOTER_MAX ? REFUSED_FULL : 0;
}

export function onJoin(msg: Msg): i32 {
  if (msg.len != Msg_SIZE + Join_SIZE) return -EPROTO;
  const join = changetype<Join>(changetype<usize>(msg) + Msg_SIZE);
  const pg = page();
  if (join.uid == 0 || <u32>join.role > ROLE_WITNESS || <u32>join.votes > VOTES_MAX || join.proto_min > join.proto_max) return -EPROTO;
  if (<u32>pg.engine != ENGINE_MASTER) {
    hint(msg.from);
    return 0;
  }
  const why = whyNot(msg.from, join);
  if (why != 0) {
    refuse(msg.from, why, 0);
    return 0;
  }
  wish(msg.from, join);
  peerAt(msg.from).applied = msg.applied;
  if (msg.applied < pg.applied) learnSend(msg.from, msg.applied);
  reboot(msg.from);
  return 0;
}

/** Notes what a join says. */
function wish(n: u32, join: Join): void {
  const peer = peerAt(n);
  const me = self();
  me.look_due = 1;
  me.join_top = max<u32>(me.join_top, n);
  const again = (peer.flags & PEER_JOINING) != 0 && peer.join_boot == join.boot;
  if (!again) peer.join_seq = ++me.join_seq;
  if (!again) peer.join_first = page().now;
  peer.flags |= PEER_JOINING;
  peer.join_at = page().now;
  peer.join_uid = join.uid;
  peer.join_boot = join.boot;
  peer.join_inc = join.inc;
  peer.join_lineage = join.lineage;
  peer.join_votes = join.votes;
  peer.join_role = join.role;
  peer.join_site = join.site;
  peer.join_pmin = join.proto_min;
  peer.join_pmax = join.proto_max;
}

/** This node itself asks to join: it is master before it is a member. */
export function joinOwn(at: usize): void {
  const join = changetype<Join>(at);
  if (whyNot(page().node, join) == 0) wish(page().node, join);
  reboot(page().node);
}

/** A live node asks to join: it has restarted, unless this is an old message. The incarnation before it goes first. */
function reboot(n: u32): void {
  const ent = entAt(n);
  const peer = peerAt(n);
  if (!isLive(ent.state)) return;
  const born: u64 = ent.born;
  const known = ringHas(born) && recAt(born).slot == born;
  if (known && recAt(born).set_id == peer.join_boot) {
    peer.flags &= ~PEER_JOINING;
    return;
  }
  const own = n == <u32>page().node;
  const gone = own || since(page().now, max<u64>(peer.heard, self().master_since)) > 2 * basicMiss();
  if (peer.join_inc != ent.inc && !gone) return;
  peer.flags |= PEER_EVICT;
  peer.cause = <u16>CAUSE_REBOOT;
}

/** Is this node waiting, and can it come in now? */
function mayEnter(n: u32): bool {
  const me = self();
  const peer = peerAt(n);
  const ent = entAt(n);
  const own = n == <u32>page().node;
  if ((peer.flags & PEER_JOINING) == 0 || isLive(ent.state)) return false;
  if (<u32>ent.state > NS_GOINGDOWN && <u32>ent.state < NS_DOWN && !mutant(M_NODEUP_IN_NODEDOWN)) return false;
  // A wish that is not repeated is that of a process that is gone.
  if (!own && since(page().now, peer.join_at) > 5 * me.probe_ns) {
    peer.flags &= ~PEER_JOINING;
    return false;
  }
  if (!own && peer.applied + RING_MAX / 2 < page().applied) return false;
  // A vote more that cannot be given yet: not while all those that can are needed.
  const newVoter = (<u32>ent.flags & ENTF_USED) == 0 && roleVotes(peer.join_role) && peer.join_votes != 0;
  if (newVoter && !enoughBeside(foldBase(), n, peer.join_votes, page().applied)) return false;
  return (me.flags & CONFF_BATCH_JOINS) == 0 || since(page().now, peer.join_first) >= me.batch_ns;
}

/** Proposes the next join, or a batch of them. */
export function joinsWork(): bool {
  const f = fold();
  const me = self();
  if (f.phase != PHASE_NONE && !mutant(M_NODEUP_IN_NODEDOWN)) return false;
  const many = (me.flags & CONFF_BATCH_JOINS) != 0;
  if (f.ncoming != 0 || !batchRoom(4)) return false;
  let open = false;
  for (let k: u32 = 0, most: u32 = many ? JOINS_AT_ONCE : 1; k < most && batchRoomOpen(open); k++) {
    const n = nextJoin();
    if (n == 0) break;
    if (!open) batchBegin();
    open = true;
    enter(n);
  }
  if (!open || batchCount() == 0) return false;
  batchEnd();
  return true;
}

// @ts-ignore: decorator
@inline function batchRoomOpen(open: bool): bool { return !open || batchRoom(2); }

/** Who has waited longest; ties by number cannot be, for each has its own place. O(NODE_MAX). */
function nextJoin(): u32 {
  let found: u32 = 0;
  let first: u32 = u32.MAX_VALUE;
  for (let n: u32 = 1, top = self().join_top; n <= top; n++) {
    const peer = peerAt(n);
    if ((peer.flags & PEER_JOINING) == 0 || peer.join_seq >= first || !mayEnter(n)) continue;
    found = n;
    first = peer.join_seq;
  }
  return found;
}

/** The records of one join. */
function enter(n: u32): void {
  const ent = entAt(n);
  const peer = peerAt(n);
  const known = (<u32>ent.flags & ENTF_USED) != 0;
  const differs = ent.proto_min != peer.join_pmin || ent.proto_max != peer.join_pmax || ent.site != peer.join_site;
  const role: u32 = known ? <u32>ent.role : <u32>peer.join_role;
  const votes: u32 = known ? <u32>ent.votes : <u32>peer.join_votes;
  peer.flags &= ~PEER_JOINING;
  const arg = nodeArg(role, peer.join_site, votes, peer.join_pmin, peer.join_pmax);
  if (!known || differs) batchAdd(KIND_CONFIG, n, 0, CFGOP_NODE, 0, CAUSE_JOIN, 0, arg);
  const flags = isFresh(ent, peer) && !mutant(M_EMPTY_DISK_VOTES) ? RECF_FRESH : 0;
  const inc = ent.inc + u32(!mutant(M_INC_REUSED) || ent.inc == 0);
  batchAddFlags(KIND_NODE, n, ent.state, NS_COMINGUP, inc, CAUSE_JOIN, peer.join_boot, peer.join_uid, flags);
}

/** Does it come without the durable state that its vote rests on? */
function isFresh(ent: NodeEnt, peer: Peer): bool {
  return peer.join_lineage == 0 || peer.join_lineage != ent.lineage || peer.join_inc < ent.inc;
}
