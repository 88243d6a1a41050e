// Which member sends a frame, under each policy; that the short way for plain frames and the long way agree; counters.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type GRPKEY, Illgrp, POLICY } from "../../host/core/abi/ipmp.js";
import { type Bed, nicMac, V4, V6 } from "../conformance/bed.js";
import { type Bytes, be16, icmp6, ip, ip4, ip6 } from "../hostile/frames.js";
import { drops, type Frame, send, TSO } from "./place.js";
import { ALL, from, out, PEER, stage, TAGS, TYPE } from "./stage.js";

const POLICY_KEY: keyof typeof GRPKEY = "POLICY";
const PLAIN_VNET = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as const;

const ports = (sport: number, dport: number): Bytes => [...be16(sport), ...be16(dport), ...be16(12), 0, 0, 1, 2, 3, 4];
const v4 = (src: string, dst: string, sport = 4000, dport = 53): Bytes => ip4(src, dst, 17, ports(sport, dport));
const v6 = (src: string, dst: string, sport = 4000, dport = 53): Bytes => ip6(src, dst, 17, ports(sport, dport));
const neighbour = (n: number): string => `02:00:00:00:01:${n.toString(16).padStart(2, "0")}`;

/** The NIC numbers that frames leave by. */
const ways = (bed: Bed, frames: Frame[]): number[] => send(bed, ...frames).map((o) => Number(o.what.slice(3)));

/** The flow hash of flow.ts, written down once more. */
function bucket(src: string, dst: string, sport: number, dport: number): number {
  const word = (bytes: Bytes): bigint => bytes.reduceRight((n, b) => (n << 8n) | BigInt(b), 0n);
  const mask = 0xffff_ffff_ffff_ffffn;
  const mixed = (word([...be16(sport), ...be16(dport)]) * 0xd6e8feb86659fd93n) & mask;
  return Number((((word([...ip(src), ...ip(dst)]) ^ mixed) * 0x9e3779b97f4a7c15n) & mask) >> 56n);
}

function bucketOwner(bed: Bed, b: number): number {
  const at = bed.ipmp.pageWord("illgrp_base") + 2 * bed.grp * Illgrp.SIZE + Illgrp.bucket + 2 * b;
  return bed.nics.indexOf(bed.ipmp.dv.getUint16(at, true));
}

test("flow: the bucket of addresses and ports decides, tagged or not, with a virtio header or without", async () => {
  const bed = await stage();
  const used = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const src = `10.0.0.${(i % 3) + 1}`;
    const dst = `10.2.${i}.9`;
    const b = bucket(src, dst, 1000 + i, 443);
    const payload = v4(src, dst, 1000 + i, 443);
    const frames = TAGS.flatMap(([, tags]): Frame[] => [
      { bytes: out(PEER, TYPE.IP4, payload, tags) },
      { bytes: out(PEER, TYPE.IP4, payload, tags), vnet: PLAIN_VNET },
    ]);
    const owner = bucketOwner(bed, b);
    for (const [k, sent] of send(bed, ...frames).entries()) {
      assert.equal(sent.what, `nic${owner}`);
      assert.deepEqual([...sent.bytes], from(PEER, TYPE.IP4, payload, TAGS[k >> 1][1], nicMac(owner)));
    }
    used.add(owner);
  }
  assert.deepEqual([...used].sort(), [0, 1, 2]);
});

test("flow: IPv6 spreads, and one flow stays on one member, whatever its extension headers", async () => {
  const bed = await stage();
  const counts = [0, 0, 0];
  for (let i = 0; i < 300; i++) {
    const [a, b, c] = ways(bed, [
      { bytes: out(PEER, TYPE.IP6, v6("2001:db8::1", "2001:db8::99", 1000 + i)) },
      { bytes: out(PEER, TYPE.IP6, ip6("2001:db8::1", "2001:db8::99", 60, [17, 0, 1, 4, 0, 0, 0, 0, ...ports(1000 + i, 53)])) },
      { bytes: out(PEER, TYPE.IP6, v6("2001:db8::1", "2001:db8::99", 1000 + i), [[0x8100, 7]]) },
    ]);
    assert.deepEqual([b, c], [a, a]);
    counts[a] += 1;
  }
  for (const n of counts) assert.ok(n > 60 && n < 140, `${counts}`);
});

test("flow: fragments of one packet leave by one member", async () => {
  const bed = await stage();
  for (let i = 0; i < 50; i++) {
    const first = ip4("10.0.0.1", `10.3.0.${i}`, 17, ports(1000 + i, 2000), { fragment: 0x2000 });
    const later = ip4("10.0.0.1", `10.3.0.${i}`, 17, [9, 9, 9, 9, 9, 9, 9, 9], { fragment: 0x0002 });
    const [a, b] = ways(
      bed,
      [first, later].map((payload) => ({ bytes: out(PEER, TYPE.IP4, payload) })),
    );
    assert.equal(a, b);
  }
});

test("flow: an ICMP error leaves by the member of the flow it is about", async () => {
  const bed = await stage();
  for (let i = 0; i < 60; i++) {
    const there = v4("10.0.0.1", `10.4.0.${i}`, 1000 + i, 53);
    const back = v4(`10.4.0.${i}`, "10.0.0.1", 53, 1000 + i);
    const error = ip4("10.0.0.1", `10.4.0.${i}`, 1, [3, 3, 0, 0, 0, 0, 0, 0, ...back]);
    const [a, b] = ways(
      bed,
      [there, error].map((payload) => ({ bytes: out(PEER, TYPE.IP4, payload) })),
    );
    assert.equal(a, b);
    const there6 = v6("2001:db8::1", `2001:db8:4::${i}`, 1000 + i, 53);
    const error6 = icmp6("2001:db8::1", `2001:db8:4::${i}`, 1, [0, 0, 0, 0, ...v6(`2001:db8:4::${i}`, "2001:db8::1", 53, 1000 + i)], 64);
    const [c, d] = ways(
      bed,
      [there6, error6].map((payload) => ({ bytes: out(PEER, TYPE.IP6, payload) })),
    );
    assert.equal(c, d);
  }
});

test("source: the member that the source address is bound to; what has no binding is spread by flow", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, POLICY_KEY, POLICY.SOURCE);
  for (let n = 0; n < 3; n++) {
    const frames = Array.from({ length: 20 }, (_, i) => [
      { bytes: out(PEER, TYPE.IP4, v4(`10.0.0.${n + 1}`, `10.5.0.${i}`, 1000 + i)) },
      { bytes: out(PEER, TYPE.IP6, v6(`2001:db8::${n + 1}`, `2001:db8:5::${i}`, 1000 + i)) },
      { bytes: out(PEER, TYPE.IP4, v4(`10.0.0.${n + 1}`, `10.5.0.${i}`, 1000 + i), [[0x8100, 9]]) },
    ]).flat();
    assert.deepEqual([...new Set(ways(bed, frames))], [n]);
  }
  const forwarded = Array.from({ length: 60 }, (_, i) => ({ bytes: out(PEER, TYPE.IP4, v4("10.77.0.1", `10.5.0.${i}`, 1000 + i)) }));
  assert.deepEqual([...new Set(ways(bed, forwarded))].sort(), [0, 1, 2]);
});

test("next-hop: every new neighbour gets the next member, keeps it, and moves only if that member fails", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, POLICY_KEY, POLICY.NEXT_HOP);
  const to = (n: number): Frame => ({ bytes: out(neighbour(n), TYPE.IP4, v4("10.0.0.1", `10.6.0.${n}`)) });
  const all = Array.from({ length: 30 }, (_, n) => to(n));
  const first = ways(bed, all);
  for (let i = 0; i < 30; i++) assert.equal(first[i], (first[0] + i) % 3, "in turn");
  assert.deepEqual(ways(bed, all), first);
  assert.deepEqual(ways(bed, [...all].reverse()), [...first].reverse());
  bed.link(1, false);
  const second = ways(bed, all);
  for (let i = 0; i < 30; i++) {
    if (first[i] !== 1) assert.equal(second[i], first[i], "a neighbour of another member stays");
    else assert.notEqual(second[i], 1);
  }
  const moved = second.filter((_, i) => first[i] === 1);
  assert.deepEqual([moved.filter((n) => n === 0).length, moved.filter((n) => n === 2).length], [5, 5]);
});

test("next-hop: a neighbour has a member for each family, and more neighbours than are remembered still get one", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, POLICY_KEY, POLICY.NEXT_HOP);
  bed.ipmp.illUp(bed.nics[0], V4, 0);
  const [seen4, seen6] = [new Set<number>(), new Set<number>()];
  for (let i = 0; i < 3000; i++) {
    const mac = `02:00:00:01:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
    const [four, again, six] = ways(bed, [
      { bytes: out(mac, TYPE.IP4, v4("10.0.0.2", "10.6.0.1")) },
      { bytes: out(mac, TYPE.IP4, v4("10.0.0.3", "10.6.0.2", 7, 8)) },
      { bytes: out(mac, TYPE.IP6, v6("2001:db8::1", "2001:db8::99")) },
    ]);
    assert.equal(again, four);
    assert.notEqual(four, 0);
    seen4.add(four);
    seen6.add(six);
  }
  assert.deepEqual(
    [[...seen4].sort(), [...seen6].sort()],
    [
      [1, 2],
      [0, 1, 2],
    ],
  );
});

test("next-hop: a member that loses one family keeps its neighbours of the other", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, POLICY_KEY, POLICY.NEXT_HOP);
  const frames = Array.from({ length: 12 }, (_, n) => ({ bytes: out(neighbour(n), TYPE.IP6, v6("2001:db8::1", `2001:db8:6::${n}`)) }));
  const first = ways(bed, frames);
  bed.ipmp.illUp(bed.nics[1], V4, 0);
  assert.deepEqual(ways(bed, frames), first);
  bed.ipmp.illUp(bed.nics[1], V6, 0);
  assert.ok(!ways(bed, frames).includes(1));
});

test("active-backup: everything by the nominee, and by the next one when it fails", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, POLICY_KEY, POLICY.ACTIVE_BACKUP);
  const frames = Array.from({ length: 40 }, (_, i) => [
    { bytes: out(neighbour(i), TYPE.IP4, v4("10.0.0.2", `10.7.0.${i}`, i + 1)) },
    { bytes: out(neighbour(i), TYPE.IP6, v6("2001:db8::3", `2001:db8:7::${i}`, i + 1)) },
  ]).flat();
  assert.deepEqual([...new Set(ways(bed, frames))], [0]);
  bed.link(0, false);
  assert.deepEqual([...new Set(ways(bed, frames))], [1]);
});

test("broadcast and multicast leave by the nominee under every policy but broadcast; other protocols by a member", async () => {
  for (const policy of Object.values(POLICY).filter((p) => p !== POLICY.BROADCAST)) {
    const bed = await stage();
    bed.ipmp.grpSet(bed.grp, POLICY_KEY, policy);
    bed.link(0, false);
    const frames = [
      { bytes: out(ALL, TYPE.IP4, v4("10.0.0.3", "10.0.0.255")) },
      { bytes: out("01:00:5e:01:02:03", TYPE.IP4, v4("10.0.0.3", "224.1.2.3")) },
      { bytes: out("33:33:00:00:00:05", TYPE.IP6, v6("2001:db8::3", "ff02::5")) },
      { bytes: out("33:33:00:00:00:05", TYPE.IP6, v6("2001:db8::3", "ff02::5"), [[0x8100, 3]]) },
      { bytes: out(ALL, 0x88b5, [1, 2, 3]) },
    ];
    assert.deepEqual(ways(bed, frames), [1, 1, 1, 1, 1], `policy ${policy}`);
    const other = { bytes: out(PEER, 0x88b5, [1, 2, 3, 4]) };
    const [a, b] = ways(bed, [other, other]);
    assert.ok([a, b].every((n) => n === 1 || n === 2));
    assert.equal(a !== b, policy === POLICY.ROUND_ROBIN);
    assert.equal(send(bed, { bytes: out("01:80:c2:00:00:0e", 0x88cc, [1, 2, 3]) })[0].what, "LINK_LOCAL");
  }
});

test("without an active member everything is dropped as such and counted; one family may be without", async () => {
  const bed = await stage(2);
  for (const nic of bed.nics) bed.ipmp.illUp(nic, V4, 0);
  const four = [{ bytes: out(PEER, TYPE.IP4, v4("10.0.0.1", "10.0.0.9")) }, { bytes: out(ALL, TYPE.IP4, v4("10.0.0.1", "10.0.0.255")) }];
  const other = { bytes: out(PEER, 0x88b5, [1]) };
  const six = { bytes: out(PEER, TYPE.IP6, v6("2001:db8::1", "2001:db8::99")) };
  assert.deepEqual(
    send(bed, ...four).map((o) => o.what),
    ["NO_ACTIVE", "NO_ACTIVE"],
  );
  assert.ok(send(bed, six, other).every((o) => o.what.startsWith("nic")));
  bed.link(0, false);
  bed.link(1, false);
  const untouched = send(bed, ...four, six, other);
  assert.deepEqual(
    untouched.map((o) => o.what),
    ["NO_ACTIVE", "NO_ACTIVE", "NO_ACTIVE", "NO_ACTIVE"],
  );
  for (const [i, frame] of [...four, six, other].entries()) assert.deepEqual([...untouched[i].bytes], [...(frame.bytes as Bytes)]);
  assert.deepEqual(drops(bed), { NO_ACTIVE: 6 });
  assert.equal(bed.ipmp.grpStats(bed.grp).oerrors, 6n);
});

test("counters: of the member that sent, of the group, and of the source address", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, POLICY_KEY, POLICY.SOURCE);
  const before = bed.ipmp.grpStats(bed.grp);
  const plain = out(PEER, TYPE.IP4, v4("10.0.0.2", "10.0.0.9"));
  const tagged = out(PEER, TYPE.IP4, v4("10.0.0.2", "10.0.0.9"), [[0x8100, 1]]);
  const six = out(PEER, TYPE.IP6, v6("2001:db8::2", "2001:db8::9"));
  const broadcast = out(ALL, TYPE.IP4, v4("10.0.0.2", "10.0.0.255"));
  const multicast = out("33:33:00:00:00:05", TYPE.IP6, v6("2001:db8::2", "ff02::5"));
  const was = bed.nics.map((p) => bed.ipmp.phyint(p).kstat);
  send(bed, ...[plain, tagged, six, broadcast, multicast].map((bytes) => ({ bytes })));
  const now = bed.nics.map((p) => bed.ipmp.phyint(p).kstat);
  const grew = (n: number): bigint[] => (["opackets", "obytes", "brdcstxmt", "multixmt"] as const).map((key) => now[n][key] - was[n][key]);
  const len = (...frames: Bytes[]): bigint => BigInt(frames.reduce((sum, f) => sum + f.length, 0));
  assert.deepEqual(grew(0), [2n, len(broadcast, multicast), 1n, 1n]);
  assert.deepEqual(grew(1), [3n, len(plain, tagged, six), 0n, 0n]);
  assert.deepEqual(grew(2), [0n, 0n, 0n, 0n]);
  assert.equal(bed.ipmp.grpStats(bed.grp).opackets - before.opackets, 5n);
  const bytes = Object.fromEntries(bed.ipifs().map((a) => [a.addr, a.bytes]));
  assert.equal(bytes["10.0.0.2"], len(plain, tagged, broadcast));
  assert.equal(bytes["2001:db8::2"], len(six, multicast));
  assert.equal(bytes["10.0.0.1"], 0n);
});

test("a superframe passes untouched but for its source, whole down one member, however long", async () => {
  const bed = await stage();
  const segment = ip4("10.0.0.1", "10.8.0.1", 6, [
    ...be16(4000),
    ...be16(80),
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    2,
    0x50,
    0x10,
    255,
    255,
    0x12,
    0x34,
    0,
    0,
  ]);
  const [way] = ways(bed, [{ bytes: out(PEER, TYPE.IP4, segment) }]);
  for (const size of [1500, 65_000, 69_000]) {
    const payload = Uint8Array.from({ length: size }, (_, i) => segment[i] ?? i & 255);
    const total = size > 0xffff ? 0 : size;
    payload.set(be16(total), 2);
    for (const [, tags] of TAGS) {
      const [sent] = send(bed, { bytes: out(PEER, TYPE.IP4, [...payload], tags), vnet: TSO });
      assert.equal(sent.what, `nic${way}`);
      assert.ok(Buffer.from(sent.bytes).equals(Buffer.from(from(PEER, TYPE.IP4, [...payload], tags, nicMac(way)))));
    }
  }
  const lie = Uint8Array.from({ length: 1500 }, (_, i) => segment[i] ?? 0);
  lie.set([0, 0], 2);
  assert.equal(send(bed, { bytes: out(PEER, TYPE.IP4, [...lie]) })[0].what, "IP4_HEADER", "without segmentation 0 is a lie");
});

test("a batch of every kind of frame gives the same as the frames one by one", async () => {
  const kinds = (): Frame[] => {
    const frames: Frame[] = [];
    for (let i = 0; i < 300; i++) {
      const payload = v4(`10.0.0.${(i % 4) + 1}`, `10.9.0.${i & 127}`, 1000 + i, 80);
      if (i % 7 === 3) frames.push({ bytes: out(PEER, TYPE.IP6, v6("2001:db8::1", "2001:db8::7", i + 1)) });
      else if (i % 11 === 5) frames.push({ bytes: out(ALL, TYPE.IP4, payload) });
      else if (i % 13 === 6) frames.push({ bytes: out(PEER, TYPE.IP4, payload).slice(0, 14 + (i % 24)) });
      else frames.push({ bytes: out(neighbour(i & 31), TYPE.IP4, payload) });
    }
    return frames;
  };
  for (const policy of Object.values(POLICY)) {
    const [one, many] = [await stage(), await stage()];
    for (const bed of [one, many]) bed.ipmp.grpSet(bed.grp, POLICY_KEY, policy);
    const whole = send(many, ...kinds());
    const single = kinds().map((frame) => send(one, frame)[0]);
    assert.deepEqual(whole, single);
    assert.ok(Buffer.from(one.ipmp.state()).equals(Buffer.from(many.ipmp.state())), "and the same state");
  }
});
