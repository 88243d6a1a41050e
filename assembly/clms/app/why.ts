// Why a node was removed: the record that did it, and the evidence in it.

import {
  EOVERFLOW, ENOENT, KIND_NODE, NS_KCLEANUP, NodeEnt, TransRec, Why, Why_SIZE, Why_observer_OFF,
} from "../../abi/clms";
import { entAt, outbox, page, recAt } from "../layout";
import { nodeRefused } from "./membership";
import { recHeld } from "./shown";

// Evidence, as a removal's TransRec.arg holds it.
// @ts-ignore: decorator
@inline const COUNT_MASK: u64 = 0xff;
// @ts-ignore: decorator
@inline const OF_SHIFT: u64 = 8;
// @ts-ignore: decorator
@inline const OBSERVERS_SHIFT: u64 = 16;
// @ts-ignore: decorator
@inline const OBSERVERS: u32 = 3;

export function clms_node_why(n: u32): i32 {
  const refused = nodeRefused(n);
  if (refused != 0) return refused;
  const ent = entAt(n);
  const slot = removal(n);
  if (slot == 0 && !wasRemoved(ent)) return -ENOENT;
  const why = changetype<Why>(outbox());
  memory.fill(outbox(), 0, Why_SIZE);
  why.node = <u16>n;
  why.state = ent.state;
  why.cause = ent.cause;
  if (slot == 0) return -EOVERFLOW;
  tell(why, recAt(slot));
  return <i32>outbox();
}

/** The newest record kept that removed node n; 0 = none. */
function removal(n: u32): u64 {
  const low = max<u64>(page().low, 1);
  for (let s = page().applied; s >= low; s--) {
    const rec = recAt(s);
    if (<u32>rec.node == n && <u32>rec.to_state == NS_KCLEANUP && <u32>rec.kind == KIND_NODE && recHeld(s)) return s;
  }
  return 0;
}

/** Incarnations are counted from 1, and a node gets the next one only after the last was removed. */
function wasRemoved(ent: NodeEnt): bool {
  return <u32>ent.state >= NS_KCLEANUP || ent.inc > 1;
}

function tell(why: Why, rec: TransRec): void {
  why.cause = rec.cause;
  why.inc = rec.inc;
  why.slot = rec.slot;
  why.ballot = rec.ballot;
  why.mono_ms = rec.mono_ms;
  why.count = <u8>(rec.arg & COUNT_MASK);
  why.of = <u8>((rec.arg >> OF_SHIFT) & COUNT_MASK);
  const at = changetype<usize>(why) + Why_observer_OFF;
  let observers = rec.arg >> OBSERVERS_SHIFT;
  for (let i: u32 = 0; i < OBSERVERS; i++, observers >>= 16) store<u16>(at + (i << 1), <u16>observers);
}
