// Middleware around devices of the simulated network: trace, faults, capture.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Desc, Ipmp } from "../../host/core/index.js";
import type { Device } from "../../host/io/device.js";
import { MemoryLan, VirtualClock } from "../../host/io/memory_lan.js";
import { CaptureDevice } from "../../host/io/middleware/capture.js";
import { FaultDevice, type Faults } from "../../host/io/middleware/fault.js";
import { summarize } from "../../host/io/middleware/summary.js";
import { TraceDevice } from "../../host/io/middleware/trace.js";
import { DIRECTION, PcapngWriter } from "../../host/io/pcapng.js";
import { PEER, region, world } from "./pump.js";

const MS = 1_000_000n;
const S = 1000n * MS;

// ── Trace ──

test("a trace says each frame of each device once, with time and direction", async () => {
  const lines: string[] = [];
  const w = await world(
    2,
    1,
    (ipmp, nic, clock) => new TraceDevice(ipmp, nic, { write: (line) => lines.push(line), clock: () => clock.now() }),
  );
  lines.length = 0;
  w.peer.ping("10.0.0.1", () => {});
  w.clock.run(MS);
  const echoed = lines.filter((l) => l.includes("icmp"));
  assert.equal(echoed.length, 2);
  assert.match(echoed[0], /^1\.0\d{5} eth0 < 02:00:00:00:00:99>02:00:00:00:00:01 10\.0\.0\.9>10\.0\.0\.1 icmp echo \(74\)$/);
  assert.match(echoed[1], /^1\.0\d{5} eth[01] > 02:00:00:00:00:0[12]>02:00:00:00:00:99 10\.0\.0\.1>10\.0\.0\.9 icmp echo-reply \(74\)$/);
  // The request for the address was flooded to both members.
  assert.equal(lines.filter((l) => l.includes("who-has 10.0.0.1 tell 10.0.0.9")).length, 2);
});

/** A device that has one frame to give, with a virtio_net_hdr in front, and takes what it is sent. */
function single(ipmp: Ipmp, frame: Buffer, vnet: Buffer): Device & { sent: Buffer[] } {
  const at = region(ipmp, 9).off + 64;
  let waiting = 1;
  const sent: Buffer[] = [];
  return {
    name: "tap",
    sent,
    receive(first) {
      if (waiting === 0) return 0;
      waiting = 0;
      ipmp.u8.set(vnet, at - vnet.length);
      ipmp.u8.set(frame, at);
      ipmp.setDesc(first, at, frame.length, 1);
      return 1;
    },
    release() {},
    send(off, len, flags) {
      const from = off - (flags & 1 ? vnet.length : 0);
      sent.push(Buffer.from(ipmp.u8.subarray(from, off + len)));
    },
    flush() {},
    start() {},
    stats: () => ({ rxDropped: 0, txErrors: 0 }),
    close() {},
  };
}

/** A UDP datagram whose checksum is wrong. */
const WRONG_SUM = Buffer.from("0200000000990200000000010800" + "4500001c00000000401166ce0a0000010a000009" + "1388000700081234", "hex");

test("a trace does not call a partial checksum wrong, and a wrong one it does", async () => {
  const ipmp = await Ipmp.load();
  for (const [needsCsum, text] of [
    [1, "udp 0 (42)"],
    [0, "udp 0 badsum (42)"],
  ] as const) {
    const lines: string[] = [];
    const vnet = Buffer.alloc(10);
    vnet[0] = needsCsum;
    const trace = new TraceDevice(ipmp, single(ipmp, WRONG_SUM, vnet), { write: (l) => lines.push(l), clock: () => 0n });
    assert.equal(trace.receive(0, 8), 1);
    assert.ok(lines[0].endsWith(text), lines[0]);
  }
});

test("faults carry a virtio header along with the frame they move", async () => {
  const ipmp = await Ipmp.load();
  const clock = new VirtualClock();
  const vnet = Buffer.from("01020304050607080900", "hex");
  const inner = single(ipmp, WRONG_SUM, vnet);
  const fault = new FaultDevice(ipmp, inner, { seed: 1, clock, region: region(ipmp, 2), tx: { delay: MS } });
  assert.equal(fault.receive(0, 8), 1);
  const desc = ipmp.pageWord("desc_base");
  const off = ipmp.dv.getUint32(desc + Desc.off, true);
  const whole = Buffer.concat([vnet, WRONG_SUM]);
  assert.equal(ipmp.dv.getUint16(desc + Desc.flags, true), 1);
  assert.deepEqual(Buffer.from(ipmp.u8.subarray(off - 10, off + WRONG_SUM.length)), whole);
  fault.send(off, WRONG_SUM.length, 1);
  ipmp.u8.fill(0, off - 10, off + WRONG_SUM.length);
  clock.run(2n * MS);
  assert.deepEqual(inner.sent, [whole]);
});

test("a summary never throws, however a frame is cut or garbled", () => {
  // An MLDv2 report behind a hop-by-hop header, with two VLAN tags: what has most to go wrong in it.
  const ethernet = "333300000016" + "020000000001" + "88a80005" + "81000006" + "86dd";
  const ip6 = "60000000" + "0024" + "00" + "01" + "fe800000000000000000000000000001" + "ff020000000000000000000000000016";
  const report = "3a00050200000100" + "8f00d7b100000001" + "04000000" + "ff050000000000000000000000010003";
  const frame = Buffer.from(ethernet + ip6 + report, "hex");
  assert.match(summarize(frame), /^02:00:00:00:00:01>mc vlan 5 vlan 6 fe80::1>ff02::16 mld 143 ff05::1:3/);
  for (let length = 0; length <= frame.length; length++)
    for (let at = 12; at < length; at++) {
      const garbled = Buffer.from(frame.subarray(0, length));
      garbled[at] ^= 0xff;
      assert.equal(typeof summarize(garbled), "string");
    }
});

// ── Faults ──

const SENT = 1000;

/** Two NICs on one switch; what `sender` sends arrives at `receiver`, either of them faulty. */
async function line(faults: { rx?: Faults; tx?: Faults }) {
  const ipmp = await Ipmp.load();
  const clock = new VirtualClock();
  const lan = new MemoryLan({ seed: 1, clock, ipmp });
  const a = lan.nic("a", "02:00:00:00:00:0a", region(ipmp, 0));
  const b = lan.nic("b", "02:00:00:00:00:0b", region(ipmp, 1));
  const sender = new FaultDevice(ipmp, a, { seed: 5, clock, region: region(ipmp, 2), tx: faults.tx });
  const receiver = new FaultDevice(ipmp, b, { seed: 6, clock, region: region(ipmp, 3), rx: faults.rx });
  const got: Buffer[] = [];
  receiver.start(() => take(ipmp, receiver, got));
  return { ipmp, clock, sender, receiver, got, at: region(ipmp, 4).off };
}

function take(ipmp: Ipmp, device: Device, got: Buffer[]): void {
  const base = ipmp.pageWord("desc_base");
  for (let count = device.receive(0, 16); count > 0; count = device.receive(0, 16)) {
    for (let i = 0; i < count; i++) {
      const off = ipmp.dv.getUint32(base + Desc.SIZE * i + Desc.off, true);
      got.push(Buffer.from(ipmp.u8.subarray(off, off + ipmp.dv.getUint32(base + Desc.SIZE * i + Desc.len, true))));
    }
    device.release();
  }
}

/** Sends SENT numbered frames of 100 bytes, one every 20 µs. */
async function exchange(faults: { rx?: Faults; tx?: Faults }, dead?: "sender" | "receiver") {
  const l = await line(faults);
  if (dead) l[dead].setDead(true);
  for (let i = 0; i < SENT; i++) {
    l.ipmp.u8.fill(0x5a, l.at, l.at + 100);
    l.ipmp.u8.set(Buffer.from("02000000000b02000000000a88b5", "hex"), l.at);
    l.ipmp.dv.setUint32(l.at + 14, i);
    l.sender.send(l.at, 100, 0);
    l.sender.flush();
    l.clock.run(20_000n);
  }
  l.clock.run(S);
  const numbers = l.got.filter((f) => f.length >= 18).map((f) => f.readUInt32BE(14));
  return { ...l, numbers };
}

const inOrder = Array.from({ length: SENT }, (_, i) => i);

test("without faults every frame passes unchanged", async () => {
  const { numbers, got } = await exchange({});
  assert.deepEqual(numbers, inOrder);
  assert.ok(got.every((f) => f.length === 100 && f[99] === 0x5a));
});

for (const way of ["rx", "tx"] as const) {
  test(`${way}: loss takes the share it should, and is counted`, async () => {
    const { numbers, sender, receiver } = await exchange({ [way]: { loss: 0.2 } });
    const lost = (way === "tx" ? sender : receiver).lost[way];
    assert.ok(lost > 140 && lost < 260, `${lost}`);
    assert.equal(numbers.length, SENT - lost);
  });

  test(`${way}: duplication gives some frames twice, all of them at least once`, async () => {
    const { numbers } = await exchange({ [way]: { duplicate: 0.2 } });
    assert.deepEqual([...new Set(numbers)], inOrder);
    assert.ok(numbers.length > SENT + 140 && numbers.length < SENT + 260, `${numbers.length}`);
  });

  test(`${way}: corruption changes one byte of some frames, never their length`, async () => {
    const { got } = await exchange({ [way]: { corrupt: 0.2 } });
    const changed = got.filter((f, i) => {
      const sound = Buffer.alloc(100, 0x5a);
      sound.set(Buffer.from("02000000000b02000000000a88b5", "hex"));
      // Frames arrive in order, but one whose destination was corrupted on the way out still arrives by flooding.
      sound.writeUInt32BE(i, 14);
      const bytes = sound.filter((b, at) => b !== f[at]).length;
      assert.ok(bytes <= 1, `${bytes} bytes of frame ${i} changed`);
      return bytes === 1;
    });
    assert.ok(
      got.every((f) => f.length === 100),
      "a length changed",
    );
    assert.ok(changed.length > 130 && changed.length < 260, `${changed.length}`);
  });

  test(`${way}: truncation cuts some frames`, async () => {
    const { got } = await exchange({ [way]: { truncate: 0.2 } });
    const short = got.filter((f) => f.length < 100).length;
    // What is cut below an Ethernet header on the way out does not pass the switch.
    assert.ok(short > 100 && short < 260, `${short}`);
    assert.ok(got.length > SENT - 60);
  });

  test(`${way}: reordering lets others overtake and loses nothing`, async () => {
    const { numbers } = await exchange({ [way]: { reorder: 0.1, reorderBy: 100_000n } });
    assert.notDeepEqual(numbers, inOrder);
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      inOrder,
    );
  });

  test(`${way}: delay keeps the order`, async () => {
    const { numbers } = await exchange({ [way]: { delay: 5n * MS } });
    assert.deepEqual(numbers, inOrder);
  });
}

test("a dead link drops everything, either way, and keeps its carrier", async () => {
  for (const dead of ["sender", "receiver"] as const) {
    const { got, ...l } = await exchange({}, dead);
    assert.equal(got.length, 0);
    assert.equal(l[dead].lost[dead === "sender" ? "tx" : "rx"], SENT);
  }
});

test("equal seeds have equal faults", async () => {
  const faults = { rx: { loss: 0.1, duplicate: 0.1, corrupt: 0.1, truncate: 0.1, reorder: 0.1 } };
  const first = (await exchange(faults)).got.map((f) => f.toString("hex")).join();
  const second = (await exchange(faults)).got.map((f) => f.toString("hex")).join();
  assert.equal(second, first);
});

test("a TCP stream through faulty members arrives whole, and the module sees only frames", async () => {
  let n = 5;
  const faults: Faults = { loss: 0.01, duplicate: 0.01, corrupt: 0.01, truncate: 0.01, reorder: 0.02 };
  const w = await world(
    2,
    1,
    (ipmp, nic, clock) => new FaultDevice(ipmp, nic, { seed: n, clock, region: region(ipmp, n++), rx: faults, tx: faults }),
  );
  const stream = w.lan.tcpStream(w.local, { host: w.peer, addr: PEER.v4, port: 5001 }, { src: "10.0.0.1", total: 400_000 });
  w.clock.run(300n * S);
  assert.equal(stream.sink?.received, 400_000);
  assert.equal(stream.sink?.wrong, 0);
});

// ── Capture ──

interface Block {
  type: number;
  body: Buffer;
}

/** Reads the blocks of a capture, checking lengths at both ends. */
function blocks(file: Buffer): Block[] {
  const found: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at + 4);
    assert.equal(length % 4, 0);
    assert.equal(file.readUInt32LE(at + length - 4), length);
    found.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return found;
}

/** A capture of a ping through a group of two. */
async function capture(): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const writer = new PcapngWriter((bytes) => parts.push(bytes));
  const w = await world(2, 1, (ipmp, nic, clock) => new CaptureDevice(ipmp, nic, writer, () => 1_800_000_000n * S + clock.now()));
  w.peer.ping("10.0.0.1", () => {});
  w.peer.ping("2001:db8::2", () => {});
  w.clock.run(MS);
  return Buffer.concat(parts);
}

test("a capture has a section, an interface a device, and frames with direction and time in ns", async () => {
  const found = blocks(await capture());
  assert.equal(found[0].type, 0x0a0d0d0a);
  assert.equal(found[0].body.readUInt32LE(0), 0x1a2b3c4d);
  const interfaces = found.filter((b) => b.type === 1);
  assert.deepEqual(
    interfaces.map((b) => b.body.subarray(12, 12 + b.body.readUInt16LE(10)).toString()),
    ["eth0", "eth1"],
  );
  const packets = found.filter((b) => b.type === 6);
  assert.ok(packets.length > 10);
  let last = 0n;
  const directions = new Set<string>();
  for (const { body } of packets) {
    assert.ok(body.readUInt32LE(0) < 2);
    const time = (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8));
    assert.ok(time >= last && time > 1_800_000_000n * S);
    last = time;
    const length = body.readUInt32LE(12);
    const options = 20 + ((length + 3) & ~3);
    assert.deepEqual([body.readUInt16LE(options), body.readUInt16LE(options + 2)], [2, 4]);
    const direction = body.readUInt32LE(options + 4);
    const mine = body.subarray(26, 32).toString("hex").startsWith("02000000000") && body[31] !== 0x99;
    if (direction === DIRECTION.OUT) assert.ok(mine, "a frame that leaves has a member's address as source");
    directions.add(`${body.readUInt32LE(0)} ${direction}`);
  }
  assert.deepEqual([...directions].sort(), ["0 1", "0 2", "1 1", "1 2"]);
});

const tcpdump = spawnSync("tcpdump", ["--version"]).status === 0;

test("tcpdump reads a capture", { skip: tcpdump ? false : "tcpdump is not installed" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-capture-"));
  try {
    const path = join(folder, "group.pcapng");
    writeFileSync(path, await capture());
    const read = spawnSync("tcpdump", ["-n", "-e", "-r", path], { encoding: "utf8" });
    assert.equal(read.status, 0, read.stderr);
    assert.match(read.stdout, /10\.0\.0\.9 > 10\.0\.0\.1: ICMP echo request/);
    assert.match(read.stdout, /10\.0\.0\.1 > 10\.0\.0\.9: ICMP echo reply/);
    assert.match(read.stdout, /2001:db8::2 > 2001:db8::9: ICMP6, echo reply/);
    assert.match(read.stdout, /Reply 10\.0\.0\.1 is-at 02:00:00:00:00:01/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
