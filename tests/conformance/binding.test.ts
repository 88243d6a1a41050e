// Conformance R8.1 – R8.9: which member carries which address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG, PHYI } from "../../host/core/abi/ipmp.js";
import { Bed, refused, V4, V6 } from "./bed.js";

test("conformance R8.1: the first address binds to the first member in list order", async () => {
  const bed = await Bed.make({ nics: 3 });
  assert.equal(bed.boundTo(bed.add("10.0.0.1")), 0);
  assert.equal(bed.boundTo(bed.add("10.0.0.2")), 1);
  assert.equal(bed.boundTo(bed.add("10.0.0.3")), 2);
  assert.equal(bed.boundTo(bed.add("10.0.0.4")), 0);
  await bed.check();
});

test("conformance R8.2: k addresses over n members differ by at most one after each activation", async () => {
  for (let k = 0; k <= 24; k++) {
    const bed = await Bed.make({ nics: 8, join: false });
    bed.join(0);
    bed.addMany(k);
    for (let n = 1; n < 8; n++) {
      bed.join(n);
      const counts = bed.counts().slice(0, n + 1);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${k} addresses over ${n + 1} members: ${counts}`);
      assert.equal(
        counts.reduce((a, b) => a + b),
        k,
      );
    }
    await bed.check();
  }
});

test("conformance R8.3: deactivation moves every address, newest first, each to the member with fewest", async () => {
  const bed = await Bed.make({ nics: 3 });
  const addrs = bed.addMany(7); // nic0: 0 3 6, nic1: 1 4, nic2: 2 5
  assert.deepEqual(bed.counts(), [3, 2, 2]);
  bed.link(0, false);
  assert.deepEqual(bed.counts(), [0, 4, 3]);
  assert.equal(bed.boundTo(addrs[6]), 1, "newest first: the last address to the earliest of the least bound");
  assert.equal(bed.boundTo(addrs[3]), 2);
  assert.equal(bed.boundTo(addrs[0]), 1);
  for (const i of [1, 4]) assert.equal(bed.boundTo(addrs[i]), 1, "addresses of other members stay where they are");
  await bed.check();
});

test("conformance R8.4: without the last member all is unbound and the group failed; the next one gets all, with conflict probes", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.addMany(5);
  bed.pass(20_000);
  bed.ctl();
  bed.link(0, false);
  bed.link(1, false);
  assert.deepEqual(
    bed.ipifs().map((a) => a.bound),
    [null, null, null, null, null],
  );
  assert.equal(bed.ipmp.grp(bed.grp).state, PG.FAILED);
  assert.deepEqual(
    bed.events("GRP_RUNNING").map((e) => e.new),
    [0],
  );
  bed.ctl();
  bed.pass(1000);
  bed.link(1, true);
  assert.deepEqual(bed.counts(), [0, 5]);
  assert.deepEqual(
    bed.events("GRP_RUNNING").map((e) => e.new),
    [1],
  );
  bed.pass(2000);
  const probes = bed.ctl().filter((f) => f.kind === "PROBE");
  assert.equal(probes.length, 15, "three conflict probes for each of five addresses");
  assert.ok(probes.every((f) => f.nic === 1));
  await bed.check();
});

test("conformance R8.5: a removed address pulls one from the fullest only if that has more than one more", async () => {
  const bed = await Bed.make({ nics: 2 });
  const addrs = bed.addMany(4); // nic0: 0 2, nic1: 1 3
  bed.ipmp.ipifDel(bed.grp, addrs[0]);
  assert.deepEqual(bed.counts(), [1, 2], "2 is not more than 1 + 1: nothing moves");
  bed.ipmp.ipifDel(bed.grp, addrs[2]);
  assert.deepEqual(bed.counts(), [1, 1], "2 is more than 0 + 1: the newest of the fullest moves");
  assert.equal(bed.boundTo(addrs[3]), 0);
  await bed.check();
});

test("conformance R8.6: addresses taken over by a member are announced, not probed; new ones are probed first", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.link(1, false);
  bed.addMany(4);
  bed.pass(1);
  assert.deepEqual([...new Set(bed.ctl().map((f) => f.kind))], ["PROBE"]);
  bed.pass(20_000);
  bed.ctl();
  bed.link(1, true);
  bed.pass(1);
  const frames = bed.ctl();
  assert.deepEqual(
    frames.map((f) => `${f.kind} ${f.nic}`),
    ["ANNOUNCE 1", "ANNOUNCE 1"],
    "by the new owner",
  );
  await bed.check();
});

test("conformance R8.7: a member without an address of its own that is up is never active; with the stub it is", async () => {
  const bed = await Bed.make({ nics: 1, join: false });
  bed.ipmp.join(bed.nics[0], bed.grp);
  const a = bed.add("10.0.0.1");
  assert.equal(bed.active(0), false);
  assert.equal(bed.boundTo(a), null);
  bed.ipmp.illUp(bed.nics[0], V4, 1);
  assert.equal(bed.active(0), true);
  assert.equal(bed.boundTo(a), 0);
  bed.ipmp.illUp(bed.nics[0], V4, 0);
  assert.equal(bed.active(0), false);
  assert.equal(bed.boundTo(a), null);
  await bed.check();
});

test("conformance R8.8: FAILED with INACTIVE is refused; clearing STANDBY clears INACTIVE", async () => {
  const bed = await Bed.make({ nics: 3, standby: [2] });
  assert.ok(bed.has(2, "INACTIVE"));
  bed.link(0, false);
  assert.equal(
    refused(() => bed.ipmp.setFlags(bed.nics[0], PHYI.INACTIVE, 0)),
    "EINVAL",
  );
  assert.equal(
    refused(() => bed.ipmp.setFlags(bed.nics[1], PHYI.INACTIVE | PHYI.FAILED, 0)),
    "EINVAL",
  );
  bed.link(0, true);
  assert.ok(bed.has(2, "INACTIVE"));
  bed.ipmp.setFlags(bed.nics[2], 0, PHYI.STANDBY);
  assert.ok(!bed.has(2, "INACTIVE"));
  assert.ok(bed.active(2));
  await bed.check();
});

test("conformance R1.9: STANDBY on an INACTIVE member is refused, otherwise it rests at once", async () => {
  const bed = await Bed.make({ nics: 2, failback: false });
  bed.link(0, false);
  bed.link(0, true); // repaired, held back: failback is off
  assert.ok(bed.has(0, "INACTIVE"));
  assert.equal(
    refused(() => bed.ipmp.setFlags(bed.nics[0], PHYI.STANDBY, 0)),
    "EINVAL",
  );
  bed.ipmp.setFlags(bed.nics[1], PHYI.STANDBY, 0);
  assert.ok(bed.active(0) || bed.active(1), "a group is never idle while a member could work");
  await bed.check();
});

test("conformance R8.9: IPv4 and IPv6 are active, and nominate, independently", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.addMany(2, V4);
  bed.addMany(2, V6);
  bed.ipmp.illUp(bed.nics[0], V6, 0);
  assert.equal(bed.active(0, V4), true);
  assert.equal(bed.active(0, V6), false);
  assert.deepEqual([bed.nominee(V4), bed.nominee(V6)], [0, 1]);
  assert.deepEqual(
    [bed.counts(V4), bed.counts(V6)],
    [
      [1, 1],
      [0, 2],
    ],
  );
  assert.equal(bed.ipmp.grp(bed.grp).nactif, 3);
  await bed.check();
});
