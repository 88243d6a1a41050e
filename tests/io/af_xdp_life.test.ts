// XDP on a NIC coming and going: links that go down, other users, what cannot be had, processes that end; nothing is left behind.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { DESCF } from "../../host/core/abi/ipmp.js";
import { AfPacket } from "../../host/io/af_packet.js";
import { AfXdp } from "../../host/io/af_xdp.js";
import { inside, moduleMemory, openDescriptors, skipReason, take, takeUntil, testFrame, until } from "./bed.js";
import { isUdp, type Memory, numberOf, other, udp, XdpBed } from "./xdp_bed.js";

describe("AF_XDP device, from begin to end", { skip: skipReason() }, () => {
  const bed = new XdpBed("hfio-xdpl");

  it("says when the link goes down; what could not be sent then is not sent later", async () => {
    const memory = moduleMemory();
    let down = 0;
    const nic = await bed.open(memory, { onDown: () => down++ });
    const place = memory.arena.alloc(1 << 16, "test frame");
    const send = (n: number): void => {
      memory.u8.set(udp(n), place + 64);
      nic.send(place + 64, 60, 0);
    };
    try {
      nic.start(() => {});
      for (const end of [bed.left, bed.right]) {
        const name = end === bed.left ? "nic0" : "far0";
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
        await until(() => /LOWER_UP/.test(bed.left.ip("link show dev nic0")), "carrier");
        bed.listen();
        send(1000);
        nic.flush();
        assert.equal(numberOf(await bed.raw.receiveUntil(isUdp, "frame after it came up")), 1000, "none of the old ones");
        assert.equal(nic.stats().txErrors - errors, 700);
        bed.raw.send(udp(3));
        assert.equal(numberOf((await takeUntil(nic, memory.arena, (g) => isUdp(g.bytes), "frame")).bytes), 3);
      }
    } finally {
      bed.left.link("nic0", "up");
      bed.right.link("far0", "up");
      nic.close();
    }
  });

  it("wakes up once frames come, by either way, and not without", async () => {
    const memory = moduleMemory();
    const nic = await bed.open(memory);
    let woken = 0;
    try {
      nic.start(() => {
        woken++;
        take(nic, memory.arena);
      });
      await new Promise((r) => setTimeout(r, 50));
      assert.equal(woken, 0);
      for (const [n, frame] of [udp(1), other(2, 6), udp(3)].entries()) {
        bed.raw.send(frame);
        await until(() => woken === n + 1, `woken by frame ${n}`);
      }
    } finally {
      nic.close();
    }
  });

  it("closed in the middle of traffic leaves plain memory, the place free, and no program", async () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    const nic = await bed.open(memory);
    for (let n = 0; n < 200; n++) bed.raw.send(n % 2 ? udp(n) : other(n, 6));
    assert.ok(nic.receive(0, 64) > 0);
    const place = memory.arena.end - 4096;
    nic.send(place, 60, 0);
    nic.close();
    nic.close();
    assert.equal(memory.arena.available(), free);
    assert.ok(!bed.attached());
    memory.u8.fill(0x5a, memory.arena.base, memory.arena.end);
    for (let n = 0; n < 50; n++) bed.raw.send(udp(n));
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
    const nic = await bed.open(memory);
    try {
      nic.start(() => {});
      const other = inside(bed.left, () => AfXdp.open(moduleMemory().arena, "nic0"));
      assert.match(other.why ?? "", /another XDP|EBUSY/, "not two at once");
      bed.raw.send(testFrame(1));
      other.close();
      nic.rest();
      assert.ok(!bed.attached());
      assert.equal(nic.queues, 0);
      const heir = await bed.open(moduleMemory());
      assert.ok(bed.attached());
      heir.close();
      inside(bed.left, () => nic.start(() => {}));
      await until(() => inside(bed.left, () => nic.engage()), "taken back");
      take(nic, memory.arena);
      bed.raw.send(udp(4));
      assert.equal(numberOf((await takeUntil(nic, memory.arena, (g) => g.flags === 0, "frame by XDP")).bytes), 4);
    } finally {
      nic.close();
    }
  });

  it("goes by the packet ring where XDP cannot be: a large MTU, no room, tags taken out; and says why", async () => {
    const usual = async (memory: Memory, why: RegExp, options = {}): Promise<void> => {
      const nic = inside(bed.left, () => AfXdp.open(memory.arena, "nic0", options));
      try {
        assert.match(nic.why ?? "in use", why);
        assert.equal(nic.queues, 0);
        bed.raw.send(udp(6));
        const got = await takeUntil(nic, memory.arena, (g) => isUdp(g.bytes), "frame");
        assert.equal(got.flags, DESCF.VNET);
      } finally {
        nic.close();
      }
    };
    await usual(moduleMemory(), /MTU is 9000; .* up to an MTU of 3818/, { mtu: 9000 });
    await usual(moduleMemory(40), /no room/, { members: 4, mtu: 1500 });
    bed.left.exec(["ethtool", "-K", "nic0", "rxvlan", "on"]);
    await usual(moduleMemory(), /VLAN tags/);
    bed.left.exec(["ethtool", "-K", "nic0", "rxvlan", "off"]);
  });

  it("is put on a NIC that is open, and taken off; what waits in the packet ring stays", async () => {
    const memory = moduleMemory();
    const packet = inside(bed.left, () => AfPacket.open(memory.arena, "nic0"));
    try {
      packet.start(() => {});
      bed.raw.send(other(1, 6));
      const nic = inside(bed.left, () => AfXdp.over(memory.arena, packet, {}));
      nic.start(() => {});
      await until(() => inside(bed.left, () => nic.engage()), "XDP in use");
      assert.equal(numberOf((await takeUntil(nic, memory.arena, () => true, "frame of before")).bytes), 1);
      bed.raw.send(udp(2));
      assert.equal((await takeUntil(nic, memory.arena, (g) => isUdp(g.bytes), "frame by XDP")).flags, 0);
      bed.raw.send(other(3, 6));
      assert.equal(nic.shed(), packet);
      assert.ok(!bed.attached());
      assert.equal(numberOf((await takeUntil(packet, memory.arena, () => true, "frame of meanwhile")).bytes), 3);
      bed.raw.send(udp(4));
      assert.equal((await takeUntil(packet, memory.arena, (g) => isUdp(g.bytes), "frame by the ring")).flags, DESCF.VNET);
    } finally {
      packet.close();
    }
    const small = moduleMemory(40);
    const full = inside(bed.left, () => AfPacket.open(small.arena, "nic0", { members: 1 }));
    const without = inside(bed.left, () => AfXdp.over(small.arena, full, {}));
    assert.match(without.why ?? "", /no room/);
    without.close();
  });

  it("opens and closes 100 times without a trace", async () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    (await bed.open(memory)).close();
    const descriptors = openDescriptors();
    for (let i = 0; i < 100; i++) (await bed.open(memory)).close();
    assert.equal(openDescriptors(), descriptors);
    assert.equal(memory.arena.available(), free);
  });

  /** Runs the holder under another program's restrictions. */
  const hold = (...words: string[]): Promise<{ child: ChildProcess; queues: number; why: string | null }> =>
    new Promise((resolve, reject) => {
      const holder = join(dirname(fileURLToPath(import.meta.url)), "xdp_holder.js");
      const child = bed.left.spawn([...words, process.execPath, holder, "nic0"], { stdio: ["pipe", "pipe", "inherit"] });
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
      assert.ok(bed.attached());
      await ended(child, "SIGKILL");
      await until(() => !bed.attached(), "the program is gone");
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
