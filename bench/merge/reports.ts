// The reports of a case: what each node tells about one history, as nodes do after a crash: most are decided up to almost
// the end, each a little less far than the next, with a tail that is accepted only.

import { LIMIT, RECF, Report, STAGE, TransRec } from "../../host/core/abi/clms.js";
import type { MergeCase } from "./cases.js";
import type { Start } from "./history.js";

/** What is written over the head of the report in the inbox for one reporter, if reports are not copied. */
export interface Step {
  node: number;
  /** bytes of the report */
  len: number;
  applied: bigint;
  appliedHash: bigint;
  last: bigint;
}
/** Bytes of a step in the twin's file: node u32, len u32, applied, applied_hash, last. */
export const STEP_BYTES = 32;

export interface Reports {
  steps: Step[];
  /** one image if they are not copied, else one for each step, one behind the other */
  images: Uint8Array;
  /** records in all */
  records: number;
}

/** Records at the end that nobody knows to be decided. */
const OPEN = 8;

export function makeReports(c: MergeCase, start: Start, bytes: Uint8Array): Reports {
  const dv = new DataView(bytes.buffer);
  const count = bytes.length / TransRec.SIZE;
  const steps = Array.from({ length: c.reports }, (_, i) => {
    const held = count - (i % 3);
    const decided = Math.max(1, count - OPEN - (i % 7));
    return {
      node: i + 1,
      len: Report.SIZE + held * TransRec.SIZE,
      applied: start.slot + BigInt(decided),
      appliedHash: dv.getBigUint64((decided - 1) * TransRec.SIZE + TransRec.self_hash, true),
      last: start.slot + BigInt(held),
    };
  });
  const records = steps.reduce((sum, s) => sum + (s.len - Report.SIZE) / TransRec.SIZE, 0);
  const images = c.copied ? steps.map((s, i) => ownImage(start, bytes, s, i)) : [image(start, bytes, steps[0])];
  if (images.some((i) => i.length > LIMIT.MSG_MAX)) throw new Error(`${c.name}: a report is longer than a message`);
  return { steps, images: Buffer.concat(images), records };
}

/** The report of one step. */
function image(start: Start, bytes: Uint8Array, step: Step): Uint8Array {
  const out = new Uint8Array(step.len);
  const dv = new DataView(out.buffer);
  const newest = new DataView(bytes.buffer).getBigUint64(bytes.length - TransRec.SIZE + TransRec.ballot, true);
  dv.setBigUint64(Report.from, start.slot + 1n, true);
  dv.setBigUint64(Report.low, start.slot + 1n, true);
  dv.setBigUint64(Report.applied, step.applied, true);
  dv.setBigUint64(Report.applied_hash, step.appliedHash, true);
  dv.setBigUint64(Report.last, step.last, true);
  dv.setBigUint64(Report.promised, newest + 0x1_0000n, true);
  dv.setBigUint64(Report.accepted, newest, true);
  dv.setUint16(Report.node, step.node, true);
  out.set(bytes.subarray(0, step.len - Report.SIZE), Report.SIZE);
  const decided = Number(step.applied - start.slot);
  for (let i = 0, at = Report.SIZE; at < out.length; i++, at += TransRec.SIZE)
    out[at + TransRec.stage] = i < decided ? STAGE.DECIDED : STAGE.PREPARED;
  return out;
}

/** The same, with what makes nodes differ: copies accepted again by a takeover, a damaged record, an empty place. */
function ownImage(start: Start, bytes: Uint8Array, step: Step, i: number): Uint8Array {
  const out = image(start, bytes, step);
  const dv = new DataView(out.buffer);
  const count = (out.length - Report.SIZE) / TransRec.SIZE;
  const at = (index: number) => Report.SIZE + index * TransRec.SIZE;
  // Those with odd numbers missed the end of the last takeover but one, and have its records in their first ballot.
  for (let k = 1; i % 2 === 0 && k < Math.min(count, 64); k += 4) {
    dv.setBigUint64(at(k) + TransRec.ballot, dv.getBigUint64(at(k) + TransRec.ballot, true) + 0x1_0000n, true);
    out[at(k) + TransRec.flags] |= RECF.REPROPOSED;
  }
  if (i % 16 === 5) out[at(count >> 1) + TransRec.stage] = STAGE.UNKNOWN;
  if (i % 16 === 9) out.fill(0, at(count - 1), at(count));
  return out;
}
