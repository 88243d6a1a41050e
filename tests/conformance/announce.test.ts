// Announcements: how often, how fast, by whom; what a foreign claim does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { formatMac } from "../../host/core/address.js";
import { Bed, MS, nicMac, V6 } from "./bed.js";

/** What an ARP announcement or unsolicited advertisement says, and how it left. */
function told(bytes: Uint8Array): { ethSource: string; payload: string; address: string } {
  const arp = bytes[12] === 0x08 && bytes[13] === 0x06;
  return {
    ethSource: formatMac(bytes.subarray(6, 12)),
    payload: formatMac(arp ? bytes.subarray(22, 28) : bytes.subarray(80, 86)),
    address: Buffer.from(arp ? bytes.subarray(28, 32) : bytes.subarray(62, 78)).toString("hex"),
  };
}

test("an address that moved is announced announce_count times, announce_interval apart, by its new owner with its own MAC", async () => {
  for (const family of [0, 1] as const) {
    const bed = await Bed.make();
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 3);
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", 100);
    bed.addMany(2, family);
    bed.pass(10_000);
    bed.ctl();
    bed.link(0, false);
    const seen: number[] = [];
    for (let ms = 0; ms <= 1000; ms += 10) {
      for (const frame of bed.ctl()) {
        assert.equal(frame.kind, "ANNOUNCE");
        assert.equal(frame.nic, 1);
        const { ethSource, payload } = told(frame.bytes);
        assert.deepEqual([ethSource, payload], [nicMac(1), nicMac(1)]);
        seen.push(ms);
      }
      bed.pass(10);
    }
    assert.equal(seen.length, 3);
    assert.equal(seen[0], 0, "the first at once");
    assert.ok(seen[1] - seen[0] >= 100 && seen[2] - seen[1] >= 100 && seen[2] <= 230, `${seen}`);
    await bed.check();
  }
});

test("4,096 addresses that move at once: the first announcement of each is out within 50 ms, none is lost", async () => {
  const bed = await Bed.make();
  bed.addMany(2048);
  bed.addMany(2048, V6);
  bed.pass(60_000);
  while (bed.ctl().length) bed.pass(1);
  bed.link(0, false);
  assert.deepEqual(
    [bed.counts(0), bed.counts(1)],
    [
      [0, 2048],
      [0, 2048],
    ],
  );
  const first = new Map<string, number>();
  for (let ms = 0; ms <= 50; ms++) {
    const frames = bed.ctl();
    assert.ok(frames.length <= 4 * LIMIT.ANNOUNCE_BURST, `${frames.length} at once`);
    for (const frame of frames) {
      const { address, ethSource } = told(frame.bytes);
      assert.equal(ethSource, nicMac(1));
      if (!first.has(address)) first.set(address, ms);
    }
    bed.pass(1);
  }
  assert.equal(first.size, 2048, "those that moved, and only those");
  assert.equal(bed.ipmp.pageWord("ctl_lost"), 0);
  await bed.check();
});

test("announcements wait while the host does not drain, and none is lost", async () => {
  const bed = await Bed.make();
  bed.addMany(4000);
  bed.pass(60_000); // nobody drains: the ring fills up to what is kept for answers, then everything waits
  assert.equal(bed.ipmp.pageWord("ctl_lost"), 0);
  const seen = new Set<string>();
  for (let ms = 0; ms < 2000; ms++) {
    for (const frame of bed.ctl()) if (frame.kind === "ANNOUNCE") seen.add(told(frame.bytes).address);
    bed.pass(1);
  }
  assert.equal(seen.size, 4000);
});

test("an address verified by the stack is announced at once, another is probed first", async () => {
  const bed = await Bed.make();
  bed.add("10.0.0.1", { verified: true });
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["ANNOUNCE"],
  );
  bed.add("10.0.0.2");
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["PROBE"],
  );
  bed.pass(460);
  const kinds = bed.ctl().map((f) => f.kind);
  assert.deepEqual(kinds, ["PROBE", "PROBE", "ANNOUNCE"]);
});

test("an address that is removed or goes down is said nothing more of", async () => {
  const bed = await Bed.make();
  const a = bed.add("10.0.0.1");
  const b = bed.add("10.0.0.2");
  bed.ctl();
  bed.ipmp.ipifDel(bed.grp, a);
  bed.ipmp.ipifUp(bed.grp, b, false);
  bed.pass(60_000);
  assert.deepEqual(bed.ctl(), []);
  assert.equal(bed.ipmp.deadline(), null);
  assert.ok(bed.ipmp.now > 60_000n * MS);
  await bed.check();
});

test("a shorter interval counts for announcements that already wait", async () => {
  const bed = await Bed.make();
  bed.add("10.0.0.1", { verified: true });
  bed.pass(100);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", 20);
  bed.add("10.0.0.2", { verified: true });
  bed.ctl();
  bed.pass(85);
  const addresses = bed.ctl().map((f) => told(f.bytes).address);
  assert.deepEqual([addresses.filter((a) => a === "0a000001").length, addresses.filter((a) => a === "0a000002").length], [4, 4]);
});
