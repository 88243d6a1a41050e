// Experiments on a second instance that gets a copy of a node's memory, so that nothing of the run changes:
//
//   S13 RollForwardIdempotent  a message with records is given once more, and a prefix of it before the whole: same state
//   S14 MergeDeterministic     the reports of a real takeover in other orders: the same canonical bytes
//   S38 CheckpointEqual        (no copy needed) whoever is at a slot has the same fold, however it came there
//
// Copying three megabytes costs, so S13 and S14 are done for samples; S38 always.

import { Fold, LIMIT, MSG, Msg, NodeEnt, Page, STAGE, SvcEnt, TransRec } from "../../../host/core/abi/clms.js";
import { Clms } from "../../../host/core/clms.js";
import type { SimNode } from "../types.js";
import type { Book } from "./book.js";
import type { Merges } from "./merges.js";
import { msgCheck } from "./record.js";
import type { Seat } from "./seat.js";

/** Two 32-bit mixes over words. */
class Mix {
  a = 0x243f_6a88;
  b = 0x85a3_08d3;

  words(u32: Uint32Array, from: number, count: number): void {
    for (let i = from; i < from + count; i++) {
      this.a = Math.imul(this.a ^ u32[i], 0x9e37_79b1);
      this.a ^= this.a >>> 15;
      this.b = Math.imul(this.b + u32[i], 0x85eb_ca6b) ^ this.a;
    }
  }

  get print(): number {
    return (this.a >>> 0) * 0x10_0000 + ((this.b >>> 0) & 0xf_ffff);
  }
}

const ENTS = LIMIT.NODE_MAX + 1;

/** Fingerprint of a fold: its head, the entries in use, fingerprints of uuids and metadata, the services. */
export function foldPrint(clms: Clms): number {
  const { u32, dv, page } = clms;
  const base = dv.getUint32(page + Page.fold_base, true);
  const top = dv.getUint16(base + Fold.top, true) + 1;
  const mix = new Mix();
  mix.words(u32, base >> 2, Fold.SIZE >> 2);
  const ents = base + Fold.SIZE;
  mix.words(u32, ents >> 2, (top * NodeEnt.SIZE) >> 2);
  const uids = ents + ENTS * NodeEnt.SIZE;
  mix.words(u32, uids >> 2, top * 2);
  mix.words(u32, (uids + ENTS * 8) >> 2, top * 2);
  const svcs = dv.getUint32(page + Page.svc_base, true);
  for (let s = 0; s < LIMIT.SVC_MAX; s++) {
    const at = (svcs + s * SvcEnt.SIZE) >> 2;
    if (u32[at] !== 0 || u32[at + 1] !== 0) mix.words(u32, at, SvcEnt.SIZE >> 2);
  }
  return mix.print;
}

/** Fingerprint of what a log holds: the words of the page about it, the fold, the undecided records. */
function logPrint(clms: Clms): string {
  const { u32, dv, page } = clms;
  const mix = new Mix();
  const applied = clms.applied;
  const ring = dv.getUint32(page + Page.ring_base, true);
  for (let slot = applied + 1; slot <= clms.last && slot < applied + LIMIT.RING_MAX; slot++) {
    const at = ring + (slot % LIMIT.RING_MAX) * TransRec.SIZE;
    if (dv.getUint8(at + TransRec.stage) === STAGE.PREPARED) mix.words(u32, at >> 2, TransRec.SIZE >> 2);
  }
  return [clms.promised, clms.accepted, applied, clms.last, foldPrint(clms), mix.print].join(" ");
}

const ROLLED: ReadonlySet<number> = new Set([MSG.STAGE, MSG.COMMIT, MSG.LEARN]);

/** A spare pair of instances, shared by all runs of a thread. */
export class Spares {
  readonly one: Clms;
  readonly two: Clms;
  constructor(readonly module: WebAssembly.Module) {
    this.one = new Clms(module);
    this.two = new Clms(module);
  }
}

export class Experiments {
  readonly #folds = new Map<number, number>();
  #again: { index: number; bytes: Uint8Array; before: Uint8Array } | null = null;
  #poll: { ballot: number; memory: Uint8Array } | null = null;
  #turn = 0;

  constructor(
    readonly book: Book,
    readonly merges: Merges,
    readonly spares: Spares,
    /** one of this many messages with records is given again, one of this many takeovers merged again; 0 = none */
    readonly every: number,
  ) {}

  /** S38: the fold at a slot is one and the same. */
  fold(seat: Seat): void {
    const print = foldPrint(seat.node.clms);
    const known = this.#folds.get(seat.applied);
    if (known === undefined) this.#folds.set(seat.applied, print);
    else
      this.book.check(
        "S38",
        known === print,
        seat.node,
        () => `its fold of slot ${seat.applied} has other bytes than the first that got there`,
      );
  }

  /** A message is about to be handled. */
  receive(node: SimNode, kind: number, at: number, len: number): void {
    this.#again = null;
    if (this.every === 0) return;
    if (kind === MSG.REPORT) this.#reportComes(node);
    if (!ROLLED.has(kind) || len > Msg.SIZE + LIMIT.BATCH_MAX * TransRec.SIZE) return;
    // Heartbeats are many and do nothing: those with records, or that move the log, are worth more.
    this.#turn++;
    if (this.#turn % (kind === MSG.COMMIT ? this.every * 4 : this.every) !== 0) return;
    this.#again = { index: node.index, bytes: node.clms.u8.slice(at, at + len), before: node.clms.u8.slice() };
  }

  /** The message was handled and taken. */
  took(seat: Seat): void {
    const again = this.#again;
    this.#again = null;
    if (!again || again.index !== seat.node.index) return;
    const { one, two } = this.spares;
    one.u8.set(seat.node.clms.u8);
    const want = logPrint(one);
    one.receive(again.bytes);
    this.book.check(
      "S13",
      logPrint(one) === want,
      seat.node,
      () => `a message of kind ${again.bytes[Msg.proto + 1]} given twice: ${logPrint(one)}, once: ${want}`,
    );
    const part = prefixOf(again.bytes);
    if (!part) return;
    one.u8.set(again.before);
    two.u8.set(again.before);
    one.receive(part);
    one.receive(again.bytes);
    two.receive(again.bytes);
    const [got, whole] = [logPrint(one), logPrint(two)];
    this.book.check("S13", got === whole, seat.node, () => `a prefix and then all of a message's records: ${got}, all at once: ${whole}`);
  }

  /** The memory of a candidate before each report: the last one is what the merge is done again on. */
  #reportComes(node: SimNode): void {
    const ballot = node.clms.ballot;
    if (this.#poll?.ballot !== ballot) {
      if (round(ballot) % this.every !== 0) return;
      this.#poll = { ballot, memory: new Uint8Array(node.clms.u8.length) };
    }
    this.#poll.memory.set(node.clms.u8);
  }

  /** S14: the takeover has what it needs. */
  merged(seat: Seat): void {
    const poll = this.#poll;
    if (!poll || poll.ballot !== seat.ballot) return;
    this.#poll = null;
    const reports = (this.merges.reports.get(poll.ballot) ?? []).map((t) => t.bytes);
    if (reports.length < 2) return;
    const first = this.#merge(poll.memory, reports);
    const orders = [[...reports].reverse(), [...reports.slice(1), reports[0]]];
    for (const order of orders) {
      const other = this.#merge(poll.memory, order);
      this.book.check("S14", first === other, seat.node, () => `another order of ${reports.length} reports gives another canonical list`);
    }
  }

  #merge(memory: Uint8Array, reports: readonly Uint8Array[]): string {
    const { one } = this.spares;
    one.u8.set(memory);
    const slot = one.applied;
    one.x.clms_merge_begin(slot >>> 0, Math.floor(slot / 0x1_0000_0000));
    for (const r of reports) one.x.clms_merge_add(one.inbox, one.put.bytes(r));
    const count = one.x.clms_merge_finish();
    if (count < 0) return `errno ${-count}`;
    const from = one.pageWord(Page.merge_from);
    const mix = new Mix();
    mix.words(one.u32, from >> 2, (count * TransRec.SIZE) >> 2);
    return `${count} from ${one.pageNumber(Page.merge_slot)}: ${mix.print}`;
  }
}

const round = (ballot: number): number => Math.floor(ballot / 65_536);

/** The same message with the first half of its records; null if it has fewer than two. */
function prefixOf(bytes: Uint8Array): Uint8Array | null {
  const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = dv.getUint32(Msg.count, true);
  if (count < 2 || bytes.length !== Msg.SIZE + count * TransRec.SIZE) return null;
  const half = count >> 1;
  const part = bytes.slice(0, Msg.SIZE + half * TransRec.SIZE);
  const out = new DataView(part.buffer);
  out.setUint32(Msg.count, half, true);
  out.setUint32(Msg.len, part.length, true);
  out.setBigUint64(Msg.check, msgCheck(part), true);
  return part;
}
