// The disk of a node: header, checkpoint and the places of the log, each in a frame with a check of its own.
//
// Writes are taken in order and become durable in order, a sync at a time; a sync confirms what was taken before it
// began. A crash keeps a prefix of what is not confirmed, perhaps tears the next write, and loses the rest. Header and
// checkpoint are replaced as a whole (written beside, renamed over), so a torn one is the old one.
//
// Invariant: what was confirmed is read back unchanged, unless a fault says otherwise; what is damaged is read back as
// damaged, never as empty, for its frame is still there.

import { DURABLE, Header, LIMIT } from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import type { DiskImage, DiskParams, Random, SimDisk } from "../types.js";
import { copyInto, type Packet, type Packets } from "./packet.js";

const PLACES = LIMIT.RING_MAX;
const REC = 64;
/** State of a frame. */
const EMPTY = 0;
const OK = 1;
const DAMAGED = 2;

interface Write {
  seq: number;
  op: number;
  slot: number;
  packet: Packet;
}

/** One replaceable file: header or checkpoint. */
interface Whole {
  state: number;
  slot: number;
  /** len bytes of these */
  bytes: Uint8Array;
  len: number;
}

interface Image extends DiskImage {
  header: Whole;
  checkpoint: Whole;
  states: Uint8Array;
  slots: Float64Array;
  records: Uint8Array;
}

const nothing = (room: number): Whole => ({ state: EMPTY, slot: 0, bytes: new Uint8Array(room), len: 0 });
const copyOf = (w: Whole): Whole => ({ ...w, bytes: w.bytes.slice() });

export class Disk implements SimDisk {
  params: DiskParams;
  /** something was durable once, even if it was wiped since */
  used = false;
  #header = nothing(Header.SIZE);
  #checkpoint = nothing(0);
  readonly #states = new Uint8Array(PLACES);
  /** slot that the frame of a place names; 0 = its head is illegible too */
  readonly #slots = new Float64Array(PLACES);
  readonly #records = new Uint8Array(PLACES * REC);
  readonly #words = new Uint32Array(this.#records.buffer);
  readonly #pending: Write[] = [];
  readonly #free: Write[] = [];
  /** number of the last write that the running sync covers; 0 = no sync runs */
  #covers = 0;
  #random: Random;
  #packets: Packets;
  node = 0;

  constructor(params: DiskParams, packets: Packets, random: Random) {
    this.params = params;
    this.#packets = packets;
    this.#random = random;
  }

  /** A new disk, in the memory of an old one. */
  reuse(node: number, params: DiskParams, random: Random): void {
    this.node = node;
    this.params = params;
    this.#random = random;
    this.used = false;
    this.wipe();
  }

  get pending(): number {
    return this.#pending.length;
  }

  get empty(): boolean {
    return !this.used;
  }

  /** A write of the module: len bytes at `at` of its memory. */
  take(clms: Clms, op: number, seq: number, slot: number, at: number, len: number): void {
    const packet = this.#packets.copyFrom(clms.u32, clms.u8, at, len);
    const write = this.#free.pop() ?? { seq, op, slot, packet };
    write.seq = seq;
    write.op = op;
    write.slot = slot;
    write.packet = packet;
    this.#pending.push(write);
  }

  /** Begins a sync if writes wait and none runs: how long it takes, or -1. */
  sync(): number {
    if (this.#covers !== 0 || this.#pending.length === 0) return -1;
    this.#covers = this.#pending[this.#pending.length - 1].seq;
    const p = this.params;
    const random = this.#random;
    return p.syncNs + random.exponential(p.syncJitterNs) + (random.chance(p.slow) ? p.slowNs : 0);
  }

  /** Do writes wait for a disk that takes none? Then the sync is to be tried again. */
  get stuck(): boolean {
    return this.params.full || this.params.readOnly;
  }

  /** The sync is over: what it covers is durable. Returns the number of the last write; 0 = it was broken off. */
  synced(): number {
    const upto = this.#covers;
    this.#covers = 0;
    if (upto === 0) return 0;
    const pending = this.#pending;
    let n = 0;
    while (n < pending.length && pending[n].seq !== upto) this.#apply(pending[n++]);
    this.#apply(pending[n++]);
    // Few are left, most often none: moving them costs less than a splice.
    for (let i = n; i < pending.length; i++) pending[i - n] = pending[i];
    pending.length -= n;
    return upto;
  }

  #apply(write: Write): void {
    this.used = true;
    if (write.op === DURABLE.RECORD) this.#place(write);
    else replace(write.op === DURABLE.HEADER ? this.#header : this.#checkpoint, write);
    this.#packets.give(write.packet);
    this.#free.push(write);
  }

  #place(write: Write): void {
    const p = this.params;
    let at = write.slot % PLACES;
    if (this.#random.chance(p.lostWrite)) return;
    const lost = this.#random.chance(p.misdirect);
    if (lost) at = this.#random.below(PLACES);
    const from = write.packet.u32;
    const word = at * (REC / 4);
    for (let i = 0; i < REC / 4; i++) this.#words[word + i] = from[i];
    this.#slots[at] = write.slot;
    // An empty record (its slot field is 0) empties the place; a record in the wrong place is found by its frame.
    if (lost && at !== write.slot % PLACES) this.#states[at] = DAMAGED;
    else this.#states[at] = (from[0] | from[1]) === 0 ? EMPTY : OK;
  }

  /** The machine stops: a prefix of what is not confirmed stays, the next write may be torn, the rest is lost. */
  crash(): void {
    const kept = this.#pending.length === 0 || this.stuck ? 0 : this.#random.between(0, this.#pending.length);
    for (let i = 0; i < this.#pending.length; i++) {
      const write = this.#pending[i];
      if (i < kept) {
        this.#apply(write);
        continue;
      }
      if (i === kept && !this.stuck && write.op === DURABLE.RECORD && this.#random.chance(this.params.torn)) {
        this.#states[write.slot % PLACES] = DAMAGED;
        this.#slots[write.slot % PLACES] = this.#random.chance(0.5) ? write.slot : 0;
        this.used = true;
      }
      this.#packets.give(write.packet);
    }
    this.#pending.length = 0;
    this.#covers = 0;
  }

  /** Gives the module what it once wrote: header, checkpoint, records. Returns the first result that is no verdict on bytes. */
  recover(clms: Clms): number {
    const p = this.params;
    const random = this.#random;
    if (random.chance(p.headerDamage) && this.#header.state === OK) this.#header.state = DAMAGED;
    if (random.chance(p.checkpointDamage) && this.#checkpoint.state === OK) this.#checkpoint.state = DAMAGED;
    let wrong = this.#giveWhole(clms, DURABLE.HEADER, this.#header);
    wrong ||= this.#giveWhole(clms, DURABLE.CHECKPOINT, this.#checkpoint);
    for (let at = 0; at < PLACES; at++) {
      if (this.#states[at] === EMPTY) continue;
      if (this.#states[at] === OK && random.chance(p.bitflip)) this.#states[at] = DAMAGED;
      wrong ||= this.#giveRecord(clms, at);
    }
    return wrong;
  }

  #giveWhole(clms: Clms, op: number, whole: Whole): number {
    if (whole.state === EMPTY) return 0;
    const damaged = whole.state === DAMAGED;
    if (!damaged) clms.u8.set(whole.bytes.subarray(0, whole.len), clms.inbox);
    return verdict(clms.x.clms_recover(op, damaged ? 0 : whole.len, whole.slot >>> 0, Math.floor(whole.slot / 0x1_0000_0000)));
  }

  #giveRecord(clms: Clms, at: number): number {
    const ok = this.#states[at] === OK;
    const word = clms.inbox >>> 2;
    if (ok) for (let i = 0; i < REC / 4; i++) clms.u32[word + i] = this.#words[at * (REC / 4) + i];
    // The head of a damaged frame may name no slot: then only the place is known.
    const slot = this.#slots[at] % PLACES === at && this.#slots[at] > 0 ? this.#slots[at] : at;
    return verdict(clms.x.clms_recover(DURABLE.RECORD, ok ? REC : 0, slot >>> 0, Math.floor(slot / 0x1_0000_0000)));
  }

  copy(): DiskImage {
    const image: Image = {
      node: this.node,
      header: copyOf(this.#header),
      checkpoint: copyOf(this.#checkpoint),
      states: this.#states.slice(),
      slots: this.#slots.slice(),
      records: this.#records.slice(),
    };
    return image;
  }

  /** Another image under a node that is down. */
  restore(image: DiskImage): void {
    const from = image as Image;
    this.#drop();
    this.#header = copyOf(from.header);
    this.#checkpoint = copyOf(from.checkpoint);
    this.#states.set(from.states);
    this.#slots.set(from.slots);
    this.#records.set(from.records);
  }

  wipe(): void {
    this.#drop();
    this.#header.state = EMPTY;
    this.#checkpoint.state = EMPTY;
    this.#states.fill(EMPTY);
  }

  damage(place: number): boolean {
    if (this.#states[place] !== OK) return false;
    this.#states[place] = DAMAGED;
    return true;
  }

  #drop(): void {
    for (const write of this.#pending) this.#packets.give(write.packet);
    this.#pending.length = 0;
    this.#covers = 0;
  }
}

/** A file is written beside and renamed over: from here on it is the new one. */
function replace(whole: Whole, write: Write): void {
  const { len } = write.packet;
  if (whole.bytes.length < len) whole.bytes = new Uint8Array(len);
  if (len === Header.SIZE) for (let i = 0; i < len; i++) whole.bytes[i] = write.packet.u8[i];
  else whole.bytes.set(write.packet.u8.subarray(0, len));
  whole.state = OK;
  whole.slot = write.slot;
  whole.len = len;
}

const EPROTO = -71;

/** Bytes that the module calls damaged are an answer; any other refusal is a defect. */
function verdict(result: number): number {
  return result === EPROTO ? 0 : result;
}

/** Writes a register that a packet holds into the inbox. */
export function giveRegister(clms: Clms, packet: Packet): void {
  copyInto(packet, clms.u32, clms.u8, clms.inbox);
}
