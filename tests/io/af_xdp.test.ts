// Frames through XDP sockets beside the packet ring: which go which way, and what arrives is what was sent.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DESCF } from "../../host/core/abi/ipmp.js";
import { AfPacket } from "../../host/io/af_packet.js";
import { AfXdp } from "../../host/io/af_xdp.js";
import { inside, moduleMemory, RawSocket, skipReason, tagged, take, takeUntil, testFrame, until } from "./bed.js";
import { isUdp, type Memory, numberOf, other, pseudo, udp, XdpBed } from "./xdp_bed.js";

describe("AF_XDP device", { skip: skipReason() }, () => {
  const bed = new XdpBed("hfio-xdp");

  it("receives UDP in order, byte for byte, round its rings more than once", async () => {
    const memory = moduleMemory();
    const nic = await bed.open(memory);
    try {
      assert.equal(nic.queues, 1);
      assert.ok(bed.attached());
      for (let n = 0; n < 3000; ) {
        const batch = Math.min(100, 3000 - n);
        for (let i = 0; i < batch; i++) bed.raw.send(udp(n + i, 60 + ((n + i) % 1455)));
        const end = performance.now() + 5000;
        for (let got = 0; got < batch; ) {
          assert.ok(performance.now() < end, `only ${n + got} frames came`);
          for (const g of take(nic, memory.arena)) {
            const want = n + got++;
            assert.equal(Buffer.compare(g.bytes, udp(want, 60 + (want % 1455))), 0, `frame ${want}`);
            assert.equal(g.flags, 0);
          }
        }
        n += batch;
      }
      assert.deepEqual(nic.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      nic.close();
    }
  });

  it("takes UDP whole and untagged; tags, fragments, options, other protocols and short frames go to the packet ring", async () => {
    const memory = moduleMemory();
    const nic = await bed.open(memory);
    const change = (edit: (frame: Buffer) => void): Buffer => {
      const frame = udp(1, 100);
      edit(frame);
      return frame;
    };
    const v6 = (next: number): Buffer => {
      const frame = testFrame(1, 100, 0x86dd);
      frame.write("60000000003c", 14, "hex");
      frame[20] = next;
      return frame;
    };
    const change6 = (edit: (frame: Buffer) => void): Buffer => {
      const frame = v6(17);
      edit(frame);
      return frame;
    };
    const cases: [what: string, frame: Buffer, xdp: boolean][] = [
      ["UDP", udp(1), true],
      ["UDP over IPv6", v6(17), true],
      ["UDP that may not be fragmented", change((f) => f.writeUInt16BE(0x4000, 20)), true],
      ["VXLAN", change((f) => f.writeUInt16BE(4789, 36)), false],
      ["VXLAN on Linux's own port", change((f) => f.writeUInt16BE(8472, 36)), false],
      ["Geneve over IPv6", change6((f) => f.writeUInt16BE(6081, 56)), false],
      ["from a tunnel's port", change((f) => f.writeUInt16BE(4789, 34)), true],
      ["first fragment", change((f) => f.writeUInt16BE(0x2000, 20)), false],
      ["last fragment", change((f) => f.writeUInt16BE(0x00ff, 20)), false],
      ["options", change((f) => f.writeUInt8(0x46, 14)), false],
      ["TCP", change((f) => f.writeUInt8(6, 23)), false],
      ["ICMP", change((f) => f.writeUInt8(1, 23)), false],
      ["ARP", testFrame(1, 46, 0x0806), false],
      ["tagged", tagged(udp(1), 0x8100, 7), false],
      ["ICMPv6", v6(58), false],
      ["extension header", v6(0), false],
      ["too short for UDP over IPv6", v6(17).subarray(0, 61), false],
    ];
    try {
      for (const [what, frame, xdp] of cases) {
        bed.raw.send(frame);
        const got = await takeUntil(nic, memory.arena, () => true, what);
        assert.deepEqual(got.bytes, frame, what);
        assert.equal(got.flags === 0, xdp, what);
      }
    } finally {
      nic.close();
    }
  });

  it("takes frames of every size that a chunk holds; longer ones go to the packet ring", async () => {
    bed.lab.veth({ ns: bed.left, name: "jumbo0", mtu: 9000 }, { ns: bed.right, name: "jumbo1", mtu: 9000 });
    bed.left.exec(["ethtool", "-K", "jumbo0", "rxvlan", "off"]);
    const far = inside(bed.right, () => new RawSocket("jumbo1"));
    try {
      for (const [mtu, most, sizes] of [
        [1500, 1792, 42],
        [3800, 3840, 1780],
      ]) {
        const memory = moduleMemory();
        const nic = inside(bed.left, () => AfXdp.open(memory.arena, "jumbo0", { mtu }));
        await until(() => inside(bed.left, () => nic.engage()), `XDP in use: ${nic.why}`);
        for (let bytes = sizes; bytes < most + 3; bytes++) {
          far.send(udp(bytes, bytes));
          const got = await takeUntil(nic, memory.arena, () => true, `${bytes} bytes`);
          assert.equal(Buffer.compare(got.bytes, udp(bytes, bytes)), 0, `${bytes} bytes`);
          assert.equal(got.flags === 0, bytes <= most, `${bytes} bytes`);
        }
        assert.equal(nic.stats().rxDropped, 0);
        nic.close();
      }
    } finally {
      far.close();
    }
  });

  it("receives from each of several queues, every frame once", async () => {
    const queues = "numrxqueues 6 numtxqueues 6";
    bed.left.ip(`link add mq0 ${queues} type veth peer name mq1 ${queues}`);
    bed.left.ip(`link set mq1 netns ${bed.right.full}`);
    bed.left.exec(["ethtool", "-L", "mq0", "rx", "6", "tx", "6"]);
    bed.right.exec(["ethtool", "-L", "mq1", "rx", "6", "tx", "6"]);
    bed.left.exec(["ethtool", "-K", "mq0", "rxvlan", "off"]);
    bed.left.link("mq0", "up");
    bed.right.link("mq1", "up");
    const memory = moduleMemory(1600);
    const nic = inside(bed.left, () => AfXdp.open(memory.arena, "mq0"));
    const peer = inside(bed.right, () => new RawSocket("mq1"));
    try {
      assert.equal(nic.queues, 4, nic.why ?? "");
      const seen = new Set<number>();
      const ways = new Set<number>();
      for (let n = 0; n < 64; n++) {
        const frame = udp(n);
        frame.writeUInt16BE(6000 + n, 34);
        peer.send(frame);
      }
      await until(() => {
        for (const g of take(nic, memory.arena)) {
          assert.ok(!seen.has(numberOf(g.bytes)), "once");
          seen.add(numberOf(g.bytes));
          ways.add(g.flags);
        }
        return seen.size === 64;
      }, "all frames");
      assert.ok(ways.has(0), "some by XDP");
      assert.deepEqual(nic.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      peer.close();
      nic.close();
    }
  });

  it("counts what its ring had no place for, and goes on", async () => {
    const memory = moduleMemory();
    const nic = await bed.open(memory);
    try {
      for (let n = 0; n < 1100; n++) bed.raw.send(udp(n));
      let got = 0;
      for (let some = take(nic, memory.arena); some.length > 0; some = take(nic, memory.arena))
        for (const g of some) assert.equal(numberOf(g.bytes), got++);
      assert.equal(got, 1024);
      assert.equal(nic.stats().rxDropped, 1100 - 1024);
      bed.raw.send(udp(9));
      assert.equal(numberOf((await takeUntil(nic, memory.arena, () => true, "frame")).bytes), 9);
    } finally {
      nic.close();
    }
  });

  it("sends frames of every size in order, more than its ring holds, and leaves none behind", async () => {
    const memory = moduleMemory();
    const nic = await bed.open(memory);
    const place = memory.arena.alloc(1 << 16, "test frame");
    try {
      let expected = 0;
      for (let n = 0; n < 1455; n++) {
        const frame = udp(n, 60 + n);
        memory.u8.set(frame, place + 64);
        nic.send(place + 64, frame.length, 0);
        if (n % 97 !== 96 && n !== 1454) continue;
        // what is queued has been read already
        memory.u8.fill(0, place, place + 2048);
        nic.flush();
        for (; expected <= n; expected++) {
          const got = await bed.raw.receiveUntil(isUdp, `frame ${expected}`);
          assert.equal(Buffer.compare(got, udp(expected, 60 + expected)), 0, `frame ${expected}`);
        }
      }
      assert.deepEqual(nic.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      nic.close();
    }
  });

  it("carries checksums left to the NIC, both ways: UDP by XDP, TCP superframes by the packet ring", async () => {
    const memory = moduleMemory();
    const far = moduleMemory();
    const nic = await bed.open(memory);
    const peer = inside(bed.right, () => AfPacket.open(far.arena, "far0"));
    const ways: [from: AfPacket | AfXdp, memory: Memory, to: AfPacket | AfXdp, there: Memory, what: string][] = [
      [peer, far, nic, memory, "in"],
      [nic, memory, peer, far, "out"],
    ];
    try {
      for (const [from, here, to, there, what] of ways) {
        const off = here.arena.alloc(1 << 17, "frames") + 64;
        const send = (frame: Buffer, vnet: string): void => {
          here.u8.set(Buffer.from(vnet, "hex"), off - 10);
          here.u8.set(frame, off);
          from.send(off, frame.length, DESCF.VNET);
          from.flush();
        };
        for (const sum of [0xabcd, 0]) {
          const frame = udp(5, 300);
          frame.writeUInt16BE(sum === 0 ? 0 : pseudo(frame), 40);
          send(frame, sum === 0 ? "00".repeat(10) : "01000000000022000600");
          const got = await takeUntil(to, there.arena, (g) => isUdp(g.bytes), `UDP ${what}`);
          assert.deepEqual(got.bytes, frame);
          if (sum !== 0) assert.equal(got.vnet.toString("hex"), "01000000000022000600", `UDP ${what}: still to be computed`);
          else assert.ok(got.flags === 0 || got.vnet[0] === 0, `UDP ${what}: nothing to be computed`);
        }
        const tcp = other(7, 6);
        const whole = Buffer.concat([tcp, Buffer.alloc(65_000 - tcp.length, 0x5a)]);
        whole.writeUInt16BE(65_000 - 14, 16);
        whole[46] = 5 << 4;
        whole[47] = 0x10;
        send(whole, "01013600a80522001000");
        const got = await takeUntil(to, there.arena, (g) => g.bytes.length > 60_000, `superframe ${what}`);
        assert.equal(Buffer.compare(got.bytes, whole), 0);
        assert.equal(got.vnet.toString("hex", 0, 2), "0101");
        assert.equal(got.vnet.readUInt16LE(4), 1448);
      }
      assert.deepEqual(nic.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      nic.close();
      peer.close();
    }
  });
});
