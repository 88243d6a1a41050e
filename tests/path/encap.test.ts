// Policy `flow` looks inside: VXLAN, GRE and IP in IP by their inner packet, ICMP errors by what they quote, fragments of
// one datagram together. Where the inner flow goes is asked of the module itself: by the bucket of the same packet sent bare.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ENCAP } from "../../host/core/abi/ipmp.js";
import type { Bed } from "../conformance/bed.js";
import { type Bytes, be16, eth, icmp6, ip4, ip6, tagged } from "../hostile/frames.js";
import { send } from "./place.js";
import { out, PEER, stage, TYPE } from "./stage.js";

const udp = (sport: number, dport: number, body: Bytes = [1, 2, 3, 4]): Bytes => [
  ...be16(sport),
  ...be16(dport),
  ...be16(8 + body.length),
  0,
  0,
  ...body,
];
/** The n-th inner flow of either family. */
const inner4 = (n: number): Bytes => ip4("192.168.0.1", `192.168.1.${n & 255}`, 6, [...be16(1000 + n), ...be16(80), ...Array(16).fill(0)]);
const inner6 = (n: number): Bytes => ip6("fd00::1", `fd00::1:${n.toString(16)}`, 17, udp(1000 + n, 53));
const inner = (n: number, v6: boolean): [Bytes, number] => (v6 ? [inner6(n), TYPE.IP6] : [inner4(n), TYPE.IP4]);

const MAC = ["02:11:00:00:00:01", "02:11:00:00:00:02"] as const;
const vxlan = (frame: Bytes, port = 4789, flags = 8): Bytes => udp(50_000, port, [flags, 0, 0, 0, 0, 0, 7, 0, ...frame]);
const gre = (type: number, payload: Bytes, flags = 0): Bytes => {
  const more = [0x8000, 0x2000, 0x1000].filter((bit) => flags & bit).flatMap(() => [0, 0, 0, 9]);
  return [...be16(flags), ...be16(type), ...more, ...payload];
};

/** Every way to wrap a packet: [name, ENCAP bit, protocol, payload of the outer packet]. */
const TUNNELS: [string, number, (p: Bytes, type: number) => [number, Bytes]][] = [
  ["VXLAN", ENCAP.VXLAN, (p, type) => [17, vxlan(eth(MAC[0], MAC[1], type, p))]],
  ["VXLAN, tagged", ENCAP.VXLAN, (p, type) => [17, vxlan(tagged(eth(MAC[0], MAC[1], type, p), [0x88a8, 5], [0x8100, 6]))]],
  ["GRE", ENCAP.GRE, (p, type) => [47, gre(type, p)]],
  ["GRE with checksum, key and sequence", ENCAP.GRE, (p, type) => [47, gre(type, p, 0xb000)]],
  ["Ethernet in GRE", ENCAP.GRE, (p, type) => [47, gre(0x6558, eth(MAC[0], MAC[1], type, p), 0x2000)]],
  ["IP in IP", ENCAP.IPIP, (p, type) => [type === TYPE.IP6 ? 41 : 4, p]],
];

const OUTER: [string, number, (proto: number, payload: Bytes) => Bytes][] = [
  ["IPv4", TYPE.IP4, (proto, payload) => ip4("10.0.0.1", "10.2.0.9", proto, payload)],
  ["IPv6", TYPE.IP6, (proto, payload) => ip6("2001:db8::1", "2001:db8:2::9", proto, payload)],
];

/** The members that packets leave by. */
const ways = (bed: Bed, ...packets: [Bytes, number][]): string[] =>
  send(bed, ...packets.map(([p, type]) => ({ bytes: out(PEER, type, p) }))).map((o) => o.what);

for (const [name, bit, wrap] of TUNNELS)
  for (const [around, outerType, outer] of OUTER)
    test(`${name} in ${around}: each inner flow its own way, that of the bare packet; not looked into, all one way`, async () => {
      const bed = await stage();
      for (const v6 of [false, true]) {
        const bare: [Bytes, number][] = [];
        const wrapped: [Bytes, number][] = [];
        for (let n = 1; n <= 40; n++) {
          const [packet, type] = inner(n, v6);
          bare.push([packet, type]);
          wrapped.push([outer(...wrap(packet, type)), outerType]);
        }
        // both families have the same members, active since the same moment, so their tables are the same
        bed.ipmp.grpSet(bed.grp, "ENCAP", 7);
        const [inside, alone] = [ways(bed, ...wrapped), ways(bed, ...bare)];
        assert.deepEqual(inside, alone);
        assert.deepEqual([...new Set(inside)].sort(), ["nic0", "nic1", "nic2"]);
        bed.ipmp.grpSet(bed.grp, "ENCAP", 7 & ~bit);
        assert.equal(new Set(ways(bed, ...wrapped)).size, 1, "outer addresses and ports are the same");
      }
    });

test("VXLAN by its port: another one is looked into only when it is set", async () => {
  const bed = await stage();
  const frames = Array.from({ length: 30 }, (_, n): [Bytes, number] => [
    ip4("10.0.0.1", "10.2.0.9", 17, vxlan(eth(MAC[0], MAC[1], TYPE.IP4, inner4(n)), 8472)),
    TYPE.IP4,
  ]);
  assert.equal(new Set(ways(bed, ...frames)).size, 1);
  bed.ipmp.grpSet(bed.grp, "VXLAN_PORT", 8472);
  assert.equal(new Set(ways(bed, ...frames)).size, 3);
});

test("a tunnel in a tunnel, down to the fourth; what lies deeper does not decide", async () => {
  const bed = await stage();
  const nest = (depth: number, n: number): Bytes => {
    let packet = inner4(n);
    for (let i = 0; i < depth; i++) packet = ip4(`10.0.${i}.1`, `10.2.${i}.9`, 4, packet);
    return packet;
  };
  for (let depth = 1; depth <= 6; depth++) {
    const packets = Array.from({ length: 30 }, (_, n): [Bytes, number] => [nest(depth, n), TYPE.IP4]);
    assert.equal(new Set(ways(bed, ...packets)).size, depth <= 4 ? 3 : 1, `${depth} deep`);
  }
});

test("an inner packet that is not there as far as its header, or is none, leaves the outer one to decide", async () => {
  const bed = await stage();
  const whole = inner4(1);
  const way = ways(bed, [ip4("10.0.0.1", "10.2.0.9", 4, []), TYPE.IP4])[0];
  for (let size = 0; size < 20; size++)
    assert.deepEqual(ways(bed, [ip4("10.0.0.1", "10.2.0.9", 4, whole.slice(0, size)), TYPE.IP4]), [way]);
  for (const version of [0, 5, 7, 15]) {
    const other = [version << 4, ...whole.slice(1)];
    assert.deepEqual(ways(bed, [ip4("10.0.0.1", "10.2.0.9", 4, other), TYPE.IP4]), [way]);
  }
  // ARP in VXLAN, and a datagram to the port without the flag, are of their outer flow
  const arp = ip4("10.0.0.1", "10.2.0.9", 17, vxlan(eth(MAC[0], MAC[1], TYPE.ARP, Array(28).fill(1))));
  const none = ip4("10.0.0.1", "10.2.0.9", 17, vxlan(eth(MAC[0], MAC[1], TYPE.IP4, inner4(3)), 4789, 0));
  const [a, b] = ways(bed, [arp, TYPE.IP4], [none, TYPE.IP4]);
  assert.equal(a, b);
});

test("fragments of one datagram go together: outer ones by the outer addresses, inner ones by the inner", async () => {
  const bed = await stage();
  for (let n = 0; n < 20; n++) {
    const body = inner4(n);
    const outer = ip4("10.0.0.1", `10.3.0.${n}`, 4, body, { fragment: 0x2000 });
    const later = ip4("10.0.0.1", `10.3.0.${n}`, 4, [9, 9, 9, 9, 9, 9, 9, 9], { fragment: 0x0005 });
    const [a, b] = ways(bed, [outer, TYPE.IP4], [later, TYPE.IP4]);
    assert.equal(a, b);
    const first = ip4("192.168.0.1", `192.168.3.${n}`, 17, udp(1000 + n, 53), { fragment: 0x2000 });
    const last = ip4("192.168.0.1", `192.168.3.${n}`, 17, [7, 7, 7, 7, 7, 7, 7, 7], { fragment: 0x0002 });
    const wrapped = [first, last].map((p): [Bytes, number] => [ip4("10.0.0.1", "10.2.0.9", 47, gre(TYPE.IP4, p)), TYPE.IP4]);
    const [c, d, bare] = ways(bed, ...wrapped, [last, TYPE.IP4]);
    assert.deepEqual([c, d], [bare, bare]);
    const six = (offset: number, body6: Bytes): Bytes =>
      ip6("2001:db8::1", `2001:db8:3::${n}`, 44, [17, 0, ...be16(offset), 0, 0, 0, n, ...body6]);
    const [e, f] = ways(bed, [six(1, udp(1, 2)), TYPE.IP6], [six(8, [1, 2, 3]), TYPE.IP6]);
    assert.equal(e, f);
  }
});

test("an ICMP error goes the way of what it quotes, seen from here: bare, behind extension headers, in a tunnel", async () => {
  const bed = await stage();
  for (let n = 1; n <= 40; n++) {
    const there = ip4("10.0.0.1", `10.4.0.${n}`, 17, udp(1000 + n, 53));
    const back = ip4(`10.4.0.${n}`, "10.0.0.1", 17, udp(53, 1000 + n));
    const error = ip4("10.0.0.1", "10.9.9.9", 1, [3, 3, 0, 0, 0, 0, 0, 0, ...back]);
    const tunnel = ip4("10.0.0.1", "10.9.9.8", 47, gre(TYPE.IP4, error));
    const [a, b, c] = ways(bed, [there, TYPE.IP4], [error, TYPE.IP4], [tunnel, TYPE.IP4]);
    assert.deepEqual([b, c], [a, a]);
    const options: Bytes = [17, 0, 1, 4, 0, 0, 0, 0];
    const there6 = ip6("2001:db8::1", `2001:db8:4::${n}`, 17, udp(1000 + n, 53));
    const back6 = ip6(`2001:db8:4::${n}`, "2001:db8::1", 60, [...options, ...udp(53, 1000 + n)]);
    const error6 = icmp6("2001:db8::1", "2001:db8:9::9", 1, [0, 0, 0, 0, ...back6], 64);
    const [d, e] = ways(bed, [there6, TYPE.IP6], [error6, TYPE.IP6]);
    assert.equal(e, d);
    // about a tunnel's packet: the way of the flow in it
    const flow = inner4(n);
    const answer = ip4(`192.168.1.${n}`, "192.168.0.1", 6, [...be16(80), ...be16(1000 + n), ...Array(16).fill(0)]);
    const quoted = ip4("10.2.0.9", "10.0.0.1", 17, vxlan(eth(MAC[0], MAC[1], TYPE.IP4, answer)));
    const refused = ip4("10.0.0.1", "10.2.0.9", 1, [3, 3, 0, 0, 0, 0, 0, 0, ...quoted]);
    const [f, g] = ways(bed, [flow, TYPE.IP4], [refused, TYPE.IP4]);
    assert.equal(g, f);
  }
});

test("policy source: what has no binding is spread by the flow inside too", async () => {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, "POLICY", 2);
  const packets = Array.from({ length: 30 }, (_, n): [Bytes, number] => [
    ip4("10.77.0.1", "10.2.0.9", 17, vxlan(eth(MAC[0], MAC[1], TYPE.IP4, inner4(n)))),
    TYPE.IP4,
  ]);
  const bare = Array.from({ length: 30 }, (_, n): [Bytes, number] => [inner4(n), TYPE.IP4]);
  assert.deepEqual(ways(bed, ...packets), ways(bed, ...bare));
});
