// Test addresses: probed for before they are used, defended, set aside while another host has them; the group of an IPv6 one is
// reported. Original: its daemon leaves out test addresses that duplicate detection has found elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { formatMac } from "../../host/core/address.js";
import { advertisement, arp, type Bytes, eth, icmp6, ip, solicitation } from "../hostile/frames.js";
import { type Bed, type CtlFrame, nicMac } from "./bed.js";
import { hostAddr, hostMac, ProbeBed, testAddr } from "./probe_bed.js";

const THIEF = "02:bb:00:00:00:01";
const NO_MAC = "00:00:00:00:00:00";
const ALL = "ff:ff:ff:ff:ff:ff";
const make = (more: object = {}): Promise<ProbeBed> => ProbeBed.make({ conflictProbes: 3, ...more });
const stateOf = (lan: ProbeBed, nic = 0): string => lan.ipmp.phyint(lan.bed.nics[nic]).tests[lan.family];
const kinds = (frames: CtlFrame[], nic = 0): string[] => frames.filter((f) => f.nic === nic).map((f) => f.kind);
/** What a NIC has sent since `from` frames were sent. */
const since = (lan: ProbeBed, from: number, nic = 0): string[] => kinds(lan.sent.slice(from), nic);
const put = (bed: Bed, nic: number, frame: Bytes): string => bed.receive(nic, Uint8Array.from(frame))[0].what;
const nodes = (addr: string): string =>
  `33:33:ff:${ip(addr)
    .slice(13)
    .map((b) => b.toString(16).padStart(2, "0"))
    .join(":")}`;

/** THIEF's ways to say that an address is its own: an ARP or ND claim, and a probe of its own. */
function claims(addr: string, four: boolean): { claim: Bytes; probe: Bytes } {
  if (four)
    return {
      claim: eth(ALL, THIEF, 0x0806, arp(1, THIEF, addr, NO_MAC, addr)),
      probe: eth(ALL, THIEF, 0x0806, arp(1, THIEF, "0.0.0.0", NO_MAC, addr)),
    };
  return {
    claim: eth("33:33:00:00:00:01", THIEF, 0x86dd, advertisement(addr, "ff02::1", addr, THIEF)),
    probe: eth(nodes(addr), THIEF, 0x86dd, solicitation("::", addr)),
  };
}

/** Whoever asks for an address. */
const question = (addr: string, four: boolean): Bytes =>
  four
    ? eth(ALL, THIEF, 0x0806, arp(1, THIEF, "10.0.0.9", NO_MAC, addr))
    : eth(nodes(addr), THIEF, 0x86dd, solicitation("fe80::9", addr, THIEF));

for (const family of [0, 1] as const) {
  const four = family === 0;
  const word = four ? "IPv4" : "IPv6";

  test(`a test address is probed for PROBE_COUNT times before it is used, then announced once, ${word}`, async () => {
    const lan = await make({ family });
    assert.equal(stateOf(lan), "tentative");
    assert.equal(put(lan.bed, 0, question(testAddr(0, family), four)), "CONSUMED");
    lan.pass(449);
    assert.deepEqual(
      kinds(lan.sent).filter((k) => k !== "REPORT"),
      ["PROBE", "PROBE", "PROBE"],
      "and no answer",
    );
    for (const { bytes } of lan.sent.filter((f) => f.kind === "PROBE" && f.nic === 0)) {
      assert.equal(formatMac(bytes.subarray(6, 12)), nicMac(0));
      if (four) assert.deepEqual([...bytes.subarray(28, 42)], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 200]);
      else assert.deepEqual([...bytes.subarray(22, 38), ...bytes.subarray(62, 78)], [...ip("::"), ...ip(testAddr(0, family))]);
    }
    assert.equal(lan.says(0), "DISABLED");
    const before = lan.sent.length;
    lan.pass(1);
    assert.equal(stateOf(lan), "in use");
    assert.deepEqual(since(lan, before), ["ANNOUNCE"]);
    lan.pass(1000);
    assert.equal(lan.says(0), "OK");
    put(lan.bed, 0, question(testAddr(0, family), four));
    assert.deepEqual(kinds(lan.bed.ctl()), ["ANSWER"]);
    await lan.check();
  });

  for (const how of ["claim", "probe"] as const)
    test(`another host's ${how} during that: an event, and the address is not used; tried again after RECOVERY_S, ${word}`, async () => {
      const lan = await make({ family });
      lan.ipmp.grpSet(lan.bed.grp, "RECOVERY_S", 10);
      lan.pass(200);
      const addr = testAddr(0, family);
      assert.equal(put(lan.bed, 0, claims(addr, four)[how]), "CONSUMED");
      assert.equal(stateOf(lan), "duplicate");
      lan.take();
      const [conflict] = lan.events("CONFLICT");
      assert.deepEqual([conflict.phyint, conflict.new, conflict.mac], [lan.bed.nics[0], 1, THIEF]);
      assert.equal(lan.events("ADDR_STATE").at(-1)?.new, 2);
      const before = lan.sent.length;
      lan.pass(5000);
      assert.deepEqual(since(lan, before), [], "nothing leaves from it");
      assert.equal(lan.says(0), "DISABLED");
      assert.equal(lan.says(1), "OK", "the other member has its own");
      assert.equal(put(lan.bed, 0, question(addr, four)), "DELIVER", "no question of this host's");
      lan.bed.ctl();
      await lan.check();
      lan.pass(5000);
      assert.equal(stateOf(lan), "tentative");
      lan.pass(460);
      assert.equal(stateOf(lan), "in use");
      lan.pass(1000);
      assert.equal(lan.says(0), "OK");
      await lan.check();
    });

  test(`in use, claims are told and answered by a defence once in DEFEND_INTERVAL_MS; CONFLICT_MAX gives it up, ${word}`, async () => {
    const lan = await make({ family });
    lan.pass(2000);
    const { claim } = claims(testAddr(0, family), four);
    const before = lan.sent.length;
    for (let i = 0; i < 50; i++) assert.equal(put(lan.bed, 0, claim), "CONSUMED");
    lan.take();
    assert.deepEqual(since(lan, before), ["DEFEND"]);
    const said = lan.sent.at(-1)?.bytes ?? new Uint8Array();
    assert.equal(formatMac(four ? said.subarray(22, 28) : said.subarray(80, 86)), nicMac(0));
    assert.deepEqual(
      lan.events("CONFLICT").map((e) => e.new),
      [0],
    );
    assert.equal(stateOf(lan), "in use");
    assert.equal(lan.says(0), "OK");
    lan.pass(40_000);
    lan.ipmp.grpSet(lan.bed.grp, "CONFLICT_MAX", 3);
    for (let i = 0; i < 3; i++) put(lan.bed, 0, claim);
    assert.equal(stateOf(lan), "in use");
    put(lan.bed, 0, claim);
    assert.equal(stateOf(lan), "duplicate");
    assert.equal(lan.says(0), "DISABLED");
    assert.equal(lan.ipmp.phyint(lan.bed.nics[0]).flags & 4, 0, "the member works on: carrier alone counts");
    await lan.check();
  });

  test(`probed for anew when it joins, comes back from offline, or has another address; not when carrier comes and goes, ${word}`, async () => {
    const lan = await make({ family });
    const { ipmp, bed } = lan;
    lan.pass(1000);
    assert.equal(stateOf(lan), "in use");
    bed.link(0, false);
    assert.equal(stateOf(lan), "in use");
    bed.link(0, true);
    assert.equal(stateOf(lan), "in use");
    ipmp.offline(bed.nics[0], 1);
    assert.equal(stateOf(lan), "none");
    ipmp.undoOffline(bed.nics[0]);
    assert.equal(stateOf(lan), "tentative");
    lan.pass(1000);
    ipmp.testAddr(bed.nics[0], family, four ? "10.0.0.210/24" : "fe80::cc:1/64");
    assert.equal(stateOf(lan), "tentative");
    lan.pass(1000);
    assert.equal(stateOf(lan), "in use");
    ipmp.leave(bed.nics[0]);
    assert.equal(stateOf(lan), "none");
    bed.join(0);
    assert.equal(stateOf(lan), "tentative");
    bed.link(0, false);
    const before = lan.sent.length;
    lan.pass(5000);
    assert.equal(stateOf(lan), "tentative", "without carrier nobody can be asked");
    assert.deepEqual(since(lan, before), []);
    bed.link(0, true);
    lan.pass(460);
    assert.equal(stateOf(lan), "in use");
    ipmp.testAddr(bed.nics[0], family, null);
    assert.equal(stateOf(lan), "none");
    await lan.check();
  });
}

test("a claim by another member's hardware address is none: the switch sent it back", async () => {
  const lan = await make();
  put(lan.bed, 0, eth(ALL, nicMac(1), 0x0806, arp(1, nicMac(1), testAddr(0), NO_MAC, testAddr(0))));
  put(lan.bed, 0, eth(ALL, THIEF, 0x0806, arp(1, nicMac(1), testAddr(0), NO_MAC, testAddr(0))));
  assert.equal(stateOf(lan), "tentative");
});

/** MLD reports among frames: group and source. */
const reports = (frames: { kind: string; nic: number; bytes: Uint8Array }[], nic = 0): string[] =>
  frames
    .filter((f) => f.kind === "REPORT" && f.nic === nic)
    .map((f) => `${hexAt(f.bytes, 22)} ${hexAt(f.bytes, f.bytes[62] === 143 ? 74 : 70)} v${f.bytes[62] === 143 ? 2 : 1}`);
const hexAt = (bytes: Uint8Array, at: number): string => Buffer.from(bytes.subarray(at, at + 16)).toString("hex");
const GROUP = Buffer.from(ip("ff02::1:ffbb:1")).toString("hex");
const UNSPECIFIED = "0".repeat(32);
const OWN = Buffer.from(ip("fe80::bb:1")).toString("hex");
const ROUTER_ALERT: Bytes = [58, 0, 5, 2, 0, 0, 1, 0];
function query(group: string, delay: number, version = 2): Bytes {
  const body = [delay >> 8, delay & 255, 0, 0, ...ip(group), ...(version === 2 ? [2, 125, 0, 0] : [])];
  return eth("33:33:00:00:00:01", hostMac(1), 0x86dd, icmp6(hostAddr(1, 1), "ff02::1", 130, body, 1, ROUTER_ALERT));
}

test("an IPv6 test address: its solicited-node group is reported before it is probed for, twice, and when carrier comes", async () => {
  const lan = await make({ family: 1 });
  lan.pass(0);
  assert.deepEqual(kinds(lan.sent), ["REPORT", "PROBE"], "a switch lets answers through");
  assert.deepEqual(reports(lan.sent), [`${UNSPECIFIED} ${GROUP} v2`], "from ::, while it is tentative");
  lan.pass(LIMIT.REJOIN_INTERVAL_MS);
  assert.deepEqual(reports(lan.sent), [`${UNSPECIFIED} ${GROUP} v2`, `${OWN} ${GROUP} v2`]);
  lan.pass(10_000);
  assert.equal(reports(lan.sent).length, LIMIT.REJOIN_COUNT);
  lan.bed.link(0, false);
  lan.pass(1000);
  lan.bed.link(0, true);
  lan.pass(2000);
  assert.equal(reports(lan.sent).length, 2 * LIMIT.REJOIN_COUNT);
  assert.deepEqual(reports(lan.sent, 1).length, LIMIT.REJOIN_COUNT, "each member its own");
  await lan.check();
});

test("an IPv6 test address: a querier is answered by the member that it asks, within its delay, in its version, and once", async () => {
  const lan = await make({ family: 1 });
  lan.pass(10_000);
  const asked = (nic: number, ...frames: Bytes[]): string[] => {
    const from = lan.sent.length;
    for (const frame of frames) put(lan.bed, nic, frame);
    lan.pass(1001);
    return reports(lan.sent.slice(from), nic);
  };
  assert.deepEqual(asked(0, query("::", 1000)), [`${OWN} ${GROUP} v2`]);
  assert.deepEqual(asked(1, query("::", 10_000)).length, 1, "on a member that is not the nominee, too");
  assert.deepEqual(asked(0, query("ff02::1:ffbb:1", 500)), [`${OWN} ${GROUP} v2`], "about this group");
  assert.deepEqual(asked(0, query("ff02::1:ffbb:2", 500)), [], "about another");
  assert.equal(asked(0, ...Array.from({ length: 200 }, () => query("::", 1000))).length, 1, "a flood of them is answered once");
  assert.deepEqual(asked(0, query("::", 1000, 1)), [`${OWN} ${GROUP} v1`]);
  const damaged = [...query("::", 1000)];
  damaged[67] ^= 1;
  assert.deepEqual(asked(0, damaged), []);
  await lan.check();
});
