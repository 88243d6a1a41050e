// Conflicts: RFC 5227 and RFC 4862 by the group's settings; duplicates, recovery (R1.8), answers to all (R1.6).

import assert from "node:assert/strict";
import { test } from "node:test";
import { IPIF, LIMIT } from "../../host/core/abi/ipmp.js";
import { arpFrame, BROADCAST, decode, ICMP, multicastMac, ndBody, ndFrame, solicitedNode } from "../../host/io/memory/packet.js";
import { Bed, GROUP_MAC, nicMac, refused, V6 } from "./bed.js";

const THIEF = "02:00:00:00:00:66";
const NODES = "33:33:00:00:00:01";
const claim = (addr: string, sha = THIEF): Uint8Array => arpFrame(BROADCAST, sha, { op: 1, spa: addr, tpa: addr, sha });
const claim6 = (addr: string, sha = THIEF): Uint8Array =>
  ndFrame(NODES, sha, { src: addr, dst: "ff02::1" }, ndBody(ICMP.NA, addr, 0x20, sha));
const dadOf = (addr: string, sha: string): Uint8Array => {
  const group = solicitedNode(addr);
  return ndFrame(multicastMac(group), sha, { src: "::", dst: group }, ndBody(ICMP.NS, addr, 0, null));
};

async function quiet(settings: [Parameters<Bed["ipmp"]["grpSet"]>[1], number][] = []): Promise<Bed> {
  const bed = await Bed.make();
  bed.addMany(2);
  bed.addMany(2, V6);
  bed.pass(60_000);
  bed.ctl();
  bed.events();
  for (const [key, value] of settings) bed.ipmp.grpSet(bed.grp, key, value);
  return bed;
}

const states = (bed: Bed): number[] => bed.events("ADDR_STATE").map((e) => e.new);

test("conformance R1.8: with a limit an address is given up after so many claims within the window, by ARP and by ND", async () => {
  for (const [addr, frame] of [
    ["10.0.0.1", claim("10.0.0.1")],
    ["2001:db8::1", claim6("2001:db8::1")],
  ] as const) {
    for (const max of [1, 3, 100]) {
      const bed = await quiet([["CONFLICT_MAX", max]]);
      const i = bed.ipmp.ipifLookup(bed.grp, addr) ?? -1;
      for (let k = 0; k < max; k++) {
        bed.receive(0, frame);
        bed.pass(100);
        bed.receive(1, new Uint8Array(0));
        assert.ok(bed.boundTo(i) !== null, `claim ${k + 1} of ${max} is borne`);
        bed.pass(100);
      }
      bed.receive(0, frame);
      assert.equal(bed.boundTo(i), null);
      assert.ok((bed.ipmp.ipif(bed.grp, i).flags & IPIF.DUPLICATE) !== 0);
      assert.deepEqual(bed.events("CONFLICT").at(-1)?.new, 1);
      await bed.check();
    }
  }
});

test("conformance R1.8: claims that are further apart than the window are never too many; without a limit none ever are", async () => {
  for (const [max, gap, claims] of [
    [1, 30_001, 20],
    [0, 10, 500],
  ]) {
    const bed = await quiet([["CONFLICT_MAX", max]]);
    for (let k = 0; k < claims; k++) {
      bed.receive(0, claim("10.0.0.1"));
      bed.pass(gap);
    }
    assert.notEqual(bed.boundTo(0), null);
    assert.equal(bed.ipmp.ipif(bed.grp, 0).conflicts, claims);
    await bed.check();
  }
});

test("the defence: once in the interval that is set, by the member that the address is bound to, in the VLAN of the claim", async () => {
  const bed = await quiet([["DEFEND_INTERVAL_MS", 1_000]]);
  const plain = claim("10.0.0.2");
  const tagged = Uint8Array.of(...plain.subarray(0, 12), 0x81, 0, 0, 5, ...plain.subarray(12));
  for (let ms = 0; ms < 10_000; ms += 100) {
    bed.receive(0, tagged);
    bed.pass(100);
  }
  const defences = bed.ctl().filter((f) => f.kind === "DEFEND");
  assert.equal(defences.length, 10);
  for (const f of defences) {
    assert.equal(f.nic, bed.boundTo(1));
    const frame = decode(f.bytes);
    assert.deepEqual([frame?.vlans, frame?.arp?.spa, frame?.arp?.sha], [[5], "10.0.0.2", nicMac(1)]);
  }
});

test("conformance R1.8: a duplicate is probed for anew when its time has come, and is a duplicate again if it still is one", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "RECOVERY_S", 60);
  const i = bed.add("10.0.0.1");
  bed.receive(0, claim("10.0.0.1"));
  assert.deepEqual(states(bed), [1, 2]);
  bed.ctl();
  await bed.check();
  bed.pass(59_999);
  assert.deepEqual(bed.ctl(), []);
  bed.pass(1);
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["PROBE"],
  );
  assert.deepEqual(states(bed), [1]);
  bed.receive(0, claim("10.0.0.1"));
  assert.deepEqual(states(bed), [2]);
  bed.pass(60_000 + 450);
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["PROBE", "PROBE", "PROBE", "ANNOUNCE"],
    "nobody claims it any more: it is ours",
  );
  assert.notEqual(bed.boundTo(i), null);
  await bed.check();
});

test("recovery: off it never is; switched on it counts for those there are; brought up by hand it does not wait; removed it is gone", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "RECOVERY_S", 0);
  for (const a of ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) {
    bed.add(a);
    bed.receive(0, claim(a));
  }
  bed.pass(1_000_000);
  assert.deepEqual(states(bed), [1, 2, 1, 2, 1, 2]);
  bed.ipmp.grpSet(bed.grp, "RECOVERY_S", 10);
  await bed.check();
  bed.ipmp.ipifUp(bed.grp, 0, true);
  bed.ipmp.ipifDel(bed.grp, 1);
  assert.deepEqual(states(bed), [1]);
  await bed.check();
  bed.pass(10_000);
  assert.deepEqual(states(bed), [1]);
  assert.deepEqual(
    [0, 2].map((i) => bed.boundTo(i) !== null),
    [true, true],
  );
  await bed.check();
});

test("4,096 duplicates recover at a pace, each is probed for", async () => {
  const bed = await Bed.make();
  bed.ipmp.grpSet(bed.grp, "PROBE_COUNT", 1);
  bed.ipmp.grpSet(bed.grp, "RECOVERY_S", 10);
  bed.addMany(4096);
  for (const a of bed.ipifs()) {
    bed.receive(0, claim(a.addr));
    bed.ctl();
    bed.events();
  }
  assert.deepEqual(bed.counts(), [0, 0]);
  bed.pass(10_000);
  const probed = new Set<string>();
  for (let ms = 0; ms < 100; ms++) {
    for (const f of bed.ctl()) if (f.kind === "PROBE") probed.add(decode(f.bytes)?.arp?.tpa ?? "");
    bed.events();
    bed.pass(1);
  }
  assert.equal(probed.size, 4096);
  assert.deepEqual(bed.counts(), [2048, 2048]);
  await bed.check();
});

test("DUPLICATE: what the stack says in ARP and ND about an address that another host has does not leave", async () => {
  const bed = await quiet([["CONFLICT_MAX", 1]]);
  const asks = arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: "10.0.0.1", tpa: "10.0.0.99", sha: GROUP_MAC });
  const reply = arpFrame(THIEF, GROUP_MAC, { op: 2, spa: "10.0.0.1", tpa: "10.0.0.99", sha: GROUP_MAC, tha: THIEF });
  const na = ndFrame(NODES, GROUP_MAC, { src: "2001:db8::1", dst: "ff02::1" }, ndBody(ICMP.NA, "2001:db8::1", 0x20, GROUP_MAC));
  const ns = ndFrame(
    multicastMac(solicitedNode("2001:db8::9")),
    GROUP_MAC,
    { src: "2001:db8::1", dst: solicitedNode("2001:db8::9") },
    ndBody(ICMP.NS, "2001:db8::9", 0, GROUP_MAC),
  );
  for (const f of [asks, reply, na, ns]) assert.match(bed.transmit(f)[0].what, /^nic/);
  for (let k = 0; k < 2; k++) {
    bed.receive(0, claim("10.0.0.1"));
    bed.receive(0, claim6("2001:db8::1"));
    bed.pass(600);
  }
  for (const f of [asks, reply, na, ns]) assert.equal(bed.transmit(f)[0].what, "DUPLICATE");
  assert.equal(bed.ipmp.grp(bed.grp).drops[26], 4n);
});

test("conformance R8.14: own frames that a switch reflects are no conflict, whichever member sent and whichever receives them", async () => {
  const bed = await quiet([["CONFLICT_MAX", 1]]);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", 1);
  bed.link(0, false);
  bed.link(0, true);
  const own = bed.ctl();
  assert.ok(own.length >= 4);
  for (const f of own) for (const n of [0, 1]) assert.equal(bed.receive(n, f.bytes)[0].what, "REFLECTED");
  // Not by the Ethernet source alone: a hub or a router may have put its own there.
  const via = claim("10.0.0.1", nicMac(1));
  via.set([2, 0, 0, 0, 0, 0x99], 6);
  for (const n of [0, 1]) assert.equal(bed.receive(n, via)[0].what, "REFLECTED");
  assert.deepEqual(bed.events("CONFLICT"), []);
  await bed.check();
});

test("conformance R1.6: an answer to all goes out once in 15 s an address; between, who asks gets it alone (RFC 6085)", async () => {
  const bed = await quiet();
  const asker = (n: number): string => `02:00:00:00:01:${n.toString(16).padStart(2, "0")}`;
  const to: (string | undefined)[] = [];
  for (let n = 0; n < 31; n++) {
    assert.equal(bed.receive(0, dadOf("2001:db8::1", asker(n)))[0].what, "CONSUMED");
    const [answer, ...more] = bed.ctl();
    assert.equal(more.length, 0);
    const frame = decode(answer.bytes);
    assert.deepEqual([frame?.ip?.dst, frame?.ip?.sumsOk], ["ff02::1", true]);
    to.push(frame?.dst);
    bed.pass(1_000);
  }
  const all = to.map((dst, n) => (dst === NODES ? n : -1)).filter((n) => n >= 0);
  assert.deepEqual(all, [0, 15, 30]);
  to.forEach((dst, n) => {
    if (!all.includes(n)) assert.equal(dst, asker(n));
  });
  assert.equal(LIMIT.BROADCAST_REPLY_MS, 15_000);
});

test("conformance R1.6: an ARP probe for our address is answered to its sender, never to all (the original does so once in 15 s)", async () => {
  const bed = await quiet();
  for (let n = 0; n < 5; n++) {
    const sha = `02:00:00:00:01:0${n}`;
    bed.receive(0, arpFrame(BROADCAST, sha, { op: 1, spa: "0.0.0.0", tpa: "10.0.0.1", sha }));
    assert.deepEqual(
      bed.ctl().map((f) => decode(f.bytes)?.dst),
      [sha],
    );
  }
  assert.deepEqual(bed.events("CONFLICT"), []);
});

test("settings of conflicts and announcements at the ends of their ranges; beyond them refused", async () => {
  const { ipmp, grp } = await Bed.make();
  for (const [key, least, most] of [
    ["ANNOUNCE_ALL", 0, 1],
    ["ANNOUNCE_VLANS", 0, 1],
    ["ANNOUNCE_REFRESH_S", 0, 86_400],
    ["ANNOUNCE_AGAIN_MS", 10, 20_000],
    ["DEFEND_INTERVAL_MS", 1_000, 600_000],
    ["CONFLICT_MAX", 0, 100],
    ["CONFLICT_WINDOW_MS", 1_000, 600_000],
    ["RECOVERY_S", 0, 86_400],
  ] as const) {
    for (const value of [least, most]) ipmp.grpSet(grp, key, value);
    for (const value of [least - 1, most + 1])
      assert.equal(
        refused(() => ipmp.grpSet(grp, key, value)),
        "ERANGE",
        `${key} ${value}`,
      );
  }
});
