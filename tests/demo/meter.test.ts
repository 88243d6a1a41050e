// What a receiver counts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "../../host/demo/meter.js";

test("meter: counts packets, and the longest silence between two", () => {
  const m = new Meter();
  assert.equal(m.alive, false);
  assert.deepEqual(m.take(50), { received: 0, lost: 0, duplicates: 0, gapMs: 0 });
  for (const [seq, at] of [
    [7, 100],
    [8, 101],
    [9, 105],
    [10, 106],
  ])
    m.packet(seq, at);
  assert.deepEqual(m.take(106.5), { received: 4, lost: 0, duplicates: 0, gapMs: 4 });
  assert.equal(m.alive, true);
});

test("meter: the present silence counts, and again in the next report if it goes on", () => {
  const m = new Meter();
  m.packet(0, 0);
  assert.equal(m.take(30).gapMs, 30);
  assert.equal(m.take(80).gapMs, 80);
  m.packet(1, 90);
  assert.equal(m.take(91).gapMs, 90);
  assert.equal(m.take(92).gapMs, 2);
});

test("meter: missing numbers are lost until they come late", () => {
  const m = new Meter();
  for (const seq of [0, 1, 4]) m.packet(seq, seq);
  assert.equal(m.take(5).lost, 2);
  m.packet(2, 6);
  assert.deepEqual(m.take(6), { received: 4, lost: 1, duplicates: 0, gapMs: 2 });
});

test("meter: the same number twice is a duplicate, not a packet", () => {
  const m = new Meter();
  for (const [at, seq] of [0, 1, 1, 2, 0].entries()) m.packet(seq, at);
  assert.deepEqual(m.take(4), { received: 3, lost: 0, duplicates: 2, gapMs: 1 });
});

test("meter: the window slides without mistaking new numbers for old", () => {
  const m = new Meter();
  const last = 200_000;
  for (let seq = 0; seq <= last; seq++) if (seq % 1000 !== 500) m.packet(seq, seq / 10);
  assert.deepEqual([m.take(last / 10).lost, m.take(last / 10).duplicates], [200, 0]);
  m.packet(last - 500, last / 10);
  assert.deepEqual([m.take(last / 10).lost, m.take(last / 10).duplicates], [199, 0]);
  m.packet(last - 70_000, last / 10);
  assert.equal(m.take(last / 10).duplicates, 1);
});

test("meter: a leap beyond the window forgets what was seen", () => {
  const m = new Meter();
  m.packet(5, 0);
  m.packet(5 + 65536 * 2, 1);
  m.packet(5 + 65536 * 2 - 100, 2);
  assert.deepEqual([m.take(2).received, m.take(2).duplicates], [3, 0]);
});

test("meter: bytes of a connection", () => {
  const m = new Meter();
  m.bytes(1000, 10);
  m.bytes(500, 25);
  assert.deepEqual(m.take(25), { received: 1500, lost: 0, duplicates: 0, gapMs: 15 });
});
