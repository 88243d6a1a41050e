// What the hostile tests of clms.wasm are run on: real messages of small clusters that go through everything that a
// cluster goes through, the states that their nodes were in, and an instance that is put into any of them.

import assert from "node:assert/strict";
import { ENGINE, ENGINE_NAME, Fold, LIMIT, MODE, MSG, MSG_NAME, Msg, NS, Page, REQ, ROLE } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { MS, SEC, type SimNode, STEP } from "../sim/types.js";
import { NoNemesis, SilentObserver } from "../sim/world/observer.js";
import { Rig } from "../sim/world/rig.js";
import { nodeSpecs, SOME_APP, scenarioOf } from "../sim/world/scenario.js";
import { SimWorld } from "../sim/world/world.js";
import { restamp, viewOf } from "./clms_craft.js";

export interface State {
  name: string;
  node: number;
  bytes: Uint8Array;
}

export interface Stock {
  module: WebAssembly.Module;
  /** messages by MSG, a few of each */
  messages: Map<number, Uint8Array[]>;
  states: State[];
  /** what the disks held: op, slot, bytes, in the order of writing, of one node */
  writes: { op: number; slot: number; bytes: Uint8Array }[];
}

/** Messages of a kind that are kept. */
const KEPT = 24;

class Collector extends SilentObserver {
  readonly seen = new Map<string, number>();
  constructor(
    readonly stock: Stock,
    readonly label: string,
  ) {
    super();
  }

  override onSend(node: SimNode, to: number, at: number, len: number): void {
    const bytes = node.clms.u8.slice(at, at + len);
    const list = this.stock.messages.get(bytes[Msg.kind]) ?? [];
    this.stock.messages.set(bytes[Msg.kind], list);
    new DataView(bytes.buffer).setUint16(Msg.to, to, true);
    // The first, and then ever fewer: late ones say more than early ones.
    if (list.length < KEPT) list.push(bytes);
    else if (node.steps % 16 === 0) list[(node.steps >> 4) % KEPT] = bytes;
  }

  override onWrite(node: SimNode, op: number, slot: number, at: number, len: number): void {
    if (this.label === "majority" && node.id === 2) this.stock.writes.push({ op, slot, bytes: node.clms.u8.slice(at, at + len) });
  }

  /** The state of a node in each part that it plays, and in the middle of each phase. */
  override afterStep(node: SimNode): void {
    const { clms } = node;
    const phase = clms.u8[clms.pageWord(Page.fold_base) + Fold.phase];
    const name = `${this.label} ${ENGINE_NAME[clms.engine]} phase ${phase}${clms.inc === 0 ? " stranger" : ""}`;
    const count = (this.seen.get(name) ?? 0) + 1;
    this.seen.set(name, count);
    // Of each, the second and a late one.
    const at = this.stock.states.findIndex((s) => s.name === name);
    if (count === 2) this.stock.states.push({ name, node: node.id, bytes: clms.state().slice() });
    else if (at >= 0 && count % 97 === 0) this.stock.states[at] = { name, node: node.id, bytes: clms.state().slice() };
  }
}

/** One life of a cluster: births, wishes, deaths, partitions, a disk lost, a late joiner. */
function life(stock: Stock, label: string, mode: number, nodes: number): void {
  const scenario = scenarioOf(label, { nodes, mode, app: SOME_APP });
  scenario.nodes = nodeSpecs(nodes).map((n) =>
    n.node === nodes ? { ...n, genesis: false, role: ROLE.OBSERVER, votes: 0, at: 3 * SEC } : n,
  );
  const world = new SimWorld(new Rig(stock.module), scenario, 7, new Collector(stock, label), new NoNemesis());
  world.runUntil(2 * SEC);
  for (const n of [1, 2]) {
    world.nodes[n].refresh();
    world.nodes[n].clms.setMeta(new Uint8Array(100 * n).fill(n));
    world.nodes[n].drain(STEP.WISH);
  }
  world.request(3, REQ.SVC_DEFINE, 0, 5, 4711);
  world.runUntil(3 * SEC);
  world.request(3, REQ.SVC_OFFER, 3, 5, 1);
  world.runUntil(5 * SEC);
  const master = world.nodes[1].clms.master;
  world.crash(world.indexOf(master));
  world.runUntil(8 * SEC);
  world.start(world.indexOf(master));
  world.runUntil(11 * SEC);
  for (let n = 1; n <= nodes; n++)
    if (n !== 2)
      for (const [a, b] of [
        [n, 2],
        [2, n],
      ])
        world.cut(a, b, true);
  world.runUntil(14 * SEC);
  world.heal();
  for (let n = 1; n <= nodes; n++)
    if (n !== 2)
      for (const [a, b] of [
        [n, 2],
        [2, n],
      ])
        world.cut(a, b, false);
  world.runUntil(17 * SEC);
  world.wipe(3);
  world.start(3);
  world.setState(1, NS.SHUTDOWN, 0);
  world.runUntil(20 * SEC + 300 * MS);
  world.dispose();
}

let made: Promise<Stock> | null = null;

/** Made once for all tests of a file. */
export function stock(): Promise<Stock> {
  made ??= gather();
  return made;
}

async function gather(): Promise<Stock> {
  const all: Stock = { module: await Clms.compile(), messages: new Map(), states: [], writes: [] };
  life(all, "majority", MODE.MAJORITY, 5);
  life(all, "fence", MODE.CLASSIC_FENCE, 4);
  life(all, "arbiter", MODE.ARBITER, 5);
  const master = all.states.findLast((s) => s.name === `majority ${ENGINE_NAME[ENGINE.MASTER]} phase 0`);
  assert.ok(master !== undefined);
  // What a short life has no need of: who has nothing is sent everything, who comes with an old ballot is told so.
  provoke(all, master, MSG.PULL, Msg.slot, 0n);
  provoke(all, master, MSG.COMMIT, Msg.ballot, 0x1_0000n);
  return all;
}

/** Takes the answers of a node to a message with one field changed into the stock. */
function provoke(all: Stock, state: State, kind: number, field: number, value: bigint): void {
  const bytes = all.messages.get(kind)?.[0].slice();
  assert.ok(bytes !== undefined);
  const victim = new Victim(all.module, state);
  const dv = viewOf(bytes);
  dv.setBigUint64(Msg.cluster, victim.clms.dv.getBigUint64(victim.clms.pageWord(Page.fold_base) + Fold.cluster, true), true);
  const from = state.node === 2 ? 3 : 2;
  dv.setUint16(Msg.from, from, true);
  dv.setUint16(Msg.to, state.node, true);
  dv.setUint32(Msg.inc, 0, true);
  dv.setBigUint64(field, kind === MSG.COMMIT ? value + BigInt(from) : value, true);
  assert.equal(victim.receive(restamp(bytes)), 0);
  const { clms } = victim;
  while (clms.nextMessage()) {
    const answer = clms.u8.slice(clms.msgAt, clms.msgAt + clms.msgLen);
    const list = all.messages.get(answer[Msg.kind]) ?? [];
    all.messages.set(answer[Msg.kind], [...list, answer]);
  }
}

/** Kinds of messages that no life sent. */
export function missingKinds(s: Stock): string[] {
  return Object.entries(MSG_NAME).flatMap(([kind, name]) => (s.messages.has(Number(kind)) ? [] : [name]));
}

const PER_CALL = 5000;

/** An instance that can be put into any saved state, and back. */
export class Victim {
  readonly clms: Clms;
  readonly #saved: Uint8Array;

  constructor(
    module: WebAssembly.Module,
    readonly state: State,
  ) {
    this.clms = new Clms(module);
    this.clms.state().set(state.bytes);
    assert.equal(this.clms.x.clms_restore(), 0, `the state "${state.name}" was saved and is not taken back`);
    this.drain();
    this.#saved = this.clms.state().slice();
  }

  /** Back to the state that was saved. */
  reset(): void {
    this.clms.state().set(this.#saved);
  }

  /** Takes everything that came out, as a host does. */
  drain(): void {
    const { x } = this.clms;
    let count = 0;
    while (x.clms_durable_next() !== 0) assert.ok(++count < PER_CALL, "writes without end");
    count = 0;
    while (x.clms_msg_next() !== 0) assert.ok(++count < PER_CALL, "messages without end");
    if (this.clms.eventCount() > 0) x.clms_event_release(this.clms.eventCount());
  }

  /** Gives a message to the module; its verdict. */
  receive(bytes: Uint8Array): number {
    return this.clms.receive(bytes);
  }

  /** The module lives on: time passes, writes are confirmed, calls return. */
  live(steps: number): void {
    const { clms } = this;
    for (let i = 0; i < steps; i++) {
      this.drain();
      clms.x.clms_durable_done(clms.durableSeq);
      clms.setNow(Math.min(clms.deadline, clms.now + 60 * SEC, Number.MAX_SAFE_INTEGER) + 1000);
      clms.x.clms_time_advance();
    }
    this.drain();
  }
}

/** What differs between two states of an instance, but for Page.dropped: names of the fields of the page, "fold", "ring", "other". */
export function differences(clms: Clms, before: Uint8Array, after: Uint8Array): string[] {
  const words = (b: Uint8Array) => new Uint32Array(b.buffer, b.byteOffset, b.byteLength >> 2);
  const [a, b] = [words(before), words(after)];
  const names = new Set<string>();
  const fold = clms.pageWord(Page.fold_base) - clms.page;
  const ring = clms.pageWord(Page.ring_base) - clms.page;
  for (let i = 0; i < a.length; i++) {
    const at = i << 2;
    if (a[i] === b[i] || at === Page.dropped) continue;
    if (at < Page.SIZE) names.add(pageField(at));
    else if (at >= fold && at < fold + clms.pageWord(Page.fold_size)) names.add("fold");
    else if (at >= ring && at < ring + LIMIT.RING_MAX * 64) names.add("ring");
    else names.add(`other ${at}`);
  }
  return [...names];
}

function pageField(at: number): string {
  let best = "";
  let from = -1;
  for (const [name, off] of Object.entries(Page)) {
    if (name === "SIZE" || off > at || off <= from) continue;
    best = name;
    from = off;
  }
  return `Page.${best}`;
}
