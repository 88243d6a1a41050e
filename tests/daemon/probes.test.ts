// Probing by a running daemon on real devices: test addresses, routers from the routing table, targets, ARP and ND; what status,
// ipmpstat, metrics and events show of it; what a reload changes.

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { EventRecord } from "../../host/daemon/events.js";
import type { MemberProbing } from "../../host/daemon/probe_report.js";
import { Bed, CLI, onDevices } from "./bed.js";

/** Three addresses of the peer's: the bed's, and two that routes may lead to. */
const PEER = ["10.8.0.2", "10.8.0.3", "10.8.0.4"];
const FAST = "detection_time_ms = 1000\nprobe_quiet_ms = 0\nprobe_repairs = 2\nprobe_discovery = false\nflap_max = 0\n";
const TESTS = [
  ["10.8.0.101/24", "2001:db8:8::101/64"],
  ["10.8.0.102/24", "2001:db8:8::102/64"],
];

function config(more: string, tests: readonly (readonly string[])[] = TESTS): string {
  const members = tests.map((list, i) => `{ name = "eth${i + 1}", test_addresses = ${JSON.stringify(list)} }`);
  return `[[group]]
name = "ipmp0"
members = [${members.join(", ")}]
conflict_probe_count = 0
addresses = ["10.8.0.1/24", "2001:db8:8::1/64"]
${FAST}${more}
`;
}

function bedOf(t: Parameters<Parameters<typeof onDevices>[1]>[0]): Bed {
  const bed = new Bed(t);
  for (const a of PEER.slice(1)) bed.lan.peer.addr("eth0", `${a}/24`);
  bed.lan.peer.addr("eth0", "2001:db8:8::3/64");
  return bed;
}

const probing = (bed: Bed, nic: string): MemberProbing => {
  const p = bed.member(nic).probing;
  assert.ok(p);
  return p;
};
const targets = (bed: Bed, nic: string, family: string): string[] =>
  [...(probing(bed, nic).families.find((f) => f.family === family)?.targets ?? [])].sort();
/** Drops whatever comes from a NIC and goes to it, at the switch; its carrier stays. */
const silence = (bed: Bed, nic: string, on: boolean): void =>
  void bed.lan.switch.exec(["bridge", "link", "set", "dev", bed.lan.port(nic), "state", on ? "0" : "3"]);
const tool = (bed: Bed, name: string, ...words: string[]): string => {
  const done = bed.host.exec([process.execPath, join(dirname(CLI), `${name}.js`), ...words, "--state", bed.state], { allowFailure: true });
  assert.deepEqual([done.status, done.stderr], [0, ""]);
  return done.stdout;
};
const WAIT = 30_000;

onDevices("probes: a silent NIC fails, others carry on, and it is repaired; shown by every tool", async (t) => {
  const bed = bedOf(t);
  bed.write(config(`targets = ["${PEER[0]}", "2001:db8:8::2"]`));
  bed.up();
  for (const nic of ["eth1", "eth2"]) {
    await bed.until(() => assert.equal(probing(bed, nic).state, "ok"), WAIT);
    assert.deepEqual(
      probing(bed, nic).families.map((f) => [f.mode, f.test_address, f.targets]),
      [
        ["routes", `10.8.0.10${nic.slice(3)}`, [PEER[0]]],
        ["routes", `2001:db8:8::10${nic.slice(3)}`, ["2001:db8:8::2"]],
      ],
    );
  }
  assert.ok((bed.group().fdt_ms ?? 0) >= 1000);
  assert.match(tool(bed, "ipmpstat", "-i"), /^eth1 +yes +ipmp0 +--mbM-- +up +ok +ok$/m);
  assert.match(tool(bed, "ipmpstat", "-tn"), /^eth1 +routes +10\.8\.0\.101 +10\.8\.0\.2\neth1 +routes +2001:db8:8::101 +2001:db8:8::2\n/m);

  silence(bed, "eth1", true);
  await bed.until(() => assert.equal(bed.member("eth1").state, "failed"), WAIT);
  const failed = bed.member("eth1");
  assert.deepEqual([failed.link, failed.why, failed.probing?.state, failed.active], [true, "probe", "failed", []]);
  assert.match(tool(bed, "ipmpstat", "-i"), /^eth1 +no +ipmp0 +------- +up +failed +failed$/m);
  assert.ok(bed.ping(PEER[0]), "the other NIC carries on");
  silence(bed, "eth1", false);
  await bed.until(() => assert.deepEqual([bed.member("eth1").state, probing(bed, "eth1").state], ["running", "ok"]), WAIT);
  const metrics = bed.ok("metrics");
  assert.match(metrics, /^holdfast_member_probes_total\{group="ipmp0",nic="eth1",family="ipv4",outcome="lost"\} [1-9]/m);
  assert.match(metrics, /^holdfast_group_detection_time_seconds\{group="ipmp0"\} [1-9]/m);
  assert.match(metrics, /^holdfast_member_target_rtt_seconds\{group="ipmp0",nic="eth2",family="ipv4",target="10\.8\.0\.2"\} 0\.\d+/m);
});

onDevices("probes: when nobody answers any more it is no NIC's fault, and no address moves", async (t) => {
  const bed = bedOf(t);
  bed.write(config(`targets = ["${PEER[0]}"]`, [["10.8.0.101/24"], ["10.8.0.102/24"]]));
  bed.up();
  for (const nic of ["eth1", "eth2"]) await bed.until(() => assert.equal(probing(bed, nic).state, "ok"), WAIT);
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.state === "up").length, 3), WAIT);
  const bound = (): string[] =>
    bed
      .group()
      .addresses.map((a) => `${a.address} ${a.nic}`)
      .sort();
  const before = bound();
  bed.lan.peer.link("eth0", "down");
  await bed.until(
    () => assert.deepEqual([bed.group().state, ...["eth1", "eth2"].map((n) => bed.member(n).why)], ["failed", "group", "group"]),
    WAIT,
  );
  assert.deepEqual(bound(), before);
  assert.deepEqual(
    bed.group().members.map((m) => m.active),
    [
      ["ipv4", "ipv6"],
      ["ipv4", "ipv6"],
    ],
    "both go on carrying",
  );
  bed.lan.peer.link("eth0", "up");
  await bed.until(
    () => assert.deepEqual([bed.group().state, bed.member("eth1").state, bed.member("eth2").state], ["ok", "running", "running"]),
    WAIT,
  );
  assert.deepEqual(bound(), before);
});

onDevices("probes: every one is told to who asks, and to nobody else", async (t) => {
  const bed = bedOf(t);
  bed.write(config(`targets = ["${PEER[0]}"]`));
  bed.up();
  const child = bed.host.spawn([process.execPath, join(dirname(CLI), "ipmpstat.js"), "-pn", "--state", bed.state]);
  let text = "";
  child.stdout?.on("data", (d) => {
    text += d;
  });
  const line = /^[\d.]+s? +eth1 +\d+ +[\d.]+ms +[\d.]+ms +[\d.]+ms +10\.8\.0\.2$/m;
  await bed.until(() => assert.match(text, line), WAIT);
  child.kill("SIGINT");
  const events = bed
    .ok("events", "--json", "--last", "512")
    .trim()
    .split("\n")
    .map((l) => (JSON.parse(l) as EventRecord).event);
  assert.deepEqual(
    events.filter((e) => e.startsWith("probe_")),
    [],
  );
});

onDevices("probes: a test address that another host has is not used, and that is said", async (t) => {
  const bed = bedOf(t);
  bed.write(
    config(`targets = ["${PEER[0]}"]\nconflict_probe_interval_ms = 50`, [[`${PEER[2]}/24`], ["10.8.0.102/24"]]).replace(
      "conflict_probe_count = 0",
      "",
    ),
  );
  bed.up();
  await bed.until(() => assert.match(bed.member("eth1").note ?? "", /another host has its IPv4 test address/), WAIT);
  await bed.until(() => assert.equal(probing(bed, "eth2").state, "ok"), WAIT);
  assert.equal(probing(bed, "eth1").state, "disabled");
  assert.match(bed.ok("events", "--last", "512"), /eth1: test address 10\.8\.0\.4 duplicate/);
});

onDevices("probes: routers come from the routing table and go with it", async (t) => {
  const bed = bedOf(t);
  bed.write(config(""));
  bed.up();
  assert.deepEqual(targets(bed, "eth1", "ipv4"), []);
  assert.equal(probing(bed, "eth1").state, "unknown");
  bed.host.ip(`route add default via ${PEER[1]} dev ipmp0`);
  bed.host.ip("-6 route add default via 2001:db8:8::3 dev ipmp0");
  await bed.until(() => assert.deepEqual(targets(bed, "eth2", "ipv4"), [PEER[1]]), WAIT);
  await bed.until(() => assert.deepEqual(targets(bed, "eth2", "ipv6"), ["2001:db8:8::3"]), WAIT);
  bed.host.ip(`route add ${PEER[2]}/32 dev ipmp0 proto static`);
  await bed.until(() => assert.deepEqual(targets(bed, "eth1", "ipv4"), PEER.slice(1)), WAIT);
  bed.host.ip("route del default");
  await bed.until(() => assert.deepEqual(targets(bed, "eth1", "ipv4"), [PEER[2]]), WAIT);
  // a killed daemon finds them again
  process.kill(bed.pid(), "SIGKILL");
  await bed.until(() => void bed.up(), WAIT);
  await bed.until(() => assert.deepEqual(targets(bed, "eth1", "ipv4"), [PEER[2]]), WAIT);
  bed.write(config("routers = false"));
  assert.match(bed.ok("reload"), /ipmp0: routers off/);
  await bed.until(() => assert.deepEqual(targets(bed, "eth1", "ipv4"), []), WAIT);
});

onDevices("probes: a family that goes takes its test addresses and targets along, and one that comes brings them", async (t) => {
  const bed = bedOf(t);
  const both = config(`targets = ["${PEER[0]}", "2001:db8:8::2"]`);
  const four = config(`families = ["ipv4"]\ntargets = ["${PEER[0]}"]`, [["10.8.0.101/24"], ["10.8.0.102/24"]]).replace(
    ', "2001:db8:8::1/64"',
    "",
  );
  bed.write(both);
  bed.up();
  const shown = (nic: string): unknown => probing(bed, nic).families.map((f) => [f.family, f.test_address, f.targets]);
  const v4 = (n: number): unknown => ["ipv4", `10.8.0.10${n}`, [PEER[0]]];
  const v6 = (n: number): unknown => ["ipv6", `2001:db8:8::10${n}`, ["2001:db8:8::2"]];
  for (const text of [both, four, both]) {
    bed.write(text);
    bed.ok("reload");
    for (const n of [1, 2]) {
      await bed.until(() => assert.deepEqual(shown(`eth${n}`), text === both ? [v4(n), v6(n)] : [v4(n)]), WAIT);
      await bed.until(() => assert.equal(probing(bed, `eth${n}`).state, "ok"), WAIT);
    }
  }
});

onDevices("probes: a reload changes targets, test addresses and watchers; a refused one changes nothing", async (t) => {
  const bed = bedOf(t);
  bed.write(config(`targets = ["${PEER[0]}"]`));
  bed.up();
  await bed.until(() => assert.equal(probing(bed, "eth1").state, "ok"), WAIT);
  // two NICs exchange their addresses, and there are other targets
  bed.write(config(`targets = ["${PEER[1]}", "${PEER[2]}"]\nprobe_targets_max = 2`, [["10.8.0.102/24"], ["10.8.0.101/24", "link-local"]]));
  const said = bed.ok("reload");
  for (const part of [
    "eth1: test addresses: 10.8.0.102/24",
    "eth2: test addresses: 10.8.0.101/24, link-local",
    "targets: 10.8.0.3, 10.8.0.4",
  ])
    assert.ok(said.includes(part), `${part}: ${said}`);
  assert.deepEqual(targets(bed, "eth1", "ipv4"), PEER.slice(1));
  assert.deepEqual(
    probing(bed, "eth2").families.map((f) => f.test_address),
    ["10.8.0.101", "fe80::ff:fe00:102"],
  );
  const before = bed.group();
  const refusal = bed.host.ip("addr add 10.8.0.103/24 dev ipmp0");
  assert.equal(refusal, "");
  await bed.until(() => assert.ok(bed.group().addresses.some((a) => a.address === "10.8.0.103/24")));
  bed.write(config(`targets = ["${PEER[0]}"]`, [["10.8.0.103/24"], []]));
  assert.match(bed.refused("reload"), /10\.8\.0\.103.*nothing has changed/s);
  assert.deepEqual(
    bed.group().members.map((m) => [m.state, m.probing?.families.map((f) => f.test_address)]),
    before.members.map((m) => [m.state, m.probing?.families.map((f) => f.test_address)]),
  );
  bed.host.ip("addr del 10.8.0.103/24 dev ipmp0");
  // neighbours are asked instead, from no address of the NICs' own
  bed.write(config(`watch = ["arp-nd"]\nresolve_targets = ["${PEER[0]}"]`, [[], []]));
  bed.ok("reload");
  await bed.until(() => assert.equal(probing(bed, "eth1").state, "ok"), WAIT);
  silence(bed, "eth2", true);
  await bed.until(() => assert.deepEqual([bed.member("eth2").state, bed.member("eth2").why], ["failed", "probe"]), WAIT);
  silence(bed, "eth2", false);
  await bed.until(() => assert.equal(bed.member("eth2").state, "running"), WAIT);
  // and nobody is any more
  bed.write(config("watch = []", [[], []]));
  bed.ok("reload");
  assert.deepEqual([probing(bed, "eth1").state, bed.group().fdt_ms], ["disabled", null]);
  silence(bed, "eth2", true);
  await delay(1500);
  assert.equal(bed.member("eth2").state, "running");
});
