// The pseudo-random generator of the simulated network: small, seeded, the same everywhere (xorshift32 behind a mixer).
//
// Invariant: equal seeds and equal questions give equal answers; nothing here reads a clock or the system.

export class Prng {
  #state: number;

  constructor(seed: number) {
    // A mixed seed, so that neighbouring seeds do not give neighbouring sequences; the state must not be zero.
    let s = (seed ^ 0x9e3779b9) >>> 0;
    s = Math.imul(s ^ (s >>> 16), 0x85ebca6b) >>> 0;
    s = Math.imul(s ^ (s >>> 13), 0xc2b2ae35) >>> 0;
    this.#state = (s ^ (s >>> 16)) >>> 0 || 1;
  }

  /** 32 random bits. */
  next(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s >>> 0;
    return this.#state;
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability * 0x1_0000_0000;
  }
}
