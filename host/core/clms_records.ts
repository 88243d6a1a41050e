// What clms.wasm says: its records as plain objects, read through the generated layouts.
//
// Invariants: an object is a copy, so it does not change under its reader; slots, times and ballots are numbers
// (they stay below 2^53), hashes and arguments are bigint.

import { EVENT_NAME, Event, LIMIT, NodeEnt, Stamp, Subsys, SvcEnt, Token, TransRec, Why } from "./abi/clms.js";
import type { StampValue, TokenValue } from "./clms_conf.js";

export interface ClmsEvent {
  /** ns */
  time: number;
  /** counted from 1 without gaps, lost ones included */
  seq: number;
  /** EVENT */
  type: number;
  /** EVENT's name, such as "ADMITTED" */
  name: string;
  /** KIND, CAUSE, and the others: where they apply */
  kind: number;
  cause: number;
  slot: number;
  arg: bigint;
  node: number;
  inc: number;
  old: number;
  new: number;
}

export interface TransRecord {
  slot: number;
  /** of the last acceptance: round × 65,536 + node */
  ballot: number;
  monoMs: number;
  node: number;
  /** NS */
  from: number;
  /** NS; CFGOP or SVCOP in records of these kinds */
  to: number;
  inc: number;
  /** KIND */
  kind: number;
  /** CAUSE */
  cause: number;
  /** RECF */
  flags: number;
  /** STAGE of this copy */
  stage: number;
  setId: number;
  arg: bigint;
  prevHash: bigint;
  selfHash: bigint;
}

export interface NodeRecord {
  node: number;
  /** NS */
  state: number;
  /** ROLE */
  role: number;
  votes: number;
  /** ENTF */
  flags: number;
  /** incarnation; 0 = never joined */
  inc: number;
  protoMin: number;
  protoMax: number;
  site: number;
  /** CAUSE of its last transition */
  cause: number;
  lastSlot: number;
  /** slot at which its durable state began */
  lineage: number;
  /** slot of its last COMINGUP */
  born: number;
  metaLen: number;
}

export interface SvcRecord {
  svc: number;
  /** hash of its name */
  name: bigint;
  /** fencing token: slot of the last TAKE */
  token: number;
  since: number;
  moveUntil: number;
  /** 0 = none */
  holder: number;
  holderInc: number;
  /** node wanted as holder; 0 = none */
  moveTo: number;
  /** SVCS */
  state: number;
  candidates: { node: number; preference: number }[];
}

export interface SubsysRecord {
  subsys: number;
  name: string;
  version: number;
  priority: number;
  /** a callback is running */
  running: boolean;
  /** CALL that runs, or ran last, and for which slot */
  call: number;
  slot: number;
}

export interface WhyRecord {
  node: number;
  /** NS now */
  state: number;
  /** CAUSE */
  cause: number;
  /** incarnation that was removed, by which record */
  inc: number;
  slot: number;
  ballot: number;
  monoMs: number;
  /** observers that missed it, of how many that were asked */
  count: number;
  of: number;
  /** the first of them */
  observers: number[];
}

const utf8 = new TextDecoder();

/** Reads records at addresses in the module's memory. */
export class ClmsRecords {
  readonly #u8: Uint8Array;
  readonly #dv: DataView;

  constructor(u8: Uint8Array, dv: DataView) {
    this.#u8 = u8;
    this.#dv = dv;
  }

  #u16(at: number): number {
    return this.#dv.getUint16(at, true);
  }

  #u32(at: number): number {
    return this.#dv.getUint32(at, true);
  }

  #u64(at: number): bigint {
    return this.#dv.getBigUint64(at, true);
  }

  /** A u64 that stays below 2^53. */
  #num(at: number): number {
    return this.#u32(at) + this.#u32(at + 4) * 0x1_0000_0000;
  }

  event(at: number): ClmsEvent {
    const type = this.#u8[at + Event.type];
    return {
      time: this.#num(at + Event.time),
      seq: this.#u32(at + Event.seq),
      type,
      name: EVENT_NAME[type] ?? `EVENT_${type}`,
      kind: this.#u8[at + Event.kind],
      cause: this.#u8[at + Event.cause],
      slot: this.#num(at + Event.slot),
      arg: this.#u64(at + Event.arg),
      node: this.#u16(at + Event.node),
      inc: this.#u32(at + Event.inc),
      old: this.#u32(at + Event.old),
      new: this.#u32(at + Event.new),
    };
  }

  trans(at: number): TransRecord {
    return {
      slot: this.#num(at + TransRec.slot),
      ballot: this.#num(at + TransRec.ballot),
      monoMs: this.#num(at + TransRec.mono_ms),
      node: this.#u16(at + TransRec.node),
      from: this.#u8[at + TransRec.from_state],
      to: this.#u8[at + TransRec.to_state],
      inc: this.#u32(at + TransRec.inc),
      kind: this.#u8[at + TransRec.kind],
      cause: this.#u8[at + TransRec.cause],
      flags: this.#u8[at + TransRec.flags],
      stage: this.#u8[at + TransRec.stage],
      setId: this.#u32(at + TransRec.set_id),
      arg: this.#u64(at + TransRec.arg),
      prevHash: this.#u64(at + TransRec.prev_hash),
      selfHash: this.#u64(at + TransRec.self_hash),
    };
  }

  node(at: number): NodeRecord {
    return {
      node: this.#u16(at + NodeEnt.node),
      state: this.#u8[at + NodeEnt.state],
      role: this.#u8[at + NodeEnt.role],
      votes: this.#u8[at + NodeEnt.votes],
      flags: this.#u8[at + NodeEnt.flags],
      inc: this.#u32(at + NodeEnt.inc),
      protoMin: this.#u8[at + NodeEnt.proto_min],
      protoMax: this.#u8[at + NodeEnt.proto_max],
      site: this.#u8[at + NodeEnt.site],
      cause: this.#u8[at + NodeEnt.cause],
      lastSlot: this.#num(at + NodeEnt.last_slot),
      lineage: this.#u32(at + NodeEnt.lineage),
      born: this.#u32(at + NodeEnt.born),
      metaLen: this.#u16(at + NodeEnt.meta_len),
    };
  }

  svc(svc: number, at: number): SvcRecord {
    const count = Math.min(this.#u8[at + SvcEnt.ncand], LIMIT.CAND_MAX);
    return {
      svc,
      name: this.#u64(at + SvcEnt.name),
      token: this.#num(at + SvcEnt.token),
      since: this.#num(at + SvcEnt.since),
      moveUntil: this.#num(at + SvcEnt.move_until),
      holder: this.#u16(at + SvcEnt.holder),
      holderInc: this.#u32(at + SvcEnt.holder_inc),
      moveTo: this.#u16(at + SvcEnt.move_to),
      state: this.#u8[at + SvcEnt.state],
      candidates: Array.from({ length: count }, (_, i) => ({
        node: this.#u16(at + SvcEnt.cand + 2 * i),
        preference: this.#u8[at + SvcEnt.pref + i],
      })),
    };
  }

  subsys(subsys: number, at: number): SubsysRecord {
    const room = this.#u8.subarray(at + Subsys.name, at + Subsys.name + LIMIT.NAME_MAX + 1);
    const end = room.indexOf(0);
    return {
      subsys,
      name: utf8.decode(end < 0 ? room : room.subarray(0, end)),
      version: this.#u32(at + Subsys.version),
      priority: this.#u16(at + Subsys.priority),
      running: this.#u8[at + Subsys.running] === 1,
      call: this.#u32(at + Subsys.call),
      slot: this.#num(at + Subsys.slot),
    };
  }

  why(at: number): WhyRecord {
    const observers = [0, 1, 2].map((i) => this.#u16(at + Why.observer + 2 * i));
    return {
      node: this.#u16(at + Why.node),
      state: this.#u8[at + Why.state],
      cause: this.#u8[at + Why.cause],
      inc: this.#u32(at + Why.inc),
      slot: this.#num(at + Why.slot),
      ballot: this.#num(at + Why.ballot),
      monoMs: this.#num(at + Why.mono_ms),
      count: this.#u8[at + Why.count],
      of: this.#u8[at + Why.of],
      observers: observers.filter((n) => n !== 0),
    };
  }

  token(at: number): TokenValue {
    return { cluster: this.#u64(at + Token.cluster), slot: this.#num(at + Token.slot), hash: this.#u64(at + Token.hash) };
  }

  stamp(at: number): StampValue {
    return {
      cluster: this.#u64(at + Stamp.cluster),
      slot: this.#num(at + Stamp.slot),
      node: this.#u16(at + Stamp.node),
      to: this.#u16(at + Stamp.to),
      inc: this.#u32(at + Stamp.inc),
      toInc: this.#u32(at + Stamp.to_inc),
    };
  }
}
