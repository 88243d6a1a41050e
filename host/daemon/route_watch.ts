// When the routes are to be read again: some time after the first of a row of changes, and not all the time.
//
// Invariant: after the last change the routes are read once more; what reading costs is at most a part in twenty of the time.

import type { Rtnetlink } from "../net/rtnetlink.js";

/** Changes that come within this time are one. */
const GATHER_MS = 50;
/** Where routes change all the time, as a routing daemon's do, they are read this often at most. */
const APART_MS = 1000;
const PART = 20;

export class RouteWatch {
  readonly #net: Rtnetlink;
  readonly #onChange: () => void;
  #watch: { close(): void } | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** no reading before that (performance.now) */
  #next = 0;

  constructor(net: Rtnetlink, onChange: () => void) {
    this.#net = net;
    this.#onChange = onChange;
  }

  start(): void {
    this.#watch ??= this.#net.routes.watch(() => this.#changed());
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => this.#read(), Math.max(GATHER_MS, this.#next - performance.now()));
  }

  #read(): void {
    this.#timer = null;
    const began = performance.now();
    try {
      this.#onChange();
    } finally {
      const ended = performance.now();
      this.#next = ended + Math.max(APART_MS, PART * (ended - began));
    }
  }

  stop(): void {
    this.#watch?.close();
    this.#watch = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
