// To whom the arbiter's vote may go on: to a set that shares a node with the one before, and to whom has what the writer of the
// register had taken over. Node 1 is candidate, or master, of ballot B9 in a cluster of four and an arbiter; slot 1 is applied.

import {
  BITMAP_BYTES, ENGINE_ARBITER, ENGINE_FOLLOWER, ENGINE_MASTER, KIND_EPOCH, MODE_ARBITER, Page_arb_register_OFF,
} from "../../../abi/clms";
import { bitGet, bitPut } from "../../bits";
import { derive } from "../../fold/derive";
import { fold, foldBase, inbox, page, peerAt, recAt, self } from "../../layout";
import { ringPut } from "../../log/ring";
import { recMake, recOf } from "../../record";
import { foldApply } from "../../fold/fold";
import { PEER_REPORTED } from "../../structs";
import { B1, B2, B9, add, at, begin, history, linked, meta, rec, report } from "../../merge/__tests__/craft";
import { arbiterAnswer } from "../arbiter";

const READ: u32 = 1;
const WRITE: u32 = 2;
const CLUSTER: u64 = 77;
const SLOT_OFF: u32 = 16 + BITMAP_BYTES;

/** Node 1 waits for the arbiter; node 2 has reported slots 2 to last of the history, decided up to `applied`. */
function candidate(applied: u64, last: u64): void {
  begin(4, MODE_ARBITER);
  derive();
  page().node = 1;
  page().inc = 1;
  page().lineage = 1;
  page().now = 1_000_000_000;
  page().engine = <u8>ENGINE_ARBITER;
  page().applied = page().stored = page().last = page().low = 1;
  page().ballot = page().promised = B9;
  self().durable_promised = B9;
  self().cluster = CLUSTER;
  self().arb_asked = READ;
  self().probe_ns = self().poll_ns = 100_000_000;
  peerAt(2).lineage = 1;
  peerAt(2).flags = PEER_REPORTED;
  report(2, applied, last);
  expect<i32>(add()).toBeGreaterThanOrEqual(0);
}
/** What the register holds: nodes 1 and 4, of this ballot, and the record that its writer had last. */
function answered(ballot: u64, slot: u64, hash: u64): void {
  memory.fill(inbox(), 0, SLOT_OFF + 16);
  store<u64>(inbox(), ballot);
  store<u64>(inbox(), CLUSTER, 8);
  bitPut(inbox() + 16, 1, true);
  bitPut(inbox() + 16, 4, true);
  store<u64>(inbox() + SLOT_OFF, slot);
  store<u64>(inbox() + SLOT_OFF, hash, 8);
  expect<i32>(arbiterAnswer(5, 1)).toBe(0);
}
function writes(): bool { return self().arb_asked == WRITE; }
function written(off: u32): u64 { return load<u64>(changetype<usize>(page()) + Page_arb_register_OFF + off); }
function refused(): void {
  expect<bool>(writes()).toBe(false);
  expect<u32>(page().engine).toBe(ENGINE_FOLLOWER, "it gives up, and tries again later");
}

/** It has taken slot 2 over, begun with EPOCH 3, and cannot decide: nobody but node 2 answers. */
function stuck(free: u32): void {
  history(3);
  candidate(1, 1);
  recMake(at(3), KIND_EPOCH, 1, 0, 0, 1, 0, 0, B9);
  linked(3, B9);
  for (let s: u64 = 2; s <= 3; s++) ringPut(at(s), B9, 3);
  meta(4, 4, B9);
  ringPut(at(4), B9, 3);
  page().engine = <u8>ENGINE_MASTER;
  self().last_tick = page().deadline = page().now;
  page().stored = page().last;
  self().epoch_slot = 3;
  self().arb_free = free;
  self().durable_ballot = B9;
  self().durable_slot = 4;
  peerAt(2).ack_ballot = B9;
  peerAt(2).match = 4;
}

// The chain of a history begins with the fold's hash.
begin(4, MODE_ARBITER);

describe("a candidate", () => {
  test("writes the set that agrees, and the last record that it takes over, decided or not", () => {
    history(4);
    candidate(2, 4);
    answered(B1, 1, fold().hash);
    expect<bool>(writes()).toBe(true);
    expect<u64>(written(0)).toBe(B9);
    const set = changetype<usize>(page()) + Page_arb_register_OFF + 16;
    for (let n: u32 = 1; n <= 4; n++) expect<bool>(bitGet(set, n)).toBe(n <= 2);
    expect<u64>(written(SLOT_OFF)).toBe(4);
    expect<u64>(written(SLOT_OFF + 8)).toBe(rec(4).self_hash);
  });

  test("that takes nothing over writes where it stands", () => {
    candidate(1, 1);
    answered(B1, 1, fold().hash);
    expect<u64>(written(SLOT_OFF)).toBe(1);
    expect<u64>(written(SLOT_OFF + 8)).toBe(fold().hash);
  });

  test("gets no vote without what the writer had taken over: that may be decided, and nobody here know it", () => {
    history(4);
    candidate(1, 3);
    answered(B1, 4, rec(4).self_hash);
    refused();
    candidate(1, 4);
    answered(B1, 4, rec(4).self_hash + 1);
    refused();
    candidate(1, 4);
    answered(B1, 4, rec(4).self_hash);
    expect<bool>(writes()).toBe(true);
  });

  test("gets it if a later master, that did without the vote, has begun since", () => {
    for (let k: u32 = 0; k < 2; k++) {
      const ballot = k == 0 ? B1 : B2;
      history(3);
      recMake(at(3), KIND_EPOCH, 2, 0, 0, 1, 0, 0, ballot);
      linked(3, ballot);
      candidate(1, 3);
      answered(B1, 9, 4711);
      expect<bool>(writes()).toBe(k == 1);
    }
  });

  test("gets it whatever the register says of a slot that is decided here", () => {
    history(4);
    candidate(1, 4);
    answered(B1, 1, 4711);
    expect<bool>(writes()).toBe(true);
  });
});

describe("a master", () => {
  test("that did without the vote may have it, and writes what it had taken over, not what it adds", () => {
    stuck(1);
    answered(B1, 9, 4711);
    expect<bool>(writes()).toBe(true);
    expect<u64>(written(SLOT_OFF)).toBe(2);
    expect<u64>(written(SLOT_OFF + 8)).toBe(recAt(2).self_hash);
    stuck(1);
    foldApply(foldBase(), recAt(2));
    page().applied = 2;
    answered(B1, 9, 4711);
    expect<u64>(written(SLOT_OFF)).toBe(2);
    expect<u64>(written(SLOT_OFF + 8)).toBe(recOf(at(2)).self_hash);
  });

  test("that has its mastership from an earlier vote does not lose what that was about", () => {
    stuck(0);
    answered(B2, 9, 4711);
    expect<bool>(writes()).toBe(false);
    stuck(0);
    answered(B2, 2, recOf(at(2)).self_hash);
    expect<bool>(writes()).toBe(true);
  });
});
