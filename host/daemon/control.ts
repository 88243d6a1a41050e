// The control socket's server side: reads lines, hands requests on, writes replies, event streams and captures.
//
// Invariants: whatever a client sends or does, it gets at most an error reply and a closed connection, and keeps nobody else
// out (clients.ts); a client that
// does not read its replies or events is dropped before it costs more than BACKLOG_MAX bytes, one that does not read its
// capture loses frames (capture.ts); the socket is for its owner alone (0600).

import { renameSync, rmSync, unlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { CaptureHub, CaptureSession } from "./capture.js";
import { Clients } from "./clients.js";
import type { History } from "./history.js";
import type { Log } from "./log.js";
import { type CaptureRequest, eventLine, LINE_MAX, parseRequest, type Request, type RequestId, replyError, replyOk } from "./protocol.js";
import { codeOf, messageOf, Refusal } from "./refusal.js";

/** How long clients have to read what was written before their connections are cut. */
const LEAVE_MS = 200;
const BACKLOG_MAX = 4 * 1024 * 1024;

/** Requests whose answer is a stream. */
type Stream = "events" | "probes" | "capture";

/** Carries out a request; the result is the reply's. Refusals become error replies. */
export type Handler = (request: Exclude<Request, { cmd: Stream }>) => unknown | Promise<unknown>;

/** Where streams come from, besides broadcast() and probe(). */
export interface Sources {
  history?: History;
  capture?: CaptureHub;
}

export class Control {
  #server: Server;
  readonly #clients: Clients;
  readonly #listeners = { events: new Map<Socket, RequestId[]>(), probes: new Map<Socket, RequestId[]>() };
  /** Somebody wants probes, or (false) nobody does any more. */
  onProbesWanted: (wanted: boolean) => void = () => undefined;
  readonly #captures = new Map<Socket, CaptureSession>();
  readonly #handle: Handler;
  readonly #log: Log;
  readonly #sources: Sources;
  #path = "";

  constructor(handle: Handler, log: Log, sources: Sources = {}, clients = new Clients()) {
    this.#clients = clients;
    this.#handle = handle;
    this.#log = log;
    this.#sources = sources;
    this.#server = this.#make();
  }

  #make(): Server {
    return createServer((socket) => this.#accept(socket));
  }

  /** Listens at path. Whoever holds the pid file may remove what a dead daemon left there. */
  listen(path: string): Promise<void> {
    try {
      unlinkSync(path);
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== "ENOENT") throw e;
    }
    this.#path = path;
    return new Promise((resolve, reject) => {
      // the socket file is made with the mask's mode: nobody else can connect even for a moment
      const mask = process.umask(0o177);
      this.#server.once("error", reject);
      this.#server.listen(path, () => {
        this.#server.off("error", reject);
        this.#server.on("error", (e) => this.#log.error("control", e.message));
        resolve();
      });
      process.umask(mask);
    });
  }

  /** Listens anew where somebody else took the socket's place and is gone; clients of the old one stay. */
  listenAgain(path: string): Promise<void> {
    this.#server = this.#make();
    return this.listen(path);
  }

  /** Puts the socket in the place of another one, which is out of reach from then on; clients see nothing between. */
  moveTo(path: string): void {
    renameSync(this.#path, path);
    this.#path = path;
  }

  /** Writes what is waiting and ends every connection; the socket's path is somebody else's by now, and stays. */
  async leave(): Promise<void> {
    for (const session of [...this.#captures.values()]) session.end();
    const closed = this.#clients.sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of this.#clients.sockets) socket.end();
    await Promise.race([Promise.all(closed), new Promise((resolve) => setTimeout(resolve, LEAVE_MS))]);
    for (const socket of this.#clients.sockets) socket.destroy();
  }

  /** Sends an event to all who asked for events. */
  broadcast(event: unknown): void {
    this.#tell("events", event);
  }

  /** Sends the record of a probe to all who asked for probes. */
  probe(record: unknown): void {
    this.#tell("probes", record);
  }

  /** Whether anybody asked for probes: nobody need describe them otherwise. */
  get probesWanted(): boolean {
    return this.#listeners.probes.size > 0;
  }

  #tell(kind: "events" | "probes", what: unknown): void {
    for (const [socket, ids] of this.#listeners[kind]) for (const id of ids) this.#send(socket, eventLine(id, what));
  }

  /** Writes what is waiting, then closes everything. */
  close(): Promise<void> {
    for (const session of [...this.#captures.values()]) session.end();
    for (const socket of this.#clients.sockets) socket.end();
    const force = setTimeout(() => {
      for (const socket of this.#clients.sockets) socket.destroy();
    }, LEAVE_MS);
    return new Promise((resolve) =>
      this.#server.close(() => {
        clearTimeout(force);
        rmSync(this.#path, { force: true });
        resolve();
      }),
    );
  }

  #accept(socket: Socket): void {
    if (!this.#clients.admit(socket)) return;
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#clients.forget(socket);
      this.#unsubscribe(socket);
      this.#captures.get(socket)?.end();
      this.#captures.delete(socket);
    });
    let chunks: Buffer[] = [];
    let held = 0;
    socket.on("data", (chunk: Buffer) => {
      let rest = chunk;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = Buffer.concat([...chunks, rest.subarray(0, end)]);
        rest = rest.subarray(end + 1);
        chunks = [];
        held = 0;
        if (line.length > LINE_MAX) return this.#tooLong(socket);
        this.#line(socket, line.toString("utf8"));
      }
      held += rest.length;
      if (held > LINE_MAX) return this.#tooLong(socket);
      if (rest.length > 0) chunks.push(rest);
    });
  }

  #tooLong(socket: Socket): void {
    socket.removeAllListeners("data");
    socket.resume();
    socket.end(replyError(null, "EMSGSIZE", `line too long; allowed: ${LINE_MAX} bytes`));
  }

  #line(socket: Socket, line: string): void {
    const session = this.#captures.get(socket);
    if (session !== undefined) {
      session.end();
      socket.end();
      return;
    }
    if (line.trim() === "") return;
    this.#clients.heard(socket);
    let request: Request;
    try {
      request = parseRequest(line);
    } catch (e) {
      const id = (e as { id?: RequestId }).id ?? null;
      this.#send(socket, replyError(id, codeOf(e), messageOf(e)));
      return;
    }
    if (request.cmd === "events" || request.cmd === "probes") this.#subscribe(socket, request);
    else if (request.cmd === "capture") this.#capture(socket, request);
    else void this.#answer(socket, request);
  }

  #subscribe(socket: Socket, request: Extract<Request, { cmd: "events" | "probes" }>): void {
    try {
      this.#clients.follow(socket);
    } catch (e) {
      this.#send(socket, replyError(request.id, codeOf(e), messageOf(e)));
      return;
    }
    const listeners = this.#listeners[request.cmd];
    const first = request.cmd === "probes" && listeners.size === 0;
    listeners.set(socket, [...(listeners.get(socket) ?? []), request.id].slice(-8));
    this.#send(socket, replyOk(request.id, {}));
    if (first) this.onProbesWanted(true);
    if (request.cmd !== "events") return;
    for (const event of this.#sources.history?.last(request.last) ?? []) this.#send(socket, eventLine(request.id, event));
  }

  #unsubscribe(socket: Socket): void {
    this.#listeners.events.delete(socket);
    if (this.#listeners.probes.delete(socket) && !this.probesWanted) this.onProbesWanted(false);
  }

  /** From its reply on, the connection is the capture's. */
  #capture(socket: Socket, request: CaptureRequest & { id: RequestId }): void {
    try {
      const hub = this.#sources.capture;
      if (hub === undefined) throw new Refusal("ENOSYS", "nothing can be captured here");
      this.#clients.follow(socket);
      const session = hub.open(request, socket);
      this.#captures.set(socket, session);
      this.#unsubscribe(socket);
      this.#send(socket, replyOk(request.id, {}));
      session.begin();
    } catch (e) {
      this.#send(socket, replyError(request.id, codeOf(e), messageOf(e)));
    }
  }

  async #answer(socket: Socket, request: Exclude<Request, { cmd: Stream }>): Promise<void> {
    this.#clients.pending(socket, 1);
    try {
      const result = await this.#handle(request);
      this.#send(socket, replyOk(request.id, result ?? {}));
    } catch (e) {
      if (!(e instanceof Refusal)) this.#log.error("control", `${request.cmd}: ${messageOf(e)}`);
      this.#send(socket, replyError(request.id, codeOf(e), e instanceof Error ? e.message : String(e)));
    } finally {
      this.#clients.pending(socket, -1);
    }
  }

  #send(socket: Socket, line: string): void {
    if (socket.destroyed || !socket.writable) return;
    if (socket.writableLength > BACKLOG_MAX) {
      this.#log.warn("control", "a client does not read; dropped");
      socket.destroy();
      return;
    }
    socket.write(line);
  }
}
