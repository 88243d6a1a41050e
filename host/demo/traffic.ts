// A program the demo runs twice, in the host's and in the peer's namespace: a UDP stream with sequence numbers and a
// TCP connection each over IPv4 and IPv6, both ways, paced, with a report of what was received every REPORT_MS.
//
//   node traffic.js host|peer HOST4U,HOST6U,HOST4T,HOST6T PEER4,PEER6
//
// (the host's addresses for UDP and TCP, the peer's addresses). Prints JSON lines: {"ready":true} once the peer
// listens, then arrays of StreamReport. Ends when its standard input ends: it never outlives the demo.

import { createSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { Meter } from "./meter.js";
import type { StreamName, StreamReport } from "./model.js";

/** The ports of both ends: with these the hash of the flow policy puts two streams on each of two NICs. */
const UDP_PORT = 7001;
const TCP_PORT = 7002;
const REPORT_MS = 100;
/** One datagram a millisecond: the resolution of the gaps measured. */
const UDP_EVERY_MS = 1;
const UDP_BYTES = 200;
const TCP_EVERY_MS = 2;
const TCP_BYTES = 4096;
/** A timer that slept long must not send a burst that no queue holds. */
const BURST = 64;

const now = (): number => performance.now();

/** One half of a stream at its receiver. */
interface Half {
  name: StreamName;
  meter: Meter;
  open: boolean;
}

/** Calls send once a period on average, without bursts after a pause. */
function paced(periodMs: number, send: () => void): NodeJS.Timeout {
  let due = now();
  return setInterval(() => {
    const late = Math.floor((now() - due) / periodMs);
    if (late > BURST) due += (late - BURST) * periodMs;
    for (let n = Math.min(late, BURST); n > 0; n--) {
      due += periodMs;
      send();
    }
  }, 1);
}

/** Sends and receives numbered datagrams. */
function udp(half: Half, local: string, remote: string): void {
  const socket = createSocket({ type: half.name.family === 6 ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
  socket.on("error", (e) => fail(`UDP over IPv${half.name.family} at ${local}: ${e.message}`));
  socket.on("message", (m) => {
    if (m.length >= 4) half.meter.packet(m.readUInt32BE(0), now());
  });
  socket.bind(UDP_PORT, local, () => {
    let seq = 0;
    paced(UDP_EVERY_MS, () => {
      const packet = Buffer.alloc(UDP_BYTES);
      packet.writeUInt32BE(seq++, 0);
      // A refusal (the peer's port is not open yet) is a lost packet like any other.
      socket.send(packet, UDP_PORT, remote, () => {});
    });
  });
}

/** Sends and receives on a connection for as long as it lives. */
function converse(half: Half, socket: Socket): void {
  socket.setNoDelay(true);
  const block = Buffer.alloc(TCP_BYTES, "holdfast ");
  const timer = paced(TCP_EVERY_MS, () => {
    // While the connection stalls nothing more is piled up than what it already holds.
    if (!socket.writableNeedDrain) socket.write(block);
  });
  socket.on("data", (piece) => half.meter.bytes(piece.length, now()));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    clearInterval(timer);
    half.open = false;
  });
}

function listen(half: Half, local: string): Promise<void> {
  const server = createServer((socket) => {
    server.close(); // one connection is all there is: a second would hide that the first was lost
    converse(half, socket);
  });
  server.on("error", (e) => fail(`TCP at ${local} port ${TCP_PORT}: ${e.message}`));
  return new Promise((resolve) => server.listen(TCP_PORT, local, resolve));
}

function dial(half: Half, local: string, remote: string): void {
  const socket = connect({ host: remote, port: TCP_PORT, localAddress: local, localPort: TCP_PORT });
  const refused = (e: Error): never => fail(`TCP from ${local} to ${remote} port ${TCP_PORT}: ${e.message}`);
  socket.once("error", refused);
  socket.once("connect", () => {
    socket.off("error", refused);
    converse(half, socket);
  });
}

function fail(what: string): never {
  process.stderr.write(`${what}\n`);
  process.exit(1);
}

function tell(halves: Half[]): void {
  const reports = halves.filter((h) => h.meter.alive).map((h): StreamReport => ({ ...h.name, ...h.meter.take(now()), open: h.open }));
  process.stdout.write(`${JSON.stringify(reports)}\n`);
}

async function main(side: string, hosts: string[], peers: string[]): Promise<void> {
  const way = side === "host" ? "in" : "out";
  const halves: Half[] = [];
  for (const family of [4, 6] as const) {
    const i = family === 4 ? 0 : 1;
    const half = (protocol: "UDP" | "TCP"): Half => {
      const h: Half = { name: { protocol, family, way }, meter: new Meter(), open: true };
      halves.push(h);
      return h;
    };
    if (side === "host") {
      udp(half("UDP"), hosts[i], peers[i]);
      dial(half("TCP"), hosts[2 + i], peers[i]);
    } else {
      udp(half("UDP"), peers[i], hosts[i]);
      await listen(half("TCP"), peers[i]);
    }
  }
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  setInterval(() => tell(halves), REPORT_MS);
}

process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
process.stdout.on("error", () => process.exit(0));
const [side, hosts, peers] = process.argv.slice(2);
await main(side, hosts.split(","), peers.split(","));
