// Every item of the list of behaviours R8 has a test whose name begins with it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { projectFiles } = (await import(new URL("scripts/tidy.mjs", `file://${root}`).href)) as { projectFiles(): string[] };

/** Items of R8. */
const ITEMS = 34;
/** The beginning of a test: its name may name several items, "conformance R8.29, R8.30: …". */
const NAMED = /\b(?:test|it)\(\s*["'`]conformance (R8\.\d+(?:, R8\.\d+)*)\b/g;

/** The items that tests of a source text are named after. */
const itemsOf = (text: string): number[] =>
  [...text.matchAll(NAMED)].flatMap(([, names]) => names.split(", ").map((name) => Number(name.slice("R8.".length))));

test("every item of R8 has a test whose name begins with it, and no test names another", () => {
  const files = projectFiles().filter((f) => /^tests\/(?!tidy\/).*\.test\.ts$/.test(f));
  const named = new Set(files.flatMap((f) => itemsOf(readFileSync(join(root, f), "utf8"))));
  const items = Array.from({ length: ITEMS }, (_, i) => i + 1);
  assert.deepEqual(
    items.filter((n) => !named.has(n)),
    [],
    "items without a test",
  );
  assert.deepEqual(
    [...named].filter((n) => !items.includes(n)),
    [],
    "items that there are not",
  );
});

test("names are read as they stand: one item, several, in a template, and none elsewhere", () => {
  const quoted = ['test("conformance R8.7: a", x)', "it(`conformance R8.29, R8.30: $", 'test("R8.8")', 'test("conformance R2.4")'];
  assert.deepEqual(itemsOf(quoted.join("\n")), [7, 29, 30]);
});
