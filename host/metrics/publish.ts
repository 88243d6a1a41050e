// Where the metrics can be had: an HTTP server on a TCP address or a Unix socket, and a text file for node_exporter.
//
// Invariants: reading metrics changes nothing; a client that sends anything but GET or HEAD of /metrics, too much, or too
// slowly, gets an error or the end of the connection; the file is the old or the new one, whole; what another
// configuration wants is had before the former is given up.

import { renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import type { ListenAddress, MetricsConfig } from "../config/config.js";
import type { Log } from "../daemon/log.js";
import { messageOf, Refusal } from "../daemon/refusal.js";

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const CLIENTS_MAX = 16;
/** A request has to be there, and a connection to be used, within this time. */
const PATIENCE_MS = 5_000;

const SILENT: MetricsConfig = { listen: null, textfile: null, intervalS: 15 };

export class Publisher {
  readonly #text: () => string;
  readonly #log: Log;
  #config: MetricsConfig = SILENT;
  #server: Server | null = null;
  #timer: NodeJS.Timeout | null = null;
  #told = "";

  constructor(text: () => string, log: Log) {
    this.#text = text;
    this.#log = log;
  }

  /** Publishes as `next` says; says what changed. Throws Refusal, with everything as it was, if that cannot be. */
  async configure(next: MetricsConfig): Promise<string[]> {
    const was = this.#config;
    const changes: string[] = [];
    const file = next.textfile;
    if (file !== null && file !== was.textfile) {
      try {
        this.#write(file);
      } catch (e) {
        throw new Refusal((e as NodeJS.ErrnoException).code ?? "EIO", `metrics.textfile: ${file} cannot be written: ${messageOf(e)}`);
      }
    }
    if (textOf(next.listen) !== textOf(was.listen)) {
      try {
        const server = next.listen === null ? null : await listen(next.listen, (q, r) => this.#answer(q, r));
        this.#closeServer();
        this.#server = server;
        server?.on("error", (e) => this.#log.error("metrics", e.message));
      } catch (e) {
        // a file that was not there before
        if (file !== null && file !== was.textfile) rmSync(file, { force: true });
        throw e;
      }
      changes.push(next.listen === null ? "metrics: no longer served" : `metrics: served at ${textOf(next.listen)}`);
    }
    if (file !== was.textfile) {
      if (was.textfile !== null) rmSync(was.textfile, { force: true });
      changes.push(file === null ? "metrics: no longer written" : `metrics: written to ${file}`);
    } else if (file !== null && next.intervalS !== was.intervalS) changes.push(`metrics: written every ${next.intervalS} s`);
    this.#config = next;
    this.#arm();
    return changes;
  }

  #arm(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    const { textfile, intervalS } = this.#config;
    if (textfile === null) return;
    this.#timer = setInterval(() => {
      let problem = "";
      try {
        this.#write(textfile);
      } catch (e) {
        problem = `${textfile} cannot be written: ${messageOf(e)}`;
      }
      if (problem !== "" && problem !== this.#told) this.#log.error("metrics", problem);
      this.#told = problem;
    }, intervalS * 1000);
  }

  #write(file: string): void {
    // node_exporter reads what ends in .prom: not the half of a file
    const half = `${file}.${process.pid}`;
    try {
      writeFileSync(half, this.#text(), { mode: 0o644 });
      renameSync(half, file);
    } catch (e) {
      rmSync(half, { force: true });
      throw e;
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const say = (status: number, text: string, type = "text/plain; charset=utf-8"): void => {
      response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(text) });
      response.end(request.method === "HEAD" ? undefined : text);
    };
    const path = (request.url ?? "").split("?")[0];
    if (path !== "/metrics") say(404, "nothing here; metrics are at /metrics\n");
    else if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      say(405, "only GET and HEAD\n");
    } else {
      try {
        say(200, this.#text(), CONTENT_TYPE);
      } catch (e) {
        say(503, `${messageOf(e)}\n`);
      }
    }
  }

  #closeServer(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = null;
  }

  /** Publishes again after close(true), as before. */
  async again(): Promise<void> {
    const config = this.#config;
    this.#config = SILENT;
    await this.configure(config);
  }

  /** Ends; a file that nobody writes any more would tell of a daemon that is not there. */
  close(keepFile = false): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#closeServer();
    if (this.#config.textfile !== null && !keepFile) rmSync(this.#config.textfile, { force: true });
  }
}

/** As it is written in the configuration. */
export function textOf(at: ListenAddress | null): string {
  if (at === null) return "";
  if ("path" in at) return `unix:${at.path}`;
  return at.host.includes(":") ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}

function listen(at: ListenAddress, answer: (q: IncomingMessage, r: ServerResponse) => void): Promise<Server> {
  const options = { headersTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS, keepAliveTimeout: PATIENCE_MS };
  const server = createServer({ ...options, connectionsCheckingInterval: PATIENCE_MS }, answer);
  server.maxConnections = CLIENTS_MAX;
  return new Promise((resolve, reject) => {
    server.once("error", (e: NodeJS.ErrnoException) => {
      const why = e.code === "EADDRINUSE" ? "somebody else listens there" : e.message;
      reject(new Refusal(e.code ?? "EIO", `metrics.listen: cannot listen at ${textOf(at)}: ${why}`));
    });
    const begun = (): void => {
      server.removeAllListeners("error");
      resolve(server);
    };
    if ("port" in at) server.listen({ host: at.host, port: at.port, exclusive: true }, begun);
    else listenUnix(server, at.path, begun, reject);
  });
}

function listenUnix(server: Server, path: string, begun: () => void, refuse: (e: Error) => void): void {
  try {
    unlinkSync(path);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== "ENOENT") {
      refuse(new Refusal("EIO", `metrics.listen: cannot listen at unix:${path}: ${messageOf(e)}; is ${dirname(path)} ours?`));
      return;
    }
  }
  const mask = process.umask(0o117);
  server.listen(path, begun);
  process.umask(mask);
}
