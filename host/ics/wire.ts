// The header of a datagram, and the checks on it that need no key. docs/ics.md has it as a table.
//
//   0 u32 magic       4 u8 version   5 u8 highest version of the sender   6 u8 kind   7 u8 link
//   8 u64 cluster    16 u16 sender  18 u16 receiver   20 u32 key   24 u64 epoch   32 u64 number
//
// All little-endian. The whole header is associated data of the seal: who changes a bit of it breaks the tag.
// Invariant: any bytes get a verdict, and a check costs no more than a few comparisons.

import { createHash } from "node:crypto";
import type { Cause } from "./causes.js";

export const HEADER = 40;
export const TAG = 16;
/** Behind the header of a HELLO: the salt of its own key. */
export const HELLO_SALT = 16;
export const MAGIC = 0x53434948; // "HICS"
/** Versions of the wire format that this program speaks. */
export const VERSION_MIN = 1;
export const VERSION_MAX = 1;
/** Links between two nodes. */
export const LINKS_MAX = 8;
/** Bytes of a datagram, without UDP and IP headers. */
export const DATAGRAM_MIN = 512;
export const DATAGRAM_MAX = 8_900;
export const DATAGRAM_DEFAULT = 1_400;

export const KIND = {
  /** who am I, and who do I believe you are? Sealed under a key of its own */
  HELLO: 1,
  /** frames; none of them in a keep-alive. Sealed under the key of the two lives */
  DATA: 2,
} as const;

export interface Header {
  version: number;
  versionMax: number;
  kind: number;
  link: number;
  cluster: bigint;
  sender: number;
  receiver: number;
  key: number;
  /** HELLO: the sender's epoch. DATA: the tag of the two lives (life.ts) */
  epoch: bigint;
  /** rises with each datagram of the kind from this sender to this receiver */
  number: number;
}

/** What the header of a datagram for this node has to agree with. */
export interface Expected {
  readonly versionMin: number;
  readonly versionMax: number;
  readonly cluster: bigint;
  readonly node: number;
}

/** 64 bits that stand for the cluster's uuid in headers. All 128 go into every key. */
export function clusterPrint(uuid: Buffer): bigint {
  return createHash("sha256").update(uuid).digest().readBigUInt64LE(0);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The 16 bytes of a uuid in text, or null if it is none. */
export function parseUuid(text: string): Buffer | null {
  return UUID.test(text) ? Buffer.from(text.replaceAll("-", ""), "hex") : null;
}

export function writeHeader(to: Buffer, h: Header): void {
  to.writeUInt32LE(MAGIC, 0);
  to[4] = h.version;
  to[5] = h.versionMax;
  to[6] = h.kind;
  to[7] = h.link;
  to.writeBigUInt64LE(h.cluster, 8);
  to.writeUInt16LE(h.sender, 16);
  to.writeUInt16LE(h.receiver, 18);
  to.writeUInt32LE(h.key, 20);
  to.writeBigUInt64LE(h.epoch, 24);
  to.writeUInt32LE(h.number >>> 0, 32);
  to.writeUInt32LE(Math.floor(h.number / 0x1_0000_0000), 36);
}

/**
 * Reads a header and checks what needs neither peers nor keys, in the order of the table of causes. Returns the header, or the cause
 * for which the datagram is dropped.
 */
export function readHeader(bytes: Buffer, expected: Expected): Header | Cause {
  if (bytes.length < HEADER + TAG || bytes.length > DATAGRAM_MAX)
    return bytes.length >= 4 && bytes.readUInt32LE(0) !== MAGIC ? "PLAIN" : "SHORT";
  if (bytes.readUInt32LE(0) !== MAGIC) return "PLAIN";
  const version = bytes[4];
  if (version < expected.versionMin || version > expected.versionMax || bytes[5] < version) return "VERSION";
  const cluster = bytes.readBigUInt64LE(8);
  if (cluster !== expected.cluster) return "CLUSTER";
  const kind = bytes[6];
  const link = bytes[7];
  if ((kind !== KIND.HELLO && kind !== KIND.DATA) || link >= LINKS_MAX) return "KIND";
  const receiver = bytes.readUInt16LE(18);
  if (receiver !== expected.node) return "NOT_FOR_US";
  const high = bytes.readUInt32LE(36);
  // no sender comes that far: such a number is somebody's invention
  if (high >= 0x1f_ffff) return "REPLAYED";
  return {
    version,
    versionMax: bytes[5],
    kind,
    link,
    cluster,
    sender: bytes.readUInt16LE(16),
    receiver,
    key: bytes.readUInt32LE(20),
    epoch: bytes.readBigUInt64LE(24),
    number: bytes.readUInt32LE(32) + high * 0x1_0000_0000,
  };
}
