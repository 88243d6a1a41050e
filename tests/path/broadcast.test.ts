// Policy `broadcast`: one frame, a copy by every active member, each with that member's own addresses; ARP and ND received
// are answered by each member for itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DESCF, OUT, POLICY } from "../../host/core/abi/ipmp.js";
import { type Bed, nicMac, refused, V4, V6 } from "../conformance/bed.js";
import { arp, type Bytes, be16, icmp6, ip, ip4, ip6 } from "../hostile/frames.js";
import { drops, type Frame, NEEDS_CSUM, receive, send } from "./place.js";
import { ALL, control, from, GROUP, NO_MAC, option, out, PEER, stage, TAGS, TYPE } from "./stage.js";

const ports: Bytes = [...be16(4000), ...be16(53), ...be16(12), 0, 0, 1, 2, 3, 4];
const v4 = ip4("10.0.0.1", "10.2.0.9", 17, ports);
const v6 = ip6("2001:db8::1", "2001:db8:2::9", 17, ports);
/** Where place.ts puts the first frame of a batch. */
const FIRST = 32 + 10;

async function broadcasting(): Promise<Bed> {
  const bed = await stage();
  bed.ipmp.grpSet(bed.grp, "POLICY", POLICY.BROADCAST);
  bed.ctl(); // every member announces every address
  return bed;
}

/** Sends one frame and makes its copies; null for a member that is to send none. */
function copies(bed: Bed, frame: Frame): (number[] | null)[] {
  const [{ what }] = send(bed, frame);
  assert.equal(what, "ALL");
  const at = bed.ipmp.pageWord("io_base") + FIRST;
  return bed.nics.map((p) => (bed.ipmp.txCopy(bed.grp, 0, p) ? [...bed.ipmp.u8.slice(at, at + frame.bytes.length)] : null));
}

test("data of every kind: the frame itself by each member, with that member's address as source; counted for each", async () => {
  const bed = await broadcasting();
  for (const [, tags] of TAGS)
    for (const [dst, type, payload] of [
      [PEER, TYPE.IP4, v4],
      [PEER, TYPE.IP6, v6],
      [ALL, TYPE.IP4, v4],
      ["33:33:00:00:00:05", TYPE.IP6, v6],
      [PEER, 0x88b5, [1, 2, 3]],
    ] as const) {
      const was = bed.nics.map((p) => bed.ipmp.phyint(p).kstat.opackets);
      const expected = bed.nics.map((_, n) => from(dst, type, payload, tags, nicMac(n)));
      assert.deepEqual(copies(bed, { bytes: out(dst, type, payload, tags) }), expected);
      const now = bed.nics.map((p) => bed.ipmp.phyint(p).kstat.opackets);
      assert.deepEqual(
        now,
        was.map((n) => n + 1n),
      );
    }
  const bytes = Object.fromEntries(bed.ipifs().map((a) => [a.addr, a.bytes]));
  assert.ok(bytes["10.0.0.1"] > 0n && bytes["10.0.0.2"] === 0n, "bytes of an address are counted once");
});

test("ARP: in each copy the sender is the member that sends it, and so is a target that is the host itself", async () => {
  const bed = await broadcasting();
  for (const [, tags] of TAGS) {
    for (const [op, tha, tpa] of [
      [1, NO_MAC, "10.0.0.99"],
      [2, PEER, "10.0.0.99"],
    ] as const) {
      const made = copies(bed, { bytes: out(ALL, TYPE.ARP, arp(op, GROUP, "10.0.0.2", tha, tpa), tags) });
      assert.deepEqual(
        made,
        bed.nics.map((_, n) => from(ALL, TYPE.ARP, arp(op, nicMac(n), "10.0.0.2", tha, tpa), tags, nicMac(n))),
      );
    }
    const own = copies(bed, { bytes: out(ALL, TYPE.ARP, arp(1, GROUP, "10.0.0.2", GROUP, "10.0.0.2"), tags) });
    assert.deepEqual(
      own,
      bed.nics.map((_, n) => from(ALL, TYPE.ARP, arp(1, nicMac(n), "10.0.0.2", nicMac(n), "10.0.0.2"), tags, nicMac(n))),
    );
  }
});

test("ND: in each copy the link-layer address options name the member that sends it, and the checksum is right", async () => {
  const bed = await broadcasting();
  const kinds: [string, (mac: string) => Bytes][] = [
    ["NS", (m) => icmp6("2001:db8::3", "ff02::1:ff00:99", 135, [0, 0, 0, 0, ...ip("2001:db8::99"), ...option(1, m)])],
    ["NA", (m) => icmp6("2001:db8::2", "2001:db8::99", 136, [0x60, 0, 0, 0, ...ip("2001:db8::2"), ...option(2, m)])],
    ["RS", (m) => icmp6("2001:db8::3", "ff02::2", 133, [0, 0, 0, 0, ...option(1, m)])],
    [
      "redirect to itself",
      (m) => icmp6("2001:db8::3", "2001:db8::99", 137, [0, 0, 0, 0, ...ip("2001:db8::5"), ...ip("2001:db8:1::1"), ...option(2, m)]),
    ],
  ];
  for (const [name, build] of kinds) {
    const expected = bed.nics.map((_, n) => from(PEER, TYPE.IP6, build(nicMac(n)), [], nicMac(n)));
    assert.deepEqual(copies(bed, { bytes: out(PEER, TYPE.IP6, build(GROUP)) }), expected, name);
  }
  const another = icmp6("2001:db8::3", "2001:db8::99", 137, [0, 0, 0, 0, ...ip("2001:db8::5"), ...ip("2001:db8:1::1"), ...option(2, PEER)]);
  assert.deepEqual(
    copies(bed, { bytes: out(PEER, TYPE.IP6, another) }),
    bed.nics.map((_, n) => from(PEER, TYPE.IP6, another, [], nicMac(n))),
    "a redirect to another is left as it is",
  );
  const partial = copies(bed, { bytes: out(PEER, TYPE.IP6, kinds[0][1](GROUP)), vnet: NEEDS_CSUM });
  for (const copy of partial) assert.deepEqual(copy?.slice(56, 58), kinds[0][1](GROUP).slice(42, 44), "a partial checksum stays");
});

test("only members that carry the family send a copy; without one the frame is dropped", async () => {
  const bed = await broadcasting();
  bed.ipmp.illUp(bed.nics[1], V4, 0);
  const sent = (frame: Frame): boolean[] => copies(bed, frame).map((c) => c !== null);
  assert.deepEqual(sent({ bytes: out(PEER, TYPE.IP4, v4) }), [true, false, true]);
  assert.deepEqual(sent({ bytes: out(ALL, TYPE.ARP, arp(1, GROUP, "10.0.0.1", NO_MAC, "10.0.0.9")) }), [true, false, true]);
  assert.deepEqual(sent({ bytes: out(PEER, TYPE.IP6, v6) }), [true, true, true]);
  for (const p of bed.nics) bed.ipmp.illUp(p, V6, 0);
  assert.equal(send(bed, { bytes: out(PEER, TYPE.IP6, v6) })[0].what, "NO_ACTIVE");
  assert.deepEqual(sent({ bytes: out(PEER, 0x88b5, [1]) }), [true, false, true]);
  bed.ipmp.setMtu(bed.nics[0], 1000);
  const long = out(PEER, TYPE.IP4, ip4("10.0.0.1", "10.2.0.9", 17, [...ports, ...Array(1200).fill(0)]));
  assert.deepEqual(sent({ bytes: long }), [false, false, true]);
  assert.deepEqual(drops(bed), { NO_ACTIVE: 1, MTU: 1 });
});

test("a copy is made of nothing else: no other verdict, no place outside the I/O region, no NIC of another group", async () => {
  const bed = await broadcasting();
  const { ipmp, grp, nics } = bed;
  const other = ipmp.phyintCreate({ name: "free", ifindex: 9, mac: "02:00:00:00:00:99" });
  const code = (i: number, p = nics[0], g = grp): string => refused(() => ipmp.txCopy(g, i, p));
  send(bed, { bytes: out(PEER, TYPE.IP4, v4) }, { bytes: out("01:80:c2:00:00:0e", 0x88cc, [1]) });
  assert.deepEqual(
    [code(1), code(4096), code(0xffff_ffff), code(0, other), code(0, 77), code(0, nics[0], 9)],
    ["EINVAL", "ERANGE", "ERANGE", "EINVAL", "ENOENT", "ENOENT"],
  );
  const before = Buffer.from(ipmp.state());
  for (const [off, len, flags] of [
    [0, 60, 0],
    [ipmp.pageWord("io_end") - 59, 60, 0],
    [ipmp.pageWord("io_base"), 60, DESCF.VNET],
    [0xffff_ffff, 2, 0],
    [ipmp.pageWord("io_base"), 13, 0],
    [ipmp.pageWord("io_base"), 0, 0],
  ]) {
    ipmp.setDesc(0, off, len, flags);
    assert.equal(ipmp.descOut(0), OUT.ALL);
    assert.equal(code(0), "EINVAL", `${off} ${len}`);
  }
  assert.ok(before.equals(Buffer.from(ipmp.state())));
});

test("a request that comes in by several members is answered by each with its own address; the stack gets others once", async () => {
  const bed = await broadcasting();
  for (const n of [2, 0, 1]) {
    assert.equal(receive(bed, n, { bytes: from(ALL, TYPE.ARP, arp(1, PEER, "10.0.0.99", NO_MAC, "10.0.0.2")) })[0].what, "CONSUMED");
    const [answer] = bed.ctl();
    assert.deepEqual([...answer.bytes], control(PEER, nicMac(n), TYPE.ARP, arp(2, nicMac(n), "10.0.0.2", PEER, "10.0.0.99")));
    const ns = icmp6("2001:db8::99", "ff02::1:ff00:2", 135, [0, 0, 0, 0, ...ip("2001:db8::2"), ...option(1, PEER)]);
    assert.equal(receive(bed, n, { bytes: from("33:33:ff:00:00:02", TYPE.IP6, ns) })[0].what, "CONSUMED");
    const [advertised] = bed.ctl();
    assert.equal(advertised.nic, n);
    assert.deepEqual([...advertised.bytes.slice(-6)], [...from(ALL, 0, [], [], nicMac(n)).slice(6, 12)], "its target link-layer address");
  }
  const foreign = { bytes: from(ALL, TYPE.ARP, arp(1, PEER, "10.0.0.99", NO_MAC, "10.0.0.77")) };
  assert.deepEqual(
    [0, 1, 2].map((n) => receive(bed, n, foreign)[0].what),
    ["DELIVER", "RESOLVE_DUP", "RESOLVE_DUP"],
  );
});
