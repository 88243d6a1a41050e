import assert from "node:assert/strict";
import { test } from "node:test";
import { CAUSE_NAMES } from "../../host/ics/index.js";
import { forge, forgeHello } from "./forge.js";
import { pair, place, prng, TestNet, text } from "./net.js";

const SEED = Number(process.env.HOLDFAST_SEED ?? 20_260);

test(`fuzz: changed datagrams never reach the receiver, and nothing is thrown (seed ${SEED})`, async () => {
  const net = new TestNet(SEED);
  const [a, b] = await pair(net, { links: 2 }, { links: 2, onRequest: (call) => call.reply(call.bytes) });
  for (let i = 0; i < 20; i++) a.ics.send(2, Buffer.alloc(50 * i, i), i % 3 === 0);
  a.ics.send(2, Buffer.alloc(20_000));
  const asked = a.ics.request(2, text("?"));
  await net.clock.run(1_000);
  assert.equal((await asked).toString(), "?");
  const samples = net.log.filter((p) => p.to.address.endsWith(".2"));
  const random = prng(SEED);
  const below = (n: number) => Math.floor(random() * n);
  const before = { messages: b.messages.length, received: b.ics.counters.received, in: b.ics.counters.messagesIn };
  const droppedBefore = CAUSE_NAMES.reduce((sum, c) => sum + b.ics.counters.dropped[c], 0);
  const ROUNDS = 20_000;
  for (let i = 0; i < ROUNDS; i++) {
    const p = samples[below(samples.length)];
    let bytes = Buffer.from(p.bytes);
    switch (below(5)) {
      case 0:
        bytes[below(bytes.length)] ^= 1 << below(8);
        break;
      case 1:
        bytes = bytes.subarray(0, below(bytes.length));
        break;
      case 2:
        for (let n = below(8) + 1; n > 0; n--) bytes[below(bytes.length)] = below(256);
        break;
      case 3:
        // a new number, so that the window does not stand before the tag
        bytes.writeUInt32LE(5_000 + i, 32);
        break;
      default:
        bytes = Buffer.concat([bytes, samples[below(samples.length)].bytes.subarray(0, below(60) + 1)]);
    }
    net.inject({ ...p, bytes });
    if (i % 500 === 0) await net.clock.run(1);
  }
  assert.equal(b.messages.length, before.messages);
  assert.equal(b.ics.counters.messagesIn, before.in);
  const counted = CAUSE_NAMES.reduce((sum, c) => sum + b.ics.counters.dropped[c], 0) - droppedBefore;
  assert.equal(b.ics.counters.received - before.received, ROUNDS + (b.ics.counters.received - before.received - ROUNDS));
  assert.ok(counted >= ROUNDS, `${counted} of ${ROUNDS} counted`);
  for (const cause of [
    "SHORT",
    "PLAIN",
    "VERSION",
    "CLUSTER",
    "KIND",
    "NOT_FOR_US",
    "UNKNOWN_SENDER",
    "UNKNOWN_KEY",
    "STALE",
    "REPLAYED",
    "BAD_TAG",
  ] as const)
    assert.ok(b.ics.counters.dropped[cause] > 0, `${cause} was never reached`);
  a.ics.send(2, text("still here"));
  await net.clock.run(50);
  assert.equal(b.messages.at(-1)?.bytes.toString(), "still here");
});

test("fuzz: of a datagram that has not arrived yet every bit counts, those in the clear too", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  await net.clock.run(3_000);
  net.log = [];
  net.pass = () => false;
  a.ics.send(2, text("on its way"));
  await net.clock.run(0);
  net.pass = () => true;
  const [p] = net.log;
  for (let bit = 0; bit < p.bytes.length * 8; bit++) {
    const bytes = Buffer.from(p.bytes);
    bytes[bit >>> 3] ^= 1 << (bit & 7);
    net.inject({ ...p, bytes });
    assert.equal(b.messages.length, 0, `bit ${bit & 7} of byte ${bit >>> 3}`);
  }
  net.inject(p);
  assert.equal(b.messages.length, 1, "nothing of the forged ones was remembered");
});

test(`fuzz: what an authentic but defective member seals cannot break the receiver (seed ${SEED})`, async () => {
  const net = new TestNet(SEED);
  const [a, b] = await pair(net, {}, { onRequest: (call) => call.reply(call.bytes) });
  const random = prng(SEED + 1);
  const below = (n: number) => Math.floor(random() * n);
  for (let i = 0; i < 5_000; i++) {
    const plain = Buffer.from(Array.from({ length: below(80) }, () => below(256)));
    // mostly frames of types there are, of lengths that fit
    if (plain.length > 10 && below(4) > 0) {
      plain[6] = below(9);
      plain.writeUInt16LE(below(4) === 0 ? below(200) : plain.length - 10, 8);
    }
    net.inject(forge(a, b, plain));
    if (i % 100 === 0) await net.clock.run(20);
  }
  assert.ok(b.ics.counters.dropped.MALFORMED > 100);
  assert.ok(b.ics.counters.dropped.PIECE_CONFLICT > 10);
  await net.clock.run(5_000);
  assert.equal(b.ics.counters.dropped.BAD_TAG + b.ics.counters.dropped.STALE, 0, "all of it was authentic");
  assert.equal(b.ics.locals[0]?.address, place(2).address);
});

test(`fuzz: authentic HELLOs of any content change nothing but what a HELLO may change (seed ${SEED})`, async () => {
  const net = new TestNet(SEED);
  const [a, b] = await pair(net);
  const random = prng(SEED + 2);
  const below = (n: number) => Math.floor(random() * n);
  const epochs = [0n, 1n, a.epoch, a.epoch + 1n, 2n ** 62n, 2n ** 62n + 1n, 2n ** 64n - 1n];
  for (let i = 0; i < 3_000; i++) {
    const plain = Buffer.from(Array.from({ length: 64 }, () => below(256)));
    // its own salt, what the receiver is, and its challenge, if it could guess them, now and then
    if (below(2) === 0) a.drawn[0].copy(plain, 0);
    if (below(2) === 0) plain.writeBigUInt64LE(epochs[below(epochs.length)], 16);
    if (below(2) === 0) b.drawn[0].copy(plain, 24);
    if (below(4) === 0) b.drawn[below(b.drawn.length)].copy(plain, 48, 0, 8);
    net.inject(forgeHello(a, b, epochs[below(epochs.length)], plain));
    if (i % 100 === 0) await net.clock.run(20);
  }
  assert.ok(b.ics.counters.dropped.MALFORMED > 100);
  assert.equal(b.ics.counters.dropped.BAD_TAG, 0);
  await net.clock.run(5_000);
  assert.equal(b.ics.locals[0]?.address, place(2).address);
});
