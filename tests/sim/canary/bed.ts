// A cluster made of memory alone, to feed the recorder histories that no sound module would produce: nodes that have a
// page, a ring and a fold in the right places, and a hand that writes into them.
//
// Invariant: without anything broken on purpose, the recorder finds nothing (canary.test.ts begins with that).

import {
  DURABLE,
  Fold,
  Header,
  KIND,
  LIMIT,
  MODE,
  MSG,
  Msg,
  NodeEnt,
  NS,
  Page,
  PROFILE,
  ROLE,
  STAGE,
  TransRec,
} from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import { Recorder } from "../recorder/index.js";
import { valueHash } from "../recorder/record.js";
import type { Spares } from "../recorder/spare.js";
import type { Scenario, SimNode, World } from "../types.js";
import { STEP } from "../types.js";
import { GOOD } from "./good.js";

const PAGE = 64;
const FOLD = 1024;
const ENTS = FOLD + Fold.SIZE;
const SVCS = ENTS + (LIMIT.NODE_MAX + 1) * (NodeEnt.SIZE + 16);
const RING = SVCS + LIMIT.SVC_MAX * 128;
const BODY = RING + LIMIT.RING_MAX * TransRec.SIZE;
const SIZE = BODY + 65_536;

export type Fields = Partial<Record<Exclude<keyof typeof TransRec, "SIZE">, number | bigint>>;
const WIDTH: Readonly<Record<string, number>> = {
  node: 2,
  from_state: 1,
  to_state: 1,
  inc: 4,
  kind: 1,
  cause: 1,
  flags: 1,
  stage: 1,
  set_id: 4,
};

/** What the recorder uses of a Clms, over plain memory. */
class Memory {
  readonly u8 = new Uint8Array(SIZE);
  readonly u32 = new Uint32Array(this.u8.buffer);
  readonly dv = new DataView(this.u8.buffer);
  readonly memory = { buffer: this.u8.buffer };
  readonly page = PAGE;
  holds = 0;
  readonly x = { clms_svc_holds: () => this.holds };

  pageWord(field: number): number {
    return this.u32[(PAGE + field) >> 2];
  }
  #number(field: number): number {
    return this.pageWord(field) + this.pageWord(field + 4) * 0x1_0000_0000;
  }
  get applied() {
    return this.#number(Page.applied);
  }
  get done() {
    return this.#number(Page.done);
  }
  get ballot() {
    return this.#number(Page.ballot);
  }
  get leaseUntil() {
    return this.#number(Page.lease_until);
  }
  get lease() {
    return this.u8[PAGE + Page.lease] === 1;
  }
  get engine() {
    return this.u8[PAGE + Page.engine];
  }
  get gate() {
    return this.pageWord(Page.gate);
  }
  get inc() {
    return this.pageWord(Page.inc);
  }
  get lineage() {
    return this.pageWord(Page.lineage);
  }
}

export class FakeNode {
  readonly memory = new Memory();
  readonly clms = this.memory as unknown as Clms;
  alive = true;
  boot = 1;
  pausedUntil = 0;
  readonly tokens = new Float64Array(LIMIT.SVC_MAX);
  clock = 0;
  constructor(
    readonly id: number,
    readonly index = id,
  ) {
    this.word("ring_base", RING);
    this.word("fold_base", FOLD);
    this.word("ent_base", ENTS);
    this.word("svc_base", SVCS);
    this.word("lineage", 1);
    this.word("gate", 1);
  }
  local(): number {
    return this.clock;
  }
  refresh(): void {}
  word(field: Exclude<keyof typeof Page, "SIZE">, value: number): void {
    this.memory.u32[(PAGE + Page[field]) >> 2] = value;
  }
  long(field: Exclude<keyof typeof Page, "SIZE">, value: number): void {
    this.memory.dv.setBigUint64(PAGE + Page[field], BigInt(value), true);
  }
  byte(field: Exclude<keyof typeof Page, "SIZE">, value: number): void {
    this.memory.u8[PAGE + Page[field]] = value;
  }
  get sim(): SimNode {
    return this as unknown as SimNode;
  }
}

export const ballot = (round: number, node: number): number => round * 65_536 + node;

export interface BedOptions {
  mode?: number;
  count?: number;
  observers?: number;
  flags?: number;
  faults?: string[];
}

export class Bed {
  readonly nodes: FakeNode[] = [];
  readonly recorder: Recorder;
  readonly world: { now: number; nodes: SimNode[]; scenario: Scenario };
  /** bytes of the records so far */
  readonly log: Uint8Array[] = [];
  #prev = 0n;
  #seq = 0;
  side: (index: number) => string = () => "";

  constructor(o: BedOptions = {}) {
    const count = o.count ?? 3;
    for (let n = 1; n <= count; n++) this.nodes.push(new FakeNode(n));
    const spec = (n: FakeNode) => {
      const watches = n.id > count - (o.observers ?? 0);
      return { node: n.id, role: watches ? ROLE.OBSERVER : ROLE.VOTER, votes: watches ? 0 : 1, site: 0, genesis: true, at: 0 };
    };
    const scenario: Scenario = {
      ...GOOD,
      nodes: this.nodes.map(spec),
      mode: o.mode ?? MODE.MAJORITY,
      profile: PROFILE.LAN,
      flags: o.flags ?? 0,
      faults: o.faults ?? [],
    };
    this.recorder = new Recorder(scenario, { spares: null as unknown as Spares, every: 0, side: (i) => this.side(i) });
    this.world = { now: 1, nodes: [undefined as unknown as SimNode, ...this.nodes.map((n) => n.sim)], scenario };
    this.recorder.attach(this.world as unknown as World);
    for (const n of this.nodes) this.recorder.onBoot(n.sim, 0);
    this.record({ kind: KIND.CONFIG, arg: BigInt(scenario.mode) });
    for (const n of this.nodes) this.put(n, 1, 0, STAGE.DECIDED);
    this.applyAll(1);
  }

  get found(): string[] {
    return this.recorder.violations.map((v) => v.id);
  }

  node(id: number): FakeNode {
    return this.nodes[id - 1];
  }

  /** The next record of the list, with its hash; in nobody's ring yet. Returns its slot. */
  record(fields: Fields, mono = this.log.length + 1): number {
    const bytes = this.bytes({ ...fields, slot: this.log.length + 1, mono_ms: mono, prev_hash: this.#prev });
    this.#prev = new DataView(bytes.buffer).getBigUint64(TransRec.self_hash, true);
    this.log.push(bytes);
    return this.log.length;
  }

  /** Bytes of a record with its self_hash. */
  bytes(fields: Fields): Uint8Array {
    const bytes = new Uint8Array(TransRec.SIZE);
    const dv = new DataView(bytes.buffer);
    for (const [key, value] of Object.entries(fields)) {
      const at = TransRec[key as keyof typeof TransRec];
      const width = WIDTH[key] ?? 8;
      if (width === 8) dv.setBigUint64(at, BigInt(value), true);
      else if (width === 4) dv.setUint32(at, Number(value), true);
      else if (width === 2) dv.setUint16(at, Number(value), true);
      else dv.setUint8(at, Number(value));
    }
    dv.setBigUint64(TransRec.self_hash, valueHash(dv, 0), true);
    return bytes;
  }

  /** Into a node's ring; `bytes` instead of the list's own record. */
  put(node: FakeNode, slot: number, accepted: number, stage: number, bytes = this.log[slot - 1]): number {
    const at = RING + (slot % LIMIT.RING_MAX) * TransRec.SIZE;
    node.memory.u8.set(bytes, at);
    node.memory.dv.setBigUint64(at + TransRec.ballot, BigInt(accepted), true);
    node.memory.u8[at + TransRec.stage] = stage;
    node.long("last", Math.max(slot, Number(node.memory.dv.getBigUint64(PAGE + Page.last, true))));
    if (node.memory.pageWord(Page.low) === 0) node.long("low", 1);
    return at;
  }

  step(node: FakeNode, kind: number = STEP.MESSAGE): void {
    this.recorder.afterStep(node.sim, kind);
  }

  /** A node promises a ballot durably. */
  promise(node: FakeNode, b: number, durable = true): void {
    node.long("promised", b);
    node.long("ballot", b);
    if (durable) {
      const header = new DataView(new ArrayBuffer(Header.SIZE));
      header.setBigUint64(Header.promised, BigInt(b), true);
      header.setUint32(Header.lineage, node.memory.lineage, true);
      this.write(node, DURABLE.HEADER, 0, new Uint8Array(header.buffer));
    }
    this.step(node);
  }

  write(node: FakeNode, op: number, slot: number, bytes: Uint8Array): void {
    node.memory.u8.set(bytes, BODY);
    node.word("durable_seq", ++this.#seq);
    this.recorder.onWrite(node.sim, op, slot, BODY, bytes.length);
    this.recorder.onDurable(node.sim, this.#seq);
  }

  /** A node accepts a record, durably. */
  accept(node: FakeNode, slot: number, b: number, bytes = this.log[slot - 1]): void {
    const at = this.put(node, slot, b, STAGE.PREPARED, bytes);
    this.step(node);
    this.write(node, DURABLE.RECORD, slot, node.memory.u8.slice(at, at + TransRec.SIZE));
  }

  /** A node applies everything up to slot, its fold being the recorder's. */
  apply(node: FakeNode, slot: number): void {
    node.long("applied", slot);
    node.long("stored", slot);
    node.long("done", slot);
    node.memory.dv.setBigUint64(FOLD + Fold.slot, BigInt(slot), true);
    this.step(node);
  }

  /** Makes the table of a node say what the recorder's fold says. */
  table(node: FakeNode): void {
    for (const e of this.recorder.book.fold.ents.values()) this.entry(node, e.node, e.state, e.inc);
  }

  entry(node: FakeNode, n: number, state: number, inc: number): void {
    node.memory.u8[ENTS + n * NodeEnt.SIZE + NodeEnt.state] = state;
    node.memory.dv.setUint32(ENTS + n * NodeEnt.SIZE + NodeEnt.inc, inc, true);
  }

  /** The tables as they will be after a NODE record; called before it is applied. */
  foresee(fields: Fields): void {
    if (fields.kind !== KIND.NODE) return;
    for (const n of this.nodes) this.entry(n, Number(fields.node), Number(fields.to_state), Number(fields.inc));
  }

  applyAll(slot: number): void {
    for (const n of this.nodes) this.apply(n, slot);
  }

  /** Accepted by all in a ballot, applied by all: how it should be. */
  decide(fields: Fields, b = ballot(1, 1), by: readonly FakeNode[] = this.nodes): number {
    const slot = this.record(fields);
    for (const n of by) if (n.memory.dv.getBigUint64(PAGE + Page.promised, true) < BigInt(b)) this.promise(n, b);
    for (const n of by) this.accept(n, slot, b);
    this.foresee(fields);
    for (const n of this.nodes) this.put(n, slot, b, STAGE.DECIDED);
    this.applyAll(slot);
    return slot;
  }

  /** All nodes joined and are UP. */
  up(): void {
    for (const n of this.nodes) {
      this.decide({ kind: KIND.NODE, node: n.id, from_state: NS.NEVERUP, to_state: NS.COMINGUP, inc: 1, arg: BigInt(n.id) });
      n.word("inc", 1);
      this.step(n);
      this.decide({ kind: KIND.NODE, node: n.id, from_state: NS.COMINGUP, to_state: NS.UP, inc: 1 });
    }
  }

  /** A node goes down with its set, up to the end of its phase. */
  down(id: number, set: number, inc = 1, cause = 4): void {
    const ways: [number, number, number][] = [
      [1, NS.UP, NS.KCLEANUP],
      [2, NS.KCLEANUP, NS.UCLEANUP],
      [3, NS.UCLEANUP, NS.DOWN],
    ];
    for (const [phase, from, to] of ways) {
      this.decide({ kind: KIND.SET_BEGIN, set_id: set, arg: BigInt(phase) });
      this.decide({ kind: KIND.NODE, node: id, from_state: from, to_state: to, inc, set_id: set, cause });
      this.decide({ kind: KIND.SET_END, set_id: set, arg: BigInt(phase) });
    }
  }

  /** A message in a node's inbox, or on its way out: its address. */
  message(
    node: FakeNode,
    kind: number,
    head: { from?: number; inc?: number; ballot?: number; count?: number },
    body: Uint8Array = new Uint8Array(0),
  ): number {
    const { u8, dv } = node.memory;
    u8.fill(0, BODY, BODY + Msg.SIZE);
    u8[BODY + Msg.kind] = kind;
    u8[BODY + Msg.proto] = 1;
    dv.setUint16(BODY + Msg.from, head.from ?? node.id, true);
    dv.setUint32(BODY + Msg.inc, head.inc ?? 0, true);
    dv.setUint32(BODY + Msg.lineage, 1, true);
    dv.setUint32(BODY + Msg.count, head.count ?? 0, true);
    dv.setBigUint64(BODY + Msg.ballot, BigInt(head.ballot ?? 0), true);
    u8.set(body, BODY + Msg.SIZE);
    return BODY;
  }

  send(node: FakeNode, kind: number, head: Parameters<Bed["message"]>[2], body?: Uint8Array): void {
    const at = this.message(node, kind, head, body);
    this.recorder.onSend(node.sim, 0, at, Msg.SIZE + (body?.length ?? 0));
  }

  /** A message comes in and is taken. */
  take(node: FakeNode, kind: number, head: Parameters<Bed["message"]>[2], body?: Uint8Array): void {
    const at = this.message(node, kind, head, body);
    this.recorder.onReceive(node.sim, head.from ?? 0, at, Msg.SIZE + (body?.length ?? 0), true);
    this.recorder.onVerdict(node.sim, 0);
    this.step(node);
  }

  stage(node: FakeNode, b: number, bytes: Uint8Array): void {
    this.send(node, MSG.STAGE, { ballot: b, count: 1 }, bytes);
  }

  /** Room for a struct that an observer is shown. */
  get scratch(): number {
    return BODY + 32_768;
  }
}
