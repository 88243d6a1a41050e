// Runs every check of the project and counts.
//
//   node scripts/test.mjs [--list] [PATTERN…]      only what has one of the patterns in its name
//
// Checks: lint, freshness of generated files, as-pect specs of the core (assembly/**/__tests__), node tests (tests/**).
// Node tests that use network namespaces or the kernel's devices come when all others are done: they mostly wait, so two
// run at a time, each in namespaces of its own. What loads the machine to measure it comes last, one after another.
// A line a check; what a test printed is shown only if it failed. The last line is "N passed, N failed, N skipped".
// With CI=true a skipped test counts as failed: on the machine that decides, everything must have run.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const FILE_LIMIT_MS = 15 * 60_000;
const OUTPUT_LINES_MAX = 60;
/** Whoever imports one of these, directly or not, uses devices. */
const DEVICES = /\/dist\/host\/(lab\/|io\/ffi\.js)/;
/** Of those, the ones that run alone. */
const LOADED = /^tests\/(bench|chaos)\//;
const CI = process.env.CI === "true";
/** as-pect colours its output whatever it is told. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

const children = new Set();

/** Runs a Node script to its end; resolves to { status, output, ms }. */
function node(args, env = {}) {
  return new Promise((done) => {
    const start = performance.now();
    const { FORCE_COLOR: _, ...inherited } = process.env;
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...inherited, NO_COLOR: "1", ...env } });
    children.add(child);
    let output = "";
    const take = (chunk) => {
      output += chunk;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const timer = setTimeout(() => {
      output += `\nended: it took longer than ${FILE_LIMIT_MS / 60_000} minutes`;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 5_000).unref();
    }, FILE_LIMIT_MS);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      done({ status: code ?? signal, output: output.replace(COLOURS, ""), ms: performance.now() - start });
    });
  });
}

/** A check that passes or fails as a whole. */
const command = (name, args) => ({
  name,
  async run() {
    const { status, output, ms } = await node(args);
    const failures = status === 0 ? [] : [{ name, text: output }];
    return { passed: status === 0 ? 1 : 0, failures, skips: [], remarks: [], ms };
  },
});

/** An as-pect spec, in a process of its own, so that one that does not compile does not hide the others. */
const spec = (file) => ({
  name: file,
  async run() {
    const { status, output, ms } = await node(["node_modules/@as-pect/cli/bin/asp.js", "--no-logo"], { HOLDFAST_SPECS: file });
    const [, pass, total] = /\[Tests\]: (\d+) \/ (\d+)/.exec(output) ?? [0, 0, 0];
    const failures = [];
    const text = output.replace(/^[\s\S]*?ASC Version: .*\n/, "").replace(/\n\s*\[Summary\][\s\S]*$/, "");
    for (let i = Number(pass); i < Number(total); i++) failures.push({ name: file, text: failures.length === 0 ? text : "(see above)" });
    if (failures.length === 0 && (status !== 0 || Number(total) === 0)) failures.push({ name: file, text });
    return { passed: Number(pass), failures, skips: [], remarks: [], ms };
  },
});

/** A compiled file of node tests. */
const nodeTest = (source) => ({
  name: source,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-test-"));
    const report = join(folder, "report");
    try {
      const flags = [`--test-reporter=${join(ROOT, "scripts/reporter.mjs")}`, `--test-reporter-destination=${report}`];
      const { status, output, ms } = await node([...flags, compiled(source)]);
      const lines = existsSync(report) ? readFileSync(report, "utf8").split("\n").filter(Boolean) : [];
      return { ...tally(source, lines, status, output), ms };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

function tally(source, lines, status, output) {
  const entries = lines.map((l) => JSON.parse(l));
  const of = (kind) => entries.filter((e) => e.kind === kind);
  const failures = of("fail").map((e) => ({ name: `${source}: ${e.name}`, text: e.error }));
  if (failures.length > 0 && output.trim()) failures.at(-1).text += `\n-- output of ${source}\n${output}`;
  if (failures.length === 0 && status !== 0) failures.push({ name: source, text: `${output}\nended with ${status}` });
  if (entries.length === 0 && status === 0) failures.push({ name: source, text: "holds no test" });
  const skips = of("skip").map((e) => `${source}: ${e.name}${e.why && e.why !== "true" ? ` (${e.why})` : ""}`);
  return { passed: of("pass").length, failures, skips, remarks: of("remark").map((e) => e.text) };
}

const compiled = (source) => join("dist", source.replace(/\.ts$/, ".js"));

function find(folder, keep) {
  if (!existsSync(join(ROOT, folder))) return [];
  const all = readdirSync(join(ROOT, folder), { recursive: true }).map((f) => join(folder, f));
  return all.filter(keep).sort();
}

/** Whether a compiled file reaches, through its imports, namespaces or devices. */
function usesDevices(file, seen = new Set()) {
  if (DEVICES.test(file)) return true;
  if (seen.has(file) || !existsSync(file)) return false;
  seen.add(file);
  const imports = readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...imports].some(([, to]) => usesDevices(resolve(dirname(file), to), seen));
}

/** All checks, in groups: [checks, how many at a time]. */
function plan() {
  const fixed = [
    command("lint: biome", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "--colors=off", "."]),
    command("lint: tidy", ["scripts/tidy.mjs"]),
    command("generated: what abi/*.toml says", ["abi/generate.mjs", "--check"]),
    command("generated: docs/states.md", ["scripts/states.mjs", "--check"]),
  ];
  const specs = find("assembly", (f) => f.includes("__tests__") && f.endsWith(".spec.ts"));
  const tests = find("tests", (f) => f.endsWith(".test.ts"));
  const onDevices = tests.filter((f) => usesDevices(join(ROOT, compiled(f))));
  const together = tests.filter((f) => !onDevices.includes(f));
  const alone = onDevices.filter((f) => LOADED.test(f));
  const wide = Math.max(1, Math.min(4, availableParallelism()));
  return [
    [[...fixed, ...specs.map(spec), ...together.map(nodeTest)], wide],
    [onDevices.filter((f) => !alone.includes(f)).map(nodeTest), 2],
    [alone.map(nodeTest), 1],
  ];
}

const shorten = (text) => {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= OUTPUT_LINES_MAX) return lines;
  return [...lines.slice(0, 20), `… ${lines.length - OUTPUT_LINES_MAX} lines left out …`, ...lines.slice(20 - OUTPUT_LINES_MAX)];
};

const indented = (lines) => lines.map((l) => `       ${l}`).join("\n");

function print(check, result) {
  const { passed, failures, skips, remarks, ms } = result;
  const counts = [`${passed} passed`];
  if (failures.length) counts.push(`${failures.length} FAILED`);
  if (skips.length) counts.push(`${skips.length} skipped`);
  const mark = failures.length ? "FAIL" : skips.length && !passed ? "skip" : "ok  ";
  console.log(`${mark}   ${check.name.padEnd(56)} ${counts.join(", ")}  ${(ms / 1000).toFixed(1)} s`);
  if (remarks.length) console.log(indented(remarks));
  for (const f of failures) console.log(`\n     ✗ ${f.name}\n${indented(shorten(f.text))}\n`);
}

/** Runs checks, at most `wide` at a time; prints each as it ends; resolves to their results. */
async function runAll(checks, wide) {
  const queue = [...checks];
  const results = [];
  const worker = async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      const result = await check.run();
      print(check, result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: wide }, worker));
  return results;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
])
  process.once(signal, () => {
    for (const child of children) child.kill("SIGTERM");
    process.exit(code);
  });

const args = process.argv.slice(2);
const patterns = args.filter((a) => !a.startsWith("-"));
const wanted = (check) => patterns.length === 0 || patterns.some((p) => check.name.includes(p));
const groups = plan().map(([checks, wide]) => [checks.filter(wanted), wide]);

if (args.includes("--list")) {
  for (const [checks, wide] of groups) for (const c of checks) console.log(`${wide === 1 ? "alone   " : "together"}  ${c.name}`);
  process.exit(0);
}
if (groups.every(([checks]) => checks.length === 0)) {
  console.error(
    `test: nothing has ${patterns.map((p) => `"${p}"`).join(" or ")} in its name; node scripts/test.mjs --list shows the names`,
  );
  process.exit(2);
}

const results = [];
for (const [checks, wide] of groups) results.push(...(await runAll(checks, wide)));

const skips = results.flatMap((r) => r.skips);
const failures = results.flatMap((r) => r.failures);
const passed = results.reduce((sum, r) => sum + r.passed, 0);
if (skips.length) console.log(`\nSkipped${CI ? " (which CI counts as a failure)" : ""}:\n${skips.map((s) => `  ${s}`).join("\n")}`);
if (failures.length) console.log(`\nFailed:\n${failures.map((f) => `  ${f.name}`).join("\n")}`);
console.log(`\n${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
process.exitCode = failures.length > 0 || (CI && skips.length > 0) ? 1 : 0;
