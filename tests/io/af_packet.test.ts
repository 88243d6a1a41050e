// NICs through the kernel's ring, on veth pairs: what is sent arrives, byte for byte, and close() leaves no trace.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { DESCF } from "../../host/core/abi/ipmp.js";
import { AfPacket } from "../../host/io/af_packet.js";
import { OsError } from "../../host/io/ffi.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import {
  inside,
  moduleMemory,
  openDescriptors,
  RawSocket,
  skipReason,
  TEST_TYPE,
  tagged,
  take,
  takeUntil,
  testFrame,
  until,
} from "./bed.js";

const isTest = (b: Buffer): boolean => b.readUInt16BE(12) === TEST_TYPE;

/** A TCP/IPv4 superframe whose checksum is left to the NIC, and its virtio_net_hdr. */
function superframe(bytes: number): { frame: Buffer; vnet: Buffer } {
  const frame = testFrame(7, bytes - 14, 0x0800);
  frame.write("4500000000004000400600000a0000010a000002", 14, "hex");
  frame.writeUInt16BE(bytes - 14, 16);
  frame.writeUInt32BE(0x12345678, 34);
  frame[46] = 5 << 4;
  frame[47] = 0x10;
  const vnet = Buffer.alloc(10);
  vnet[0] = 1;
  vnet[1] = 1;
  vnet.writeUInt16LE(54, 2);
  vnet.writeUInt16LE(1448, 4);
  vnet.writeUInt16LE(34, 6);
  vnet.writeUInt16LE(16, 8);
  return { frame, vnet };
}

describe("AF_PACKET device", { skip: skipReason() }, () => {
  let lab: Lab;
  let left: Netns;
  let right: Netns;
  let raw: RawSocket;

  before(() => {
    lab = new Lab("hfio-pkt");
    left = lab.netns("l");
    right = lab.netns("r");
    for (const ns of [left, right]) for (const k of ["all", "default"]) ns.sysctl(`net.ipv6.conf.${k}.disable_ipv6`, 1);
    lab.veth({ ns: left, name: "nic0" }, { ns: right, name: "far0" });
    raw = inside(right, () => new RawSocket("far0"));
  });
  after(() => {
    raw?.close();
    lab?.close();
  });

  const open = (memory: ReturnType<typeof moduleMemory>, name = "nic0", options = {}): AfPacket =>
    inside(left, () => AfPacket.open(memory.arena, name, options));

  it("receives frames in order, in place, each with its header, more than the ring holds in the end", async () => {
    const memory = moduleMemory();
    const nic = open(memory, "nic0", { slots: 30 });
    try {
      assert.equal(nic.slots, 30);
      for (let n = 0; n < 100; n++) {
        raw.send(testFrame(n, 46 + n));
        const got = await takeUntil(nic, memory.arena, (g) => isTest(g.bytes), "frame");
        assert.deepEqual(got.bytes, testFrame(n, 46 + n));
        assert.equal(got.flags, DESCF.VNET);
        assert.equal(got.vnet.readUInt8(1), 0, "no segmentation");
      }
      assert.deepEqual(nic.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      nic.close();
    }
  });

  it("says how long the oldest frame in hand has waited", async () => {
    const memory = moduleMemory();
    const nic = open(memory);
    try {
      assert.equal(nic.age(), 0, "no frame");
      const before = process.hrtime.bigint();
      raw.send(testFrame(1));
      await delay(50);
      raw.send(testFrame(2));
      assert.equal(nic.receive(0, 64), 2);
      const age = nic.age();
      const most = Number(process.hrtime.bigint() - before) + 1e6; // two clocks
      assert.ok(age >= 45e6 && age <= most, `${age} ns, at most ${most}`);
      nic.release();
      assert.equal(nic.age(), 0);
    } finally {
      nic.close();
    }
  });

  it("gives at most max frames, and the rest next time", () => {
    const memory = moduleMemory();
    const nic = open(memory);
    try {
      for (let n = 0; n < 10; n++) raw.send(testFrame(n));
      const first = take(nic, memory.arena, 4);
      const second = take(nic, memory.arena, 64);
      assert.deepEqual(
        [...first, ...second].map((g) => g.bytes.readUInt32BE(14)),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
      assert.equal(first.length, 4);
      assert.equal(take(nic, memory.arena).length, 0);
    } finally {
      nic.close();
    }
  });

  it("counts what the ring had no place for", () => {
    const memory = moduleMemory();
    const nic = open(memory, "nic0", { slots: 15 });
    try {
      for (let n = 0; n < 40; n++) raw.send(testFrame(n));
      assert.equal(take(nic, memory.arena).length, nic.slots);
      assert.equal(nic.stats().rxDropped, 40 - nic.slots);
      raw.send(testFrame(99));
      assert.equal(take(nic, memory.arena)[0].bytes.readUInt32BE(14), 99);
    } finally {
      nic.close();
    }
  });

  it("puts VLAN tags back: one tag, a service tag, two tags, priority bits", () => {
    const memory = moduleMemory();
    const nic = open(memory);
    const plain = testFrame(5);
    const frames = [
      tagged(plain, 0x8100, 42),
      tagged(plain, 0x88a8, 0xefff),
      tagged(tagged(plain, 0x8100, 7), 0x88a8, 100),
      tagged(plain, 0x8100, 0xa000),
      plain,
    ];
    try {
      for (const frame of frames) raw.send(frame);
      assert.deepEqual(
        take(nic, memory.arena).map((g) => g.bytes.toString("hex")),
        frames.map((f) => f.toString("hex")),
      );
    } finally {
      nic.close();
    }
  });

  it("sends frames with and without header, in order, and does not see them itself", async () => {
    const memory = moduleMemory();
    const nic = open(memory);
    const place = memory.arena.alloc(1 << 20, "test frames");
    try {
      // 600 frames: more than one table of messages.
      for (let n = 0; n < 600; n++) {
        const off = place + 16 + n * 128;
        memory.u8.fill(0, off - 10, off);
        // Without the flag, what stands before a frame is no header and must not be sent.
        if (n % 2 === 1) memory.u8.fill(0xff, off - 10, off);
        memory.u8.set(testFrame(n), off);
        nic.send(off, 60, n % 2 === 0 ? DESCF.VNET : 0);
      }
      nic.flush();
      for (let n = 0; n < 600; n++) assert.deepEqual(await raw.receiveUntil(isTest, `frame ${n}`), testFrame(n));
      assert.equal(take(nic, memory.arena).length, 0);
      assert.equal(nic.stats().txErrors, 0);
    } finally {
      nic.close();
    }
  });

  it("carries superframes of 64 KiB and partial checksums whole, also with a VLAN tag", async () => {
    const memory = moduleMemory();
    const far = moduleMemory();
    const nic = open(memory);
    const peer = inside(right, () => AfPacket.open(far.arena, "far0"));
    const place = memory.arena.alloc(1 << 18, "superframe");
    try {
      for (const tag of [false, true]) {
        // Linux segments what reaches 65,536 bytes with its tag; its own superframes stay below.
        const { frame, vnet } = superframe(65_000);
        const sent = tag ? tagged(frame, 0x8100, 3) : frame;
        if (tag) {
          vnet.writeUInt16LE(58, 2);
          vnet.writeUInt16LE(38, 6);
        }
        const off = place + 64;
        memory.u8.set(vnet, off - 10);
        memory.u8.set(sent, off);
        nic.send(off, sent.length, DESCF.VNET);
        nic.flush();
        assert.equal(nic.stats().txErrors, 0);
        const got = await takeUntil(peer, far.arena, (g) => g.bytes.length > 60_000, "superframe");
        assert.equal(Buffer.compare(got.bytes, sent), 0, "the bytes");
        assert.equal(got.vnet[0] & 1, 1, "checksum still partial");
        assert.equal(got.vnet[1], 1, "TCP over IPv4");
        assert.equal(got.vnet.readUInt16LE(4), 1448, "segment size");
        assert.equal(got.vnet.readUInt16LE(6), tag ? 38 : 34, "where the checksum begins");
        assert.equal(got.vnet.readUInt16LE(8), 16, "where the checksum is");
      }
    } finally {
      nic.close();
      peer.close();
    }
  });

  it("counts frames that the NIC refuses and sends the others", async () => {
    const memory = moduleMemory();
    const nic = open(memory);
    const place = memory.arena.alloc(1 << 16, "test frames");
    try {
      const lengths = [60, 9000, 60, 5, 60];
      for (const [n, len] of lengths.entries()) {
        const off = place + 64 + n * 10_000;
        memory.u8.fill(0, off - 10, off);
        memory.u8.set(testFrame(n, 8986), off);
        nic.send(off, len, DESCF.VNET);
      }
      nic.flush();
      for (const n of [0, 2, 4]) assert.equal((await raw.receiveUntil(isTest, `frame ${n}`)).readUInt32BE(14), n);
      assert.equal(nic.stats().txErrors, 2);
    } finally {
      nic.close();
    }
  });

  it("leaves plain memory behind, and the place free", () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    const nic = open(memory);
    raw.send(testFrame(1));
    const [got] = take(nic, memory.arena);
    assert.ok(memory.arena.available() < free);
    nic.close();
    nic.close();
    assert.equal(memory.arena.available(), free);
    const before = memory.u8.slice(got.off, got.off + 60);
    assert.ok(
      before.every((b) => b === 0),
      "zeros, not the ring's last frames",
    );
    memory.u8.fill(0x5a, memory.arena.base, memory.arena.end);
    raw.send(testFrame(2));
    assert.ok(
      memory.u8.subarray(memory.arena.base, memory.arena.end).every((b) => b === 0x5a),
      "the kernel no longer writes there",
    );
  });

  it("wakes up once frames come, and not without", async () => {
    const memory = moduleMemory();
    const nic = open(memory);
    let woken = 0;
    try {
      nic.start(() => {
        woken++;
        take(nic, memory.arena);
      });
      await new Promise((r) => setTimeout(r, 50));
      assert.equal(woken, 0);
      raw.send(testFrame(1));
      await until(() => woken === 1, "woken");
      await new Promise((r) => setTimeout(r, 50));
      assert.equal(woken, 1);
    } finally {
      nic.close();
    }
  });

  it("says when the interface goes down, and works again when it comes up", async () => {
    const memory = moduleMemory();
    let down = 0;
    let woken = 0;
    const nic = open(memory, "nic0", { onDown: () => down++ });
    const place = memory.arena.alloc(1 << 16, "test frame");
    try {
      nic.start(() => woken++);
      left.link("nic0", "down");
      await until(() => down === 1, "reported down");
      memory.u8.set(testFrame(1), place + 64);
      nic.send(place + 64, 60, DESCF.VNET);
      nic.flush();
      assert.equal(nic.stats().txErrors, 1);
      const so_far = woken;
      await new Promise((r) => setTimeout(r, 100));
      assert.ok(woken - so_far < 3, `not polled in a circle: ${woken - so_far} wake-ups`);
      assert.equal(down, 1);
      left.link("nic0", "up");
      raw.send(testFrame(2));
      await takeUntil(nic, memory.arena, (g) => isTest(g.bytes), "frame after the interface came up");
      nic.send(place + 64, 60, DESCF.VNET);
      nic.flush();
      await raw.receiveUntil(isTest, "frame sent after the interface came up");
      assert.equal(nic.stats().txErrors, 1);
    } finally {
      left.link("nic0", "up");
      nic.close();
    }
  });

  it("opens an interface that is down, and receives once it is up", async () => {
    const memory = moduleMemory();
    left.link("nic0", "down");
    const nic = open(memory);
    try {
      nic.start(() => {});
      await new Promise((r) => setTimeout(r, 20));
      left.link("nic0", "up");
      raw.send(testFrame(3));
      await takeUntil(nic, memory.arena, (g) => isTest(g.bytes), "frame");
    } finally {
      left.link("nic0", "up");
      nic.close();
    }
  });

  it("notices a lost carrier with the first frame it sends", async () => {
    const memory = moduleMemory();
    let down = 0;
    const nic = open(memory, "nic0", { onDown: () => down++ });
    const send = (): void => {
      memory.u8.fill(0, memory.arena.end - 256, memory.arena.end);
      memory.u8.set(testFrame(1), memory.arena.end - 128);
      nic.send(memory.arena.end - 128, 60, DESCF.VNET);
      nic.flush();
    };
    try {
      send();
      assert.equal(down, 0);
      right.link("far0", "down");
      send();
      send();
      assert.deepEqual([down, nic.stats().txErrors], [1, 2]);
      right.link("far0", "up");
      send();
      right.link("far0", "down");
      send();
      assert.equal(down, 2);
    } finally {
      right.link("far0", "up");
      nic.close();
      // The other end's socket has the error of its interface pending.
      raw.close();
      raw = inside(right, () => new RawSocket("far0"));
    }
  });

  it("says once that the interface is gone", async () => {
    lab.veth({ ns: left, name: "gone0" }, { ns: right, name: "gone1" });
    const memory = moduleMemory();
    let gone = 0;
    let woken = 0;
    const nic = open(memory, "gone0", { onGone: () => gone++ });
    try {
      nic.start(() => woken++);
      left.ip("link del gone0");
      await until(() => gone === 1, "reported gone");
      const so_far = woken;
      await new Promise((r) => setTimeout(r, 100));
      assert.ok(woken - so_far < 3, "not polled in a circle");
      nic.send(memory.arena.base + 64, 60, 0);
      nic.flush();
      assert.deepEqual([gone, nic.stats().txErrors], [1, 1]);
    } finally {
      nic.close();
    }
  });

  it("refuses what it cannot use, and says why", () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    assert.throws(
      () => open(memory, "nosuch0"),
      (e: OsError) => e instanceof OsError && e.code === "ENODEV" && /open nosuch0/.test(e.message),
    );
    assert.throws(() => open(memory, "lo"), /open lo: not an Ethernet interface \(link type 772/);
    assert.throws(() => open(moduleMemory(1), "nic0"), /nic0: a receive ring needs 136 KiB/);
    assert.equal(memory.arena.available(), free);
  });

  it("fits smaller rings into little memory", () => {
    const memory = moduleMemory(40);
    const rings = [1, 2, 3, 4].map(() => open(memory, "nic0", { members: 4 }));
    try {
      raw.send(testFrame(1));
      for (const nic of rings) {
        assert.ok(nic.slots >= 2 && nic.slots <= 8, `${nic.slots} slots`);
        assert.equal(take(nic, memory.arena).length, 1);
      }
    } finally {
      for (const nic of rings) nic.close();
    }
  });

  it("has slots for frames of the MTU where few superframes would fit, and counts what is larger", async () => {
    const memory = moduleMemory(40);
    const nic = open(memory, "nic0", { members: 4, mtu: 1500 });
    try {
      assert.ok(nic.slots >= 200, `${nic.slots} slots`);
      assert.equal(nic.superframes, false);
      assert.ok(nic.mtuMax >= 1500 && nic.mtuMax < 1700, `MTU ${nic.mtuMax}`);
      const largest = tagged(testFrame(1, 1500), 0x8100, 9);
      raw.send(largest);
      assert.deepEqual((await takeUntil(nic, memory.arena, () => true, "frame")).bytes, largest);
      const { frame, vnet } = superframe(30_000);
      const far = moduleMemory();
      const peer = inside(right, () => AfPacket.open(far.arena, "far0"));
      try {
        const off = far.arena.alloc(1 << 17, "superframe") + 64;
        far.u8.set(vnet, off - 10);
        far.u8.set(frame, off);
        peer.send(off, frame.length, DESCF.VNET);
        peer.flush();
        raw.send(testFrame(2));
        const next = await takeUntil(nic, memory.arena, () => true, "frame after the superframe");
        assert.equal(next.bytes.readUInt32BE(14), 2);
        assert.deepEqual(nic.stats(), { rxDropped: 1, txErrors: 0 });
      } finally {
        peer.close();
      }
    } finally {
      nic.close();
    }
  });

  it("opens and closes 1,000 times without a trace", () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    open(memory).close();
    const descriptors = openDescriptors();
    for (let i = 0; i < 1000; i++) open(memory, "nic0", { slots: 15 }).close();
    assert.equal(openDescriptors(), descriptors);
    assert.equal(memory.arena.available(), free);
  });
});
