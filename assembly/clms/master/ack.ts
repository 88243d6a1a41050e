// What the members say: ACK to the master. Everything a member wants or knows is in each ACK, so a lost one does no harm.

import {
  Ack, Ack_SIZE, Ack_suspect_OFF, ENGINE_MASTER, EPROTO, META_MAX, Msg, Msg_SIZE, NODE_MAX, NS_DOWN, PHASE_NONE, SUSPECTS_MAX,
} from "../../abi/clms";
import { entAt, fold, page, peerAt, self } from "../layout";
import { Peer, Peer_suspect_OFF } from "../structs";
import { syncPeer } from "./beat";

export function onAck(msg: Msg): i32 {
  if (msg.len != Msg_SIZE + Ack_SIZE) return -EPROTO;
  const pg = page();
  const at = changetype<usize>(msg) + Msg_SIZE;
  const ack = changetype<Ack>(at);
  if (<u32>ack.nsuspect > SUSPECTS_MAX || <u32>ack.want > NS_DOWN || ack.meta_len > META_MAX) return -EPROTO;
  if (<u32>pg.engine != ENGINE_MASTER || msg.ballot != pg.ballot) return 0;
  // Nobody can have accepted, or acknowledged, what this master has not sent.
  if (msg.slot > pg.last || msg.aux > pg.now || msg.applied > pg.applied || ack.done > pg.applied) return -EPROTO;
  const n: u32 = msg.from;
  const peer = peerAt(n);
  // Two processes may go by one number (a disk lost and found, a copy started by mistake): what one has is not what the other has.
  const known = peer.ack_ballot == pg.ballot && peer.ack_inc == msg.inc && peer.lineage == msg.lineage;
  // An old one; of a node that has restarted, its clock may have begun anew.
  if (known && msg.inc != 0 && msg.clock < peer.ack_clock) return 0;
  peer.match = known ? max<u64>(peer.match, msg.slot) : msg.slot;
  peer.ack_ballot = pg.ballot;
  peer.ack_inc = msg.inc;
  peer.lineage = msg.lineage;
  peer.ack_clock = msg.clock;
  peer.ack_echo = max<u64>(peer.ack_echo, msg.aux);
  peer.applied = msg.applied;
  // A restarted node's acceptances count, but it is not the member that the others wait for.
  if (msg.inc != 0 && msg.inc == entAt(n).inc) {
    peer.ack_at = pg.now;
    peer.live_clock = msg.clock;
    takeWishes(peer, ack, at);
  }
  syncPeer(n);
  return 0;
}

function takeWishes(peer: Peer, ack: Ack, at: usize): void {
  const now = page().now;
  const f = fold();
  const told = ack.done == peer.done || (<u32>f.phase == PHASE_NONE && f.ncoming == 0);
  const same = told && ack.want == peer.want && ack.meta_hash == peer.meta_hash && ack.svc_free == peer.svc_free;
  if (!same || ack.svc_bad != peer.svc_bad || ack.nsuspect != 0 || peer.nsuspect != 0) self().look_due = 1;
  if (ack.done != peer.done || ack.done >= page().applied) peer.done_since = now;
  peer.done = ack.done;
  if (peer.want != ack.want) peer.want_at = now;
  peer.want = ack.want;
  peer.deadline_ms = ack.deadline_ms;
  peer.meta_len = ack.meta_len;
  peer.meta_hash = ack.meta_hash;
  peer.svc_free = ack.svc_free;
  peer.svc_bad = ack.svc_bad;
  peer.nsuspect = 0;
  for (let i: u32 = 0, n: u32 = ack.nsuspect; i < n; i++) {
    const x: u32 = load<u16>(at + (i << 1), Ack_suspect_OFF);
    if (x == 0 || x > NODE_MAX) continue;
    store<u16>(changetype<usize>(peer) + (<u32>peer.nsuspect << 1), <u16>x, Peer_suspect_OFF);
    peer.nsuspect += 1;
  }
}
