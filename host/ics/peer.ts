// What this node knows of another one: its life, the channels to and from it, its links, what waits for it.
//
// Invariants: `tx` and `rx` are there when its life is known, and belong to both lives as they are now; what was received of a life is
// remembered as long as this process runs, also of a node that is removed from the configuration, for it may be added again.

import { Assembly } from "./assembly.js";
import { Channel, type Life } from "./life.js";
import { ANSWERS, BURST, BURST_PER_MS, type Budget, type Care, type Timings } from "./limits.js";
import { LINK, Link } from "./links.js";
import type { Address } from "./options.js";
import { Outbox } from "./outbox.js";
import { ReplayWindow } from "./replay.js";

/** A piece is sent again unasked after so many times the wait for a question. */
const PROMPT_ASKS = 8;

/** Datagrams in a row that are taken for answers. */
const ANSWERS_MAX = 8;

/** So many at once, and so many a millisecond after that. */
export class Bucket {
  readonly #most: number;
  readonly #perMs: number;
  #left: number;
  #at: number;
  constructor(most: number, perMs: number, now: number) {
    this.#most = most;
    this.#perMs = perMs;
    this.#left = most;
    this.#at = now;
  }
  /** Whether one may go now. */
  has(now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#left >= 1;
  }
  /** One goes, if it may. */
  take(now: number): boolean {
    if (!this.has(now)) return false;
    this.#left--;
    return true;
  }
}

export interface PeerParts {
  readonly uuid: Buffer;
  readonly self: number;
  readonly timings: Timings;
  readonly queued: Budget;
  readonly partial: Budget;
  /** bytes of frames in a datagram */
  readonly room: number;
  readonly version: number;
}

export class Peer {
  readonly node: number;
  links: Link[] = [];
  readonly outbox: Outbox;
  readonly assembly: Assembly;
  /** its life, as far as known */
  their: Life | null = null;
  /** the youngest life of it that has spoken and has not answered a challenge yet */
  candidate: { readonly life: Life; readonly hellos: ReplayWindow } | null = null;
  /** it knows ours: what we seal for it opens */
  knowsUs = false;
  tx: Channel | null = null;
  rx: Channel | null = null;
  txNumber = 0;
  readonly received = new ReplayWindow();
  hellos = new ReplayWindow();
  helloNumber = 0;
  helloAt = 0;
  helloWait: number;
  /** version of the wire format that it is spoken to in */
  version: number;
  /** link by which it was heard last */
  heardLink: number | null = null;
  /** link that traffic goes by */
  current = 0;
  /** a message found its queue full: the program waits for room */
  refusedRoom = false;
  isUp = false;
  readonly pace: Bucket;
  readonly answers: Bucket;
  readonly reminders: Bucket;
  readonly #parts: PeerParts;
  #turn = 0;
  /** datagrams heard that the next ones sent may be the answers to */
  #unanswered = 0;
  #heardAt = 0;

  constructor(node: number, parts: PeerParts, now: number) {
    this.node = node;
    this.#parts = parts;
    this.outbox = new Outbox(parts.queued, parts.room);
    this.assembly = new Assembly(parts.partial);
    this.version = parts.version;
    this.helloAt = now;
    this.helloWait = parts.timings.helloMs;
    this.pace = new Bucket(BURST, BURST_PER_MS, now);
    this.answers = new Bucket(ANSWERS, ANSWERS / 1_000, now);
    this.reminders = new Bucket(ANSWERS, ANSWERS / 1_000, now);
  }

  /** Whether messages can leave for it. */
  get ready(): boolean {
    return this.knowsUs && this.tx !== null;
  }

  /** Its addresses, one a link; links that stay keep what is known of them. */
  setAddresses(addresses: readonly Address[], now: number): void {
    const { timings, self } = this.#parts;
    this.links = addresses.map((remote, i) => {
      const link = this.links[i];
      if (!link || link.remote.address !== remote.address || link.remote.port !== remote.port)
        return new Link(i, remote, timings, self > this.node, now);
      return link;
    });
    if (this.current >= this.links.length) this.current = 0;
  }

  /** Another life of it, or of ours: new channels, numbers from 1. */
  adopt(their: Life, ours: Life, now: number): void {
    const { uuid, self } = this.#parts;
    this.their = their;
    this.knowsUs = false;
    this.tx = new Channel(uuid, self, ours, this.node, their);
    this.rx = new Channel(uuid, this.node, their, self, ours);
    this.txNumber = 0;
    this.received.reset();
    this.assembly.reset();
    for (const link of this.links) link.restart(now);
  }

  /** After so long without a further piece the missing ones are asked for: what is on its way should have come by then. */
  get askMs(): number {
    return Math.max(this.#parts.timings.askMs, 1.5 * this.#rttMs);
  }

  get care(): Care {
    return { keepMs: this.#parts.timings.partialMs, promptMs: Math.max(PROMPT_ASKS * this.#parts.timings.askMs, 3 * this.#rttMs) };
  }

  get #rttMs(): number {
    return this.links[this.current]?.rttMs ?? 0;
  }

  /** A datagram with frames came. */
  heardFrames(now: number): void {
    this.#unanswered = Math.min(ANSWERS_MAX, now - this.#heardAt > this.#answerMs ? 1 : this.#unanswered + 1);
    this.#heardAt = now;
  }

  /**
   * Whether a datagram that leaves now is likely an answer, of which no answer can be expected: one for each that came shortly before.
   * Else the last word of every exchange would make its link a suspect.
   */
  isAnswer(now: number): boolean {
    if (this.#unanswered === 0 || now - this.#heardAt > this.#answerMs) return false;
    this.#unanswered--;
    return true;
  }

  get #answerMs(): number {
    return this.#parts.timings.suspectMs / 4;
  }

  /**
   * The link to send by: the one in use, if it is up and none before it has been up for long; else the best there is. While none is up
   * all are used in turn: one of them may work. Returns null if it has none with an open socket (`usable`).
   */
  choose(usable: (link: Link) => boolean, now: number): Link | null {
    const links = this.links.filter(usable);
    if (links.length === 0) return null;
    const up = links.filter((l) => l.state === LINK.UP);
    if (up.length === 0) {
      const suspect = links.filter((l) => l.state === LINK.SUSPECT && !l.refused);
      const among = suspect.length > 0 ? suspect : links;
      return among[this.#turn++ % among.length];
    }
    const old = up.find((l) => now - l.upSince >= this.#parts.timings.stableMs);
    const here = up.find((l) => l.index === this.current);
    if (here && (!old || here.index <= old.index)) return here;
    return old ?? up[0];
  }
}
