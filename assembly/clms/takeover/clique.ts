// T3: of the nodes that take part in a takeover, those that cannot hear each other cannot all stay.
//
// Two nodes are cut off from each other if one of them probes the other and does not hear it (Report.deaf, or this
// node's own observation). From the candidate outwards, the one with most cuts is left out first, ties by less weight,
// then by higher number: the same for every order of the reports. Who is not a voter is judged by the detector later.

import { CAUSE_TAKEOVER, Report_deaf_OFF, VOTER_MAX } from "../../abi/clms";
import { bitGet, bitPut } from "../bits";
import { deafAt, entAt, page, peerAt, polledAt, polledPut, self, voterAt } from "../layout";
import { isLive } from "../fold/edges";
import { M_TIE_BY_ARRIVAL, mutant } from "../mutant";
import { PEER_BOOTING, PEER_EVICT, PEER_REPORTED, PEER_SUSPECT } from "../structs";

/** Is the i-th voter in the set that is left? */
const IN: usize = memory.data(128, 8);
/** The bit of the i-th voter in what the reports say, or NONE. */
const BIT: usize = memory.data(128, 8);
// @ts-ignore: decorator
@inline const NONE: u32 = 255;

/** The takeover begins to collect: remembers of whom the reports will be read. */
export function cliqueBegin(): void {
  for (let i: u32 = 0, n = self().nvoter; i < VOTER_MAX; i++) polledPut(i, i < n ? voterAt(i) : 0);
}

/** Notes from the report at `at` to whom its sender is deaf. */
export function cliqueNote(from: u32, at: usize): void {
  memory.fill(deafAt(from), 0, 16);
  for (let i: u32 = 0; i < VOTER_MAX && polledAt(i) != 0; i++) {
    if (bitGet(at + Report_deaf_OFF, polledAt(i))) bitPut(deafAt(from), i, true);
  }
}

/** Does voter i (of this node's list) say that it is deaf to voter k? */
function deaf(i: u32, k: u32): bool {
  const a = voterAt(i);
  if (a == <u32>page().node) return (peerAt(voterAt(k)).flags & PEER_SUSPECT) != 0;
  const bit: u32 = load<u8>(BIT + k);
  return bit != NONE && bitGet(deafAt(a), bit);
}

/** Finds for each voter of now its bit among those of then; both lists are in order of number. */
function bitsFind(): void {
  let bit: u32 = 0;
  for (let k: u32 = 0, n = self().nvoter; k < n; k++) {
    while (bit < VOTER_MAX && polledAt(bit) != 0 && polledAt(bit) < voterAt(k)) bit++;
    store<u8>(BIT + k, <u8>(bit < VOTER_MAX && polledAt(bit) == voterAt(k) ? bit : NONE));
  }
}

/** How many of those that are left voter i is cut off from. */
function cuts(i: u32): u32 {
  let count: u32 = 0;
  for (let k: u32 = 0, n = self().nvoter; k < n; k++) {
    if (k != i && load<u8>(IN + k) != 0) count += u32(deaf(i, k) || deaf(k, i));
  }
  return count;
}

/** Should voter i rather than voter k go, which is cut off as often? */
function rather(i: u32, k: u32): bool {
  const a = entAt(voterAt(i));
  const b = entAt(voterAt(k));
  if (mutant(M_TIE_BY_ARRIVAL)) return peerAt(voterAt(i)).report_at > peerAt(voterAt(k)).report_at;
  if (a.votes != b.votes) return a.votes < b.votes;
  return voterAt(i) > voterAt(k);
}

/** Marks for removal whoever has to go so that all the others hear each other. O(voters³) at worst; O(voters²) when nobody is cut off. */
export function cliqueMark(): void {
  const n = self().nvoter;
  bitsFind();
  for (let i: u32 = 0; i < n; i++) {
    const v = voterAt(i);
    // Nobody need hear a node that has restarted: when it was asked, or asked, it was no member yet. Its old life goes anyway.
    const own = v == <u32>page().node;
    const flags = peerAt(v).flags;
    const here = own ? page().inc != 0 : (flags & PEER_REPORTED) != 0 && (flags & PEER_BOOTING) == 0;
    store<u8>(IN + i, u8(here && isLive(entAt(v).state)));
  }
  for (let round: u32 = 0; round < n; round++) {
    let worst = n;
    let most: u32 = 0;
    for (let i: u32 = 0; i < n; i++) {
      if (load<u8>(IN + i) == 0 || voterAt(i) == <u32>page().node) continue;
      const count = cuts(i);
      if (count == 0 || count < most || (count == most && worst != n && !rather(i, worst))) continue;
      worst = i;
      most = count;
    }
    if (worst == n) return;
    store<u8>(IN + worst, 0);
    const peer = peerAt(voterAt(worst));
    peer.flags |= PEER_EVICT;
    peer.cause = <u16>CAUSE_TAKEOVER;
  }
}
