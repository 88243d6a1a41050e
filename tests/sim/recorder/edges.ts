// The legal edges of a node's life, written down again from the reference: the recorder does not ask the module.
//
//   NEVERUP, DOWN → COMINGUP           the cluster, on a join
//   COMINGUP → UP                      ready
//   UP ⇄ SHUTDOWN                      maintenance
//   UP, SHUTDOWN → GOINGDOWN           past the point of return
//   COMINGUP, UP, SHUTDOWN, GOINGDOWN → KCLEANUP → UCLEANUP → DOWN
//
// Invariant: nothing else is legal, and no state leads to itself.

import { NS } from "../../../host/core/abi/clms.js";

const NEXT: Readonly<Record<number, readonly number[]>> = {
  [NS.NEVERUP]: [NS.COMINGUP],
  [NS.COMINGUP]: [NS.UP, NS.KCLEANUP],
  [NS.UP]: [NS.SHUTDOWN, NS.GOINGDOWN, NS.KCLEANUP],
  [NS.SHUTDOWN]: [NS.UP, NS.GOINGDOWN, NS.KCLEANUP],
  [NS.GOINGDOWN]: [NS.KCLEANUP],
  [NS.KCLEANUP]: [NS.UCLEANUP],
  [NS.UCLEANUP]: [NS.DOWN],
  [NS.DOWN]: [NS.COMINGUP],
};

export const legal = (from: number, to: number): boolean => NEXT[from]?.includes(to) ?? false;

/** A member in the widest sense: admitted and not yet on its way out of the table. */
export const live = (state: number): boolean => state >= NS.COMINGUP && state <= NS.GOINGDOWN;
