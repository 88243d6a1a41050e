// A host's neighbours: which hardware address an IP address has, asked for when needed, and what waits for the answer.
//
// Invariants: at most PENDING_MAX packets wait for one neighbour, the oldest gives way; after TRIES unanswered
// requests what waits is dropped; an entry is only updated, never made, by an unasked-for claim (RFC 826, RFC 4861 §7.2.5),
// so that gratuitous announcements move known neighbours and fill nobody's table.

import type { LanClock, Timer } from "./clock.js";

const PENDING_MAX = 64;
const TRIES = 3;
const RETRY_NS = 1_000_000_000n;

interface Neighbour {
  mac: string | null;
  pending: ((mac: string) => void)[];
  tries: number;
  timer: Timer | null;
}

export class NeighbourCache {
  readonly #clock: LanClock;
  readonly #solicit: (addr: string) => void;
  readonly #table = new Map<string, Neighbour>();
  /** packets dropped because a neighbour did not answer, or too many waited */
  dropped = 0;
  /** times a known neighbour's hardware address changed */
  moved = 0;

  constructor(clock: LanClock, solicit: (addr: string) => void) {
    this.#clock = clock;
    this.#solicit = solicit;
  }

  /** The hardware address known for an address; null if none is. */
  get(addr: string): string | null {
    return this.#table.get(addr)?.mac ?? null;
  }

  /** Calls `then` with the neighbour's hardware address: at once if it is known, else when it answers, or never. */
  resolve(addr: string, then: (mac: string) => void): void {
    let n = this.#table.get(addr);
    if (n?.mac) {
      then(n.mac);
      return;
    }
    if (!n) {
      n = { mac: null, pending: [], tries: 0, timer: null };
      this.#table.set(addr, n);
    }
    n.pending.push(then);
    if (n.pending.length > PENDING_MAX) {
      n.pending.shift();
      this.dropped++;
    }
    if (!n.timer) this.#ask(addr, n);
  }

  #ask(addr: string, n: Neighbour): void {
    if (n.tries === TRIES) {
      this.dropped += n.pending.length;
      this.#table.delete(addr);
      return;
    }
    n.tries++;
    n.timer = this.#clock.after(RETRY_NS, () => this.#ask(addr, n));
    this.#solicit(addr);
  }

  /** Takes a claim; `create` if it answers us or asks us, so that we shall need it. */
  learn(addr: string, mac: string, create: boolean): void {
    let n = this.#table.get(addr);
    if (!n) {
      if (!create) return;
      n = { mac: null, pending: [], tries: 0, timer: null };
      this.#table.set(addr, n);
    }
    if (n.mac !== null && n.mac !== mac) this.moved++;
    n.mac = mac;
    n.timer?.cancel();
    n.timer = null;
    n.tries = 0;
    const pending = n.pending;
    n.pending = [];
    for (const then of pending) then(mac);
  }

  /** Forgets everything, as `ip neigh flush` does. */
  flush(): void {
    for (const n of this.#table.values()) n.timer?.cancel();
    this.#table.clear();
  }

  /** Every neighbour with a known hardware address. */
  entries(): [string, string][] {
    return [...this.#table].flatMap(([addr, n]) => (n.mac ? [[addr, n.mac] as [string, string]] : []));
  }
}
