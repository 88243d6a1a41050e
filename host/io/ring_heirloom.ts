// A receive ring that one process hands to the next: frames that arrive while neither reads it wait there.
//
// Invariants: a ring is read by one process at a time, by the next one from where the former stopped; only a ring that this
// program would open the same way is gone on with.

import type { RingGeometry } from "./ring_geometry.js";

/** What the options of a ring's socket make of its slots: raise it whenever a program that changes them must not go on with older ones. */
export const RING_FORM = 1;

export interface RingHeirloom {
  /** descriptor of the packet socket */
  fd: number;
  /** RING_FORM of the program that opened it */
  form: number;
  /** number of its interface */
  ifindex: number;
  geometry: RingGeometry;
  /** the slot that is looked at next */
  head: number;
}

/** Whether a ring is what this program would open for the interface. */
export function isOurs({ form, ifindex, geometry, head }: RingHeirloom, wanted: number, mine: RingGeometry): boolean {
  const same = (Object.keys(mine) as (keyof RingGeometry)[]).every((k) => geometry[k] === mine[k]);
  return form === RING_FORM && ifindex === wanted && same && head >= 0 && head < mine.slots;
}
