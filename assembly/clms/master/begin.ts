// T8 to T10: the first thing a new master does. The tail that its takeover left undecided and its EPOCH record go out
// together; nothing else is proposed before they are decided.

import { CAUSE_TAKEOVER, ENTF_USED, KIND_EPOCH, KIND_NODE, NODE_MAX, NS_KCLEANUP } from "../../abi/clms";
import { callbackReroll } from "../app/callback";
import { isExternal } from "../detect/limits";
import { isLive } from "../fold/edges";
import { entAt, fold, page, peerAt, recAt, self } from "../layout";
import { PEER_DOOMED, PEER_EVICT, PEER_JOINING, PEER_REPORTED } from "../structs";
import { batchAdd, batchBegin, batchEnd } from "./propose";

export function masterBegin(): void {
  const me = self();
  const pg = page();
  me.master_since = pg.now;
  me.quorum_at = pg.now;
  // The tail is a batch too, also one that leaves this node no place for its EPOCH.
  me.batch_at = pg.now;
  me.acked_at = 0;
  me.next_beat = pg.now;
  me.beat_due = 1;
  me.resign = 0;
  for (let n: u32 = 1, top: u32 = fold().top; n <= top; n++) {
    const peer = peerAt(n);
    const reported = (peer.flags & PEER_REPORTED) != 0;
    peer.ack_ballot = 0;
    peer.match = 0;
    peer.applied = reported ? peer.applied : 0;
    peer.sent_upto = 0;
    peer.done = 0;
    peer.done_since = pg.now;
    peer.want = 0;
    peer.nsuspect = 0;
    peer.ack_at = 0;
    peer.ack_echo = 0;
    peer.vouched = 0;
    peer.flags &= ~(PEER_JOINING | PEER_DOOMED);
  }
  assert(pg.node <= NODE_MAX && (<u32>entAt(pg.node).flags & ENTF_USED) != 0);
  // T6: the master that enough others have missed, and that did not answer the poll, goes without further questions. Once:
  // a master that takes over from itself has missed nobody, and that number may be another life by then.
  const old = me.old_master;
  me.old_master = 0;
  if (old != 0 && old != <u32>pg.node && isLive(entAt(old).state) && !isExternal()) {
    peerAt(old).flags |= PEER_EVICT;
    peerAt(old).cause = <u16>CAUSE_TAKEOVER;
  }
  // Whom the tail removes is vouched for no more: its lease had ended when that was proposed.
  for (let s = pg.applied + 1; s <= pg.last; s++) {
    const rec = recAt(s);
    if (<u32>rec.kind == KIND_NODE && <u32>rec.to_state == NS_KCLEANUP) peerAt(rec.node).flags |= PEER_DOOMED;
  }
  batchBegin();
  batchAdd(KIND_EPOCH, pg.node, 0, 0, pg.inc, 0, 0, pg.ballot);
  batchEnd();
  me.epoch_slot = pg.last;
  callbackReroll();
}
