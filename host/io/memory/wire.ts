// A cable between two ends: carries frames both ways, with a rate, a delay, and the faults it is told to have.
//
// Invariants: a frame is delivered by the clock, never from within send(); without jitter frames of one direction
// keep their order; a frame under way when the cable is cut is lost; a frame in flight is never written to.

import type { LanClock } from "./clock.js";
import type { Prng } from "./prng.js";

export interface WireOptions {
  /** ns from end to end; default 1,000 */
  delay?: bigint;
  /** up to so many ns more, at random: frames may overtake each other; default 0 */
  jitter?: bigint;
  /** share of frames that get lost, 0 to 1; default 0 */
  loss?: number;
  /** share of frames that arrive twice; default 0 */
  duplicate?: number;
  /** bits a second each way, 0 = no limit; default 100,000,000 */
  rate?: number;
}

/** Bytes a frame takes on the line beyond its own: preamble, check sequence, gap (IEEE 802.3). */
const LINE_OVERHEAD = 24;
/** ns of frames that may queue before a cable; what comes then is lost. */
const QUEUE_NS = 20_000_000n;

/** What is plugged into one end. */
export interface WireEnd {
  deliver(frame: Uint8Array): void;
  /** The cable works (true) or is cut; not called for the state it begins with. */
  carrier?(up: boolean): void;
}

export class Wire {
  readonly #clock: LanClock;
  readonly #prng: Prng;
  readonly #ends: [WireEnd | null, WireEnd | null] = [null, null];
  #options: Required<WireOptions>;
  #up = true;
  /** ns: when the line from each side is free again */
  readonly #free: [bigint, bigint] = [0n, 0n];
  /** Counts the cuts: a frame sent before one does not arrive after it. */
  #epoch = 0;
  /** frames lost: by the fault "loss", by a cut, by a full queue */
  lost = 0;

  constructor(clock: LanClock, prng: Prng, options: WireOptions = {}) {
    this.#clock = clock;
    this.#prng = prng;
    this.#options = { delay: 1000n, jitter: 0n, loss: 0, duplicate: 0, rate: 100_000_000, ...options };
  }

  get up(): boolean {
    return this.#up;
  }

  plug(side: 0 | 1, end: WireEnd): void {
    this.#ends[side] = end;
  }

  /** Changes the cable's delay and faults. */
  set(options: WireOptions): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Cuts or repairs the cable; both ends are told. */
  setUp(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (!up) {
      this.#epoch++;
      this.#free[0] = this.#free[1] = this.#clock.now();
    }
    for (const end of this.#ends) end?.carrier?.(up);
  }

  /** Sends from one side to the other; false if the cable is cut. */
  send(from: 0 | 1, frame: Uint8Array): boolean {
    if (!this.#up) return false;
    const copies = this.#prng.chance(this.#options.duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.#prng.chance(this.#options.loss)) this.lost++;
      else this.#carry(from, frame);
    }
    return true;
  }

  #carry(from: 0 | 1, frame: Uint8Array): void {
    const { delay, jitter, rate } = this.#options;
    const now = this.#clock.now();
    const begin = this.#free[from] > now ? this.#free[from] : now;
    if (begin - now > QUEUE_NS) {
      this.lost++;
      return;
    }
    const line = rate > 0 ? BigInt(Math.ceil(((frame.length + LINE_OVERHEAD) * 8e9) / rate)) : 0n;
    this.#free[from] = begin + line;
    const extra = jitter > 0n ? BigInt(this.#prng.below(Number(jitter))) : 0n;
    const epoch = this.#epoch;
    this.#clock.after(begin - now + line + delay + extra, () => {
      if (this.#up && epoch === this.#epoch) this.#ends[from === 0 ? 1 : 0]?.deliver(frame);
      else this.lost++;
    });
  }
}
