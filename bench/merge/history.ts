// A history as a cluster makes it: nodes come up, tell of themselves, go down in sets; masters come and go. Every record
// is the legal next one of the fold it begins on, and carries the hash that the module computes (assembly/clms/record.ts).

import { CAUSE, Fold, KIND, NS, PHASE, RECF, TransRec } from "../../host/core/abi/clms.js";

const MASK64 = (1n << 64n) - 1n;
const SEED = 0x243f_6a88_85a3_08d3n;
const GOLDEN = 0x9e37_79b9_7f4a_7c15n;
const MIX = 0xd6e8_feb8_6659_fd93n;
/** The word with kind, cause, flags, stage, set_id without RECF.REPROPOSED and the stage. */
const VALUE_MASK = MASK64 ^ ((BigInt(RECF.REPROPOSED) << 16n) | 0xff00_0000n);

function hashWord(h: bigint, word: bigint): bigint {
  const m = ((h ^ word) * GOLDEN) & MASK64;
  return m ^ (m >> 29n);
}

/** The hash of the value of the record at `at`. */
export function recordHash(dv: DataView, at: number): bigint {
  const word = (field: number) => dv.getBigUint64(at + field, true);
  let h = SEED;
  for (const field of [TransRec.slot, TransRec.mono_ms, TransRec.node]) h = hashWord(h, word(field));
  h = hashWord(h, word(TransRec.kind) & VALUE_MASK);
  for (const field of [TransRec.arg, TransRec.prev_hash]) h = hashWord(h, word(field));
  const m = ((h ^ (h >> 32n)) * MIX) & MASK64;
  const e = m ^ (m >> 29n);
  return e === 0n ? 1n : e;
}

interface Value {
  kind: number;
  node?: number;
  from?: number;
  to?: number;
  inc?: number;
  setId?: number;
  arg?: bigint;
}

/** Where a history begins: the head of the module's fold. */
export interface Start {
  slot: bigint;
  hash: bigint;
  mono: bigint;
  sets: number;
}

export function startOf(fold: DataView): Start {
  const word = (field: number) => fold.getBigUint64(field, true);
  return { slot: word(Fold.slot), hash: word(Fold.hash), mono: word(Fold.mono_ms), sets: fold.getUint32(Fold.sets, true) };
}

/** The life of a cluster of n nodes that have never been up, without end. */
function* life(n: number, sets: number): Generator<Value> {
  const inc = new Uint32Array(n + 1);
  const up = new Uint8Array(n + 1);
  for (let step = 0; ; step++) {
    const node = 1 + (step % n);
    if (up[node] === 1) yield* down(node, inc[node], ++sets);
    const from = inc[node] === 0 ? NS.NEVERUP : NS.DOWN;
    yield { kind: KIND.NODE, node, from, to: NS.COMINGUP, inc: ++inc[node], arg: BigInt(0x1000 + node) };
    yield { kind: KIND.NODE, node, from: NS.COMINGUP, to: NS.UP, inc: inc[node] };
    yield { kind: KIND.META, node, setId: 64, arg: BigInt(0x9000 + step) };
    if (step % 8 === 3) yield { kind: KIND.EPOCH, node };
    up[node] = step % 8 === 7 ? 0 : 1;
    if (up[node] === 0) yield* down(node, inc[node], ++sets);
  }
}

function* down(node: number, inc: number, setId: number): Generator<Value> {
  const phases = [
    [PHASE.KERNEL, NS.UP, NS.KCLEANUP],
    [PHASE.USER, NS.KCLEANUP, NS.UCLEANUP],
    [PHASE.DONE, NS.UCLEANUP, NS.DOWN],
  ];
  for (const [phase, from, to] of phases) {
    yield { kind: KIND.SET_BEGIN, setId, arg: BigInt(phase) };
    yield { kind: KIND.NODE, node, from, to, inc, setId };
    yield { kind: KIND.SET_END, setId, arg: BigInt(phase) };
  }
}

/** `count` records behind `start`, for a cluster of n nodes; the master changes with each EPOCH, and with it the ballot. */
export function history(start: Start, n: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * TransRec.SIZE);
  const dv = new DataView(bytes.buffer);
  const values = life(n, start.sets);
  let { slot, hash, mono } = start;
  let ballot = 0x1_0001n;
  for (let at = 0; at < bytes.length; at += TransRec.SIZE) {
    const v = values.next().value as Value;
    if (v.kind === KIND.EPOCH) ballot = ((ballot >> 16n) + 1n) * 0x1_0000n + BigInt(v.node ?? 0);
    slot += 1n;
    mono += 7n;
    dv.setBigUint64(at + TransRec.slot, slot, true);
    dv.setBigUint64(at + TransRec.ballot, ballot, true);
    dv.setBigUint64(at + TransRec.mono_ms, mono, true);
    dv.setUint16(at + TransRec.node, v.node ?? 0, true);
    dv.setUint8(at + TransRec.from_state, v.from ?? 0);
    dv.setUint8(at + TransRec.to_state, v.to ?? 0);
    dv.setUint32(at + TransRec.inc, v.inc ?? 0, true);
    dv.setUint8(at + TransRec.kind, v.kind);
    dv.setUint8(at + TransRec.cause, CAUSE.ADMIN);
    dv.setUint32(at + TransRec.set_id, v.setId ?? 0, true);
    dv.setBigUint64(at + TransRec.arg, v.arg ?? 0n, true);
    dv.setBigUint64(at + TransRec.prev_hash, hash, true);
    hash = recordHash(dv, at);
    dv.setBigUint64(at + TransRec.self_hash, hash, true);
  }
  return bytes;
}
