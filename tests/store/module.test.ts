// The module itself, between two lives on the store: what it wrote comes back to it, and damage is UNKNOWN to it, not empty.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { CONFF, DURABLE, LIMIT, NS, Page, STAGE, TransRec } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { decodeFrame, frameBytes, HEAD, HEAD_MAGIC, type Mark, START } from "../../host/store/format.js";
import { readLog } from "../../host/store/read.js";
import { Store } from "../../host/store/store.js";
import { LOG, WANTED } from "./bed.js";
import { CrashFs, type Files } from "./crash_fs.js";

let module: WebAssembly.Module;

/** A node that is its whole cluster, on a store: it lives until it is UP and has changed its metadata a few times. */
class Life {
  readonly clms: Clms;
  store!: Store;
  #now = 1_000_000_000;

  constructor(
    readonly fs: CrashFs,
    seed: number,
  ) {
    this.clms = new Clms(module, seed);
  }

  async start(flags: number): Promise<void> {
    const { clms } = this;
    const onDurable = (seq: number): void => {
      clms.setNow(this.#now);
      clms.durableDone(seq);
      this.drain();
    };
    this.store = await Store.open(this.fs, { ...WANTED, node: 1, onDurable, markMs: 0 });
    clms.setNow(this.#now);
    assert.deepEqual(this.store.giveBack(clms), []);
    const { identity } = this.store;
    const bootstrap = this.store.blank ? CONFF.BOOTSTRAP : 0;
    clms.start({ node: 1, cluster: identity.cluster, uuid: identity.uuid, genesis: [{ node: 1 }], flags: flags | bootstrap });
    this.drain();
  }

  drain(): void {
    const { clms, store } = this;
    for (let op = clms.nextDurable(); op !== 0; op = clms.nextDurable())
      store.take(op, clms.durableSlot, clms.durableBytes(), clms.durableSeq);
    store.flush();
    while (clms.nextMessage());
    clms.events();
  }

  /** Lets so much time pass, a probe interval a step, every write confirmed in between. */
  async pass(ms: number): Promise<void> {
    for (const end = this.#now + ms * 1e6; this.#now < end; ) {
      this.#now += 50e6;
      this.clms.advance(this.#now);
      this.drain();
      while (this.store.stats.confirmed < this.store.stats.taken) await new Promise((done) => setImmediate(done));
    }
  }
}

async function oneLife(fs: CrashFs, changes: number): Promise<Life> {
  const life = new Life(fs, 11);
  await life.start(CONFF.AUTO_UP);
  await life.pass(3_000);
  assert.equal(life.clms.nodeGet(1)?.state, NS.UP);
  for (let n = 1; n <= changes; n++) {
    life.clms.setMeta(new Uint8Array(20).fill(n));
    life.drain();
    await life.pass(500);
  }
  await life.store.close();
  return life;
}

describe("the module on the store", () => {
  let files: Files;
  let first: Life;

  before(async () => {
    module = await Clms.compile();
    const fs = new CrashFs();
    first = await oneLife(fs, 6);
    files = fs.files;
  });

  it("goes on where it was, with its vote and a new incarnation", async () => {
    const life = new Life(new CrashFs(files), 12);
    await life.start(CONFF.AUTO_UP);
    assert.equal(life.store.blank, false);
    // The last header may have said less than what was applied later in the same step.
    assert.equal(life.clms.last, first.clms.last);
    assert.ok(life.clms.applied >= first.clms.applied - 1);
    await life.pass(3_000);
    assert.ok(life.clms.lineage !== 0);
    assert.equal(life.clms.nodeGet(1)?.inc, (first.clms.nodeGet(1)?.inc ?? 0) + 1);
    assert.equal(life.clms.nodeGet(1)?.state, NS.UP);
    await life.store.close();
  });

  it("a log that was lost: no vote, although the first start's word is given again", async () => {
    const without = new Map(files);
    without.delete(LOG);
    const life = new Life(new CrashFs(without), 13);
    await life.start(CONFF.AUTO_UP | CONFF.BOOTSTRAP);
    await life.pass(3_000);
    assert.deepEqual([life.store.voteLost, life.clms.lineage, life.clms.inc], [true, 0, 0]);
    await life.store.close();
  });

  it("a folder that was lost whole: only the first start's word lets it vote", async () => {
    const life = new Life(new CrashFs(), 14);
    const { clms } = life;
    life.store = await Store.open(life.fs, { ...WANTED, node: 1, onDurable: (seq) => clms.durableDone(seq) });
    clms.setNow(1_000_000_000);
    clms.start({ node: 1, cluster: WANTED.cluster, uuid: life.store.identity.uuid, genesis: [{ node: 1 }], flags: CONFF.AUTO_UP });
    life.drain();
    await life.pass(2_000);
    assert.deepEqual([life.store.blank, clms.lineage], [true, 0]);
    await life.store.close();
  });

  it("each damaged frame: the record is UNKNOWN in the module's ring, header and checkpoint are there twice", async () => {
    const log = Buffer.from(files.get(LOG) as Uint8Array);
    for (const [kind, at, slot] of last(log)) {
      const bytes = Buffer.from(log);
      bytes[at + HEAD + 20] ^= 4;
      const fs = new CrashFs(new Map(files).set(LOG, bytes));
      const store = await Store.open(fs, { ...WANTED, node: 1, onDurable: () => undefined });
      const clms = new Clms(module, 15);
      clms.setNow(1e9);
      assert.deepEqual(store.giveBack(clms), []);
      assert.match(store.notes.join("; "), new RegExp(`frame \\d+ at byte ${at}: its content is damaged`));
      const rec = clms.pageWord(Page.ring_base) + (slot % LIMIT.RING_MAX) * TransRec.SIZE;
      if (kind === DURABLE.RECORD) assert.equal(clms.u8[rec + TransRec.stage], STAGE.UNKNOWN, `slot ${slot}`);
      else assert.equal(store.voteLost, false, "header and checkpoint are there twice");
      await store.close();
    }
    assert.ok(last(log).length > 8);
  });
});

/** Of every place the frame that counts: kind, where it begins, slot. */
function last(log: Buffer): [number, number, number][] {
  const mark = readLog(log).mark as Mark;
  const found = new Map<string, [number, number, number]>();
  for (let at = START; at < log.length; ) {
    const frame = decodeFrame(log, at, HEAD_MAGIC, mark.salt);
    assert.ok(frame !== null);
    found.set(`${frame.kind} ${frame.kind === DURABLE.RECORD ? frame.slot % LIMIT.RING_MAX : ""}`, [frame.kind, at, frame.slot]);
    at += frameBytes(frame.len);
  }
  return [...found.values()];
}
