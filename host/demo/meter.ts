// What a receiver measures: how many packets came, which never came, which came twice, and the longest silence.
// Pure: sequence numbers and times in, counts out.
//
// Invariants: memory is bounded (a window of sequence numbers); a number older than the window counts as a
// repetition, so that nothing that might be a duplicate goes unseen.

const WINDOW = 1 << 16;

export interface Measured {
  received: number;
  lost: number;
  duplicates: number;
  gapMs: number;
}

export class Meter {
  private received = 0;
  private duplicates = 0;
  private first = -1;
  private highest = -1;
  private readonly seen = new Uint8Array(WINDOW);
  private lastAt: number | undefined;
  private gap = 0;

  /** A packet with sequence number seq (counted up by one a packet) came at `now`. */
  packet(seq: number, now: number): void {
    this.heard(now);
    if (this.first < 0) {
      this.first = seq;
      this.highest = seq - 1;
    }
    if (seq > this.highest) {
      const from = Math.max(this.highest + 1, seq - WINDOW + 1);
      for (let s = from; s < seq; s++) this.seen[s % WINDOW] = 0;
      this.highest = seq;
    } else if (seq < this.first || seq <= this.highest - WINDOW || this.seen[seq % WINDOW] === 1) {
      this.duplicates++;
      return;
    }
    this.seen[seq % WINDOW] = 1;
    this.received++;
  }

  /** Bytes of a connection came: no sequence numbers, TCP keeps them itself. */
  bytes(count: number, now: number): void {
    this.heard(now);
    this.received += count;
  }

  private heard(now: number): void {
    if (this.lastAt !== undefined) this.gap = Math.max(this.gap, now - this.lastAt);
    this.lastAt = now;
  }

  /** Something has been received at all. */
  get alive(): boolean {
    return this.lastAt !== undefined;
  }

  /** Counts so far, and the longest silence since the last call, the present one included. */
  take(now: number): Measured {
    const silence = this.lastAt === undefined ? 0 : now - this.lastAt;
    const gapMs = Math.max(this.gap, silence);
    this.gap = 0;
    const lost = this.first < 0 ? 0 : this.highest - this.first + 1 - this.received;
    return { received: this.received, lost, duplicates: this.duplicates, gapMs };
  }
}
