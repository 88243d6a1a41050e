// What live nodes want for themselves: UP, maintenance, leave; their metadata; the version of the protocol.

import {
  CAUSE_ADMIN, CAUSE_GRACEFUL, CAUSE_JOIN, CAUSE_UPGRADE, CFGOP_PROTO, KIND_CONFIG, KIND_META, KIND_NODE, MODE_MAJORITY_DYNAMIC,
  NS_COMINGUP, NS_GOINGDOWN, NS_SHUTDOWN, NS_UP, PHASE_NONE,
} from "../../abi/clms";
import { edgeLegal } from "../fold/edges";
import { entAt, fold, foldBase, liveAt, metaHashIn, page, peerAt, scratchFold, self } from "../layout";
import { enoughIf } from "../log/quorum";
import { allDone } from "./sets";
import { batchAdd, batchBegin, batchCount, batchEnd, batchRoom } from "./propose";

/** The state that live node n should go to now; its present one if none. */
function target(n: u32): u32 {
  const own = n == <u32>page().node;
  const me = self();
  const ent = entAt(n);
  const state: u32 = ent.state;
  const want: u32 = own ? <u32>me.want : <u32>peerAt(n).want;
  if (state == NS_COMINGUP) {
    const ready = want == NS_UP;
    const caught = own || peerAt(n).applied >= <u64>ent.born;
    const clear = fold().phase == PHASE_NONE;
    return ready && caught && clear && allDone(ent.born) ? NS_UP : state;
  }
  if (want == state || !edgeLegal(state, want)) return state;
  return want == NS_UP || want == NS_SHUTDOWN || want == NS_GOINGDOWN ? want : state;
}

/** Proposes every change of state that is wanted and possible. */
export function wishesWork(): bool {
  if (!batchRoom(2)) return false;
  let open = false;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    const ent = entAt(x);
    const to = target(x);
    if (to == <u32>ent.state || !batchRoom(1)) continue;
    if (!open) batchBegin();
    open = true;
    // A member more is a vote more that is needed: not while others are missing whose removal has to come first.
    if (to == NS_UP && <u32>fold().mode == MODE_MAJORITY_DYNAMIC && !enoughIf(scratchFold(), x, NS_UP, page().applied)) continue;
    const cause = <u32>ent.state == NS_COMINGUP ? CAUSE_JOIN : to == NS_GOINGDOWN ? CAUSE_GRACEFUL : CAUSE_ADMIN;
    batchAdd(KIND_NODE, x, ent.state, to, ent.inc, cause, 0, 0);
  }
  if (!open || batchCount() == 0) return false;
  batchEnd();
  return true;
}

/** Proposes metadata that differs from the log's, and a newer protocol when all live nodes speak it. */
export function metaWork(): bool {
  if (!batchRoom(4)) return false;
  let open = false;
  let newest: u32 = 255;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const x = liveAt(i);
    const own = x == <u32>page().node;
    const ent = entAt(x);
    newest = min<u32>(newest, ent.proto_max);
    const hash = own ? self().meta_hash : peerAt(x).meta_hash;
    const told = own || peerAt(x).ack_inc == ent.inc;
    if (!told || hash == 0 || hash == load<u64>(metaHashIn(foldBase(), x)) || !batchRoom(2)) continue;
    if (!open) batchBegin();
    open = true;
    batchAdd(KIND_META, x, 0, 0, ent.inc, 0, own ? self().meta_len : peerAt(x).meta_len, hash);
  }
  const raise = fold().nlive != 0 && newest > <u32>fold().proto && newest != 255;
  if (raise && !open) batchBegin();
  if (raise) batchAdd(KIND_CONFIG, 0, 0, CFGOP_PROTO, 0, CAUSE_UPGRADE, 0, newest);
  if ((!open && !raise) || batchCount() == 0) return false;
  batchEnd();
  return true;
}
