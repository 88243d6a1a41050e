// What specs of a master stand on: node 1 is master of ballot B, slot 1 is applied, everybody observes everybody. Profile LAN.

import { ENGINE_MASTER, Event, NS_COMINGUP, NS_GOINGDOWN, NS_UP } from "../../../abi/clms";
import { detectDerive } from "../../detect/observers";
import { derive } from "../../fold/derive";
import { MS, entAt, eventAt, fold, page, peerAt, self } from "../../layout";
import { PEER_DEAD, PEER_EVICT, PEER_SUSPECT, Peer_suspect_OFF } from "../../structs";
import { foldOf } from "../../__tests__/bed";

export const B: u64 = 0x3_0001;
export const NOW: u64 = 1_000_000 * MS;
export const LEASE: u64 = 560 * MS;
export const POLL: u64 = 400 * MS;
export const MISS: u64 = 800 * MS;

/** n voters, all UP and done; of `acked` (bits) have accepted all that there is in this ballot. */
export function cluster(n: u32, mode: u32, acked: u32): void {
  foldOf(n, mode);
  page().now = NOW;
  page().node = 1;
  page().master = 1;
  page().engine = <u8>ENGINE_MASTER;
  page().inc = 1;
  page().ballot = page().promised = B;
  page().lineage = 1;
  page().done = 1;
  self().durable_ballot = B;
  self().durable_slot = u64.MAX_VALUE;
  self().batch_first = 2;
  self().probe_ns = 200 * MS;
  self().losses = 4;
  self().lease_ns = LEASE;
  self().poll_ns = POLL;
  self().callback_ns = 30_000 * MS;
  for (let i: u32 = 1; i <= n; i++) {
    entAt(i).state = <u8>NS_UP;
    entAt(i).inc = 1;
    const peer = peerAt(i);
    peer.lineage = 1;
    peer.applied = peer.done = 1;
    peer.heard = peer.ack_at = peer.done_since = NOW;
    if (((acked >> i) & 1) == 0) continue;
    peer.ack_ballot = B;
    peer.match = u64.MAX_VALUE;
  }
  fold().nlive = fold().nup = <u16>n;
  derive();
  detectDerive();
}
/** Node n is in another state. */
export function state(n: u32, to: u32): void {
  const live = to >= NS_COMINGUP && to <= NS_GOINGDOWN;
  entAt(n).state = <u8>to;
  fold().nlive = <u16>(<u32>fold().nlive - u32(!live));
  fold().nup = <u16>(<u32>fold().nup - 1);
  fold().ncoming = <u16>(<u32>fold().ncoming + u32(to == NS_COMINGUP));
  derive();
  detectDerive();
}
/** The host's word: this incarnation of node n is dead. */
export function dead(n: u32): void {
  peerAt(n).flags |= PEER_DEAD;
  peerAt(n).fence_inc = 1;
}
/** Node n is to go for this cause, whatever the detector says. */
export function evict(n: u32, cause: u32): void {
  peerAt(n).flags |= PEER_EVICT;
  peerAt(n).cause = <u16>cause;
}
/** Node n is silent, and all others of `top` nodes say so. */
export function missed(n: u32, top: u32): void {
  peerAt(n).flags |= PEER_SUSPECT;
  peerAt(n).heard = peerAt(n).ack_at = 1;
  for (let o: u32 = 2; o <= top; o++) {
    if (o == n) continue;
    store<u16>(changetype<usize>(peerAt(o)), <u16>n, Peer_suspect_OFF);
    peerAt(o).nsuspect = 1;
  }
}
/** Has a peer this flag? */
export function has(n: u32, flag: u32): bool { return (peerAt(n).flags & flag) != 0; }
/** Events of a type so far. */
export function events(type: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < page().event_head; i++) count += u32(<u32>changetype<Event>(eventAt(i)).type == type);
  return count;
}
