// Garbage for a daemon at work: at the control socket and as configuration. Errors, nothing half applied, frames go on.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { PROTOCOL } from "../../host/daemon/protocol.js";
import { Random } from "../hostile/random.js";
import { Bed, onDevices, two } from "./bed.js";

/** Sends bytes; resolves with what came back: the first line, or all until the daemon closes or is silent for `ms`. */
function send(path: string, bytes: Buffer, ms: number, line = false): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = "";
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    let timer = setTimeout(done, ms);
    socket.on("data", (d) => {
      text += d;
      clearTimeout(timer);
      timer = setTimeout(done, ms);
      if (line && text.includes("\n")) done();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });
}

/** What must be the same afterwards. */
const state = (bed: Bed): unknown =>
  bed.status().groups.map((g) => [g.name, g.state, g.mtu, g.policy, g.members.map((m) => [m.name, m.state, m.flags])]);

onDevices("garbage at the control socket: error replies or the end, the groups as they were, traffic goes on", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 3));
  const before = state(bed);
  const path = join(bed.state, "control.sock");
  const random = new Random(Number(process.env.HOLDFAST_SEED ?? 1));
  const lines = [
    "\0\0\0\0\n",
    `${"[".repeat(60_000)}\n`,
    '{"v":1,"cmd":"offline","nic":"../../etc"}\n',
    `{"v":1,"cmd":"offline","nic":"${"x".repeat(60_000)}"}\n`,
    '{"v":1,"cmd":"offline","nic":"eth1","min_redundancy":1e999}\n',
    '{"v":1,"cmd":"standby","nic":"eth1","on":"yes"}\n',
    '{"v":1,"cmd":"reload","binary":1}\n',
    '{"v":1,"cmd":"down","keep":null}\n',
    '{"v":1,"cmd":"__proto__"}\n',
    '{"v":1,"__proto__":{"cmd":"down"}}\n',
  ];
  for (const line of lines) {
    const answer = await send(path, Buffer.from(line), 30_000, true);
    for (const reply of answer.trim().split("\n"))
      assert.equal((JSON.parse(reply) as { ok: boolean }).ok, false, `${line.slice(0, 60)}: ${reply}`);
  }
  // bytes at random, and requests that are nearly right
  const request = Buffer.from(`{"v":${PROTOCOL},"id":7,"cmd":"standby","nic":"eth9","on":true}\n`);
  const pieces = Array.from({ length: 60 }, (_, i) => {
    const bytes = i % 2 === 0 ? Buffer.from(Array.from({ length: random.below(4000) + 1 }, () => random.below(256))) : Buffer.from(request);
    for (let n = 0; i % 2 === 1 && n < 3; n++) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  });
  await Promise.all(pieces.map((p) => send(path, p, 300)));
  // clients that stay, say half a line, and never read; more of them than are served
  const idle = Array.from({ length: 100 }, () => connect(path).on("error", () => undefined));
  for (const s of idle) {
    s.pause();
    s.write('{"v":1,"cmd":"events"}\n{"v":1,"id":');
  }
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  assert.deepEqual(state(bed), before);
  for (const s of idle) s.destroy();
  assert.doesNotMatch(bed.log(), /EINTERNAL|TypeError|defect/);
});

onDevices("10,000 groups, NICs that do not exist, a file of garbage: a reload is refused whole", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  bed.up();
  await bed.until(() => assert.equal(bed.group().addresses.filter((a) => a.nic !== null).length, 3));
  const before = state(bed);
  const groups = (n: number): string =>
    Array.from(
      { length: n },
      (_, i) => `[[group]]\nname = "g${i}"\nmembers = ["n${i}"]\naddresses = ["10.${i >> 8}.${i & 255}.1/24"]\n`,
    ).join("");
  bed.write(groups(10_000));
  assert.match(
    bed.refused("reload"),
    /config\.toml:1:1: group: found a list of 10000; allowed: 1 to 64 tables, each begun by a line \[\[group\]\]$/,
  );
  // as many as there may be, of which one is right
  bed.write(`${two()}${groups(63)}`);
  assert.match(bed.refused("reload"), /^holdfast: group "g0": n0: no such interface; there are: /);
  bed.write("\0\x01[[group");
  assert.match(bed.refused("reload"), /config\.toml:1:1: not valid TOML/);
  assert.deepEqual(state(bed), before);
  assert.deepEqual((JSON.parse(bed.host.ip("-j link show")) as { ifname: string }[]).map((l) => l.ifname).sort(), [
    "eth1",
    "eth2",
    "ipmp0",
    "lo",
  ]);
  assert.ok(bed.ping("10.8.0.2"));
});
