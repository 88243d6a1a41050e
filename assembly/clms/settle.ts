// The end of every step: what has become possible is done, what is due is sent, and the host is told when to come back.
//
// Everything here is level-triggered: it looks at how things stand, so nothing is lost if it is called once too rarely,
// and nothing happens if it is called once too often.

import { ENGINE_ARBITER, ENGINE_FENCE, ENGINE_FOLLOWER, ENGINE_HALTED, ENGINE_MASTER, ENGINE_OFF, ENGINE_POLL, ENGINE_PREVOTE } from "../abi/clms";
import { appDeadline, appLeaseHeld, appLeaseLost } from "./app/applied";
import { gateSettle } from "./app/gate";
import { leaseDeadline, leaseTick } from "./detect/lease";
import { detectDeadline } from "./detect/probe";
import { NEVER, page, self } from "./layout";
import { ackSettle } from "./log/ack";
import { masterSettle, roleSettle } from "./master/work";
import { joinDeadline } from "./node/join";
import { timeCheck } from "./pause";
import { pollDeadline, pollSettle, reportSettle } from "./takeover/poll";
import { prevoteDeadline } from "./takeover/prevote";

export function settle(): void {
  const pg = page();
  timeCheck();
  const engine: u32 = pg.engine;
  if (leaseTick(pg.now)) {
    if (pg.lease != 0) appLeaseHeld(); else appLeaseLost();
  }
  if (engine != ENGINE_OFF && engine != ENGINE_HALTED) {
    roleSettle();
    pollSettle();
    reportSettle();
    masterSettle();
    ackSettle();
  }
  gateSettle();
  pg.deadline = deadline();
}

/** When clms_time_advance has something to do next. */
function deadline(): u64 {
  const engine: u32 = page().engine;
  if (engine == ENGINE_OFF) return NEVER;
  let due = min<u64>(min<u64>(appDeadline(), leaseDeadline()), joinDeadline());
  if (engine == ENGINE_HALTED) return due;
  due = min<u64>(due, detectDeadline());
  if (engine == ENGINE_MASTER) due = min<u64>(due, self().next_beat);
  if (engine == ENGINE_FOLLOWER || engine == ENGINE_PREVOTE) due = min<u64>(due, prevoteDeadline());
  if (engine == ENGINE_POLL || engine == ENGINE_FENCE || engine == ENGINE_ARBITER) due = min<u64>(due, pollDeadline());
  return due;
}
