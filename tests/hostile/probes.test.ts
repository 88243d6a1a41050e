import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PI_NAME } from "../../host/core/abi/ipmp.js";
import { nicMac } from "../conformance/bed.js";
import { hostAddr, hostMac, icmp4, ProbeBed } from "../conformance/probe_bed.js";
import { arp, type Bytes, eth, icmp6, ip4 } from "./frames.js";
import { Random, seed } from "./random.js";

const state = (lan: ProbeBed, nic: number): string => PI_NAME[lan.ipmp.phyint(lan.bed.nics[nic]).state];

/** The answer to the latest echo probe of NIC 0, its fields as a forger would have them. */
function forged(
  lan: ProbeBed,
  change: { id?: number; seq?: number; stamp?: number; class?: number; src?: string; dst?: string; mac?: string } = {},
): Bytes {
  const probe = lan.sent.filter((f) => f.kind === "ECHO" && f.nic === 0).at(-1);
  assert.ok(probe);
  const rest = [...probe.bytes.subarray(38, 54)];
  rest[0] ^= change.id ?? 0;
  rest[3] ^= change.seq ?? 0;
  rest[4] ^= change.stamp ?? 0;
  rest[12] ^= change.class ?? 0;
  const src = change.src ?? [...probe.bytes.subarray(30, 34)].join(".");
  return eth(change.mac ?? nicMac(0), hostMac(1), 0x0800, ip4(src, change.dst ?? "10.0.0.200", 1, icmp4(0, rest)));
}

/** Stops just after NIC 0 has sent a probe that nobody answers. */
async function waiting(): Promise<ProbeBed> {
  const lan = await ProbeBed.make({ hosts: [1, 2] });
  lan.pass(2000);
  lan.silence();
  const { sent } = lan.probe(0);
  lan.until(() => lan.probe(0).sent > sent, 300, 0.5);
  return lan;
}

const put = (lan: ProbeBed, frame: Bytes, nic = 0): string => lan.bed.receive(nic, Uint8Array.from(frame))[0].what;

describe("hostile probes: what is no answer counts for nothing", () => {
  it("an answer as it should be is taken, once", async () => {
    const lan = await waiting();
    const { acked } = lan.probe(0);
    assert.equal(put(lan, forged(lan)), "CONSUMED");
    assert.equal(lan.probe(0).acked, acked + 1);
    assert.equal(put(lan, forged(lan)), "PROBE_REPLY", "the same again");
    assert.equal(lan.probe(0).acked, acked + 1);
    assert.equal(lan.probe(0).bad, 1);
    await lan.check();
  });

  for (const [what, change] of [
    ["another identifier", { id: 1 }],
    ["another number", { seq: 1 }],
    ["another time stamp", { stamp: 1 }],
    ["another class", { class: 1 }],
    ["the class of multicast", { class: 0x34 ^ 0x78 }],
    ["a source that is no target", { src: "10.0.0.77" }],
    ["the other target as source", { src: "10.0.0.3" }],
  ] as const)
    it(`with ${what} it is none`, async () => {
      const lan = await waiting();
      const { acked, bad } = lan.probe(0);
      assert.equal(put(lan, forged(lan, change)), "PROBE_REPLY");
      assert.deepEqual([lan.probe(0).acked, lan.probe(0).bad], [acked, bad + 1]);
      await lan.check();
    });

  it("with a wrong checksum, cut short, to another member, or received by another member it is none", async () => {
    const lan = await waiting();
    const { acked } = lan.probe(0);
    const wrong = [...forged(lan)];
    wrong[36] ^= 1;
    assert.equal(put(lan, wrong), "PROBE_REPLY");
    assert.equal(put(lan, forged(lan, { mac: nicMac(1) }), 1), "DELIVER", "NIC 1 has another test address");
    assert.equal(put(lan, forged(lan, { mac: nicMac(1), dst: "10.0.0.201" }), 1), "PROBE_REPLY");
    assert.equal(put(lan, forged(lan), 1), "OTHER_HOST");
    const frame = forged(lan);
    for (let cut = 14; cut < 54; cut++) put(lan, frame.slice(0, cut));
    const short = eth(nicMac(0), hostMac(1), 0x0800, ip4(hostAddr(1), "10.0.0.200", 1, icmp4(0, [1, 2, 3, 4])));
    assert.equal(put(lan, short), "PROBE_REPLY");
    assert.equal(lan.probe(0).acked, acked);
    await lan.check();
  });

  it("too late it says how long it took, and neither saves nor repairs a member", async () => {
    const lan = await waiting();
    const late = forged(lan);
    lan.hosts[1].alive = (n) => n === 1; // so that it is this NIC's failure
    lan.hosts[0].alive = (n) => n === 1;
    lan.until(() => state(lan, 0) === "FAILED", 2000);
    const before = lan.probe(0);
    assert.equal(put(lan, late), "CONSUMED");
    assert.equal(put(lan, late), "PROBE_REPLY");
    const after = lan.probe(0);
    assert.deepEqual([after.late, after.acked, after.oks], [before.late + 1, before.acked, 0]);
    await lan.check();
  });

  it("a flood of answers to nothing fails nobody, repairs nobody, and makes no target", async () => {
    const lan = await ProbeBed.make({ hosts: [1], routers: false });
    lan.pass(2000);
    lan.deaf(0);
    lan.until(() => lan.bed.has(0, "FAILED"), 2000);
    const random = new Random(seed());
    for (let i = 0; i < 5000; i++) {
      const rest = Array.from({ length: 16 }, () => random.u32() & 255);
      if (random.once(2)) rest.splice(12, 4, 0x78, 0x56, 0, 0);
      const src = `10.0.0.${1 + random.below(250)}`;
      put(lan, eth(nicMac(0), hostMac(7), 0x0800, ip4(src, "10.0.0.200", 1, icmp4(0, rest))));
    }
    assert.ok(lan.bed.has(0, "FAILED"));
    assert.ok(lan.probe(0).targets.length <= 1);
    assert.ok(lan.probe(0).bad >= 4500);
    await lan.check();
  });

  it("a forged claim by ARP changes no target's hardware address unless it was asked for", async () => {
    const lan = await ProbeBed.make({ hosts: [1] });
    lan.pass(2000);
    const forger = "02:66:66:66:66:66";
    put(lan, eth(nicMac(0), forger, 0x0806, arp(2, forger, "10.0.0.1", nicMac(0), "10.0.0.200")));
    put(lan, eth("ff:ff:ff:ff:ff:ff", forger, 0x0806, arp(1, forger, "10.0.0.1", "00:00:00:00:00:00", "10.0.0.1")));
    assert.equal(lan.probe(0).targets[0].mac, hostMac(1));
    lan.pass(2000);
    assert.equal(lan.probe(0).lost, 0);
    await lan.check();
  });

  it("a claim on the test address itself is defended once, told once, and is no data address's conflict", async () => {
    const lan = await ProbeBed.make({ hosts: [1] });
    lan.addMany(4);
    const forger = "02:66:66:66:66:66";
    assert.equal(
      put(lan, eth("ff:ff:ff:ff:ff:ff", forger, 0x0806, arp(1, forger, "10.0.0.200", "00:00:00:00:00:00", "10.0.0.200"))),
      "CONSUMED",
    );
    lan.take();
    assert.deepEqual(
      lan.events("CONFLICT").map((e) => [e.phyint, e.new]),
      [[lan.bed.nics[0], 0]],
    );
    assert.ok(lan.bed.ipifs().every((i) => i.conflicts === 0));
    await lan.check();
  });

  it("mutated answers, ARP, ND and pings by the ten thousand, while time passes: nothing traps, no state breaks", async () => {
    const lan = await ProbeBed.make({ families: 3, hosts: [1, 2], routers: false });
    lan.ipmp.grpSet(lan.bed.grp, "WATCH", 3);
    lan.ipmp.testAddr(lan.bed.nics[0], 1, "fe80::bb:1/64");
    lan.routers(1, 2);
    lan.ipmp.grpTargets(lan.bed.grp, 1, "STATIC", ["fe80::aa:1"]);
    const random = new Random(seed());
    lan.pass(1000);
    const stock = [
      () => forged(lan),
      () => eth(nicMac(0), hostMac(1), 0x0806, arp(2, hostMac(1), "10.0.0.1", nicMac(0), random.once(2) ? "0.0.0.0" : "10.0.0.200")),
      () => eth(nicMac(0), hostMac(1), 0x0800, ip4("10.0.0.1", "10.0.0.200", 1, icmp4(8, [1, 2, 3, 4, 5, 6]))),
      () => eth(nicMac(0), hostMac(1), 0x86dd, icmp6("fe80::aa:1", "fe80::bb:1", 129, Array(16).fill(random.below(4)))),
    ];
    for (let i = 0; i < 30_000; i++) {
      const frame = [...stock[random.below(stock.length)]()];
      for (let k = random.below(3); k >= 0; k--) frame[random.below(frame.length)] ^= 1 << random.below(8);
      put(lan, random.once(8) ? frame.slice(0, random.below(frame.length)) : frame, random.below(2));
      if (i % 64 === 0) lan.take();
      if (i % 1000 === 0) lan.pass(random.below(300));
      if (i % 10_000 === 0) await lan.check();
    }
    lan.pass(5000);
    assert.equal(state(lan, 0), "RUNNING");
    await lan.check();
  });
});
