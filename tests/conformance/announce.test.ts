// Announcements: how often, how fast, by whom; what a foreign claim does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, POLICY } from "../../host/core/abi/ipmp.js";
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
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_AGAIN_MS", 20_000);
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
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_AGAIN_MS", 20_000);
  bed.add("10.0.0.1", { verified: true });
  bed.pass(100);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", 20);
  bed.add("10.0.0.2", { verified: true });
  bed.ctl();
  bed.pass(85);
  const addresses = bed.ctl().map((f) => told(f.bytes).address);
  assert.deepEqual([addresses.filter((a) => a === "0a000001").length, addresses.filter((a) => a === "0a000002").length], [4, 4]);
});

/** Who said of an address that it is where, as "nic0 02:…:01", in order; nothing else was said. */
const sayers = (bed: Bed): string[] =>
  bed.ctl().map((f) => {
    assert.equal(f.kind, "ANNOUNCE");
    const { ethSource, payload } = told(f.bytes);
    assert.equal(ethSource, nicMac(f.nic), "the Ethernet source is the sender's own");
    return `nic${f.nic} ${payload}`;
  });
/** Each of these members said that the address is at itself. */
const themselves = (...nics: number[]): string[] => nics.map((n) => `nic${n} ${nicMac(n)}`);

test("policy broadcast: an address is announced by every active member as its own, at first and whenever one comes or goes", async () => {
  for (const family of [0, 1] as const) {
    const bed = await Bed.make({ nics: 3, failback: true });
    bed.ipmp.grpSet(bed.grp, "POLICY", POLICY.BROADCAST);
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 2);
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", 100);
    bed.add(family === 0 ? "10.0.0.1" : "2001:db8::1", { verified: true });
    assert.deepEqual(sayers(bed), themselves(0, 1, 2), "a switch learns every port");
    bed.pass(100);
    assert.deepEqual(sayers(bed), themselves(0, 1, 2), "each time");
    bed.pass(1000);
    assert.deepEqual(sayers(bed), []);
    bed.link(1, false); // not the one it is bound to: its peers knew it there all the same
    assert.deepEqual(sayers(bed), themselves(0, 2));
    bed.pass(1000);
    sayers(bed);
    bed.link(0, false);
    assert.deepEqual(sayers(bed), themselves(2), "moved");
    bed.pass(1000);
    sayers(bed);
    bed.link(1, true);
    assert.deepEqual(sayers(bed).sort(), themselves(1, 2));
    bed.pass(1000);
    sayers(bed);
    bed.ipmp.grpSet(bed.grp, "POLICY", POLICY.FLOW);
    assert.deepEqual(sayers(bed), themselves(bed.boundTo(0) ?? -1), "by its owner alone, once it is at one member only");
    await bed.check();
  }
});

test("policy broadcast: an address that is still probed for is not announced when a member goes", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.grpSet(bed.grp, "POLICY", POLICY.BROADCAST);
  bed.add("10.0.0.1");
  bed.link(2, false);
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["PROBE"],
  );
});

test("a proxy entry that moved is announced as a data address is: announce_count times, announce_interval apart, by its new member", async () => {
  for (const addr of ["10.0.0.200", "2001:db8::200"]) {
    const bed = await Bed.make();
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 3);
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", 100);
    const entry = bed.ipmp.arpentCreate(bed.grp, { addr, mac: nicMac(0) });
    assert.deepEqual(sayers(bed), themselves(0));
    bed.link(0, false);
    const seen: number[] = [];
    for (let ms = 0; ms <= 1000; ms += 10) {
      const said = sayers(bed);
      for (const who of said) assert.equal(who, themselves(1)[0]);
      seen.push(...said.map(() => ms));
      bed.pass(10);
    }
    assert.equal(seen.length, 3, `${seen}`);
    assert.ok(seen[0] === 0 && seen[1] >= 100 && seen[2] - seen[1] >= 100 && seen[2] <= 230, `${seen}`);
    await bed.check();
    bed.ipmp.setMac(bed.nics[1], "02:00:00:00:00:77");
    const moved = bed.ctl();
    assert.deepEqual(
      moved.map((f) => told(f.bytes).payload),
      ["02:00:00:00:00:77"],
      "its member has another hardware address",
    );
    bed.ipmp.arpentDestroy(bed.grp, entry);
    bed.pass(10_000);
    assert.deepEqual(bed.ctl(), [], "nothing more is said of one that is gone");
    await bed.check();
  }
});

test("proxy entries are announced by all members and in VLANs where the group says so, and at the group's pace", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 1);
  for (let i = 0; i < LIMIT.ARPENT_MAX; i++) bed.ipmp.arpentCreate(bed.grp, { addr: `10.1.0.${i + 1}`, mac: nicMac(0) });
  bed.addMany(1000);
  for (let i = 0; i < 200; i++) {
    bed.pass(50);
    bed.ctl();
  }
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", 1);
  for (const vlan of [5, 6, 7]) bed.ipmp.grpVlan(bed.grp, vlan, true);
  bed.link(0, false);
  let entries = 0;
  let firsts = 0;
  for (let ms = 0; ms < 200; ms++) {
    const frames = bed.ctl();
    assert.ok(frames.length <= (ms === 0 ? 4 : 1) * LIMIT.ANNOUNCE_BURST, `${frames.length} in millisecond ${ms}`);
    for (const f of frames) {
      const tagged = f.bytes[12] === 0x81;
      const address = Buffer.from(f.bytes.subarray(tagged ? 32 : 28, tagged ? 36 : 32)).toString("hex");
      if (address.startsWith("0a01")) entries++;
      else if (!tagged && entries === 0) firsts++;
    }
    bed.pass(1);
  }
  assert.ok(firsts >= 333, "data addresses first");
  assert.equal(entries, LIMIT.ARPENT_MAX * 2 * 4, "by two members, untagged and in three VLANs");
  assert.equal(bed.ipmp.pageWord("ctl_lost"), 0);
  await bed.check();
});
