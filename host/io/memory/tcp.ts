// One TCP connection of a simulated host: handshake, sliding window, retransmission by timer and by duplicate
// acknowledgements, orderly close (RFC 9293; congestion control after RFC 5681 and 6582, timer after RFC 6298).
// No options: the peer's segment size is taken to be ours, the window is at most 65,535.
//
// Terms: una = oldest unacknowledged sequence number, nxt = next to send, max = highest ever sent; after a timeout
// nxt goes back to una. Invariants: una ≤ nxt ≤ max (modulo 2³²); bytes una … una + length - 1 stand in #out;
// the application gets every byte once and in order, or learns that the connection has ended.

import type { LanClock, Timer } from "./clock.js";
import { TCP, type TcpFields } from "./packet.js";

const WINDOW = 65_535;
const SEND_ROOM = 131_072;
const RTO_MIN = 200_000_000n;
const RTO_MAX = 10_000_000_000n;
const TIMEOUTS_MAX = 12;
/** How long our last acknowledgement can be asked for again. */
const LINGER = 30_000_000_000n;
const OUT_OF_ORDER_MAX = 128;

/** a - b of sequence numbers: negative if a is before b. */
const diff = (a: number, b: number): number => (a - b) | 0;
const plus = (a: number, n: number): number => (a + n) >>> 0;

export type TcpState = "syn-sent" | "syn-received" | "established" | "closed";
/** Why a connection ended: in order, refused or reset by the peer, or no answer for too long. */
export type TcpEnd = "closed" | "reset" | "timeout";

/** What a connection needs of its host. */
export interface TcpPort {
  clock: LanClock;
  /** bytes of data in one segment at most */
  mss: number;
  /** first sequence number */
  iss: number;
  transmit(fields: Omit<TcpFields, "sport" | "dport">, data: Uint8Array): void;
  /** the connection is over and may be forgotten */
  forget(): void;
}

export class TcpConnection {
  state: TcpState;
  onConnect: (() => void) | null = null;
  onData: ((data: Uint8Array) => void) | null = null;
  /** the peer will send no more */
  onEnd: (() => void) | null = null;
  /** there is room to write again */
  onDrain: (() => void) | null = null;
  onClosed: ((why: TcpEnd) => void) | null = null;
  readonly stats = { bytesSent: 0, bytesReceived: 0, retransmissions: 0, timeouts: 0 };

  readonly #port: TcpPort;
  readonly #out = new Uint8Array(SEND_ROOM);
  #outLen = 0;
  #una: number;
  #nxt: number;
  #max: number;
  #rcv = 0;
  #peerWindow = WINDOW;
  #cwnd: number;
  #ssthresh = WINDOW;
  #dupAcks = 0;
  /** end of the loss episode; null = none */
  #recover: number | null = null;
  #ending = false;
  #finAcked = false;
  #finReceived = false;
  readonly #early = new Map<number, { data: Uint8Array; fin: boolean }>();
  #timer: Timer | null = null;
  #rto = 1_000_000_000n;
  #srtt = 0n;
  #rttvar = 0n;
  #timed: { seq: number; at: bigint } | null = null;
  #timeoutsInRow = 0;

  /** Begins a connection: to a peer, or (with its sequence number) from one. */
  constructor(port: TcpPort, peerSeq?: number) {
    this.#port = port;
    this.#una = port.iss;
    this.#nxt = port.iss;
    this.#max = port.iss;
    this.#cwnd = 10 * port.mss;
    this.state = peerSeq === undefined ? "syn-sent" : "syn-received";
    if (peerSeq !== undefined) this.#rcv = plus(peerSeq, 1);
    this.#sendSyn();
  }

  // ── The application's side ──

  /** Takes as many bytes as there is room for; returns how many. */
  write(data: Uint8Array): number {
    if (this.#ending || this.state === "closed") return 0;
    const taken = Math.min(data.length, SEND_ROOM - this.#outLen);
    this.#out.set(data.subarray(0, taken), this.#outLen);
    this.#outLen += taken;
    if (this.state === "established") this.#output();
    return taken;
  }

  /** Bytes that write() would take now. */
  get room(): number {
    return this.#ending || this.state === "closed" ? 0 : SEND_ROOM - this.#outLen;
  }

  /** Sends what has been written, then says that no more will come. */
  end(): void {
    if (this.#ending || this.state === "closed") return;
    this.#ending = true;
    if (this.state === "established") this.#output();
  }

  // ── The network's side ──

  receive(f: TcpFields, data: Uint8Array): void {
    if (this.state === "closed") {
      // Our last acknowledgement was lost: the peer repeats its FIN.
      if (data.length > 0 || f.flags & TCP.FIN) this.#acknowledge();
      return;
    }
    if (f.flags & TCP.RST) {
      const fits = this.state === "syn-sent" ? f.ack === plus(this.#port.iss, 1) : f.seq === this.#rcv;
      if (fits) this.#finish("reset");
      return;
    }
    if (this.state !== "established" && !this.#handshake(f)) return;
    this.#peerWindow = f.window;
    // A repeated SYN: the acknowledgement that ended the handshake was lost.
    if (f.flags & TCP.SYN && f.seq !== this.#rcv) this.#acknowledge();
    if (f.flags & TCP.ACK) this.#onAck(f.ack, data.length > 0 || (f.flags & TCP.FIN) !== 0);
    if (data.length > 0 || f.flags & TCP.FIN) this.#onSegment(f.seq, data, (f.flags & TCP.FIN) !== 0);
    this.#output();
    this.#checkFinished();
  }

  /** Handles a segment before the connection stands; false if there is nothing more in it. */
  #handshake(f: TcpFields): boolean {
    const acked = (f.flags & TCP.ACK) !== 0 && f.ack === plus(this.#port.iss, 1);
    if (this.state === "syn-sent") {
      if (!acked || !(f.flags & TCP.SYN)) return false;
      this.#rcv = plus(f.seq, 1);
    } else if (!acked) {
      if (f.flags & TCP.SYN) this.#sendSyn();
      return false;
    }
    const active = this.state === "syn-sent";
    this.state = "established";
    this.#una = this.#nxt = this.#max = plus(this.#port.iss, 1);
    this.#timeoutsInRow = 0;
    this.#disarm();
    if (active) this.#acknowledge();
    this.onConnect?.();
    return true;
  }

  #onAck(ack: number, carriesData: boolean): void {
    if (diff(ack, this.#max) > 0) return;
    const fresh = diff(ack, this.#una);
    if (fresh > 0) this.#onFreshAck(ack, fresh);
    else if (fresh === 0 && !carriesData && this.#nxt !== this.#una) this.#onDuplicateAck();
  }

  #onFreshAck(ack: number, fresh: number): void {
    const bytes = Math.min(fresh, this.#outLen);
    if (fresh > bytes) this.#finAcked = true;
    this.#out.copyWithin(0, bytes, this.#outLen);
    this.#outLen -= bytes;
    this.#una = ack;
    if (diff(this.#nxt, ack) < 0) this.#nxt = ack;
    this.#sampleRtt(ack);
    this.#dupAcks = 0;
    this.#timeoutsInRow = 0;
    if (this.#recover !== null && diff(ack, this.#recover) < 0) this.#resendFirst();
    else {
      this.#recover = null;
      const growth = this.#cwnd < this.#ssthresh ? this.#port.mss : Math.ceil(this.#port.mss ** 2 / this.#cwnd);
      this.#cwnd = Math.min(this.#cwnd + growth, WINDOW);
    }
    this.#disarm();
    if (this.#una !== this.#nxt) this.#arm();
    if (bytes > 0 && !this.#ending) this.onDrain?.();
  }

  #onDuplicateAck(): void {
    if (++this.#dupAcks !== 3 || this.#recover !== null) return;
    this.#ssthresh = Math.max(Math.floor(diff(this.#nxt, this.#una) / 2), 2 * this.#port.mss);
    this.#cwnd = this.#ssthresh;
    this.#recover = this.#max;
    this.#resendFirst();
  }

  #onSegment(seq: number, data: Uint8Array, fin: boolean): void {
    if (diff(seq, this.#rcv) > 0) {
      if (this.#early.size < OUT_OF_ORDER_MAX) this.#early.set(seq, { data: data.slice(), fin });
    } else {
      this.#accept(seq, data, fin);
      // What came early may now be in order.
      for (let again = true; again; ) {
        again = false;
        for (const [early, segment] of this.#early)
          if (diff(early, this.#rcv) <= 0) {
            this.#early.delete(early);
            this.#accept(early, segment.data, segment.fin);
            again = true;
          }
      }
    }
    this.#acknowledge();
  }

  /** Takes a segment that begins at or before what is expected next. */
  #accept(seq: number, data: Uint8Array, fin: boolean): void {
    const known = diff(this.#rcv, seq);
    if (known < data.length) {
      const fresh = data.subarray(known);
      this.#rcv = plus(this.#rcv, fresh.length);
      this.stats.bytesReceived += fresh.length;
      this.onData?.(fresh);
    }
    if (fin && !this.#finReceived && diff(this.#rcv, plus(seq, data.length)) === 0) {
      this.#finReceived = true;
      this.#rcv = plus(this.#rcv, 1);
      this.onEnd?.();
    }
  }

  // ── Sending ──

  #sendSyn(): void {
    const flags = this.state === "syn-sent" ? TCP.SYN : TCP.SYN | TCP.ACK;
    this.#emit(this.#port.iss, flags, new Uint8Array(0));
    this.#nxt = this.#max = plus(this.#port.iss, 1);
    this.#disarm();
    this.#arm();
  }

  #acknowledge(): void {
    this.#emit(this.#nxt, TCP.ACK, new Uint8Array(0));
  }

  #emit(seq: number, flags: number, data: Uint8Array): void {
    const ack = flags & TCP.ACK ? this.#rcv : 0;
    this.#port.transmit({ seq, ack, flags, window: WINDOW }, data);
  }

  /** Sends what the windows allow. */
  #output(): void {
    if (this.state !== "established") return;
    for (;;) {
      const flying = diff(this.#nxt, this.#una);
      const count = Math.min(this.#port.mss, this.#outLen - flying, Math.min(this.#cwnd, this.#peerWindow) - flying);
      if (count <= 0) break;
      this.#send(this.#nxt, this.#out.slice(flying, flying + count), TCP.ACK | TCP.PSH);
    }
    if (this.#ending && !this.#finAcked && diff(this.#nxt, this.#una) === this.#outLen)
      this.#send(this.#nxt, new Uint8Array(0), TCP.FIN | TCP.ACK);
  }

  #send(seq: number, data: Uint8Array, flags: number): void {
    const end = plus(seq, data.length + (flags & TCP.FIN ? 1 : 0));
    if (diff(end, this.#max) <= 0) {
      this.stats.retransmissions++;
      this.#timed = null;
    } else {
      this.#timed ??= { seq: end, at: this.#port.clock.now() };
      this.#max = end;
      this.stats.bytesSent += data.length;
    }
    this.#nxt = end;
    this.#emit(seq, flags, data);
    if (!this.#timer) this.#arm();
  }

  #resendFirst(): void {
    this.stats.retransmissions++;
    this.#timed = null;
    const count = Math.min(this.#port.mss, this.#outLen);
    if (count > 0) this.#emit(this.#una, TCP.ACK | TCP.PSH, this.#out.slice(0, count));
    else if (this.#ending) this.#emit(this.#una, TCP.FIN | TCP.ACK, new Uint8Array(0));
  }

  // ── Time ──

  #sampleRtt(ack: number): void {
    if (!this.#timed || diff(ack, this.#timed.seq) < 0) return;
    const rtt = this.#port.clock.now() - this.#timed.at;
    this.#timed = null;
    const error = this.#srtt > rtt ? this.#srtt - rtt : rtt - this.#srtt;
    this.#rttvar = this.#srtt === 0n ? rtt / 2n : (3n * this.#rttvar + error) / 4n;
    this.#srtt = this.#srtt === 0n ? rtt : (7n * this.#srtt + rtt) / 8n;
    const rto = this.#srtt + 4n * this.#rttvar;
    this.#rto = rto < RTO_MIN ? RTO_MIN : rto > RTO_MAX ? RTO_MAX : rto;
  }

  #arm(): void {
    let wait = this.#rto << BigInt(Math.min(this.#timeoutsInRow, 6));
    if (wait > RTO_MAX) wait = RTO_MAX;
    this.#timer = this.#port.clock.after(wait, () => this.#onTimeout());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #onTimeout(): void {
    this.#timer = null;
    if (++this.#timeoutsInRow > TIMEOUTS_MAX) {
      this.#finish("timeout");
      return;
    }
    this.stats.timeouts++;
    if (this.state !== "established") {
      this.#sendSyn();
      return;
    }
    this.#ssthresh = Math.max(Math.floor(diff(this.#nxt, this.#una) / 2), 2 * this.#port.mss);
    this.#cwnd = this.#port.mss;
    this.#recover = null;
    this.#dupAcks = 0;
    this.#timed = null;
    this.#nxt = this.#una;
    this.#output();
  }

  #checkFinished(): void {
    if (this.#finAcked && this.#finReceived) this.#finish("closed");
  }

  #finish(why: TcpEnd): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#disarm();
    // The peer may not have our last acknowledgement yet.
    this.#port.clock.after(why === "closed" ? LINGER : 0n, () => this.#port.forget());
    this.onClosed?.(why);
  }
}
