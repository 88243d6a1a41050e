// The administrator's tools against a running daemon on real devices: ipmpstat, if_mpadm, capture, top, events, status.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TopSample } from "../../host/cli/top_screen.js";
import { request } from "../../host/daemon/client.js";
import type { EventRecord } from "../../host/daemon/events.js";
import { BLOCK } from "../../host/io/pcapng.js";
import type { RunResult } from "../../host/lab/run.js";
import { Bed, CLI, onDevices, two } from "./bed.js";

const bin = (name: string): string => join(dirname(CLI), `${name}.js`);
const tool = (bed: Bed, name: string, ...words: string[]): RunResult =>
  bed.host.exec([process.execPath, bin(name), ...words, "--state", bed.state], { allowFailure: true });

/** Text of a tool that must succeed. */
function shown(bed: Bed, name: string, ...words: string[]): string {
  const done = tool(bed, name, ...words);
  assert.deepEqual([done.status, done.stderr], [0, ""], `${name} ${words.join(" ")}`);
  return done.stdout;
}

interface Running {
  /** standard output so far */
  text(): string;
  end(signal: NodeJS.Signals): void;
  done: Promise<RunResult>;
}

/** A command that stays, in the bed's host. */
function start(bed: Bed, ...cmd: string[]): Running {
  const child = bed.host.spawn(cmd);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (d) => {
    stdout += d;
  });
  child.stderr?.on("data", (d) => {
    stderr += d;
  });
  const done = new Promise<RunResult>((resolve) => child.on("close", (code) => resolve({ status: code ?? -1, stdout, stderr })));
  return { text: () => stdout, end: (signal) => void child.kill(signal), done };
}
const staying = (bed: Bed, ...words: string[]): Running => start(bed, process.execPath, CLI, ...words, "--state", bed.state);

onDevices("tools: ipmpstat and if_mpadm through an outage that an administrator wants", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.state === "up" && a.nic !== null).length, 3));
  assert.equal(
    shown(bed, "ipmpstat", "-g"),
    `GROUP       GROUPNAME   STATE     FDT       INTERFACES
ipmp0       ipmp0       ok        --        eth1 eth2
`,
  );
  assert.equal(
    shown(bed, "ipmpstat", "-i"),
    `INTERFACE   ACTIVE  GROUP       FLAGS     LINK      PROBE     STATE
eth1        yes     ipmp0       --mbM--   up        disabled  ok
eth2        yes     ipmp0       -------   up        disabled  ok
`,
  );
  assert.equal(
    shown(bed, "ipmpstat", "-t"),
    `INTERFACE   MODE      TESTADDR            TARGETS
eth1        disabled  --                  --
eth2        disabled  --                  --
`,
  );
  const addresses = (): string[] => shown(bed, "ipmpstat", "-anPo", "address,state,inbound,outbound").split("\n");
  assert.match(addresses()[0], /^10\.8\.0\.1:up:eth[12]:eth1 eth2$/);
  assert.ok(addresses().some((l) => /^2001\\:db8\\:8\\:\\:1:up:eth[12]:eth1 eth2$/.test(l)));
  const probes = tool(bed, "ipmpstat", "-p");
  assert.deepEqual([probes.status, probes.stderr], [1, "ipmpstat: no interface is probed: there is nothing to show\n"]);

  // out of use: no output, as the original
  assert.equal(shown(bed, "if_mpadm", "-d", "eth1"), "");
  assert.match(shown(bed, "ipmpstat", "-i"), /^eth1 +no +ipmp0 +-----d- +up +disabled +offline$/m);
  assert.match(shown(bed, "ipmpstat", "-g"), /degraded +-- +eth2 \[eth1\]\n/);
  for (const line of addresses().filter((l) => l !== "")) assert.match(line, /:eth2:eth2$/);
  const again = tool(bed, "if_mpadm", "-d", "eth1");
  assert.deepEqual([again.status, again.stderr], [1, "if_mpadm: cannot offline eth1: already offline\n"]);
  const last = tool(bed, "if_mpadm", "-d", "eth2");
  assert.deepEqual(
    [last.status, last.stderr],
    [1, "if_mpadm: cannot offline eth2: no other functioning interfaces are in its IPMP group\n"],
  );
  const none = tool(bed, "if_mpadm", "-d", "eht2");
  assert.equal(none.status, 1);
  assert.match(
    none.stderr,
    /^if_mpadm: cannot offline eht2: not a physical interface or not in an IPMP group \(.*did you mean "eth2"\?.*\)\n$/,
  );
  const not = tool(bed, "if_mpadm", "-r", "eth2");
  assert.deepEqual([not.status, not.stderr], [1, "if_mpadm: cannot undo the offline of eth2: not offline\n"]);
  assert.match(shown(bed, "ipmpstat", "-iPo", "interface,flags"), /^eth2:--mbM--$/m, "a refusal changes nothing");

  // and back; also by holdfast's own command after if_mpadm
  assert.equal(shown(bed, "if_mpadm", "-r", "eth1"), "");
  assert.match(shown(bed, "ipmpstat", "-i"), /^eth1 +yes +ipmp0 +------- +up +disabled +ok$/m);
  assert.ok(bed.ping("10.8.0.2"));
  shown(bed, "if_mpadm", "-d", "eth2");
  assert.deepEqual(JSON.parse(bed.ok("undo-offline", "eth2", "--json")), { nic: "eth2", offline: false });
  assert.deepEqual(bed.member("eth2").up, ["ipv4", "ipv6"]);
  // holdfast's own offline leaves the NIC's own addresses alone
  bed.ok("offline", "eth2");
  assert.deepEqual(bed.member("eth2").up, ["ipv4", "ipv6"]);
});

/** Names of the interfaces, and how many packets each has, of a pcapng file. */
function blocks(bytes: Buffer): { ifaces: string[]; packets: number[]; statistics: number } {
  const found = { ifaces: [] as string[], packets: [] as number[], statistics: 0 };
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    const type = bytes.readUInt32LE(at);
    if (type === BLOCK.INTERFACE) {
      found.ifaces.push(bytes.toString("latin1", at + 20, at + 20 + bytes.readUInt16LE(at + 18)));
      found.packets.push(0);
    } else if (type === BLOCK.PACKET) found.packets[bytes.readUInt32LE(at + 8)]++;
    else if (type === BLOCK.STATISTICS) found.statistics++;
  }
  return found;
}

onDevices("tools: capture to a file and to a pipe, ended by a signal, by a number, by the daemon", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  const socket = join(bed.state, "control.sock");
  const open = async (): Promise<number> => ((await request(socket, "stats")) as { capture: { open: number } }).capture.open;
  const begun = async (n: number): Promise<void> => {
    for (let i = 0; i < 200 && (await open()) !== n; i++) await delay(25);
    assert.equal(await open(), n);
  };

  const file = join(bed.dir, "all.pcapng");
  const one = staying(bed, "capture", "-w", file);
  await begun(1);
  for (let i = 0; i < 3; i++) assert.ok(bed.ping("10.8.0.2"));
  one.end("SIGINT");
  const done = await one.done;
  assert.equal(done.status, 0, done.stderr);
  const found = blocks(readFileSync(file));
  assert.deepEqual(found.ifaces, ["eth1", "eth2"]);
  assert.equal(found.statistics, 2);
  const total = found.packets[0] + found.packets[1];
  assert.ok(total >= 6, `${total}`);
  assert.equal(done.stderr, `holdfast: ${total} frames captured, 0 lost; ${file}\n`);
  await begun(0);

  const until = staying(bed, "capture", "-w", join(bed.dir, "end.pcapng"), "--json");
  await begun(1);
  const some = staying(bed, "capture", "--nic", "eth1", "--count", "1", "-w", join(bed.dir, "one.pcapng"));
  // a request for an address of the group goes to every NIC, so that both have something to capture
  let ended = false;
  void some.done.then(() => {
    ended = true;
  });
  for (const end = performance.now() + 20_000; !ended && performance.now() < end; await delay(100)) {
    bed.lan.peer.exec(["ip", "neigh", "flush", "all"]);
    bed.lan.peer.exec(["ping", "-c", "1", "-w", "2", "10.8.0.1"], { allowFailure: true });
  }
  const counted = await some.done;
  assert.equal(counted.status, 0, counted.stderr);
  assert.deepEqual(blocks(readFileSync(join(bed.dir, "one.pcapng"))).ifaces, ["eth1"]);
  assert.deepEqual(blocks(readFileSync(join(bed.dir, "one.pcapng"))).packets, [1]);
  assert.match(bed.refused("capture", "--group", "ipmp1", "-w", join(bed.dir, "x")), /ipmp1: no such group; did you mean "ipmp0"\?/);
  bed.ok("down");
  const rest = await until.done;
  assert.equal(rest.status, 0, rest.stderr);
  assert.match(rest.stderr, /^holdfast: the daemon has stopped\n\{"file":".*end\.pcapng","frames":\d+,"lost":0\}\n$/);
  assert.equal(blocks(readFileSync(join(bed.dir, "end.pcapng"))).statistics, 2);
});

onDevices("tools: status, top, events and completion of a running daemon", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  assert.deepEqual(Object.keys(JSON.parse(bed.ok("up", "-c", bed.config, "--json"))), ["groups", "pid", "log"]);
  await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
  const follower = staying(bed, "events", "-f", "--last", "512", "--json", "--nic", "eth1", "--event", "if_state");
  // what is remembered comes once the stream is open
  await bed.until(() => assert.match(follower.text(), /"new":"running"/), 20_000);
  bed.ok("offline", "eth1");
  await bed.until(() => assert.match(follower.text(), /\n\{.*"event":"if_state".*"new":"offline".*\}\n$/));
  follower.end("SIGTERM");
  await follower.done;

  const kept = bed
    .ok("events", "--json")
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l) as EventRecord);
  assert.ok(
    kept.some((e) => e.event === "member_change" && e.nic === "eth2"),
    "the start is remembered",
  );
  const [last] = bed
    .ok("events", "--json", "--last", "1", "--event", "if_state")
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l) as EventRecord);
  assert.deepEqual([last.nic, last.new], ["eth1", "offline"]);
  assert.equal(bed.ok("events", "--last", "0"), "");
  assert.match(bed.refused("events", "--nic", "eth7"), /eth7: no such NIC in any group; did you mean "eth1"\?; there are: eth1, eth2$/);

  assert.match(bed.ok("status"), /\n {2}lately:\n(.*\n)*.* ago {2}eth1: running -> offline \(the administrator\)\n/);
  assert.match(bed.ok("status", "10.8.0.1"), /\n {2}10\.8\.0\.1\/24 +up +eth2 /);
  assert.match(bed.refused("status", "eth7"), /did you mean "eth1"/);
  assert.deepEqual(
    bed.group().members.map((m) => m.buckets.ipv4),
    [0, 256],
  );

  const pinging = start(bed, "ping", "-i", "0.2", "-c", "20", "10.8.0.2");
  const sample = JSON.parse(bed.ok("top", "--once", "--json")) as TopSample;
  pinging.end("SIGTERM");
  await pinging.done;
  const [g] = sample.groups;
  assert.deepEqual(
    g.members.map((m) => [m.name, m.out_frames > 0]),
    [
      ["eth1", false],
      ["eth2", true],
    ],
  );
  assert.ok((g.addresses.find((a) => a.address === "10.8.0.1/24")?.out_bits ?? 0) > 0);
  assert.match(bed.ok("top", "--once"), /^holdfast top .*\nipmp0 /);

  const names = bed.cli("completion", "complete", "--", "holdfast", "offline", "--state", bed.state, "et");
  assert.equal(names.stdout, "eth1\neth2\n");
});
