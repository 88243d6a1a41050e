// NICs through XDP sockets beside the packet ring, on veth pairs: which frames go which way, what arrives is what was sent,
// and nothing is left behind, whatever ends it.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { DESCF } from "../../host/core/abi/ipmp.js";
import { AfPacket } from "../../host/io/af_packet.js";
import { AfXdp } from "../../host/io/af_xdp.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { inside, moduleMemory, openDescriptors, RawSocket, skipReason, tagged, take, takeUntil, testFrame, until } from "./bed.js";

type Memory = ReturnType<typeof moduleMemory>;

/** A UDP datagram with a number in it, in a frame of so many bytes; its checksum is none. */
function udp(number: number, bytes = 60): Buffer {
  const frame = testFrame(number, bytes - 14, 0x0800);
  frame.write("45000000000040004011", 14, "hex");
  frame.writeUInt16BE(bytes - 14, 16);
  frame.writeUInt16BE(0, 24);
  frame.write("0a0000010a000002", 26, "hex");
  frame.writeUInt16BE(5000, 34);
  frame.writeUInt16BE(7, 36);
  frame.writeUInt16BE(bytes - 34, 38);
  frame.writeUInt16BE(0, 40);
  if (bytes >= 46) frame.writeUInt32BE(number, 42);
  return frame;
}

const numberOf = (frame: Buffer): number => frame.readUInt32BE(42);
const isUdp = (frame: Buffer): boolean => frame.readUInt16BE(12) === 0x0800 && frame[23] === 17;

/** A frame of another protocol with the same headers. */
function other(number: number, protocol: number): Buffer {
  const frame = udp(number);
  frame[23] = protocol;
  return frame;
}

describe("AF_XDP device", { skip: skipReason() }, () => {
  let lab: Lab;
  let left: Netns;
  let right: Netns;
  let raw: RawSocket;

  before(() => {
    lab = new Lab("hfio-xdp");
    left = lab.netns("l");
    right = lab.netns("r");
    for (const ns of [left, right]) for (const k of ["all", "default"]) ns.sysctl(`net.ipv6.conf.${k}.disable_ipv6`, 1);
    lab.veth({ ns: left, name: "nic0" }, { ns: right, name: "far0" });
    left.exec(["ethtool", "-K", "nic0", "rxvlan", "off"]);
    raw = inside(right, () => new RawSocket("far0"));
  });
  after(() => {
    raw?.close();
    lab?.close();
  });

  /** Opens nic0 with XDP on it: what a test before this one has closed is let go of by and by. */
  const open = async (memory: Memory, options = {}): Promise<AfXdp> => {
    const nic = inside(left, () => AfXdp.open(memory.arena, "nic0", options));
    try {
      await until(() => inside(left, () => nic.engage()), `XDP in use: ${nic.why}`);
    } catch (e) {
      nic.close();
      throw new Error(`${nic.why}`, { cause: e });
    }
    return nic;
  };

  /** Whether a program is on nic0, as the kernel shows it. */
  const attached = (): boolean => /prog\/xdp id/.test(left.ip("-d link show dev nic0"));

  it("receives UDP in order, byte for byte, round its rings more than once", async () => {
    const memory = moduleMemory();
    const nic = await open(memory);
    try {
      assert.equal(nic.queues, 1);
      assert.ok(attached());
      for (let n = 0; n < 3000; ) {
        const batch = Math.min(100, 3000 - n);
        for (let i = 0; i < batch; i++) raw.send(udp(n + i, 60 + ((n + i) % 1455)));
        for (let got = 0; got < batch; ) {
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
    const nic = await open(memory);
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
        raw.send(frame);
        const got = await takeUntil(nic, memory.arena, () => true, what);
        assert.deepEqual(got.bytes, frame, what);
        assert.equal(got.flags === 0, xdp, what);
      }
    } finally {
      nic.close();
    }
  });

  it("takes frames of every size that a chunk holds; longer ones go to the packet ring", async () => {
    lab.veth({ ns: left, name: "jumbo0", mtu: 9000 }, { ns: right, name: "jumbo1", mtu: 9000 });
    left.exec(["ethtool", "-K", "jumbo0", "rxvlan", "off"]);
    const far = inside(right, () => new RawSocket("jumbo1"));
    try {
      for (const [mtu, most, sizes] of [
        [1500, 1792, 42],
        [3800, 3840, 1780],
      ]) {
        const memory = moduleMemory();
        const nic = inside(left, () => AfXdp.open(memory.arena, "jumbo0", { mtu }));
        await until(() => inside(left, () => nic.engage()), `XDP in use: ${nic.why}`);
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
    left.ip(`link add mq0 ${queues} type veth peer name mq1 ${queues}`);
    left.ip(`link set mq1 netns ${right.full}`);
    left.exec(["ethtool", "-L", "mq0", "rx", "6", "tx", "6"]);
    right.exec(["ethtool", "-L", "mq1", "rx", "6", "tx", "6"]);
    left.exec(["ethtool", "-K", "mq0", "rxvlan", "off"]);
    left.link("mq0", "up");
    right.link("mq1", "up");
    const memory = moduleMemory(1600);
    const nic = inside(left, () => AfXdp.open(memory.arena, "mq0"));
    const peer = inside(right, () => new RawSocket("mq1"));
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
    const nic = await open(memory);
    try {
      for (let n = 0; n < 1100; n++) raw.send(udp(n));
      let got = 0;
      for (let some = take(nic, memory.arena); some.length > 0; some = take(nic, memory.arena))
        for (const g of some) assert.equal(numberOf(g.bytes), got++);
      assert.equal(got, 1024);
      assert.equal(nic.stats().rxDropped, 1100 - 1024);
      raw.send(udp(9));
      assert.equal(numberOf((await takeUntil(nic, memory.arena, () => true, "frame")).bytes), 9);
    } finally {
      nic.close();
    }
  });

  it("sends frames of every size in order, more than its ring holds, and leaves none behind", async () => {
    const memory = moduleMemory();
    const nic = await open(memory);
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
          const got = await raw.receiveUntil(isUdp, `frame ${expected}`);
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
    const nic = await open(memory);
    const peer = inside(right, () => AfPacket.open(far.arena, "far0"));
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

  it("says when the link goes down; what could not be sent then is not sent later", async () => {
    const memory = moduleMemory();
    let down = 0;
    const nic = await open(memory, { onDown: () => down++ });
    const place = memory.arena.alloc(1 << 16, "test frame");
    const send = (n: number): void => {
      memory.u8.set(udp(n), place + 64);
      nic.send(place + 64, 60, 0);
    };
    try {
      nic.start(() => {});
      for (const end of [left, right]) {
        const name = end === left ? "nic0" : "far0";
        const errors = nic.stats().txErrors;
        down = 0;
        end.link(name, "down");
        for (let n = 0; n < 700; n++) {
          send(n);
          if (n % 50 === 0) nic.flush();
        }
        nic.flush();
        assert.equal(nic.stats().txErrors - errors, 700, `${name} down`);
        assert.ok(down >= 1, `${name} down: reported`);
        end.link(name, "up");
        await until(() => /LOWER_UP/.test(left.ip("link show dev nic0")), "carrier");
        raw.close();
        raw = inside(right, () => new RawSocket("far0"));
        send(1000);
        nic.flush();
        assert.equal(numberOf(await raw.receiveUntil(isUdp, "frame after it came up")), 1000, "none of the old ones");
        assert.equal(nic.stats().txErrors - errors, 700);
        raw.send(udp(3));
        assert.equal(numberOf((await takeUntil(nic, memory.arena, (g) => isUdp(g.bytes), "frame")).bytes), 3);
      }
    } finally {
      left.link("nic0", "up");
      right.link("far0", "up");
      nic.close();
    }
  });

  it("wakes up once frames come, by either way, and not without", async () => {
    const memory = moduleMemory();
    const nic = await open(memory);
    let woken = 0;
    try {
      nic.start(() => {
        woken++;
        take(nic, memory.arena);
      });
      await new Promise((r) => setTimeout(r, 50));
      assert.equal(woken, 0);
      for (const [n, frame] of [udp(1), other(2, 6), udp(3)].entries()) {
        raw.send(frame);
        await until(() => woken === n + 1, `woken by frame ${n}`);
      }
    } finally {
      nic.close();
    }
  });

  it("closed in the middle of traffic leaves plain memory, the place free, and no program", async () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    const nic = await open(memory);
    for (let n = 0; n < 200; n++) raw.send(n % 2 ? udp(n) : other(n, 6));
    assert.ok(nic.receive(0, 64) > 0);
    const place = memory.arena.end - 4096;
    nic.send(place, 60, 0);
    nic.close();
    nic.close();
    assert.equal(memory.arena.available(), free);
    assert.ok(!attached());
    memory.u8.fill(0x5a, memory.arena.base, memory.arena.end);
    for (let n = 0; n < 50; n++) raw.send(udp(n));
    assert.ok(
      memory.u8.subarray(memory.arena.base, memory.arena.end).every((b) => b === 0x5a),
      "the kernel no longer writes there",
    );
    nic.send(place, 60, 0);
    nic.flush();
    assert.equal(nic.receive(0, 64), 0);
  });

  it("lets go of XDP while it rests, so that another has it, and takes it back", async () => {
    const memory = moduleMemory();
    const nic = await open(memory);
    try {
      nic.start(() => {});
      const other = inside(left, () => AfXdp.open(moduleMemory().arena, "nic0"));
      assert.match(other.why ?? "", /another XDP|EBUSY/, "not two at once");
      raw.send(testFrame(1));
      other.close();
      nic.rest();
      assert.ok(!attached());
      assert.equal(nic.queues, 0);
      const heir = await open(moduleMemory());
      assert.ok(attached());
      heir.close();
      inside(left, () => nic.start(() => {}));
      await until(() => inside(left, () => nic.engage()), "taken back");
      take(nic, memory.arena);
      raw.send(udp(4));
      assert.equal(numberOf((await takeUntil(nic, memory.arena, (g) => g.flags === 0, "frame by XDP")).bytes), 4);
    } finally {
      nic.close();
    }
  });

  it("goes by the packet ring where XDP cannot be: a large MTU, no room, tags taken out; and says why", async () => {
    const usual = async (memory: Memory, why: RegExp, options = {}): Promise<void> => {
      const nic = inside(left, () => AfXdp.open(memory.arena, "nic0", options));
      try {
        assert.match(nic.why ?? "in use", why);
        assert.equal(nic.queues, 0);
        raw.send(udp(6));
        const got = await takeUntil(nic, memory.arena, (g) => isUdp(g.bytes), "frame");
        assert.equal(got.flags, DESCF.VNET);
      } finally {
        nic.close();
      }
    };
    await usual(moduleMemory(), /MTU is 9000; .* up to an MTU of 3818/, { mtu: 9000 });
    await usual(moduleMemory(40), /no room/, { members: 4, mtu: 1500 });
    left.exec(["ethtool", "-K", "nic0", "rxvlan", "on"]);
    await usual(moduleMemory(), /VLAN tags/);
    left.exec(["ethtool", "-K", "nic0", "rxvlan", "off"]);
  });

  it("opens and closes 100 times without a trace", async () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    (await open(memory)).close();
    const descriptors = openDescriptors();
    for (let i = 0; i < 100; i++) (await open(memory)).close();
    assert.equal(openDescriptors(), descriptors);
    assert.equal(memory.arena.available(), free);
  });

  /** Runs the holder under another program's restrictions. */
  const hold = (...words: string[]): Promise<{ child: ChildProcess; queues: number; why: string | null }> =>
    new Promise((resolve, reject) => {
      const holder = join(dirname(fileURLToPath(import.meta.url)), "xdp_holder.js");
      const child = left.spawn([...words, process.execPath, holder, "nic0"], { stdio: ["pipe", "pipe", "inherit"] });
      child.once("exit", (code) => reject(new Error(`the holder ended: ${code}`)));
      child.stdout?.once("data", (line: Buffer) => resolve({ child, ...JSON.parse(line.toString()) }));
    });

  const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> => {
    child.removeAllListeners("exit");
    const end = new Promise((r) => child.once("exit", r));
    child.kill(signal);
    return end;
  };

  it("the program goes with its process, also by kill -9", async () => {
    for (let tries = 0; ; tries++) {
      const { child, queues, why } = await hold();
      // what the test before has closed may not be let go of yet
      if (queues === 0 && tries < 20) {
        await ended(child, "SIGKILL");
        continue;
      }
      assert.equal(queues, 1, why ?? "");
      assert.ok(attached());
      await ended(child, "SIGKILL");
      await until(() => !attached(), "the program is gone");
      return;
    }
  });

  it("without the capabilities or the locked memory it goes by the packet ring, and says what is missing", async () => {
    const cases: [restriction: string[], why: RegExp][] = [
      [["setpriv", "--bounding-set=-bpf,-sys_admin"], /needs root, or the capabilities CAP_BPF and CAP_NET_ADMIN \(EPERM\)/],
      [["prlimit", "--memlock=65536:65536", "setpriv", "--bounding-set=-ipc_lock,-sys_resource"], /limit of locked memory is too small/],
    ];
    for (const [restriction, expected] of cases) {
      const { child, queues, why } = await hold(...restriction);
      assert.equal(queues, 0);
      assert.match(why ?? "", expected);
      await ended(child, "SIGTERM");
    }
  });
});

/** What a sender that leaves the checksum to the NIC writes in its place. */
function pseudo(frame: Buffer): number {
  let sum = 17 + frame.readUInt16BE(38);
  for (let at = 26; at < 34; at += 2) sum += frame.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
