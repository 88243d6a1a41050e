// Frames from the wire: what the stack gets, what it does not and why, and where descriptors may point.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DESCF, DROP, LIMIT, OUT, PHYI } from "../../host/core/abi/ipmp.js";
import { type Bed, nicMac, V4, V6 } from "../conformance/bed.js";
import { type Bytes, be16, eth, ip4, ip6 } from "../hostile/frames.js";
import { drops, receive } from "./place.js";
import { ALL, from, GROUP, NODES, PEER, stage, TAGS, TYPE } from "./stage.js";

const ports: Bytes = [...be16(4000), ...be16(53), ...be16(12), 0, 0, 1, 2, 3, 4];
const v4 = ip4("10.0.0.99", "10.0.0.1", 17, ports);
const v6 = ip6("2001:db8::99", "2001:db8::1", 17, ports);
const what = (bed: Bed, n: number, bytes: Bytes): string => receive(bed, n, { bytes })[0].what;

for (const [name, tags] of TAGS) {
  test(`unicast to a member, ${name}: the destination becomes the group's, nothing else changes`, async () => {
    const bed = await stage();
    for (const [type, payload] of [
      [TYPE.IP4, v4],
      [TYPE.IP6, v6],
      [0x88b5, [1, 2, 3]],
      [0x0010, [4, 5]],
    ] as [number, Bytes][])
      for (let n = 0; n < 3; n++) {
        const [got] = receive(bed, n, { bytes: from(nicMac(n), type, payload, tags) });
        assert.equal(got.what, "DELIVER");
        assert.deepEqual([...got.bytes], from(GROUP, type, payload, tags));
      }
  });

  test(`broadcast and multicast, ${name}: by the nominee of the family, unchanged`, async () => {
    const bed = await stage();
    bed.ipmp.illUp(bed.nics[0], V6, 0);
    assert.deepEqual([bed.nominee(V4), bed.nominee(V6)], [0, 1]);
    const cases: [string, number, Bytes, number][] = [
      [ALL, TYPE.IP4, v4, 0],
      ["01:00:5e:00:00:fb", TYPE.IP4, v4, 0],
      [NODES, TYPE.IP6, v6, 1],
      [ALL, 0x88b5, [1], 0],
    ];
    for (const [dst, type, payload, nominee] of cases)
      for (let n = 0; n < 3; n++) {
        const bytes = from(dst, type, payload, tags);
        const [got] = receive(bed, n, { bytes });
        assert.equal(got.what, n === nominee ? "DELIVER" : "NOT_NOMINEE");
        assert.deepEqual([...got.bytes], bytes);
      }
  });
}

/** Two foreign addresses with the bit of `own` in Grp.reflect (assembly/ipmp/path/own.ts). */
function lookAlikes(own: string): string[] {
  const bit = (mac: string): bigint => BigInt.asUintN(64, BigInt(`0x${mac.split(":").reverse().join("")}`) * 0x9e3779b97f4a7c15n) >> 52n;
  const found: string[] = [];
  for (let n = 0; found.length < 2; n++) {
    const mac = `02:11:22:${[16, 8, 0].map((shift) => ((n >> shift) & 255).toString(16).padStart(2, "0")).join(":")}`;
    if (bit(mac) === bit(own)) found.push(mac);
  }
  return found;
}

test("what comes from the group's own addresses is a reflection; an address that only looks like one is not", async () => {
  const bed = await stage();
  for (const own of [GROUP, ...[0, 1, 2].map(nicMac)]) {
    assert.equal(what(bed, 0, from(ALL, TYPE.IP4, v4, [], own)), "REFLECTED");
    assert.equal(what(bed, 0, from(nicMac(0), TYPE.IP4, v4, [], own)), "REFLECTED");
    // A foreign address that falls on a bit of the quick test is looked at again, and delivered.
    for (const near of lookAlikes(own)) {
      assert.equal(what(bed, 0, from(ALL, TYPE.IP4, v4, [], near)), "DELIVER");
      assert.equal(what(bed, 1, from(nicMac(1), TYPE.IP4, v4, [], near)), "DELIVER");
    }
  }
});

test("each other cause of a drop", async () => {
  const bed = await stage();
  const cases: [keyof typeof DROP, Bytes][] = [
    ["SOURCE_MAC", from(nicMac(0), TYPE.IP4, v4, [], "00:00:00:00:00:00")],
    ["SOURCE_MAC", from(nicMac(0), TYPE.IP4, v4, [], ALL)],
    ["SOURCE_MAC", from(ALL, TYPE.IP6, v6, [], "33:33:00:00:00:01")],
    ["LINK_LOCAL", from("01:80:c2:00:00:00", 0x0026, [0x42, 0x42, 3])],
    ["LINK_LOCAL", from("01:80:c2:00:00:0f", 0x8809, [1])],
    ["OTHER_HOST", from("02:00:00:00:00:bb", TYPE.IP4, v4)],
    ["OTHER_HOST", from(nicMac(1), TYPE.IP4, v4)],
    [
      "VLAN",
      from(nicMac(0), TYPE.IP4, v4, [
        [0x8100, 1],
        [0x88a8, 2],
        [0x8100, 3],
      ]),
    ],
    ["SHORT", from(nicMac(0), TYPE.IP4, v4.slice(0, 19))],
    ["SHORT", from(nicMac(0), TYPE.IP6, v6.slice(0, 39))],
    ["SHORT", from(nicMac(0), TYPE.IP4, []).slice(0, 13)],
    ["IP4_HEADER", from(nicMac(0), TYPE.IP4, [0x65, ...v4.slice(1)])],
    ["IP4_HEADER", from(nicMac(0), TYPE.IP4, [0x44, ...v4.slice(1)])],
    ["IP4_HEADER", from(nicMac(0), TYPE.IP4, v4.slice(0, v4.length - 1))],
    ["IP4_HEADER", from(nicMac(0), TYPE.IP4, [0x45, 0, 0, 19, ...v4.slice(4)])],
    ["IP6_HEADER", from(nicMac(0), TYPE.IP6, [0x40, ...v6.slice(1)])],
    ["IP6_HEADER", from(nicMac(0), TYPE.IP6, v6.slice(0, v6.length - 1))],
    ["IP6_HEADER", from(nicMac(0), TYPE.IP6, ip6("2001:db8::99", "2001:db8::1", 0, [17, 9, 0, 0, 0, 0, 0, 0]))],
  ];
  for (const [i, [cause, bytes]] of cases.entries()) assert.equal(what(bed, 0, bytes), cause, `case ${i}`);
  const wanted: Record<string, number> = {};
  for (const [cause] of cases) wanted[cause] = (wanted[cause] ?? 0) + 1;
  assert.deepEqual(
    drops(bed),
    Object.fromEntries(
      Object.keys(DROP)
        .filter((c) => wanted[c])
        .map((c) => [c, wanted[c]]),
    ),
  );
  assert.equal(bed.ipmp.phyint(bed.nics[0]).kstat.ierrors, BigInt(cases.filter(([c]) => c !== "LINK_LOCAL" && c !== "OTHER_HOST").length));
  assert.equal(bed.ipmp.phyint(bed.nics[0]).kstat.ipackets, 0n);
});

/** Ways for the third member to be out of use, and who takes what the switch floods to its address. */
const FLOODED: [string, (bed: Bed) => void, string[]][] = [
  ["in use", () => {}, ["OTHER_HOST", "OTHER_HOST", "DELIVER"]],
  ["out of the family", (bed) => bed.ipmp.illUp(bed.nics[2], V4, 0), ["OTHER_HOST", "OTHER_HOST", "DELIVER"]],
  ["a standby that is not needed", (bed) => bed.ipmp.setFlags(bed.nics[2], PHYI.STANDBY, 0), ["OTHER_HOST", "OTHER_HOST", "DELIVER"]],
  ["failed with its carrier", (bed) => bed.ipmp.setFlags(bed.nics[2], PHYI.FAILED, 0), ["OTHER_HOST", "OTHER_HOST", "DELIVER"]],
  ["offline", (bed) => bed.ipmp.offline(bed.nics[2]), ["DELIVER", "OTHER_HOST", "OFFLINE"]],
  // the third receives nothing without a carrier
  ["without carrier", (bed) => bed.link(2, false), ["DELIVER", "OTHER_HOST"]],
];

for (const [how, put, taken] of FLOODED)
  test(`a flooded frame to a member ${how}: the stack's once, by that member if it can receive, else by the nominee`, async () => {
    const bed = await stage();
    put(bed);
    assert.equal(bed.nominee(V4), 0);
    assert.deepEqual(
      taken.map((_, n) => what(bed, n, from(nicMac(2), TYPE.IP4, v4))),
      taken,
    );
    for (const n of taken.keys()) {
      if (taken[n] !== "DELIVER") continue;
      const [got] = receive(bed, n, { bytes: from(nicMac(2), TYPE.IP4, v4, [[0x8100, 4]]) });
      assert.deepEqual([...got.bytes], from(GROUP, TYPE.IP4, v4, [[0x8100, 4]]));
    }
  });

test("a member that is offline, and a NIC in no group, give nothing to the stack", async () => {
  const bed = await stage();
  const bytes = from(nicMac(1), TYPE.IP4, v4);
  bed.ipmp.offline(bed.nics[1]);
  const [kept] = receive(bed, 1, { bytes });
  assert.equal(kept.what, "OFFLINE");
  assert.deepEqual([...kept.bytes], bytes);
  assert.deepEqual(drops(bed), { OFFLINE: 1 });
  bed.ipmp.leave(bed.nics[1]);
  assert.equal(what(bed, 1, bytes), "NOT_MEMBER");
  assert.equal(what(bed, 2, from(nicMac(1), TYPE.IP4, v4)), "OTHER_HOST", "its address is no member's any more");
});

test("what was received is counted with the member and the group, once", async () => {
  const bed = await stage();
  const frames = [from(nicMac(0), TYPE.IP4, v4), from(nicMac(0), TYPE.IP6, v6), from(ALL, TYPE.IP4, v4), from(NODES, TYPE.IP6, v6)];
  receive(bed, 0, ...frames.map((bytes) => ({ bytes })));
  receive(bed, 1, { bytes: frames[2] }, { bytes: frames[3] });
  const { ipackets, rbytes, brdcstrcv, multircv, ierrors } = bed.ipmp.grpStats(bed.grp);
  assert.deepEqual([ipackets, rbytes, brdcstrcv, multircv, ierrors], [4n, BigInt(frames.flat().length), 1n, 1n, 0n]);
  assert.equal(bed.ipmp.phyint(bed.nics[1]).kstat.ipackets, 0n);
});

test("descriptors: every place outside the I/O region is refused, every place inside is used", async () => {
  const bed = await stage();
  const { ipmp } = bed;
  const [base, end] = [ipmp.pageWord("io_base"), ipmp.pageWord("io_end")];
  const frame = eth(nicMac(0), PEER, TYPE.IP4, v4);
  const refused = OUT.DROP + DROP.BAD_DESC;
  const verdict = (off: number, len: number, flags = 0): number => {
    ipmp.setDesc(0, off, len, flags);
    ipmp.rxBatch(bed.nics[0], 0, 1);
    const out = ipmp.descOut(0);
    ipmp.setDesc(0, off, len, flags);
    ipmp.txBatch(bed.grp, 0, 1);
    assert.equal(ipmp.descOut(0) === refused, out === refused, "both ways the same");
    return out;
  };
  for (const off of [base, base + 1, base + 9, base + 10, end - frame.length]) {
    ipmp.u8.set(frame, off);
    assert.equal(verdict(off, frame.length), OUT.DELIVER);
  }
  ipmp.u8.fill(0, base, base + 10);
  ipmp.u8.set(frame, base + 10);
  assert.equal(verdict(base + 10, frame.length, DESCF.VNET), OUT.DELIVER);
  const outside: [number, number, number][] = [
    [base - 1, 60, 0],
    [base + 9, 60, DESCF.VNET],
    [0, 60, 0],
    [0, 0, 0],
    [end, 60, 0],
    [end - 59, 60, 0],
    [end - 1, 0xffff_ffff, 0],
    [base, LIMIT.FRAME_MAX + 1, 0],
    [base, 0xffff_ffff, 0],
    [0xffff_ffff, 1, 0],
    [0xffff_fff0, 60, 0],
    [0xffff_ffff, 0xffff_ffff, DESCF.VNET],
  ];
  for (const [off, len, flags] of outside) assert.equal(verdict(off, len, flags), refused, `${off} + ${len}`);
  assert.equal(verdict(base, 0), OUT.DROP + DROP.SHORT);
  assert.equal(verdict(end, 0), OUT.DROP + DROP.SHORT);
  for (const [first, count] of [
    [LIMIT.DESC_MAX, 1],
    [0, LIMIT.DESC_MAX + 1],
    [1, LIMIT.DESC_MAX],
    [0xffff_ffff, 1],
    [1, 0xffff_ffff],
  ]) {
    assert.equal(ipmp.x.ipmp_rx_batch(bed.nics[0], first, count), -34);
    assert.equal(ipmp.x.ipmp_tx_batch(bed.grp, first, count), -34);
  }
  assert.equal(ipmp.x.ipmp_tx_batch(bed.grp, LIMIT.DESC_MAX, 0), 0);
  for (const handle of [bed.grp + 1, LIMIT.GRP_MAX, 0xffff_ffff]) assert.equal(ipmp.x.ipmp_tx_batch(handle, 0, 0), -2);
  for (const handle of [bed.nics.length, LIMIT.PHYINT_MAX, 0xffff_ffff]) assert.equal(ipmp.x.ipmp_rx_batch(handle, 0, 0), -2);
});

test("a batch gives the same as its frames one by one, whatever stands between plain ones", async () => {
  const frames: Bytes[] = [];
  for (let i = 0; i < 200; i++) {
    const src = `02:00:00:00:07:${(i % 64).toString(16).padStart(2, "0")}`;
    const dst = i % 9 === 4 ? ALL : nicMac(i % 10 === 3 ? 1 : 0);
    const bytes = from(dst, i % 5 === 2 ? TYPE.IP6 : TYPE.IP4, i % 5 === 2 ? v6 : v4, i % 7 === 1 ? [[0x8100, i]] : [], src);
    frames.push(i % 11 === 6 ? bytes.slice(0, i % 54) : bytes);
  }
  const [one, many] = [await stage(), await stage()];
  const whole = receive(many, 0, ...frames.map((bytes) => ({ bytes })));
  const single = frames.map((bytes) => receive(one, 0, { bytes })[0]);
  assert.deepEqual(whole, single);
  assert.ok(Buffer.from(one.ipmp.state()).equals(Buffer.from(many.ipmp.state())), "and the same state");
});
