// Time for the simulated network: virtual (moves only when told, so that a run is repeatable) or real.
//
// Invariants: what is due at the same nanosecond runs in the order it was asked for; nothing runs from within
// after(), so a caller never meets itself; now() never goes back.

export interface Timer {
  /** Forgets it; harmless if it has run. */
  cancel(): void;
}

export interface LanClock {
  /** ns */
  now(): bigint;
  /** Runs fn once, `delay` ns from now, never before after() has returned. */
  after(delay: bigint, fn: () => void): Timer;
}

interface Entry {
  at: bigint;
  order: number;
  fn: (() => void) | null;
}

const earlier = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Entries, least first: a binary heap. */
class Agenda {
  readonly #heap: Entry[] = [];
  #order = 0;

  add(at: bigint, fn: () => void): Entry {
    const heap = this.#heap;
    const entry: Entry = { at, order: this.#order++, fn };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!earlier(entry, heap[up])) break;
      heap[i] = heap[up];
      i = up;
    }
    heap[i] = entry;
    return entry;
  }

  /** The next entry that has not been cancelled. */
  peek(): Entry | undefined {
    while (this.#heap.length > 0 && this.#heap[0].fn === null) this.pop();
    return this.#heap[0];
  }

  pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1], heap[child])) child++;
      if (!earlier(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

const cancelable = (entry: Entry): Timer => ({
  cancel() {
    entry.fn = null;
  },
});

/** Time that moves only by run(). */
export class VirtualClock implements LanClock {
  readonly #agenda = new Agenda();
  #now: bigint;

  constructor(start = 0n) {
    this.#now = start;
  }

  now(): bigint {
    return this.#now;
  }

  after(delay: bigint, fn: () => void): Timer {
    return cancelable(this.#agenda.add(this.#now + (delay > 0n ? delay : 0n), fn));
  }

  /** When something is due next; null if nothing is. */
  next(): bigint | null {
    return this.#agenda.peek()?.at ?? null;
  }

  /** Lets `ns` pass, running what falls due on the way, each at its own time. */
  run(ns: bigint): void {
    const end = this.#now + ns;
    for (let entry = this.#agenda.peek(); entry && entry.at <= end; entry = this.#agenda.peek()) {
      this.#agenda.pop();
      this.#now = entry.at;
      entry.fn?.();
    }
    this.#now = end;
  }
}

/** Real time. Waits in whole milliseconds, as Node does, but runs whatever is due by then in the right order. */
export class RealClock implements LanClock {
  readonly #agenda = new Agenda();
  #wake: { at: bigint; cancel: () => void } | null = null;
  #running = false;
  #closed = false;

  now(): bigint {
    return process.hrtime.bigint();
  }

  after(delay: bigint, fn: () => void): Timer {
    const entry = this.#agenda.add(this.now() + (delay > 0n ? delay : 0n), fn);
    if (!this.#running) this.#arm();
    return cancelable(entry);
  }

  /** Runs nothing any more, and lets the process end. */
  close(): void {
    this.#closed = true;
    this.#wake?.cancel();
    this.#wake = null;
  }

  #arm(): void {
    const next = this.#agenda.peek();
    if (this.#closed || !next || (this.#wake && this.#wake.at <= next.at)) return;
    this.#wake?.cancel();
    const wait = next.at - this.now();
    const run = () => this.#run();
    if (wait <= 0n) {
      const handle = setImmediate(run);
      this.#wake = { at: next.at, cancel: () => clearImmediate(handle) };
    } else {
      const handle = setTimeout(run, Number(wait / 1_000_000n));
      this.#wake = { at: next.at, cancel: () => clearTimeout(handle) };
    }
  }

  #run(): void {
    this.#wake = null;
    this.#running = true;
    try {
      // What is asked for meanwhile waits for the next turn, so that other work of the process gets its share.
      const end = this.now();
      for (let entry = this.#agenda.peek(); entry && entry.at <= end && !this.#closed; entry = this.#agenda.peek()) {
        this.#agenda.pop();
        entry.fn?.();
      }
    } finally {
      this.#running = false;
      this.#arm();
    }
  }
}
