// A node that hears that another has applied more asks it, when no master sends it anything: at most once in an interval.

import { MSG_HINT, MSG_PULL, MSG_RESULT } from "../../../abi/clms";
import { clms_msg_receive } from "../../dispatch";
import { missNs } from "../../detect/limits";
import { NEVER, page, self } from "../../layout";
import { drained, lastSlot, lastTo, message, sealed, settled, started, START } from "../../__tests__/bed";
import { overtaken } from "../join";

/** Node 1 of 3, whose master has been silent for `silence`; it asks nobody by itself. */
function lonely(silence: u64): void {
  started(1, 3);
  self().next_join = NEVER;
  self().master_heard = START;
  self().last_tick = page().now = START + silence;
  page().deadline = NEVER;
  drained();
}
function pulls(): u32 { return drained(MSG_PULL); }

describe("a node that is overtaken", () => {
  test("asks who knows more, when the master is silent for longer than is good", () => {
    lonely(0);
    page().now = START + missNs();
    overtaken(3, 9);
    expect<u32>(pulls()).toBe(0, "a master would send it");
    page().now += 1;
    overtaken(3, 9);
    expect<u32>(pulls()).toBe(1);
    expect<u32>(lastTo).toBe(3);
    expect<u64>(lastSlot).toBe(1, "from what is applied here");
  });

  test("asks nobody who knows no more", () => {
    lonely(missNs() + 1);
    overtaken(3, 0);
    overtaken(3, 1);
    expect<u32>(pulls()).toBe(0);
    expect<u64>(self().pull_next).toBe(0, "which costs it nothing");
    overtaken(3, 2);
    expect<u32>(pulls()).toBe(1);
  });

  test("asks once in an interval, whoever and however many speak", () => {
    lonely(missNs() + 1);
    for (let i: u32 = 0; i < 50; i++) overtaken(2 + (i & 1), 9 + i);
    expect<u32>(pulls()).toBe(1);
    page().now += self().probe_ns - 1;
    overtaken(2, 99);
    expect<u32>(pulls()).toBe(0);
    page().now += 1;
    overtaken(2, 99);
    overtaken(3, 99);
    expect<u32>(pulls()).toBe(1);
    expect<u32>(lastTo).toBe(2);
  });

  test("notices it by any good message, and by none that is refused", () => {
    lonely(missNs() + 1);
    const msg = message(MSG_HINT, 2, 0, 0);
    msg.applied = 5;
    msg.cluster += 1;
    expect<bool>(clms_msg_receive(sealed(msg)) < 0).toBe(true);
    expect<u32>(pulls()).toBe(0, "of another cluster");
    const bad = message(MSG_RESULT, 2, 0, 0);
    bad.applied = 5;
    expect<bool>(clms_msg_receive(sealed(bad)) < 0).toBe(true, "a RESULT without a body");
    expect<u32>(pulls()).toBe(0);
    const good = message(MSG_HINT, 2, 0, 0);
    good.applied = 5;
    expect<i32>(clms_msg_receive(sealed(good))).toBe(0);
    expect<u32>(pulls()).toBe(1);
    expect<u32>(lastTo).toBe(2);
    settled();
  });
});
