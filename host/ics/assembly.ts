// Messages longer than a datagram, on the side that receives: their pieces, until they are whole.
//
// Invariants: a byte is written once (pieces have one size, so they cannot overlap; one that is there already is refused); a piece that
// contradicts the first one ends its message; a sender holds at most PARTIAL_MAX buffers, all senders PARTIAL_BYTES_ALL; a message
// that is not whole in time is dropped; a message is handed up once.

import type { Cause } from "./causes.js";
import { encodeDone, encodeMissing, type Frame, type Piece } from "./frames.js";
import { type Budget, PARTIAL_MAX } from "./limits.js";
import { ReplayWindow } from "./replay.js";

/** The longest pause between two questions for missing pieces. */
const ASK_MAX_MS = 250;

class Partial {
  readonly first: Piece;
  readonly body: Buffer;
  readonly got: Uint8Array;
  left: number;
  /** pieces are asked for at */
  askAt = 0;
  asked = 0;
  readonly until: number;

  constructor(first: Piece, until: number) {
    this.first = first;
    this.body = Buffer.allocUnsafe(first.total);
    this.left = Math.ceil(first.total / first.step);
    this.got = new Uint8Array(this.left);
    this.until = until;
  }

  fits(p: Piece): boolean {
    const f = this.first;
    return p.total === f.total && p.step === f.step && p.type === f.type && p.flags === f.flags;
  }

  missing(): number[] {
    const out: number[] = [];
    for (let i = 0; i < this.got.length; i++) if (this.got[i] === 0) out.push(i);
    return out;
  }
}

/** What a piece led to: a whole frame, a frame to send back, a cause. */
export interface Outcome {
  whole?: Frame;
  reply?: Buffer;
  dropped?: Cause;
}

export class Assembly {
  readonly #budget: Budget;
  readonly #partials = new Map<number, Partial>();
  /** messages that are whole, or were given up */
  readonly #done = new ReplayWindow();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Messages of which pieces are missing. */
  get size(): number {
    return this.#partials.size;
  }

  /** Takes a piece. `askMs`: how long to wait for the next one before the missing ones are asked for. */
  take(piece: Piece, now: number, askMs: number, partialMs: number): Outcome {
    let partial = this.#partials.get(piece.message);
    if (!partial) {
      // the word that it is complete may have been lost
      if (!this.#done.isFresh(piece.message)) return { dropped: "PIECE_AGAIN", reply: encodeDone(piece.message) };
      if (this.#partials.size >= PARTIAL_MAX || !this.#budget.take(piece.total)) return { dropped: "PIECE_FULL" };
      partial = new Partial(piece, now + partialMs);
      this.#partials.set(piece.message, partial);
    }
    if (!partial.fits(piece)) {
      this.#end(piece.message, partial);
      return { dropped: "PIECE_CONFLICT", reply: encodeDone(piece.message) };
    }
    if (partial.got[piece.index] !== 0) return { dropped: "PIECE_AGAIN" };
    partial.got[piece.index] = 1;
    partial.body.set(piece.bytes, piece.index * piece.step);
    partial.left--;
    partial.asked = 0;
    partial.askAt = now + askMs;
    if (partial.left > 0) return {};
    this.#end(piece.message, partial);
    return { whole: { type: piece.type, flags: piece.flags, body: partial.body }, reply: encodeDone(piece.message) };
  }

  /** Questions for pieces that are due; messages whose time is over are given to `late`. */
  tick(now: number, askMs: number, late: () => void): Buffer[] {
    const questions: Buffer[] = [];
    for (const [message, partial] of this.#partials) {
      if (now >= partial.until) {
        this.#end(message, partial);
        late();
      } else if (now >= partial.askAt) {
        partial.asked++;
        partial.askAt = now + Math.max(askMs, Math.min(ASK_MAX_MS, askMs * 2 ** partial.asked));
        questions.push(encodeMissing(message, partial.missing()));
      }
    }
    return questions;
  }

  /** When tick has something to do. */
  due(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const p of this.#partials.values()) due = Math.min(due, p.askAt, p.until);
    return due;
  }

  /** A new life of the sender: its messages begin at 1 again. */
  reset(): void {
    for (const [message, partial] of this.#partials) this.#end(message, partial);
    this.#done.reset();
  }

  #end(message: number, partial: Partial): void {
    this.#partials.delete(message);
    this.#budget.give(partial.body.length);
    if (this.#done.isFresh(message)) this.#done.take(message);
  }
}
