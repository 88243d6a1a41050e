// Which numbers have been received: a window that slides with the highest one.
//
// Invariants: a number is fresh once at most; a number WINDOW or more below the highest is never fresh; a look changes nothing, so
// that a forged datagram, which is looked at before it is opened, leaves no trace.

/** Numbers that are remembered below the highest. */
export const WINDOW = 2048;

export class ReplayWindow {
  /** one bit a number, by number modulo WINDOW */
  readonly #bits = new Uint32Array(WINDOW / 32);
  #top = 0;

  /** Highest number taken; 0 = none. */
  get top(): number {
    return this.#top;
  }

  /** Whether `n` (1 and above) would be taken. */
  isFresh(n: number): boolean {
    if (n > this.#top) return true;
    if (n < 1 || this.#top - n >= WINDOW) return false;
    const at = n % WINDOW;
    return ((this.#bits[at >>> 5] >>> (at & 31)) & 1) === 0;
  }

  /** Takes `n`, which must be fresh. */
  take(n: number): void {
    if (n - this.#top >= WINDOW) this.#bits.fill(0);
    else for (let i = this.#top + 1; i < n; i++) this.#clear(i);
    if (n > this.#top) this.#top = n;
    const at = n % WINDOW;
    this.#bits[at >>> 5] |= 1 << (at & 31);
  }

  reset(): void {
    this.#bits.fill(0);
    this.#top = 0;
  }

  /** A number that comes into the window without having been received. */
  #clear(n: number): void {
    const at = n % WINDOW;
    this.#bits[at >>> 5] &= ~(1 << (at & 31));
  }
}
