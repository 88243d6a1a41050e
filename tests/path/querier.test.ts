// Memberships in the version that a querier speaks, with their source filters, reported as often as they must, within bounds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { ETHERTYPE, ethernet, ipBody, multicastMac, PROTO } from "../../host/io/memory/packet.js";
import { type Bed, nicMac, V4, V6 } from "../conformance/bed.js";
import { type Bytes, be16, checksum, icmp6, ip } from "../hostile/frames.js";
import { GROUP, PEER, stage } from "./stage.js";

const ALERT6: Bytes = [58, 0, 5, 2, 0, 0, 1, 0];
const sealed = (message: Bytes): Bytes => [...message.slice(0, 2), ...be16(checksum(message)), ...message.slice(4)];

type Record = [type: number, group: string, sources: string[]];
const EX = 4;
const IN = 3;
const ALLOW = 5;
const BLOCK = 6;

/** Tags a frame. */
const inVlan = (frame: Uint8Array, vlan: number | undefined): Uint8Array =>
  vlan === undefined ? frame : Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, vlan >> 8, vlan & 255, ...frame.subarray(12));

function igmp(bed: Bed, src: string, dst: string, message: Bytes, vlan?: number, receiver?: number): void {
  const body = ipBody({ src, dst, proto: PROTO.IGMP, ttl: 1 }, Uint8Array.from(message));
  const frame = ethernet(multicastMac(dst), receiver === undefined ? GROUP : PEER, ETHERTYPE.IP4, body);
  if (receiver === undefined) bed.transmit(inVlan(frame, vlan));
  else bed.receive(receiver, inVlan(frame, vlan));
}

const records = (list: Record[]): Bytes =>
  list.flatMap(([type, group, sources]) => [type, 0, ...be16(sources.length), ...ip(group), ...sources.flatMap((s) => [...ip(s)])]);

/** The stack reports in version 3, or MLD version 2. */
const report = (bed: Bed, list: Record[], vlan?: number): void =>
  igmp(bed, "10.0.0.1", "224.0.0.22", sealed([0x22, 0, 0, 0, 0, 0, ...be16(list.length), ...records(list)]), vlan);
function report6(bed: Bed, list: Record[], vlan?: number): void {
  const body = icmp6("fe80::1", "ff02::16", 143, [0, 0, ...be16(list.length), ...records(list)], 1, ALERT6);
  bed.transmit(inVlan(ethernet(multicastMac("ff02::16"), GROUP, ETHERTYPE.IP6, Uint8Array.from(body)), vlan));
}

const QUERY: { [version: number]: Bytes } = {
  1: [0x11, 0, 0, 0, 0, 0, 0, 0],
  2: [0x11, 100, 0, 0, 0, 0, 0, 0],
  3: [0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0],
};
/** A querier's general query, heard by NIC n. */
const query = (bed: Bed, version: number, n = 0, vlan?: number): void =>
  igmp(bed, "10.0.0.254", "224.0.0.1", sealed(QUERY[version]), vlan, n);
function query6(bed: Bed, version: number, damage = 0): void {
  const more: Bytes = version === 2 ? [2, 125, 0, 0] : [];
  const body = icmp6("fe80::9", "ff02::1", 130, [0, 100, 0, 0, ...ip("::"), ...more], 1, ALERT6);
  const frame = ethernet(multicastMac("ff02::1"), PEER, ETHERTYPE.IP6, Uint8Array.from(body));
  frame[67] ^= damage; // the delay: the checksum no longer fits
  bed.receive(0, frame);
}

/** What a report says, as text: "v2 239.1.1.1", "v3 allow 239.1.1.1: 192.0.2.1". */
function said(bytes: Uint8Array): string {
  const tags = bytes[12] === 0x81 ? 4 : 0;
  const b = bytes.subarray(14 + tags);
  const vlan = tags ? ` vlan ${((bytes[14] & 15) << 8) | bytes[15]}` : "";
  const four = b[0] >> 4 === 4;
  const m = b.subarray(four ? (b[0] & 15) * 4 : 48);
  const size = four ? 4 : 16;
  const text = (at: number): string =>
    four
      ? m.subarray(at, at + 4).join(".")
      : Buffer.from(m.subarray(at, at + 16))
          .toString("hex")
          .replace(/0+/, "")
          .replace(/0+(?=.{1,2}$)/, ":");
  if (four) assert.equal(checksum([...m.subarray(0, m[0] === 0x22 ? 16 + 4 * m[11] : 8)]), 0);
  const old: { [type: number]: string } = { 18: "v1", 22: "v2", 131: "v1" };
  if (old[m[0]]) return `${old[m[0]]} ${text(four ? 4 : 8)}${vlan}`;
  const sources = Array.from({ length: m[11] }, (_, i) => text((four ? 16 : 28) + i * size));
  return `v${four ? 3 : 2} ${{ 4: "exclude", 5: "allow" }[m[8]] ?? m[8]} ${text(12)}: ${sources.join(" ")}`.trim() + vlan;
}

/** Cuts the nominee's link and reads the reports of the next one, of one family. */
function rejoined(bed: Bed, family: 0 | 1 = V4): string[] {
  bed.ctl();
  bed.link(bed.nominee(family) ?? 0, false);
  return reports(bed);
}
const reports = (bed: Bed): string[] =>
  bed
    .ctl()
    .filter((f) => f.kind === "REPORT")
    .map((f) => {
      const source = [...f.bytes.subarray(6, 12)].map((n) => n.toString(16).padStart(2, "0")).join(":");
      assert.equal(source, nicMac(f.nic));
      return said(f.bytes);
    });

test("conformance R8.11: the new nominee reports in the version of the oldest querier, while that one is there, and of each VLAN", async () => {
  for (const [version, wanted] of [
    [1, "v1 239.1.1.1"],
    [2, "v2 239.1.1.1"],
    [3, "v3 exclude 239.1.1.1:"],
  ] as const) {
    const bed = await stage();
    report(bed, [[EX, "239.1.1.1", []]]);
    report(bed, [[EX, "239.1.1.2", []]], 7);
    query(bed, version);
    assert.deepEqual(rejoined(bed), [wanted, "v3 exclude 239.1.1.2: vlan 7"], "the VLAN has a querier of its own, or none");
    await bed.check();
  }
});

test("an older querier counts for 260 s after its last query; one that only another member hears is none of the stack's", async () => {
  const bed = await stage();
  report(bed, [[EX, "239.1.1.1", []]]);
  query(bed, 2, 1);
  assert.deepEqual(rejoined(bed), ["v3 exclude 239.1.1.1:"], "not heard by the nominee");
  bed.link(0, true);
  query(bed, 2, 1);
  bed.pass(LIMIT.QUERIER_MS - 1);
  bed.ctl();
  assert.deepEqual(rejoined(bed), ["v2 239.1.1.1"]);
  bed.link(1, true);
  bed.pass(2);
  assert.deepEqual(rejoined(bed), ["v3 exclude 239.1.1.1:"]);
});

test("damaged queries and other messages make no querier; QUERIER_MAX VLANs are remembered, then the oldest gives way", async () => {
  const bed = await stage();
  report(bed, [[EX, "239.1.1.1", []]]);
  const body = ipBody({ src: "10.0.0.254", dst: "224.0.0.1", proto: PROTO.IGMP, ttl: 1 }, Uint8Array.from(QUERY[2]));
  body[22] ^= 1; // its checksum
  assert.equal(bed.receive(0, ethernet(multicastMac("224.0.0.1"), PEER, ETHERTYPE.IP4, body))[0].what, "DELIVER", "the stack's to judge");
  igmp(bed, "10.0.0.254", "224.0.0.1", sealed([0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125]), undefined, 0);
  igmp(bed, "10.0.0.254", "224.0.0.1", sealed([0x16, 0, 0, 0, 239, 1, 1, 1]), undefined, 0);
  for (let len = 0; len < 8; len++) igmp(bed, "10.0.0.254", "224.0.0.1", QUERY[2].slice(0, len), undefined, 0);
  assert.deepEqual(rejoined(bed), ["v3 exclude 239.1.1.1:"]);
  bed.link(0, true);
  for (let v = 1; v <= LIMIT.QUERIER_MAX + 1; v++) {
    query(bed, 2, 1, v);
    report(bed, [[EX, "239.1.1.1", []]], v);
    bed.pass(1);
  }
  const out = rejoined(bed).filter((r) => r.includes("vlan"));
  assert.deepEqual(
    out.map((r) => r.slice(0, 2)),
    ["v3", ...Array<string>(LIMIT.QUERIER_MAX).fill("v2")],
  );
  await bed.check();
});

test("MLD: a version 1 querier gets version 1 reports, unless its query is damaged", async () => {
  for (const [version, damage, wanted] of [
    [1, 0, "v1"],
    [2, 0, "v2"],
    [1, 1, "v2"],
  ] as const) {
    const bed = await stage();
    report6(bed, [[EX, "ff05::1", []]]);
    query6(bed, version, damage);
    const [first] = rejoined(bed, V6);
    assert.equal(first.slice(0, 2), wanted);
  }
});

test("source filters are kept: wanted sources by ALLOW, unwanted by EXCLUDE, as the stack changes them", async () => {
  const steps: [Record[], string[]][] = [
    [[[IN, "232.1.1.1", ["192.0.2.1", "192.0.2.2"]]], ["v3 allow 232.1.1.1: 192.0.2.1 192.0.2.2"]],
    [[[ALLOW, "232.1.1.1", ["192.0.2.3", "192.0.2.1"]]], ["v3 allow 232.1.1.1: 192.0.2.1 192.0.2.2 192.0.2.3"]],
    [[[BLOCK, "232.1.1.1", ["192.0.2.1"]]], ["v3 allow 232.1.1.1: 192.0.2.3 192.0.2.2"]],
    [[[BLOCK, "232.1.1.1", ["192.0.2.2", "192.0.2.3"]]], []],
    [[[EX, "239.1.1.1", ["192.0.2.9"]]], ["v3 exclude 239.1.1.1: 192.0.2.9"]],
    [[[BLOCK, "239.1.1.1", ["192.0.2.8"]]], ["v3 exclude 239.1.1.1: 192.0.2.9 192.0.2.8"]],
    [[[ALLOW, "239.1.1.1", ["192.0.2.9"]]], ["v3 exclude 239.1.1.1: 192.0.2.8"]],
    [
      [[BLOCK, "239.1.1.1", ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]]],
      ["v3 exclude 239.1.1.1: 192.0.2.8 192.0.2.1 192.0.2.2 192.0.2.3"],
    ],
    [[[IN, "239.1.1.1", ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"]]], ["v3 exclude 239.1.1.1:"]],
    [[[IN, "239.1.1.1", []]], []],
  ];
  const bed = await stage();
  for (const [list, wanted] of steps) {
    report(bed, list);
    assert.deepEqual(rejoined(bed), wanted, JSON.stringify(list));
    for (const n of [0, 1, 2]) bed.link(n, true);
    bed.pass(130_000); // damping
    await bed.check();
  }
});

test("MLD source filters: all the sources that are remembered fit one report, behind two tags too", async () => {
  const bed = await stage();
  const sources = Array.from({ length: LIMIT.MCAST_SRC_MAX }, (_, i) => `2001:db8:9::${i + 1}`);
  const both: Record[] = [
    [ALLOW, "ff35::1", sources],
    [EX, "ff05::2", sources],
  ];
  const body = icmp6("fe80::1", "ff02::16", 143, [0, 0, 0, 2, ...records(both)], 1, ALERT6);
  const frame = ethernet(multicastMac("ff02::16"), GROUP, ETHERTYPE.IP6, Uint8Array.from(body));
  bed.transmit(inVlan(inVlan(frame, 5), 7));
  bed.ctl();
  bed.link(0, false);
  const out = bed.ctl().filter((f) => f.kind === "REPORT");
  const report = (type: number, group: string): Bytes =>
    icmp6("::", "ff02::16", 143, [0, 0, 0, 1, ...records([[type, group, sources]])], 1, ALERT6);
  assert.deepEqual(
    out.map((f) => [f.bytes.length, Buffer.from(f.bytes.subarray(22)).toString("hex")]),
    [report(ALLOW, "ff35::1"), report(EX, "ff05::2")].map((r) => [22 + r.length, Buffer.from(r).toString("hex")]),
    "one frame a membership, with every source",
  );
});

test("memberships are reported REJOIN_COUNT times, a second apart, by whoever is nominee then", async () => {
  const bed = await stage();
  report(bed, [[EX, "239.1.1.1", []]]);
  assert.equal(rejoined(bed).length, 1);
  bed.pass(999);
  assert.equal(reports(bed).length, 0);
  bed.pass(1);
  assert.equal(reports(bed).length, 1);
  bed.pass(10_000);
  assert.equal(reports(bed).length, 0);
  await bed.check();
});

test("reports that find no place in the control ring are sent when there is one, none twice in a round", async () => {
  const bed = await stage();
  for (let i = 0; i < 50; i++) report(bed, [[EX, `239.2.0.${i}`, []]]);
  const asks = (i: number): Uint8Array => {
    const f = ethernet("ff:ff:ff:ff:ff:ff", PEER, ETHERTYPE.ARP, new Uint8Array(28));
    f.set([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0xaa, 10, 8, i >> 8, i & 255, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2], 14);
    return f;
  };
  for (let i = 0; i < LIMIT.CTL_MAX - 20; i++) bed.receive(1, asks(i));
  bed.link(0, false);
  const first = reports(bed);
  assert.ok(first.length > 0 && first.length <= 20, `${first.length}`);
  bed.pass(1);
  const rest = reports(bed);
  assert.equal(new Set([...first, ...rest]).size, 50);
  assert.equal(first.length + rest.length, 50);
});

test("a flood of memberships is bounded, counted and told once; a flood of queries costs nothing", async () => {
  const bed = await stage();
  for (let i = 0; i < 1000; i++) report(bed, [[EX, `239.${i >> 8}.3.${i & 255}`, []]]);
  const told = bed.events("MCAST_FULL");
  assert.equal(told.length, 1);
  assert.equal(bed.ipmp.illgrp(bed.grp, V4).nmcast, LIMIT.MCAST_MAX);
  for (let i = 0; i < 10_000; i++) query(bed, (i % 3) + 1, 0, (i % 4000) + 1);
  assert.deepEqual(bed.ctl().length, 0);
  assert.equal(rejoined(bed).length, LIMIT.MCAST_MAX);
  for (let i = 0; i < 1000; i++) report(bed, [[IN, `239.${i >> 8}.3.${i & 255}`, []]]);
  assert.equal(bed.ipmp.illgrp(bed.grp, V4).nmcast, 0);
  for (let i = 0; i < 100; i++) report(bed, [[EX, `239.4.4.${i}`, []]]);
  assert.equal(bed.events("MCAST_FULL").length, 1, "full again: told again");
  await bed.check();
});
