// S22 SetTogether from the outside: a node that every live observer had reported missing to the master before a set of
// nodedowns began, and that nobody heard again, is in that set, or in its widening, when its phase KERNEL is over.
//
// With at most eleven nodes each node observes each other, so "every live observer" is everybody else. (Brackets, phases
// and one set at a time are kept by fold.ts.)

import { Ack, KIND, MODE, Msg, NS, PHASE, RECF, TransRec } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book, Entry } from "./book.js";
import { acceptorNode, configOf, enough } from "./config.js";
import { live } from "./edges.js";
import { big } from "./record.js";

const ALL_OBSERVE = 11;
const NOBODY: ReadonlySet<number> = new Set();

interface Word {
  ballot: number;
  /** how far it had accepted */
  slot: number;
  suspects: Set<number>;
}

export class Sets {
  /** index of a master → node → its last ACK there */
  readonly #acks = new Map<number, Map<number, Word>>();
  /** index → whom it misses itself */
  readonly #own = new Map<number, Set<number>>();
  /** who has to be in the open set: node → incarnation */
  #due = new Map<number, number>();
  #ballot = 0;
  #set = 0;
  /** who had acknowledged all that came before when its phase USER was proposed */
  #answered: ReadonlySet<number> | null = null;
  #blast = false;
  #pending: { index: number; node: number; word: Word } | null = null;

  constructor(readonly book: Book) {}

  receive(node: SimNode, at: number, len: number): void {
    const { dv } = node.clms;
    this.#pending = null;
    if (len < Msg.SIZE + Ack.SIZE) return;
    const body = at + Msg.SIZE;
    const count = Math.min(16, dv.getUint8(body + Ack.nsuspect));
    const suspects = new Set(Array.from({ length: count }, (_, i) => dv.getUint16(body + Ack.suspect + 2 * i, true)));
    const word = { ballot: big(dv, at + Msg.ballot), slot: big(dv, at + Msg.slot), suspects };
    this.#pending = { index: node.index, node: dv.getUint16(at + Msg.from, true), word };
  }

  took(): void {
    const p = this.#pending;
    this.#pending = null;
    if (!p) return;
    const acks = this.#acks.get(p.index) ?? new Map<number, Word>();
    this.#acks.set(p.index, acks);
    acks.set(p.node, p.word);
    for (const n of this.#due.keys()) if (!p.word.suspects.has(n) && p.node !== n && !this.#due.has(p.node)) this.#due.delete(n);
  }

  suspect(index: number, node: number, missed: boolean): void {
    const own = this.#own.get(index) ?? new Set<number>();
    this.#own.set(index, own);
    if (missed) own.add(node);
    else {
      own.delete(node);
      this.#due.delete(node);
    }
  }

  /** Whom a node, by index, misses itself. */
  misses(index: number): ReadonlySet<number> {
    return this.#own.get(index) ?? NOBODY;
  }

  booted(index: number): void {
    this.#own.delete(index);
    this.#acks.delete(index);
  }

  /** A node comes up: what was said of its old incarnation is over. */
  #anew(node: number): void {
    // Nor does it go on with what it had missed before.
    this.#own.delete(node);
    for (const own of this.#own.values()) own.delete(node);
    for (const acks of this.#acks.values()) acks.delete(node);
    for (const acks of this.#acks.values()) for (const word of acks.values()) word.suspects.delete(node);
  }

  /** The host was told that a set is too big: whoever is in it may be left alone. */
  blast(): void {
    this.#blast = true;
  }

  /** A STAGE leaves. */
  staged(node: SimNode, at: number): void {
    const { dv } = node.clms;
    const count = dv.getUint32(at + Msg.count, true);
    for (let i = 0, rec = at + Msg.SIZE; i < count; i++, rec += TransRec.SIZE) {
      if (dv.getUint8(rec + TransRec.kind) !== KIND.SET_BEGIN) continue;
      if (big(dv, rec + TransRec.arg) === PHASE.USER) this.#goesOn(node, at, rec);
      if (big(dv, rec + TransRec.arg) !== PHASE.KERNEL) continue;
      // What an earlier master has begun is no judgement of this one.
      if ((dv.getUint8(rec + TransRec.flags) & RECF.REPROPOSED) !== 0) continue;
      const set = dv.getUint32(rec + TransRec.set_id, true);
      // Another master may propose a set of the same number: it is judged by what that one knew.
      const ballot = big(dv, at + Msg.ballot);
      const other = set !== this.#set || ballot !== this.#ballot;
      if (other && big(dv, rec + TransRec.slot) > this.book.head) this.#begins(node, set, ballot);
    }
  }

  /** The open set's phase USER is proposed: who could have decided that somebody more goes? */
  #goesOn(node: SimNode, at: number, rec: number): void {
    const { dv } = node.clms;
    const ballot = big(dv, at + Msg.ballot);
    if (this.#answered || ballot !== this.#ballot || dv.getUint32(rec + TransRec.set_id, true) !== this.#set) return;
    const before = big(dv, rec + TransRec.slot) - 1;
    const acks = [...(this.#acks.get(node.index) ?? [])].filter(([, word]) => word.ballot === ballot && word.slot >= before);
    this.#answered = new Set([node.id, ...acks.map(([n]) => n)]);
  }

  #begins(node: SimNode, set: number, ballot: number): void {
    this.#set = set;
    this.#ballot = ballot;
    this.#answered = null;
    this.#due = new Map();
    const members = [...this.book.fold.ents.values()].filter((e) => live(e.state));
    if (members.length > ALL_OBSERVE) return;
    // A master that is no member any more, or not yet, observes nobody.
    const own = members.some((e) => e.node === node.id && e.inc === node.clms.inc) ? this.#own.get(node.index) : undefined;
    const acks = this.#acks.get(node.index);
    for (const x of members) {
      if (!own?.has(x.node)) continue;
      const others = members.filter((y) => y !== x && y.node !== node.id && !own.has(y.node));
      const agree = others.every((y) => acks?.get(y.node)?.ballot === ballot && acks.get(y.node)?.suspects.has(x.node));
      if (agree) this.#due.set(x.node, x.inc);
    }
  }

  decided(e: Entry): void {
    if (e.rec.kind === KIND.NODE && e.rec.to === NS.COMINGUP) this.#anew(e.rec.node);
    // Who is no member observes nobody: what it had missed before says nothing if it comes to judge again.
    if (e.rec.kind === KIND.NODE && e.rec.to === NS.KCLEANUP) this.#own.delete(e.rec.node);
    if (e.rec.kind !== KIND.SET_BEGIN || Number(e.rec.arg) !== PHASE.USER || e.rec.set !== this.#set) return;
    for (const [n, inc] of this.#due) {
      const life = this.book.lifeAt(n, e.rec.slot);
      const left = life.inc === inc && live(life.state) && life.state !== NS.NEVERUP;
      this.book.check(
        "S22",
        !left || this.#blast || this.#waits(e, n),
        e.first,
        () => `set ${e.rec.set} goes on without node ${n}, which everybody missed before it began`,
      );
    }
    this.#due = new Map();
  }

  /** A cluster that shrinks cannot decide a removal that those who answer would not be enough for: it waits, the set does not. */
  #waits(e: Entry, gone: number): boolean {
    const { fold } = this.book;
    if (fold.mode !== MODE.MAJORITY_DYNAMIC) return false;
    const ents = [...fold.ents.values()].map((ent) => (ent.node === gone ? { ...ent, state: NS.KCLEANUP } : ent));
    const by = new Set([...e.by].filter((key) => !this.#answered || this.#answered.has(acceptorNode(key))));
    return !enough(configOf(fold.mode, ents), by, e.ballot, this.book);
  }
}
