// Looks at the members' carrier from time to time, because the kernel tells late.
//
// The kernel lets one report of a lost carrier a second through, for all devices together; the next waits. So a link that
// falls soon after another (or after itself) would be noticed up to a second late. The driver's own word costs a
// microsecond or two: it is asked often while reports may be waiting, seldom otherwise, and at once when a NIC takes no frame.
//
// Only losses are looked for: a carrier that is back is of use when the kernel says so, not before.
//
// Invariant: nothing is decided here; what differs from what was last reported is read again by whoever reports.

import type { Rtnetlink } from "../net/rtnetlink.js";

const FAST_MS = 10;
const SLOW_MS = 100;
/** How long after a report the next may be held back, and a little more. */
const HELD_BACK_MS = 1500;

export interface Watched {
  ifname: string;
  ifindex: number;
  /** carrier as it was last reported to the module */
  running: boolean;
}

export class CarrierWatch {
  readonly #net: Pick<Rtnetlink, "carrier">;
  readonly #watched: () => Iterable<Watched>;
  readonly #differs: (ifindex: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #fastUntil = 0;

  constructor(net: Pick<Rtnetlink, "carrier">, watched: () => Iterable<Watched>, differs: (ifindex: number) => void) {
    this.#net = net;
    this.#watched = watched;
    this.#differs = differs;
  }

  start(): void {
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The kernel has reported a link: further reports may be held back now. */
  reported(): void {
    this.#fastUntil = performance.now() + HELD_BACK_MS;
    if (this.#timer === null) return;
    this.stop();
    this.#arm();
  }

  #arm(): void {
    const fast = performance.now() < this.#fastUntil;
    this.#timer = setTimeout(() => this.#look(), fast ? FAST_MS : SLOW_MS);
  }

  /** A driver that does not answer is one whose reports we wait for. */
  #ask(name: string): boolean | null {
    try {
      return this.#net.carrier(name);
    } catch {
      return null;
    }
  }

  /** Looks at one NIC now; whether it has lost its carrier, and that was not known. */
  look(ifindex: number): boolean {
    for (const w of this.#watched()) if (w.ifindex === ifindex) return this.#lookAt(w);
    return false;
  }

  #lookAt({ ifname, ifindex, running }: Watched): boolean {
    if (!running || this.#ask(ifname) !== false) return false;
    this.#fastUntil = performance.now() + HELD_BACK_MS;
    this.#differs(ifindex);
    return true;
  }

  #look(): void {
    this.#arm();
    for (const w of [...this.#watched()]) this.#lookAt(w);
  }
}
