// A record of the log: its value, its hash, its place in the chain.
//
// The value is everything but ballot, stage and RECF_REPROPOSED: a record that is accepted again in a higher ballot is
// still the same record. self_hash is over the value, prev_hash in it, so one hash names the whole list up to a slot.

import {
  CAUSE_DEADLINE, CFGOP_PROTO, KIND_CONFIG, KIND_KEYSVC, KIND_META, KIND_NODE, NODE_MAX, NS_DOWN, RECF_REPROPOSED, STAGE_UNKNOWN,
  SVCOP_MOVE, SVC_MAX, TransRec, TransRec_SIZE,
} from "../abi/clms";
import { HASH_SEED, hashEnd, hashWord } from "../lib/hash64";

/** The word with kind, cause, flags, stage, set_id: without RECF_REPROPOSED (byte 2) and stage (byte 3). */
// @ts-ignore: decorator
@inline const VALUE_MASK: u64 = ~((<u64>RECF_REPROPOSED << 16) | 0xff00_0000);
/** Bits of the word with node, from_state, to_state, inc that are in no state. */
// @ts-ignore: decorator
@inline const NO_STATE: u64 = <u64>(~NS_DOWN & 0xff) * 0x0101_0000;
/** Bits of the word with kind that are no flag. */
// @ts-ignore: decorator
@inline const NO_FLAG: u64 = 0x00f0_0000;
if ((NS_DOWN & (NS_DOWN + 1)) != 0) ERROR("the states fill their bits");

// @ts-ignore: decorator
@inline export function recOf(at: usize): TransRec { return changetype<TransRec>(at); }

/** The hash of a record's value. */
// @ts-ignore: decorator
@inline export function recHash(at: usize): u64 {
  let h = hashWord(HASH_SEED, load<u64>(at, offsetof<TransRec>("slot")));
  h = hashWord(h, load<u64>(at, offsetof<TransRec>("mono_ms")));
  h = hashWord(h, load<u64>(at, offsetof<TransRec>("node")));
  h = hashWord(h, load<u64>(at, offsetof<TransRec>("kind")) & VALUE_MASK);
  h = hashWord(h, load<u64>(at, offsetof<TransRec>("arg")));
  return hashEnd(hashWord(h, load<u64>(at, offsetof<TransRec>("prev_hash"))));
}

/** Are all fields in their ranges, and is the hash that of the value? Nothing else of a record needs to be distrusted. */
export function recValid(at: usize): bool { return recFits(at); }

/** The same without a call, for the loop in which a merge takes the first report in. */
// @ts-ignore: decorator
@inline export function recFits(at: usize): bool {
  const rec = recOf(at);
  const kind: u32 = rec.kind;
  if (rec.slot == 0 || kind > KIND_META || <u32>rec.cause > CAUSE_DEADLINE || <u32>rec.stage > STAGE_UNKNOWN) return false;
  if (<u32>rec.node > NODE_MAX || (load<u64>(at, offsetof<TransRec>("node")) & NO_STATE) != 0) return false;
  if ((load<u64>(at, offsetof<TransRec>("kind")) & NO_FLAG) != 0) return false;
  if (kind == KIND_NODE) {
    if (rec.node == 0) return false;
  } else if (kind == KIND_CONFIG) {
    if (<u32>rec.to_state > CFGOP_PROTO) return false;
  } else if (kind == KIND_KEYSVC && (<u32>rec.to_state > SVCOP_MOVE || rec.set_id >= SVC_MAX)) return false;
  return rec.self_hash == recHash(at);
}

/** Is there nothing here? */
// @ts-ignore: decorator
@inline export function recIsEmpty(at: usize): bool { return recOf(at).slot == 0; }

// @ts-ignore: decorator
@inline export function recCopy(to: usize, from: usize): void { memory.copy(to, from, TransRec_SIZE); }

/** A new value, not yet in any place of the list. */
export function recMake(at: usize, kind: u32, node: u32, from: u32, to: u32, inc: u32, cause: u32, setId: u32, arg: u64): void {
  memory.fill(at, 0, TransRec_SIZE);
  const rec = recOf(at);
  rec.kind = <u8>kind;
  rec.node = <u16>node;
  rec.from_state = <u8>from;
  rec.to_state = <u8>to;
  rec.inc = inc;
  rec.cause = <u8>cause;
  rec.set_id = setId;
  rec.arg = arg;
}

/** Puts a value into its place: behind the record whose hash is prev. */
export function recLink(at: usize, slot: u64, mono: u64, prev: u64, ballot: u64): void {
  const rec = recOf(at);
  rec.slot = slot;
  rec.mono_ms = mono;
  rec.prev_hash = prev;
  rec.ballot = ballot;
  rec.self_hash = recHash(at);
}
