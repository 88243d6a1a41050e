// Announcements beyond the owner's own: by every active member, in VLANs, refreshed; their pace and their bounds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMIT } from "../../host/core/abi/ipmp.js";
import { arpFrame, BROADCAST, decode, ICMP, multicastMac, ndBody, ndFrame } from "../../host/io/memory/packet.js";
import { Bed, type CtlFrame, GROUP_MAC, nicMac, refused, V4, V6 } from "./bed.js";

/** "nic0 vlan 5: 10.0.0.1 is-at …02", for ARP and ND. */
function said(f: CtlFrame): string {
  const frame = decode(f.bytes);
  assert.equal(frame?.src, nicMac(f.nic), "the Ethernet source is the sender's own");
  const nd = frame.ip?.payload;
  const mac = frame.arp?.sha ?? [...(nd?.subarray(-6) ?? [])].map((b) => b.toString(16).padStart(2, "0")).join(":");
  if (frame.ip) assert.ok(frame.ip.sumsOk);
  return `nic${f.nic}${frame.vlans.map((v) => ` vlan ${v}`).join("")}: ${frame.arp?.spa ?? frame.ip?.src} is-at ${mac}`;
}

/** A group with addresses announced long ago. */
async function quiet(nics: number, addrs: number): Promise<Bed> {
  const bed = await Bed.make({ nics });
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 1);
  bed.addMany(addrs);
  bed.addMany(addrs, V6);
  for (let i = 0; i < 100; i++) {
    bed.pass(600);
    bed.ctl();
  }
  bed.events();
  return bed;
}

test("announced by every active member, if the group says so: one payload, each with its own source", async () => {
  const bed = await quiet(4, 1);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", 1);
  bed.ipmp.setFlags(bed.nics[3], 4, 0); // failed: it does not announce
  const owner = bed.boundTo(0);
  assert.equal(owner, 0);
  bed.link(0, false);
  const frames = bed.ctl().map(said);
  const to = nicMac(1);
  assert.deepEqual(
    frames.filter((f) => f.includes("10.0.0.1 ")),
    [`nic1: 10.0.0.1 is-at ${to}`, `nic2: 10.0.0.1 is-at ${to}`],
  );
  assert.deepEqual(
    frames.filter((f) => f.includes("2001:db8::1 ")),
    [`nic1: 2001:db8::1 is-at ${to}`, `nic2: 2001:db8::1 is-at ${to}`],
  );
  await bed.check();
});

test("announced in the VLANs that the host names, from the next announcement on, until it takes them back", async () => {
  const bed = await quiet(2, 1);
  const { ipmp, grp } = bed;
  assert.equal(ipmp.grpVlan(grp, 100, true), true);
  assert.equal(ipmp.grpVlan(grp, 100, true), false);
  ipmp.grpVlan(grp, ((0x2000 | 7) << 16) | 5, true);
  bed.link(0, false);
  const to = nicMac(1);
  assert.deepEqual(bed.ctl().map(said), [
    `nic1: 10.0.0.1 is-at ${to}`,
    `nic1: 2001:db8::1 is-at ${to}`,
    ...["10.0.0.1", "2001:db8::1"].flatMap((a) => [`nic1 vlan 100: ${a} is-at ${to}`, `nic1 vlan 7 vlan 5: ${a} is-at ${to}`]),
  ]);
  await bed.check();
  assert.equal(ipmp.grpVlan(grp, 100, false), true);
  assert.equal(ipmp.grpVlan(grp, 100, false), false);
  bed.link(0, true);
  bed.link(1, false);
  assert.ok(bed.ctl().every((f) => !said(f).includes("vlan 100")));
  assert.equal(ipmp.grpVlan(grp, 0, false), true, "all of them");
  bed.link(1, true);
  assert.ok(bed.ctl().every((f) => !said(f).includes("vlan")));
  await bed.check();
});

test("VLANs: none but 1 to 4,094, no other bits, at most VLAN_MAX; refused, nothing changes", async () => {
  const { ipmp, grp } = await Bed.make();
  for (const tags of [0, 4095, 0x1000, 0x4001, 5 << 16, (4095 << 16) | 5, 0xffff_ffff])
    assert.equal(
      refused(() => ipmp.grpVlan(grp, tags, true)),
      "EINVAL",
      `${tags}`,
    );
  for (let v = 1; v <= LIMIT.VLAN_MAX; v++) assert.equal(ipmp.grpVlan(grp, v, true), true);
  assert.equal(
    refused(() => ipmp.grpVlan(grp, 99, true)),
    "ENOSPC",
  );
  assert.equal(ipmp.grpVlan(grp, 3, false), true);
  assert.equal(ipmp.grpVlan(grp, 99, true), true);
});

test("addresses of VLAN interfaces on the group are learnt from the stack's ARP and ND, and announced by a new nominee", async () => {
  const bed = await quiet(3, 1);
  const asks = arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: "10.5.0.1", tpa: "10.5.0.9", sha: GROUP_MAC });
  const tagged = (f: Uint8Array, ...vlans: number[]): Uint8Array =>
    Uint8Array.of(...f.subarray(0, 12), ...vlans.flatMap((v) => [0x81, 0, v >> 8, v & 255]), ...f.subarray(12));
  const na = ndFrame(multicastMac("ff02::1"), GROUP_MAC, { src: "fe80::5", dst: "ff02::1" }, ndBody(ICMP.NA, "fe80::5", 0x20, GROUP_MAC));
  assert.equal(bed.transmit(tagged(asks, 5))[0].what, "nic0");
  assert.equal(bed.transmit(tagged(na, 5))[0].what, "nic0");
  assert.equal(bed.transmit(asks)[0].what, "nic0", "untagged: nothing to learn");
  bed.transmit(tagged(arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: "10.0.0.1", tpa: "10.0.0.9", sha: GROUP_MAC }), 6));
  bed.ctl();
  bed.link(0, false);
  const to = nicMac(1);
  const frames = bed.ctl().map(said);
  assert.deepEqual(
    frames.filter((f) => f.includes("vlan")).sort(),
    [`nic1 vlan 5: 10.5.0.1 is-at ${to}`, `nic1 vlan 5: fe80::5 is-at ${to}`, `nic1 vlan 6: 10.0.0.1 is-at ${to}`].sort(),
    "each in its VLAN and in no other",
  );
  await bed.check();
  bed.pass(LIMIT.VADDR_AGE_MS + 1);
  bed.ctl();
  bed.link(1, false);
  assert.ok(
    bed.ctl().every((f) => !said(f).includes("vlan")),
    "what the stack has not spoken for in long is forgotten",
  );
  await bed.check();
});

test("learnt addresses: at most VADDR_MAX, the one not spoken for longest gives way; none is learnt if the group says so", async () => {
  const bed = await quiet(2, 1);
  const speak = (n: number): void => {
    const f = arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: `10.9.${n >> 8}.${n & 255}`, tpa: "10.9.9.9", sha: GROUP_MAC });
    bed.transmit(Uint8Array.of(...f.subarray(0, 12), 0x81, 0, 0, 9, ...f.subarray(12)));
    bed.pass(1);
  };
  for (let n = 1; n <= 100; n++) speak(n);
  bed.ctl();
  bed.link(0, false);
  const frames = bed
    .ctl()
    .map(said)
    .filter((f) => f.includes("vlan 9"));
  assert.equal(frames.length, LIMIT.VADDR_MAX);
  assert.ok(frames.some((f) => f.includes("10.9.0.100 ")) && !frames.some((f) => f.includes("10.9.0.36 ")));
  await bed.check();
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_VLANS", 0);
  speak(1);
  bed.ctl();
  bed.link(0, true);
  bed.link(1, false);
  assert.ok(bed.ctl().every((f) => !said(f).includes("vlan")));
});

test("refreshed: an address to which nothing happens is announced every so often, once, and no longer when that is off", async () => {
  const bed = await quiet(2, 2);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_REFRESH_S", 60);
  const per = (ms: number): number => {
    bed.pass(ms);
    return bed.ctl().length;
  };
  assert.equal(per(59_000), 0);
  assert.equal(per(1_001), 4, "two addresses of each family");
  assert.equal(per(60_000), 4);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_REFRESH_S", 10);
  assert.equal(per(10_001), 4, "a shorter one counts at once");
  const late = bed.add("10.0.0.77", { verified: true });
  assert.ok(per(30_000) >= 14, "new addresses are refreshed too");
  bed.ipmp.ipifDel(bed.grp, late);
  await bed.check();
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_REFRESH_S", 0);
  assert.equal(per(600_000), 0);
  await bed.check();
});

test("4,096 addresses, 4 members, 3 VLANs, everything on: the first announcements out in 32 ms, all in N(V+1)M/128 ms, none lost", async () => {
  const bed = await Bed.make({ nics: 4 });
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", 1);
  bed.addMany(2048);
  bed.addMany(2048, V6);
  for (let i = 0; i < 20; i++) {
    bed.pass(60);
    bed.ctl();
  }
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", 1);
  for (const v of [5, 6, 7]) bed.ipmp.grpVlan(bed.grp, v, true);
  // All move at once: three of the four fail, then come back, and the fourth fails.
  for (const n of [1, 2, 3]) bed.link(n, false);
  bed.pass(5_000);
  while (bed.ctl().length) bed.pass(5);
  for (const n of [1, 2, 3]) bed.link(n, true);
  while (bed.ctl().length) bed.pass(1);
  bed.link(0, false);
  const moved = bed.ipifs().length / 4;
  const first = new Map<string, number>();
  let total = 0;
  let last = 0;
  for (let ms = 0; ms <= 400; ms++) {
    const frames = bed.ctl();
    assert.ok(frames.length <= (ms === 0 ? 4 : 1) * LIMIT.ANNOUNCE_BURST, `${frames.length} in millisecond ${ms}`);
    for (const f of frames) {
      const text = said(f).replace(/^nic\d/, "");
      if (!text.includes("vlan") && !first.has(text)) first.set(text, ms);
      total++;
      last = ms;
    }
    bed.pass(1);
  }
  assert.equal(first.size, moved);
  assert.ok(Math.max(...first.values()) <= Math.ceil(moved / LIMIT.ANNOUNCE_BURST), "first announcements before any copy");
  assert.equal(total, moved * 4 * 3, "three members, untagged and three VLANs");
  assert.ok(last <= Math.ceil(total / LIMIT.ANNOUNCE_BURST) + (moved * 2) / LIMIT.ANNOUNCE_BURST, `all out after ${last} ms`);
  assert.equal(bed.ipmp.pageWord("ctl_lost"), 0);
  await bed.check();
});

test("an address that moves again, or goes, while its copies are being sent: the old ones end, the new owner is told of", async () => {
  const bed = await quiet(3, 40);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", 1);
  for (let v = 1; v <= 16; v++) bed.ipmp.grpVlan(bed.grp, v, true);
  bed.link(0, false);
  bed.ctl();
  bed.link(1, false);
  for (let i = 0; i < 10; i++) bed.ipmp.ipifDel(bed.grp, i);
  bed.ctl();
  bed.pass(200);
  const late = bed.ctl();
  assert.ok(late.length > 0);
  for (const f of late) assert.ok(said(f).endsWith(nicMac(2)), said(f));
  await bed.check();
});

test("answers have their place while every announcement waits: a quarter of the control ring is theirs", async () => {
  const bed = await quiet(2, 2000);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", 1);
  for (let v = 1; v <= 16; v++) bed.ipmp.grpVlan(bed.grp, v, true);
  bed.link(0, false);
  bed.pass(2_000); // nobody drains
  const peer = "02:00:00:00:00:aa";
  for (let i = 0; i < 500; i++) {
    const who = arpFrame(BROADCAST, peer, { op: 1, spa: `10.8.${i >> 8}.${i & 255}`, tpa: "10.0.0.1", sha: peer });
    assert.equal(bed.receive(1, who)[0].what, "CONSUMED");
  }
  assert.equal(bed.ctl().filter((f) => f.kind === "ANSWER").length, 500);
  assert.equal(bed.ipmp.pageWord("ctl_lost"), 0);
});

test("a proxy entry whose announcement finds no place in the control ring is announced when there is one", async () => {
  const bed = await quiet(2, 1);
  bed.ipmp.arpentCreate(bed.grp, { addr: "10.0.0.200", mac: nicMac(0) });
  bed.ctl();
  const peer = "02:00:00:00:00:aa";
  for (let i = 0; i < LIMIT.CTL_MAX; i++) {
    const who = arpFrame(BROADCAST, peer, { op: 1, spa: `10.8.${i >> 8}.${i & 255}`, tpa: "10.0.0.1", sha: peer });
    bed.receive(1, who);
  }
  bed.link(0, false); // the ring is full
  bed.ctl();
  bed.pass(2);
  assert.deepEqual(
    bed
      .ctl()
      .map(said)
      .filter((f) => f.includes("10.0.0.200")),
    [`nic1: 10.0.0.200 is-at ${nicMac(1)}`],
  );
  assert.equal(bed.boundTo(0), 1);
  assert.equal(bed.nominee(V4), 1);
});
