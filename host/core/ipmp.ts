// ipmp.wasm as an object: typed views over its memory, and a method for each export.
//
// Invariants: the module's memory never grows, so the views are built once and stay valid; results pass through
// #ask, the only place where a number is made unsigned and an errno becomes an exception; only this folder
// touches exports (the packet loop reads `x` for its two batch calls, where a wrapper would cost).

import {
  ARPENT,
  Arpent,
  Desc,
  GRPKEY,
  Grp,
  Illgrp,
  Ipif,
  type IpmpExports,
  LIMIT,
  Page,
  PHYIKEY,
  Phyint,
  TGKIND,
  WATCHER,
} from "./abi/ipmp.js";
import { type Family, parseMac } from "./address.js";
import { type AddrOptions, type ArpentOptions, type GrpOptions, Inbox, type PhyintOptions } from "./conf.js";
import { describe, IpmpError } from "./errors.js";
import { checkVersion, instantiateIpmp } from "./load.js";
import { type ProbeRecord, probeRecord, type WatchRecord, watchRecord } from "./probe.js";
import {
  type ArpentRecord,
  type GrpRecord,
  type IllgrpRecord,
  type IpifRecord,
  type IpmpEvent,
  type KstatRecord,
  type PhyintRecord,
  Records,
} from "./records.js";
import { eachControl, eachEvent, type SendControl } from "./rings.js";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.js";
import { spansInUse } from "./spans.js";

const NEVER = 0xffff_ffff_ffff_ffffn;
const ENOENT = 2;
const NONE = 0xffff;

export interface LoadOptions {
  /** seed of the module's pseudo-random generator; default 1 */
  seed?: bigint;
}

export class Ipmp {
  /** raw exports; results are signed 32-bit numbers */
  readonly x: IpmpExports;
  readonly memory: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly dv: DataView;
  /** address of the Page */
  readonly page: number;
  /** writes names, addresses and structs where the module reads them */
  readonly inbox: Inbox;
  readonly #records: Records;

  private constructor(exports: IpmpExports, seed: bigint) {
    this.x = exports;
    // The page is filled in by ipmp_init, so it comes before the version check.
    this.#ask("ipmp_init", exports.ipmp_init(Number(seed & 0xffff_ffffn), Number((seed >> 32n) & 0xffff_ffffn)), { seed });
    this.memory = exports.memory;
    this.u8 = new Uint8Array(this.memory.buffer);
    this.dv = new DataView(this.memory.buffer);
    this.page = exports.ipmp_page() >>> 0;
    checkVersion(this.dv, this.page);
    this.inbox = new Inbox(this.u8, this.dv, this.pageWord("inbox_base"));
    this.#records = new Records(this.u8, this.dv);
  }

  /** Instantiates the module (build/ipmp.wasm unless given), puts it into its first state and checks its version. */
  static async load(bytes?: BufferSource, options: LoadOptions = {}): Promise<Ipmp> {
    return new Ipmp(await instantiateIpmp(bytes), options.seed ?? 1n);
  }

  /** A new instance in the state that snapshot() saved. */
  static async restore(saved: Uint8Array, bytes?: BufferSource): Promise<Ipmp> {
    const ipmp = await Ipmp.load(bytes);
    ipmp.become(saved);
    return ipmp;
  }

  /** Puts a new instance, that nothing was asked of yet, into the state that snapshot() saved. Throws SnapshotError, IpmpError. */
  become(saved: Uint8Array): void {
    decodeSnapshot(saved, this.state(), this.pageWord("snapshot_version"));
    this.#ask("ipmp_restore", this.x.ipmp_restore(), { bytes: saved.length });
  }

  /** The one place where a result is made unsigned, and an errno an exception. */
  #ask(call: string, result: number, given: object): number {
    if (result < 0 && result > -4096) throw new IpmpError(call, -result, describe(given));
    return result >>> 0;
  }

  /** The same for a search: null when there is none. */
  #find(call: string, result: number, given: object): number | null {
    return result === -ENOENT ? null : this.#ask(call, result, given);
  }

  // ── Page, time, snapshot ──

  /** A 32-bit field of the page. */
  pageWord(field: Exclude<keyof typeof Page, "SIZE" | "now" | "deadline" | "generation" | "seed" | "abi_current" | "abi_minimum">): number {
    return this.dv.getUint32(this.page + Page[field], true);
  }

  get now(): bigint {
    return this.dv.getBigUint64(this.page + Page.now, true);
  }

  /** Sets the module's time, in ns. It must never go back. */
  setNow(ns: bigint): void {
    this.dv.setBigUint64(this.page + Page.now, ns, true);
  }

  /** When timeAdvance wants to be called next; null = never. */
  deadline(): bigint | null {
    const at = this.dv.getBigUint64(this.page + Page.deadline, true);
    return at === NEVER ? null : at;
  }

  /** Changes with every change of configuration or state. */
  get generation(): bigint {
    return this.dv.getBigUint64(this.page + Page.generation, true);
  }

  /** Lets the time set by setNow pass; returns the timers that fired. */
  timeAdvance(): number {
    return this.#ask("ipmp_time_advance", this.x.ipmp_time_advance(), {});
  }

  /** The state region itself, not a copy. */
  state(): Uint8Array {
    return this.u8.subarray(this.page, this.page + this.pageWord("state_size"));
  }

  /** The state, packed, as Ipmp.restore takes it. */
  snapshot(): Uint8Array {
    return encodeSnapshot(this.state(), this.pageWord("snapshot_version"), spansInUse(this.dv, this.page));
  }

  // ── Inbox ──

  name(text: string): void {
    this.inbox.name(text);
  }

  addrConf(o: AddrOptions): void {
    this.inbox.addr(o);
  }

  grpConf(o: GrpOptions): void {
    this.inbox.grp(o);
  }

  phyintConf(o: PhyintOptions): void {
    this.inbox.phyint(o);
  }

  // ── Groups ──

  grpCreate(o: GrpOptions): number {
    this.inbox.grp(o);
    return this.#ask("ipmp_grp_create", this.x.ipmp_grp_create(), o);
  }

  grpDestroy(grp: number): void {
    this.#ask("ipmp_grp_destroy", this.x.ipmp_grp_destroy(grp), { grp });
  }

  grpPlumb(grp: number, families: number): void {
    this.#ask("ipmp_grp_plumb", this.x.ipmp_grp_plumb(grp, families), { grp, families });
  }

  grpRename(grp: number, name: string): void {
    this.inbox.name(name);
    this.#ask("ipmp_grp_rename", this.x.ipmp_grp_rename(grp), { grp, name });
  }

  grpLookup(name: string): number | null {
    this.inbox.name(name);
    return this.#find("ipmp_grp_lookup", this.x.ipmp_grp_lookup(), { name });
  }

  grpSet(grp: number, key: keyof typeof GRPKEY, value: number): void {
    this.#ask("ipmp_grp_set", this.x.ipmp_grp_set(grp, GRPKEY[key], value), { grp, key, value });
  }

  /** Whether the data addresses of a group are announced in a VLAN too; tags as ipmp_grp_vlan takes them. Returns whether that changed. */
  grpVlan(grp: number, tags: number, on: boolean): boolean {
    return this.#ask("ipmp_grp_vlan", this.x.ipmp_grp_vlan(grp, tags, on ? 1 : 0), { grp, tags, on }) === 1;
  }

  grpStats(grp: number): KstatRecord {
    return this.#records.kstats(this.#ask("ipmp_grp_stats", this.x.ipmp_grp_stats(grp), { grp }));
  }

  grp(grp: number): GrpRecord {
    return this.#records.grp(grp, this.#ask("ipmp_grp_get", this.x.ipmp_grp_get(grp), { grp }));
  }

  illgrp(grp: number, family: Family): IllgrpRecord {
    this.#ask("ipmp_grp_get", this.x.ipmp_grp_get(grp), { grp });
    return this.#records.illgrp(family, this.pageWord("illgrp_base") + (2 * grp + family) * Illgrp.SIZE);
  }

  /** Every group, by handle. */
  grps(): GrpRecord[] {
    const base = this.pageWord("grp_base");
    const found: GrpRecord[] = [];
    for (let g = 0; g < LIMIT.GRP_MAX; g++)
      if (this.u8[base + g * Grp.SIZE + Grp.used] === 1) found.push(this.#records.grp(g, base + g * Grp.SIZE));
    return found;
  }

  // ── NICs ──

  phyintCreate(o: PhyintOptions): number {
    this.inbox.phyint(o);
    return this.#ask("ipmp_phyint_create", this.x.ipmp_phyint_create(), o);
  }

  phyintDestroy(phyint: number): void {
    this.#ask("ipmp_phyint_destroy", this.x.ipmp_phyint_destroy(phyint), { phyint });
  }

  phyintLookup(ifindex: number): number | null {
    return this.#find("ipmp_phyint_lookup", this.x.ipmp_phyint_lookup(ifindex), { ifindex });
  }

  phyintRename(phyint: number, name: string, ifindex: number): void {
    this.inbox.name(name);
    this.#ask("ipmp_phyint_rename", this.x.ipmp_phyint_rename(phyint, ifindex), { phyint, name, ifindex });
  }

  phyint(phyint: number): PhyintRecord {
    return this.#records.phyint(phyint, this.#ask("ipmp_phyint_get", this.x.ipmp_phyint_get(phyint), { phyint }));
  }

  /** Every NIC, by handle. */
  phyints(): PhyintRecord[] {
    const base = this.pageWord("phyint_base");
    const found: PhyintRecord[] = [];
    for (let p = 0; p < LIMIT.PHYINT_MAX; p++)
      if (this.u8[base + p * Phyint.SIZE + Phyint.used] === 1) found.push(this.#records.phyint(p, base + p * Phyint.SIZE));
    return found;
  }

  join(phyint: number, grp: number): void {
    this.#ask("ipmp_phyint_join_grp", this.x.ipmp_phyint_join_grp(phyint, grp), { phyint, grp });
  }

  leave(phyint: number): void {
    this.#ask("ipmp_phyint_leave_grp", this.x.ipmp_phyint_leave_grp(phyint), { phyint });
  }

  /** Sets and clears PHYI bits (STANDBY, INACTIVE, FAILED); returns the flags now. */
  setFlags(phyint: number, set: number, clear: number): number {
    return this.#ask("ipmp_phyint_set_flags", this.x.ipmp_phyint_set_flags(phyint, set, clear), { phyint, set, clear });
  }

  offline(phyint: number, minRedundancy = 1): void {
    this.#ask("ipmp_phyint_offline", this.x.ipmp_phyint_offline(phyint, minRedundancy), { phyint, minRedundancy });
  }

  undoOffline(phyint: number): void {
    this.#ask("ipmp_phyint_undo_offline", this.x.ipmp_phyint_undo_offline(phyint), { phyint });
  }

  /** Reports carrier; true if that changed something. */
  link(phyint: number, up: boolean): boolean {
    return this.#ask("ipmp_phyint_link", this.x.ipmp_phyint_link(phyint, up ? 1 : 0), { phyint, up }) === 1;
  }

  /** Reports a new hardware address; true if a NIC was set aside or taken back because of it. */
  setMac(phyint: number, mac: string): boolean {
    const b = parseMac(mac);
    const low = b[0] | (b[1] << 8) | (b[2] << 16) | (b[3] << 24);
    return this.#ask("ipmp_phyint_set_mac", this.x.ipmp_phyint_set_mac(phyint, low, b[4] | (b[5] << 8)), { phyint, mac }) === 1;
  }

  setMtu(phyint: number, mtu: number): void {
    this.#ask("ipmp_phyint_set_mtu", this.x.ipmp_phyint_set_mtu(phyint, mtu), { phyint, mtu });
  }

  /** Says how many addresses of the NIC's own are up in a family (the stub 0.0.0.0 or :: counts). */
  illUp(phyint: number, family: Family, up: number): void {
    this.#ask("ipmp_ill_up", this.x.ipmp_ill_up(phyint, family, up), { phyint, family, up });
  }

  phyintSet(phyint: number, key: keyof typeof PHYIKEY, value: number): void {
    this.#ask("ipmp_phyint_set", this.x.ipmp_phyint_set(phyint, PHYIKEY[key], value), { phyint, key, value });
  }

  // ── Data addresses ──

  ipifAdd(grp: number, o: AddrOptions): number {
    this.inbox.addr(o);
    return this.#ask("ipmp_ipif_add", this.x.ipmp_ipif_add(grp), { grp, ...o });
  }

  ipifDel(grp: number, ipif: number): void {
    this.#ask("ipmp_ipif_del", this.x.ipmp_ipif_del(grp, ipif), { grp, ipif });
  }

  /** Brings a data address up or down; true if that changed something. */
  ipifUp(grp: number, ipif: number, up: boolean): boolean {
    return this.#ask("ipmp_ipif_up", this.x.ipmp_ipif_up(grp, ipif, up ? 1 : 0), { grp, ipif, up }) === 1;
  }

  /** Pins a data address to a member, or (null) to none; true if it moved. */
  ipifPin(grp: number, ipif: number, phyint: number | null): boolean {
    return this.#ask("ipmp_ipif_pin", this.x.ipmp_ipif_pin(grp, ipif, phyint ?? NONE), { grp, ipif, phyint }) === 1;
  }

  /** Index of a data address; null if the group has none such, or there is no such group. */
  ipifLookup(grp: number, addr: string): number | null {
    this.inbox.addr({ addr });
    return this.#find("ipmp_ipif_lookup", this.x.ipmp_ipif_lookup(grp), { grp, addr });
  }

  ipif(grp: number, ipif: number): IpifRecord {
    const at = this.#ask("ipmp_ipif_get", this.x.ipmp_ipif_get(grp, ipif), { grp, ipif });
    const n = (at - this.pageWord("ipif_base")) / Ipif.SIZE;
    return this.#records.ipif(ipif, at, this.pageWord("ipif_bytes_base") + 8 * n, this.pageWord("pin_base") + 2 * n);
  }

  /** Every data address of a group, by index. */
  ipifs(grp: number): IpifRecord[] {
    const found: IpifRecord[] = [];
    for (let i = this.x.ipmp_ipif_next(grp, 0); i >= 0; i = this.x.ipmp_ipif_next(grp, i + 1)) found.push(this.ipif(grp, i));
    return found;
  }

  // ── Explicit ARP/ND entries ──

  arpentCreate(grp: number, o: ArpentOptions): number {
    this.inbox.arpent(o);
    return this.#ask("ipmp_arpent_create", this.x.ipmp_arpent_create(grp), { grp, ...o });
  }

  arpentDestroy(grp: number, entry: number): void {
    this.#ask("ipmp_arpent_destroy", this.x.ipmp_arpent_destroy(grp, entry), { grp, entry });
  }

  arpent(grp: number, entry: number): ArpentRecord {
    return this.#records.arpent(entry, this.#ask("ipmp_arpent_get", this.x.ipmp_arpent_get(grp, entry), { grp, entry }));
  }

  /** Every explicit ARP/ND entry of a group, by index. */
  arpents(grp: number): ArpentRecord[] {
    const base = this.pageWord("arpent_base") + grp * LIMIT.ARPENT_MAX * Arpent.SIZE;
    const found: ArpentRecord[] = [];
    for (let i = 0; i < LIMIT.ARPENT_MAX; i++)
      if ((this.u8[base + i * Arpent.SIZE + Arpent.flags] & ARPENT.USED) !== 0) found.push(this.#records.arpent(i, base + i * Arpent.SIZE));
    return found;
  }

  // ── Watching ──

  /** Gives a NIC a test address ("10.0.0.5/24"), or takes the family's away (null). */
  testAddr(phyint: number, family: Family, text: string | null): void {
    const [addr, prefix] = (text ?? (family === 0 ? "0.0.0.0/0" : "::/0")).split("/");
    this.inbox.addr({ addr, prefix: prefix === undefined ? undefined : Number(prefix) });
    this.#ask("ipmp_ill_test_addr", this.x.ipmp_ill_test_addr(phyint, family), { phyint, family, addr: text });
  }

  /** Replaces one list of a group's targets. */
  grpTargets(grp: number, family: Family, kind: "ROUTER" | "STATIC" | "RESOLVE", addrs: readonly string[]): void {
    this.inbox.addrs(addrs);
    this.#ask("ipmp_grp_targets", this.x.ipmp_grp_targets(grp, family, TGKIND[kind], addrs.length), { grp, family, kind, addrs });
  }

  /** A NIC's watcher. */
  probe(phyint: number, family: Family, watcher: keyof typeof WATCHER = "ICMP"): ProbeRecord {
    const at = this.#ask("ipmp_probe_get", this.x.ipmp_probe_get(phyint, family, WATCHER[watcher]), { phyint, family, watcher });
    return probeRecord(this.u8, this.dv, at, family);
  }

  /** How a group's members are watched. */
  watch(grp: number): WatchRecord {
    return watchRecord(this.u8, this.dv, this.#ask("ipmp_grp_watch", this.x.ipmp_grp_watch(grp), { grp }));
  }

  // ── Frames ──

  /** Fills descriptor i. */
  setDesc(i: number, off: number, len: number, flags = 0): void {
    const at = this.pageWord("desc_base") + i * Desc.SIZE;
    this.dv.setUint32(at + Desc.off, off, true);
    this.dv.setUint32(at + Desc.len, len, true);
    this.dv.setUint16(at + Desc.flags, flags, true);
  }

  /** What became of descriptor i's frame: OUT, or a phyint. */
  descOut(i: number): number {
    return this.dv.getUint16(this.pageWord("desc_base") + i * Desc.SIZE + Desc.out, true);
  }

  txBatch(grp: number, first: number, count: number): number {
    return this.#ask("ipmp_tx_batch", this.x.ipmp_tx_batch(grp, first, count), { grp, first, count });
  }

  /** Makes of descriptor i's frame, whose out is ALL, the copy that a member sends; false if that is to send none. */
  txCopy(grp: number, i: number, phyint: number): boolean {
    return this.#ask("ipmp_tx_copy", this.x.ipmp_tx_copy(grp, i, phyint), { grp, i, phyint }) === 1;
  }

  rxBatch(phyint: number, first: number, count: number): number {
    return this.#ask("ipmp_rx_batch", this.x.ipmp_rx_batch(phyint, first, count), { phyint, first, count });
  }

  // ── Rings ──

  /** Takes every waiting event. */
  events(): IpmpEvent[] {
    const found: IpmpEvent[] = [];
    const count = eachEvent(this.dv, this.page, (at) => found.push(this.#records.event(at)));
    if (count > 0) this.#ask("ipmp_event_release", this.x.ipmp_event_release(count), { count });
    return found;
  }

  /**
   * Hands every waiting control frame to `send`, oldest first, then calls `flush` and frees their places:
   * a frame may be used until flush returns. Returns how many there were.
   */
  drainCtl(send: SendControl, flush?: () => void): number {
    const count = eachControl(this.dv, this.page, send);
    if (count === 0) return 0;
    flush?.();
    this.#ask("ipmp_ctl_release", this.x.ipmp_ctl_release(count), { count });
    return count;
  }

  /** Whether a group has addresses whose first announcement is still due; false if there is no such group. */
  announcing(grp: number): boolean {
    const at = this.x.ipmp_grp_get(grp);
    return at > 0 && this.dv.getUint16(at + Grp.ann_first_head, true) !== NONE;
  }
}
