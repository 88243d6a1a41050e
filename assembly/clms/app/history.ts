// Transitions by cursor, from the records that are kept: whoever follows them sees each once and in order.
//
// Only whole transitions are shown (shown.ts). A record that is damaged here is one that is not kept.

import {
  EAGAIN, EINVAL, ENODATA, EOVERFLOW, KIND_NODE, NS_UP, TransRec, WHICH_NEXT, WHICH_NEXT_RECORD, WHICH_PREVIOUS_DETAILED,
  WHICH_THIS,
} from "../../abi/clms";
import { page, recAt } from "../layout";
import { waitSlot } from "./gate";
import { recHeld, shownUpto } from "./shown";

export function clms_history(which: u32, slotLo: u32, slotHi: u32): i32 {
  const cursor = (<u64>slotHi << 32) | slotLo;
  if (which > WHICH_THIS) return -EINVAL;
  if (which == WHICH_THIS) return current(cursor);
  return which == WHICH_PREVIOUS_DETAILED ? previous(cursor) : next(which, cursor);
}

/** To or from UP: what cluster_transition shows; every other change of a node's state is a detail. */
function isSimple(rec: TransRec): bool {
  return (<u32>rec.from_state == NS_UP) != (<u32>rec.to_state == NS_UP);
}

function isWanted(which: u32, rec: TransRec): bool {
  if (which == WHICH_NEXT_RECORD) return true;
  return <u32>rec.kind == KIND_NODE && (which != WHICH_NEXT || isSimple(rec));
}

// @ts-ignore: decorator
@inline function found(slot: u64): i32 { return <i32>changetype<usize>(recAt(slot)); }

function current(cursor: u64): i32 {
  if (cursor == 0) return -EINVAL;
  if (cursor > page().applied) return -ENODATA;
  if (cursor > shownUpto()) return wait();
  return cursor >= page().low && recHeld(cursor) ? found(cursor) : -EOVERFLOW;
}

function next(which: u32, cursor: u64): i32 {
  const applied = page().applied;
  const shown = shownUpto();
  if (cursor >= applied) return -ENODATA;
  if (cursor + 1 < page().low) return -EOVERFLOW;
  for (let s = cursor + 1; s <= applied; s++) {
    if (!recHeld(s)) return -EOVERFLOW;
    if (isWanted(which, recAt(s))) return s <= shown ? found(s) : wait();
  }
  return -ENODATA;
}

function previous(cursor: u64): i32 {
  const low = page().low;
  for (let s = min<u64>(cursor, shownUpto() + 1); s > low && s > 1; s--) {
    if (!recHeld(s - 1)) return -EOVERFLOW;
    if (<u32>recAt(s - 1).kind == KIND_NODE) return found(s - 1);
  }
  return low > 1 && cursor > 1 ? -EOVERFLOW : -ENODATA;
}

/** It is there, but part of a transition that is under way. */
function wait(): i32 {
  page().wait_slot = waitSlot();
  return -EAGAIN;
}
