// One link to a node: is there an answer by it?
//
// A link joins the k-th address of this node with the k-th address of the other. What counts is not that something is heard by it, but
// that the other side says, by whatever link, that it heard us by it: one that works in one direction only is used in that one only.
//
//            | CONFIRMED | SILENT  | LOST
//   NEW      | UP        | NEW     | DOWN      nothing is known yet
//   UP       | UP        | SUSPECT | DOWN      confirmed within suspectMs (and two answer times) of a datagram that wanted it
//   SUSPECT  | UP        | SUSPECT | DOWN      an answer is overdue: others are preferred, this one is asked at twice the pace
//   DOWN     | UP        | DOWN    | DOWN      none came for downMs
//
// Invariants: only CONFIRMED leads to UP; an idle link is asked, so that its death is known before it is needed.

import type { Timings } from "./limits.js";
import type { Address } from "./options.js";

export const LINK = { NEW: 0, UP: 1, SUSPECT: 2, DOWN: 3 } as const;
export const LINK_NAME = ["new", "up", "suspect", "down"] as const;
export type LinkState = (typeof LINK_NAME)[number];

const EVENT = { CONFIRMED: 0, SILENT: 1, LOST: 2 } as const;
const TABLE: readonly (readonly number[])[] = [
  [LINK.UP, LINK.NEW, LINK.DOWN],
  [LINK.UP, LINK.SUSPECT, LINK.DOWN],
  [LINK.UP, LINK.SUSPECT, LINK.DOWN],
  [LINK.UP, LINK.DOWN, LINK.DOWN],
];

/** Weight of a new sample of the answer time. */
const RTT_SHARE = 0.125;

interface Mark {
  number: number;
  at: number;
}

export class Link {
  readonly index: number;
  remote: Address;
  /** the system refuses to send by it */
  refused = false;
  /** number of the last datagram heard by it, for the other side to be told; 0 = none */
  heardNumber = 0;
  /** answer time in ms; 0 = not known */
  rttMs = 0;
  /** of the last HELLO sent by it: what the answer has to repeat; null = nothing is asked */
  challenge: Buffer | null = null;
  state: number = LINK.NEW;
  upSince = 0;
  readonly #timings: Timings;
  readonly #slow: boolean;
  /** the first datagram that wanted an answer and has none, and the last */
  #first: Mark | null = null;
  #last: Mark = { number: 0, at: 0 };
  #asked: Mark | null = null;
  /** number of the last datagram that left by it */
  #top = 0;
  #confirmedNumber = 0;
  #confirmedAt: number;
  #pingAt: number;

  /** `slow`: the other side asks first where nothing else is to be said. */
  constructor(index: number, remote: Address, timings: Timings, slow: boolean, now: number) {
    this.index = index;
    this.remote = remote;
    this.#timings = timings;
    this.#slow = slow;
    this.#confirmedAt = now;
    this.#pingAt = now;
  }

  /** A datagram left by it. `wants`: the other side has reason to answer. `ping`: it will answer at once. */
  sent(number: number, wants: boolean, ping: boolean, now: number): void {
    this.#top = number;
    if (!wants) return;
    const mark = { number, at: now };
    this.#first ??= mark;
    this.#last = mark;
    if (ping) {
      this.#asked ??= mark;
      this.#pingAt = now + this.#pace();
    }
  }

  /** An authentic datagram came by it. */
  heard(number: number, now: number): void {
    if (number > this.heardNumber) this.heardNumber = number;
    // it works in one direction again: perhaps in both
    if (this.state === LINK.DOWN || this.state === LINK.NEW) this.#pingAt = Math.min(this.#pingAt, now);
  }

  /** The other side says which datagram it heard last by this link (the low 32 bits). True: the link came up by it. */
  report(low: number, now: number): boolean {
    const ahead = (low - this.#confirmedNumber) | 0;
    if (ahead <= 0) return false;
    const number = this.#confirmedNumber + ahead;
    if (number > this.#top) return false;
    this.#confirmedNumber = number;
    if (this.#asked && number >= this.#asked.number) {
      if (number === this.#asked.number) this.#measure(now - this.#asked.at);
      this.#asked = null;
    }
    // a late word on what was heard before the silence began says nothing about now
    if (this.#first && number < this.#first.number) return false;
    this.#first = number >= this.#last.number ? null : { number: this.#last.number, at: now };
    return this.confirm(now);
  }

  /** It is proved to work in both directions. True: it came up by that. */
  confirm(now: number): boolean {
    this.#confirmedAt = now;
    this.refused = false;
    const before = this.state;
    this.#step(EVENT.CONFIRMED);
    if (this.state === before) return false;
    this.upSince = now;
    this.#pingAt = Math.max(this.#pingAt, now);
    return true;
  }

  /** The system refused to send: no need to wait. True: the state changed. */
  refuse(now: number): boolean {
    this.refused = true;
    this.#first ??= { number: this.#top + 1, at: now };
    return this.#step(EVENT.SILENT);
  }

  /** This process did not run for `ms`: nothing that came meanwhile has been looked at, so that was no silence of the link's. */
  forgive(ms: number): void {
    if (this.#first) this.#first = { number: this.#first.number, at: this.#first.at + ms };
  }

  /** Lets time act. True: the state changed. */
  check(now: number): boolean {
    if (!this.#first) return false;
    const silent = now - this.#first.at;
    if (silent >= this.#timings.downMs + this.#patience) return this.#step(EVENT.LOST);
    return silent >= this.#timings.suspectMs + this.#patience && this.#step(EVENT.SILENT);
  }

  /** Whether an empty datagram that wants an answer is to leave by it now. */
  wantsPing(now: number): boolean {
    return now >= this.#pingDue();
  }

  /** When check or wantsPing has something to say. */
  due(): number {
    let due = this.#pingDue();
    if (this.#first && this.state === LINK.UP) due = Math.min(due, this.#first.at + this.#timings.suspectMs + this.#patience);
    if (this.#first && this.state !== LINK.DOWN) due = Math.min(due, this.#first.at + this.#timings.downMs + this.#patience);
    return due;
  }

  /** Another channel: its numbers begin at 1. What is known of the link stays, but it is asked at once. */
  restart(now: number): void {
    this.#first = null;
    this.#asked = null;
    this.#last = { number: 0, at: now };
    this.#top = 0;
    this.#confirmedNumber = 0;
    this.heardNumber = 0;
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
    this.#pingAt = now;
  }

  #pingDue(): number {
    const { idleMs } = this.#timings;
    if (this.state !== LINK.UP) return this.#pingAt;
    return Math.max(this.#pingAt, this.#confirmedAt + (this.#slow ? 1.5 * idleMs : idleMs));
  }

  /** What the way takes is no silence. */
  get #patience(): number {
    return 2 * this.rttMs;
  }

  /** Time between two pings. */
  #pace(): number {
    const { suspectMs, idleMs } = this.#timings;
    return this.state === LINK.DOWN ? idleMs : suspectMs / 2;
  }

  #measure(ms: number): void {
    this.rttMs = this.rttMs === 0 ? ms : this.rttMs + (ms - this.rttMs) * RTT_SHARE;
  }

  #step(event: number): boolean {
    const before = this.state;
    this.state = TABLE[before][event];
    return this.state !== before;
  }
}
