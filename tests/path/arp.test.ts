// ARP through the group, byte by byte: every frame that comes out is compared with one written down anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT, PHYI } from "../../host/core/abi/ipmp.js";
import { Bed, nicMac } from "../conformance/bed.js";
import { arp, type Bytes, be16 } from "../hostile/frames.js";
import { drops, receive, send } from "./place.js";
import { ALL, control, from, GROUP, NO_MAC, out, PEER, stage, TAGS, TYPE } from "./stage.js";

const FOREIGN = "10.0.0.99";

for (const [name, tags] of TAGS) {
  test(`ARP of the stack, ${name}: sender and Ethernet source are the member its address is bound to`, async () => {
    const bed = await stage();
    for (let n = 0; n < 3; n++) {
      const own = `10.0.0.${n + 1}`;
      const sent = send(
        bed,
        { bytes: out(ALL, TYPE.ARP, arp(1, GROUP, own, NO_MAC, FOREIGN), tags) },
        { bytes: out(PEER, TYPE.ARP, arp(2, GROUP, own, PEER, FOREIGN), tags) },
        { bytes: out(ALL, TYPE.ARP, arp(1, GROUP, own, GROUP, own), tags) },
      );
      const mac = nicMac(n);
      const wanted = [
        from(ALL, TYPE.ARP, arp(1, mac, own, NO_MAC, FOREIGN), tags, mac),
        from(PEER, TYPE.ARP, arp(2, mac, own, PEER, FOREIGN), tags, mac),
        from(ALL, TYPE.ARP, arp(1, mac, own, mac, own), tags, mac),
      ];
      for (const [i, one] of sent.entries()) {
        assert.equal(one.what, `nic${n}`);
        assert.deepEqual([...one.bytes], wanted[i]);
      }
    }
  });

  test(`a request from the wire, ${name}: answered by its receiver, with the bound member's address, in its VLANs`, async () => {
    const bed = await stage();
    const asked = receive(bed, 2, { bytes: from(ALL, TYPE.ARP, arp(1, PEER, FOREIGN, NO_MAC, "10.0.0.2"), tags) });
    assert.equal(asked[0].what, "CONSUMED");
    const [answer, ...more] = bed.ctl();
    assert.deepEqual([answer.nic, answer.kind, more.length], [2, "ANSWER", 0]);
    assert.deepEqual([...answer.bytes], control(PEER, nicMac(2), TYPE.ARP, arp(2, nicMac(1), "10.0.0.2", PEER, FOREIGN), tags));
  });

  test(`a reply to a member, ${name}: destination and target become the group's`, async () => {
    const bed = await stage();
    const [got] = receive(bed, 1, { bytes: from(nicMac(1), TYPE.ARP, arp(2, PEER, FOREIGN, nicMac(1), "10.0.0.2"), tags) });
    assert.equal(got.what, "DELIVER");
    assert.deepEqual([...got.bytes], from(GROUP, TYPE.ARP, arp(2, PEER, FOREIGN, GROUP, "10.0.0.2"), tags));
  });
}

test("a probe of the stack leaves by the member of the address it is about, an unknown sender's request by the nominee", async () => {
  const bed = await stage();
  const [probe, stranger] = send(
    bed,
    { bytes: out(ALL, TYPE.ARP, arp(1, GROUP, "0.0.0.0", NO_MAC, "10.0.0.3")) },
    { bytes: out(ALL, TYPE.ARP, arp(1, GROUP, "10.9.9.9", NO_MAC, FOREIGN)) },
  );
  assert.deepEqual([probe.what, stranger.what], ["nic2", "nic0"]);
  assert.deepEqual([...probe.bytes], from(ALL, TYPE.ARP, arp(1, nicMac(2), "0.0.0.0", NO_MAC, "10.0.0.3"), [], nicMac(2)));
  assert.deepEqual([...stranger.bytes], from(ALL, TYPE.ARP, arp(1, nicMac(0), "10.9.9.9", NO_MAC, FOREIGN), [], nicMac(0)));
});

test("ARP that is not for IPv4 over Ethernet is dropped and counted, both ways", async () => {
  const bed = await stage();
  const good = arp(1, PEER, FOREIGN, NO_MAC, "10.0.0.1");
  const broken: Bytes[] = [
    [...be16(6), ...good.slice(2)],
    [...be16(1), ...be16(TYPE.IP6), ...good.slice(4)],
    [...good.slice(0, 4), 8, ...good.slice(5)],
    [...good.slice(0, 5), 16, ...good.slice(6)],
    [...good.slice(0, 6), ...be16(0), ...good.slice(8)],
    [...good.slice(0, 6), ...be16(3), ...good.slice(8)],
  ];
  for (const bytes of broken) {
    assert.equal(receive(bed, 0, { bytes: from(ALL, TYPE.ARP, bytes) })[0].what, "ARP_FORMAT");
    assert.equal(send(bed, { bytes: out(ALL, TYPE.ARP, bytes) })[0].what, "ARP_FORMAT");
  }
  for (let len = 14; len < 42; len++) {
    assert.equal(receive(bed, 0, { bytes: from(ALL, TYPE.ARP, good).slice(0, len) })[0].what, "SHORT");
    assert.equal(send(bed, { bytes: out(ALL, TYPE.ARP, good).slice(0, len) })[0].what, "SHORT");
  }
  for (const sha of [NO_MAC, ALL, "03:00:00:00:00:01"])
    assert.equal(receive(bed, 0, { bytes: from(ALL, TYPE.ARP, arp(1, sha, FOREIGN, NO_MAC, "10.0.0.1")) })[0].what, "ARP_FORMAT");
  const stats = bed.ipmp.grpStats(bed.grp);
  assert.deepEqual(drops(bed), { ARP_FORMAT: 15, SHORT: 56 });
  assert.deepEqual([stats.ierrors, stats.oerrors], [37n, 34n]);
});

test("a request is handled by its first receiver for half a second, then by whoever receives it first", async () => {
  const bed = await stage();
  const ask = (n: number, tags: [number, number][] = []): string =>
    receive(bed, n, { bytes: from(ALL, TYPE.ARP, arp(1, PEER, FOREIGN, NO_MAC, "10.0.0.1"), tags) })[0].what;
  assert.deepEqual([ask(1), ask(0), ask(2), ask(1)], ["CONSUMED", "RESOLVE_DUP", "RESOLVE_DUP", "CONSUMED"]);
  assert.equal(ask(0, [[0x8100, 5]]), "CONSUMED", "in another VLAN it is another request");
  bed.pass(499);
  assert.deepEqual([ask(2), ask(1)], ["RESOLVE_DUP", "CONSUMED"]);
  bed.pass(1);
  assert.deepEqual([ask(2), ask(1)], ["CONSUMED", "RESOLVE_DUP"]);
  bed.link(2, false);
  assert.equal(ask(1), "CONSUMED", "its receiver is gone");
});

test("a flood of other requests does not keep one from being answered", async () => {
  const bed = await stage();
  for (let i = 0; i < 2000; i++) {
    const asked = arp(1, PEER, `10.1.${i >> 8}.${i & 255}`, NO_MAC, "10.0.0.1");
    assert.equal(receive(bed, i % 3, { bytes: from(ALL, TYPE.ARP, asked) })[0].what, "CONSUMED");
    if (i % 100 === 0) bed.ctl();
  }
});

test("a request for another host reaches the stack once, unchanged, by whichever member got it first", async () => {
  const bed = await stage();
  const bytes = from(ALL, TYPE.ARP, arp(1, PEER, FOREIGN, NO_MAC, "10.0.0.77"));
  const [first] = receive(bed, 2, { bytes });
  assert.equal(first.what, "DELIVER");
  assert.deepEqual([...first.bytes], bytes);
  assert.deepEqual(
    [0, 1].map((n) => receive(bed, n, { bytes })[0].what),
    ["RESOLVE_DUP", "RESOLVE_DUP"],
  );
  assert.deepEqual(drops(bed), { RESOLVE_DUP: 2 });
});

test("a resting standby answers what it receives; a member failed by a detector does not", async () => {
  const bed = await Bed.make({ nics: 3, standby: [2] });
  bed.add("10.0.0.1", { verified: true });
  bed.ctl();
  const ask = (n: number): string => receive(bed, n, { bytes: from(ALL, TYPE.ARP, arp(1, PEER, FOREIGN, NO_MAC, "10.0.0.1")) })[0].what;
  assert.ok(bed.has(2, "INACTIVE"));
  assert.equal(ask(2), "CONSUMED");
  assert.deepEqual(
    bed.ctl().map((f) => [f.nic, f.kind]),
    [[2, "ANSWER"]],
  );
  bed.pass(1000);
  bed.ipmp.setFlags(bed.nics[1], PHYI.FAILED, 0);
  bed.ctl();
  assert.deepEqual([ask(1), ask(0)], ["NOT_NOMINEE", "CONSUMED"]);
});

test("an address that is still being probed for the first time is not answered for", async () => {
  const bed = await stage();
  const i = bed.add("10.0.0.50");
  const ask = (spa: string): string => receive(bed, 0, { bytes: from(ALL, TYPE.ARP, arp(1, PEER, spa, NO_MAC, "10.0.0.50")) })[0].what;
  bed.ctl();
  assert.equal(ask(FOREIGN), "CONSUMED");
  assert.deepEqual(bed.ctl(), []);
  bed.pass(2000);
  bed.ctl();
  assert.equal(ask(FOREIGN), "CONSUMED");
  assert.deepEqual(
    bed.ctl().map((f) => f.kind),
    ["ANSWER"],
  );
  assert.equal(bed.boundTo(i), 0);
});

test("an answer that finds the control ring full is a drop, not a loss of the count", async () => {
  const bed = await stage();
  const asked = { bytes: from(nicMac(0), TYPE.ARP, arp(1, PEER, FOREIGN, nicMac(0), "10.0.0.1")) };
  for (let i = 0; i < LIMIT.CTL_MAX; i++) assert.equal(receive(bed, 0, asked)[0].what, "CONSUMED");
  assert.equal(receive(bed, 0, asked)[0].what, "CTL_FULL");
  assert.deepEqual(drops(bed), { CTL_FULL: 1 });
  assert.equal(bed.ctl().length, LIMIT.CTL_MAX);
  assert.equal(receive(bed, 0, asked)[0].what, "CONSUMED");
});

test("announcements, probes and defences are as RFC 5227 has them", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 1);
  bed.ipmp.grpSet(bed.grp, "PROBE_COUNT", 1);
  bed.add("10.0.0.1");
  bed.pass(1000);
  const mac = nicMac(0);
  const [probe, announcement] = bed.ctl();
  assert.deepEqual([probe.kind, announcement.kind], ["PROBE", "ANNOUNCE"]);
  assert.deepEqual([...probe.bytes], control(ALL, mac, TYPE.ARP, arp(1, mac, "0.0.0.0", NO_MAC, "10.0.0.1")));
  assert.deepEqual([...announcement.bytes], control(ALL, mac, TYPE.ARP, arp(1, mac, "10.0.0.1", NO_MAC, "10.0.0.1")));
  receive(bed, 0, { bytes: from(ALL, TYPE.ARP, arp(1, PEER, "10.0.0.1", NO_MAC, "10.0.0.1")) });
  const [defence] = bed.ctl();
  assert.equal(defence.kind, "DEFEND");
  assert.deepEqual(defence.bytes, announcement.bytes);
});
