// What one node does: a function from what it is and what happens to it, to what it is then and what it sends. The real
// module works it out once for each pair; after that the answer is looked up.
//
// A node's own state ("local") is its memory image, what its disk holds, and what the recorder noted of it (Notes): the
// acceptances it ever made and the records it has applied. Writes are confirmed at the end of each step, before its
// messages leave; time stands still but for the input TIMER, which goes to the module's own deadline.

import { DURABLE, ENGINE, LIMIT, MSG, Msg, NodeEnt, Page, STAGE, TransRec } from "../../../host/core/abi/clms.js";
import { ClmsInbox, type NodeOptions } from "../../../host/core/clms_conf.js";
import { ballotText, big, readRec } from "../recorder/record.js";
import { Blobs, Lists } from "./intern.js";
import type { Machine } from "./machine.js";
import type { Finding, Values } from "./values.js";

/** Inputs that are no messages; a message is its number. */
export const TIMER = -1;
export const RESTART = -2;
export const WISH = -3;
/** Time goes on to Nodes.instant. */
export const ADVANCE = -4;
/** WORD - n: the host's certain word that node n's present incarnation is dead. */
export const WORD = -10;
const INPUTS = 2_000;

/** Messages that the explorer does not carry: nothing depends on them when the host says who is dead. */
const SILENT = new Set<number>([MSG.PROBE, MSG.PROBE_ACK]);
/** Engines that propose something in a ballot of their own. */
const PROPOSES = new Set<number>([ENGINE.POLL, ENGINE.FENCE, ENGINE.ARBITER, ENGINE.MASTER]);
/** A step whose own deadline has come is gone on with, as a host does; more often than this it never ends. */
const TICKS_MAX = 16;

export interface Message {
  to: number;
  bytes: Uint8Array;
}

export interface Local {
  node: number;
  image: number;
  disk: number;
  /** acceptances (a set), applied records above the base (a list): numbers of Values */
  accepted: number;
  applied: number;
  /** for the search: engine, round of the highest ballot, time */
  engine: number;
  round: number;
  now: number;
  /** is there a deadline, and when? */
  timer: boolean;
  deadline: number;
}

export interface Result {
  local: number;
  /** messages sent, by number */
  sent: number[];
}

export class Nodes {
  readonly locals: Local[] = [];
  readonly messages = new Blobs();
  readonly lists = new Lists();
  /** slots up to this one are decided and applied everywhere when exploring begins */
  base = 0;
  computed = 0;
  /** what a step by itself showed to be wrong */
  broken: Finding | null = null;
  readonly #byKey = new Map<string, number>();
  readonly #rows: (Result | undefined)[][] = [];
  readonly #blobs = new Blobs();
  readonly #empty = this.lists.id(new Int32Array(0));
  readonly #put: ClmsInbox;
  instant = 0;
  /** what the input WISH does */
  wish: (machine: Machine) => void = () => {};

  constructor(
    readonly machine: Machine,
    readonly values: Values,
    /** the configuration of a node; bootstrap: of its very first start */
    readonly configure: (node: number, bootstrap: boolean) => NodeOptions,
  ) {
    this.#put = new ClmsInbox(machine.u8, machine.dv, machine.inbox);
  }

  /** Receiver and bytes of a message. */
  message(id: number): Message {
    const bytes = this.messages.at(id);
    return { to: bytes[Msg.to] | (bytes[Msg.to + 1] << 8), bytes };
  }

  /** What becomes of a local under an input. */
  step(local: number, input: number): Result {
    this.#rows[local] ??= [];
    const row = this.#rows[local];
    const at = input + INPUTS;
    let result = row[at];
    if (!result) {
      this.computed++;
      result = this.#run(this.locals[local], input);
      row[at] = result;
    }
    return result;
  }

  /** A node that starts for the first time. */
  boot(node: number): Result {
    const nothing = {
      image: -1,
      disk: this.#empty,
      accepted: this.#empty,
      applied: this.#empty,
      engine: 0,
      round: 0,
      now: 0,
      timer: false,
      deadline: 0,
    };
    return this.#run({ node, ...nothing }, RESTART);
  }

  #run(from: Local, input: number): Result {
    const { machine } = this;
    const { x } = machine;
    machine.load(input === RESTART ? -1 : from.image);
    const writes = new Map<number, number>();
    if (input === RESTART) this.#restart(from);
    else if (input === TIMER) machine.advance(from.deadline);
    else if (input === ADVANCE) machine.advance(this.instant);
    else if (input === WISH) this.wish(machine);
    else if (input <= WORD) x.clms_node_fault(WORD - input, this.#incarnation(WORD - input));
    else {
      const bytes = this.messages.at(input);
      machine.u8.set(bytes, machine.inbox);
      x.clms_msg_receive(bytes.length);
    }
    // A host that says something lets time act at once.
    if (input === WISH || input <= WORD) x.clms_time_advance();
    const sent: number[] = [];
    this.#drain(writes, sent);
    for (let i = 0; machine.deadline <= machine.now; i++) {
      if (i === TICKS_MAX) throw new Error(`node ${from.node}: its deadline stays in the past`);
      x.clms_time_advance();
      this.#drain(writes, sent);
    }
    return { local: this.#settle(from, input, writes), sent };
  }

  #incarnation(node: number): number {
    return this.machine.dv.getUint32(this.machine.pageWord(Page.ent_base) + node * NodeEnt.SIZE + NodeEnt.inc, true);
  }

  /** Takes writes, confirms them, takes messages and events, until there is nothing more. */
  #drain(writes: Map<number, number>, sent: number[]): void {
    const { machine } = this;
    for (let more = true; more; ) {
      more = false;
      let last = -1;
      for (let op = machine.nextDurable(); op !== 0; op = machine.nextDurable()) {
        const place = op === DURABLE.RECORD ? machine.durableSlot % LIMIT.RING_MAX : -op;
        writes.set(place, this.#blobs.id(machine.durableBytes()));
        last = machine.durableSeq;
      }
      if (last >= 0) {
        more = true;
        machine.x.clms_durable_done(last);
      }
      while (machine.nextMessage()) {
        more = true;
        const bytes = machine.msgBytes();
        if (!SILENT.has(bytes[Msg.kind])) sent.push(this.messages.id(bytes));
      }
      const events = machine.eventCount();
      if (events > 0) machine.x.clms_event_release(events);
    }
  }

  /** A new instance on the same disk, at the same time. */
  #restart(from: Local): void {
    const { machine } = this;
    const disk = this.lists.at(from.disk);
    machine.reset(1);
    machine.setNow(from.now + 1_000_000);
    const give = (op: number, blob: number, slot: number) => {
      const bytes = this.#blobs.at(blob);
      machine.u8.set(bytes, machine.inbox);
      machine.x.clms_recover(op, bytes.length, slot, 0);
    };
    const held = new Map<number, number>();
    for (let i = 0; i < disk.length; i += 2) held.set(disk[i], disk[i + 1]);
    for (const op of [DURABLE.HEADER, DURABLE.CHECKPOINT]) {
      const blob = held.get(-op);
      if (blob !== undefined) give(op, blob, 0);
    }
    for (const [place, blob] of held) {
      const bytes = this.#blobs.at(blob);
      const slot = big(new DataView(bytes.buffer, bytes.byteOffset), TransRec.slot);
      if (place >= 0 && slot > 0) give(DURABLE.RECORD, blob, slot);
    }
    this.#put.node(this.configure(from.node, disk.length === 0));
    const result = machine.x.clms_node_start();
    if (result !== 0) throw new Error(`node ${from.node}: clms_node_start gave ${result}`);
  }

  /** The local that the machine is in now. */
  #settle(from: Local, input: number, writes: Map<number, number>): number {
    const { machine } = this;
    const { accepted, applied } = this.#notes(from, input);
    this.#bound(from.node);
    const local: Local = {
      node: from.node,
      image: 0,
      disk: this.#onDisk(from.disk, writes),
      accepted,
      applied,
      engine: machine.engine,
      round: Math.floor(Math.max(machine.promised, machine.ballot) / 65_536),
      now: machine.now,
      timer: Number.isFinite(machine.deadline),
      deadline: machine.deadline,
    };
    local.image = machine.save();
    const key = `${local.node} ${local.image} ${local.disk} ${local.accepted} ${local.applied}`;
    let id = this.#byKey.get(key);
    if (id === undefined) {
      id = this.locals.length;
      this.#byKey.set(key, id);
      this.locals.push(local);
    }
    return id;
  }

  /** S07 SelfPromiseBinds: whoever proposes has promised nothing above the ballot that it proposes in. */
  #bound(node: number): void {
    const { engine, ballot, promised } = this.machine;
    if (!PROPOSES.has(engine) || ballot >= promised) return;
    const text = `node ${node} goes on in ballot ${ballotText(ballot)} after promising ${ballotText(promised)}`;
    this.broken ??= { id: "S07", text };
  }

  /** The disk with these writes: pairs of place (below 0: header, checkpoint) and bytes, sorted by place. */
  #onDisk(disk: number, writes: Map<number, number>): number {
    if (writes.size === 0) return disk;
    const old = this.lists.at(disk);
    const all = new Map<number, number>();
    for (let i = 0; i < old.length; i += 2) all.set(old[i], old[i + 1]);
    for (const [place, blob] of writes) all.set(place, blob);
    return this.lists.id(Int32Array.from([...all].sort((a, b) => a[0] - b[0]).flat()));
  }

  /**
   * Acceptances: every undecided record that the log holds now (writes are durable), and every record of a STAGE that it
   * holds in that very ballot, decided at once or not.
   */
  #notes(from: Local, input: number): { accepted: number; applied: number } {
    const { machine, values } = this;
    const { dv } = machine;
    const at = (slot: number) => machine.pageWord(Page.ring_base) + (slot % LIMIT.RING_MAX) * TransRec.SIZE;
    let { accepted } = from;
    const note = (slot: number) => {
      const rec = readRec(dv, at(slot));
      accepted = this.lists.with(accepted, values.acceptance(rec.slot, rec.ballot, values.value(dv, at(slot))));
    };
    for (let slot = machine.applied + 1; slot <= machine.last; slot++)
      if (big(dv, at(slot)) === slot && dv.getUint8(at(slot) + TransRec.stage) === STAGE.PREPARED) note(slot);
    if (input >= 0) {
      const bytes = this.messages.at(input);
      const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const count = bytes[Msg.kind] === MSG.STAGE ? head.getUint32(Msg.count, true) : 0;
      for (let i = 0; i < count; i++) {
        const slot = big(head, Msg.SIZE + i * TransRec.SIZE);
        const same = big(dv, at(slot)) === slot && big(dv, at(slot) + TransRec.ballot) === big(head, Msg.ballot);
        if (slot > this.base && same) note(slot);
      }
    }
    const list = Array.from({ length: Math.max(0, machine.applied - this.base) }, (_, i) => values.value(dv, at(this.base + 1 + i)));
    return { accepted, applied: this.#longest(from, Int32Array.from(list)) };
  }

  /** What a node has applied, it has applied for ever, restarts included. */
  #longest(from: Local, list: Int32Array): number {
    const old = this.lists.at(from.applied);
    const at = list.findIndex((v, i) => i < old.length && old[i] !== v);
    if (at >= 0)
      this.broken ??= { id: "S03", text: `node ${from.node} had applied ${this.values.text(old[at])}, now ${this.values.text(list[at])}` };
    return list.length >= old.length ? this.lists.id(list) : from.applied;
  }

  isMaster(local: number): boolean {
    return this.locals[local].engine === ENGINE.MASTER;
  }

  /** From here on, slots up to `base` are taken as decided everywhere: the same locals, without notes on them. */
  rebase(locals: readonly number[], base: number): number[] {
    const before = this.base;
    this.base = base;
    return locals.map((id) => {
      const l = this.locals[id];
      const applied = this.lists.id(this.lists.at(l.applied).slice(base - before));
      const accepted = this.lists.id(this.lists.at(l.accepted).filter((a) => this.values.accepted(a).slot > base));
      return this.locals.push({ ...l, applied, accepted }) - 1;
    });
  }
}
