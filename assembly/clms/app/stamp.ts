// Data in transit: what is sent names the incarnations of both ends and the slot its sender had applied. The receiver
// first catches up with that slot, then compares: data of an incarnation that is gone, or for one, is refused.

import {
  EINVAL, ENOTCONN, EREMOTE, EREMOTEIO, NODE_MAX, STAMP_DELIVER, STAMP_HOLD, STAMP_REFUSE, Stamp, Stamp_SIZE,
} from "../../abi/clms";
import { entAt, inbox, outbox, page, self } from "../layout";
import { liveAs, selfLive } from "./live";

export function clms_stamp_get(to: u32): i32 {
  if (to == 0 || to > NODE_MAX) return -EINVAL;
  if (!selfLive()) return -ENOTCONN;
  if (!liveAs(to, entAt(to).inc)) return -EREMOTE;
  const pg = page();
  const stamp = changetype<Stamp>(outbox());
  memory.fill(outbox(), 0, Stamp_SIZE);
  stamp.cluster = self().cluster;
  stamp.slot = pg.applied;
  stamp.node = pg.node;
  stamp.inc = pg.inc;
  stamp.to = <u16>to;
  stamp.to_inc = entAt(to).inc;
  return <i32>outbox();
}

export function clms_stamp_check(): i32 {
  const pg = page();
  const stamp = changetype<Stamp>(inbox());
  if (stamp.cluster != self().cluster) return -EREMOTEIO;
  if (!selfLive()) return -ENOTCONN;
  if (stamp.slot > pg.applied) {
    pg.wait_slot = stamp.slot;
    return STAMP_HOLD;
  }
  const meant = stamp.to == pg.node && stamp.to_inc == pg.inc;
  return meant && liveAs(stamp.node, stamp.inc) ? STAMP_DELIVER : STAMP_REFUSE;
}
