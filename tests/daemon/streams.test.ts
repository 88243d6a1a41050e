// The control socket's streams, over a real socket: remembered events, probes, captures, and what clients do to them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { BlockReader } from "../../host/cli/capture_blocks.js";
import { BACKLOG_MAX, CaptureHub } from "../../host/daemon/capture.js";
import { follow } from "../../host/daemon/client.js";
import { Control } from "../../host/daemon/control.js";
import { History } from "../../host/daemon/history.js";
import { Log } from "../../host/daemon/log.js";
import { quiet, type World, world } from "../io/loop_world.js";
import { probe } from "../tools/reports.js";

const dir = mkdtempSync(join(tmpdir(), "hfd-streams-"));
const path = join(dir, "control.sock");
const history = new History();
const capture = new CaptureHub();
const control = new Control(() => ({ fine: true }), new Log(() => undefined), { history, capture });
let w: World;

before(async () => {
  w = await world();
  quiet(w);
  capture.attach({ ipmp: w.ipmp, loop: w.loop, groups: () => [{ name: "g", members: ["nic0", "nic1"] }] });
  await control.listen(path);
});
after(async () => {
  await control.close();
  rmSync(dir, { recursive: true });
});

async function until(check: () => boolean): Promise<void> {
  for (let n = 0; n < 1000 && !check(); n++) await delay(5);
  assert.ok(check());
}

const FRAME = Buffer.from(`ffffffffffff0200000000cc88b5${"00".repeat(1400)}`, "hex");
function arrive(count: number): void {
  for (let n = 0; n < count; n += 64) {
    for (let i = 0; i < Math.min(64, count - n); i++) w.nics[0].incoming.push(FRAME);
    w.loop.step();
  }
}

/** A client that has begun a capture. */
async function capturing(more = ""): Promise<{ socket: Socket; bytes(): Buffer }> {
  const socket = connect(path);
  const pieces: Buffer[] = [];
  socket.on("data", (d) => pieces.push(d));
  socket.write(`{"v":1,"id":1,"cmd":"capture"${more}}\n`);
  await until(() => Buffer.concat(pieces).includes(10));
  const bytes = (): Buffer => {
    const all = Buffer.concat(pieces);
    return all.subarray(all.indexOf(10) + 1);
  };
  return { socket, bytes };
}

test("events that are remembered come first, then those that come, without a gap", async () => {
  for (let i = 0; i < 5; i++) history.add({ seq: i });
  const seen: unknown[] = [];
  const stream = follow(path, (e) => seen.push(e), { cmd: "events", last: 2 });
  await until(() => seen.length === 2);
  control.broadcast({ seq: 5 });
  await until(() => seen.length === 3);
  assert.deepEqual(seen, [{ seq: 3 }, { seq: 4 }, { seq: 5 }]);
  void stream.catch(() => undefined);
});

test("probes go to those who asked for probes, and to nobody else; whether anybody does is told", async () => {
  const [probes, events]: unknown[][] = [[], []];
  const wanted: boolean[] = [];
  control.onProbesWanted = (yes) => wanted.push(yes);
  assert.equal(control.probesWanted, false);
  const clients = [connect(path), connect(path)];
  for (const c of clients) c.write('{"v":1,"id":1,"cmd":"probes"}\n');
  const streams = [follow(path, (e) => probes.push(e), { cmd: "probes" }), follow(path, (e) => events.push(e))];
  for (const s of streams) void s.catch(() => undefined);
  await until(() => control.probesWanted);
  await delay(100);
  control.probe(probe());
  await until(() => probes.length === 1);
  assert.deepEqual(probes, [probe()]);
  assert.deepEqual(events, []);
  for (const c of clients) c.destroy();
  await delay(50);
  assert.deepEqual(wanted, [true], "the third still does");
});

test("the last one who wanted probes is gone: told", async () => {
  const own = new Control(() => undefined, new Log(() => undefined));
  const wanted: boolean[] = [];
  own.onProbesWanted = (yes) => wanted.push(yes);
  const at = join(dir, "own.sock");
  await own.listen(at);
  const client = connect(at);
  client.write('{"v":1,"id":1,"cmd":"probes"}\n{"v":1,"id":2,"cmd":"probes"}\n');
  await until(() => own.probesWanted);
  client.destroy();
  await until(() => !own.probesWanted);
  assert.deepEqual(wanted, [true, false]);
  await own.close();
});

test("a capture: the stream, an end by a line with the totals, then the connection closes", async () => {
  const { socket, bytes } = await capturing();
  assert.equal(capture.count, 1);
  arrive(3);
  socket.write("\n");
  await new Promise((resolve) => socket.once("close", resolve));
  const reader = new BlockReader(() => undefined);
  reader.push(bytes());
  assert.deepEqual(reader.totals, { frames: 3, lost: 0 });
  assert.equal(capture.count, 0);
});

test("what a client sends into its capture ends it, whatever it is; one that goes away ends it too", async () => {
  const garbage = await capturing();
  garbage.socket.write('{"v":1,"id":2,"cmd":"down"}\n{"v":1,"id":3,"cmd":"capture"}\n');
  await new Promise((resolve) => garbage.socket.once("close", resolve));
  assert.equal(capture.count, 0);
  const gone = await capturing();
  gone.socket.destroy();
  await until(() => capture.count === 0);
  arrive(1);
});

test("a client that does not read loses frames, at a bounded cost; what it gets says how many", async () => {
  const { socket, bytes } = await capturing();
  socket.pause();
  const many = Math.ceil((4 * BACKLOG_MAX) / FRAME.length);
  const lost = capture.totals.lost;
  for (let n = 0; n < many; n += 640) {
    arrive(640);
    await delay(0);
  }
  socket.resume();
  socket.write("\n");
  await new Promise((resolve) => socket.once("close", resolve));
  const reader = new BlockReader(() => undefined);
  reader.push(bytes());
  assert.ok(reader.totals.lost > 0, "some are lost");
  assert.ok(bytes().length < BACKLOG_MAX + 2 * 1024 * 1024, `${bytes().length} bytes waited for it`);
  assert.equal(reader.totals.lost, capture.totals.lost - lost);
  assert.equal(reader.totals.frames + reader.totals.lost, Math.ceil(many / 640) * 640);
});

test("a capture that is refused leaves the connection as it was", async () => {
  const socket = connect(path);
  let text = "";
  socket.on("data", (d) => {
    text += d;
  });
  socket.write('{"v":1,"id":1,"cmd":"capture","group":"x"}\n{"v":1,"id":2,"cmd":"status"}\n');
  await until(() => text.split("\n").length > 2);
  const [no, yes] = text.split("\n").map((l) => (l === "" ? null : JSON.parse(l)));
  assert.deepEqual([no.ok, no.error.code], [false, "ENODEV"]);
  assert.deepEqual(yes, { v: 1, id: 2, ok: true, result: { fine: true } });
  socket.destroy();
});
