// Builds the mutants of clms.wasm: each is the module with one rule broken (assembly/clms/mutant.ts names them), so that
// the simulator can prove that it would notice.
//
//   node scripts/mutants.mjs [NAME…] [--force]   writes build/mutants/NAME.wasm, of all without a name
//   node scripts/mutants.mjs --list              prints the names
//
// A mutant is compiled as the release is, from a copy of the sources in which MUTANT is its number. One is fresh when it
// exists and the hash of all it is made from is the one noted; at most two are compiled at a time.
// pristine() compiles the sources with the switches cut out: its bytes must be those of the release (tests/abi).
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ascArguments, isSourceOf, MODULES } from "./modules.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const MODULE = MODULES.find((m) => m.name === "clms");
const SWITCHES = "assembly/clms/mutant.ts";
const OUT = join(ROOT, "build/mutants");
const NOTES = join(OUT, ".built.json");
const ASC = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
const AT_A_TIME = 2;

const read = (path) => readFileSync(join(ROOT, path), "utf8");

/** Every switch: name → number. */
function switches() {
  const found = [...read(SWITCHES).matchAll(/export const M_([A-Z_]+): u32 = (\d+);/g)].map(([, name, id]) => [name, Number(id)]);
  if (new Set(found.map(([, id]) => id)).size !== found.length || found.some(([, id]) => id === 0))
    throw new Error(`${SWITCHES}: two switches with one number, or one with 0`);
  return new Map(found);
}

/** Names of all mutants, without M_. */
export const mutantNames = () => [...switches().keys()];

/** Paths of the sources that clms.wasm is made from, in a fixed order. */
function sources() {
  const all = readdirSync(join(ROOT, "assembly"), { recursive: true, encoding: "utf8" }).map((f) => `assembly/${f}`);
  return all.filter((f) => isSourceOf(MODULE.name, f)).sort();
}

/** Compiles the release twin from the project's sources, each as `change` (path, text) returns it; none if it returns null. */
async function compile(out, change) {
  const work = mkdtempSync(join(tmpdir(), "holdfast-mutant-"));
  try {
    for (const f of sources()) {
      const text = change(f, read(f));
      mkdirSync(dirname(join(work, f)), { recursive: true });
      if (text !== null) writeFileSync(join(work, f), text);
    }
    cpSync(join(ROOT, "asconfig.json"), join(work, "asconfig.json"));
    await asc(work, ascArguments(MODULE, "release", "out.wasm"));
    // By rename, within one file system: nobody ever loads half a module.
    const next = `${out}.${process.pid}`;
    cpSync(join(work, "out.wasm"), next);
    renameSync(next, out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function asc(cwd, args) {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [ASC, ...args], { cwd });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        output += chunk;
      });
    child.on("error", failed);
    child.on("close", (code) => (code === 0 ? done() : failed(new Error(`asc failed:\n${output}`))));
  });
}

/** The module with its switches cut out, as if there had never been any. */
export function pristine(out) {
  return compile(out, (path, text) => {
    if (path === SWITCHES) return null;
    const cut = text.replace(/^import\s*\{[^}]*\}\s*from\s*"[^"]*\/mutant";\n/gm, "").replace(/\bmutant\(\s*M_[A-Z_]+\s*\)/g, "false");
    if (/\bM_[A-Z]|\bmutant\b\(/.test(cut)) throw new Error(`${path}: a switch that is not mutant(M_…)`);
    return cut;
  });
}

function mutant(name, id) {
  return compile(join(OUT, `${name}.wasm`), (path, text) => {
    if (path !== SWITCHES) return text;
    const on = text.replace("const MUTANT: u32 = 0;", `const MUTANT: u32 = ${id};`);
    if (on === text) throw new Error(`${SWITCHES}: MUTANT not found`);
    return on;
  });
}

const notes = () => (existsSync(NOTES) ? JSON.parse(readFileSync(NOTES, "utf8")) : {});

function sourceHash() {
  const hash = createHash("sha256").update(JSON.parse(read("node_modules/assemblyscript/package.json")).version);
  for (const f of [...sources(), "asconfig.json", "scripts/modules.mjs", relative(ROOT, fileURLToPath(import.meta.url))])
    hash.update(`\0${f}\0`).update(read(f));
  return hash.digest("hex");
}

/** Builds what is stale of these mutants; resolves to the paths of all, by name. Throws if there is no such switch. */
export async function buildMutants(names = mutantNames(), { force = false, tell = () => {} } = {}) {
  const ids = switches();
  const unknown = names.find((n) => !ids.has(n));
  if (unknown) throw new Error(`"${unknown}" is no mutant; their names are ${[...ids.keys()].join(" ")}`);
  mkdirSync(OUT, { recursive: true });
  const hash = sourceHash();
  const noted = force ? {} : notes();
  const path = (name) => join(OUT, `${name}.wasm`);
  const queue = names.filter((n) => noted[n] !== hash || !existsSync(path(n)));
  const worker = async () => {
    for (let name = queue.shift(); name; name = queue.shift()) {
      const start = performance.now();
      await mutant(name, ids.get(name));
      writeFileSync(`${NOTES}.${process.pid}`, `${JSON.stringify({ ...notes(), [name]: hash }, null, 2)}\n`);
      renameSync(`${NOTES}.${process.pid}`, NOTES);
      tell(`mutants: ${name}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return new Map(names.map((n) => [n, path(n)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const names = args.filter((a) => !a.startsWith("--"));
  try {
    const option = args.find((a) => a.startsWith("--") && a !== "--force" && a !== "--list");
    if (option) throw new Error(`"${option}" not understood; usage: node scripts/mutants.mjs [NAME…] [--force] | --list`);
    if (args.includes("--list")) console.log(mutantNames().join("\n"));
    else {
      const built = await buildMutants(names.length ? names : undefined, { force: args.includes("--force"), tell: console.log });
      console.log(`mutants: ${built.size} are built`);
    }
  } catch (error) {
    console.error(`mutants: ${error.message}`);
    process.exitCode = 1;
  }
}
