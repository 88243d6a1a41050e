// The arbiter on a real etcd: one member, three with one killed, slow, gone, restored from a backup.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Answer, Arbiter, type ArbiterOptions, REGISTER_BYTES, type Seen } from "../../host/arbiter/arbiter.js";
import { Etcd, EtcdError } from "../../host/arbiter/etcd.js";
import { EtcdLab, hasEtcd } from "./etcd_lab.js";

const skip = hasEtcd() ? false : "needs etcd-server and etcd-client";
let clusters = 0;
const newCluster = (): string => (++clusters).toString(16).padStart(32, "0");

/** A register as a node writes it: ballot round.node, a set. */
function register(round: number, node: number): Uint8Array {
  const out = new Uint8Array(REGISTER_BYTES);
  new DataView(out.buffer).setBigUint64(0, (BigInt(round) << 16n) | BigInt(node), true);
  out[16] = 1 << node;
  return out;
}

const read = (a: Arbiter): Promise<Answer> => new Promise((done) => a.read(done));
const write = (a: Arbiter, version: number, r: Uint8Array): Promise<Answer> => new Promise((done) => a.write(version, r, done));
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Asks as the module does: again and again, until it is told something. */
async function insist(ask: () => Promise<Answer>, ms = 20_000): Promise<Answer> {
  for (const end = performance.now() + ms; ; ) {
    const a = await ask();
    if (a.status !== 2 || performance.now() > end) return a;
    await sleep(50);
  }
}

describe("the arbiter on etcd", { skip }, () => {
  let lab: EtcdLab;
  const open: Arbiter[] = [];

  before(async () => {
    lab = await EtcdLab.start(1);
  });
  after(async () => {
    for (const a of open) await a.close();
    await lab.stop();
  });

  function arbiter(o: Partial<ArbiterOptions> & { cluster: string; node: number }, endpoints = lab.endpoints): Arbiter {
    const a = new Arbiter(new Etcd({ endpoints }), o);
    open.push(a);
    return a;
  }

  it("an empty register has version 0; a write by compare-and-swap gives it one; the next needs that", async () => {
    const cluster = newCluster();
    const a = arbiter({ cluster, node: 1 });
    assert.deepEqual(await read(a), { status: 1, version: 0, register: new Uint8Array(REGISTER_BYTES) });
    const first = await write(a, 0, register(1, 1));
    assert.equal(first.status, 1);
    assert.ok(first.version > 0);
    assert.deepEqual(first.register, register(1, 1));
    assert.deepEqual(await read(a), first);
    const late = await write(a, 0, register(2, 1));
    assert.deepEqual(late, { ...first, status: 0 });
    const second = await write(a, first.version, register(2, 1));
    assert.ok(second.status === 1 && second.version > first.version);
    assert.ok(a.held);
  });

  it("of two that write at once over the same version, one is told yes", async () => {
    for (let round = 1; round <= 5; round++) {
      const cluster = newCluster();
      const nodes = [1, 2].map((node) => arbiter({ cluster, node }));
      const answers = await Promise.all(nodes.map((a, i) => write(a, 0, register(round, i + 1))));
      assert.deepEqual(answers.map((a) => a.status).sort(), [0, 1]);
      assert.equal(nodes.filter((a) => a.held).length, 1);
    }
  });

  it("two clusters in one etcd do not see each other", async () => {
    const [a, b] = [arbiter({ cluster: newCluster(), node: 1 }), arbiter({ cluster: newCluster(), node: 1 })];
    await write(a, 0, register(1, 1));
    assert.equal((await read(b)).version, 0);
  });

  it("first no, then yes: the one who had the vote has given it up before another is told that it has it", async () => {
    const cluster = newCluster();
    const order: string[] = [];
    const one = arbiter({ cluster, node: 1, onHold: (held) => order.push(`1 ${held}`) });
    const two = arbiter({ cluster, node: 2, onHold: (held) => order.push(`2 ${held}`) });
    const { version } = await write(one, 0, register(1, 1));
    const begun = performance.now();
    const yes = await insist(() => write(two, version, register(2, 2)));
    assert.ok(yes.status === 1 && performance.now() - begun > 250, "whoever had it is preferred for a moment");
    assert.deepEqual(order, ["1 true", "1 false", "2 true"]);
    assert.equal(one.held, false);
  });

  it("whoever has the vote and wants it again is faster than who waits for it", async () => {
    const cluster = newCluster();
    const [one, two] = [arbiter({ cluster, node: 1 }), arbiter({ cluster, node: 2, graceMs: 1_000 })];
    const { version } = await write(one, 0, register(1, 1));
    const other = write(two, version, register(2, 2));
    await sleep(100);
    const again = await write(one, version, register(2, 1));
    assert.equal(again.status, 1);
    assert.equal((await other).status, 0);
    assert.ok(one.held && !two.held);
  });

  it("a holder that is dead: yes when its lease has run out, and not before", async () => {
    const cluster = newCluster();
    const etcd = new Etcd({ endpoints: lab.endpoints });
    // Somebody who was told yes and is silent since.
    const lease = await etcd.grant(3);
    const base = `/holdfast/${cluster}`;
    const { header } = await etcd.txn(
      [],
      [
        { put: `${base}/register`, value: register(1, 1) },
        { put: `${base}/holder`, value: Buffer.from("1 gone"), lease },
      ],
    );
    const begun = performance.now();
    const two = arbiter({ cluster, node: 2 });
    const yes = await insist(() => write(two, Number(header.revision), register(2, 2)));
    assert.equal(yes.status, 1);
    assert.ok(performance.now() - begun > 2_000, "not before");
    etcd.close();
  });

  it("a lost answer: the same write again finds itself done", async () => {
    const cluster = newCluster();
    const a = arbiter({ cluster, node: 1 });
    const done = await write(a, 0, register(1, 1));
    assert.deepEqual(await write(a, 0, register(1, 1)), done);
  });

  it("a later question takes the place of one that waits", async () => {
    const cluster = newCluster();
    const [one, two] = [arbiter({ cluster, node: 1 }), arbiter({ cluster, node: 2, graceMs: 10_000 })];
    const { version } = await write(one, 0, register(1, 1));
    let answered = 0;
    two.write(version, register(2, 2), () => answered++);
    await sleep(50);
    const stands = await read(two);
    assert.deepEqual([stands.version, answered], [version, 0]);
  });

  it("an end gives the vote up at once", async () => {
    const cluster = newCluster();
    const one = arbiter({ cluster, node: 1 });
    const { version } = await write(one, 0, register(1, 1));
    await one.close();
    const begun = performance.now();
    assert.equal((await insist(() => write(arbiter({ cluster, node: 2, leaseS: 30 }), version, register(2, 2)))).status, 1);
    assert.ok(performance.now() - begun < 10_000);
  });

  it("what is no register is not taken for one", async () => {
    const cluster = newCluster();
    const told: (string | null)[] = [];
    const etcd = new Etcd({ endpoints: lab.endpoints });
    await etcd.txn([], [{ put: `/holdfast/${cluster}/register`, value: Buffer.from("hello") }]);
    etcd.close();
    assert.equal((await read(arbiter({ cluster, node: 1, onTrouble: (w) => told.push(w) }))).status, 2);
    assert.match(`${told[0]}`, /register in the arbiter holds 5 bytes that are no register: remove it/);
  });

  it("nobody there, silence, garbage, and slowness: not reachable, within the limit, and told once", async () => {
    const servers: Server[] = [];
    const listen = async (act: Parameters<typeof createServer>[1]): Promise<string> => {
      const s = createServer(act as never);
      servers.push(s);
      await new Promise<void>((done) => s.listen(0, "127.0.0.1", done));
      return `http://127.0.0.1:${(s.address() as { port: number }).port}`;
    };
    const silent = await listen(() => undefined);
    const garbage = await listen((_, res) => res.end("<html>"));
    const angry = await listen((_, res) => res.writeHead(503).end('{"error":"etcdserver: no leader","code":14}'));
    const gone = await listen(() => undefined);
    await new Promise((done) => servers[3].close(done));
    for (const [endpoints, text] of [
      [[gone], /ECONNREFUSED/],
      [[silent], /no answer within \d+ ms/],
      [[garbage, angry], /status 200, and no JSON; .*etcdserver: no leader/],
    ] as const) {
      const told: (string | null)[] = [];
      const a = new Arbiter(new Etcd({ endpoints, memberMs: 300, callMs: 500 }), {
        cluster: newCluster(),
        node: 1,
        onTrouble: (w) => told.push(w),
      });
      const begun = performance.now();
      assert.equal((await read(a)).status, 2);
      assert.equal((await write(a, 0, register(1, 1))).status, 2);
      assert.ok(performance.now() - begun < 5_000);
      assert.match(`${told[0]}`, text);
      await a.close();
    }
    // The first member is silent, the second is well.
    const etcd = new Etcd({ endpoints: [silent, gone, ...lab.endpoints], memberMs: 300 });
    const a = new Arbiter(etcd, { cluster: newCluster(), node: 1 });
    assert.equal((await insist(() => write(a, 0, register(1, 1)))).status, 1);
    await a.close();
    for (const s of servers) s.closeAllConnections();
    for (const s of servers) s.close();
    assert.throws(() => new Etcd({ endpoints: ["ftp://x"] }), /"ftp:\/\/x" is no address of http or https/);
    assert.throws(() => new Etcd({ endpoints: [] }), /at least one endpoint/);
    await assert.rejects(new Etcd({ endpoints: [silent], memberMs: 100 }).grant(2), EtcdError);
  });

  it("users and passwords", async () => {
    const own = await EtcdLab.start(1);
    try {
      own.ctl("user", "add", "root:secret");
      own.ctl("user", "grant-role", "root", "root");
      own.ctl("auth", "enable");
      const refused = new Arbiter(new Etcd({ endpoints: own.endpoints }), { cluster: newCluster(), node: 1 });
      assert.equal((await read(refused)).status, 2);
      await refused.close();
      const wrong = new Etcd({ endpoints: own.endpoints, user: "root", password: "x" });
      await assert.rejects(wrong.grant(2), /authentication failed/);
      const a = new Arbiter(new Etcd({ endpoints: own.endpoints, user: "root", password: "secret" }), { cluster: newCluster(), node: 1 });
      assert.equal((await insist(() => write(a, 0, register(1, 1)))).status, 1);
      await a.close();
    } finally {
      await own.stop();
    }
  });

  it("restored from a backup: no vote until an operator says so", async () => {
    const own = await EtcdLab.start(1);
    try {
      const cluster = newCluster();
      let seen: Seen | undefined;
      const told: (string | null)[] = [];
      const options = { cluster, node: 1, onSeen: (s: Seen) => (seen = s), onTrouble: (w: string | null) => told.push(w) };
      const a = arbiter(options, own.endpoints);
      const first = await write(a, 0, register(1, 1));
      const backup = join(own.folder, "backup");
      own.ctl("snapshot", "save", backup);
      assert.equal((await write(a, first.version, register(2, 1))).status, 1);
      await own.kill(0);
      own.restore(backup);
      await own.ready();
      // Also a process that was started since, if it is told what the one before has seen.
      const late = arbiter({ ...options, node: 2, seen: seen as Seen }, own.endpoints);
      for (const x of [a, late]) {
        assert.equal((await read(x)).status, 2);
        assert.match(
          `${told.at(-1)}`,
          /the arbiter (has gone back from revision \d+ to \d+|is another cluster): it may have forgotten a vote/,
        );
        assert.equal((await write(x, first.version, register(3, 1))).status, 2);
        x.trust();
        const again = await insist(() => read(x));
        assert.equal(again.status, 1);
        assert.deepEqual(again.register, register(1, 1));
      }
    } finally {
      await own.stop();
    }
  });

  it("over TLS with certificates", async () => {
    const { own, folder } = await secureLab();
    try {
      const pem = (name: string): string => readFileSync(join(folder, name), "utf8");
      const files = { ca: pem("cert.pem"), cert: pem("cert.pem"), key: pem("key.pem") };
      const a = new Arbiter(new Etcd({ endpoints: own.endpoints, ...files }), { cluster: newCluster(), node: 1 });
      assert.equal((await insist(() => write(a, 0, register(1, 1)), 60_000)).status, 1);
      await a.close();
      const stranger = new Etcd({ endpoints: own.endpoints, ca: files.ca });
      await assert.rejects(stranger.grant(2), EtcdError);
      await assert.rejects(new Etcd({ endpoints: own.endpoints }).grant(2), /self-signed|self signed/);
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the arbiter on three members", { skip }, () => {
  it("goes on without one, stops without two, and goes on again", async () => {
    const lab = await EtcdLab.start(3);
    const cluster = newCluster();
    const a = new Arbiter(new Etcd({ endpoints: lab.endpoints, callMs: 3_000 }), { cluster, node: 1 });
    try {
      const one = await insist(() => write(a, 0, register(1, 1)), 60_000);
      assert.equal(one.status, 1);
      await lab.kill(0);
      const two = await insist(() => write(a, one.version, register(2, 1)), 60_000);
      assert.ok(two.version > one.version, "one of three is gone");
      await lab.kill(1);
      assert.equal((await write(a, two.version, register(3, 1))).status, 2);
      lab.run(0);
      // The write may have waited in the member that was left, and be done now: then what stands there says so.
      const stands = await insist(() => read(a), 60_000);
      const three = stands.version === two.version ? await insist(() => write(a, two.version, register(3, 1)), 60_000) : stands;
      assert.deepEqual(three.register, register(3, 1));
      lab.signal(2, "SIGSTOP");
      lab.signal(0, "SIGSTOP");
      assert.equal((await write(a, three.version, register(4, 1))).status, 2, "two stand still");
      lab.signal(2, "SIGCONT");
      lab.signal(0, "SIGCONT");
      assert.equal((await insist(() => read(a), 60_000)).status, 1);
    } finally {
      lab.signal(2, "SIGCONT");
      lab.signal(0, "SIGCONT");
      await a.close();
      await lab.stop();
    }
  });
});

/** One member that speaks only TLS, and only to those with its certificate. */
async function secureLab(): Promise<{ own: EtcdLab; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-tls-"));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", "/CN=arbiter", "-addext", "subjectAltName=IP:127.0.0.1"];
  const made = spawnSync("openssl", [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-keyout",
    key,
    "-out",
    cert,
    ...subject,
  ]);
  assert.equal(made.status, 0, `${made.stderr}`);
  const more = ["--cert-file", cert, "--key-file", key, "--trusted-ca-file", cert, "--client-cert-auth"];
  return { own: await EtcdLab.start(1, more, "https"), folder };
}
