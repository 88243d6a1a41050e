// Nodedowns: who has to go, as one set, through KCLEANUP, UCLEANUP and DOWN.
//
// Invariants: all nodes that are known to be dead go together (S22); nobody goes while it may still hold a lease (S34);
// a phase begins when every live member has finished the callbacks of the one before; more than a minority only with an
// operator's word, except where the mode itself has made sure.

import {
  BITMAP_BYTES, CAUSE_CALLBACK, CAUSE_CLEANUP, CAUSE_DEADLINE, CAUSE_FENCED, CAUSE_GRACEFUL, CAUSE_HEARTBEAT, CAUSE_REBOOT, CAUSE_TAKEOVER,
  EVENT_BLAST, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, MODE_MAJORITY, MODE_MAJORITY_DYNAMIC, NS_DOWN, NS_GOINGDOWN, NS_KCLEANUP,
  NS_UCLEANUP, PHASE_DONE, PHASE_KERNEL, PHASE_NONE, PHASE_USER, MODE_CLASSIC, MODE_CLASSIC_FENCE,
} from "../../abi/clms";
import { since } from "../../lib/span";
import { leaseDrop } from "../detect/lease";
import { isDead } from "../detect/limits";
import { cutUnstable, evidence, verdict, verdictInto } from "../detect/verdict";
import { eventEmit } from "../event";
import { bitGet, bitPut } from "../bits";
import { isVotingMember } from "../fold/electorate";
import { foldApply } from "../fold/fold";
import { FOLD_BYTES, MS, entAt, entIn, fold, foldBase, liveAt, page, peerAt, recAt, scratchFold, self } from "../layout";
import { counts, enoughIf, isFullMember } from "../log/quorum";
import { M_NODEUP_IN_NODEDOWN, M_SET_SPLIT, mutant } from "../mutant";
import { PEER_DOOMED, PEER_EVICT, PEER_FENCED, PEER_LEFTOUT } from "../structs";
import { fenceAsk, mustFence } from "../takeover/fence";
import { TE_TIMEOUT, engineStep } from "../takeover/fsm";
import { backOff } from "../takeover/prevote";
import { mayHoldLease } from "./beat";
import { batchAdd, batchBegin, batchCount, batchDrop, batchEnd, batchRoom } from "./propose";
import { holdsService } from "./services";

/** Nodes that are to go. */
const DEAD: usize = memory.data(<i32>BITMAP_BYTES, 8);

/** Callbacks, and so on, of every live member that is not to go itself are finished up to slot. */
export function allDone(slot: u64): bool {
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    if ((peerAt(x).flags & PEER_DOOMED) != 0) continue;
    const done = x == <u32>page().node ? page().done : peerAt(x).done;
    if (done < slot) return false;
  }
  return true;
}

/** Why live node n is to go; 0 = it is not. */
function causeOf(n: u32): u32 {
  const me = self();
  const peer = peerAt(n);
  const now = page().now;
  if ((peer.flags & PEER_FENCED) != 0 && isDead(n)) return CAUSE_FENCED;
  if ((peer.flags & PEER_EVICT) != 0) return peer.cause;
  if ((peer.flags & PEER_LEFTOUT) != 0) return CAUSE_TAKEOVER;
  if (bitGet(DEAD, n)) return CAUSE_HEARTBEAT;
  if (entAt(n).state == NS_GOINGDOWN) return leaving(n, now);
  const own = n == <u32>page().node;
  const behind = own ? page().done < page().applied : peer.done < page().applied;
  return behind && since(now, own ? me.done_since : peer.done_since) > me.callback_ns ? CAUSE_CALLBACK : 0;
}

/** A node that leaves goes when its services are elsewhere, or when its time is over. */
function leaving(n: u32, now: u64): u32 {
  if (!holdsService(n)) return CAUSE_GRACEFUL;
  const own = n == <u32>page().node;
  const limit = (own ? self().want_deadline : peerAt(n).deadline_ms) * MS;
  return since(now, own ? self().want_since : peerAt(n).want_at) > limit ? CAUSE_DEADLINE : 0;
}

/** Marks who is to go, and why. Returns how many; 0xffffffff: wait, for a lease, a fence, or a cut that is still growing. */
function collect(): u32 {
  const now = page().now;
  const fenced = <u32>fold().mode == MODE_CLASSIC_FENCE;
  let count: u32 = 0;
  let wait = false;
  verdictInto(DEAD);
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    const cause = causeOf(x);
    peerAt(x).flags &= ~PEER_DOOMED;
    if (cause == 0) continue;
    bitPut(DEAD, x, true);
    peerAt(x).flags |= PEER_DOOMED;
    peerAt(x).cause = <u16>cause;
    count += 1;
    const willing = cause == CAUSE_GRACEFUL || x == <u32>page().node;
    if (!willing && !isDead(x) && mayHoldLease(x)) wait = true;
    // Whose acceptance nobody waits for need not be fenced: one that is coming up, one that does not vote.
    if (willing || !fenced || !mustFence(x)) continue;
    fenceAsk(x);
    wait = true;
  }
  if (count == 0) return 0;
  return wait || cutUnstable(now) ? u32.MAX_VALUE : count;
}

/** Does the operator have to be asked? A majority of voters has agreed by quorum; this is about everybody. */
function tooMany(count: u32): bool {
  const mode: u32 = fold().mode;
  const me = self();
  if ((mode != MODE_MAJORITY && mode != MODE_MAJORITY_DYNAMIC) || count << 1 < <u32>fold().nlive || me.override_blast != 0) return false;
  let certain: u32 = 0;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    const cause: u32 = peerAt(x).cause;
    certain += u32(bitGet(DEAD, x) && (isDead(x) || cause == CAUSE_GRACEFUL || cause == CAUSE_REBOOT));
  }
  if ((count - certain) << 1 < <u32>fold().nlive) return false;
  if (me.blast_told == fold().slot) return true;
  me.blast_told = fold().slot;
  eventEmit(EVENT_BLAST).arg = count;
  return true;
}

/** A classic cluster whose batch waits for somebody who is dead meanwhile goes on without it, once that is certain enough. */
export function unblock(): void {
  const mode: u32 = fold().mode;
  if (mode != MODE_CLASSIC && mode != MODE_CLASSIC_FENCE) return;
  // A master that is no member, or will be none, may leave nobody out: one that is may have to.
  let gives = !isFullMember();
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n && !gives; i++) {
    const x = liveAt(i);
    if (x == <u32>page().node || counts(foldBase(), x, page().last) || !verdict(x)) continue;
    if (outlivedBy(x)) gives = true;
    else if (mode == MODE_CLASSIC_FENCE && mustFence(x)) fenceAsk(x);
    else peerAt(x).flags |= PEER_LEFTOUT;
  }
  // Not at once: one that has restarted may accept.
  if (gives && since(page().now, self().batch_at) > 10 * self().poll_ns && engineStep(TE_TIMEOUT)) backOff(page().now);
}

/** Does what is undecided end this node's own membership, and node x is a member still when it does? O(FOLD_BYTES). */
function outlivedBy(x: u32): bool {
  const pg = page();
  const base = scratchFold();
  memory.copy(base, foldBase(), FOLD_BYTES);
  for (let s = pg.applied + 1; s <= pg.last && isVotingMember(entIn(base, pg.node)); s++) foldApply(base, recAt(s));
  return !isVotingMember(entIn(base, pg.node)) && isVotingMember(entIn(base, x));
}

/** May more nodes still join the set that is open? */
function widens(phase: u32): bool {
  if (mutant(M_SET_SPLIT)) return false;
  return phase == PHASE_KERNEL;
}

/** Begins or widens a set, or takes it to its next phase. True: a batch was proposed, or one is to be waited for. */
export function setsWork(): bool {
  const phase: u32 = fold().phase;
  const count = collect();
  if (count != 0 && (phase == PHASE_NONE || widens(phase))) {
    if (count == u32.MAX_VALUE) return true;
    // If all of them have to wait, a set that is open goes on without them.
    if (!tooMany(count) && proposeDeaths()) return true;
  }
  if (phase == PHASE_NONE) return false;
  const next = phase == PHASE_KERNEL || anyIn(NS_KCLEANUP) ? PHASE_USER : PHASE_DONE;
  if (allDone(fold().set_end)) proposePhase(next);
  if (mutant(M_NODEUP_IN_NODEDOWN)) return page().last != page().applied;
  return true;
}

/** Is any node in this state? A phase that a takeover cut short is finished first. */
function anyIn(state: u32): bool {
  for (let n: u32 = 1, top: u32 = fold().top; n <= top; n++) if (<u32>entAt(n).state == state) return true;
  return false;
}

function proposeDeaths(): bool {
  const f = fold();
  if (!batchRoom(8)) return true;
  const id = f.phase == PHASE_NONE ? f.sets + 1 : f.set_id;
  batchBegin();
  batchAdd(KIND_SET_BEGIN, 0, 0, 0, 0, CAUSE_HEARTBEAT, id, PHASE_KERNEL);
  // First those whose vote cannot be had: a cluster that shrinks with each of them is then smaller for the rest.
  addDeaths(id, false);
  addDeaths(id, true);
  if (batchCount() == 1) {
    batchDrop();
    return false;
  }
  batchAdd(KIND_SET_END, 0, 0, 0, 0, 0, id, PHASE_KERNEL);
  self().override_blast = 0;
  batchEnd();
  return true;
}

/** The records of those that are to go and do, or do not, take part in the ballot. */
function addDeaths(id: u32, votes: bool): void {
  const f = fold();
  for (let i: u32 = 0, n: u32 = f.nlive; i < n; i++) {
    const x = liveAt(i);
    const ent = entAt(x);
    if (!bitGet(DEAD, x) || !batchRoom(2) || counts(foldBase(), x, page().applied) != votes) continue;
    if (mutant(M_SET_SPLIT) && batchCount() > 1) return;
    // What could not be decided by those that answer would block everything else: it waits.
    if (<u32>f.mode == MODE_MAJORITY_DYNAMIC && !enoughIf(scratchFold(), x, NS_KCLEANUP, page().applied)) continue;
    batchAdd(KIND_NODE, x, ent.state, NS_KCLEANUP, ent.inc, peerAt(x).cause, id, evidence(x));
    if (x == <u32>page().node) leaseDrop();
    // A classic cluster does not wait for the acceptance of the dead; of others that have to go, it does.
    const cause: u32 = peerAt(x).cause;
    if (cause == CAUSE_HEARTBEAT || cause == CAUSE_REBOOT || isDead(x)) peerAt(x).flags |= PEER_LEFTOUT;
  }
}

function proposePhase(phase: u32): void {
  const f = fold();
  const from = phase == PHASE_USER ? NS_KCLEANUP : NS_UCLEANUP;
  if (!batchRoom(3)) return;
  batchBegin();
  batchAdd(KIND_SET_BEGIN, 0, 0, 0, 0, CAUSE_CLEANUP, f.set_id, phase);
  for (let n: u32 = 1, top: u32 = f.top; n <= top; n++) {
    const ent = entAt(n);
    if (<u32>ent.state != from || !batchRoom(2)) continue;
    batchAdd(KIND_NODE, n, from, phase == PHASE_USER ? NS_UCLEANUP : NS_DOWN, ent.inc, CAUSE_CLEANUP, f.set_id, 0);
  }
  batchAdd(KIND_SET_END, 0, 0, 0, 0, 0, f.set_id, phase);
  batchEnd();
}
