import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as abi from "../../host/core/abi/ipmp.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const run = (cmd: string, args: string[]) => spawnSync(cmd, args, { cwd: root, encoding: "utf8" });
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const hasGcc = spawnSync("gcc", ["--version"]).status === 0;

describe("what is generated", () => {
  it("constants, header, reference page and export list are what abi/*.toml says", () => {
    const done = run(process.execPath, ["abi/generate.mjs", "--check"]);
    assert.equal(done.status, 0, done.stderr);
  });

  it("the C header compiles without a warning", { skip: hasGcc ? false : "needs gcc" }, () => {
    const done = run("gcc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "docs/abi/holdfast_ipmp.h"]);
    assert.equal(done.status, 0, done.stderr);
  });

  it("a C compiler puts every field where the host's constants say", { skip: hasGcc ? false : "needs gcc" }, () => {
    const structs = Object.entries(abi).filter(([, value]) => typeof value === "object" && "SIZE" in value) as [
      string,
      Record<string, number>,
    ][];
    assert.ok(structs.length >= 14);
    const lines = ['#include "holdfast_ipmp.h"', "#include <stddef.h>"];
    for (const [name, { SIZE, ...fields }] of structs) {
      const type = `struct ipmp_${name.toLowerCase()}`;
      lines.push(`_Static_assert(sizeof(${type}) == ${SIZE}, "${name}");`);
      for (const [field, off] of Object.entries(fields))
        lines.push(`_Static_assert(offsetof(${type}, ${field}) == ${off}, "${name}.${field}");`);
    }
    const args = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", "docs/abi", "-x", "c", "-"];
    const done = spawnSync("gcc", args, { cwd: root, encoding: "utf8", input: `${lines.join("\n")}\n` });
    assert.equal(done.status, 0, done.stderr);
  });

  it("two builds of the modules are the same, byte for byte, and the same as build/", () => {
    const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), "holdfast-build-")));
    try {
      for (const f of folders) {
        const done = run(process.execPath, ["scripts/build.mjs", "wasm", "--out", f]);
        assert.equal(done.status, 0, done.stderr);
      }
      const names = readdirSync(folders[0]).sort();
      assert.deepEqual(names, ["ipmp.debug.wasm", "ipmp.debug.wasm.map", "ipmp.wasm", "ipmp.wat"]);
      for (const name of names) {
        assert.equal(sha256(join(folders[1], name)), sha256(join(folders[0], name)), name);
        assert.equal(sha256(join(root, "build", name)), sha256(join(folders[0], name)), `build/${name}`);
      }
    } finally {
      for (const f of folders) rmSync(f, { recursive: true, force: true });
    }
  });
});
