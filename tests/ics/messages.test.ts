import assert from "node:assert/strict";
import { test } from "node:test";
import { MESSAGE_MAX } from "../../host/ics/index.js";
import { dropped, isBy, pair, place, prng, station, TestNet, text, texts } from "./net.js";

/** Bytes that no other length or place has. */
function pattern(length: number): Buffer {
  const random = prng(length);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

test("messages: two nodes find each other and every length arrives as it was", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  assert.deepEqual(a.ics.status()[0], {
    node: 2,
    ready: true,
    up: true,
    link: 0,
    links: [{ link: 0, remote: place(2), state: "up", rttMs: a.ics.status()[0].links[0].rttMs }],
    queuedMessages: 0,
    queuedBytes: 0,
  });
  const lengths = [0, 1, 100, 1_333, 1_334, 1_335, 1_400, 5_000, MESSAGE_MAX - 1, MESSAGE_MAX];
  for (const n of lengths) assert.equal(a.ics.send(2, pattern(n)), true);
  await net.clock.run(100);
  const got = b.messages.sort((x, y) => x.bytes.length - y.bytes.length);
  assert.deepEqual(
    got.map((m) => m.bytes.length),
    lengths,
  );
  for (const m of got) assert.ok(m.bytes.equals(pattern(m.bytes.length)), `${m.bytes.length} bytes`);
  assert.equal(a.ics.status()[0].queuedBytes, 0, "what arrived is no longer kept");
  assert.deepEqual([dropped(a), dropped(b)], [{}, {}]);
  assert.throws(() => a.ics.send(2, Buffer.alloc(MESSAGE_MAX + 1)), { code: "EMSGSIZE", message: /73729 bytes; allowed: at most 73728$/ });
  assert.throws(() => a.ics.send(3, text("x")), { code: "ENOENT", message: "node 3 is no peer; there are: 2" });
});

test("messages: what waits for a node that is not there yet leaves when it comes, and is dropped if it never does", async () => {
  const net = new TestNet();
  const a = await station(net, 1);
  a.ics.send(2, text("early"));
  await net.clock.run(200);
  const b = await station(net, 2);
  await net.clock.run(500);
  assert.deepEqual(texts(b), ["early"]);
  const other = new TestNet();
  const c = await station(other, 1);
  c.ics.send(2, text("nobody"));
  await other.clock.run(1_000);
  assert.equal(c.ics.status()[0].queuedMessages, 1);
  await other.clock.run(1_000);
  assert.equal(c.ics.status()[0].queuedMessages, 0);
  assert.deepEqual(dropped(c), { EXPIRED: 1 });
});

test("messages: those of one go travel in one datagram", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  net.log = [];
  for (let i = 0; i < 10; i++) a.ics.send(2, text(`message ${i}`));
  await net.clock.run(10);
  assert.equal(net.log.filter((p) => isBy(p, 1, 2)).length, 1);
  assert.equal(b.messages.length, 10);
});

test("messages: what is said in the clear is the header; the datagram costs 66 bytes", async () => {
  const net = new TestNet();
  const [a] = await pair(net);
  net.log = [];
  a.ics.send(2, Buffer.alloc(80, "secret"));
  await net.clock.run(1);
  const [p] = net.log;
  assert.equal(p.bytes.length, 80 + 66);
  assert.equal(p.bytes.subarray(0, 4).toString(), "HICS");
  assert.ok(!p.bytes.includes("secret"));
});

test("long messages: 20 % loss and reordering: every one arrives, once, because missing pieces are asked for", async () => {
  const net = new TestNet(7);
  Object.assign(net, { loss: 0.2, jitter: 20, twice: 0.1 });
  const [a, b] = await pair(net);
  const sent = [60_000, 73_000, 20_000, 3_000, 30_000].map(pattern);
  for (const bytes of sent) a.ics.send(2, bytes);
  await net.clock.run(2_000);
  const got = b.messages.map((m) => m.bytes).sort((x, y) => x.length - y.length);
  assert.deepEqual(
    got.map((g) => g.length),
    [3_000, 20_000, 30_000, 60_000, 73_000],
  );
  for (const g of got) assert.ok(g.equals(pattern(g.length)));
  assert.ok(a.ics.counters.repeated > 20, `${a.ics.counters.repeated} pieces again`);
  await net.clock.run(3_000);
  assert.equal(a.ics.status()[0].queuedBytes, 0);
});

test("long messages: with 200 ms on the way nothing is asked for that is only late", async () => {
  const net = new TestNet();
  net.delay = 200;
  const [a, b] = await pair(net);
  await net.clock.run(3_000);
  a.ics.send(2, pattern(70_000));
  await net.clock.run(1_000);
  assert.equal(b.messages.length, 1);
  assert.equal(a.ics.counters.repeated, 0);
});

test("urgent: overtakes any amount of bulk that was queued before it", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  for (let i = 0; i < 13; i++) a.ics.send(2, pattern(70_000));
  for (let i = 0; i < 500; i++) a.ics.send(2, text(`bulk ${i}`));
  a.ics.send(2, text("urgent"), true);
  await net.clock.run(1_000);
  assert.equal(b.messages.length, 514);
  assert.equal(b.messages[0].bytes.toString(), "urgent");
  assert.equal(b.messages[0].urgent, true);
  assert.ok(b.messages.slice(1).every((m) => !m.urgent));
});

test("urgent: comes through at once while bulk is under way", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  for (let i = 0; i < 13; i++) a.ics.send(2, pattern(70_000));
  await net.clock.run(5);
  assert.ok(a.ics.status()[0].queuedMessages > 0, "bulk is still on its way");
  const at = net.clock.now();
  a.ics.send(2, text("urgent"), true);
  await net.clock.run(100);
  assert.equal(b.messages.find((m) => m.urgent)?.at, at + net.delay);
});

test("bulk leaves at a pace that a receiver's socket can take", async () => {
  const net = new TestNet();
  const [a] = await pair(net);
  net.log = [];
  for (let i = 0; i < 13; i++) a.ics.send(2, pattern(70_000));
  const start = net.clock.now();
  await net.clock.run(500);
  const data = net.log.filter((p) => isBy(p, 1, 2) && p.bytes.length > 1_000);
  assert.ok(data.length > 600);
  for (let ms = 0; ms < 30; ms++) {
    const until = data.filter((p) => p.at <= start + ms).length;
    assert.ok(until <= 48 + 16 * ms + 16, `${until} datagrams in ${ms} ms`);
  }
});

test("queues: full is said, counted, and room is told once", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  net.pass = () => false;
  let taken = 0;
  while (a.ics.send(2, Buffer.alloc(10_000))) taken++;
  assert.ok(taken >= 100 && taken <= 105, `${taken} times 10,000 bytes`);
  assert.equal(a.ics.counters.dropped.QUEUE_FULL, 1);
  assert.equal(a.ics.send(2, text("urgent has room of its own"), true), true);
  net.pass = () => true;
  await net.clock.run(5_000);
  assert.deepEqual(a.drains, [2]);
  assert.equal(a.ics.send(2, Buffer.alloc(10_000)), true);
  await net.clock.run(100);
  assert.ok(b.messages.length > 0);
});

test("one dead node does not hold up the others", async () => {
  const net = new TestNet();
  const nodes = [1, 2, 3];
  const [a, b] = [await station(net, 1, { nodes }), await station(net, 2, { nodes })];
  await net.clock.run(500);
  while (a.ics.send(3, Buffer.alloc(50_000)));
  a.ics.send(2, text("hello"));
  await net.clock.run(5);
  assert.deepEqual(texts(b), ["hello"]);
  await net.clock.run(3_000);
  assert.ok(a.ics.counters.dropped.EXPIRED > 10);
});

test("long messages: of two pieces, both of which may be lost, and more at once than the receiver puts together at a time", async () => {
  const net = new TestNet(5);
  const [a, b] = await pair(net);
  net.loss = 0.3;
  for (let i = 0; i < 40; i++) a.ics.send(2, Buffer.alloc(2_000 + i), i % 2 === 0);
  await net.clock.run(10_000);
  assert.equal(new Set(b.messages.map((m) => m.bytes.length)).size, 40);
  assert.equal(b.messages.length, 40);
  assert.equal(b.ics.counters.dropped.PIECE_FULL, 0);
});
