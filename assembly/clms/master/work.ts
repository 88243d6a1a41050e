// What a master does next, always worked out anew from the fold and from what the members say: nothing is remembered
// that a successor would have to know.
//
// At most one batch is undecided; in this order: EPOCH first, then nodedowns and the phases of the open set, then
// services, wishes of live nodes, joins, metadata.

import { ENGINE_FOLLOWER, ENGINE_MASTER, ENGINE_OBSERVER } from "../../abi/clms";
import { isVoter } from "../fold/electorate";
import { engineSet } from "../event";
import { entAt, fold, page, peerAt, self, voterAt } from "../layout";
import { learnSend } from "../log/learn";
import { M_SERVICE_BEFORE_FENCE, mutant } from "../mutant";
import { TE_TIMEOUT, engineStep, hasOwnRole } from "../takeover/fsm";
import { mayRun } from "../takeover/prevote";
import { beatAll, learnAll } from "./beat";
import { decide } from "./decide";
import { joinsWork } from "./joins";
import { servicesWork } from "./services";
import { setsWork, unblock } from "./sets";
import { metaWork, wishesWork } from "./wishes";

/** Steps that one call may take: a cluster of one node decides as it proposes. */
// @ts-ignore: decorator
@inline const STEPS: u32 = 8;

/** Decides what can be decided, proposes what can be proposed, tells everybody. */
export function masterSettle(): void {
  const me = self();
  const pg = page();
  if (<u32>pg.engine != ENGINE_MASTER) return;
  if (pg.done != me.done_last || pg.done == pg.applied) me.done_since = pg.now;
  me.done_last = pg.done;
  for (let i: u32 = 0; i < STEPS; i++) {
    if (decide()) {
      me.look_due = 1;
      learnAll();
    }
    if (<u32>pg.engine == ENGINE_MASTER && pg.last != pg.applied && me.look_due != 0) {
      me.look_due = 0;
      unblock();
    }
    if (<u32>pg.engine != ENGINE_MASTER || pg.last != pg.applied || !propose()) break;
  }
  if (<u32>pg.engine != ENGINE_MASTER) return;
  // A master that votes no more passes on what is decided and gives way; one that was removed tells the others first.
  if (!mayRun()) {
    for (let i: u32 = 0; i < me.nvoter; i++) learnSend(voterAt(i), peerAt(voterAt(i)).applied);
    engineStep(TE_TIMEOUT);
  }
  else if (me.beat_due != 0) beatAll();
  if (me.resign != 0) engineStep(TE_TIMEOUT);
}

/** Proposes the next batch. Looking costs O(NODE_MAX), so it is done when something has changed, and at every beat. */
function propose(): bool {
  const me = self();
  if (me.look_due == 0 || fold().epoch_slot < me.epoch_slot || fold().bracket != 0) return false;
  if (me.resign != 0 || !mayRun()) return false;
  me.look_due = 0;
  if (mutant(M_SERVICE_BEFORE_FENCE) && servicesWork()) return true;
  if (setsWork()) return page().last != page().applied;
  return servicesWork() || wishesWork() || joinsWork() || metaWork();
}

/** Who does not vote only listens; a candidate that may not run any more, by what it has read meanwhile, is none. */
export function roleSettle(): void {
  const pg = page();
  if (hasOwnRole() && <u32>pg.engine != ENGINE_MASTER && !mayRun()) engineStep(TE_TIMEOUT);
  const engine: u32 = pg.engine;
  if (engine != ENGINE_FOLLOWER && engine != ENGINE_OBSERVER) return;
  engineSet(isVoter(entAt(pg.node)) ? ENGINE_FOLLOWER : ENGINE_OBSERVER);
}
