// Does a state contradict itself? Asked of a saved state before it is used: afterwards every index in it can be trusted.
//
// Returns 0 or the number of the rule that is broken. It reads only inside the regions, whatever stands there.

import {
  CAND_MAX, DURABLE_MAX, ENGINE_FOLLOWER, ENGINE_HALTED, ENGINE_OBSERVER, ENTF_USED, META_MAX, MODE_ARBITER, NODE_MAX, NS_DOWN,
  OBSERVERS_MAX, OUT_MAX, PHASE_DONE, RING_MAX,
  STAGE_UNKNOWN, SUBSYS_MAX, SUSPECTS_MAX, SVCS_RELEASING, SVC_MAX, SvcEnt, VOTER_MAX,
} from "../abi/clms";
import { isLive } from "./fold/edges";
import { isVoter } from "./fold/electorate";
import { MARK_MAX, candOf, entAt, fold, liveAt, observedAt, page, peerAt, recAt, self, svcAt, voterAt } from "./layout";
import { recValid } from "./record";

/** 0, or the number of the first rule that the state breaks. O(state region). */
export function stateWrong(): u32 {
  const me = self();
  const pg = page();
  if (<u32>pg.engine > ENGINE_HALTED || <u32>pg.node > NODE_MAX || <u32>pg.master > NODE_MAX || me.started > 1) return 1;
  if (me.started != 0 && (pg.node == 0 || me.probe_ns == 0 || me.losses < 2 || me.cluster == 0)) return 2;
  if (me.durable_head - me.durable_tail > DURABLE_MAX || me.mark_head - me.mark_tail > MARK_MAX) return 3;
  // What was on its way is not part of a snapshot: the host had drained it.
  if (me.out_head - me.out_tail > OUT_MAX || me.out_head != me.out_tail || me.out_used != 0) return 4;
  if (me.join_top > NODE_MAX) return 7;
  const engine: u32 = pg.engine;
  const takesPart = engine > ENGINE_FOLLOWER && engine < ENGINE_OBSERVER;
  if (takesPart && (<u32>entAt(pg.node).flags & ENTF_USED) == 0) return 8;
  if (me.call_subsys > SUBSYS_MAX || me.meta_len > META_MAX || me.nobserved > OBSERVERS_MAX) return 5;
  for (let i: u32 = 0; i < me.nobserved; i++) if (observedAt(i) == 0 || observedAt(i) > NODE_MAX) return 6;
  const wrong = ringWrong();
  if (wrong != 0) return wrong;
  return foldWrongNow();
}

function ringWrong(): u32 {
  const pg = page();
  if (pg.applied != fold().slot || pg.stored < pg.applied || pg.last < pg.stored || pg.done > pg.applied) return 10;
  if (pg.last > pg.low + RING_MAX - 1 || (pg.low > pg.applied + 1)) return 11;
  for (let s = pg.low; s <= pg.last && s != 0; s++) {
    const rec = recAt(s);
    if (rec.slot != s || <u32>rec.stage > STAGE_UNKNOWN) return 12;
    if (<u32>rec.stage != STAGE_UNKNOWN && !recValid(changetype<usize>(rec))) return 13;
  }
  return 0;
}

function foldWrongNow(): u32 {
  const f = fold();
  let voters: u32 = 0;
  let live: u32 = 0;
  if (<u32>f.top > NODE_MAX || self().nvoter > VOTER_MAX || <u32>f.nlive > NODE_MAX) return 20;
  for (let n: u32 = 1; n <= NODE_MAX; n++) {
    const ent = entAt(n);
    if (<u32>ent.state > NS_DOWN || <u32>peerAt(n).nsuspect > SUSPECTS_MAX) return 21;
    if ((<u32>ent.flags & ENTF_USED) != 0 && n > <u32>f.top) return 22;
    if (n <= <u32>f.top && isVoter(ent) && (voters >= VOTER_MAX || voters >= self().nvoter || voterAt(voters++) != n)) return 23;
    if (isLive(ent.state) && (live >= <u32>f.nlive || liveAt(live++) != n)) return 24;
  }
  if (f.set_begin > f.slot || f.set_end > f.slot || <u32>f.phase > PHASE_DONE || f.bracket > 1 || <u32>f.mode > MODE_ARBITER) return 26;
  for (let s: u32 = 0; s < SVC_MAX; s++) if (svcWrong(svcAt(s))) return 27;
  return voters == self().nvoter && live == <u32>f.nlive ? 0 : 25;
}

function svcWrong(svc: SvcEnt): bool {
  if (<u32>svc.ncand > CAND_MAX || <u32>svc.state > SVCS_RELEASING) return true;
  if (<u32>svc.holder > NODE_MAX || <u32>svc.move_to > NODE_MAX) return true;
  for (let i: u32 = 0; i < <u32>svc.ncand; i++) if (candOf(svc, i) > NODE_MAX) return true;
  return false;
}
