// Builds what is stale: build/*.wasm (release and debug twins) by asc, dist/ by tsc.
//
//   node scripts/build.mjs [wasm|host] [--force] [--out DIR]
//
// A target is fresh when its outputs exist and the hash of everything it is made from (sources, settings, compiler
// version) is the one noted at the last successful build. Modification times are not looked at: a checkout changes them.
// Outputs appear by rename, so that nobody ever loads half a module. --out builds the modules into another folder
// and notes nothing: the test of reproducibility uses it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ascArguments, isSourceOf, MODULES } from "./modules.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const HOST_ROOTS = ["host", "bench", "tests"];
const NOTES = join(ROOT, "build", ".built.json");

/** Files below a folder of the project, relative, in a fixed order. */
function filesBelow(folder, keep) {
  const out = [];
  const visit = (dir) => {
    for (const e of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(dir, e.name);
      if (e.isDirectory()) visit(path);
      else if (keep(path)) out.push(relative(ROOT, path));
    }
  };
  if (existsSync(join(ROOT, folder))) visit(join(ROOT, folder));
  return out;
}

/** One hash over names and contents of files, and over the version of the compiler. */
function hashOf(files, compiler) {
  const hash = createHash("sha256");
  hash.update(JSON.parse(readFileSync(join(ROOT, "node_modules", compiler, "package.json"), "utf8")).version);
  for (const f of files) hash.update(`\0${f}\0`).update(readFileSync(join(ROOT, f)));
  return hash.digest("hex");
}

const notes = () => (existsSync(NOTES) ? JSON.parse(readFileSync(NOTES, "utf8")) : {});

function note(target, hash) {
  const next = `${NOTES}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify({ ...notes(), [target]: hash }, null, 2)}\n`);
  renameSync(next, NOTES);
}

class Failed extends Error {}

/** Runs a compiler of node_modules; throws if it fails. */
function run(script, args) {
  const done = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], { cwd: ROOT, stdio: "inherit" });
  if (done.status !== 0) throw new Failed(`${script} ${args.join(" ")} failed`);
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Both twins of a module, into a folder of the same file system first (the map's name is written into the debug twin). */
function compile(module, folder) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, ".asc-"));
  try {
    const out = (ext) => relative(ROOT, join(work, `${module.name}.${ext}`));
    run("assemblyscript/bin/asc.js", ascArguments(module, "release", out("wasm"), ["-t", out("wat")]));
    run("assemblyscript/bin/asc.js", ascArguments(module, "debug", out("debug.wasm")));
    for (const f of readdirSync(work)) renameSync(join(work, f), join(folder, f));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function buildWasm({ force, out }) {
  for (const m of MODULES) {
    const sources = filesBelow("assembly", (p) => isSourceOf(m.name, relative(ROOT, p)));
    const hash = hashOf([...sources, "asconfig.json", "scripts/build.mjs", "scripts/modules.mjs"], "assemblyscript");
    const made = ["wasm", "wat", "debug.wasm"].map((ext) => join(ROOT, "build", `${m.name}.${ext}`));
    if (!out && !force && notes()[m.name] === hash && made.every(existsSync)) {
      console.log(`build: ${m.name}.wasm is fresh`);
      continue;
    }
    const start = performance.now();
    compile(m, out ?? join(ROOT, "build"));
    if (!out) note(m.name, hash);
    console.log(`build: ${m.name}.wasm and its debug twin, ${seconds(start)}`);
  }
}

/** Takes away what was compiled from a source that is gone: a removed test must not run on. */
function prune() {
  for (const root of HOST_ROOTS)
    for (const f of filesBelow(join("dist", root), (p) => /\.(d\.ts|js)$/.test(p))) {
      const source = relative("dist", f).replace(/\.(d\.ts|js)$/, ".ts");
      if (!existsSync(join(ROOT, source))) rmSync(join(ROOT, f));
    }
}

function buildHost({ force }) {
  const sources = HOST_ROOTS.flatMap((r) => filesBelow(r, (p) => p.endsWith(".ts")));
  const hash = hashOf([...sources, "tsconfig.json"], "typescript");
  const made = sources.filter((f) => !f.endsWith(".d.ts")).map((f) => join(ROOT, "dist", f.replace(/\.ts$/, ".js")));
  if (!force && notes().host === hash && made.every(existsSync)) {
    console.log("build: dist/ is fresh");
    return;
  }
  const start = performance.now();
  prune();
  run("typescript/bin/tsc", ["-p", "tsconfig.json"]);
  note("host", hash);
  console.log(`build: dist/ from ${made.length} files, ${seconds(start)}`);
}

/** Reads the command line; anything unknown ends the process. */
function options(argv) {
  const opts = { target: undefined, force: false, out: undefined };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === "--force") opts.force = true;
    else if (argv[i] === "--out" && argv[i + 1]) opts.out = resolve(argv[++i]);
    else if (["wasm", "host"].includes(argv[i]) && !opts.target) opts.target = argv[i];
    else {
      console.error(`build: "${argv[i]}" not understood; usage: node scripts/build.mjs [wasm|host] [--force] [--out DIR]`);
      process.exit(2);
    }
  }
  if (opts.out && opts.target !== "wasm") {
    console.error("build: --out is for the modules only: node scripts/build.mjs wasm --out DIR");
    process.exit(2);
  }
  return opts;
}

const opts = options(process.argv.slice(2));
mkdirSync(join(ROOT, "build"), { recursive: true });
try {
  if (opts.target !== "host") buildWasm(opts);
  if (opts.target !== "wasm") buildHost(opts);
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
