// A message comes in: is it one, is it for this node, is its sender who it may be? Then whoever deals with its kind.
//
// Invariants: any bytes get a verdict; A15: nothing of an incarnation that was removed is counted or delivered (its
// sender is told where to read it, and may read).

import {
  EBADMSG, EMSGSIZE, EPERM, EPROTO, EPROTONOSUPPORT, EREMOTEIO, ESTALE, MSG_ACK, MSG_CHECKPOINT, MSG_COMMIT, MSG_HINT, MSG_JOIN, MSG_LEARN,
  MSG_MAX, MSG_META_GET, MSG_META_PUT, MSG_NAK, MSG_POLL, MSG_PREVOTE, MSG_PREVOTE_ACK, MSG_PROBE, MSG_PROBE_ACK, MSG_PULL, MSG_REFUSE,
  MSG_REPORT, MSG_REQUEST, MSG_RESULT, MSG_STAGE, Msg, Msg_SIZE, NODE_MAX, REFUSED_CLUSTER, REFUSED_EVICTED, ENGINE_HALTED, PROTO_CURRENT,
} from "../abi/clms";
import { metaGet, metaPut } from "./app/meta";
import { detectHeard, detectProbe, detectProbeAck } from "./detect/probe";
import { isLive } from "./fold/edges";
import { entAt, fold, inbox, page, peerAt, self } from "./layout";
import { onCommit, onStage } from "./log/accept";
import { stepDown } from "./log/follow";
import { onCheckpoint, onLearn, onPull } from "./log/learn";
import { onAck } from "./master/ack";
import { onJoin, refuse } from "./master/joins";
import { onRequest } from "./master/requests";
import { onHint, onRefuse, onResult, overtaken } from "./node/join";
import { MSG_MAGIC, msgCheck } from "./out";
import { timeCheck } from "./pause";
import { settle } from "./settle";
import { onPoll, onReport } from "./takeover/poll";
import { backOff, onPrevote, onPrevoteAck } from "./takeover/prevote";
import { hasOwnRole } from "./takeover/fsm";

export function clms_msg_receive(len: u32): i32 {
  if (self().started == 0) return -EPERM;
  const msg = changetype<Msg>(inbox());
  const wrong = headWrong(msg, len);
  const result = wrong != 0 ? -wrong : take(msg);
  if (result < 0) page().dropped += 1;
  return result;
}

/** 0, or the errno of what is wrong with the head. O(len). */
function headWrong(msg: Msg, len: u32): i32 {
  const pg = page();
  if (len < Msg_SIZE || len > MSG_MAX) return EMSGSIZE;
  if (<u32>msg.magic != MSG_MAGIC) return EPROTO;
  if (msg.len != len) return EMSGSIZE;
  if (msg.check != msgCheck(changetype<usize>(msg), len)) return EBADMSG;
  if (<u32>msg.proto > max<u32>(self().proto_max, PROTO_CURRENT)) return EPROTONOSUPPORT;
  const from: u32 = msg.from;
  const kind: u32 = msg.kind;
  if (from == 0 || from > NODE_MAX || kind == 0 || kind > MSG_META_PUT) return EPROTO;
  if (msg.to != pg.node) return EREMOTEIO;
  if (msg.cluster != self().cluster) {
    if (kind == MSG_JOIN) refuse(from, REFUSED_CLUSTER, 0);
    return kind == MSG_REFUSE && msg.aux == REFUSED_CLUSTER ? 0 : EREMOTEIO;
  }
  return from == <u32>pg.node ? EREMOTEIO : 0;
}

function take(msg: Msg): i32 {
  const from: u32 = msg.from;
  timeCheck();
  if (<u32>page().engine == ENGINE_HALTED) return 0;
  const peer = peerAt(from);
  const ent = entAt(from);
  if (fold().slot != 0 && msg.inc != 0) {
    if (ent.inc > msg.inc || (ent.inc == msg.inc && !isLive(ent.state))) {
      // It may ask for the log; and two parts that have removed each other have to find that out.
      const kind: u32 = msg.kind;
      if (kind == MSG_PULL) onPull(msg);
      else if (kind == MSG_REFUSE) onRefuse(msg);
      else refuse(from, REFUSED_EVICTED, ent.last_slot);
      settle();
      return kind == MSG_PULL || kind == MSG_REFUSE ? 0 : -ESTALE;
    }
    if (ent.inc == msg.inc) detectHeard(from);
  }
  peer.inc = msg.inc;
  const result = handle(msg);
  if (result >= 0) overtaken(from, msg.applied);
  settle();
  return result;
}

function handle(msg: Msg): i32 {
  switch (<u32>msg.kind) {
    case MSG_PROBE: { detectProbe(msg); return 0; }
    case MSG_PROBE_ACK: { detectProbeAck(msg); return 0; }
    case MSG_JOIN: return onJoin(msg);
    case MSG_REFUSE: return onRefuse(msg);
    case MSG_HINT: return onHint(msg);
    case MSG_STAGE: return onStage(msg);
    case MSG_COMMIT: return onCommit(msg);
    case MSG_LEARN: return onLearn(msg);
    case MSG_CHECKPOINT: return onCheckpoint(msg);
    case MSG_ACK: return onAck(msg);
    case MSG_NAK: return onNak(msg);
    case MSG_PREVOTE: return onPrevote(msg);
    case MSG_PREVOTE_ACK: return onPrevoteAck(msg);
    case MSG_POLL: return onPoll(msg);
    case MSG_REPORT: return onReport(msg);
    case MSG_PULL: return onPull(msg);
    case MSG_REQUEST: return onRequest(msg);
    case MSG_RESULT: return onResult(msg);
    case MSG_META_GET: return metaGet(msg);
    case MSG_META_PUT: return metaPut(msg, changetype<usize>(msg) + Msg_SIZE, msg.len - Msg_SIZE);
    default: return -EPROTO;
  }
}

/** Somebody has promised a higher ballot than this node's own. */
function onNak(msg: Msg): i32 {
  const me = self();
  me.round_seen = max<u64>(me.round_seen, msg.ballot >> 16);
  if (!hasOwnRole() || msg.ballot <= page().ballot) return 0;
  stepDown();
  backOff(page().now);
  return 0;
}
