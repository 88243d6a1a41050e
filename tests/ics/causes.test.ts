import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encodeFrame, encodePiece, FRAME, STEP_MIN } from "../../host/ics/frames.js";
import { CAUSE_NAMES, CAUSES, type Call, type Cause } from "../../host/ics/index.js";
import { BODY_MAX, PARTIAL_MAX, SERVE_MS, SERVED_MAX } from "../../host/ics/limits.js";
import { forge, forgeFrames } from "./forge.js";
import { dropped, isBy, type Packet, pair, place, ringOf, type Station, station, TestNet, text } from "./net.js";

interface Scene {
  net: TestNet;
  a: Station;
  b: Station;
  calls: Call[];
}

/** A datagram of a to b, recorded on its way; it has arrived. */
async function recorded({ net, a }: Scene): Promise<Packet> {
  net.log = [];
  a.ics.send(2, text("recorded"));
  await net.clock.run(5);
  const p = net.log.find((x) => isBy(x, 1, 2));
  assert.ok(p);
  return p;
}

/** The same with bytes changed by `change`, delivered to b. */
async function changed(scene: Scene, change: (bytes: Buffer) => Buffer | undefined): Promise<Station> {
  const p = await recorded(scene);
  const bytes = Buffer.from(p.bytes);
  scene.net.inject({ ...p, bytes: change(bytes) ?? bytes });
  return scene.b;
}

const set = (at: number, value: number) => (b: Buffer) => {
  b[at] = value;
  return b;
};

const piece = (message: number, index: number, over: object = {}) => {
  const p = { message, total: 2_500, index, step: 1_000, type: FRAME.MESSAGE, flags: 0, ...over };
  return encodePiece({ ...p, bytes: Buffer.alloc(Math.max(1, Math.min(p.step, p.total - index * p.step))) });
};

/** How each cause comes about: does it, and returns the node that has to count it, once. */
const SCENES: Record<Cause, (s: Scene) => Promise<Station>> = {
  SHORT: (s) => changed(s, (b) => b.subarray(0, 55)),
  PLAIN: (s) => changed(s, () => text("a message that somebody forgot to encrypt, which is long enough to be one")),
  VERSION: (s) => changed(s, set(4, 2)),
  CLUSTER: (s) => changed(s, set(8, 0)),
  KIND: (s) => changed(s, set(6, 3)),
  NOT_FOR_US: (s) => changed(s, set(18, 3)),
  UNKNOWN_SENDER: (s) => changed(s, set(16, 9)),
  UNKNOWN_KEY: (s) => changed(s, (b) => set(20, b[20] ^ 1)(b)),
  async STALE(s) {
    const p = await recorded(s);
    await s.b.ics.close();
    const again = await station(s.net, 2);
    await s.net.clock.run(500);
    assert.deepEqual(dropped(again), {});
    s.net.inject(p);
    return again;
  },
  REPLAYED: (s) => changed(s, (b) => b),
  async BAD_TAG(s) {
    const p = await recorded(s);
    // a number that was not received yet, so that nothing but the tag is in the way
    const bytes = Buffer.from(p.bytes);
    bytes.writeUInt32LE(bytes.readUInt32LE(32) + 50, 32);
    s.net.inject({ ...p, bytes });
    return s.b;
  },
  async MALFORMED({ net, a, b }) {
    net.inject(forge(a, b, Buffer.from([0, 255, 0, 0, 0, 0, FRAME.MESSAGE, 0, 200, 0, 1])));
    return b;
  },
  async PIECE_AGAIN({ net, a, b }) {
    net.inject(forgeFrames(a, b, piece(5, 0), piece(5, 0)));
    await net.clock.run(3);
    return b;
  },
  async PIECE_CONFLICT({ net, a, b }) {
    net.inject(forgeFrames(a, b, piece(5, 0), piece(5, 1, { total: 2_600 })));
    await net.clock.run(3);
    return b;
  },
  async PIECE_FULL({ net, a, b }) {
    for (let i = 1; i <= PARTIAL_MAX + 1; i++) net.inject(forgeFrames(a, b, piece(i, 0)));
    return b;
  },
  async PIECE_LATE({ net, a, b }) {
    net.inject(forgeFrames(a, b, piece(5, 0)));
    await net.clock.run(2_500);
    return b;
  },
  async REPLY_LATE({ net, a, calls }) {
    const asked = a.ics.request(2, text("?"), { timeoutMs: 50 });
    await Promise.all([assert.rejects(asked, { code: "ETIMEDOUT" }), net.clock.run(100)]);
    calls[0].reply(text("too late"));
    await net.clock.run(5);
    return a;
  },
  async REQUEST_BUSY({ net, a, b, calls }) {
    const asked = Array.from({ length: SERVED_MAX + 1 }, () => a.ics.request(2, text("?"), { timeoutMs: 500 }));
    const verdicts = Promise.allSettled(asked);
    await net.clock.run(50);
    for (const call of calls) call.reply(text("!"));
    await net.clock.run(1_000);
    const last = (await verdicts)[SERVED_MAX];
    assert.equal(last.status === "rejected" && last.reason.code, "EBUSY");
    return b;
  },
  async REQUEST_UNSERVED({ net, a, b }) {
    const asked = b.ics.request(1, text("?"));
    await Promise.all([assert.rejects(asked, { code: "ENOSYS" }), net.clock.run(50)]);
    return a;
  },
  async REQUEST_FORGOTTEN({ net, a, b }) {
    const asked = a.ics.request(2, text("?"), { timeoutMs: 100 });
    await Promise.all([assert.rejects(asked), net.clock.run(SERVE_MS + 1_000)]);
    return b;
  },
  async QUEUE_FULL({ net, a }) {
    net.pass = () => false;
    while (a.ics.send(2, Buffer.alloc(40_000)));
    return a;
  },
  async TOO_LARGE({ a }) {
    assert.throws(() => a.ics.send(2, Buffer.alloc(BODY_MAX)));
    return a;
  },
  async EXPIRED({ net }) {
    const c = await station(net, 3, { nodes: [3, 4] });
    c.ics.send(4, text("nobody is there"));
    await net.clock.run(2_500);
    return c;
  },
  async RESTARTED({ net, a, b }) {
    await b.ics.close();
    net.pass = () => false;
    while (a.ics.status()[0].queuedMessages === 0) a.ics.send(2, Buffer.alloc(30_000));
    a.ics.setPeers([]);
    return a;
  },
  async SEND_ERROR({ net, a }) {
    net.unreachable.add(place(1).address);
    a.ics.send(2, text("x"));
    await net.clock.run(1);
    return a;
  },
};

for (const cause of CAUSE_NAMES)
  test(`causes: ${cause}: ${CAUSES[cause]}`, async () => {
    const net = new TestNet();
    const calls: Call[] = [];
    const [a, b] = await pair(net, {}, { onRequest: (call) => calls.push(call) });
    assert.deepEqual([dropped(a), dropped(b)], [{}, {}]);
    const before = b.messages.length;
    const at = await SCENES[cause]({ net, a, b, calls });
    const counted = dropped(at);
    // a link that is refused by the system is asked at once whether it works
    assert.deepEqual(counted, { [cause]: cause === "SEND_ERROR" ? 2 : 1 });
    const heard = b.messages.slice(before).map((m) => m.bytes.toString());
    assert.ok(heard.filter((t) => t === "recorded").length <= 1, "nothing that was dropped was handed up");
  });

test("causes: docs/ics.md has each of them, in the same words", () => {
  const doc = readFileSync(new URL("../../../docs/ics.md", import.meta.url), "utf8");
  for (const cause of CAUSE_NAMES) assert.ok(doc.includes(`| ${cause} | ${CAUSES[cause]} |`), `${cause} | ${CAUSES[cause]}`);
});

test("causes: who sent what was dropped is known", async () => {
  const net = new TestNet();
  const [, b] = await pair(net);
  net.inject({ from: { address: "192.0.2.7", port: 99 }, to: place(2), bytes: text("hello"), at: 0 });
  assert.deepEqual(b.ics.lastFrom, { PLAIN: "192.0.2.7:99" });
});

test("causes: a key that is not in the ring", async () => {
  const net = new TestNet();
  const [, b] = await pair(net, { keys: ringOf("first") }, { keys: ringOf("other") });
  assert.equal(b.ics.status()[0].ready, false);
  assert.deepEqual(Object.keys(dropped(b)), ["UNKNOWN_KEY"]);
});

test("causes: another cluster with the same key", async () => {
  const net = new TestNet();
  const [, b] = await pair(net, {}, { cluster: "6f1d2c3b-0a19-4e5f-8b7a-9c8d7e6f5a4c" });
  assert.deepEqual(Object.keys(dropped(b)), ["CLUSTER"]);
});

test("causes: a piece whose numbers do not fit together", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  const wrong = [
    { step: STEP_MIN - 1 },
    { step: 0 },
    { total: BODY_MAX + 1 },
    { total: 1_000 },
    { index: 3 },
    { type: FRAME.PIECE },
    { type: FRAME.REQUEST, total: 3, step: 2 },
  ];
  for (const over of wrong) net.inject(forgeFrames(a, b, piece(5, 0, over)));
  assert.deepEqual(dropped(b), { PIECE_CONFLICT: wrong.length });
});

test("causes: what a frame of a reply must not be", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  // a REPLY that nobody asked for, a body that is too short for its type
  net.inject(forgeFrames(a, b, encodeFrame(FRAME.REPLY, 0, Buffer.alloc(8))));
  net.inject(forgeFrames(a, b, encodeFrame(FRAME.REPLY, 0, Buffer.alloc(3))));
  assert.deepEqual(dropped(b), { REPLY_LATE: 1, MALFORMED: 1 });
});
