// Conformance R8.28 – R8.33 where link-based IPMP has them: offline, duplicate hardware addresses, refusals, counters, MTU.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CAP, MACTYPE, PHYI, PI } from "../../host/core/abi/ipmp.js";
import { ETHERTYPE, ethernet, ipBody, PROTO, udpBody } from "../../host/io/memory/packet.js";
import { Bed, GROUP_MAC, nicMac, refused, V4, V6 } from "./bed.js";

/** A datagram between hardware addresses. */
const udp = (src: string, dst: string, port: number): Uint8Array =>
  ethernet(dst, src, ETHERTYPE.IP4, ipBody({ src: "10.0.0.1", dst: "10.0.0.99", proto: PROTO.UDP }, udpBody(port, 9, new Uint8Array(18))));

test("conformance R8.28: offline needs enough others, in a failed group any that is not offline", async () => {
  const bed = await Bed.make();
  bed.addMany(2);
  bed.ipmp.offline(bed.nics[0], 1);
  assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.OFFLINE);
  assert.deepEqual(bed.counts(), [0, 2]);
  assert.equal(
    refused(() => bed.ipmp.offline(bed.nics[1], 1)),
    "EMINRED",
  );
  assert.equal(
    refused(() => bed.ipmp.offline(bed.nics[0], 0)),
    "EALREADY",
  );
  bed.ipmp.undoOffline(bed.nics[0]);
  assert.deepEqual(bed.counts(), [1, 1]);
  assert.equal(
    refused(() => bed.ipmp.undoOffline(bed.nics[0])),
    "EINVAL",
  );
  bed.link(0, false);
  bed.link(1, false);
  bed.ipmp.offline(bed.nics[0], 1);
  assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.OFFLINE);
  await bed.check();
});

test("carrier that changes while a member is offline shows when it comes back", async () => {
  const bed = await Bed.make();
  bed.ipmp.offline(bed.nics[0], 1);
  bed.link(0, false);
  assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.OFFLINE);
  bed.ipmp.undoOffline(bed.nics[0]);
  assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.FAILED);
  bed.link(0, true);
  assert.equal(bed.ipmp.phyint(bed.nics[0]).state, PI.RUNNING);
  await bed.check();
});

test("conformance R8.29, R8.30: a duplicate hardware address sets the later NIC aside until it is unique again", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.addMany(3);
  assert.equal(bed.ipmp.setMac(bed.nics[2], nicMac(0)), true);
  assert.ok(bed.has(2, "HWADDRDUP") && bed.has(2, "OFFLINE"));
  assert.equal(
    refused(() => bed.ipmp.undoOffline(bed.nics[2])),
    "EHWADDRDUP",
  );
  assert.deepEqual(bed.counts(), [2, 1, 0]);
  assert.equal(bed.ipmp.setMac(bed.nics[2], "02:00:00:00:00:77"), true);
  assert.ok(!bed.has(2, "HWADDRDUP") && !bed.has(2, "OFFLINE"));
  assert.deepEqual(bed.counts(), [1, 1, 1]);
  assert.equal(bed.ipmp.setMac(bed.nics[2], nicMac(0)), true);
  bed.ipmp.leave(bed.nics[0]); // its twin leaves
  assert.ok(!bed.has(2, "OFFLINE"));
  await bed.check();
});

test("a new hardware address is announced for every address bound to it", async () => {
  const bed = await Bed.make();
  bed.addMany(4);
  bed.pass(20_000);
  bed.ctl();
  bed.ipmp.setMac(bed.nics[0], "02:00:00:00:00:99");
  bed.pass(1);
  assert.deepEqual(
    bed.ctl().map((f) => `${f.kind} ${f.nic}`),
    ["ANNOUNCE 0", "ANNOUNCE 0"],
  );
});

test("conformance R8.31: rename, destroy and join are refused each with its own errno, and nothing changes", async () => {
  const bed = await Bed.make({ nics: 2 });
  const { ipmp, grp } = bed;
  const other = ipmp.grpCreate({ name: "ipmp1", mac: "02:00:00:00:00:fd", families: 3 });
  const four = ipmp.grpCreate({ name: "four", mac: "02:00:00:00:00:fc", families: 1 });
  let ifindex = 10;
  const nic = (o: object): number => {
    ifindex++;
    return ipmp.phyintCreate({
      name: `x${ifindex}`,
      ifindex,
      mac: `02:00:00:00:01:${(ifindex & 255).toString(16).padStart(2, "0")}`,
      ...o,
    });
  };
  const good = nic({});
  const cases: [string, () => unknown][] = [
    ["EINVAL", () => ipmp.grpRename(grp, "")],
    ["EEXIST", () => ipmp.grpRename(grp, "ipmp1")],
    ["ENAMETOOLONG", () => ipmp.grpRename(grp, "x".repeat(32))],
    ["ENOENT", () => ipmp.grpRename(63, "y")],
    ["EBUSY", () => ipmp.grpDestroy(grp)],
    ["EBUSY", () => ipmp.grpPlumb(grp, 1)],
    ["EINVAL", () => ipmp.grpPlumb(grp, 0)],
    ["EEXIST", () => ipmp.grpCreate({ name: "ipmp0", mac: GROUP_MAC })],
    ["EEXIST", () => ipmp.grpCreate({ name: "new", ifname: "ipmp1", mac: GROUP_MAC })],
    ["EINVAL", () => ipmp.grpCreate({ name: "new", mac: "01:00:5e:00:00:01" })],
    ["EALREADY", () => ipmp.join(bed.nics[0], grp)],
    ["EBUSY", () => ipmp.join(bed.nics[0], other)],
    ["EBUSY", () => ipmp.phyintDestroy(bed.nics[0])],
    ["EAFNOSUPPORT", () => ipmp.join(good, four)],
    ["EADDRINUSE", () => ipmp.join(nic({ caps: CAP.MULTICAST | CAP.ADDR_UP }), grp)],
    ["EADDRNOTAVAIL", () => ipmp.join(nic({ caps: CAP.MULTICAST | CAP.ADDR_MANAGED }), grp)],
    ["EINVAL", () => ipmp.join(nic({ caps: CAP.MULTICAST | CAP.POINTOPOINT }), grp)],
    ["EINVAL", () => ipmp.join(nic({ mactype: MACTYPE.OTHER }), grp)],
    ["EOPNOTSUPP", () => ipmp.join(nic({ caps: 0 }), grp)],
    ["EOPNOTSUPP", () => ipmp.join(nic({ caps: CAP.MULTICAST | CAP.NOARP }), grp)],
    ["EOPNOTSUPP", () => ipmp.join(nic({ caps: CAP.MULTICAST | CAP.NONUD }), grp)],
    ["ENOTUNIQ", () => ipmp.join(nic({ mac: nicMac(1) }), grp)],
    ["ENOTUNIQ", () => ipmp.join(nic({ mac: GROUP_MAC }), grp)],
    ["EMSGSIZE", () => ipmp.join(nic({ mtu: 1279 }), grp)],
    ["EEXIST", () => ipmp.phyintCreate({ name: "nic0", ifindex: 99, mac: nicMac(9) })],
    ["EEXIST", () => ipmp.phyintCreate({ name: "fresh", ifindex: 1, mac: nicMac(9) })],
    ["ENODEV", () => ipmp.leave(good)],
    ["ENODEV", () => ipmp.offline(good, 0)],
    ["ENODEV", () => ipmp.setFlags(good, PHYI.FAILED, 0)],
    ["EINVAL", () => ipmp.setFlags(good, PHYI.OFFLINE, 0)],
    ["ERANGE", () => ipmp.grpSet(grp, "POLICY", 9)],
    ["ERANGE", () => ipmp.setMtu(good, 67)],
    ["EAFNOSUPPORT", () => ipmp.ipifAdd(four, { addr: "2001:db8::1" })],
    ["EINVAL", () => ipmp.ipifAdd(grp, { addr: "224.0.0.1" })],
    ["EINVAL", () => ipmp.ipifAdd(grp, { addr: "0.0.0.0" })],
    ["EINVAL", () => ipmp.ipifAdd(grp, { addr: "ff02::1" })],
    ["EINVAL", () => ipmp.ipifAdd(grp, { addr: "::1" })],
  ];
  bed.add("10.0.0.1");
  bed.events();
  for (const [errno, call] of cases) {
    const before = ipmp.grp(grp);
    assert.equal(refused(call), errno, String(call));
    assert.deepEqual(ipmp.grp(grp), before, String(call));
    assert.deepEqual(bed.events(), [], String(call));
  }
  assert.equal(
    refused(() => bed.add("10.0.0.1")),
    "EEXIST",
  );
  for (let n = 0; n < 30; n++) ipmp.join(nic({}), grp);
  assert.equal(
    refused(() => ipmp.join(nic({}), grp)),
    "EOVERFLOW",
  );
  await bed.check();
});

test("limits: the 65th group and the 4,097th address are refused, and a freed one can be used again", async () => {
  const bed = await Bed.make();
  for (let g = 1; g < 64; g++) bed.ipmp.grpCreate({ name: `g${g}`, mac: GROUP_MAC });
  assert.equal(
    refused(() => bed.ipmp.grpCreate({ name: "g64", mac: GROUP_MAC })),
    "ENOSPC",
  );
  const addrs = bed.addMany(4096);
  assert.equal(
    refused(() => bed.add("10.9.9.9")),
    "ENOSPC",
  );
  assert.deepEqual(bed.counts(), [2048, 2048]);
  bed.ipmp.ipifDel(bed.grp, addrs[77]);
  assert.equal(bed.add("10.9.9.9"), addrs[77]);
  await bed.check();
});

test("conformance R8.32: a group's counters never decrease, whoever leaves and comes back", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "PROBE_COUNT", 0);
  bed.add("10.0.0.1", { verified: true });
  let before = bed.ipmp.grpStats(bed.grp);
  /** Sends and receives n frames a NIC, and says by how much the group's totals grew. None may shrink. */
  const grown = (n: number, outside = 0): { out: bigint; in: bigint } => {
    const frames = Array.from({ length: n }, (_, i) => udp(GROUP_MAC, nicMac(77), 1000 + i));
    if (n > 0) bed.transmit(...frames);
    for (const k of bed.nics.keys()) if (n > 0) bed.receive(k, ...frames.map((_, i) => udp(nicMac(77), nicMac(k), i)));
    bed.ctl();
    const after = bed.ipmp.grpStats(bed.grp);
    for (const key of Object.keys(after) as (keyof typeof after)[]) assert.ok(after[key] >= before[key], `${key} after ${outside} left`);
    const growth = { out: after.opackets - before.opackets, in: after.ipackets - before.ipackets };
    before = after;
    return growth;
  };
  assert.deepEqual(grown(64), { out: 64n, in: 128n });
  bed.ipmp.leave(bed.nics[0]);
  grown(0, 1); // announcements of what moved
  assert.deepEqual(grown(64), { out: 64n, in: 64n }, "what a NIC outside the group receives is not the group's");
  bed.ipmp.leave(bed.nics[1]);
  assert.deepEqual(grown(0, 2), { out: 0n, in: 0n });
  bed.join(1);
  bed.join(0);
  grown(0);
  assert.deepEqual(grown(64), { out: 64n, in: 128n });
});

test("conformance R8.33: joining lowers the MTU at once, leaving raises it, never below the family's minimum", async () => {
  const bed = await Bed.make({ nics: 0 });
  const nic = (n: number, mtu: number): number => bed.ipmp.phyintCreate({ name: `m${n}`, ifindex: 50 + n, mac: nicMac(50 + n), mtu });
  const mtus = (): number[] => [bed.ipmp.illgrp(bed.grp, V4).mtu, bed.ipmp.illgrp(bed.grp, V6).mtu];
  assert.deepEqual(mtus(), [68, 1280]);
  const [a, b] = [nic(0, 9000), nic(1, 1500)];
  bed.ipmp.join(a, bed.grp);
  assert.deepEqual(mtus(), [9000, 9000]);
  bed.ipmp.join(b, bed.grp);
  assert.deepEqual(mtus(), [1500, 1500]);
  bed.ipmp.link(b, false);
  assert.deepEqual(mtus(), [1500, 1500], "all members count, not only active ones");
  bed.ipmp.setMtu(b, 600);
  assert.deepEqual(mtus(), [600, 1280]);
  bed.ipmp.leave(b);
  assert.deepEqual(mtus(), [9000, 9000]);
  bed.ipmp.leave(a);
  assert.deepEqual(mtus(), [68, 1280]);
  assert.ok(bed.events("MTU").length >= 8);
});
