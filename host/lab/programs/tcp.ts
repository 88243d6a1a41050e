// One long TCP connection whose content is checked byte by byte, both ways. Without --to it listens and serves every
// connection; with --to it connects. Both sides send the same known content at a steady rate and check the other's.
// Lines: {"ready"}, {"connected"}, {"stall"} as each ends, {"live"} every --live milliseconds, and {"report"} when a
// connection is over. A connection ends when the connecting side was told to end (signal, --seconds).
import { connect, createServer, type Socket } from "node:net";
import { BLOCK, ContentCheck, fillBlock } from "../stream.js";
import { atEnd, Options, say } from "./options.js";

const options = Options.parse("tcp", {
  to: { help: "connect to this address instead of listening", optional: true },
  from: { help: "source address of the connection", optional: true },
  address: { help: "address to listen on", default: "::" },
  port: { help: "port", default: "5002" },
  rate: { help: "bytes a second each side sends; 0: as fast as it goes", default: "2000000" },
  "stall-ms": { help: "a silence of at least this is a stall", default: "150" },
  seconds: { help: "end after so many seconds; 0: never", default: "0" },
  live: { help: "milliseconds between live lines; 0: none", default: "0" },
});

const rate = options.number("rate");
const STEP_MS = 10;

/** Sends the content on a socket until stop() is called; stops at a block's end. */
class Source {
  bytes = 0;
  private blocks = 0;
  private stopped = false;
  private readonly began = performance.now();

  constructor(private readonly socket: Socket) {
    this.go();
  }

  stop(): void {
    this.stopped = true;
  }

  private readonly go = (): void => {
    if (this.stopped || this.socket.destroyed) return;
    const due = rate > 0 ? ((performance.now() - this.began) * rate) / 1000 : Number.POSITIVE_INFINITY;
    while (this.bytes + BLOCK <= due) {
      const block = Buffer.alloc(BLOCK);
      fillBlock(block, this.blocks++);
      this.bytes += BLOCK;
      if (!this.socket.write(block)) {
        this.socket.once("drain", this.go);
        return;
      }
    }
    setTimeout(this.go, STEP_MS);
  };
}

/** Serves one connection to its end and reports on it; returns what ends it. */
function converse(socket: Socket): () => void {
  const check = new ContentCheck();
  const source = new Source(socket);
  const stalls: { ms: number; atByte: number }[] = [];
  const began = performance.now();
  let at = began;
  let longest = 0;
  let error: string | undefined;
  socket.setNoDelay(true);
  socket.on("data", (piece: Buffer) => {
    const now = performance.now();
    longest = Math.max(longest, now - at);
    if (now - at >= options.number("stall-ms")) {
      stalls.push({ ms: now - at, atByte: check.bytes });
      say({ stall: { ms: now - at, atByte: check.bytes } });
    }
    at = now;
    check.push(piece);
  });
  socket.on("end", () => {
    source.stop();
    socket.end();
  });
  socket.on("error", (e: NodeJS.ErrnoException) => {
    error = e.code ?? e.message;
  });
  const live = options.number("live");
  const timer = live > 0 ? setInterval(() => say({ live: { bytesIn: check.bytes, bytesOut: source.bytes } }), live) : undefined;
  socket.on("close", () => {
    clearInterval(timer);
    source.stop();
    const { bytes: bytesIn, wrongAt } = check;
    const seconds = (performance.now() - began) / 1000;
    say({ report: { bytesIn, bytesOut: source.bytes, wrongAt, error: error ?? null, longestMs: longest, stalls, seconds } });
    if (options.maybe("to") !== undefined) process.stdout.write("", () => process.exit(error ? 1 : 0));
  });
  return () => {
    source.stop();
    socket.end();
  };
}

function fail(what: string): (e: Error) => void {
  return (e) => {
    console.error(`tcp: ${what}: ${e.message}`);
    process.exit(1);
  };
}

const port = options.number("port");
const to = options.maybe("to");
if (to === undefined) {
  const server = createServer({ allowHalfOpen: true }, converse);
  server.on("error", fail(`listening on ${options.text("address")} port ${port}`));
  server.listen(port, options.text("address"), () => say({ ready: true }));
  atEnd(options.number("seconds"), () => process.exit(0));
} else {
  const refused = fail(`connecting to ${to} port ${port}`);
  const socket = connect({ host: to, port, localAddress: options.maybe("from"), allowHalfOpen: true });
  socket.once("error", refused);
  socket.once("connect", () => {
    socket.off("error", refused);
    say({ connected: true });
    atEnd(options.number("seconds"), converse(socket));
  });
}
