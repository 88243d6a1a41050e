// io = "xdp" on real devices: in use and said so, traffic of all kinds goes on over failovers, reloads, kill -9 and another
// process taking over; without the capability the packet ring does it all.

import assert from "node:assert/strict";
import { Bed, onDevices } from "./bed.js";

const config = (io: string): string =>
  `[[group]]\nname = "ipmp0"\nmembers = ["eth1", "eth2"]\nconflict_probe_count = 0\nio = "${io}"\n` +
  'addresses = ["10.8.0.11/24", "10.8.0.12/24", "2001:db8:8::11/64"]\n';

const program = (bed: Bed, nic: string): boolean => /prog\/xdp id/.test(bed.host.ip(`-d link show dev ${nic}`));
const ways = (bed: Bed): (string | null | undefined)[] => bed.group().members.map((m) => m.io);
const keepsTags = (bed: Bed, nic: string): boolean => /rx-vlan-offload: off/.test(bed.host.exec(["ethtool", "-k", nic]).stdout);

/** Both NICs by XDP: the kernel lets go of a queue by and by. */
const byXdp = (bed: Bed): Promise<void> =>
  bed.until(() => assert.deepEqual(ways(bed), ["xdp", "xdp"], JSON.stringify(bed.group().members.map((m) => m.io_note))));

const ECHO = `const s = require("node:dgram").createSocket(process.argv[1]);
s.on("message", (m, from) => s.send(m, from.port, from.address)).bind(7007, () => console.log("ready"));`;
/** Sends datagrams one after another, again if there is no answer; exits with 0 if all came as they were. */
const ASK = `const s = require("node:dgram").createSocket(process.argv[1]);
let n = 0;
const ask = () => s.send(Buffer.alloc(20 + 14 * n, n), 7007, process.argv[2]);
s.on("message", (m) => {
  const k = m[0];
  if (k > n || m.length !== 20 + 14 * k || m.some((b) => b !== k)) process.exit(2);
  // what was asked twice is answered twice
  if (k < n) return;
  if (++n === 100) process.exit(0);
  ask();
});
s.bind(0, ask);
setInterval(ask, 500);
setTimeout(() => process.exit(1), 20000);`;

/** Datagrams there and back, of 20 to 1,406 bytes, over both families. */
async function datagrams(bed: Bed): Promise<void> {
  for (const [family, address] of [
    ["udp4", "10.8.0.2"],
    ["udp6", "2001:db8:8::2"],
  ]) {
    const server = bed.lan.peer.spawn([process.execPath, "-e", ECHO, family], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((r) => server.stdout?.once("data", r));
    const done = await bed.host.execAsync([process.execPath, "-e", ASK, family, address], { allowFailure: true });
    server.kill();
    assert.equal(done.status, 0, `${family}: ${done.stderr}`);
  }
}

onDevices('io = "xdp": in use, said, and carries everything; failover, reload, kill -9; nothing is left', async (t) => {
  const bed = new Bed(t);
  bed.write(config("xdp"));
  bed.up();
  await byXdp(bed);
  assert.match(bed.log(), /privileges: kept CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF\n/);
  assert.match(bed.ok("status"), /^ {2}by XDP: eth1, eth2$/m);
  for (const nic of ["eth1", "eth2"]) assert.ok(program(bed, nic) && keepsTags(bed, nic), nic);
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  await datagrams(bed);

  bed.lan.cut("eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "failed"));
  assert.ok(bed.ping("10.8.0.2"));
  await datagrams(bed);
  bed.lan.repair("eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));

  bed.write(config("packet"));
  assert.match(bed.ok("reload"), /ipmp0: io = "packet"/);
  assert.deepEqual(ways(bed), ["packet", "packet"]);
  for (const nic of ["eth1", "eth2"]) assert.ok(!program(bed, nic) && !keepsTags(bed, nic), nic);
  assert.ok(bed.ping("10.8.0.2"));

  bed.write(config("xdp"));
  assert.match(bed.ok("reload"), /ipmp0: io = "xdp"/);
  // the capabilities are still there: the daemon began with XDP
  await byXdp(bed);
  process.kill(bed.pid(), "SIGKILL");
  await bed.until(() => assert.ok(!program(bed, "eth1") && !program(bed, "eth2")));
  bed.up();
  await byXdp(bed);
  await datagrams(bed);

  bed.ok("reload", "--binary");
  await byXdp(bed);
  assert.ok(bed.ping("10.8.0.2"));
  bed.ok("down");
  for (const nic of ["eth1", "eth2"]) assert.ok(!program(bed, nic) && !keepsTags(bed, nic), nic);
});

onDevices("a daemon that began without XDP goes on by the packet ring when a reload asks for it, and says what is missing", async (t) => {
  const bed = new Bed(t);
  bed.write(config("auto"));
  bed.up();
  assert.deepEqual(ways(bed), ["packet", "packet"]);
  assert.doesNotMatch(bed.ok("status"), /XDP/);
  bed.write(config("xdp"));
  assert.match(bed.ok("reload"), /ipmp0: io = "xdp"/);
  assert.deepEqual(ways(bed), ["packet", "packet"]);
  assert.match(bed.ok("status"), /^ {2}eth1: not by XDP: .*\(EPERM\)|not by XDP: .*locked memory/m);
  assert.ok(bed.ping("10.8.0.2"));
  await datagrams(bed);
  bed.ok("down");
});
