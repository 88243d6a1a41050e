// Generates, from the ABI source abi/MODULE.toml, everything that repeats a number of it:
//   assembly/abi/MODULE.ts   constants and struct views of the core (offsets asserted at compile time)
//   host/core/abi/MODULE.ts  constants, struct layouts and the exports' types of the host
//   docs/abi/holdfast_MODULE.h, docs/abi/MODULE.md, abi/exports.txt
// `node abi/generate.mjs` writes, `--check` only compares and exits 1 if a file is stale.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { MODULES } from "../scripts/modules.mjs";
import { assemblyFile } from "./emit_assembly.mjs";
import { exportsFile, headerFile, referenceFile } from "./emit_docs.mjs";
import { hostFile } from "./emit_host.mjs";
import { resolve } from "./model.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

const abis = MODULES.map(({ name }) => resolve(parse(readFileSync(join(ROOT, "abi", `${name}.toml`), "utf8"))));
const files = new Map([["abi/exports.txt", exportsFile(abis)]]);
for (const abi of abis) {
  files.set(`assembly/abi/${abi.module}.ts`, assemblyFile(abi));
  files.set(`host/core/abi/${abi.module}.ts`, hostFile(abi));
  files.set(`docs/abi/holdfast_${abi.module}.h`, headerFile(abi));
  files.set(`docs/abi/${abi.module}.md`, referenceFile(abi));
}

const check = process.argv.includes("--check");
let stale = 0;
for (const [name, text] of files) {
  const path = join(ROOT, name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  stale++;
  if (check) {
    console.error(`${name} is not what abi/*.toml generates: run 'npm run abi'`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${name}`);
  }
}
if (check && stale > 0) process.exit(1);
