// The master's judgement: how many observers must agree, who counts, who does not, and when it is worth waiting.

import { CONFF_EXTERNAL } from "../../../abi/clms";
import { bitGet } from "../../bits";
import { liveAt, page, peerAt, self } from "../../layout";
import { PEER_DEAD, PEER_EVICT, PEER_FENCED, PEER_LEFTOUT, PEER_SUSPECT, Peer_suspect_OFF } from "../../structs";
import { listed, observersOf } from "../observers";
import { detectPaused } from "../probe";
import { cutUnstable, enough, evidence, suspectedByAnyone, verdict, verdictInto } from "../verdict";
import { INC, MISS, MS, PROBE, START, ack, cluster, nodeOf } from "./world";

const SET: usize = memory.data(136, 8);
const LIST: usize = memory.data(32, 8);

/** A cluster of n whose master is node 1; all have acknowledged just now, and nobody misses anybody. */
function calm(n: u32, step: u32): void {
  cluster(n, step, 0);
  page().now = START + 10 * MISS;
  self().master_since = START;
  for (let i: u32 = 1; i < n; i++) ack(nodeOf(i, step), 0, 0);
}

/** The master heard node n's ACK long ago. */
function quiet(n: u32): void {
  peerAt(n).ack_at = page().now - MISS;
  peerAt(n).heard = page().now - MISS;
}

/** This node, as observer, misses n. */
function miss(n: u32): void { peerAt(n).flags |= PEER_SUSPECT; }

/** Of an 11-node cluster whose node 11 is silent: the verdict if nodes 2 to count + 1 name it. */
function named(count: u32): bool {
  calm(11, 1);
  quiet(11);
  for (let i: u32 = 0; i < count; i++) ack(2 + i, 11, 0);
  return verdict(11);
}

describe("a verdict", () => {
  test("needs all of up to three observers, then all but a quarter", () => {
    expect<u32>(enough(1)).toBe(1);
    expect<u32>(enough(2)).toBe(2);
    expect<u32>(enough(3)).toBe(3);
    expect<u32>(enough(4)).toBe(3);
    expect<u32>(enough(7)).toBe(6);
    expect<u32>(enough(8)).toBe(6);
    expect<u32>(enough(10)).toBe(8);
  });

  test("of ten observers eight must name the node", () => {
    expect<bool>(named(0)).toBe(false);
    expect<bool>(named(1)).toBe(false);
    expect<bool>(named(7)).toBe(false);
    expect<bool>(named(8)).toBe(true);
    expect<bool>(named(9)).toBe(true);
  });

  test("the master is one of them", () => {
    expect<bool>(named(7)).toBe(false);
    miss(11);
    expect<bool>(verdict(11)).toBe(true);
  });

  test("of two nodes the master alone decides, of three both others", () => {
    calm(2, 1);
    quiet(2);
    expect<bool>(verdict(2)).toBe(false);
    miss(2);
    expect<bool>(verdict(2)).toBe(true);
    calm(3, 1);
    quiet(3);
    miss(3);
    expect<bool>(verdict(3)).toBe(false);
    ack(2, 3, 0);
    expect<bool>(verdict(3)).toBe(true);
    peerAt(3).flags = 0;
    expect<bool>(verdict(3)).toBe(false);
  });

  test("a suspect that stands second in an ACK counts too, and only as many as the ACK names", () => {
    calm(3, 1);
    quiet(3);
    miss(3);
    ack(2, 9, 3);
    expect<bool>(verdict(3)).toBe(true);
    peerAt(2).nsuspect = 1;
    expect<bool>(verdict(3)).toBe(false);
    peerAt(2).nsuspect = 65535;
    expect<bool>(verdict(3)).toBe(true);
  });

  test("who was just heard is not removed, whoever says so", () => {
    calm(11, 1);
    quiet(11);
    for (let n: u32 = 2; n <= 10; n++) ack(n, 11, 0);
    miss(11);
    peerAt(11).ack_at = peerAt(11).heard = page().now - PROBE;
    expect<bool>(verdict(11)).toBe(false);
    peerAt(11).ack_at = peerAt(11).heard = page().now - PROBE - 1;
    expect<bool>(verdict(11)).toBe(true);
    // What is not of its present incarnation counts as an ACK, but not as heard.
    peerAt(11).ack_at = page().now;
    expect<bool>(verdict(11)).toBe(true);
  });

  test("an old ACK accuses nobody any more", () => {
    calm(3, 1);
    quiet(3);
    miss(3);
    ack(2, 3, 0);
    peerAt(2).ack_at = page().now - 2 * MISS;
    expect<bool>(verdict(3)).toBe(true);
    peerAt(2).ack_at = page().now - 2 * MISS - 1;
    expect<bool>(verdict(3)).toBe(false);
    expect<bool>(suspectedByAnyone(3)).toBe(true);
    peerAt(3).flags = 0;
    expect<bool>(suspectedByAnyone(3)).toBe(false);
  });

  test("is for live nodes, and never for the master itself", () => {
    calm(3, 1);
    ack(2, 1, 0);
    ack(3, 1, 0);
    miss(1);
    expect<bool>(verdict(1)).toBe(false);
    expect<bool>(verdict(7)).toBe(false);
    expect<bool>(verdict(0)).toBe(false);
  });
});

describe("observers that cannot say anything", () => {
  test("agree if they are silent, once the master has waited for them", () => {
    calm(3, 1);
    quiet(3);
    miss(3);
    peerAt(2).ack_at = 0;
    peerAt(2).heard = page().now - 2 * MISS;
    expect<bool>(verdict(3)).toBe(false);
    peerAt(2).heard = page().now - 2 * MISS - 1;
    expect<bool>(verdict(3)).toBe(true);
    self().master_since = page().now - 2 * MISS;
    expect<bool>(verdict(3)).toBe(false);
  });

  test("count once if they said something before they fell silent", () => {
    calm(3, 1);
    quiet(3);
    ack(2, 3, 0);
    miss(2);
    expect<bool>(verdict(3)).toBe(false);
    miss(3);
    expect<bool>(verdict(3)).toBe(true);
  });

  test("agree if the host calls them dead", () => {
    calm(3, 1);
    quiet(3);
    miss(3);
    peerAt(2).flags = PEER_DEAD;
    peerAt(2).fence_inc = INC;
    expect<bool>(verdict(3)).toBe(true);
  });

  test("do not agree because the master slept", () => {
    calm(3, 1);
    miss(3);
    page().now += 100 * MISS;
    expect<bool>(verdict(3)).toBe(true);
    detectPaused(page().now, 100 * MISS);
    expect<bool>(verdict(3)).toBe(false);
    page().now += 2 * MISS + 1;
    expect<bool>(verdict(3)).toBe(true);
  });

  test("agree if they are missed themselves: nodes that die together are removed together", () => {
    calm(11, 1);
    // 6 to 11 are dead, 1 to 5 miss them; the dead had said nothing.
    for (let n: u32 = 6; n <= 11; n++) {
      quiet(n);
      miss(n);
    }
    for (let o: u32 = 2; o <= 5; o++) {
      ack(o, 6, 7);
      store<u16>(changetype<usize>(peerAt(o)) + 4, 8, Peer_suspect_OFF);
      store<u16>(changetype<usize>(peerAt(o)) + 6, 9, Peer_suspect_OFF);
      store<u16>(changetype<usize>(peerAt(o)) + 8, 10, Peer_suspect_OFF);
      store<u16>(changetype<usize>(peerAt(o)) + 10, 11, Peer_suspect_OFF);
      peerAt(o).nsuspect = 6;
    }
    expect<u32>(verdictInto(SET)).toBe(6);
    for (let n: u32 = 1; n <= 11; n++) expect<bool>(bitGet(SET, n)).toBe(n >= 6);
  });

  test("do not make a verdict without one that really missed the node", () => {
    calm(11, 1);
    for (let n: u32 = 2; n <= 11; n++) peerAt(n).ack_at = peerAt(n).heard = START;
    for (let n: u32 = 2; n <= 11; n++) expect<bool>(verdict(n)).toBe(false);
    miss(11);
    expect<bool>(verdict(11)).toBe(true);
    expect<bool>(verdict(10)).toBe(false);
  });
});

describe("what is certain", () => {
  test("the host's word or a confirmed fence is a verdict for that incarnation alone", () => {
    calm(5, 1);
    peerAt(3).flags = PEER_DEAD;
    peerAt(3).fence_inc = INC;
    expect<bool>(verdict(3)).toBe(true);
    expect<u32>(verdictInto(SET)).toBe(1);
    expect<bool>(bitGet(SET, 3)).toBe(true);
    peerAt(3).flags = PEER_FENCED;
    expect<bool>(verdict(3)).toBe(true);
    peerAt(3).fence_inc = INC + 1;
    expect<bool>(verdict(3)).toBe(false);
  });

  test("with EXTERNAL nothing else is", () => {
    calm(3, 1);
    self().flags = CONFF_EXTERNAL;
    quiet(3);
    miss(3);
    ack(2, 3, 0);
    expect<bool>(verdict(3)).toBe(false);
    expect<u32>(verdictInto(SET)).toBe(0);
    expect<bool>(cutUnstable(page().now)).toBe(false);
    peerAt(3).flags |= PEER_DEAD;
    peerAt(3).fence_inc = INC;
    expect<u32>(verdictInto(SET)).toBe(1);
  });

  test("the evidence names how many, of how many, and the first three", () => {
    calm(11, 1);
    quiet(11);
    expect<u64>(evidence(11)).toBe(10 << 8);
    observersOf(11, LIST);
    for (let i: u32 = 2; i < 7; i++) ack(listed(LIST, i), 11, 0);
    const word = evidence(11);
    expect<u64>(word & 0xff).toBe(5);
    expect<u64>((word >> 8) & 0xff).toBe(10);
    for (let i: u32 = 0; i < 3; i++) expect<u32>(<u32>(word >> (16 + 16 * i)) & 0xffff).toBe(listed(LIST, 2 + i));
  });
});

describe("all verdicts at once", () => {
  test("are the same as one by one, in a big cluster with random suspicions", () => {
    let seed: u32 = 1;
    let found: u32 = 0;
    for (let round: u32 = 0; round < 40; round++) {
      calm(60, 3);
      for (let i: u32 = 1; i < 60; i++) {
        seed = seed * 1664525 + 1013904223;
        const x = nodeOf(i, 3);
        if (seed >>> 28 > 3) continue;
        quiet(x);
        const k = observersOf(x, LIST);
        for (let j: u32 = 0; j < k; j++) {
          const o = listed(LIST, j);
          seed = seed * 1664525 + 1013904223;
          if (seed >>> 28 == 0) continue;
          if (o == 1) { miss(x); continue; }
          const at: u32 = peerAt(o).nsuspect;
          store<u16>(changetype<usize>(peerAt(o)) + 2 * at, <u16>x, Peer_suspect_OFF);
          peerAt(o).nsuspect = <u16>(at + 1);
        }
      }
      let count: u32 = 0;
      const all = verdictInto(SET);
      for (let i: u32 = 0; i < 60; i++) {
        const one = verdict(liveAt(i));
        expect<bool>(bitGet(SET, liveAt(i))).toBe(one);
        count += u32(one);
      }
      expect<u32>(all).toBe(count);
      found += count;
    }
    expect<bool>(found > 100).toBe(true);
  });

  test("suspects that are no node numbers, or nobody's, harm nothing", () => {
    calm(5, 1);
    ack(2, 65535, 1025);
    ack(3, 900, 0);
    expect<u32>(verdictInto(SET)).toBe(0);
    expect<bool>(cutUnstable(page().now)).toBe(false);
  });
});

/** All of a cluster of five have acknowledged just now; node 2 misses a and b. */
function beat(a: u32, b: u32): void {
  for (let n: u32 = 3; n <= 5; n++) ack(n, 0, 0);
  ack(2, a, b);
}

describe("a cut", () => {
  test("that may grow is waited for, but not longer than twice the time of a suspect", () => {
    calm(5, 1);
    expect<bool>(cutUnstable(page().now)).toBe(false);
    const begin = page().now;
    while (page().now < begin + 2 * MISS) {
      beat(5, 0);
      expect<bool>(cutUnstable(page().now)).toBe(true);
      page().now += 50 * MS;
    }
    beat(5, 0);
    expect<bool>(cutUnstable(page().now)).toBe(false);
    // One bad link for ever is not waited for again;
    page().now += 50 * MS;
    beat(5, 0);
    expect<bool>(cutUnstable(page().now)).toBe(false);
    // another one is.
    beat(5, 4);
    expect<bool>(cutUnstable(page().now)).toBe(true);
  });

  test("is stable as soon as the half missed are missed by enough, or by nobody", () => {
    calm(5, 1);
    quiet(5);
    ack(2, 5, 0);
    expect<bool>(cutUnstable(page().now)).toBe(true);
    ack(3, 5, 0);
    miss(5);
    expect<bool>(cutUnstable(page().now)).toBe(false);
    calm(5, 1);
    ack(2, 5, 0);
    expect<bool>(cutUnstable(page().now)).toBe(true);
    ack(2, 0, 0);
    expect<bool>(cutUnstable(page().now)).toBe(false);
  });

  test("is not waited for because of one that goes anyhow", () => {
    calm(5, 1);
    ack(2, 5, 0);
    peerAt(5).flags = PEER_LEFTOUT;
    expect<bool>(cutUnstable(page().now)).toBe(false);
    peerAt(5).flags = PEER_EVICT;
    expect<bool>(cutUnstable(page().now)).toBe(false);
    peerAt(5).flags = 0;
    expect<bool>(cutUnstable(page().now)).toBe(true);
  });

  test("another wait begins after one that was given up", () => {
    calm(5, 1);
    ack(2, 5, 0);
    expect<bool>(cutUnstable(page().now)).toBe(true);
    page().now += 5 * MISS;
    beat(5, 0);
    expect<bool>(cutUnstable(page().now)).toBe(true);
  });
});
