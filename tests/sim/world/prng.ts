// Seeded random numbers: sfc32, one stream for each purpose.
//
// Invariant: a stream depends on (seed, name) only, so that a part of the world that draws more does not change what
// another part draws: a shrunk schedule stays close to the one that it came from.

import type { Random } from "../types.js";

/** FNV-1a of a name, 32 bits. */
function hash(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h | 0;
}

export class Prng implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: number, name: string) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = hash(name);
    for (let i = 0; i < 12; i++) this.u32();
  }

  u32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  unit(): number {
    return this.u32() / 0x1_0000_0000;
  }

  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  between(lo: number, hi: number): number {
    return lo + Math.floor(this.unit() * (hi - lo + 1));
  }

  /** Draws nothing where the answer is certain: a fault that is switched off costs nothing. */
  chance(p: number): boolean {
    return p > 0 && (p >= 1 || this.unit() < p);
  }

  exponential(mean: number): number {
    return mean <= 0 ? 0 : Math.floor(-mean * Math.log(1 - this.unit()));
  }
}
