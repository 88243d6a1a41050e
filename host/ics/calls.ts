// Requests and their replies.
//
// A request is delivered once at most; nothing repeats it but the caller. A reply is urgent and is never refused: so many requests of a
// node are served at a time, further ones are refused. What is asked or said from within a request that is being served is urgent, too:
// else A could wait for B, which waits for A, behind a full queue.
// Invariants: a promise is settled once, by the reply, a refusal, the time, the node's new life, or the end; a reply is accepted from the
// node that was asked only.

import { IcsError } from "./errors.js";
import { CALL_HEAD, FRAME, FRAME_FLAG, type Frame, REFUSAL } from "./frames.js";
import type { Hub } from "./hub.js";
import { CALLS_MAX, SERVE_MS, SERVED_MAX } from "./limits.js";
import type { Peer } from "./peer.js";

export const TIMEOUT_MS = 1_000;
const TIMEOUT_MAX_MS = 600_000;

interface Pending {
  node: number;
  until: number;
  resolve(bytes: Buffer): void;
  reject(error: IcsError): void;
}

/** A request that is being served. */
export interface Call {
  /** who asks */
  readonly from: number;
  readonly bytes: Buffer;
  readonly urgent: boolean;
  /** Answers, once; later calls, and answers to a node that has started anew, do nothing. Throws IcsError EMSGSIZE. */
  reply(bytes: Uint8Array): void;
  /** As Ics.send and Ics.request, always urgent. */
  send(node: number, bytes: Uint8Array): boolean;
  request(node: number, bytes: Uint8Array, timeoutMs?: number): Promise<Buffer>;
}

/** What Calls needs of Ics. */
export interface CallSide {
  /** Queues a frame; false: the queue is full. `always`: never refused. */
  offer(peer: Peer, type: number, urgent: boolean, body: Buffer, always: boolean): boolean;
  send(node: number, bytes: Uint8Array, urgent: boolean): boolean;
  request(node: number, bytes: Uint8Array, options: { urgent: boolean; timeoutMs?: number }): Promise<Buffer>;
  checkSize(bytes: Uint8Array): void;
  onRequest: ((call: Call) => void) | undefined;
}

export class Calls {
  readonly #hub: Hub;
  readonly #side: CallSide;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting = new Map<number, number>();
  /** when each request that is being served came, by node and number */
  readonly #served = new Map<number, Map<number, number>>();
  #next: number;

  constructor(hub: Hub, side: CallSide) {
    this.#hub = hub;
    this.#side = side;
    // a reply to a former life of this node does not open anyway; this keeps it from ever looking like one
    this.#next = hub.random(4).readUInt32LE(0);
  }

  /** Asks. Rejects with IcsError EAGAIN, ETIMEDOUT, EREMOTE, EBUSY, ENOSYS or ECANCELED. */
  request(peer: Peer, bytes: Uint8Array, urgent: boolean, timeoutMs = TIMEOUT_MS): Promise<Buffer> {
    if (!(timeoutMs > 0 && timeoutMs <= TIMEOUT_MAX_MS))
      throw new IcsError("EINVAL", `timeoutMs: found ${timeoutMs}; allowed: above 0, at most ${TIMEOUT_MAX_MS}`);
    const { node } = peer;
    const waiting = this.#waiting.get(node) ?? 0;
    this.#next = (this.#next + 1) >>> 0;
    const id = this.#next;
    const body = Buffer.allocUnsafe(CALL_HEAD + bytes.length);
    body.writeUInt32LE(id, 0);
    body.set(bytes, CALL_HEAD);
    if (waiting >= CALLS_MAX || !this.#side.offer(peer, FRAME.REQUEST, urgent, body, false))
      return Promise.reject(new IcsError("EAGAIN", `request to node ${node}: its queue is full, or ${CALLS_MAX} requests wait`));
    this.#waiting.set(node, waiting + 1);
    const until = this.#hub.clock.now() + timeoutMs;
    this.#hub.wakeBy(until);
    return new Promise((resolve, reject) => this.#pending.set(id, { node, until, resolve, reject }));
  }

  /** A REQUEST came. */
  serve(peer: Peer, frame: Frame): void {
    const id = frame.body.readUInt32LE(0);
    const handler = this.#side.onRequest;
    if (!handler) {
      this.#refuse(peer, id, REFUSAL.UNSERVED);
      return;
    }
    let served = this.#served.get(peer.node);
    if (!served) {
      served = new Map();
      this.#served.set(peer.node, served);
    }
    if (served.size >= SERVED_MAX || served.has(id)) {
      this.#refuse(peer, id, REFUSAL.BUSY);
      return;
    }
    const at = this.#hub.clock.now();
    served.set(id, at);
    this.#hub.wakeBy(at + SERVE_MS);
    this.#hub.counters.messagesIn++;
    handler(this.#call(peer, id, served, frame));
  }

  #call(peer: Peer, id: number, served: Map<number, number>, frame: Frame): Call {
    const side = this.#side;
    return {
      from: peer.node,
      bytes: frame.body.subarray(CALL_HEAD),
      urgent: (frame.flags & FRAME_FLAG.URGENT) !== 0,
      reply: (bytes) => {
        side.checkSize(bytes);
        if (!served.delete(id)) return;
        const body = Buffer.allocUnsafe(CALL_HEAD + bytes.length);
        body.writeUInt32LE(id, 0);
        body.set(bytes, CALL_HEAD);
        side.offer(peer, FRAME.REPLY, true, body, true);
      },
      send: (node, bytes) => side.send(node, bytes, true),
      request: (node, bytes, timeoutMs) => side.request(node, bytes, { urgent: true, timeoutMs }),
    };
  }

  #refuse(peer: Peer, id: number, why: number): void {
    this.#hub.drop(why === REFUSAL.BUSY ? "REQUEST_BUSY" : "REQUEST_UNSERVED");
    const body = Buffer.allocUnsafe(CALL_HEAD + 1);
    body.writeUInt32LE(id, 0);
    body[CALL_HEAD] = why;
    this.#side.offer(peer, FRAME.REFUSE, true, body, false);
  }

  /** A REPLY or REFUSE came. */
  answered(node: number, frame: Frame): void {
    const id = frame.body.readUInt32LE(0);
    const pending = this.#pending.get(id);
    if (!pending || pending.node !== node) {
      this.#hub.drop("REPLY_LATE");
      return;
    }
    this.#settle(id, pending);
    if (frame.type === FRAME.REPLY) {
      this.#hub.counters.messagesIn++;
      pending.resolve(frame.body.subarray(CALL_HEAD));
    } else if (frame.body[CALL_HEAD] === REFUSAL.BUSY)
      pending.reject(new IcsError("EBUSY", `node ${node} serves ${SERVED_MAX} requests of this node already`));
    else pending.reject(new IcsError("ENOSYS", `node ${node} serves no requests`));
  }

  /** A node has started anew, or is no peer any more: nobody will answer, and nobody waits for answers. */
  gone(node: number): void {
    this.#served.get(node)?.clear();
    for (const [id, pending] of this.#pending)
      if (pending.node === node) {
        this.#settle(id, pending);
        pending.reject(new IcsError("EREMOTE", `node ${node} has started anew, or is no peer any more: whether it acted is not known`));
      }
  }

  /** Lets time act. Returns when to come again. */
  tick(now: number): number {
    let due = Number.POSITIVE_INFINITY;
    for (const [id, pending] of this.#pending) {
      if (now < pending.until) due = Math.min(due, pending.until);
      else {
        this.#settle(id, pending);
        pending.reject(new IcsError("ETIMEDOUT", `node ${pending.node} did not answer in time`));
      }
    }
    for (const served of this.#served.values())
      for (const [id, at] of served) {
        if (now < at + SERVE_MS) {
          due = Math.min(due, at + SERVE_MS);
          break;
        }
        served.delete(id);
        this.#hub.drop("REQUEST_FORGOTTEN");
      }
    return due;
  }

  /** All that wait learn that there will be nothing. */
  close(): void {
    for (const [id, pending] of this.#pending) {
      this.#settle(id, pending);
      pending.reject(new IcsError("ECANCELED", "the transport was closed"));
    }
  }

  #settle(id: number, { node }: Pending): void {
    this.#pending.delete(id);
    this.#waiting.set(node, (this.#waiting.get(node) ?? 1) - 1);
  }
}
