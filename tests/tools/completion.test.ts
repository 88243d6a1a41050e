// Completion: candidates from the command table and the daemon's names, and the bash script at work in a real bash.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "../../host/cli/commands.js";
import { candidates, type NamesOf } from "../../host/cli/complete.js";
import { addressNames, groupNames, nicNames } from "../../host/cli/select.js";
import { Control } from "../../host/daemon/control.js";
import { Log } from "../../host/daemon/log.js";
import { SAMPLE } from "./reports.js";

const asked: string[] = [];
const names: NamesOf = async (kind, state) => {
  asked.push(`${kind} ${state}`);
  if (kind === "GROUP") return groupNames(SAMPLE);
  if (kind === "NIC") return nicNames(SAMPLE);
  return [...groupNames(SAMPLE), ...nicNames(SAMPLE), ...addressNames(SAMPLE)];
};

/** Candidates without what they mean. */
const offered = async (line: string): Promise<string[]> => (await candidates(line.split(" "), names)).map((c) => c.split("\t")[0]);

test("every command, and --help and --version", async () => {
  const all = await offered("holdfast ");
  for (const c of COMMANDS) assert.ok(all.includes(c.name), c.name);
  assert.ok(all.includes("demo") && all.includes("--version"));
  assert.deepEqual(await offered("holdfast st"), ["status", "standby"]);
  assert.match((await candidates(["holdfast", "stat"], names))[0], /^status\tshow groups/);
});

const cases: [string, string[]][] = [
  ["holdfast offline eth", ["eth1", "eth2", "eth3", "eth4", "eth6"]],
  ["holdfast standby eth1 ", ["on", "off"]],
  ["holdfast standby eth1 on ", []],
  ["holdfast status 192.0.2.1", ["192.0.2.10", "192.0.2.11", "192.0.2.12"]],
  ["holdfast status 2001:d", ["2001:db8::10"]],
  ["holdfast events --group ", ["ipmp0", "a-rather-long1"]],
  ["holdfast events --group=i", ["--group=ipmp0"]],
  ["holdfast events --level ", ["debug", "info", "warn", "error"]],
  ["holdfast events --event if_", ["if_state", "if_flags"]],
  ["holdfast events --follow --j", ["--json"]],
  ["holdfast events --json --j", []],
  ["holdfast up -c ", [":file"]],
  ["holdfast up --config=", [":file"]],
  ["holdfast up --log ", ["text", "json"]],
  ["holdfast status --state ", [":dir"]],
  ["holdfast capture --bogus ", []],
  ["holdfast completion ", ["bash", "zsh", "fish"]],
  ["holdfast bogus ", []],
  ["holdfast help sta", ["status", "standby"]],
  ["if_mpadm -d eth", ["eth1", "eth2", "eth3", "eth4", "eth6"]],
  ["if_mpadm --", ["--state", "--help"]],
  ["ipmpstat -i -o lin", ["link"]],
  ["ipmpstat -io interface,f", ["interface,flags"]],
  ["ipmpstat -", ["-a", "-g", "-i", "-p", "-t", "-n", "-o", "-P", "--state", "--help"]],
  ["other ", []],
];
for (const [line, words] of cases) test(`"${line}"`, async () => assert.deepEqual(await offered(line), words));

test("names are asked of the daemon whose state folder is given", async () => {
  await offered("holdfast offline --state /x eth");
  await offered("holdfast offline --state=/y eth");
  assert.deepEqual(asked.slice(-2), ["NIC /x", "NIC /y"]);
});

// ── The scripts ──

const CLI = join(dirname(fileURLToPath(import.meta.url)), "../../host/cli/main.js");
const dir = mkdtempSync(join(tmpdir(), "hfd-complete-"));
const bin = join(dir, "bin");
mkdirSync(bin);
writeFileSync(join(bin, "holdfast"), `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
chmodSync(join(bin, "holdfast"), 0o755);
after(() => rmSync(dir, { recursive: true }));
// a busy machine must not make names late
const env = { ...process.env, HOLDFAST_COMPLETION_MS: "60000", PATH: `${bin}:${process.env.PATH}` };
const script = (shell: string): string => execFileSync(process.execPath, [CLI, "completion", shell], { encoding: "utf8" });
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

/** What bash puts into COMPREPLY when Tab is pressed behind a line. */
async function pressTab(line: string): Promise<string[]> {
  const text = `${script("bash")}
compopt() { :; }
COMP_LINE=$1 COMP_POINT=\${#1}
_holdfast
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["--norc", "-euc", text, "bash", line], { env, cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (d) => {
      out += d;
    });
    child.stderr.on("data", (d) => {
      err += d;
    });
    child.on("close", (code) =>
      code === 0 && err === "" ? resolve(out.split("\n").filter(Boolean)) : reject(new Error(`${code}: ${err}`)),
    );
  });
}

test("bash: commands, names of a real control socket, values behind = and in addresses, files", async () => {
  const control = new Control((r) => (r.cmd === "status" ? SAMPLE : undefined), new Log(() => undefined));
  await control.listen(join(dir, "control.sock"));
  try {
    assert.deepEqual(await pressTab("holdfast un"), ["undo-offline"]);
    assert.deepEqual(await pressTab(`/any/where/holdfast offline --state ${dir} eth1`), ["eth1"]);
    // behind : and = bash wants only the rest
    assert.deepEqual(await pressTab(`holdfast status --state=${dir} 2001:d`), ["db8::10"]);
    assert.deepEqual(await pressTab("holdfast events --level=w"), ["warn"]);
    writeFileSync(join(dir, "some.toml"), "");
    assert.deepEqual(await pressTab("holdfast check -c so"), ["some.toml"]);
    assert.deepEqual(await pressTab("holdfast check --config=so"), ["some.toml"]);
    assert.deepEqual(await pressTab("holdfast bogus "), []);
  } finally {
    await control.close();
  }
});

test("a daemon that does not answer is not waited for long", async () => {
  const folder = join(dir, "silent");
  mkdirSync(folder);
  const server = createServer(() => undefined).listen(join(folder, "control.sock"));
  try {
    // the answer never comes: that this ends is the bound
    const done = spawnSync(process.execPath, [CLI, "completion", "complete", "--", "holdfast", "offline", "--state", folder, ""], {
      encoding: "utf8",
      timeout: 120_000,
      env: { ...process.env, HOLDFAST_COMPLETION_MS: "200" },
    });
    assert.deepEqual([done.status, done.stdout, done.stderr], [0, "", ""]);
  } finally {
    server.close();
  }
});

test("zsh and fish: the scripts are of their shell, as far as it is there to be asked", () => {
  for (const [shell, args] of [
    ["zsh", ["-n"]],
    ["fish", ["--no-execute"]],
  ] as const) {
    const text = script(shell);
    assert.match(text, /holdfast completion complete -- /);
    for (const program of ["holdfast", "ipmpstat", "if_mpadm"]) assert.match(text, new RegExp(`\\b${program}\\b`));
    if (!has(shell)) continue;
    const file = join(dir, `script.${shell}`);
    writeFileSync(file, text);
    const done = spawnSync(shell, [...args, file], { encoding: "utf8" });
    assert.deepEqual([done.status, done.stderr], [0, ""], shell);
  }
});
