// How long a question is open, how long others keep still for it, and who agrees that the master is missed. Node 1 of 3.

import {
  ENGINE_ARBITER, ENGINE_FENCE, ENGINE_FOLLOWER, ENGINE_POLL, MODE_CLASSIC_FENCE, MSG_POLL, MSG_PREVOTE, MSG_PREVOTE_ACK, Msg,
} from "../../../abi/clms";
import { basicMiss, missNs } from "../../detect/limits";
import { page, peerAt, self } from "../../layout";
import { clms_msg_next } from "../../out";
import { PEER_REPORTED } from "../../structs";
import { drained, message, settled, started } from "../../__tests__/bed";
import { pollAsk } from "../ask";
import { completeTry } from "../complete";
import { onPoll } from "../poll";
import { askTime, askTimeMore, onPrevote, roundTrip } from "../prevote";

const C: u64 = 0x2_0003;

/** The answer of the next PREVOTE_ACK. */
function answer(from: u32): u64 {
  drained();
  onPrevote(message(MSG_PREVOTE, from, 0, 1));
  let aux: u64 = 9;
  while (clms_msg_next() == 1) {
    const msg = changetype<Msg>(<usize>page().msg_addr);
    if (<u32>msg.kind == MSG_PREVOTE_ACK) aux = msg.aux;
  }
  return aux;
}

describe("the time that a question is open", () => {
  test("grows with each attempt that failed, up to what others grant", () => {
    started(1, 3);
    const first = askTime();
    expect<u64>(first).toBe(self().poll_ns);
    expect<u64>(askTimeMore()).toBe(0);
    for (let k: u32 = 1; k < 40; k++) {
      self().retry = k;
      const more = min<u64>((first << min<u32>(k, 4)) - first, 4 * basicMiss());
      expect<u64>(askTimeMore()).toBe(more, k.toString());
      expect<u64>(askTime()).toBe(first + more);
    }
    self().poll_ns = 1_000_000;
    expect<u64>(askTimeMore()).toBe(15_000_000, "sixteen times at most");
    peerAt(2).rtt_ns = <u32>self().poll_ns;
    self().retry = 0;
    expect<u64>(askTime()).toBe(2 * roundTrip(), "twice the way there and back");
    expect<bool>(roundTrip() >= self().poll_ns).toBe(true);
  });

  test("is said in the POLL, and whoever promises keeps still so long beyond the usual, within reason", () => {
    started(1, 3);
    self().retry = 2;
    page().engine = <u8>ENGINE_POLL;
    settled();
    pollAsk();
    expect<i32>(clms_msg_next()).toBe(1);
    const sent = changetype<Msg>(<usize>page().msg_addr);
    expect<u32>(sent.kind).toBe(MSG_POLL);
    expect<u64>(sent.aux).toBe(askTimeMore());
    started(1, 3);
    const msg = message(MSG_POLL, 3, C, 1);
    msg.aux = 5_000_000;
    expect<i32>(onPoll(msg)).toBe(0);
    expect<u64>(self().master_heard).toBe(page().now + 5_000_000);
    msg.aux = u64.MAX_VALUE;
    expect<i32>(onPoll(msg)).toBe(0);
    expect<u64>(self().master_heard).toBe(page().now + 4 * missNs());
  });
});

describe("a POLL", () => {
  test("goes to those that have not reported; to everybody, while a fence or the arbiter is waited for", () => {
    for (let engine: u32 = ENGINE_POLL; engine <= ENGINE_ARBITER; engine++) {
      started(1, 3);
      page().engine = <u8>engine;
      peerAt(2).flags = PEER_REPORTED;
      settled();
      pollAsk();
      expect<u32>(drained(MSG_POLL)).toBe(engine == ENGINE_POLL ? 1 : 2, engine.toString());
    }
  });

  test("is given up when a fence is not confirmed in twenty times its time", () => {
    started(1, 3, MODE_CLASSIC_FENCE);
    page().engine = <u8>ENGINE_FENCE;
    page().promised = page().ballot = 0x1_0001;
    self().phase_until = page().now;
    self().merge_wait = page().applied;
    page().now += 20 * self().poll_ns;
    completeTry();
    expect<u32>(page().engine).toBe(ENGINE_FENCE, "not yet");
    page().now += 1;
    completeTry();
    expect<u32>(page().engine).toBe(ENGINE_FOLLOWER);
    expect<u32>(self().retry).toBe(1);
  });
});

describe("a node that is asked whether it misses the master, too", () => {
  test("says what it has not heard, one beat early, however unwell it is itself", () => {
    for (let health: u32 = 0; health < 4; health++) {
      started(1, 3);
      page().master = 2;
      page().health = <u8>health;
      const edge = self().master_heard + basicMiss() - self().probe_ns;
      page().now = edge;
      expect<u64>(answer(3)).toBe(0);
      page().now = edge + 1;
      expect<u64>(answer(3)).toBe(1, health.toString());
    }
  });

  test("agrees at once with the master itself", () => {
    started(1, 3);
    page().master = 2;
    expect<u64>(answer(3)).toBe(0);
    expect<u64>(answer(2)).toBe(1);
  });
});
