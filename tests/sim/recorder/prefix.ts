// One list for all: S01 PrefixAgreement, S02 DenseApplied, S03 DecidedImmutable, S12 NoContradictoryState, S37
// HistoryBounded, S39 ObserverPrefix. Whoever applies a slot first puts its record on the list; everybody else is compared.

import { ENGINE, KIND, LIMIT, MSG, NodeEnt, Page, ROLE, STAGE, TransRec } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Acceptance, Book, Entry } from "./book.js";
import { enoughAt } from "./config.js";
import { live } from "./edges.js";
import { big, readRec, recText, sameValue, valueHash, valueWords } from "./record.js";
import type { Seat } from "./seat.js";

const NOBODY: Acceptance = { ballot: 0, print: 0, by: new Set() };

export class Prefix {
  constructor(
    readonly book: Book,
    readonly decided: (entry: Entry, seat: Seat) => void,
  ) {}

  /** The node's applied slot rose from `was` (0 after a boot). */
  applied(seat: Seat, was: number): void {
    const { book } = this;
    const { node, applied } = seat;
    // S02: what is applied never goes back within a boot, and every slot of it that the ring keeps is in its place.
    if (!book.check("S02", applied >= was, node, () => `applied went back from ${was} to ${applied}`)) return;
    const from = Math.max(was + 1, seat.low, applied - LIMIT.RING_MAX + 1);
    for (let slot = from; slot <= applied; slot++) if (!this.#record(seat, slot)) return;
    if (seat.low > was + 1 || from > applied) this.#jumped(seat);
    if (applied === book.fold.slot && book.samples(node.index, applied)) this.states(seat);
  }

  #record(seat: Seat, slot: number): boolean {
    const { book } = this;
    const { dv } = seat.node.clms;
    const at = seat.ringAt(slot);
    const stage = dv.getUint8(at + TransRec.stage);
    // Damaged on the disk, but decided: only its fold counts until it is repaired.
    if (stage === STAGE.UNKNOWN) return true;
    const there = big(dv, at + TransRec.slot);
    if (!book.check("S02", there === slot, seat.node, () => `slot ${slot} is applied, its place holds slot ${there}`)) return false;
    const known = book.entry(slot);
    if (known) {
      const same = sameValue(known.words, dv, at);
      return book.check("S01", same, seat.node, () => {
        return `applied "${recText(readRec(dv, at))}", node ${this.#name(known.first)} had applied "${recText(known.rec)}"`;
      });
    }
    if (slot !== book.head + 1) {
      book.fail("S02", seat.node, `slot ${slot} is applied, nobody has applied ${book.head + 1}`);
      return false;
    }
    this.#append(seat, at);
    return true;
  }

  #name(index: number): number {
    return this.book.world?.nodes[index]?.id ?? index;
  }

  /** The first to apply this slot: it is on the list for ever from here on. */
  #append(seat: Seat, at: number): void {
    const { book } = this;
    const { dv } = seat.node.clms;
    const rec = readRec(dv, at);
    book.check("S01", valueHash(dv, at) === rec.self, seat.node, () => `${recText(rec)}: its hash is not that of its value`);
    const before = book.entry(rec.slot - 1);
    if (before) book.check("S01", rec.prev === before.rec.self, seat.node, () => `${recText(rec)}: not chained to ${recText(before.rec)}`);
    const print = big(dv, at + TransRec.self_hash);
    book.fold.apply(rec, (id, text) => book.fail(id, seat.node, text));
    for (const id of ["S11", "S19", "S20", "S21", "S22", "S29", "S32", "S36", "S40"] as const) book.check(id, true, seat.node, String);
    if (rec.kind === KIND.NODE) book.lived(rec);
    const up = [...book.fold.ents.values()].filter((e) => e.state === 2).map((e) => e.node);
    const config = book.fold.config();
    const bracket = book.fold.bracket;
    const words = valueWords(dv, at);
    const best = this.#best(rec.slot, print, config);
    const entry = { rec, words, print, first: seat.node.index, at: book.now, config, up: up.sort((a, b) => a - b), bracket };
    const full: Entry = { ...entry, by: best.by, ballot: best.ballot };
    book.list.push(full);
    this.decided(full, seat);
  }

  /** The ballot in which this value was accepted by enough; else the one with most. */
  #best(slot: number, print: number, config: Entry["config"]): Acceptance {
    const { book } = this;
    const all = (book.acceptances.get(slot) ?? []).filter((a) => a.print === print);
    const before = book.configAt(slot - 1);
    const good = all.find((a) => enoughAt(before, config, a.by, a.ballot, book));
    return good ?? all.sort((a, b) => b.by.size - a.by.size)[0] ?? NOBODY;
  }

  /** A checkpoint was taken, or the ring is short: what it stands for must be on the list. */
  #jumped(seat: Seat): void {
    const { node, applied } = seat;
    const { dv, page } = node.clms;
    const hash = big(dv, dv.getUint32(page + Page.fold_base, true) + 8);
    const known = this.book.entry(applied);
    this.book.check("S01", known?.print === hash, node, () => `its checkpoint of slot ${applied} is not of the list`);
  }

  /** S12: at the same slot, the same states and incarnations as in the recorder's own fold. */
  states(seat: Seat): void {
    const { book } = this;
    const { dv, page } = seat.node.clms;
    const base = dv.getUint32(page + Page.ent_base, true);
    for (const e of book.fold.ents.values()) {
      const at = base + e.node * NodeEnt.SIZE;
      const state = dv.getUint8(at + NodeEnt.state);
      const inc = dv.getUint32(at + NodeEnt.inc, true);
      const same = state === e.state && (e.inc === 0 || inc === e.inc);
      if (!same)
        return void book.check(
          "S12",
          false,
          seat.node,
          () => `node ${e.node}: state ${state} inc ${inc}, the list says ${e.state} inc ${e.inc}`,
        );
    }
    book.check("S12", true, seat.node, String);
  }

  /** S03: everything that a ring holds as decided is what was decided. For samples: O(RING_MAX). */
  ring(seat: Seat): void {
    const { book } = this;
    const { dv } = seat.node.clms;
    for (let slot = Math.max(1, seat.low); slot <= seat.applied; slot++) {
      const at = seat.ringAt(slot);
      const known = book.entry(slot);
      if (dv.getUint8(at + TransRec.stage) === STAGE.UNKNOWN || !known) continue;
      const holds = big(dv, at + TransRec.slot) === slot && sameValue(known.words, dv, at);
      if (
        !book.check("S03", holds, seat.node, () => `slot ${slot}: "${recText(known.rec)}" was decided, now "${recText(readRec(dv, at))}"`)
      )
        return;
    }
  }

  /** S37: `low` rose. Nothing is forgotten that the ring has room for, nor that a live member has not applied. */
  bounded(seat: Seat, was: number, lowest: number): void {
    const { node, low, last } = seat;
    const room = last - low + 1;
    if (was === 0 || low > seat.applied) return;
    this.book.check(
      "S37",
      room >= LIMIT.RING_MAX || low === was,
      node,
      () => `forgot up to slot ${low - 1} with ${room} records in the ring`,
    );
    this.book.check("S37", low - 1 <= lowest, node, () => `forgot slot ${low - 1}, a live member has applied only ${lowest}`);
    this.book.check("S37", room <= LIMIT.RING_MAX, node, () => `says it keeps ${room} records`);
  }

  /** S39: who does not vote by the list (at the node's own slot and at its head) takes no part in deciding. */
  observer(node: SimNode, seat: Seat, kind: number, applied: number): void {
    // COMMIT decides nothing: a master that ceases to vote tells the others so, and gives way.
    if (kind !== MSG.REPORT && kind !== MSG.STAGE && kind !== MSG.POLL && kind !== MSG.PREVOTE) return;
    const { book } = this;
    if (kind === MSG.REPORT && seat.willVote()) return;
    // What was written before the record that ended its vote was applied is judged by what was applied then.
    const votes = [applied, seat.applied, book.head].some((s) => book.configAt(s).roll.has(node.id));
    const ent = book.fold.ents.get(node.id);
    const role = ent?.role ?? ROLE.VOTER;
    const watches = (role === ROLE.OBSERVER || role === ROLE.LEARNER) && !votes && ent !== undefined && live(ent.state);
    book.check("S39", !watches, node, () => `an observer sends message kind ${kind}`);
  }

  observerEngine(seat: Seat): void {
    const ent = this.book.fold.ents.get(seat.node.id);
    if (ent?.role !== ROLE.OBSERVER || seat.applied !== this.book.head) return;
    const part = seat.engine >= ENGINE.PREVOTE && seat.engine <= ENGINE.MASTER;
    this.book.check("S39", !part, seat.node, () => `an observer is in engine ${seat.engine}`);
  }
}
