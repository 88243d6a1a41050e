// How far applications may look into the log: whole transitions only.
//
// A set of nodedowns is one transition: its records, from SET_BEGIN to SET_END, are shown together, and only when the
// callbacks of SET_END are done here.

import { KIND_SET_BEGIN, KIND_SET_END, STAGE_EMPTY, STAGE_UNKNOWN } from "../../abi/clms";
import { fold, page, recAt } from "../layout";

/** Does the ring hold this slot's record, undamaged? */
export function recHeld(slot: u64): bool {
  const rec = recAt(slot);
  return slot != 0 && rec.slot == slot && <u32>rec.stage != STAGE_EMPTY && <u32>rec.stage != STAGE_UNKNOWN;
}

/** The highest slot that applications may see. O(1) but when callbacks lag behind by more than a set: O(RING_MAX). */
export function shownUpto(): u64 {
  const done = min<u64>(page().done, page().applied);
  const f = fold();
  if (done >= f.set_begin) return done < f.set_end || f.bracket != 0 ? beforeSet(f.set_begin) : done;
  const next = nextMark(done + 1, min<u64>(f.set_begin, page().applied));
  return <u32>recAt(next).kind == KIND_SET_END ? beforeSet(lastBegin(done)) : done;
}

// @ts-ignore: decorator
@inline function beforeSet(begin: u64): u64 { return begin == 0 ? 0 : begin - 1; }

/** The first SET_BEGIN or SET_END from slot `from` on; `upto` if there is none before it. */
function nextMark(from: u64, upto: u64): u64 {
  let s = max<u64>(from, page().low);
  while (s < upto && <u32>recAt(s).kind != KIND_SET_BEGIN && <u32>recAt(s).kind != KIND_SET_END) s += 1;
  return s;
}

/** The last SET_BEGIN up to slot `from`, or the oldest slot kept. */
function lastBegin(from: u64): u64 {
  let s = from;
  while (s > page().low && <u32>recAt(s).kind != KIND_SET_BEGIN) s -= 1;
  return s;
}
