// The release module through its host object: loading, records, errors, rings, snapshot.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ERRNO,
  EVENT,
  encodeSnapshot,
  Grp,
  IPIF,
  Ipmp,
  IpmpError,
  LIMIT,
  ModuleError,
  Page,
  PG,
  PHYI,
  PI,
  POLICY,
  VERSION,
} from "../../host/core/index.js";
import { checkVersion } from "../../host/core/load.js";

const MAC = { grp: "02:00:00:00:00:fe", a: "02:00:00:00:00:01", b: "02:00:00:00:00:02" };

async function pair(): Promise<{ ipmp: Ipmp; grp: number; a: number; b: number }> {
  const ipmp = await Ipmp.load();
  ipmp.setNow(1_000_000_000n);
  const grp = ipmp.grpCreate({ name: "prod", ifname: "ipmp0", mac: MAC.grp });
  const a = ipmp.phyintCreate({ name: "eth0", ifindex: 2, mac: MAC.a });
  const b = ipmp.phyintCreate({ name: "eth1", ifindex: 3, mac: MAC.b, mtu: 1400 });
  for (const p of [a, b]) {
    ipmp.join(p, grp);
    ipmp.illUp(p, 0, 1);
    ipmp.illUp(p, 1, 1);
  }
  return { ipmp, grp, a, b };
}

/** The smallest module: a header and nothing else. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** (import "env" "abort" (func)) */
const IMPORTS = Uint8Array.of(
  0,
  0x61,
  0x73,
  0x6d,
  1,
  0,
  0,
  0,
  1,
  4,
  1,
  0x60,
  0,
  0,
  2,
  13,
  1,
  3,
  0x65,
  0x6e,
  0x76,
  5,
  0x61,
  0x62,
  0x6f,
  0x72,
  0x74,
  0,
  0,
);

test("what is not ipmp.wasm is refused with the reason", async () => {
  await assert.rejects(Ipmp.load(EMPTY), (e: Error) => e instanceof ModuleError && /does not export ipmp_page/.test(e.message));
  await assert.rejects(Ipmp.load(IMPORTS), (e: Error) => e instanceof ModuleError && /imports env\.abort/.test(e.message));
});

test("a module of another version is refused with both numbers", () => {
  const page = (current: number, minimum: number, magic = 0x504d5049): DataView => {
    const dv = new DataView(new ArrayBuffer(Page.SIZE));
    dv.setUint32(Page.magic, magic, true);
    dv.setUint16(Page.abi_current, current, true);
    dv.setUint16(Page.abi_minimum, minimum, true);
    return dv;
  };
  checkVersion(page(VERSION.current, VERSION.minimum), 0);
  // Newer than this host, but still serving it.
  checkVersion(page(VERSION.current + 5, VERSION.current), 0);
  assert.throws(() => checkVersion(page(9, VERSION.current + 1), 0), /ABI 9 and serves hosts from ABI 2 on; this host has ABI 1/);
  assert.throws(() => checkVersion(page(VERSION.minimum - 1, 0), 0), /has ABI 0/);
  assert.throws(() => checkVersion(page(1, 1, 0), 0), /does not begin with IPMP/);
});

test("memory never grows: the views stay valid", async () => {
  const ipmp = await Ipmp.load();
  assert.throws(() => ipmp.memory.grow(1), RangeError);
  assert.equal(ipmp.u8.length, ipmp.memory.buffer.byteLength);
  assert.equal(ipmp.pageWord("io_end"), ipmp.u8.length);
  assert.equal(ipmp.pageWord("io_base") % 65_536, 0);
});

test("a group and its members as records", async () => {
  const { ipmp, grp, a, b } = await pair();
  ipmp.grpSet(grp, "POLICY", POLICY.SOURCE);
  const g = ipmp.grp(grp);
  assert.deepEqual(
    [g.name, g.ifname, g.mac, g.state, g.families, g.policy, g.members],
    ["prod", "ipmp0", MAC.grp, PG.OK, 3, POLICY.SOURCE, [a, b]],
  );
  assert.equal(g.nactif, 4);
  const p = ipmp.phyint(b);
  assert.deepEqual([p.name, p.ifindex, p.mac, p.mtu, p.grp, p.flags, p.state], ["eth1", 3, MAC.b, 1400, grp, PHYI.RUNNING, PI.RUNNING]);
  assert.deepEqual(p.ills[1], { up: 1, boundCount: 0, active: true, nominee: false, nbucket: 128, pinnedCount: 0 });
  const ig = ipmp.illgrp(grp, 0);
  assert.deepEqual([ig.mtu, ig.cast, ig.active, ig.nif], [1400, a, [a, b], 2]);
  assert.equal(ig.buckets.length, LIMIT.BUCKET_MAX);
  assert.deepEqual([...new Set(ig.buckets)].sort(), [a, b]);
  assert.equal(ipmp.grpLookup("prod"), grp);
  assert.equal(ipmp.grpLookup("none"), null);
  assert.equal(ipmp.phyintLookup(3), b);
  assert.equal(ipmp.phyintLookup(77), null);
  assert.deepEqual(
    ipmp.grps().map((r) => r.name),
    ["prod"],
  );
  assert.deepEqual(
    ipmp.phyints().map((r) => r.name),
    ["eth0", "eth1"],
  );
});

test("data addresses as records", async () => {
  const { ipmp, grp, a, b } = await pair();
  const first = ipmp.ipifAdd(grp, { addr: "10.0.0.1", prefix: 24, verified: true });
  const second = ipmp.ipifAdd(grp, { addr: "2001:db8:0::0002", prefix: 64, up: false });
  assert.deepEqual(
    ipmp.ipifs(grp).map((i) => [i.ipif, i.addr, i.prefix, i.bound]),
    [
      [first, "10.0.0.1", 24, a],
      [second, "2001:db8::2", 64, null],
    ],
  );
  assert.equal(
    ipmp.ipif(grp, first).flags & (IPIF.USED | IPIF.UP | IPIF.BOUND | IPIF.VERIFIED),
    IPIF.USED | IPIF.UP | IPIF.BOUND | IPIF.VERIFIED,
  );
  assert.equal(ipmp.ipifLookup(grp, "2001:db8::2"), second);
  assert.equal(ipmp.ipifLookup(grp, "10.0.0.2"), null);
  assert.equal(ipmp.ipifUp(grp, second, true), true);
  assert.equal(ipmp.ipifUp(grp, second, true), false);
  assert.equal(ipmp.ipif(grp, second).bound, a);
  ipmp.ipifDel(grp, first);
  assert.equal(ipmp.ipifLookup(grp, "10.0.0.1"), null);
  assert.equal(ipmp.grp(grp).naddr, 1);
  assert.notEqual(a, b);
});

test("bytes are counted to their source address", async () => {
  const { ipmp, grp } = await pair();
  ipmp.ipifAdd(grp, { addr: "10.0.0.1", prefix: 24, verified: true });
  const index = ipmp.ipifAdd(grp, { addr: "10.0.0.2", prefix: 24, verified: true });
  const frame = Buffer.from(
    "020000000099" + "0200000000fe" + "0800" + "4500001c00000000401166cd0a000002" + "0a0000091388000700080000",
    "hex",
  );
  const base = ipmp.pageWord("io_base");
  ipmp.u8.set(frame, base);
  ipmp.setDesc(0, base, frame.length);
  assert.equal(ipmp.txBatch(grp, 0, 1), 1);
  assert.equal(ipmp.ipif(grp, index).bytes, BigInt(frame.length));
  assert.equal(ipmp.grpStats(grp).obytes, BigInt(frame.length) + announcements(ipmp));
});

/** Bytes of the control frames that wait: they are counted as sent when the module has made them. */
function announcements(ipmp: Ipmp): bigint {
  let bytes = 0n;
  ipmp.drainCtl((_phyint, _off, len) => {
    bytes += BigInt(len);
  });
  return bytes;
}

test("explicit entries as records", async () => {
  const { ipmp, grp, a } = await pair();
  const entry = ipmp.arpentCreate(grp, { addr: "10.0.0.50", mac: MAC.a });
  assert.deepEqual(
    ipmp.arpents(grp).map((e) => [e.entry, e.addr, e.mac, e.port]),
    [[entry, "10.0.0.50", MAC.a, a]],
  );
  assert.deepEqual(ipmp.arpent(grp, entry), ipmp.arpents(grp)[0]);
  ipmp.arpentDestroy(grp, entry);
  assert.deepEqual(ipmp.arpents(grp), []);
});

test("a refusal names the call, the reason and what was given, and changes nothing", async () => {
  const { ipmp, grp, a } = await pair();
  const before = Buffer.from(ipmp.state());
  const refused = (fn: () => unknown, code: keyof typeof ERRNO, text: RegExp) =>
    assert.throws(fn, (e: Error) => e instanceof IpmpError && e.code === code && e.errno === ERRNO[code] && text.test(e.message));
  refused(
    () => ipmp.grpCreate({ name: "prod", mac: MAC.grp }),
    "EEXIST",
    /^ipmp_grp_create: exists already \(EEXIST\); given name="prod" mac="02:00:00:00:00:fe"$/,
  );
  refused(() => ipmp.grpCreate({ name: "x".repeat(32), mac: MAC.grp }), "ENAMETOOLONG", /longer than NAME_MAX/);
  refused(() => ipmp.grpCreate({ name: "é".repeat(200), mac: MAC.grp }), "ENAMETOOLONG", /longer than NAME_MAX/);
  refused(() => ipmp.grpDestroy(grp), "EBUSY", /given grp=0$/);
  refused(() => ipmp.join(a, grp), "EALREADY", /ipmp_phyint_join_grp/);
  refused(() => ipmp.grp(63), "ENOENT", /ipmp_grp_get/);
  refused(() => ipmp.grpSet(grp, "FLAP_MAX", 3), "ERANGE", /key="FLAP_MAX" value=3/);
  refused(() => ipmp.ipifAdd(grp, { addr: "224.0.0.1" }), "EINVAL", /addr="224\.0\.0\.1"/);
  refused(() => ipmp.phyint(-1), "ENOENT", /phyint=-1/);
  assert.ok(before.equals(ipmp.state()), "a refused call changed the state");
});

test("a name of NAME_MAX bytes fits", async () => {
  const ipmp = await Ipmp.load();
  const name = "g".repeat(LIMIT.NAME_MAX);
  assert.equal(ipmp.grp(ipmp.grpCreate({ name, mac: MAC.grp })).name, name);
});

test("events are taken once, in order, without gaps", async () => {
  const { ipmp, grp, a, b } = await pair();
  ipmp.ipifAdd(grp, { addr: "10.0.0.1", prefix: 24, verified: true });
  const first = ipmp.events();
  assert.deepEqual(
    first.map((e) => e.seq),
    first.map((_, i) => i + 1),
  );
  assert.deepEqual(ipmp.events(), []);
  ipmp.setNow(2_000_000_000n);
  assert.equal(ipmp.link(a, false), true);
  assert.equal(ipmp.link(a, false), false);
  const rebind = ipmp.events().find((e) => e.type === EVENT.REBIND);
  assert.deepEqual(
    [rebind?.name, rebind?.time, rebind?.count, rebind?.family, rebind?.phyint, rebind?.addr],
    ["REBIND", 2_000_000_000n, 1, 0, a, null],
  );
  assert.equal(ipmp.ipifs(grp)[0].bound, b);
});

test("the event ring wraps, and says what was lost", async () => {
  const { ipmp, a } = await pair();
  ipmp.grpSet(0, "FLAP_MAX", 0);
  ipmp.events();
  let seen = 0;
  for (let i = 0; i < 1000; i++) {
    ipmp.link(a, i % 2 === 1);
    seen += ipmp.events().length;
  }
  assert.ok(seen > 2 * LIMIT.EVENT_MAX, `${seen} events`);
  assert.equal(ipmp.pageWord("event_lost"), 0);
  for (let i = 0; i < 1000; i++) ipmp.link(a, i % 2 === 1);
  const kept = ipmp.events();
  assert.equal(kept.length, LIMIT.EVENT_MAX);
  const lost = ipmp.pageWord("event_lost");
  assert.ok(lost > 0);
  ipmp.link(a, false);
  // The numbers of the lost ones are skipped.
  assert.equal(ipmp.events()[0].seq, kept[kept.length - 1].seq + lost + 1);
});

test("control frames: handed out in order, places freed after the flush", async () => {
  const { ipmp, grp, a } = await pair();
  ipmp.ipifAdd(grp, { addr: "10.0.0.1", prefix: 24, verified: true });
  ipmp.timeAdvance();
  const order: string[] = [];
  const waiting = () => ipmp.pageWord("ctl_head") - ipmp.pageWord("ctl_tail");
  const count = ipmp.drainCtl(
    (phyint, off, len) => {
      assert.equal(phyint, a);
      assert.ok(len >= 60);
      order.push(Buffer.from(ipmp.u8.subarray(off + 6, off + 12)).toString("hex"));
    },
    () => {
      assert.equal(waiting(), 1);
      order.push("flush");
    },
  );
  assert.equal(count, 1);
  assert.deepEqual(order, ["020000000001", "flush"]);
  assert.equal(waiting(), 0);
  assert.equal(
    ipmp.drainCtl(() => assert.fail("nothing waits")),
    0,
  );
});

test("the deadline is null while nothing is to be done", async () => {
  const ipmp = await Ipmp.load();
  ipmp.setNow(5n);
  ipmp.timeAdvance();
  assert.equal(ipmp.deadline(), null);
  assert.equal(ipmp.now, 5n);
});

test("a snapshot is small, restores everything, and the restored module goes on", async () => {
  const { ipmp, grp, a, b } = await pair();
  ipmp.ipifAdd(grp, { addr: "10.0.0.1", prefix: 24, verified: true });
  ipmp.ipifAdd(grp, { addr: "2001:db8::1", prefix: 64, verified: true });
  ipmp.timeAdvance();
  ipmp.drainCtl(() => {});
  ipmp.events();
  const saved = ipmp.snapshot();
  assert.ok(saved.length < 200_000, `${saved.length} bytes`);
  const other = await Ipmp.restore(saved);
  assert.deepEqual(other.grp(grp), ipmp.grp(grp));
  assert.deepEqual(other.ipifs(grp), ipmp.ipifs(grp));
  assert.deepEqual(other.phyints(), ipmp.phyints());
  for (const m of [ipmp, other]) {
    m.setNow(9_000_000_000n);
    m.link(a, false);
  }
  assert.deepEqual(
    other.ipifs(grp).map((i) => i.bound),
    [b, b],
  );
  assert.deepEqual(other.ipifs(grp), ipmp.ipifs(grp));
});

test("a snapshot taken with events and control frames waiting restores without them", async () => {
  const { ipmp, grp } = await pair();
  ipmp.ipifAdd(grp, { addr: "10.0.0.1", prefix: 24, verified: true });
  ipmp.timeAdvance();
  const other = await Ipmp.restore(ipmp.snapshot());
  assert.deepEqual(other.events(), []);
  assert.equal(
    other.drainCtl(() => {}),
    0,
  );
});

test("a snapshot that contradicts itself is refused by the module", async () => {
  const { ipmp, grp } = await pair();
  const state = Buffer.from(ipmp.state());
  const layout = ipmp.pageWord("snapshot_version");
  // A member handle that no NIC can have.
  const at = (ipmp.x.ipmp_grp_get(grp) >>> 0) - ipmp.page + Grp.members;
  state.writeUInt16LE(60_000, at);
  await assert.rejects(Ipmp.restore(encodeSnapshot(state, layout)), (e: Error) => e instanceof IpmpError && e.code === "EPROTO");
});
