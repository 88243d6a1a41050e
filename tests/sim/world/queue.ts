// What is still to happen, by time: a binary heap of entries that are used again.
//
// Invariant: entries of equal time come out in the order in which they went in (seq), so a schedule has one order.

import type { Packet } from "./packet.js";

/** What an entry is. Those up to WAKE are for one boot of a node, the others for the world. */
export const WORK = {
  /** a packet arrives */
  PACKET: 0,
  /** Page.deadline has come */
  TIMER: 1,
  /** writes are durable; a = number of the last */
  SYNC: 2,
  /** a callback is answered: a = subsystem, b = slot, c = status, d = CALL */
  CALL: 3,
  /** a service is taken or released: a = service, b = EVENT, c = token */
  SERVICE: 4,
  /** a fence is answered: a = node number, b = inc, c = ok */
  FENCED: 5,
  /** the arbiter's answer: a = status, b = version; packet = register */
  ARBITER: 6,
  /** the application looks */
  TICK: 7,
  /** the host wants this node to be in state a */
  WISH: 8,
  /** the host says who is dead */
  WORD: 9,
  /** a pause, or a slow step, is over */
  WAKE: 10,
  /** node starts */
  START: 11,
  /** the nemesis acts: a */
  NEMESIS: 12,
  /** a fence reaches its target: node = target, a = asker, b = inc */
  KILL: 13,
  /** a request reaches the arbiter: a = 1 write, b = version expected, c = number of the request */
  ARBITER_ASK: 14,
} as const;

export class Entry {
  time = 0;
  seq = 0;
  kind = 0;
  /** index of the node */
  node = 0;
  boot = 0;
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  packet: Packet | null = null;
}

export class Queue {
  readonly #heap: Entry[] = [];
  readonly #free: Entry[] = [];
  #seq = 0;

  get length(): number {
    return this.#heap.length;
  }

  /** Time of the first entry; Infinity = none. */
  get first(): number {
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].time;
  }

  /** A new entry; its numbers and its packet are to be set by the caller at once. */
  push(time: number, kind: number, node: number, boot: number): Entry {
    const entry = this.#free.pop() ?? new Entry();
    entry.time = time;
    entry.seq = this.#seq++;
    entry.kind = kind;
    entry.node = node;
    entry.boot = boot;
    entry.a = 0;
    entry.b = 0;
    entry.c = 0;
    entry.d = 0;
    entry.packet = null;
    this.#up(this.#heap.length, entry);
    return entry;
  }

  /** The first entry; give it back with free(). The queue must not be empty. */
  pop(): Entry {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop() as Entry;
    if (heap.length > 0) this.#down(last);
    return top;
  }

  free(entry: Entry): void {
    entry.packet = null;
    this.#free.push(entry);
  }

  /** Takes everything out, through `drop`, and begins to count anew. */
  clear(drop: (entry: Entry) => void): void {
    for (const entry of this.#heap) {
      drop(entry);
      this.free(entry);
    }
    this.#heap.length = 0;
    this.#seq = 0;
  }

  #up(from: number, entry: Entry): void {
    const heap = this.#heap;
    let i = from;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const over = heap[up];
      if (over.time < entry.time || (over.time === entry.time && over.seq < entry.seq)) break;
      heap[i] = over;
      i = up;
    }
    heap[i] = entry;
  }

  /** Puts an entry where the first was. */
  #down(entry: Entry): void {
    const heap = this.#heap;
    const n = heap.length;
    let i = 0;
    for (let child = 1; child < n; child = 2 * i + 1) {
      let least = heap[child];
      if (child + 1 < n) {
        const right = heap[child + 1];
        if (right.time < least.time || (right.time === least.time && right.seq < least.seq)) {
          least = right;
          child++;
        }
      }
      if (entry.time < least.time || (entry.time === least.time && entry.seq < least.seq)) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = entry;
  }
}
