// A record of the log, read from bytes; its value and the hash of its value, worked out here and not by the module.
//
// The value is everything but ballot, stage and the flag REPROPOSED: `sameValue` compares it word by word, `valueHash`
// is the self_hash that the bytes must carry.

import {
  CAUSE_NAME,
  CFGOP_NAME,
  KIND,
  KIND_NAME,
  Msg,
  NS_NAME,
  PHASE_NAME,
  RECF,
  SVCOP_NAME,
  TransRec,
} from "../../../host/core/abi/clms.js";

export interface Rec {
  slot: number;
  /** (round << 16) | node: exact up to rounds of 37 bits */
  ballot: number;
  mono: number;
  node: number;
  from: number;
  to: number;
  inc: number;
  kind: number;
  cause: number;
  flags: number;
  stage: number;
  set: number;
  arg: bigint;
  prev: bigint;
  self: bigint;
}

/** A 64-bit number that is known to fit: slots, ballots, times. */
export const big = (dv: DataView, at: number): number => dv.getUint32(at, true) + dv.getUint32(at + 4, true) * 0x1_0000_0000;

export function readRec(dv: DataView, at: number): Rec {
  return {
    slot: big(dv, at + TransRec.slot),
    ballot: big(dv, at + TransRec.ballot),
    mono: big(dv, at + TransRec.mono_ms),
    node: dv.getUint16(at + TransRec.node, true),
    from: dv.getUint8(at + TransRec.from_state),
    to: dv.getUint8(at + TransRec.to_state),
    inc: dv.getUint32(at + TransRec.inc, true),
    kind: dv.getUint8(at + TransRec.kind),
    cause: dv.getUint8(at + TransRec.cause),
    flags: dv.getUint8(at + TransRec.flags),
    stage: dv.getUint8(at + TransRec.stage),
    set: dv.getUint32(at + TransRec.set_id, true),
    arg: dv.getBigUint64(at + TransRec.arg, true),
    prev: dv.getBigUint64(at + TransRec.prev_hash, true),
    self: dv.getBigUint64(at + TransRec.self_hash, true),
  };
}

const WORDS = TransRec.SIZE / 4;
const BALLOT_WORD = TransRec.ballot / 4;
const KIND_WORD = TransRec.kind / 4;
/** kind, cause and flags without REPROPOSED; the byte of stage is left out. */
const KIND_MASK = 0x00ff_ffff & ~(RECF.REPROPOSED << 16);

/** The words of a record's value: equal values have equal words, whoever accepted them when. */
export function valueWords(dv: DataView, at: number): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let i = 0; i < WORDS; i++) if (i < BALLOT_WORD || i > BALLOT_WORD + 1) words[i] = dv.getUint32(at + i * 4, true);
  words[KIND_WORD] &= KIND_MASK;
  return words;
}

export function sameValue(words: Uint32Array, dv: DataView, at: number): boolean {
  for (let i = 0; i < WORDS; i++) {
    if (i === BALLOT_WORD || i === BALLOT_WORD + 1) continue;
    const word = dv.getUint32(at + i * 4, true);
    if (words[i] !== (i === KIND_WORD ? (word & KIND_MASK) >>> 0 : word)) return false;
  }
  return true;
}

// ── The hash, as the reference of the protocol has it ──

const SEED = 0x243f_6a88_85a3_08d3n;
const GOLDEN = 0x9e37_79b9_7f4a_7c15n;
const MIX = 0xd6e8_feb8_6659_fd93n;
const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);

function word(h: bigint, w: bigint): bigint {
  const m = u64((h ^ w) * GOLDEN);
  return m ^ (m >> 29n);
}

function end(h: bigint): bigint {
  const m = u64((h ^ (h >> 32n)) * MIX);
  const e = m ^ (m >> 29n);
  return e === 0n ? 1n : e;
}

/** The self_hash that these bytes must carry. */
export function valueHash(dv: DataView, at: number): bigint {
  const get = (off: number) => dv.getBigUint64(at + off, true);
  let h = word(SEED, get(TransRec.slot));
  h = word(h, get(TransRec.mono_ms));
  h = word(h, get(TransRec.node));
  h = word(h, get(TransRec.kind) & ~((BigInt(RECF.REPROPOSED) << 16n) | 0xff00_0000n));
  h = word(h, get(TransRec.arg));
  return end(word(h, get(TransRec.prev_hash)));
}

/** The check value that a message must carry: over all but itself and `to`. */
export function msgCheck(msg: Uint8Array): bigint {
  const dv = new DataView(msg.buffer, msg.byteOffset, msg.length);
  const get = (off: number) => dv.getBigUint64(off, true);
  let h = word(word(SEED, get(Msg.magic)), get(Msg.cluster));
  h = word(h, get(Msg.from) & 0xffff_ffff_0000_ffffn);
  let at: number = Msg.lineage;
  for (; at + 8 <= msg.length; at += 8) h = word(h, get(at));
  let rest = 0n;
  for (let shift = 0n; at < msg.length; at++, shift += 8n) rest |= BigInt(msg[at]) << shift;
  return end(word(word(h, rest), BigInt(msg.length - Msg.lineage)));
}

/** Another hash over any bytes: event logs, memory images. */
export function bytesHash(bytes: Uint8Array): string {
  let a = 0x811c_9dc5;
  let b = 0x9e37_79b9;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x0100_0193);
    b = Math.imul(b + byte, 0x85eb_ca6b) ^ (b >>> 13);
  }
  return ((a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0")).slice(0, 16);
}

export const round = (ballot: number): number => Math.floor(ballot / 65_536);
export const ballotText = (ballot: number): string => `${round(ballot)}.${ballot % 65_536}`;

/** `12 NODE 3 inc 2 UP→KCLEANUP HEARTBEAT set 1`: a record for people. */
export function recText(r: Rec): string {
  const head = `${r.slot} ${KIND_NAME[r.kind] ?? r.kind}`;
  const cause = r.cause === 0 ? "" : ` ${CAUSE_NAME[r.cause]}`;
  if (r.kind === KIND.NODE)
    return `${head} ${r.node} inc ${r.inc} ${NS_NAME[r.from]}→${NS_NAME[r.to]}${cause}${r.set ? ` set ${r.set}` : ""}`;
  if (r.kind === KIND.SET_BEGIN || r.kind === KIND.SET_END) return `${head} ${PHASE_NAME[Number(r.arg)]} set ${r.set}`;
  if (r.kind === KIND.KEYSVC) return `${head} service ${r.set} ${SVCOP_NAME[r.to]} node ${r.node} inc ${r.inc}`;
  if (r.kind === KIND.CONFIG) return `${head} ${CFGOP_NAME[r.to]} node ${r.node} arg ${r.arg}`;
  return `${head} ${r.node}${cause}`;
}
