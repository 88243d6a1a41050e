// The network between the nodes: what becomes of a packet, link by link.
//
// Links are directed and known by the indices of their ends; index 0 is the arbiter. A packet is judged when it is
// sent, and a cut is looked at once more when it arrives: what was under way when a link broke is lost.
//
// Invariant: with every fault at zero a packet arrives once, unchanged, after its delay.

import { LIMIT } from "../../../host/core/abi/clms.js";
import type { NetParams, Random, Time } from "../types.js";
import type { Packet, Packets } from "./packet.js";
import { type Queue, WORK } from "./queue.js";

const CUT = 1;
const CLOGGED = 2;
const OWN = 4;
/** Packets that a clogged link holds back; more are lost. */
const HELD_MAX = 256;

export class Network {
  /** parameters of all links without their own */
  params: NetParams;
  readonly #links: Uint8Array;
  readonly #stride: number;
  readonly #own = new Map<number, NetParams>();
  readonly #held = new Map<number, Packet[]>();
  /** messages of a burst that are still to be lost */
  readonly #bursts = new Map<number, number>();
  readonly #queue: Queue;
  readonly #packets: Packets;
  readonly #random: Random;

  /** For indices below `stride`. */
  constructor(stride: number, params: NetParams, queue: Queue, packets: Packets, random: Random) {
    this.params = params;
    this.#stride = stride;
    this.#links = new Uint8Array(stride * stride);
    this.#queue = queue;
    this.#packets = packets;
    this.#random = random;
  }

  #key(from: number, to: number): number {
    return from * this.#stride + to;
  }

  isCut(from: number, to: number): boolean {
    return (this.#links[this.#key(from, to)] & CUT) !== 0;
  }

  cut(from: number, to: number, on: boolean): void {
    this.#flag(from, to, CUT, on);
  }

  /** The parameters of one link alone, copied from the common ones at the first call. */
  link(from: number, to: number): NetParams {
    const key = this.#key(from, to);
    let own = this.#own.get(key);
    if (own === undefined) {
      own = { ...this.params };
      this.#own.set(key, own);
    }
    this.#flag(from, to, OWN, true);
    return own;
  }

  unlink(from: number, to: number): void {
    this.#flag(from, to, OWN, false);
    this.#own.delete(this.#key(from, to));
  }

  /** A clogged link holds everything back; when it is opened, all of it leaves at once. */
  clog(from: number, to: number, on: boolean, now: Time): void {
    this.#flag(from, to, CLOGGED, on);
    const key = this.#key(from, to);
    const held = this.#held.get(key);
    if (on || held === undefined) return;
    this.#held.delete(key);
    for (const packet of held) this.#leave(packet, now + this.#delay(this.#paramsOf(key)));
  }

  /** No link is cut, clogged or special any more. */
  heal(now: Time): void {
    for (const key of [...this.#held.keys()]) this.clog(Math.floor(key / this.#stride), key % this.#stride, false, now);
    this.#links.fill(0);
    this.#own.clear();
    this.#bursts.clear();
  }

  #flag(from: number, to: number, flag: number, on: boolean): void {
    const key = this.#key(from, to);
    this.#links[key] = on ? this.#links[key] | flag : this.#links[key] & ~flag;
  }

  #paramsOf(key: number): NetParams {
    return (this.#links[key] & OWN) === 0 ? this.params : (this.#own.get(key) as NetParams);
  }

  #delay(p: NetParams): number {
    const random = this.#random;
    let delay = p.delayNs + random.exponential(p.jitterNs);
    if (random.chance(p.tail)) delay += random.exponential(p.tailNs);
    if (random.chance(p.reorder)) delay += random.below(p.reorderNs);
    return delay;
  }

  #leave(packet: Packet, time: Time): void {
    this.#queue.push(time, WORK.PACKET, packet.to, 0).packet = packet;
  }

  /** Takes a packet with from, to and cargo set; the network owns it from here on. False: it is lost. */
  send(packet: Packet, now: Time): boolean {
    const key = this.#key(packet.from, packet.to);
    const p = this.#paramsOf(key);
    if ((this.#links[key] & CUT) !== 0 || this.#lost(p, key, packet.len)) {
      this.#packets.give(packet);
      return false;
    }
    const random = this.#random;
    const sent = this.#spoil(p, packet);
    if ((this.#links[key] & CLOGGED) !== 0) return this.#hold(key, sent);
    if (random.chance(p.duplicate)) this.#leave(this.#packets.copy(sent), now + this.#delay(p));
    if (random.chance(p.replay)) this.#leave(this.#packets.copy(sent), now + this.#delay(p) + random.below(p.replayNs));
    this.#leave(sent, now + this.#delay(p));
    return true;
  }

  #lost(p: NetParams, key: number, len: number): boolean {
    if (p.mtu > 0 && len > p.mtu) return true;
    const left = this.#bursts.size === 0 ? undefined : this.#bursts.get(key);
    if (left !== undefined) {
      if (left <= 1) this.#bursts.delete(key);
      else this.#bursts.set(key, left - 1);
      return true;
    }
    if (this.#random.chance(p.burst)) {
      if (p.burstLen > 0) this.#bursts.set(key, p.burstLen);
      return true;
    }
    return this.#random.chance(p.drop);
  }

  #hold(key: number, packet: Packet): boolean {
    const held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, [packet]);
    else if (held.length < HELD_MAX) held.push(packet);
    else {
      this.#packets.give(packet);
      return false;
    }
    return true;
  }

  /** Damage on the way; returns the packet that goes on. */
  #spoil(p: NetParams, packet: Packet): Packet {
    const random = this.#random;
    if (packet.cargo !== 0) return packet;
    if (random.chance(p.corrupt)) {
      // Neighbouring bytes, each once: what is damaged never is what it was.
      const at = random.below(packet.len);
      for (let i = Math.min(random.between(1, 8), packet.len) - 1; i >= 0; i--) packet.u8[(at + i) % packet.len] ^= random.between(1, 255);
      packet.intact = false;
    }
    if (random.chance(p.truncate)) {
      packet.len = random.below(packet.len);
      packet.intact = false;
    }
    if (!random.chance(p.oversize)) return packet;
    const more = random.chance(0.2) ? LIMIT.MSG_MAX : random.between(1, 1024);
    const longer = this.#packets.copy(packet, Math.min(packet.len + more, 81_920));
    for (let i = packet.len; i < longer.len; i++) longer.u8[i] = i & 255;
    longer.intact = false;
    this.#packets.give(packet);
    return longer;
  }

  /** Gives back what clogged links hold. */
  dispose(): void {
    for (const held of this.#held.values()) for (const packet of held) this.#packets.give(packet);
    this.#held.clear();
  }
}
