// Every cause for which a frame is dropped, provoked by name: the verdict, the group's counter, the member's error counter
// where the frame itself is at fault.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DROP, DROP_NAME, LIMIT } from "../../host/core/abi/ipmp.js";
import {
  arpFrame,
  BROADCAST,
  ETHERTYPE,
  echoBody,
  ethernet,
  ICMP,
  ipBody,
  ndBody,
  ndFrame,
  PROTO,
  udpBody,
} from "../../host/io/memory/packet.js";
import { Bed, GROUP_MAC, nicMac, type Outcome } from "./bed.js";

const PEER = "02:00:00:00:00:aa";
const udp = (dst: string, src: string, more: Partial<{ src: string; dst: string }> = {}): Uint8Array =>
  ethernet(
    dst,
    src,
    ETHERTYPE.IP4,
    ipBody({ src: "10.0.0.99", dst: "10.0.0.1", proto: PROTO.UDP, ...more }, udpBody(1, 2, new Uint8Array(20))),
  );
const udp6 = (dst: string): Uint8Array =>
  ethernet(
    dst,
    PEER,
    ETHERTYPE.IP6,
    ipBody({ src: "2001:db8::9", dst: "2001:db8::1", proto: PROTO.UDP }, udpBody(1, 2, new Uint8Array(20))),
  );
const who = (tpa: string, spa = "10.0.0.99"): Uint8Array => arpFrame(BROADCAST, PEER, { op: 1, spa, tpa, sha: PEER });
const poke = (frame: Uint8Array, at: number, ...bytes: number[]): Uint8Array => {
  const copy = Uint8Array.from(frame);
  copy.set(bytes, at);
  return copy;
};
const vlans = (n: number): Uint8Array => {
  const f = udp(nicMac(0), PEER);
  return Uint8Array.of(...f.subarray(0, 12), ...Array.from({ length: n }, () => [0x81, 0, 0, 5]).flat(), ...f.subarray(12));
};

/** ICMP echo to the test address of NIC 0. */
function ping(bed: Bed, type: number, bytes: number): Outcome {
  bed.ipmp.grpSet(bed.grp, "PROBE_COUNT", 0);
  bed.ipmp.testAddr(bed.nics[0], 0, "10.0.0.200/24");
  const body = ipBody({ src: "10.0.0.99", dst: "10.0.0.200", proto: PROTO.ICMP }, echoBody(type, 1, 1, new Uint8Array(bytes)));
  return bed.receive(0, ethernet(nicMac(0), PEER, ETHERTYPE.IP4, body))[0];
}

interface Case {
  run(bed: Bed): Outcome;
  /** the frame is malformed: the member's ierrors grow too */
  bad?: true;
  /** it is the stack's: the group's oerrors grow */
  out?: true;
  /** not counted: there is no group whose it could be */
  nowhere?: true;
}

const rx = (frame: Uint8Array | ((bed: Bed) => Uint8Array), more: Omit<Case, "run"> = {}, nic = 0): Case => ({
  run: (bed) => bed.receive(nic, typeof frame === "function" ? frame(bed) : frame)[0],
  ...more,
});

const CASES: Record<string, Case> = {
  BAD_DESC: {
    run(bed) {
      bed.ipmp.setDesc(0, bed.ipmp.pageWord("io_base") - 8, 60);
      bed.ipmp.rxBatch(bed.nics[0], 0, 1);
      return { what: DROP_NAME[bed.ipmp.descOut(0) & 0xff], bytes: new Uint8Array(0) };
    },
    bad: true,
  },
  SHORT: rx(udp(nicMac(0), PEER).subarray(0, 20), { bad: true }),
  VLAN: rx(vlans(8), { bad: true }),
  IP4_HEADER: rx(poke(udp(nicMac(0), PEER), 14, 0x44), { bad: true }),
  IP6_HEADER: rx(poke(udp6(nicMac(0)), 14, 0x40), { bad: true }),
  ARP_FORMAT: rx(poke(who("10.0.0.1"), 14, 0, 6), { bad: true }),
  ND_FORMAT: rx(ndFrame(nicMac(0), PEER, { src: "2001:db8::9", dst: "2001:db8::1" }, ndBody(ICMP.NS, "ff02::1", 0, PEER)), { bad: true }),
  NO_ACTIVE: {
    run(bed) {
      for (const n of [0, 1]) bed.link(n, false);
      return bed.transmit(udp(PEER, GROUP_MAC, { src: "10.0.0.1", dst: "10.0.0.99" }))[0];
    },
    out: true,
  },
  NOT_MEMBER: {
    run(bed) {
      bed.ipmp.leave(bed.nics[1]);
      return bed.receive(1, udp(nicMac(1), PEER))[0];
    },
    nowhere: true,
  },
  OFFLINE: {
    run(bed) {
      bed.ipmp.offline(bed.nics[0], 1);
      return bed.receive(0, udp(nicMac(0), PEER))[0];
    },
  },
  OTHER_HOST: rx(udp("02:00:00:00:00:bb", PEER)),
  REFLECTED: rx(udp(nicMac(0), nicMac(1))),
  NOT_NOMINEE: rx(udp(BROADCAST, PEER), {}, 1),
  RESOLVE_DUP: {
    run(bed) {
      bed.receive(0, who("10.0.0.1"));
      return bed.receive(1, who("10.0.0.1"))[0];
    },
  },
  LINK_LOCAL: rx(udp("01:80:c2:00:00:02", PEER)),
  CTL_FULL: {
    run(bed) {
      for (let i = 0; i < LIMIT.CTL_MAX; i++) bed.receive(0, who("10.0.0.1", `10.7.${i >> 8}.${i & 255}`));
      return bed.receive(0, who("10.0.0.1", "10.6.0.1"))[0];
    },
  },
  SOURCE_MAC: rx(poke(udp(nicMac(0), PEER), 6, 1), { bad: true }),
  DUPLICATE: {
    run(bed) {
      bed.add("10.0.0.50");
      bed.receive(0, arpFrame(BROADCAST, PEER, { op: 1, spa: "10.0.0.50", tpa: "10.0.0.50", sha: PEER }));
      return bed.transmit(arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: "10.0.0.50", tpa: "10.0.0.99", sha: GROUP_MAC }))[0];
    },
    out: true,
  },
  PROBE_REPLY: { run: (bed) => ping(bed, ICMP.ECHO_REPLY, 20) },
  ECHO_LONG: { run: (bed) => ping(bed, ICMP.ECHO, 1000) },
  MTU: {
    run(bed) {
      const body = ipBody({ src: "10.0.0.1", dst: "10.0.0.99", proto: PROTO.UDP }, udpBody(1, 2, new Uint8Array(1600)));
      return bed.transmit(ethernet(PEER, GROUP_MAC, ETHERTYPE.IP4, body))[0];
    },
    out: true,
  },
};

for (const [name, c] of Object.entries(CASES))
  test(`dropped: ${name}`, async () => {
    const bed = await Bed.make();
    bed.add("10.0.0.1", { verified: true });
    bed.add("2001:db8::1", { verified: true });
    bed.pass(20_000);
    bed.ctl();
    const before = bed.ipmp.grpStats(bed.grp);
    assert.equal(c.run(bed).what, name);
    const after = bed.ipmp.grpStats(bed.grp);
    const counted = bed.ipmp.grp(bed.grp).drops;
    assert.equal(counted[DROP[name as keyof typeof DROP]], c.nowhere ? 0n : 1n);
    assert.equal(counted.filter((n) => n > 0n).length, c.nowhere ? 0 : 1, "no other cause is counted");
    assert.equal(after.ierrors - before.ierrors, c.bad ? 1n : 0n);
    assert.equal(after.oerrors - before.oerrors, c.out ? 1n : 0n);
    await bed.check();
  });

test("there is no cause that is not provoked here", () => {
  const causes = Object.keys(DROP).filter((name) => name !== "NONE");
  assert.deepEqual(
    causes.filter((name) => CASES[name] === undefined),
    [],
  );
});

test("VLAN stacks of 1 to 8 tags: up to two are read, more are dropped and counted", async () => {
  const bed = await Bed.make();
  for (let n = 1; n <= 8; n++) assert.equal(bed.receive(0, vlans(n))[0].what, n <= 2 ? "DELIVER" : "VLAN", `${n} tags`);
  assert.equal(bed.ipmp.grp(bed.grp).drops[DROP.VLAN], 6n);
});
