// The daemon's life on real devices: up, traffic, failover, restart, reload, NICs that go and come, down.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Bed, CLI, onDevices, two } from "./bed.js";

const bound = (bed: Bed): Record<string, string | null> => Object.fromEntries(bed.group().addresses.map((a) => [a.address, a.nic]));

onDevices("up makes the group, status tells it, down gives everything back", async (t) => {
  const bed = new Bed(t);
  const before = ["eth1", "eth2"].map((n) => bed.settings(n));
  bed.write(two());
  assert.match(bed.up(), /^holdfast: ipmp0: at work \(process \d+, log .*holdfast\.log\)\n$/);
  await bed.until(() => assert.equal(bed.group().addresses.length, 3));
  const g = bed.group();
  assert.deepEqual([g.state, g.mtu, g.policy, g.families], ["ok", 1500, "flow", ["ipv4", "ipv6"]]);
  for (const m of g.members)
    assert.deepEqual([m.state, m.link, m.active, m.why, m.note], ["running", true, ["ipv4", "ipv6"], "membership", null]);
  const counts = g.members.map((m) => m.addresses).sort();
  assert.deepEqual(counts, [1, 2], "three addresses, evenly over two NICs");
  assert.deepEqual(
    bed.settings("eth1"),
    { arpIgnore: "8", rpFilter: "1", disableIpv6: "1", up: true, mtu: 1500, promiscuity: 1, addresses: [] },
    "a member is silent, promiscuous and without addresses",
  );
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  // the switch floods the peer's multicast to both NICs; one of them takes it
  bed.lan.peer.exec(["ping", "-c", "3", "-i", "0.01", "-W", "1", "ff02::1%eth0"], { allowFailure: true });
  await bed.until(() => assert.ok(bed.group().drops.not_nominee > 0));
  assert.match(bed.ok("status"), /\n {2}dropped: (\w+ \d+, )*not_nominee [1-9]/);
  const screen = bed.ok("status", "--rates");
  assert.match(
    screen,
    /^ipmp0: OK for [\d.]+ s, policy flow, MTU 1500, ipv4 and ipv6\n {2}NIC +STATE +LINK +ACTIVE +FLOWS +ADDR +SINCE +WHY +OUT +IN\n/,
  );
  assert.match(screen, /\n {2}eth1 +running +up +ipv4/);
  assert.match(screen, /\n {2}10\.8\.0\.1\/24 +up +eth[12] /);
  assert.equal(bed.ok("down"), "holdfast: stopped; the interfaces are removed\n");
  assert.equal(bed.has("ipmp0"), false);
  await bed.until(() =>
    assert.deepEqual(
      ["eth1", "eth2"].map((n) => bed.settings(n)),
      before,
    ),
  );
  for (const file of ["ledger.json", "ipmp.snapshot", "control.sock", "daemon.pid"])
    assert.equal(existsSync(join(bed.state, file)), false, file);
});

onDevices("a link fails and comes back: addresses move, the interface keeps its carrier, the log says why", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.length, 3));
  bed.lan.cut("eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "failed"));
  const g = bed.group();
  assert.deepEqual([g.state, g.members[0].link, g.members[0].why, g.members[0].addresses], ["degraded", false, "link", 0]);
  assert.deepEqual(new Set(Object.values(bound(bed))), new Set(["eth2"]));
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  bed.lan.cut("eth2");
  await bed.until(() => assert.equal(bed.group().state, "failed"));
  await bed.until(() => assert.match(bed.host.ip("link show dev ipmp0"), /NO-CARRIER/, "no member: no carrier"));
  bed.lan.repair("eth1");
  await bed.until(() => assert.doesNotMatch(bed.host.ip("link show dev ipmp0"), /NO-CARRIER/));
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  assert.match(bed.log(), / warn {2}if_state: eth1: running -> failed \(carrier\)\n/);
  assert.match(bed.log(), / info {2}if_state: eth1: failed -> running \(carrier\)\n/);
});

onDevices("ip addr add and del on the group interface make and end data addresses", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  bed.host.ip("addr add 10.8.0.50/24 dev ipmp0");
  bed.host.ip("addr add 10.8.0.50/32 dev ipmp0");
  bed.host.ip("addr add 2001:db8:8::50/64 dev ipmp0");
  await bed.until(() => assert.ok(bound(bed)["10.8.0.50/24"]));
  await bed.until(() => assert.ok(bound(bed)["2001:db8:8::50/64"], "after duplicate detection"));
  bed.host.ip("addr del 10.8.0.50/24 dev ipmp0");
  await delay(100);
  assert.ok(
    Object.keys(bound(bed)).some((a) => a.startsWith("10.8.0.50/")),
    "it still stands there with another prefix",
  );
  bed.host.ip("addr del 10.8.0.50/32 dev ipmp0");
  bed.host.ip("addr del 2001:db8:8::50/64 dev ipmp0");
  await bed.until(() => assert.equal(Object.keys(bound(bed)).filter((a) => a.includes(".50/") || a.includes("::50/")).length, 0));
});

onDevices("kill -9 and up: same interface, same addresses, same bindings; a change meanwhile is noticed", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  bed.host.ip("addr add 10.8.0.50/24 dev ipmp0");
  await bed.until(() => assert.equal(bed.group().addresses.length, 4));
  const before = bound(bed);
  const link = bed.host.ip("-j link show dev ipmp0").replace(/"(operstate|flags|qdisc)":("[^"]*"|\[[^\]]*\]),?/g, "");
  await delay(1200);
  process.kill(bed.pid(), "SIGKILL");
  assert.match(bed.refused("status"), /^holdfast: the daemon is not running: nobody answers at /);
  bed.host.ip("addr add 10.8.0.51/24 dev ipmp0");
  bed.host.ip("addr del 10.8.0.50/24 dev ipmp0");
  bed.up();
  await bed.until(() => assert.ok(bound(bed)["10.8.0.51/24"]));
  const after = bound(bed);
  assert.equal(after["10.8.0.50/24"], undefined);
  for (const address of ["10.8.0.1/24", "2001:db8:8::1/64"]) assert.equal(after[address], before[address], address);
  assert.equal(bed.host.ip("-j link show dev ipmp0").replace(/"(operstate|flags|qdisc)":("[^"]*"|\[[^\]]*\]),?/g, ""), link);
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  // at once, while the kernel may still be closing the dead one's files; and a NIC that died with the daemon
  process.kill(bed.pid(), "SIGKILL");
  bed.lan.cut("eth1");
  bed.up();
  assert.equal(bed.member("eth1").state, "failed");
  assert.ok(bed.ping("10.8.0.2"));
});

onDevices("SIGTERM and down --keep leave the interface; down without a daemon cleans up", async (t) => {
  const bed = new Bed(t);
  const before = bed.settings("eth1");
  bed.write(two());
  bed.up();
  process.kill(bed.pid(), "SIGTERM");
  await bed.until(() => assert.equal(existsSync(join(bed.state, "daemon.pid")), false));
  assert.match(bed.host.ip("addr show dev ipmp0"), /10\.8\.0\.1/);
  bed.up();
  assert.equal(bed.ok("down", "--keep"), "holdfast: stopped; the interfaces stay\n");
  assert.ok(bed.has("ipmp0"));
  assert.match(bed.refused("down", "--keep"), /^holdfast: the daemon is not running with state folder /);
  assert.equal(bed.ok("down"), "holdfast: ipmp0: removed; the daemon was not running\n");
  assert.equal(bed.has("ipmp0"), false);
  await bed.until(() => assert.deepEqual(bed.settings("eth1"), before));
  assert.match(bed.refused("down"), /^holdfast: the daemon is not running with state folder .*, and has left nothing there$/);
});

onDevices("a damaged snapshot, and one of another configuration, do not keep it from starting", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  bed.ok("down", "--keep");
  const file = join(bed.state, "ipmp.snapshot");
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 0xff;
  writeFileSync(file, bytes);
  bed.up();
  assert.match(bed.log(), / warn {2}snapshot: the snapshot does not hold: .*; starting from the configuration\n/);
  await bed.until(() => assert.equal(bed.group().addresses.length, 3));
  assert.ok(bed.ping("10.8.0.2"));
});

onDevices("mistakes at run time are told: an address on a member, the interface deleted", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  bed.host.ip("addr add 192.0.2.77/24 dev eth1");
  await bed.until(() =>
    assert.match(bed.log(), / warn {2}member_address: eth1: it was given the address 192\.0\.2\.77\/24, which does not work/),
  );
  bed.host.ip("link set ipmp0 address 02:00:00:00:00:99");
  await bed.until(() =>
    assert.match(bed.log(), / warn {2}interface_mac: ipmp0: its hardware address was changed to 02:00:00:00:00:99; set back/),
  );
  assert.doesNotMatch(bed.host.ip("link show dev ipmp0"), /02:00:00:00:00:99/);
  bed.host.ip("link add br7 type bridge");
  bed.host.ip("link set eth2 master br7");
  await bed.until(() =>
    assert.match(bed.member("eth2").note ?? "", /^it was put into br7, which takes its frames; it joins again when it is taken out$/),
  );
  bed.host.ip("link set eth2 nomaster");
  await bed.until(() => assert.equal(bed.member("eth2").note, null));
  bed.ok("down");
});

onDevices("a NIC that is unplugged leaves; plugged in again under its name it joins by itself", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.length, 3));
  bed.host.ip("link del eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "absent"));
  assert.equal(bed.member("eth1").note, "it is gone; it joins again when it comes back");
  assert.equal(bed.group().state, "ok", "what is not there is no member");
  assert.ok(bed.ping("10.8.0.2"));
  // a restart meanwhile waits for it, too
  process.kill(bed.pid(), "SIGKILL");
  bed.up();
  assert.match(bed.member("eth1").note ?? "", /eth1: no such interface; there are: lo, eth2, ipmp0/);
  bed.lab.veth({ ns: bed.host, name: "eth1" }, { ns: bed.lan.switch, name: "p1" });
  bed.lan.switch.ip("link set p1 master br0");
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
  bed.lan.cut("eth2");
  await bed.until(() => assert.ok(bed.ping("10.8.0.2"), "the new NIC carries"));
});

onDevices("a NIC that is unfit at a restart is waited for, and joins when the cause is gone", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.length, 3));
  bed.ok("down", "--keep");
  bed.host.ip("addr add 192.0.2.77/24 dev eth1");
  bed.up();
  assert.match(bed.member("eth1").note ?? "", /^group "ipmp0": eth1: it has addresses of its own: 192\.0\.2\.77\/24; /);
  assert.deepEqual(new Set(Object.values(bound(bed))), new Set(["eth2"]), "nothing is bound to a NIC that is not at work");
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  bed.host.ip("addr del 192.0.2.77/24 dev eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
  bed.lan.cut("eth2");
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
});

onDevices("reload applies the difference, tells it, and refuses what it cannot have", async (t) => {
  const bed = new Bed(t, { nics: 3 });
  bed.write(two());
  bed.up();
  assert.equal(bed.ok("reload"), "nothing changed\n");
  bed.write(
    two()
      .replace('"eth1", "eth2"', '"eth2", { name = "eth3", standby = true }')
      .replace("10.8.0.1/24", "10.8.0.9/24")
      .concat('policy = "active-backup"\nmtu = 1400\n'),
  );
  const free = bed.settings("eth3");
  assert.deepEqual(bed.ok("reload").trim().split("\n").sort(), [
    "ipmp0: 10.8.0.1/24 removed",
    "ipmp0: 10.8.0.9/24 added",
    "ipmp0: MTU 1400",
    "ipmp0: eth1 taken out",
    "ipmp0: eth3 put in",
    'ipmp0: policy = "active-backup"',
  ]);
  await bed.until(() => assert.ok(bound(bed)["10.8.0.9/24"]));
  const g = bed.group();
  assert.deepEqual([g.policy, g.mtu, g.members.map((m) => m.name)], ["active-backup", 1400, ["eth2", "eth3"]]);
  assert.deepEqual(bed.member("eth3").flags, ["standby", "inactive"]);
  assert.match(bed.host.ip("link show dev ipmp0"), /mtu 1400/);
  assert.equal((bed.settings("eth1") as { disableIpv6: string }).disableIpv6, "0");
  // refused: nothing changes
  bed.write(two().replace('"eth1", "eth2"', '"eth2", "eth9"'));
  assert.match(bed.refused("reload"), /^holdfast: group "ipmp0": eth9: no such interface; there are: /);
  bed.write("nonsense = 1\n");
  assert.match(bed.refused("reload"), /config\.toml:1:1: nonsense: unknown key/);
  assert.deepEqual(
    bed.group().members.map((m) => m.name),
    ["eth2", "eth3"],
  );
  // by signal, back to where we were; a NIC that leaves gets its own MTU back
  bed.write(two());
  process.kill(bed.pid(), "SIGHUP");
  await bed.until(() =>
    assert.deepEqual(
      bed
        .group()
        .members.map((m) => m.name)
        .sort(),
      ["eth1", "eth2"],
    ),
  );
  assert.equal(bed.group().mtu, 1500);
  await bed.until(() => assert.deepEqual(bed.settings("eth3"), free));
});

onDevices("up with a changed configuration after a stop: groups and NICs that are no longer wanted are given back", async (t) => {
  const bed = new Bed(t, { nics: 3 });
  bed.write(`${two()}[[group]]\nname = "ipmp1"\nmembers = ["eth3"]\n`);
  const before = bed.settings("eth1");
  bed.up();
  assert.ok(bed.has("ipmp1"));
  bed.ok("down", "--keep");
  bed.write(two().replace('"eth1", "eth2"', '"eth2", "eth3"'));
  bed.up();
  assert.equal(bed.has("ipmp1"), false);
  assert.deepEqual(
    bed.status().groups.map((g) => [g.name, g.members.map((m) => m.name)]),
    [["ipmp0", ["eth2", "eth3"]]],
  );
  await bed.until(() => assert.deepEqual(bed.settings("eth1"), before));
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
});

onDevices("offline, undo-offline and standby, with their refusals", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  assert.equal(bed.ok("offline", "eth1"), "eth1: offline\n");
  assert.deepEqual([bed.member("eth1").state, bed.member("eth1").why], ["offline", "admin"]);
  assert.equal(bed.refused("offline", "eth1"), "holdfast: eth1: it is offline already");
  assert.equal(
    bed.refused("offline", "eth2"),
    "holdfast: eth2: refused: fewer than 1 other usable NICs would remain in its group; see --min-redundancy",
  );
  assert.equal(bed.refused("offline", "eth7"), 'holdfast: eth7: in no group; did you mean "eth1"?; there are: eth1, eth2');
  assert.ok(bed.ping("10.8.0.2"));
  assert.equal(bed.ok("undo-offline", "eth1"), "eth1: back in use\n");
  assert.equal(bed.refused("undo-offline", "eth1"), "holdfast: eth1: it is not offline");
  assert.equal(bed.ok("standby", "eth2", "on"), "eth2: standby on\n");
  assert.deepEqual(bed.member("eth2").flags, ["standby", "inactive"]);
  assert.match(bed.ok("status"), /eth2 +running,standby,inactive +up +- /);
  assert.equal(bed.ok("standby", "eth2", "off"), "eth2: standby off\n");
  assert.deepEqual(bed.member("eth2").flags, []);
});

onDevices("foreground: logs JSON to standard error, events are streamed, SIGINT ends it with 0", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  const words = [CLI, "up", "-c", bed.config, "--state", bed.state, "--foreground", "--log", "json", "--log-level", "debug"];
  const daemon = bed.host.spawn([process.execPath, ...words]);
  let log = "";
  daemon.stderr?.on("data", (d) => {
    log += d;
  });
  const ended = new Promise<number | null>((resolve) => daemon.once("exit", (code) => resolve(code)));
  await bed.until(() => assert.match(log, /"event":"ready"/), 20_000);
  const follower = bed.host.spawn([process.execPath, CLI, "events", "--follow", "--last", "1", "--json", "--state", bed.state]);
  let events = "";
  follower.stdout?.on("data", (d) => {
    events += d;
  });
  // what is remembered comes once the stream is open
  await bed.until(() => assert.match(events, /\n/), 20_000);
  events = "";
  bed.lan.cut("eth1");
  await bed.until(() => assert.match(events, /"event":"if_state".*\n/));
  const seen = events
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l) as Record<string, unknown>)
    .find((e) => e.event === "if_state");
  assert.ok(seen);
  const { time, seq, ...rest } = seen;
  assert.ok(Math.abs(Date.now() - Date.parse(String(time))) < 60_000 && Number(seq) > 0);
  assert.deepEqual(rest, {
    event: "if_state",
    level: "warn",
    text: "eth1: running -> failed (carrier)",
    group: "ipmp0",
    nic: "eth1",
    cause: "link",
    old: "running",
    new: "failed",
  });
  daemon.kill("SIGINT");
  assert.equal(await ended, 0);
  for (const line of log.trim().split("\n")) assert.equal(typeof JSON.parse(line).event, "string", line);
  assert.equal(readFileSync(join(bed.state, "ledger.json"), "utf8").includes("ipmp0"), true, "the interface stays for the next start");
});
