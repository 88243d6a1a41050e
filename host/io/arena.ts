// The module's I/O region, handed out in pieces: each device's ring or buffers have a place of their own.
//
// Invariants: pieces are multiples of the system's page, begin on one and never overlap; there is one arena for a memory,
// whoever asks for it; a free neighbour is merged, so that everything given back can be handed out as one again.

import { Page } from "../core/abi/ipmp.js";
import { pageSize } from "./ffi.js";

/** 64 KiB: a multiple of the page size of every platform. */
const PAGE_MAX = 0x10000;

/** What an arena needs of a module; an Ipmp has it. */
export interface ModuleMemory {
  readonly memory: WebAssembly.Memory;
  readonly dv: DataView;
  /** address of the Page */
  readonly page: number;
}

/** The I/O region has no place left. */
export class ArenaError extends Error {
  override readonly name = "ArenaError";
}

const arenas = new WeakMap<WebAssembly.Memory, Arena>();

export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  /** address of the first descriptor */
  readonly descBase: number;
  /** first byte of the region, and one past its last */
  readonly base: number;
  readonly end: number;
  /** what every piece is a multiple of, and begins on */
  readonly piece = pageSize();
  /** free stretches by offset, ascending: [offset, bytes] */
  #free: [number, number][];
  readonly #taken = new Map<number, number>();

  private constructor(module: ModuleMemory) {
    this.memory = module.memory;
    const buffer = module.memory.buffer;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.descBase = module.dv.getUint32(module.page + Page.desc_base, true);
    this.base = roundUp(module.dv.getUint32(module.page + Page.io_base, true), PAGE_MAX);
    this.end = Math.floor(module.dv.getUint32(module.page + Page.io_end, true) / PAGE_MAX) * PAGE_MAX;
    this.#free = this.end > this.base ? [[this.base, this.end - this.base]] : [];
  }

  /** The arena of a module's memory. */
  static of(module: ModuleMemory): Arena {
    let arena = arenas.get(module.memory);
    if (!arena) {
      arena = new Arena(module);
      arenas.set(module.memory, arena);
    }
    return arena;
  }

  /** Bytes of the whole region. */
  get size(): number {
    return this.end - this.base;
  }

  /** The largest piece that alloc would give now. */
  largest(): number {
    return this.#free.reduce((most, [, bytes]) => Math.max(most, bytes), 0);
  }

  /** Bytes not handed out. */
  available(): number {
    return this.#free.reduce((sum, [, bytes]) => sum + bytes, 0);
  }

  /** Hands out at least `bytes` bytes, as they were left; returns their offset in linear memory. */
  alloc(bytes: number, what: string): number {
    const want = roundUp(Math.max(bytes, 1), this.piece);
    const at = this.#free.findIndex(([, have]) => have >= want);
    if (at < 0)
      throw new ArenaError(
        `${what}: needs ${want >> 10} KiB of the module's I/O region, of whose ${this.size >> 10} KiB ` +
          `${this.available() >> 10} are free, at most ${this.largest() >> 10} in one piece`,
      );
    const [offset, have] = this.#free[at];
    if (have === want) this.#free.splice(at, 1);
    else this.#free[at] = [offset + want, have - want];
    this.#taken.set(offset, want);
    return offset;
  }

  /** Takes back what alloc returned. */
  free(offset: number): void {
    const bytes = this.#taken.get(offset);
    if (bytes === undefined) throw new ArenaError(`offset ${offset}: not handed out by this arena`);
    this.#taken.delete(offset);
    let at = this.#free.findIndex(([o]) => o > offset);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, [offset, bytes]);
    this.#merge(at);
    if (at > 0) this.#merge(at - 1);
  }

  /** Joins stretch `at` with the next one if they touch. */
  #merge(at: number): void {
    const next = this.#free[at + 1];
    if (!next || this.#free[at][0] + this.#free[at][1] !== next[0]) return;
    this.#free[at][1] += next[1];
    this.#free.splice(at + 1, 1);
  }
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
