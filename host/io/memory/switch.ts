// A learning Ethernet switch.
//
// Invariants: a frame never leaves by the port it came from; an address is known at one port, the last that sent
// from it; what was learned at a port is forgotten when its cable is cut, and by age; link control frames
// (01:80:c2:00:00:0x, IEEE 802.1D §7.12.6) are not forwarded.

import { formatMac } from "../../core/address.js";
import type { LanClock } from "./clock.js";
import type { Wire } from "./wire.js";

interface Learned {
  port: number;
  at: bigint;
}

/** Called for each frame that enters the switch. */
export type SwitchTap = (port: string, frame: Uint8Array) => void;

const HEADER = 14;
const isGroup = (frame: Uint8Array, at: number): boolean => (frame[at] & 1) === 1;
const isLinkLocal = (f: Uint8Array): boolean =>
  f[0] === 1 && f[1] === 0x80 && f[2] === 0xc2 && f[3] === 0 && f[4] === 0 && (f[5] & 0xf0) === 0;

export class EthernetSwitch {
  readonly #clock: LanClock;
  readonly #ageing: bigint;
  readonly #ports: { name: string; wire: Wire }[] = [];
  readonly #table = new Map<string, Learned>();
  /** Sees each frame that enters, for captures and tests; null = nobody. */
  tap: SwitchTap | null = null;
  /** frames sent to every port because their address was not known */
  flooded = 0;

  constructor(clock: LanClock, ageing = 300_000_000_000n) {
    this.#clock = clock;
    this.#ageing = ageing;
  }

  /** Plugs side 1 of a cable into a new port. */
  attach(name: string, wire: Wire): void {
    const port = this.#ports.length;
    this.#ports.push({ name, wire });
    wire.plug(1, {
      deliver: (frame) => this.#forward(port, frame),
      carrier: (up) => {
        if (!up) this.#flush(port);
      },
    });
  }

  /** The port an address is known at; null if it is not. */
  portOf(mac: string): string | null {
    const learned = this.#lookup(mac);
    return learned === null ? null : this.#ports[learned].name;
  }

  #flush(port: number): void {
    for (const [mac, learned] of this.#table) if (learned.port === port) this.#table.delete(mac);
  }

  #lookup(mac: string): number | null {
    const learned = this.#table.get(mac);
    if (!learned) return null;
    if (this.#clock.now() - learned.at <= this.#ageing) return learned.port;
    this.#table.delete(mac);
    return null;
  }

  #forward(from: number, frame: Uint8Array): void {
    if (frame.length < HEADER) return;
    this.tap?.(this.#ports[from].name, frame);
    if (!isGroup(frame, 6)) this.#table.set(formatMac(frame, 6), { port: from, at: this.#clock.now() });
    if (isLinkLocal(frame)) return;
    const to = isGroup(frame, 0) ? null : this.#lookup(formatMac(frame, 0));
    if (to !== null) {
      if (to !== from) this.#ports[to].wire.send(1, frame);
      return;
    }
    if (!isGroup(frame, 0)) this.flooded++;
    for (const [port, { wire }] of this.#ports.entries()) if (port !== from) wire.send(1, frame);
  }
}
