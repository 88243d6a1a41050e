// What a node's disk holds, in memory: the header, the checkpoint and the places of the log, as the writes so far leave them.
//
// Invariant: what was there and is damaged stays DAMAGED until it is written again; it never becomes ABSENT by itself.

import { DURABLE, LIMIT } from "../core/abi/clms.js";

/** State of an item. */
export const ABSENT = 0;
export const SOUND = 1;
export const DAMAGED = 2;

export interface Item {
  /** ABSENT, SOUND or DAMAGED */
  state: number;
  slot: number;
  bytes: Uint8Array;
}

/** A write, or what is given back of it: bytes null = it was there and is damaged. */
export interface Write {
  /** DURABLE */
  op: number;
  slot: number;
  bytes: Uint8Array | null;
}

const PLACES = LIMIT.RING_MAX;
const NOTHING = new Uint8Array(0);
const absent = (): Item => ({ state: ABSENT, slot: 0, bytes: NOTHING });

/** The slot field of a record comes first; 0 = the place is empty. */
const isEmptyRecord = (bytes: Uint8Array): boolean => bytes.subarray(0, 8).every((b) => b === 0);

export class Image {
  header = absent();
  checkpoint = absent();
  readonly places: Item[] = Array.from({ length: PLACES }, absent);

  /** Was nothing ever written? */
  get blank(): boolean {
    return this.header.state === ABSENT && this.checkpoint.state === ABSENT && this.places.every((p) => p.state === ABSENT);
  }

  /** One write more; bytes null = a damaged one. They are kept, not copied. */
  apply(w: Write): void {
    // A checkpoint is there twice: one fold has one form, so the other one of this slot is as good.
    const spare = w.op === DURABLE.CHECKPOINT && this.checkpoint.state === SOUND && this.checkpoint.slot === w.slot;
    if (spare && w.bytes === null) return;
    const emptied = w.op === DURABLE.RECORD && w.bytes !== null && isEmptyRecord(w.bytes);
    const state = w.bytes === null ? DAMAGED : emptied ? ABSENT : SOUND;
    const item: Item = { state, slot: w.slot, bytes: w.bytes === null || emptied ? NOTHING : w.bytes };
    if (w.op === DURABLE.HEADER) this.header = item;
    else if (w.op === DURABLE.CHECKPOINT) this.checkpoint = item;
    else this.places[w.slot % PLACES] = item;
  }

  /**
   * Something was written after all this, and nobody can say what: any place may hold an older value than it should. A
   * checkpoint may be older than the last one: that is seen by the header, which says from where on the log is needed.
   */
  distrust(): void {
    this.header = { state: DAMAGED, slot: 0, bytes: NOTHING };
    if (this.checkpoint.state === ABSENT) this.checkpoint = { state: DAMAGED, slot: 0, bytes: NOTHING };
    this.places.forEach((p, at) => {
      this.places[at] = { state: DAMAGED, slot: p.slot === 0 ? at : p.slot, bytes: NOTHING };
    });
  }

  /** All of it as writes, in the order in which the module takes it back: header, checkpoint, records by slot. */
  writes(): Write[] {
    const of = (op: number, p: Item): Write => ({ op, slot: p.slot, bytes: p.state === SOUND ? p.bytes : null });
    const records = this.places.filter((p) => p.state !== ABSENT).sort((a, b) => a.slot - b.slot);
    const whole = [
      { op: DURABLE.HEADER, item: this.header },
      { op: DURABLE.CHECKPOINT, item: this.checkpoint },
    ].filter((w) => w.item.state !== ABSENT);
    return [...whole.map((w) => of(w.op, w.item)), ...records.map((p) => of(DURABLE.RECORD, p))];
  }
}
