// What the host may say about another node's life.

import { EALREADY, EINVAL, ESTALE, NODE_MAX } from "../../abi/clms";
import { isLive } from "../fold/edges";
import { entAt, page, peerAt } from "../layout";
import { PEER_DEAD, PEER_FENCED, PEER_FENCING } from "../structs";

export function nodeFault(node: u32, inc: u32): i32 {
  const pg = page();
  if (node == 0 || node > NODE_MAX || node == <u32>pg.node) return -EINVAL;
  const ent = entAt(node);
  if (inc == 0 || ent.inc != inc || !isLive(ent.state)) return -ESTALE;
  const peer = peerAt(node);
  // What is known of an older incarnation does not speak for this one.
  if (peer.fence_inc != inc) peer.flags &= ~(PEER_DEAD | PEER_FENCED | PEER_FENCING);
  if ((peer.flags & PEER_DEAD) != 0) return -EALREADY;
  peer.fence_inc = inc;
  peer.flags |= PEER_DEAD;
  pg.generation += 1;
  pg.deadline = min<u64>(pg.deadline, pg.now);
  return 0;
}
