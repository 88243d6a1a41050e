// Loss of power at every moment: whatever was confirmed is there, and what is there is what some first writes left.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Write } from "../../host/store/image.js";
import { dice, FOLDER, imageOf, opened, openStore, steps, textOf } from "./bed.js";
import { type Crash, CrashFs, type Files, left } from "./crash_fs.js";

const SEED = Number(process.env.HOLDFAST_SEED ?? 1);
/** With so few sectors under way every combination of them is tried, else so many. */
const ALL_BELOW = 5;
const SAMPLES = 8;

/** A life: steps taken at random moments, also amid syncs; everything the file system was asked, and what was confirmed when. */
async function life(fs: CrashFs, before: readonly Write[], seed: number, count: number, rotateBytes: number): Promise<Write[]> {
  const roll = dice(seed);
  const todo = steps(count, seed);
  const taken: Write[] = [...before];
  const store = await openStore(fs, { onDurable: (seq) => fs.note(seq), rotateBytes, markMs: 0 });
  const take = (): void => {
    for (const w of todo.shift() ?? []) {
      taken.push(w);
      store.take(w.op, w.slot, w.bytes as Uint8Array, taken.length);
    }
    store.flush();
  };
  fs.meanwhile = () => {
    if (roll(3) === 0) take();
  };
  while (todo.length > 0) {
    take();
    // Now and then long enough for the mark.
    for (let n = roll(12); n > 0; n--) await new Promise((done) => setImmediate(done));
    if (roll(6) === 0) await new Promise((done) => setTimeout(done, 2));
  }
  await store.close();
  return taken;
}

/** Every state that a loss of power may leave, or a sample of them. */
function* leavings(crash: Crash, roll: (n: number) => number): Generator<Files> {
  const n = crash.sectors.length;
  const sets = n <= ALL_BELOW ? Array.from({ length: 1 << n }, (_, bits) => (i: number) => (bits >> i) % 2 === 1) : sampled(n, roll);
  for (let changes = 0; changes <= crash.changes.length; changes++) for (const came of sets) yield left(crash, changes, came);
}

function sampled(n: number, roll: (n: number) => number): ((i: number) => boolean)[] {
  const some = Array.from({ length: SAMPLES }, () => {
    const bits = Array.from({ length: n }, () => roll(2) === 1);
    return (i: number) => bits[i];
  });
  const cut = roll(n);
  const one = roll(n);
  return [() => false, () => true, (i) => i < cut, (i) => i !== one, ...some];
}

/** Where among the first writes a disk stands; −1 = nowhere. */
function standsAt(text: string, taken: readonly Write[], from: number): number {
  // What has no header yet has not counted: it is given back as nothing.
  const headed = taken.findIndex((w) => w.op === 1) + 1;
  for (let n = from; n <= taken.length; n++) if (textOf(imageOf(n < headed ? [] : taken.slice(0, n))) === text) return n;
  return -1;
}

async function everyLoss(fs: CrashFs, taken: readonly Write[], confirmedBefore: number, roll: (n: number) => number): Promise<Files[]> {
  const kept: Files[] = [];
  const seen = new Map<string, number>();
  for (let n = 0; n <= fs.ops.length; n++) {
    const crash = fs.crash(n);
    const confirmed = Math.max(crash.note, confirmedBefore);
    for (const files of leavings(crash, roll)) {
      const { image, notes } = await opened(files);
      const text = textOf(image);
      const at = seen.get(text) ?? standsAt(text, taken, 0);
      seen.set(text, at);
      assert.ok(at >= 0, `after operation ${n}: what is there, no first writes have left`);
      const last = at >= confirmed || standsAt(text, taken, confirmed) >= 0;
      assert.ok(last, `after operation ${n}: ${confirmed} writes were confirmed, ${at} are there`);
      const damage = notes.filter((l) => !l.startsWith("identity is missing") && !l.endsWith("removed"));
      assert.deepEqual(damage, [], `after operation ${n}: a loss of power damages nothing`);
      if (roll(40) === 0) kept.push(files);
    }
  }
  return kept;
}

describe("loss of power", () => {
  for (const [name, rotateBytes] of [
    ["one generation", 1 << 20],
    ["a generation every few batches", 1_500],
  ] as const)
    it(`at every operation, ${name}`, async () => {
      for (let seed = SEED; seed < SEED + 4; seed++) {
        const fs = new CrashFs();
        const taken = await life(fs, [], seed, 14, rotateBytes);
        await everyLoss(fs, taken, 0, dice(seed + 100));
      }
    });

  it("again during the start after the first", async () => {
    const roll = dice(SEED + 7);
    const fs = new CrashFs();
    const taken = await life(fs, [], SEED + 7, 10, 1_500);
    const states = await everyLoss(fs, taken, 0, roll);
    for (const files of states.slice(0, 12)) {
      const { image } = await opened(files);
      const at = standsAt(textOf(image), taken, 0);
      const first = taken.slice(0, at);
      const again = new CrashFs(files);
      const more = await life(again, textOf(image) === "" ? [] : first, SEED + at, 3, 1 << 20);
      await everyLoss(again, more, textOf(image) === "" ? 0 : at, roll);
    }
  });

  it("the model itself: without the sync of the file, or of the folder, something confirmed is lost", async () => {
    for (const skipped of ["sync", "syncFolder"] as const) {
      const fs = new CrashFs();
      const taken = await life(fs, [], SEED, 10, 1_500);
      for (let i = fs.ops.length - 1; i >= 0; i--) if (fs.ops[i].op === skipped) fs.ops.splice(i, 1);
      await assert.rejects(everyLoss(fs, taken, 0, dice(SEED)), /were confirmed|no first writes|damages nothing|illegible|no log/, skipped);
    }
  });

  it("leaves no file behind but those that are known", async () => {
    const fs = new CrashFs();
    await life(fs, [], SEED, 10, 1_500);
    assert.deepEqual(await fs.list(FOLDER), ["log", "identity"]);
  });
});
