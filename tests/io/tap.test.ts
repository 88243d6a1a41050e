// The group interface: frames to and from the local stack, and what outlives a process.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESCF } from "../../host/core/abi/ipmp.js";
import { OsError } from "../../host/io/ffi.js";
import { Tap } from "../../host/io/tap.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { Rtnetlink } from "../../host/net/rtnetlink.js";
import { inside, moduleMemory, openDescriptors, skipReason, take, takeUntil, until } from "./bed.js";

const PEER_MAC = "0200000000cc";

/** An ARP request from 10.9.0.2 for 10.9.0.1. */
function arpRequest(): Buffer {
  const frame = Buffer.alloc(60);
  frame.write(`ffffffffffff${PEER_MAC}08060001080006040001${PEER_MAC}0a0900020000000000000a090001`, "hex");
  return frame;
}

const isArpReply = (b: Buffer): boolean => b.readUInt16BE(12) === 0x0806 && b.readUInt16BE(20) === 2;

describe("TAP device", { skip: skipReason() }, () => {
  let lab: Lab;
  let ns: Netns;

  before(() => {
    lab = new Lab("hfio-tap");
    ns = lab.netns("n");
    for (const k of ["all", "default"]) ns.sysctl(`net.ipv6.conf.${k}.disable_ipv6`, 1);
  });
  after(() => lab?.close());

  const links = (): string => ns.ip("-o link show");
  const code =
    (expected: string, text: RegExp) =>
    (e: unknown): boolean =>
      e instanceof OsError && e.code === expected && text.test(e.message);

  it("is a network device of the local stack: both ways, with header and without", async () => {
    const memory = moduleMemory();
    const tap = inside(ns, () => Tap.open(memory.arena, "t0"));
    try {
      ns.link("t0", "up");
      ns.addr("t0", "10.9.0.1/24");
      const place = memory.arena.alloc(1 << 16, "test frame");
      for (const flags of [0, DESCF.VNET]) {
        const off = place + 64;
        // Without the flag, what stands before a frame is no header.
        memory.u8.fill(flags === 0 ? 0xff : 0, off - 10, off);
        memory.u8.set(arpRequest(), off);
        tap.send(off, 60, flags);
        tap.flush();
        const reply = await takeUntil(tap, memory.arena, (g) => isArpReply(g.bytes), "ARP reply");
        assert.equal(reply.bytes.subarray(0, 6).toString("hex"), PEER_MAC);
        assert.equal(reply.bytes.subarray(28, 32).toString("hex"), "0a090001");
        assert.equal(reply.flags, DESCF.VNET);
        assert.equal(reply.off % 16, 0);
      }
      assert.equal(tap.stats().txErrors, 0);
    } finally {
      tap.close();
    }
    assert.doesNotMatch(links(), /t0/, "gone with its descriptor");
  });

  it("hands out every frame once, however few it is asked for at a time", async () => {
    const memory = moduleMemory();
    const tap = inside(ns, () => Tap.open(memory.arena, "t1"));
    try {
      ns.link("t1", "up");
      ns.addr("t1", "10.8.0.1/24");
      ns.ip(`neigh add 10.8.0.2 lladdr 02:00:00:00:00:cc dev t1 nud permanent`);
      const sizes: number[] = [];
      const seen = new Set<string>();
      // 60,000-byte datagrams in fragments: far more frames than one receive() may take.
      const sender = ns.spawn([
        "sh",
        "-c",
        "head -c 1800000 /dev/zero | dd bs=60000 iflag=fullblock status=none | timeout 3 bash -c 'cat > /dev/udp/10.8.0.2/9'",
      ]);
      const done = new Promise((r) => sender.once("exit", r));
      await Promise.race([done, new Promise((r) => setTimeout(r, 1000))]);
      for (let got = take(tap, memory.arena, 7); got.length > 0; got = take(tap, memory.arena, 7))
        for (const g of got) {
          assert.ok(got.length <= 7);
          sizes.push(g.bytes.length);
          if (g.bytes.readUInt16BE(12) === 0x0800) {
            const id = `${g.bytes.readUInt16BE(18)}/${g.bytes.readUInt16BE(20)}`;
            assert.ok(!seen.has(id), `fragment ${id} twice`);
            seen.add(id);
          }
        }
      assert.ok(seen.size > 100, `${seen.size} fragments of ${sizes.length} frames`);
    } finally {
      tap.close();
    }
  });

  it("outlives the process if it shall, with its addresses, and is taken over by the next", () => {
    const memory = moduleMemory();
    let tap = inside(ns, () => Tap.open(memory.arena, "keep0", { persist: true }));
    const { ifindex } = tap;
    ns.link("keep0", "up");
    ns.addr("keep0", "10.7.0.1/24");
    tap.close();
    assert.match(ns.ip("-o addr show dev keep0"), /10\.7\.0\.1\/24/);
    tap = inside(ns, () => Tap.open(memory.arena, "keep0", { persist: true }));
    assert.equal(tap.ifindex, ifindex);
    assert.match(ns.ip("-o addr show dev keep0"), /10\.7\.0\.1\/24/);
    assert.throws(() => inside(ns, () => Tap.open(memory.arena, "keep0")), code("EBUSY", /open TAP keep0: another process has it open/));
    assert.throws(() => inside(ns, () => Tap.remove("keep0")), code("EBUSY", /keep0/));
    tap.close();
    // Opened without, it is no longer persistent.
    inside(ns, () => Tap.open(memory.arena, "keep0")).close();
    assert.doesNotMatch(links(), /keep0/);
  });

  it("is removed by name", () => {
    const memory = moduleMemory();
    inside(ns, () => Tap.open(memory.arena, "rem0", { persist: true })).close();
    assert.match(links(), /rem0/);
    assert.equal(
      inside(ns, () => Tap.remove("rem0")),
      true,
    );
    assert.doesNotMatch(links(), /rem0/);
    assert.equal(
      inside(ns, () => Tap.remove("rem0")),
      false,
    );
  });

  it("refuses names it cannot have, and says why", () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    const descriptors = openDescriptors();
    ns.ip("link add veth0 type veth peer name veth1");
    ns.ip("tuntap add tun0 mode tun");
    const open = (name: string) => () => inside(ns, () => Tap.open(memory.arena, name));
    assert.throws(open("veth0"), code("EINVAL", /open TAP veth0: exists, but is not a TAP/));
    assert.throws(open("tun0"), code("EINVAL", /open TAP tun0: exists, but is not a TAP/));
    assert.throws(open("a/b"), code("EINVAL", /not a valid interface name/));
    assert.throws(open("sixteen_bytes_xx"), /1 to 15 bytes/);
    assert.throws(open(""), /1 to 15 bytes/);
    assert.throws(() => inside(ns, () => Tap.remove("veth0")), code("EINVAL", /veth0/));
    assert.equal(memory.arena.available(), free);
    assert.equal(openDescriptors(), descriptors);
  });

  it("has the carrier that it is given, seen by rtnetlink and at once by ioctl", async () => {
    const memory = moduleMemory();
    const tap = inside(ns, () => Tap.open(memory.arena, "car0"));
    const net = inside(ns, () => new Rtnetlink());
    const seen: boolean[] = [];
    try {
      ns.link("car0", "up");
      const subscription = inside(ns, () =>
        net.subscribe((e) => {
          if (e.type === "link" && e.link.name === "car0" && seen.at(-1) !== e.link.carrier) seen.push(e.link.carrier);
        }),
      );
      for (const up of [false, true]) {
        tap.setCarrier(up);
        assert.equal(
          inside(ns, () => net.carrier("car0")),
          up,
        );
        assert.equal(net.link("car0")?.carrier, up);
        // The kernel lets one such event a second through.
        await until(() => seen.at(-1) === up, `carrier ${up} told`);
      }
      assert.deepEqual(seen, [true, false, true]);
      subscription.close();
    } finally {
      net.close();
      tap.close();
    }
  });

  it("says once that the interface was removed under it", async () => {
    const memory = moduleMemory();
    let gone = 0;
    let woken = 0;
    const tap = inside(ns, () => Tap.open(memory.arena, "under0", { onGone: () => gone++ }));
    try {
      ns.link("under0", "up");
      tap.start(() => {
        woken++;
        take(tap, memory.arena);
      });
      ns.ip("link del under0");
      await until(() => gone === 1, "reported");
      const before = woken;
      await new Promise((r) => setTimeout(r, 100));
      assert.deepEqual([gone, woken], [1, before]);
      tap.send(memory.arena.base + 64, 60, 0);
      assert.equal(tap.stats().txErrors, 1);
    } finally {
      tap.close();
    }
  });

  it("counts what the stack refuses, and what its queue had no place for", () => {
    const memory = moduleMemory();
    const tap = inside(ns, () => Tap.open(memory.arena, "cnt0"));
    try {
      tap.send(memory.arena.base + 64, 60, 0);
      assert.equal(tap.stats().txErrors, 1, "the interface is down");
      ns.ip("link set cnt0 txqueuelen 10 up");
      ns.addr("cnt0", "10.6.0.1/24");
      ns.ip("neigh add 10.6.0.2 lladdr 02:00:00:00:00:cc dev cnt0 nud permanent");
      ns.exec(["bash", "-c", "for i in $(seq 50); do echo x > /dev/udp/10.6.0.2/9; done"], { allowFailure: true });
      assert.ok(inside(ns, () => tap.stats()).rxDropped >= 30, "dropped frames counted");
    } finally {
      tap.close();
    }
  });

  it("opens and closes 1,000 times without a trace", () => {
    const memory = moduleMemory();
    const free = memory.arena.available();
    inside(ns, () => {
      Tap.open(memory.arena, "loop0", { persist: true }).close();
      const descriptors = openDescriptors();
      for (let i = 0; i < 1000; i++) Tap.open(memory.arena, "loop0", { persist: true }).close();
      assert.equal(openDescriptors(), descriptors);
      Tap.remove("loop0");
    });
    assert.equal(memory.arena.available(), free);
  });
});
