// What the host may ask of its own node: settings, its state, an administrator's wish, answers to what the module asked.

import {
  EALREADY, EBUSY, EINVAL, ENOENT, ENOTCONN, EPERM, ERANGE, NODE_MAX, NS_COMINGUP, NS_GOINGDOWN, NS_SHUTDOWN, NS_UP,
  PARAM_AUTO_REJOIN, PARAM_BATCH_MS, PARAM_CALLBACK_MS, PARAM_LEASE_MS, PARAM_LOSSES, PARAM_POLL_MS, PARAM_PROBE_MS,
} from "../../abi/clms";
import { edgeLegal } from "../fold/edges";
import { MS, entAt, page, peerAt, self } from "../layout";
import { durableDone } from "../log/durable";
import { requestSound } from "../master/requests";
import { timeCheck } from "../pause";
import { settle } from "../settle";
import { leaseFor } from "../start/conf";
import { PEER_FENCED, PEER_FENCING } from "../structs";
import { arbiterAnswer } from "../takeover/arbiter";
import { completeTry } from "../takeover/complete";
import { requestTick } from "./join";

export function clms_param_set(key: u32, value: u32): i32 {
  const me = self();
  if (me.started == 0) return -EPERM;
  const ns = <u64>value * MS;
  if (key > PARAM_AUTO_REJOIN) return -EINVAL;
  if (key == PARAM_PROBE_MS && (value == 0 || value > 60_000)) return -ERANGE;
  if (key == PARAM_LOSSES && (value < 2 || value > 100)) return -ERANGE;
  if (key == PARAM_LEASE_MS && (value == 0 || ns >= me.probe_ns * me.losses)) return -ERANGE;
  if (key == PARAM_CALLBACK_MS && (value < 10 || value > 3_600_000)) return -ERANGE;
  if (key == PARAM_BATCH_MS && value > 60_000) return -ERANGE;
  if (key == PARAM_POLL_MS && (value == 0 || value > 60_000)) return -ERANGE;
  if (key == PARAM_AUTO_REJOIN && value > 1) return -ERANGE;
  if (key == PARAM_PROBE_MS) me.probe_ns = ns;
  else if (key == PARAM_LOSSES) me.losses = value;
  else if (key == PARAM_LEASE_MS) me.lease_ns = ns;
  else if (key == PARAM_CALLBACK_MS) me.callback_ns = ns;
  else if (key == PARAM_BATCH_MS) me.batch_ns = ns;
  else if (key == PARAM_POLL_MS) me.poll_ns = ns;
  else me.auto_rejoin = value;
  if (key <= PARAM_LOSSES) me.lease_ns = leaseFor(me.probe_ns, me.losses);
  settle();
  return 0;
}

export function clms_node_setstate(state: u32, deadline_ms: u32): i32 {
  const me = self();
  const pg = page();
  if (me.started == 0) return -EPERM;
  if (state != NS_UP && state != NS_SHUTDOWN && state != NS_GOINGDOWN) return -EINVAL;
  if (pg.inc == 0) return -ENOTCONN;
  const now: u32 = entAt(pg.node).state;
  if (now == state) return -EALREADY;
  // A node that is coming up may already say that it will be ready.
  if (!edgeLegal(now, state) && !(now == NS_COMINGUP && state == NS_UP)) return -EPERM;
  me.want = <u8>state;
  me.want_deadline = deadline_ms;
  me.want_since = pg.now;
  me.look_due = 1;
  me.ack_due = 1;
  settle();
  return 0;
}

export function clms_request(req: u32, node: u32, set_id: u32, arg_lo: u32, arg_hi: u32): i32 {
  const me = self();
  if (me.started == 0) return -EPERM;
  if (!requestSound(req, node, set_id)) return -EINVAL;
  if (me.req != 0) return -EBUSY;
  if (page().inc == 0) return -ENOTCONN;
  me.req = <u8>req;
  me.req_id = (me.req_id + 1) & 0x7fff_ffff;
  if (me.req_id == 0) me.req_id = 1;
  me.req_node = node;
  me.req_set = set_id;
  me.req_arg = <u64>arg_lo | (<u64>arg_hi << 32);
  me.req_next = page().now;
  const id = me.req_id;
  requestTick(page().now);
  settle();
  return <i32>id;
}

export function clms_fence_done(node: u32, inc: u32, ok: u32): i32 {
  if (node == 0 || node > NODE_MAX || ok > 1) return -EINVAL;
  const peer = peerAt(node);
  if ((peer.flags & PEER_FENCING) == 0 || peer.fence_inc != inc) return -ENOENT;
  peer.flags &= ~PEER_FENCING;
  if (ok != 0) peer.flags |= PEER_FENCED;
  self().look_due = 1;
  timeCheck();
  completeTry();
  settle();
  return 0;
}

export function clms_arb_answer(version_lo: u32, version_hi: u32, status: u32): i32 {
  if (self().started == 0) return -EPERM;
  const result = arbiterAnswer(<u64>version_lo | (<u64>version_hi << 32), status);
  if (result < 0) return result;
  completeTry();
  settle();
  return 0;
}

export function clms_durable_done(seq: u32): i32 {
  const result = durableDone(seq);
  if (result < 0) return result;
  settle();
  return 0;
}
