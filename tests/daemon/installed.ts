// The program as if it were installed: a copy of the build in a folder of its own, which a test may change under a
// running daemon. What was loaded stays loaded, what is loaded later is the changed one.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export class Installed {
  readonly dir = mkdtempSync(join(tmpdir(), "hfd-installed-"));
  readonly cli = join(this.dir, "dist/host/cli/main.js");

  constructor(t: TestContext) {
    t.after(() => rmSync(this.dir, { recursive: true, force: true }));
    mkdirSync(join(this.dir, "build"));
    cpSync(join(ROOT, "dist/host"), join(this.dir, "dist/host"), { recursive: true });
    cpSync(join(ROOT, "build/ipmp.wasm"), join(this.dir, "build/ipmp.wasm"));
    cpSync(join(ROOT, "package.json"), join(this.dir, "package.json"));
    symlinkSync(join(ROOT, "node_modules"), join(this.dir, "node_modules"));
  }

  /** Replaces text of a file; returns a function that puts the file back. */
  change(file: string, from: string | RegExp, to: string): () => void {
    const path = join(this.dir, file);
    const before = readFileSync(path, "utf8");
    const after = before.replace(from, to);
    assert.notEqual(after, before, `${file} has no ${from}`);
    writeFileSync(path, after);
    return () => writeFileSync(path, before);
  }

  version(version: string): void {
    this.change("package.json", /"version": "[^"]*"/, `"version": "${version}"`);
  }
}
