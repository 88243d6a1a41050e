import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { LIMIT as CLMS_LIMIT } from "../../host/core/abi/clms.js";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { MODULES } from "./modules.js";

const EXPORTS_MAX = 48;
const MODULE_BYTES_MAX: Readonly<Record<string, number>> = { ipmp: 96 * 1024, clms: 64 * 1024 };
const PAGE_BYTES = 64 * 1024;
/** The section of a wasm file that says what memory it has. */
const MEMORY_SECTION = 5;

const root = new URL("../../../", import.meta.url);
const bytes = (path: string) => new Uint8Array(readFileSync(new URL(path, root)));
const text = (path: string) => readFileSync(new URL(path, root), "utf8");

const functions = (module: WebAssembly.Module) =>
  WebAssembly.Module.exports(module)
    .filter((e) => e.kind === "function")
    .map((e) => e.name)
    .sort();

/** Names of abi/exports.txt with a prefix, and the release above each. */
function listed(prefix: string): { name: string; release: string }[] {
  let since = "";
  const out: { name: string; release: string }[] = [];
  for (const line of text("abi/exports.txt").split("\n").filter(Boolean)) {
    if (line.startsWith("# ")) since = line.slice(2);
    else if (line.startsWith(prefix)) out.push({ name: line, release: since });
  }
  return out;
}

/** Reads an unsigned LEB128 number at `at`: [value, next]. */
function leb(data: Uint8Array, at: number): [number, number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = data[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

/** The limits of a module's one memory, in pages, from its memory section. */
function memoryLimits(data: Uint8Array): { minimum: number; maximum: number | undefined } {
  for (let at = 8; at < data.length; ) {
    const id = data[at];
    const [size, body] = leb(data, at + 1);
    if (id === MEMORY_SECTION) {
      const [count, flagsAt] = leb(data, body);
      assert.equal(count, 1, "one memory");
      const [minimum, next] = leb(data, flagsAt + 1);
      return { minimum, maximum: data[flagsAt] & 1 ? leb(data, next)[0] : undefined };
    }
    at = body + size;
  }
  throw new Error("no memory section");
}

/** A function of each module that its text form must show, as proof that this is its text form. */
const KNOWN: Record<string, string> = { ipmp: "ipmp_rx_batch", clms: "clms_msg_receive" };

for (const { name: module, pages, below } of MODULES)
  describe(`${module}.wasm: what it offers and what it needs`, () => {
    const files = [`build/${module}.wasm`, `build/${module}.debug.wasm`];
    const [release, debug] = files.map((path) => new WebAssembly.Module(bytes(path)));
    const names = listed(`${module}_`);

    it("exports exactly the functions of abi/exports.txt", () => {
      assert.deepEqual(functions(release), names.map((e) => e.name).sort());
    });

    it("exports nothing else but its memory", () => {
      const others = WebAssembly.Module.exports(release).filter((e) => e.kind !== "function");
      assert.deepEqual(others, [{ name: "memory", kind: "memory" }]);
    });

    it(`has at most ${EXPORTS_MAX} functions, each with the prefix ${module}_, each in a release`, () => {
      assert.ok(names.length > 0 && names.length <= EXPORTS_MAX, `${names.length} exports`);
      for (const { name, release: since } of names) {
        assert.match(name, /^[a-z]+(_[a-z]+)+$/);
        assert.match(since, /^\d+\.\d+\.\d+$/, `${name} stands under a release`);
      }
      assert.equal(new Set(names.map((e) => e.name)).size, names.length, "no name twice");
    });

    it("imports nothing", () => {
      assert.deepEqual(WebAssembly.Module.imports(release), []);
      assert.deepEqual(WebAssembly.Module.imports(debug), []);
    });

    it("has no runtime: its text form holds neither ~lib/rt/ nor memory.grow", () => {
      const wat = text(`build/${module}.wat`);
      assert.ok(wat.includes(`(export "${KNOWN[module]}"`), "this is the text form of the module");
      assert.ok(!wat.includes("~lib/rt/"), "a managed object pulled in the runtime");
      assert.ok(!wat.includes("memory.grow"), "memory grows");
    });

    it(`needs no start function: ${module}_init is the only beginning`, () => {
      assert.ok(!/\(start /.test(text(`build/${module}.wat`)));
    });

    it(`is at most ${MODULE_BYTES_MAX[module]} bytes`, (t) => {
      const { length } = bytes(files[0]);
      t.diagnostic(`${module}.wasm: ${length} bytes, ${names.length} functions, ${pages / 16} MiB of memory`);
      assert.ok(length <= MODULE_BYTES_MAX[module], `${length} bytes`);
    });

    it("has all its memory from the start: minimum and maximum are one", () => {
      for (const path of files) assert.deepEqual(memoryLimits(bytes(path)), { minimum: pages, maximum: pages }, path);
      if (below !== undefined) assert.ok(pages < below, `${pages} pages; less than ${below} are promised`);
      const memory = new WebAssembly.Instance(release).exports.memory as WebAssembly.Memory;
      assert.equal(memory.buffer.byteLength, pages * PAGE_BYTES);
      assert.throws(() => memory.grow(1), RangeError);
    });

    it("has a debug twin with the same exports", () => {
      const [a, b] = [debug, release].map((m) =>
        WebAssembly.Module.exports(m)
          .map((e) => `${e.kind} ${e.name}`)
          .sort(),
      );
      assert.deepEqual(a, b);
    });
  });

describe("abi/exports.txt", () => {
  it("lists no function of a module that is not built", () => {
    assert.equal(
      listed("").length,
      MODULES.reduce((sum, m) => sum + listed(`${m.name}_`).length, 0),
    );
  });
});

describe("limits that the design promises", () => {
  it("ipmp", () => {
    assert.ok(LIMIT.GRP_MAX >= 64, "groups");
    assert.ok(LIMIT.MEMBER_MAX >= 32, "members of a group");
    assert.ok(LIMIT.ADDR_MAX >= 4096, "data addresses of a group");
  });

  it("clms", () => {
    const { VOTER_MAX, NODE_MAX, SVC_MAX, CAND_MAX, SUBSYS_MAX, RING_MAX, META_MAX } = CLMS_LIMIT;
    assert.deepEqual([VOTER_MAX, NODE_MAX, SVC_MAX, CAND_MAX, SUBSYS_MAX, RING_MAX, META_MAX], [128, 1024, 64, 16, 16, 1024, 512]);
  });
});
