// The policies beside those of the original and of flows: l2, vlan-srcmac, round-robin by weight; and frames that are longer
// than the NIC's MTU, under all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { POLICY, WEIGHT } from "../../host/core/abi/ipmp.js";
import type { Bed } from "../conformance/bed.js";
import { type Bytes, be16, eth, ip4, ip6, tagged } from "../hostile/frames.js";
import { drops, type Frame, send, TSO } from "./place.js";
import { ALL, GROUP, out, PEER, stage, TYPE } from "./stage.js";

const ports = (sport: number): Bytes => [...be16(sport), ...be16(53), ...be16(12), 0, 0, 1, 2, 3, 4];
const v4 = (n: number): Bytes => ip4("10.0.0.1", `10.2.0.${n & 255}`, 17, ports(1000 + n));
const v6 = (n: number): Bytes => ip6("2001:db8::1", `2001:db8:2::${n.toString(16)}`, 17, ports(1000 + n));
const mac = (kind: number, n: number): string => `02:00:00:00:0${kind}:${n.toString(16).padStart(2, "0")}`;
const ways = (bed: Bed, frames: readonly Frame[]): number[] => send(bed, ...frames).map((o) => Number(o.what.slice(3)));
const many = (n: number, frame: (i: number) => Bytes): Frame[] => Array.from({ length: n }, (_, i) => ({ bytes: frame(i) }));

async function under(policy: number, nics = 3): Promise<Bed> {
  const bed = await stage(nics);
  bed.ipmp.grpSet(bed.grp, "POLICY", policy);
  return bed;
}

test("l2: one way for each pair of hardware addresses and VLAN, whatever is sent; pairs and VLANs spread", async () => {
  const bed = await under(POLICY.L2);
  for (let n = 0; n < 10; n++) {
    const some = many(20, (i) => out(mac(3, n), i & 1 ? TYPE.IP6 : TYPE.IP4, i & 1 ? v6(i) : v4(i)));
    assert.equal(new Set(ways(bed, some)).size, 1, "one neighbour");
    assert.equal(ways(bed, [{ bytes: out(mac(3, n), 0x88b5, [1, 2, 3]) }])[0], ways(bed, some)[0], "another protocol too");
  }
  const neighbours = many(90, (i) => out(mac(3, i), TYPE.IP4, v4(1)));
  const sources = many(90, (i) => eth(mac(3, 1), mac(4, i), TYPE.IP4, v4(1)));
  const vlans = many(90, (i) => out(mac(3, 1), TYPE.IP4, v4(1), [[0x8100, i + 1]]));
  for (const frames of [neighbours, sources, vlans])
    for (const n of [0, 1, 2]) assert.ok(ways(bed, frames).filter((w) => w === n).length > 12, `${n} of ${ways(bed, frames)}`);
  const priorities = many(8, (i) => out(mac(3, 1), TYPE.IP4, v4(1), [[0x8100, (i << 13) | 9]]));
  assert.equal(new Set(ways(bed, priorities)).size, 1, "a priority makes no other VLAN");
});

test("vlan-srcmac: one way for each source hardware address and VLAN; neighbours and flows do not matter", async () => {
  const bed = await under(POLICY.VLAN_SRCMAC);
  assert.equal(
    new Set(
      ways(
        bed,
        many(60, (i) => out(mac(3, i), i & 1 ? TYPE.IP6 : TYPE.IP4, i & 1 ? v6(i) : v4(i))),
      ),
    ).size,
    1,
  );
  const sources = many(90, (i) => eth(PEER, mac(4, i), TYPE.IP4, v4(i)));
  const vlans = many(90, (i) => tagged(eth(PEER, GROUP, TYPE.IP4, v4(i)), [0x8100, i + 1]));
  for (const frames of [sources, vlans])
    for (const n of [0, 1, 2]) assert.ok(ways(bed, frames).filter((w) => w === n).length > 12, `${n} of ${ways(bed, frames)}`);
  assert.deepEqual(ways(bed, sources), ways(bed, sources));
});

test("l2 and vlan-srcmac: a member that fails moves only what it carried", async () => {
  for (const policy of [POLICY.L2, POLICY.VLAN_SRCMAC]) {
    const bed = await under(policy);
    const frames = many(200, (i) => eth(mac(3, i & 7), mac(4, i), TYPE.IP4, v4(i)));
    const before = ways(bed, frames);
    bed.link(1, false);
    for (const [i, way] of ways(bed, frames).entries()) {
      if (before[i] !== 1) assert.equal(way, before[i]);
      else assert.notEqual(way, 1);
    }
  }
});

test("round-robin: plain, tagged, IPv6 and other frames take turns; each family its own; broadcast stays with the nominee", async () => {
  const bed = await under(POLICY.ROUND_ROBIN);
  const mixed = many(12, (i) =>
    i % 3 === 0 ? out(PEER, TYPE.IP4, v4(1), [[0x8100, 4]]) : i % 3 === 1 ? out(PEER, 0x88b5, [1]) : out(PEER, TYPE.IP4, v4(1)),
  );
  assert.deepEqual(ways(bed, mixed), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  assert.deepEqual(
    ways(
      bed,
      many(4, () => out(PEER, TYPE.IP6, v6(1))),
    ),
    [0, 1, 2, 0],
  );
  assert.deepEqual(
    ways(
      bed,
      many(2, () => out(ALL, TYPE.IP4, v4(1))),
    ),
    [0, 0],
  );
  bed.link(1, false);
  assert.deepEqual(
    ways(
      bed,
      many(4, () => out(PEER, TYPE.IP4, v4(1))),
    ),
    [0, 2, 0, 2],
  );
});

test("round-robin by weight: of W frames in a row each member sends its weight", async () => {
  const bed = await under(POLICY.ROUND_ROBIN);
  bed.nics.forEach((p, n) => {
    bed.ipmp.phyintSet(p, "WEIGHT", [5, 1, 3][n]);
  });
  bed.ipmp.grpSet(bed.grp, "WEIGHT", WEIGHT.CONFIGURED);
  for (let round = 0; round < 5; round++) {
    const sent = ways(
      bed,
      many(9, (i) => out(PEER, TYPE.IP4, v4(i))),
    );
    assert.deepEqual(
      [0, 1, 2].map((n) => sent.filter((w) => w === n).length),
      [5, 1, 3],
    );
  }
});

test("every policy but broadcast: a frame longer than its NIC's MTU is dropped as that, a superframe is not; counted once", async () => {
  for (const [name, policy] of Object.entries(POLICY).filter(([n]) => n !== "BROADCAST")) {
    const bed = await under(policy);
    const tcp = (size: number, tags: [number, number][] = []): Bytes =>
      out(PEER, TYPE.IP4, ip4("10.0.0.1", "10.2.0.9", 6, [...be16(4000), ...be16(80), ...Array(size - 24).fill(0)]), tags);
    const udp6 = (size: number): Bytes =>
      out(PEER, TYPE.IP6, ip6("2001:db8::1", "2001:db8:2::9", 17, [...ports(1), ...Array(size - 52).fill(0)]));
    const fits = [
      tcp(1500),
      tcp(1500, [[0x8100, 3]]),
      tcp(1500, [
        [0x88a8, 3],
        [0x8100, 4],
      ]),
      udp6(1500),
      out(PEER, 0x88b5, Array(1500).fill(0)),
    ];
    const not = [
      tcp(1501),
      tcp(1501, [[0x8100, 3]]),
      udp6(1501),
      tcp(9000),
      out(PEER, 0x88b5, Array(1501).fill(0)),
      out(ALL, TYPE.IP4, v4(1).concat(Array(1500).fill(0))),
    ];
    assert.ok(
      send(bed, ...fits.map((bytes) => ({ bytes }))).every((o) => o.what.startsWith("nic")),
      name,
    );
    assert.deepEqual(drops(bed), {});
    const bytes = bed.ipifs().map((a) => a.bytes);
    assert.deepEqual(
      send(bed, ...not.map((b) => ({ bytes: b }))).map((o) => o.what),
      not.map(() => "MTU"),
      name,
    );
    assert.deepEqual(drops(bed), { MTU: not.length });
    assert.equal(bed.ipmp.grpStats(bed.grp).oerrors, BigInt(not.length));
    assert.deepEqual(
      bed.ipifs().map((a) => a.bytes),
      bytes,
      "what was not sent is no address's traffic",
    );
    assert.ok(send(bed, { bytes: tcp(9000), vnet: TSO })[0].what.startsWith("nic"), "a superframe is cut later");
  }
});

test("the MTU that counts is that of the NIC that would send the frame", async () => {
  const bed = await under(POLICY.SOURCE);
  bed.ipmp.setMtu(bed.nics[1], 1400);
  const from = (n: number): Frame => ({
    bytes: out(PEER, TYPE.IP4, ip4(`10.0.0.${n}`, "10.2.0.9", 17, [...ports(1), ...Array(1440).fill(0)])),
  });
  assert.deepEqual(
    send(bed, from(1), from(2), from(3)).map((o) => o.what),
    ["nic0", "MTU", "nic2"],
  );
});
