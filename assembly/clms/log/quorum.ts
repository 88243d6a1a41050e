// What counts as enough, in each mode: for a record to be decided, for a takeover to go on.
//
// Invariant (A14): the answer for slot s follows from a fold at s−1 (and at s, if s changes it), never from who happened
// to answer. Whose vote counts: role and votes of the entry, the lineage of its durable state, not LEARNING, and a log
// that reaches its last COMINGUP. A classic member is a voter in UP, SHUTDOWN or GOINGDOWN; if there is none any more,
// those that went down last, for they have everything; if there never was one, every voter.

import {
  ENTF_INSET, ENTF_LEARNING, MODE_ARBITER, MODE_CLASSIC, MODE_CLASSIC_FENCE, MODE_MAJORITY_DYNAMIC, NS_GOINGDOWN, NS_UP, NodeEnt,
  ROLE_OBSERVER,
} from "../../abi/clms";
import { bitGet, bitsMeet } from "../bits";
import { isLive } from "../fold/edges";
import { isVoter } from "../fold/fold";
import { entIn, foldAt, foldBase, page, peerAt, self, voterAt } from "../layout";
import { M_EMPTY_DISK_VOTES, M_FEW_REPORTS, M_OBSERVER_COUNTED, M_QUORUM_OF_ANSWERED, mutant } from "../mutant";
import { PEER_FENCED, PEER_LEFTOUT, PEER_REPORTED, Self_register_OFF } from "../structs";

/** Asked about reports instead of a slot's acceptances. */
// @ts-ignore: decorator
@inline export const REPORTS: u64 = 0;

/** Asked whether a beat sent at self().since_asked, or later, was acknowledged. */
// @ts-ignore: decorator
@inline export const SINCE: u64 = u64.MAX_VALUE;

/** The set of nodes in the arbiter's register, as last read or written. */
// @ts-ignore: decorator
@inline export function registerSet(): usize { return changetype<usize>(self()) + Self_register_OFF + 16; }

/** Has node n accepted slot durably in the ballot that runs, or (slot REPORTS) reported to the poll? How far its log reaches; 0 = no. */
function reach(n: u32, slot: u64): u64 {
  const pg = page();
  const me = self();
  if (n == <u32>pg.node) {
    if (slot == SINCE) return SINCE;
    if (slot == REPORTS) return me.durable_promised >= pg.ballot ? pg.last + 1 : 0;
    if (pg.stored < slot || me.durable_ballot != pg.ballot) return 0;
    return me.durable_slot >= slot ? me.durable_slot : 0;
  }
  const peer = peerAt(n);
  if (slot == REPORTS) return (peer.flags & PEER_REPORTED) != 0 ? peer.match + 1 : 0;
  if (slot == SINCE) return peer.ack_ballot == pg.ballot && peer.ack_echo >= me.since_asked ? SINCE : 0;
  return peer.ack_ballot == pg.ballot && peer.match >= slot ? peer.match : 0;
}

/** Does it, and does its vote count in this fold? */
export function counts(base: usize, n: u32, slot: u64): bool {
  const got = reach(n, slot);
  if (got == 0) return false;
  if (mutant(M_EMPTY_DISK_VOTES)) return true;
  const ent = entIn(base, n);
  const lineage = n == <u32>page().node ? page().lineage : peerAt(n).lineage;
  if ((<u32>ent.flags & ENTF_LEARNING) != 0 || lineage == 0 || lineage != ent.lineage) return false;
  return got >= <u64>ent.born;
}

/** May a classic cluster go on without this node? A node that has restarted may not say so: it may be the one that missed all. */
function leftOut(base: usize, n: u32): bool {
  const flags = peerAt(n).flags;
  if (page().inc == 0 || !classicMember(entIn(base, n))) return false;
  if (foldAt(base).mode == MODE_CLASSIC) return (flags & PEER_LEFTOUT) != 0;
  return (flags & PEER_LEFTOUT) != 0 && (flags & PEER_FENCED) != 0 && peerAt(n).fence_inc == entIn(base, n).inc;
}

// @ts-ignore: decorator
@inline function classicMember(ent: NodeEnt): bool { return <u32>ent.state >= NS_UP && <u32>ent.state <= NS_GOINGDOWN; }

/** Enough for `slot` (or REPORTS) by the configuration of this fold? O(voters) for the fold of this node, O(NODE_MAX) for another. */
export function enough(base: usize, slot: u64): bool {
  const mode: u32 = foldAt(base).mode;
  if (mode == MODE_CLASSIC || mode == MODE_CLASSIC_FENCE) return allMembers(base, slot);
  const own = base == foldBase();
  const n: u32 = own ? self().nvoter : foldAt(base).top;
  const all = mode != MODE_MAJORITY_DYNAMIC || !anyLive(base, own, n);
  let total: u32 = mode == MODE_ARBITER ? 1 : 0;
  let votes: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const node = own ? voterAt(i) : i + 1;
    const ent = entIn(base, node);
    if (mutant(M_OBSERVER_COUNTED) && <u32>ent.role == ROLE_OBSERVER && reach(node, slot) != 0) votes += 1;
    if (!isVoter(ent) || (!all && !countsLive(ent))) continue;
    if (mutant(M_QUORUM_OF_ANSWERED) && reach(node, slot) == 0 && peerAt(node).flags & PEER_LEFTOUT) continue;
    total += ent.votes;
    if (counts(base, node, slot)) votes += ent.votes;
  }
  if (mutant(M_FEW_REPORTS) && slot == REPORTS) votes += 1;
  if (votes << 1 > total) return true;
  return mode == MODE_ARBITER && (votes + 1) << 1 > total && arbiterAgrees(base, slot);
}

/** Does a cluster that shrinks count this node: it is live, and its vote would count? */
// @ts-ignore: decorator
@inline function countsLive(ent: NodeEnt): bool {
  return isVoter(ent) && isLive(ent.state) && (<u32>ent.flags & ENTF_LEARNING) == 0;
}

function anyLive(base: usize, own: bool, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (countsLive(entIn(base, own ? voterAt(i) : i + 1))) return true;
  return false;
}

/** Would those that have accepted slot still be enough for a cluster that shrinks, if it went on without node n? O(NODE_MAX). */
export function enoughWithout(base: usize, n: u32, slot: u64): bool {
  let total: u32 = 0;
  let votes: u32 = 0;
  for (let v: u32 = 1, top: u32 = foldAt(base).top; v <= top; v++) {
    const ent = entIn(base, v);
    if (v == n || !countsLive(ent)) continue;
    total += ent.votes;
    if (counts(base, v, slot)) votes += ent.votes;
  }
  return total == 0 || votes << 1 > total;
}

/** The arbiter's vote: its register names this very ballot, and every node of its set agrees. */
function arbiterAgrees(base: usize, slot: u64): bool {
  const me = self();
  if (me.arb_held == 0 || me.arb_ballot != page().ballot) return false;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    if (bitGet(registerSet(), n) && !counts(base, n, slot)) return false;
  }
  return true;
}

/** Would a set with the arbiter's vote suffice, and may the register be changed to it from what it holds? */
export function arbiterMay(base: usize, set: usize): bool {
  let total: u32 = 1;
  let votes: u32 = 0;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    const ent = entIn(base, n);
    if (!isVoter(ent)) continue;
    total += ent.votes;
    if (bitGet(set, n)) votes += ent.votes;
  }
  if ((votes + 1) << 1 <= total) return false;
  return self().arb_seen == 0 || bitsMeet(set, registerSet());
}

/** Whom a classic cluster asks: members; the set that goes down, if it was the last of them; those that went last; everybody. */
// @ts-ignore: decorator
@inline const ASK_MEMBERS: u32 = 0;
// @ts-ignore: decorator
@inline const ASK_SET: u32 = 1;
// @ts-ignore: decorator
@inline const ASK_LAST: u32 = 2;
// @ts-ignore: decorator
@inline const ASK_ALL: u32 = 3;

function mustAgree(base: usize, n: u32, whom: u32): bool {
  const ent = entIn(base, n);
  if (!isVoter(ent)) return false;
  if (whom == ASK_MEMBERS) return classicMember(ent);
  if (whom == ASK_ALL) return true;
  if ((<u32>ent.flags & ENTF_LEARNING) != 0) return false;
  return whom == ASK_SET ? (<u32>ent.flags & ENTF_INSET) != 0 : ent.last_slot > foldAt(base).set_begin;
}

function askWhom(base: usize): u32 {
  const f = foldAt(base);
  for (let whom: u32 = ASK_MEMBERS; whom < ASK_ALL; whom++) {
    for (let n: u32 = 1, top: u32 = f.top; n <= top; n++) if ((whom != ASK_LAST || f.sets != 0) && mustAgree(base, n, whom)) return whom;
  }
  return ASK_ALL;
}

/** Every classic member agrees, but for those that may be left out; somebody does. */
function allMembers(base: usize, slot: u64): bool {
  const whom = askWhom(base);
  let agreed = false;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    if (!mustAgree(base, n, whom)) continue;
    if (counts(base, n, slot)) agreed = true;
    else if (!leftOut(base, n)) return false;
  }
  return agreed;
}
