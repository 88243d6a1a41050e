// A fold as bytes: what a checkpoint message and a checkpoint on the disk hold.
//
//   Fold, u32 entries, u32 services, entries × (u64 node, NodeEnt, u64 uid, u64 metadata hash), services × (u64 index, SvcEnt)
//
// Only what is in use is written, in order of number, so that one fold has one encoding. Decoding believes nothing: it
// builds the fold in the scratch image and hands it over only if every field is in range and all counts agree.

import {
  CAND_MAX, ENTF_LAST, ENTF_LEARNING, ENTF_USED, Fold, Fold_SIZE, META_MAX, MODE_ARBITER, NODE_MAX, NS_COMINGUP, NS_DOWN,
  NS_NEVERUP, NS_UP, NodeEnt, NodeEnt_SIZE, PHASE_DONE, ROLE_WITNESS, SVCS_FREE, SVCS_RELEASING, SVC_MAX,
  SvcEnt_SIZE, VOTER_MAX,
} from "../../abi/clms";
import { FOLD_BYTES, candOf, entIn, foldAt, metaHashIn, scratchFold, svcIn, uidIn } from "../layout";
import { isLive } from "./edges";
import { isVotingMember } from "./electorate";
import { inState, voterCount } from "./fold";

// @ts-ignore: decorator
@inline const HEAD: u32 = Fold_SIZE + 8;
// @ts-ignore: decorator
@inline const ENT_BYTES: u32 = 8 + NodeEnt_SIZE + 16;
// @ts-ignore: decorator
@inline const SVC_BYTES: u32 = 8 + SvcEnt_SIZE;
// @ts-ignore: decorator
@inline const ENTF_ALL: u32 = ENTF_USED | ENTF_LEARNING | ENTF_LAST;

/** Is there anything to say about this node? One that was removed keeps its last incarnation. */
// @ts-ignore: decorator
@inline function worth(ent: NodeEnt): bool { return ent.flags != 0 || ent.inc != 0; }

/** Bytes that imageWrite will write. O(NODE_MAX). */
export function imageSize(base: usize): u32 {
  let size = HEAD;
  for (let n: u32 = 1; n <= NODE_MAX; n++) if (worth(entIn(base, n))) size += ENT_BYTES;
  for (let s: u32 = 0; s < SVC_MAX; s++) if (svcIn(base, s).name != 0) size += SVC_BYTES;
  return size;
}

/** Writes a fold; returns its bytes. O(NODE_MAX). */
export function imageWrite(base: usize, at: usize): u32 {
  memory.copy(at, base, Fold_SIZE);
  let to = at + HEAD;
  let nent: u32 = 0;
  let nsvc: u32 = 0;
  for (let n: u32 = 1; n <= NODE_MAX; n++) {
    if (!worth(entIn(base, n))) continue;
    store<u64>(to, n);
    memory.copy(to + sizeof<u64>(), changetype<usize>(entIn(base, n)), NodeEnt_SIZE);
    memory.copy(to + sizeof<u64>() + NodeEnt_SIZE, uidIn(base, n), sizeof<u64>());
    memory.copy(to + 2 * sizeof<u64>() + NodeEnt_SIZE, metaHashIn(base, n), sizeof<u64>());
    to += ENT_BYTES;
    nent++;
  }
  for (let s: u32 = 0; s < SVC_MAX; s++) {
    if (svcIn(base, s).name == 0) continue;
    store<u64>(to, s);
    memory.copy(to + sizeof<u64>(), changetype<usize>(svcIn(base, s)), SvcEnt_SIZE);
    to += SVC_BYTES;
    nsvc++;
  }
  store<u32>(at + Fold_SIZE, nent);
  store<u32>(at + Fold_SIZE + sizeof<u32>(), nsvc);
  return <u32>(to - at);
}

/** Reads a fold into the scratch image. True if it is one; the bytes may be anything. O(NODE_MAX). */
export function imageRead(at: usize, len: u32): bool {
  if (len < HEAD) return false;
  const nent = load<u32>(at + Fold_SIZE);
  const nsvc = load<u32>(at + Fold_SIZE + sizeof<u32>());
  if (nent > NODE_MAX || nsvc > SVC_MAX || len != HEAD + nent * ENT_BYTES + nsvc * SVC_BYTES) return false;
  const base = scratchFold();
  memory.fill(base, 0, FOLD_BYTES);
  memory.copy(base, at, Fold_SIZE);
  if (!headSound(foldAt(base))) return false;
  let from = at + HEAD;
  let last: u64 = 0;
  for (let i: u32 = 0; i < nent; i++, from += ENT_BYTES) {
    const n = load<u64>(from);
    if (n <= last || n > NODE_MAX) return false;
    last = n;
    memory.copy(changetype<usize>(entIn(base, <u32>n)), from + sizeof<u64>(), NodeEnt_SIZE);
    memory.copy(uidIn(base, <u32>n), from + sizeof<u64>() + NodeEnt_SIZE, sizeof<u64>());
    memory.copy(metaHashIn(base, <u32>n), from + 2 * sizeof<u64>() + NodeEnt_SIZE, sizeof<u64>());
    if (!entSound(foldAt(base), entIn(base, <u32>n), <u32>n)) return false;
  }
  last = 0;
  for (let i: u32 = 0; i < nsvc; i++, from += SVC_BYTES) {
    const s = load<u64>(from);
    if (s >= SVC_MAX || (i != 0 && s <= last)) return false;
    last = s;
    memory.copy(changetype<usize>(svcIn(base, <u32>s)), from + sizeof<u64>(), SvcEnt_SIZE);
    if (!svcSound(base, <u32>s)) return false;
  }
  return foldSound(base);
}

function headSound(f: Fold): bool {
  if (f.slot == 0 || f.hash == 0 || <u32>f.mode > MODE_ARBITER || <u32>f.phase > PHASE_DONE || f.bracket > 1) return false;
  if (f.epoch_slot > f.slot || f.set_begin > f.slot || f.set_end > f.slot || f.config_slot > f.slot) return false;
  return <u32>f.top <= NODE_MAX && <u32>f.nused <= NODE_MAX && f.set_id <= f.sets;
}

function entSound(f: Fold, ent: NodeEnt, n: u32): bool {
  const flags: u32 = ent.flags;
  if (flags > ENTF_ALL || <u32>ent.state > NS_DOWN || <u32>ent.role > ROLE_WITNESS || <u32>ent.meta_len > META_MAX) return false;
  if (ent.last_slot > f.slot || <u64>ent.lineage > f.slot || <u64>ent.born > f.slot || ent.proto_min > ent.proto_max) return false;
  if ((flags & ENTF_USED) == 0) return flags == 0 && ent.state == NS_NEVERUP && ent.votes == 0 && ent.inc != 0;
  if (<u32>ent.node != n || n > <u32>f.top) return false;
  return ((flags & ENTF_LAST) == 0 || !isVotingMember(ent)) && (ent.state == NS_NEVERUP || ent.inc != 0);
}

function svcSound(base: usize, s: u32): bool {
  const svc = svcIn(base, s);
  if (svc.name == 0 || <u32>svc.state > SVCS_RELEASING || <u32>svc.ncand > CAND_MAX) return false;
  if ((svc.state == SVCS_FREE) != (svc.holder == 0) || <u32>svc.holder > NODE_MAX || <u32>svc.move_to > NODE_MAX) return false;
  for (let i: u32 = 0; i < <u32>svc.ncand; i++) if (candOf(svc, i) == 0 || candOf(svc, i) > NODE_MAX) return false;
  return svc.token <= foldAt(base).slot && svc.since <= foldAt(base).slot;
}

/** Do the counts in the head agree with the table? */
function foldSound(base: usize): bool {
  const f = foldAt(base);
  let used: u32 = 0;
  let live: u32 = 0;
  for (let n: u32 = 1; n <= NODE_MAX; n++) {
    const ent = entIn(base, n);
    used += u32((<u32>ent.flags & ENTF_USED) != 0);
    live += u32(isLive(ent.state));
  }
  if (used != <u32>f.nused || live != <u32>f.nlive || used == 0 || (<u32>entIn(base, f.top).flags & ENTF_USED) == 0) return false;
  if (inState(base, NS_UP) != <u32>f.nup || inState(base, NS_COMINGUP) != <u32>f.ncoming) return false;
  return voterCount(base) <= VOTER_MAX;
}
