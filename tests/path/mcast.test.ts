// Memberships: learnt from the stack's own reports, announced again, byte by byte, by the next nominee.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { type Bed, nicMac, V4, V6 } from "../conformance/bed.js";
import { type Bytes, be16, checksum, icmp6, ip, ip4 } from "../hostile/frames.js";
import { drops, send } from "./place.js";
import { from, out, stage, TAGS, TYPE } from "./stage.js";

const ALERT6: Bytes = [58, 0, 5, 2, 0, 0, 1, 0];
const sealed = (message: Bytes): Bytes => [...message.slice(0, 2), ...be16(checksum(message)), ...message.slice(4)];
const mac4 = (group: string): string => {
  const [, b, c, d] = ip(group);
  return `01:00:5e:${[b & 127, c, d].map((n) => n.toString(16).padStart(2, "0")).join(":")}`;
};
const mac6 = (group: string): string =>
  `33:33:${ip(group)
    .slice(12)
    .map((n) => n.toString(16).padStart(2, "0"))
    .join(":")}`;

/** IGMP of versions 1 and 2. */
const igmp = (type: number, group: string): Bytes => sealed([type, 0, 0, 0, ...ip(group)]);
/** A version 3 report: [record type, group, number of sources]. */
const igmp3 = (...records: [number, string, number][]): Bytes =>
  sealed([
    0x22,
    0,
    0,
    0,
    0,
    0,
    ...be16(records.length),
    ...records.flatMap(([type, group, n]) => [type, 0, ...be16(n), ...ip(group), ...Array<number>(4 * n).fill(9)]),
  ]);
/** In IPv4, as hosts send it: TTL 1 is all that differs from the builder's header. */
const inIp4 = (src: string, dst: string, message: Bytes): Bytes => {
  const p = ip4(src, dst, 2, message, { options: [0x94, 4, 0, 0] });
  const head = [p[0], 0xc0, p[2], p[3], 0, 0, 0, 0, 1, 2, 0, 0, ...p.slice(12, 24)];
  return [...head.slice(0, 10), ...be16(checksum(head)), ...head.slice(12), ...message];
};
const mld = (group: string): Bytes => [0, 0, 0, 0, ...ip(group)];
const mld2 = (...records: [number, string, number][]): Bytes => [
  0,
  0,
  ...be16(records.length),
  ...records.flatMap(([type, group, n]) => [type, 0, ...be16(n), ...ip(group), ...Array<number>(16 * n).fill(9)]),
];

function report4(bed: Bed, message: Bytes, tags: [number, number][] = []): void {
  assert.equal(
    send(bed, { bytes: out(mac4("224.0.0.22"), TYPE.IP4, inIp4("10.0.0.1", "224.0.0.22", message), tags) })[0].what,
    `nic${bed.nominee(V4)}`,
  );
}

function report6(bed: Bed, type: number, body: Bytes, tags: [number, number][] = []): void {
  const bytes = out(mac6("ff02::16"), TYPE.IP6, icmp6("fe80::1", "ff02::16", type, body, 1, ALERT6), tags);
  assert.equal(send(bed, { bytes })[0].what, `nic${bed.nominee(V6)}`);
}

/** Cuts the nominee's link and returns the reports that follow. */
function rejoined(bed: Bed): { nic: number; bytes: Bytes }[] {
  bed.ctl();
  bed.link(bed.nominee(V4) ?? 0, false);
  return bed
    .ctl()
    .filter((f) => f.kind === "REPORT")
    .map((f) => ({ nic: f.nic, bytes: [...f.bytes] }));
}

const count = (bed: Bed, family: 0 | 1): number => bed.ipmp.illgrp(bed.grp, family).nmcast;

test("IGMP of every version is announced again in that version, from a data address, in its VLANs", async () => {
  const bed = await stage();
  report4(bed, igmp(0x12, "239.1.1.1"));
  report4(bed, igmp(0x16, "239.129.1.2"), TAGS[1][1]);
  report4(bed, igmp3([4, "239.1.1.3", 0]), TAGS[3][1]);
  assert.equal(count(bed, V4), 3);
  const plain = (tags: [number, number][]): [number, number][] => tags.map(([tpid, tci]) => [tpid, tci & 0x0fff]);
  const wanted = [
    from(mac4("239.1.1.1"), TYPE.IP4, inIp4("10.0.0.1", "239.1.1.1", igmp(0x12, "239.1.1.1")), [], nicMac(1)),
    from(mac4("239.1.1.2"), TYPE.IP4, inIp4("10.0.0.1", "239.129.1.2", igmp(0x16, "239.129.1.2")), plain(TAGS[1][1]), nicMac(1)),
    from(mac4("224.0.0.22"), TYPE.IP4, inIp4("10.0.0.1", "224.0.0.22", igmp3([4, "239.1.1.3", 0])), plain(TAGS[3][1]), nicMac(1)),
  ].map((frame) => [...frame, ...Array<number>(Math.max(0, 60 - frame.length)).fill(0)]);
  assert.deepEqual(
    rejoined(bed),
    wanted.map((bytes) => ({ nic: 1, bytes })),
  );
});

test("MLD of both versions is announced again in that version, from a link-local address if the group has one", async () => {
  const bed = await stage();
  report6(bed, 131, mld("ff05::1"));
  report6(bed, 143, mld2([4, "ff05::2", 0]), TAGS[3][1]);
  assert.equal(count(bed, V6), 2);
  const again = (src: string): Bytes[] => [
    from(mac6("ff05::1"), TYPE.IP6, icmp6(src, "ff05::1", 131, [0, 0, 0, 0, ...ip("ff05::1")], 1, ALERT6), [], nicMac(1)),
    from(mac6("ff02::16"), TYPE.IP6, icmp6(src, "ff02::16", 143, mld2([4, "ff05::2", 0]), 1, ALERT6), TAGS[3][1], nicMac(1)),
  ];
  assert.deepEqual(
    rejoined(bed),
    again("::").map((bytes) => ({ nic: 1, bytes })),
  );
  bed.link(0, true);
  bed.add("fe80::5", { verified: true });
  bed.pass(100);
  const next = rejoined(bed);
  assert.deepEqual(
    next.map((f) => f.bytes.slice(-(f.bytes.length - 14 - (f.bytes.length > 90 ? 8 : 0)))).map((p) => p.slice(8, 24)),
    [ip("fe80::5"), ip("fe80::5")],
  );
});

test("leaves end a membership, and so does blocking the last source that was wanted", async () => {
  const bed = await stage();
  const steps: [Bytes, number][] = [
    [igmp(0x16, "239.0.0.1"), 1],
    [igmp(0x16, "239.0.0.1"), 1],
    [igmp3([4, "239.0.0.2", 0], [2, "239.0.0.3", 2], [3, "239.0.0.4", 1], [5, "239.0.0.5", 1], [1, "239.0.0.6", 3]), 6],
    [igmp3([6, "239.0.0.3", 1]), 6],
    [igmp3([6, "239.0.0.5", 1]), 5],
    [igmp(0x17, "239.0.0.1"), 4],
    [igmp(0x17, "239.0.0.1"), 4],
    [igmp3([3, "239.0.0.2", 0], [1, "239.0.0.6", 0]), 2],
    [igmp(0x11, "239.0.0.9"), 2],
    [igmp(0x16, "224.0.0.1"), 2],
  ];
  for (const [message, n] of steps) {
    report4(bed, message);
    assert.equal(count(bed, V4), n);
  }
  report6(bed, 143, mld2([4, "ff05::1", 0], [4, "ff05::2", 1], [5, "ff05::3", 2]));
  assert.equal(count(bed, V6), 3);
  report6(bed, 132, mld("ff05::2"));
  report6(bed, 143, mld2([3, "ff05::1", 0]));
  assert.equal(count(bed, V6), 1);
  assert.equal(rejoined(bed).length, 3);
});

test("the same group in another VLAN is another membership", async () => {
  const bed = await stage();
  for (const [, tags] of TAGS) report4(bed, igmp(0x16, "239.0.0.1"), tags);
  assert.equal(count(bed, V4), TAGS.length);
  report4(bed, igmp(0x17, "239.0.0.1"), TAGS[2][1]);
  const frames = rejoined(bed);
  assert.equal(frames.length, TAGS.length - 1);
  assert.ok(!frames.some((f) => f.bytes[12] === 0x88 && f.bytes[15] === 0xff));
});

test("more memberships than are remembered harm nothing", async () => {
  const bed = await stage();
  for (let i = 0; i < 200; i++) report4(bed, igmp(0x16, `239.3.0.${i}`));
  assert.equal(count(bed, V4), LIMIT.MCAST_MAX);
  const frames = rejoined(bed);
  assert.equal(frames.length, LIMIT.MCAST_MAX);
  for (let i = 0; i < 200; i++) report4(bed, igmp(0x17, `239.3.0.${i}`));
  assert.equal(count(bed, V4), 0);
  assert.deepEqual(rejoined(bed), []);
});

test("reports whose counts lie are read as far as they go, and still sent", async () => {
  const bed = await stage();
  const lying = igmp3([4, "239.4.0.1", 0]);
  report4(bed, [...lying.slice(0, 6), 255, 255, ...lying.slice(8)]);
  assert.equal(count(bed, V4), 1);
  report4(bed, [...igmp3([4, "239.4.0.2", 0]).slice(0, 10), 255, 255, ...ip("239.4.0.2")]);
  assert.equal(count(bed, V4), 1, "a record whose sources are not there says nothing");
  for (let len = 0; len < 8; len++) report4(bed, igmp(0x16, "239.4.0.3").slice(0, len));
  for (let len = 0; len < 20; len++) report6(bed, 131, mld("ff05::4").slice(0, len));
  for (let len = 0; len < 24; len++) report6(bed, 143, mld2([4, "ff05::5", 0]).slice(0, len));
  assert.deepEqual([count(bed, V4), count(bed, V6)], [1, 0]);
  assert.deepEqual(drops(bed), {});
});
