// Out: frames from the queues into datagrams, datagrams to links.
//
// Invariants: one datagram a node and turn, so that no node waits for another one's bulk; urgent frames first in each; a full socket, a
// node without a channel and the pace stop a node, never the loop, and each of them starts it again.

import { encodePayload, NO_LINK, PREFIX_FLAG } from "./frames.js";
import type { Hub } from "./hub.js";
import type { Link } from "./links.js";
import type { Peer } from "./peer.js";
import { seal } from "./seal.js";
import { HEADER, KIND, writeHeader } from "./wire.js";

export class Transmitter {
  readonly #hub: Hub;
  /** nodes that something waits for */
  readonly #work = new Set<Peer>();
  /** nodes that wait for a socket */
  readonly #stalled = new Set<Peer>();
  #scheduled = false;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Something waits for this node. What is queued in one go leaves together. */
  schedule(peer: Peer): void {
    this.#work.add(peer);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#hub.clock.soon(() => {
      this.#scheduled = false;
      if (!this.#hub.closed) this.flush();
    });
  }

  /** A socket has room again. */
  portFree(): void {
    for (const peer of this.#stalled) this.schedule(peer);
    this.#stalled.clear();
  }

  /** Sends what can be sent now. `paced`: at the pace of bulk; else all that the sockets take. */
  flush(paced = true): void {
    while (this.#work.size > 0) for (const peer of this.#work) if (!this.#datagram(peer, paced)) this.#work.delete(peer);
  }

  /** One datagram to a node; false: none can leave now. */
  #datagram(peer: Peer, paced: boolean): boolean {
    const hub = this.#hub;
    const now = hub.clock.now();
    if (!peer.ready || hub.superseded || !peer.outbox.hasAny) return false;
    const link = peer.choose(hub.isOpen, now);
    if (!link) return false;
    if (!hub.hasRoom(link)) {
      this.#stalled.add(peer);
      return false;
    }
    const mayBulk = !paced || peer.pace.has(now);
    const [frames, bulk] = peer.outbox.fill(mayBulk, now, peer.care);
    if (bulk) peer.pace.take(now);
    if (frames.length === 0) {
      hub.wakeBy(now + 1);
      return false;
    }
    this.#route(peer, link);
    this.#send(peer, link, frames, 0, now);
    this.#counts(peer);
    return true;
  }

  /** A keep-alive by a link. `want`: it asks for one in return. */
  keepAlive(peer: Peer, link: Link, want: boolean): void {
    if (!peer.ready || !this.#hub.isOpen(link)) return;
    this.#hub.counters.keepAlives++;
    this.#send(peer, link, [], want ? PREFIX_FLAG.WANT : 0, this.#hub.clock.now());
  }

  #route(peer: Peer, link: Link): void {
    if (peer.current === link.index) return;
    peer.current = link.index;
    this.#hub.counters.failovers++;
    this.#hub.hooks.onEvent({ type: "route", node: peer.node, link: link.index });
  }

  /** Room in the queue is told once to whom a send was refused. */
  #counts(peer: Peer): void {
    this.#hub.counters.repeated += peer.outbox.repeated;
    peer.outbox.repeated = 0;
    if (!peer.refusedRoom || !peer.outbox.half) return;
    peer.refusedRoom = false;
    this.#hub.hooks.onRoom(peer.node);
  }

  #send(peer: Peer, link: Link, frames: readonly Buffer[], flags: number, now: number): void {
    const hub = this.#hub;
    const channel = peer.tx;
    if (!channel) return;
    // a keep-alive speaks of its own link, all others of the one heard last
    const told = frames.length === 0 ? link.index : (peer.heardLink ?? link.index);
    const heard = peer.links[told]?.heardNumber ?? 0;
    const plain = encodePayload(flags, heard === 0 ? NO_LINK : told, heard, frames);
    const key = hub.keys.current;
    const number = ++peer.txNumber;
    const clear = Buffer.alloc(HEADER);
    writeHeader(clear, {
      version: peer.version,
      versionMax: hub.versionMax,
      kind: KIND.DATA,
      link: link.index,
      cluster: hub.cluster,
      sender: hub.node,
      receiver: peer.node,
      key: key.id,
      epoch: channel.tag,
      number,
    });
    const derived = channel.key(key, number);
    channel.keep(key, number, derived);
    hub.post(peer, link, seal(derived, number, clear, plain));
    const ping = (flags & PREFIX_FLAG.WANT) !== 0;
    link.sent(number, ping || (frames.length > 0 && !peer.isAnswer(now)), ping, now);
    hub.wakeBy(link.due());
  }
}
