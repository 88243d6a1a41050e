// Receives the datagrams of udp_send and keeps a book of every stream. Lines: {"ready"}, {"gap"} as each ends,
// {"live"} every --live milliseconds, at the end {"report": { stream: … }} and with --counts what came how often.
import { createSocket } from "node:dgram";
import { type Header, readHeader, StreamBook } from "../stream.js";
import { atEnd, Options, say } from "./options.js";

const options = Options.parse("udp_receive", {
  address: { help: "address to bind", default: "::" },
  port: { help: "port to bind", default: "5001" },
  "gap-ms": { help: "a silence of at least this is a gap", default: "20" },
  group: { help: "multicast group to join", optional: true },
  interface: { help: "interface of the group: an address (IPv4) or a name (IPv6)", optional: true },
  live: { help: "milliseconds between live lines; 0: none", default: "0" },
  seconds: { help: "end after so many seconds; 0: never", default: "0" },
  counts: { help: "report every sequence number with how often it came", flag: true },
});

const address = options.text("address");
const family = address.includes(":") ? "udp6" : "udp4";
const books = new Map<number, StreamBook>();
let arrivals = 0;
let foreign = 0;

function book(h: Header): void {
  let of = books.get(h.stream);
  if (!of) {
    of = new StreamBook(options.number("gap-ms"));
    books.set(h.stream, of);
  }
  arrivals++;
  const gap = of.add(h.sequence, process.hrtime.bigint());
  if (gap) say({ gap: { stream: h.stream, ...gap } });
}

const socket = createSocket({ type: family, reuseAddr: true, recvBufferSize: 4 << 20 });
socket.on("error", (e) => {
  console.error(`udp_receive: ${address} port ${options.text("port")}: ${e.message}`);
  process.exit(1);
});
socket.on("message", (message) => {
  const header = readHeader(message);
  if (header) book(header);
  else foreign++;
});
socket.bind(options.number("port"), address, () => {
  const group = options.maybe("group");
  const member = options.maybe("interface");
  if (group !== undefined) socket.addMembership(group, family === "udp6" && member !== undefined ? `::%${member}` : member);
  say({ ready: true });
});

const every = options.number("live");
let told = 0;
if (every > 0)
  setInterval(() => {
    say({ live: { datagrams: arrivals, perSecond: Math.round(((arrivals - told) * 1000) / every) } });
    told = arrivals;
  }, every);

atEnd(options.number("seconds"), () => {
  const report = Object.fromEntries([...books].map(([id, of]) => [id, of.report()]));
  const counts = options.flag("counts") ? Object.fromEntries([...books].map(([id, of]) => [id, of.counts()])) : undefined;
  say({ report, foreign, counts });
  process.stdout.write("", () => process.exit(0));
});
