// The daemon's small parts: log, pid file, ledger, paths, the group's hardware address.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Ledger } from "../../host/daemon/ledger.js";
import { Log } from "../../host/daemon/log.js";
import { groupMac } from "../../host/daemon/machine.js";
import { pathsOf } from "../../host/daemon/paths.js";
import { dropPidfile, livingPid, takePidfile } from "../../host/daemon/pidfile.js";

const dir = mkdtempSync(join(tmpdir(), "hfd-parts-"));
after(() => rmSync(dir, { recursive: true }));

test("log: one line an event, as text and as JSON, from its level on", () => {
  const lines: string[] = [];
  const text = new Log((l) => lines.push(l));
  text.debug("x", "not shown");
  text.warn("if_state", "eth1: failed\nsecond line \u001b[31m", { nic: "eth1" });
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^\d{4}-\d\d-\d\dT[\d:.]+Z warn {2}if_state: eth1: failed \| second line \\u001b\[31m\n$/);
  lines.length = 0;
  const json = new Log((l) => lines.push(l), "json", "debug");
  json.debug("if_state", "a\nb", { nic: "eth1", count: 3 });
  assert.equal(lines[0].split("\n").length, 2);
  const { time, ...rest } = JSON.parse(lines[0]);
  assert.ok(!Number.isNaN(Date.parse(time)));
  assert.deepEqual(rest, { level: "debug", event: "if_state", text: "a\nb", nic: "eth1", count: 3 });
});

test("pid file: taken once, refused to a second, free again after a death", () => {
  const file = join(dir, "daemon.pid");
  takePidfile(file);
  assert.equal(livingPid(file), process.pid);
  assert.throws(() => takePidfile(file), {
    name: "Refusal",
    code: "EALREADY",
    message: /already running with this state folder \(process \d+\)/,
  });
  dropPidfile(file);
  assert.equal(livingPid(file), null);
  const dead = spawnSync("true").pid;
  writeFileSync(file, `${dead} 12345\n`);
  assert.equal(livingPid(file), null);
  takePidfile(file);
  dropPidfile(file);
});

test("pid file: a number that meanwhile belongs to another process is no living daemon", () => {
  const file = join(dir, "reused.pid");
  writeFileSync(file, `${process.pid} 1\n`);
  assert.equal(livingPid(file), null);
  writeFileSync(file, "garbage");
  assert.equal(livingPid(file), null);
});

test("ledger: kept over runs of one boot, void in another, empty when damaged", () => {
  const file = join(dir, "ledger.json");
  const former = { up: false, mtu: 1500, sysctls: { "net/ipv4/conf/eth1/rp_filter": "0" }, linkLocal: ["fe80::1/64"] };
  const first = Ledger.open(file);
  assert.equal(first.groups.size, 0);
  first.group("ipmp0").members.eth1 = former;
  first.save();
  assert.deepEqual(Ledger.open(file).group("ipmp0"), { members: { eth1: former }, addresses: [] });
  const stored = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...stored, boot: "another" }));
  assert.equal(Ledger.open(file).groups.size, 0);
  writeFileSync(file, '{"v":1,');
  assert.equal(Ledger.open(file).groups.size, 0);
  first.remove();
  assert.equal(Ledger.open(file).groups.size, 0);
});

test("paths: a folder whose socket would not fit is refused", () => {
  assert.equal(pathsOf("/run/holdfast").socket, "/run/holdfast/control.sock");
  assert.throws(() => pathsOf(`/tmp/${"x".repeat(100)}`), { code: "ENAMETOOLONG", message: /allowed: 94 bytes$/ });
});

test("a group's hardware address is stable, its own, locally administered and unicast", () => {
  const mac = groupMac("ipmp0");
  assert.equal(mac, groupMac("ipmp0"));
  assert.notEqual(mac, groupMac("ipmp1"));
  assert.match(mac, /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
  assert.equal(Number.parseInt(mac.slice(0, 2), 16) & 3, 2);
});
