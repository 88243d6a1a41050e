import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "../sim/mutants.js";

// Its builder lives in scripts/, which is not compiled: found from dist/tests/abi.
interface Builder {
  mutantNames(): string[];
  pristine(out: string): Promise<void>;
  buildMutants(names?: string[]): Promise<Map<string, string>>;
}
const { mutantNames, pristine, buildMutants } = (await import(new URL("../../../scripts/mutants.mjs", import.meta.url).href)) as Builder;

const root = fileURLToPath(new URL("../../../", import.meta.url));
const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const release = join(root, "build/clms.wasm");

describe("mutants of clms.wasm", () => {
  it("the release holds no trace of them: sources with every switch cut out give the same bytes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-pristine-"));
    try {
      const out = join(folder, "clms.wasm");
      await pristine(out);
      assert.equal(sha256(out), sha256(release));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("each is another module than the release and than every other, with the same exports and memory", async () => {
    const built = await buildMutants();
    const shape = (path: string) => WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(path))).map((e) => e.name);
    const seen = new Map([[sha256(release), "the release"]]);
    for (const [name, path] of built) {
      const hash = sha256(path);
      assert.equal(seen.get(hash), undefined, `${name} is the same module as ${seen.get(hash)}: its switch is in no rule`);
      seen.set(hash, name);
      assert.deepEqual(shape(path), shape(release), name);
    }
  });

  it("the simulator knows each of them, and no other", () => {
    assert.deepEqual(Object.keys(MUTANTS), mutantNames());
  });
});
