// What all parts of a node's transport share: its identity, keys, peers, ports, counters, the one timer.
//
// Invariants: everything that leaves goes through post(), everything that is dropped through drop(); at most one timer is armed; a node
// that was superseded (a younger life of its own number is known to a peer) sends and takes nothing any more.

import { type Cause, type Counters, newCounters } from "./causes.js";
import type { Clock } from "./clock.js";
import { PREFIX } from "./frames.js";
import type { Keyring } from "./keyring.js";
import { type Life, SALT } from "./life.js";
import { Budget, IN_FLIGHT_MAX, PARTIAL_BYTES_ALL, QUEUE_BYTES_ALL, type Timings } from "./limits.js";
import { LINK, LINK_NAME, type Link, type LinkState } from "./links.js";
import type { Address, Checked, IcsOptions } from "./options.js";
import { Peer } from "./peer.js";
import type { Port } from "./port.js";
import { clusterPrint, type Expected, HEADER, TAG } from "./wire.js";

/** What happens to links and nodes, for logs and for whoever decides. */
export type IcsEvent =
  /** a link changed; `why` in words */
  | { readonly type: "link"; readonly node: number; readonly link: number; readonly state: LinkState; readonly why: string }
  /** the first link of a node came up, or its last one went down */
  | { readonly type: "peer"; readonly node: number; readonly up: boolean }
  /** traffic to a node goes by another link than before */
  | { readonly type: "route"; readonly node: number; readonly link: number }
  /** a node has started anew: calls to it have failed, what waited for it was dropped */
  | { readonly type: "restart"; readonly node: number }
  /** `node` knows a younger life of this node's number: another host runs with it. Nothing is sent any more; stop */
  | { readonly type: "superseded"; readonly node: number }
  /** a socket could not be opened, or was lost (why); or is there (null) */
  | { readonly type: "port"; readonly link: number; readonly why: string | null };

/** What the parts need from each other, set up by ics.ts. */
export interface Hooks {
  onEvent(event: IcsEvent): void;
  /** there is room again for a node that a send was refused for */
  onRoom(node: number): void;
  /** a node has started anew, or was removed */
  onGone(node: number): void;
  /** something waits to be sent */
  onWork(peer: Peer): void;
  /** a socket has room again */
  onPortFree(): void;
  /** time has come, `late` ms later than was asked for; returns when to come again */
  onTick(now: number, late: number): number;
}

/** A link's own side. */
export interface Slot {
  readonly wanted: Address;
  port: Port | null;
  /** datagrams handed to the system and not yet taken */
  inFlight: number;
  /** without a port: when to try again */
  retryAt: number;
}

/** So often a life may begin in one process because its epoch was found to be too low. */
export const RENEWALS_MAX = 8;

export class Hub implements Expected {
  readonly node: number;
  readonly uuid: Buffer;
  readonly cluster: bigint;
  readonly versionMin: number;
  readonly versionMax: number;
  readonly keys: Keyring;
  readonly timings: Timings;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  readonly counters: Counters = newCounters();
  /** whom the last datagram dropped by a cause came from */
  readonly lastFrom: Partial<Record<Cause, string>> = {};
  readonly queued = new Budget(QUEUE_BYTES_ALL);
  readonly partial = new Budget(PARTIAL_BYTES_ALL);
  /** bytes of frames in a datagram */
  readonly room: number;
  readonly slots: Slot[];
  readonly peers = new Map<number, Peer>();
  /** nodes that are not configured any more: what was received of their lives is not forgotten */
  readonly former = new Map<number, Peer>();
  life: Life;
  renewals = 0;
  superseded = false;
  closed = false;
  readonly hooks: Hooks;
  #wakeAt = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => {};

  constructor(options: IcsOptions, checked: Checked, clock: Clock, random: (bytes: number) => Buffer, hooks: Hooks) {
    this.node = options.node;
    this.uuid = checked.uuid;
    this.cluster = clusterPrint(checked.uuid);
    [this.versionMin, this.versionMax] = checked.versions;
    this.keys = options.keys;
    this.timings = checked.timings;
    this.clock = clock;
    this.random = random;
    this.hooks = hooks;
    this.room = checked.datagramMax - HEADER - TAG - PREFIX;
    this.slots = options.addresses.map((wanted) => ({ wanted, port: null, inFlight: 0, retryAt: 0 }));
    // A guess at an order of starts; the salt makes the life unlike any other, and a peer that knows better says so (hello.ts).
    this.life = { epoch: BigInt(Math.max(1, Math.floor(clock.wall()))), salt: random(SALT) };
  }

  drop(cause: Cause, from?: Address): void {
    this.counters.dropped[cause]++;
    if (from) this.lastFrom[cause] = `${from.address}:${from.port}`;
  }

  /** A node becomes a peer, or gets other addresses. Links beyond this node's own addresses are left out. */
  setPeer(node: number, addresses: readonly Address[]): Peer {
    const now = this.clock.now();
    let peer = this.peers.get(node) ?? this.former.get(node);
    if (!peer) {
      const { uuid, timings, queued, partial, room } = this;
      peer = new Peer(node, { uuid, self: this.node, timings, queued, partial, room, version: this.versionMin }, now);
    }
    this.former.delete(node);
    this.peers.set(node, peer);
    peer.setAddresses(addresses.slice(0, this.slots.length), now);
    this.wakeBy(now);
    return peer;
  }

  removePeer(node: number): void {
    const peer = this.peers.get(node);
    if (!peer) return;
    this.peers.delete(node);
    this.former.set(node, peer);
    this.counters.dropped.RESTARTED += peer.outbox.clear();
    peer.links = [];
    this.#peerState(peer);
    this.hooks.onGone(node);
  }

  /** Whether a link's own side has a socket. */
  readonly isOpen = (link: Link): boolean => this.slots[link.index]?.port !== null;

  /** Whether the socket of a link takes another datagram now. */
  hasRoom(link: Link): boolean {
    return this.slots[link.index].inFlight < IN_FLIGHT_MAX;
  }

  /** Hands a datagram to the system. */
  post(peer: Peer, link: Link, datagram: Buffer): void {
    const slot = this.slots[link.index];
    const { port } = slot;
    if (!port || this.superseded) return;
    slot.inFlight++;
    this.counters.sent++;
    this.counters.sentBytes += datagram.length;
    port.send(datagram, link.remote, (error) => {
      const wasFull = slot.inFlight-- >= IN_FLIGHT_MAX;
      if (this.closed) return;
      if (error) this.#refused(peer, link, error);
      if (wasFull) this.hooks.onPortFree();
    });
  }

  #refused(peer: Peer, link: Link, error: Error): void {
    this.drop("SEND_ERROR");
    if (link.refuse(this.clock.now())) this.linkChanged(peer, link, (error as NodeJS.ErrnoException).code ?? error.message);
  }

  /** A link's state is another one: tells, and sees what that means for the node. */
  linkChanged(peer: Peer, link: Link, why: string): void {
    this.hooks.onEvent({ type: "link", node: peer.node, link: link.index, state: LINK_NAME[link.state], why });
    this.#peerState(peer);
    if (link.state === LINK.UP) this.hooks.onWork(peer);
    this.wakeBy(link.due());
  }

  #peerState(peer: Peer): void {
    const up = peer.links.some((l) => l.state === LINK.UP || l.state === LINK.SUSPECT);
    if (up === peer.isUp) return;
    peer.isUp = up;
    this.hooks.onEvent({ type: "peer", node: peer.node, up });
  }

  /** Another life of this node: all channels are new. */
  renew(epoch: bigint): void {
    this.renewals++;
    this.life = { epoch, salt: this.random(SALT) };
    const now = this.clock.now();
    for (const peer of [...this.peers.values(), ...this.former.values()]) {
      if (peer.ready) this.counters.dropped.RESTARTED += peer.outbox.clear();
      peer.helloNumber = 0;
      if (peer.their) peer.adopt(peer.their, this.life, now);
      peer.helloAt = now;
      peer.helloWait = this.timings.helloMs;
    }
    this.wakeBy(now);
  }

  supersede(node: number): void {
    if (this.superseded) return;
    this.superseded = true;
    this.hooks.onEvent({ type: "superseded", node });
  }

  /** Time is wanted at `at` at the latest. */
  wakeBy(at: number): void {
    if (at >= this.#wakeAt || this.closed) return;
    this.#disarm();
    this.#wakeAt = at;
    const start = this.clock.now();
    this.#disarm = this.clock.after(Math.max(0, at - start), () => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      const now = this.clock.now();
      this.wakeBy(this.hooks.onTick(now, now - Math.max(at, start)));
    });
  }

  /** No timer is armed from here on. */
  stop(): void {
    this.closed = true;
    this.#disarm();
  }
}
