// Who is connected to the control socket, and who has to go when there are too many.
//
// Invariants: at most CLIENTS_MAX connections; nobody who waits for an answer or follows a stream is sent away; whoever only
// sits there keeps nobody out; streams leave places to requests; nobody goes, or is turned away, without being told why.

import type { Socket } from "node:net";
import { replyError } from "./protocol.js";
import { Refusal } from "./refusal.js";

export const CLIENTS_MAX = 64;
/** Streams of events, probes and frames that are carried at once. */
export const STREAMS_MAX = 48;
/** How long a client may take for its first request. */
const FIRST_REQUEST_MS = 10_000;
/** How long one that is sent away may take to read why. */
const PARTING_MS = 200;

interface Client {
  /** requests that are being answered */
  pending: number;
  stream: boolean;
  /** until the first request is there */
  timer: NodeJS.Timeout;
}

export class Clients {
  /** in the order in which they were last heard of */
  readonly #all = new Map<Socket, Client>();
  readonly #firstRequestMs: number;

  constructor(firstRequestMs = FIRST_REQUEST_MS) {
    this.#firstRequestMs = firstRequestMs;
  }

  get sockets(): Socket[] {
    return [...this.#all.keys()];
  }

  /** Takes a client in, in the place of the one that has been idle longest if there is no other; false: told that there is none. */
  admit(socket: Socket): boolean {
    if (this.#all.size >= CLIENTS_MAX) {
      const idle = [...this.#all].find(([, c]) => c.pending === 0 && !c.stream)?.[0];
      if (idle === undefined) {
        sendAway(socket, "EUSERS", `${CLIENTS_MAX} clients are being served; try again`);
        return false;
      }
      this.forget(idle);
      sendAway(idle, "EUSERS", `idle longest of ${CLIENTS_MAX} clients; closed for another one`);
    }
    const timer = setTimeout(() => {
      this.forget(socket);
      sendAway(socket, "ETIMEDOUT", `no request within ${this.#firstRequestMs / 1000} s`);
    }, this.#firstRequestMs);
    this.#all.set(socket, { pending: 0, stream: false, timer: timer.unref() });
    return true;
  }

  forget(socket: Socket): void {
    const client = this.#all.get(socket);
    if (client === undefined) return;
    clearTimeout(client.timer);
    this.#all.delete(socket);
  }

  /** A request has come. */
  heard(socket: Socket): void {
    const client = this.#all.get(socket);
    if (client === undefined) return;
    clearTimeout(client.timer);
    this.#all.delete(socket);
    this.#all.set(socket, client);
  }

  /** A request is being answered, or (-1) has been. */
  pending(socket: Socket, change: 1 | -1): void {
    const client = this.#all.get(socket);
    if (client !== undefined) client.pending += change;
  }

  /** The client is to get a stream. Throws Refusal if there are too many. */
  follow(socket: Socket): void {
    const client = this.#all.get(socket);
    if (client === undefined || client.stream) return;
    const streams = [...this.#all.values()].filter((c) => c.stream).length;
    if (streams >= STREAMS_MAX) throw new Refusal("EUSERS", `${STREAMS_MAX} streams are open; allowed: no more at once`);
    client.stream = true;
  }
}

/** Tells a client why, and ends its connection, soon even if it does not read that. */
function sendAway(socket: Socket, code: string, message: string): void {
  socket.removeAllListeners("data");
  socket.on("error", () => socket.destroy());
  // what it sends is still read: otherwise its own failure to write would be all that it hears of
  socket.resume();
  socket.end(replyError(null, code, message));
  setTimeout(() => socket.destroy(), PARTING_MS).unref();
}
