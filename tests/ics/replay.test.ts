import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReplayWindow, WINDOW } from "../../host/ics/replay.js";

test("replay window: as a set that remembers everything, but for what is too old", () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: -80, max: 80 }), fc.integer({ min: -3 * WINDOW, max: 3 * WINDOW })), {
    maxLength: 400,
  });
  fc.assert(
    fc.property(steps, (jumps) => {
      const window = new ReplayWindow();
      const taken = new Set<number>();
      let top = 0;
      for (const jump of jumps) {
        const n = Math.max(1, top + jump);
        const fresh = n > top - WINDOW && !taken.has(n);
        assert.equal(window.isFresh(n), fresh, `${n} below ${top}`);
        if (!fresh) continue;
        window.take(n);
        taken.add(n);
        top = Math.max(top, n);
        assert.equal(window.isFresh(n), false);
      }
      assert.equal(window.top, top);
    }),
  );
});

test("replay window: any order within the window is taken once each", () => {
  const window = new ReplayWindow();
  const numbers = Array.from({ length: WINDOW }, (_, i) => i + 1).reverse();
  for (const n of numbers) {
    assert.ok(window.isFresh(n), String(n));
    window.take(n);
  }
  for (const n of numbers) assert.ok(!window.isFresh(n));
  window.take(WINDOW + 1);
  assert.ok(!window.isFresh(1));
  assert.ok(!window.isFresh(0));
  assert.ok(WINDOW >= 1_024);
});

test("replay window: what was taken a window ago does not make the number fresh or stale that has its place now", () => {
  const window = new ReplayWindow();
  for (const n of [10, 1_500, 2_500]) window.take(n);
  assert.ok(window.isFresh(10 + WINDOW));
  assert.ok(!window.isFresh(1_500));
  assert.ok(window.isFresh(1_501));
});

test("replay window: a look changes nothing", () => {
  const window = new ReplayWindow();
  window.take(5);
  window.isFresh(1_000_000);
  assert.equal(window.top, 5);
  assert.ok(window.isFresh(4));
});
