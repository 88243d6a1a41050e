// A seeded source of numbers (sfc32): the same seed gives the same frames on every machine.

/** Numbers that programs get wrong: around powers of two, around the module's own limits, and the extremes. */
export const EXTREMES: readonly number[] = [
  0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 255, 256, 2047, 2048, 4095, 4096, 4097, 65_534, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe,
  0xffff_ffff,
];

export class Random {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #d = 1;

  constructor(readonly seed: number) {
    this.#a = seed >>> 0;
    for (let i = 0; i < 16; i++) this.u32();
  }

  u32(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return t >>> 0;
  }

  /** 0 … n − 1 */
  below(n: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * n);
  }

  /** True once in n times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  fill(words: Uint32Array): void {
    for (let i = 0; i < words.length; i++) words[i] = this.u32();
  }
}

/** The seed of a run: HOLDFAST_SEED, to repeat one, or a fixed number. */
export function seed(): number {
  return Number(process.env.HOLDFAST_SEED ?? 20_261_122) >>> 0;
}
