// One of the four rings of an XDP socket, mapped into the module's memory: two indices that only grow, and entries by index.
//
// Invariants: one side writes the producer's index, the other the consumer's; an entry is written before the index that
// says so, and read after it (atomic words, for processors that order memory weakly); the number of entries is a power of
// two, so that an index that wraps at 2^32 still means its entry.

import type { Arena } from "./arena.js";
import * as X from "./linux_xdp.js";

export class XskRing {
  readonly #i32: Int32Array;
  readonly #u32: Uint32Array;
  readonly #producer: number;
  readonly #consumer: number;
  readonly #flags: number;
  readonly #entries: number;
  readonly #mask: number;
  readonly #words: number;
  /** entries we have produced or consumed; what the kernel has been told may be less */
  #at: number;

  /** @param at where the ring is mapped; @param offsets struct xdp_ring_offset of it; @param entryBytes 8 or 16 */
  constructor(arena: Arena, at: number, offsets: DataView, entries: number, entryBytes: 8 | 16, side: "producer" | "consumer") {
    const word = (member: number): number => (at + offsets.getUint32(member, true)) >> 2;
    this.#i32 = arena.i32;
    this.#u32 = arena.u32;
    this.#producer = word(X.XDP_OFFSETS.producer);
    this.#consumer = word(X.XDP_OFFSETS.consumer);
    this.#flags = word(X.XDP_OFFSETS.flags);
    this.#entries = word(X.XDP_OFFSETS.desc);
    this.#mask = entries - 1;
    this.#words = entryBytes >> 2;
    this.#at = Atomics.load(this.#i32, side === "producer" ? this.#producer : this.#consumer) >>> 0;
  }

  /** Entries that the other side has produced and we have not taken. */
  waiting(): number {
    return (Atomics.load(this.#i32, this.#producer) - this.#at) >>> 0;
  }

  /** Entries that we have produced and the other side has not taken, those not published included. */
  pending(): number {
    return (this.#at - Atomics.load(this.#i32, this.#consumer)) >>> 0;
  }

  /** Index into u32 of the entry n after the next. */
  word(n = 0): number {
    return this.#entries + ((this.#at + n) & this.#mask) * this.#words;
  }

  /** Writes an entry of 8 bytes that is a chunk's address, without saying so. */
  put(address: number): void {
    const w = this.word();
    this.#u32[w] = address;
    this.#u32[w + 1] = 0;
    this.#at = (this.#at + 1) >>> 0;
  }

  /** Goes on by n entries, without saying so. */
  advance(n: number): void {
    this.#at = (this.#at + n) >>> 0;
  }

  /** Tells the other side how far we have produced. */
  publish(): void {
    Atomics.store(this.#i32, this.#producer, this.#at | 0);
  }

  /** Tells the other side how far we have consumed. */
  done(): void {
    Atomics.store(this.#i32, this.#consumer, this.#at | 0);
  }

  /** Whether the kernel has to be called to look at the ring. */
  get wantsCall(): boolean {
    return (Atomics.load(this.#i32, this.#flags) & X.XDP_RING_NEED_WAKEUP) !== 0;
  }
}
