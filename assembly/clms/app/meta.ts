// Metadata of nodes: the log says which (hash, length), the bytes are fetched from whoever has them.
//
// Invariant: the bytes at metaAt(n) hash to what stands at metaHaveAt(n), 0 = there are none; they are shown only while
// that is what the log says. Bytes that do not hash to it are never stored.

import {
  EAGAIN, EBADMSG, EMSGSIZE, ENTF_USED, EPERM, EPROTO, ESTALE, EVENT_META, META_MAX, MSG_META_GET, MSG_META_PUT, Msg, Msg_SIZE,
  NODE_MAX,
} from "../../abi/clms";
import { HASH_SEED, hashBytes, hashEnd } from "../../lib/hash64";
import { eventEmit } from "../event";
import { MS, NEVER, entAt, fold, foldBase, inbox, metaAt, metaHashIn, metaHaveAt, page, self } from "../layout";
import { msgBegin, msgSend } from "../out";
import { liveAs, selfLive } from "./live";
import { nodeRefused } from "./membership";

/** Time between two rounds of asking for what is missing, and how many nodes' metadata one round asks for. */
// @ts-ignore: decorator
@inline const ASK_NS: u64 = 200 * MS;
// @ts-ignore: decorator
@inline const ASK_MAX: u32 = 16;
/** Self.meta_next: the node asked for last, and above it a count of rounds. */
// @ts-ignore: decorator
@inline const CURSOR_BITS: u32 = 16;

/** The hash that the log gives; 0 = no metadata. */
// @ts-ignore: decorator
@inline function wanted(n: u32): u64 { return load<u64>(metaHashIn(foldBase(), n)); }
// @ts-ignore: decorator
@inline function have(n: u32): u64 { return load<u64>(metaHaveAt(n)); }
// @ts-ignore: decorator
@inline function isHere(n: u32): bool { return wanted(n) == 0 || wanted(n) == have(n); }

function metaHash(at: usize, len: u32): u64 {
  return len == 0 ? 0 : hashEnd(hashBytes(HASH_SEED, at, len));
}

export function metaSet(len: u32): i32 {
  const me = self();
  if (me.started == 0) return -EPERM;
  if (len > META_MAX) return -EMSGSIZE;
  const own: u32 = page().node;
  memory.copy(metaAt(own), inbox(), len);
  me.meta_len = len;
  me.meta_hash = metaHash(metaAt(own), len);
  store<u64>(metaHaveAt(own), me.meta_hash);
  page().generation += 1;
  return 0;
}

export function clms_node_get_meta(n: u32): i32 {
  const refused = nodeRefused(n);
  if (refused != 0) return refused;
  if (!isHere(n)) return -EAGAIN;
  return wanted(n) == 0 ? 0 : <i32>entAt(n).meta_len;
}

/** A record gave node n other metadata. */
export function metaApplied(n: u32): void {
  if (isHere(n)) announce(n);
  else metaLook();
}

/** Something may be missing: look at the next tick. */
export function metaLook(): void {
  self().meta_at = page().now;
}

/** Asks for metadata that is missing; only members do, for others get no answer. O(NODE_MAX) while any is missing, else O(1). */
export function metaTick(now: u64): void {
  const me = self();
  if (now < me.meta_at || !selfLive()) return;
  const top: u32 = fold().top;
  const round = (me.meta_next >> CURSOR_BITS) + 1;
  let n = me.meta_next & ((1 << CURSOR_BITS) - 1);
  let asked: u32 = 0;
  for (let k: u32 = 0; k < top && asked < ASK_MAX; k++) {
    n = n >= top ? 1 : n + 1;
    if (isHere(n) || n == <u32>page().node) continue;
    ask(n, (round & 1) != 0);
    asked += 1;
  }
  me.meta_next = (round << CURSOR_BITS) | n;
  me.meta_at = asked != 0 ? now + ASK_NS : NEVER;
}

export function metaDeadline(): u64 { return selfLive() ? self().meta_at : NEVER; }

/** Asks the node itself or, if it is not there, and in every other round, the master. */
function ask(n: u32, direct: bool): void {
  const pg = page();
  const there = liveAs(n, entAt(n).inc);
  const master: u32 = pg.master == pg.node ? 0 : pg.master;
  const to = there && (direct || master == 0) ? n : master;
  if (to == 0) return;
  const msg = msgBegin(MSG_META_GET, to, 0);
  msg.count = n;
  msg.aux = wanted(n);
  msgSend(msg);
}

/** Bytes of the metadata of node n that hash to `hash`, or -1 if this node does not have them. */
function heldLength(n: u32, hash: u64): i32 {
  if (n == 0 || n > NODE_MAX || hash == 0 || have(n) != hash) return -1;
  if (n == <u32>page().node) return <i32>self().meta_len;
  return wanted(n) == hash ? <i32>entAt(n).meta_len : -1;
}

/** A node asks for metadata. -ESTALE: this node does not have it. */
export function metaGet(msg: Msg): i32 {
  const len = heldLength(msg.count, msg.aux);
  if (len < 0) return -ESTALE;
  const put = msgBegin(MSG_META_PUT, msg.from, len);
  put.count = msg.count;
  put.aux = msg.aux;
  memory.copy(changetype<usize>(put) + Msg_SIZE, metaAt(msg.count), len);
  msgSend(put);
  return 0;
}

/** Metadata came: len bytes at `at`. -ESTALE: it is not what the log says now, or here already. */
export function metaPut(msg: Msg, at: usize, len: u32): i32 {
  const n = msg.count;
  if (n == 0 || n > NODE_MAX || len > META_MAX) return -EPROTO;
  const ent = entAt(n);
  if ((<u32>ent.flags & ENTF_USED) == 0 || n == <u32>page().node || isHere(n)) return -ESTALE;
  if (msg.aux != wanted(n) || len != ent.meta_len) return -ESTALE;
  if (metaHash(at, len) != msg.aux) return -EBADMSG;
  memory.copy(metaAt(n), at, len);
  store<u64>(metaHaveAt(n), msg.aux);
  announce(n);
  return 0;
}

function announce(n: u32): void {
  const ev = eventEmit(EVENT_META);
  ev.node = <u16>n;
  ev.inc = entAt(n).inc;
  ev.slot = page().applied;
  ev.arg = wanted(n);
}

/** Is what a saved state says about metadata possible? */
export function metaValid(): bool {
  if (self().meta_len > META_MAX) return false;
  for (let n: u32 = 1; n <= NODE_MAX; n++) if (entAt(n).meta_len > META_MAX) return false;
  return true;
}
