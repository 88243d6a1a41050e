// Middleware: a device that records every frame in a capture (pcapng), and is otherwise the device it wraps.
// Frames received are recorded as they came, frames sent as they leave: after the module's rewriting.
//
// Several devices share one writer; each is an interface of its own in the file.

import { Desc } from "../../core/abi/ipmp.js";
import type { Ipmp } from "../../core/ipmp.js";
import type { Device, DeviceStats } from "../device.js";
import { DIRECTION, type PcapngWriter } from "../pcapng.js";

/** ns since 1970. */
function wallClock(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}

export class CaptureDevice implements Device {
  readonly name: string;
  readonly #inner: Device;
  readonly #ipmp: Ipmp;
  readonly #writer: PcapngWriter;
  readonly #iface: number;
  readonly #clock: () => bigint;
  readonly #descBase: number;

  constructor(ipmp: Ipmp, inner: Device, writer: PcapngWriter, clock: () => bigint = wallClock) {
    this.name = inner.name;
    this.#inner = inner;
    this.#ipmp = ipmp;
    this.#writer = writer;
    this.#iface = writer.addInterface(inner.name);
    this.#clock = clock;
    this.#descBase = ipmp.pageWord("desc_base");
  }

  #record(off: number, len: number, direction: number): void {
    this.#writer.packet(this.#iface, this.#clock(), this.#ipmp.u8.subarray(off, off + len), direction);
  }

  receive(first: number, max: number): number {
    const count = this.#inner.receive(first, max);
    for (let i = first; i < first + count; i++) {
      const at = this.#descBase + i * Desc.SIZE;
      this.#record(this.#ipmp.dv.getUint32(at + Desc.off, true), this.#ipmp.dv.getUint32(at + Desc.len, true), DIRECTION.IN);
    }
    return count;
  }

  release(): void {
    this.#inner.release();
  }

  send(off: number, len: number, flags: number): void {
    this.#record(off, len, DIRECTION.OUT);
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
