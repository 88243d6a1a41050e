// The cluster's transport (ICS): what a program uses. docs/ics.md says what goes over the wire and what it protects from.
//
// Bytes go to a node number and arrive whole, once, from the node they say they are from, or not at all. Loss and reordering remain, as on
// any network: whoever sends asks again. Nothing here waits without a limit.
// Invariants: `bytes` given to send, request and reply are copied before the call returns; bytes handed up belong to the receiver.

import { randomBytes } from "node:crypto";
import { type Call, type CallSide, Calls } from "./calls.js";
import type { Cause, Counters } from "./causes.js";
import { REAL_CLOCK } from "./clock.js";
import { IcsError } from "./errors.js";
import { decodeMissing, decodePiece, FRAME, FRAME_FLAG, type Frame, type Payload } from "./frames.js";
import { helloTick } from "./hello.js";
import { Hub, type IcsEvent } from "./hub.js";
import type { Keyring } from "./keyring.js";
import { BODY_MAX, MESSAGE_MAX } from "./limits.js";
import { LINK_NAME, type LinkState } from "./links.js";
import { type Address, checkOptions, checkPeers, type IcsOptions, type PeerAddresses } from "./options.js";
import type { Peer } from "./peer.js";
import { openUdp } from "./port.js";
import { Ports } from "./ports.js";
import { receive } from "./receive.js";
import { Transmitter } from "./transmit.js";

export interface IcsHandlers {
  /** A message from a node. */
  onMessage?(from: number, bytes: Buffer, urgent: boolean): void;
  /** A request: answer it by `call.reply`, now or later. Without this handler requests are refused. */
  onRequest?(call: Call): void;
  onEvent?(event: IcsEvent): void;
  /** A send to this node was refused; its queue is half empty again. */
  onDrain?(node: number): void;
}

export interface LinkStatus {
  readonly link: number;
  readonly remote: Address;
  readonly state: LinkState;
  /** answer time, 0 = not measured */
  readonly rttMs: number;
}

export interface PeerStatus {
  readonly node: number;
  /** keys are agreed on: messages can leave */
  readonly ready: boolean;
  readonly up: boolean;
  /** link that traffic goes by */
  readonly link: number;
  readonly links: readonly LinkStatus[];
  readonly queuedMessages: number;
  readonly queuedBytes: number;
}

/** A timer that comes later than this says that the process did not run. */
const LATE_MS = 5;

/** How long close() waits for the system to take what is sent last. */
const CLOSE_MS = 200;

export class Ics {
  readonly #hub: Hub;
  readonly #out: Transmitter;
  readonly #calls: Calls;
  readonly #ports: Ports;
  readonly #handlers: IcsHandlers;

  private constructor(options: IcsOptions, handlers: IcsHandlers) {
    const checked = checkOptions(options);
    this.#handlers = handlers;
    this.#hub = new Hub(options, checked, options.clock ?? REAL_CLOCK, options.random ?? randomBytes, {
      onEvent: (event) => handlers.onEvent?.(event),
      onRoom: (node) => handlers.onDrain?.(node),
      onGone: (node) => this.#calls.gone(node),
      onWork: (peer) => this.#out.schedule(peer),
      onPortFree: () => this.#out.portFree(),
      onTick: (now, late) => this.#tick(now, late),
    });
    this.#out = new Transmitter(this.#hub);
    const side: CallSide = {
      offer: (peer, type, urgent, body, always) => this.#offer(peer, type, urgent, body, always),
      send: (node, bytes, urgent) => this.send(node, bytes, urgent),
      request: (node, bytes, o) => this.request(node, bytes, o),
      checkSize: (bytes) => this.#checkSize(bytes),
      onRequest: handlers.onRequest && ((call) => handlers.onRequest?.(call)),
    };
    this.#calls = new Calls(this.#hub, side);
    this.#ports = new Ports(this.#hub, options.openPort ?? openUdp, (bytes, from) => this.#datagram(bytes, from));
    options.keys.onRemoved = () => this.#forgetDerived();
    for (const { node, addresses } of options.peers) this.#hub.setPeer(node, addresses);
  }

  /**
   * Opens the sockets and begins to look for the peers. Rejects with IcsError EINVAL (an option; the message names it) or EADDRNOTAVAIL
   * (no address could be bound; of several, those that cannot are tried again, see the event "port").
   */
  static async open(options: IcsOptions, handlers: IcsHandlers): Promise<Ics> {
    const ics = new Ics(options, handlers);
    try {
      await ics.#ports.start();
    } catch (e) {
      ics.#hub.stop();
      throw e;
    }
    return ics;
  }

  /**
   * Queues a message of at most MESSAGE_MAX bytes. Urgent ones overtake others and have a queue of their own. Returns false if the
   * queue is full (EAGAIN): onDrain says when to try again. Throws IcsError ENOENT (no such peer), EMSGSIZE, ECANCELED (closed).
   */
  send(node: number, bytes: Uint8Array, urgent = false): boolean {
    const peer = this.#peer(node);
    this.#checkSize(bytes);
    return this.#offer(peer, FRAME.MESSAGE, urgent, Buffer.from(bytes), false);
  }

  /**
   * Asks a node; resolves to its reply. `timeoutMs`: above 0, at most 600,000; left out 1,000. Rejects with IcsError ETIMEDOUT, EAGAIN
   * (queue full), EREMOTE (it has started anew), EBUSY, ENOSYS, ECANCELED; throws as send does.
   */
  request(node: number, bytes: Uint8Array, options: { urgent?: boolean; timeoutMs?: number } = {}): Promise<Buffer> {
    const peer = this.#peer(node);
    this.#checkSize(bytes);
    return this.#calls.request(peer, bytes, options.urgent ?? false, options.timeoutMs);
  }

  /** Other peers, or other addresses of theirs, from now on. Throws IcsError EINVAL; nothing is changed then. */
  setPeers(peers: readonly PeerAddresses[]): void {
    checkPeers(peers, this.#hub.node);
    for (const node of this.#hub.peers.keys()) if (!peers.some((p) => p.node === node)) this.#hub.removePeer(node);
    for (const { node, addresses } of peers) this.#hub.setPeer(node, addresses);
  }

  /** The keyring in use: what is installed, used or removed there acts at once. */
  get keys(): Keyring {
    return this.#hub.keys;
  }

  /** What has gone through and what was dropped, since the start. Not a copy. */
  get counters(): Readonly<Counters> {
    return this.#hub.counters;
  }

  /** By cause, whom the last datagram dropped by it came from. */
  get lastFrom(): Readonly<Partial<Record<Cause, string>>> {
    return this.#hub.lastFrom;
  }

  /** Where this node is bound, one a link; null = not at present. */
  get locals(): (Address | null)[] {
    return this.#hub.slots.map((s) => s.port?.local ?? null);
  }

  /** Every peer with its links, by node number. */
  status(): PeerStatus[] {
    const peers = [...this.#hub.peers.values()].sort((a, b) => a.node - b.node);
    return peers.map((p) => ({
      node: p.node,
      ready: p.ready,
      up: p.isUp,
      link: p.current,
      links: p.links.map((l) => ({ link: l.index, remote: l.remote, state: LINK_NAME[l.state], rttMs: l.rttMs })),
      queuedMessages: p.outbox.messages,
      queuedBytes: p.outbox.bytes,
    }));
  }

  /** Sends what can be sent at once, then closes. Requests that wait are rejected (ECANCELED). Closing again does nothing. */
  async close(): Promise<void> {
    const hub = this.#hub;
    if (hub.closed) return;
    for (const peer of hub.peers.values()) this.#out.schedule(peer);
    this.#out.flush(false);
    hub.stop();
    this.#calls.close();
    const until = performance.now() + CLOSE_MS;
    while (hub.slots.some((s) => s.port && s.inFlight > 0) && performance.now() < until) await new Promise((r) => setTimeout(r, 1));
    this.#ports.close();
  }

  #peer(node: number): Peer {
    if (this.#hub.closed || this.#hub.superseded) throw new IcsError("ECANCELED", "the transport is closed");
    const peer = this.#hub.peers.get(node);
    if (!peer) throw new IcsError("ENOENT", `node ${node} is no peer; there are: ${[...this.#hub.peers.keys()].join(", ")}`);
    return peer;
  }

  #checkSize(bytes: Uint8Array): void {
    if (bytes.length <= MESSAGE_MAX) return;
    this.#hub.drop("TOO_LARGE");
    throw new IcsError("EMSGSIZE", `a message has ${bytes.length} bytes; allowed: at most ${MESSAGE_MAX}`);
  }

  #offer(peer: Peer, type: number, urgent: boolean, body: Buffer, always: boolean): boolean {
    const hub = this.#hub;
    if (hub.closed || !hub.peers.has(peer.node)) return false;
    const now = hub.clock.now();
    if (!peer.outbox.offer(type, urgent, body, now, always)) {
      hub.drop("QUEUE_FULL");
      peer.refusedRoom = true;
      return false;
    }
    hub.counters.messagesOut++;
    hub.wakeBy(now + hub.timings.expireMs);
    this.#out.schedule(peer);
    return true;
  }

  #datagram(bytes: Buffer, from: Address): void {
    receive(this.#hub, this.#out, bytes, from, (peer, payload) => this.#take(peer, payload));
  }

  #take(peer: Peer, payload: Payload): void {
    for (const frame of payload.frames) if (!this.#hub.closed) this.#frame(peer, frame);
  }

  /** One frame of an authentic datagram. */
  #frame(peer: Peer, frame: Frame): void {
    const { body } = frame;
    switch (frame.type) {
      case FRAME.MESSAGE:
        this.#hub.counters.messagesIn++;
        this.#handlers.onMessage?.(peer.node, body, (frame.flags & FRAME_FLAG.URGENT) !== 0);
        return;
      case FRAME.REQUEST:
        this.#calls.serve(peer, frame);
        return;
      case FRAME.REPLY:
      case FRAME.REFUSE:
        this.#calls.answered(peer.node, frame);
        return;
      case FRAME.PIECE:
        this.#piece(peer, body);
        return;
      case FRAME.MISSING: {
        const { message, indexes } = decodeMissing(body);
        peer.outbox.missing(message, indexes, this.#hub.clock.now(), peer.care);
        this.#out.schedule(peer);
        return;
      }
      case FRAME.DONE:
        peer.outbox.done(body.readUInt32LE(0));
        this.#out.schedule(peer);
    }
  }

  #piece(peer: Peer, body: Buffer): void {
    const piece = decodePiece(body, BODY_MAX);
    if (!piece) {
      this.#hub.drop("PIECE_CONFLICT");
      return;
    }
    const { clock, timings } = this.#hub;
    const { whole, reply, dropped } = peer.assembly.take(piece, clock.now(), peer.askMs, timings.partialMs);
    if (dropped) this.#hub.drop(dropped);
    if (reply) {
      peer.outbox.control(reply);
      this.#out.schedule(peer);
    }
    if (whole) this.#frame(peer, whole);
    else this.#hub.wakeBy(peer.assembly.due());
  }

  #forgetDerived(): void {
    for (const peers of [this.#hub.peers, this.#hub.former])
      for (const peer of peers.values()) {
        peer.tx?.forget();
        peer.rx?.forget();
      }
  }

  #tick(now: number, late: number): number {
    const hub = this.#hub;
    if (hub.superseded) return this.#calls.tick(now);
    // paused, or busy with something else: answers may wait in the sockets, unread
    if (late > LATE_MS) for (const peer of hub.peers.values()) for (const link of peer.links) link.forgive(late);
    let due = Math.min(this.#ports.tick(now), this.#calls.tick(now));
    for (const peer of hub.peers.values()) due = Math.min(due, this.#peerTick(peer, now));
    // timers are no finer than this, and nothing here needs them to be
    return Math.max(due, now + 1);
  }

  /** Lets time act on a peer. Returns when to come again. */
  #peerTick(peer: Peer, now: number): number {
    const hub = this.#hub;
    const { expireMs } = hub.timings;
    const questions = peer.assembly.tick(now, peer.askMs, () => hub.drop("PIECE_LATE"));
    for (const question of questions) peer.outbox.control(question);
    const expired = peer.outbox.expire(now - expireMs, now);
    hub.counters.dropped.EXPIRED += expired;
    if (peer.refusedRoom && peer.outbox.half) {
      peer.refusedRoom = false;
      hub.hooks.onRoom(peer.node);
    }
    let due = Math.min(peer.assembly.due(), peer.outbox.due(expireMs), helloTick(hub, peer, now));
    for (const link of peer.links) if (peer.ready && hub.isOpen(link)) due = Math.min(due, this.#linkTick(peer, link, now));
    if (peer.outbox.hasAny) this.#out.schedule(peer);
    return due;
  }

  #linkTick(peer: Peer, link: Peer["links"][number], now: number): number {
    if (link.check(now)) this.#hub.linkChanged(peer, link, "no answer");
    if (link.wantsPing(now)) this.#out.keepAlive(peer, link, true);
    return link.due();
  }
}
