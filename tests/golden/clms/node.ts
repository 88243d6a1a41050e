// A node of the bed: one instance of the release module, its disk, its clock and the answers of its host.
//
// After every call of the module the host does what it must until nothing is left: takes writes and confirms them, takes
// messages, reads events and answers them, and lets time act if the deadline has come.
//
// Invariant: what a node is can be saved and put back (save, back): memory, disk, and the few facts kept here.

import { DURABLE, EVENT, LIMIT, Page, TransRec } from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import type { NodeOptions } from "../../../host/core/clms_conf.js";
import type { ClmsEvent, TransRecord } from "../../../host/core/clms_records.js";

/** A host that lets time act more often than this at one moment spins. */
const SPINS_MAX = 64;
const REC = TransRec.SIZE;

interface Place {
  slot: number;
  /** null = damaged */
  bytes: Uint8Array | null;
}

interface Disk {
  /** something was durable once */
  used: boolean;
  header: Uint8Array | null;
  checkpoint: Place | null;
  places: Map<number, Place>;
}

/** What the bed does for a node. */
export interface Wires {
  send(from: Host, to: number, bytes: Uint8Array): void;
  event(node: Host, event: ClmsEvent): void;
  applied(node: Host, record: TransRecord): void;
}

interface Saved {
  memory: Uint8Array;
  disk: Disk;
  facts: Facts;
}

/** What changes, but for memory and disk. */
interface Facts {
  alive: boolean;
  boots: number;
  /** ns that its clock is ahead */
  ahead: number;
  pausedUntil: number;
  /** the last record that the bed has heard of */
  noted: number;
  /** callbacks that its host has not finished: subsystem and slot */
  calls: { subsys: number; slot: number }[];
}

const nothing = (): Disk => ({ used: false, header: null, checkpoint: null, places: new Map() });

export class Host {
  facts: Facts = { alive: false, boots: 0, ahead: 0, pausedUntil: 0, noted: 0, calls: [] };
  #disk = nothing();
  /** room for memory that was saved, to be used again */
  readonly #rooms: Uint8Array[] = [];

  constructor(
    readonly name: string,
    readonly id: number,
    readonly clms: Clms,
    readonly wires: Wires,
  ) {}

  get alive(): boolean {
    return this.facts.alive;
  }

  /** Starts with what the disk holds; `options` get BOOTSTRAP from the caller if the disk was never used. */
  start(now: number, options: (first: boolean) => NodeOptions, subsystem: boolean): void {
    const { clms } = this;
    const boots = this.facts.boots + 1;
    // Every boot draws other numbers: by one of them the cluster tells boots apart.
    clms.reset(boots * 1_000 + this.id);
    this.facts = { ...this.facts, alive: true, boots, pausedUntil: 0, noted: 0, calls: [] };
    this.#clock(now);
    const disk = this.#disk;
    if (disk.header) clms.recover(DURABLE.HEADER, disk.header);
    if (disk.checkpoint) clms.recover(DURABLE.CHECKPOINT, disk.checkpoint.bytes, disk.checkpoint.slot);
    for (const place of disk.places.values()) clms.recover(DURABLE.RECORD, place.bytes, place.slot);
    clms.start(options(!disk.used));
    if (subsystem) clms.subsysRegister({ name: "storage" });
    this.drain(now);
  }

  stop(): void {
    this.facts.alive = false;
  }

  wipe(): void {
    this.#disk = { ...nothing(), used: true };
  }

  damage(slot: number): void {
    const at = slot % LIMIT.RING_MAX;
    if (!this.#disk.places.has(at)) throw new Error(`the disk of node ${this.name} has no record ${slot}`);
    this.#disk.places.set(at, { slot, bytes: null });
  }

  #clock(now: number): void {
    this.clms.setNow(now + this.facts.ahead);
  }

  /** When it wants to be called, in the time of the bed. */
  get due(): number {
    return this.alive ? Math.max(this.clms.deadline - this.facts.ahead, this.facts.pausedUntil) : Number.POSITIVE_INFINITY;
  }

  // ── Calls ──

  /** Calls the module, then does what a host does. */
  call(now: number, what: (clms: Clms) => void): void {
    this.#clock(now);
    what(this.clms);
    this.drain(now);
  }

  drain(now: number): void {
    this.#clock(now);
    for (let spins = 0; this.alive; spins++) {
      if (spins > SPINS_MAX) throw new Error(`node ${this.name}: its deadline stays in the past`);
      while (this.#round());
      if (this.clms.deadline > this.clms.now) return;
      this.clms.x.clms_time_advance();
    }
  }

  /** Writes, messages, events: was there any? */
  #round(): boolean {
    const { clms } = this;
    let last = -1;
    for (let op = clms.nextDurable(); op !== 0; op = clms.nextDurable()) {
      this.#write(op);
      last = clms.durableSeq;
    }
    if (last >= 0) clms.durableDone(last);
    let any = last >= 0;
    while (clms.nextMessage()) {
      this.wires.send(this, clms.msgTo, clms.msgBytes().slice());
      any = true;
    }
    this.#note();
    for (const event of clms.events()) {
      any = true;
      if (event.type === EVENT.SUBSYS) this.facts.calls.push({ subsys: event.new, slot: event.slot });
      if (event.type === EVENT.SVC_TAKE || event.type === EVENT.SVC_RELEASE) clms.x.clms_svc_done(event.new, event.type, 1);
      this.wires.event(this, event);
    }
    return any;
  }

  #write(op: number): void {
    const { clms } = this;
    const disk = this.#disk;
    const bytes = clms.durableBytes().slice();
    const slot = clms.durableSlot;
    disk.used = true;
    if (op === DURABLE.HEADER) disk.header = bytes;
    else if (op === DURABLE.CHECKPOINT) disk.checkpoint = { slot, bytes };
    else if (bytes.subarray(0, 8).every((b) => b === 0)) disk.places.delete(slot % LIMIT.RING_MAX);
    else disk.places.set(slot % LIMIT.RING_MAX, { slot, bytes });
  }

  /** Tells what was applied since the last time. */
  #note(): void {
    const { clms, facts } = this;
    for (; facts.noted < clms.applied; facts.noted++) {
      const record = this.record(facts.noted + 1);
      if (record !== null) this.wires.applied(this, record);
    }
  }

  /** A record of its log; null if it is not kept. */
  record(slot: number): TransRecord | null {
    const { clms } = this;
    const record = clms.records.trans(clms.pageWord(Page.ring_base) + (slot % LIMIT.RING_MAX) * REC);
    return record.slot === slot ? record : null;
  }

  // ── Save and put back ──

  save(): Saved {
    const { places, ...rest } = this.#disk;
    const state = this.clms.state();
    const memory = this.#rooms.pop() ?? new Uint8Array(state.length);
    memory.set(state);
    return { memory, disk: { ...rest, places: new Map(places) }, facts: this.#copy(this.facts) };
  }

  /** Puts back what save() gave, once. */
  back(saved: Saved): void {
    this.clms.state().set(saved.memory);
    this.#rooms.push(saved.memory);
    this.#disk = saved.disk;
    this.facts = saved.facts;
  }

  #copy(facts: Facts): Facts {
    return { ...facts, calls: [...facts.calls] };
  }
}
