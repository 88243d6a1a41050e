// Snapshot files: sparse, whole or refused, never half.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Page } from "../../host/core/abi/ipmp.js";
import { decodeSnapshot, encodeSnapshot, Ipmp, readSnapshot, SnapshotError, writeSnapshot } from "../../host/core/index.js";
import { crc32, type Span } from "../../host/core/snapshot.js";
import { spansInUse } from "../../host/core/spans.js";

const folder = mkdtempSync(join(tmpdir(), "holdfast-snapshot-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const PAGE = 4096;
const LAYOUT = 7;

/** A state of 10 pages and a bit, of which pages 0, 3 and the last, short one are not zero. */
function state(): Uint8Array {
  const bytes = new Uint8Array(10 * PAGE + 100);
  bytes[0] = 1;
  bytes.fill(0xa5, 3 * PAGE + 5, 3 * PAGE + 50);
  bytes[10 * PAGE + 99] = 9;
  return bytes;
}

test("CRC-32 of the check string", () => {
  assert.equal(crc32(Buffer.from("123456789")), 0xcbf43926);
});

test("only pages that are not zero are kept", () => {
  const packed = encodeSnapshot(state(), LAYOUT);
  assert.equal(packed.length, 24 + 2 * (4 + PAGE) + (4 + 100));
  const restored = new Uint8Array(10 * PAGE + 100).fill(0xff);
  decodeSnapshot(packed, restored, LAYOUT);
  assert.deepEqual(restored, state());
});

test("a view into a larger buffer is packed by its own bytes", () => {
  const larger = new Uint8Array(20 * PAGE).fill(0xee);
  larger.set(state(), 64);
  const packed = encodeSnapshot(larger.subarray(64, 64 + state().length), LAYOUT);
  assert.deepEqual(Buffer.from(packed), Buffer.from(encodeSnapshot(state(), LAYOUT)));
});

test("nothing is looked at outside the spans, and a page that two of them touch is kept once", () => {
  const zeroed = state();
  zeroed.fill(0, 0, 1);
  const spans = [
    [3 * PAGE + 5, 3 * PAGE + 20],
    [3 * PAGE + 20, 4 * PAGE],
    [5 * PAGE, 5 * PAGE],
    [10 * PAGE, 10 * PAGE + 100],
  ] as const;
  assert.deepEqual(Buffer.from(encodeSnapshot(state(), LAYOUT, spans)), Buffer.from(encodeSnapshot(zeroed, LAYOUT)));
});

test("a module's spans hold all of its state, and no more than it has handles for", async () => {
  const ipmp = await Ipmp.load();
  ipmp.setNow(1_000_000_000n);
  const whole = (): Buffer => Buffer.from(encodeSnapshot(ipmp.state(), ipmp.pageWord("snapshot_version")));
  const spans = (): readonly Span[] => spansInUse(ipmp.dv, ipmp.page);
  const looked = (): number => spans().reduce((n, [from, to]) => n + to - from, 0);
  assert.deepEqual(Buffer.from(ipmp.snapshot()), whole());
  assert.ok(looked() < 200_000, `${looked()}`);
  const grps: number[] = [];
  for (let i = 0; i < 5; i++) {
    const grp = ipmp.grpCreate({ name: `g${i}`, mac: `02:00:00:00:00:0${i}`, families: 3 });
    grps.push(grp);
    for (let j = 0; j < 3; j++) {
      const nic = 3 * i + j;
      const mac = `02:00:00:00:01:0${nic.toString(16)}`;
      const p = ipmp.phyintCreate({ name: `n${nic}`, ifindex: nic + 1, mac, mtu: 1500, families: 3, caps: 1, link: true });
      for (const f of [0, 1] as const) ipmp.illUp(p, f, 1);
      ipmp.testAddr(p, 0, `192.0.2.${nic + 100}/24`);
      ipmp.join(p, grp);
    }
    ipmp.ipifAdd(grp, { addr: `192.0.2.${i + 1}`, prefix: 24, up: true, verified: false });
    ipmp.grpTargets(grp, 0, "STATIC", ["192.0.2.254"]);
    ipmp.setNow(ipmp.now + 3_000_000_000n);
    ipmp.timeAdvance();
    assert.deepEqual(Buffer.from(ipmp.snapshot()), whole(), `${i + 1} groups`);
  }
  // what a handle leaves behind when it is gone counts too
  for (const p of ipmp.grp(grps[2]).members) {
    ipmp.leave(p);
    ipmp.phyintDestroy(p);
  }
  for (const a of ipmp.ipifs(grps[2])) ipmp.ipifDel(grps[2], a.ipif);
  ipmp.grpDestroy(grps[2]);
  assert.deepEqual(Buffer.from(ipmp.snapshot()), whole());
  assert.ok(looked() < ipmp.state().length / 5);
  const all = spansInUse(ipmp.dv, ipmp.page);
  assert.deepEqual([all[0][0], Math.max(...all.map(([, to]) => to)) <= ipmp.state().length], [0, true]);
  const other = await Ipmp.restore(ipmp.snapshot());
  assert.deepEqual(spansInUse(other.dv, other.page), all);
});

test("a saved state that has handles beyond its tops is refused", async () => {
  const ipmp = await Ipmp.load();
  ipmp.setNow(1n);
  ipmp.grpCreate({ name: "g", mac: "02:00:00:00:00:01", families: 3 });
  for (const top of [0, 65]) {
    const state = ipmp.state().slice();
    new DataView(state.buffer).setUint32(Page.grp_top, top, true);
    await assert.rejects(Ipmp.restore(encodeSnapshot(state, ipmp.pageWord("snapshot_version"))), { name: "IpmpError", code: "EPROTO" });
  }
});

test("any changed byte is noticed, and the state stays as it was", () => {
  const packed = encodeSnapshot(state(), LAYOUT);
  for (let i = 0; i < packed.length; i += i < 64 ? 1 : 211) {
    const damaged = packed.slice();
    damaged[i] ^= 0x10;
    const target = new Uint8Array(state().length).fill(0x77);
    assert.throws(() => decodeSnapshot(damaged, target, LAYOUT), SnapshotError, `byte ${i}`);
    assert.ok(
      target.every((b) => b === 0x77),
      `byte ${i}`,
    );
  }
});

test("any length that is cut off is noticed", () => {
  const packed = encodeSnapshot(state(), LAYOUT);
  for (const length of [0, 1, 23, 24, 27, 28, 100, packed.length - 1])
    assert.throws(() => decodeSnapshot(packed.slice(0, length), new Uint8Array(state().length), LAYOUT), SnapshotError, `length ${length}`);
});

test("another layout, another size, another file: each refused with its reason", () => {
  const packed = encodeSnapshot(state(), LAYOUT);
  assert.throws(() => decodeSnapshot(packed, new Uint8Array(state().length), LAYOUT + 1), /layout 7; this module has 8/);
  assert.throws(() => decodeSnapshot(packed, new Uint8Array(PAGE), LAYOUT), /41060 bytes of state; this module has 4096/);
  assert.throws(() => decodeSnapshot(Buffer.alloc(100, "x"), new Uint8Array(PAGE), LAYOUT), /does not begin with HFSN/);
});

/** Sets a u32 and corrects the CRC: damage that the CRC does not notice. */
function forge(packed: Uint8Array, at: number, value: number): Uint8Array {
  const out = Buffer.from(packed);
  out.writeUInt32LE(value, at);
  out.writeUInt32LE(crc32(out, 8), 4);
  return out;
}

test("a snapshot that contradicts itself is refused even with a right CRC", () => {
  const packed = encodeSnapshot(state(), LAYOUT);
  const second = 24 + 4 + PAGE;
  for (const [at, value] of [
    [20, 2],
    [20, 4],
    [20, 0xffff_ffff],
    [24, 11],
    [24, 0xffff_ffff],
    [second, 0],
    [8, 2],
  ])
    assert.throws(
      () => decodeSnapshot(forge(packed, at, value), new Uint8Array(state().length), LAYOUT),
      SnapshotError,
      `${value} at ${at}`,
    );
});

test("a file is written beside and renamed over, for its owner only", () => {
  const path = join(folder, "state");
  assert.equal(readSnapshot(path), null);
  writeSnapshot(path, Buffer.from("old"));
  writeSnapshot(path, Buffer.from("new and longer"));
  assert.equal(readFileSync(path, "utf8"), "new and longer");
  assert.deepEqual(readdirSync(folder), ["state"]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(Buffer.from(readSnapshot(path) ?? []), Buffer.from("new and longer"));
});

test("a left-over temporary file of a crash is no obstacle", () => {
  const path = join(folder, "crashed");
  writeFileSync(`${path}.new`, "half a snapsh");
  writeSnapshot(path, Buffer.from("whole"));
  assert.equal(readFileSync(path, "utf8"), "whole");
});

test("a folder that is not there is an error, not a silent loss", () => {
  assert.throws(() => writeSnapshot(join(folder, "none", "state"), Buffer.from("x")), /ENOENT/);
  assert.throws(() => readSnapshot(folder), /EISDIR/);
});
