// Middleware: a device that shows every frame to a watcher, and is otherwise the device it wraps. Frames received are shown
// as they came, frames sent as they leave: after the module's rewriting.
//
// Invariant: what is shown is the frame's place in linear memory, good only during the call.

import { Desc } from "../../core/abi/ipmp.js";
import type { Ipmp } from "../../core/ipmp.js";
import type { Device, DeviceStats } from "../device.js";
import { DIRECTION } from "../pcapng.js";

/** A frame of len bytes at off; DIRECTION. */
export type Watcher = (off: number, len: number, direction: number) => void;

export class WatchDevice implements Device {
  readonly name: string;
  readonly #inner: Device;
  readonly #ipmp: Ipmp;
  readonly #watch: Watcher;
  readonly #descBase: number;

  constructor(ipmp: Ipmp, inner: Device, watch: Watcher) {
    this.name = inner.name;
    this.#inner = inner;
    this.#ipmp = ipmp;
    this.#watch = watch;
    this.#descBase = ipmp.pageWord("desc_base");
  }

  receive(first: number, max: number): number {
    const count = this.#inner.receive(first, max);
    for (let i = first; i < first + count; i++) {
      const at = this.#descBase + i * Desc.SIZE;
      this.#watch(this.#ipmp.dv.getUint32(at + Desc.off, true), this.#ipmp.dv.getUint32(at + Desc.len, true), DIRECTION.IN);
    }
    return count;
  }

  release(): void {
    this.#inner.release();
  }

  send(off: number, len: number, flags: number): void {
    this.#watch(off, len, DIRECTION.OUT);
    this.#inner.send(off, len, flags);
  }

  flush(): void {
    this.#inner.flush();
  }

  start(onReadable: () => void): void {
    this.#inner.start(onReadable);
  }

  stats(): DeviceStats {
    return this.#inner.stats();
  }

  close(): void {
    this.#inner.close();
  }
}
