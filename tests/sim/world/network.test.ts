// The network, fault by fault, and that it draws the same twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../../host/core/abi/clms.js";
import type { NetParams } from "../types.js";
import { Network } from "./network.js";
import { Packets } from "./packet.js";
import { Prng } from "./prng.js";
import { Queue } from "./queue.js";
import { GOOD_NET } from "./scenario.js";

const LEN = 144;

interface Arrival {
  time: number;
  from: number;
  to: number;
  len: number;
  intact: boolean;
  /** as it was sent, as far as it goes */
  same: boolean;
  /** which of the packets sent */
  tag: number;
}

class Bed {
  readonly queue = new Queue();
  readonly packets = new Packets();
  readonly net: Network;

  constructor(faults: Partial<NetParams> = {}, seed = 1) {
    this.net = new Network(8, { ...GOOD_NET, ...faults }, this.queue, this.packets, new Prng(seed, "net"));
  }

  send(tag: number, from = 1, to = 2, now = 0, len = LEN): boolean {
    const packet = this.packets.take(len);
    for (let i = 0; i < len; i++) packet.u8[i] = (tag * 7 + i) & 255;
    packet.u8[0] = tag;
    packet.from = from;
    packet.to = to;
    packet.cargo = 0;
    return this.net.send(packet, now);
  }

  arrivals(): Arrival[] {
    const found: Arrival[] = [];
    while (this.queue.length > 0) {
      const entry = this.queue.pop();
      const p = entry.packet;
      assert.ok(p !== null);
      let same = true;
      for (let i = 1; i < Math.min(p.len, LEN); i++) same &&= p.u8[i] === ((p.u8[0] * 7 + i) & 255);
      found.push({ time: entry.time, from: p.from, to: p.to, len: p.len, intact: p.intact, same, tag: p.u8[0] });
      this.packets.give(p);
      this.queue.free(entry);
    }
    return found;
  }
}

/** The first bytes of the packet that arrives next. */
function bytesOf(bed: Bed, len: number): Uint8Array {
  const { packet } = bed.queue.pop();
  assert.ok(packet !== null);
  return packet.u8.subarray(0, len);
}

function traffic(faults: Partial<NetParams>, seed = 1, count = 200): Arrival[] {
  const bed = new Bed(faults, seed);
  for (let i = 0; i < count; i++) bed.send(i & 127, 1 + (i % 3), 4 + (i % 2), i * 1000);
  return bed.arrivals();
}

test("without faults every packet arrives once, unchanged, after its delay", () => {
  const bed = new Bed();
  for (let i = 0; i < 100; i++) assert.equal(bed.send(i, 1, 2, i * 1_000_000), true);
  const found = bed.arrivals();
  assert.deepEqual(
    found.map((a) => a.tag),
    Array.from({ length: 100 }, (_, i) => i),
  );
  for (const a of found) {
    assert.ok(a.intact && a.same && a.len === LEN && a.from === 1 && a.to === 2);
    assert.ok(a.time - a.tag * 1_000_000 >= GOOD_NET.delayNs);
  }
});

test("the same seed draws the same faults, another seed others", () => {
  const faults = {
    drop: 0.1,
    duplicate: 0.1,
    reorder: 0.3,
    replay: 0.05,
    corrupt: 0.1,
    truncate: 0.1,
    oversize: 0.1,
    burst: 0.02,
    tail: 0.1,
  };
  assert.deepEqual(traffic(faults, 5), traffic(faults, 5));
  assert.notDeepEqual(traffic(faults, 5), traffic(faults, 6));
});

test("drop, duplicate and replay change how often it arrives", () => {
  assert.equal(traffic({ drop: 1 }).length, 0);
  const half = traffic({ drop: 0.5 }).length;
  assert.ok(half > 60 && half < 140, `${half} of 200`);
  assert.equal(traffic({ duplicate: 1 }).length, 400);
  const replayed = traffic({ replay: 1 });
  assert.equal(replayed.length, 400);
  assert.ok(
    replayed.some((a) => a.time > 60_000_000_000),
    "none came a minute later",
  );
});

test("reordering lets a later packet overtake an earlier one", () => {
  const order = (faults: Partial<NetParams>): boolean => {
    const bed = new Bed({ jitterNs: 0, ...faults });
    for (let i = 0; i < 50; i++) bed.send(i, 1, 2, i * 1000);
    return bed.arrivals().every((a, i) => a.tag === i);
  };
  assert.equal(order({}), true);
  assert.equal(order({ reorder: 0.5 }), false);
});

test("what is damaged differs and says so; applications' data is not damaged", () => {
  for (const a of traffic({ corrupt: 1 })) assert.ok(!a.intact && a.len === LEN);
  const longer = traffic({ oversize: 1 });
  assert.ok(longer.every((a) => !a.intact && a.same && a.len > LEN));
  assert.ok(longer.some((a) => a.len > LIMIT.MSG_MAX));
  for (const a of traffic({ truncate: 1 })) assert.ok(!a.intact && a.len < LEN);
  const bed = new Bed({ corrupt: 1, truncate: 1, oversize: 1 });
  const packet = bed.packets.take(32);
  packet.from = 1;
  packet.to = 2;
  packet.cargo = 1;
  packet.u8.fill(9, 0, 32);
  bed.net.send(packet, 0);
  assert.deepEqual([...bytesOf(bed, 32)], new Array(32).fill(9));
});

test("a corrupt packet never is what it was", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const bed = new Bed({ corrupt: 1 }, seed);
    const packet = bed.packets.take(80);
    packet.u8.fill(0, 0, 80);
    packet.from = 1;
    packet.to = 2;
    packet.cargo = 0;
    bed.net.send(packet, 0);
    assert.ok(bytesOf(bed, 80).some((b) => b !== 0));
  }
});

test("a cut link loses everything in its direction only; healing mends it", () => {
  const bed = new Bed();
  bed.net.cut(1, 2, true);
  assert.equal(bed.send(1, 1, 2), false);
  assert.equal(bed.send(2, 2, 1), true);
  assert.equal(bed.net.isCut(1, 2), true);
  assert.equal(bed.net.isCut(2, 1), false);
  bed.net.cut(1, 2, false);
  assert.equal(bed.send(3, 1, 2), true);
  bed.net.cut(1, 2, true);
  bed.net.heal(0);
  assert.equal(bed.send(4, 1, 2), true);
  assert.deepEqual(
    bed
      .arrivals()
      .map((a) => a.tag)
      .sort(),
    [2, 3, 4],
  );
});

test("a clogged link holds packets back and lets all of them go", () => {
  const bed = new Bed();
  bed.net.clog(1, 2, true, 0);
  for (let i = 0; i < 10; i++) bed.send(i);
  bed.send(99, 2, 1);
  assert.deepEqual(
    bed.arrivals().map((a) => a.tag),
    [99],
  );
  bed.net.clog(1, 2, false, 5_000_000_000);
  const found = bed.arrivals();
  assert.equal(found.length, 10);
  assert.ok(found.every((a) => a.time > 5_000_000_000 && a.intact && a.same));
  bed.net.clog(1, 2, true, 0);
  bed.send(7);
  bed.net.heal(6_000_000_000);
  assert.equal(bed.arrivals().length, 1);
});

test("a burst loses a run of packets of one link", () => {
  const bed = new Bed({ burst: 1, burstLen: 3 });
  bed.send(1);
  bed.net.params.burst = 0;
  for (let i = 2; i <= 6; i++) bed.send(i);
  bed.send(50, 3, 2);
  assert.deepEqual(
    bed
      .arrivals()
      .map((a) => a.tag)
      .sort((a, b) => a - b),
    [5, 6, 50],
  );
});

test("a link with its own parameters drops big packets while others carry them", () => {
  const bed = new Bed();
  bed.net.link(1, 2).mtu = 1000;
  assert.equal(bed.send(1, 1, 2, 0, 1001), false);
  assert.equal(bed.send(2, 1, 2, 0, 1000), true);
  assert.equal(bed.send(3, 2, 1, 0, 5000), true);
  assert.equal(bed.net.params.mtu, 0);
  bed.net.unlink(1, 2);
  assert.equal(bed.send(4, 1, 2, 0, 1001), true);
});

test("buffers come back: a packet that was given back is taken again", () => {
  const packets = new Packets();
  for (const len of [1, 256, 257, 2048, 16_384, 73_728, 81_920]) {
    const first = packets.take(len);
    assert.ok(first.u8.length >= len);
    packets.give(first);
    assert.equal(packets.take(len), first);
  }
});
