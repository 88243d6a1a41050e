// Middleware: a device that writes one line a frame, in either direction, and is otherwise the device it wraps.
//
// Line: "SECONDS DEVICE < SUMMARY (LENGTH)" for a frame received, ">" for one sent.

import { DESCF, Desc } from "../../core/abi/ipmp.js";
import type { Ipmp } from "../../core/ipmp.js";
import type { Device, DeviceStats } from "../device.js";
import { type MacNames, summarize } from "./summary.js";

/** virtio_net_hdr, which stands right before a frame: its length, and the flag of a checksum still to be completed. */
const VNET_HEADER = 10;
const VNET_NEEDS_CSUM = 1;

export interface TraceOptions {
  /** takes a line; default: standard error */
  write?: (line: string) => void;
  /** ns; default: real time */
  clock?: () => bigint;
  /** names shown instead of hardware addresses */
  names?: MacNames;
}

export class TraceDevice implements Device {
  readonly name: string;
  readonly #inner: Device;
  readonly #ipmp: Ipmp;
  readonly #write: (line: string) => void;
  readonly #clock: () => bigint;
  readonly #names: MacNames | undefined;
  readonly #descBase: number;

  constructor(ipmp: Ipmp, inner: Device, options: TraceOptions = {}) {
    this.name = inner.name;
    this.#inner = inner;
    this.#ipmp = ipmp;
    this.#write = options.write ?? ((line) => process.stderr.write(`${line}\n`));
    this.#clock = options.clock ?? (() => process.hrtime.bigint());
    this.#names = options.names;
    this.#descBase = ipmp.pageWord("desc_base");
  }

  #line(sign: "<" | ">", off: number, len: number, flags: number): void {
    const now = this.#clock();
    const time = `${now / 1_000_000_000n}.${String((now / 1000n) % 1_000_000n).padStart(6, "0")}`;
    const { u8 } = this.#ipmp;
    let text = summarize(u8.subarray(off, off + len), this.#names);
    // A partial checksum is not a wrong one: the NIC, or the receiver's stack, completes it.
    if (flags & DESCF.VNET && u8[off - VNET_HEADER] & VNET_NEEDS_CSUM) text = text.replace(/ badsum$/, "");
    this.#write(`${time} ${this.name} ${sign} ${text} (${len})`);
  }

  receive(first: number, max: number): number {
    const count = this.#inner.receive(first, max);
    for (let i = first; i < first + count; i++) {
      const at = this.#descBase + i * Desc.SIZE;
      const { dv } = this.#ipmp;
      this.#line("<", dv.getUint32(at + Desc.off, true), dv.getUint32(at + Desc.len, true), dv.getUint16(at + Desc.flags, true));
    }
    return count;
  }

  release(): void {
    this.#inner.release();
  }

  send(off: number, len: number, flags: number): void {
    this.#line(">", off, len, flags);
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
