// Configurations far too large: refused in bounded time, with few words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "./helper.js";

/** CPU time, so that a busy machine does not fail this; what grows with the square of the size takes minutes. */
const LIMIT_MS = 10_000;
const GROUPS = 10_000;

function timed(what: () => string[]): string[] {
  const start = process.cpuUsage();
  const lines = what();
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  assert.ok(ms < LIMIT_MS, `${ms.toFixed(0)} ms`);
  return lines;
}

const groups = (n: number, more: string): string =>
  Array.from({ length: n }, (_, i) => `[[group]]\nname = "g${i}"\nmembers = ["e${i}"]\n${more}`).join("");

test("10,000 groups are one problem", () => {
  assert.deepEqual(
    timed(() => refusal(groups(GROUPS, ""))),
    ["1:1: group: found a list of 10000; allowed: 1 to 64 tables, each begun by a line [[group]]"],
  );
});

test("10,000 wrong groups: the first hundred problems, and how many more there are", () => {
  const lines = timed(() => refusal(groups(GROUPS, "polcy = 1\nmtu = 1\n"), 1));
  assert.equal(lines.length, 101);
  assert.match(lines[0], /^1:1: group: found a list of 10000/);
  assert.match(lines[1], /^4:1: group\[0\]\.polcy: unknown key; did you mean "policy"\?/);
  assert.equal(lines[100], "and 19901 problems more");
});

test("4,096 members, a million characters of a name, keys nested deeply: refused as such", () => {
  const many = Array.from({ length: 4096 }, (_, i) => `"e${i}"`).join(", ");
  assert.deepEqual(
    timed(() => refusal(`[[group]]\nname = "g"\nmembers = [${many}]\n`)),
    ["3:11: group[0].members: found a list of 4096; allowed: a list of 1 to 32 NICs"],
  );
  assert.match(
    timed(() => refusal(`[[group]]\nname = "${"x".repeat(1_000_000)}"\nmembers = ["e"]\n`))[0],
    /^2:8: group\[0\]\.name: found "x{40}…"; /,
  );
  assert.deepEqual(
    timed(() => refusal(`${"a.".repeat(100_000)}a = 1\n`, 1)),
    ["has tables more than 32 deep; allowed: the keys of the schema"],
  );
});
