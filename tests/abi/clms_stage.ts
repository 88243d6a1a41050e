// States of nodes of a real cluster, by name, in which the functions of clms.wasm can be asked anything: a member with a log
// longer than its ring, a node in the middle of a transition, one that waits for metadata, for the arbiter, for admission.
//
// The cluster: nodes 1 to 5 vote, 4 was removed long ago; service 5 is defined, and nobody's. Who is looked at is node 3.

import assert from "node:assert/strict";
import { DURABLE, ENGINE, ERRNO, EVENT, Fold, LIMIT, MODE, MSG, Msg, NS, Page, PHASE, REQ } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { NodeOptions } from "../../host/core/clms_conf.js";
import { MS, SEC, type SimNode, STEP } from "../sim/types.js";
import { NoNemesis, SilentObserver } from "../sim/world/observer.js";
import { Rig } from "../sim/world/rig.js";
import { SOME_APP, scenarioOf } from "../sim/world/scenario.js";
import { SimWorld } from "../sim/world/world.js";

export const OWN = 3;
export const GONE = 4;
export const SVC = 5;
const NODES = 5;
/** Everything that is waited for comes within this time. */
const PATIENCE = 600 * SEC;

export type StateName = "nothing" | "stranger" | "member" | "closed" | "expecting" | "arbiter";

export interface Stage {
  module: WebAssembly.Module;
  states: Map<StateName, Uint8Array>;
  /** a heartbeat of the master to node 3, taken in the very moment of the state "member" */
  commit: Uint8Array;
  /** the header that node 3 wrote last */
  header: Uint8Array;
  /** what node 3 was started with */
  conf: NodeOptions;
}

/** Notes states of node 3 as they come by, at the end of a step: nothing is on its way out of it then. */
class Watcher extends SilentObserver {
  readonly states = new Map<StateName, Uint8Array>();
  commit: Uint8Array | null = null;
  header: Uint8Array | null = null;
  #asked = false;

  override onSend(node: SimNode, to: number, at: number, len: number): void {
    const { u8 } = node.clms;
    if (to !== OWN || u8[at + Msg.kind] !== MSG.COMMIT) return;
    this.commit = u8.slice(at, at + len);
    new DataView(this.commit.buffer).setUint16(Msg.to, OWN, true);
  }

  override onWrite(node: SimNode, op: number, _slot: number, at: number, len: number): void {
    if (node.id === OWN && op === DURABLE.HEADER) this.header = node.clms.u8.slice(at, at + len);
  }

  override onEvent(_node: SimNode, type: number): void {
    if (type === EVENT.ARB_READ) this.#asked = true;
  }

  override afterStep(node: SimNode): void {
    const { clms } = node;
    if (this.#asked) this.#note("arbiter", clms);
    this.#asked = false;
    if (node.id !== OWN) return;
    if (clms.inc === 0) this.#note("stranger", clms);
    const phase = clms.u8[clms.pageWord(Page.fold_base) + Fold.phase];
    if (clms.inc !== 0 && phase === PHASE.KERNEL && clms.done < clms.applied) this.#note("closed", clms);
    if (clms.inc !== 0 && clms.x.clms_node_get_meta(2) === -ERRNO.EAGAIN) this.#note("expecting", clms);
  }

  #note(name: StateName, clms: Clms): void {
    if (!this.states.has(name)) this.states.set(name, clms.state().slice());
  }
}

function worldOf(module: WebAssembly.Module, mode: number, watcher: Watcher): SimWorld {
  const scenario = scenarioOf("stage", { nodes: NODES, mode, app: { ...SOME_APP, services: 0 } });
  return new SimWorld(new Rig(module), scenario, 5, watcher, new NoNemesis());
}

function until(world: SimWorld, what: string, done: () => boolean): void {
  for (const end = world.now + PATIENCE; !done(); world.runUntil(world.now + 10 * MS))
    assert.ok(world.now < end, `it never happens: ${what}`);
}

const running = (world: SimWorld) => world.nodes.filter((n) => n?.alive);

/** Everybody gives itself other metadata, until the log has outgrown the ring. */
function fill(world: SimWorld): void {
  const to = world.nodes[OWN].clms.applied + LIMIT.RING_MAX + 200;
  for (let i = 0; world.nodes[OWN].clms.applied < to; i++) {
    assert.ok(world.now < PATIENCE, "the log does not grow");
    for (const node of running(world)) {
      node.refresh();
      node.clms.setMeta(Uint8Array.of(node.id, i & 255, i >> 8));
      node.drain(STEP.WISH);
    }
    world.runUntil(world.now + 150 * MS);
  }
}

/** A life of a cluster with everything in it. */
export async function stage(): Promise<Stage> {
  const module = await Clms.compile();
  const watcher = new Watcher();
  const world = worldOf(module, MODE.MAJORITY, watcher);
  const own = world.nodes[OWN];
  const up = (n: number) => own.clms.nodeGet(n)?.state === NS.UP;
  until(world, "all are up", () => [1, 2, 3, 4, 5].every(up));
  const conf = world.conf(own);
  world.request(1, REQ.SVC_DEFINE, 0, SVC, 4711);
  // The one that dies is no master: the others need not agree on another one.
  world.setState(GONE, NS.GOINGDOWN, 100);
  until(world, "it leaves", () => own.clms.nodeGet(GONE)?.state === NS.DOWN);
  world.crash(GONE);
  fill(world);
  until(world, "it is quiet", () => running(world).every((n) => (n.clms.gate & 1) === 0 && n.clms.applied === own.clms.applied));
  until(world, "it is not the master's turn", () => own.clms.master !== OWN && own.clms.x.clms_node_get_meta(2) >= 0);
  watcher.states.set("member", own.clms.state().slice());
  const { commit, header } = watcher;
  assert.ok(commit !== null && header !== null);
  world.dispose();
  const other = new Watcher();
  const two = worldOf(module, MODE.ARBITER, other);
  until(two, "the arbiter is asked", () => running(two).some((n) => n.clms.engine === ENGINE.MASTER) && other.states.has("arbiter"));
  two.dispose();
  const states = new Map([...watcher.states, ["arbiter", other.states.get("arbiter") as Uint8Array]] as [StateName, Uint8Array][]);
  for (const name of ["stranger", "member", "closed", "expecting", "arbiter"] as const) assert.ok(states.has(name), `no state "${name}"`);
  return { module, states, commit, header, conf };
}
