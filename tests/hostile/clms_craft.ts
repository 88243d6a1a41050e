// Messages of clms.wasm taken apart and put together: fields by name, check values and hashes made right again, so that a
// hostile message gets past the first door. What the module itself computes is computed here a second time.

import { Ack, Header, Join, LIMIT, MSG, Msg, NodeConf, Report, Request, TransRec } from "../../host/core/abi/clms.js";
import { EXTREMES, type Random } from "./random.js";

const GOLDEN = 0x9e3779b97f4a7c15n;
const MIX = 0xd6e8feb86659fd93n;
const SEED = 0x243f6a8885a308d3n;
const U64 = (x: bigint): bigint => BigInt.asUintN(64, x);
const RECF_REPROPOSED = 4n;
/** of the word with kind, cause, flags, stage, set_id: what belongs to the value */
const VALUE_MASK = U64(~((RECF_REPROPOSED << 16n) | 0xff00_0000n));

function word(h: bigint, w: bigint): bigint {
  const m = U64((h ^ w) * GOLDEN);
  return m ^ (m >> 29n);
}

function end(h: bigint): bigint {
  const m = U64((h ^ (h >> 32n)) * MIX);
  const e = m ^ (m >> 29n);
  return e === 0n ? 1n : e;
}

function bytesOf(h: bigint, dv: DataView, at: number, len: number): bigint {
  let hash = h;
  let i = 0;
  for (; i + 8 <= len; i += 8) hash = word(hash, dv.getBigUint64(at + i, true));
  let rest = 0n;
  for (let k = 0n; i < len; i++, k += 8n) rest |= BigInt(dv.getUint8(at + i)) << k;
  return word(word(hash, rest), BigInt(len));
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Makes the check value of a message right, and `len` too unless it is to stay. */
export function restamp(bytes: Uint8Array, keepLen = false): Uint8Array {
  if (bytes.length < Msg.SIZE) return bytes;
  const dv = viewOf(bytes);
  if (!keepLen) dv.setUint32(Msg.len, bytes.length, true);
  let h = word(SEED, dv.getBigUint64(0, true));
  h = word(h, dv.getBigUint64(Msg.cluster, true));
  h = word(h, dv.getBigUint64(Msg.from, true) & 0xffff_ffff_0000_ffffn);
  dv.setBigUint64(Msg.check, end(bytesOf(h, dv, Msg.lineage, bytes.length - Msg.lineage)), true);
  return bytes;
}

/** Makes the hash of the record at an offset right. */
export function rehash(bytes: Uint8Array, at: number): void {
  const dv = viewOf(bytes);
  let h = word(SEED, dv.getBigUint64(at + TransRec.slot, true));
  h = word(h, dv.getBigUint64(at + TransRec.mono_ms, true));
  h = word(h, dv.getBigUint64(at + TransRec.node, true));
  h = word(h, dv.getBigUint64(at + TransRec.kind, true) & VALUE_MASK);
  h = word(h, dv.getBigUint64(at + TransRec.arg, true));
  dv.setBigUint64(at + TransRec.self_hash, end(word(h, dv.getBigUint64(at + TransRec.prev_hash, true))), true);
}

/** Makes the check value of a disk's header right. */
export function resealHeader(bytes: Uint8Array): Uint8Array {
  const dv = viewOf(bytes);
  dv.setBigUint64(Header.check, end(bytesOf(SEED, dv, 0, Header.check)), true);
  return bytes;
}

/** Where the records of a message begin; its length if it holds none. */
export function recordsAt(bytes: Uint8Array): number {
  const kind = bytes[Msg.kind];
  if (kind === MSG.STAGE || kind === MSG.LEARN) return Msg.SIZE;
  return kind === MSG.REPORT ? Msg.SIZE + Report.SIZE : bytes.length;
}

/** Hashes of all records anew, each chained to the one before (the first stays where it was). */
export function rechain(bytes: Uint8Array): void {
  const dv = viewOf(bytes);
  for (let at = recordsAt(bytes), first = true; at + TransRec.SIZE <= bytes.length; at += TransRec.SIZE, first = false) {
    if (!first) dv.setBigUint64(at + TransRec.prev_hash, dv.getBigUint64(at - TransRec.SIZE + TransRec.self_hash, true), true);
    rehash(bytes, at);
  }
}

export interface Field {
  name: string;
  at: number;
  bytes: number;
}

/** The fields of a struct of the ABI, up to 8 bytes each. */
export function fieldsOf(name: string, struct: { readonly SIZE: number }, base = 0): Field[] {
  const starts = Object.entries(struct).filter(([key]) => key !== "SIZE") as [string, number][];
  starts.sort((a, b) => a[1] - b[1]);
  return starts.map(([key, at], i) => {
    const next = i + 1 < starts.length ? starts[i + 1][1] : struct.SIZE;
    return { name: `${name}.${key}`, at: base + at, bytes: Math.min(8, next - at) };
  });
}

const BODY: Readonly<Record<number, [string, { readonly SIZE: number }]>> = {
  [MSG.JOIN]: ["Join", Join],
  [MSG.ACK]: ["Ack", Ack],
  [MSG.REQUEST]: ["Request", Request],
  [MSG.RESULT]: ["Request", Request],
  [MSG.REPORT]: ["Report", Report],
};

/** All fields of a message: its head, its body, its first and its last record. */
export function fieldsOfMessage(bytes: Uint8Array): Field[] {
  const fields = fieldsOf("Msg", Msg);
  const body = BODY[bytes[Msg.kind]];
  if (body !== undefined) fields.push(...fieldsOf(body[0], body[1], Msg.SIZE));
  const first = recordsAt(bytes);
  const last = bytes.length - TransRec.SIZE;
  if (first <= last) fields.push(...fieldsOf("first", TransRec, first));
  if (first < last) fields.push(...fieldsOf("last", TransRec, last));
  return fields.filter((f) => f.at + f.bytes <= bytes.length);
}

export const confFields = (): Field[] => fieldsOf("NodeConf", NodeConf);

const WIDE = [2n ** 32n - 1n, 2n ** 32n, 2n ** 48n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 2n, 2n ** 64n - 1n];
/** Values that a field may break on: the extremes, and its own value one off. */
export function edgesOf(value: bigint, bytes: number): bigint[] {
  const all = [...EXTREMES.map(BigInt), 128n, 129n, 1023n, 1024n, 1025n, ...WIDE, value - 1n, value + 1n, value << 1n, value ^ 0x8000n];
  return [...new Set(all.map((v) => BigInt.asUintN(bytes * 8, v)))];
}

export function getField(bytes: Uint8Array, f: Field): bigint {
  let value = 0n;
  for (let i = f.bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[f.at + i]);
  return value;
}

export function putField(bytes: Uint8Array, f: Field, value: bigint): void {
  for (let i = 0; i < f.bytes; i++) bytes[f.at + i] = Number((value >> BigInt(8 * i)) & 255n);
}

/** A message changed in a few ways; mostly with its hashes and its check value made right again. */
export function mutated(random: Random, stock: Uint8Array): Uint8Array {
  let bytes: Uint8Array = stock.slice();
  for (let n = random.below(4); n >= 0; n--) {
    const kind = random.below(8);
    if (kind < 3) {
      const f = random.pick(fieldsOfMessage(bytes));
      if (f !== undefined) putField(bytes, f, random.pick(edgesOf(getField(bytes, f), f.bytes)));
    } else if (kind === 3) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    else if (kind === 4) bytes[random.below(bytes.length)] = random.u32();
    else if (kind === 5 && bytes.length > Msg.SIZE) bytes = bytes.slice(0, Msg.SIZE + random.below(bytes.length - Msg.SIZE));
    else if (kind === 6) bytes = grown(random, bytes);
    else if (kind === 7 && random.once(3)) bytes[Msg.kind] = random.below(23);
    if (bytes.length < Msg.SIZE) return bytes;
  }
  if (!random.once(4)) rechain(bytes);
  return random.once(12) ? bytes : restamp(bytes, random.once(12));
}

/** The tail repeated, or noise behind it. */
function grown(random: Random, bytes: Uint8Array): Uint8Array {
  const more = random.once(2) ? TransRec.SIZE * (1 + random.below(4)) : 1 + random.below(300);
  const out = new Uint8Array(Math.min(LIMIT.MSG_MAX + 64, bytes.length + more));
  out.set(bytes.subarray(0, out.length));
  for (let i = bytes.length; i < out.length; i++) out[i] = random.once(2) ? random.u32() : (bytes[i - TransRec.SIZE] ?? 0);
  return out;
}
