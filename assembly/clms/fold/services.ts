// Key services in the fold: who may hold one, who does.
//
// Invariant: a service has a holder only in HELD and RELEASING; TAKE is legal only when it is FREE, and its slot, the
// fencing token, is higher than any before. When its holder dies: FREE, then TAKE by another.

import {
  CAND_MAX, ENTF_USED, NS_UP, SVCOP_DEFINE, SVCOP_FREE, SVCOP_MOVE, SVCOP_OFFER, SVCOP_RELEASE, SVCOP_TAKE, SVCS_FREE,
  SVCS_HELD, SVCS_RELEASING, SvcEnt, SvcEnt_cand_OFF, SvcEnt_pref_OFF, TransRec,
} from "../../abi/clms";
import { candOf, entIn, prefOf, svcIn } from "../layout";

/** A preference that takes a candidate off the list. */
// @ts-ignore: decorator
@inline export const PREF_NONE: u32 = 255;

/** Place of node among the candidates, or their number. */
export function candidateIndex(svc: SvcEnt, node: u32): u32 {
  let i: u32 = 0;
  for (const n: u32 = svc.ncand; i < n; i++) if (candOf(svc, i) == node) break;
  return i;
}

export function svcWrong(base: usize, rec: TransRec): u32 {
  const svc = svcIn(base, rec.set_id);
  const op: u32 = rec.to_state;
  const ent = entIn(base, rec.node);
  if (op == SVCOP_DEFINE) return rec.arg != 0 && (svc.name == 0 || svc.name == rec.arg) ? 0 : 40;
  if (svc.name == 0) return 41;
  if (op == SVCOP_MOVE) return rec.node == 0 || (<u32>ent.flags & ENTF_USED) != 0 ? 0 : 42;
  if (rec.node == 0 || (<u32>ent.flags & ENTF_USED) == 0) return 43;
  const listed = candidateIndex(svc, rec.node) < <u32>svc.ncand;
  if (op == SVCOP_OFFER) return rec.arg <= PREF_NONE && (listed || rec.arg == PREF_NONE || <u32>svc.ncand < CAND_MAX) ? 0 : 44;
  if (op == SVCOP_TAKE) return svc.state == SVCS_FREE && listed && ent.state == NS_UP && ent.inc == rec.inc ? 0 : 45;
  if (svc.holder != rec.node || svc.holder_inc != rec.inc) return 46;
  if (op == SVCOP_RELEASE) return svc.state == SVCS_HELD ? 0 : 47;
  return op == SVCOP_FREE && svc.state != SVCS_FREE ? 0 : 48;
}

export function svcApply(base: usize, rec: TransRec): void {
  const svc = svcIn(base, rec.set_id);
  const op: u32 = rec.to_state;
  svc.since = rec.slot;
  if (op == SVCOP_DEFINE) svc.name = rec.arg;
  else if (op == SVCOP_OFFER) offer(svc, rec.node, <u32>rec.arg);
  else if (op == SVCOP_RELEASE) svc.state = <u8>SVCS_RELEASING;
  else if (op == SVCOP_MOVE) {
    svc.move_to = rec.node;
    svc.move_until = rec.node == 0 ? 0 : rec.arg;
  } else {
    const take = op == SVCOP_TAKE;
    svc.state = <u8>(take ? SVCS_HELD : SVCS_FREE);
    svc.holder = take ? rec.node : 0;
    svc.holder_inc = take ? rec.inc : 0;
    if (take) svc.token = rec.slot;
    if (take && svc.move_to == rec.node) svc.move_to = 0;
  }
}

/** Puts a candidate on the list, changes its preference, or takes it off. */
function offer(svc: SvcEnt, node: u32, pref: u32): void {
  const at = changetype<usize>(svc);
  const i = candidateIndex(svc, node);
  const n: u32 = svc.ncand;
  if (pref != PREF_NONE) {
    store<u16>(at + (i << 1), <u16>node, SvcEnt_cand_OFF);
    store<u8>(at + i, <u8>pref, SvcEnt_pref_OFF);
    if (i == n) svc.ncand = <u8>(n + 1);
  } else if (i < n) {
    for (let k = i; k + 1 < n; k++) {
      store<u16>(at + (k << 1), <u16>candOf(svc, k + 1), SvcEnt_cand_OFF);
      store<u8>(at + k, <u8>prefOf(svc, k + 1), SvcEnt_pref_OFF);
    }
    store<u16>(at + ((n - 1) << 1), 0, SvcEnt_cand_OFF);
    store<u8>(at + n - 1, 0, SvcEnt_pref_OFF);
    svc.ncand = <u8>(n - 1);
  }
}
