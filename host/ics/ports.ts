// The sockets of a node: opened at the start, opened again when they are lost or could not be had.
//
// Invariant: one socket is enough to work with; what could not be opened is told once and tried until it can.

import { IcsError } from "./errors.js";
import type { Hub } from "./hub.js";
import type { Address } from "./options.js";
import type { OpenPort } from "./port.js";

const RETRY_MS = 2_000;

export class Ports {
  readonly #hub: Hub;
  readonly #open: OpenPort;
  readonly #onDatagram: (bytes: Buffer, from: Address) => void;

  constructor(hub: Hub, open: OpenPort, onDatagram: (bytes: Buffer, from: Address) => void) {
    this.#hub = hub;
    this.#open = open;
    this.#onDatagram = onDatagram;
  }

  /** Opens all. Rejects with IcsError EADDRNOTAVAIL if none could be opened. */
  async start(): Promise<void> {
    const errors = await Promise.all(this.#hub.slots.map((_, i) => this.#try(i)));
    const { slots } = this.#hub;
    if (slots.some((s) => s.port)) return;
    const tried = slots.map((s, i) => `${s.wanted.address} port ${s.wanted.port}: ${errors[i]}`).join("; ");
    throw new IcsError("EADDRNOTAVAIL", `none of this node's addresses can be used: ${tried}`);
  }

  /** Opens a link's own side; resolves to what stood against it. */
  async #try(index: number): Promise<string | null> {
    const hub = this.#hub;
    const slot = hub.slots[index];
    // while it is being tried it is not tried once more
    slot.retryAt = Number.POSITIVE_INFINITY;
    try {
      const port = await this.#open(slot.wanted, {
        onDatagram: this.#onDatagram,
        onError: (error) => this.#lost(index, error.message),
      });
      if (hub.closed) port.close();
      else slot.port = port;
      hub.hooks.onEvent({ type: "port", link: index, why: null });
      const now = hub.clock.now();
      for (const peer of hub.peers.values()) peer.helloAt = now;
      hub.wakeBy(now);
      return null;
    } catch (e) {
      const why = (e as Error).message;
      this.#lost(index, why);
      return why;
    }
  }

  #lost(index: number, why: string): void {
    const hub = this.#hub;
    if (hub.closed) return;
    const slot = hub.slots[index];
    slot.port = null;
    slot.inFlight = 0;
    slot.retryAt = hub.clock.now() + RETRY_MS;
    hub.hooks.onEvent({ type: "port", link: index, why });
    hub.wakeBy(slot.retryAt);
  }

  /** Tries again what is due. Returns when to come again. */
  tick(now: number): number {
    let due = Number.POSITIVE_INFINITY;
    this.#hub.slots.forEach((slot, i) => {
      if (slot.port) return;
      if (now >= slot.retryAt) void this.#try(i);
      due = Math.min(due, slot.retryAt);
    });
    return due;
  }

  close(): void {
    for (const slot of this.#hub.slots) {
      slot.port?.close();
      slot.port = null;
    }
  }
}
