// clms.wasm as an object: a method for each export, over the page and the views of clms_page.ts.
//
// Invariants: results pass through #ask, the only place where a number is made unsigned and an errno becomes an
// exception; only this folder touches exports (the simulator reads `x`). Where an errno is an answer and no mistake
// (a closed gate, a message that is not taken) it is returned as the negative number that it is.

import { ERRNO, LIMIT, Page, Token, TransRec } from "./abi/clms.js";
import { ClmsInbox, type NodeOptions, type StampValue, type SubsysOptions, type TokenValue } from "./clms_conf.js";
import { ClmsPage } from "./clms_page.js";
import {
  type ClmsEvent,
  ClmsRecords,
  type NodeRecord,
  type SubsysRecord,
  type SvcRecord,
  type TransRecord,
  type WhyRecord,
} from "./clms_records.js";
import { ClmsError, describe } from "./errors.js";
import { CLMS, compileModule, instantiateClms } from "./load.js";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.js";

const HIGH = 0x1_0000_0000;

export class Clms extends ClmsPage {
  /** writes configurations where the module reads them */
  readonly put: ClmsInbox;
  readonly records: ClmsRecords;

  /** An instance of a module that compile() made, in its first state. */
  constructor(module: WebAssembly.Module, seed = 1) {
    super(instantiateClms(module));
    this.put = new ClmsInbox(this.u8, this.dv, this.inbox);
    this.records = new ClmsRecords(this.u8, this.dv);
    this.reset(seed);
  }

  /** Compiles the module (build/clms.wasm unless given), once for any number of instances. */
  static compile(bytes?: BufferSource): Promise<WebAssembly.Module> {
    return compileModule(CLMS, bytes);
  }

  /** One instance of the module (build/clms.wasm unless given). */
  static async load(bytes?: BufferSource, seed = 1): Promise<Clms> {
    return new Clms(await Clms.compile(bytes), seed);
  }

  /** A new instance in the state that snapshot() saved. */
  static restore(module: WebAssembly.Module, saved: Uint8Array): Clms {
    const clms = new Clms(module);
    decodeSnapshot(saved, clms.state(), clms.pageWord(Page.snapshot_version));
    clms.#ask("clms_restore", clms.x.clms_restore(), { bytes: saved.length });
    return clms;
  }

  /** The one place where a result is made unsigned, and an errno an exception. */
  #ask(call: string, result: number, given: object): number {
    if (result < 0 && result > -4096) throw new ClmsError(call, -result, describe(given));
    return result >>> 0;
  }

  /** The same for a search: null when there is none. */
  #find(call: string, result: number, given: object): number | null {
    return result === -ERRNO.ENOENT ? null : this.#ask(call, result, given);
  }

  // ── Life and time ──

  /** What the disk of an earlier run holds: DURABLE, its bytes (null = damaged), the slot as far as known. */
  recover(op: number, bytes: Uint8Array | null, slot = 0): void {
    const len = bytes === null ? 0 : this.put.bytes(bytes);
    this.#ask("clms_recover", this.x.clms_recover(op, len, slot >>> 0, Math.floor(slot / HIGH)), { op, bytes: len, slot });
  }

  start(o: NodeOptions): void {
    this.put.node(o);
    const given = { node: o.node, count: o.genesis.length, mode: o.mode, profile: o.profile };
    this.#ask("clms_node_start", this.x.clms_node_start(), given);
  }

  param(key: number, value: number): void {
    this.#ask("clms_param_set", this.x.clms_param_set(key, value), { key, value });
  }

  /** What this node wants for itself: NS. */
  setState(state: number, deadlineMs = 0): void {
    this.#ask("clms_node_setstate", this.x.clms_node_setstate(state, deadlineMs), { state, deadlineMs });
  }

  nodeFault(node: number, inc: number): void {
    this.#ask("clms_node_fault", this.x.clms_node_fault(node, inc), { node, inc });
  }

  fenceDone(node: number, inc: number, ok: boolean): void {
    this.#ask("clms_fence_done", this.x.clms_fence_done(node, inc, ok ? 1 : 0), { node, inc, ok });
  }

  /** Status: 1 read or written, 0 another version was found, 2 not reachable. */
  arbAnswer(register: Uint8Array, version: number, status: number): void {
    this.put.bytes(register);
    this.#ask("clms_arb_answer", this.x.clms_arb_answer(version >>> 0, Math.floor(version / HIGH), status), { version, status });
  }

  /** A wish for the master (REQ); returns the number of the request. */
  request(req: number, node: number, setId = 0, arg = 0n): number {
    const low = Number(arg & 0xffff_ffffn);
    return this.#ask("clms_request", this.x.clms_request(req, node, setId, low, Number(arg >> 32n)), { req, node, setId, arg });
  }

  // ── Messages, writes, events ──

  /** A message from another node: 0, or why it was not taken (a negative errno). */
  receive(bytes: Uint8Array): number {
    return this.x.clms_msg_receive(this.put.bytes(bytes));
  }

  /** This write and all before it are durable. */
  durableDone(seq: number): void {
    this.#ask("clms_durable_done", this.x.clms_durable_done(seq), { seq });
  }

  eventRelease(count: number): void {
    this.#ask("clms_event_release", this.x.clms_event_release(count), { count });
  }

  /** Takes every waiting event. */
  events(): ClmsEvent[] {
    const found = Array.from({ length: this.eventCount() }, (_, i) => this.records.event(this.eventAt(i)));
    if (found.length > 0) this.eventRelease(found.length);
    return found;
  }

  // ── What is known of nodes ──

  /** A node's entry as applied here; null if the table does not know it. */
  nodeGet(node: number): NodeRecord | null {
    const at = this.#find("clms_node_get", this.x.clms_node_get(node), { node });
    return at === null ? null : this.records.node(at);
  }

  why(node: number): WhyRecord {
    return this.records.why(this.#ask("clms_node_why", this.x.clms_node_why(node), { node }));
  }

  setMeta(bytes: Uint8Array): void {
    this.#ask("clms_node_set_meta", this.x.clms_node_set_meta(this.put.bytes(bytes)), { bytes: bytes.length });
  }

  /** A copy of a node's metadata. */
  getMeta(node: number): Uint8Array {
    const len = this.#ask("clms_node_get_meta", this.x.clms_node_get_meta(node), { node });
    const at = this.pageWord(Page.meta_base) + node * LIMIT.META_MAX;
    return this.u8.slice(at, at + len);
  }

  // ── What applications get ──

  /** The gate's even number, or -EAGAIN, -ENOTCONN. */
  gateEnter(): number {
    return this.x.clms_gate_enter();
  }

  /** Numbers of the nodes that are UP and the moment's token; null while the gate is closed. */
  membership(): { token: TokenValue; nodes: number[] } | null {
    const count = this.x.clms_membership();
    if (count === -ERRNO.EAGAIN) return null;
    this.#ask("clms_membership", count, {});
    const nodes = Array.from({ length: count }, (_, i) => this.dv.getUint16(this.outbox + Token.SIZE + 2 * i, true));
    return { token: this.records.token(this.outbox), nodes };
  }

  /** A transition by cursor (WHICH); null when there is none newer. */
  history(which: number, slot: number): TransRecord | null {
    const at = this.x.clms_history(which, slot >>> 0, Math.floor(slot / HIGH));
    return at === -ERRNO.ENODATA ? null : this.records.trans(this.#ask("clms_history", at, { which, slot }));
  }

  tokenGet(): TokenValue {
    return this.records.token(this.#ask("clms_token_get", this.x.clms_token_get(), {}));
  }

  /** 0, or -EAGAIN, -EREMOTEIO, -EUCLEAN, -EOVERFLOW. */
  tokenCheck(token: TokenValue): number {
    this.put.token(token);
    return this.x.clms_token_check();
  }

  stampGet(to: number): StampValue {
    return this.records.stamp(this.#ask("clms_stamp_get", this.x.clms_stamp_get(to), { to }));
  }

  /** STAMP, or -EREMOTEIO, -ENOTCONN. */
  stampCheck(stamp: StampValue): number {
    this.put.stamp(stamp);
    return this.x.clms_stamp_check();
  }

  // ── Subsystems and services ──

  subsysRegister(o: SubsysOptions): number {
    this.put.subsys(o);
    return this.#ask("clms_subsys_register", this.x.clms_subsys_register(), o);
  }

  subsysUnregister(subsys: number): void {
    this.#ask("clms_subsys_unregister", this.x.clms_subsys_unregister(subsys), { subsys });
  }

  subsysGet(subsys: number): SubsysRecord {
    return this.records.subsys(subsys, this.#ask("clms_subsys_get", this.x.clms_subsys_get(subsys), { subsys }));
  }

  subsysDone(subsys: number, slot: number, status: number): void {
    const result = this.x.clms_subsys_done(subsys, slot >>> 0, Math.floor(slot / HIGH), status);
    this.#ask("clms_subsys_done", result, { subsys, slot, status });
  }

  /** The hash by which the log knows a name. */
  svcHash(name: string): bigint {
    this.#ask("clms_svc_hash", this.x.clms_svc_hash(this.put.text(name)), { name });
    return this.dv.getBigUint64(this.outbox, true);
  }

  svcGet(svc: number): SvcRecord | null {
    const at = this.#find("clms_svc_get", this.x.clms_svc_get(svc), { svc });
    return at === null ? null : this.records.svc(svc, at);
  }

  /** Answer to EVENT.SVC_TAKE or EVENT.SVC_RELEASE (op). */
  svcDone(svc: number, op: number, ok: boolean): void {
    this.#ask("clms_svc_done", this.x.clms_svc_done(svc, op, ok ? 1 : 0), { svc, op, ok });
  }

  svcHolds(svc: number): boolean {
    return this.#ask("clms_svc_holds", this.x.clms_svc_holds(svc), { svc }) === 1;
  }

  // ── Merge on its own, reports, snapshot ──

  mergeBegin(slot: number): void {
    this.#ask("clms_merge_begin", this.x.clms_merge_begin(slot >>> 0, Math.floor(slot / HIGH)), { slot });
  }

  /** A Report, records included; returns the records looked at. */
  mergeAdd(report: Uint8Array): number {
    const len = this.put.bytes(report);
    return this.#ask("clms_merge_add", this.x.clms_merge_add(this.inbox, len), { bytes: len });
  }

  /** The canonical list. */
  mergeFinish(): TransRecord[] {
    const count = this.#ask("clms_merge_finish", this.x.clms_merge_finish(), {});
    const at = this.pageWord(Page.merge_from);
    return Array.from({ length: count }, (_, i) => this.records.trans(at + i * TransRec.SIZE));
  }

  /** A copy of this node's own report on what is above a slot. */
  report(slot: number): Uint8Array {
    const len = this.#ask("clms_report", this.x.clms_report(slot >>> 0, Math.floor(slot / HIGH)), { slot });
    const at = this.pageWord(Page.merge_from);
    return this.u8.slice(at, at + len);
  }

  /** The state region itself, not a copy. */
  state(): Uint8Array {
    return this.u8.subarray(this.page, this.page + this.pageWord(Page.state_size));
  }

  /** The state, packed, as Clms.restore takes it. */
  snapshot(): Uint8Array {
    return encodeSnapshot(this.state(), this.pageWord(Page.snapshot_version));
  }
}
