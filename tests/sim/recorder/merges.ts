// What a takeover makes of the reports: S15 MergeKeepsDecided, S16 DummyJustified, S17 NoDummyOverDecided, from the
// REPORTs that really arrived and the STAGEs that left. (S13, S14: spare.ts.)

import { KIND, Msg, RECF, Report, STAGE, TransRec } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book, Entry } from "./book.js";
import { acceptor, acceptorText, nacks } from "./config.js";
import { obtain } from "./obtain.js";
import { ballotText, big, readRec, recText, sameValue } from "./record.js";
import type { Seat } from "./seat.js";

/** A report as it was taken by a candidate. */
export interface Taken {
  node: number;
  lineage: number;
  /** Report and records, without the message's head */
  bytes: Uint8Array;
}

/** What proves a gap: who had nothing there, at the takeover that proposed the dummy. */
interface Gap {
  ballot: number;
  by: Set<number>;
  /** those of them that had not restarted */
  standing: Set<number>;
}

const KEPT = 6;

export class Merges {
  /** candidate's ballot → reports that it took */
  readonly reports = new Map<number, Taken[]>();
  /** slot → fingerprint of a gap's dummy → its first proposal */
  readonly #gaps = new Map<number, Map<number, Gap>>();
  /** slots staged so far in each ballot: what is sent again is not looked at again */
  readonly #staged = new Map<number, Set<number>>();
  #pending: { index: number; ballot: number; taken: Taken } | null = null;

  constructor(readonly book: Book) {}

  /** A REPORT is about to be handled. */
  receive(node: SimNode, at: number, len: number): void {
    const { dv, u8 } = node.clms;
    const taken: Taken = {
      node: dv.getUint16(at + Msg.from, true),
      lineage: dv.getUint32(at + Msg.lineage, true),
      bytes: u8.slice(at + Msg.SIZE, at + len),
    };
    this.#pending = len >= Msg.SIZE + Report.SIZE ? { index: node.index, ballot: big(dv, at + Msg.ballot), taken } : null;
  }

  /** It was taken. */
  took(): void {
    const p = this.#pending;
    this.#pending = null;
    if (!p) return;
    const all = this.reports.get(p.ballot) ?? [];
    this.reports.set(p.ballot, all);
    const again = all.findIndex((t) => t.node === p.taken.node);
    if (again < 0) all.push(p.taken);
    if (this.reports.size > KEPT) this.reports.delete(this.reports.keys().next().value as number);
  }

  /** A STAGE leaves. */
  staged(seat: Seat, at: number): void {
    const { dv } = seat.node.clms;
    const ballot = big(dv, at + Msg.ballot);
    const seen = obtain(this.#staged, ballot, () => new Set<number>());
    const count = dv.getUint32(at + Msg.count, true);
    for (let i = 0, rec = at + Msg.SIZE; i < count; i++, rec += TransRec.SIZE) {
      const slot = big(dv, rec + TransRec.slot);
      if (seen.has(slot)) continue;
      seen.add(slot);
      this.#proposal(seat, ballot, slot, rec);
    }
  }

  #proposal(seat: Seat, ballot: number, slot: number, at: number): void {
    const { dv } = seat.node.clms;
    const known = this.book.entry(slot);
    const dummy = dv.getUint8(at + TransRec.kind) === KIND.DUMMY;
    // A master that was replaced may not know it yet: only a higher ballot has to know what a lower one decided.
    if (known && ballot > known.ballot) {
      const same = sameValue(known.words, dv, at);
      this.book.check(dummy ? "S17" : "S15", same, seat.node, () => {
        const text = recText(readRec(dv, at));
        return `ballot ${ballotText(ballot)} stages "${text}", decided in ${ballotText(known.ballot)} is "${recText(known.rec)}"`;
      });
    }
    if (dummy && dv.getUint8(at + TransRec.flags) & RECF.GAP) this.#gap(seat, ballot, slot, big(dv, at + TransRec.self_hash));
  }

  /** The first to propose this dummy must have had the nacks. */
  #gap(seat: Seat, ballot: number, slot: number, print: number): void {
    const prints = obtain(this.#gaps, slot, () => new Map<number, Gap>());
    if (prints.has(print)) return;
    const by = new Set<number>();
    const standing = new Set<number>();
    for (const r of this.reports.get(ballot) ?? []) {
      if (!this.#empty(r.bytes, slot)) continue;
      by.add(acceptor(r.node, r.lineage));
      if (r.bytes[Report.booting] === 0) standing.add(acceptor(r.node, r.lineage));
    }
    const own = (this.book.acceptances.get(slot) ?? []).some((a) => a.print !== print && a.by.has(acceptor(seat.node.id, seat.lineage)));
    if (!own) by.add(acceptor(seat.node.id, seat.lineage));
    if (!own && seat.node.clms.inc !== 0) standing.add(acceptor(seat.node.id, seat.lineage));
    prints.set(print, { ballot, by, standing });
  }

  /** Does a report say that its node has nothing in a slot? Neither a damaged record nor one that is no longer kept says so. */
  #empty(bytes: Uint8Array, slot: number): boolean {
    const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (big(dv, Report.low) > slot || big(dv, Report.applied) >= slot) return false;
    if (big(dv, Report.last) < slot) return true;
    const at = Report.SIZE + (slot - big(dv, Report.from)) * TransRec.SIZE;
    if (at < Report.SIZE || at + TransRec.SIZE > bytes.length) return false;
    return big(dv, at + TransRec.slot) === 0 && dv.getUint8(at + TransRec.stage) !== STAGE.UNKNOWN;
  }

  /** S16: a gap's dummy is decided. */
  decided(e: Entry): void {
    if (e.rec.kind !== KIND.DUMMY || !(e.rec.flags & RECF.GAP)) return;
    const gap = this.#gaps.get(e.rec.slot)?.get(e.print);
    const { have, need } = gap ? nacks(this.book.configAt(e.rec.slot - 1), gap.by, gap.standing) : { have: 0, need: 1 };
    this.book.check("S16", gap !== undefined && have >= need, e.first, () => {
      return `${recText(e.rec)}: ${have} votes had nothing there (${gap ? acceptorText(gap.by) : "nobody"}), ${need} are needed`;
    });
  }

  /** S15: whoever becomes master holds everything that was decided in lower ballots, applied or not. */
  master(seat: Seat): void {
    const { book } = this;
    const { dv } = seat.node.clms;
    for (let slot = seat.applied + 1; slot <= book.head; slot++) {
      const known = book.list[slot - 1];
      if (known.ballot >= seat.ballot) continue;
      const at = seat.ringAt(slot);
      const has = slot <= seat.last && big(dv, at + TransRec.slot) === slot && sameValue(known.words, dv, at);
      if (!book.check("S15", has, seat.node, () => `is master in ${ballotText(seat.ballot)} without "${recText(known.rec)}"`)) return;
    }
  }
}
