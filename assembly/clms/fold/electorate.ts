// Whose votes are counted: the configuration of a fold, by its mode.
//
//   MAJORITY, ARBITER       all voters, dead ones too
//   MAJORITY_DYNAMIC        the members; all voters, while there are fewer than two members
//   CLASSIC, CLASSIC_FENCE  the members; the last of them, while there is none; all voters, while there never was one
//
// A member is a voter in UP, SHUTDOWN or GOINGDOWN: one that is coming up has nothing yet that others could rest on.
// The last of a classic cluster is the one voter whose removal left none: everything was decided with it.

import {
  ENTF_LAST, MODE_CLASSIC, MODE_CLASSIC_FENCE, MODE_MAJORITY_DYNAMIC, NS_GOINGDOWN, NS_UP, NodeEnt, ROLE_OBSERVER,
  ROLE_VOTER, ROLE_WITNESS,
} from "../../abi/clms";
import { entIn, foldAt } from "../layout";
import { M_OBSERVER_COUNTED, mutant } from "../mutant";

// @ts-ignore: decorator
@inline export const OF_ALL: u32 = 0;
// @ts-ignore: decorator
@inline export const OF_MEMBERS: u32 = 1;
// @ts-ignore: decorator
@inline export const OF_LAST: u32 = 2;
/** A cluster that shrinks with its members goes no further down than to this many: one of two could not tell who it is. */
// @ts-ignore: decorator
@inline const MEMBERS_MIN: u32 = 2;

// @ts-ignore: decorator
@inline export function roleVotes(role: u32): bool {
  if (mutant(M_OBSERVER_COUNTED) && role == ROLE_OBSERVER) return true;
  return role == ROLE_VOTER || role == ROLE_WITNESS;
}
/** Is this entry's node one whose vote is configured? */
// @ts-ignore: decorator
@inline export function isVoter(ent: NodeEnt): bool { return roleVotes(ent.role) && ent.votes != 0; }
/** Is it one on which a configuration of members rests? */
// @ts-ignore: decorator
@inline export function isVotingMember(ent: NodeEnt): bool {
  return isVoter(ent) && <u32>ent.state >= NS_UP && <u32>ent.state <= NS_GOINGDOWN;
}
/** Must all agree, but for those that are judged dead? */
// @ts-ignore: decorator
@inline export function isClassic(mode: u32): bool { return mode == MODE_CLASSIC || mode == MODE_CLASSIC_FENCE; }

/** OF_…: whose votes this fold counts. O(NODE_MAX). */
export function electorate(base: usize): u32 {
  const f = foldAt(base);
  const classic = isClassic(f.mode);
  if (!classic && <u32>f.mode != MODE_MAJORITY_DYNAMIC) return OF_ALL;
  let members: u32 = 0;
  let last = false;
  for (let n: u32 = 1, top: u32 = f.top; n <= top; n++) {
    const ent = entIn(base, n);
    members += u32(isVotingMember(ent));
    if ((<u32>ent.flags & ENTF_LAST) != 0 && isVoter(ent)) last = true;
    if (members >= MEMBERS_MIN) return OF_MEMBERS;
  }
  if (!classic) return OF_ALL;
  return members != 0 ? OF_MEMBERS : last ? OF_LAST : OF_ALL;
}

/** Does a configuration of this kind count node `ent`? */
export function elects(whom: u32, ent: NodeEnt): bool {
  if (whom == OF_MEMBERS) return isVotingMember(ent);
  return isVoter(ent) && (whom == OF_ALL || (<u32>ent.flags & ENTF_LAST) != 0);
}

/** A voter has left the members (`on`), or become one: who is the last of them? O(NODE_MAX). */
export function lastMember(base: usize, ent: NodeEnt, on: bool): void {
  for (let n: u32 = 1, top: u32 = foldAt(base).top; n <= top; n++) {
    const other = entIn(base, n);
    if (on && isVotingMember(other)) return;
    if (!on) other.flags = <u8>(<u32>other.flags & ~ENTF_LAST);
  }
  if (on) ent.flags = <u8>(<u32>ent.flags | ENTF_LAST);
}
