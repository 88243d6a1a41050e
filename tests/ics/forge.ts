// Datagrams that no node of this program would send, but that are authentic: what a defective or hostile member could do.

import { encodePayload, NO_LINK } from "../../host/ics/frames.js";
import { makeKey } from "../../host/ics/index.js";
import { Channel, helloKey } from "../../host/ics/life.js";
import { seal } from "../../host/ics/seal.js";
import { clusterPrint, HEADER, HELLO_SALT, KIND, parseUuid, writeHeader } from "../../host/ics/wire.js";
import { CLUSTER, type Packet, place, type Station, secretOf } from "./net.js";

const uuid = parseUuid(CLUSTER) as Buffer;
const KEY = makeKey("first", secretOf("first"));
/** Numbers above those that the node itself will use in a test, and within the window with them. */
const next = new WeakMap<Station, number>();
const FIRST = 500;

/** A sealed datagram from one node to another, both in their first life, by link 0; `plain` is what is sealed. */
export function forge(from: Station, to: Station, plain: Buffer): Packet {
  const life = (s: Station) => ({ epoch: s.epoch, salt: s.drawn[0] });
  const channel = new Channel(uuid, from.node, life(from), to.node, life(to));
  const number = next.get(from) ?? FIRST;
  next.set(from, number + 1);
  const clear = Buffer.alloc(HEADER);
  writeHeader(clear, {
    version: 1,
    versionMax: 1,
    kind: KIND.DATA,
    link: 0,
    cluster: clusterPrint(uuid),
    sender: from.node,
    receiver: to.node,
    key: KEY.id,
    epoch: channel.tag,
    number,
  });
  const bytes = seal(channel.key(KEY, number), number, clear, plain);
  return { from: place(from.node), to: place(to.node), bytes, at: 0 };
}

/** A HELLO: `plain` is its 64 sealed bytes, `epoch` what the header says. */
export function forgeHello(from: Station, to: Station, epoch: bigint, plain: Buffer): Packet {
  const number = next.get(from) ?? FIRST;
  next.set(from, number + 1);
  const salt = Buffer.alloc(HELLO_SALT, number);
  const clear = Buffer.concat([Buffer.alloc(HEADER), salt]);
  writeHeader(clear, {
    version: 1,
    versionMax: 1,
    kind: KIND.HELLO,
    link: 0,
    cluster: clusterPrint(uuid),
    sender: from.node,
    receiver: to.node,
    key: KEY.id,
    epoch,
    number,
  });
  const bytes = seal(helloKey(KEY, uuid, from.node, to.node, salt), 0, clear, plain);
  return { from: place(from.node), to: place(to.node), bytes, at: 0 };
}

/** The same with frames in it. */
export const forgeFrames = (from: Station, to: Station, ...frames: Buffer[]): Packet =>
  forge(from, to, encodePayload(0, NO_LINK, 0, frames));
