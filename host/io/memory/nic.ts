// A NIC of the simulated network as a Device: one end of a cable, with a receive queue and slots in the module's memory.
//
// Invariants: received frames wait outside linear memory and are copied into slots by receive(), where they stay
// until release(); a frame is read out of linear memory by send() itself, so the module may reuse its place.

import { Desc } from "../../core/abi/ipmp.js";
import type { Ipmp } from "../../core/ipmp.js";
import type { Device, DeviceStats } from "../device.js";
import type { Wire, WireEnd } from "./wire.js";

/** A piece of the module's I/O region. */
export interface IoRegion {
  off: number;
  len: number;
}

export interface NicOptions {
  /** bytes of one slot, so the longest frame; default 2,048 */
  slot?: number;
  /** frames that may wait; one more is dropped, as by a full ring; default 4,096 */
  queue?: number;
}

export class MemoryNic implements Device, WireEnd {
  readonly name: string;
  readonly mac: string;
  /** Told when the cable is cut or repaired. */
  carrierChanged: ((up: boolean) => void) | null = null;
  readonly #ipmp: Ipmp;
  readonly #off: number;
  readonly #slot: number;
  readonly #slots: number;
  readonly #room: number;
  readonly #wire: Wire;
  readonly #side: 0 | 1;
  readonly #descBase: number;
  #waiting: Uint8Array[] = [];
  #taken = 0;
  #held = false;
  #armed = true;
  #closed = false;
  #onReadable: (() => void) | null = null;
  readonly #stats: DeviceStats = { rxDropped: 0, txErrors: 0 };

  constructor(ipmp: Ipmp, name: string, mac: string, region: IoRegion, wire: Wire, side: 0 | 1, options: NicOptions = {}) {
    this.name = name;
    this.mac = mac;
    this.#ipmp = ipmp;
    this.#slot = options.slot ?? 2048;
    this.#room = options.queue ?? 4096;
    this.#off = region.off;
    this.#slots = Math.floor(region.len / this.#slot);
    if (this.#slots < 1) throw new RangeError(`${name}: a region of ${region.len} bytes has no room for a slot of ${this.#slot}`);
    this.#descBase = ipmp.pageWord("desc_base");
    this.#wire = wire;
    this.#side = side;
    wire.plug(side, this);
  }

  /** Cuts or repairs the cable. */
  setLink(up: boolean): void {
    this.#wire.setUp(up);
  }

  get link(): boolean {
    return this.#wire.up;
  }

  // ── The cable's end ──

  deliver(frame: Uint8Array): void {
    if (this.#closed) return;
    if (frame.length > this.#slot || this.#waiting.length - this.#taken >= this.#room) {
      this.#stats.rxDropped++;
      return;
    }
    this.#waiting.push(frame);
    if (!this.#armed || !this.#onReadable) return;
    this.#armed = false;
    this.#onReadable();
  }

  carrier(up: boolean): void {
    if (!this.#closed) this.carrierChanged?.(up);
  }

  // ── Device ──

  receive(first: number, max: number): number {
    if (this.#held) throw new Error(`${this.name}: receive() before release()`);
    const count = Math.min(max, this.#slots, this.#waiting.length - this.#taken);
    if (count === 0) {
      this.#armed = true;
      return 0;
    }
    const { u8, dv } = this.#ipmp;
    for (let i = 0; i < count; i++) {
      const frame = this.#waiting[this.#taken++];
      const off = this.#off + i * this.#slot;
      const desc = this.#descBase + (first + i) * Desc.SIZE;
      u8.set(frame, off);
      dv.setUint32(desc + Desc.off, off, true);
      dv.setUint32(desc + Desc.len, frame.length, true);
      dv.setUint16(desc + Desc.flags, 0, true);
    }
    if (this.#taken === this.#waiting.length || this.#taken >= this.#room) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    this.#held = true;
    return count;
  }

  release(): void {
    this.#held = false;
  }

  send(off: number, len: number, _flags: number): void {
    if (this.#closed || !this.#wire.send(this.#side, this.#ipmp.u8.slice(off, off + len))) this.#stats.txErrors++;
  }

  flush(): void {
    // send() has put the frame on the cable.
  }

  start(onReadable: () => void): void {
    this.#onReadable = onReadable;
    if (this.#waiting.length === 0) return;
    this.#armed = false;
    onReadable();
  }

  stats(): DeviceStats {
    return { ...this.#stats };
  }

  close(): void {
    this.#closed = true;
    this.#onReadable = null;
    this.#waiting = [];
    this.#taken = 0;
  }
}
