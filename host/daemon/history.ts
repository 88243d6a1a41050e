// The last events, for who asks afterwards.
//
// Invariant: never more than EVENTS_KEPT; the oldest go first.

/** So many events are remembered. */
export const EVENTS_KEPT = 512;

export class History<T = unknown> {
  #kept: T[] = [];

  add(event: T): void {
    this.#kept.push(event);
    // trimmed in lumps, so that an event costs no copy of all others
    if (this.#kept.length >= 2 * EVENTS_KEPT) this.#kept = this.#kept.slice(-EVENTS_KEPT);
  }

  /** The last n, oldest first. */
  last(n: number): T[] {
    return n <= 0 ? [] : this.#kept.slice(-Math.min(n, EVENTS_KEPT));
  }
}
