// The subject: clms.wasm merging the reports of a case, over and over.
//
// The op is one whole merge: begin, a report of each node, finish. Nothing is left of the one before.

import { Fold, Page, Report, TransRec } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { ResultHash } from "../core/hash.js";
import type { MergeCase } from "./cases.js";
import { history, type Start, startOf } from "./history.js";
import { makeReports, type Reports, STEP_BYTES } from "./reports.js";

const MAGIC = 0x4d424648;
/** Voters of the cluster; reports of nodes with higher numbers count for the records they have only. */
const VOTERS = 128;

export class MergeSubject {
  readonly reports: Reports;
  private readonly start: Start;
  private readonly fold: Uint8Array;
  /** records of the last result: read by nobody, but then nothing can be optimised away */
  sink = 0;

  constructor(
    private readonly clms: Clms,
    readonly c: MergeCase,
  ) {
    clms.reset(1);
    const voters = Math.min(c.reports, VOTERS);
    clms.start({
      node: 1,
      cluster: "00000000000000000000000000000001",
      uuid: "00000000000000000000000000000011",
      genesis: Array.from({ length: voters }, (_, i) => ({ node: i + 1 })),
    });
    const at = clms.pageWord(Page.fold_base);
    this.fold = clms.u8.slice(at, at + clms.pageWord(Page.fold_size));
    this.start = startOf(new DataView(this.fold.buffer, 0, Fold.SIZE));
    this.reports = makeReports(c, this.start, history(this.start, voters, c.records));
    // The largest is what lies in the inbox when reports are not copied.
    clms.u8.set(this.reports.images.subarray(0, this.reports.steps[0].len), clms.inbox);
  }

  static async load(): Promise<Clms> {
    return Clms.load();
  }

  /** One merge, as a function without indirections for the benchmark's inner loop. */
  op(): () => void {
    return this.c.copied ? this.copying() : this.inPlace();
  }

  private inPlace(): () => void {
    const { clms } = this;
    const { clms_merge_begin: begin, clms_merge_add: add, clms_merge_finish: finish } = clms.x;
    const { steps } = this.reports;
    // node, len, then the words of applied, applied_hash and last, for each step
    const plan = new Int32Array(stepBytes(this.reports).buffer);
    const words = new Int32Array(clms.memory.buffer);
    const halves = new Uint16Array(clms.memory.buffer);
    const { inbox } = clms;
    const node = (inbox + Report.node) >>> 1;
    const head = inbox >>> 2;
    const slot = Number(this.start.slot);
    return () => {
      let bad = begin(slot, 0);
      for (let i = 0; i < steps.length; i++) {
        const at = (i * STEP_BYTES) >> 2;
        halves[node] = plan[at];
        words[head + Report.applied / 4] = plan[at + 2];
        words[head + Report.applied_hash / 4] = plan[at + 4];
        words[head + Report.applied_hash / 4 + 1] = plan[at + 5];
        words[head + Report.last / 4] = plan[at + 6];
        bad |= add(inbox, plan[at + 1]);
      }
      if (bad < 0) throw new Error(`a report was refused: ${bad}`);
      this.sink = finish();
    };
  }

  private copying(): () => void {
    const { clms_merge_begin: begin, clms_merge_add: add, clms_merge_finish: finish } = this.clms.x;
    const { u8, inbox } = this.clms;
    const slot = Number(this.start.slot);
    let from = 0;
    const images = this.reports.steps.map((s) => {
      from += s.len;
      return this.reports.images.subarray(from - s.len, from);
    });
    return () => {
      let bad = begin(slot, 0);
      for (let i = 0; i < images.length; i++) {
        u8.set(images[i], inbox);
        bad |= add(inbox, images[i].length);
      }
      if (bad < 0) throw new Error(`a report was refused: ${bad}`);
      this.sink = finish();
    };
  }

  /** Merges once; the hash of the canonical records. */
  hash(): string {
    this.op()();
    if (this.sink < 0) throw new Error(`${this.c.name}: finish gave ${this.sink}`);
    const at = this.clms.pageWord(Page.merge_from);
    return new ResultHash().add(this.clms.u8.subarray(at, at + this.sink * TransRec.SIZE)).hex();
  }

  /** Everything the twin needs: the case, the fold, what is done for each report, the reports. */
  image(): Uint8Array {
    const { steps, images } = this.reports;
    const head = new Uint32Array([MAGIC, this.c.copied ? 1 : 0, steps.length, images.length, this.fold.length, 0, 0, 0]);
    return Buffer.concat([new Uint8Array(head.buffer), this.fold, stepBytes(this.reports), images]);
  }
}

function stepBytes(reports: Reports): Uint8Array {
  const bytes = new Uint8Array(reports.steps.length * STEP_BYTES);
  const dv = new DataView(bytes.buffer);
  for (const [i, s] of reports.steps.entries()) {
    dv.setUint32(i * STEP_BYTES, s.node, true);
    dv.setUint32(i * STEP_BYTES + 4, s.len, true);
    dv.setBigUint64(i * STEP_BYTES + 8, s.applied, true);
    dv.setBigUint64(i * STEP_BYTES + 16, s.appliedHash, true);
    dv.setBigUint64(i * STEP_BYTES + 24, s.last, true);
  }
  return bytes;
}
