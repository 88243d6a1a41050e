// The simulated network by itself: switch, cables, hosts and their protocols, without the module.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type MemoryHost, MemoryLan, RealClock, VirtualClock } from "../../host/io/memory_lan.js";

const MS = 1_000_000n;
const S = 1000n * MS;

interface World {
  clock: VirtualClock;
  lan: MemoryLan;
  a: MemoryHost;
  b: MemoryHost;
}

function world(seed = 1, wire = {}): World {
  const clock = new VirtualClock();
  const lan = new MemoryLan({ seed, clock });
  const a = lan.host({ name: "a", mac: "02:00:00:00:00:0a", addresses: ["10.0.0.1/24", "2001:db8::1/64"], wire });
  const b = lan.host({ name: "b", mac: "02:00:00:00:00:0b", addresses: ["10.0.0.2/24", "2001:db8::2/64"], wire });
  return { clock, lan, a, b };
}

for (const [name, dst] of [
  ["IPv4", "10.0.0.2"],
  ["IPv6", "2001:db8::2"],
]) {
  test(`${name}: a host resolves a neighbour and gets its echo`, () => {
    const { clock, a, b } = world();
    let rtt = 0n;
    a.ping(dst, (ns) => {
      rtt = ns;
    });
    clock.run(S);
    // Request and answer for the address, then the echo and its reply: eight cables of 1 µs, and each frame's time on the line.
    assert.ok(rtt > 8000n && rtt < 100_000n, `${rtt} ns`);
    assert.equal(a.neighbours.get(dst), b.mac);
    assert.equal(b.neighbours.get(name === "IPv4" ? "10.0.0.1" : "2001:db8::1"), a.mac);
  });
}

test("a neighbour that does not answer is asked three times, then what waits is dropped", () => {
  const { clock, lan, a } = world();
  let asked = 0;
  lan.switch.tap = () => {
    asked++;
  };
  a.ping("10.0.0.77", () => assert.fail("nobody has this address"));
  clock.run(10n * S);
  assert.equal(asked, 3);
  assert.equal(a.neighbours.dropped, 1);
});

test("the switch learns, floods what it does not know, and forgets a port whose cable is cut", () => {
  const { clock, lan, a, b } = world();
  const c = lan.host({ name: "c", mac: "02:00:00:00:00:0c", addresses: ["10.0.0.3/24"] });
  a.ping("10.0.0.2", () => {});
  clock.run(S);
  // c saw the broadcast request and nothing else.
  assert.equal(c.stats.received, 1);
  assert.equal(lan.switch.portOf(a.mac), "a");
  lan.cable("b").setUp(false);
  assert.equal(lan.switch.portOf(b.mac), null);
  a.ping("10.0.0.2", () => assert.fail("the cable is cut"));
  clock.run(S);
  assert.equal(lan.switch.flooded, 1);
});

test("the switch forgets by age", () => {
  const { clock, lan, a } = world();
  a.ping("10.0.0.2", () => {});
  clock.run(299n * S);
  assert.equal(lan.switch.portOf(a.mac), "a");
  clock.run(2n * S);
  assert.equal(lan.switch.portOf(a.mac), null);
});

test("UDP: a sink misses exactly what the cables lost", () => {
  const { clock, lan, a, b } = world(7, { loss: 0.05 });
  a.neighbours.learn("10.0.0.2", b.mac, true);
  const sink = lan.udpSink(b, 7);
  const source = lan.udpSource(a, { dst: "10.0.0.2", dport: 7, interval: MS });
  clock.run(10n * S);
  source.stop();
  clock.run(S);
  const lost = lan.cable("a").lost + lan.cable("b").lost;
  assert.equal(source.sent, 10_001);
  assert.ok(lost > 700 && lost < 1300, `lost ${lost}`);
  assert.equal(sink.received, source.sent - lost);
  assert.equal(sink.duplicates, 0);
});

test("UDP: a sink counts what a cable doubled, and loses nothing by it", () => {
  const { clock, lan, a, b } = world(7, { duplicate: 0.05 });
  a.neighbours.learn("10.0.0.2", b.mac, true);
  const sink = lan.udpSink(b, 7);
  const source = lan.udpSource(a, { dst: "10.0.0.2", dport: 7, interval: MS });
  clock.run(5n * S);
  source.stop();
  clock.run(S);
  assert.equal(sink.received, source.sent);
  assert.ok(sink.duplicates > 300 && sink.duplicates < 800, `duplicates ${sink.duplicates}`);
});

test("UDP: jitter reorders and loses nothing", () => {
  const { clock, lan, a, b } = world(3, { jitter: 5n * MS });
  a.neighbours.learn("10.0.0.2", b.mac, true);
  const sink = lan.udpSink(b, 7);
  const source = lan.udpSource(a, { dst: "10.0.0.2", dport: 7, interval: MS });
  clock.run(2n * S);
  source.stop();
  clock.run(S);
  assert.equal(sink.received, source.sent);
  assert.ok(sink.reordered > 100, `reordered ${sink.reordered}`);
});

for (const loss of [0, 0.001, 0.02, 0.1]) {
  test(`TCP: two million bytes arrive whole and in order with ${loss * 100} % loss`, () => {
    const { clock, lan, a, b } = world(11, { loss, delay: 50_000n });
    const total = 2_000_000;
    const stream = lan.tcpStream(a, { host: b, addr: "10.0.0.2", port: 5001 }, { total });
    clock.run(600n * S);
    assert.equal(stream.sink?.received, total);
    assert.equal(stream.sink?.wrong, 0);
    assert.equal(stream.sink?.closed, "closed");
    assert.equal(stream.connection.state, "closed");
    if (loss === 0) assert.equal(stream.connection.stats.retransmissions, 0);
    else if (loss >= 0.02) assert.ok(stream.connection.stats.retransmissions > 0);
  });
}

test("TCP over IPv6 with reordering and duplication", () => {
  const { clock, lan, a, b } = world(5, { jitter: 400_000n, duplicate: 0.1 });
  const stream = lan.tcpStream(a, { host: b, addr: "2001:db8::2", port: 5001 }, { total: 500_000 });
  clock.run(300n * S);
  assert.equal(stream.sink?.received, 500_000);
  assert.equal(stream.sink?.wrong, 0);
});

test("TCP: a cut of three seconds delays a stream and loses nothing", () => {
  const { clock, lan, a, b } = world(1, { rate: 10_000_000 });
  const stream = lan.tcpStream(a, { host: b, addr: "10.0.0.2", port: 5001 });
  clock.run(S);
  const before = stream.sink?.received ?? 0;
  assert.ok(before > 500_000);
  stream.sink?.resetGap();
  lan.cable("b").setUp(false);
  clock.run(3n * S);
  lan.cable("b").setUp(true);
  clock.run(10n * S);
  stream.source.stop();
  clock.run(10n * S);
  assert.ok((stream.sink?.longestGap ?? 0n) >= 3n * S);
  assert.equal(stream.sink?.received, stream.source.written);
  assert.equal(stream.sink?.wrong, 0);
  assert.equal(stream.sink?.closed, "closed");
});

test("TCP: nobody listens: reset; nobody answers: timeout", () => {
  const { clock, lan, a } = world();
  const ends: string[] = [];
  a.tcpConnect({ dst: "10.0.0.2", dport: 9 }).onClosed = (why) => ends.push(why);
  clock.run(S);
  lan.cable("b").setUp(false);
  a.tcpConnect({ dst: "10.0.0.2", dport: 9 }).onClosed = (why) => ends.push(why);
  clock.run(600n * S);
  assert.deepEqual(ends, ["reset", "timeout"]);
});

test("an unasked-for claim moves a known neighbour and makes no new one", () => {
  const { clock, lan, a, b } = world();
  a.ping("10.0.0.2", () => {});
  clock.run(S);
  // b's address turns up at c, which announces it as a failover would.
  b.removeAddress("10.0.0.2");
  const c = lan.host({ name: "c", mac: "02:00:00:00:00:0c", addresses: ["10.0.0.2/24", "10.0.0.4/24"] });
  c.ping("10.0.0.1", () => {}, "10.0.0.2");
  clock.run(S);
  assert.equal(a.neighbours.get("10.0.0.2"), c.mac);
  assert.equal(a.neighbours.moved, 1);
  assert.equal(b.neighbours.get("10.0.0.4"), null);
});

test("equal seeds give equal runs, other seeds others", () => {
  const run = (seed: number) => {
    const { clock, lan, a, b } = world(seed, { loss: 0.1, jitter: 1000n, duplicate: 0.1 });
    const log: string[] = [];
    lan.switch.tap = (port, frame) => log.push(`${clock.now()} ${port} ${Buffer.from(frame).toString("hex")}`);
    lan.tcpStream(a, { host: b, addr: "10.0.0.2", port: 5001 }, { total: 50_000 });
    clock.run(30n * S);
    return log.join("\n");
  };
  const first = run(1);
  assert.ok(first.length > 100_000);
  assert.equal(run(1), first);
  assert.notEqual(run(2), first);
});

test("the real clock: in order, not from within, and nothing after close", async () => {
  const clock = new RealClock();
  const order: string[] = [];
  const started = clock.now();
  await new Promise<void>((done) => {
    clock.after(3n * MS, () => order.push("3 ms"));
    clock.after(1n * MS, () => {
      order.push("1 ms");
      clock.after(0n, () => order.push("then"));
    });
    clock.after(2n * MS, () => order.push("never")).cancel();
    clock.after(5n * MS, () => clock.after(1n * MS, done));
    order.push("first");
  });
  // On a busy machine the 3 ms may be over before the 1 ms has run.
  assert.deepEqual(
    order.filter((o) => o !== "then"),
    ["first", "1 ms", "3 ms"],
  );
  assert.ok(order.indexOf("then") > order.indexOf("1 ms"));
  assert.ok(clock.now() - started >= 5n * MS);
  clock.after(1n * MS, () => assert.fail("after close"));
  clock.close();
  await new Promise((done) => setTimeout(done, 20));
});

test("a network on the real clock", async () => {
  const clock = new RealClock();
  const lan = new MemoryLan({ seed: 1, clock });
  const a = lan.host({ name: "a", mac: "02:00:00:00:00:0a", addresses: ["10.0.0.1/24"] });
  const b = lan.host({ name: "b", mac: "02:00:00:00:00:0b", addresses: ["10.0.0.2/24"] });
  const stream = lan.tcpStream(a, { host: b, addr: "10.0.0.2", port: 5001 }, { total: 500_000 });
  await new Promise<void>((done) => {
    stream.connection.onClosed = () => done();
  });
  clock.close();
  assert.equal(stream.sink?.received, 500_000);
  assert.equal(stream.sink?.wrong, 0);
});
