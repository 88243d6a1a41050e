// T3 to T8: from the reports to the canonical list, and from that to mastership.
//
// Invariants: T4 (the reports suffice for this node's configuration and for every one that the canonical list goes
// through); in a fenced cluster whoever is left out is confirmed dead first; what was decided stays as it is, and the
// undecided tail goes on under the new ballot before anything else is proposed (rule D).

import {
  CAUSE_TAKEOVER, EAGAIN, ENGINE_ARBITER, ENGINE_FENCE, ENGINE_POLL, MODE_CLASSIC_FENCE,
  NS_GOINGDOWN, NS_UP, RECF_REPROPOSED, STAGE_DECIDED, STAGE_PREPARED,
} from "../../abi/clms";
import { since } from "../../lib/span";
import { isDead, isExternal } from "../detect/limits";
import { isClassic, isVoter } from "../fold/electorate";
import { entAt, fold, foldBase, imageBuffer, liveAt, page, peerAt, self, voterAt } from "../layout";
import { applyTo } from "../log/apply";
import { durableHeader } from "../log/durable";
import { pullSend } from "../log/learn";
import { REPORTS, arbiterNeeded, counts, enough } from "../log/quorum";
import { ringCut, ringPut } from "../log/ring";
import { masterBegin } from "../master/begin";
import { votesSoon } from "../master/propose";
import { mergeAdd } from "../merge/add";
import { mergeDecided, mergeFinish, mergeRecord, mergeReported } from "../merge/walk";
import { recOf } from "../record";
import { PEER_BOOTING, PEER_EVICT, PEER_LEFTOUT, PEER_REPORTED, PEER_SUSPECT } from "../structs";
import { arbiterStart } from "./arbiter";
import { pollBegin } from "./ask";
import { cliqueMark } from "./clique";
import { fenceAsk } from "./fence";
import { TE_ARBITER, TE_COMPLETE, TE_TIMEOUT, engineStep } from "./fsm";
import { backOff, mayRun } from "./prevote";
import { reportCount, reportWrite } from "./report";
import { sufficesThroughout } from "./throughout";

/** Times of a poll that a fence, or the arbiter, is waited for. */
// @ts-ignore: decorator
@inline const WAIT_POLLS: u64 = 20;

/** Looks whether the takeover can go on; called after every report, and as time goes on. */
export function completeTry(): void {
  const me = self();
  const pg = page();
  const engine: u32 = pg.engine;
  if (engine != ENGINE_POLL && engine != ENGINE_FENCE && engine != ENGINE_ARBITER) return;
  const over = pg.now >= me.phase_until;
  if (engine != ENGINE_POLL && since(pg.now, me.phase_until) > WAIT_POLLS * me.poll_ns) {
    giveUp();
    return;
  }
  if (pg.applied != me.merge_wait) {
    pollBegin();
    return;
  }
  if (over) leaveOut();
  // The arbiter's vote only when the nodes' own do not suffice, all of them or in time.
  const vote = (over || engine == ENGINE_ARBITER || allReported()) && arbiterNeeded(foldBase()) && me.durable_promised >= pg.ballot;
  const ready = vote || enough(foldBase(), REPORTS);
  if (!ready || (!over && (me.merge_tried != 0 ? !allReported() : missingMember()))) {
    if (over && engine != ENGINE_FENCE && pg.now >= me.phase_until + me.poll_ns) giveUp();
    return;
  }
  const merged = merge();
  if (merged < 0 || !sufficesThroughout(<u32>merged)) {
    // More reports may settle it; they are asked for anew, unless this merge still takes them.
    me.merge_again = u32(merged != -EAGAIN);
    me.merge_tried = 1;
    // A fence that has just been asked for may be what is missing, for a configuration further up the list.
    if (over && <u32>pg.engine != ENGINE_FENCE) giveUp();
  } else goOn(<u32>merged);
}

/** Not now. Somebody who does not vote may know what is decided: one after the other is asked. */
function giveUp(): void {
  const me = self();
  for (let k: u32 = 0, n: u32 = fold().nlive; k < n; k++) {
    const x = liveAt(me.seed_next++ % n);
    if (x == <u32>page().node || (peerAt(x).flags & PEER_REPORTED) != 0) continue;
    pullSend(x);
    break;
  }
  engineStep(TE_TIMEOUT);
  backOff(page().now);
}

/** Has every voter, missed or not? */
function allReported(): bool {
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) {
    const v = voterAt(i);
    if (v != <u32>page().node && (peerAt(v).flags & PEER_REPORTED) == 0) return false;
  }
  return true;
}

/** A member that should be able to answer, and has not yet? After a merge that failed, every voter is waited for instead. */
function missingMember(): bool {
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) {
    const v = voterAt(i);
    if (v == <u32>page().node || (peerAt(v).flags & (PEER_REPORTED | PEER_SUSPECT)) != 0 || isDead(v)) continue;
    if (<u32>entAt(v).state >= NS_UP && <u32>entAt(v).state <= NS_GOINGDOWN && v != self().old_master) return true;
  }
  return false;
}

/** Time is over: a classic cluster goes on without those that did not answer. A node that has restarted may not decide that. */
function leaveOut(): void {
  const mode: u32 = fold().mode;
  if (!isClassic(mode) || page().inc == 0) return;
  for (let i: u32 = 0, n = self().nvoter; i < n; i++) leave(voterAt(i), mode);
  // Nor does it wait for one that will vote by what stands undecided.
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) if (!isVoter(entAt(liveAt(i))) && votesSoon(liveAt(i))) leave(liveAt(i), mode);
}

function leave(v: u32, mode: u32): void {
  const peer = peerAt(v);
  if (v == <u32>page().node || counts(foldBase(), v, REPORTS)) return;
  // A process that came after the member, with its disk lost, has reported: the member is gone, and its vote with it.
  const lost = (peer.flags & PEER_REPORTED) != 0 && (peer.flags & PEER_BOOTING) != 0;
  if (isExternal() && !isDead(v) && !lost) return;
  peer.flags |= PEER_LEFTOUT;
  if (mode == MODE_CLASSIC_FENCE) fenceAsk(v);
}

/** Adds the own report, last, and merges. */
function merge(): i32 {
  const pg = page();
  if (!mergeReported(0, pg.node)) {
    const len = reportWrite(imageBuffer(), pg.applied);
    const got = mergeAdd(0, imageBuffer(), len, reportCount(pg.applied), pg.lineage);
    if (got < 0) return got;
  }
  return mergeFinish(0);
}

/** The list is made: whose word is still needed? */
function goOn(n: u32): void {
  if (self().arb_wanted != 0) {
    if (engineStep(TE_ARBITER)) arbiterStart();
    return;
  }
  take(n);
}

/** The canonical list becomes this node's own: decided records are applied, the tail is proposed again. */
function take(n: u32): void {
  const pg = page();
  const me = self();
  const decided = mergeDecided(0);
  const base = pg.applied;
  for (let i: u32 = 0; i < n; i++) {
    const rec = recOf(mergeRecord(0, i));
    if (i >= decided) rec.flags = <u8>(<u32>rec.flags | RECF_REPROPOSED);
    ringPut(mergeRecord(0, i), i < decided ? rec.ballot : pg.ballot, i < decided ? STAGE_DECIDED : STAGE_PREPARED);
    if (i < decided && !applyTo(base + 1 + i)) return;
  }
  ringCut(max<u64>(pg.applied, base + n));
  // What was decided meanwhile may have taken this node's vote away.
  if (!mayRun()) {
    giveUp();
    return;
  }
  me.arb_free = u32(me.arb_held == 0 || me.arb_ballot != pg.ballot);
  pg.accepted = pg.ballot;
  pg.stored = pg.last;
  durableHeader();
  me.retry = 0;
  if (!engineStep(TE_COMPLETE)) return;
  // Whom an earlier term of this node wanted to leave out is judged by this one's reports.
  for (let x: u32 = 1, top: u32 = fold().top; x <= top; x++) {
    if (<u32>peerAt(x).cause == CAUSE_TAKEOVER) peerAt(x).flags &= ~PEER_EVICT;
  }
  cliqueMark();
  masterBegin();
}
