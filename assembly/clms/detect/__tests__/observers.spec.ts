// Who observes whom: for every size the number, the inverse, the spread, and what a change of membership leaves alone.

import { NODE_MAX, NS_UP } from "../../../abi/clms";
import { entAt, fold, liveAt, observedAt, page, peerAt, self } from "../../layout";
import { PEER_SUSPECT } from "../../structs";
import { detectDerive, listed, observedBy, observedInc, observersAmong, observersOf } from "../observers";
import { INC, PROBE, START, cluster, leave, live, nodeOf } from "./world";

const A: usize = memory.data(64, 8);
const B: usize = memory.data(64, 8);
/** Whether o observes x: one byte, at o × 1,025 + x. */
const PAIR: usize = memory.data(1_050_625, 8);

function holds(list: usize, k: u32, x: u32): bool {
  for (let i: u32 = 0; i < k; i++) if (listed(list, i) == x) return true;
  return false;
}

/** Faults of the topology of n nodes: a wrong number, oneself, one twice, a dead one, an inverse that does not fit. */
function faults(n: u32, step: u32): u32 {
  cluster(n, step, 0);
  const k = observersAmong(n);
  let bad: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const x = nodeOf(i, step);
    bad += u32(observersOf(x, A) != k);
    for (let j: u32 = 0; j < k; j++) {
      const o = listed(A, j);
      bad += u32(o == x) + u32(holds(A, j, o)) + u32(o == 0 || o > NODE_MAX || entAt(o).state != <u8>NS_UP);
      bad += u32(!holds(B, observedBy(o, B), x));
    }
    bad += u32(observedBy(x, A) != k);
    for (let j: u32 = 0; j < k; j++) bad += u32(!holds(B, observersOf(listed(A, j), B), x)) + u32(holds(A, j, listed(A, j)));
  }
  return bad;
}

/** The most observers that two of n nodes have in common. */
function shared(n: u32): u32 {
  cluster(n, 1, 0);
  let most: u32 = 0;
  for (let i: u32 = 1; i < n; i++) {
    const k = observersOf(liveAt(0), A);
    observersOf(liveAt(i), B);
    let both: u32 = 0;
    for (let j: u32 = 0; j < k; j++) both += u32(holds(B, k, listed(A, j)));
    most = max(most, both);
  }
  return most;
}

/** Pairs of observer and observed; those that were there when remembered are counted in `kept`. */
function remember(): void {
  memory.fill(PAIR, 0, 1_050_625);
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const k = observersOf(liveAt(i), A);
    for (let j: u32 = 0; j < k; j++) store<u8>(PAIR + listed(A, j) * 1025 + liveAt(i), 1);
  }
}

function kept(): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0, n: u32 = fold().nlive; i < n; i++) {
    const k = observersOf(liveAt(i), A);
    for (let j: u32 = 0; j < k; j++) count += load<u8>(PAIR + listed(A, j) * 1025 + liveAt(i));
  }
  return count;
}

describe("the observers", () => {
  test("there are min(n − 1, 10) of each node, all live, none twice, and whom a node observes is the inverse", () => {
    expect<u32>(observersAmong(0)).toBe(0);
    expect<u32>(observersAmong(1)).toBe(0);
    expect<u32>(observersAmong(2)).toBe(1);
    expect<u32>(observersAmong(11)).toBe(10);
    expect<u32>(observersAmong(1024)).toBe(10);
    for (let n: u32 = 1; n <= 60; n++) expect<u32>(faults(n, 17)).toBe(0);
    expect<u32>(faults(128, 8)).toBe(0);
    expect<u32>(faults(1000, 1)).toBe(0);
    expect<u32>(faults(1024, 1)).toBe(0);
  });

  test("up to eleven nodes everybody observes everybody", () => {
    for (let n: u32 = 2; n <= 11; n++) {
      cluster(n, 3, 0);
      for (let i: u32 = 0; i < n; i++) expect<u32>(observersOf(nodeOf(i, 3), A)).toBe(n - 1);
    }
  });

  test("no two nodes have all observers in common; of many nodes at most two, then one", () => {
    for (let n: u32 = 12; n <= 23; n++) expect<bool>(shared(n) < 10).toBe(true);
    for (let n: u32 = 24; n <= 56; n++) expect<bool>(shared(n) <= 5).toBe(true);
    for (let n: u32 = 57; n <= 110; n++) expect<bool>(shared(n) <= 2).toBe(true);
    expect<u32>(shared(111)).toBe(1);
    expect<u32>(shared(128)).toBe(1);
    expect<u32>(shared(1000)).toBe(1);
  });

  test("a death leaves nearly all pairs of a big cluster as they were", () => {
    cluster(1000, 1, 0);
    remember();
    leave(500);
    // 9,980 pairs do not name node 500; only those with it between them are new.
    expect<bool>(kept() >= 9700).toBe(true);
    expect<bool>(kept() < 9980).toBe(true);
  });

  test("who is not live is observed by nobody and observes nobody", () => {
    cluster(12, 5, 0);
    leave(nodeOf(4, 5));
    expect<u32>(observersOf(nodeOf(4, 5), A)).toBe(0);
    expect<u32>(observedBy(nodeOf(4, 5), A)).toBe(0);
    expect<u32>(observersOf(2, A)).toBe(0);
    expect<u32>(observersOf(NODE_MAX, A)).toBe(0);
    for (let i: u32 = 0; i < 12; i++) expect<bool>(holds(B, observersOf(nodeOf(i, 5), B), nodeOf(4, 5))).toBe(false);
  });
});

describe("whom this node observes", () => {
  test("is what the topology says, and nobody as long as this boot is not admitted", () => {
    cluster(50, 2, 20);
    expect<u32>(self().nobserved).toBe(10);
    const k = observedBy(page().node, A);
    for (let i: u32 = 0; i < k; i++) expect<u32>(observedAt(i)).toBe(listed(A, i));
    page().inc = 0;
    detectDerive();
    expect<u32>(self().nobserved).toBe(0);
    page().inc = INC + 1;
    detectDerive();
    expect<u32>(self().nobserved).toBe(0);
    page().inc = INC;
    leave(page().node);
    expect<u32>(self().nobserved).toBe(0);
  });

  test("who stays keeps the time of its observation and the suspicion; who is new begins anew", () => {
    cluster(5, 1, 0);
    peerAt(2).flags = PEER_SUSPECT;
    peerAt(3).flags = PEER_SUSPECT;
    expect<bool>(self().next_probe >= START && self().next_probe < START + PROBE / 4).toBe(true);
    self().next_probe = START + 100 * PROBE;
    page().now += PROBE;
    entAt(9).state = <u8>NS_UP;
    entAt(9).inc = INC;
    leave(3);
    expect<u32>(self().nobserved).toBe(4);
    expect<u64>(peerAt(2).observed).toBe(START);
    expect<u32>(peerAt(2).flags).toBe(PEER_SUSPECT);
    expect<u32>(peerAt(3).flags).toBe(0);
    expect<u64>(peerAt(9).observed).toBe(START + PROBE);
    expect<bool>(self().next_probe >= START + PROBE && self().next_probe < START + PROBE + PROBE / 4).toBe(true);
    // A death alone is no reason to ask anybody sooner.
    self().next_probe = START + 100 * PROBE;
    leave(9);
    expect<u64>(self().next_probe).toBe(START + 100 * PROBE);
  });

  test("another incarnation under the same number is another node, even if its death was not seen here", () => {
    cluster(5, 1, 0);
    expect<u32>(observedInc(1)).toBe(INC);
    peerAt(2).flags = PEER_SUSPECT;
    page().now += PROBE;
    entAt(2).inc = 0x1234_5678;
    live();
    expect<u32>(peerAt(2).flags).toBe(0);
    expect<u64>(peerAt(2).observed).toBe(START + PROBE);
    let found: u32 = 0;
    for (let i: u32 = 0; i < self().nobserved; i++) found += u32(observedAt(i) == 2 && observedInc(i) == 0x1234_5678);
    expect<u32>(found).toBe(1);
    expect<u64>(peerAt(3).observed).toBe(START);
  });
});
