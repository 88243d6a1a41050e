// Watchers together, and the states they bring: R2.3's table of states, R2.9's table of classification, quiet period,
// WATCH_ALL, ARP and ND watchers, evidence of life, what a test address answers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CAUSE_NAME, PG, PI_NAME } from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/index.js";
import { advertisement, arp, eth, icmp6, ip4, solicitation } from "../hostile/frames.js";
import { Bed, nicMac, refused } from "./bed.js";
import { hostMac, icmp4, ProbeBed } from "./probe_bed.js";

const state = (lan: ProbeBed, nic: number): string => PI_NAME[lan.ipmp.phyint(lan.bed.nics[nic]).state];
const cause = (lan: ProbeBed, nic: number): string => CAUSE_NAME[lan.ipmp.phyint(lan.bed.nics[nic]).cause];
const PING = [0x12, 0x34, 0, 1, ...Array.from({ length: 56 }, (_, i) => i)];

test("conformance R2.3: a test address without targets is NOTARGETS, traffic goes on; targets found: RUNNING", async () => {
  const lan = await ProbeBed.make({ hosts: [1], routers: false });
  lan.addMany(2);
  assert.equal(state(lan, 0), "NOTARGETS");
  assert.equal(lan.says(0), "UNKNOWN");
  assert.deepEqual(lan.bed.counts(), [1, 1]);
  assert.equal(lan.ipmp.grp(lan.bed.grp).state, PG.OK);
  lan.pass(1000);
  assert.equal(state(lan, 0), "RUNNING");
  assert.equal(cause(lan, 0), "TARGETS");
  await lan.check();
});

test("conformance R2.3: the last target lost: NOTARGETS; a test address taken away: RUNNING", async () => {
  const lan = await ProbeBed.make({ hosts: [1] });
  lan.ipmp.grpSet(lan.bed.grp, "DISCOVERY", 0);
  lan.pass(1000);
  lan.routers();
  assert.equal(state(lan, 0), "NOTARGETS");
  lan.routers(1);
  assert.equal(state(lan, 0), "RUNNING");
  lan.routers();
  lan.testAddr(0, false);
  assert.equal(state(lan, 0), "RUNNING");
  assert.equal(lan.says(0), "DISABLED");
  await lan.check();
});

test("conformance R2.3: OFFLINE stops probes; undone it is RUNNING, and its quiet period begins anew", async () => {
  const lan = await ProbeBed.make({ hosts: [1], quiet: 5000 });
  lan.pass(2000);
  lan.ipmp.offline(lan.bed.nics[0], 1);
  assert.equal(lan.says(0), "DISABLED");
  const frames = lan.sent.filter((f) => f.nic === 0).length;
  lan.pass(3000);
  assert.equal(lan.sent.filter((f) => f.nic === 0).length, frames, "not a frame");
  lan.deaf(0);
  lan.ipmp.undoOffline(lan.bed.nics[0]);
  assert.equal(state(lan, 0), "RUNNING");
  lan.pass(4500);
  assert.equal(state(lan, 0), "RUNNING", "quiet");
  lan.pass(1500);
  assert.equal(state(lan, 0), "FAILED");
  await lan.check();
});

test("conformance R2.3: FAILED by probes, then no test address any more: carrier alone counts", async () => {
  const lan = await ProbeBed.make({ hosts: [1] });
  lan.pass(1000);
  lan.deaf(0);
  lan.pass(1000);
  assert.equal(state(lan, 0), "FAILED");
  assert.equal(cause(lan, 0), "PROBE");
  lan.testAddr(0, false);
  assert.equal(state(lan, 0), "RUNNING");
  await lan.check();
});

test("conformance R2.5: either method fails a member, both must be good to repair it", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2] });
  lan.pass(1000);
  lan.bed.link(0, false);
  assert.equal(cause(lan, 0), "LINK");
  lan.bed.link(0, true);
  assert.equal(state(lan, 0), "FAILED", "carrier is back, answers are wanted");
  const took = lan.until(() => state(lan, 0) === "RUNNING", 3000);
  assert.ok(took >= 850 && took <= 1200, `${took} ms`);
  lan.deaf(0);
  lan.until(() => state(lan, 0) === "FAILED", 1000);
  lan.bed.link(0, false);
  lan.deaf(0, false);
  lan.pass(3000);
  assert.equal(state(lan, 0), "FAILED", "no carrier, no probes");
  lan.bed.link(0, true);
  lan.pass(1500);
  assert.equal(state(lan, 0), "RUNNING");
  await lan.check();
});

test("quiet period: losses do not count before the first answer, and do from then on", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2], quiet: 40_000 });
  lan.deaf(0);
  lan.pass(39_000);
  assert.equal(state(lan, 0), "RUNNING");
  assert.ok(lan.probe(0).lost > 300);
  lan.deaf(0, false);
  lan.until(() => lan.probe(0).quietUntil === 0n, 500);
  lan.deaf(0);
  const took = lan.until(() => state(lan, 0) === "FAILED", 1000);
  assert.ok(took <= 700, `${took} ms`);
  await lan.check();
});

/** Rows of R2.9: what is set up before NIC 0 goes silent, and what its failure is then. */
const ROWS: [string, (lan: ProbeBed) => void, "PROBE" | "GROUP" | "none"][] = [
  ["another member answers later than its first loss", (lan) => lan.deaf(0), "PROBE"],
  [
    "another member with carrier works without probing",
    (lan) => {
      lan.testAddr(1, false);
      lan.silence();
    },
    "PROBE",
  ],
  [
    "the other member does not probe, but has no carrier",
    (lan) => {
      lan.testAddr(1, false);
      lan.bed.link(1, false);
      lan.silence();
    },
    "GROUP",
  ],
  [
    "the other member is offline",
    (lan) => {
      lan.ipmp.offline(lan.bed.nics[1], 0);
      lan.silence();
    },
    "GROUP",
  ],
  ["everybody has been silent since", (lan) => lan.silence(), "GROUP"],
  [
    "only one target of two is silent",
    (lan) => {
      lan.hosts[0].alive = () => false;
    },
    "none",
  ],
];
for (const [what, before, expected] of ROWS)
  test(`conformance R2.9: ${what}: ${expected}`, async () => {
    const lan = await ProbeBed.make({ hosts: [1, 2] });
    lan.addMany(4);
    lan.pass(2000);
    before(lan);
    lan.pass(1000);
    assert.equal(state(lan, 0), expected === "none" ? "RUNNING" : "FAILED");
    if (expected !== "none") assert.equal(cause(lan, 0), expected);
    assert.equal(lan.ipmp.watch(lan.bed.grp).failures, expected === "GROUP" ? 1 : 0);
    await lan.check();
  });

test("conformance R2.6: a member with both families fails if both do, and is repaired if either is", async () => {
  const lan = await ProbeBed.make({ families: 3, hosts: [1] });
  const { ipmp, bed } = lan;
  ipmp.grpTargets(bed.grp, 1, "STATIC", ["fe80::aa:1"]);
  for (const n of [0, 1]) ipmp.testAddr(bed.nics[n], 1, `fe80::bb:${n + 1}/64`);
  // The IPv6 side has a target that never answers: it fails alone, and says nothing of the member.
  lan.pass(3000);
  assert.equal(ipmp.probe(bed.nics[0], 1).state, 3);
  assert.equal(lan.says(0), "OK");
  assert.equal(state(lan, 0), "RUNNING");
  lan.deaf(0);
  lan.pass(1000);
  assert.equal(state(lan, 0), "FAILED");
  lan.deaf(0, false);
  lan.pass(1500);
  assert.equal(state(lan, 0), "RUNNING", "IPv4 alone is enough");
  await lan.check();
});

test("received traffic is evidence of life where that is configured, and does not repair", async () => {
  for (const evidence of [0, 1]) {
    const lan = await ProbeBed.make({ hosts: [1, 2] });
    lan.ipmp.grpSet(lan.bed.grp, "EVIDENCE", evidence);
    lan.addMany(1);
    lan.pass(1000);
    lan.deaf(0);
    const data = Uint8Array.from(eth(nicMac(0), hostMac(9), 0x0800, ip4("10.0.0.9", "10.0.0.100", 17, [0, 9, 0, 9, 0, 8, 0, 0])));
    for (let i = 0; i < 100; i++) {
      lan.pass(20);
      lan.bed.receive(0, data);
    }
    assert.equal(state(lan, 0), evidence ? "RUNNING" : "FAILED");
    if (evidence) assert.ok(lan.fates(0).includes("SEEN"));
    await lan.check();
  }
});

for (const family of [0, 1] as const)
  test(`ARP and ND watchers need no test address, IPv${family ? 6 : 4}: failure, repair`, async () => {
    const lan = await ProbeBed.make({ family, hosts: [1, 2], routers: false, test: false });
    lan.ipmp.grpSet(lan.bed.grp, "WATCH", 2);
    if (family) for (const nic of lan.bed.nics) lan.ipmp.ipifAdd(lan.bed.grp, { addr: `fe80::cc:${nic + 1}`, prefix: 64, verified: true });
    lan.ipmp.grpTargets(
      lan.bed.grp,
      family,
      "RESOLVE",
      lan.hosts.map((h) => h.addr),
    );
    lan.pass(2000);
    assert.equal(lan.says(0, "RESOLVE"), "OK");
    assert.equal(lan.probe(0, "RESOLVE").lost, 0);
    lan.deaf(0);
    const took = lan.until(() => state(lan, 0) === "FAILED", 2000);
    assert.ok(took <= 700, `${took} ms`);
    lan.deaf(0, false);
    // A member that carries no address has none to ask for neighbours from; ARP asks from 0.0.0.0.
    if (family === 0) lan.pass(1500);
    else lan.ipmp.testAddr(lan.bed.nics[0], 1, "fe80::bb:1/64");
    lan.pass(1500);
    assert.equal(state(lan, 0), "RUNNING");
    await lan.check();
  });

test("an ARP watcher asks from a data address where 0.0.0.0 is not answered", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2], routers: false, test: false, quiet: 5000 });
  lan.hosts[0].answersProbes = false;
  lan.addMany(2);
  lan.ipmp.grpSet(lan.bed.grp, "WATCH", 2);
  lan.ipmp.grpTargets(lan.bed.grp, 0, "STATIC", ["10.0.0.1", "10.0.0.2"]);
  lan.pass(6000);
  const before = lan.probe(0, "RESOLVE").lost;
  lan.pass(5000);
  assert.equal(lan.probe(0, "RESOLVE").lost, before);
  assert.deepEqual(
    lan.probe(0, "RESOLVE").targets.map((t) => t.state),
    [1, 1],
  );
  const senders = new Set(lan.sent.filter((f) => f.kind === "ASK" && f.nic === 0).map((f) => [...f.bytes.subarray(28, 32)].join(".")));
  assert.deepEqual([...senders].sort(), ["0.0.0.0", "10.0.0.100"], "its own address, not the other member's");
  await lan.check();
});

test("WATCH_ALL: any watcher that fails is enough, or all of them must", async () => {
  for (const all of [0, 1]) {
    const lan = await ProbeBed.make({ hosts: [1, 2] });
    lan.ipmp.grpSet(lan.bed.grp, "WATCH", 3);
    lan.ipmp.grpSet(lan.bed.grp, "WATCH_ALL", all);
    lan.pass(2000);
    assert.deepEqual([lan.says(0), lan.says(0, "RESOLVE")], ["OK", "OK"]);
    // Echo is filtered on the way to NIC 0; ARP is not.
    lan.tamper = (nic, frame) => (nic === 0 && frame[12] === 8 && frame[13] === 0 ? [] : [{ nic, frame }]);
    lan.pass(1500);
    assert.deepEqual([lan.says(0), lan.says(0, "RESOLVE")], ["FAILED", "OK"]);
    assert.equal(state(lan, 0), all ? "RUNNING" : "FAILED");
    if (all) {
      lan.deaf(0);
      lan.pass(1000);
      assert.equal(state(lan, 0), "FAILED");
      lan.deaf(0, false);
      lan.pass(2000);
      assert.equal(state(lan, 0), "RUNNING", "one that is good repairs");
    }
    await lan.check();
  }
});

test("a test address answers ARP, ND and pings, on its own member only; nothing of it reaches the stack", async () => {
  const lan = await ProbeBed.make({ families: 3, hosts: [], routers: false });
  lan.ipmp.testAddr(lan.bed.nics[0], 1, "fe80::bb:1/64");
  const [peer, peer4, peer6] = [hostMac(9), "10.0.0.9", "fe80::9"];
  const send = (nic: number, frame: readonly number[]) => {
    lan.take();
    lan.sent.length = 0;
    const [{ what }] = lan.bed.receive(nic, Uint8Array.from(frame));
    lan.take();
    return [what, ...lan.sent.map((f) => `${f.nic}:${f.kind}`)].join(" ");
  };
  const who = eth("ff:ff:ff:ff:ff:ff", peer, 0x0806, arp(1, peer, peer4, "00:00:00:00:00:00", "10.0.0.200"));
  assert.equal(send(0, who), "CONSUMED 0:ANSWER");
  assert.equal(send(1, who), "DELIVER", "not this member's");
  const ns = eth("33:33:ff:bb:00:01", peer, 0x86dd, solicitation(peer6, "fe80::bb:1", peer));
  assert.equal(send(0, ns), "CONSUMED 0:ANSWER");
  const ping4 = eth(nicMac(0), peer, 0x0800, ip4(peer4, "10.0.0.200", 1, icmp4(8, PING)));
  assert.equal(send(0, ping4), "CONSUMED 0:PONG");
  const pong = lan.sent[0].bytes;
  assert.deepEqual([...pong.subarray(0, 12)], [...eth(peer, nicMac(0), 0, []).slice(0, 12)]);
  assert.deepEqual([...pong.subarray(38, 98)], PING);
  const ping6 = eth(nicMac(0), peer, 0x86dd, icmp6(peer6, "fe80::bb:1", 128, PING));
  assert.equal(send(0, ping6), "CONSUMED 0:PONG");
  assert.deepEqual([...lan.sent[0].bytes.subarray(58, 118)], PING);
  const long = eth(nicMac(0), peer, 0x0800, ip4(peer4, "10.0.0.200", 1, icmp4(8, [...PING, ...Array(1000).fill(7)])));
  assert.equal(send(0, long), "ECHO_LONG");
  const na = eth(nicMac(0), peer, 0x86dd, advertisement(peer6, "fe80::bb:1", peer6, peer, 0x60));
  assert.equal(send(0, na), "CONSUMED");
  await lan.check();
});

test("test addresses: one a member, unique in the group, not a data address, not off the family", async () => {
  const bed = await Bed.make({ families: 1, nics: 3, join: false });
  const [a, b, c] = bed.nics;
  const at = (nic: number, text: string | null) => bed.ipmp.testAddr(nic, 0, text);
  at(a, "10.0.0.5/24");
  at(b, "10.0.0.5/24"); // not yet in one group
  bed.join(0);
  assert.equal(
    refused(() => bed.join(1)),
    "ETESTADDRDUP",
  );
  at(b, "10.0.0.6/24");
  bed.join(1);
  assert.equal(
    refused(() => at(b, "10.0.0.5/24")),
    "ETESTADDRDUP",
  );
  assert.equal(
    refused(() => bed.add("10.0.0.6")),
    "EEXIST",
  );
  bed.add("10.0.0.7");
  assert.equal(
    refused(() => at(b, "10.0.0.7/24")),
    "EEXIST",
  );
  at(c, "10.0.0.7/24");
  assert.equal(
    refused(() => bed.join(2)),
    "EEXIST",
  );
  for (const bad of ["127.0.0.1/8", "224.0.0.1/24", "10.0.0.8/0", "10.0.0.8/33"])
    assert.equal(
      refused(() => at(b, bad)),
      "EINVAL",
    );
  assert.equal(
    refused(() => bed.ipmp.testAddr(a, 1, "fe80::1/64")),
    "EAFNOSUPPORT",
  );
  assert.equal(bed.ipmp.probe(b, 0).addr, "10.0.0.6");
  at(b, null);
  assert.equal(bed.ipmp.probe(b, 0).addr, null);
  bed.add("10.0.0.6");
  await bed.check();
});

test("events of probes: sent, answered, lost, with number, times, target, mean and deviation; only where wanted", async () => {
  const lan = await ProbeBed.make({ nics: 1, hosts: [1] });
  lan.pass(1000);
  assert.equal(lan.events("PROBE_SENT").length, 0);
  lan.ipmp.grpSet(lan.bed.grp, "PROBE_EVENTS", 1);
  lan.pass(1000);
  const sent = lan.events("PROBE_SENT");
  const acked = lan.events("PROBE_ACKED");
  assert.equal(sent.length, acked.length);
  assert.ok(sent.length >= 9);
  for (const [i, e] of acked.entries()) {
    assert.equal(e.count, sent[i].count);
    assert.equal(e.start, sent[i].time);
    assert.equal(e.time - e.start, 1_000_000n);
    assert.equal(e.addr, "10.0.0.1");
    assert.ok(e.old >= 990_000 && e.old <= 1_010_000);
  }
  lan.silence();
  lan.pass(400);
  assert.ok(lan.events("PROBE_LOST").length >= 2);
  await lan.check();
});

test("a saved state goes on probing: nobody is probed twice, nobody is forgotten", async () => {
  const lan = await ProbeBed.make({ hosts: [1, 2] });
  lan.pass(3000);
  const saved = lan.ipmp.snapshot();
  const twin = await Ipmp.restore(saved);
  assert.equal(twin.deadline(), lan.ipmp.deadline());
  assert.deepEqual(twin.probe(0, 0), lan.ipmp.probe(0, 0));
});
