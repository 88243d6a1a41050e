// `holdfast reload --binary`: another process of the program now installed takes over, or the running one goes on.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Bed, onDevices, two } from "./bed.js";
import { Installed } from "./installed.js";

/** What the kernel has of the group interface, and must have unchanged: the interface itself, its carrier, its addresses. */
function ipmp0(bed: Bed): unknown {
  const [link] = JSON.parse(bed.host.ip("-j addr show dev ipmp0")) as Record<string, unknown>[];
  return [link.ifindex, link.address, link.mtu, link.operstate, link.addr_info];
}

/** A change counter of the link: a carrier that came and went shows in it. */
const carrierChanges = (bed: Bed): string => bed.host.exec(["cat", "/sys/class/net/ipmp0/carrier_changes"]).stdout.trim();

const bound = (bed: Bed): unknown => bed.group().addresses.map((a) => [a.address, a.nic, a.rebinds]);

function installed(t: TestContext): { bed: Bed; program: Installed } {
  const program = new Installed(t);
  const bed = new Bed(t);
  bed.program = program.cli;
  bed.write(two());
  bed.up();
  bed.host.ip("addr add 10.8.0.50/24 dev ipmp0");
  return { bed, program };
}

onDevices("reload --binary: the installed program takes over with interface, carrier, addresses, bindings and states", async (t) => {
  const { bed, program } = installed(t);
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 4));
  bed.ok("standby", "eth2", "on");
  const [before, changes, places, first] = [ipmp0(bed), carrierChanges(bed), bound(bed), bed.pid()];
  const { state, since } = bed.member("eth1");
  for (const version of ["7.0.1", "7.0.2"]) {
    program.version(version);
    const told = bed.ok("reload", "--binary");
    assert.match(told, new RegExp(`^holdfast: process \\d+, version ${version}, has taken over; traffic stood for \\d+ ms\n$`));
    t.diagnostic(told.trim());
    assert.equal(bed.status().version, version);
    assert.deepEqual([ipmp0(bed), carrierChanges(bed), bound(bed)], [before, changes, places]);
    assert.deepEqual([bed.member("eth1").state, bed.member("eth1").since.slice(0, 19)], [state, since.slice(0, 19)]);
    assert.deepEqual(bed.member("eth2").flags, ["standby", "inactive"], "what the administrator said at run time");
    assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  }
  assert.notEqual(bed.pid(), first);
  await bed.until(() => assert.equal(existsSync(`/proc/${first}`), false, "the old process is gone"));
  // the new one is a whole daemon: carrier, changed configuration, kill -9, down
  bed.lan.cut("eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "failed"));
  assert.ok(bed.ping("10.8.0.2"));
  bed.lan.repair("eth1");
  bed.write(two("announce_count = 3\n"));
  assert.match(bed.ok("reload", "--binary"), /^ipmp0: announce_count = 3\nholdfast: process/);
  process.kill(bed.pid(), "SIGKILL");
  bed.up();
  assert.ok(bed.ping("10.8.0.2"));
  bed.ok("down");
  assert.deepEqual(
    ["control.sock", "next.sock", "daemon.pid", "ledger.json"].filter((f) => existsSync(join(bed.state, f))),
    [],
  );
});

onDevices("a new program that ends, hangs, or has not the members at work is ended, and the running one goes on", async (t) => {
  const { bed, program } = installed(t);
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 4));
  const [before, changes, places, pid] = [ipmp0(bed), carrierChanges(bed), bound(bed), bed.pid()];
  const goesOn = (why: RegExp): void => {
    assert.match(bed.refused("reload", "--binary"), why);
    assert.deepEqual([bed.pid(), ipmp0(bed), carrierChanges(bed), bound(bed)], [pid, before, changes, places]);
    assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"), "frames are carried");
  };
  // it does not even load
  let mend = program.change("dist/host/daemon/engine.js", /^/, "throw new Error('a bad build');\n");
  goesOn(/^holdfast: the new program did not take over: .*a bad build; this one goes on$/);
  mend();
  // it ends without a word amid the exchange
  mend = program.change("dist/host/daemon/daemon.js", "async start(from) {", "async start(from) { if (from) process.exit(3);");
  goesOn(/^holdfast: the new program did not take over: it ended \(exit code 3\); see the log; this one goes on$/);
  mend();
  // it finds only one of the NICs
  mend = program.change("dist/host/daemon/engine.js", "atWork() {", "atWork() { return { ipmp0: ['eth1'] };");
  goesOn(/^holdfast: the new program did not take over: group "ipmp0": eth2: it is not at work there; this one goes on$/);
  mend();
  // it hangs while nobody carries frames
  mend = program.change("dist/host/daemon/daemon.js", "async start(from) {", "async start(from) { for (;;) ;");
  goesOn(/^holdfast: the new program did not take over: it is not healthy within 10\.2 s; this one goes on$/);
  mend();
  assert.match(bed.ok("reload", "--binary"), /has taken over/);
  assert.ok(bed.ping("10.8.0.2"));
});

onDevices("a state that the new program cannot read: told clearly, a cold start that keeps the interface", async (t) => {
  const { bed, program } = installed(t);
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 4));
  const [before, changes] = [ipmp0(bed), carrierChanges(bed)];
  program.change("dist/host/core/snapshot.js", "const FORM = 1;", "const FORM = 9;");
  const told = bed.ok("reload", "--binary");
  const why = "snapshot has file form 1; this version reads 9";
  assert.match(told, new RegExp(`\nholdfast: begun from the configuration, because the state could not be used: ${why}\n$`));
  assert.deepEqual([ipmp0(bed), carrierChanges(bed)], [before, changes]);
  assert.match(bed.log(), new RegExp(` warn {2}snapshot: the snapshot does not hold: ${why}; starting from the configuration\n`));
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 4), 10_000);
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  // the same after a kill -9
  program.change("dist/host/core/snapshot.js", "const FORM = 9;", "const FORM = 10;");
  process.kill(bed.pid(), "SIGKILL");
  bed.up();
  assert.match(bed.log(), /snapshot has file form 9; this version reads 10; starting from the configuration\n/);
  assert.ok(bed.ping("10.8.0.2"));
});
