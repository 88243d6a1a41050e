// The gate of the applications: open only while what they read is whole and of one moment.
//
// A seqlock, Page.gate: odd = closed. It is closed from the moment at which a record is accepted here until all that is
// accepted is decided and applied, every set is complete, and the callbacks of subsystems are done; and while this node
// is no live member. Whoever reads takes the number before and after: if it is the same, nothing changed meanwhile.

import { EAGAIN, ENOTCONN, EVENT_GATE } from "../../abi/clms";
import { eventEmit } from "../event";
import { fold, page } from "../layout";
import { M_APPLY_BEFORE_GATE, mutant } from "../mutant";
import { resyncRuns } from "./call";
import { selfLive } from "./live";

/** The number stays positive as an i32: it is the result of clms_gate_enter. */
// @ts-ignore: decorator
@inline const GATE_MASK: u32 = 0x7fff_ffff;

/** Opens or closes the gate as the state of everything else wants it. O(1). */
export function gateSettle(): void {
  const open = selfLive() && (mutant(M_APPLY_BEFORE_GATE) || !underWay());
  if (open != gateOpen()) turn(open);
}

/** Something that applications can see is changing: whoever looked before will notice. gateSettle opens again. */
export function gateClose(): void {
  if (gateOpen() && !mutant(M_APPLY_BEFORE_GATE)) turn(false);
}

/** 0: an application may look. -ENOTCONN: this node is no member; -EAGAIN: a transition is under way, Page.wait_slot is set. */
export function gateRefused(): i32 {
  if (!selfLive()) return -ENOTCONN;
  if (gateOpen()) return 0;
  page().wait_slot = waitSlot();
  return -EAGAIN;
}

export function clms_gate_enter(): i32 {
  const refused = gateRefused();
  return refused != 0 ? refused : <i32>page().gate;
}

// @ts-ignore: decorator
@inline function gateOpen(): bool { return (page().gate & 1) == 0; }

/** Is a transition under way on this node? */
function underWay(): bool {
  const pg = page();
  return pg.last > pg.applied || pg.done < pg.applied || fold().bracket != 0 || resyncRuns();
}

/** The slot with which what is under way can be over at the earliest. */
export function waitSlot(): u64 {
  const pg = page();
  if (pg.last > pg.applied) return pg.last;
  return pg.applied + u64(fold().bracket != 0);
}

function turn(open: bool): void {
  const pg = page();
  pg.gate = (pg.gate + 1) & GATE_MASK;
  const ev = eventEmit(EVENT_GATE);
  ev.slot = pg.applied;
  ev.old = u32(!open);
  ev.new = u32(open);
}
