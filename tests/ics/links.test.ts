import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_TIMINGS, timingsFor } from "../../host/ics/index.js";
import { LINK, Link } from "../../host/ics/links.js";
import { dropped, isBy, pair, place, type Station, station, TestNet, text } from "./net.js";

const stateOf = (s: Station) => s.ics.status()[0].links.map((l) => l.state);
const linkEvents = (s: Station) => s.events.flatMap((e) => (e.type === "link" ? [`${e.link} ${e.state}`] : []));

/** Both sides probe and answer every `ms`, as a detector does, for `duration`; returns the longest silence at each. */
async function chatter(net: TestNet, sides: readonly Station[], duration: number, ms = 200): Promise<number[]> {
  const start = net.clock.now();
  for (const s of sides) {
    s.messages.length = 0;
    s.hook = (from, bytes) => {
      if (bytes.toString() === "probe") s.ics.send(from, text("answer"));
    };
  }
  for (let t = 0; t < duration; t += ms) {
    for (const s of sides) s.ics.send(3 - s.node, text("probe"));
    await net.clock.run(ms);
  }
  return sides.map((s) => {
    const times = [start, ...s.messages.map((m) => m.at), net.clock.now()];
    return Math.max(...times.slice(1).map((t, i) => t - times[i]));
  });
}

test("links: found, and their answer times measured", async () => {
  const net = new TestNet();
  net.delay = 5;
  const [a, b] = await pair(net, { links: 3 });
  await net.clock.run(3_000);
  assert.deepEqual(stateOf(a), ["up", "up", "up"]);
  assert.deepEqual(stateOf(b), ["up", "up", "up"]);
  for (const l of a.ics.status()[0].links) assert.ok(Math.abs(l.rttMs - 10) < 1, String(l.rttMs));
  assert.ok(a.events.some((e) => e.type === "peer" && e.up));
});

for (const dead of [[0, 1], [0], [1]])
  test(`links: one that dies ${dead.length === 2 ? "in both directions" : `from node ${dead[0] + 1} on`} is left before its node is missed`, async () => {
    const net = new TestNet();
    const [a, b] = await pair(net, { links: 2 });
    await chatter(net, [a, b], 3_000);
    assert.equal(a.ics.status()[0].link, 0);
    net.pass = (p) => !dead.some((from) => isBy(p, from + 1, 2 - from, 0));
    // 800 ms is when a detector of the profile lan gives a node up
    for (const silence of await chatter(net, [a, b], 5_000)) assert.ok(silence < 800, `${silence} ms`);
    // the direction that works may be used on
    for (const from of dead) {
      assert.deepEqual(stateOf([a, b][from]), ["down", "up"]);
      assert.equal([a, b][from].ics.status()[0].link, 1);
      assert.equal([a, b][from].ics.counters.failovers, 1);
    }

    net.pass = () => true;
    await chatter(net, [a, b], 6_000);
    assert.deepEqual(stateOf(a), ["up", "up"]);
    for (const from of dead) {
      assert.equal([a, b][from].ics.status()[0].link, 0, "traffic returns to the first link");
      assert.deepEqual(linkEvents([a, b][from]).slice(2), ["0 suspect", "0 down", "0 up"]);
    }
  });

test("links: with timings for probes every 10 ms within 40 ms", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2, timings: timingsFor(10, 4) });
  await chatter(net, [a, b], 1_000, 10);
  net.pass = (p) => !p.from.address.startsWith("10.0.");
  for (const silence of await chatter(net, [a, b], 1_000, 10)) assert.ok(silence < 40, `${silence} ms`);
});

test("links: the death of an idle one is known before it is needed", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  await net.clock.run(3_000);
  net.pass = (p) => !p.from.address.startsWith("10.1.");
  await net.clock.run(DEFAULT_TIMINGS.idleMs + DEFAULT_TIMINGS.downMs + 500);
  assert.deepEqual(stateOf(a), ["up", "down"]);
  await net.clock.run(DEFAULT_TIMINGS.idleMs);
  assert.deepEqual(stateOf(b), ["up", "down"]);
});

test("links: all dead is a peer that is down; it is up again when one of them lives", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  await chatter(net, [a, b], 1_000);
  net.pass = () => false;
  await chatter(net, [a, b], 3_000);
  assert.equal(a.ics.status()[0].up, false);
  net.pass = (p) => p.from.address.startsWith("10.1.");
  const [silence] = await chatter(net, [a, b], 3_000);
  assert.ok(silence <= 401, `${silence} ms after the repair`);
  assert.equal(a.ics.status()[0].up, true);
  assert.deepEqual(
    a.events.flatMap((e) => (e.type === "peer" ? [e.up] : [])),
    [true, false, true],
  );
});

test("links: one that the system refuses to send by is left at once", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  await chatter(net, [a, b], 3_000);
  net.unreachable.add(place(1, 0).address);
  const [, silence] = await chatter(net, [a, b], 1_000, 50);
  assert.ok(silence <= 101, `${silence} ms`);
  assert.ok(a.events.some((e) => e.type === "link" && e.why === "ENETUNREACH"));
});

test("links: with 200 ms on the way none is suspected, and a dead one is left nevertheless", async () => {
  const net = new TestNet();
  net.delay = 200;
  const [a, b] = await pair(net, { links: 2 });
  await chatter(net, [a, b], 10_000);
  const before = a.events.length;
  await chatter(net, [a, b], 10_000);
  assert.deepEqual(a.events.slice(before), []);
  net.pass = (p) => !p.from.address.startsWith("10.0.");
  for (const silence of await chatter(net, [a, b], 5_000)) assert.ok(silence < 2_000, `${silence} ms`);
});

test("links: a late word on what was heard before the silence does not make a dead link live", () => {
  const link = new Link(0, place(2), DEFAULT_TIMINGS, false, 0);
  link.sent(1, true, true, 0);
  assert.equal(link.report(1, 10), true);
  link.sent(2, false, false, 20);
  link.sent(3, true, false, 30);
  link.check(2_000);
  assert.equal(link.state, LINK.DOWN);
  assert.equal(link.report(2, 2_001), false);
  assert.equal(link.report(7, 2_002), false, "never sent");
  assert.equal(link.state, LINK.DOWN);
  assert.equal(link.report(3, 2_003), true);
  assert.equal(link.state, LINK.UP);
});

test("links: whoever was paused does not take it for silence of the others", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  await chatter(net, [a, b], 3_000);
  const before = a.events.length;
  a.ics.send(2, text("on its way"));
  await net.clock.run(0.5);
  net.clock.pause(10_000);
  await chatter(net, [a, b], 3_000);
  assert.deepEqual(a.events.slice(before), []);
});

test("links: 20 % loss for ten minutes breaks none", async () => {
  const net = new TestNet(3);
  const [a, b] = await pair(net, { links: 2 });
  net.loss = 0.2;
  await chatter(net, [a, b], 600_000);
  const downs = [a, b].flatMap((s) => s.events.filter((e) => e.type === "link" && e.state === "down"));
  assert.ok(downs.length <= 2, `${downs.length} times down`);
  assert.equal(a.events.filter((e) => e.type === "peer").length, 1);
});

test("idle: five nodes with two links each send less than 1 KB/s a node", async () => {
  const net = new TestNet();
  const nodes = [1, 2, 3, 4, 5];
  const all = [];
  for (const n of nodes) all.push(await station(net, n, { nodes, links: 2 }));
  await net.clock.run(10_000);
  net.log = [];
  await net.clock.run(60_000);
  for (const s of all) {
    const own = net.log.filter((p) => p.from.address.endsWith(`.${s.node}`));
    // on the wire: 28 bytes of UDP and IPv4 each
    const perSecond = own.reduce((sum, p) => sum + p.bytes.length + 28, 0) / 60;
    assert.ok(perSecond > 100 && perSecond < 450, `node ${s.node}: ${perSecond} B/s`);
    assert.deepEqual(dropped(s), {});
  }
});

test("idle: where messages and answers flow nothing is added", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net);
  await net.clock.run(3_000);
  const before = a.ics.counters.keepAlives + b.ics.counters.keepAlives;
  await chatter(net, [a, b], 20_000);
  assert.equal(a.ics.counters.keepAlives + b.ics.counters.keepAlives, before);
});

test("ports: one that cannot be bound is told and tried again; none at all is an error", async () => {
  const net = new TestNet();
  net.broken.add(place(1, 0).address);
  const [a, b] = await pair(net, { links: 2 });
  assert.deepEqual(a.events[0], { type: "port", link: 0, why: "EADDRNOTAVAIL" });
  assert.equal(a.ics.send(2, text("by the other one")), true);
  await net.clock.run(10);
  assert.equal(b.messages.length, 1);
  net.broken.clear();
  await net.clock.run(5_000);
  assert.deepEqual(stateOf(a), ["up", "up"]);
  net.broken.add(place(3, 0).address);
  await assert.rejects(station(net, 3), {
    code: "EADDRNOTAVAIL",
    message: "none of this node's addresses can be used: 10.0.0.3 port 7000: EADDRNOTAVAIL",
  });
});

test("ports: a socket that breaks is opened again", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  net.fail(place(1, 0), new Error("it broke"));
  const [silence] = await chatter(net, [b, a], 5_000);
  assert.ok(silence < 800, `${silence} ms`);
  assert.deepEqual(stateOf(a), ["up", "up"]);
  assert.ok(a.events.some((e) => e.type === "port" && e.why === "it broke"));
});

test("peers: other addresses, without a new handshake", async () => {
  const net = new TestNet();
  const [a, b] = await pair(net, { links: 2 });
  const hellos = a.ics.counters.hellos;
  a.ics.setPeers([{ node: 2, addresses: [place(2, 1)] }]);
  b.ics.setPeers([{ node: 1, addresses: [place(1, 0)] }]);
  await chatter(net, [a, b], 1_000);
  assert.equal(a.ics.status()[0].links.length, 1);
  assert.equal(a.ics.counters.hellos, hellos);
  assert.throws(() => a.ics.setPeers([{ node: 1, addresses: [place(2)] }]), {
    code: "EINVAL",
    message: "peers[0].node: found 1; allowed: another number than this node's own",
  });
});
