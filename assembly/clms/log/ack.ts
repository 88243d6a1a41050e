// The member's answer to its master: how far it is, what it wants, whom it misses. What it says of acceptance is durable.

import {
  Ack, Ack_SIZE, Ack_suspect_OFF, ENGINE_FOLLOWER, ENGINE_OBSERVER, MSG_ACK, Msg_SIZE,
} from "../../abi/clms";
import { since } from "../../lib/span";
import { serviceBadBits, serviceFreeBits } from "../app/service";
import { detectSuspects } from "../detect/probe";
import { page, self } from "../layout";
import { msgBegin, msgSend } from "../out";

/** Sends what is due, if there is a master to send it to. */
export function ackSettle(): void {
  const me = self();
  const pg = page();
  if (me.ack_due == 0) return;
  const engine: u32 = pg.engine;
  if (pg.master == 0 || pg.master == pg.node || (engine != ENGINE_FOLLOWER && engine != ENGINE_OBSERVER)) return;
  // To a master that has fallen silent it would only lengthen what that one may vouch for: it waits for a sign of life.
  if (since(pg.now, me.master_heard) > me.probe_ns) return;
  me.ack_due = 0;
  const msg = msgBegin(MSG_ACK, pg.master, Ack_SIZE);
  const at = changetype<usize>(msg) + Msg_SIZE;
  const ack = changetype<Ack>(at);
  memory.fill(at, 0, Ack_SIZE);
  msg.ballot = pg.ballot;
  msg.slot = me.durable_ballot == pg.ballot ? max<u64>(min<u64>(me.durable_slot, pg.stored), pg.applied) : pg.applied;
  msg.aux = me.echo_clock;
  ack.done = pg.done;
  ack.want = me.want;
  ack.deadline_ms = me.want_deadline;
  ack.health = pg.health;
  ack.lease = pg.lease;
  ack.meta_len = me.meta_len;
  ack.meta_hash = me.meta_hash;
  serviceFreeBits(at + offsetof<Ack>("svc_free"));
  serviceBadBits(at + offsetof<Ack>("svc_bad"));
  ack.nsuspect = <u8>detectSuspects(at + Ack_suspect_OFF);
  me.master_acked = pg.now;
  msgSend(msg);
}
