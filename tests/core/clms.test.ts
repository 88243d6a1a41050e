// clms.wasm through its host object: loading, the page, refusals of every export, a cluster of one node.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  CONFF,
  DURABLE,
  ENGINE,
  ERRNO,
  EVENT,
  Header,
  LIMIT,
  MODE,
  Msg,
  NS,
  PARAM,
  Page,
  PROFILE,
  REQ,
  Report,
  STAMP,
  VERSION,
  WHICH,
} from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { NodeOptions } from "../../host/core/clms_conf.js";
import { ClmsError, ModuleError } from "../../host/core/errors.js";
import { CLMS, checkVersion, modulePath } from "../../host/core/load.js";

const SECOND = 1_000_000_000;
const START = 5 * SECOND;

function conf(change: Partial<NodeOptions> = {}): NodeOptions {
  const one = { node: 1, cluster: "c1".repeat(16), uuid: "01".repeat(16), genesis: [{ node: 1 }] };
  return { ...one, flags: CONFF.BOOTSTRAP | CONFF.AUTO_UP | CONFF.CLASSIC_OK, ...change };
}

async function fresh(seed = 1): Promise<Clms> {
  const clms = await Clms.load(undefined, seed);
  clms.setNow(START);
  return clms;
}

/** Does what a host does until the time is over; returns the messages that it would have sent. */
function run(clms: Clms, until: number): number {
  let sent = 0;
  while (true) {
    let seq = 0;
    while (clms.nextDurable() !== 0) seq = clms.durableSeq;
    while (clms.nextMessage()) sent++;
    if (seq > 0) clms.durableDone(seq);
    else if (clms.deadline > until) return sent;
    else clms.advance(Math.max(clms.deadline, clms.now + 1000));
  }
}

async function single(change: Partial<NodeOptions> = {}): Promise<Clms> {
  const clms = await fresh();
  clms.start(conf(change));
  run(clms, START + 3 * SECOND);
  return clms;
}

/** The smallest module: a header and nothing else. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

test("what is not clms.wasm is refused with the reason", async () => {
  const wrong = (text: RegExp) => (e: Error) => e instanceof ModuleError && text.test(e.message);
  await assert.rejects(Clms.load(EMPTY), wrong(/^the module is not clms\.wasm: it does not export clms_page$/));
  const ipmp = new Uint8Array(await readFile(modulePath()));
  await assert.rejects(Clms.load(ipmp), wrong(/not clms\.wasm: it does not export clms_page/));
  assert.throws(() => new Clms(new WebAssembly.Module(EMPTY)), wrong(/does not export clms_page/));
});

test("a module of another version is refused with both numbers", () => {
  const page = (current: number, minimum: number, magic = 0x534d4c43): DataView => {
    const dv = new DataView(new ArrayBuffer(Page.SIZE));
    dv.setUint32(Page.magic, magic, true);
    dv.setUint16(Page.abi_current, current, true);
    dv.setUint16(Page.abi_minimum, minimum, true);
    return dv;
  };
  checkVersion(page(VERSION.current, VERSION.minimum), 0, CLMS);
  checkVersion(page(VERSION.current + 5, VERSION.current), 0, CLMS);
  assert.throws(
    () => checkVersion(page(9, VERSION.current + 1), 0, CLMS),
    /^ModuleError: clms\.wasm has ABI 9 and serves hosts from ABI 2/,
  );
  assert.throws(() => checkVersion(page(VERSION.minimum - 1, 0), 0, CLMS), /has ABI 0/);
  assert.throws(() => checkVersion(page(1, 1, 0x504d5049), 0, CLMS), /does not begin with CLMS/);
});

test("memory is fixed and below 4 MiB; version and addresses are there before clms_init", async () => {
  const clms = await Clms.load();
  assert.throws(() => clms.memory.grow(1), RangeError);
  assert.ok(clms.memory.buffer.byteLength < 4 << 20);
  assert.equal(clms.u8.length, clms.memory.buffer.byteLength);
  assert.equal(clms.inbox % 4, 0);
  assert.ok(clms.inbox + LIMIT.MSG_MAX <= clms.u8.length && clms.outbox + 4096 <= clms.u8.length);
  const { exports } = new WebAssembly.Instance(await Clms.compile());
  const at = (exports.clms_page as () => number)();
  const dv = new DataView((exports.memory as WebAssembly.Memory).buffer);
  assert.deepEqual(
    [Page.abi_current, Page.abi_minimum].map((f) => dv.getUint16(at + f, true)),
    [VERSION.current, VERSION.minimum],
  );
  assert.equal(dv.getUint32(at + Page.inbox_base, true), clms.inbox);
});

test("time passes through two words and back; never is infinite", async () => {
  const clms = await Clms.load();
  assert.equal(clms.deadline, Number.POSITIVE_INFINITY);
  for (const ns of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 45 + 12_345, 2 ** 53 - 1]) {
    clms.setNow(ns);
    assert.equal(clms.now, ns);
    assert.equal(clms.dv.getBigUint64(clms.page + Page.now, true), BigInt(ns));
  }
});

test("an instance that was used is as new after reset", async () => {
  const clms = await single();
  assert.notEqual(clms.applied, 0);
  clms.reset(7);
  clms.setNow(0);
  const other = await Clms.load(undefined, 7);
  other.setNow(0);
  assert.deepEqual(Buffer.from(clms.state()).subarray(0, Page.SIZE), Buffer.from(other.state()).subarray(0, Page.SIZE));
  const run2 = (c: Clms): Buffer => {
    c.setNow(START);
    c.start(conf());
    run(c, START + 3 * SECOND);
    return Buffer.from(c.state().subarray(0, 512));
  };
  assert.deepEqual(run2(clms), run2(other));
});

/** The errno that a raw call gave, as its name. */
function name(result: number): string {
  return Object.entries(ERRNO).find(([, n]) => n === -result)?.[0] ?? String(result);
}

test("nothing is possible before the start but to recover", async () => {
  const { x, u8, inbox } = await fresh();
  u8.fill(0, inbox, inbox + 512);
  const results = {
    recoverOp: x.clms_recover(9, 64, 0, 0),
    recoverLen: x.clms_recover(DURABLE.HEADER, Header.SIZE - 1, 0, 0),
    recoverBad: x.clms_recover(DURABLE.HEADER, Header.SIZE, 0, 0),
    msg: x.clms_msg_receive(Msg.SIZE),
    param: x.clms_param_set(PARAM.PROBE_MS, 100),
    state: x.clms_node_setstate(NS.UP, 0),
    arbiter: x.clms_arb_answer(0, 0, 1),
    request: x.clms_request(REQ.EVICT, 1, 0, 0, 0),
    meta: x.clms_node_set_meta(4),
    gate: x.clms_gate_enter(),
    membership: x.clms_membership(),
    token: x.clms_token_get(),
    mergeAdd: x.clms_merge_add(inbox, Report.SIZE),
    mergeFinish: x.clms_merge_finish(),
    report: x.clms_report(0, 0),
    durable: x.clms_durable_done(1),
    events: x.clms_event_release(LIMIT.EVENT_MAX + 1),
    node: x.clms_node_get(1),
  };
  assert.deepEqual(Object.fromEntries(Object.entries(results).map(([k, v]) => [k, name(v)])), {
    recoverOp: "EINVAL",
    recoverLen: "EMSGSIZE",
    recoverBad: "EPROTO",
    msg: "EPERM",
    param: "EPERM",
    state: "EPERM",
    arbiter: "EPERM",
    request: "EPERM",
    meta: "EPERM",
    gate: "ENOTCONN",
    membership: "ENOTCONN",
    token: "ENOTCONN",
    mergeAdd: "EPERM",
    mergeFinish: "EPERM",
    report: "EPERM",
    durable: "ERANGE",
    events: "ERANGE",
    node: "ENOENT",
  });
  assert.equal(x.clms_time_advance(), 0);
  assert.equal(x.clms_msg_next(), 0);
  assert.equal(x.clms_durable_next(), 0);
});

test("a configuration that exceeds a limit is refused with that limit's own errno, and a good one then starts", async () => {
  const clms = await fresh();
  const voters = (count: number, votes = 1) => Array.from({ length: count }, (_, i) => ({ node: i + 1, votes }));
  const cases: [string, Partial<NodeOptions>][] = [
    ["ELIMNODES", { node: 0 }],
    ["ELIMNODES", { node: LIMIT.NODE_MAX + 1 }],
    ["ELIMVOTERS", { genesis: [{ node: 1, votes: LIMIT.VOTES_MAX + 1 }] }],
    ["ELIMVOTERS", { genesis: [{ node: 1, votes: 0 }] }],
    ["ELIMMODE", { mode: 5 }],
    ["ELIMMODE", { genesis: voters(3), mode: MODE.CLASSIC, flags: 0 }],
    ["ELIMMODE", { genesis: voters(2), mode: MODE.MAJORITY }],
    ["ELIMPROFILE", { profile: 4 }],
    ["ELIMPROFILE", { profile: PROFILE.CUSTOM, probeMs: 0, losses: 4 }],
    ["ELIMPROFILE", { profile: PROFILE.CUSTOM, probeMs: 100, losses: 1 }],
    ["ELIMSEEDS", { seeds: [LIMIT.NODE_MAX + 1] }],
    ["ELIMPROTO", { protoMin: 2, protoMax: 1 }],
    ["ELIMPROTO", { protoMin: 9, protoMax: 9 }],
  ];
  for (const [code, change] of cases)
    assert.throws(
      () => clms.start(conf(change)),
      (e: Error) => e instanceof ClmsError && e.code === code && e.call === "clms_node_start",
      `${code} ${JSON.stringify(change)}`,
    );
  clms.start(conf());
  assert.throws(() => clms.start(conf()), /clms_node_start: not allowed in this state \(EPERM\); given node=1 count=1/);
  assert.equal(name(clms.x.clms_recover(DURABLE.HEADER, Header.SIZE, 0, 0)), "EPERM");
});

test("a cluster of one: master, admitted, up", async () => {
  const clms = await single();
  assert.equal(clms.engine, ENGINE.MASTER);
  assert.equal(clms.master, 1);
  assert.ok(clms.inc > 0 && clms.lineage === 1 && clms.lease);
  assert.deepEqual([clms.nodeGet(1)?.state, clms.nodeGet(1)?.inc, clms.nodeGet(1)?.votes, clms.nodeGet(2)], [NS.UP, clms.inc, 1, null]);
  const events = clms.events();
  assert.deepEqual(
    events.map((e) => e.seq),
    events.map((_, i) => i + 1),
  );
  assert.ok(events.some((e) => e.type === EVENT.ADMITTED && e.inc === clms.inc && e.name === "ADMITTED"));
  assert.deepEqual(clms.events(), []);
  assert.deepEqual(clms.membership()?.nodes, [1]);
  assert.equal(clms.membership()?.token.slot, clms.applied);
  assert.equal(clms.gateEnter() % 2, 0);
});

test("history, tokens and stamps of a cluster of one", async () => {
  const clms = await single();
  const slots: number[] = [];
  for (let rec = clms.history(WHICH.NEXT_RECORD, 0); rec !== null; rec = clms.history(WHICH.NEXT_RECORD, rec.slot)) slots.push(rec.slot);
  assert.deepEqual(
    slots,
    slots.map((_, i) => i + 1),
  );
  assert.equal(slots.at(-1), clms.applied);
  const up = clms.history(WHICH.NEXT, 0);
  assert.deepEqual([up?.node, up?.to, up?.inc], [1, NS.UP, clms.inc]);
  const token = clms.tokenGet();
  assert.equal(token.slot, clms.applied);
  assert.equal(clms.tokenCheck(token), 0);
  assert.equal(name(clms.tokenCheck({ ...token, hash: token.hash ^ 1n })), "EUCLEAN");
  assert.equal(name(clms.tokenCheck({ ...token, cluster: token.cluster ^ 1n })), "EREMOTEIO");
  assert.equal(name(clms.tokenCheck({ ...token, slot: token.slot + 1 })), "EAGAIN");
  assert.equal(clms.waitSlot, token.slot + 1);
  const stamp = clms.stampGet(1);
  assert.deepEqual([stamp.node, stamp.to, stamp.inc, stamp.toInc, stamp.slot], [1, 1, clms.inc, clms.inc, clms.applied]);
  assert.equal(clms.stampCheck(stamp), STAMP.DELIVER);
  assert.equal(clms.stampCheck({ ...stamp, slot: stamp.slot + 1 }), STAMP.HOLD);
  assert.equal(clms.stampCheck({ ...stamp, toInc: stamp.toInc + 1 }), STAMP.REFUSE);
  assert.throws(() => clms.stampGet(2), /EREMOTE/);
});

test("arguments out of their sets are refused one by one", async () => {
  const { x, inbox } = await single();
  const results = {
    paramKey: x.clms_param_set(99, 1),
    paramValue: x.clms_param_set(PARAM.PROBE_MS, 0),
    state: x.clms_node_setstate(NS.DOWN, 0),
    faultNode: x.clms_node_fault(0, 1),
    faultInc: x.clms_node_fault(9, 1),
    fenceNode: x.clms_fence_done(0, 1, 1),
    fence: x.clms_fence_done(1, 1, 1),
    arbiter: x.clms_arb_answer(0, 0, 1),
    request: x.clms_request(99, 0, 0, 0, 0),
    node: x.clms_node_get(0),
    nodeHigh: x.clms_node_get(LIMIT.NODE_MAX + 1),
    why: x.clms_node_why(0),
    whyNone: x.clms_node_why(9),
    metaLong: x.clms_node_set_meta(LIMIT.META_MAX + 1),
    getMeta: x.clms_node_get_meta(0),
    history: x.clms_history(99, 0, 0),
    historyEnd: x.clms_history(WHICH.NEXT, 0xffff, 0),
    stamp: x.clms_stamp_get(0),
    subsysGone: x.clms_subsys_unregister(3),
    subsysGet: x.clms_subsys_get(LIMIT.SUBSYS_MAX),
    subsysDone: x.clms_subsys_done(3, 0, 0, 0),
    hash: x.clms_svc_hash(0),
    hashLong: x.clms_svc_hash(LIMIT.NAME_MAX + 1),
    svc: x.clms_svc_get(LIMIT.SVC_MAX),
    svcNone: x.clms_svc_get(0),
    svcDone: x.clms_svc_done(LIMIT.SVC_MAX, EVENT.SVC_TAKE, 1),
    svcHolds: x.clms_svc_holds(0),
    short: x.clms_msg_receive(Msg.SIZE - 1),
    long: x.clms_msg_receive(LIMIT.MSG_MAX + 1),
    mergeAddr: x.clms_merge_add(0, Report.SIZE),
    mergeLen: x.clms_merge_add(inbox, 8),
    mergeBegin: x.clms_merge_begin(0xffff, 0),
  };
  assert.deepEqual(Object.fromEntries(Object.entries(results).map(([k, v]) => [k, name(v)])), {
    paramKey: "EINVAL",
    paramValue: "ERANGE",
    state: "EINVAL",
    faultNode: "EINVAL",
    faultInc: "ESTALE",
    fenceNode: "EINVAL",
    fence: "ENOENT",
    arbiter: "EPERM",
    request: "EINVAL",
    node: "EINVAL",
    nodeHigh: "EINVAL",
    why: "EINVAL",
    whyNone: "ENOENT",
    metaLong: "EMSGSIZE",
    getMeta: "EINVAL",
    history: "EINVAL",
    historyEnd: "ENODATA",
    stamp: "EINVAL",
    subsysGone: "ENOENT",
    subsysGet: "ENOENT",
    subsysDone: "ENOENT",
    hash: "ENAMETOOLONG",
    hashLong: "ENAMETOOLONG",
    svc: "EINVAL",
    svcNone: "ENOENT",
    svcDone: "EINVAL",
    svcHolds: "ENOENT",
    short: "EMSGSIZE",
    long: "EMSGSIZE",
    mergeAddr: "EINVAL",
    mergeLen: "EMSGSIZE",
    mergeBegin: "EINVAL",
  });
});

test("a subsystem is registered, runs its RESYNC, and answers once", async () => {
  const clms = await single();
  clms.events();
  const id = clms.subsysRegister({ name: "files", version: 3, priority: 7 });
  assert.deepEqual(clms.subsysGet(id).name, "files");
  assert.throws(() => clms.subsysRegister({ name: "files", version: 3 }), /EEXIST/);
  assert.throws(() => clms.subsysRegister({ name: "" }), /ENAMETOOLONG/);
  assert.throws(() => clms.subsysRegister({ name: "x".repeat(32) }), /ENAMETOOLONG/);
  run(clms, clms.now + 10);
  const call = clms.events().find((e) => e.type === EVENT.SUBSYS);
  assert.ok(call !== undefined && call.new === id);
  assert.equal(clms.subsysGet(id).running, true);
  clms.subsysDone(id, call.slot, 0);
  assert.throws(() => clms.subsysDone(id, call.slot, 0), /ESTALE/);
  clms.subsysUnregister(id);
  assert.throws(() => clms.subsysGet(id), /ENOENT/);
});

test("metadata and the hash of a name", async () => {
  const clms = await single();
  clms.setMeta(Uint8Array.of(1, 2, 3));
  run(clms, clms.now + 2 * SECOND);
  assert.deepEqual([...clms.getMeta(1)], [1, 2, 3]);
  assert.equal(clms.svcHash("web"), clms.svcHash("web"));
  assert.notEqual(clms.svcHash("web"), clms.svcHash("wec"));
});

test("a snapshot taken up goes on as the original does", async () => {
  const clms = await single();
  run(clms, clms.now + SECOND);
  clms.events();
  const saved = clms.snapshot();
  const copy = Clms.restore(await Clms.compile(), saved);
  assert.deepEqual([copy.applied, copy.inc, copy.engine, copy.promised], [clms.applied, clms.inc, clms.engine, clms.promised]);
  const until = clms.now + 2 * SECOND;
  run(clms, until);
  run(copy, until);
  assert.deepEqual(copy.nodeGet(1), clms.nodeGet(1));
  const broken = saved.slice();
  broken[broken.length - 1] ^= 1;
  assert.throws(() => Clms.restore(new WebAssembly.Module(EMPTY), saved), ModuleError);
  const module = await Clms.compile();
  assert.throws(() => Clms.restore(module, broken), /CRC/);
});
