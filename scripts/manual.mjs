// Writes what is made from the host's tables for people and editors: the manual (docs/man) and the JSON Schema of the
// configuration (docs/holdfast.schema.json).
//
//   node scripts/manual.mjs [--check]
//
// Reads dist/: build first. --check writes nothing and fails if something is not as it would be written.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const { manualPages } = await import(join(ROOT, "dist/host/cli/manual/pages.js"));
const { SCHEMA } = await import(join(ROOT, "dist/host/config/schema.js"));

const files = new Map([...manualPages()].map(([name, text]) => [`docs/man/${name}`, text]));
files.set("docs/holdfast.schema.json", `${JSON.stringify(SCHEMA, null, 2)}\n`);
mkdirSync(join(ROOT, "docs/man"), { recursive: true });
const extra = readdirSync(join(ROOT, "docs/man")).map((f) => `docs/man/${f}`);
const stale = [...files].filter(([path, text]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), "utf8") !== text);
const gone = extra.filter((path) => !files.has(path));

if (process.argv[2] === "--check") {
  for (const path of [...stale.map(([path]) => path), ...gone]) console.error(`manual: ${path} is not as made: node scripts/manual.mjs`);
  process.exitCode = stale.length + gone.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) writeFileSync(join(ROOT, path), text);
  for (const path of gone) rmSync(join(ROOT, path));
  console.log(`manual: ${stale.length} files written, ${gone.length} removed`);
}
