// One instance of the module that plays every node in turn: memory images go in and out of it.
//
// An image is a list of numbers, one for each chunk of the state region that any run ever touched; equal chunks are kept
// once. Which chunks are touched is found out by comparing the whole region with what it was after clms_init, at every
// step at first, then now and then; if one turns up late, exploring begins again, knowing it (Untracked).
//
// Invariants: an image is taken only when nothing waits in a queue, so scratch memory is worth nothing; counters
// that only grow, and places of emptied queues, are set to zero in it, so that they do not tell equal states apart.

import { readFileSync } from "node:fs";
import { type ClmsExports, Page } from "../../../host/core/abi/clms.js";
import { ClmsPage } from "../../../host/core/clms_page.js";
import { hashWords, Lists } from "./intern.js";

const CHUNK = 256;
const WORDS = CHUNK / 4;
/** Steps that are compared as a whole at first, and how often later. */
const CAREFUL = 3_000;
const SPOT = 64;
/** Chunks that are compared at once. */
const BLOCK = 64;

/** Fields of the page that only tell the host something, or only count. */
const PAGE_ZERO = [
  ...[Page.event_head, Page.event_tail, Page.event_lost, Page.msg_addr, Page.msg_len, Page.msg_to, Page.msg_lost, Page.durable_addr],
  ...[Page.durable_len, Page.durable_slot, Page.durable_slot + 4, Page.durable_seq, Page.durable_confirmed, Page.wait_slot],
  ...[Page.wait_slot + 4, Page.generation, Page.generation + 4, Page.takeovers, Page.polls, Page.dropped],
];
/** The same of the module's own record, which the ABI does not show. */
const SELF_ZERO = ["durable_head", "durable_tail", "durable_seq", "mark_head", "mark_tail", "out_head", "out_tail", "out_used"];
/** When this node found its master missing: that it did, it finds out again in the same instant. */
const AGAIN = ["silent_since"];
/** Pairs of them that are equal when a queue is empty. */
const PAIRS = [
  ["durable_head", "durable_tail"],
  ["mark_head", "mark_tail"],
  ["out_head", "out_tail"],
];

/** A chunk was touched that no image holds: begin again. */
export class Untracked extends Error {}

/** Offsets of the fields of Self, in the state region behind the page, read off its source. */
function selfOffsets(): Map<string, number> {
  const text = readFileSync(new URL("../../../../assembly/clms/structs.ts", import.meta.url), "utf8");
  const body = /class Self \{([\s\S]*?)\n\}/.exec(text)?.[1] ?? "";
  const offsets = new Map<string, number>();
  let at = 0;
  for (const [, name, bits] of body.matchAll(/^ {2}(?:private )?(\w+): u(8|16|32|64);/gm)) {
    const size = Number(bits) / 8;
    at = Math.ceil(at / size) * size;
    offsets.set(name, at + Page.SIZE);
    at += size;
  }
  return offsets;
}

export class Machine extends ClmsPage {
  readonly #i32: Int32Array;
  readonly #first: number;
  readonly #chunks: number;
  readonly #blank: Uint8Array;
  readonly #zero: number[];
  readonly #pairs: number[][];
  #store = new Int32Array(1 << 16);
  #stored = 0;
  readonly #ids = new Map<string, number>();
  /** what is loaded: a number for each touched chunk */
  #now: Int32Array;
  /** the same of a new instance */
  #new: Int32Array;
  readonly images = new Lists();
  steps = 0;

  /** `touched` is shared by all machines of one exploration, so that what is learned is kept. */
  constructor(
    exports: ClmsExports,
    readonly touched: number[],
  ) {
    super(exports);
    this.reset(1);
    this.#i32 = new Int32Array(this.memory.buffer);
    this.#first = this.page >> 2;
    this.#chunks = Math.ceil(this.pageWord(Page.state_size) / CHUNK);
    this.#blank = this.u8.slice(this.page, this.page + this.#chunks * CHUNK);
    const own = selfOffsets();
    const offset = (name: string): number => {
      const at = own.get(name);
      if (at === undefined) throw new Error(`Self has no field ${name}`);
      return (this.page + at) >> 2;
    };
    this.#zero = [
      ...PAGE_ZERO.map((f) => (this.page + f) >> 2),
      ...SELF_ZERO.map(offset),
      ...AGAIN.flatMap((f) => [offset(f), offset(f) + 1]),
    ];
    this.#pairs = PAIRS.map((p) => p.map(offset));
    this.#new = Int32Array.from(touched, (c) => this.#intern(c));
    this.#now = this.#new.slice();
  }

  /** The number of what chunk c holds now. */
  #intern(c: number): number {
    const from = this.#first + c * WORDS;
    const key = hashWords(this.#i32, from, from + WORDS);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#stored++;
      this.#ids.set(key, id);
      if (this.#stored * WORDS > this.#store.length) {
        const more = new Int32Array(this.#store.length * 2);
        more.set(this.#store);
        this.#store = more;
      }
      this.#store.set(this.#i32.subarray(from, from + WORDS), id * WORDS);
    }
    return id;
  }

  /** The number that a chunk has in a new instance. */
  #blankId(c: number): number {
    const words = new Int32Array(this.#blank.buffer, this.#blank.byteOffset + c * CHUNK, WORDS);
    const keep = this.#i32.slice(this.#first + c * WORDS, this.#first + (c + 1) * WORDS);
    this.#i32.set(words, this.#first + c * WORDS);
    const id = this.#intern(c);
    this.#i32.set(keep, this.#first + c * WORDS);
    return id;
  }

  /** Puts an image in; -1 is that of a new instance. */
  load(image: number): void {
    const want = image < 0 ? this.#new : this.images.at(image);
    for (let i = 0; i < this.touched.length; i++) {
      const id = i < want.length ? want[i] : this.#new[i];
      if (this.#now[i] === id) continue;
      this.#i32.set(this.#store.subarray(id * WORDS, (id + 1) * WORDS), this.#first + this.touched[i] * WORDS);
      this.#now[i] = id;
    }
  }

  /** Takes the image out. */
  save(): number {
    this.steps++;
    for (const [head, tail] of this.#pairs)
      if (this.#i32[head] !== this.#i32[tail]) throw new Error("an image is taken while a queue is not empty");
    for (const at of this.#zero) this.#i32[at] = 0;
    // What comes out only, and anew after every step: never.
    this.#i32.fill(-1, (this.page + Page.deadline) >> 2, (this.page + Page.deadline + 8) >> 2);
    if (this.steps <= CAREFUL || this.steps % SPOT === 0) this.#lookForMore();
    for (let i = 0; i < this.touched.length; i++) {
      const from = this.#first + this.touched[i] * WORDS;
      const old = this.#now[i] * WORDS;
      let w = 0;
      while (w < WORDS && this.#i32[from + w] === this.#store[old + w]) w++;
      if (w < WORDS) this.#now[i] = this.#intern(this.touched[i]);
    }
    return this.images.id(this.#now.slice());
  }

  /** Finds chunks that were touched for the first time. */
  #lookForMore(): void {
    const known = new Set(this.touched);
    const before = this.touched.length;
    const state = this.u8.subarray(this.page, this.page + this.#blank.length);
    const differs = (a: number, b: number) => Buffer.compare(state.subarray(a, b), this.#blank.subarray(a, b)) !== 0;
    for (let block = 0; block < this.#chunks; block += BLOCK) {
      const end = Math.min(block + BLOCK, this.#chunks);
      if (!differs(block * CHUNK, end * CHUNK)) continue;
      for (let c = block; c < end; c++) if (!known.has(c) && differs(c * CHUNK, (c + 1) * CHUNK)) this.touched.push(c);
    }
    if (this.touched.length === before) return;
    if (this.steps > CAREFUL) throw new Untracked();
    const fresh = Int32Array.from(this.touched.slice(before), (c) => this.#blankId(c));
    this.#new = Int32Array.of(...this.#new, ...fresh);
    this.#now = Int32Array.of(...this.#now, ...fresh);
  }
}
