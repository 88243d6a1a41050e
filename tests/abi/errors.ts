// The test of errnos, for any module: each one that the ABI source gives a function comes from it, by the case that the
// module's own test names, and then the state is what it was.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "smol-toml";

/** A call that is refused; returns what the function gave. */
export type Case = () => number;
/** One case for each (function, errno). */
export type Cases<Exports> = Partial<Record<Exclude<keyof Exports, "memory">, Record<string, Case>>>;

export interface Suite<Exports> {
  module: string;
  errno: Readonly<Record<string, number>>;
  cases: Cases<Exports>;
  /** functions that have a test of their own */
  elsewhere: readonly string[];
  /** makes the module as every case finds it */
  scene(): void;
  /** the state region */
  state(): Uint8Array;
  /** do earlier calls of this case, before the one that is refused, change the state? */
  prepared(name: string, errno: string): boolean;
}

/** Declares the tests. */
export function everyErrno<Exports>(suite: Suite<Exports>): void {
  const { module, errno, scene, state } = suite;
  const cases = suite.cases as Record<string, Record<string, Case> | undefined>;
  const source = parse(readFileSync(new URL(`../../../abi/${module}.toml`, import.meta.url), "utf8")) as unknown as {
    func: { name: string; errors?: string[] }[];
  };
  describe(`errors of ${module}: every errno that the ABI source gives a function comes from it, and then nothing has changed`, () => {
    for (const { name, errors = [] } of source.func) {
      if (errors.length === 0 || suite.elsewhere.includes(name)) continue;
      it(`${name}: ${errors.join(", ")}`, () => {
        const own = cases[name] ?? {};
        assert.deepEqual(Object.keys(own).sort(), [...errors].sort(), "one case for each errno, and no others");
        for (const [expected, call] of Object.entries(own)) {
          scene();
          const before = state().slice();
          assert.equal(call(), -errno[expected], `${name} should give ${expected}`);
          if (!suite.prepared(name, expected))
            assert.ok(Buffer.compare(before, state()) === 0, `${name} gave ${expected} but changed the state`);
        }
      });
    }
  });
}
