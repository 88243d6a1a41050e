// T1 and T2: the candidate's poll, the others' promise and report.
//
// Invariants: A5 (whoever reports to a ballot accepts nothing below it, and gives up what it does itself); a report
// leaves only when the promise is durable, so does the poll. The candidate's own report is added last: what it has
// learned meanwhile is in it.

import {
  ENGINE_ARBITER, ENGINE_FENCE, ENGINE_HALTED, ENGINE_OBSERVER, ENGINE_OFF, ENGINE_POLL, ENGINE_PROMISE, EOVERFLOW, EPROTO,
  Msg, Msg_SIZE, Report, Report_SIZE, TransRec_SIZE,
} from "../../abi/clms";
import { later, times } from "../../lib/span";
import { missNs } from "../detect/limits";
import { masterSet } from "../event";
import { isClassic, isVotingMember } from "../fold/electorate";
import { entAt, fold, page, peerAt, self } from "../layout";
import { nak, promise, stepDown } from "../log/follow";
import { pullSend } from "../log/learn";
import { isFullMember } from "../log/quorum";
import { votesSoon } from "../master/propose";
import { mergeAdd } from "../merge/add";
import { M_CANDIDATE_GOES_ON, M_NO_PROMISE_ON_REPORT, M_REPORT_EARLY, mutant } from "../mutant";
import { PEER_BOOTING, PEER_REPORTED } from "../structs";
import { pollAsk, pollBegin } from "./ask";
import { cliqueNote } from "./clique";
import { completeTry } from "./complete";
import { TE_DURABLE, engineStep, hasOwnRole } from "./fsm";
import { askTime } from "./prevote";
import { reportSend } from "./report";

/** The own promise is durable: the poll begins. */
export function pollSettle(): void {
  const me = self();
  const pg = page();
  if (<u32>pg.engine != ENGINE_PROMISE || me.durable_promised < pg.ballot) return;
  engineStep(TE_DURABLE);
  masterSet(0);
  me.lease_barrier = me.master_acked == 0 ? 0 : later(me.master_acked, me.lease_ns + (me.lease_ns >> 2));
  me.phase_until = pg.now + askTime();
  me.merge_tried = 0;
  pollBegin();
  completeTry();
}

// @ts-ignore: decorator
@inline function collecting(): bool {
  const engine: u32 = page().engine;
  return engine == ENGINE_POLL || engine == ENGINE_FENCE || engine == ENGINE_ARBITER;
}

export function pollTick(now: u64): void {
  if (!collecting()) return;
  const me = self();
  if (now >= me.poll_due) {
    // Not when time is over: who may be left out then is judged by what has been reported.
    if (me.merge_again != 0 && now < me.phase_until) pollBegin(); else pollAsk();
  }
  completeTry();
}

/** When pollTick wants to be called. */
export function pollDeadline(): u64 {
  const me = self();
  return page().now < me.phase_until ? min<u64>(me.poll_due, me.phase_until) : me.poll_due;
}

export function onPoll(msg: Msg): i32 {
  const pg = page();
  const me = self();
  const engine: u32 = pg.engine;
  if ((msg.ballot & 0xffff) != <u64>msg.from || msg.from == pg.node) return -EPROTO;
  // Who does not vote does not answer, unless it has accepted that it will: what follows that record rests on it, too.
  if (engine == ENGINE_OFF || engine == ENGINE_HALTED || (engine == ENGINE_OBSERVER && !votesSoon(pg.node))) return 0;
  if (msg.ballot < pg.promised) {
    nak(msg.from);
    return 0;
  }
  // This very ballot is master already: a late copy of its poll.
  if (msg.ballot == pg.promised && pg.master == msg.from) return 0;
  if (!mutant(M_CANDIDATE_GOES_ON)) stepDown();
  if (!mutant(M_NO_PROMISE_ON_REPORT)) {
    promise(msg.ballot);
    const own = pg.ballot;
    pg.ballot = msg.ballot;
    if (mutant(M_CANDIDATE_GOES_ON) && hasOwnRole()) pg.ballot = own;
    else masterSet(0);
  }
  // It is heard, and for as long as it asks for, within reason, nobody else need begin: but for the member of a classic cluster
  // that is asked by one that is none, and may have to leave out whom that one may not.
  if (!isClassic(fold().mode) || !isFullMember() || (msg.inc != 0 && isVotingMember(entAt(msg.from)))) {
    me.master_heard = later(pg.now, min<u64>(msg.aux, times(missNs(), 4)));
    me.missed_since = 0;
  }
  me.report_due = msg.ballot;
  me.report_slot = msg.slot;
  reportSettle();
  return 0;
}

/** The promise is durable: the report leaves. */
export function reportSettle(): void {
  const me = self();
  if (me.report_due == 0) return;
  if (me.durable_promised < me.report_due && !mutant(M_REPORT_EARLY) && !mutant(M_NO_PROMISE_ON_REPORT)) return;
  // What it has read meanwhile may have made it an observer.
  if (<u32>page().engine != ENGINE_OBSERVER || votesSoon(page().node)) reportSend(me.report_due, me.report_slot);
  me.report_due = 0;
}

export function onReport(msg: Msg): i32 {
  if (msg.len < Msg_SIZE + Report_SIZE) return -EPROTO;
  const pg = page();
  const me = self();
  if (!collecting() || msg.ballot != pg.ballot) return 0;
  const at = changetype<usize>(msg) + Msg_SIZE;
  const report = changetype<Report>(at);
  if (report.node != msg.from || msg.len != Msg_SIZE + Report_SIZE + msg.count * TransRec_SIZE) return -EPROTO;
  const peer = peerAt(msg.from);
  // It has answered: it is not silent (T6), even if the poll begins anew before it has answered once more.
  if (<u32>msg.from == me.old_master) me.old_master = 0;
  if ((peer.flags & PEER_REPORTED) != 0) return 0;
  const got = mergeAdd(0, at, msg.len - Msg_SIZE, msg.count, msg.lineage);
  if (got == -EOVERFLOW || (got < 0 && report.applied > pg.applied)) pullSend(msg.from);
  if (got < 0) return got == -EOVERFLOW ? 0 : -EPROTO;
  peer.flags |= PEER_REPORTED | (report.booting != 0 ? PEER_BOOTING : 0);
  peer.match = max<u64>(report.last, report.applied);
  peer.applied = report.applied;
  peer.lineage = msg.lineage;
  peer.report_at = pg.now;
  peer.ack_ballot = 0;
  const lease = me.lease_ns + (me.lease_ns >> 2);
  if (report.silent_ns < lease) me.lease_barrier = max<u64>(me.lease_barrier, later(pg.now, lease - report.silent_ns));
  cliqueNote(msg.from, at);
  completeTry();
  return 0;
}
