// An administrator's wish, from any node, granted or refused by the master. The asker repeats it until it has an answer;
// each node has one wish at a time, and the same number is not granted twice by one master.

import {
  CAUSE_ADMIN, CFGOP_MODE, CFGOP_NODE, CFGOP_REMOVE, ENGINE_MASTER, EPROTO, KIND_CONFIG, KIND_KEYSVC, MSG_RESULT, Msg, Msg_SIZE,
  NODE_MAX, REFUSED_NONE, REFUSED_QUORUM, REFUSED_STATE, REQ_CONFIG, REQ_EVICT, REQ_MODE, REQ_OVERRIDE, REQ_REMOVE, REQ_SVC_DEFINE,
  REQ_SVC_MOVE, REQ_SVC_OFFER, Request, Request_SIZE, SVCOP_DEFINE, SVCOP_MOVE, SVCOP_OFFER, SVC_MAX,
} from "../../abi/clms";
import { isLive } from "../fold/edges";
import { changesVotes } from "../fold/fold";
import { entAt, fold, page, peerAt, recAt, scratchFold, self } from "../layout";
import { enoughWithArbiter } from "../log/quorum";
import { msgBegin, msgSend } from "../out";
import { PEER_EVICT } from "../structs";
import { hint } from "./joins";
import { batchAdd, batchBegin, batchDrop, batchEnd, batchRoom } from "./propose";

/** Could this be a request at all? */
export function requestSound(req: u32, node: u32, setId: u32): bool {
  if (req == 0 || req > REQ_OVERRIDE || node > NODE_MAX || setId >= SVC_MAX) return false;
  const needsNode = req == REQ_EVICT || req == REQ_CONFIG || req == REQ_REMOVE || req == REQ_SVC_OFFER;
  return !needsNode || node != 0;
}

export function onRequest(msg: Msg): i32 {
  if (msg.len != Msg_SIZE + Request_SIZE) return -EPROTO;
  const r = changetype<Request>(changetype<usize>(msg) + Msg_SIZE);
  if (r.id == 0 || !requestSound(r.req, r.node, r.set_id)) return -EPROTO;
  if (<u32>page().engine != ENGINE_MASTER) {
    hint(msg.from);
    return 0;
  }
  const result = grant(msg.from, r);
  if (result >= 0) answer(msg.from, r, <u32>result);
  return 0;
}

/** The answer as REFUSED, or -1: not yet. */
export function grant(from: u32, r: Request): i32 {
  const peer = peerAt(from);
  const pg = page();
  if (peer.req_id == r.id && peer.req_ballot == pg.ballot) return peer.req_slot <= pg.applied ? <i32>peer.req_result : -1;
  if (pg.last > pg.applied || fold().bracket != 0 || !batchRoom(1)) return -1;
  peer.req_slot = 0;
  peer.req_result = perform(r);
  peer.req_id = r.id;
  peer.req_ballot = pg.ballot;
  if (pg.last > pg.applied) peer.req_slot = pg.last;
  return peer.req_slot <= pg.applied ? <i32>peer.req_result : -1;
}

/** Does it, or begins to; REFUSED. */
function perform(r: Request): u32 {
  const n: u32 = r.node;
  self().look_due = 1;
  if (r.req == REQ_OVERRIDE) {
    self().override_blast = 1;
    return REFUSED_NONE;
  }
  if (r.req == REQ_EVICT) {
    if (!isLive(entAt(n).state)) return REFUSED_STATE;
    peerAt(n).flags |= PEER_EVICT;
    peerAt(n).cause = <u16>CAUSE_ADMIN;
    return REFUSED_NONE;
  }
  batchBegin();
  const added = addRecord(r, n);
  // A change of votes that those who answer could not decide would block everything.
  if (added && changesVotes(recAt(page().last)) && !enoughWithArbiter(scratchFold(), page().applied)) {
    batchDrop();
    return REFUSED_QUORUM;
  }
  batchEnd();
  return added ? REFUSED_NONE : REFUSED_STATE;
}

function addRecord(r: Request, n: u32): bool {
  const s = r.set_id;
  if (r.req == REQ_CONFIG) return batchAdd(KIND_CONFIG, n, 0, CFGOP_NODE, 0, CAUSE_ADMIN, 0, r.arg);
  if (r.req == REQ_REMOVE) return batchAdd(KIND_CONFIG, n, 0, CFGOP_REMOVE, 0, CAUSE_ADMIN, 0, 0);
  if (r.req == REQ_MODE) return batchAdd(KIND_CONFIG, 0, 0, CFGOP_MODE, 0, CAUSE_ADMIN, 0, r.arg);
  if (r.req == REQ_SVC_DEFINE) return batchAdd(KIND_KEYSVC, 0, 0, SVCOP_DEFINE, 0, CAUSE_ADMIN, s, r.arg);
  if (r.req == REQ_SVC_OFFER) return batchAdd(KIND_KEYSVC, n, 0, SVCOP_OFFER, 0, CAUSE_ADMIN, s, r.arg);
  if (r.req != REQ_SVC_MOVE) return false;
  const until = n == 0 ? 0 : fold().mono_ms + min<u64>(r.arg, u32.MAX_VALUE);
  return batchAdd(KIND_KEYSVC, n, 0, SVCOP_MOVE, 0, CAUSE_ADMIN, s, until);
}

function answer(to: u32, r: Request, result: u32): void {
  const msg = msgBegin(MSG_RESULT, to, Request_SIZE);
  const at = changetype<usize>(msg) + Msg_SIZE;
  memory.copy(at, changetype<usize>(r), Request_SIZE);
  changetype<Request>(at).result = <u8>result;
  changetype<Request>(at).slot = peerAt(to).req_slot;
  msgSend(msg);
}
