// The checks that need a second instance, or a second run, fire when that one behaves otherwise; and, with the real
// module, they are asked and hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Page } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { Id } from "./recorder/ids.js";
import { Spares } from "./recorder/spare.js";
import { type Outcome, Runner, type RunOptions, twice } from "./run.js";
import { type Ask, modeRow } from "./scenario.js";

const module = await Clms.compile();

function ask(seed: number): Ask {
  const row = modeRow("majority");
  assert.ok(row);
  return { seed, nodes: [3, 5], row, faults: ["crash", "net"] };
}

/** Runs seeds until the invariant breaks; the number of times that it was asked. */
function hunt(runner: Runner, id: Id, seeds: number): { found: boolean; asked: number } {
  let asked = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const out = runner.run(ask(seed), { every: 1, only: id });
    asked += out.asked.find(([x]) => x === id)?.[1] ?? 0;
    if (out.violations.some((v) => v.id === id)) return { found: true, asked };
  }
  return { found: false, asked };
}

/** An instance that takes a record in again each time it is given: what S13 is there for. */
class Forgetful extends Clms {
  override receive(bytes: Uint8Array): number {
    const verdict = super.receive(bytes);
    this.dv.setUint32(this.page + Page.promised, this.dv.getUint32(this.page + Page.promised, true) + 1, true);
    return verdict;
  }
}

test("S13 fires if a message given twice does something twice", () => {
  const spares = new Spares(module);
  Object.assign(spares, { one: new Forgetful(module) });
  assert.ok(hunt(new Runner(module, spares), "S13", 20).found);
});

test("S14 fires if the order of reports shows in the canonical list", () => {
  const spares = new Spares(module);
  let order = 0;
  const x = { ...spares.one.x, clms_merge_finish: () => -(++order % 3) - 1 };
  Object.defineProperty(spares.one, "x", { value: x });
  assert.ok(hunt(new Runner(module, spares), "S14", 40).found);
});

for (const id of ["S13", "S14"] as const)
  test(`${id} is asked, and holds`, () => {
    const { found, asked } = hunt(new Runner(module), id, 25);
    assert.equal(found, false);
    assert.ok(asked > 10, `asked ${asked} times`);
  });

/** A runner that does not do the same again. */
class Fickle extends Runner {
  override run(given: Ask, options: RunOptions = {}): Outcome {
    const out = super.run(given, options);
    return { ...out, hash: `${out.hash}${options.move ? "moved" : "again"}` };
  }
}

test("S47 and S48 fire if a run does not repeat", () => {
  const first = new Runner(module).run(ask(3));
  assert.deepEqual(
    twice(new Fickle(module), ask(3), first).map((v) => v.id),
    ["S47", "S48"],
  );
});

test("S47 and S48 hold", () => {
  const runner = new Runner(module);
  for (const seed of [1, 2, 3, 4, 5]) {
    const out = runner.run(ask(seed));
    assert.deepEqual(twice(runner, ask(seed), out), []);
  }
});
