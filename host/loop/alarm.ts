// The timer behind the module's deadline.
//
// Invariants: at most one timer is armed; it is armed anew only for an earlier deadline (waking too early is harmless,
// and the next sleep arms the rest); no deadline, no timer.

const MS = 1_000_000n;
/** The longest that setTimeout takes. */
const LONGEST_MS = 0x7fff_ffff;

export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  /** what is armed is due no later than this */
  #due = 0n;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at `deadline`, or not at all if it is null. */
  set(deadline: bigint | null, now: bigint): void {
    if (deadline === null) {
      this.clear();
      return;
    }
    if (this.#soon || (this.#timer && this.#due <= deadline)) return;
    this.clear();
    const left = deadline - now;
    if (left < MS) {
      // Timers count in whole milliseconds: the last one is waited for turn by turn of Node's event loop.
      this.#soon = setImmediate(() => this.#fire());
      return;
    }
    this.#due = deadline;
    this.#timer = setTimeout(() => this.#fire(), Math.min(Number(left / MS), LONGEST_MS));
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#soon) clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#soon = undefined;
    this.#ring();
  }
}
