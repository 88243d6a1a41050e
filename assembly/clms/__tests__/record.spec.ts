// Records: what their hash covers, which are valid. Sets of nodes. Outgoing messages: check value, many receivers, no room.

import {
  BITMAP_BYTES, KIND_CONFIG, KIND_KEYSVC, KIND_META, KIND_NODE, MSG_ACK, MSG_MAX, Msg, Msg_SIZE, NODE_MAX, OUT_BYTES, OUT_MAX,
  RECF_REPROPOSED, TransRec, TransRec_SIZE,
} from "../../abi/clms";
import { bitGet, bitPut, bitsClear, bitsMeet, bitsSame } from "../bits";
import { layoutInit, page } from "../layout";
import { clms_msg_next, msgBegin, msgBeginMany, msgCheck, msgSend, msgTo } from "../out";
import { recHash, recLink, recMake, recOf, recValid } from "../record";

const AT: usize = memory.data(64, 8);
const A: usize = memory.data(136, 8);
const B: usize = memory.data(136, 8);

function sample(): TransRec {
  recMake(AT, KIND_NODE, 3, 1, 2, 5, 1, 6, 7);
  recLink(AT, 9, 10, 11, 12);
  return recOf(AT);
}
/** Is the sample valid once a byte is this, and its hash made right? */
function validWith(offset: usize, value: u32): bool {
  sample();
  store<u8>(AT + offset, <u8>value);
  recOf(AT).self_hash = recHash(AT);
  return recValid(AT);
}
function validKind(kind: u32, node: u32, to: u32, setId: u32): bool {
  recMake(AT, kind, node, 0, to, 0, 0, setId, 0);
  recLink(AT, 1, 1, 1, 0);
  return recValid(AT);
}

describe("a record", () => {
  test("its hash covers every bit of it but ballot, stage, REPROPOSED and the hash itself", () => {
    sample();
    const hash = recHash(AT);
    for (let bit: u32 = 0; bit < 8 * TransRec_SIZE; bit++) {
      const byte = bit >> 3;
      store<u8>(AT + byte, <u8>(<u32>load<u8>(AT + byte) ^ (1 << (bit & 7))));
      const ballot = byte >= offsetof<TransRec>("ballot") && byte < offsetof<TransRec>("mono_ms");
      const reproposed = byte == offsetof<TransRec>("flags") && (1 << (bit & 7)) == RECF_REPROPOSED;
      const free = ballot || reproposed || byte == offsetof<TransRec>("stage") || byte >= offsetof<TransRec>("self_hash");
      expect<bool>(recHash(AT) == hash).toBe(free, "bit " + bit.toString());
      store<u8>(AT + byte, <u8>(<u32>load<u8>(AT + byte) ^ (1 << (bit & 7))));
    }
    expect<u64>(recHash(AT)).toBe(hash);
  });

  test("is valid in its ranges only", () => {
    sample();
    expect<bool>(recValid(AT)).toBe(true);
    recOf(AT).self_hash ^= 1;
    expect<bool>(recValid(AT)).toBe(false);
    recLink(AT, 0, 1, 1, 1);
    expect<bool>(recValid(AT)).toBe(false, "slot 0");
    for (let v: u32 = 0; v < 256; v++) {
      expect<bool>(validWith(offsetof<TransRec>("from_state"), v)).toBe(v <= 7, "from_state");
      expect<bool>(validWith(offsetof<TransRec>("to_state"), v)).toBe(v <= 7, "to_state");
      expect<bool>(validWith(offsetof<TransRec>("cause"), v)).toBe(v <= 13, "cause");
      expect<bool>(validWith(offsetof<TransRec>("flags"), v)).toBe(v <= 15, "flags");
      expect<bool>(validWith(offsetof<TransRec>("stage"), v)).toBe(v <= 4, "stage");
      expect<bool>(validKind(v, 1, 0, 0)).toBe(v <= KIND_META, "kind");
      expect<bool>(validKind(KIND_CONFIG, 0, v & 7, 0)).toBe((v & 7) <= 3, "CFGOP");
      expect<bool>(validKind(KIND_KEYSVC, 0, v & 7, v >> 1)).toBe((v & 7) <= 5 && v >> 1 < 64, "SVCOP, service");
    }
    expect<bool>(validKind(KIND_NODE, 0, 1, 0)).toBe(false, "a transition of nobody");
    expect<bool>(validKind(KIND_NODE, NODE_MAX, 1, 0)).toBe(true);
    expect<bool>(validKind(KIND_NODE, NODE_MAX + 1, 1, 0)).toBe(false);
  });
});

describe("a set of nodes", () => {
  test("keeps each number apart, from 0 to NODE_MAX", () => {
    bitsClear(A);
    bitsClear(B);
    for (let n: u32 = 0; n <= NODE_MAX; n++) {
      bitPut(A, n, true);
      expect<bool>(bitGet(A, n) && !bitGet(A, n == 0 ? 1 : n - 1)).toBe(true);
      expect<bool>(bitsMeet(A, B) || bitsSame(A, B)).toBe(false);
      bitPut(B, n, true);
      expect<bool>(bitsMeet(A, B) && bitsSame(A, B)).toBe(true);
      bitPut(A, n, false);
      bitPut(B, n, false);
    }
    for (let i: u32 = 0; i < BITMAP_BYTES; i++) expect<u8>(load<u8>(A + i)).toBe(0);
  });
});

describe("outgoing messages", () => {
  test("the check value covers every byte but itself and the receiver", () => {
    layoutInit();
    msgSend(msgBegin(MSG_ACK, 3, 21));
    expect<i32>(clms_msg_next()).toBe(1);
    const at = <usize>page().msg_addr;
    const check = changetype<Msg>(at).check;
    for (let i: u32 = 0; i < page().msg_len; i++) {
      store<u8>(at + i, load<u8>(at + i) ^ 0x40);
      const free = i - <u32>offsetof<Msg>("check") < 8 || i - <u32>offsetof<Msg>("to") < 2;
      expect<bool>(msgCheck(at, page().msg_len) == check).toBe(free, "byte " + i.toString());
      store<u8>(at + i, load<u8>(at + i) ^ 0x40);
    }
  });

  test("one to many leaves once for each, in order, with the same bytes", () => {
    layoutInit();
    const msg = msgBeginMany(MSG_ACK, 5);
    msgTo(msg, NODE_MAX);
    msgTo(msg, 1);
    msgTo(msg, 64);
    msgSend(msg);
    msgSend(msgBeginMany(MSG_ACK, 0));
    let order: u32 = 0;
    while (clms_msg_next() == 1) {
      order = order * 10_000 + page().msg_to;
      const at = changetype<Msg>(<usize>page().msg_addr);
      expect<u64>(msgCheck(changetype<usize>(at), at.len)).toBe(at.check);
      expect<u32>(at.to).toBe(page().msg_to);
      if (order > 99_999_999) break;
    }
    expect<u32>(order).toBe(1_0064 * 10_000 + NODE_MAX);
    expect<i32>(clms_msg_next()).toBe(0);
  });

  test("what finds no place is counted, traps nothing, and harms nothing that has one", () => {
    layoutInit();
    const most = MSG_MAX - Msg_SIZE;
    for (let i: u32 = 0; i < 20; i++) {
      const msg = msgBegin(MSG_ACK, 1 + i, most);
      memory.fill(changetype<usize>(msg) + Msg_SIZE, <u8>i, most);
      msgSend(msg);
    }
    const fit = OUT_BYTES / MSG_MAX;
    expect<u32>(page().msg_lost).toBe(20 - fit);
    for (let i: u32 = 0; i < fit; i++) {
      expect<i32>(clms_msg_next()).toBe(1);
      const at = changetype<Msg>(<usize>page().msg_addr);
      expect<u32>(page().msg_to).toBe(1 + i);
      expect<u64>(msgCheck(changetype<usize>(at), at.len)).toBe(at.check);
    }
    expect<i32>(clms_msg_next()).toBe(0);
    for (let i: u32 = 0; i < OUT_MAX + 3; i++) msgSend(msgBegin(MSG_ACK, 1, 0));
    expect<u32>(page().msg_lost).toBe(20 - fit + 3);
    let count: u32 = 0;
    while (clms_msg_next() == 1) count++;
    expect<u32>(count).toBe(OUT_MAX);
    msgSend(msgBegin(MSG_ACK, 1, most));
    expect<i32>(clms_msg_next()).toBe(1);
  });
});
