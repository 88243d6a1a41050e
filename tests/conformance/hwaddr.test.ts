// Conformance R8.29 and R8.30 (R2.10): duplicate hardware addresses, in every order of who comes, goes, and is taken out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PI } from "../../host/core/abi/ipmp.js";
import { Bed, nicMac, refused } from "./bed.js";

const NEW = "02:00:00:00:00:77";
const aside = (bed: Bed, n: number): boolean => bed.has(n, "HWADDRDUP") && bed.has(n, "OFFLINE") && !bed.active(n);
const works = (bed: Bed, n: number): boolean => !bed.has(n, "HWADDRDUP") && !bed.has(n, "OFFLINE") && bed.active(n);

test("conformance R8.30: the later of two is set aside, whichever joined first; it hands over its addresses and announces nothing", async () => {
  for (const [changed, twin] of [
    [0, 1],
    [1, 0],
  ]) {
    const bed = await Bed.make({ nics: 3 });
    bed.addMany(6);
    bed.pass(60_000);
    bed.ctl();
    assert.equal(bed.ipmp.setMac(bed.nics[changed], nicMac(twin)), true);
    assert.ok(aside(bed, changed) && works(bed, twin));
    assert.equal(bed.counts()[changed], 0);
    bed.pass(20_000);
    assert.ok(bed.ctl().every((f) => f.nic !== changed));
    assert.deepEqual(
      bed.events("IF_STATE").map((e) => [e.phyint, e.old, e.new, e.cause]),
      [[bed.nics[changed], PI.RUNNING, PI.OFFLINE, 6]],
    );
    await bed.check();
  }
});

test("conformance R8.30: it returns when its own address changes, when its twin's does, and when its twin leaves", async () => {
  const ends: [string, (bed: Bed) => void][] = [
    ["its own address", (bed) => bed.ipmp.setMac(bed.nics[2], NEW)],
    ["its twin's address", (bed) => bed.ipmp.setMac(bed.nics[0], NEW)],
    ["its twin leaves", (bed) => bed.ipmp.leave(bed.nics[0])],
  ];
  for (const [name, end] of ends) {
    const bed = await Bed.make({ nics: 3 });
    bed.addMany(6);
    bed.ipmp.setMac(bed.nics[2], nicMac(0));
    assert.ok(aside(bed, 2), name);
    end(bed);
    assert.ok(works(bed, 2), name);
    assert.ok(bed.counts()[2] > 0, name);
    await bed.check();
  }
});

test("conformance R8.30: of three with one address the second returns when the first has gone, the third stays aside", async () => {
  const bed = await Bed.make({ nics: 4 });
  bed.ipmp.setMac(bed.nics[1], nicMac(0));
  bed.ipmp.setMac(bed.nics[2], nicMac(0));
  assert.ok(works(bed, 0) && aside(bed, 1) && aside(bed, 2));
  bed.ipmp.leave(bed.nics[0]);
  assert.ok(works(bed, 1) && aside(bed, 2));
  bed.ipmp.setMac(bed.nics[1], NEW);
  assert.ok(works(bed, 1) && works(bed, 2));
  await bed.check();
});

test("conformance R8.30: from one duplicate to another it stays aside", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.setMac(bed.nics[2], nicMac(0));
  assert.equal(bed.ipmp.setMac(bed.nics[2], nicMac(1)), false);
  assert.ok(aside(bed, 2));
  assert.equal(bed.ipmp.setMac(bed.nics[2], "02:00:00:00:00:fe"), false, "the group's own counts too");
  assert.ok(aside(bed, 2));
  bed.ipmp.setMac(bed.nics[2], NEW);
  assert.ok(works(bed, 2));
  await bed.check();
});

test("conformance R8.29: a NIC that the administrator took out stays out; it may not come back while it is a duplicate", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.offline(bed.nics[2], 1);
  assert.equal(bed.ipmp.setMac(bed.nics[2], nicMac(0)), false);
  assert.ok(bed.has(2, "OFFLINE") && !bed.has(2, "HWADDRDUP"));
  assert.equal(
    refused(() => bed.ipmp.undoOffline(bed.nics[2])),
    "EHWADDRDUP",
  );
  bed.ipmp.setMac(bed.nics[0], NEW);
  assert.ok(bed.has(2, "OFFLINE"), "unique again, and still where the administrator put it");
  bed.ipmp.undoOffline(bed.nics[2]);
  assert.ok(works(bed, 2));
  await bed.check();
});

test("conformance R8.29: one that was set aside is offline already, and is not brought back by hand", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.setMac(bed.nics[2], nicMac(0));
  assert.equal(
    refused(() => bed.ipmp.offline(bed.nics[2], 0)),
    "EALREADY",
  );
  assert.equal(
    refused(() => bed.ipmp.undoOffline(bed.nics[2])),
    "EHWADDRDUP",
  );
  await bed.check();
});

test("conformance R8.30: carrier lost while it is aside shows when it returns", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.setMac(bed.nics[2], nicMac(0));
  bed.link(2, false);
  assert.equal(bed.ipmp.phyint(bed.nics[2]).state, PI.OFFLINE);
  bed.ipmp.setMac(bed.nics[2], NEW);
  assert.equal(bed.ipmp.phyint(bed.nics[2]).state, PI.FAILED);
  bed.link(2, true);
  assert.ok(works(bed, 2));
  await bed.check();
});

test("conformance R8.30: the only two members with one address: the first carries everything", async () => {
  const bed = await Bed.make();
  bed.addMany(4);
  bed.ipmp.setMac(bed.nics[0], nicMac(1));
  assert.ok(aside(bed, 0));
  assert.deepEqual(bed.counts(), [0, 4]);
  bed.link(1, false);
  assert.deepEqual(bed.counts(), [0, 0], "a duplicate does not stand in");
  await bed.check();
});

test("conformance R1.4: a NIC with a member's address, or the group's, may not join (the original takes it in, offline)", async () => {
  const bed = await Bed.make({ nics: 3, join: false });
  bed.join(0);
  bed.ipmp.setMac(bed.nics[1], nicMac(0));
  bed.ipmp.setMac(bed.nics[2], "02:00:00:00:00:fe");
  for (const n of [1, 2])
    assert.equal(
      refused(() => bed.ipmp.join(bed.nics[n], bed.grp)),
      "ENOTUNIQ",
    );
  await bed.check();
});
