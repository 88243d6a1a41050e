// A receive ring that goes from one process to the next, and back: nothing that waits in it is lost, twice or out of order.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AfPacket } from "../../host/io/af_packet.js";
import { check, libc } from "../../host/io/ffi.js";
import * as L from "../../host/io/linux.js";
import { Lab, type Netns } from "../../host/lab/netns.js";
import { inside, moduleMemory, RawSocket, skipReason, take, testFrame } from "./bed.js";

describe("ring handed over", { skip: skipReason() }, () => {
  let lab: Lab;
  let left: Netns;
  let right: Netns;
  let raw: RawSocket;

  before(() => {
    lab = new Lab("hfio-ring");
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

  it("another process goes on with the ring: what came meanwhile is there, in order, also past its end", () => {
    const first = moduleMemory();
    const second = moduleMemory();
    const old = open(first, "nic0", { slots: 15 });
    const numbers = (nic: AfPacket, memory: typeof first): number[] => take(nic, memory.arena).map((g) => g.bytes.readUInt32BE(14));
    let next: AfPacket | null = null;
    try {
      for (let n = 0; n < 9; n++) raw.send(testFrame(n));
      assert.equal(take(old, first.arena).length, 9);
      for (let n = 9; n < 20; n++) raw.send(testFrame(n));
      const ring = old.heirloom();
      assert.ok(ring);
      // in one process a duplicate stands for the other one's descriptor
      const other = { ...ring, fd: check(libc().fcntl(ring.fd, L.F_DUPFD_CLOEXEC, 3), "dup") };
      for (const wrong of [{ form: 0 }, { head: 15 }, { ifindex: 1 }, { geometry: { ...ring.geometry, slots: 14 } }])
        assert.equal(AfPacket.adopt(second.arena, "nic0", { ...other, ...wrong }, { ifindex: old.ifindex, slots: 15 }), null);
      next = AfPacket.adopt(second.arena, "nic0", other, { ifindex: old.ifindex, slots: 15 });
      assert.ok(next);
      assert.deepEqual(numbers(next, second), [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
      old.close();
      for (let n = 20; n < 30; n++) raw.send(testFrame(n));
      assert.deepEqual(numbers(next, second), [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
      assert.deepEqual(next.stats(), { rxDropped: 0, txErrors: 0 });
    } finally {
      old.close();
      next?.close();
    }
  });

  it("goes on by itself with a ring that another process has read some of, wherever the kernel writes", () => {
    for (const read of [0, 1, 7, 14, 15, 16, 29]) {
      const first = moduleMemory();
      const second = moduleMemory();
      const old = open(first, "nic0", { slots: 15 });
      const ring = old.heirloom();
      assert.ok(ring);
      const fd = check(libc().fcntl(ring.fd, L.F_DUPFD_CLOEXEC, 3), "dup");
      const next = AfPacket.adopt(second.arena, "nic0", { ...ring, fd }, { ifindex: old.ifindex, slots: 15 });
      assert.ok(next);
      try {
        for (let n = 0; n < read; n++) {
          raw.send(testFrame(n));
          assert.equal(take(next, second.arena).length, 1);
        }
        // two that it has not read, one that it has not given back
        for (const n of [100, 101, 102]) raw.send(testFrame(n));
        assert.equal(next.receive(0, 1), 1);
        next.close();
        old.discard();
        assert.equal(take(old, first.arena).length, 0);
        for (let n = 200; n < 210; n++) raw.send(testFrame(n));
        assert.deepEqual(
          take(old, first.arena).map((g) => g.bytes.readUInt32BE(14)),
          [200, 201, 202, 203, 204, 205, 206, 207, 208, 209],
          `after ${read}`,
        );
        for (let n = 210; n < 240; n++) {
          raw.send(testFrame(n));
          assert.equal(take(old, first.arena)[0].bytes.readUInt32BE(14), n);
        }
      } finally {
        next.close();
        old.close();
      }
    }
  });
});
