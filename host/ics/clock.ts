// Time for the cluster's transport: everything that waits asks this interface, so that tests can let time pass by themselves.
//
// Invariants: `now` never goes back; nothing here depends on the wall clock but the first guess of an epoch (life.ts).

export interface Clock {
  /** ms of a clock that never goes back */
  now(): number;
  /** ms since 1970, as this machine believes */
  wall(): number;
  /** Calls `fn` once, in `ms` milliseconds or a little later. Returns what calls it off. */
  after(ms: number, fn: () => void): () => void;
  /** Calls `fn` when what runs now has ended, before anything else is waited for. */
  soon(fn: () => void): void;
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.max(1, Math.ceil(ms)));
    // the sockets keep the process alive, not its timers
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (fn) => queueMicrotask(fn),
};
