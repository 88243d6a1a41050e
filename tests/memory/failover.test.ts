// The release module, two NICs and a peer on the simulated network: streams cross failovers, both ways, both families.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { formatMac } from "../../host/core/index.js";
import { PEER, type World, world } from "./pump.js";

const MS = 1_000_000n;
const S = 1000n * MS;

/** Cuts and repairs both NICs in turn, with a second of traffic around each. */
function play(w: World): void {
  w.pump.ipmp.grpSet(w.grp, "FLAP_MAX", 0);
  for (const nic of [w.nics[0], w.nics[1], w.nics[0]]) {
    w.clock.run(S);
    nic.setLink(false);
    w.clock.run(S);
    nic.setLink(true);
  }
  w.clock.run(S);
}

for (const [family, own, peer] of [
  ["IPv4", "10.0.0.1", PEER.v4],
  ["IPv6", "2001:db8::1", PEER.v6],
]) {
  test(`${family}: a TCP stream out of the group crosses every failover whole`, async () => {
    const w = await world();
    w.lan.cable("peer").set({ rate: 10_000_000 });
    const stream = w.lan.tcpStream(w.local, { host: w.peer, addr: peer, port: 5001 }, { src: own });
    play(w);
    stream.source.stop();
    w.clock.run(30n * S);
    assert.ok(stream.source.written > 2_000_000, `${stream.source.written} bytes`);
    assert.equal(stream.sink?.received, stream.source.written);
    assert.equal(stream.sink?.wrong, 0);
    assert.equal(stream.sink?.closed, "closed");
  });

  test(`${family}: a TCP stream into the group crosses every failover whole`, async () => {
    const w = await world();
    w.lan.cable("peer").set({ rate: 10_000_000 });
    const stream = w.lan.tcpStream(w.peer, { host: w.local, addr: own, port: 5001 }, { src: peer });
    play(w);
    stream.source.stop();
    w.clock.run(30n * S);
    assert.ok(stream.source.written > 2_000_000, `${stream.source.written} bytes`);
    assert.equal(stream.sink?.received, stream.source.written);
    assert.equal(stream.sink?.wrong, 0);
    assert.equal(stream.sink?.closed, "closed");
  });

  test(`${family}: datagrams every millisecond, both ways: none doubled, at most one lost a failover`, async () => {
    const w = await world();
    const sinks = [w.lan.udpSink(w.peer, 7), w.lan.udpSink(w.local, 7)];
    const sources = [
      w.lan.udpSource(w.local, { src: own, dst: peer, dport: 7, interval: MS }),
      w.lan.udpSource(w.peer, { src: peer, dst: own, dport: 7, interval: MS }),
    ];
    play(w);
    for (const source of sources) source.stop();
    w.clock.run(S);
    for (const [i, sink] of sinks.entries()) {
      assert.ok(sources[i].sent > 6000);
      assert.equal(sink.duplicates, 0);
      assert.ok(sources[i].sent - sink.received <= 6, `lost ${sources[i].sent - sink.received}`);
      assert.ok(sink.longestGap <= 3n * MS, `gap ${sink.longestGap} ns`);
    }
  });
}

test("every frame that enters the switch from a NIC has that NIC's address as source", async () => {
  const w = await world(3);
  const macs = new Map(w.nics.map((nic) => [nic.name, nic.mac]));
  let seen = 0;
  w.lan.switch.tap = (port, frame) => {
    const mac = macs.get(port);
    if (mac === undefined) return;
    seen++;
    assert.equal(formatMac(frame, 6), mac, `a frame from ${port}`);
  };
  for (let i = 0; i < 16; i++) w.lan.udpSource(w.local, { dst: i % 2 ? PEER.v4 : PEER.v6, dport: 7, sport: 40_000 + i, interval: 5n * MS });
  play(w);
  assert.ok(seen > 10_000, `${seen} frames`);
});

test("after a cut the peer's neighbour entry names the member that the address is bound to", async () => {
  const w = await world();
  for (const dst of ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"]) w.peer.ping(dst, () => {});
  w.clock.run(S);
  const check = () => {
    for (const { addr, bound } of w.ipmp.ipifs(w.grp)) assert.equal(w.peer.neighbours.get(addr), w.ipmp.phyint(bound ?? -1).mac, addr);
  };
  check();
  assert.equal(new Set(w.peer.neighbours.entries().map(([, mac]) => mac)).size, 2, "addresses are spread over both members");
  w.nics[0].setLink(false);
  w.clock.run(MS);
  check();
  w.nics[0].setLink(true);
  w.clock.run(MS);
  check();
});

test("a broadcast reaches the local stack once, whichever NIC is cut", async () => {
  const w = await world(3);
  for (const cut of [null, 0, 1]) {
    if (cut !== null) w.nics[cut].setLink(false);
    w.clock.run(S);
    const before = w.local.stats.received;
    // An ARP request for nobody's address is a broadcast that the module has nothing to say to.
    w.peer.ping("10.0.0.200", () => {});
    w.clock.run(MS);
    assert.equal(w.local.stats.received - before, 1, `NIC ${cut} cut`);
    w.clock.run(10n * S);
  }
});

test("equal seeds give equal runs of module and network together", async () => {
  const run = async (seed: number) => {
    const w = await world(2, seed);
    for (const nic of w.nics) w.lan.cable(nic.name).set({ loss: 0.02, jitter: 20_000n });
    const hash = createHash("sha256");
    w.lan.switch.tap = (port, frame) => hash.update(`${w.clock.now()} ${port} `).update(frame);
    w.lan.tcpStream(w.local, { host: w.peer, addr: PEER.v4, port: 5001 }, { src: "10.0.0.1", total: 300_000 });
    play(w);
    return hash.update(w.ipmp.state()).digest("hex");
  };
  const first = await run(1);
  assert.equal(await run(1), first);
  assert.notEqual(await run(2), first);
});
