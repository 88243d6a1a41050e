import assert from "node:assert/strict";
import { test } from "node:test";
import { makeKey } from "../../host/ics/index.js";
import { Channel, type Life, SALT } from "../../host/ics/life.js";
import { PHASE } from "../../host/ics/seal.js";
import { HEADER, KIND } from "../../host/ics/wire.js";
import { dropped, isBy, type Packet, pair, place, type Station, secretOf, station, TestClock, TestNet, text, texts } from "./net.js";

/** What a nonce and its key are made of, of a DATA datagram: two of the same would be a catastrophe. */
const once = (p: Packet): string => p.bytes.subarray(16, HEADER).toString("hex");

test("lives: nothing recorded before a restart of either side, or of both, is taken after it", async () => {
  for (const restarts of [[1], [2], [1, 2]]) {
    const net = new TestNet();
    let [a, b] = await pair(net, { links: 2 });
    for (let i = 0; i < 20; i++) a.ics.send(2, text(`old ${i}`));
    for (let i = 0; i < 5; i++) {
      a.ics.send(2, Buffer.alloc(10_000));
      await net.clock.run(10);
    }
    const recorded = net.log.filter((p) => isBy(p, 1, 2));
    for (const node of restarts) {
      await (node === 1 ? a : b).ics.close();
      const again = await station(net, node, { links: 2 });
      if (node === 1) a = again;
      else b = again;
    }
    // while the nodes find each other again, and afterwards
    for (const wait of [0, 1, 1, 500]) {
      await net.clock.run(wait);
      const before = b.messages.length;
      for (const p of recorded) net.inject(p);
      assert.equal(b.messages.length, before, "a recording was handed up");
    }
    a.ics.send(2, text("new"));
    await net.clock.run(10);
    assert.equal(texts(b).pop(), "new", `restarts of ${restarts}`);
    assert.ok(b.ics.counters.dropped.STALE > 0);
    assert.equal(a.ics.status()[0].up, true);
  }
});

test("lives: no pair of key and nonce is used twice, over restarts, also with a clock that stands still", async () => {
  const net = new TestNet();
  const seen = new Set<string>();
  const stood = net.clock.epoch;
  for (let start = 0; start < 6; start++) {
    // both start at one and the same millisecond of the wall clock, every time
    net.clock.epoch = stood - net.clock.now();
    const [a, b] = await pair(net);
    for (let i = 0; i < 5; i++) a.ics.send(2, text("the same words"));
    await net.clock.run(50);
    assert.ok(b.messages.length === 5, `start ${start}`);
    await a.ics.close();
    await b.ics.close();
  }
  const data = net.log.filter((p) => p.bytes[6] === KIND.DATA);
  for (const p of data) seen.add(once(p));
  assert.equal(seen.size, data.length);
  const hellos = net.log.filter((p) => p.bytes[6] === KIND.HELLO).map((p) => p.bytes.subarray(HEADER, HEADER + 16).toString("hex"));
  assert.equal(new Set(hellos).size, hellos.length, "each HELLO has a key of its own");
});

test("lives: a node whose clock was set back by a year is taken nevertheless, and one set forward", async () => {
  const net = new TestNet();
  const [first, b] = await pair(net);
  let a = first;
  const year = 365 * 86_400_000;
  for (const by of [-year, year, -2 * year, -1]) {
    await a.ics.close();
    net.clock.epoch += by;
    a = await station(net, 1);
    await net.clock.run(300);
    a.ics.send(2, text(`set by ${by}`));
    await net.clock.run(10);
    assert.equal(texts(b).pop(), `set by ${by}`);
  }
  assert.ok(!a.events.some((e) => e.type === "superseded"));
});

test("lives: a second host elsewhere with a number that is taken gets nothing, and disturbs nobody", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  const thief = await station(net, 1, { addresses: [{ address: "10.0.0.99", port: 7_000 }] });
  for (let i = 0; i < 20; i++) {
    a.ics.send(2, text(`a ${i}`));
    thief.ics.send(2, text("thief"));
    await net.clock.run(100);
  }
  assert.equal(b.messages.length, 20);
  assert.ok(texts(b).every((t) => t.startsWith("a ")));
  assert.equal(thief.ics.status()[0].ready, false);
  assert.ok(![...a.events, ...b.events].some((e) => e.type === "restart" || e.type === "superseded"));
});

test("lives: a host that comes in a living one's place is taken, and the older one told", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  // the address moves to another host with the same number (a copied machine), later the old one is heard again
  const packets: Packet[] = [];
  net.pass = (p) => !isBy(p, 1, 2) && !isBy(p, 2, 1);
  await a.ics.close;
  const moved = { address: "10.0.0.77", port: 7_000 };
  b.ics.setPeers([{ node: 1, addresses: [moved] }]);
  const copy = await station(net, 1, { addresses: [moved] });
  await net.clock.run(1_000);
  copy.ics.send(2, text("copy"));
  await net.clock.run(10);
  assert.deepEqual(texts(b), ["copy"]);
  b.ics.setPeers([{ node: 1, addresses: [{ address: "10.0.0.1", port: 7_000 }] }]);
  net.pass = () => true;
  a.ics.send(2, text("old"));
  await net.clock.run(1_000);
  assert.ok(a.events.some((e) => e.type === "superseded" && e.node === 2));
  assert.deepEqual(texts(b), ["copy"]);
  assert.throws(() => a.ics.send(2, text("x")), { code: "ECANCELED" });
  assert.equal(packets.length, 0);
});

test("lives: recorded HELLOs, of any life, in any number, disturb nobody", async () => {
  const net = new TestNet();
  const [old, b] = await pair(net, { links: 2 });
  await old.ics.close();
  const a = await station(net, 1, { links: 2 });
  await net.clock.run(500);
  const hellos = net.log.filter((p) => p.bytes[6] === KIND.HELLO);
  const sent = net.log.length;
  const start = b.messages.length;
  for (let i = 0; i < 100; i++) {
    for (const p of hellos) net.inject(p);
    a.ics.send(2, text(`a ${i}`));
    await net.clock.run(10);
  }
  assert.equal(b.messages.length - start, 100);
  assert.ok(![...a.events, ...b.events].some((e) => e.type === "superseded"));
  assert.ok(b.ics.counters.dropped.REPLAYED > 0 && b.ics.counters.dropped.STALE > 0);
  const answers = net.log.slice(sent).filter((p) => p.bytes[6] === KIND.HELLO).length;
  assert.ok(answers < 4 * (50 + 50), `${answers} answers to ${100 * hellos.length} replays`);
});

test("lives: a HELLO that was held back, and answers a challenge, does not bring a life back that was left", async () => {
  const net = new TestNet();
  // what node 1 says by link 1 is held back
  net.pass = (p) => !isBy(p, 1, 2, 1);
  const [old, b] = await pair(net, { links: 2 });
  const held = net.log.filter((p) => isBy(p, 1, 2, 1) && p.bytes[6] === KIND.HELLO);
  assert.ok(held.length > 0);
  await old.ics.close();
  const a = await station(net, 1, { links: 2 });
  await net.clock.run(500);
  assert.equal(b.events.filter((e) => e.type === "restart").length, 1);
  for (const p of held) net.inject(p);
  await net.clock.run(100);
  assert.equal(b.events.filter((e) => e.type === "restart").length, 1);
  assert.ok(b.ics.counters.dropped.STALE > 0);
  a.ics.send(2, text("new"));
  await net.clock.run(10);
  assert.equal(texts(b).pop(), "new");
});

/** Node 1 has had two lives that ended; what was said meanwhile was recorded. */
async function haunted(): Promise<{ net: TestNet; b: Station; hellos: Packet[]; data: Packet[] }> {
  const net = new TestNet();
  const [first, b] = await pair(net);
  first.ics.send(2, text("said by the first"));
  await net.clock.run(10);
  const start = net.log.length;
  await first.ics.close();
  const second = await station(net, 1);
  await net.clock.run(500);
  await second.ics.close();
  const hellos = net.log.filter((p) => p.bytes[6] === KIND.HELLO);
  const data = net.log.slice(0, start).filter((p) => p.bytes[6] === KIND.DATA && isBy(p, 1, 2));
  return { net, b, hellos, data };
}

test("lives: under a flood of recordings a node that starts is found as fast as else", async () => {
  const { net, b, hellos, data } = await haunted();
  const end = net.clock.now() + 100;
  const flood = () => {
    for (const p of [...hellos, ...data]) net.inject(p);
    // the new life's own HELLOs are recorded and sent again, too
    for (const p of net.log.slice(-20)) if (isBy(p, 1, 2)) net.inject(p);
    if (net.clock.now() < end) net.clock.after(0.3, flood);
  };
  for (let i = 0; i < 60; i++) for (const p of hellos) net.inject(p);
  const a = await station(net, 1);
  flood();
  await net.clock.run(20);
  assert.equal(a.ics.status()[0].ready && a.ics.status()[0].up, true, "not found in ten times there and back");
  a.ics.send(2, text("through"));
  await net.clock.run(10);
  assert.equal(texts(b).pop(), "through");
});

test("lives: recordings make a node say little", async () => {
  const { net, b, hellos, data } = await haunted();
  for (const recorded of [hellos, data]) {
    net.log = [];
    for (let i = 0; i < 1_000; i++) {
      for (const p of recorded) net.inject(p);
      await net.clock.run(1);
    }
    const said = net.log.filter((p) => isBy(p, 2, 1) && p.bytes[6] === KIND.HELLO).length;
    assert.ok(said >= 40 && said <= 110, `${said} HELLOs in a second, to ${recorded.length} recordings`);
  }
  assert.ok(b.ics.counters.dropped.STALE >= 2_000);
});

test("lives: a node that is new is answered once for each of its HELLOs, not for recordings of them", async () => {
  const net = new TestNet();
  const b = await station(net, 2);
  await net.clock.run(1_000);
  net.pass = (p) => isBy(p, 1, 2);
  await station(net, 1);
  await net.clock.run(1);
  const [hello] = net.log.filter((p) => isBy(p, 1, 2));
  const before = b.ics.counters.hellos;
  for (let i = 0; i < 200; i++) net.inject(hello);
  assert.ok(b.ics.counters.hellos <= before + 1);
  assert.equal(b.ics.counters.dropped.REPLAYED, 200);
  net.pass = () => true;
  await net.clock.run(1_000);
  net.inject(hello);
  assert.equal(b.ics.counters.dropped.REPLAYED, 201, "still a recording once the life is known");
});

test("lives: a node that is taken out and put in again: what it said before is still known", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  a.ics.send(2, text("once"));
  await net.clock.run(10);
  const recorded = net.log.filter((p) => isBy(p, 1, 2) && p.bytes[6] === KIND.DATA);
  b.ics.setPeers([]);
  for (const p of recorded) net.inject(p);
  assert.equal(b.ics.counters.dropped.UNKNOWN_SENDER, recorded.length);
  b.ics.setPeers([{ node: 1, addresses: [place(1)] }]);
  for (const p of recorded) net.inject(p);
  assert.equal(b.ics.counters.dropped.REPLAYED, recorded.length);
  a.ics.send(2, text("twice"));
  await net.clock.run(10);
  assert.deepEqual(texts(b), ["once", "twice"]);
});

test("lives: a channel's key changes long before it has sealed too much, and depends on everything that it should", () => {
  const life = (epoch: number, salt: string): Life => ({ epoch: BigInt(epoch), salt: Buffer.alloc(SALT, salt) });
  const uuid = Buffer.alloc(16, "u");
  const base = { uuid, from: 1, a: life(5, "a"), to: 2, b: life(6, "b"), number: 1, secret: "k" };
  const keyOf = (o: Partial<typeof base>): string => {
    const p = { ...base, ...o };
    return new Channel(p.uuid, p.from, p.a, p.to, p.b)
      .key(makeKey("k", secretOf(p.secret)), p.number)
      .export()
      .toString("hex");
  };
  const others: Partial<typeof base>[] = [
    {},
    { number: PHASE },
    { number: 2 * PHASE },
    { from: 3 },
    { to: 3 },
    { from: 2, to: 1, a: base.b, b: base.a },
    { a: life(6, "a") },
    { a: life(5, "c") },
    { b: life(7, "b") },
    { b: life(6, "c") },
    { uuid: Buffer.alloc(16, "v") },
    { secret: "l" },
  ];
  assert.equal(new Set(others.map(keyOf)).size, others.length);
  assert.equal(keyOf({ number: PHASE - 1 }), keyOf({}));
});

test("versions: two that differ talk in the one both know; without one they count it", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { versions: [1, 2] }, { versions: [1, 1] });
  a.ics.send(2, text("old language"));
  await net.clock.run(10);
  assert.deepEqual(texts(b), ["old language"]);
  assert.ok(net.log.every((p) => p.bytes[4] === 1));

  const both = new TestNet();
  const [c] = await pair(both, { versions: [1, 2] });
  both.log = [];
  c.ics.send(2, text("new language"));
  await both.clock.run(10);
  assert.equal(both.log[0].bytes[4], 2);

  const apart = new TestNet();
  const [d, e] = await pair(apart, { versions: [2, 2] }, { versions: [1, 1] });
  assert.deepEqual([Object.keys(dropped(d)), Object.keys(dropped(e))], [["VERSION"], ["VERSION"]]);
});

test("the same seed gives the same run", async () => {
  const runs = [];
  for (let i = 0; i < 2; i++) {
    const net = new TestNet(11, new TestClock());
    Object.assign(net, { loss: 0.1, jitter: 5 });
    const [a] = await pair(net);
    a.ics.send(2, Buffer.alloc(20_000));
    await net.clock.run(500);
    runs.push(net.log.map((p) => `${p.at} ${p.bytes.toString("hex")}`).join("\n"));
  }
  assert.equal(runs[0], runs[1]);
});
