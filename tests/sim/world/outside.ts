// What stands outside the cluster and answers to its hosts: the fencing device and the arbiter.
//
// Invariant: a wish that has left its host is carried out whether that host still lives or not; only the answer needs
// somebody who waits for it.

import { type ArbiterParams, SEC } from "../types.js";
import { Arbiter } from "./arbiter.js";
import { answer, registerPacket } from "./host.js";
import type { Node } from "./node.js";
import type { Packet } from "./packet.js";
import { type Entry, WORK } from "./queue.js";
import type { SimWorld } from "./world.js";

export class Outside {
  arbiter: ArbiterParams;
  readonly register = new Arbiter();
  readonly #world: SimWorld;

  constructor(world: SimWorld, arbiter: ArbiterParams) {
    this.#world = world;
    this.arbiter = arbiter;
  }

  /** A fence has reached its target; a node that asked for itself only stops. */
  kill(entry: Entry): void {
    const world = this.#world;
    const target = world.nodes[entry.node];
    const asker = world.nodes[entry.a];
    if (target === asker) {
      if (target.boot === entry.boot) target.crash();
      return;
    }
    const { host } = asker;
    const fails = world.hostRandom.chance(host.fenceFail);
    const lies = !fails && world.hostRandom.chance(host.fenceLie);
    if (target !== undefined && !fails && !lies) this.#shoot(asker, target, entry.b);
    if (!asker.alive || asker.boot !== entry.boot) return;
    const done = world.queue.push(world.now + host.fenceNs / 2, WORK.FENCED, asker.index, asker.boot);
    done.a = target === undefined ? 0 : target.id;
    done.b = entry.b;
    done.c = fails ? 0 : 1;
  }

  #shoot(asker: Node, target: Node, inc: number): void {
    const world = this.#world;
    target.crash();
    world.observer.onFence(asker, target.id, inc, 1);
    if (asker.host.fenceRebootNs > 0) world.queue.push(world.now + asker.host.fenceRebootNs, WORK.START, target.index, 0);
  }

  /** A request has reached the arbiter. */
  asked(entry: Entry): void {
    const world = this.#world;
    const node = world.nodes[entry.node];
    const packet = entry.packet as Packet;
    const write = entry.a === 1;
    const status = write ? this.register.write(entry.b, packet.u8.subarray(0, packet.len)) : 1;
    world.observer.onArbiter(node, this.register.version, write && status === 1, this.register.bytes);
    if (!node.alive || node.boot !== entry.boot) return;
    if (world.hostRandom.chance(this.arbiter.lose) || world.network.isCut(0, node.index)) {
      answer(node, 2, 0, SEC);
      return;
    }
    const wait = this.arbiter.delayNs + world.hostRandom.exponential(this.arbiter.jitterNs);
    answer(node, status, this.register.version, wait).packet = registerPacket(node, this.register.bytes);
  }
}
