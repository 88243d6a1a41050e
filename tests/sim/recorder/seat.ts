// What the recorder remembers of one process: the words of its page as they were after the last step, the undecided tail
// of its log, and what its disk has confirmed.
//
// Invariant: `look` costs a handful of comparisons when nothing changed; everything else is read only when it did.

import { CFGOP, DURABLE, Header, KIND, LIMIT, Page, STAGE, TransRec } from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import type { SimNode } from "../types.js";
import { big } from "./record.js";

/** The words of the page that are watched: promised, accepted, ballot, low, applied, stored, last, done. */
const FIRST = Page.promised;
const COUNT = 16;

export interface Held {
  ballot: number;
  print: number;
}

interface Write {
  seq: number;
  op: number;
  slot: number;
  bytes: Uint8Array;
}

export class Seat {
  clms: Clms | null = null;
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;
  readonly #seen = new Uint32Array(COUNT + 5);
  boot = 0;
  promised = 0;
  accepted = 0;
  ballot = 0;
  low = 0;
  applied = 0;
  stored = 0;
  last = 0;
  done = 0;
  engine = 0;
  gate = 1;
  lease = 0;
  inc = 0;
  lineage = 0;
  /** undecided records: slot → ballot and value */
  tail = new Map<number, Held>();
  /** the highest ballot that a REPORT of this disk's lineage promised */
  reported = 0;
  /** promise and lineage that the disk has confirmed */
  diskPromised = 0;
  diskLineage = 0;
  /** ballot of the message that is being handled; 0 = none */
  message = 0;
  /** size of its memory at the boot */
  bytes = 0;
  readonly writes: Write[] = [];
  /** confirmed records by slot */
  readonly #kept = new Map<number, DataView>();

  constructor(readonly node: SimNode) {}

  /** The views are those of the node's instance as it is now. */
  bind(): void {
    this.clms = this.node.clms;
    this.#words = this.clms.u32;
    this.#at = (this.clms.page + FIRST) >> 2;
  }

  /** A new boot. */
  begin(): void {
    const { clms, boot } = this.node;
    this.bind();
    this.boot = boot;
    this.#seen.fill(0);
    this.writes.length = 0;
    this.tail = new Map();
    this.bytes = clms.u8.byteLength;
    this.message = 0;
    this.inc = 0;
    this.applied = 0;
    this.low = 0;
    this.engine = 0;
    this.promised = 0;
  }

  /** Has anything that matters changed since the last look? */
  look(): boolean {
    const words = this.#words;
    const seen = this.#seen;
    let changed = false;
    for (let i = 0, at = this.#at; i < COUNT; i++, at++)
      if (seen[i] !== words[at]) {
        seen[i] = words[at];
        changed = true;
      }
    const page = this.node.clms.page >> 2;
    const more = [Page.inc, Page.lineage, Page.engine, Page.gate];
    for (let i = 0; i < more.length; i++) {
      const word = words[page + (more[i] >> 2)];
      if (seen[COUNT + i] !== word) {
        seen[COUNT + i] = word;
        changed = true;
      }
    }
    return changed;
  }

  /** Takes the page's words over. */
  take(): void {
    const { dv, page } = this.node.clms;
    this.promised = big(dv, page + Page.promised);
    this.accepted = big(dv, page + Page.accepted);
    this.ballot = big(dv, page + Page.ballot);
    this.low = big(dv, page + Page.low);
    this.applied = big(dv, page + Page.applied);
    this.stored = big(dv, page + Page.stored);
    this.last = big(dv, page + Page.last);
    this.done = big(dv, page + Page.done);
    this.engine = dv.getUint8(page + Page.engine);
    this.gate = dv.getUint32(page + Page.gate, true);
    this.lease = dv.getUint8(page + Page.lease);
    this.inc = dv.getUint32(page + Page.inc, true);
    this.lineage = dv.getUint32(page + Page.lineage, true);
  }

  /** Where the record of a slot stands in the ring. */
  ringAt(slot: number): number {
    const { dv, page } = this.node.clms;
    return dv.getUint32(page + Page.ring_base, true) + (slot % LIMIT.RING_MAX) * TransRec.SIZE;
  }

  /** The undecided records above `applied`, as they are now. */
  readTail(): Map<number, Held> {
    const { dv } = this.node.clms;
    const tail = new Map<number, Held>();
    for (let slot = this.applied + 1; slot <= this.last && slot <= this.applied + LIMIT.RING_MAX; slot++) {
      const at = this.ringAt(slot);
      if (big(dv, at + TransRec.slot) === slot && dv.getUint8(at + TransRec.stage) === STAGE.PREPARED)
        tail.set(slot, { ballot: big(dv, at + TransRec.ballot), print: big(dv, at + TransRec.self_hash) });
    }
    return tail;
  }

  /** Has it accepted a record, not decided yet, that gives it a vote? */
  willVote(): boolean {
    const { dv } = this.node.clms;
    for (let slot = this.applied + 1; slot <= this.last; slot++) {
      const at = this.ringAt(slot);
      const own = dv.getUint16(at + TransRec.node, true) === this.node.id && dv.getUint8(at + TransRec.kind) === KIND.CONFIG;
      if (own && dv.getUint8(at + TransRec.to_state) === CFGOP.NODE && dv.getUint16(at + TransRec.arg + 2, true) > 0) return true;
    }
    return false;
  }

  /** A write was handed out; it counts when it is confirmed. */
  wrote(op: number, slot: number, at: number, len: number): void {
    if (op === DURABLE.CHECKPOINT) return;
    const { u8, dv, page } = this.node.clms;
    this.writes.push({ seq: dv.getUint32(page + Page.durable_seq, true), op, slot, bytes: u8.slice(at, at + len) });
  }

  /** Confirmed records, oldest first; headers are taken in. Sequence numbers wrap at 32 bits. */
  confirmed(seq: number, record: (dv: DataView) => void): void {
    const lineage = this.diskLineage;
    const fresh: DataView[] = [];
    while (this.writes.length > 0 && ((seq - this.writes[0].seq) | 0) >= 0) {
      const { op, slot, bytes } = this.writes.shift() as Write;
      const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      if (op === DURABLE.RECORD) {
        this.#kept.set(slot, dv);
        fresh.push(dv);
      } else {
        this.diskPromised = big(dv, Header.promised);
        this.diskLineage = dv.getUint32(Header.lineage, true);
      }
    }
    // What the disk holds is held by the lineage that its header names now, whichever was written first.
    const held = lineage === this.diskLineage ? fresh : this.#kept.values();
    for (const dv of held) record(dv);
  }
}
