// The transport on real sockets of the loopback interface, with the real clock. Times are limits for what will never come.

import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { after, test } from "node:test";
import { type Address, type Call, Ics, type IcsHandlers, MESSAGE_MAX } from "../../host/ics/index.js";
import { CLUSTER, prng, ringOf, text } from "./net.js";

const LIMIT_MS = 60_000;
/** Whether something arrives is to be seen here, not whether a busy machine is fast. */
const PATIENT = { expireMs: LIMIT_MS, partialMs: LIMIT_MS };
const LOCAL = "127.0.0.1";
const ends: (() => unknown)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function until(what: string, done: () => boolean): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!done()) {
    assert.ok(performance.now() < limit, `not in ${LIMIT_MS} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 5));
  }
}

/** A node whose peers are told later, for nobody knows ports beforehand. */
async function node(
  number: number,
  handlers: IcsHandlers = {},
  addresses: readonly Address[] = [{ address: LOCAL, port: 0 }],
): Promise<Ics> {
  const options = { node: number, cluster: CLUSTER, addresses, peers: [], keys: ringOf("first"), timings: PATIENT };
  const ics = await Ics.open(options, handlers);
  ends.push(() => ics.close());
  return ics;
}

const ports = (ics: Ics): Address[] => ics.locals.map((l) => l as Address);
const join = (a: Ics, b: Ics): void => {
  a.setPeers([{ node: 2, addresses: ports(b) }]);
  b.setPeers([{ node: 1, addresses: ports(a) }]);
};

/** Stands between two addresses: what comes from one goes to the other, unless it is lost, and out of order. */
class Relay {
  readonly #socket: Socket;
  readonly #random = prng(5);
  passed = 0;
  lost = 0;
  loss = 0.2;
  readonly local: Address;

  private constructor(socket: Socket, to: () => Address) {
    this.#socket = socket;
    this.local = { address: LOCAL, port: socket.address().port };
    socket.on("message", (bytes) => {
      if (this.#random() < this.loss) {
        this.lost++;
        return;
      }
      this.passed++;
      const { port, address } = to();
      setTimeout(() => open && socket.send(bytes, port, address), this.#random() * 20);
    });
    let open = true;
    ends.push(() => {
      open = false;
      this.#socket.close();
    });
  }

  static async start(to: () => Address): Promise<Relay> {
    const socket = createSocket("udp4");
    socket.bind(0, LOCAL);
    await once(socket, "listening");
    return new Relay(socket, to);
  }
}

test("udp: messages, long ones, requests, both ways; closes with nothing left open", async () => {
  const got: Buffer[] = [];
  const b = await node(2, {
    onMessage: (_, bytes) => got.push(bytes),
    onRequest: (call: Call) => call.reply(Buffer.concat([text("re: "), call.bytes])),
  });
  const a = await node(1);
  join(a, b);
  for (let i = 0; i < 100; i++) assert.ok(a.send(2, text(`message ${i}`)));
  assert.ok(a.send(2, Buffer.alloc(MESSAGE_MAX, "long")));
  await until("101 messages", () => got.length === 101);
  assert.equal((await a.request(2, text("hello"))).toString(), "re: hello");
  await assert.rejects(b.request(1, text("hello")), { code: "ENOSYS" });
  const stray = createSocket("udp4");
  stray.send("not of this cluster", ports(b)[0].port, LOCAL, () => stray.close());
  await until("the stray datagram counted", () => b.counters.dropped.PLAIN === 1);
  await a.close();
  await a.close();
});

test("udp: IPv6", async () => {
  const got: string[] = [];
  const six = [{ address: "::1", port: 0 }];
  const b = await node(2, { onMessage: (_, bytes) => got.push(bytes.toString()) }, six);
  const a = await node(1, {}, six);
  join(a, b);
  a.send(2, text("six"));
  await until("the message", () => got.length === 1);
});

test("udp: through relays that lose 20 % and reorder: long messages whole, others at most once, requests answered in the end", async () => {
  const got: Buffer[] = [];
  const b = await node(2, { onMessage: (_, bytes) => got.push(bytes), onRequest: (call: Call) => call.reply(call.bytes) });
  const a = await node(1);
  const toB = await Relay.start(() => ports(b)[0]);
  const toA = await Relay.start(() => ports(a)[0]);
  a.setPeers([{ node: 2, addresses: [toB.local] }]);
  b.setPeers([{ node: 1, addresses: [toA.local] }]);
  await until("the handshake", () => a.status()[0].up && b.status()[0].up);
  const longs = Array.from({ length: 10 }, (_, i) => Buffer.alloc(20_000 + 5_000 * i, i + 1));
  for (const bytes of longs) assert.ok(a.send(2, bytes));
  for (let i = 0; i < 200; i++) {
    assert.ok(a.send(2, text(`short ${i}`)));
    await new Promise((r) => setTimeout(r, 1));
  }
  await until("the long ones", () => got.filter((g) => g.length >= 20_000).length === longs.length);
  for (const bytes of longs) assert.equal(got.filter((g) => g.equals(bytes)).length, 1);
  const shorts = got.filter((g) => g.length < 20_000).map(String);
  assert.equal(new Set(shorts).size, shorts.length, "one came twice");
  assert.ok(shorts.length > 100 && shorts.length < 200, `${shorts.length} of 200`);
  let answered = 0;
  for (let i = 0; i < 50 && answered < 10; i++)
    await a.request(2, text("?"), { timeoutMs: 200 }).then(
      () => answered++,
      (e) => assert.equal(e.code, "ETIMEDOUT"),
    );
  assert.equal(answered, 10);
  assert.ok(toB.lost > 20 && a.counters.repeated > 0);
});

test("udp: the death of a link moves traffic to the other one", async () => {
  const two = [
    { address: "127.0.0.1", port: 0 },
    { address: "127.0.0.2", port: 0 },
  ];
  let answers = 0;
  const b = await node(2, { onMessage: () => b.send(1, text("answer")) }, two);
  const a = await node(1, { onMessage: () => answers++ }, two);
  const relay = await Relay.start(() => ports(b)[0]);
  relay.loss = 0;
  a.setPeers([{ node: 2, addresses: [relay.local, ports(b)[1]] }]);
  b.setPeers([{ node: 1, addresses: ports(a) }]);
  const probe = setInterval(() => a.send(2, text("probe")), 50);
  ends.push(() => clearInterval(probe));
  await until("both links", () => a.status()[0].links.every((l) => l.state === "up") && a.status()[0].link === 0);
  relay.loss = 1;
  await until("the other link", () => a.status()[0].link === 1 && a.status()[0].links[0].state === "down");
  const before = answers;
  await until("answers", () => answers > before + 3);
  relay.loss = 0;
  await until("the first link again", () => a.status()[0].link === 0);
  clearInterval(probe);
});

test("udp: an address that is not this machine's is an error that names it", async () => {
  await assert.rejects(node(1, {}, [{ address: "192.0.2.1", port: 7_777 }]), {
    code: "EADDRNOTAVAIL",
    message: /^none of this node's addresses can be used: 192\.0\.2\.1 port 7777: .*EADDRNOTAVAIL/,
  });
});
