// Streams whose receiver can tell what happened to them: UDP datagrams with sequence numbers, and a TCP stream of
// bytes that are a function of their place.
//
// Invariant: a sink's verdict needs nothing from the source but the rule both share, so a lost, doubled, reordered
// or altered piece is seen whatever caused it.

import type { LanClock, Timer } from "./clock.js";
import type { MemoryHost } from "./host.js";
import { putU32, u32 } from "./packet.js";
import type { TcpConnection, TcpEnd } from "./tcp.js";

/** The byte at a place of the stream; nearby and distant places differ. */
export function patternByte(i: number): number {
  return (Math.imul(i, 31) ^ Math.imul(i >>> 8, 97) ^ Math.imul(i >>> 16, 193) ^ (i >>> 24)) & 255;
}

export interface UdpSourceOptions {
  src?: string;
  dst: string;
  dport: number;
  sport?: number;
  /** ns between datagrams */
  interval: bigint;
  /** bytes of data in each, at least 4; default 64 */
  size?: number;
}

/** Sends a datagram with the next sequence number every `interval`. */
export class UdpSource {
  sent = 0;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(clock: LanClock, host: MemoryHost, options: UdpSourceOptions) {
    const { src, dst, dport, sport = 40_000, interval } = options;
    const size = Math.max(4, options.size ?? 64);
    const tick = () => {
      if (this.#stopped) return;
      this.#timer = clock.after(interval, tick);
      const data = new Uint8Array(size);
      putU32(data, 0, this.sent++);
      host.udpSend({ src, sport, dst, dport, data });
    };
    tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

/** Counts what arrives at a port. */
export class UdpSink {
  /** different datagrams that arrived */
  received = 0;
  duplicates = 0;
  /** that arrived after a later one */
  reordered = 0;
  /** ns: longest time between two arrivals */
  longestGap = 0n;
  #highest = -1;
  #last: bigint | null = null;
  #seen = new Uint8Array(1024);

  constructor(clock: LanClock, host: MemoryHost, port: number) {
    host.udpBind(port, ({ data }) => {
      if (data.length >= 4) this.#take(u32(data, 0), clock.now());
    });
  }

  /** Datagrams missing up to the highest number that arrived. */
  get lost(): number {
    return this.#highest + 1 - this.received;
  }

  /** Begins a new measurement of the longest gap. */
  resetGap(): void {
    this.longestGap = 0n;
  }

  #take(seq: number, now: bigint): void {
    if (this.#last !== null && now - this.#last > this.longestGap) this.longestGap = now - this.#last;
    this.#last = now;
    while (seq >> 3 >= this.#seen.length) {
      const larger = new Uint8Array(2 * this.#seen.length);
      larger.set(this.#seen);
      this.#seen = larger;
    }
    const bit = 1 << (seq & 7);
    if (this.#seen[seq >> 3] & bit) {
      this.duplicates++;
      return;
    }
    this.#seen[seq >> 3] |= bit;
    this.received++;
    if (seq < this.#highest) this.reordered++;
    else this.#highest = seq;
  }
}

/** Writes pattern bytes into a connection as fast as it takes them, `total` of them or without end. */
export class TcpSource {
  written = 0;
  #stopped = false;

  constructor(connection: TcpConnection, total = Number.POSITIVE_INFINITY) {
    const fill = () => {
      while (!this.#stopped && this.written < total && connection.room > 0) {
        const chunk = new Uint8Array(Math.min(connection.room, total - this.written, 16_384));
        for (let i = 0; i < chunk.length; i++) chunk[i] = patternByte(this.written + i);
        const taken = connection.write(chunk);
        if (taken === 0) return;
        this.written += taken;
      }
      if (this.#stopped || this.written >= total) connection.end();
    };
    connection.onDrain = fill;
    connection.onConnect = fill;
    if (connection.state === "established") fill();
    this.stop = () => {
      this.#stopped = true;
      fill();
    };
  }

  /** Ends the stream after what has been written. */
  readonly stop: () => void;
}

/** Checks every byte that a connection brings. */
export class TcpSink {
  received = 0;
  /** bytes that were not what they should be */
  wrong = 0;
  /** ns: longest time between two arrivals */
  longestGap = 0n;
  /** the peer has sent everything */
  ended = false;
  /** why the connection is over; null = it is not */
  closed: TcpEnd | null = null;
  #last: bigint | null = null;

  constructor(clock: LanClock, connection: TcpConnection) {
    connection.onData = (data) => {
      const now = clock.now();
      if (this.#last !== null && now - this.#last > this.longestGap) this.longestGap = now - this.#last;
      this.#last = now;
      for (let i = 0; i < data.length; i++) if (data[i] !== patternByte(this.received + i)) this.wrong++;
      this.received += data.length;
    };
    connection.onEnd = () => {
      this.ended = true;
      connection.end();
    };
    connection.onClosed = (why) => {
      this.closed = why;
    };
  }

  /** Begins a new measurement of the longest gap. */
  resetGap(): void {
    this.longestGap = 0n;
  }
}
