// Puts ready-made Ethernet frames, one line of hexadecimal digits each on standard input, on an interface: tagged and
// odd frames that no ordinary socket sends. Ends with {"sent": …, "errors": …}.
import { createInterface } from "node:readline";
import { check, libc, Native } from "../../io/ffi.js";
import { AF_PACKET, SOCK_RAW } from "../../io/linux.js";
import { Options, say } from "./options.js";

const options = Options.parse("raw_send", {
  interface: { help: "interface to send by" },
  "per-ms": { help: "frames a millisecond at most", default: "2" },
});

const FRAME_MAX = 65_536;
/** struct sockaddr_ll */
const SOCKADDR_LL = 20;
const IFINDEX = 4;

const name = options.text("interface");
const c = libc();
const index = c.if_nametoindex(name);
if (index === 0) {
  console.error(`raw_send: no interface ${name}`);
  process.exit(1);
}
// Protocol 0: the socket only sends.
const fd = check(c.socket(AF_PACKET, SOCK_RAW, 0), "open a packet socket");
const address = new Native(SOCKADDR_LL);
address.dv.setUint16(0, AF_PACKET, true);
address.dv.setInt32(IFINDEX, index, true);
check(c.bind(fd, address.address, SOCKADDR_LL), `bind to ${name}`);

const frame = new Native(FRAME_MAX);
let sent = 0;
let errors = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const bytes = Buffer.from(line.trim(), "hex");
  frame.u8.set(bytes);
  if (c.send(fd, frame.address, bytes.length, 0) === bytes.length) sent++;
  else errors++;
  if (sent % options.number("per-ms") === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
c.close(fd);
say({ sent, errors });
