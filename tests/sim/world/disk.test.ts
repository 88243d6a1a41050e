// The virtual disk: what a module gets back after a stop, fault by fault.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DURABLE, LIMIT } from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import type { DiskParams } from "../types.js";
import { Disk } from "./disk.js";
import { Packets } from "./packet.js";
import { Prng } from "./prng.js";
import { GOOD_DISK } from "./scenario.js";

/** What clms_recover is called with: op, bytes (null = damaged), slot. */
type Given = [number, number[] | null, number];

/** As much of a module as a disk needs. */
function memory(given: Given[] = []): Clms {
  const u32 = new Uint32Array(32_768);
  const u8 = new Uint8Array(u32.buffer);
  const clms_recover = (op: number, len: number, lo: number, hi: number): number => {
    given.push([op, len === 0 ? null : [...u8.subarray(0, len)], lo + hi * 0x1_0000_0000]);
    return 0;
  };
  return { u8, u32, inbox: 0, x: { clms_recover } } as unknown as Clms;
}

class Bed {
  readonly disk: Disk;
  readonly #clms = memory();
  #seq = 0;

  constructor(params: Partial<DiskParams> = {}, seed = 1) {
    this.disk = new Disk({ ...GOOD_DISK, ...params }, new Packets(), new Prng(seed, "disk"));
  }

  /** Writes 64 bytes of `fill` (0 = an empty record) for a slot. */
  record(slot: number, fill: number): void {
    this.#clms.u8.fill(fill, 1024, 1088);
    this.disk.take(this.#clms, DURABLE.RECORD, ++this.#seq, slot, 1024, 64);
  }

  whole(op: number, fill: number, len: number, slot = 0): void {
    this.#clms.u8.fill(fill, 1024, 1024 + len);
    this.disk.take(this.#clms, op, ++this.#seq, slot, 1024, len);
  }

  /** A sync from begin to end; returns the number it confirms. */
  sync(): number {
    assert.ok(this.disk.sync() >= 0);
    return this.disk.synced();
  }

  read(): Given[] {
    const given: Given[] = [];
    assert.equal(this.disk.recover(memory(given)), 0);
    return given;
  }

  /** Slot → first byte of its record; -1 = damaged. */
  records(): Map<number, number> {
    return new Map(
      this.read()
        .filter((g) => g[0] === DURABLE.RECORD)
        .map((g) => [g[2], g[1] === null ? -1 : g[1][0]]),
    );
  }
}

test("what was confirmed is read back: header, checkpoint, records", () => {
  const bed = new Bed();
  assert.equal(bed.disk.empty, true);
  bed.record(2, 22);
  bed.whole(DURABLE.CHECKPOINT, 5, 3000, 17);
  bed.whole(DURABLE.HEADER, 7, 96);
  bed.record(1, 11);
  assert.equal(bed.disk.pending, 4);
  assert.equal(bed.sync(), 4);
  assert.equal(bed.disk.pending, 0);
  bed.disk.crash();
  assert.deepEqual(bed.read(), [
    [DURABLE.HEADER, new Array(96).fill(7), 0],
    [DURABLE.CHECKPOINT, new Array(3000).fill(5), 17],
    [DURABLE.RECORD, new Array(64).fill(11), 1],
    [DURABLE.RECORD, new Array(64).fill(22), 2],
  ]);
  assert.equal(bed.disk.empty, false);
});

test("a sync confirms what was taken before it began, and no two run at once", () => {
  const bed = new Bed();
  bed.record(1, 1);
  assert.ok(bed.disk.sync() >= GOOD_DISK.syncNs);
  bed.record(2, 2);
  assert.equal(bed.disk.sync(), -1);
  assert.equal(bed.disk.synced(), 1);
  assert.equal(bed.disk.pending, 1);
  assert.ok(bed.disk.sync() >= 0);
  assert.equal(bed.disk.synced(), 2);
  assert.equal(bed.disk.sync(), -1);
});

test("a later record takes the place of one 1,024 slots before; an empty one empties it", () => {
  const bed = new Bed();
  bed.record(5, 1);
  bed.record(5 + LIMIT.RING_MAX, 2);
  bed.record(6, 3);
  bed.record(6, 0);
  bed.sync();
  assert.deepEqual([...bed.records()], [[5 + LIMIT.RING_MAX, 2]]);
});

test("a crash keeps a prefix of what was not confirmed, tears at most the next, and loses the rest", () => {
  const seen = { none: 0, all: 0, torn: 0 };
  for (let seed = 1; seed <= 200; seed++) {
    const bed = new Bed({ torn: 0.5 }, seed);
    for (let slot = 1; slot <= 4; slot++) bed.record(slot, slot);
    bed.disk.crash();
    const back = bed.read();
    const whole = back.filter((g) => g[1] !== null);
    assert.deepEqual(
      whole.map((g) => g[2]),
      whole.map((_, i) => i + 1),
    );
    const torn = back.filter((g) => g[1] === null);
    assert.ok(torn.length <= 1);
    for (const g of torn) assert.equal(g[2] % LIMIT.RING_MAX, whole.length + 1);
    if (back.length === 0) seen.none++;
    if (whole.length === 4) seen.all++;
    if (torn.length === 1) seen.torn++;
  }
  assert.ok(seen.none > 10 && seen.all > 10 && seen.torn > 10, JSON.stringify(seen));
});

test("a header that is not confirmed is the old one or the new one, never a mixture", () => {
  const seen = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const bed = new Bed({ torn: 1 }, seed);
    bed.whole(DURABLE.HEADER, 1, 96);
    bed.sync();
    bed.whole(DURABLE.HEADER, 2, 96);
    bed.disk.crash();
    const [header] = bed.read();
    assert.ok(header[1]?.every((b) => b === header[1]?.[0]));
    seen.add(header[1]?.[0] as number);
  }
  assert.deepEqual([...seen].sort(), [1, 2]);
});

test("what is damaged is read back as damaged, never as empty", () => {
  const flipped = new Bed({ bitflip: 1 });
  flipped.record(9, 9);
  flipped.sync();
  assert.deepEqual([...flipped.records()], [[9, -1]]);
  const chosen = new Bed();
  chosen.record(9, 9);
  chosen.sync();
  assert.equal(chosen.disk.damage(8), false);
  assert.equal(chosen.disk.damage(9), true);
  assert.deepEqual([...chosen.records()], [[9, -1]]);
  const heads = new Bed({ headerDamage: 1, checkpointDamage: 1 });
  heads.whole(DURABLE.HEADER, 1, 96);
  heads.whole(DURABLE.CHECKPOINT, 1, 128, 4);
  heads.sync();
  assert.deepEqual(heads.read(), [
    [DURABLE.HEADER, null, 0],
    [DURABLE.CHECKPOINT, null, 4],
  ]);
});

test("a write that is lost leaves what was there; one in the wrong place damages it", () => {
  const bed = new Bed();
  bed.record(3, 1);
  bed.sync();
  bed.disk.params.lostWrite = 1;
  bed.record(3 + LIMIT.RING_MAX, 2);
  bed.sync();
  assert.deepEqual([...bed.records()], [[3, 1]]);
  const other = new Bed({ misdirect: 1 }, 4);
  other.record(3, 1);
  other.sync();
  const found = other.read();
  assert.equal(found.length, 1);
  assert.equal(found[0][1], null);
  assert.notEqual(found[0][2], 3);
});

test("a full disk is stuck and loses all that waits at a crash", () => {
  const bed = new Bed({ full: true });
  bed.record(1, 1);
  assert.equal(bed.disk.stuck, true);
  bed.disk.crash();
  assert.deepEqual(bed.read(), []);
  assert.equal(bed.disk.empty, true);
});

test("a wiped disk is empty but was used; an old image brings back what it held", () => {
  const bed = new Bed();
  bed.record(1, 1);
  bed.whole(DURABLE.HEADER, 4, 96);
  bed.sync();
  const image = bed.disk.copy();
  bed.record(2, 2);
  bed.record(1, 9);
  bed.sync();
  assert.deepEqual(
    [...bed.records()],
    [
      [1, 9],
      [2, 2],
    ],
  );
  bed.disk.restore(image);
  assert.deepEqual([...bed.records()], [[1, 1]]);
  bed.disk.wipe();
  assert.deepEqual(bed.read(), []);
  assert.equal(bed.disk.empty, false);
  bed.disk.reuse(2, { ...GOOD_DISK }, new Prng(1, "x"));
  assert.equal(bed.disk.empty, true);
});
