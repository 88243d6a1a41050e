// Neighbour discovery through the group, byte by byte: what comes out is compared with a message built anew, its
// checksum computed over the whole, not updated.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bed, nicMac, V6 } from "../conformance/bed.js";
import { advertisement, type Bytes, icmp6, ip, solicitation } from "../hostile/frames.js";
import { DATA_VALID, drops, NEEDS_CSUM, receive, send } from "./place.js";
import { control, from, GROUP, NODES, option, out, PEER, stage, TAGS, TYPE } from "./stage.js";

const FOREIGN = "2001:db8::99";
const SOLICITED = "33:33:ff:00:00:99";
/** Where solicitations for 2001:db8::n go. */
const asked = (n: number): string => `33:33:ff:00:00:0${n}`;

/** A message of the stack's, as a function of the hardware address in it. */
interface Message {
  name: string;
  /** data address that decides */
  n: number;
  dst: string;
  build: (mac: string) => Bytes;
}

const MESSAGES: Message[] = [
  { name: "NS", n: 2, dst: SOLICITED, build: (mac) => solicitation("2001:db8::2", FOREIGN, mac) },
  {
    name: "NS to one neighbour",
    n: 3,
    dst: PEER,
    build: (mac) => icmp6("2001:db8::3", FOREIGN, 135, [0, 0, 0, 0, ...ip(FOREIGN), ...option(1, mac)]),
  },
  { name: "DAD NS", n: 3, dst: "33:33:ff:00:00:03", build: () => solicitation("::", "2001:db8::3") },
  { name: "NA", n: 2, dst: PEER, build: (mac) => advertisement("2001:db8::2", FOREIGN, "2001:db8::2", mac, 0x60) },
  {
    name: "NA of another address than its source",
    n: 3,
    dst: PEER,
    build: (mac) => advertisement("2001:db8::1", FOREIGN, "2001:db8::3", mac, 0x60),
  },
  {
    name: "NA with a nonce before and a second address after",
    n: 2,
    dst: PEER,
    build: (mac) =>
      icmp6("2001:db8::2", FOREIGN, 136, [
        0x60,
        0,
        0,
        0,
        ...ip("2001:db8::2"),
        14,
        1,
        1,
        2,
        3,
        4,
        5,
        6,
        ...option(2, mac),
        ...option(2, mac),
      ]),
  },
  { name: "RS", n: 3, dst: "33:33:00:00:00:02", build: (mac) => icmp6("2001:db8::3", "ff02::2", 133, [0, 0, 0, 0, ...option(1, mac)]) },
  {
    name: "RA",
    n: 2,
    dst: NODES,
    build: (mac) =>
      icmp6("2001:db8::2", "ff02::1", 134, [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5, 220, ...option(1, mac)]),
  },
  {
    name: "redirect to a neighbour that this host stands for",
    n: 3,
    dst: PEER,
    build: (mac) => icmp6("2001:db8::3", FOREIGN, 137, [0, 0, 0, 0, ...ip("2001:db8::5"), ...ip("2001:db8:1::1"), ...option(2, mac)]),
  },
];

for (const message of MESSAGES) {
  test(`${message.name} of the stack: option and checksum follow the member, with any tags`, async () => {
    const bed = await stage();
    const mac = nicMac(message.n - 1);
    for (const [name, tags] of TAGS) {
      const [sent] = send(bed, { bytes: out(message.dst, TYPE.IP6, message.build(GROUP), tags) });
      assert.equal(sent.what, `nic${message.n - 1}`, name);
      assert.deepEqual([...sent.bytes], from(message.dst, TYPE.IP6, message.build(mac), tags, mac), name);
    }
  });

  test(`${message.name} of the stack with a partial checksum: it stays as it is`, async () => {
    const bed = await stage();
    const whole = message.build(GROUP);
    // 40 bytes of header, then type and code: the checksum holds the pseudo-header only.
    const partial = (bytes: Bytes): Bytes => [...bytes.slice(0, 42), 0x12, 0x34, ...bytes.slice(44)];
    const mac = nicMac(message.n - 1);
    const [sent] = send(bed, { bytes: out(message.dst, TYPE.IP6, partial(whole)), vnet: NEEDS_CSUM });
    assert.deepEqual([...sent.bytes], from(message.dst, TYPE.IP6, partial(message.build(mac)), [], mac));
  });
}

test("a redirect to a host that speaks for itself keeps that host's address", async () => {
  const bed = await stage();
  const redirect = icmp6("2001:db8::3", FOREIGN, 137, [0, 0, 0, 0, ...ip("2001:db8::5"), ...ip("2001:db8:1::1"), ...option(2, PEER)]);
  const [sent] = send(bed, { bytes: out(PEER, TYPE.IP6, redirect) });
  assert.deepEqual([...sent.bytes], from(PEER, TYPE.IP6, redirect, [], nicMac(2)));
});

test("a message of the stack with options that do not add up is dropped", async () => {
  const bed = await stage();
  for (const size of [0, 2, 255]) {
    const body = [0, 0, 0, 0, ...ip(FOREIGN), 1, size, 0, 0, 0, 0, 0, 0];
    assert.equal(send(bed, { bytes: out(SOLICITED, TYPE.IP6, icmp6("2001:db8::2", "ff02::1:ff00:99", 135, body)) })[0].what, "ND_FORMAT");
  }
  assert.deepEqual(drops(bed), { ND_FORMAT: 3 });
});

for (const [name, tags] of TAGS) {
  test(`a solicitation from the wire, ${name}: answered by its receiver, with the bound member's address, in its VLANs`, async () => {
    const bed = await stage();
    const ask = { bytes: from(asked(2), TYPE.IP6, solicitation(FOREIGN, "2001:db8::2", PEER), tags) };
    assert.deepEqual(
      [2, 0, 1].map((n) => receive(bed, n, ask)[0].what),
      ["CONSUMED", "RESOLVE_DUP", "RESOLVE_DUP"],
    );
    const [answer, ...more] = bed.ctl();
    assert.deepEqual([answer.nic, answer.kind, more.length], [2, "ANSWER", 0]);
    const wanted = advertisement("2001:db8::2", FOREIGN, "2001:db8::2", nicMac(1), 0x60);
    assert.deepEqual([...answer.bytes], control(PEER, nicMac(2), TYPE.IP6, wanted, tags));
  });
}

test("duplicate detection for an address of the group is answered to all nodes, each prober by itself", async () => {
  const bed = await stage();
  const probe = (src: string): { bytes: Bytes } => ({ bytes: from(asked(1), TYPE.IP6, solicitation("::", "2001:db8::1"), [], src) });
  assert.equal(receive(bed, 1, probe(PEER))[0].what, "CONSUMED");
  assert.equal(receive(bed, 0, probe(PEER))[0].what, "RESOLVE_DUP");
  assert.equal(receive(bed, 0, probe("02:00:00:00:00:ab"))[0].what, "CONSUMED");
  const wanted = advertisement("2001:db8::1", "ff02::1", "2001:db8::1", nicMac(0), 0x20);
  assert.deepEqual(
    bed.ctl().map((f) => [f.nic, [...f.bytes]]),
    [
      [1, control(NODES, nicMac(1), TYPE.IP6, wanted)],
      [0, control("02:00:00:00:00:ab", nicMac(0), TYPE.IP6, wanted)],
    ],
    "to all once in 15 s, else to who asks",
  );
});

test("a solicitation to one member is answered there, to the sender if it names no address or a bad one", async () => {
  const bed = await stage();
  for (const slla of [[], option(1, "33:33:00:00:00:01"), option(1, nicMac(2))]) {
    const ns = icmp6(FOREIGN, "2001:db8::1", 135, [0, 0, 0, 0, ...ip("2001:db8::1"), ...slla]);
    assert.equal(receive(bed, 1, { bytes: from(nicMac(1), TYPE.IP6, ns) })[0].what, "CONSUMED");
  }
  const wanted = control(PEER, nicMac(1), TYPE.IP6, advertisement("2001:db8::1", FOREIGN, "2001:db8::1", nicMac(0), 0x60));
  assert.deepEqual(
    bed.ctl().map((f) => [...f.bytes]),
    [wanted, wanted, wanted],
  );
});

test("answers say that this host is a router once its stack has said so, and no longer when it takes it back", async () => {
  const bed = await stage();
  const flags = (): number => {
    receive(bed, 0, { bytes: from(nicMac(0), TYPE.IP6, icmp6(FOREIGN, "2001:db8::1", 135, [0, 0, 0, 0, ...ip("2001:db8::1")])) });
    return bed.ctl()[0].bytes[14 + 40 + 4];
  };
  const advertise = (lifetime: number): string =>
    send(bed, { bytes: out(NODES, TYPE.IP6, icmp6("2001:db8::1", "ff02::1", 134, [64, 0, 0, lifetime, 0, 0, 0, 0, 0, 0, 0, 0])) })[0].what;
  assert.equal(flags(), 0x60);
  assert.equal(advertise(30), "nic0");
  assert.equal(flags(), 0xe0);
  advertise(0);
  assert.equal(flags(), 0x60);
  send(bed, { bytes: out(PEER, TYPE.IP6, advertisement("2001:db8::2", FOREIGN, "2001:db8::2", GROUP, 0xe0)) });
  assert.equal(flags(), 0xe0);
});

test("what a receiver must discard is dropped and counted (RFC 4861 §7.1)", async () => {
  const bed = await stage();
  const to = (payload: Bytes): { bytes: Bytes } => ({ bytes: from(nicMac(0), TYPE.IP6, payload) });
  const body = [0, 0, 0, 0, ...ip("2001:db8::1")];
  const good = icmp6(FOREIGN, "2001:db8::1", 135, body);
  const bad: Bytes[] = [
    icmp6(FOREIGN, "2001:db8::1", 135, body, 254),
    icmp6(FOREIGN, "2001:db8::1", 135, [0, 0, 0, 0, ...ip("ff02::1")]),
    icmp6(FOREIGN, "2001:db8::1", 135, body.slice(0, 12)),
    icmp6(FOREIGN, "2001:db8::1", 135, [...body, 1, 0]),
    icmp6(FOREIGN, "2001:db8::1", 135, [...body, 1, 2, 0, 0, 0, 0, 0, 0]),
    icmp6("::", "2001:db8::1", 135, body),
    icmp6("::", "ff02::1:ff00:1", 135, [...body, ...option(1, PEER)]),
    icmp6(FOREIGN, "ff02::1", 136, [0x40, ...body.slice(1)]),
    [...good.slice(0, 41), 1, ...good.slice(42)],
    [...good.slice(0, 43), good[43] ^ 1, ...good.slice(44)],
  ];
  for (const [i, payload] of bad.entries()) assert.equal(receive(bed, 0, to(payload))[0].what, "ND_FORMAT", `case ${i}`);
  assert.equal(receive(bed, 0, to(good))[0].what, "CONSUMED");
  assert.deepEqual(drops(bed), { ND_FORMAT: bad.length });
  assert.equal(bed.ipmp.grpStats(bed.grp).ierrors, BigInt(bad.length));
});

test("a checksum that is partial or verified already is not looked at", async () => {
  const bed = await stage();
  const good = icmp6(FOREIGN, "2001:db8::1", 135, [0, 0, 0, 0, ...ip("2001:db8::1")]);
  const bytes = from(nicMac(0), TYPE.IP6, [...good.slice(0, 42), 0, 0, ...good.slice(44)]);
  const seen = [{ bytes }, { bytes, vnet: NEEDS_CSUM }, { bytes, vnet: DATA_VALID }].map((frame) => receive(bed, 0, frame)[0].what);
  assert.deepEqual(seen, ["ND_FORMAT", "CONSUMED", "CONSUMED"]);
});

test("advertisements reach the stack: unicast by any member, to all nodes by the nominee", async () => {
  const bed = await stage();
  const unicast = advertisement(FOREIGN, "2001:db8::2", FOREIGN, PEER, 0x60);
  const [got] = receive(bed, 1, { bytes: from(nicMac(1), TYPE.IP6, unicast) });
  assert.equal(got.what, "DELIVER");
  assert.deepEqual([...got.bytes], from(GROUP, TYPE.IP6, unicast));
  const all = { bytes: from(NODES, TYPE.IP6, advertisement(FOREIGN, "ff02::1", FOREIGN, PEER)) };
  assert.deepEqual(
    [0, 1, 2].map((n) => receive(bed, n, all)[0].what),
    ["DELIVER", "NOT_NOMINEE", "NOT_NOMINEE"],
  );
});

test("claims: another's address is a conflict, the group's own, relayed by somebody, is not", async () => {
  const bed = await stage();
  const claim = (tlla: string): string =>
    receive(bed, 0, { bytes: from(NODES, TYPE.IP6, advertisement("2001:db8::1", "ff02::1", "2001:db8::1", tlla)) })[0].what;
  assert.equal(claim(nicMac(1)), "REFLECTED");
  assert.equal(claim(GROUP), "REFLECTED");
  assert.deepEqual(bed.events("CONFLICT"), []);
  assert.equal(claim(PEER), "DELIVER");
  assert.equal(bed.events("CONFLICT").length, 1);
  const solicit = from(asked(5), TYPE.IP6, solicitation("2001:db8::2", "2001:db8::5", PEER));
  assert.equal(receive(bed, 0, { bytes: solicit })[0].what, "DELIVER");
  assert.equal(bed.events("CONFLICT").length, 1);
});

test("a solicitation hidden behind extension headers is found", async () => {
  const bed = await stage();
  const [got] = receive(bed, 0, {
    bytes: from(
      nicMac(0),
      TYPE.IP6,
      icmp6(FOREIGN, "2001:db8::1", 135, [0, 0, 0, 0, ...ip("2001:db8::1")], 255, [58, 0, 1, 4, 0, 0, 0, 0]),
    ),
  });
  assert.equal(got.what, "CONSUMED");
});

test("announcements and probes of a new address are as RFC 4861 and RFC 4862 have them", async () => {
  const bed = await Bed.make({ nics: 2 });
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 1);
  bed.ipmp.grpSet(bed.grp, "PROBE_COUNT", 1);
  bed.add("2001:db8::1:2345:6789");
  bed.pass(1000);
  const [probe, announcement] = bed.ctl();
  assert.equal(bed.nominee(V6), 0);
  assert.deepEqual([...probe.bytes], control("33:33:ff:45:67:89", nicMac(0), TYPE.IP6, solicitation("::", "2001:db8::1:2345:6789")));
  const wanted = advertisement("2001:db8::1:2345:6789", "ff02::1", "2001:db8::1:2345:6789", nicMac(0), 0x20);
  assert.deepEqual([...announcement.bytes], control(NODES, nicMac(0), TYPE.IP6, wanted));
});
