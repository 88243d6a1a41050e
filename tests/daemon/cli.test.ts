// The command line without a daemon: help, versions, what is refused and with which exit code.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { helpOf } from "../../host/cli/command.js";
import { COMMANDS, DEMO } from "../../host/cli/commands.js";
import { ratesBetween } from "../../host/cli/rates.js";
import { ago, screen } from "../../host/cli/screen.js";
import { up } from "../../host/cli/up.js";
import type { Counters, StatusReport } from "../../host/daemon/report.js";

const CLI = join(dirname(fileURLToPath(import.meta.url)), "../../host/cli/main.js");
const ROOT = new URL("../../../", import.meta.url);
const dir = mkdtempSync(join(tmpdir(), "hfd-cli-"));
after(() => rmSync(dir, { recursive: true }));

const run = (...words: string[]) => spawnSync(process.execPath, [CLI, ...words], { encoding: "utf8" });

const commands = [...COMMANDS, DEMO].map((c) => c.name);

test("help and version", () => {
  const help = run("--help");
  assert.equal(help.status, 0);
  for (const c of commands) assert.match(help.stdout, new RegExp(`^  ${c} +\\S`, "m"));
  assert.equal(run("help").stdout, help.stdout);
  assert.equal(run("help", "up").stdout, helpOf(up));
  const { version } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { version: string };
  assert.equal(run("--version").stdout, `holdfast ${version}\n`);
  for (const c of commands.filter((n) => n !== "demo")) {
    const own = run(c, "--help");
    assert.equal(own.status, 0, c);
    assert.match(own.stdout, new RegExp(`^usage: holdfast ${c}`));
    assert.match(own.stdout, /-h, --help/);
  }
});

test("without a command: the overview, as an error", () => {
  const done = run();
  assert.deepEqual([done.status, done.stdout], [2, ""]);
  assert.match(done.stderr, /^usage: holdfast COMMAND/);
});

const wrong: [string[], string][] = [
  [["statsu"], 'holdfast: unknown command "statsu"; did you mean "status"?; allowed: up, '],
  [["frobnicate"], 'holdfast: unknown command "frobnicate"; allowed: up, '],
  [["--verbose"], 'holdfast: unknown option "--verbose"; allowed: up, '],
  [["up"], 'holdfast: up: option -c FILE is needed\nsee "holdfast up --help"\n'],
  [["up", "-c"], "holdfast: up: option -c needs a value: FILE\n"],
  [["up", "--confg", "x"], 'holdfast: up: unknown option "--confg"; did you mean "--config"?; allowed: --config, '],
  [["up", "-c", "x", "-c", "y"], "holdfast: up: option --config is given twice\n"],
  [["up", "-c", "x", "extra"], 'holdfast: up: unexpected "extra"\n'],
  [["status", "--json=1"], "holdfast: status: option --json takes no value\n"],
  [["offline"], "holdfast: offline: needed: NIC\n"],
  [["offline", "eth1", "--min-redundancy", "x"], 'holdfast: offline: --min-redundancy: found "x"; allowed: 0 to 32\n'],
  [["status", "ipmp0", "eth1"], 'holdfast: status: unexpected "eth1"\n'],
  [["events", "--last", "513"], 'holdfast: events: --last: found "513"; allowed: 0 to 512\n'],
  [["events", "--event", "if_stat"], 'holdfast: events: --event: found "if_stat"; did you mean "if_state"?; allowed: grp_change, '],
  [["events", "--level", "warm"], 'holdfast: events: --level: found "warm"; did you mean "warn"?; allowed: debug, '],
  [["capture", "--snaplen", "9"], 'holdfast: capture: --snaplen: found "9"; allowed: 14 to 262144\n'],
  [["capture", "--count", "0"], 'holdfast: capture: --count: found "0"; allowed: 1 to '],
  [["top", "--interval", "0.5"], 'holdfast: top: --interval: found "0.5"; allowed: 1 to 3600\n'],
  [["completion", "tcsh"], 'holdfast: completion: found "tcsh"; allowed: bash, zsh, fish\n'],
  [["completion"], "holdfast: completion: needed: bash|zsh|fish\n"],
  [["standby", "eth1"], "holdfast: standby: needed: on|off\n"],
  [["standby", "eth1", "maybe"], 'holdfast: standby: found "maybe"; allowed: on, off\n'],
];
for (const [words, message] of wrong)
  test(`wrong command line: ${words.join(" ")}`, () => {
    const done = run(...words);
    assert.equal(done.status, 2);
    assert.equal(done.stdout, "");
    assert.ok(done.stderr.startsWith(message), done.stderr);
    assert.match(done.stderr, /see "holdfast .*--help"\n$/);
  });

test("up: a word that is none of a set", () => {
  const file = join(dir, "ok.toml");
  writeFileSync(file, '[[group]]\nname = "g"\nmembers = ["a"]\n');
  const done = run("up", "-c", file, "--log", "xml");
  assert.deepEqual([done.status, done.stderr.split("\n")[0]], [2, 'holdfast: up: --log: found "xml"; allowed: text, json']);
});

test("check: 0 for a right file, 1 and one line a problem for a wrong one; --schema prints the schema", () => {
  const file = join(dir, "c.toml");
  writeFileSync(file, '[[group]]\nname = "g"\nmembers = ["a"]\n');
  const right = run("check", "-c", file);
  assert.deepEqual([right.status, right.stdout], [0, `${file}: right: 1 group, 1 NIC\n`]);
  writeFileSync(file, '[[group]]\nname = "g"\nmembers = ["a"]\nmtu = 1\npolciy = "flow"\n');
  const bad = run(`check`, `--config=${file}`);
  assert.equal(bad.status, 1);
  assert.equal(bad.stdout, "");
  assert.deepEqual(
    bad.stderr.split("\n").map((l) => l.slice(0, l.indexOf(": ", file.length))),
    [`${file}:4:7`, `${file}:5:1`, ""],
  );
  assert.deepEqual(
    JSON.parse(run("check", "--schema").stdout),
    JSON.parse(readFileSync(new URL("docs/holdfast.schema.json", ROOT), "utf8")),
  );
});

test("nobody there: exit code 1 and what to do", () => {
  for (const words of [
    ["status"],
    ["events"],
    ["events", "-f"],
    ["top"],
    ["capture"],
    ["reload"],
    ["offline", "eth1"],
    ["undo-offline", "eth1"],
    ["standby", "eth1", "on"],
  ]) {
    const done = run(...words, "--state", dir);
    assert.equal(done.status, 1, words.join(" "));
    assert.match(
      done.stderr,
      /^holdfast: the daemon is not running: nobody answers at .*control\.sock; start it with "holdfast up -c FILE"\n$/,
    );
  }
  const down = run("down", "--state", dir);
  assert.deepEqual(
    [down.status, down.stderr],
    [1, `holdfast: the daemon is not running with state folder ${dir}, and has left nothing there\n`],
  );
});

test("--json: results and refusals for programs", () => {
  const file = join(dir, "j.toml");
  writeFileSync(file, '[[group]]\nname = "g"\nmembers = ["a"]\n');
  assert.deepEqual(JSON.parse(run("check", "-c", file, "--json").stdout), { file, right: true, groups: 1, nics: 1 });
  writeFileSync(file, '[[group]]\nname = "g"\nmembers = ["a"]\nmtu = 1\n');
  const wrong = run("check", "-c", file, "--json");
  assert.deepEqual([wrong.status, wrong.stdout], [1, ""]);
  const { error } = JSON.parse(wrong.stderr) as { error: { code: string; problems: { line: number; key: string }[] } };
  assert.equal(error.code, "ECONFIG");
  assert.deepEqual(
    error.problems.map((p) => [p.line, p.key]),
    [[4, "group[0].mtu"]],
  );
  assert.equal(JSON.parse(run("offline", "eth1", "--json", "--state", dir).stderr).error.code, "ENOTCONN");
  const usage = run("standby", "eth1", "maybe", "--json");
  assert.equal(usage.status, 2);
  assert.deepEqual(JSON.parse(usage.stderr), { error: { code: "EUSAGE", message: 'standby: found "maybe"; allowed: on, off' } });
});

const zero: Counters = {
  opackets: 0,
  obytes: 0,
  ipackets: 0,
  rbytes: 0,
  multixmt: 0,
  brdcstxmt: 0,
  multircv: 0,
  brdcstrcv: 0,
  ierrors: 0,
  oerrors: 0,
};
const member = { since: "", why: "none", note: null, mac: null, mtu: null, ifindex: null, addresses: 0, fails: 0, device: null };

function report(counters: Counters, weight = "equal", pinned: string | null = null): StatusReport {
  return {
    version: "0",
    pid: 1,
    started: "",
    config: "c",
    groups: [
      {
        name: "ipmp0",
        state: "degraded",
        since: "",
        since_s: 75,
        mac: "",
        mtu: 1500,
        families: ["ipv4"],
        policy: "flow",
        weight,
        encap: ["vxlan"],
        rebalance: "newest",
        members: [
          {
            ...member,
            name: "eth1",
            state: "running",
            flags: [],
            link: true,
            active: ["ipv4"],
            nominee: ["ipv4"],
            since_s: 7300,
            counters,
            addresses: 1,
            weight: 3,
            speed: 1000,
            buckets: { ipv4: 256 },
          },
          {
            ...member,
            name: "e2",
            state: "absent",
            flags: [],
            link: false,
            active: [],
            nominee: [],
            since_s: 0,
            counters: null,
            weight: 1,
            speed: null,
            buckets: {},
            note: "it is gone",
          },
        ],
        addresses: [
          { address: "10.0.0.1/24", state: "up", nic: "eth1", pinned, since: "", since_s: 0.25, rebinds: 0, conflicts: 0, bytes: 0 },
          { address: "10.0.0.2/24", state: "duplicate", nic: null, pinned, since: "", since_s: 3, rebinds: 0, conflicts: 1, bytes: 0 },
        ],
        counters,
        drops: {},
        rebinds: 0,
        device: { rx_dropped: 0, tx_errors: 0 },
      },
    ],
  };
}

test("the status screen, with and without rates", () => {
  assert.equal(
    screen(report(zero), null),
    `ipmp0: DEGRADED for 75 s, policy flow, MTU 1500, ipv4
  NIC   STATE    LINK  ACTIVE  FLOWS  ADDR  SINCE  WHY
  eth1  running  up    ipv4*   100%   1     2 h    -
  e2    absent   down  -       -      0     -      -
  e2: it is gone

  ADDRESS      STATE      NIC   SINCE
  10.0.0.1/24  up         eth1  0.3 s
  10.0.0.2/24  duplicate  -     -

`,
  );
  assert.equal(
    screen(report(zero, "configured", "eth1"), null),
    `ipmp0: DEGRADED for 75 s, policy flow, weight configured, MTU 1500, ipv4
  NIC   STATE    LINK  ACTIVE  FLOWS  ADDR  WEIGHT  SINCE  WHY
  eth1  running  up    ipv4*   100%   1     3       2 h    -
  e2    absent   down  -       -      0     1       -      -
  e2: it is gone

  ADDRESS      STATE      NIC                 SINCE
  10.0.0.1/24  up         eth1 (pinned)       0.3 s
  10.0.0.2/24  duplicate  - (pinned to eth1)  -

`,
  );
  const later = report({ ...zero, opackets: 2_000, obytes: 3_000_000, ipackets: 10, rbytes: 600 });
  const rates = ratesBetween(report(zero), later, 2);
  assert.deepEqual(Object.fromEntries(rates), { eth1: { out_frames: 1000, out_bits: 12_000_000, in_frames: 5, in_bits: 2400 } });
  assert.match(screen(later, rates), / {2}eth1 .* 12 Mbit\/s 1\.0 kf\/s {2}2\.4 kbit\/s 5 f\/s\n {2}e2 .* - +-\n/);
});

test("the status screen tells what was dropped and lost, if anything was", () => {
  const some = report(zero);
  const [g] = some.groups;
  g.drops = { not_nominee: 41, vlan: 1 };
  g.device = { rx_dropped: 0, tx_errors: 7 };
  g.members[0].device = { rx_dropped: 5, tx_errors: 2 };
  assert.match(
    screen(some, null),
    /\n {2}e2: it is gone\n {2}dropped: not_nominee 41, vlan 1\n {2}ipmp0: refused 7\n {2}eth1: lost 5, refused 2\n\n {2}ADDRESS/,
  );
});

test("times as people say them", () => {
  assert.deepEqual([0, 9.94, 10, 119, 120, 7199, 7200, 172_799, 172_800].map(ago), [
    "0.0 s",
    "9.9 s",
    "10 s",
    "119 s",
    "2 min",
    "119 min",
    "2 h",
    "47 h",
    "2 d",
  ]);
});
