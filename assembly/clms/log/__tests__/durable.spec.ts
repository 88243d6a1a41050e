// Writes: their order, what a confirmation makes true, what happens when the host does not take them.

import {
  DURABLE_CHECKPOINT, DURABLE_HEADER, DURABLE_MAX, DURABLE_RECORD, ERANGE, EVENT_ADMITTED, Event, Header, Header_SIZE, KIND_META,
  STAGE_PREPARED,
} from "../../../abi/clms";
import { eventAt, fold, page, recAt, self } from "../../layout";
import { recLink, recMake } from "../../record";
import { foldOf } from "../../__tests__/bed";
import {
  clms_durable_next, durableCaughtUp, durableCheckpoint, durableDone, durableHeader, durableRecord, headerCheck,
} from "../durable";
import { promise } from "../follow";
import { ringPut } from "../ring";

const AT: usize = memory.data(64, 8);
function put(slot: u64): void {
  recMake(AT, KIND_META, 1, 0, 0, 0, 0, 8, slot);
  recLink(AT, slot, slot, slot - 1, 0);
  ringPut(AT, 0x1_0001, STAGE_PREPARED);
  page().stored = slot;
  durableHeader();
}
/** Takes writes; their ops as decimal digits, first to last. */
function taken(): u32 {
  let ops: u32 = 0;
  for (let op = clms_durable_next(); op != 0; op = clms_durable_next()) ops = ops * 10 + <u32>op;
  return ops;
}
function header(): Header { return changetype<Header>(<usize>page().durable_addr); }

describe("writes", () => {
  test("leave in the order they were made, the header last and once; numbers rise by one", () => {
    foldOf(3);
    expect<bool>(durableCaughtUp()).toBe(true);
    durableHeader();
    put(2);
    put(3);
    durableCheckpoint(true);
    durableHeader();
    expect<i32>(clms_durable_next()).toBe(DURABLE_RECORD);
    expect<u64>(page().durable_slot).toBe(2);
    expect<u32>(page().durable_addr).toBe(<u32>changetype<usize>(recAt(2)));
    expect<u32>(page().durable_seq).toBe(1);
    expect<i32>(clms_durable_next()).toBe(DURABLE_RECORD);
    expect<i32>(clms_durable_next()).toBe(DURABLE_CHECKPOINT);
    expect<u64>(page().durable_slot).toBe(1);
    expect<i32>(clms_durable_next()).toBe(DURABLE_HEADER);
    expect<u32>(page().durable_seq).toBe(4);
    expect<u32>(page().durable_len).toBe(Header_SIZE);
    expect<u64>(header().last).toBe(3);
    expect<u64>(header().last_hash).toBe(recAt(3).self_hash);
    expect<u64>(header().chk_slot).toBe(1);
    expect<u64>(header().check).toBe(headerCheck(<usize>page().durable_addr));
    expect<i32>(clms_durable_next()).toBe(0);
    expect<bool>(durableCaughtUp()).toBe(false, "it is on its way");
    durableDone(4);
    expect<bool>(durableCaughtUp()).toBe(true);
  });

  test("what a header says counts when it is confirmed, and not before", () => {
    foldOf(3);
    put(2);
    promise(0x5_0002);
    page().accepted = 0x5_0002;
    page().stored = 2;
    self().inc_given = 7;
    self().lineage_given = 1;
    expect<u32>(taken()).toBe(21);
    put(3);
    promise(0x9_0003);
    page().stored = 3;
    self().inc_given = 8;
    expect<u32>(taken()).toBe(21);
    expect<i32>(durableDone(1)).toBe(0);
    expect<u64>(self().durable_promised).toBe(0, "the record is no header");
    expect<u32>(page().inc).toBe(0);
    expect<i32>(durableDone(2)).toBe(0);
    expect<u64>(self().durable_promised).toBe(0x5_0002);
    expect<u64>(self().durable_ballot).toBe(0x5_0002);
    expect<u64>(self().durable_slot).toBe(2);
    expect<u32>(page().inc).toBe(7);
    expect<u32>(page().lineage).toBe(1);
    expect<u32>(changetype<Event>(eventAt(page().event_head - 1)).type).toBe(EVENT_ADMITTED);
    expect<i32>(durableDone(4)).toBe(0);
    expect<u64>(self().durable_promised).toBe(0x9_0003);
    expect<u64>(self().durable_slot).toBe(3);
    expect<u32>(page().inc).toBe(8);
  });

  test("a confirmation is of a number that was handed out, once", () => {
    foldOf(3);
    expect<i32>(durableDone(0)).toBe(-ERANGE);
    expect<i32>(durableDone(1)).toBe(-ERANGE);
    put(2);
    taken();
    expect<i32>(durableDone(3)).toBe(-ERANGE);
    expect<i32>(durableDone(u32.MAX_VALUE)).toBe(-ERANGE);
    expect<i32>(durableDone(2)).toBe(0);
    expect<i32>(durableDone(2)).toBe(-ERANGE);
    expect<i32>(durableDone(1)).toBe(-ERANGE);
  });

  test("headers without number that are not confirmed are not forgotten: the last one counts", () => {
    foldOf(3);
    for (let i: u64 = 1; i <= 63; i++) {
      promise(i << 16);
      taken();
    }
    durableDone(10);
    expect<u64>(self().durable_promised).toBe(10 << 16);
    durableDone(63);
    expect<u64>(self().durable_promised).toBe(63 << 16);
  });

  test("a host that does not take them finds everything written anew: checkpoint, every record, header", () => {
    foldOf(3);
    for (let s: u64 = 2; s <= 10; s++) put(s);
    for (let i: u32 = 0; i < DURABLE_MAX; i++) durableRecord(2 + (i & 7));
    expect<i32>(clms_durable_next()).toBe(DURABLE_CHECKPOINT);
    for (let s: u64 = 1; s <= 10; s++) {
      expect<i32>(clms_durable_next()).toBe(DURABLE_RECORD);
      expect<u64>(page().durable_slot).toBe(s);
    }
    expect<i32>(clms_durable_next()).toBe(DURABLE_HEADER);
    expect<i32>(clms_durable_next()).toBe(0);
  });

  test("a checkpoint is written when the last is old, not before", () => {
    foldOf(3);
    self().chk_slot = 1;
    fold().slot = 256;
    durableCheckpoint(false);
    expect<u32>(taken()).toBe(0);
    fold().slot = 257;
    durableCheckpoint(false);
    expect<u32>(taken()).toBe(31);
    durableCheckpoint(false);
    expect<u32>(taken()).toBe(0);
  });
});
