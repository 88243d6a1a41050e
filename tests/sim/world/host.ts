// What the host of a node does with the module's events, and the answers that it gives later.
//
// Invariant: an answer is an entry of the queue, never a call from within an event: a host answers from its own loop.

import { CAUSE, CONFF, ERRNO, EVENT, Event, NodeEnt, NS, Page, REQ } from "../../../host/core/abi/clms.js";
import { SEC, STEP } from "../types.js";
import { REGISTER } from "./arbiter.js";
import { giveRegister } from "./disk.js";
import type { Node } from "./node.js";
import { CARGO, type Packet } from "./packet.js";
import { type Entry, WORK } from "./queue.js";

const HIGH = 0x1_0000_0000;
/** How often the host looks whether somebody is dead that the module takes for alive. */
const WORD_NS = 100_000_000;
/** In a WISH: no state, but the operator's word on a set that waits. */
export const OVERRIDE = -1;

/** An event of the module, at `at` of its memory. */
export function onEvent(node: Node, type: number, at: number): void {
  const { clms, world } = node;
  const word = at >>> 2;
  const u32 = clms.u32;
  const slot = u32[word + Event.slot / 4] + u32[word + Event.slot / 4 + 1] * HIGH;
  const arg = u32[word + Event.arg / 4] + u32[word + Event.arg / 4 + 1] * HIGH;
  const inc = u32[word + Event.inc / 4];
  const now = u32[word + Event.new / 4];
  switch (type) {
    case EVENT.SUBSYS:
      callback(node, now, u32[word + Event.old / 4], slot, arg);
      return;
    case EVENT.SVC_TAKE:
    case EVENT.SVC_RELEASE:
      service(node, type, now, slot);
      return;
    case EVENT.FENCE:
      fence(node, clms.u8[at + Event.node] | (clms.u8[at + Event.node + 1] << 8), inc);
      return;
    case EVENT.ARB_READ:
    case EVENT.ARB_WRITE:
      ask(node, type === EVENT.ARB_WRITE, arg);
      return;
    case EVENT.ADMITTED:
      node.inc = inc;
      node.incBoot = node.boot;
      if ((world.scenario.flags & CONFF.AUTO_UP) === 0) wish(node, NS.UP, 0, world.scenario.upNs);
      return;
    case EVENT.EVICTED:
      world.dropServices(node);
      world.app.onGone(node);
      if (node.leaving && clms.u8[at + Event.cause] !== CAUSE.HEARTBEAT) world.stopSoon(node);
      return;
    case EVENT.LEASE:
      if (now === 0) world.dropServices(node);
      return;
    case EVENT.DIVERGED:
      node.diverged = true;
      return;
    case EVENT.BLAST:
      if (node.host.overrideNs > 0) wish(node, OVERRIDE, 0, node.host.overrideNs);
      return;
    case EVENT.REQUEST:
      world.observer.onRequest(node, arg, now);
  }
}

function callback(node: Node, subsys: number, call: number, slot: number, arg: number): void {
  const { world, host } = node;
  const random = world.hostRandom;
  world.observer.onCallback(node, subsys, call, slot, arg, -1);
  if (random.chance(host.callNever)) return;
  let wait = host.callNs + random.exponential(host.callJitterNs);
  if (random.chance(host.callLate)) wait += host.lateNs;
  const status = random.chance(host.callError) ? 1 : 0;
  for (let times = random.chance(host.callTwice) ? 2 : 1; times > 0; times--, wait += host.callNs) {
    const entry = world.queue.push(world.now + wait, WORK.CALL, node.index, node.boot);
    entry.a = subsys;
    entry.b = slot;
    entry.c = status;
    entry.d = call;
  }
}

function service(node: Node, op: number, svc: number, token: number): void {
  const { world } = node;
  const entry = world.queue.push(world.now + node.host.svcNs, WORK.SERVICE, node.index, node.boot);
  entry.a = svc;
  entry.b = op;
  entry.c = token;
}

/** The wish reaches the fence half-way: the asker may be dead by then, and the target shot nevertheless. */
function fence(node: Node, target: number, inc: number): void {
  const { world } = node;
  world.observer.onFence(node, target, inc, 0);
  const entry = world.queue.push(world.now + node.host.fenceNs / 2, WORK.KILL, world.indexOf(target), node.boot);
  entry.a = node.index;
  entry.b = inc;
}

function ask(node: Node, write: boolean, version: number): void {
  const { world, clms } = node;
  if (world.arbiter.down || world.network.isCut(node.index, 0)) {
    answer(node, 2, 0, SEC);
    return;
  }
  const wait = world.arbiter.delayNs + world.hostRandom.exponential(world.arbiter.jitterNs);
  const entry = world.queue.push(world.now + wait, WORK.ARBITER_ASK, node.index, node.boot);
  entry.a = write ? 1 : 0;
  entry.b = version;
  entry.packet = world.packets.copyFrom(clms.u32, clms.u8, clms.page + Page.arb_register, REGISTER);
  entry.packet.cargo = CARGO.REGISTER;
}

/** The arbiter's answer, which the register goes along with where there is one. */
export function answer(node: Node, status: number, version: number, wait: number): Entry {
  const { world } = node;
  const entry = world.queue.push(world.now + wait, WORK.ARBITER, node.index, node.boot);
  entry.a = status;
  entry.b = version;
  return entry;
}

/** Wants a state (NS) for the node after some time. */
export function wish(node: Node, state: number, deadlineMs: number, wait: number): void {
  const { world } = node;
  const entry = world.queue.push(world.now + wait, WORK.WISH, node.index, node.boot);
  entry.a = state;
  entry.b = deadlineMs;
}

/** Begins to look for the dead, where the host is the one that knows. */
export function watch(node: Node): void {
  if (node.host.wordNs > 0) node.world.queue.push(node.world.now + WORD_NS, WORK.WORD, node.index, node.boot);
}

/** The time of an answer has come. */
export function onAnswer(node: Node, entry: Entry): void {
  node.refresh();
  const x = node.clms.x;
  switch (entry.kind) {
    case WORK.CALL:
      // ESTALE: it was answered before.
      if (x.clms_subsys_done(entry.a, entry.b >>> 0, Math.floor(entry.b / HIGH), entry.c) === 0)
        node.world.observer.onCallback(node, entry.a, entry.d, entry.b, 0, entry.c);
      break;
    case WORK.SERVICE:
      serviceDone(node, entry.a, entry.b, entry.c);
      break;
    case WORK.FENCED:
      node.world.observer.onFence(node, entry.a, entry.b, entry.c === 1 ? 2 : 3);
      x.clms_fence_done(entry.a, entry.b, entry.c);
      break;
    case WORK.ARBITER:
      if (entry.packet !== null) giveRegister(node.clms, entry.packet);
      x.clms_arb_answer(entry.b >>> 0, Math.floor(entry.b / HIGH), entry.a);
      break;
    case WORK.WISH:
      if (entry.a === OVERRIDE) x.clms_request(REQ.OVERRIDE, 0, 0, 0, 0);
      else wished(node, entry.a, entry.b);
      node.drain(STEP.WISH);
      return;
    case WORK.WORD:
      word(node);
      node.drain(STEP.WISH);
      watch(node);
      return;
    default:
      throw new Error(`no host does work of kind ${entry.kind}`);
  }
  node.drain(STEP.ANSWER);
}

function wished(node: Node, state: number, deadlineMs: number): void {
  const result = node.clms.x.clms_node_setstate(state, deadlineMs);
  if (result === 0 && state === NS.GOINGDOWN) node.leaving = true;
  // Not yet a member: it was evicted again, or not admitted yet. The next admission wishes anew.
  if (result < 0 && result !== -ERRNO.ENOTCONN && result !== -ERRNO.EPERM && result !== -ERRNO.EALREADY)
    throw new Error(`clms_node_setstate(${state}) = ${result}`);
}

function serviceDone(node: Node, svc: number, op: number, token: number): void {
  const { clms, world, host } = node;
  if (op === EVENT.SVC_RELEASE) {
    world.hold(node, svc, 0);
    clms.x.clms_svc_done(svc, op, 1);
    return;
  }
  // A start that ends after the lease, or a pause, is stopped again before anybody uses it.
  const ok = !world.hostRandom.chance(host.svcFail);
  if (clms.x.clms_svc_done(svc, op, ok ? 1 : 0) === 0 && clms.x.clms_svc_holds(svc) === 1) world.hold(node, svc, token);
}

/** Tells the module of every incarnation that is dead for certain. */
function word(node: Node): void {
  const { clms, world } = node;
  for (let i = 1; i < world.nodes.length; i++) {
    const other = world.nodes[i];
    if (other === node || other.deadSince + node.host.wordNs > world.now) continue;
    const at = clms.x.clms_node_get(other.id);
    if (at <= 0) continue;
    const inc = clms.u32[(at + NodeEnt.inc) >>> 2];
    const state = clms.u8[at + NodeEnt.state];
    if (state < NS.COMINGUP || state > NS.GOINGDOWN) continue;
    if (!other.alive || (inc === other.inc && other.incBoot !== other.boot)) clms.x.clms_node_fault(other.id, inc);
  }
}

/** A register in a packet of its own. */
export function registerPacket(node: Node, register: Uint8Array): Packet {
  const packet = node.world.packets.take(REGISTER);
  packet.u8.set(register);
  packet.cargo = CARGO.REGISTER;
  return packet;
}
