// The gate: closed from acceptance until everything is whole; what reads and tokens say meanwhile.

import {
  CALL_RESYNC, EAGAIN, EINVAL, ENOENT, ENOTCONN, EOVERFLOW, EREMOTE, EREMOTEIO, EUCLEAN, EVENT_GATE, KIND_NODE, KIND_SET_BEGIN,
  KIND_SET_END, NODE_MAX, NS_COMINGUP, NS_KCLEANUP, NS_SHUTDOWN, NS_UP, PHASE_KERNEL, RING_MAX, STAGE_UNKNOWN, STAMP_DELIVER,
  STAMP_HOLD, STAMP_REFUSE, Stamp, Token, Token_SIZE,
} from "../../../abi/clms";
import { entAt, inbox, outbox, page, recAt } from "../../layout";
import { appResync } from "../applied";
import { clms_gate_enter, gateSettle } from "../gate";
import { clms_membership, clms_node_get } from "../membership";
import { clms_stamp_check, clms_stamp_get } from "../stamp";
import { subsysDone, subsysRegister } from "../subsys";
import { clms_token_check, clms_token_get } from "../token";
import { CLUSTER, EVIDENCE, ME, begin, coming, decide, eventCount, eventsRead, goes, lastEvent, phase, put, stage, subsysConf, up } from "./world";

function err(e: u32): i32 { return -<i32>e; }

/** The token of this moment, moved from the outbox to the inbox. */
function carry(): Token {
  expect<i32>(clms_token_get()).toBe(<i32>outbox());
  memory.copy(inbox(), outbox(), Token_SIZE);
  return changetype<Token>(inbox());
}

/** A stamp to node `to`, as node `from` (live, in its present incarnation) would make it. */
function stamped(from: u32, to: u32): Stamp {
  const stamp = changetype<Stamp>(inbox());
  memory.fill(inbox(), 0, 32);
  stamp.cluster = CLUSTER;
  stamp.slot = page().applied;
  stamp.node = <u16>from;
  stamp.inc = entAt(from).inc;
  stamp.to = <u16>to;
  stamp.to_inc = entAt(to).inc;
  return stamp;
}

describe("gate", () => {
  test("a node that is no member is refused as such, and sees its gate closed", () => {
    begin();
    expect<i32>(clms_gate_enter()).toBe(err(ENOTCONN));
    expect<u32>(page().gate & 1).toBe(1);
    up(2);
    expect<i32>(clms_membership()).toBe(err(ENOTCONN));
    expect<i32>(clms_token_get()).toBe(err(ENOTCONN));
  });

  test("opens with this node's own COMINGUP, closes with its eviction", () => {
    begin();
    coming(ME);
    const gate = clms_gate_enter();
    expect<bool>(gate >= 0 && gate % 2 == 0).toBe(true);
    goes(ME, NS_UP);
    up(2);
    phase(ME, PHASE_KERNEL, 1);
    expect<i32>(clms_gate_enter()).toBe(err(ENOTCONN));
    expect<u32>(page().gate & 1).toBe(1);
  });

  test("is closed from acceptance to application, and names the slot", () => {
    begin();
    up(ME);
    const before = clms_gate_enter();
    const slot = stage(KIND_NODE, 2, NS_COMINGUP, 1, 0, 77).slot;
    gateSettle();
    page().wait_slot = 0;
    expect<i32>(clms_gate_enter()).toBe(err(EAGAIN));
    expect<u64>(page().wait_slot).toBe(slot);
    decide();
    gateSettle();
    expect<bool>(clms_gate_enter() > before).toBe(true);
  });

  test("a record that is applied at one go changes its number all the same", () => {
    begin();
    up(ME);
    const before = clms_gate_enter();
    up(2);
    const after = clms_gate_enter();
    expect<bool>(after > before && after % 2 == 0).toBe(true);
  });

  test("is closed inside a set, even if nothing more is accepted", () => {
    begin();
    up(ME);
    up(2);
    put(KIND_SET_BEGIN, 0, 0, 0, 1, PHASE_KERNEL);
    put(KIND_NODE, 2, NS_KCLEANUP, 4, 1, EVIDENCE);
    expect<i32>(clms_membership()).toBe(err(EAGAIN));
    expect<u64>(page().wait_slot).toBe(page().applied + 1);
    put(KIND_SET_END, 0, 0, 0, 1, PHASE_KERNEL);
    expect<i32>(clms_membership()).toBe(1);
  });

  test("is closed while a callback runs, and while a subsystem takes the membership anew", () => {
    begin();
    up(ME);
    subsysConf(65, 0);
    expect<i32>(subsysRegister()).toBe(0);
    expect<i32>(clms_gate_enter()).toBe(err(EAGAIN));
    expect<i32>(subsysDone(0, <u32>page().applied, 0, 0)).toBe(0);
    expect<bool>(clms_gate_enter() >= 0).toBe(true);
    const slot = coming(2);
    expect<i32>(clms_gate_enter()).toBe(err(EAGAIN));
    expect<u64>(page().wait_slot).toBe(slot);
    expect<i32>(subsysDone(0, <u32>slot, 0, 0)).toBe(0);
    expect<bool>(clms_gate_enter() >= 0).toBe(true);
    appResync();
    expect<i32>(clms_gate_enter()).toBe(err(EAGAIN));
    expect<u64>(page().done).toBe(page().applied);
    expect<i32>(subsysDone(0, <u32>slot, 0, 0)).toBe(0);
    expect<bool>(clms_gate_enter() >= 0).toBe(true);
  });

  test("tells each turn once, and its number stays positive", () => {
    begin();
    page().gate = 0x7fff_ffff;
    eventsRead();
    up(ME);
    expect<i32>(clms_gate_enter() % 2).toBe(0);
    expect<u32>(page().gate >> 31).toBe(0);
    expect<u32>(lastEvent(EVENT_GATE).new).toBe(1);
    const turns = eventCount(EVENT_GATE);
    gateSettle();
    expect<u32>(eventCount(EVENT_GATE)).toBe(turns);
  });
});

describe("membership", () => {
  test("nodes that are UP, in order, behind the token", () => {
    begin();
    up(3);
    up(ME);
    coming(2);
    up(5);
    goes(5, NS_SHUTDOWN);
    expect<i32>(clms_membership()).toBe(2);
    expect<u16>(load<u16>(outbox() + Token_SIZE)).toBe(1);
    expect<u16>(load<u16>(outbox() + Token_SIZE, 2)).toBe(3);
    const token = changetype<Token>(outbox());
    expect<u64>(token.slot).toBe(page().applied);
    expect<u64>(token.hash).toBe(recAt(token.slot).self_hash);
    expect<u64>(token.cluster).toBe(CLUSTER);
  });

  test("an entry is given at any time, if there is one", () => {
    begin();
    expect<i32>(clms_node_get(0)).toBe(err(EINVAL));
    expect<i32>(clms_node_get(NODE_MAX + 1)).toBe(err(EINVAL));
    expect<i32>(clms_node_get(6)).toBe(err(ENOENT));
    expect<i32>(clms_node_get(5)).toBe(<i32>changetype<usize>(entAt(5)));
  });
});

describe("token", () => {
  test("the slot itself suffices, the one before does not", () => {
    begin();
    up(ME);
    const token = carry();
    expect<i32>(clms_token_check()).toBe(0);
    token.slot += 1;
    expect<i32>(clms_token_check()).toBe(err(EAGAIN));
    expect<u64>(page().wait_slot).toBe(page().applied + 1);
    coming(2);
    token.hash = recAt(page().applied).self_hash;
    expect<i32>(clms_token_check()).toBe(0);
  });

  test("waits for the callbacks of its slot", () => {
    begin();
    up(ME);
    subsysConf(65, 0);
    subsysRegister();
    subsysDone(0, <u32>page().applied, 0, 0);
    const token = carry();
    const slot = coming(2);
    changetype<Token>(inbox()).slot = slot;
    token.hash = recAt(slot).self_hash;
    expect<i32>(clms_token_check()).toBe(err(EAGAIN));
    subsysDone(0, <u32>slot, 0, 0);
    expect<i32>(clms_token_check()).toBe(0);
  });

  test("another cluster, another history, too old", () => {
    begin();
    up(ME);
    const token = carry();
    const old = token.slot;
    token.cluster += 1;
    expect<i32>(clms_token_check()).toBe(err(EREMOTEIO));
    token.cluster -= 1;
    token.hash ^= 1;
    expect<i32>(clms_token_check()).toBe(err(EUCLEAN));
    coming(2);
    expect<i32>(clms_token_check()).toBe(err(EUCLEAN));
    token.hash ^= 1;
    expect<i32>(clms_token_check()).toBe(0);
    recAt(old).stage = <u8>STAGE_UNKNOWN;
    expect<i32>(clms_token_check()).toBe(err(EOVERFLOW));
    recAt(old).stage = 2;
    page().low = old + 1;
    expect<i32>(clms_token_check()).toBe(err(EOVERFLOW));
    token.slot = old + RING_MAX;
    expect<i32>(clms_token_check()).toBe(err(EAGAIN));
  });
});

describe("stamp", () => {
  test("names both ends as they are now", () => {
    begin();
    expect<i32>(clms_stamp_get(2)).toBe(err(ENOTCONN));
    up(ME);
    expect<i32>(clms_stamp_get(0)).toBe(err(EINVAL));
    expect<i32>(clms_stamp_get(NODE_MAX + 1)).toBe(err(EINVAL));
    expect<i32>(clms_stamp_get(2)).toBe(err(EREMOTE));
    up(2);
    expect<i32>(clms_stamp_get(2)).toBe(<i32>outbox());
    const stamp = changetype<Stamp>(outbox());
    expect<u64>(stamp.slot).toBe(page().applied);
    expect<u32>(stamp.node).toBe(ME);
    expect<u32>(stamp.inc).toBe(1);
    expect<u32>(stamp.to).toBe(2);
    expect<u32>(stamp.to_inc).toBe(1);
  });

  test("delivers between live incarnations, holds what is ahead", () => {
    begin();
    up(ME);
    up(2);
    const stamp = stamped(2, ME);
    expect<i32>(clms_stamp_check()).toBe(STAMP_DELIVER);
    stamp.slot += 5;
    expect<i32>(clms_stamp_check()).toBe(STAMP_HOLD);
    expect<u64>(page().wait_slot).toBe(stamp.slot);
    stamp.cluster ^= 1;
    expect<i32>(clms_stamp_check()).toBe(err(EREMOTEIO));
  });

  test("refuses what is from or for an incarnation that is gone, and nonsense", () => {
    begin();
    up(ME);
    up(2);
    const stamp = stamped(2, ME);
    stamp.to_inc = 2;
    expect<i32>(clms_stamp_check()).toBe(STAMP_REFUSE);
    stamp.to_inc = 1;
    stamp.to = 2;
    expect<i32>(clms_stamp_check()).toBe(STAMP_REFUSE);
    stamp.to = <u16>ME;
    stamp.inc = 0;
    expect<i32>(clms_stamp_check()).toBe(STAMP_REFUSE);
    stamp.inc = 1;
    stamp.node = 0xffff;
    expect<i32>(clms_stamp_check()).toBe(STAMP_REFUSE);
    stamp.node = 2;
    phase(2, PHASE_KERNEL, 1);
    expect<i32>(clms_stamp_check()).toBe(STAMP_REFUSE);
    phase(ME, PHASE_KERNEL, 1);
    expect<i32>(clms_stamp_check()).toBe(err(ENOTCONN));
  });
});
