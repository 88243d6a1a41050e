// What counts as enough, in each mode: for a record to be decided, for a takeover to go on.
//
// Invariant (A14): the answer for slot s follows from a fold at s−1 (and at s, if s changes it), never from who happened
// to answer. Whose vote counts: role and votes of the entry, the lineage of its durable state, not LEARNING, and a log
// that reaches its last COMINGUP. Whose votes are counted at all: fold/electorate.ts.

import { ENTF_LEARNING, MODE_ARBITER, MODE_CLASSIC, NODE_MAX, NS_UP, ROLE_VOTER } from "../../abi/clms";
import { bitGet, bitsMeet } from "../bits";
import { electorate, elects, isClassic, isVoter, isVotingMember } from "../fold/electorate";
import { entAt, entIn, foldAt, foldBase, page, peerAt, self } from "../layout";
import { M_EMPTY_DISK_VOTES, M_FEW_REPORTS, M_QUORUM_OF_ANSWERED, mutant } from "../mutant";
import { PEER_DEAD, PEER_FENCED, PEER_LEFTOUT, PEER_REPORTED, Self_register_OFF } from "../structs";

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
  // Whose own COMINGUP is decided has it in its log, if that is the log it had: in an undecided tail it may be missing.
  return got >= <u64>(slot == REPORTS ? entAt(n).born : ent.born);
}

/** Is this node a member itself, in this very incarnation? Who has restarted, or comes up, may have missed all that the others did. */
export function isFullMember(): bool { return page().inc != 0 && isVotingMember(entAt(page().node)); }

/** May a classic cluster go on without this node? Only a member may say so, and not beyond a record that removes it itself. */
function leftOut(base: usize, n: u32): bool {
  const flags = peerAt(n).flags;
  if (!isFullMember() || !isVotingMember(entIn(base, page().node)) || !isVotingMember(entIn(base, n))) return false;
  if (foldAt(base).mode == MODE_CLASSIC) return (flags & PEER_LEFTOUT) != 0;
  return (flags & PEER_LEFTOUT) != 0 && (flags & (PEER_DEAD | PEER_FENCED)) != 0 && peerAt(n).fence_inc == entIn(base, n).inc;
}

/** Enough for `slot` (or REPORTS) by the configuration of this fold? O(NODE_MAX). */
export function enough(base: usize, slot: u64): bool {
  const mode: u32 = foldAt(base).mode;
  const whom = electorate(base);
  if (isClassic(mode)) return allAgree(base, whom, slot);
  let total: u32 = mode == MODE_ARBITER ? 1 : 0;
  let votes: u32 = 0;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    const ent = entIn(base, n);
    if (!elects(whom, ent)) continue;
    if (mutant(M_QUORUM_OF_ANSWERED) && reach(n, slot) == 0 && peerAt(n).flags & PEER_LEFTOUT) continue;
    total += ent.votes;
    if (counts(base, n, slot)) votes += ent.votes;
  }
  if (mutant(M_FEW_REPORTS) && slot == REPORTS) votes += 1;
  if (votes << 1 > total) return true;
  return mode == MODE_ARBITER && (votes + 1) << 1 > total && arbiterAgrees(base, slot);
}

/** Would it be enough if the arbiter, in a cluster that has one, gave its vote? O(NODE_MAX). */
export function enoughWithArbiter(base: usize, slot: u64): bool {
  if (<u32>foldAt(base).mode != MODE_ARBITER) return enough(base, slot);
  let total: u32 = 1;
  let votes: u32 = 1;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    const ent = entIn(base, n);
    if (!isVoter(ent)) continue;
    total += ent.votes;
    if (counts(base, n, slot)) votes += ent.votes;
  }
  return votes << 1 > total;
}

/** Do the reports not suffice by this configuration, but would with the arbiter's vote? */
export function arbiterNeeded(base: usize): bool {
  return <u32>foldAt(base).mode == MODE_ARBITER && !enough(base, REPORTS) && enoughWithArbiter(base, REPORTS);
}

/** Would those that have accepted slot be enough beside a new voter, who has nothing yet? O(NODE_MAX). */
export function enoughBeside(base: usize, n: u32, votes: u32, slot: u64): bool {
  const ent = entIn(base, n);
  const role = ent.role;
  const had = ent.votes;
  ent.role = <u8>ROLE_VOTER;
  ent.votes = <u8>votes;
  const top = foldAt(base).top;
  foldAt(base).top = <u16>max<u32>(top, n);
  const result = enoughWithArbiter(base, slot);
  foldAt(base).top = top;
  ent.role = role;
  ent.votes = had;
  return result;
}

/** Would those that have accepted slot be enough for this cluster, if node n were in another state? O(NODE_MAX). */
export function enoughIf(base: usize, n: u32, to: u32, slot: u64): bool {
  const ent = entIn(base, n);
  const state = ent.state;
  const flags = ent.flags;
  ent.state = <u8>to;
  if (to == NS_UP) ent.flags = <u8>(<u32>flags & ~ENTF_LEARNING);
  const result = enough(base, slot);
  ent.state = state;
  ent.flags = flags;
  return result;
}

/** Every one of them agrees, but for those that may be left out; somebody does. */
function allAgree(base: usize, whom: u32, slot: u64): bool {
  let agreed = false;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    if (!elects(whom, entIn(base, n))) continue;
    if (counts(base, n, slot)) agreed = true;
    else if (!leftOut(base, n)) return false;
  }
  return agreed;
}

/** Does node n of the arbiter's set agree? One that ceases to vote with this very record still has to, as a voter before it. */
export function agrees(base: usize, n: u32, slot: u64): bool { return counts(isVoter(entIn(base, n)) ? base : foldBase(), n, slot); }

/** The arbiter's vote: its register names this very ballot, and every node of its set agrees. */
function arbiterAgrees(base: usize, slot: u64): bool {
  const me = self();
  if (me.arb_held == 0 || me.arb_ballot != page().ballot) return false;
  for (let n: u32 = 1; n <= NODE_MAX; n++) if (bitGet(registerSet(), n) && !agrees(base, n, slot)) return false;
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
