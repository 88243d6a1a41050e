// Rule C: what the silence of reporters about a slot proves.
//
// A voter that has promised and has nothing in a slot has not accepted anything there in a lower ballot, and will not any
// more. If those left, with all that did not report, are fewer than a decision needs, nothing was decided there. The same
// goes for "nothing above ballot b": a damaged record of a voter that never accepted above b cannot have been above b.
//
// Invariant: who votes and how much is enough follows from the configuration at slot − 1, not from who answered.

import { ENTF_LEARNING, MODE_ARBITER, NodeEnt } from "../../abi/clms";
import { OF_MEMBERS, electorate, elects, isClassic, isVoter } from "../fold/electorate";
import { entIn, foldAt } from "../layout";
import { M_ONE_NACK, mutant } from "../mutant";
import { Merge, Reporter, isDamaged, placeIn } from "./context";

/** Is it proved that nothing above `ballot` was decided at index i? ballot 0: nothing at all. cfg = fold of the slot before. O(NODE_MAX). */
export function ruledOut(m: Merge, i: u32, ballot: u64, cfg: usize): bool {
  const mode: u32 = foldAt(cfg).mode;
  const all = isClassic(mode);
  const whom = electorate(cfg);
  const total = votesOf(cfg, whom);
  let nacks: u32 = 0;
  for (let p: u32 = 0, n = m.nplace; p < n; p++) {
    const place = placeIn(m, p);
    const ent = entIn(cfg, place.node);
    if (!counts(place, ent) || !elects(whom, ent)) continue;
    if (isDamaged(m, i, p) && (ballot == 0 || place.accepted > ballot)) continue;
    // It would have had to accept, unless it was judged dead before; one that has restarted may have been.
    if (all && whom == OF_MEMBERS && place.booting == 0) return true;
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

/** Votes that are counted. */
function votesOf(cfg: usize, whom: u32): u32 {
  let votes: u32 = 0;
  for (let n: u32 = 1, top: u32 = foldAt(cfg).top; n <= top; n++) {
    const ent = entIn(cfg, n);
    if (elects(whom, ent)) votes += ent.votes;
  }
  return votes;
}
