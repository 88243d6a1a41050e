// Captures: what stands in the stream, who is captured, what a slow reader loses, and that nobody captured costs nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { BlockReader, type Totals } from "../../host/cli/capture_blocks.js";
import { BACKLOG_MAX, CAPTURES_MAX, CaptureHub, type Filter } from "../../host/daemon/capture.js";
import { BLOCK } from "../../host/io/pcapng.js";
import { quiet, type World, world } from "../io/loop_world.js";

const ALL: Filter = { group: null, nic: null, snaplen: 262_144 };

/** A reader that keeps what it is sent; `stalled`: as if it did not read. */
class Reader {
  readonly pieces: Buffer[] = [];
  writableLength = 0;
  destroyed = false;
  corks = 0;
  write(bytes: Uint8Array): void {
    this.pieces.push(Buffer.from(bytes));
  }
  cork(): void {
    this.corks++;
  }
  uncork(): void {
    this.corks--;
  }
}

interface Packet {
  nic: string;
  frame: Buffer;
  wire: number;
  direction: string;
  lost: number;
}

/** Reads a stream: interfaces, packets, statistics; by the form's own rules, not by our writer. */
function read(bytes: Buffer): { ifaces: string[]; packets: Packet[]; totals: { nic: string; seen: number; lost: number }[] } {
  const ifaces: string[] = [];
  const packets: Packet[] = [];
  const totals: { nic: string; seen: number; lost: number }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [type, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    assert.equal(bytes.readUInt32LE(at + length - 4), length, "the length stands at both ends");
    const body = bytes.subarray(at + 8, at + length - 4);
    const options = (from: number): Map<number, Buffer> => {
      const found = new Map<number, Buffer>();
      for (let o = from; o < body.length; ) {
        const [code, size] = [body.readUInt16LE(o), body.readUInt16LE(o + 2)];
        if (code === 0) break;
        found.set(code, body.subarray(o + 4, o + 4 + size));
        o += 4 + ((size + 3) & ~3);
      }
      return found;
    };
    const number = (value: Buffer | undefined): number => (value === undefined ? 0 : Number(value.readBigUInt64LE()));
    if (type === BLOCK.INTERFACE) ifaces.push(`${options(8).get(2)}: ${options(8).get(3)}, ${body.readUInt32LE(4)}`);
    if (type === BLOCK.PACKET) {
      const [kept, wire] = [body.readUInt32LE(12), body.readUInt32LE(16)];
      const o = options(20 + ((kept + 3) & ~3));
      const nic = ifaces[body.readUInt32LE(0)].split(":")[0];
      const direction = o.get(2)?.readUInt32LE() === 1 ? "in" : "out";
      packets.push({ nic, frame: Buffer.from(body.subarray(20, 20 + kept)), wire, direction, lost: number(o.get(4)) });
    }
    if (type === BLOCK.STATISTICS) {
      const o = options(12);
      totals.push({ nic: ifaces[body.readUInt32LE(0)].split(":")[0], seen: number(o.get(4)), lost: number(o.get(5)) });
    }
    at += length;
  }
  return { ifaces, packets, totals };
}

const frame = (n: number): Buffer => Buffer.from(`ffffffffffff0200000000cc88b5${n.toString(16).padStart(4, "0")}${"00".repeat(44)}`, "hex");

async function stage(): Promise<{ w: World; hub: CaptureHub }> {
  const w = await world();
  quiet(w);
  const hub = new CaptureHub(() => 5n);
  hub.attach({ ipmp: w.ipmp, loop: w.loop, groups: () => [{ name: "g", members: ["nic0", "nic1"] }] });
  return { w, hub };
}

/** Begins a capture; `done` ends it and gives what was read. */
function capture(hub: CaptureHub, filter: Partial<Filter> = {}) {
  const reader = new Reader();
  const session = hub.open({ ...ALL, ...filter }, reader);
  session.begin();
  const done = () => {
    session.end();
    return read(Buffer.concat(reader.pieces));
  };
  return { reader, session, done };
}

function arrive(w: World, nic: number, ...frames: Buffer[]): void {
  w.nics[nic].incoming.push(...frames);
  w.loop.step();
}

test("both directions of every NIC, each under its own interface", async () => {
  const { w, hub } = await stage();
  const c = capture(hub);
  arrive(w, 0, frame(1));
  arrive(w, 1, frame(2));
  w.tap.incoming.push(Buffer.from(`0200000000cc0200000000fe0800${"45000014000000004000".padEnd(92, "0")}`, "hex"));
  w.loop.step();
  const { ifaces, packets, totals } = c.done();
  assert.deepEqual(ifaces, ["nic0: member of g, 262144", "nic1: member of g, 262144"]);
  assert.deepEqual(
    packets.slice(0, 2).map((p) => [p.nic, p.direction, p.frame.equals(frame(p.nic === "nic0" ? 1 : 2))]),
    [
      ["nic0", "in", true],
      ["nic1", "in", true],
    ],
  );
  assert.deepEqual(
    totals.map((t) => [t.nic, t.lost]),
    [
      ["nic0", 0],
      ["nic1", 0],
    ],
  );
  assert.equal(
    totals.reduce((n, t) => n + t.seen, 0),
    packets.length,
  );
  assert.equal(hub.totals.frames, packets.length);
});

test("what leaves is recorded after the rewriting: with the NIC's own source", async () => {
  const { w, hub } = await stage();
  const c = capture(hub);
  // somebody asks for the group's address: the module answers
  arrive(w, 0, Buffer.from("ffffffffffff0200000000cc08060001080006040001" + "0200000000cc0a000009" + "0000000000000a000001", "hex"));
  const [, answer] = c.done().packets;
  assert.equal(answer.direction, "out");
  assert.match(answer.frame.toString("hex", 6, 12), /^02000000000[12]$/);
});

test("filters: one NIC; a group; snaplen keeps the beginning and tells the length", async () => {
  const { w, hub } = await stage();
  const one = capture(hub, { nic: "nic1" });
  const short = capture(hub, { group: "g", snaplen: 14 });
  arrive(w, 0, frame(1));
  arrive(w, 1, frame(2));
  const only = one.done();
  assert.deepEqual(only.ifaces, ["nic1: member of g, 262144"]);
  assert.deepEqual(
    only.packets.map((p) => p.nic),
    ["nic1"],
  );
  assert.deepEqual(
    short.done().packets.map((p) => [p.frame.length, p.wire]),
    [
      [14, 60],
      [14, 60],
    ],
  );
});

test("nobody captures: nothing stands between device and module; a NIC that comes meanwhile is captured too", async () => {
  const { w, hub } = await stage();
  const taps: unknown[] = [];
  const real = w.loop.setTap.bind(w.loop);
  w.loop.setTap = (tap) => {
    taps.push(tap === null ? null : "tap");
    real(tap);
  };
  const [a, b] = [capture(hub), capture(hub)];
  w.loop.removeMember(w.phyints[0]);
  w.loop.addMember(w.phyints[0], w.nics[0]);
  arrive(w, 0, frame(7));
  assert.equal(a.done().packets.length, 1);
  assert.equal(b.done().packets.length, 1);
  assert.deepEqual(taps, ["tap", null]);
  arrive(w, 0, frame(8));
  assert.equal(hub.totals.frames, 2);
  assert.equal(hub.count, 0);
});

test("another engine (after a trap) is captured without a gap in the stream", async () => {
  const { w, hub } = await stage();
  const c = capture(hub);
  arrive(w, 0, frame(1));
  hub.attach(null);
  assert.throws(() => hub.open(ALL, new Reader()), { code: "EAGAIN" });
  const next = await world();
  quiet(next);
  hub.attach({ ipmp: next.ipmp, loop: next.loop, groups: () => [{ name: "g", members: ["nic0", "nic1"] }] });
  arrive(next, 1, frame(2));
  const { ifaces, packets } = c.done();
  assert.equal(ifaces.length, 2);
  assert.deepEqual(
    packets.map((p) => p.nic),
    ["nic0", "nic1"],
  );
});

test("a reader that does not read loses frames, counted in the stream; the traffic does not notice", async () => {
  const { w, hub } = await stage();
  const slow = capture(hub);
  const good = capture(hub);
  slow.reader.writableLength = BACKLOG_MAX + 1;
  for (let n = 0; n < 5; n++) arrive(w, 0, frame(n));
  slow.reader.writableLength = 0;
  arrive(w, 0, frame(5));
  const { packets, totals } = slow.done();
  assert.deepEqual(
    packets.map((p) => p.lost),
    [5],
  );
  assert.deepEqual(totals[0], { nic: "nic0", seen: 6, lost: 5 });
  assert.equal(good.done().packets.length, 6);
  assert.deepEqual(hub.totals, { frames: 7, lost: 5 });
});

test("a reader that is gone is written to no more", async () => {
  const { w, hub } = await stage();
  const c = capture(hub);
  c.reader.destroyed = true;
  const before = c.reader.pieces.length;
  arrive(w, 0, frame(1));
  c.session.end();
  c.session.end();
  assert.equal(c.reader.pieces.length, before);
});

test("frames of one turn leave in one write", async () => {
  const { w, hub } = await stage();
  const c = capture(hub);
  arrive(w, 0, frame(1), frame(2), frame(3));
  assert.equal(c.reader.corks, 1);
  await turn();
  await turn();
  assert.equal(c.reader.corks, 0);
});

test("refused: a group or NIC that is not there, with the nearest; too many", async () => {
  const { hub } = await stage();
  const open = (filter: Partial<Filter>) => () => hub.open({ ...ALL, ...filter }, new Reader());
  assert.throws(open({ group: "gg" }), { name: "Refusal", message: 'gg: no such group; did you mean "g"?; there are: g' });
  assert.throws(open({ nic: "nic9" }), { message: 'nic9: no such NIC in any group; did you mean "nic0"?; there are: nic0, nic1' });
  assert.throws(open({ nic: "x", group: "g" }), { message: "x: no such NIC in g; there are: nic0, nic1" });
  const held = Array.from({ length: CAPTURES_MAX }, () => capture(hub));
  assert.throws(open({}), { code: "EBUSY", message: /^8 captures are under way/ });
  held[0].session.end();
  open({})();
});

/** A stream of n packets as a client gets it. */
async function stream(n: number): Promise<Buffer> {
  const { w, hub } = await stage();
  const c = capture(hub);
  for (let i = 0; i < n; i++) arrive(w, 0, frame(i));
  c.session.end();
  return Buffer.concat(c.reader.pieces);
}

test("the client finds the blocks however the stream is cut into pieces, and counts", async () => {
  const whole = await stream(3);
  for (const size of [1, 7, 64, whole.length]) {
    const out: Buffer[] = [];
    const reader = new BlockReader((b) => out.push(b));
    for (let at = 0; at < whole.length; at += size) reader.push(whole.subarray(at, at + size));
    assert.deepEqual(Buffer.concat(out), whole);
    assert.deepEqual(reader.totals, { frames: 3, lost: 0 } satisfies Totals);
  }
});

test("the client stops after a number of frames, and keeps the totals", async () => {
  const out: Buffer[] = [];
  const reader = new BlockReader((b) => out.push(b), 2);
  reader.push(await stream(5));
  assert.equal(reader.full, true);
  const { packets, totals } = read(Buffer.concat(out));
  assert.equal(packets.length, 2);
  assert.equal(totals.length, 2);
});

test("the client refuses what is no pcapng", () => {
  const reader = new BlockReader(() => undefined);
  assert.throws(() => reader.push(Buffer.alloc(64, 1)), { name: "Refusal", message: /^the daemon's stream is no capture/ });
});
