// In: a datagram from a socket, through all checks, to the frames in it.
//
// Order: what the header alone can tell (wire.ts), who sent it, whether its key is known, whether its channel is of now, whether its number
// is new, then the tag. Only then anything is remembered of it, and only then what it says is looked at.
// Invariant: any bytes end in frames of an authentic peer, each datagram once, or in one count of one cause; nothing is thrown.

import type { Cause } from "./causes.js";
import { decodePayload, type Payload, PREFIX_FLAG } from "./frames.js";
import { onHello, remind } from "./hello.js";
import type { Hub } from "./hub.js";
import type { Key } from "./keyring.js";
import { LINK } from "./links.js";
import type { Address } from "./options.js";
import type { Peer } from "./peer.js";
import { open } from "./seal.js";
import type { Transmitter } from "./transmit.js";
import { type Header, KIND, readHeader } from "./wire.js";

/** Takes one datagram; `frames` gets what an authentic one holds. */
export function receive(
  hub: Hub,
  out: Transmitter,
  bytes: Buffer,
  from: Address,
  frames: (peer: Peer, payload: Payload, key: Key) => void,
): void {
  if (hub.superseded || hub.closed) return;
  hub.counters.received++;
  hub.counters.receivedBytes += bytes.length;
  const header = readHeader(bytes, hub);
  const cause = typeof header === "string" ? header : accept(hub, out, header, bytes, frames);
  if (cause) hub.drop(cause, from);
}

function accept(
  hub: Hub,
  out: Transmitter,
  header: Header,
  bytes: Buffer,
  frames: (peer: Peer, payload: Payload, key: Key) => void,
): Cause | null {
  const peer = hub.peers.get(header.sender);
  if (!peer) return "UNKNOWN_SENDER";
  const link = peer.links[header.link];
  if (!link) return "KIND";
  const key = hub.keys.byId(header.key);
  if (!key) return "UNKNOWN_KEY";
  if (header.kind === KIND.HELLO) return onHello(hub, peer, link, header, key, bytes);

  const channel = peer.rx;
  if (!channel || channel.tag !== header.epoch) {
    remind(hub, peer, link);
    return "STALE";
  }
  if (!peer.received.isFresh(header.number)) return "REPLAYED";
  const derived = channel.key(key, header.number);
  const plain = open(derived, header.number, bytes);
  if (!plain) return "BAD_TAG";
  channel.keep(key, header.number, derived);
  peer.received.take(header.number);

  const now = hub.clock.now();
  if (!peer.knowsUs) {
    peer.knowsUs = true;
    hub.hooks.onWork(peer);
  }
  peer.heardLink = link.index;
  link.heard(header.number, now);
  const payload = decodePayload(plain);
  if (!payload) return "MALFORMED";
  const told = peer.links[payload.heardLink];
  if (told?.report(payload.heardNumber, now)) hub.linkChanged(peer, told, "it answers");
  if (payload.frames.length > 0) peer.heardFrames(now);
  if (payload.flags & PREFIX_FLAG.WANT) out.keepAlive(peer, link, false);
  else if (link.state !== LINK.UP) hub.wakeBy(link.due());
  frames(peer, payload, key);
  return null;
}
