// Whether to look for frames a little longer before sleeping: under load that saves a wake-up for each batch.
//
// Invariant: it spins only while it pays: frames keep coming sooner than the spin would end. A lone frame, or a steady
// trickle slower than that, never makes it spin.

const CREDIT_MAX = 8;
const CREDIT_SPIN = 4;
/** A gap longer than a spin costs more credit than a short one earns. */
const PENALTY = 2;

export class Spin {
  readonly #ns: bigint;
  #last = 0n;
  #credit = 0;

  /** @param us how long to look at most; 0 = never */
  constructor(us: number) {
    this.#ns = BigInt(Math.max(0, Math.round(us * 1000)));
  }

  /** Reports the frames of a slice that ended at `now`; true if another one should follow at once. */
  worked(now: bigint, frames: number): boolean {
    if (this.#ns === 0n) return false;
    const gap = now - this.#last;
    if (frames > 0) {
      this.#credit = gap <= this.#ns ? Math.min(this.#credit + 1, CREDIT_MAX) : Math.max(this.#credit - PENALTY, 0);
      this.#last = now;
      return this.#credit >= CREDIT_SPIN;
    }
    return this.#credit >= CREDIT_SPIN && gap < this.#ns;
  }
}
