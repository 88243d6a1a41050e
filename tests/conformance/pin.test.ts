// Pinned addresses: on their member while it is active, elsewhere while it is not; and which address moves to even out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, REBALANCE } from "../../host/core/abi/ipmp.js";
import { eth, ip4 } from "../hostile/frames.js";
import { Bed, GROUP_MAC, refused, V4, V6 } from "./bed.js";

const pin = (bed: Bed, ipif: number, n: number | null): boolean => bed.ipmp.ipifPin(bed.grp, ipif, n === null ? null : bed.nics[n]);

test("a pinned address is on its member, announced by it; goes elsewhere when that fails; comes back when it returns", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  const addrs = bed.addMany(6);
  bed.pass(20_000);
  bed.ctl();
  bed.events();
  assert.equal(bed.boundTo(addrs[0]), 0);
  assert.equal(pin(bed, addrs[0], 2), true);
  assert.equal(bed.boundTo(addrs[0]), 2);
  assert.deepEqual(bed.counts(), [2, 2, 2], "and another makes room for it");
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["ANNOUNCE", "ANNOUNCE"],
  );
  const told = bed.events();
  assert.deepEqual(
    told.map((e) => [e.name, e.phyint, e.count]),
    [
      ["PIN", bed.nics[2], 0],
      ["REBIND", bed.nics[2], 2],
    ],
  );
  assert.equal(told[0].addr, "10.0.0.1");
  bed.link(2, false);
  assert.notEqual(bed.boundTo(addrs[0]), 2);
  assert.equal(bed.ipmp.ipif(bed.grp, addrs[0]).pin, bed.nics[2]);
  await bed.check();
  bed.link(2, true);
  assert.equal(bed.boundTo(addrs[0]), 2);
  assert.deepEqual(bed.counts(), [2, 2, 2]);
  assert.equal(pin(bed, addrs[0], null), false, "without a pin it stays where it is");
  assert.equal(bed.boundTo(addrs[0]), 2);
  await bed.check();
});

test("pinned addresses never move for evenness, the others make up for them", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  const addrs = bed.addMany(12);
  for (const a of addrs.slice(0, 7)) pin(bed, a, 1);
  assert.deepEqual(bed.counts(), [2, 7, 3]);
  for (const n of [0, 2, 0, 1, 2, 1]) {
    bed.link(n, false);
    bed.invariants();
    bed.link(n, true);
    for (const a of addrs.slice(0, 7)) assert.equal(bed.boundTo(a), 1);
    const others = [bed.counts()[0], bed.counts()[2]];
    assert.ok(Math.abs(others[0] - others[1]) <= 1, `${bed.counts()}`);
  }
  await bed.check();
  for (const a of addrs.slice(0, 7)) pin(bed, a, null);
  assert.deepEqual(bed.counts(), [4, 4, 4]);
  await bed.check();
});

test("a pin waits for an address that is down, for a family that is not active, and ends with the address or the NIC", async () => {
  const bed = await Bed.make({ nics: 2 });
  const a = bed.add("10.0.0.1", { up: false });
  const b = bed.add("2001:db8::1");
  assert.equal(pin(bed, a, 1), false);
  bed.ipmp.ipifUp(bed.grp, a, true);
  assert.equal(bed.boundTo(a), 1);
  bed.ipmp.illUp(bed.nics[1], V6, 0);
  assert.equal(pin(bed, b, 1), false);
  assert.equal(bed.boundTo(b), 0);
  bed.ipmp.illUp(bed.nics[1], V6, 1);
  assert.equal(bed.boundTo(b), 1);
  bed.ipmp.ipifDel(bed.grp, a);
  const again = bed.add("10.0.0.1");
  assert.equal(again, a, "the same entry");
  assert.equal(bed.ipmp.ipif(bed.grp, again).pin, null);
  assert.equal(bed.boundTo(again), 0);
  await bed.check();
  bed.events();
  bed.ipmp.leave(bed.nics[1]);
  assert.deepEqual(
    bed.events("PIN").map((e) => [e.phyint, e.new, e.count]),
    [[bed.nics[1], 0, 1]],
  );
  assert.equal(bed.ipmp.ipif(bed.grp, b).pin, null);
  bed.join(1);
  assert.equal(bed.boundTo(b), 0);
  await bed.check();
});

test("pins: what is refused, and that nothing has changed then", async () => {
  const bed = await Bed.make({ nics: 2 });
  const a = bed.add("10.0.0.1");
  const other = bed.ipmp.grpCreate({ name: "ipmp1", mac: "02:00:00:00:01:fe" });
  const free = bed.ipmp.phyintCreate({ name: "free", ifindex: 9, mac: "02:00:00:00:00:99" });
  const before = Buffer.from(bed.ipmp.state());
  for (const [errno, grp, ipif, phyint] of [
    ["ENOENT", 7, a, bed.nics[0]],
    ["ENOENT", bed.grp, 5, bed.nics[0]],
    ["ENOENT", other, a, null],
    ["ENOENT", bed.grp, a, 100],
    ["ENOENT", bed.grp, a, 0xfffe],
    ["EINVAL", bed.grp, a, free],
  ] as const)
    assert.equal(
      refused(() => bed.ipmp.ipifPin(grp, ipif, phyint)),
      errno,
    );
  assert.ok(before.equals(Buffer.from(bed.ipmp.state())));
});

test("4,096 addresses, half of them pinned: a member that returns has its own back, and all is level", async () => {
  const bed = await Bed.make({ nics: 4 });
  const addrs = bed.addMany(LIMIT.ADDR_MAX);
  for (const a of addrs.slice(0, 2048)) pin(bed, a, 3);
  assert.deepEqual(bed.counts(), [683, 683, 682, 2048]);
  bed.link(3, false);
  assert.deepEqual(bed.counts(), [1366, 1365, 1365, 0]);
  bed.link(3, true);
  assert.deepEqual(bed.counts()[3], 2048);
  for (const a of addrs.slice(0, 2048)) assert.equal(bed.boundTo(a), 3);
  await bed.check();
});

/** n frames of 1,000 bytes from each address. */
function traffic(bed: Bed, frames: Record<string, number>): void {
  for (const [addr, n] of Object.entries(frames)) {
    const frame = Uint8Array.from(eth("02:00:00:00:00:aa", GROUP_MAC, 0x0800, ip4(addr, "10.0.0.99", 17, Array(966).fill(0))));
    for (let i = 0; i < n; i++) bed.transmit(frame);
  }
}

test("rebalancing by traffic: those move that carried least in the last period, not the newest", async () => {
  for (const [mode, moved] of [
    [REBALANCE.NEWEST, ["10.0.0.5", "10.0.0.6"]],
    [REBALANCE.LEAST_TRAFFIC, ["10.0.0.2", "10.0.0.3"]],
  ] as const) {
    const bed = await Bed.make({ nics: 2 });
    bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
    bed.ipmp.grpSet(bed.grp, "REBALANCE", mode);
    bed.ipmp.grpSet(bed.grp, "WEIGHT", 2);
    bed.link(1, false);
    bed.addMany(6);
    // what was long ago does not count
    traffic(bed, { "10.0.0.2": 200, "10.0.0.3": 200 });
    bed.pass(LIMIT.LOAD_PERIOD_MS + 1);
    traffic(bed, { "10.0.0.1": 40, "10.0.0.2": 3, "10.0.0.3": 2, "10.0.0.4": 20, "10.0.0.5": 30, "10.0.0.6": 10 });
    bed.pass(LIMIT.LOAD_PERIOD_MS + 1);
    bed.ipmp.phyintSet(bed.nics[0], "WEIGHT", 2);
    bed.link(1, true);
    assert.deepEqual(bed.counts(), [4, 2]);
    assert.deepEqual(
      bed
        .ipifs()
        .filter((a) => a.bound === bed.nics[1])
        .map((a) => a.addr),
      moved,
    );
    await bed.check();
  }
});

test("rebalancing by traffic: one removed address pulls the quietest of the fullest, never a pinned one", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.ipmp.grpSet(bed.grp, "REBALANCE", REBALANCE.LEAST_TRAFFIC);
  const addrs = bed.addMany(6); // nic0: 1 3 5, nic1: 2 4 6
  traffic(bed, { "10.0.0.1": 5, "10.0.0.3": 9, "10.0.0.5": 7 });
  pin(bed, addrs[0], 0);
  bed.ipmp.ipifDel(bed.grp, addrs[1]);
  assert.deepEqual(bed.counts(), [3, 2]);
  bed.ipmp.ipifDel(bed.grp, addrs[3]);
  assert.equal(bed.boundTo(addrs[4]), 1, "10.0.0.5 sent less than 10.0.0.3, and 10.0.0.1 is pinned");
  assert.deepEqual(bed.counts(V4), [2, 2]);
  await bed.check();
});

test("the traffic of addresses is counted only while somebody wants to know: no timer otherwise", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.ipmp.timeAdvance();
  assert.equal(bed.ipmp.deadline(), null);
  bed.ipmp.grpSet(bed.grp, "REBALANCE", REBALANCE.LEAST_TRAFFIC);
  assert.equal(bed.ipmp.deadline(), bed.ipmp.now + BigInt(LIMIT.LOAD_PERIOD_MS) * 1_000_000n);
  bed.ipmp.grpSet(bed.grp, "REBALANCE", REBALANCE.NEWEST);
  bed.ipmp.timeAdvance();
  assert.equal(bed.ipmp.deadline(), null);
});
