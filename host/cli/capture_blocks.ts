// The blocks of a pcapng stream as they come from the daemon: passed on whole, counted, and cut off after a number of
// frames. What is in them is not looked at, but for the totals at the end.
//
// Invariant: what is passed on is always a whole number of blocks, so that a capture that ends anywhere can be read.

import { Refusal } from "../daemon/refusal.js";
import { BLOCK } from "../io/pcapng.js";

/** Longer than any block of ours: a superframe with its head and options. */
const BLOCK_MAX = 1024 * 1024;
/** Smallest block: type, length, length. */
const BLOCK_MIN = 12;
/** Where a statistics block's options begin, and the one that tells what was lost. */
const STATISTICS_OPTIONS = 20;
const DROPPED = 5;

export interface Totals {
  /** passed on */
  frames: number;
  /** lost before they came here */
  lost: number;
}

export class BlockReader {
  readonly totals: Totals = { frames: 0, lost: 0 };
  readonly #out: (blocks: Buffer) => void;
  readonly #max: number;
  #held: Buffer = Buffer.alloc(0);

  /** `max`: frames that are passed on at most. */
  constructor(out: (blocks: Buffer) => void, max = Number.POSITIVE_INFINITY) {
    this.#out = out;
    this.#max = max;
  }

  /** No more frames are wanted. */
  get full(): boolean {
    return this.totals.frames >= this.#max;
  }

  /** Takes the next piece. Throws Refusal if it is no capture. */
  push(piece: Buffer): void {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const keep: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= BLOCK_MIN) {
      const length = bytes.readUInt32LE(at + 4);
      if (length < BLOCK_MIN || length > BLOCK_MAX || length % 4 !== 0)
        throw new Refusal("EPROTO", `the daemon's stream is no capture: a block of ${length} bytes`);
      if (bytes.length - at < length) break;
      const block = bytes.subarray(at, at + length);
      at += length;
      if (this.#wanted(block)) keep.push(block);
    }
    this.#held = Buffer.from(bytes.subarray(at));
    if (keep.length > 0) this.#out(Buffer.concat(keep));
  }

  #wanted(block: Buffer): boolean {
    const type = block.readUInt32LE(0);
    if (type === BLOCK.STATISTICS) this.totals.lost += lostOf(block);
    if (type !== BLOCK.PACKET) return true;
    if (this.full) return false;
    this.totals.frames++;
    return true;
  }
}

function lostOf(block: Buffer): number {
  for (let at = STATISTICS_OPTIONS; at + 4 <= block.length - 4; ) {
    const [code, size] = [block.readUInt16LE(at), block.readUInt16LE(at + 2)];
    if (code === 0) break;
    if (code === DROPPED && size === 8 && at + 12 <= block.length) return Number(block.readBigUInt64LE(at + 4));
    at += 4 + ((size + 3) & ~3);
  }
  return 0;
}
