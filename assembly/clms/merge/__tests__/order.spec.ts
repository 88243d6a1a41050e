// The same reports in every order give the same bytes; and any bytes at all get a verdict.

import {
  EAGAIN, EMSGSIZE, EOVERFLOW, EPROTO, EUCLEAN, KIND_NODE, NODE_MAX, NS_KCLEANUP, NS_UP, RECF_REPROPOSED, Report, Report_SIZE,
  STAGE_DECIDED, STAGE_PREPARED, TransRec_SIZE, VOTER_MAX,
} from "../../../abi/clms";
import { mergeBase, MERGE_BYTES } from "../../layout";
import { recLink, recMake, recOf } from "../../record";
import { mergeAdd } from "../add";
import { Merge } from "../context";
import { mergeDecided, mergeFinish, mergeReported } from "../walk";
import {
  B1, B2, B9, add, at, begin, canon, damage, finishAndSave, history, hole, inReport, linked, meta, report, reportAt, sameAsSaved,
} from "./craft";

/** A small generator; the seed is in the test. */
let seed: u64 = 1;
function random(n: u32): u32 {
  seed = seed * 6364136223846793005 + 1442695040888963407;
  return <u32>((seed >> 33) % n);
}

/** Report i of the scenario, in the report buffer: each differs from the others in all that the rules look at. */
function scenario(i: u32): void {
  history(9);
  recMake(at(8), KIND_NODE, 2, NS_KCLEANUP, NS_UP, 1, 0, 0, 0);
  linked(8, B1);
  meta(9, 9, B1);
  if (i == 0) {
    report(1, 3, 9);
    inReport(2).ballot = B2;
  } else if (i == 1) {
    report(2, 4, 7);
    inReport(2).flags |= <u8>RECF_REPROPOSED;
    damage(3);
    hole(6);
  } else if (i == 2) {
    meta(6, 600, B2);
    meta(7, 700, B1);
    report(3, 1, 7).accepted = B2;
    damage(5);
  } else {
    meta(6, 601, B2);
    report(4, 2, 6).accepted = B2;
    inReport(4).arg ^= 5;
  }
}

/** Runs the merge with the reports in the order that `code` names, two bits each. Records of the result. */
function merged(code: u32): i32 {
  begin(5);
  for (let k: u32 = 0; k < 4; k++) {
    scenario((code >> (2 * k)) & 3);
    expect<i32>(add()).toBeGreaterThan(0);
  }
  return mergeFinish(0);
}

function isPermutation(code: u32): bool {
  let seen: u32 = 0;
  for (let k: u32 = 0; k < 4; k++) seen |= 1 << ((code >> (2 * k)) & 3);
  return seen == 15;
}

describe("order", () => {
  test("all 24 orders of 4 reports give the same bytes", () => {
    begin(5);
    for (let k: u32 = 0; k < 4; k++) {
      scenario(k);
      add();
    }
    const n = finishAndSave();
    expect<i32>(n).toBe(8);
    expect<u32>(mergeDecided(0)).toBe(3);
    expect<u64>(canon(2).ballot).toBe(B2);
    let orders = 0;
    for (let code: u32 = 0; code < 256; code++) {
      if (!isPermutation(code)) continue;
      orders++;
      expect<i32>(merged(code)).toBe(n);
      expect<bool>(sameAsSaved(n)).toBe(true);
    }
    expect<i32>(orders).toBe(24);
  });

  test("more reporters than voters may be: the same for both directions", () => {
    for (let down: u32 = 0; down < 2; down++) {
      begin(3);
      history(5);
      // Slot 3 is a gap that the voters alone can deny; the others hold slot 5.
      for (let k: u32 = 1; k <= 300; k++) {
        const node = down == 0 ? k : 301 - k;
        report(node, 1, node > 3 ? 5 : 4);
        hole(3);
        if (node > 200) damage(4);
        expect<i32>(add()).toBeGreaterThan(0);
      }
      if (down == 0) {
        expect<i32>(finishAndSave()).toBe(4);
        continue;
      }
      expect<i32>(mergeFinish(0)).toBe(4);
      expect<bool>(sameAsSaved(4)).toBe(true);
    }
  });

  test("voters keep their places when all are taken", () => {
    begin(VOTER_MAX);
    history(3);
    for (let k: u32 = 0; k < 2 * VOTER_MAX; k++) {
      report(2 * VOTER_MAX - k, 1, 3);
      hole(2);
      add();
    }
    expect<i32>(mergeFinish(0)).toBe(2);
  });
});

/** Fills the report buffer with bytes, then makes its head ever more plausible. */
function hostile(plausible: u32): u32 {
  const r = changetype<Report>(reportAt());
  for (let i: u32 = 0; i < Report_SIZE; i++) store<u8>(reportAt() + i, <u8>random(256));
  const count = random(20);
  for (let i: u32 = 0; i < count * TransRec_SIZE; i++) store<u8>(reportAt() + Report_SIZE + i, <u8>random(256));
  if (plausible == 0) return count;
  r.node = <u16>(1 + random(9));
  r.booting = <u8>random(2);
  r.from = 1 + random(3);
  r.last = r.from + count - 1;
  r.applied = random(2) == 0 ? 1 : random(<u32>r.last + 1);
  r.low = random(<u32>r.applied + 2);
  r.accepted = random(2) == 0 ? B1 : B2;
  r.promised = B2;
  if (r.applied == 1 && random(4) != 0) r.applied_hash = 4711;
  if (plausible == 1) return count;
  for (let i: u32 = 0; i < count; i++) hostileRecord(r, i);
  if (plausible == 2) return count;
  // Nothing decided, and no record that claims to be the same as another and is not.
  r.from = 2;
  r.low = 1;
  r.applied = 1;
  r.applied_hash = 4711;
  r.last = 1 + count;
  r.promised = B9;
  for (let i: u32 = 0; i < count; i++) {
    const to = reportAt() + Report_SIZE + <usize>i * TransRec_SIZE;
    recMake(to, random(8), random(6), random(8), random(8), random(3), 0, random(3), random(2));
    recLink(to, 2 + i, 12 + i, random(3), random(2) == 0 ? B1 : B2);
    recOf(to).stage = <u8>(random(10) == 0 ? random(256) : STAGE_PREPARED);
    if (random(10) == 0) recOf(to).self_hash ^= 0xf000 + random(4096);
  }
  return count;
}

/** A record that is right but for one thing; the last of the decided is what applied_hash names, mostly. */
function hostileRecord(r: Report, i: u32): void {
  const slot = r.from + i;
  const to = reportAt() + Report_SIZE + <usize>i * TransRec_SIZE;
  recMake(to, random(8), random(6), random(8), random(8), random(3), 0, random(3), random(4));
  recLink(to, slot, 10 + slot, random(3) == 0 ? 4711 : random(4), random(2) == 0 ? B1 : B2);
  recOf(to).stage = <u8>(random(10) == 0 ? random(256) : slot <= r.applied ? STAGE_DECIDED : STAGE_PREPARED);
  if (random(12) == 0) store<u8>(to + random(TransRec_SIZE), <u8>random(256));
  if (slot == r.applied && random(4) != 0) r.applied_hash = recOf(to).self_hash;
}

const BEFORE: usize = memory.data(<i32>MERGE_BYTES, 8);

describe("hostile reports", () => {
  test("any bytes get a verdict; an errno leaves the merge as it was", () => {
    seed = 20261122;
    let taken = 0;
    let refused = 0;
    for (let round: u32 = 0; round < 3000; round++) {
      begin(5);
      for (let k: u32 = 0; k < 6; k++) {
        const count = hostile(round % 3);
        // The whole context, but for records not yet in use: those are initialised when a report names them.
        memory.copy(BEFORE, mergeBase(0), 88 + 136);
        const result = mergeAdd(0, reportAt(), Report_SIZE + count * TransRec_SIZE, count, random(3));
        if (result >= 0) taken++;
        else refused++;
        store<u32>(mergeBase(0) + offsetof<Merge>("span"), load<u32>(BEFORE + offsetof<Merge>("span")));
        if (result < 0) expect<i32>(memory.compare(BEFORE, mergeBase(0), 88 + 136)).toBe(0);
      }
      const n = mergeFinish(0);
      expect<i32>(n).toBeLessThan(1026);
    }
    expect<i32>(taken).toBeGreaterThan(1000);
    expect<i32>(refused).toBeGreaterThan(1000);
  });

  test("reports with near-right records give the same bytes in both orders", () => {
    let compared: u32 = 0;
    let waiting: u32 = 0;
    for (let round: u32 = 0; round < 2000; round++) {
      let n: i32 = 0;
      for (let back: u32 = 0; back < 2; back++) {
        begin(5);
        let errors = 0;
        for (let k: u32 = 0; k < 4; k++) {
          const which = back == 0 ? k : 3 - k;
          seed = <u64>round * 97 + which + 5;
          const count = hostile(3);
          changetype<Report>(reportAt()).node = <u16>(which + 1);
          if (mergeAdd(0, reportAt(), Report_SIZE + count * TransRec_SIZE, count, 1) < 0) errors++;
        }
        // Of reports that contradict each other the first stands; only sets without any can be compared.
        if (errors > 0) {
          n = -1;
          break;
        }
        if (back == 0) n = finishAndSave();
        else expect<i32>(mergeFinish(0)).toBe(n);
      }
      waiting += u32(n == -EAGAIN);
      if (n <= 0) continue;
      expect<bool>(sameAsSaved(n)).toBe(true);
      compared++;
    }
    expect<u32>(compared).toBeGreaterThan(500);
    expect<u32>(waiting).toBeGreaterThan(100);
  });

  test("heads that lie", () => {
    begin(5);
    history(4);
    for (let what: u32 = 0; what < 12; what++) {
      const r = report(1, 3, 4);
      let count: u32 = 3;
      let bytes = Report_SIZE + 3 * TransRec_SIZE;
      let want = EPROTO;
      if (what == 0) r.node = 0;
      if (what == 1) r.node = <u16>(NODE_MAX + 1);
      if (what == 2) r.last = 5;
      if (what == 3) r.applied = 5;
      if (what == 4) r.low = 6;
      if (what == 5) r.from = ~(<u64>0);
      if (what == 6) r.last = ~(<u64>0);
      if (what == 7) r.accepted = ~(<u64>0);
      if (what == 8) r.booting = 2;
      if (what == 9) bytes += 1;
      if (what == 10) count = 0x0400_0000;
      if (what == 9 || what == 10) want = EMSGSIZE;
      if (what == 11) {
        r.from = 3;
        r.last = 5;
        want = EOVERFLOW;
      }
      expect<i32>(mergeAdd(0, reportAt(), bytes, count, 1)).toBe(-want);
      expect<bool>(mergeReported(0, 1)).toBe(false);
    }
    report(1, 3, 4);
    expect<i32>(add()).toBe(3);
  });

  test("a report whose hash of the last decided record is not that record's", () => {
    begin(5);
    history(4);
    report(1, 3, 4).applied_hash ^= 1;
    expect<i32>(add()).toBe(-EPROTO);
    report(2, 3, 4);
    expect<i32>(add()).toBe(3);
    report(3, 3, 4).applied_hash ^= 1;
    damage(3);
    expect<i32>(add()).toBe(-EUCLEAN);
  });
});
