import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, it } from "node:test";
import { deathText, hunt, MUTANTS, mutantModules } from "./mutants.js";

/** Those that die within seconds; the others are killed by `npm run sim -- --mutants`. */
const SOON = Object.keys(MUTANTS).filter((name) => MUTANTS[name].expect <= 200);

describe("mutants that die within seconds", () => {
  it("are most of them", () => {
    assert.ok(SOON.length >= Object.keys(MUTANTS).length / 2, `${SOON.length} of ${Object.keys(MUTANTS).length}`);
  });
  for (const name of SOON)
    it(`${name}: ${MUTANTS[name].rule}`, async (t) => {
      const wasm = (await mutantModules([name])).get(name);
      assert.ok(wasm);
      const most = 10 * MUTANTS[name].expect;
      const death = await hunt(name, wasm, { seed: 1, seconds: 120, threads: Math.min(2, availableParallelism()), schedules: most });
      t.diagnostic(deathText(death));
      assert.ok(death.died, deathText(death));
    });
});
