// The queue and the random numbers: order, reuse, determinism.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Packets } from "./packet.js";
import { Prng } from "./prng.js";
import { Queue, WORK } from "./queue.js";

test("entries come out by time, and by the order of their coming in where times are equal", () => {
  const random = new Prng(7, "queue");
  for (let round = 0; round < 50; round++) {
    const queue = new Queue();
    const put: [number, number][] = [];
    const taken: [number, number][] = [];
    for (let i = 0; i < 400; i++) {
      if (random.chance(0.6) || queue.length === 0) {
        // Never before what was taken last, as in a world.
        const time = (taken.at(-1)?.[0] ?? 0) + random.below(8);
        queue.push(time, WORK.TIMER, 1, 1).a = i;
        put.push([time, i]);
      } else {
        const entry = queue.pop();
        taken.push([entry.time, entry.a]);
        queue.free(entry);
      }
    }
    while (queue.length > 0) {
      assert.equal(
        queue.first,
        put.filter((p) => !taken.some((t) => t[1] === p[1])).reduce((m, p) => Math.min(m, p[0]), Infinity),
      );
      const entry = queue.pop();
      taken.push([entry.time, entry.a]);
      queue.free(entry);
    }
    assert.deepEqual(
      taken,
      put.sort((p, q) => p[0] - q[0] || p[1] - q[1]),
    );
  }
});

test("an entry that is used again holds nothing of its last use", () => {
  const queue = new Queue();
  const packets = new Packets();
  const first = queue.push(5, WORK.CALL, 3, 2);
  Object.assign(first, { a: 1, b: 2, c: 3, d: 4, packet: packets.take(10) });
  queue.free(queue.pop());
  const again = queue.push(6, WORK.WAKE, 1, 1);
  assert.equal(again, first);
  assert.deepEqual([again.a, again.b, again.c, again.d, again.packet, again.kind, again.node, again.boot], [0, 0, 0, 0, null, 10, 1, 1]);
  assert.equal(queue.first, 6);
});

test("a cleared queue hands out everything once and is empty", () => {
  const queue = new Queue();
  for (let i = 0; i < 20; i++) queue.push(100 - i, WORK.TIMER, i, 0);
  const seen = new Set<number>();
  queue.clear((entry) => seen.add(entry.node));
  assert.equal(seen.size, 20);
  assert.equal(queue.length, 0);
  assert.equal(queue.first, Number.POSITIVE_INFINITY);
});

test("a stream depends on seed and name, and on nothing else", () => {
  const draw = (seed: number, name: string): number[] => {
    const random = new Prng(seed, name);
    return Array.from({ length: 8 }, () => random.u32());
  };
  assert.deepEqual(draw(1, "net"), draw(1, "net"));
  const all = [draw(1, "net"), draw(1, "host"), draw(2, "net"), draw(1 + 2 ** 32, "net")].map(String);
  assert.equal(new Set(all).size, 4);
});

test("draws stay in their ranges and come close to their means", () => {
  const random = new Prng(3, "ranges");
  let unit = 0;
  let exponential = 0;
  const seen = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    const u = random.unit();
    assert.ok(u >= 0 && u < 1);
    unit += u;
    exponential += random.exponential(1000);
    seen.add(random.between(3, 7));
    assert.ok(random.below(5) < 5);
  }
  assert.ok(Math.abs(unit / 20_000 - 0.5) < 0.02);
  assert.ok(Math.abs(exponential / 20_000 - 1000) < 50);
  assert.deepEqual([...seen].sort(), [3, 4, 5, 6, 7]);
  assert.equal(random.chance(0), false);
  assert.equal(random.chance(1), true);
  assert.equal(random.exponential(0), 0);
});
