// The application of the simulated cluster: processes that look at the membership, migrate with tokens, send data with
// stamps; subsystems with callbacks; key services that are offered and used.
//
// Invariant: it does what a correct application does and judges nothing: the observer is told all that it sees.

import { ERRNO, NodeEnt, NS, REQ, ROLE, STAMP, Stamp, SvcEnt, Token } from "../../../host/core/abi/clms.js";
import type { AppParams, Random, SimProcess } from "../types.js";
import { STEP } from "../types.js";
import type { Node } from "./node.js";
import { CARGO, copyInto, type Packet } from "./packet.js";
import { WORK } from "./queue.js";
import type { SimWorld } from "./world.js";

/** A process, and the number of its last journey. */
interface Traveller extends SimProcess {
  trip: number;
}

const HIGH = 0x1_0000_0000;
/** Packets that wait on a node for a slot; more are dropped. */
const WAITING_MAX = 64;
/** Offers are looked after at one look of this many. */
const OFFER_EVERY = 4;
/** A process is on its way, or waits at its destination. */
const RUNS = 0;
const TRAVELS = 1;
const WAITS = 2;

export class App {
  readonly processes: Traveller[] = [];
  readonly #world: SimWorld;
  readonly #p: AppParams;
  readonly #random: Random;
  #pid = 0;
  #trips = 0;
  /** names of the services as the log knows them, two words each */
  #hashes: number[] = [];

  constructor(world: SimWorld, params: AppParams, random: Random) {
    this.#world = world;
    this.#p = params;
    this.#random = random;
    for (let i = 0; i < params.processes; i++) this.processes.push({ pid: 0, seen: 0, at: 0, state: RUNS, trip: 0 });
  }

  /** After clms_node_start: registers its subsystems, and looks from now on. */
  onStart(node: Node): void {
    for (let i = 0; i < this.#p.subsystems; i++) node.clms.subsysRegister({ name: `subsystem-${i}`, priority: 10 * i });
    this.#again(node);
  }

  /** The node's incarnation is gone, and all that ran there with it. */
  onGone(node: Node): void {
    for (const p of this.processes) if (p.at === node.index && p.state !== TRAVELS) p.at = 0;
    for (const packet of node.waiting) this.#world.packets.give(packet);
    for (const packet of node.heldData) this.#world.packets.give(packet);
    node.waiting.length = 0;
    node.heldData.length = 0;
  }

  #again(node: Node): void {
    if (this.#p.tickNs === 0) return;
    const wait = Math.floor(this.#p.tickNs * (0.5 + this.#random.unit()));
    this.#world.queue.push(this.#world.now + wait, WORK.TICK, node.index, node.boot);
  }

  /** A look of the application on a node. */
  look(node: Node): void {
    node.refresh();
    node.looks++;
    this.#recheck(node);
    const at = node.clms.x.clms_node_get(node.id);
    if (at > 0 && node.clms.u8[at + NodeEnt.state] === NS.UP && node.clms.inc !== 0) {
      this.#use(node);
      this.#adopt(node);
      for (const p of this.processes) if (p.at === node.index && p.state === RUNS) this.#run(node, p);
      if (node.looks % OFFER_EVERY === 0) this.#offer(node);
    }
    node.drain(STEP.APP);
    this.#again(node);
  }

  // ── Processes ──

  /** A process that runs nowhere begins here. */
  #adopt(node: Node): void {
    for (const p of this.processes) {
      if (p.at !== 0 || !this.#random.chance(0.5)) continue;
      p.pid = ++this.#pid;
      p.seen = 0;
      p.at = node.index;
      p.state = RUNS;
      return;
    }
  }

  #run(node: Node, p: Traveller): void {
    const { clms } = node;
    if (clms.x.clms_gate_enter() < 0) return;
    const count = clms.x.clms_membership();
    if (count < 0) return;
    const word = (clms.outbox + Token.slot) >>> 2;
    const slot = clms.u32[word] + clms.u32[word + 1] * HIGH;
    this.#world.observer.onRead(node, p, slot, clms.outbox + Token.SIZE, count);
    p.seen = Math.max(p.seen, slot);
    if (count < 2) return;
    const to = clms.dv.getUint16(clms.outbox + Token.SIZE + 2 * this.#random.below(count), true);
    if (to === node.id) return;
    if (this.#random.chance(this.#p.migrate)) this.#migrate(node, p, to);
    else if (this.#random.chance(this.#p.send)) this.#send(node, to);
  }

  #migrate(node: Node, p: Traveller, to: number): void {
    const { clms } = node;
    const at = clms.x.clms_token_get();
    if (at <= 0) return;
    const packet = this.#world.packets.copyFrom(clms.u32, clms.u8, at, Token.SIZE);
    packet.trip = ++this.#trips;
    p.trip = packet.trip;
    p.state = TRAVELS;
    p.at = this.#world.indexOf(to);
    // A process that is lost on its way is a process that died.
    if (!this.#world.sendCargo(node, p.at, packet, CARGO.PROCESS)) p.at = 0;
  }

  #send(node: Node, to: number): void {
    const { clms } = node;
    const at = clms.x.clms_stamp_get(to);
    if (at <= 0) return;
    this.#world.sendCargo(node, this.#world.indexOf(to), this.#world.packets.copyFrom(clms.u32, clms.u8, at, Stamp.SIZE), CARGO.DATA);
  }

  /** Something of an application has arrived; the packet is the caller's. */
  arrive(node: Node, packet: Packet): void {
    node.refresh();
    const list = packet.cargo === CARGO.DATA ? node.heldData : node.waiting;
    const done = packet.cargo === CARGO.DATA ? this.#data(node, packet) : this.#process(node, packet);
    if (!done && list.length < WAITING_MAX) list.push(this.#world.packets.copy(packet));
    else if (!done && packet.cargo === CARGO.PROCESS) this.#lost(packet.trip);
    node.drain(STEP.APP);
  }

  /** Looks once more at what waits for a slot. */
  #recheck(node: Node): void {
    this.#recheckList(node, node.waiting, true);
    this.#recheckList(node, node.heldData, false);
  }

  #recheckList(node: Node, list: Packet[], process: boolean): void {
    let kept = 0;
    for (const packet of list) {
      if (process ? this.#process(node, packet) : this.#data(node, packet)) this.#world.packets.give(packet);
      else list[kept++] = packet;
    }
    list.length = kept;
  }

  /** False: it is to be held. */
  #data(node: Node, packet: Packet): boolean {
    const { clms } = node;
    copyInto(packet, clms.u32, clms.u8, clms.inbox);
    const verdict = clms.x.clms_stamp_check();
    this.#world.mix(verdict, packet.u32[Stamp.slot >>> 2]);
    this.#world.observer.onData(node, verdict, clms.inbox);
    return verdict !== STAMP.HOLD;
  }

  /** False: it is to wait. A copy of a packet whose process has gone on finds nobody. */
  #process(node: Node, packet: Packet): boolean {
    const p = this.processes.find((q) => q.trip === packet.trip && q.at === node.index && q.state !== RUNS);
    if (p === undefined) return true;
    const { clms } = node;
    copyInto(packet, clms.u32, clms.u8, clms.inbox);
    const verdict = clms.x.clms_token_check();
    const slot = packet.u32[Token.slot >>> 2] + packet.u32[(Token.slot >>> 2) + 1] * HIGH;
    this.#world.mix(verdict, packet.trip);
    if (verdict === 0 || verdict === -ERRNO.EOVERFLOW) {
      p.state = RUNS;
      this.#world.observer.onResume(node, p, slot);
      return true;
    }
    if (verdict === -ERRNO.EAGAIN) {
      p.state = WAITS;
      return false;
    }
    if (verdict === -ERRNO.EUCLEAN) this.#world.observer.onDiverged(node, p);
    p.at = 0;
    p.state = RUNS;
    return true;
  }

  #lost(trip: number): void {
    for (const p of this.processes) if (p.trip === trip) p.at = 0;
  }

  /** A packet of an application that never arrives. */
  dropped(packet: Packet): void {
    if (packet.cargo !== CARGO.PROCESS) return;
    for (const p of this.processes) if (p.trip === packet.trip && p.state === TRAVELS && p.at === packet.to) p.at = 0;
  }

  // ── Services ──

  /** Uses what this node holds, as its module says at this moment. */
  #use(node: Node): void {
    for (let s = 0; s < this.#p.services; s++)
      if (node.tokens[s] > 0 && node.clms.x.clms_svc_holds(s) === 1) this.#world.observer.onUse(node, s, node.tokens[s]);
  }

  /** Defines a service that is not, offers this node where it is a candidate and is not listed. */
  #offer(node: Node): void {
    const { clms } = node;
    for (let s = 0; s < this.#p.services; s++) {
      const at = clms.x.clms_svc_get(s);
      if (at <= 0) {
        const hashes = this.#names(node);
        clms.x.clms_request(REQ.SVC_DEFINE, 0, s, hashes[2 * s], hashes[2 * s + 1]);
        return;
      }
      const preference = this.#candidate(node, s);
      if (preference < 0 || this.#listed(node, at)) continue;
      clms.x.clms_request(REQ.SVC_OFFER, node.id, s, preference, 0);
      return;
    }
  }

  #listed(node: Node, at: number): boolean {
    const { clms } = node;
    for (let i = clms.u8[at + SvcEnt.ncand] - 1; i >= 0; i--)
      if (clms.dv.getUint16(at + SvcEnt.cand + 2 * i, true) === node.id) return true;
    return false;
  }

  /** Preference of a node for a service; -1 = it is no candidate. */
  #candidate(node: Node, service: number): number {
    if (node.spec.role !== ROLE.VOTER) return -1;
    const voters = this.#world.voters;
    const place = (voters.indexOf(node.id) - service + 64 * voters.length) % voters.length;
    const wanted = this.#p.candidates === 0 ? 16 : this.#p.candidates;
    return place < wanted ? place : -1;
  }

  #names(node: Node): number[] {
    if (this.#hashes.length > 0) return this.#hashes;
    for (let s = 0; s < this.#p.services; s++) {
      const hash = node.clms.svcHash(`service-${s}`);
      this.#hashes.push(Number(hash & 0xffff_ffffn) | 0, Number(hash >> 32n) | 0);
    }
    return this.#hashes;
  }
}
