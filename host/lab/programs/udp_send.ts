// Sends numbered datagrams at a steady rate: unicast, broadcast or multicast, IPv4 or IPv6, over several flows.
// Each flow is a socket of its own with its own stream number and sequence, so that a policy that spreads flows
// uses every NIC while the order within a flow stays checkable. Ends with {"sent": …}.
import { createSocket, type Socket } from "node:dgram";
import { HEADER, writeHeader } from "../stream.js";
import { atEnd, Options, say } from "./options.js";

const options = Options.parse("udp_send", {
  to: { help: "destination address" },
  port: { help: "destination port", default: "5001" },
  from: { help: "source address", optional: true },
  rate: { help: "datagrams a second, all flows together", default: "1000" },
  size: { help: `payload bytes, at least ${HEADER}`, default: "64" },
  flows: { help: "number of flows", default: "1" },
  "first-stream": { help: "stream number of the first flow; the others follow", default: "0" },
  count: { help: "end after so many datagrams; 0: never", default: "0" },
  seconds: { help: "end after so many seconds; 0: never", default: "0" },
  interface: { help: "outgoing interface of a multicast: an address (IPv4) or a name (IPv6)", optional: true },
  broadcast: { help: "allow a broadcast destination", flag: true },
});

interface Flow {
  socket: Socket;
  sequence: bigint;
}

const to = options.text("to");
const port = options.number("port");
const family = to.includes(":") ? "udp6" : "udp4";
const total = options.number("count");
const perMs = options.number("rate") / 1000;
const firstStream = options.number("first-stream");
const payload = Buffer.alloc(Math.max(HEADER, options.number("size")), "holdfast ");
/** A timer that slept long must not send a burst that no queue holds. */
const BURST = 256;

let sent = 0;
let errors = 0;

async function open(): Promise<Flow> {
  const socket = createSocket({ type: family });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: options.maybe("from"), port: 0 }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.on("error", () => errors++);
  if (options.flag("broadcast")) socket.setBroadcast(true);
  const outgoing = options.maybe("interface");
  if (outgoing !== undefined) {
    socket.setMulticastInterface(family === "udp6" ? `::%${outgoing}` : outgoing);
    socket.setMulticastTTL(4);
  }
  return { socket, sequence: 0n };
}

const flows = await Promise.all(Array.from({ length: Math.max(1, options.number("flows")) }, open));
const began = performance.now();
let owed = 0;

function tick(): void {
  const due = Math.floor((performance.now() - began) * perMs);
  const burst = Math.min(BURST, due - owed);
  owed = due;
  for (let i = 0; i < burst; i++) {
    const id = sent % flows.length;
    const flow = flows[id];
    writeHeader(payload, firstStream + id, flow.sequence++, process.hrtime.bigint());
    flow.socket.send(Buffer.from(payload), port, to, (e) => {
      if (e) errors++;
    });
    if (++sent === total) {
      end();
      return;
    }
  }
}

const timer = setInterval(tick, 1);
say({ ready: true, flows: flows.map((f) => f.socket.address().port) });

let ended = false;
function end(): void {
  if (ended) return;
  ended = true;
  clearInterval(timer);
  // Datagrams already given to the socket leave before it closes.
  setTimeout(() => {
    for (const flow of flows) flow.socket.close();
    say({ sent, errors, perFlow: flows.map((f) => Number(f.sequence)) });
    process.exit(0);
  }, 50);
}
atEnd(options.number("seconds"), end);
