// Outgoing messages: a buffer that the host empties after each step, and the list of what is in it.
//
// A message goes to one node or, with the same bytes, to each node of a set that stands behind them (`to` is not part
// of the check value). What finds no place is counted in msg_lost and forgotten: every message may get lost anyway.
// When the last one has been handed out the buffer begins again at its start.

import {
  BITMAP_BYTES, MSG_MAX, Msg, Msg_SIZE, NODE_MAX, OUT_BYTES, OUT_MAX, PROTO_CURRENT,
} from "../abi/clms";
import { HASH_SEED, hashBytes, hashEnd, hashWord } from "../lib/hash64";
import { bitGet, bitPut, bitsClear } from "./bits";
import { fold, outData, outEntAt, page, self } from "./layout";
import { OutEnt } from "./structs";

/** First two bytes of every message: "CL". */
// @ts-ignore: decorator
@inline export const MSG_MAGIC: u32 = 0x4c43;

/** Where messages that found no place are written; nobody reads it. */
const SINK: usize = memory.data(<i32>(MSG_MAX + BITMAP_BYTES), 8);

/** The check value of a message of len bytes. O(len). */
export function msgCheck(at: usize, len: u32): u64 {
  let h = hashWord(HASH_SEED, load<u64>(at, offsetof<Msg>("magic")));
  h = hashWord(h, load<u64>(at, offsetof<Msg>("cluster")));
  // The word of from, to and inc, without `to`.
  h = hashWord(h, load<u64>(at, offsetof<Msg>("from")) & 0xffff_ffff_0000_ffff);
  return hashEnd(hashBytes(h, at + offsetof<Msg>("lineage"), len - <u32>offsetof<Msg>("lineage")));
}

/** Begins a message of `body` bytes behind its head; the caller fills in what differs from zero and calls msgSend. */
export function msgBegin(kind: u32, to: u32, body: u32): Msg {
  return begin(kind, to, body, 0);
}

/** The same for a message to a set of nodes; msgTo names each. */
export function msgBeginMany(kind: u32, body: u32): Msg {
  const msg = begin(kind, 0, body, BITMAP_BYTES);
  bitsClear(setOf(msg));
  return msg;
}

/** One more receiver of a message that msgBeginMany began. */
export function msgTo(msg: Msg, node: u32): void {
  bitPut(setOf(msg), node, true);
}

/** The set of receivers stands behind the body, on 8 bytes. */
// @ts-ignore: decorator
@inline function setOf(msg: Msg): usize { return changetype<usize>(msg) + ((msg.len + 7) & ~7); }

function begin(kind: u32, to: u32, body: u32, extra: u32): Msg {
  const me = self();
  const pg = page();
  const len = Msg_SIZE + body;
  const room = ((len + 7) & ~7) + extra;
  const full = me.out_used + room > OUT_BYTES || me.out_head - me.out_tail >= OUT_MAX;
  const at = full ? SINK : outData() + me.out_used;
  const msg = changetype<Msg>(at);
  memory.fill(at, 0, Msg_SIZE);
  msg.magic = <u16>MSG_MAGIC;
  msg.proto = fold().proto == 0 ? <u8>PROTO_CURRENT : fold().proto;
  msg.kind = <u8>kind;
  msg.len = len;
  msg.cluster = me.cluster;
  msg.from = pg.node;
  msg.to = <u16>to;
  msg.inc = pg.inc;
  msg.lineage = pg.lineage;
  msg.clock = pg.now;
  msg.applied = pg.applied;
  return msg;
}

/** Ends a message: its check value, its place in the list. */
export function msgSend(msg: Msg): void {
  const me = self();
  const at = changetype<usize>(msg);
  if (at == SINK) {
    page().msg_lost += 1;
    return;
  }
  msg.check = msgCheck(at, msg.len);
  const ent = changetype<OutEnt>(outEntAt(me.out_head));
  ent.off = me.out_used;
  ent.len = msg.len;
  ent.to = msg.to;
  ent.many = <u16>u32(msg.to == 0);
  ent.cursor = 0;
  me.out_used += ((msg.len + 7) & ~7) + (msg.to == 0 ? BITMAP_BYTES : 0);
  me.out_head += 1;
}

export function clms_msg_next(): i32 {
  const me = self();
  const pg = page();
  while (me.out_head != me.out_tail) {
    const ent = changetype<OutEnt>(outEntAt(me.out_tail));
    const at = outData() + ent.off;
    const to = ent.many != 0 ? nextOf(ent, at) : <u32>ent.to;
    if (ent.many == 0 || to == 0) me.out_tail += 1;
    if (to == 0) continue;
    changetype<Msg>(at).to = <u16>to;
    pg.msg_addr = <u32>at;
    pg.msg_len = ent.len;
    pg.msg_to = <u16>to;
    return 1;
  }
  me.out_used = 0;
  return 0;
}

/** The next receiver of a message to many; 0 = no more. */
function nextOf(ent: OutEnt, at: usize): u32 {
  const set = at + ((ent.len + 7) & ~7);
  while (++ent.cursor <= NODE_MAX) if (bitGet(set, ent.cursor)) return ent.cursor;
  return 0;
}
