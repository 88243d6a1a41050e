// T3 of a takeover by the recorder's own rule (S14 MergeDeterministic): whom the new master leaves out of those that have
// reported to it follows from what the reports say, never from the order in which they came.
//
//   Two that have reported are cut off from each other if one of them says that it is deaf to the other. Of all that are
//   left, the one with most cuts goes, ties by less weight, then by higher number, until nobody is cut off.
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
  words: Map<number, Word>;
  /** somebody has reported twice, and not the same */
  twice: boolean;
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
  /** ballot → whom its master may leave out of those that have reported, and who these are */
  readonly #judged = new Map<number, { out: Set<number>; here: Set<number> }>();
  #pending: { index: number; ballot: number; word: Word } | null = null;

  constructor(
    readonly book: Book,
    /** whom a node, by index, misses itself */
    readonly misses: (index: number) => ReadonlySet<number>,
  ) {}

  /** A POLL leaves for a node: whatever it has reported to this ballot no longer counts. */
  asked(node: SimNode, to: number, at: number): void {
    const poll = this.#polls.get(node.index);
    // While it waits for a fence or the arbiter it only says that it is still at it: the answers say nothing new to it.
    if (node.clms.engine !== ENGINE.POLL) return;
    if (poll?.ballot === big(node.clms.dv, at + Msg.ballot)) poll.words.delete(to);
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
    let poll = this.#polls.get(p.index);
    if (poll?.ballot !== p.ballot) {
      poll = { ballot: p.ballot, words: new Map(), twice: false };
      this.#polls.set(p.index, poll);
    }
    const known = poll.words.get(p.word.node);
    if (known && (known.booting !== p.word.booting || known.deaf.some((b, i) => b !== p.word.deaf[i]))) poll.twice = true;
    poll.words.set(p.word.node, p.word);
  }

  refused(): void {
    this.#pending = null;
  }

  /** A candidate has become master. */
  master(seat: Seat): void {
    if (this.#pending?.index === seat.node.index && this.#pending.ballot === seat.ballot) this.took();
    const poll = this.#polls.get(seat.node.index);
    const judged = poll?.ballot === seat.ballot && !poll.twice ? this.#judge(seat, poll) : null;
    if (judged) this.#judged.set(seat.ballot, judged);
  }

  /** Whom these reports leave out, of whom; null where the books do not say. */
  #judge(seat: Seat, poll: Poll): { out: Set<number>; here: Set<number> } | null {
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
    return { out: leftOut(self, members), here: new Set(here) };
  }

  /** A STAGE leaves: does it remove anybody for the takeover whom the reports do not leave out? */
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
      if (again || dv.getUint8(rec + TransRec.cause) !== CAUSE.TAKEOVER || !judged?.here.has(n)) continue;
      this.book.check("S14", judged.out.has(n), node, () => {
        const out = [...judged.out].join(", ") || "nobody";
        return `ballot ${ballotText(ballot)} leaves out node ${n}; by cuts, weights and numbers it is ${out}`;
      });
    }
  }
}
