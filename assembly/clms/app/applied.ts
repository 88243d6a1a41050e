// What happens on the side of applications when the log goes on: called by whoever folds records, moves the time, or
// learns something of this node's lease. gateSettle (gate.ts) is to be called at the end of every step.

import { EVENT_APPLIED, KIND_KEYSVC, KIND_META, KIND_NODE, TransRec } from "../../abi/clms";
import { eventEmit } from "../event";
import { MS, NEVER, page } from "../layout";
import { callbackResync, callbackTick, callbackWalk, isUntold } from "./callback";
import { gateClose, gateSettle } from "./gate";
import { metaApplied, metaDeadline, metaLook, metaTick, metaValid } from "./meta";
import { serviceDeadline, serviceSettle, serviceValid } from "./service";
import { subsysValid } from "./subsys";

/** A record was folded; Page.applied is its slot, and Page.inc is what it makes of this node. */
export function appApplied(rec: TransRec): void {
  gateClose();
  const kind: u32 = rec.kind;
  const ev = eventEmit(EVENT_APPLIED);
  ev.kind = rec.kind;
  ev.cause = rec.cause;
  ev.slot = rec.slot;
  ev.node = rec.node;
  ev.inc = rec.inc;
  ev.old = rec.from_state;
  ev.new = rec.to_state;
  if (kind == KIND_META) metaApplied(rec.node);
  if (kind == KIND_KEYSVC || (kind == KIND_NODE && rec.node == page().node)) serviceSettle();
  callbackWalk();
}

/** The fold was replaced by that of a checkpoint, or recovered from the disk. */
export function appResync(): void {
  gateClose();
  metaLook();
  serviceSettle();
  callbackResync();
  gateSettle();
}

export function appLeaseHeld(): void { serviceSettle(); }

export function appLeaseLost(): void { serviceSettle(); }

/** Time goes on. O(SVC_MAX), and O(NODE_MAX) while metadata is missing. */
export function appTick(now: u64): void {
  callbackTick();
  metaTick(now);
  serviceSettle();
  gateSettle();
}

/** When appTick wants to be called. */
export function appDeadline(): u64 {
  const told = isUntold() ? page().now + MS : NEVER;
  return min<u64>(told, min<u64>(metaDeadline(), serviceDeadline()));
}

/** Could a saved state have been left by this side? */
export function appValid(): bool { return subsysValid() && serviceValid() && metaValid(); }
