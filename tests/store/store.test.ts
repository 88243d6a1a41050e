// The store on a file system that refuses: what is confirmed when, what is told, and what is left.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StoreError } from "../../host/store/errors.js";
import { SOUND } from "../../host/store/image.js";
import { replaceFile } from "../../host/store/replace.js";
import { CLUSTER, checkpoint, FOLDER, header, imageOf, LOG, opened, openStore, record, steps, textOf, write } from "./bed.js";
import { CrashFs, type Files } from "./crash_fs.js";

const LIFE = steps(20, 5);
const FLAT = LIFE.flat();
const IDENTITY = `${FOLDER}/identity`;

/** What some writes and an end leave. */
async function filesOf(writes = FLAT): Promise<Files> {
  const fs = new CrashFs();
  const store = await openStore(fs);
  await write(store, writes);
  await store.close();
  return fs.files;
}

const refusedWith = (code: string, text: RegExp) => (e: unknown) => e instanceof StoreError && e.code === code && text.test(e.message);
const soon = (ms = 0): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe("the store", () => {
  it("gives back what it confirmed, and goes on from there", async () => {
    const files = await filesOf();
    const fs = new CrashFs(files);
    const store = await openStore(fs);
    assert.deepEqual([store.blank, store.voteLost, store.notes], [false, false, []]);
    assert.equal(textOf(imageOf(store.writes())), textOf(imageOf(FLAT)));
    await write(store, [record(90, 900), header(901)]);
    await store.close();
    assert.equal(textOf((await opened(fs.files)).image), textOf(imageOf([...FLAT, record(90, 900), header(901)])));
  });

  it("is blank until a header is durable, and never again", async () => {
    const fs = new CrashFs();
    const first = await openStore(fs);
    assert.ok(first.blank);
    await write(first, [record(1, 1), checkpoint(1, 2)]);
    await first.close();
    const second = await openStore(fs);
    assert.ok(second.blank, "without a header nothing has counted");
    assert.deepEqual(second.writes(), []);
    assert.equal(second.identity.uuid, first.identity.uuid, "the node's uuid stays");
    await write(second, [header(3)]);
    await second.close();
    assert.equal((await openStore(fs)).blank, false);
  });

  it("confirms in order, and takes what gathers during a sync with the next", async () => {
    const fs = new CrashFs();
    const confirmed: number[] = [];
    let syncs = 0;
    const store = await openStore(fs, { onDurable: (seq) => confirmed.push(seq) });
    fs.meanwhile = () => {
      if (++syncs === 1) for (let seq = 2; seq <= 9; seq++) store.take(1, 0, header(seq).bytes as Uint8Array, seq);
      store.flush();
    };
    store.take(1, 0, header(1).bytes as Uint8Array, 1);
    store.flush();
    assert.deepEqual(confirmed, [], "nothing is confirmed before it is durable");
    while (confirmed.length < 2) await soon();
    assert.deepEqual(confirmed, [1, 9]);
    assert.deepEqual([store.stats.syncs, syncs], [2, 2]);
    await store.close();
  });

  it("one daemon a folder", async () => {
    const fs = new CrashFs();
    const store = await openStore(fs);
    await assert.rejects(openStore(fs), refusedWith("locked", /another daemon uses this state folder/));
    await store.close();
    await (await openStore(fs)).close();
  });

  it("another cluster, another number, another version: refused, and left as they are", async () => {
    const files = await filesOf();
    const other = "11111111-2222-3333-4444-555555555555";
    for (const [o, code, text] of [
      [{ cluster: other }, "cluster", new RegExp(`${FOLDER}: belongs to cluster ${CLUSTER}, the configuration says ${other}`)],
      [{ node: 4 }, "node", /belongs to node 3, the configuration says node 4/],
      [{ cluster: "x" }, "cluster", /"x" is not a uuid/],
    ] as const) {
      const fs = new CrashFs(files);
      await assert.rejects(openStore(fs, o), refusedWith(code, text));
      assert.deepEqual(fs.files, files);
      assert.equal(fs.locked, false);
    }
    const later = new Map(files);
    later.set(
      LOG,
      Uint8Array.from(files.get(LOG) as Uint8Array, (b, at) => (at % 4096 === 4 && at < 8192 ? 2 : b)),
    );
    await assert.rejects(openStore(new CrashFs(later)), refusedWith("version", /log is of version 2/));
  });

  it("a log that is missing or illegible costs the vote; the identity stays", async () => {
    for (const bytes of [null, new Uint8Array(0), new Uint8Array(9000).fill(7)]) {
      const files = await filesOf();
      const before = await openStore(new CrashFs(files));
      if (bytes === null) files.delete(LOG);
      else files.set(LOG, bytes);
      const fs = new CrashFs(files);
      const store = await openStore(fs);
      assert.deepEqual([store.blank, store.voteLost], [false, true]);
      assert.match(store.notes.join("; "), /log is (missing|illegible): this node has no vote until the cluster has admitted it anew/);
      assert.equal(store.identity.uuid, before.identity.uuid);
      assert.equal(fs.files.has(`${FOLDER}/log.damaged`), bytes !== null, "a damaged log is kept");
      await store.close();
      const again = await openStore(fs);
      assert.ok(again.voteLost, "it stays so until the module has written both anew");
      await write(again, [checkpoint(1, 1), header(2)]);
      await again.close();
      assert.equal((await openStore(fs)).voteLost, false);
    }
  });

  it("an identity that is missing or damaged is written again; without a log nobody can say whose it is", async () => {
    for (const bytes of [null, Buffer.from("holdfast cluster state 1\n")]) {
      const files = await filesOf();
      const was = files.get(IDENTITY);
      if (bytes === null) files.delete(IDENTITY);
      else files.set(IDENTITY, bytes);
      const fs = new CrashFs(files);
      const store = await openStore(fs);
      assert.match(store.notes.join("; "), /identity is (missing|illegible): written again from the log/);
      assert.deepEqual(Buffer.from(fs.files.get(IDENTITY) as Uint8Array), Buffer.from(was as Uint8Array));
      files.set(LOG, new Uint8Array(5));
      if (bytes === null) continue;
      await assert.rejects(openStore(new CrashFs(files)), refusedWith("damaged", /whose it is cannot be told/));
    }
    const flipped = await filesOf();
    for (let at = 0; at < (flipped.get(IDENTITY) as Uint8Array).length; at++) {
      const files = new Map(flipped);
      const bytes = Buffer.from(flipped.get(IDENTITY) as Uint8Array);
      bytes[at] ^= 1 << (at % 8);
      files.set(IDENTITY, bytes);
      assert.equal((await opened(files)).identity.node, 3, `byte ${at}`);
    }
  });

  it("what a crash left half written is removed", async () => {
    const files = await filesOf();
    files.set(`${LOG}.new`, new Uint8Array(100));
    const fs = new CrashFs(files);
    const store = await openStore(fs);
    assert.match(store.notes.join(), /log.new: left by a write that did not end; removed/);
    assert.equal(fs.files.has(`${LOG}.new`), false);
  });

  it("a full disk: nothing is confirmed, it is told once, and goes on when there is room", async () => {
    const fs = new CrashFs();
    const told: (string | null)[] = [];
    const store = await openStore(fs, { onTrouble: (e) => told.push(e === null ? null : `${e.code}: ${e.message}`) });
    await write(store, FLAT);
    fs.refuse = (what) => (what === "write" ? "ENOSPC" : null);
    store.take(1, 0, header(77).bytes as Uint8Array, 1);
    store.flush();
    await soon(200);
    assert.equal(store.stats.confirmed, FLAT.length);
    assert.ok(store.stats.trouble);
    fs.refuse = () => null;
    while (store.stats.confirmed <= FLAT.length) await soon(5);
    assert.deepEqual(told, [`full: ${FOLDER}: no room to write the state of the cluster (ENOSPC): free some space`, null]);
    assert.equal(store.stats.generation, 1, "it went on in the same file");
    await store.close();
    assert.equal(textOf((await opened(fs.files)).image), textOf(imageOf([...FLAT, header(77)])));
  });

  it("after a sync that failed nothing of the file is believed: everything is written anew", async () => {
    for (const what of ["sync", "write"] as const) {
      const fs = new CrashFs();
      const store = await openStore(fs);
      await write(store, FLAT);
      let refused = 0;
      fs.refuse = (w) => (w === what && ++refused <= 2 ? "EIO" : null);
      await write(store, [header(78)]);
      assert.equal(store.stats.generation, 2, what);
      // What the failed sync has left in the old file does not matter: it is another file.
      const image = (await opened(fs.files)).image;
      assert.equal(image.header.state, SOUND);
      assert.equal(textOf(image), textOf(imageOf([...FLAT, header(78)])));
      await store.close();
    }
  });

  it("no room for a new log: the old one goes on", async () => {
    const fs = new CrashFs();
    const store = await openStore(fs, { rotateBytes: 2_000 });
    fs.refuse = (what) => (what === "create" ? "ENOSPC" : null);
    for (const step of LIFE) await write(store, step);
    assert.equal(store.stats.generation, 1);
    fs.refuse = () => null;
    for (const step of LIFE) await write(store, step);
    assert.ok(store.stats.generation > 1);
    await store.close();
    assert.equal(textOf((await opened(fs.files)).image), textOf(imageOf([...FLAT, ...FLAT])));
  });

  it("a rename that may or may not have come through: everything is written anew before anything is confirmed", async () => {
    const fs = new CrashFs();
    const store = await openStore(fs, { rotateBytes: 2_000 });
    let refused = 0;
    fs.refuse = (what) => (what === "syncFolder" && ++refused <= 1 ? "EIO" : null);
    for (const step of LIFE) await write(store, step);
    assert.ok(refused > 1);
    await store.close();
    assert.equal(textOf((await opened(fs.files)).image), textOf(imageOf(FLAT)));
  });

  it("a start that the disk refuses names the cause and changes nothing", async () => {
    const files = await filesOf();
    for (const [errno, code, text] of [
      ["ENOSPC", "full", /no room to prepare the state of the cluster \(ENOSPC\): free some space/],
      ["EROFS", "read-only", /the file system is read-only/],
      ["EACCES", "denied", /it must belong to the daemon's user/],
      ["EIO", "io", /cannot prepare the state of the cluster \(EIO\)/],
    ] as const)
      for (const what of ["create", "write", "sync"] as const) {
        const fs = new CrashFs(files);
        fs.refuse = (w) => (w === what ? errno : null);
        await assert.rejects(openStore(fs), refusedWith(code, text));
        assert.deepEqual([fs.files, fs.locked], [files, false], `${errno} at ${what}`);
      }
  });

  it("an end that leaves something undone says so", async () => {
    const fs = new CrashFs();
    const store = await openStore(fs);
    await write(store, FLAT);
    fs.refuse = (what) => (what === "write" ? "ENOSPC" : null);
    store.take(1, 0, header(79).bytes as Uint8Array, 1);
    await assert.rejects(store.close(), refusedWith("closed", /1 writes could not be made durable: .*ENOSPC/));
    assert.equal(fs.locked, false);
    fs.refuse = () => null;
    assert.equal(textOf((await opened(fs.files)).image), textOf(imageOf(FLAT)));
  });

  it("a file is replaced as a whole, or stays", async () => {
    const fs = new CrashFs(new Map([[`${FOLDER}/x`, Buffer.from("old")]]));
    fs.refuse = (what) => (what === "rename" ? "EIO" : null);
    await assert.rejects(replaceFile(fs, FOLDER, "x", Buffer.from("new")));
    assert.deepEqual([...fs.files.keys()], [`${FOLDER}/x`]);
    assert.equal(Buffer.from(fs.files.get(`${FOLDER}/x`) as Uint8Array).toString(), "old");
    fs.refuse = () => null;
    await replaceFile(fs, FOLDER, "x", Buffer.from("new"));
    assert.equal(Buffer.from(fs.files.get(`${FOLDER}/x`) as Uint8Array).toString(), "new");
  });
});
