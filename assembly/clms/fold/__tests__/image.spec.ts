// The image of a fold: what is written is read back byte for byte; what was not written by a fold is refused, or is one
// that is sound; nothing traps.

import {
  CFGOP_NODE, CFGOP_REMOVE, ENTF_LAST, ENTF_LEARNING, ENTF_USED, Fold_SIZE, KIND_CONFIG, KIND_KEYSVC, KIND_META, KIND_NODE,
  NODE_MAX, NS_COMINGUP, NS_UP, NodeEnt, NodeEnt_SIZE, ROLE_OBSERVER, SVCOP_DEFINE, SVCOP_OFFER, SVCOP_TAKE,
} from "../../../abi/clms";
import { prngNext } from "../../../lib/prng";
import { FOLD_BYTES, entIn, foldAt, foldBase, layoutInit, scratchFold } from "../../layout";
import { apply, foldOf, made, saveFold, sameFold } from "../../__tests__/bed";
import { imageRead, imageSize, imageWrite } from "../image";
import { nodeArg } from "../nodearg";

const AT: usize = memory.data(73728, 8);
const SPARE: usize = memory.data(64, 8);
const SEED: usize = memory.data(8, 8);
const ENTRY: u32 = Fold_SIZE + 8;

/** A fold with something of everything in it. */
function rich(): u32 {
  foldOf(4);
  for (let n: u32 = 1; n <= 2; n++) {
    made(KIND_NODE, n, 0, NS_COMINGUP, 1, 5, 1000 + n); apply();
  }
  made(KIND_NODE, 1, NS_COMINGUP, NS_UP, 1, 0, 0); apply();
  made(KIND_CONFIG, NODE_MAX, 0, CFGOP_NODE, 0, 0, nodeArg(ROLE_OBSERVER, 1, 0, 1, 1)); apply();
  made(KIND_META, 1, 0, 0, 0, 9, 99); apply();
  made(KIND_KEYSVC, 0, 0, SVCOP_DEFINE, 0, 63, 4711); apply();
  made(KIND_KEYSVC, 1, 0, SVCOP_OFFER, 0, 63, 1); apply();
  made(KIND_KEYSVC, 1, 0, SVCOP_TAKE, 1, 63, 0); apply();
  return imageWrite(foldBase(), AT);
}

/** It is refused, or what was read is written as the same bytes again. */
function judged(len: u32): bool {
  if (!imageRead(AT, len)) return false;
  const f = foldAt(scratchFold());
  expect<bool>(<u32>f.top <= NODE_MAX && <u32>f.nused > 0 && (<u32>entIn(scratchFold(), f.top).flags & ENTF_USED) != 0).toBe(true);
  expect<u32>(imageSize(scratchFold())).toBe(len);
  return true;
}

describe("the image of a fold", () => {
  test("comes back byte for byte, and has the size that was said", () => {
    const len = rich();
    expect<u32>(len).toBe(imageSize(foldBase()));
    saveFold();
    expect<bool>(imageRead(AT, len)).toBe(true);
    expect<bool>(sameFold(scratchFold())).toBe(true);
    expect<bool>(sameFold(foldBase())).toBe(true, "the fold itself is not touched");
  });

  test("keeps the incarnation of a node that was removed", () => {
    rich();
    entIn(foldBase(), 3).inc = 6;
    made(KIND_CONFIG, 3, 0, CFGOP_REMOVE, 0, 0, 0); apply();
    saveFold();
    expect<bool>(imageRead(AT, imageWrite(foldBase(), AT))).toBe(true);
    expect<bool>(sameFold(scratchFold())).toBe(true);
    expect<u32>(entIn(scratchFold(), 3).inc).toBe(6);
  });

  test("keeps who the last member was; one that is a member is not taken for it", () => {
    const len = rich();
    const at = AT + ENTRY + 8 + <u32>offsetof<NodeEnt>("flags");
    const next = 8 + NodeEnt_SIZE + 16;
    store<u8>(at + next, <u8>(ENTF_USED | ENTF_LAST));
    expect<bool>(judged(len)).toBe(true, "node 2 is coming up");
    expect<u32>(entIn(scratchFold(), 2).flags).toBe(ENTF_USED | ENTF_LAST);
    store<u8>(at, <u8>(ENTF_USED | ENTF_LAST));
    expect<bool>(judged(len)).toBe(false, "node 1 is up");
    store<u8>(at, <u8>ENTF_USED);
    store<u8>(at + next, <u8>(ENTF_USED | ENTF_LAST | ENTF_LEARNING));
    expect<bool>(judged(len)).toBe(true);
    store<u8>(at + next, <u8>ENTF_LAST);
    expect<bool>(judged(len)).toBe(false, "no entry has only this");
  });

  test("a full table has room in a message", () => {
    foldOf(4);
    for (let n: u32 = 5; n <= NODE_MAX; n++) {
      made(KIND_CONFIG, n, 0, CFGOP_NODE, 0, 0, nodeArg(ROLE_OBSERVER, 0, 0, 1, 1)); apply();
    }
    for (let s: u32 = 0; s < 64; s++) {
      made(KIND_KEYSVC, 0, 0, SVCOP_DEFINE, 0, s, 1 + s); apply();
    }
    saveFold();
    const len = imageWrite(foldBase(), AT);
    expect<bool>(len < 73_728 - 80).toBe(true);
    expect<bool>(imageRead(AT, len) && sameFold(scratchFold())).toBe(true);
  });

  test("cut at any byte it is refused, and so is one byte more", () => {
    const len = rich();
    for (let n: u32 = 0; n <= len + 8; n++) expect<bool>(imageRead(AT, n)).toBe(n == len);
    expect<bool>(imageRead(AT, u32.MAX_VALUE)).toBe(false);
  });

  test("with any byte changed it is refused, or it is sound", () => {
    const len = rich();
    let taken: u32 = 0;
    for (let i: u32 = 0; i < len; i++) {
      for (let bit: u32 = 0; bit < 8; bit++) {
        store<u8>(AT + i, <u8>(<u32>load<u8>(AT + i) ^ (1 << bit)));
        taken += u32(judged(len));
        store<u8>(AT + i, <u8>(<u32>load<u8>(AT + i) ^ (1 << bit)));
      }
    }
    expect<bool>(taken > 0 && taken < 8 * len).toBe(true);
    expect<bool>(judged(len)).toBe(true);
  });

  test("what would mislead is refused: counts, states, numbers, order", () => {
    const bad: StaticArray<u32> = [
      <u32>offsetof<NodeEnt>("node"), 2, <u32>offsetof<NodeEnt>("state"), 8, <u32>offsetof<NodeEnt>("state"), 0,
      <u32>offsetof<NodeEnt>("role"), 4, <u32>offsetof<NodeEnt>("flags"), 0, <u32>offsetof<NodeEnt>("flags"), 5,
      <u32>offsetof<NodeEnt>("flags"), 9, <u32>offsetof<NodeEnt>("inc"), 0, <u32>offsetof<NodeEnt>("proto_min"), 2,
      <u32>offsetof<NodeEnt>("lineage"), 200, <u32>offsetof<NodeEnt>("born"), 200, <u32>offsetof<NodeEnt>("last_slot"), 200,
    ];
    for (let i = 0; i < bad.length; i += 2) {
      const len = rich();
      store<u8>(AT + ENTRY + 8 + bad[i], <u8>bad[i + 1]);
      expect<bool>(imageRead(AT, len)).toBe(false, "entry, byte " + bad[i].toString() + " = " + bad[i + 1].toString());
    }
    const len = rich();
    store<u64>(AT + ENTRY, 2);
    expect<bool>(imageRead(AT, len)).toBe(false, "two entries of one number");
    rich();
    const bytes = 8 + NodeEnt_SIZE + 16;
    memory.copy(SPARE, AT + ENTRY, bytes);
    memory.copy(AT + ENTRY, AT + ENTRY + bytes, bytes);
    memory.copy(AT + ENTRY + bytes, SPARE, bytes);
    expect<bool>(imageRead(AT, len)).toBe(false, "another order: one fold has one image");
    rich();
    store<u64>(AT + ENTRY + 4 * (8 + NodeEnt_SIZE + 16), NODE_MAX + 1);
    expect<bool>(imageRead(AT, len)).toBe(false, "a number beyond the last");
  });

  test("noise is refused", () => {
    layoutInit();
    store<u64>(SEED, 1);
    for (let k: u32 = 0; k < 300; k++) {
      const len = rich();
      for (let i: u32 = 8 * (k % 40); i < len; i += 8) store<u64>(AT + i, prngNext(SEED));
      if (k % 2 == 0) { store<u32>(AT + Fold_SIZE, 5); store<u32>(AT + Fold_SIZE + 4, 1); }
      judged(len);
    }
    expect<u32>(FOLD_BYTES).toBe(128 + 1025 * 48 + 64 * 128);
  });
});
