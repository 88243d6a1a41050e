// A pause is noticed at the beginning of every step, whatever begins it: a member that did not run for ten seconds blames
// itself, and nothing that it does next rests on what others seem to have missed meanwhile. Node 1 of 3.

import {
  ENGINE_MASTER, EVENT_PAUSED, EVENT_SUSPECT, Event, MODE_CLASSIC_FENCE, MSG_PROBE, NS_SHUTDOWN, NS_UP, PARAM_BATCH_MS,
  REQ_OVERRIDE,
} from "../../abi/clms";
import { detectDerive } from "../detect/observers";
import { detectHeard } from "../detect/probe";
import { derive } from "../fold/derive";
import { entAt, eventAt, fold, page, peerAt, self } from "../layout";
import { clms_msg_receive } from "../dispatch";
import { clms_durable_next } from "../log/durable";
import { clms_node_set_meta } from "../node/app";
import { clms_durable_done, clms_fence_done, clms_node_setstate, clms_param_set, clms_request } from "../node/exports";
import { PEER_FENCING } from "../structs";
import { clms_time_advance } from "../time";
import { message, sealed, settled, started } from "./bed";

const LONG: u64 = 10_000_000_000;

/** A member of three, well and in touch, nothing due. */
function member(mode: u32): void {
  started(1, 3, mode);
  for (let n: u32 = 1; n <= 3; n++) {
    entAt(n).state = <u8>NS_UP;
    entAt(n).inc = 1;
  }
  fold().nlive = fold().nup = 3;
  page().inc = 1;
  self().inc_given = 1;
  self().inc_known = 1;
  self().booting = 0;
  derive();
  detectDerive();
  page().now += 1;
  for (let n: u32 = 2; n <= 3; n++) detectHeard(n);
  page().master = 2;
  self().master_heard = page().now;
  expect<i32>(clms_time_advance()).toBe(0);
  settled();
  page().event_tail = page().event_head;
}
function events(type: u32): u32 {
  let count: u32 = 0;
  for (let i = page().event_tail; i != page().event_head; i++) count += u32(<u32>changetype<Event>(eventAt(i)).type == type);
  return count;
}

/** The k-th way to begin a step. */
function begins(k: u32): bool {
  if (k == 0) return clms_time_advance() == 0;
  if (k == 1) return clms_msg_receive(sealed(message(MSG_PROBE, 2, 0, 0))) == 0;
  if (k == 2) return clms_param_set(PARAM_BATCH_MS, 7) == 0;
  if (k == 3) return clms_node_setstate(NS_SHUTDOWN, 100) == 0;
  if (k == 4) return clms_request(REQ_OVERRIDE, 0, 0, 0, 0) > 0;
  if (k == 5) return clms_node_set_meta(8) == 0;
  if (k == 6) {
    peerAt(3).flags = PEER_FENCING;
    peerAt(3).fence_inc = 1;
    return clms_fence_done(3, 1, 0) == 0;
  }
  return clms_durable_done(page().durable_seq) == 0;
}

describe("a pause", () => {
  test("is noticed by whatever comes first after it, once", () => {
    for (let k: u32 = 0; k < 8; k++) {
      member(MODE_CLASSIC_FENCE);
      if (k == 7) {
        self().hdr_dirty = 1;
        expect<i32>(clms_durable_next()).toBe(1, "something is to be written");
      }
      page().lease_until = page().now + 2 * LONG;
      page().now += LONG;
      expect<bool>(begins(k)).toBe(true, "way " + k.toString());
      expect<u32>(events(EVENT_PAUSED)).toBe(1, "way " + k.toString());
      expect<u32>(events(EVENT_SUSPECT)).toBe(0);
      expect<bool>(page().now < page().lease_until).toBe(false, "its lease is over");
      expect<u64>(self().last_tick).toBe(page().now);
      clms_time_advance();
      expect<u32>(events(EVENT_PAUSED)).toBe(1);
      expect<u32>(events(EVENT_SUSPECT)).toBe(0);
    }
  });

  test("is none while the host comes when it is asked to, or a little later", () => {
    member(MODE_CLASSIC_FENCE);
    for (let i: u32 = 0; i < 20; i++) {
      page().now = page().deadline + max<u64>(self().lease_ns >> 1, 2 * self().probe_ns);
      clms_param_set(PARAM_BATCH_MS, i);
      clms_time_advance();
      settled();
    }
    expect<u32>(events(EVENT_PAUSED)).toBe(0);
    page().now = page().deadline + max<u64>(self().lease_ns >> 1, 2 * self().probe_ns) + 1;
    clms_param_set(PARAM_BATCH_MS, 1);
    expect<u32>(events(EVENT_PAUSED)).toBe(1);
  });

  test("too short to be called one makes a master wait for leases as much longer", () => {
    member(MODE_CLASSIC_FENCE);
    page().engine = <u8>ENGINE_MASTER;
    const then = page().now;
    const gap = self().lease_ns >> 3;
    peerAt(2).vouched = peerAt(2).ack_at = then;
    peerAt(3).vouched = peerAt(3).ack_at = 0;
    self().lease_barrier = then + 5;
    page().deadline = then + 7;
    page().now = then + 7 + gap;
    clms_param_set(PARAM_BATCH_MS, 1);
    expect<u32>(events(EVENT_PAUSED)).toBe(0);
    expect<u64>(self().lease_barrier).toBe(then + 5 + gap);
    expect<u64>(peerAt(2).vouched).toBe(then + gap);
    expect<u64>(peerAt(2).ack_at).toBe(then + gap);
    expect<u64>(peerAt(3).vouched).toBe(0, "it was never vouched for");
    page().now += 7;
    page().deadline = page().now;
    clms_param_set(PARAM_BATCH_MS, 1);
    expect<u64>(peerAt(2).vouched).toBe(then + gap, "on time");
  });

  test("of a master: what it seems to have missed is held against nobody, whatever it does first", () => {
    for (let k: u32 = 2; k < 5; k++) {
      member(MODE_CLASSIC_FENCE);
      page().engine = <u8>ENGINE_MASTER;
      page().master = 1;
      page().promised = page().ballot = 0x1_0001;
      self().quorum_at = page().now;
      self().next_beat = page().now + 1;
      page().deadline = page().now + 1;
      page().now += LONG;
      begins(k);
      expect<u64>(self().master_since).toBe(page().now);
      expect<u64>(self().lease_barrier).toBe(page().now + self().lease_ns + (self().lease_ns >> 2));
      for (let n: u32 = 1; n <= 3; n++) expect<u64>(peerAt(n).done_since).toBe(page().now);
    }
  });
});
