// Writes captures in the pcapng form: one section, one interface block per device, one enhanced packet block a frame,
// so that a reader sees which NIC carried each frame, and in which direction.
//
// Invariants: blocks are padded to 4 bytes and carry their length at both ends; times are in ns (if_tsresol 9);
// a packet block refers to an interface block written before it.

import { writeSync } from "node:fs";

export const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, STATISTICS: 5, PACKET: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Option codes; what 2 means depends on the block. */
const OPTION = {
  END: 0,
  NAME: 2,
  FLAGS: 2,
  DESCRIPTION: 3,
  USERAPPL: 4,
  DROPCOUNT: 4,
  RECEIVED: 4,
  DROPPED: 5,
  TSRESOL: 9,
} as const;

/** epb_flags, bits 0 and 1. */
export const DIRECTION = { IN: 1, OUT: 2 } as const;

const padded = (n: number): number => (n + 3) & ~3;

/** One option: code, length, value, padding. */
function option(code: number, value: Uint8Array): Buffer {
  const out = Buffer.alloc(4 + padded(value.length));
  out.writeUInt16LE(code, 0);
  out.writeUInt16LE(value.length, 2);
  out.set(value, 4);
  return out;
}

/** An option that is a number of 64 bits. */
function count(code: number, n: number): Buffer {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(BigInt(n));
  return option(code, value);
}

/** A time, as the blocks have it: the high half first. */
function stamp(out: Buffer, at: number, time: bigint): void {
  out.writeUInt32LE(Number((time >> 32n) & 0xffff_ffffn), at);
  out.writeUInt32LE(Number(time & 0xffff_ffffn), at + 4);
}

function block(type: number, ...parts: Uint8Array[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, ...parts, head.subarray(4, 8)]);
}

const END = option(OPTION.END, new Uint8Array(0));

/** Where a capture goes: a file, or a collector in memory. */
export type PcapngSink = (bytes: Uint8Array) => void;

/** A sink that writes to an open file. */
export function fileSink(fd: number): PcapngSink {
  return (bytes) => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  };
}

export class PcapngWriter {
  readonly #sink: PcapngSink;
  #interfaces = 0;

  constructor(sink: PcapngSink, application = "holdfast") {
    this.#sink = sink;
    const head = Buffer.alloc(16);
    head.writeUInt32LE(BYTE_ORDER, 0);
    head.writeUInt16LE(1, 4);
    head.writeUInt16LE(0, 6);
    // The section's length is not known beforehand: all ones.
    head.fill(0xff, 8);
    sink(block(BLOCK.SECTION, head, option(OPTION.USERAPPL, Buffer.from(application)), END));
  }

  /** Adds an interface, with words about it, and the bytes kept of a frame (0: all); returns its number for packet(). */
  addInterface(name: string, description = "", snaplen = 0): number {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(LINKTYPE_ETHERNET, 0);
    head.writeUInt32LE(snaplen, 4);
    const words = description === "" ? [] : [option(OPTION.DESCRIPTION, Buffer.from(description))];
    this.#sink(
      block(BLOCK.INTERFACE, head, option(OPTION.NAME, Buffer.from(name)), ...words, option(OPTION.TSRESOL, Uint8Array.of(9)), END),
    );
    return this.#interfaces++;
  }

  /** Adds a frame, or its beginning: time in ns since 1970, DIRECTION; length on the wire; frames lost before it. */
  packet(iface: number, time: bigint, frame: Uint8Array, direction: number, wire = frame.length, lost = 0): void {
    const head = Buffer.alloc(20);
    head.writeUInt32LE(iface, 0);
    stamp(head, 4, time);
    head.writeUInt32LE(frame.length, 12);
    head.writeUInt32LE(wire, 16);
    const data = Buffer.alloc(padded(frame.length));
    data.set(frame);
    const flags = Buffer.alloc(4);
    flags.writeUInt32LE(direction, 0);
    const dropped = lost === 0 ? [] : [count(OPTION.DROPCOUNT, lost)];
    this.#sink(block(BLOCK.PACKET, head, data, option(OPTION.FLAGS, flags), ...dropped, END));
  }

  /** Adds an interface's totals: frames that were to be captured, and how many of them were lost. */
  statistics(iface: number, time: bigint, received: number, dropped: number): void {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(iface, 0);
    stamp(head, 4, time);
    this.#sink(block(BLOCK.STATISTICS, head, count(OPTION.RECEIVED, received), count(OPTION.DROPPED, dropped), END));
  }
}
