// Builds what is stale or asked for: build/*.wasm (release and debug twins) by asc, dist/ by tsc.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const MODULES = ["ipmp"];

/** Runs a command of node_modules; ends this process with its status if it fails. */
function run(script, args) {
  const done = spawnSync(process.execPath, [join(ROOT, "node_modules", script), ...args], { cwd: ROOT, stdio: "inherit" });
  if (done.status !== 0) {
    console.error(`build: ${script} ${args.join(" ")} failed`);
    process.exit(done.status ?? 1);
  }
}

mkdirSync(join(ROOT, "build"), { recursive: true });
const only = process.argv[2];
if (!only || only === "wasm")
  for (const m of MODULES) {
    run("assemblyscript/bin/asc.js", [`assembly/${m}.ts`, "--target", "release", "-o", `build/${m}.wasm`, "-t", `build/${m}.wat`]);
    run("assemblyscript/bin/asc.js", [`assembly/${m}.ts`, "--target", "debug", "-o", `build/${m}.debug.wasm`]);
  }
if (!only || only === "host") run("typescript/bin/tsc", ["-p", "tsconfig.json"]);
