// Whom this node listens to: the promise, the master, the end of an own role.
//
// Invariant (A5, A6): promised never falls; a node that promises a higher ballot gives up what it does under a lower one.

import { ENGINE_HALTED, EVENT_DIVERGED, MSG_NAK } from "../../abi/clms";
import { engineSet, eventEmit, masterSet } from "../event";
import { page, self } from "../layout";
import { M_CANDIDATE_GOES_ON, mutant } from "../mutant";
import { msgBegin, msgSend } from "../out";
import { TE_HIGHER, engineStep } from "../takeover/fsm";
import { durableHeader } from "./durable";

/** Promises to accept nothing below this ballot. */
export function promise(ballot: u64): void {
  const pg = page();
  if (ballot <= pg.promised) return;
  pg.promised = ballot;
  const stored = pg.stored;
  if (pg.accepted != ballot) pg.stored = pg.applied;
  if (mutant(M_CANDIDATE_GOES_ON)) pg.stored = stored;
  self().round_seen = max<u64>(self().round_seen, ballot >> 16);
  durableHeader();
}

/** Gives up candidacy or mastership. */
export function stepDown(): void {
  if (!engineStep(TE_HIGHER)) return;
  const me = self();
  // A moment, so that the one who went ahead gets through.
  me.backoff_until = page().now + me.probe_ns;
}

/** A master speaks in a ballot that is not below the promise: it is followed. */
export function follow(ballot: u64, node: u32): void {
  const pg = page();
  if (node != <u32>pg.node && !mutant(M_CANDIDATE_GOES_ON)) stepDown();
  promise(ballot);
  if (pg.ballot != ballot || <u32>pg.master != node) {
    pg.ballot = ballot;
    masterSet(node);
    self().echo_clock = 0;
  }
  self().master_heard = pg.now;
  self().report_due = 0;
}

/** A higher ballot is promised: whoever asked in a lower one is told. */
export function nak(to: u32): void {
  const msg = msgBegin(MSG_NAK, to, 0);
  msg.ballot = page().promised;
  msgSend(msg);
}

/** The history of this node contradicts the cluster's: it takes no part any more. */
export function halt(slot: u64): void {
  const pg = page();
  if (<u32>pg.engine == ENGINE_HALTED) return;
  engineSet(ENGINE_HALTED);
  masterSet(0);
  pg.inc = 0;
  self().inc_given = 0;
  const ev = eventEmit(EVENT_DIVERGED);
  ev.slot = slot;
  ev.node = pg.node;
}
