// The page of clms.wasm as an object: the module's memory as typed views, what the page says, and the calls that a
// host makes for every message.
//
// Invariants: the module's memory never grows, so the views are built once and stay valid; nothing here allocates,
// throws after construction, or judges. Times, slots and ballots are numbers: all stay below 2^53.

import { type ClmsExports, Event, LIMIT, Page } from "./abi/clms.js";
import { CLMS, checkVersion } from "./load.js";

const HIGH = 0x1_0000_0000;

export class ClmsPage {
  /** raw exports; results are signed 32-bit numbers */
  readonly x: ClmsExports;
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly dv: DataView;
  /** address of the Page */
  readonly page: number;
  /** address of the inbox: LIMIT.MSG_MAX bytes */
  readonly inbox: number;
  /** address of the outbox */
  readonly outbox: number;
  /** index of the Page in u32 */
  readonly #word: number;
  readonly #events: number;

  constructor(exports: ClmsExports) {
    this.x = exports;
    this.memory = exports.memory;
    this.u8 = new Uint8Array(this.memory.buffer);
    this.u32 = new Uint32Array(this.memory.buffer);
    this.dv = new DataView(this.memory.buffer);
    this.page = exports.clms_page() >>> 0;
    checkVersion(this.dv, this.page, CLMS);
    this.#word = this.page >>> 2;
    this.inbox = this.pageWord(Page.inbox_base);
    this.outbox = this.pageWord(Page.outbox_base);
    this.#events = this.pageWord(Page.event_base);
  }

  /** Forgets everything: the instance is as new. */
  reset(seed: number): void {
    this.x.clms_init(seed >>> 0, Math.floor(seed / HIGH) >>> 0);
  }

  /** A 32-bit field of the page, by its offset. */
  pageWord(field: number): number {
    return this.u32[(this.page + field) >>> 2];
  }

  /** A u64 of the page, as a number. */
  pageNumber(field: number): number {
    const at = this.#word + (field >>> 2);
    return this.u32[at] + this.u32[at + 1] * HIGH;
  }

  get now(): number {
    return this.pageNumber(Page.now);
  }
  /** Sets the module's time, in ns. It must never go back. */
  setNow(ns: number): void {
    const at = this.#word + (Page.now >>> 2);
    this.u32[at] = ns >>> 0;
    this.u32[at + 1] = Math.floor(ns / HIGH);
  }
  /** When advance wants to be called next; Infinity = never. */
  get deadline(): number {
    const at = this.#word + (Page.deadline >>> 2);
    return this.u32[at + 1] === 0xffff_ffff ? Number.POSITIVE_INFINITY : this.u32[at] + this.u32[at + 1] * HIGH;
  }
  get generation(): number {
    return this.pageNumber(Page.generation);
  }
  get node(): number {
    return this.u8[this.page + Page.node] | (this.u8[this.page + Page.node + 1] << 8);
  }
  /** The master; 0 = none known. */
  get master(): number {
    return this.u8[this.page + Page.master] | (this.u8[this.page + Page.master + 1] << 8);
  }
  /** Incarnation of this boot; 0 = not admitted. */
  get inc(): number {
    return this.pageWord(Page.inc);
  }
  get lineage(): number {
    return this.pageWord(Page.lineage);
  }
  /** ENGINE */
  get engine(): number {
    return this.u8[this.page + Page.engine];
  }
  /** REFUSED */
  get refused(): number {
    return this.u8[this.page + Page.refused];
  }
  get lease(): boolean {
    return this.u8[this.page + Page.lease] === 1;
  }
  get health(): number {
    return this.u8[this.page + Page.health];
  }
  /** Odd = closed. */
  get gate(): number {
    return this.pageWord(Page.gate);
  }
  get promised(): number {
    return this.pageNumber(Page.promised);
  }
  get accepted(): number {
    return this.pageNumber(Page.accepted);
  }
  get ballot(): number {
    return this.pageNumber(Page.ballot);
  }
  get low(): number {
    return this.pageNumber(Page.low);
  }
  get applied(): number {
    return this.pageNumber(Page.applied);
  }
  get stored(): number {
    return this.pageNumber(Page.stored);
  }
  get last(): number {
    return this.pageNumber(Page.last);
  }
  get done(): number {
    return this.pageNumber(Page.done);
  }
  get leaseUntil(): number {
    return this.pageNumber(Page.lease_until);
  }
  /** After -EAGAIN or STAMP.HOLD: the slot to wait for. */
  get waitSlot(): number {
    return this.pageNumber(Page.wait_slot);
  }

  /** Sets the time and lets it act. */
  advance(ns: number): number {
    this.setNow(ns);
    return this.x.clms_time_advance();
  }

  // ── Messages, writes, events ──

  /** Is there an outgoing message? Then msgTo, msgAt and msgLen say which, until the next call. */
  nextMessage(): boolean {
    return this.x.clms_msg_next() !== 0;
  }
  get msgTo(): number {
    return this.u8[this.page + Page.msg_to] | (this.u8[this.page + Page.msg_to + 1] << 8);
  }
  get msgAt(): number {
    return this.pageWord(Page.msg_addr);
  }
  get msgLen(): number {
    return this.pageWord(Page.msg_len);
  }
  /** The message itself, not a copy. */
  msgBytes(): Uint8Array {
    return this.u8.subarray(this.msgAt, this.msgAt + this.msgLen);
  }

  /** The next write's DURABLE (0 = none); durableAt, durableLen, durableSlot and durableSeq say the rest, until the next call. */
  nextDurable(): number {
    return this.x.clms_durable_next();
  }
  get durableAt(): number {
    return this.pageWord(Page.durable_addr);
  }
  get durableLen(): number {
    return this.pageWord(Page.durable_len);
  }
  get durableSlot(): number {
    return this.pageNumber(Page.durable_slot);
  }
  get durableSeq(): number {
    return this.pageWord(Page.durable_seq);
  }
  durableBytes(): Uint8Array {
    return this.u8.subarray(this.durableAt, this.durableAt + this.durableLen);
  }

  /** Events that wait. */
  eventCount(): number {
    return (this.pageWord(Page.event_head) - this.pageWord(Page.event_tail)) >>> 0;
  }
  /** Address of the i-th of them. */
  eventAt(i: number): number {
    return this.#events + ((this.pageWord(Page.event_tail) + i) & (LIMIT.EVENT_MAX - 1)) * Event.SIZE;
  }
}
