// What is believed of a disk: nothing without its header, nothing that the chain does not reach; what is missing, older or
// torn is UNKNOWN and never EMPTY. Node 1 of 3; what it wrote is collected, changed, and given back.

import {
  DURABLE_CHECKPOINT, DURABLE_HEADER, DURABLE_RECORD, EINVAL, EMSGSIZE, EPERM, EPROTO, EREMOTEIO, Header, Header_SIZE, MSG_LEARN, MSG_STAGE,
  Msg, Msg_SIZE, NodeConf, RING_MAX, STAGE_DECIDED, STAGE_PREPARED, STAGE_UNKNOWN, TransRec_SIZE,
} from "../../../abi/clms";
import { imageWrite } from "../../fold/image";
import { fold, foldBase, inbox, page, recAt, self } from "../../layout";
import { clms_durable_next, headerCheck } from "../../log/durable";
import { onStage } from "../../log/accept";
import { onLearn } from "../../log/learn";
import { clms_init } from "../../module";
import { recOf } from "../../record";
import { START, confOf, message, metas, started } from "../../__tests__/bed";
import { clms_recover } from "../recover";
import { clms_node_start } from "../start";

const B: u64 = 0x1_0002;
const HEADER: usize = memory.data(96, 8);
const CHECKPOINT: usize = memory.data(4096, 8);
/** The fold at slot 1, as a checkpoint. */
const GENESIS: usize = memory.data(4096, 8);
const RECORDS: usize = memory.data(64 * 16, 8);
let checkpointLen: u32 = 0;

/** Slots 1 to 4 are applied, 5 to 7 accepted in ballot B; all that is on the disk. */
function written(): void {
  started(1, 3);
  imageWrite(foldBase(), GENESIS);
  message(MSG_LEARN, 2, B, 2, 3);
  metas(2, 3, fold().hash, B, 1);
  onLearn(changetype<Msg>(inbox()));
  message(MSG_STAGE, 2, B, 5, 3);
  metas(5, 3, fold().hash, B, 1);
  onStage(changetype<Msg>(inbox()));
  self().durable_over = 1;
  memory.fill(RECORDS, 0, 64 * 16);
  for (let op = clms_durable_next(); op != 0; op = clms_durable_next()) {
    const at = <usize>page().durable_addr;
    if (op == DURABLE_HEADER) memory.copy(HEADER, at, Header_SIZE);
    else if (op == DURABLE_RECORD) memory.copy(RECORDS + <usize>page().durable_slot * TransRec_SIZE, at, TransRec_SIZE);
    else {
      checkpointLen = page().durable_len;
      memory.copy(CHECKPOINT, at, checkpointLen);
    }
  }
  clms_init(1, 0);
  page().now = START;
}
function give(op: u32, at: usize, len: u32, slot: u64): i32 {
  memory.copy(inbox(), at, len);
  return clms_recover(op, len, <u32>slot, <u32>(slot >> 32));
}
function giveHeader(): i32 { return give(DURABLE_HEADER, HEADER, Header_SIZE, 0); }
function giveAll(but: u64): void {
  expect<i32>(giveHeader()).toBe(0);
  expect<i32>(give(DURABLE_CHECKPOINT, CHECKPOINT, checkpointLen, 0)).toBe(0);
  for (let s: u64 = 1; s <= 7; s++) {
    if (s != but) expect<i32>(give(DURABLE_RECORD, RECORDS + <usize>s * TransRec_SIZE, TransRec_SIZE, s)).toBe(0);
  }
}
function start(): i32 {
  confOf(1, 3);
  return clms_node_start();
}
function is(applied: u64, stored: u64, last: u64): void {
  expect<u64>(page().applied).toBe(applied, "applied");
  expect<u64>(page().stored).toBe(stored, "stored");
  expect<u64>(page().last).toBe(last, "last");
}
function stageOf(slot: u64): u32 {
  expect<u64>(recAt(slot).slot).toBe(slot);
  return recAt(slot).stage;
}
/** Another value for a slot, behind the one below, as it was accepted in `ballot`. */
function older(at: usize, slot: u64, ballot: u64): void {
  metas(slot, 1, recOf(at - TransRec_SIZE).self_hash, ballot, 99);
  memory.copy(at, inbox() + Msg_SIZE, TransRec_SIZE);
}
/** Whether it will vote: once its first writes are confirmed. */
function votes(): bool { return self().lineage_given != 0; }

describe("a disk", () => {
  test("that is whole: everything is as it was, and it votes", () => {
    written();
    giveAll(0);
    expect<i32>(start()).toBe(0);
    is(4, 7, 7);
    expect<u64>(page().promised).toBe(B);
    expect<u64>(page().accepted).toBe(B);
    expect<u32>(page().inc).toBe(0, "it has to be admitted again");
    expect<bool>(votes()).toBe(true);
    expect<u32>(stageOf(4)).toBe(STAGE_DECIDED);
    expect<u32>(stageOf(7)).toBe(STAGE_PREPARED);
  });

  test("with a damaged header, or none beside the rest: it does not vote, and nothing above the checkpoint is believed", () => {
    for (let what: u32 = 0; what < 4; what++) {
      written();
      giveAll(0);
      if (what == 0) expect<i32>(clms_recover(DURABLE_HEADER, 0, 0, 0)).toBe(0);
      if (what == 1) store<u8>(HEADER + 20, load<u8>(HEADER + 20) ^ 1);
      if (what == 2) changetype<Header>(HEADER).version = 2;
      if (what == 3) changetype<Header>(HEADER).magic = 0;
      if (what >= 2) changetype<Header>(HEADER).check = headerCheck(HEADER);
      if (what > 0) expect<i32>(giveHeader()).toBe(-EPROTO);
      expect<i32>(start()).toBe(0);
      expect<bool>(votes()).toBe(false);
      expect<u64>(page().last).toBe(page().applied);
    }
  });

  test("with an accepted record missing, torn, older or of elsewhere: UNKNOWN, the others stay", () => {
    for (let what: u32 = 0; what < 4; what++) {
      written();
      giveAll(6);
      const six = RECORDS + 6 * TransRec_SIZE;
      if (what == 1) expect<i32>(clms_recover(DURABLE_RECORD, 0, 6, 0)).toBe(0);
      if (what == 2) {
        store<u8>(six + 40, load<u8>(six + 40) ^ 1);
        expect<i32>(give(DURABLE_RECORD, six, TransRec_SIZE, 6)).toBe(-EPROTO);
      }
      if (what == 3) expect<i32>(give(DURABLE_RECORD, RECORDS + 5 * TransRec_SIZE, TransRec_SIZE, 6)).toBe(-EPROTO);
      expect<i32>(start()).toBe(0);
      is(4, 5, 7);
      expect<u32>(stageOf(6)).toBe(STAGE_UNKNOWN);
      expect<u32>(stageOf(7)).toBe(STAGE_PREPARED);
      expect<bool>(votes()).toBe(true);
    }
  });

  test("that was cut off amid a batch, and lost one of it, holds nothing behind the hole", () => {
    written();
    changetype<Header>(HEADER).last = 5;
    changetype<Header>(HEADER).last_hash = recOf(RECORDS + 5 * TransRec_SIZE).self_hash;
    changetype<Header>(HEADER).check = headerCheck(HEADER);
    giveAll(6);
    expect<i32>(start()).toBe(0);
    is(4, 5, 5);
    expect<u64>(recAt(7).slot).toBe(0);
  });

  test("whose last record is missing holds something there all the same", () => {
    written();
    giveAll(7);
    expect<i32>(start()).toBe(0);
    is(4, 6, 7);
    expect<u32>(stageOf(7)).toBe(STAGE_UNKNOWN);
  });

  test("that has lost a write is believed only as far as the chain from above reaches, decided or not", () => {
    for (let slot: u64 = 3; slot <= 7; slot++) {
      written();
      changetype<Header>(HEADER).chk_slot = 1;
      changetype<Header>(HEADER).check = headerCheck(HEADER);
      memory.copy(CHECKPOINT, GENESIS, checkpointLen);
      giveAll(0);
      const at = RECORDS + <usize>slot * TransRec_SIZE;
      older(at, slot, B);
      expect<i32>(give(DURABLE_RECORD, at, TransRec_SIZE, slot)).toBe(0);
      expect<i32>(start()).toBe(0);
      is(1, 1, 7);
      for (let s: u64 = 2; s <= 7; s++) expect<u32>(stageOf(s)).toBe(s <= slot ? STAGE_UNKNOWN : STAGE_PREPARED);
      expect<bool>(votes()).toBe(true);
    }
  });

  test("that was cut off amid a batch of a higher ballot: what the one above does not follow is not believed, the rest stays", () => {
    written();
    giveAll(0);
    const six = RECORDS + 6 * TransRec_SIZE;
    older(six, 6, 0x2_0003);
    expect<i32>(give(DURABLE_RECORD, six, TransRec_SIZE, 6)).toBe(0);
    expect<i32>(start()).toBe(0);
    expect<u32>(stageOf(6)).toBe(STAGE_UNKNOWN);
    is(4, 5, 7);
  });

  test("without its checkpoint it does not vote and goes on as far as the chain reaches from slot 1", () => {
    written();
    giveAll(0);
    clms_init(1, 0);
    page().now = START;
    giveHeader();
    clms_recover(DURABLE_CHECKPOINT, 0, 0, 0);
    for (let s: u64 = 1; s <= 7; s++) if (s != 3) give(DURABLE_RECORD, RECORDS + <usize>s * TransRec_SIZE, TransRec_SIZE, s);
    expect<i32>(start()).toBe(0);
    expect<bool>(votes()).toBe(false);
    expect<u64>(page().applied).toBe(2);
  });

  test("of another node, another cluster, another first configuration is refused", () => {
    for (let what: u32 = 0; what < 4; what++) {
      written();
      giveAll(0);
      const conf: NodeConf = confOf(what == 0 ? 2 : 1, what == 3 ? 4 : 3);
      conf.uuid_lo = what == 1 ? 5 : 1001;
      if (what == 2) conf.cluster_lo = 78;
      expect<i32>(clms_node_start()).toBe(-EREMOTEIO, what.toString());
      expect<u32>(self().started).toBe(0);
    }
  });

  test("what is no disk's: op, lengths, the time after the start", () => {
    clms_init(1, 0);
    expect<i32>(clms_recover(0, 0, 0, 0)).toBe(-EINVAL);
    expect<i32>(clms_recover(4, 0, 0, 0)).toBe(-EINVAL);
    expect<i32>(clms_recover(DURABLE_HEADER, Header_SIZE + 1, 0, 0)).toBe(-EMSGSIZE);
    expect<i32>(clms_recover(DURABLE_RECORD, 63, 0, 0)).toBe(-EMSGSIZE);
    expect<i32>(clms_recover(DURABLE_CHECKPOINT, u32.MAX_VALUE, 0, 0)).toBe(-EMSGSIZE);
    started(1, 3);
    expect<i32>(clms_recover(DURABLE_HEADER, 0, 0, 0)).toBe(-EPERM);
  });

  test("a header that speaks of more than the ring holds leaves the ring's bounds as they must be", () => {
    for (let what: u32 = 0; what < 3; what++) {
      written();
      const h = changetype<Header>(HEADER);
      h.last = what == 0 ? 5000 : what == 1 ? 1 << 40 : 5 + RING_MAX;
      if (what == 0) h.applied = 4990;
      h.check = headerCheck(HEADER);
      giveHeader();
      if (what != 0) give(DURABLE_CHECKPOINT, CHECKPOINT, checkpointLen, 0);
      expect<i32>(start()).toBe(0);
      expect<bool>(page().last < page().low + RING_MAX).toBe(true, what.toString());
      expect<bool>(votes()).toBe(false);
    }
  });
});
