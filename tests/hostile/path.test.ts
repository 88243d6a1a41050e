// Hostile packets of the outgoing and incoming path: VLAN stacks, tunnels that lie, fragments that overlap, frames beyond the
// MTU. Each gets a verdict, is counted by its cause, and takes nothing with it: the good frames around it go their way.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DROP, Grp, LIMIT, OUT, POLICY } from "../../host/core/abi/ipmp.js";
import { type Bytes, be16, eth, ip4, ip6, solicitation, tagged, vxlan } from "./frames.js";
import { Random, seed } from "./random.js";
import { CAST, type Way, type World, world } from "./world.js";

const drop = (cause: number): number => OUT.DROP | cause;
const TYPE = { IP4: 0x0800, IP6: 0x86dd } as const;
const udp: Bytes = [...be16(4000), ...be16(53), ...be16(12), 0, 0, 1, 2, 3, 4];
const toWire = (type: number, payload: Bytes): Bytes => eth(CAST.peer, CAST.group, type, payload);
const toUs = (type: number, payload: Bytes): Bytes => eth(CAST.member, CAST.peer, type, payload);
const v4out = (proto: number, payload: Bytes, fragment = 0): Bytes =>
  toWire(TYPE.IP4, ip4(CAST.own4, CAST.peer4, proto, payload, { fragment }));
const plain = (way: Way): Bytes => (way === "tx" ? v4out(17, udp) : toUs(TYPE.IP4, ip4(CAST.peer4, CAST.own4, 17, udp)));
const stack = (frame: Bytes, deep: number, tpid = 0x8100): Bytes =>
  tagged(frame, ...Array.from({ length: deep }, (_, i): [number, number] => [i & 1 ? 0x88a8 : tpid, i + 1]));

/** Frames dropped by group 0 for a cause. */
const dropped = (w: World, cause: number): bigint => w.ipmp.dv.getBigUint64(w.ipmp.pageWord("grp_base") + Grp.drops + 8 * cause, true);

/** Hands in a batch; the verdicts. Around every frame stand bytes that nobody may touch. */
function batch(w: World, way: Way, frames: readonly Bytes[]): number[] {
  const room = 16_384;
  for (const [i, frame] of frames.entries()) {
    const at = w.io + 64 + i * room;
    w.ipmp.u8.fill(0xa5, at - 32, at + frame.length + 32);
    w.ipmp.u8.set(frame, at);
    w.setDesc(i, at, frame.length);
  }
  w.batch(way, frames.length);
  for (const [i, frame] of frames.entries()) {
    const at = w.io + 64 + i * room;
    for (const edge of [at - 32, at - 1, at + frame.length, at + frame.length + 31]) assert.equal(w.ipmp.u8[edge], 0xa5);
  }
  return frames.map((_, i) => w.out(i));
}

describe("hostile packets: VLAN stacks", () => {
  for (const way of ["tx", "rx"] as const)
    it(`${way}: three to eight tags, and a frame full of them, are dropped as VLAN and counted; the frames between go on`, async () => {
      const w = await world();
      const before = w.config();
      const deep = [3, 4, 5, 6, 7, 8, 100].flatMap((n) => [stack(plain(way), n), stack(plain(way), n, 0x88a8)]);
      const frames = deep.flatMap((f) => [plain(way), f, stack(plain(way), 2)]);
      const outs = batch(w, way, frames);
      for (const [i, out] of outs.entries()) assert.equal(out === drop(DROP.VLAN), i % 3 === 1, `frame ${i}: ${out.toString(16)}`);
      assert.ok(outs.every((out, i) => i % 3 === 1 || out < OUT.DROP));
      assert.equal(dropped(w, DROP.VLAN), BigInt(deep.length));
      w.assertConfig(before);
    });

  it("in a tunnel: eight deep is not looked into, and is sent like any packet of the outer flow", async () => {
    const w = await world();
    const inner = (n: number): Bytes => eth(CAST.other, CAST.peer, TYPE.IP4, ip4("10.77.0.1", `10.77.1.${n}`, 17, udp));
    for (const wrap of [(f: Bytes) => v4out(17, vxlan(f)), (f: Bytes) => v4out(47, [0, 0, 0x65, 0x58, ...f])])
      for (let deep = 0; deep <= 8; deep++) {
        const outs = batch(
          w,
          "tx",
          Array.from({ length: 40 }, (_, n) => wrap(stack(inner(n), deep))),
        );
        assert.ok(outs.every((out) => out < LIMIT.PHYINT_MAX));
        assert.equal(new Set(outs).size > 1, deep <= 2, `${deep} tags`);
      }
  });
});

describe("hostile packets: fragments", () => {
  /** [offset in units of 8 bytes, more follow, bytes]: overlapping, repeated, tiny, beyond the end, out of order. */
  const WAYS: readonly (readonly [number, boolean, number])[] = [
    [0, true, 16],
    [0, true, 8],
    [1, true, 16],
    [1, true, 16],
    [2, true, 8],
    [1, false, 24],
    [8191, false, 64],
    [8191, true, 8],
    [4000, true, 16],
    [1, true, 0],
    [3, false, 1],
  ];
  const body = (n: number, seedByte: number): Bytes => Array.from({ length: n }, (_, i) => (seedByte + i) & 255);
  const frag4 = (src: string, dst: string, proto: number, [off, more, n]: readonly [number, boolean, number], i: number): Bytes =>
    ip4(src, dst, proto, body(n, i * 31), { fragment: (more ? 0x2000 : 0) | off });
  const frag6 = (src: string, dst: string, next: number, [off, more, n]: readonly [number, boolean, number], i: number): Bytes =>
    ip6(src, dst, 44, [next, 0, ...be16((off << 3) | (more ? 1 : 0)), 0, 0, 0, 9, ...body(n, i * 31)]);

  for (const policy of [POLICY.FLOW, POLICY.SOURCE, POLICY.NEXT_HOP, POLICY.L2])
    it(`tx, policy ${policy}: those of one datagram leave by one member, however they overlap, and none is lost`, async () => {
      const w = await world();
      w.ipmp.grpSet(0, "POLICY", policy);
      for (let n = 0; n < 20; n++) {
        for (const proto of [17, 6, 4, 47, 1]) {
          const four = batch(
            w,
            "tx",
            WAYS.map((f, i) => toWire(TYPE.IP4, frag4(CAST.own4, `10.5.0.${n}`, proto, f, i))),
          );
          assert.ok(four[0] < LIMIT.PHYINT_MAX);
          assert.deepEqual(new Set(four), new Set([four[0]]));
        }
        const six = batch(
          w,
          "tx",
          WAYS.map((f, i) => toWire(TYPE.IP6, frag6(CAST.own6, `2001:db8:5::${n}`, 17, f, i))),
        );
        assert.ok(six[0] < LIMIT.PHYINT_MAX);
        assert.deepEqual(new Set(six), new Set([six[0]]));
      }
    });

  it("rx: all are the stack's, which puts them together or not; bytes behind the hardware address are as they came", async () => {
    const w = await world();
    const before = w.config();
    for (const proto of [17, 6, 4, 47, 1, 2]) {
      const frames = WAYS.map((f, i) => toUs(TYPE.IP4, frag4(CAST.peer4, CAST.own4, proto, f, i)));
      assert.ok(batch(w, "rx", frames).every((out) => out === OUT.DELIVER));
      for (const [i, frame] of frames.entries()) {
        const at = w.io + 64 + i * 16_384;
        assert.deepEqual([...w.ipmp.u8.slice(at + 6, at + frame.length)], frame.slice(6));
      }
    }
    w.assertConfig(before);
  });

  it("rx: a solicitation in a fragment is not answered and claims nothing (RFC 6980)", async () => {
    const w = await world();
    const whole = solicitation(CAST.peer6, CAST.own6, CAST.peer);
    const message = whole.slice(40);
    const packet = ip6(CAST.peer6, CAST.own6, 44, [58, 0, 0, 0, 0, 0, 0, 9, ...message]);
    assert.deepEqual(batch(w, "rx", [toUs(TYPE.IP6, packet)]), [OUT.DELIVER]);
    const claim = ip6(CAST.own6, CAST.peer6, 44, [58, 0, 0, 0, 0, 0, 0, 9, ...message]);
    assert.deepEqual(batch(w, "rx", [toUs(TYPE.IP6, claim)]), [OUT.DELIVER]);
    assert.ok(w.ipmp.ipifs(0).every((a) => a.conflicts === 0));
  });
});

describe("hostile packets: beyond the MTU", () => {
  it("tx: jumbo frames are dropped as MTU, one by one, under every policy; frames at the limit go on", async () => {
    for (const policy of Object.values(POLICY)) {
      const w = await world();
      w.ipmp.grpSet(0, "POLICY", policy);
      const of = (size: number): Bytes => v4out(17, [...udp, ...Array(size - 32).fill(0)]);
      const frames = [1500, 1501, 1499, 9000, 1500, 4096, 16_000].flatMap((size) => [of(size), stack(of(size), 1), stack(of(size), 2)]);
      const outs = batch(w, "tx", frames);
      const copies = policy === POLICY.BROADCAST ? 4 : 1;
      for (const [i, out] of outs.entries()) {
        const long = [1501, 9000, 4096, 16_000].includes([1500, 1501, 1499, 9000, 1500, 4096, 16_000][Math.floor(i / 3)]);
        if (policy === POLICY.BROADCAST) assert.equal(out, OUT.ALL);
        else assert.equal(out === drop(DROP.MTU), long, `policy ${policy}, frame ${i}`);
      }
      assert.equal(dropped(w, DROP.MTU), BigInt(12 * copies), `policy ${policy}`);
    }
  });

  it("rx: what the NIC has received is the stack's, however long", async () => {
    const w = await world();
    for (const size of [1501, 9000, 16_000]) {
      const frame = toUs(TYPE.IP4, ip4(CAST.peer4, CAST.own4, 17, [...udp, ...Array(size - 32).fill(0)]));
      assert.deepEqual(batch(w, "rx", [frame]), [OUT.DELIVER]);
    }
  });
});

describe("hostile packets: tunnels that lie", () => {
  it("cut at every byte, every length and flag in them wrong: sent all the same, by one member or another", async () => {
    const w = await world();
    const before = w.config();
    const random = new Random(seed());
    const bare = ip4("10.77.0.1", "10.77.0.2", 17, udp);
    const six = ip6("fd00::1", "fd00::2", 0, [60, 0, 1, 4, 0, 0, 0, 0, 17, 255, 1, 4, 0, 0, 0, 0, ...udp]);
    const payloads: [number, Bytes][] = [
      [17, vxlan(eth(CAST.other, CAST.peer, TYPE.IP4, bare))],
      [17, vxlan(eth(CAST.other, CAST.peer, TYPE.IP6, six))],
      [47, [0xb0, 0, ...be16(TYPE.IP4), ...Array(12).fill(0), ...bare]],
      [47, [0x20, 0, 0x65, 0x58, 0, 0, 0, 7, ...eth(CAST.other, CAST.peer, TYPE.IP6, six)]],
      [4, bare],
      [41, six],
      [1, [3, 1, 0, 0, 0, 0, 0, 0, ...ip4(CAST.peer4, CAST.own4, 47, [0, 0, ...be16(TYPE.IP6), ...six])]],
    ];
    for (const [proto, payload] of payloads) {
      for (let size = 0; size <= payload.length; size++) assert.ok(w.one("tx", v4out(proto, payload.slice(0, size))) < LIMIT.PHYINT_MAX);
      for (let n = 0; n < 3000; n++) {
        const bytes = [...payload];
        for (let k = random.below(4); k >= 0; k--) bytes[random.below(bytes.length)] = random.u32() & 255;
        assert.ok(w.one("tx", v4out(proto, bytes)) < LIMIT.PHYINT_MAX);
      }
    }
    w.assertConfig(before);
  });

  it("tunnels in tunnels and errors about errors to the end of a frame: looked into no deeper than ENCAP_MAX, and sent", async () => {
    const w = await world();
    const layers: ((p: Bytes) => Bytes)[] = [
      (p) => ip4("10.1.0.1", "10.1.0.2", 4, p),
      (p) => ip6("fd00::1", "fd00::2", 4, p),
      (p) => ip4("10.1.0.1", "10.1.0.2", 47, [0, 0, ...be16(TYPE.IP4), ...p]),
      (p) => ip4("10.1.0.1", "10.1.0.2", 1, [3, 1, 0, 0, 0, 0, 0, 0, ...p]),
    ];
    for (const layer of layers) {
      let packet: Bytes = ip4("10.77.0.1", "10.77.0.2", 17, udp);
      // an IPv6 layer holds IPv4 only, so it stands on one of IPv4
      while (packet.length < 1400) packet = layer === layers[1] ? layers[0](layer(packet)) : layer(packet);
      const frame = toWire(TYPE.IP4, ip4(CAST.own4, CAST.peer4, packet[0] >> 4 === 4 ? 4 : 41, packet));
      assert.ok(w.one("tx", frame) < LIMIT.PHYINT_MAX);
    }
  });
});
