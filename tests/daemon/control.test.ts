// The control socket, over a real socket: replies, event streams, hostile clients.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { follow, request } from "../../host/daemon/client.js";
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

test("nobody there: not running, said so", async () => {
  await assert.rejects(request(join(dir, "none.sock"), "status"), {
    code: "ENOTCONN",
    message: `the daemon is not running: nobody answers at ${join(dir, "none.sock")}; start it with "holdfast up -c FILE"`,
  });
});
