// What is worked out from the fold and kept beside it, so that nobody has to look through the table: who votes, who lives.

import { entAt, fold, livePut, self, voterPut } from "../layout";
import { isLive } from "./edges";
import { isVoter } from "./electorate";

/** Works both lists out anew; to be called when a record changed a node's state or role. O(NODE_MAX). */
export function derive(): void {
  let nvoter: u32 = 0;
  let nlive: u32 = 0;
  for (let n: u32 = 1, top: u32 = fold().top; n <= top; n++) {
    const ent = entAt(n);
    if (isVoter(ent)) voterPut(nvoter++, n);
    if (isLive(ent.state)) livePut(nlive++, n);
  }
  self().nvoter = nvoter;
  assert(nlive == <u32>fold().nlive);
}
