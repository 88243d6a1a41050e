import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";

const EXPORTS_MAX = 48;
const MODULE_BYTES_MAX = 64 * 1024;
/** The sections of a wasm file that say what memory it has. */
const MEMORY_SECTION = 5;

const root = new URL("../../../", import.meta.url);
const bytes = (path: string) => new Uint8Array(readFileSync(new URL(path, root)));
const text = (path: string) => readFileSync(new URL(path, root), "utf8");

const release = new WebAssembly.Module(bytes("build/ipmp.wasm"));
const debug = new WebAssembly.Module(bytes("build/ipmp.debug.wasm"));

const functions = (module: WebAssembly.Module) =>
  WebAssembly.Module.exports(module)
    .filter((e) => e.kind === "function")
    .map((e) => e.name)
    .sort();

/** Names of abi/exports.txt, with the release above each. */
function listed(): { name: string; release: string }[] {
  let since = "";
  const out: { name: string; release: string }[] = [];
  for (const line of text("abi/exports.txt").split("\n").filter(Boolean)) {
    if (line.startsWith("# ")) since = line.slice(2);
    else out.push({ name: line, release: since });
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

describe("ipmp.wasm: what it offers and what it needs", () => {
  it("exports exactly the functions of abi/exports.txt", () => {
    assert.deepEqual(
      functions(release),
      listed()
        .map((e) => e.name)
        .sort(),
    );
  });

  it("exports nothing else but its memory", () => {
    const others = WebAssembly.Module.exports(release).filter((e) => e.kind !== "function");
    assert.deepEqual(others, [{ name: "memory", kind: "memory" }]);
  });

  it(`has at most ${EXPORTS_MAX} functions, each with the prefix ipmp_, each in a release`, () => {
    const names = listed();
    assert.ok(names.length <= EXPORTS_MAX, `${names.length} exports`);
    for (const { name, release: since } of names) {
      assert.match(name, /^ipmp_[a-z]+(_[a-z]+)*$/);
      assert.match(since, /^\d+\.\d+\.\d+$/, `${name} stands under a release`);
    }
    assert.equal(new Set(names.map((e) => e.name)).size, names.length, "no name twice");
  });

  it("imports nothing", () => {
    assert.deepEqual(WebAssembly.Module.imports(release), []);
    assert.deepEqual(WebAssembly.Module.imports(debug), []);
  });

  it("has no runtime: its text form holds neither ~lib/rt/ nor memory.grow", () => {
    const wat = text("build/ipmp.wat");
    assert.ok(wat.includes('(export "ipmp_rx_batch"'), "this is the text form of the module");
    assert.ok(!wat.includes("~lib/rt/"), "a managed object pulled in the runtime");
    assert.ok(!wat.includes("memory.grow"), "memory grows");
  });

  it("needs no start function: ipmp_init is the only beginning", () => {
    assert.ok(!/\(start /.test(text("build/ipmp.wat")));
  });

  it(`is at most ${MODULE_BYTES_MAX} bytes`, (t) => {
    const { length } = bytes("build/ipmp.wasm");
    t.diagnostic(`ipmp.wasm: ${length} bytes, ${listed().length} functions`);
    assert.ok(length <= MODULE_BYTES_MAX, `${length} bytes`);
  });

  it("has all its memory from the start: minimum and maximum are one", () => {
    for (const path of ["build/ipmp.wasm", "build/ipmp.debug.wasm"]) {
      const { minimum, maximum } = memoryLimits(bytes(path));
      assert.equal(maximum, minimum, path);
    }
    const { exports } = new WebAssembly.Instance(release);
    assert.throws(() => (exports.memory as WebAssembly.Memory).grow(1), RangeError);
  });

  it("has a debug twin with the same exports", () => {
    assert.deepEqual(
      WebAssembly.Module.exports(debug)
        .map((e) => `${e.kind} ${e.name}`)
        .sort(),
      WebAssembly.Module.exports(release)
        .map((e) => `${e.kind} ${e.name}`)
        .sort(),
    );
  });

  it("keeps the limits that the design promises", () => {
    assert.ok(LIMIT.GRP_MAX >= 64, "groups");
    assert.ok(LIMIT.MEMBER_MAX >= 32, "members of a group");
    assert.ok(LIMIT.ADDR_MAX >= 4096, "data addresses of a group");
  });
});
