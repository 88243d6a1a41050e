// What follows from the log: each record changes one fold image, and either may be its next record or may not.
//
// Invariants of a fold: slots without holes, the chain of hashes unbroken, mono_ms rising; every node walks along
// edges.ts with the right incarnation; nodes go down inside brackets (SET_BEGIN … SET_END) of one set at a time, and
// none comes up while a set is open. foldWrong keeps them all; foldApply trusts that it was asked.

import {
  CFGOP_MODE, CFGOP_NODE, CFGOP_PROTO, CFGOP_REMOVE, ENTF_LAST, ENTF_LEARNING, ENTF_USED, Fold, KIND_CONFIG, KIND_DUMMY,
  KIND_EPOCH, KIND_KEYSVC, KIND_META, KIND_NODE, KIND_SET_BEGIN, KIND_SET_END, META_MAX, MODE_ARBITER, NS_COMINGUP, NS_DOWN,
  NS_KCLEANUP, NS_NEVERUP, NS_UCLEANUP, NS_UP, NodeEnt, PHASE_DONE, PHASE_KERNEL, PHASE_NONE, PHASE_USER, RECF_FRESH,
  ROLE_OBSERVER, ROLE_WITNESS, TransRec, VOTER_MAX, VOTES_MAX,
} from "../../abi/clms";
import { entIn, foldAt, metaHashIn, uidIn } from "../layout";
import { M_INC_REUSED, M_NODEUP_IN_NODEDOWN, M_OBSERVER_COUNTED, mutant } from "../mutant";
import { edgeLegal, isLive } from "./edges";
import { isVoter, isVotingMember, lastMember, roleVotes } from "./electorate";
import { argMax, argMin, argRole, argSite, argVotes } from "./nodearg";
import { svcApply, svcWrong } from "./services";

/** 0 if rec may be the next record of this fold, else the number of the rule it breaks. O(1), SET_END and new voters O(NODE_MAX). */
// @ts-ignore: decorator
@inline export function foldWrong(base: usize, rec: TransRec): u32 {
  const f = foldAt(base);
  if (rec.slot != f.slot + 1) return 1;
  if (rec.prev_hash != f.hash) return 2;
  if (rec.mono_ms <= f.mono_ms) return 3;
  return foldUnfit(base, rec);
}

/** The same for the value alone, wherever it will stand. */
export function foldUnfit(base: usize, rec: TransRec): u32 {
  const f = foldAt(base);
  const kind: u32 = rec.kind;
  if (kind == KIND_DUMMY) return 0;
  if (kind == KIND_NODE) return nodeWrong(base, f, rec);
  if (kind == KIND_SET_END) return f.bracket != 0 && rec.set_id == f.set_id && rec.arg == <u64>f.phase ? 0 : 20;
  if (f.bracket != 0) return 21;
  if (kind == KIND_SET_BEGIN) return beginWrong(f, rec);
  if (kind == KIND_KEYSVC) return svcWrong(base, rec);
  if (kind == KIND_CONFIG) return configWrong(base, f, rec);
  const used = rec.node != 0 && (<u32>entIn(base, rec.node).flags & ENTF_USED) != 0;
  if (kind == KIND_EPOCH) return used ? 0 : 22;
  return kind == KIND_META && used && rec.set_id <= META_MAX ? 0 : 23;
}

// @ts-ignore: decorator
@inline function nodeWrong(base: usize, f: Fold, rec: TransRec): u32 {
  const ent = entIn(base, rec.node);
  const to: u32 = rec.to_state;
  if ((<u32>ent.flags & ENTF_USED) == 0) return 10;
  if (ent.state != rec.from_state || !edgeLegal(rec.from_state, to)) return 11;
  if (to == NS_COMINGUP) {
    if (rec.inc != ent.inc + u32(!mutant(M_INC_REUSED) || ent.inc == 0)) return 12;
    if (f.phase != PHASE_NONE && !mutant(M_NODEUP_IN_NODEDOWN)) return 13;
    const uid = load<u64>(uidIn(base, rec.node));
    return rec.arg != 0 && (uid == 0 || uid == rec.arg) ? 0 : 14;
  }
  if (rec.inc != ent.inc) return 15;
  if (to < NS_KCLEANUP) return f.bracket == 0 ? 0 : 16;
  const phase = to == NS_KCLEANUP ? PHASE_KERNEL : to == NS_UCLEANUP ? PHASE_USER : PHASE_DONE;
  return f.bracket != 0 && <u32>f.phase == phase && rec.set_id == f.set_id ? 0 : 17;
}

/** A set begins, is widened, or goes to its next phase; a phase that was cut short may be taken up again. */
function beginWrong(f: Fold, rec: TransRec): u32 {
  const now: u32 = f.phase;
  const phase = rec.arg;
  if (now == PHASE_NONE) return phase == PHASE_KERNEL && rec.set_id == f.sets + 1 ? 0 : 24;
  if (rec.set_id != f.set_id) return 25;
  return phase == <u64>now || phase == <u64>now + 1 ? (phase <= PHASE_DONE ? 0 : 26) : 26;
}

function configWrong(base: usize, f: Fold, rec: TransRec): u32 {
  const op: u32 = rec.to_state;
  if (op == CFGOP_MODE) return rec.arg <= MODE_ARBITER ? 0 : 30;
  if (op == CFGOP_PROTO) return rec.arg >= <u64>f.proto && rec.arg <= 255 ? 0 : 31;
  if (rec.node == 0) return 32;
  const ent = entIn(base, rec.node);
  if (op == CFGOP_REMOVE) {
    const gone = ent.state == NS_DOWN || ent.state == NS_NEVERUP;
    return gone && (<u32>ent.flags & ENTF_USED) != 0 && <u32>f.nused > 1 ? 0 : 33;
  }
  const arg = rec.arg;
  if (argRole(arg) > ROLE_WITNESS || argVotes(arg) > VOTES_MAX || argMin(arg) > argMax(arg)) return 34;
  if (!roleVotes(argRole(arg)) || argVotes(arg) == 0 || isVoter(ent)) return 0;
  return voterCount(base) < VOTER_MAX ? 0 : 35;
}

/** Nodes whose vote is configured. O(NODE_MAX). */
export function voterCount(base: usize): u32 {
  let count: u32 = 0;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) count += u32(isVoter(entIn(base, n)));
  return count;
}

/** Could this record change who votes, or whose acceptance counts? */
// @ts-ignore: decorator
@inline export function changesVotes(rec: TransRec): bool {
  const kind: u32 = rec.kind;
  if (kind == KIND_CONFIG) return <u32>rec.to_state != CFGOP_PROTO;
  return kind == KIND_NODE && (<u32>rec.to_state == NS_COMINGUP || <u32>rec.to_state == NS_UP || <u32>rec.to_state == NS_KCLEANUP);
}

/** Takes rec, for which foldWrong gave 0, in. */
export function foldApply(base: usize, rec: TransRec): void {
  const f = foldAt(base);
  const kind: u32 = rec.kind;
  if (kind == KIND_NODE) nodeApply(base, f, rec);
  else if (kind == KIND_SET_BEGIN) beginApply(f, rec);
  else if (kind == KIND_SET_END) endApply(base, f, rec);
  else if (kind == KIND_KEYSVC) svcApply(base, rec);
  else if (kind == KIND_CONFIG) configApply(base, f, rec);
  else if (kind == KIND_EPOCH) f.epoch_slot = rec.slot;
  else if (kind == KIND_META) {
    store<u64>(metaHashIn(base, rec.node), rec.arg);
    entIn(base, rec.node).meta_len = <u16>rec.set_id;
  }
  if (changesVotes(rec)) f.config_slot = rec.slot;
  f.slot = rec.slot;
  f.hash = rec.self_hash;
  f.mono_ms = rec.mono_ms;
}

// @ts-ignore: decorator
@inline function nodeApply(base: usize, f: Fold, rec: TransRec): void {
  const ent = entIn(base, rec.node);
  const from: u32 = ent.state;
  const to: u32 = rec.to_state;
  const member = isVotingMember(ent);
  f.nlive = <u16>(<u32>f.nlive + u32(isLive(to)) - u32(isLive(from)));
  f.nup = <u16>(<u32>f.nup + u32(to == NS_UP) - u32(from == NS_UP));
  f.ncoming = <u16>(<u32>f.ncoming + u32(to == NS_COMINGUP) - u32(from == NS_COMINGUP));
  ent.state = <u8>to;
  ent.cause = rec.cause;
  ent.last_slot = rec.slot;
  let flags: u32 = ent.flags;
  if (to == NS_COMINGUP) {
    ent.inc = rec.inc;
    ent.born = <u32>rec.slot;
    store<u64>(uidIn(base, rec.node), rec.arg);
    if ((<u32>rec.flags & RECF_FRESH) != 0) {
      ent.lineage = <u32>rec.slot;
      flags |= ENTF_LEARNING;
    }
  }
  if (to == NS_UP) flags &= ~ENTF_LEARNING;
  ent.flags = <u8>flags;
  if (member != isVotingMember(ent)) lastMember(base, ent, member);
}

function beginApply(f: Fold, rec: TransRec): void {
  if (f.phase == PHASE_NONE || rec.set_id != f.set_id) f.sets += 1;
  f.set_id = rec.set_id;
  f.set_begin = rec.slot;
  f.phase = <u8>rec.arg;
  f.bracket = 1;
}

/** A bracket ends; the set is closed when none of its nodes is left. */
function endApply(base: usize, f: Fold, rec: TransRec): void {
  f.bracket = 0;
  f.set_end = rec.slot;
  if (<u32>f.phase == PHASE_DONE && !anyDying(base)) f.phase = <u8>PHASE_NONE;
}

/** Is any node on its way down? O(NODE_MAX). */
function anyDying(base: usize): bool {
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    const state: u32 = entIn(base, n).state;
    if (state == NS_KCLEANUP || state == NS_UCLEANUP) return true;
  }
  return false;
}

/** Nodes in a state. O(NODE_MAX). */
export function inState(base: usize, state: u32): u32 {
  let count: u32 = 0;
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) count += u32(<u32>entIn(base, n).state == state);
  return count;
}

function configApply(base: usize, f: Fold, rec: TransRec): void {
  const op: u32 = rec.to_state;
  if (op == CFGOP_MODE) f.mode = <u8>rec.arg;
  else if (op == CFGOP_PROTO) f.proto = <u8>rec.arg;
  else if (op == CFGOP_NODE) roleApply(base, f, rec);
  else if (op == CFGOP_REMOVE) entClear(base, f, rec.node);
}

function roleApply(base: usize, f: Fold, rec: TransRec): void {
  const ent = entIn(base, rec.node);
  const member = isVotingMember(ent);
  entSet(base, f, rec.node, rec.arg);
  if (member != isVotingMember(ent)) lastMember(base, ent, member);
}

/** A node's role, votes, site and versions; it comes into the table if it is not there. */
export function entSet(base: usize, f: Fold, n: u32, arg: u64): void {
  const ent = entIn(base, n);
  if ((<u32>ent.flags & ENTF_USED) == 0) {
    f.nused += 1;
    f.top = <u16>max<u32>(f.top, n);
    ent.node = <u16>n;
    ent.flags = <u8>ENTF_USED;
  }
  ent.role = <u8>argRole(arg);
  ent.site = <u8>argSite(arg);
  ent.votes = <u8>argVotes(arg);
  if (mutant(M_OBSERVER_COUNTED) && <u32>ent.role == ROLE_OBSERVER) ent.votes = 1;
  ent.proto_min = <u8>argMin(arg);
  ent.proto_max = <u8>argMax(arg);
}

/** Out of the table; the incarnation stays, so that none is ever given twice. */
function entClear(base: usize, f: Fold, n: u32): void {
  const ent = entIn(base, n);
  const inc = ent.inc;
  memory.fill(changetype<usize>(ent), 0, offsetof<NodeEnt>());
  ent.inc = inc;
  store<u64>(uidIn(base, n), 0);
  store<u64>(metaHashIn(base, n), 0);
  f.nused -= 1;
  while (f.top != 0 && (<u32>entIn(base, f.top).flags & ENTF_USED) == 0) f.top -= 1;
}
