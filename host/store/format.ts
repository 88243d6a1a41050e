// The log's file, byte by byte, all little-endian.
//
//   0       two pages of 4,096 bytes: marks, written in turn
//   8,192   frames, one behind the other
//
//   mark    u32 magic, u16 version, u16 node, 16 bytes cluster, 16 bytes node's uuid, u64 generation, u32 salt, u32 0,
//           u64 number of the mark, u64 end of the frames it vouches for, u32 how many these are, u32 state of the header,
//           96 bytes header, u32 CRC
//   frame   head, body filled up to 8 bytes, tail. Head and tail say the same and have a magic each:
//           u32 magic, u8 DURABLE, u8 flags, u16 0, u32 bytes of the body, u32 number of the frame in this file, u64 slot,
//           u32 CRC of the body, u32 CRC of these bytes
//
// Invariants: a frame whose head or tail is damaged is still known by the other; every CRC of heads, tails and marks is
// mixed with the salt of the file, so that nothing that a body holds is taken for a frame.

import { randomBytes } from "node:crypto";
import { DURABLE, Header, LIMIT, TransRec } from "../core/abi/clms.js";
import { crc32 } from "../core/snapshot.js";
import { ABSENT, DAMAGED, type Item } from "./image.js";

export const VERSION = 1;
export const PAGE = 4096;
/** Where the frames begin. */
export const START = 2 * PAGE;
/** Bytes of a head, and of a tail. */
export const HEAD = 32;

/** "HFCL" */
const MARK_MAGIC = 0x4c434648;
/** "HFFH" */
export const HEAD_MAGIC = 0x48464648;
/** "HFFT" */
export const TAIL_MAGIC = 0x54464648;
/** The body is not there: what stood in this place was found damaged. */
const FLAG_DAMAGED = 1;
const HIGH = 0x1_0000_0000;
const MARK = {
  version: 4,
  node: 6,
  cluster: 8,
  uuid: 24,
  generation: 40,
  salt: 48,
  number: 56,
  end: 64,
  frames: 72,
  state: 76,
  header: 80,
};
const MARK_CRC = MARK.header + Header.SIZE;

export interface Identity {
  /** 32 hexadecimal digits */
  cluster: string;
  /** number of the node */
  node: number;
  /** 32 hexadecimal digits */
  uuid: string;
}

export interface Mark extends Identity {
  generation: number;
  salt: number;
  /** rises by one with every mark */
  number: number;
  /** bytes of the file, and frames in it, that were durable before the mark was written */
  end: number;
  frames: number;
  /** the header as these frames leave it */
  header: Item;
}

/** What head and tail say. */
export interface Frame {
  kind: number;
  damaged: boolean;
  len: number;
  seq: number;
  slot: number;
  crc: number;
}

export const newSalt = (): number => randomBytes(4).readUInt32LE();
const padded = (len: number): number => (len + 7) & ~7;
/** Bytes of a frame with a body of len bytes. */
export const frameBytes = (len: number): number => 2 * HEAD + padded(len);

const putSlot = (b: Buffer, slot: number, at: number): void => {
  b.writeUInt32LE(slot % HIGH, at);
  b.writeUInt32LE(Math.floor(slot / HIGH), at + 4);
};
const getSlot = (b: Buffer, at: number): number => b.readUInt32LE(at) + b.readUInt32LE(at + 4) * HIGH;
const mixed = (b: Buffer, from: number, bytes: number, salt: number): number => (crc32(b.subarray(from, from + bytes)) ^ salt) >>> 0;

/** A frame; body null = a place known to be damaged. */
export function encodeFrame(kind: number, slot: number, body: Uint8Array | null, seq: number, salt: number): Buffer {
  const len = body?.length ?? 0;
  const out = Buffer.alloc(frameBytes(len));
  if (body !== null) out.set(body, HEAD);
  const crc = crc32(out.subarray(HEAD, HEAD + len));
  for (const [at, magic] of [
    [0, HEAD_MAGIC],
    [out.length - HEAD, TAIL_MAGIC],
  ]) {
    out.writeUInt32LE(magic, at);
    out[at + 4] = kind;
    out[at + 5] = body === null ? FLAG_DAMAGED : 0;
    out.writeUInt32LE(len, at + 8);
    out.writeUInt32LE(seq, at + 12);
    putSlot(out, slot, at + 16);
    out.writeUInt32LE(crc, at + 24);
    out.writeUInt32LE(mixed(out, at, HEAD - 4, salt), at + HEAD - 4);
  }
  return out;
}

/** The bytes that a body of this kind may have. */
function lengthFits(kind: number, len: number): boolean {
  if (kind === DURABLE.HEADER) return len === Header.SIZE;
  if (kind === DURABLE.RECORD) return len === TransRec.SIZE;
  return kind === DURABLE.CHECKPOINT && len > 0 && len <= LIMIT.MSG_MAX;
}

/** The head or tail at a place; null if none is legible there. */
export function decodeFrame(b: Buffer, at: number, magic: number, salt: number): Frame | null {
  if (at < START || at + HEAD > b.length || b.readUInt32LE(at) !== magic) return null;
  if (b.readUInt32LE(at + HEAD - 4) !== mixed(b, at, HEAD - 4, salt)) return null;
  const kind = b[at + 4];
  const len = b.readUInt32LE(at + 8);
  const damaged = (b[at + 5] & FLAG_DAMAGED) !== 0;
  if (!(damaged ? len === 0 && kind >= DURABLE.HEADER && kind <= DURABLE.CHECKPOINT : lengthFits(kind, len))) return null;
  return { kind, damaged, len, seq: b.readUInt32LE(at + 12), slot: getSlot(b, at + 16), crc: b.readUInt32LE(at + 24) };
}

/** The body of the frame that begins at `at`; null if it is not all there, or not as it was written. */
export function bodyOf(b: Buffer, at: number, frame: Frame): Buffer | null {
  const body = b.subarray(at + HEAD, at + HEAD + frame.len);
  return body.length === frame.len && crc32(body) === frame.crc ? body : null;
}

export function encodeMark(m: Mark): Buffer {
  const out = Buffer.alloc(PAGE);
  out.writeUInt32LE(MARK_MAGIC, 0);
  out.writeUInt16LE(VERSION, MARK.version);
  out.writeUInt16LE(m.node, MARK.node);
  out.write(m.cluster, MARK.cluster, "hex");
  out.write(m.uuid, MARK.uuid, "hex");
  putSlot(out, m.generation, MARK.generation);
  out.writeUInt32LE(m.salt, MARK.salt);
  putSlot(out, m.number, MARK.number);
  putSlot(out, m.end, MARK.end);
  out.writeUInt32LE(m.frames, MARK.frames);
  out.writeUInt32LE(m.header.state, MARK.state);
  out.set(m.header.bytes, MARK.header);
  out.writeUInt32LE(mixed(out, 0, MARK_CRC, m.salt), MARK_CRC);
  return out;
}

/** The mark in page 0 or 1; null if none is legible there; a number if it is of that other version. */
export function decodeMark(b: Buffer, page: number): Mark | number | null {
  const p = b.subarray(page * PAGE, (page + 1) * PAGE);
  if (p.length < MARK_CRC + 4 || p.readUInt32LE(0) !== MARK_MAGIC) return null;
  const version = p.readUInt16LE(MARK.version);
  const salt = p.readUInt32LE(MARK.salt);
  if (version !== VERSION) return version;
  if (p.readUInt32LE(MARK_CRC) !== mixed(p, 0, MARK_CRC, salt)) return null;
  const state = p.readUInt32LE(MARK.state);
  if (state > DAMAGED) return null;
  const bytes = state === ABSENT ? new Uint8Array(0) : Uint8Array.from(p.subarray(MARK.header, MARK.header + Header.SIZE));
  return {
    node: p.readUInt16LE(MARK.node),
    cluster: p.toString("hex", MARK.cluster, MARK.cluster + 16),
    uuid: p.toString("hex", MARK.uuid, MARK.uuid + 16),
    generation: getSlot(p, MARK.generation),
    salt,
    number: getSlot(p, MARK.number),
    end: getSlot(p, MARK.end),
    frames: p.readUInt32LE(MARK.frames),
    header: { state, slot: 0, bytes },
  };
}
