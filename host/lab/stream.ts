// What the stream programs agree on: the layout of a numbered datagram, the checked TCP content, and the book-keeping
// of a receiver. Pure: no sockets, no clock.
//
//   datagram  0 magic u32 | 4 stream u32 | 8 sequence u64 | 16 sent at (monotonic ns) u64 | 24 filler
//   TCP       blocks of BLOCK bytes; block n is its number n (u64) followed by bytes that n determines

export const MAGIC = 0x48464c44;
export const HEADER = 24;
export const BLOCK = 4096;

export function writeHeader(b: Buffer, stream: number, sequence: bigint, at: bigint): void {
  b.writeUInt32BE(MAGIC, 0);
  b.writeUInt32BE(stream, 4);
  b.writeBigUInt64BE(sequence, 8);
  b.writeBigUInt64BE(at, 16);
}

export interface Header {
  stream: number;
  sequence: number;
  sentAt: bigint;
}

/** The header of a datagram of ours, or undefined if it is not one. */
export function readHeader(b: Buffer): Header | undefined {
  if (b.length < HEADER || b.readUInt32BE(0) !== MAGIC) return undefined;
  return { stream: b.readUInt32BE(4), sequence: Number(b.readBigUInt64BE(8)), sentAt: b.readBigUInt64BE(16) };
}

/** A time in which datagrams were missing or late. */
export interface Gap {
  /** last sequence number before it, first after it */
  before: number;
  after: number;
  /** datagrams between the two that had not come when it ended */
  missing: number;
  /** from the last arrival before to the first after, milliseconds */
  ms: number;
  /** arrival that ended it, nanoseconds of the monotonic clock */
  endedAt: bigint;
}

export interface StreamReport {
  received: number;
  first: number;
  last: number;
  /** numbers between first and last that never came */
  lost: number;
  duplicates: number;
  /** arrivals below the highest number seen */
  reordered: number;
  /** longest time between two arrivals, milliseconds */
  longestMs: number;
  gaps: Gap[];
}

const TIMES_MAX = 255;

/** Book of one numbered stream: what came, what is missing, how long it stood still. */
export class StreamBook {
  /** how often each number came, at most TIMES_MAX; a byte each, for streams of hours */
  private seen = new Uint8Array(1024);
  private received = 0;
  private distinct = 0;
  private readonly gaps: Gap[] = [];
  private first = -1;
  private last = -1;
  private highest = -1;
  private duplicates = 0;
  private reordered = 0;
  private longest = 0n;
  private at = 0n;

  /** @param gapMs a silence of at least this, or any missing number, is a gap */
  constructor(private readonly gapMs: number) {}

  /** Books an arrival; returns the gap it ended, if it ended one. */
  add(sequence: number, at: bigint): Gap | undefined {
    if (this.note(sequence) > 1) {
      this.duplicates++;
      return undefined;
    }
    const silence = this.first < 0 ? 0n : at - this.at;
    if (silence > this.longest) this.longest = silence;
    let gap: Gap | undefined;
    const missing = this.highest >= 0 && sequence > this.highest ? sequence - this.highest - 1 : 0;
    if (missing > 0 || Number(silence) / 1e6 >= this.gapMs)
      gap = { before: this.last, after: sequence, missing, ms: Number(silence) / 1e6, endedAt: at };
    if (gap) this.gaps.push(gap);
    if (this.first < 0 || sequence < this.first) this.first = sequence;
    if (sequence < this.highest) this.reordered++;
    this.highest = Math.max(this.highest, sequence);
    this.last = sequence;
    this.at = at;
    return gap;
  }

  /** Every number that came, ascending, with how often. */
  counts(): [sequence: number, times: number][] {
    const out: [number, number][] = [];
    for (let n = Math.max(0, this.first); n <= this.highest; n++) if (this.seen[n] > 0) out.push([n, this.seen[n]]);
    return out;
  }

  report(): StreamReport {
    const { received } = this;
    const lost = this.first < 0 ? 0 : this.highest - this.first + 1 - this.distinct;
    const { first, highest: last, duplicates, reordered, gaps } = this;
    return { received, first, last, lost, duplicates, reordered, longestMs: Number(this.longest) / 1e6, gaps };
  }

  /** Books a number; returns how often it has come. */
  private note(sequence: number): number {
    if (sequence >= this.seen.length) {
      const grown = new Uint8Array(Math.max(sequence + 1, this.seen.length << 1));
      grown.set(this.seen);
      this.seen = grown;
    }
    this.received++;
    if (this.seen[sequence] === 0) this.distinct++;
    if (this.seen[sequence] < TIMES_MAX) this.seen[sequence]++;
    return this.seen[sequence];
  }
}

/** Fills b (BLOCK bytes) with block n of the checked content. */
export function fillBlock(b: Buffer, n: number): void {
  // A xorshift generator seeded by n: cheap, and no two blocks alike, so that a lost or repeated block shows.
  let x = (Math.imul(n + 1, 0x9e3779b1) | 1) >>> 0;
  for (let i = 8; i < BLOCK; i += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    b.writeInt32LE(x | 0, i);
  }
  b.writeBigUInt64BE(BigInt(n), 0);
}

/** Checks a byte stream against the content, piece by piece. */
export class ContentCheck {
  private readonly block = Buffer.alloc(BLOCK);
  private position = 0;
  /** position of the first wrong byte, or -1 */
  wrongAt = -1;

  get bytes(): number {
    return this.position;
  }

  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && this.wrongAt < 0) {
      const inBlock = this.position % BLOCK;
      if (inBlock === 0) fillBlock(this.block, this.position / BLOCK);
      const n = Math.min(BLOCK - inBlock, piece.length - at);
      if (piece.compare(this.block, inBlock, inBlock + n, at, at + n) !== 0) {
        for (let i = 0; i < n && this.wrongAt < 0; i++) if (piece[at + i] !== this.block[inBlock + i]) this.wrongAt = this.position + i;
        return;
      }
      at += n;
      this.position += n;
    }
  }
}
