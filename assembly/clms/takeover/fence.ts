// Fencing: before a CLASSIC_FENCE cluster goes on without a node, the host confirms that it is dead.

import { EVENT_FENCE } from "../../abi/clms";
import { isDead } from "../detect/limits";
import { eventEmit } from "../event";
import { isLive } from "../fold/edges";
import { entAt, page, peerAt, self } from "../layout";
import { votesSoon } from "../master/propose";
import { PEER_DEAD, PEER_FENCED, PEER_FENCING } from "../structs";
import { TE_FENCE, engineStep } from "./fsm";

/** Is it one whose agreement may be needed, now or by what is undecided, and not confirmed dead? */
export function mustFence(n: u32): bool {
  return isLive(entAt(n).state) && votesSoon(n) && !isDead(n);
}

/** Asks the host to fence a live node, again every now and then until it is confirmed. */
export function fenceAsk(n: u32): void {
  const peer = peerAt(n);
  const ent = entAt(n);
  const now = page().now;
  if (!mustFence(n)) return;
  if ((peer.flags & PEER_FENCING) != 0 && peer.fence_inc == ent.inc && now < peer.fence_at) return;
  // What is known of another incarnation says nothing of this one.
  peer.flags = (peer.flags | PEER_FENCING) & ~(PEER_DEAD | PEER_FENCED);
  peer.fence_inc = ent.inc;
  // Long enough that one that works is never asked twice: the second would hit the node when it has come back.
  peer.fence_at = now + 20 * self().poll_ns;
  const ev = eventEmit(EVENT_FENCE);
  ev.node = <u16>n;
  ev.inc = ent.inc;
  engineStep(TE_FENCE);
}
