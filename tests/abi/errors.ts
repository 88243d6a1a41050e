// The test of errnos, for any module: each one that the ABI source gives a function comes from it, by the case that the
// module's own test names, and then the state is what it was; and no other one ever does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "smol-toml";

/** A call that is refused; returns what the function gave. */
export type Case = () => number;
/** One case for each (function, errno). */
export type Cases<Exports> = Partial<Record<Exclude<keyof Exports, "memory">, Record<string, Case>>>;
type Call = (...args: number[]) => number;

export interface Func {
  name: string;
  args: unknown[];
  errors: string[];
}

export interface Suite<Exports> {
  module: string;
  errno: Readonly<Record<string, number>>;
  cases: Cases<Exports>;
  /** functions that have a test of their own */
  elsewhere: readonly string[];
  /** makes the module as this case finds it */
  scene(call: Case): void;
  /** the state region */
  state(): Uint8Array;
  /** do earlier calls of this case, before the one that is refused, change the state? */
  prepared(name: string, errno: string): boolean;
  /** what an errno may leave behind in the state: offset, bytes */
  told?: readonly (readonly [number, number])[];
}

/** The functions of a module, in the order of their export. */
export function functionsOf(module: string): Func[] {
  const source = parse(readFileSync(new URL(`../../../abi/${module}.toml`, import.meta.url), "utf8")) as unknown as {
    func: { name: string; args: unknown[]; errors?: string[] }[];
  };
  return source.func.map((f) => ({ ...f, errors: f.errors ?? [] }));
}

/** The exports of a module, each of which throws if it gives an errno that the ABI source does not list for it. */
export function judged<Exports extends object>(module: string, exports: Exports, errno: Readonly<Record<string, number>>): Exports {
  const calls = Object.entries(exports) as [string, unknown][];
  const name = (result: number) => Object.keys(errno).find((e) => errno[e] === -result) ?? `errno ${-result}`;
  const judge = (f: Func, call: Call): Call => {
    const listed = new Set(f.errors.map((e) => -errno[e]));
    return (...args) => {
      const result = call(...args);
      if (result < 0 && result > -4096) assert.ok(listed.has(result), `${f.name}(${args}) gave ${name(result)}, which is not listed`);
      return result;
    };
  };
  const functions = new Map(functionsOf(module).map((f) => [f.name, f]));
  return Object.fromEntries(
    calls.map(([key, value]) => {
      const f = functions.get(key);
      return [key, f ? judge(f, value as Call) : value];
    }),
  ) as Exports;
}

const MANY = 900;

/** Arguments for a call: every combination of these values, or evenly many of them where there are too many. */
export function* combinations(arity: number, values: readonly number[]): Generator<number[]> {
  const all = values.length ** arity;
  // A step that shares no factor with the number of values goes through all places of each argument.
  const step = Math.max(1, Math.ceil(all / MANY)) | 1;
  for (let n = 0; n < all; n += step)
    yield Array.from({ length: arity }, (_, i) => values[Math.floor(n / values.length ** i) % values.length]);
}

/** Declares the tests. */
export function everyErrno<Exports>(suite: Suite<Exports>): void {
  const { module, errno, scene } = suite;
  const cases = suite.cases as Record<string, Record<string, Case> | undefined>;
  const state = () => {
    const bytes = suite.state().slice();
    for (const [at, size] of suite.told ?? []) bytes.fill(0, at, at + size);
    return bytes;
  };
  const functions = functionsOf(module);
  describe(`errors of ${module}: every errno that the ABI source gives a function comes from it, and then nothing has changed`, () => {
    it("there are cases for functions that there are, and for no others", () => {
      const refusing = functions.filter((f) => f.errors.length > 0 && !suite.elsewhere.includes(f.name)).map((f) => f.name);
      assert.deepEqual(Object.keys(cases).sort(), refusing.sort());
    });
    for (const { name, errors } of functions) {
      if (errors.length === 0 || suite.elsewhere.includes(name)) continue;
      it(`${name}: ${errors.join(", ")}`, () => {
        const own = cases[name] ?? {};
        assert.deepEqual(Object.keys(own).sort(), [...errors].sort(), "one case for each errno, and no others");
        for (const [expected, call] of Object.entries(own)) {
          scene(call);
          const before = state();
          assert.equal(call(), -errno[expected], `${name} should give ${expected}`);
          if (!suite.prepared(name, expected))
            assert.ok(Buffer.compare(before, state()) === 0, `${name} gave ${expected} but changed the state`);
        }
      });
    }
  });
}
