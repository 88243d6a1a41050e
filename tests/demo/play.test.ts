// Whole plays as a user sees them: the command is run, its output and exit code are looked at.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { pathsOf } from "../../host/daemon/paths.js";
import { whyNotReal } from "../../host/demo/stage_real.js";

const CLI = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "host", "cli", "main.js");

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `holdfast demo` with pipes for its output; `during` sees the output so far whenever there is more. */
function demo(words: string[], during?: (child: ChildProcess, out: string) => void): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, "demo", ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  let broken: unknown;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    try {
      during?.(child, out);
    } catch (e) {
      broken = e;
      child.kill("SIGINT");
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (broken === undefined ? resolve({ code, out, err }) : reject(broken)));
  });
}

/** What a play on real devices must have removed. */
function leftovers(): string[] {
  const spaces = existsSync("/run/netns") ? readdirSync("/run/netns").filter((name) => name.startsWith("hfdemo-")) : [];
  return existsSync("/run/hfdemo") ? [...spaces, "/run/hfdemo"] : spaces;
}

const PHASES = [1, 2, 3, 4, 5].map((n) => `phase ${n} of 5`);

/** What every good play prints. */
function good({ code, out, err }: Ended): void {
  assert.equal(code, 0, out + err);
  assert.equal(err, "");
  assert.ok(!out.includes("\x1b"), "no escape sequence in a pipe");
  for (const phase of PHASES) assert.ok(out.includes(phase), `${phase} in:\n${out}`);
  for (const nic of ["eth1", "eth2"]) {
    assert.ok(out.includes(`${nic}: carrier down`) && out.includes(`${nic}: running -> failed`), out);
    assert.match(out, new RegExp(`^${nic} cut( +[\\d,.]+){10}$`, "m"));
  }
  assert.match(out, /192\.0\.2\.\d: eth1 -> eth2/);
  assert.match(out, /2001:db8::\d: eth1 -> eth2/);
  assert.match(out, /^connections lost: 0 of 2$/m);
  assert.ok(out.endsWith("\ndemo: ok\n"), out);
}

test("play: on the in-memory LAN", { timeout: 60_000 }, async () => {
  const ended = await demo(["--memory", "--seconds", "1"]);
  good(ended);
  assert.match(ended.out, /^Holdfast: two NICs as one, on an in-memory LAN \(--memory\)\n/);
  assert.match(ended.out, /^changes of ipmp0 seen by the host's stack: none$/m);
});

test("play: kept until Ctrl-C, which is no failure", { timeout: 60_000 }, async () => {
  let sent = false;
  const ended = await demo(["--memory", "--seconds", "1", "--keep"], (child, out) => {
    if (sent || !out.includes("npm start -- --keep")) return;
    sent = true;
    child.kill("SIGINT");
  });
  assert.match(ended.out, /until Ctrl-C/);
  assert.match(ended.out, /removing everything\n\ndemo: ok\n$/);
  assert.equal(ended.code, 0);
});

test("play: Ctrl-C ends it at once, with the exit code of the signal", { timeout: 30_000 }, async () => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const ended = await demo(["--memory", "--seconds", "3600"], (child, out) => {
      if (out.includes("phase 1 of 5")) child.kill(signal);
    });
    assert.equal(ended.code, code);
    assert.equal(ended.err, `demo: interrupted by ${signal}; everything is removed\n`);
  }
});

test("play: a wrong option is refused before anything is built", async () => {
  const ended = await demo(["--fast"]);
  assert.equal(ended.code, 2);
  assert.match(ended.err, /^demo: unknown option "--fast"; allowed are --keep/);
  assert.equal(ended.out, "");
});

const why = whyNotReal();

test("play: on real devices, and nothing stays", { timeout: 120_000, skip: why }, async () => {
  const ended = await demo(["--seconds", "1"]);
  good(ended);
  assert.match(ended.out, /^Holdfast: two NICs as one, on real devices\n/);
  assert.match(ended.out, /^netlink messages about ipmp0: none$/m);
  assert.deepEqual(leftovers(), []);
});

test("play: what the kernel says about the group during a failover fails the play", { timeout: 120_000, skip: why }, async () => {
  let done = false;
  const ended = await demo(["--seconds", "1"], (_, out) => {
    if (done || !out.includes("phase 2 of 5")) return;
    done = true;
    spawnSync("ip", ["-n", "hfdemo-host", "addr", "add", "192.0.2.7/24", "dev", "ipmp0"]);
  });
  assert.equal(ended.code, 1, ended.out + ended.err);
  assert.match(ended.out, /^netlink messages about ipmp0: [1-9]/m);
  assert.match(ended.out, /told about the group during the failovers: netlink: .*192\.0\.2\.7/);
  assert.match(ended.out, /\ndemo: failed, 1 problem\n$/);
});

test("play: a daemon that dies ends the play, and nothing stays", { timeout: 120_000, skip: why }, async () => {
  let done = false;
  const ended = await demo(["--seconds", "2"], (_, out) => {
    if (done || !out.includes("phase 1 of 5")) return;
    done = true;
    process.kill(Number.parseInt(readFileSync(pathsOf("/run/hfdemo").pid, "utf8"), 10), "SIGKILL");
  });
  assert.equal(ended.code, 1, ended.out + ended.err);
  assert.match(ended.err, /^demo: holdfast ended with SIGKILL/);
  assert.deepEqual(leftovers(), []);
});

test("play: Ctrl-C on real devices leaves nothing", { timeout: 120_000, skip: why }, async () => {
  let sent = false;
  const ended = await demo(["--seconds", "2"], (child, out) => {
    if (sent || !out.includes("phase 2 of 5")) return;
    sent = true;
    child.kill("SIGINT");
  });
  assert.equal(ended.code, 130, ended.out + ended.err);
  assert.deepEqual(leftovers(), []);
});
