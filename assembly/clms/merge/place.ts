// Who of the reporters has a place: all that vote at the base, then the lowest numbers, as many as there are places.
//
// Invariant: who has one in the end does not depend on the order of arrival. A reporter without a place still counts for
// the records it has, not for those it has not: that can delay a merge, never falsify it.

import { Report, VOTER_MAX } from "../../abi/clms";
import { isVoter } from "../fold/electorate";
import { entAt } from "../layout";
import { Merge, placeIn, putDamaged } from "./context";

/** No place. */
// @ts-ignore: decorator
@inline export const NO_PLACE: u32 = 0xffff_ffff;

/** Gives the reporter a place; returns it or NO_PLACE. O(1), O(RING_MAX) when another has to yield. */
// @ts-ignore: decorator
@inline export function placeTake(m: Merge, report: Report, lineage: u32): u32 {
  const node: u32 = report.node;
  const rank = node + (isVoter(entAt(node)) ? 0 : 0x1_0000);
  let p = m.nplace;
  if (p < VOTER_MAX) m.nplace = p + 1;
  else if (rank < m.worst) p = yielded(m);
  else return NO_PLACE;
  const place = placeIn(m, p);
  place.accepted = report.accepted;
  place.lineage = lineage;
  place.rank = rank;
  place.node = <u16>node;
  place.sworn = u8(report.promised >= m.ballot);
  place.booting = report.booting;
  if (m.nplace == VOTER_MAX) m.worst = worstRank(m);
  return p;
}

function worstRank(m: Merge): u32 {
  let worst: u32 = 0;
  for (let p: u32 = 0; p < VOTER_MAX; p++) worst = max<u32>(worst, placeIn(m, p).rank);
  return worst;
}

/** The place of the highest rank, emptied. */
function yielded(m: Merge): u32 {
  let p: u32 = 0;
  while (p + 1 < VOTER_MAX && placeIn(m, p).rank != m.worst) p++;
  for (let i: u32 = 0, n = m.span; i < n; i++) putDamaged(m, i, p, false);
  return p;
}
