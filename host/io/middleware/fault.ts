// Middleware: a device that has faults: frames get lost, doubled, delayed, reordered, corrupted or cut short, by
// chance from a seed; or the link is dead: everything vanishes, and nothing says so (what carrier detection cannot see).
//
// Received frames are copied out, pass the faults, and are handed on from slots of a region of its own; sent frames
// are copied only if a fault touches them. Invariants: equal seeds and equal traffic have equal faults; a frame in a
// slot stays until release() (received) or until the wrapped device has flushed (sent).

import { DESCF, Desc } from "../../core/abi/ipmp.js";
import type { Ipmp } from "../../core/ipmp.js";
import type { Device, DeviceStats } from "../device.js";
import type { LanClock } from "../memory/clock.js";
import type { IoRegion } from "../memory/nic.js";
import { Prng } from "../memory/prng.js";

/** Shares are from 0 to 1 and default to 0. */
export interface Faults {
  loss?: number;
  duplicate?: number;
  /** one byte of the frame is changed */
  corrupt?: number;
  /** the frame is cut at a random length */
  truncate?: number;
  /** ns by which every frame is late; default 0 */
  delay?: bigint;
  /** share of frames that are later still, so that others overtake them */
  reorder?: number;
  /** ns by which those are later; default 1,000,000 */
  reorderBy?: bigint;
}

export interface FaultOptions {
  seed: number;
  clock: LanClock;
  /** where frames may be put: half for frames received, half for frames to send */
  region: IoRegion;
  /** bytes of one slot, so the longest frame; default 2,048 */
  slot?: number;
  rx?: Faults;
  tx?: Faults;
}

/** A frame outside linear memory: its bytes with the virtio header, if it has one, in front. */
interface Held {
  bytes: Uint8Array;
  flags: number;
}

/** Room for a virtio_net_hdr in front of a slot's frame, aligned. */
const HEAD = 16;
const VNET_HEADER = 10;
const REORDER_BY = 1_000_000n;

const headerOf = (flags: number): number => (flags & DESCF.VNET ? VNET_HEADER : 0);

export class FaultDevice implements Device {
  readonly name: string;
  rx: Faults;
  tx: Faults;
  /** frames that a fault took away */
  readonly lost = { rx: 0, tx: 0 };
  readonly #inner: Device;
  readonly #ipmp: Ipmp;
  readonly #clock: LanClock;
  readonly #rxPrng: Prng;
  readonly #txPrng: Prng;
  readonly #slot: number;
  readonly #slots: number;
  readonly #rxOff: number;
  readonly #txOff: number;
  readonly #descBase: number;
  readonly #ready: Held[] = [];
  #dead = false;
  #closed = false;
  #armed = true;
  #txUsed = 0;
  #tooLong = 0;
  #onReadable: (() => void) | null = null;

  constructor(ipmp: Ipmp, inner: Device, options: FaultOptions) {
    this.name = inner.name;
    this.#inner = inner;
    this.#ipmp = ipmp;
    this.#clock = options.clock;
    // A generator for each direction, so that what is received does not change the faults of what is sent.
    this.#rxPrng = new Prng(options.seed);
    this.#txPrng = new Prng(options.seed + 1);
    this.rx = options.rx ?? {};
    this.tx = options.tx ?? {};
    this.#slot = HEAD + (options.slot ?? 2048);
    this.#slots = Math.floor(options.region.len / 2 / this.#slot);
    if (this.#slots < 1)
      throw new RangeError(`${this.name}: a region of ${options.region.len} bytes has no room for two slots of ${this.#slot}`);
    this.#rxOff = options.region.off;
    this.#txOff = this.#rxOff + this.#slots * this.#slot;
    this.#descBase = ipmp.pageWord("desc_base");
  }

  /** A dead link drops everything, both ways, and keeps its carrier. */
  setDead(dead: boolean): void {
    this.#dead = dead;
  }

  /** What becomes of a frame: its copies, each with the time it is late by. */
  #fate(way: "rx" | "tx", frame: Held): { frame: Held; late: bigint }[] {
    const faults = this[way];
    const prng = way === "rx" ? this.#rxPrng : this.#txPrng;
    if (this.#dead || prng.chance(faults.loss ?? 0)) {
      this.lost[way]++;
      return [];
    }
    const fates: { frame: Held; late: bigint }[] = [];
    for (let copies = prng.chance(faults.duplicate ?? 0) ? 2 : 1; copies > 0; copies--) {
      const late = (faults.delay ?? 0n) + (prng.chance(faults.reorder ?? 0) ? (faults.reorderBy ?? REORDER_BY) : 0n);
      fates.push({ frame: this.#damage(faults, prng, frame), late });
    }
    return fates;
  }

  /** The frame itself, or a damaged copy. */
  #damage(faults: Faults, prng: Prng, frame: Held): Held {
    const corrupt = prng.chance(faults.corrupt ?? 0);
    const truncate = prng.chance(faults.truncate ?? 0);
    if (!corrupt && !truncate) return frame;
    const head = headerOf(frame.flags);
    const length = frame.bytes.length - head;
    const bytes = frame.bytes.slice(0, head + (truncate ? prng.below(length) : length));
    if (corrupt && bytes.length > head) bytes[head + prng.below(bytes.length - head)] ^= 1 + prng.below(255);
    return { bytes, flags: frame.flags };
  }

  #copyOut(off: number, len: number, flags: number): Held {
    return { bytes: this.#ipmp.u8.slice(off - headerOf(flags), off + len), flags };
  }

  /** Writes a frame into a slot; returns where its Ethernet header stands. */
  #copyIn(slotOff: number, frame: Held): number {
    const head = headerOf(frame.flags);
    this.#ipmp.u8.set(frame.bytes, slotOff + HEAD - head);
    return slotOff + HEAD;
  }

  #fits(frame: Held): boolean {
    return frame.bytes.length - headerOf(frame.flags) <= this.#slot - HEAD;
  }

  // ── Receiving ──

  receive(first: number, max: number): number {
    while (this.#ready.length < max) {
      const count = this.#inner.receive(first, max);
      if (count === 0) break;
      for (let i = first; i < first + count; i++) this.#takeIn(i);
      this.#inner.release();
    }
    const count = Math.min(max, this.#slots, this.#ready.length);
    this.#armed = count === 0;
    for (let i = 0; i < count; i++) {
      const frame = this.#ready[i];
      const desc = this.#descBase + (first + i) * Desc.SIZE;
      this.#ipmp.dv.setUint32(desc + Desc.off, this.#copyIn(this.#rxOff + i * this.#slot, frame), true);
      this.#ipmp.dv.setUint32(desc + Desc.len, frame.bytes.length - headerOf(frame.flags), true);
      this.#ipmp.dv.setUint16(desc + Desc.flags, frame.flags, true);
    }
    this.#ready.splice(0, count);
    return count;
  }

  #takeIn(i: number): void {
    const desc = this.#descBase + i * Desc.SIZE;
    const { dv } = this.#ipmp;
    const frame = this.#copyOut(
      dv.getUint32(desc + Desc.off, true),
      dv.getUint32(desc + Desc.len, true),
      dv.getUint16(desc + Desc.flags, true),
    );
    if (!this.#fits(frame)) {
      this.#tooLong++;
      return;
    }
    for (const fate of this.#fate("rx", frame)) {
      if (fate.late === 0n) this.#ready.push(fate.frame);
      else this.#clock.after(fate.late, () => this.#arrive(fate.frame));
    }
  }

  #arrive(frame: Held): void {
    if (this.#closed) return;
    this.#ready.push(frame);
    if (!this.#armed) return;
    this.#armed = false;
    this.#onReadable?.();
  }

  release(): void {
    // The wrapped device's frames were given back when they were copied; our slots are free again now.
  }

  // ── Sending ──

  send(off: number, len: number, flags: number): void {
    const frame = this.#copyOut(off, len, flags);
    for (const fate of this.#fate("tx", frame)) {
      if (fate.late > 0n) this.#clock.after(fate.late, () => this.#sendLate(fate.frame));
      else if (fate.frame === frame) this.#inner.send(off, len, flags);
      else this.#sendCopy(fate.frame);
    }
  }

  #sendCopy(frame: Held): void {
    if (this.#closed) return;
    if (!this.#fits(frame)) {
      this.#tooLong++;
      return;
    }
    if (this.#txUsed === this.#slots) this.flush();
    const off = this.#copyIn(this.#txOff + this.#txUsed++ * this.#slot, frame);
    this.#inner.send(off, frame.bytes.length - headerOf(frame.flags), frame.flags);
  }

  #sendLate(frame: Held): void {
    this.#sendCopy(frame);
    this.flush();
  }

  flush(): void {
    if (this.#closed) return;
    this.#inner.flush();
    this.#txUsed = 0;
  }

  // ── The rest ──

  start(onReadable: () => void): void {
    this.#onReadable = onReadable;
    this.#inner.start(() => {
      this.#armed = false;
      onReadable();
    });
  }

  stats(): DeviceStats {
    const inner = this.#inner.stats();
    return { rxDropped: inner.rxDropped + this.#tooLong, txErrors: inner.txErrors };
  }

  close(): void {
    this.#closed = true;
    this.#inner.close();
  }
}
