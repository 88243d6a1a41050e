// The local-health score: what raises it, how fast, and how it comes down.

import { CONFF_EXTERNAL, MSG_PROBE } from "../../../abi/clms";
import { page, peerAt, self } from "../../layout";
import { healthTick, healthWorse } from "../health";
import { PEER_SUSPECT } from "../../structs";
import { detectHeard, detectProbe, detectTick } from "../probe";
import { INC, MISS, MS, PROBE, START, cluster, message, run } from "./world";

const ALL: u64 = 0b111100;
const SECOND: u64 = 1000 * MS;

function suspects(): u32 {
  let count: u32 = 0;
  for (let n: u32 = 1; n <= 5; n++) count += u32((peerAt(n).flags & PEER_SUSPECT) != 0);
  return count;
}

describe("local health", () => {
  test("a tick that is late by more than half an interval costs one; by less nothing", () => {
    cluster(5, 1, 0);
    run(START + 10 * PROBE, ALL);
    const due = self().next_probe;
    page().now = due + PROBE / 2;
    for (let n: u32 = 2; n <= 5; n++) detectHeard(n);
    detectTick(page().now);
    expect<u32>(page().health).toBe(0);
    page().now = self().next_probe + PROBE / 2 + 1;
    for (let n: u32 = 2; n <= 5; n++) detectHeard(n);
    detectTick(page().now);
    expect<u32>(page().health).toBe(1);
  });

  test("goes up once in an interval, to 8 and not above", () => {
    cluster(5, 1, 0);
    healthWorse(START);
    healthWorse(START + 1);
    healthWorse(START + PROBE - 1);
    expect<u32>(page().health).toBe(1);
    for (let i: u32 = 1; i <= 20; i++) healthWorse(START + i * PROBE);
    expect<u32>(page().health).toBe(8);
    expect<u64>(self().health_ok).toBe(START + 20 * PROBE);
  });

  test("comes down by one a second", () => {
    cluster(5, 1, 0);
    page().health = 3;
    run(START + SECOND - 1, ALL);
    expect<u32>(page().health).toBe(3);
    run(START + SECOND, ALL);
    expect<u32>(page().health).toBe(2);
    run(START + 3 * SECOND - 1, ALL);
    expect<u32>(page().health).toBe(1);
    run(START + 3 * SECOND, ALL);
    expect<u32>(page().health).toBe(0);
    run(START + 100 * SECOND, ALL);
    expect<u32>(page().health).toBe(0);
  });

  test("several seconds at once count, and none below zero", () => {
    cluster(5, 1, 0);
    page().health = 8;
    self().flags = CONFF_EXTERNAL;
    detectTick(START + 5 * SECOND + 1);
    expect<u32>(page().health).toBe(3);
    expect<u64>(self().health_ok).toBe(START + 5 * SECOND);
    detectTick(START + 500 * SECOND);
    expect<u32>(page().health).toBe(0);
  });

  test("a probe that calls this node a suspect costs one, from a live incarnation only", () => {
    cluster(5, 1, 0);
    const msg = message(MSG_PROBE, 4, INC);
    detectProbe(msg);
    expect<u32>(page().health).toBe(0);
    msg.aux = 1;
    msg.inc = INC - 1;
    detectProbe(msg);
    expect<u32>(page().health).toBe(0);
    msg.inc = INC;
    detectProbe(msg);
    expect<u32>(page().health).toBe(1);
    // However many say it, and however long: it may be their fault.
    for (let i: u32 = 0; i < 50; i++) {
      page().now += PROBE;
      msg.from = <u16>(4 + (i & 1));
      detectProbe(msg);
      expect<u32>(page().health).toBe(1);
    }
  });

  test("silence of everybody costs one, once, and nobody is missed before twice the time", () => {
    cluster(5, 1, 0);
    run(START + 10 * PROBE, ALL);
    const last = self().silent_since;
    run(last + 2 * PROBE, 0);
    expect<u32>(page().health).toBe(0);
    run(last + 3 * PROBE, 0);
    expect<u32>(page().health).toBe(1);
    run(last + 2 * MISS, 0);
    expect<u32>(page().health).toBe(1);
    expect<u32>(suspects()).toBe(0);
    run(last + 2 * MISS + 1, 0);
    expect<u32>(suspects()).toBe(4);
    run(last + 20 * MISS, 0);
    expect<u32>(page().health).toBe(1);
    run(last + 20 * MISS + 2 * SECOND, ALL);
    expect<u32>(page().health).toBe(0);
    expect<u32>(suspects()).toBe(0);
  });

  test("silence of everybody counts if more than half of them had the time to answer", () => {
    for (let fresh: u32 = 0; fresh <= 4; fresh++) {
      cluster(5, 1, 0);
      run(START + 10 * PROBE, ALL);
      page().now = self().silent_since + 2 * PROBE + 1;
      for (let n: u32 = 0; n < fresh; n++) peerAt(5 - n).observed = page().now;
      healthTick(page().now);
      expect<u32>(page().health).toBe(u32(fresh < 2));
    }
  });

  test("silence of most, while one is heard, is their fault", () => {
    cluster(5, 1, 0);
    run(START + 10 * PROBE, ALL);
    run(START + 11 * PROBE + 2 * MISS, 0b000100);
    expect<u32>(page().health).toBe(0);
    expect<u32>(suspects()).toBe(3);
  });

  test("of two nodes the other's silence is the other's fault", () => {
    cluster(2, 1, 0);
    run(START + 10 * PROBE, ALL);
    run(START + 11 * PROBE + MISS + 1, 0);
    expect<u32>(page().health).toBe(0);
    expect<u32>(suspects()).toBe(1);
  });
});
