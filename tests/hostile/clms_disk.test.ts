// Any content of a disk given to clms_recover, any bytes given to clms_restore: never a trap, always a verdict; what is
// accepted lives on, what is refused leaves a module as after clms_init.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DURABLE, ERRNO, Header, LIMIT, Page, TransRec } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { type Stock, stock, Victim } from "./clms_bed.js";
import { edgesOf, fieldsOf, getField, putField, rehash, resealHeader } from "./clms_craft.js";
import { EXTREMES, Random, seed } from "./random.js";

const MORE = Number(process.env.HOLDFAST_HOSTILE ?? 1);
const DISKS = 700 * MORE;
const STATES = 1500 * MORE;
const random = new Random(seed());
const HIGH = 0x1_0000_0000;

interface Disk {
  header: Uint8Array;
  checkpoint: Uint8Array;
  records: Map<number, Uint8Array>;
}

/** The disk after the first n writes. */
function diskAfter(s: Stock, n: number): Disk {
  const disk: Disk = { header: new Uint8Array(0), checkpoint: new Uint8Array(0), records: new Map() };
  for (const w of s.writes.slice(0, n)) {
    if (w.op === DURABLE.HEADER) disk.header = w.bytes;
    else if (w.op === DURABLE.CHECKPOINT) disk.checkpoint = w.bytes;
    else disk.records.set(w.slot, w.bytes);
  }
  return disk;
}

/** A few bytes of it are something else; mostly the check value is right all the same. */
function spoilt(bytes: Uint8Array, struct: { readonly SIZE: number }, seal: (b: Uint8Array) => void): Uint8Array {
  if (random.once(16)) return bytes.slice(0, random.below(bytes.length + 1));
  const copy = bytes.slice();
  const fields = fieldsOf("", struct).filter((f) => f.at + f.bytes <= copy.length);
  for (let n = random.below(3); n >= 0 && copy.length > 0; n--) {
    const field = random.pick(fields);
    if (random.once(2) && field !== undefined) putField(copy, field, random.pick(edgesOf(getField(copy, field), field.bytes)));
    else copy[random.below(copy.length)] = random.u32();
  }
  if (!random.once(4) && copy.length === struct.SIZE) seal(copy);
  return copy;
}

/** Gives a disk to a module and starts it. */
function boot(clms: Clms, disk: Disk): number {
  const give = (op: number, bytes: Uint8Array, slot: number) => {
    const verdict = clms.x.clms_recover(op, clms.put.bytes(bytes), slot >>> 0, Math.floor(slot / HIGH));
    assert.ok([0, -ERRNO.EPROTO, -ERRNO.EMSGSIZE].includes(verdict), `clms_recover gave ${verdict}`);
  };
  clms.reset(3);
  clms.setNow(1_000_000_000);
  if (disk.header.length > 0 || random.once(2)) give(DURABLE.HEADER, disk.header, 0);
  if (disk.checkpoint.length > 0 || random.once(2)) give(DURABLE.CHECKPOINT, disk.checkpoint, 0);
  for (const [slot, bytes] of disk.records) give(DURABLE.RECORD, bytes, slot);
  const seven = (7).toString(16).padStart(16, "0");
  clms.put.node({
    node: 2,
    cluster: `00000000c1057e60${seven}`,
    uuid: `0000000000000000${(0x1000_0002).toString(16).padStart(16, "0")}`,
    genesis: [1, 2, 3, 4].map((node) => ({ node, site: (node - 1) % 2 })),
    flags: 16,
  });
  return clms.x.clms_node_start();
}

/** Time passes; what is written is confirmed; the node never claims what its disk cannot prove. */
function live(clms: Clms, steps: number): void {
  for (let i = 0; i < steps; i++) {
    for (let n = 0; clms.x.clms_durable_next() !== 0; n++) assert.ok(n < 5000, "writes without end");
    for (let n = 0; clms.x.clms_msg_next() !== 0; n++) assert.ok(n < 5000, "messages without end");
    clms.x.clms_durable_done(clms.durableSeq);
    if (clms.eventCount() > 0) clms.eventRelease(clms.eventCount());
    clms.setNow(Math.min(clms.deadline, clms.now + 60e9, Number.MAX_SAFE_INTEGER) + 1000);
    clms.x.clms_time_advance();
  }
}

describe("hostile disks and snapshots of clms.wasm", () => {
  it("what a node really wrote, cut after any write, is taken back", async (t) => {
    const s = await stock();
    const clms = new Clms(s.module);
    let voted = 0;
    for (let n = 0; n <= s.writes.length; n++) {
      assert.equal(boot(clms, diskAfter(s, n)), 0, `after ${n} writes`);
      if (n === s.writes.length) assert.ok(clms.applied > 1);
      live(clms, 3);
      voted += Math.min(clms.lineage, 1);
    }
    t.diagnostic(`${s.writes.length} writes, ${voted} boots with a vote`);
    assert.ok(voted > s.writes.length / 2);
  });

  it("a disk with anything on it: a verdict, and a node that lives; a damaged header never votes", async (t) => {
    const s = await stock();
    const clms = new Clms(s.module);
    let started = 0;
    for (let k = 0; k < DISKS; k++) {
      const disk = diskAfter(s, 1 + random.below(s.writes.length));
      const header = random.below(4);
      let damaged = false;
      if (header === 0 && disk.header.length > 0) disk.header = spoilt(disk.header, Header, resealHeader);
      if (header === 1 && disk.header.length > 0) {
        disk.header = disk.header.slice();
        disk.header[random.below(Header.check)] ^= 1 << random.below(8);
        damaged = true;
      }
      if (random.once(3)) disk.checkpoint = spoilt(disk.checkpoint, { SIZE: disk.checkpoint.length }, () => {});
      for (const [slot, bytes] of [...disk.records]) {
        if (random.once(4))
          disk.records.set(
            slot,
            spoilt(bytes, TransRec, (b) => rehash(b, 0)),
          );
        if (random.once(12)) disk.records.set(slot + random.pick([LIMIT.RING_MAX, 1, 2 ** 40, -1]), bytes);
        if (random.once(12)) disk.records.delete(slot);
      }
      let result: number;
      try {
        result = boot(clms, disk);
        if (result === 0) live(clms, 12);
      } catch (error) {
        throw new Error(`disk ${k} of HOLDFAST_SEED=${random.seed}`, { cause: error });
      }
      assert.ok(result === 0 || result === -ERRNO.EREMOTEIO, `clms_node_start gave ${result}`);
      if (result !== 0) continue;
      started++;
      if (damaged) assert.equal(clms.lineage, 0, `disk ${k}: a vote in spite of a damaged header`);
      new Victim(s.module, { name: `disk ${k}`, node: 2, bytes: drained(clms) });
    }
    t.diagnostic(`${DISKS} disks, ${started} started`);
    assert.ok(started > DISKS / 2);
  });

  it("a checkpoint lost beside a log that is longer than the ring: what is reported has room in a message", async () => {
    const s = await stock();
    const clms = new Clms(s.module);
    const disk = diskAfter(s, s.writes.length);
    const dv = new DataView(disk.header.buffer);
    for (const last of [1020n, 1024n, 1025n, 1030n, 2100n, 5000n, 2n ** 40n, 2n ** 64n - 1n]) {
      dv.setBigUint64(Header.last, last, true);
      dv.setBigUint64(Header.applied, last - 2n, true);
      dv.setBigUint64(Header.chk_slot, last - 100n, true);
      resealHeader(disk.header);
      disk.checkpoint = new Uint8Array(0);
      assert.equal(boot(clms, disk), 0);
      assert.equal(clms.lineage, 0);
      const bytes = clms.x.clms_report(1, 0);
      assert.ok(bytes > 0 && bytes <= LIMIT.MSG_MAX, `last ${last}: a report of ${bytes} bytes`);
      live(clms, 5);
      new Victim(s.module, { name: `last ${last}`, node: 2, bytes: drained(clms) });
    }
  });

  it("a checkpoint of noise, and one with every byte changed, is one or is refused", async () => {
    const s = await stock();
    const clms = new Clms(s.module);
    const { checkpoint } = diskAfter(s, s.writes.length);
    for (let i = 0; i < checkpoint.length; i++) {
      const copy = checkpoint.slice();
      copy[i] ^= 1 << random.below(8);
      const verdict = clms.x.clms_recover(DURABLE.CHECKPOINT, clms.put.bytes(copy), 0, 0);
      assert.ok(verdict === 0 || verdict === -ERRNO.EPROTO);
    }
    for (const len of EXTREMES) {
      const verdict = clms.x.clms_recover(DURABLE.CHECKPOINT, len, 0, 0);
      assert.ok([0, -ERRNO.EPROTO, -ERRNO.EMSGSIZE].includes(verdict), `${len}: ${verdict}`);
    }
  });

  it("a snapshot with anything changed: refused, and the module is new; or taken, and it lives", async (t) => {
    const s = await stock();
    const clms = new Clms(s.module);
    clms.reset(9);
    const fresh = clms.state().slice();
    const offset = (field: number) => clms.pageWord(field) - clms.page;
    const bases = { fold: offset(Page.fold_base), ring: offset(Page.ring_base), svc: offset(Page.svc_base), size: fresh.length };
    let taken = 0;
    for (let k = 0; k < STATES; k++) {
      const state = s.states[k % s.states.length];
      const box = new Uint8Array(clms.memory.buffer, clms.page, fresh.length);
      box.set(state.bytes);
      const dv = new DataView(box.buffer, box.byteOffset, box.byteLength);
      const changes: string[] = [];
      for (let n = random.below(3); n >= 0; n--) {
        const at = place(bases);
        const value = random.once(2) ? random.pick(EXTREMES) : random.u32();
        if (random.once(2)) dv.setUint32(at & ~3, value, true);
        else dv.setUint8(at, value);
        changes.push(`${at}=${value}`);
      }
      try {
        const verdict = clms.x.clms_restore();
        assert.ok(verdict === 0 || verdict === -ERRNO.EPROTO, `clms_restore gave ${verdict}`);
        if (verdict !== 0) {
          // As after clms_init, but for the seed that was there; the big buffers keep what nobody reads.
          assert.equal(clms.engine, 0);
          assert.deepEqual(clms.state().subarray(48, Page.SIZE), fresh.subarray(48, Page.SIZE));
          assert.equal(clms.x.clms_msg_receive(100), -ERRNO.EPERM);
          continue;
        }
        taken++;
        clms.setNow(Math.min(Math.max(clms.now, 1), 2 ** 52));
        live(clms, 6);
        for (const kind of [1, 6, 7, 10, 15]) clms.receive(random.pick(s.messages.get(kind) as Uint8Array[]));
      } catch (error) {
        throw new Error(`snapshot ${k} of HOLDFAST_SEED=${random.seed}, "${state.name}" with ${changes}`, { cause: error });
      }
    }
    t.diagnostic(`${STATES} snapshots, ${taken} taken`);
    assert.ok(taken > STATES / 20 && taken < STATES);
  });

  it("noise and nothing are no snapshots", async () => {
    const s = await stock();
    const clms = new Clms(s.module);
    const box = clms.state();
    for (const fill of [0, 1, 0x7f, 0xff]) {
      box.fill(fill);
      assert.equal(clms.x.clms_restore(), -ERRNO.EPROTO);
      assert.equal(clms.engine, 0);
    }
    for (let k = 0; k < 20; k++) {
      const head = box.slice(0, 16);
      random.fill(new Uint32Array(box.buffer, box.byteOffset, 16_384));
      box.set(head);
      assert.equal(clms.x.clms_restore(), -ERRNO.EPROTO);
    }
  });
});

interface Bases {
  fold: number;
  ring: number;
  svc: number;
  size: number;
}

/** Somewhere in a state: mostly where something stands. */
function place(b: Bases): number {
  const kind = random.below(8);
  if (kind < 3) return 16 + random.below(b.fold - 16);
  if (kind < 5) return b.fold + random.below(512);
  if (kind === 5) return b.ring + random.below(64 * 64);
  return kind === 6 ? b.svc + random.below(1024) : 16 + random.below(b.size - 32);
}

/** A copy of its state once the host has taken everything. */
function drained(clms: Clms): Uint8Array {
  while (clms.x.clms_durable_next() !== 0);
  while (clms.x.clms_msg_next() !== 0);
  return clms.state().slice();
}
