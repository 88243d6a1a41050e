// The control socket, over a real socket: replies, event streams, hostile clients.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { follow, request } from "../../host/daemon/client.js";
import { CLIENTS_MAX, Clients, STREAMS_MAX } from "../../host/daemon/clients.js";
import { Control } from "../../host/daemon/control.js";
import { Log } from "../../host/daemon/log.js";
import { LINE_MAX } from "../../host/daemon/protocol.js";
import { Refusal } from "../../host/daemon/refusal.js";

const dir = mkdtempSync(join(tmpdir(), "hfd-control-"));
const path = join(dir, "control.sock");
const logged: string[] = [];
const control = new Control(
  (r) => {
    if (r.cmd === "status") return { fine: true };
    if (r.cmd === "offline") throw new Refusal("EMINRED", `${r.nic}: too few`);
    if (r.cmd === "stats") throw new TypeError("a defect");
    if (r.cmd === "down") return Promise.resolve({ kept: r.keep });
    return undefined;
  },
  new Log((line) => logged.push(line)),
);

before(async () => {
  writeFileSync(path, "what a dead daemon left");
  await control.listen(path);
});
after(async () => {
  await control.close();
  rmSync(dir, { recursive: true });
});

/** Sends bytes in the given pieces; gives what comes back until the server closes or `lines` lines are there. */
function raw(pieces: (string | Buffer)[], lines: number): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = "";
    const done = (closed: boolean): void => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on("data", (d) => {
      text += d;
      if (text.split("\n").length > lines) done(false);
    });
    socket.on("end", () => done(true));
    socket.on("error", reject);
    socket.on("connect", async () => {
      for (const p of pieces) {
        socket.write(p);
        await new Promise((r) => setTimeout(r, 5));
      }
    });
  });
}

test("the socket is for its owner alone, and replaces a stale one", () => {
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(statSync(path).isSocket());
});

test("a request gets its result, a refusal its code and message", async () => {
  assert.deepEqual(await request(path, "status"), { fine: true });
  assert.deepEqual(await request(path, "down", { keep: true }), { kept: true });
  await assert.rejects(request(path, "offline", { nic: "eth1" }), { name: "Refusal", code: "EMINRED", message: "eth1: too few" });
});

test("a defect in a handler is an error reply and a log line, not the end", async () => {
  await assert.rejects(request(path, "stats"), { code: "EINTERNAL", message: "a defect" });
  assert.match(logged.at(-1) ?? "", /error control: stats: TypeError: a defect/);
  assert.deepEqual(await request(path, "status"), { fine: true });
});

test("several requests in one piece, and one in many, are answered in order", async () => {
  const line = (id: number): string => `{"v":1,"id":${id},"cmd":"status"}\n`;
  const both = await raw([line(1) + line(2)], 2);
  assert.deepEqual(
    both.text
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l).id),
    [1, 2],
  );
  const split = await raw([...line(3)], 1);
  assert.deepEqual(JSON.parse(split.text), { v: 1, id: 3, ok: true, result: { fine: true } });
});

test("malformed lines get an error reply and the connection stays", async () => {
  const { text, closed } = await raw(["nonsense\n\n", Buffer.from([0xff, 0xfe, 0x0a]), '{"v":1,"id":9,"cmd":"status"}\n'], 3);
  const replies = text
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l));
  assert.deepEqual(
    replies.map((r) => r.ok),
    [false, false, true],
  );
  assert.equal(replies[0].error.code, "EINVAL");
  assert.equal(replies[0].id, null);
  assert.equal(closed, false);
});

test("a line without end is refused at the limit and the connection closed", async () => {
  const { text, closed } = await raw(["x".repeat(LINE_MAX + 1), "y\n"], 99);
  assert.equal(closed, true);
  assert.deepEqual(JSON.parse(text), {
    v: 1,
    id: null,
    ok: false,
    error: { code: "EMSGSIZE", message: `line too long; allowed: ${LINE_MAX} bytes` },
  });
  assert.deepEqual(await request(path, "status"), { fine: true });
});

test("events are streamed to those who asked, until the end", async () => {
  const own = join(dir, "events.sock");
  const server = new Control(() => undefined, new Log(() => undefined));
  await server.listen(own);
  const seen: unknown[] = [];
  const stream = follow(own, (e) => seen.push(e));
  for (let n = 0; seen.length === 0 && n < 100; n++) {
    server.broadcast({ text: "eth1: carrier down" });
    await new Promise((r) => setTimeout(r, 5));
  }
  assert.deepEqual(seen[0], { text: "eth1: carrier down" });
  await server.close();
  await stream;
});

/** A client that keeps its connection; what it was told, and when the other side ended it. */
function stay(at: string, line = ""): Promise<{ socket: Socket; told: () => string; ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(at);
    let text = "";
    const ended = new Promise<void>((end) => socket.on("close", () => end()));
    socket.on("data", (d) => {
      text += d;
    });
    socket.on("error", reject);
    socket.on("connect", () => {
      socket.write(line);
      resolve({ socket, told: () => text, ended });
    });
  });
}

test("clients that send nothing, or half a request, keep nobody out: the one idle longest goes, and is told", async (t) => {
  const own = join(dir, "crowd.sock");
  let answer: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const server = new Control((r) => (r.cmd === "status" ? { fine: true } : slow), new Log(() => undefined));
  t.after(() => server.close());
  await server.listen(own);
  const waits = await stay(own, '{"v":1,"id":1,"cmd":"stats"}\n');
  const follows = await stay(own, '{"v":1,"id":1,"cmd":"events"}\n');
  const [first, ...others] = await Promise.all(Array.from({ length: CLIENTS_MAX - 2 }, () => stay(own, '{"v":1,"id')));
  assert.deepEqual(await request(own, "status"), { fine: true });
  await first.ended;
  assert.deepEqual(JSON.parse(first.told()).error, {
    code: "EUSERS",
    message: `idle longest of ${CLIENTS_MAX} clients; closed for another one`,
  });
  // and so on, whoever comes
  const later = await Promise.all(Array.from({ length: 2 * CLIENTS_MAX }, () => stay(own)));
  await Promise.all(others.map((o) => o.ended));
  assert.deepEqual(await request(own, "status"), { fine: true });
  answer();
  server.broadcast({ text: "still there" });
  for (let n = 0; n < 200 && !(waits.told() && follows.told().includes("still there")); n++) await new Promise((r) => setTimeout(r, 10));
  assert.equal(JSON.parse(waits.told()).ok, true, "one that waits for an answer gets it");
  assert.match(follows.told(), /still there/, "a stream goes on");
  for (const c of [waits, follows, ...later]) c.socket.destroy();
});

test("streams leave room for requests; when all are busy, the next is told so", async (t) => {
  const own = join(dir, "streams.sock");
  let answering = 0;
  const answer = (cmd: string): unknown => {
    if (cmd === "status") return { fine: true };
    answering++;
    return new Promise(() => undefined);
  };
  const server = new Control((r) => answer(r.cmd), new Log(() => undefined));
  t.after(() => server.close());
  await server.listen(own);
  const events = '{"v":1,"id":1,"cmd":"events"}\n';
  const streams = [];
  for (let n = 0; n < STREAMS_MAX; n++) streams.push(await stay(own, events));
  const late = await stay(own, events);
  for (let n = 0; n < 200 && late.told() === ""; n++) await new Promise((r) => setTimeout(r, 10));
  assert.deepEqual(JSON.parse(late.told()).error, { code: "EUSERS", message: `${STREAMS_MAX} streams are open; allowed: no more at once` });
  late.socket.destroy();
  assert.deepEqual(await request(own, "status"), { fine: true });
  const busy = [];
  for (let n = 0; n < CLIENTS_MAX - STREAMS_MAX; n++) busy.push(await stay(own, '{"v":1,"id":1,"cmd":"stats"}\n'));
  for (let n = 0; n < 200 && answering < busy.length; n++) await new Promise((r) => setTimeout(r, 10));
  await assert.rejects(request(own, "status"), { code: "EUSERS", message: `${CLIENTS_MAX} clients are being served; try again` });
  busy[0].socket.destroy();
  for (let n = 0; ; n++) {
    try {
      assert.deepEqual(await request(own, "status"), { fine: true });
      break;
    } catch (e) {
      if (n === 100) throw e;
    }
  }
  for (const c of [...streams, ...busy]) c.socket.destroy();
});

test("no request within the time for the first one: closed, and told; afterwards a client may take its time", async (t) => {
  const own = join(dir, "first.sock");
  const server = new Control(() => ({ fine: true }), new Log(() => undefined), {}, new Clients(300));
  t.after(() => server.close());
  await server.listen(own);
  const asked = await stay(own, '{"v":1,"id":1,"cmd":"status"}\n');
  for (let n = 0; n < 200 && asked.told() === ""; n++) await new Promise((r) => setTimeout(r, 1));
  const silent = await stay(own, '{"v":1,');
  await silent.ended;
  assert.deepEqual(JSON.parse(silent.told()).error, { code: "ETIMEDOUT", message: "no request within 0.3 s" });
  asked.socket.write('{"v":1,"id":2,"cmd":"status"}\n');
  for (let n = 0; n < 200 && asked.told().split("\n").length < 3; n++) await new Promise((r) => setTimeout(r, 10));
  assert.match(asked.told(), /"id":2,"ok":true/);
  asked.socket.destroy();
});

test("nobody there: not running, said so", async () => {
  await assert.rejects(request(join(dir, "none.sock"), "status"), {
    code: "ENOTCONN",
    message: `the daemon is not running: nobody answers at ${join(dir, "none.sock")}; start it with "holdfast up -c FILE"`,
  });
});
