// A report: what this node knows, put together for a candidate, or for a host that merges on its own.

import {
  EPERM, MSG_MAX, MSG_REPORT, Msg_SIZE, Report, Report_SIZE, Report_deaf_OFF, Report_hears_OFF, TransRec_SIZE,
} from "../../abi/clms";
import { deafInto, hearsInto } from "../detect/probe";
import { fold, imageBuffer, page, recAt, self } from "../layout";
import { msgBegin, msgSend } from "../out";
import { recCopy } from "../record";

/** Records that a report above slot holds. */
export function reportCount(slot: u64): u32 {
  const pg = page();
  const from = max<u64>(slot + 1, max<u64>(pg.low, 1));
  return pg.last >= from ? <u32>(pg.last - from + 1) : 0;
}

/** Writes the report above slot; returns its bytes. O(RING_MAX). */
export function reportWrite(at: usize, slot: u64): u32 {
  const pg = page();
  const me = self();
  memory.fill(at, 0, Report_SIZE);
  const report = changetype<Report>(at);
  const n = reportCount(slot);
  report.from = max<u64>(slot + 1, max<u64>(pg.low, 1));
  report.low = pg.low;
  report.applied = pg.applied;
  report.applied_hash = fold().hash;
  report.last = max<u64>(pg.last, pg.applied);
  report.promised = pg.promised;
  report.accepted = pg.accepted;
  report.silent_ns = pg.now - min<u64>(pg.now, me.master_acked);
  hearsInto(at + Report_hears_OFF);
  deafInto(at + Report_deaf_OFF);
  report.node = pg.node;
  report.booting = <u8>me.booting;
  for (let i: u32 = 0; i < n; i++) recCopy(at + Report_SIZE + i * TransRec_SIZE, changetype<usize>(recAt(report.from + i)));
  return Report_SIZE + n * TransRec_SIZE;
}

/** Sends it to the candidate of a ballot, who has applied up to slot. */
export function reportSend(ballot: u64, slot: u64): void {
  const n = reportCount(slot);
  const msg = msgBegin(MSG_REPORT, <u32>ballot & 0xffff, Report_SIZE + n * TransRec_SIZE);
  reportWrite(changetype<usize>(msg) + Msg_SIZE, slot);
  msg.ballot = ballot;
  msg.count = n;
  msg.slot = page().applied;
  msgSend(msg);
}

export function clms_report(slot_lo: u32, slot_hi: u32): i32 {
  if (self().started == 0) return -EPERM;
  const len = reportWrite(imageBuffer(), <u64>slot_lo | (<u64>slot_hi << 32));
  assert(len <= MSG_MAX);
  page().merge_from = <u32>imageBuffer();
  return <i32>len;
}
