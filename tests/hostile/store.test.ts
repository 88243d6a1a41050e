// What a disk, an arbiter and a fence agent may give the host: any bytes of a state folder never trap the module nor make the
// store throw what is no StoreError; whatever an arbiter answers is an answer, or is "not reachable".

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { before, describe, it } from "node:test";
import { Arbiter } from "../../host/arbiter/arbiter.js";
import { Etcd } from "../../host/arbiter/etcd.js";
import { ERRNO } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { ClmsError } from "../../host/core/errors.js";
import { StoreError } from "../../host/store/errors.js";
import { START } from "../../host/store/format.js";
import { Store } from "../../host/store/store.js";
import { CLUSTER, FOLDER, LOG, openStore, WANTED } from "../store/bed.js";
import { CrashFs, type Files } from "../store/crash_fs.js";
import { stock } from "./clms_bed.js";
import { Random, seed } from "./random.js";

const FOLDERS = 250 * Number(process.env.HOLDFAST_HOSTILE ?? 1);
const ANSWERS = 300 * Number(process.env.HOLDFAST_HOSTILE ?? 1);
const random = new Random(seed());

describe("a hostile state folder", () => {
  let module: WebAssembly.Module;
  let files: Files;

  before(async () => {
    const s = await stock();
    ({ module } = s);
    const fs = new CrashFs();
    const store = await openStore(fs);
    for (const w of s.writes) {
      store.take(w.op, w.slot, w.bytes, 1);
      if (!random.once(6)) continue;
      store.flush();
      await new Promise((done) => setImmediate(done));
    }
    await store.close();
    files = fs.files;
  });

  /** Some of what can befall a file. */
  function spoil(bytes: Uint8Array): Uint8Array {
    let out = Buffer.from(bytes);
    for (let n = random.below(4); n >= 0 && out.length > 0; n--) {
      const at = random.once(3) ? random.below(Math.min(out.length, START)) : random.below(out.length);
      const len = random.below(random.once(2) ? 16 : 5_000);
      const other = random.below(out.length);
      if (random.once(5)) out = out.subarray(0, at);
      else if (random.once(4)) out.copy(out, at, other, other + len);
      else if (random.once(3)) for (let i = at; i < Math.min(at + len, out.length); i++) out[i] = random.u32();
      else out[at] ^= 1 << random.below(8);
    }
    return out;
  }

  it("is opened or refused, and what it gives back does not trap the module", async () => {
    let opened = 0;
    for (let n = 0; n < FOLDERS; n++) {
      const now = new Map(files);
      now.set(LOG, spoil(files.get(LOG) as Uint8Array));
      if (random.once(6)) now.set(`${FOLDER}/identity`, spoil(files.get(`${FOLDER}/identity`) as Uint8Array));
      const fs = new CrashFs(now);
      try {
        const store = await Store.open(fs, { ...WANTED, onDurable: () => undefined });
        const clms = new Clms(module, n + 1);
        clms.setNow(1e9);
        store.giveBack(clms);
        opened++;
        try {
          clms.start({ node: 3, cluster: CLUSTER, uuid: store.identity.uuid, genesis: [{ node: 3 }] });
        } catch (e) {
          // The writes are those of a node of another cluster.
          assert.ok(e instanceof ClmsError && e.errno === ERRNO.EREMOTEIO);
        }
        await store.close();
      } catch (e) {
        assert.ok(e instanceof StoreError, `${e}`);
        assert.equal(fs.locked, false);
      }
    }
    assert.ok(opened > FOLDERS / 2);
  });
});

describe("a hostile arbiter", () => {
  it("answers whatever it likes: an answer is sound, or none", async () => {
    const odd = [null, 1, "", "x", [], {}, [{}], "18446744073709551616", "-1", true];
    const value = (): unknown => (!random.once(12) ? Buffer.alloc(168, random.below(3)).toString("base64") : random.pick(odd));
    const kvs = (): unknown =>
      random.once(3) ? random.pick(odd) : [{ value: value(), mod_revision: random.once(3) ? random.pick(odd) : "5" }];
    const responses = (): unknown =>
      random.once(5) ? random.pick(odd) : [{ response_range: { kvs: kvs() } }, { response_range: { kvs: kvs() } }];
    const header = (): unknown =>
      random.once(6) ? random.pick(odd) : { cluster_id: "7", revision: random.once(6) ? random.pick(odd) : "9" };
    const server = createServer((request, response) => {
      request.resume();
      const json = { header: header(), succeeded: random.once(2), responses: responses(), ID: random.pick(odd), result: random.pick(odd) };
      response.end(random.once(15) ? "{" : JSON.stringify(random.once(15) ? random.pick(odd) : json));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const a = new Arbiter(new Etcd({ endpoints: [endpoint], memberMs: 2_000 }), { cluster: CLUSTER, node: 7, graceMs: 1 });
    const heard = [0, 0, 0];
    for (let n = 0; n < ANSWERS; n++) {
      const { status, version, register } = await new Promise<Parameters<Parameters<Arbiter["read"]>[0]>[0]>((done) => {
        if (random.once(2)) a.read(done);
        else a.write(5, new Uint8Array(168).fill(1), done);
      });
      heard[status]++;
      assert.equal(register.length, 168);
      assert.ok(Number.isSafeInteger(version) && version >= 0);
      a.trust();
    }
    assert.ok(
      heard.every((n) => n > 0),
      `${heard}`,
    );
    await a.close();
    server.closeAllConnections();
    server.close();
  });
});
