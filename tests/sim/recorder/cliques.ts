// T3 of a takeover by the recorder's own rule (S14 MergeDeterministic): whom the new master leaves out of those that have
// reported to it follows from what the reports say, never from the order in which they came.
//
//   Two that have reported are cut off from each other if one of them says that it is deaf to the other. Of all that are
//   left, the one with most cuts goes, ties by less weight, then by higher number, until nobody is cut off.
//
//   Of the voters that have not reported, the master goes that the candidate has missed (T6), unless it has answered
//   before the candidate began anew. A master that takes over from itself has missed nobody.
//
// Invariant: judged is only what these books decide beyond doubt: where a node has reported twice in one ballot, or the
// master itself misses somebody, or the list knows a reporter as no voter, nothing is asked.

import { CAUSE, ENGINE, KIND, MODE, Msg, NS, RECF, Report, TransRec } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book } from "./book.js";
import { live } from "./edges.js";
import { ballotText, big } from "./record.js";
import type { Seat } from "./seat.js";

interface Word {
  node: number;
  deaf: Uint8Array;
  booting: boolean;
}

interface Poll {
  ballot: number;
  /** what the candidate had applied when it began to collect */
  slot: number;
  words: Map<number, Word>;
  /** who has reported, be it before it began anew */
  answered: Set<number>;
  /** somebody has reported twice, and not the same */
  twice: boolean;
}

/** What the reports say of the voters. */
interface Judged {
  /** who may be left out */
  out: Set<number>;
  /** who is judged: the voters */
  whom: Set<number>;
}

export interface Member {
  node: number;
  votes: number;
  /** whom it does not hear */
  deaf: ReadonlySet<number>;
}

const SET_BYTES = Report.node - Report.deaf;
const has = (set: Uint8Array, n: number): boolean => ((set[n >> 3] >> (n & 7)) & 1) === 1;

/** Who has to go so that all the others hear each other; `self` stays. */
export function leftOut(self: number, members: readonly Member[]): Set<number> {
  const out = new Set<number>();
  for (;;) {
    const rest = members.filter((m) => !out.has(m.node));
    const cuts = (m: Member) => rest.filter((o) => o !== m && (m.deaf.has(o.node) || o.deaf.has(m.node))).length;
    const worst = rest
      .filter((m) => m.node !== self && cuts(m) > 0)
      .sort((a, b) => cuts(b) - cuts(a) || a.votes - b.votes || b.node - a.node)[0];
    if (!worst) return out;
    out.add(worst.node);
  }
}

export class Cliques {
  /** index of a candidate → what was reported to its last ballot */
  readonly #polls = new Map<number, Poll>();
  readonly #judged = new Map<number, Judged>();
  /** index of a candidate → the master that it has missed; 0 = none */
  readonly #missed = new Map<number, number>();
  #pending: { index: number; ballot: number; word: Word } | null = null;
  /** ballot that was judged in this very step; 0 = none */
  #fresh = 0;

  constructor(
    readonly book: Book,
    /** whom a node, by index, misses itself */
    readonly misses: (index: number) => ReadonlySet<number>,
  ) {}

  /** The engine of a node has changed. */
  engine(seat: Seat, was: number): void {
    const { index, clms } = seat.node;
    if (was === ENGINE.MASTER) this.#missed.set(index, 0);
    else if (was === ENGINE.FOLLOWER && (seat.engine === ENGINE.PREVOTE || seat.engine === ENGINE.PROMISE))
      this.#missed.set(index, clms.master);
    if (seat.engine === ENGINE.MASTER) this.#master(seat);
  }

  /** A POLL leaves for a node: whatever it has reported to this ballot no longer counts. */
  asked(node: SimNode, to: number, at: number): void {
    const { dv } = node.clms;
    const ballot = big(dv, at + Msg.ballot);
    const slot = big(dv, at + Msg.slot);
    let poll = this.#polls.get(node.index);
    if (poll?.ballot !== ballot) {
      poll = { ballot, slot, words: new Map(), answered: new Set(), twice: false };
      this.#polls.set(node.index, poll);
    }
    // Its list went on meanwhile: it begins anew, whatever it waits for.
    if (slot > poll.slot) poll.words.clear();
    poll.slot = slot;
    // While it waits for a fence or the arbiter it only says that it is still at it: the answers say nothing new to it.
    if (node.clms.engine === ENGINE.POLL) poll.words.delete(to);
  }

  /** A REPORT is about to be handled. */
  receive(node: SimNode, at: number, len: number): void {
    const { dv, u8 } = node.clms;
    const body = at + Msg.SIZE;
    this.#pending = null;
    if (len < Msg.SIZE + Report.SIZE) return;
    const word: Word = {
      node: dv.getUint16(at + Msg.from, true),
      deaf: u8.slice(body + Report.deaf, body + Report.deaf + SET_BYTES),
      booting: u8[body + Report.booting] === 1,
    };
    this.#pending = { index: node.index, ballot: big(dv, at + Msg.ballot), word };
  }

  /** It was taken, or is being taken by a step that ends the poll. */
  took(): void {
    const p = this.#pending;
    this.#pending = null;
    if (!p) return;
    const poll = this.#polls.get(p.index);
    // An answer to what was asked in an earlier ballot says nothing here.
    if (poll?.ballot !== p.ballot) return;
    const known = poll.words.get(p.word.node);
    if (known && (known.booting !== p.word.booting || known.deaf.some((b, i) => b !== p.word.deaf[i]))) poll.twice = true;
    poll.words.set(p.word.node, p.word);
    poll.answered.add(p.word.node);
  }

  refused(): void {
    this.#pending = null;
  }

  /** A node begins to miss another. Its events come after its messages: if it became master in this step, it missed that one then. */
  missed(): void {
    this.#judged.delete(this.#fresh);
  }

  stepped(): void {
    this.#fresh = 0;
  }

  /** A candidate has become master. */
  #master(seat: Seat): void {
    if (this.#pending?.index === seat.node.index && this.#pending.ballot === seat.ballot) this.took();
    const poll = this.#polls.get(seat.node.index);
    const judged = poll?.ballot === seat.ballot && !poll.twice ? this.#judge(seat, poll) : null;
    if (judged) this.#judged.set(seat.ballot, judged);
    this.#fresh = seat.ballot;
  }

  /** Whom these reports leave out; null where the books do not say. */
  #judge(seat: Seat, poll: Poll): Judged | null {
    const { book } = this;
    const config = book.configAt(seat.applied);
    if (config.mode === MODE.CLASSIC || config.mode === MODE.CLASSIC_FENCE) return null;
    const self = seat.node.id;
    const words = [...poll.words.values()].filter((w) => w.node !== self && !w.booting && live(book.lifeAt(w.node, seat.applied).state));
    const misses = this.misses(seat.node.index);
    const known = (n: number) => config.voters.some((v) => v.node === n);
    if (!known(self) || words.some((w) => misses.has(w.node) || !known(w.node))) return null;
    const here = [...words.map((w) => w.node), ...(seat.inc === 0 ? [] : [self])];
    const members = here.map((node): Member => {
      const word = poll.words.get(node);
      return {
        node,
        votes: config.voters.find((v) => v.node === node)?.votes ?? 0,
        deaf: new Set(word && node !== self ? here.filter((n) => has(word.deaf, n)) : []),
      };
    });
    const out = leftOut(self, members);
    const old = this.#missed.get(seat.node.index) ?? 0;
    if (old !== 0 && old !== self && !poll.answered.has(old)) out.add(old);
    return { out, whom: new Set(config.voters.map((v) => v.node)) };
  }

  /** A STAGE leaves: does it remove a voter for the takeover whom the reports do not leave out? */
  staged(node: SimNode, at: number): void {
    const { dv } = node.clms;
    const ballot = big(dv, at + Msg.ballot);
    const judged = this.#judged.get(ballot);
    const count = judged ? dv.getUint32(at + Msg.count, true) : 0;
    for (let i = 0, rec = at + Msg.SIZE; i < count; i++, rec += TransRec.SIZE) {
      if (dv.getUint8(rec + TransRec.kind) !== KIND.NODE || dv.getUint8(rec + TransRec.to_state) !== NS.KCLEANUP) continue;
      const n = dv.getUint16(rec + TransRec.node, true);
      // What a master before this one began to propose is judged by its own reports.
      const again = (dv.getUint8(rec + TransRec.flags) & RECF.REPROPOSED) !== 0;
      if (again || dv.getUint8(rec + TransRec.cause) !== CAUSE.TAKEOVER || !judged?.whom.has(n)) continue;
      this.book.check("S14", judged.out.has(n), node, () => {
        const out = [...judged.out].join(", ") || "nobody";
        return `ballot ${ballotText(ballot)} leaves out node ${n}; by cuts, weights and numbers, or silence, it is ${out}`;
      });
    }
  }
}
