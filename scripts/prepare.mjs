// Makes a fresh checkout ready: packages, build and, for tests and benches, what they need of the system.
//
//   node scripts/prepare.mjs build|test|bench
//
// Runs before `npm start` and `npm test`, when node_modules may not exist yet: only Node's own modules here.
// Every step is skipped where there is nothing to do, so that no network is needed on a machine that has all.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const NODE_MIN = 20;

function fail(message) {
  console.error(`prepare: ${message}`);
  process.exit(1);
}

const json = (path) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

/** What npm noted as installed, or nothing. */
function installed() {
  const path = "node_modules/.package-lock.json";
  return existsSync(join(ROOT, path)) ? json(path).packages : {};
}

/**
 * The first package of package-lock.json that is not installed in that version, if any. One that is optional may be
 * missing (it is for another platform), but not be there in another version.
 */
function missing() {
  const have = installed();
  return Object.entries(json("package-lock.json").packages).find(([path, want]) => {
    if (path === "") return false;
    const got = have[path];
    if (!got || !existsSync(join(ROOT, path))) return !want.optional && !want.peer;
    return got.version !== want.version;
  })?.[0];
}

/** npm as it was started, or from the path. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const [cmd, first] = cli?.endsWith(".js") ? [process.execPath, [cli]] : ["npm", []];
  return spawnSync(cmd, [...first, ...args], { cwd: ROOT, stdio: "inherit" });
}

function packages() {
  const lack = missing();
  if (!lack) return;
  const why = existsSync(join(ROOT, "node_modules")) ? `${lack} is missing or of another version` : "for the first time";
  console.log(`prepare: installing the packages of package-lock.json, ${why}`);
  // No package here needs its install script: compilers and the FFI come prebuilt.
  const done = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (done.error) fail(`npm cannot be started: ${done.error.message}`);
  if (done.status !== 0) fail("npm ci failed (see above). It needs the network once; with node_modules in place nothing is fetched.");
}

function node(script, args, hint) {
  const done = spawnSync(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: "inherit" });
  if (done.status !== 0) fail(hint);
}

const goal = process.argv[2];
if (!["build", "test", "bench"].includes(goal)) fail(`"${goal ?? ""}" not understood; usage: node scripts/prepare.mjs build|test|bench`);
if (Number(process.versions.node.split(".")[0]) < NODE_MIN)
  fail(`Node.js ${NODE_MIN} or newer is needed, this is ${process.versions.node}`);

packages();
node("scripts/build.mjs", [], "the build failed (see above)");
// The demo wants real devices where it may have them; without the ip command it plays on the LAN in memory, and says so.
if (goal === "build" && process.platform === "linux" && process.getuid() === 0)
  spawnSync(process.execPath, [join(ROOT, "scripts/packages.mjs"), "iproute2"], { cwd: ROOT, stdio: "inherit" });
if (goal !== "build") node("scripts/packages.mjs", [], "system packages that are needed are missing (see above)");
