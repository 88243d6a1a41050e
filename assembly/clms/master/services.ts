// Key services on the master: exactly one holder, the best candidate; a new one when it dies or leaves.
//
//   HELD, holder dead (its removal is decided)         → FREE           (its lease had ended before: sets.ts)
//   HELD, holder in maintenance or leaving, or cannot,
//         or another one is wanted and can             → RELEASE
//   RELEASING, holder has released, or is dead         → FREE
//   FREE, a candidate is UP and able                   → TAKE by the best: the one wanted, else lowest preference,
//                                                        fewest services held, lowest number

import {
  CAUSE_ADMIN, CAUSE_CLEANUP, KIND_KEYSVC, NS_GOINGDOWN, NS_UP, ROLE_WITNESS, SVCOP_FREE, SVCOP_MOVE, SVCOP_RELEASE, SVCOP_TAKE, SVCS_FREE,
  SVCS_HELD, SVC_MAX, SvcEnt,
} from "../../abi/clms";
import { serviceBadBits, serviceFreeBits } from "../app/service";
import { verdict } from "../detect/verdict";
import { candidateIndex } from "../fold/services";
import { candOf, entAt, fold, page, peerAt, prefOf, svcAt } from "../layout";
import { M_SERVICE_BEFORE_FENCE, mutant } from "../mutant";
import { PEER_EVICT, PEER_LEFTOUT } from "../structs";
import { batchAdd, batchBegin, batchCount, batchEnd, batchRoom } from "./propose";

const OWN: usize = memory.data(8, 8);

/** Does the log say that this incarnation of node n holds a service? */
export function holdsService(n: u32): bool {
  for (let s: u32 = 0; s < SVC_MAX; s++) if (svcAt(s).holder == <u16>n && svcAt(s).holder_inc == entAt(n).inc) return true;
  return false;
}

function bits(n: u32, bad: bool): u64 {
  if (n != <u32>page().node) return bad ? peerAt(n).svc_bad : peerAt(n).svc_free;
  if (bad) serviceBadBits(OWN); else serviceFreeBits(OWN);
  return load<u64>(OWN);
}

/** Could node n hold service s now? */
function able(n: u32, s: u32): bool {
  const ent = entAt(n);
  if (n == 0 || <u32>ent.state != NS_UP || <u32>ent.role == ROLE_WITNESS) return false;
  if ((peerAt(n).flags & (PEER_EVICT | PEER_LEFTOUT)) != 0 || verdict(n)) return false;
  return ((bits(n, true) >> s) & 1) == 0;
}

function heldBy(n: u32): u32 {
  let held: u32 = 0;
  for (let s: u32 = 0; s < SVC_MAX; s++) held += u32(svcAt(s).holder == <u16>n);
  return held;
}

/** The node wanted as holder, if the wish has not expired and it is listed. */
function wanted(svc: SvcEnt): u32 {
  const to: u32 = svc.move_to;
  if (to == 0 || fold().mono_ms > svc.move_until) return 0;
  return candidateIndex(svc, to) < <u32>svc.ncand ? to : 0;
}

/** The best candidate; 0 = none is able. O(CAND_MAX × SVC_MAX). */
function best(s: u32): u32 {
  const svc = svcAt(s);
  if (able(wanted(svc), s)) return wanted(svc);
  let found: u32 = 0;
  let rank: u32 = u32.MAX_VALUE;
  for (let i: u32 = 0, n: u32 = svc.ncand; i < n; i++) {
    const c = candOf(svc, i);
    if (!able(c, s)) continue;
    const r = (prefOf(svc, i) << 24) | (heldBy(c) << 16) | c;
    if (r >= rank) continue;
    rank = r;
    found = c;
  }
  return found;
}

/** What service s needs: an SVCOP, or none (0xff). */
function needs(s: u32): u32 {
  const svc = svcAt(s);
  if (svc.state == SVCS_FREE) return best(s) != 0 ? SVCOP_TAKE : 0xff;
  const h: u32 = svc.holder;
  const ent = entAt(h);
  const alive = ent.inc == svc.holder_inc && <u32>ent.state >= NS_UP && <u32>ent.state <= NS_GOINGDOWN;
  if (mutant(M_SERVICE_BEFORE_FENCE) && verdict(h)) return SVCOP_FREE;
  if (!alive) return SVCOP_FREE;
  if (svc.state != SVCS_HELD) return ((bits(h, false) >> s) & 1) != 0 ? SVCOP_FREE : 0xff;
  if (<u32>ent.state != NS_UP || ((bits(h, true) >> s) & 1) != 0) return SVCOP_RELEASE;
  const to = wanted(svc);
  return to != 0 && to != h && able(to, s) ? SVCOP_RELEASE : 0xff;
}

/** Proposes whatever the services need, as one batch. */
export function servicesWork(): bool {
  let open = false;
  for (let s: u32 = 0; s < SVC_MAX; s++) {
    const svc = svcAt(s);
    if (svc.name == 0) continue;
    const op = needs(s);
    const expired = svc.move_to != 0 && fold().mono_ms > svc.move_until;
    if (op == 0xff && !expired) continue;
    if (!open) {
      if (!batchRoom(4)) return false;
      open = true;
      batchBegin();
    }
    if (expired) batchAdd(KIND_KEYSVC, 0, 0, SVCOP_MOVE, 0, CAUSE_CLEANUP, s, 0);
    if (op == 0xff) continue;
    const n: u32 = op == SVCOP_TAKE ? best(s) : <u32>svc.holder;
    batchAdd(KIND_KEYSVC, n, 0, op, op == SVCOP_TAKE ? entAt(n).inc : svc.holder_inc, CAUSE_ADMIN, s, 0);
  }
  if (!open || batchCount() == 0) return false;
  batchEnd();
  return true;
}
