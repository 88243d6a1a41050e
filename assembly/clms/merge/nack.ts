// Rule C: what the silence of reporters about a slot proves.
//
// A voter that has promised and has nothing in a slot has not accepted anything there in a lower ballot, and will not any
// more. If those left, with all that did not report, are fewer than a decision needs, nothing was decided there. The same
// goes for "nothing above ballot b": a damaged record of a voter that never accepted above b cannot have been above b.
//
// Invariant: who votes and how much is enough follows from the configuration at slot − 1, not from who answered.

import {
  ENTF_LEARNING, MODE_ARBITER, MODE_CLASSIC, MODE_CLASSIC_FENCE, MODE_MAJORITY_DYNAMIC, NS_GOINGDOWN, NS_UP, NodeEnt,
} from "../../abi/clms";
import { isLive } from "../fold/edges";
import { isVoter } from "../fold/fold";
import { entIn, foldAt } from "../layout";
import { M_ONE_NACK, mutant } from "../mutant";
import { Merge, Reporter, isDamaged, placeIn } from "./context";

/** Is it proved that nothing above `ballot` was decided at index i? ballot 0: nothing at all. cfg = fold of the slot before. O(NODE_MAX). */
export function ruledOut(m: Merge, i: u32, ballot: u64, cfg: usize): bool {
  const mode: u32 = foldAt(cfg).mode;
  const all = mode == MODE_CLASSIC || mode == MODE_CLASSIC_FENCE;
  // Where only members count, but nobody has ever come up, everybody does.
  const members = (all || mode == MODE_MAJORITY_DYNAMIC) && votesOf(cfg, all, true) != 0;
  const total = votesOf(cfg, all, members);
  let nacks: u32 = 0;
  for (let p: u32 = 0, n = m.nplace; p < n; p++) {
    const place = placeIn(m, p);
    const ent = entIn(cfg, place.node);
    if (!counts(place, ent) || (members && !isMember(ent, all))) continue;
    if (isDamaged(m, i, p) && (ballot == 0 || place.accepted > ballot)) continue;
    // It would have had to accept, unless it was judged dead before; one that has restarted may have been.
    if (all && members && place.booting == 0) return true;
    nacks += ent.votes;
  }
  if (mutant(M_ONE_NACK)) return nacks != 0;
  return total != 0 && nacks >= (all ? total : enough(mode, total));
}

/** Votes that, if they have not accepted, make a decision impossible: one more than all without a quorum. */
function enough(mode: u32, total: u32): u32 {
  if (mode != MODE_ARBITER) return total - (total / 2 + 1) + 1;
  const quorum = (total + 1) / 2 + 1;
  return total - quorum + 2;
}

/** Does what this reporter says count as a vote? */
function counts(place: Reporter, ent: NodeEnt): bool {
  if (place.sworn == 0 || !isVoter(ent)) return false;
  return place.lineage != 0 && place.lineage == ent.lineage && (<u32>ent.flags & ENTF_LEARNING) == 0;
}

/** Who has to accept in a classic cluster; whose votes are the total in a dynamic one. */
function isMember(ent: NodeEnt, all: bool): bool {
  const state: u32 = ent.state;
  return all ? state >= NS_UP && state <= NS_GOINGDOWN : isLive(state);
}

/** Votes of all voters, or of those that are members. */
function votesOf(cfg: usize, all: bool, members: bool): u32 {
  let votes: u32 = 0;
  for (let n: u32 = 1, top: u32 = foldAt(cfg).top; n <= top; n++) {
    const ent = entIn(cfg, n);
    if (isVoter(ent) && (!members || isMember(ent, all))) votes += ent.votes;
  }
  return votes;
}
