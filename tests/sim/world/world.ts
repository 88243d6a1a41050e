// A whole cluster in one process: nodes that run the release module, on one virtual clock, network and set of disks.
//
// Invariants: a world is a pure function of (scenario, seed, nemesis): what happens next is the first entry of the
// queue, and every random draw comes from a stream named after its purpose. `hash` covers every message, verdict and
// applied slot, so two runs that differ anywhere have different hashes.

import { ROLE } from "../../../host/core/abi/clms.js";
import type { NodeOptions } from "../../../host/core/clms_conf.js";
import {
  type ArbiterParams,
  CRASH,
  type DiskParams,
  type FaultParams,
  type HostParams,
  MS,
  type Nemesis,
  type NetParams,
  type NodeSpec,
  type Observer,
  type Random,
  type Scenario,
  type SimProcess,
  STEP,
  type Time,
  type World,
} from "../types.js";
import { App } from "./app.js";
import { watch, wish } from "./host.js";
import { Network } from "./network.js";
import { Node } from "./node.js";
import { Outside } from "./outside.js";
import { CARGO, type Packet, type Packets } from "./packet.js";
import { Prng } from "./prng.js";
import { type Entry, type Queue, WORK } from "./queue.js";
import type { Rig } from "./rig.js";

/** Twins that a world has room for beside the nodes of its scenario. */
const TWINS_MAX = 4;
/** A node that stops because its time is over does so a moment later. */
const SOON = MS;

export class SimWorld implements World {
  now: Time = 0;
  stepsTotal = 0;
  delivered = 0;
  readonly nodes: Node[] = [];
  readonly queue: Queue;
  readonly packets: Packets;
  readonly network: Network;
  readonly hostRandom: Random;
  readonly app: App;
  readonly params: [number, number][];
  /** numbers of the voters of the scenario, in order */
  readonly voters: number[];
  readonly #outside: Outside;
  readonly #index = new Map<number, number>();
  readonly #twins: Node[] = [];
  #hashA = 0x9e3779b9 | 0;
  #hashB = 0x85ebca6b | 0;

  constructor(
    readonly rig: Rig,
    readonly scenario: Scenario,
    readonly seed: number,
    readonly observer: Observer,
    readonly nemesis: Nemesis,
  ) {
    this.queue = rig.queue;
    this.packets = rig.packets;
    this.hostRandom = new Prng(seed, "host");
    this.#outside = new Outside(this, { ...scenario.base.arbiter });
    this.params = Object.entries(scenario.params).map(([key, value]) => [Number(key), value]);
    this.voters = scenario.nodes.filter((n) => n.role === ROLE.VOTER || n.role === ROLE.WITNESS).map((n) => n.node);
    const stride = scenario.nodes.length + 1 + TWINS_MAX;
    this.network = new Network(stride, { ...scenario.base.net }, this.queue, this.packets, new Prng(seed, "net"));
    this.app = new App(this, scenario.app, new Prng(seed, "app"));
    for (const spec of scenario.nodes) {
      const node = this.#add(spec, spec.node);
      this.#index.set(spec.node, node.index);
      this.queue.push(spec.at, WORK.START, node.index, 0);
    }
    nemesis.begin(this);
  }

  #add(spec: NodeSpec, id: number): Node {
    if (this.nodes.length === 0) this.nodes.length = 1;
    const index = this.nodes.length;
    const disk = this.rig.disk(index, { ...this.scenario.base.disk }, new Prng(this.seed, `disk${index}`));
    const node = new Node(this, index, id, spec, this.rig.instance(index), disk, { ...this.scenario.base.host });
    node.uuid = `0000000000000000${(0x1000_0000 + id).toString(16).padStart(16, "0")}`;
    node.cluster = `00000000c1057e60${Math.abs(this.seed).toString(16).padStart(16, "0")}`;
    this.nodes.push(node);
    return node;
  }

  get net(): NetParams {
    return this.network.params;
  }
  set net(params: NetParams) {
    this.network.params = params;
  }

  get arbiter(): ArbiterParams {
    return this.#outside.arbiter;
  }
  set arbiter(params: ArbiterParams) {
    this.#outside.arbiter = params;
  }

  get processes(): SimProcess[] {
    return this.app.processes;
  }

  get hash(): readonly [number, number] {
    return [this.#hashA >>> 0, this.#hashB >>> 0];
  }

  /** Takes two numbers into the hash. */
  mix(a: number, b: number): void {
    const h = Math.imul(this.#hashA ^ a, 0x85ebca6b);
    this.#hashA = (h ^ (h >>> 15)) | 0;
    const g = Math.imul(this.#hashB ^ b, 0xc2b2ae35) + this.#hashA;
    this.#hashB = (g ^ (g >>> 13)) | 0;
  }

  /** Index of the node that a number means; of twins the first. */
  indexOf(number: number): number {
    return this.#index.get(number) ?? 0;
  }

  random(name: string): Random {
    return new Prng(this.seed, name);
  }

  // ── Time ──

  runUntil(t: Time): void {
    const queue = this.queue;
    while (queue.first <= t) {
      const entry = queue.pop();
      this.now = entry.time;
      this.#happen(entry);
    }
    if (t > this.now) this.now = t;
  }

  #happen(entry: Entry): void {
    if (entry.kind > WORK.WAKE) {
      this.#worldly(entry);
      this.free(entry);
      return;
    }
    const node = this.nodes[entry.node];
    const packet = entry.kind === WORK.PACKET ? entry.packet : null;
    const lost = packet === null ? entry.boot !== node.boot : this.network.isCut(packet.from, packet.to);
    if (!node.alive || lost) {
      this.drop(entry);
      return;
    }
    this.mix(entry.kind, this.now | 0);
    try {
      node.handle(entry);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      // What trapped is not to be used again.
      this.observer.onTrap(node, error);
      node.crash();
      node.clms = this.rig.anew(node.index);
    }
  }

  #worldly(entry: Entry): void {
    switch (entry.kind) {
      case WORK.START:
        this.start(entry.node);
        return;
      case WORK.NEMESIS:
        this.nemesis.fire(this, entry.a);
        return;
      case WORK.KILL:
        this.#outside.kill(entry);
        return;
      default:
        this.#outside.asked(entry);
    }
  }

  at(t: Time, action: number): void {
    this.queue.push(t, WORK.NEMESIS, 0, 0).a = action;
  }

  /** Gives an entry back, its packet too. */
  free(entry: Entry): void {
    if (entry.packet !== null) this.packets.give(entry.packet);
    this.queue.free(entry);
  }

  /** The same for one that nobody has handled. */
  drop(entry: Entry): void {
    if (entry.packet !== null) this.app.dropped(entry.packet);
    this.free(entry);
  }

  // ── Network ──

  /** A message of the module to node number `to`: a twin of it gets it too. */
  send(from: Node, to: number, at: number, len: number): void {
    const index = this.#index.get(to);
    if (index === undefined) return;
    this.#sendTo(from, index, at, len);
    for (const twin of this.#twins) if (twin.id === to && twin !== from) this.#sendTo(from, twin.index, at, len);
  }

  #sendTo(from: Node, index: number, at: number, len: number): void {
    if (index === from.index) return;
    const packet = this.packets.copyFrom(from.clms.u32, from.clms.u8, at, len);
    packet.from = from.index;
    packet.to = index;
    packet.cargo = CARGO.MESSAGE;
    this.network.send(packet, this.now);
  }

  sendCargo(from: Node, to: number, packet: Packet, cargo: number): boolean {
    packet.from = from.index;
    packet.to = to;
    packet.cargo = cargo;
    return this.network.send(packet, this.now);
  }

  cut(from: number, to: number, on: boolean): void {
    this.network.cut(from, to, on);
  }
  clog(from: number, to: number, on: boolean): void {
    this.network.clog(from, to, on, this.now);
  }
  link(from: number, to: number): NetParams {
    return this.network.link(from, to);
  }
  unlink(from: number, to: number): void {
    this.network.unlink(from, to);
  }

  // ── Nodes ──

  /** What clms_node_start is told. */
  conf(node: Node): NodeOptions {
    const { scenario } = this;
    const genesis = scenario.nodes.filter((n) => n.genesis);
    return {
      node: node.id,
      cluster: node.cluster,
      uuid: node.uuid,
      genesis,
      mode: scenario.mode,
      role: node.spec.role,
      site: node.spec.site,
      votes: node.spec.votes,
      profile: scenario.profile,
      flags: node.flags,
      probeMs: scenario.probeMs,
      losses: scenario.losses,
      seeds: this.voters.slice(0, 16),
    };
  }

  start(index: number): void {
    const node = this.nodes[index];
    if (node === undefined || node.alive) return;
    this.mix(node.index, this.now | 0);
    node.start();
    if (node.alive) watch(node);
  }

  crash(index: number, how: number = CRASH.NOW): void {
    const node = this.nodes[index];
    if (how === CRASH.NOW) node?.crash();
    else if (node?.alive) node.crashAt = how;
  }

  restart(index: number, afterNs: number): void {
    this.crash(index);
    if (this.nodes[index] !== undefined) this.queue.push(this.now + afterNs, WORK.START, index, 0);
  }

  pause(index: number, ns: number): void {
    const node = this.nodes[index];
    if (!node?.alive || node.pausedUntil > this.now + ns) return;
    node.pausedUntil = this.now + ns;
    node.wakeAt(node.pausedUntil);
  }

  wipe(index: number): void {
    this.crash(index);
    this.nodes[index]?.disk.wipe();
  }

  clockJump(index: number, ns: number): void {
    this.nodes[index]?.jump(ns);
  }

  setState(index: number, state: number, deadlineMs: number): void {
    const node = this.nodes[index];
    if (node?.alive) wish(node, state, deadlineMs, 0);
  }

  request(index: number, req: number, node: number, setId: number, arg: number): number {
    const at = this.nodes[index];
    if (!at?.alive || at.idle) return 0;
    at.refresh();
    const id = at.clms.x.clms_request(req, node, setId, arg >>> 0, Math.floor(arg / 0x1_0000_0000));
    at.drain(STEP.WISH);
    return id;
  }

  word(index: number): void {
    const dead = this.nodes[index];
    if (dead === undefined) return;
    for (const node of this.nodes) {
      if (node === undefined || !node.alive || node === dead || node.idle) continue;
      node.refresh();
      node.clms.x.clms_node_fault(dead.id, dead.inc);
      node.drain(STEP.WISH);
    }
  }

  twin(of: number, sameUuid: boolean, sameCluster: boolean): number {
    const first = this.nodes[of];
    if (first === undefined || this.#twins.length >= TWINS_MAX) return 0;
    const node = this.#add({ ...first.spec, genesis: false, at: this.now }, first.id);
    if (sameUuid) node.uuid = first.uuid;
    else node.uuid = node.uuid.replace(/^0/, "f");
    if (!sameCluster) node.cluster = node.cluster.replace(/^0/, "f");
    this.#twins.push(node);
    this.start(node.index);
    return node.index;
  }

  /** A node whose history contradicts the cluster's begins anew with an empty disk. */
  beginAnew(node: Node): void {
    node.crash();
    node.disk.wipe();
    this.queue.push(this.now + 100 * MS, WORK.START, node.index, 0);
  }

  stopSoon(node: Node): void {
    this.queue.push(this.now + SOON, WORK.KILL, node.index, node.boot).a = node.index;
  }

  // ── Services, arbiter ──

  /** The host of a node really has a service from now on (token), or no longer (0). */
  hold(node: Node, svc: number, token: number): void {
    const had = node.tokens[svc];
    if (had === token) return;
    node.tokens[svc] = token;
    this.observer.onService(node, svc, token > 0, token > 0 ? token : had);
  }

  dropServices(node: Node): void {
    for (let s = 0; s < this.scenario.app.services; s++) this.hold(node, s, 0);
  }

  arbiterBackup(): void {
    this.#outside.register.backup();
  }
  arbiterRestore(): void {
    this.#outside.register.restore();
  }

  // ── End of the faults ──

  heal(): void {
    const base: FaultParams = this.scenario.base;
    this.network.params = { ...base.net };
    this.network.heal(this.now);
    this.arbiter = { ...base.arbiter };
    for (const node of this.nodes) {
      if (node === undefined) continue;
      node.host = { ...base.host } satisfies HostParams;
      node.disk.params = { ...base.disk } satisfies DiskParams;
      node.slowNs = 0;
      node.crashAt = CRASH.NOW;
      if (node.alive && node.pausedUntil > this.now) {
        node.pausedUntil = this.now;
        node.wakeAt(this.now);
      }
    }
  }

  /** Gives everything back to the rig. */
  dispose(): void {
    this.queue.clear((entry) => {
      if (entry.packet !== null) this.packets.give(entry.packet);
    });
    this.network.dispose();
    for (const node of this.nodes) if (node !== undefined) node.dispose();
  }
}
