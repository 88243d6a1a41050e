// Reading a pcap stream piece by piece, as tcpdump -w - writes it.
//
// Invariants: frames come out whole and in order; a piece may end anywhere; only Ethernet captures are accepted.

/** One captured frame. */
export interface Frame {
  /** nanoseconds since the epoch, by the capturing kernel */
  at: bigint;
  bytes: Buffer;
  /** length on the wire; more than bytes.length if the capture cut it */
  wireLength: number;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MAGIC_MICRO = 0xa1b2c3d4;
const MAGIC_NANO = 0xa1b23c4d;
const LINKTYPE_ETHERNET = 1;

export class PcapReader {
  private held: Buffer = Buffer.alloc(0);
  private ticksToNs = 0n;

  /** Takes the next piece of the stream and returns the frames it completed. */
  push(piece: Buffer): Frame[] {
    this.held = this.held.length === 0 ? piece : Buffer.concat([this.held, piece]);
    let at = this.ticksToNs === 0n ? this.readFileHeader() : 0;
    const frames: Frame[] = [];
    if (this.ticksToNs === 0n) return frames;
    while (this.held.length - at >= RECORD_HEADER) {
      const kept = this.held.readUInt32LE(at + 8);
      const end = at + RECORD_HEADER + kept;
      if (end > this.held.length) break;
      frames.push({
        at: BigInt(this.held.readUInt32LE(at)) * 1_000_000_000n + BigInt(this.held.readUInt32LE(at + 4)) * this.ticksToNs,
        bytes: Buffer.from(this.held.subarray(at + RECORD_HEADER, end)),
        wireLength: this.held.readUInt32LE(at + 12),
      });
      at = end;
    }
    this.held = this.held.subarray(at);
    return frames;
  }

  /** Reads the file header if it is complete; returns how many bytes it took. */
  private readFileHeader(): number {
    if (this.held.length < FILE_HEADER) return 0;
    const magic = this.held.readUInt32LE(0);
    if (magic !== MAGIC_MICRO && magic !== MAGIC_NANO) throw new Error(`not a little-endian pcap stream: magic ${magic.toString(16)}`);
    const linktype = this.held.readUInt32LE(20);
    if (linktype !== LINKTYPE_ETHERNET) throw new Error(`pcap link type ${linktype}: only Ethernet (${LINKTYPE_ETHERNET}) is read here`);
    this.ticksToNs = magic === MAGIC_NANO ? 1n : 1000n;
    return FILE_HEADER;
  }
}
