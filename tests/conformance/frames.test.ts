// Conformance R8.10 – R8.16: frames, as members and peers see them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ARPENT } from "../../host/core/abi/ipmp.js";
import {
  arpFrame,
  BROADCAST,
  decode,
  ETHERTYPE,
  ethernet,
  ICMP,
  ipBody,
  multicastMac,
  ndBody,
  ndFrame,
  PROTO,
  solicitedNode,
  udpBody,
} from "../../host/io/memory/packet.js";
import { Bed, GROUP_MAC, nicMac, V4, V6 } from "./bed.js";

const PEER = "02:00:00:00:00:aa";
const ROUTERS = "01:00:5e:00:00:16";
const data = new Uint8Array(32);

const udp = (src: string, dst: string, eth: { src: string; dst: string }): Uint8Array =>
  ethernet(
    eth.dst,
    eth.src,
    src.includes(":") ? ETHERTYPE.IP6 : ETHERTYPE.IP4,
    ipBody({ src, dst, proto: PROTO.UDP }, udpBody(5000, 6000, data)),
  );
const whoHas = (tpa: string, spa = "10.0.0.99", sha = PEER): Uint8Array => arpFrame(BROADCAST, sha, { op: 1, spa, tpa, sha });

async function bound(nics = 2): Promise<Bed> {
  const bed = await Bed.make({ nics });
  bed.addMany(4);
  bed.addMany(4, V6);
  bed.pass(60_000);
  while (bed.ctl().length) bed.pass(1);
  return bed;
}

test("conformance R8.10: multicast and broadcast are delivered by the nominee, once, and dropped on others", async () => {
  const bed = await bound(3);
  const frames = [
    udp("10.0.0.99", "224.1.2.3", { src: PEER, dst: multicastMac("224.1.2.3") }),
    udp("10.0.0.99", "10.0.0.255", { src: PEER, dst: BROADCAST }),
    udp("2001:db8::99", "ff02::1:5", { src: PEER, dst: multicastMac("ff02::1:5") }),
  ];
  for (const frame of frames) {
    const seen = [0, 1, 2].map((n) => bed.receive(n, frame)[0].what);
    assert.deepEqual(seen, ["DELIVER", "NOT_NOMINEE", "NOT_NOMINEE"]);
  }
  bed.link(0, false);
  for (const frame of frames)
    assert.deepEqual(
      [1, 2].map((n) => bed.receive(n, frame)[0].what),
      ["DELIVER", "NOT_NOMINEE"],
    );
});

test("conformance R8.11: when the nominee fails the list head is nominated, and memberships are reported again by it", async () => {
  const bed = await bound(3);
  const report = (dst: string, proto: number, body: Uint8Array): Uint8Array =>
    ethernet(multicastMac(dst), GROUP_MAC, ETHERTYPE.IP4, ipBody({ src: "10.0.0.1", dst, proto, ttl: 1 }, body));
  const v3 = Uint8Array.of(0x22, 0, 0, 0, 0, 0, 0, 1, /* to exclude */ 4, 0, 0, 0, 239, 1, 2, 3);
  assert.equal(bed.transmit(report("224.0.0.22", PROTO.IGMP, v3))[0].what, "nic0");
  assert.equal(bed.ipmp.illgrp(bed.grp, V4).nmcast, 1);
  bed.ctl();
  bed.link(0, false);
  assert.deepEqual([bed.nominee(V4), bed.nominee(V6)], [1, 1]);
  const reports = bed.ctl().filter((f) => f.kind === "REPORT");
  assert.equal(reports.length, 1);
  const frame = decode(reports[0].bytes);
  assert.equal(reports[0].nic, 1);
  assert.deepEqual([frame?.src, frame?.dst, frame?.ip?.proto], [nicMac(1), ROUTERS, PROTO.IGMP]);
  assert.ok(Buffer.from(reports[0].bytes).includes(Buffer.from([239, 1, 2, 3])));
  assert.ok(frame?.ip?.sumsOk);
  await bed.check();
});

test("conformance R8.12: a broadcast ARP request is answered once by the group, with the bound member's MAC", async () => {
  const bed = await bound(3);
  for (let i = 0; i < 4; i++) {
    const owner = nicMac(bed.boundTo(i) ?? 9);
    const order = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ][i];
    const seen = order.map((n) => bed.receive(n, whoHas(`10.0.0.${i + 1}`))[0].what);
    assert.deepEqual(seen, ["CONSUMED", "RESOLVE_DUP", "RESOLVE_DUP"]);
    const answers = bed.ctl();
    assert.equal(answers.length, 1);
    const answer = decode(answers[0].bytes);
    assert.equal(answers[0].nic, order[0], "by the member that received it");
    assert.deepEqual([answer?.src, answer?.dst], [nicMac(order[0]), PEER]);
    assert.deepEqual([answer?.arp?.op, answer?.arp?.sha, answer?.arp?.spa, answer?.arp?.tpa], [2, owner, `10.0.0.${i + 1}`, "10.0.0.99"]);
  }
});

test("R8.12 for IPv6: a solicitation is answered once, with the bound member's MAC and a right checksum", async () => {
  const bed = await bound(2);
  for (let i = 1; i <= 4; i++) {
    const target = `2001:db8::${i}`;
    const group = solicitedNode(target);
    const ns = ndFrame(multicastMac(group), PEER, { src: "2001:db8::99", dst: group }, ndBody(ICMP.NS, target, 0, PEER));
    assert.deepEqual(
      [1, 0].map((n) => bed.receive(n, ns)[0].what),
      ["CONSUMED", "RESOLVE_DUP"],
    );
    const [answer, ...more] = bed.ctl();
    assert.equal(more.length, 0);
    const frame = decode(answer.bytes);
    assert.ok(frame?.ip?.sumsOk);
    assert.deepEqual([frame?.src, frame?.dst, frame?.ip?.dst], [nicMac(1), PEER, "2001:db8::99"]);
    const owner = bed.boundTo(bed.ipmp.ipifLookup(bed.grp, target) ?? 0) ?? 9;
    assert.ok(
      Buffer.from(answer.bytes)
        .subarray(-8)
        .equals(
          Buffer.from([
            2,
            1,
            ...nicMac(owner)
              .split(":")
              .map((h) => Number.parseInt(h, 16)),
          ]),
        ),
    );
  }
});

test("a request repeated by a peer is answered again, whichever member it now reaches first", async () => {
  const bed = await bound(2);
  bed.receive(0, whoHas("10.0.0.1"));
  bed.receive(1, whoHas("10.0.0.1"));
  assert.equal(bed.ctl().length, 1);
  bed.pass(1000);
  assert.equal(bed.receive(1, whoHas("10.0.0.1"))[0].what, "CONSUMED");
  assert.equal(bed.ctl().length, 1);
});

test("resolution does not hang on a silent nominee: a request that reaches only another member is answered", async () => {
  const bed = await bound(3);
  assert.equal(bed.nominee(V4), 0);
  assert.equal(bed.receive(2, whoHas("10.0.0.1"))[0].what, "CONSUMED");
  assert.equal(bed.ctl()[0].nic, 2);
});

test("conformance R8.13: a proxy entry follows active members, a static one stays", async () => {
  const bed = await bound(3);
  const proxy = bed.ipmp.arpentCreate(bed.grp, { addr: "10.0.0.200", mac: nicMac(0) });
  const fixed = bed.ipmp.arpentCreate(bed.grp, { addr: "10.0.0.201", mac: "02:00:00:00:00:cc", flags: ARPENT.PUBLISH });
  bed.ctl();
  const answer = (tpa: string): string | undefined => {
    assert.equal(bed.receive(1, whoHas(tpa))[0].what, "CONSUMED");
    bed.pass(1000);
    return decode(bed.ctl().filter((f) => f.kind === "ANSWER")[0].bytes)?.arp?.sha;
  };
  assert.equal(bed.ipmp.arpent(bed.grp, proxy).flags & ARPENT.PROXY, ARPENT.PROXY);
  assert.equal(bed.ipmp.arpent(bed.grp, fixed).flags & ARPENT.PROXY, 0);
  assert.equal(answer("10.0.0.200"), nicMac(0));
  bed.link(0, false);
  const moved = bed.ctl().filter((f) => f.kind === "ANNOUNCE" && decode(f.bytes)?.arp?.spa === "10.0.0.200");
  assert.equal(moved.length, 1, "and is announced");
  const now = bed.ipmp.arpent(bed.grp, proxy).mac;
  assert.ok(now === nicMac(1) || now === nicMac(2));
  assert.equal(answer("10.0.0.200"), now);
  assert.equal(answer("10.0.0.201"), "02:00:00:00:00:cc");
  await bed.check();
});

test("conformance R8.14: the group's own frames, reflected, are dropped and never a conflict", async () => {
  const bed = await bound(2);
  const owner = bed.boundTo(0) ?? 9;
  const gratuitous = arpFrame(BROADCAST, nicMac(owner), { op: 1, spa: "10.0.0.1", tpa: "10.0.0.1", sha: nicMac(owner) });
  const na = ndFrame(
    "33:33:00:00:00:01",
    nicMac(1),
    { src: "2001:db8::1", dst: "ff02::1" },
    ndBody(ICMP.NA, "2001:db8::1", 0x20, nicMac(1)),
  );
  for (const frame of [gratuitous, na]) for (const n of [0, 1]) assert.equal(bed.receive(n, frame)[0].what, "REFLECTED");
  assert.deepEqual(bed.events("CONFLICT"), []);
  assert.equal(
    bed.ipifs().reduce((sum, a) => sum + a.conflicts, 0),
    0,
  );
});

test("a foreign claim is a conflict: told once, defended once in ten seconds, the address is kept", async () => {
  const bed = await bound(2);
  const claim = arpFrame(BROADCAST, PEER, { op: 1, spa: "10.0.0.1", tpa: "10.0.0.1", sha: PEER });
  for (let second = 0; second < 20; second++) {
    bed.receive(second % 2, claim);
    bed.pass(1000);
  }
  const conflicts = bed.events("CONFLICT");
  assert.equal(conflicts.length, 2);
  assert.deepEqual([conflicts[0].addr, conflicts[0].mac], ["10.0.0.1", PEER]);
  const defences = bed.ctl().filter((f) => f.kind === "DEFEND");
  assert.equal(defences.length, 2);
  assert.equal(defences[0].nic, bed.boundTo(0));
  assert.notEqual(bed.boundTo(0), null);
});

test("an address that another host has is given up while it is still being probed", async () => {
  const bed = await Bed.make();
  const i = bed.add("10.0.0.1");
  bed.receive(0, arpFrame(nicMac(0), PEER, { op: 2, spa: "10.0.0.1", tpa: "0.0.0.0", sha: PEER, tha: nicMac(0) }));
  assert.equal(bed.boundTo(i), null);
  assert.deepEqual(
    bed.events("ADDR_STATE").map((e) => e.new),
    [1, 2],
  );
  bed.pass(60_000);
  assert.deepEqual(
    bed.ctl().filter((f) => f.kind !== "PROBE"),
    [],
  );
  await bed.check();
});

test("conformance R8.15: what the module sends itself does not wait behind data", async () => {
  const bed = await bound(2);
  const frames = Array.from({ length: 256 }, () => udp("10.0.0.1", "10.0.0.99", { src: GROUP_MAC, dst: PEER }));
  bed.transmit(...frames);
  bed.receive(0, whoHas("10.0.0.2"));
  bed.transmit(...frames);
  // Data leaves in its descriptors; the answer stands in a ring of its own, which hosts send first.
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["ANSWER"],
  );
});

test("conformance R8.16: requests of the stack that nobody answers take nothing from probes and announcements", async () => {
  const bed = await bound(2);
  bed.add("10.0.0.77");
  bed.ctl();
  const unanswered = arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: "10.0.0.1", tpa: "10.0.0.250", sha: GROUP_MAC });
  const sent: { kind: string; ms: number }[] = [];
  for (let ms = 1; ms <= 500; ms++) {
    for (let k = 0; k < 8; k++) assert.match(bed.transmit(unanswered)[0].what, /^nic/);
    bed.pass(1);
    for (const { kind } of bed.ctl()) sent.push({ kind, ms });
  }
  assert.deepEqual(
    sent,
    [
      { kind: "PROBE", ms: 150 },
      { kind: "PROBE", ms: 300 },
      { kind: "ANNOUNCE", ms: 450 },
    ],
    "each to the millisecond",
  );
});

test("unicast to a member that failed is taken by the nominee, once, so that peers reach the group before they have learnt", async () => {
  const bed = await bound(3);
  const toFirst = udp("10.0.0.99", "10.0.0.1", { src: PEER, dst: nicMac(0) });
  assert.deepEqual(
    [0, 1, 2].map((n) => bed.receive(n, toFirst)[0].what),
    ["DELIVER", "OTHER_HOST", "OTHER_HOST"],
  );
  bed.link(0, false);
  const taken = [1, 2].map((n) => bed.receive(n, toFirst)[0]);
  assert.deepEqual(
    taken.map((o) => o.what),
    ["DELIVER", "OTHER_HOST"],
  );
  assert.equal(decode(taken[0].bytes)?.dst, GROUP_MAC);
});

test("unicast to the group's own address, as a DHCP server sends it, is taken by the nominee, once", async () => {
  const bed = await bound(3);
  const offer = udp("10.0.0.99", "10.0.0.1", { src: PEER, dst: GROUP_MAC });
  assert.deepEqual(
    [0, 1, 2].map((n) => bed.receive(n, offer)[0].what),
    ["DELIVER", "OTHER_HOST", "OTHER_HOST"],
  );
  bed.link(0, false);
  assert.deepEqual(
    [1, 2].map((n) => bed.receive(n, offer)[0].what),
    ["DELIVER", "OTHER_HOST"],
  );
});
