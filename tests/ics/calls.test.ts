import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFrame, FRAME } from "../../host/ics/frames.js";
import { type Call, MESSAGE_MAX } from "../../host/ics/index.js";
import { SERVED_MAX } from "../../host/ics/limits.js";
import { forgeFrames } from "./forge.js";
import { dropped, pair, station, TestNet, text } from "./net.js";

test("requests: answered, of any length, in any order", async () => {
  const net = new TestNet();
  const calls: Call[] = [];
  const [a] = await pair(net, {}, { onRequest: (call) => calls.push(call) });
  const first = a.ics.request(2, text("one"));
  const second = a.ics.request(2, Buffer.alloc(MESSAGE_MAX, "x"), { urgent: true });
  await net.clock.run(50);
  calls.sort((x, y) => x.bytes.length - y.bytes.length);
  assert.deepEqual(
    calls.map((c) => [c.from, c.bytes.length, c.urgent]),
    [
      [1, 3, false],
      [1, MESSAGE_MAX, true],
    ],
  );
  calls[1].reply(Buffer.alloc(MESSAGE_MAX, "y"));
  calls[0].reply(text("first"));
  calls[0].reply(text("and again, which does nothing"));
  await net.clock.run(50);
  assert.equal((await first).toString(), "first");
  assert.ok((await second).equals(Buffer.alloc(MESSAGE_MAX, "y")));
  assert.deepEqual(dropped(a), {});
});

test("requests: whoever starts anew does not answer: EREMOTE, at once", async () => {
  const net = new TestNet();
  const serve = { onRequest: () => {} };
  const [a, b] = await pair(net, {}, serve);
  const asked = a.ics.request(2, text("?"), { timeoutMs: 60_000 });
  const failed = assert.rejects(asked, { code: "EREMOTE", message: /^node 2 has started anew/ });
  await net.clock.run(10);
  await b.ics.close();
  await station(net, 2, serve);
  const at = net.clock.now();
  await net.clock.run(50);
  await failed;
  assert.ok(net.clock.now() - at < 100);
  assert.ok(a.events.some((e) => e.type === "restart" && e.node === 2));
});

test("requests: no answer in time, a node that is no peer any more, the end", async () => {
  const net = new TestNet();
  const [a] = await pair(net, {}, { onRequest: () => {} });
  const failures = [
    assert.rejects(a.ics.request(2, text("?"), { timeoutMs: 20 }), { code: "ETIMEDOUT", message: "node 2 did not answer in time" }),
    net.clock.run(30),
  ];
  await Promise.all(failures);
  const removed = assert.rejects(a.ics.request(2, text("?")), { code: "EREMOTE" });
  a.ics.setPeers([]);
  await removed;
  assert.throws(() => a.ics.request(2, text("?")), { code: "ENOENT" });
  a.ics.setPeers([{ node: 2, addresses: [{ address: "10.0.0.2", port: 7_000 }] }]);
  const last = assert.rejects(a.ics.request(2, text("?")), { code: "ECANCELED" });
  await a.ics.close();
  await last;
  assert.throws(() => a.ics.send(2, text("?")), { code: "ECANCELED" });
});

test("requests: a reply from a node that was not asked is none", async () => {
  const net = new TestNet();
  const nodes = [1, 2, 3];
  const a = await station(net, 1, { nodes });
  const b = await station(net, 2, { nodes, onRequest: (call) => call.reply(text("true")) });
  const c = await station(net, 3, { nodes });
  await net.clock.run(500);
  net.delay = 20;
  const asked = a.ics.request(2, text("?"));
  // the number of a node's first request follows what it draws second
  const id = Buffer.alloc(4);
  id.writeUInt32LE((a.drawn[1].readUInt32LE(0) + 1) >>> 0, 0);
  net.inject(forgeFrames(c, a, encodeFrame(FRAME.REPLY, 0, Buffer.concat([id, text("false")]))));
  await net.clock.run(100);
  assert.equal((await asked).toString(), "true");
  assert.deepEqual([dropped(a), dropped(b)], [{ REPLY_LATE: 1 }, {}]);
});

test("requests: the argument is checked", async () => {
  const net = new TestNet();
  const [a] = await pair(net);
  for (const timeoutMs of [0, -1, Number.NaN, 600_001])
    assert.throws(() => a.ics.request(2, text("?"), { timeoutMs }), {
      code: "EINVAL",
      message: `timeoutMs: found ${timeoutMs}; allowed: above 0, at most 600000`,
    });
});

test("replies: come through however much bulk is queued, and are never refused", async () => {
  const net = new TestNet();
  const calls: Call[] = [];
  const [a, b] = await pair(net, {}, { onRequest: (call) => calls.push(call) });
  const asked = Array.from({ length: SERVED_MAX }, (_, i) => a.ics.request(2, text(String(i)), { timeoutMs: 5_000 }));
  await net.clock.run(20);
  while (b.ics.send(1, Buffer.alloc(50_000)));
  while (b.ics.send(1, Buffer.alloc(1_000), true));
  assert.deepEqual(dropped(b), { QUEUE_FULL: 2 });
  for (const call of calls) call.reply(Buffer.alloc(20_000, call.bytes));
  await net.clock.run(2_000);
  const answers = await Promise.all(asked);
  assert.ok(answers.every((r, i) => r.equals(Buffer.alloc(20_000, String(i)))));
  assert.deepEqual(dropped(b), { QUEUE_FULL: 2 });
});

test("nested calls: A asks B, which asks A, while every bulk queue is full: no deadlock, for what is nested is urgent", async () => {
  const net = new TestNet();
  const order: string[] = [];
  const [a, b] = await pair(
    net,
    {
      onRequest: (call) => {
        order.push(`a serves ${call.urgent ? "urgent" : "bulk"}`);
        call.reply(text("inner"));
      },
    },
    {
      onRequest: (call) => {
        order.push(`b serves ${call.urgent ? "urgent" : "bulk"}`);
        void call.request(1, text("nested")).then((inner) => call.reply(text(`outer of ${inner}`)));
      },
    },
  );
  const asked = a.ics.request(2, text("?"));
  for (const [s, to] of [
    [a, 2],
    [b, 1],
  ] as const)
    while (s.ics.send(to, Buffer.alloc(70_000)));
  const at = net.clock.now();
  await net.clock.run(20);
  assert.equal((await asked).toString(), "outer of inner");
  assert.deepEqual(order, ["b serves bulk", "a serves urgent"]);
  assert.ok(net.clock.now() - at < 50);
});
