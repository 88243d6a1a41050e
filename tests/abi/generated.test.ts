import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import * as clms from "../../host/core/abi/clms.js";
import * as ipmp from "../../host/core/abi/ipmp.js";
import { MODULES } from "./modules.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const run = (cmd: string, args: string[]) => spawnSync(cmd, args, { cwd: root, encoding: "utf8" });
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const hasGcc = spawnSync("gcc", ["--version"]).status === 0;

const STRICT = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
const CONSTANTS: [string, object][] = [
  ["ipmp", ipmp],
  ["clms", clms],
];

/** Structs of a module's host constants: [name, its C type, { SIZE, field: offset }]; no fewer than the source has. */
function structs(module: string, abi: object): [string, string, Record<string, number>][] {
  const source = parse(readFileSync(join(root, `abi/${module}.toml`), "utf8")) as unknown as { struct: { name: string }[] };
  return source.struct.map(({ name }) => {
    const layout = (abi as Record<string, Record<string, number>>)[name];
    assert.ok(layout?.SIZE > 0, `${name} is not among the host's constants`);
    return [name, `struct ${module}_${name.toLowerCase()}`, layout];
  });
}

describe("what is generated", () => {
  it("constants, header, reference page and export list are what abi/*.toml says", () => {
    const done = run(process.execPath, ["abi/generate.mjs", "--check"]);
    assert.equal(done.status, 0, done.stderr);
  });

  it("this test knows every module", () => {
    assert.deepEqual(
      CONSTANTS.map(([name]) => name),
      MODULES.map((m) => m.name),
    );
  });

  for (const [module, abi] of CONSTANTS) {
    it(`the C header of ${module} compiles without a warning`, { skip: hasGcc ? false : "needs gcc" }, () => {
      const done = run("gcc", [...STRICT, "-x", "c", `docs/abi/holdfast_${module}.h`]);
      assert.equal(done.status, 0, done.stderr);
    });

    it(`a C compiler puts every field of ${module} where the host's constants say`, { skip: hasGcc ? false : "needs gcc" }, () => {
      const lines = [`#include "holdfast_${module}.h"`, "#include <stddef.h>"];
      for (const [name, type, { SIZE, ...fields }] of structs(module, abi)) {
        lines.push(`_Static_assert(sizeof(${type}) == ${SIZE}, "${name}");`);
        for (const [field, off] of Object.entries(fields))
          lines.push(`_Static_assert(offsetof(${type}, ${field}) == ${off}, "${name}.${field}");`);
      }
      const done = spawnSync("gcc", [...STRICT, "-I", "docs/abi", "-x", "c", "-"], {
        cwd: root,
        encoding: "utf8",
        input: `${lines.join("\n")}\n`,
      });
      assert.equal(done.status, 0, done.stderr);
    });
  }

  it("the headers of all modules go together in one program", { skip: hasGcc ? false : "needs gcc" }, () => {
    const input = MODULES.map((m) => `#include "holdfast_${m.name}.h"\n`).join("");
    const done = spawnSync("gcc", [...STRICT, "-I", "docs/abi", "-x", "c", "-"], { cwd: root, encoding: "utf8", input });
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
      const each = ["debug.wasm", "debug.wasm.map", "wasm", "wat"];
      assert.deepEqual(names, MODULES.flatMap((m) => each.map((ext) => `${m.name}.${ext}`)).sort());
      for (const name of names) {
        assert.equal(sha256(join(folders[1], name)), sha256(join(folders[0], name)), name);
        assert.equal(sha256(join(root, "build", name)), sha256(join(folders[0], name)), `build/${name}`);
      }
    } finally {
      for (const f of folders) rmSync(f, { recursive: true, force: true });
    }
  });
});
