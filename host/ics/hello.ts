// The handshake: two nodes learn each other's life, and that the other one lives now.
//
//   0 salt (16)   16 u64 epoch, 24 salt (16): the receiver's life as the sender knows it, zeros = not known
//   40 u64 challenge   48 u64 echo of the receiver's challenge, 0 = none   56 u8 flags   57 zeros (7)
//
// The sender's own epoch stands in the header. A HELLO is sealed under a key of its own (life.ts), so that it needs no channel.
// How a HELLO is taken, by the life of its sender:
//   the life that is known         nothing changes
//   another, of a higher epoch     adopted if it repeats a challenge of ours: new channels, the old ones are void. Else it is asked to;
//                                  the youngest such life is the candidate, whose HELLOs are answered once each, always
//   another, of no higher epoch    STALE: it is told which life is known; nothing changes
// A challenge is answered once, and goes to the address that is configured. So neither a recording nor a host elsewhere that has taken
// the number can push the true node aside; and a life that was left is never returned to, for its epoch is lower.
// Who is told, in answer to its own challenge, that a younger life of its own number is known, either has an epoch that is too low (a
// clock set back): it goes on with a higher one. Or that peer knew it before: then another host runs in its place.

import type { Cause } from "./causes.js";
import type { Hub } from "./hub.js";
import { RENEWALS_MAX } from "./hub.js";
import type { Key } from "./keyring.js";
import { helloKey, type Life, SALT, sameLife } from "./life.js";
import type { Link } from "./links.js";
import type { Peer } from "./peer.js";
import { ReplayWindow } from "./replay.js";
import { open, seal } from "./seal.js";
import { HEADER, HELLO_SALT, type Header, KIND, TAG, writeHeader } from "./wire.js";

const SIZE = 64;
const CLEAR = HEADER + HELLO_SALT;
const AT = { SALT: 0, KNOWN_EPOCH: 16, KNOWN_SALT: 24, CHALLENGE: 40, ECHO: 48, FLAGS: 56 } as const;
const WANT = 1;
const CHALLENGE = 8;
/** No clock comes that far (ms), and there is always a higher one to go on with. */
const EPOCH_MAX = 2n ** 62n;

/** Sends a HELLO by a link. `want`: an answer is wanted; `echo`: the challenge that this one answers. */
export function sendHello(hub: Hub, peer: Peer, link: Link, want: boolean, echo: Buffer | null): void {
  if (!hub.isOpen(link)) return;
  const plain = Buffer.alloc(SIZE);
  hub.life.salt.copy(plain, AT.SALT);
  if (peer.their) {
    plain.writeBigUInt64LE(peer.their.epoch, AT.KNOWN_EPOCH);
    peer.their.salt.copy(plain, AT.KNOWN_SALT);
  }
  if (want) {
    // the same until it is answered: whoever makes us ask cannot make us forget what we asked
    link.challenge ??= hub.random(CHALLENGE);
    link.challenge.copy(plain, AT.CHALLENGE);
    plain[AT.FLAGS] = WANT;
  }
  echo?.copy(plain, AT.ECHO);
  const clear = Buffer.alloc(CLEAR);
  const key = hub.keys.current;
  writeHeader(clear, {
    version: peer.version,
    versionMax: hub.versionMax,
    kind: KIND.HELLO,
    link: link.index,
    cluster: hub.cluster,
    sender: hub.node,
    receiver: peer.node,
    key: key.id,
    epoch: hub.life.epoch,
    number: ++peer.helloNumber,
  });
  const salt = hub.random(HELLO_SALT);
  salt.copy(clear, HEADER);
  hub.counters.hellos++;
  hub.post(peer, link, seal(helloKey(key, hub.uuid, hub.node, peer.node, salt), 0, clear, plain));
}

interface Hello {
  life: Life;
  known: Life;
  challenge: Buffer;
  echo: Buffer;
  want: boolean;
}

function decode(header: Header, plain: Buffer): Hello {
  return {
    life: { epoch: header.epoch, salt: plain.subarray(AT.SALT, AT.SALT + SALT) },
    known: { epoch: plain.readBigUInt64LE(AT.KNOWN_EPOCH), salt: plain.subarray(AT.KNOWN_SALT, AT.KNOWN_SALT + SALT) },
    challenge: plain.subarray(AT.CHALLENGE, AT.CHALLENGE + CHALLENGE),
    echo: plain.subarray(AT.ECHO, AT.ECHO + CHALLENGE),
    want: (plain[AT.FLAGS] & WANT) !== 0,
  };
}

/** Takes a HELLO, or returns the cause for which it is dropped. */
export function onHello(hub: Hub, peer: Peer, link: Link, header: Header, key: Key, bytes: Buffer): Cause | null {
  if (bytes.length !== CLEAR + SIZE + TAG) return "SHORT";
  const salt = bytes.subarray(HEADER, CLEAR);
  const plain = open(helloKey(key, hub.uuid, peer.node, hub.node, salt), 0, bytes, CLEAR);
  if (!plain) return "BAD_TAG";
  const hello = decode(header, plain);
  if (hello.life.epoch === 0n || hello.life.epoch > EPOCH_MAX || hello.known.epoch > EPOCH_MAX) return "MALFORMED";
  const fresh = link.challenge?.equals(hello.echo) ?? false;
  const verdict = takeLife(hub, peer, link, hello, header.number, fresh);
  if (verdict !== true) return verdict;
  if (fresh) link.challenge = null;
  peer.version = Math.max(hub.versionMin, Math.min(hub.versionMax, header.versionMax));
  learnOwn(hub, peer, link, hello.known, fresh);
  // its answer to a question of ours, by this link: the link works in both directions
  if (fresh && link.confirm(hub.clock.now())) hub.linkChanged(peer, link, "answered the handshake");
  if (hello.want) answer(hub, peer, link, hello, true, !peer.knowsUs);
  return null;
}

/** Looks at the life of a HELLO's sender. True: it is the one that is known, from now on at the latest. */
function takeLife(hub: Hub, peer: Peer, link: Link, hello: Hello, number: number, fresh: boolean): true | Cause | null {
  const { their } = peer;
  if (their && sameLife(their, hello.life)) {
    if (!peer.hellos.isFresh(number)) return "REPLAYED";
    peer.hellos.take(number);
    return true;
  }
  if (their && hello.life.epoch <= their.epoch) {
    if (hello.want) answer(hub, peer, link, hello, fresh, false);
    return "STALE";
  }
  if (fresh) {
    adopt(hub, peer, hello.life, number);
    return true;
  }
  const { candidate } = peer;
  const isCandidate = candidate !== null && sameLife(candidate.life, hello.life);
  if (isCandidate && !candidate.hellos.isFresh(number)) return "REPLAYED";
  if (!candidate || hello.life.epoch > candidate.life.epoch) {
    const life = { epoch: hello.life.epoch, salt: Buffer.from(hello.life.salt) };
    peer.candidate = { life, hellos: new ReplayWindow() };
  }
  const first = peer.candidate !== null && sameLife(peer.candidate.life, hello.life);
  if (first) peer.candidate?.hellos.take(number);
  answer(hub, peer, link, hello, first, true);
  return null;
}

/** The life of a peer that is new to this node. */
function adopt(hub: Hub, peer: Peer, life: Life, number: number): void {
  const restarted = peer.their !== null;
  const now = hub.clock.now();
  peer.adopt({ epoch: life.epoch, salt: Buffer.from(life.salt) }, hub.life, now);
  const { candidate } = peer;
  peer.hellos = candidate && sameLife(candidate.life, life) ? candidate.hellos : new ReplayWindow();
  if (peer.hellos.isFresh(number)) peer.hellos.take(number);
  peer.candidate = null;
  peer.helloAt = now + hub.timings.helloMs;
  peer.helloWait = hub.timings.helloMs;
  hub.wakeBy(peer.helloAt);
  if (!restarted) return;
  hub.counters.dropped.RESTARTED += peer.outbox.clear();
  hub.hooks.onGone(peer.node);
  hub.hooks.onEvent({ type: "restart", node: peer.node });
}

/** What the peer says it knows of this node. */
function learnOwn(hub: Hub, peer: Peer, link: Link, known: Life, fresh: boolean): void {
  if (sameLife(known, hub.life)) {
    if (!peer.knowsUs) {
      peer.knowsUs = true;
      hub.hooks.onWork(peer);
    }
    return;
  }
  // a lower epoch will give way to ours
  if (known.epoch < hub.life.epoch) return;
  // only an answer to our own question is of now
  if (!fresh) remind(hub, peer, link);
  else if (peer.knowsUs || hub.renewals >= RENEWALS_MAX) hub.supersede(peer.node);
  else hub.renew(known.epoch + 1n);
}

/**
 * Answers a HELLO. `always`: it is no recording, for it answers a challenge, or its number is new in the youngest life that is known.
 * Others are answered so often and no more: whoever sends recordings cannot keep a node from being found.
 */
function answer(hub: Hub, peer: Peer, link: Link, hello: Hello, always: boolean, want: boolean): void {
  if (always || peer.answers.take(hub.clock.now())) sendHello(hub, peer, link, want, hello.want ? hello.challenge : null);
}

/** Asks all links of a peer that cannot be sent to yet, if it is time. Returns when to come again. */
export function helloTick(hub: Hub, peer: Peer, now: number): number {
  if (peer.ready) return Number.POSITIVE_INFINITY;
  if (now < peer.helloAt) return peer.helloAt;
  for (const link of peer.links) sendHello(hub, peer, link, true, null);
  peer.helloAt = now + peer.helloWait;
  peer.helloWait = Math.min(hub.timings.helloMaxMs, peer.helloWait * 1.5);
  return peer.helloAt;
}

/** A datagram came that belongs to no channel of now: one of the two has missed that the other started anew. */
export function remind(hub: Hub, peer: Peer, link: Link): void {
  if (peer.reminders.take(hub.clock.now())) sendHello(hub, peer, link, true, null);
}
