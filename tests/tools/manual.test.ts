// The manual and the shipped schema: as made from the tables, complete, and without a warning of whoever formats them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "../../host/cli/commands.js";
import { manualPages } from "../../host/cli/manual/pages.js";
import { page, paragraph, text } from "../../host/cli/manual/roff.js";
import { SCHEMA } from "../../host/config/schema.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const pages = manualPages();
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

test("docs/man and docs/holdfast.schema.json are as scripts/manual.mjs makes them", () => {
  assert.deepEqual(readdirSync(join(ROOT, "docs/man")).sort(), [...pages.keys()].sort());
  for (const [name, made] of pages) assert.equal(read(`docs/man/${name}`), made, `${name}: node scripts/manual.mjs`);
  assert.equal(read("docs/holdfast.schema.json"), `${JSON.stringify(SCHEMA, null, 2)}\n`);
  const done = spawnSync(process.execPath, [join(ROOT, "scripts/manual.mjs"), "--check"], { encoding: "utf8" });
  assert.deepEqual([done.status, done.stderr], [0, ""]);
});

test("every command and option, and every key of the configuration, has its place", () => {
  const manual = pages.get("holdfast.8") ?? "";
  for (const c of COMMANDS) {
    assert.ok(manual.includes(`.SS "holdfast ${text(c.name)}`), c.name);
    for (const o of c.options) assert.ok(manual.includes(text(`--${o.name}`)), `${c.name} --${o.name}`);
  }
  const configuration = pages.get("holdfast.toml.5") ?? "";
  for (const key of Object.keys(SCHEMA.properties.group.items.properties)) assert.ok(configuration.includes(`.B "${text(key)}"`), key);
  assert.ok(configuration.includes(`.B "${text("members[].standby")}"`));
});

test("text is text, whatever it looks like", () => {
  assert.equal(paragraph(".SH not -a\n'heading' \\fB"), ".PP\n\\&.SH not \\-a\n\\&'heading' \\efB\n");
  assert.equal(page("a\n\n\nb\n\n"), "a\nb\n");
});

test("groff formats every page without a warning, and shows the options", () => {
  if (!has("groff")) {
    console.log("groff is not here: the pages were not formatted");
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), "hfd-man-"));
  try {
    for (const [name, made] of pages) {
      const file = join(dir, name);
      writeFileSync(file, made);
      const done = spawnSync("groff", ["-man", "-ww", "-b", "-Tascii", file], { encoding: "utf8" });
      assert.deepEqual([done.status, done.stderr], [0, ""], name);
      assert.ok(done.stdout.includes(`${name.slice(0, -2)} - `), name);
    }
    writeFileSync(join(dir, "bad.8"), ".TH BAD 8\n.SH NAME\n.bogus\n");
    assert.notEqual(
      spawnSync("groff", ["-man", "-ww", "-Tascii", join(dir, "bad.8")], { encoding: "utf8" }).stderr,
      "",
      "the check can fail",
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});
