// A node of the simulated cluster: one instance of the release module with its clock, disk and host.
//
// Everything that comes in goes through handle(): a call of the module, then what every host does after each call, in
// this order: take the writes, then the messages, then the events, then look at the deadline.
//
// Invariants: work of an earlier boot never reaches a later one; a node that is paused, or busy with a slow step, does
// nothing, and finds all that came meanwhile in its backlog.

import { CONFF, Event, LIMIT, Msg, Page } from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import { CRASH, type HostParams, type NodeSpec, type SimNode, STEP, type Time, US } from "../types.js";
import type { Disk } from "./disk.js";
import { onAnswer, onEvent } from "./host.js";
import { CARGO, copyInto, type Packet } from "./packet.js";
import { type Entry, WORK } from "./queue.js";
import type { SimWorld } from "./world.js";

/** Entries that wait for a node that does nothing; packets beyond it are lost, as in a socket's buffer. */
const BACKLOG_MAX = 1024;
const HIGH = 0x1_0000_0000;

export class Node implements SimNode {
  alive = false;
  boot = 0;
  steps = 0;
  pausedUntil = 0;
  slowNs = 0;
  readonly tokens = new Float64Array(LIMIT.SVC_MAX);
  /** incarnation last given, and the boot that it was given to */
  inc = 0;
  incBoot = 0;
  /** it goes by its own wish: it stops when the log says that it is gone */
  leaving = false;
  /** when it stopped last */
  deadSince = 0;
  /** its history is not the cluster's: it starts anew with an empty disk */
  diverged = false;
  uuid = "";
  cluster = "";
  looks = 0;
  /** processes that wait for a slot, data that waits for one */
  readonly waiting: Packet[] = [];
  readonly heldData: Packet[] = [];
  /** CRASH that is to happen in the next step */
  crashAt: number = CRASH.NOW;
  readonly backlog: Entry[] = [];
  #busyUntil = 0;
  #timerAt = Number.POSITIVE_INFINITY;
  // Its clock: base at virtual time #since, and how much faster or slower it is.
  #base = 0;
  #since: Time = 0;
  #rate = 1;
  #last = 0;

  constructor(
    readonly world: SimWorld,
    readonly index: number,
    readonly id: number,
    readonly spec: NodeSpec,
    public clms: Clms,
    readonly disk: Disk,
    public host: HostParams,
  ) {}

  // ── Clock ──

  /** Switches the machine on: its clock begins somewhere. */
  setClock(base: number, rate: number): void {
    this.#base = base;
    this.#since = this.world.now;
    this.#rate = rate;
    this.#last = base;
  }

  jump(ns: number): void {
    this.#base = this.local() + Math.max(0, ns);
    this.#since = this.world.now;
  }

  local(): number {
    const t = Math.floor(this.#base + (this.world.now - this.#since) * this.#rate);
    if (t > this.#last) this.#last = t;
    return this.#last;
  }

  refresh(): void {
    this.clms.setNow(this.local());
  }

  /** Virtual time at which its clock will show t; never less than a microsecond from now. */
  #when(t: number): Time {
    const at = Math.ceil(this.#since + (t - this.#base) / this.#rate);
    return Math.max(at, this.world.now + US);
  }

  // ── Life ──

  start(): void {
    const world = this.world;
    const clms = this.clms;
    this.alive = true;
    this.boot++;
    this.pausedUntil = 0;
    this.#busyUntil = 0;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.leaving = false;
    this.diverged = false;
    this.crashAt = CRASH.NOW;
    if (this.boot === 1 || world.hostRandom.chance(0.5)) {
      const drift = world.scenario.driftNs;
      this.setClock(world.hostRandom.between(1_000, 1_000_000_000_000), 1 + (drift * (2 * world.hostRandom.unit() - 1)) / 1e9);
    }
    clms.reset(world.hostRandom.u32() + (world.hostRandom.u32() & 0xfffff) * HIGH);
    this.refresh();
    let result = this.disk.recover(clms);
    if (result === 0) {
      clms.put.node(world.conf(this));
      result = clms.x.clms_node_start();
    }
    world.observer.onBoot(this, result);
    if (result < 0) {
      this.alive = false;
      return;
    }
    for (const [key, value] of world.params) clms.x.clms_param_set(key, value);
    world.app.onStart(this);
    this.drain(STEP.BOOT);
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    this.deadSince = this.world.now;
    this.disk.crash();
    for (const entry of this.backlog) this.world.drop(entry);
    this.backlog.length = 0;
    this.world.dropServices(this);
    this.world.app.onGone(this);
    this.world.observer.onCrash(this);
  }

  // ── Work ──

  /** Does it do nothing just now? */
  get idle(): boolean {
    return this.pausedUntil > this.world.now || this.#busyUntil > this.world.now;
  }

  /** An entry of this boot. */
  handle(entry: Entry): void {
    if (entry.kind === WORK.WAKE) {
      this.#wake();
      this.world.free(entry);
    } else if (this.backlog.length > 0 || this.idle) this.#defer(entry);
    else this.#work(entry);
  }

  #defer(entry: Entry): void {
    if (entry.kind === WORK.PACKET && this.backlog.length >= BACKLOG_MAX) this.world.drop(entry);
    else this.backlog.push(entry);
  }

  /** Says when the backlog is to be looked at. */
  wakeAt(time: Time): void {
    this.world.queue.push(time, WORK.WAKE, this.index, this.boot);
  }

  #wake(): void {
    if (this.idle) return;
    // After a pause a host may see its timer first, or its socket.
    if (this.#timerAt <= this.world.now && this.world.hostRandom.chance(0.5)) this.#timer();
    while (this.backlog.length > 0 && !this.idle) this.#work(this.backlog.shift() as Entry);
  }

  #work(entry: Entry): void {
    const boot = this.boot;
    this.#act(entry);
    this.world.free(entry);
    if (this.slowNs === 0 || !this.alive || this.boot !== boot) return;
    this.#busyUntil = this.world.now + this.slowNs;
    this.wakeAt(this.#busyUntil);
  }

  #act(entry: Entry): void {
    switch (entry.kind) {
      case WORK.PACKET:
        this.#packet(entry.packet as Packet);
        return;
      case WORK.TIMER:
        // Another was set since, for an earlier deadline.
        if (entry.time === this.#timerAt) this.#timer();
        return;
      case WORK.SYNC:
        this.#synced();
        return;
      case WORK.TICK:
        this.world.app.look(this);
        return;
      default:
        onAnswer(this, entry);
    }
  }

  #packet(packet: Packet): void {
    if (packet.cargo !== CARGO.MESSAGE) {
      this.world.app.arrive(this, packet);
      return;
    }
    const clms = this.clms;
    this.refresh();
    // What is longer than the inbox is no message: the module judges by the length.
    if (packet.len > LIMIT.MSG_MAX) clms.u8.set(packet.u8.subarray(0, LIMIT.MSG_MAX), clms.inbox);
    else copyInto(packet, clms.u32, clms.u8, clms.inbox);
    this.world.observer.onReceive(this, packet.from, clms.inbox, packet.len, packet.intact);
    const verdict = clms.x.clms_msg_receive(packet.len);
    this.world.mix(packet.len, verdict);
    this.world.delivered++;
    this.world.observer.onVerdict(this, verdict);
    this.drain(STEP.MESSAGE);
  }

  #timer(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.refresh();
    // A timer that was set for an earlier deadline finds nothing to do.
    if (this.clms.deadline <= this.local()) {
      this.clms.x.clms_time_advance();
      this.drain(STEP.TIMER);
    } else this.#arm();
  }

  #synced(): void {
    const world = this.world;
    if (this.disk.stuck) {
      world.queue.push(world.now + 20_000_000, WORK.SYNC, this.index, this.boot);
      return;
    }
    const seq = this.disk.synced();
    if (seq === 0) return;
    world.observer.onDurable(this, seq);
    this.refresh();
    this.clms.x.clms_durable_done(seq);
    this.drain(STEP.DURABLE);
  }

  // ── After every call ──

  drain(step: number): void {
    const world = this.world;
    this.steps++;
    world.stepsTotal++;
    if (this.crashAt === CRASH.BEFORE_WRITES) this.crash();
    if (!this.alive) return;
    this.#takeWrites();
    if (this.crashAt === CRASH.BEFORE_SEND) this.crash();
    else this.#takeMessages();
    if (!this.alive) return;
    this.#takeEvents();
    this.#arm();
    world.mix(this.index, this.clms.u32[(this.clms.page + Page.applied) >>> 2]);
    world.observer.afterStep(this, step);
    if (this.diverged) world.beginAnew(this);
  }

  #takeWrites(): void {
    const { clms, disk, world } = this;
    for (let op = clms.x.clms_durable_next(); op !== 0; op = clms.x.clms_durable_next()) {
      const slot = clms.durableSlot;
      const at = clms.durableAt;
      const len = clms.durableLen;
      disk.take(clms, op, clms.durableSeq, slot, at, len);
      world.observer.onWrite(this, op, slot, at, len);
    }
    const wait = disk.sync();
    if (wait >= 0) world.queue.push(world.now + wait, WORK.SYNC, this.index, this.boot);
  }

  #takeMessages(): void {
    const { clms, world } = this;
    while (clms.x.clms_msg_next() !== 0) {
      const at = clms.msgAt;
      const len = clms.msgLen;
      const to = clms.msgTo;
      world.mix(to, clms.u32[(at + Msg.check) >>> 2]);
      world.observer.onSend(this, to, at, len);
      world.send(this, to, at, len);
      if (this.crashAt !== CRASH.MID_SEND) continue;
      this.crash();
      return;
    }
  }

  #takeEvents(): void {
    const clms = this.clms;
    const count = clms.eventCount();
    if (count === 0) return;
    for (let i = 0; i < count; i++) {
      const at = clms.eventAt(i);
      const type = clms.u8[at + Event.type];
      this.world.observer.onEvent(this, type, at);
      onEvent(this, type, at);
    }
    clms.x.clms_event_release(count);
  }

  /** Sets a timer for the module's deadline, unless an earlier one is set. */
  #arm(): void {
    const deadline = this.clms.deadline;
    if (deadline === Number.POSITIVE_INFINITY) return;
    const at = this.#when(deadline);
    if (at >= this.#timerAt) return;
    this.#timerAt = at;
    this.world.queue.push(at, WORK.TIMER, this.index, this.boot);
  }

  /** CONFF of this start: a cluster's first configuration counts until something of this node was durable. */
  get flags(): number {
    const first = this.spec.genesis && this.disk.empty;
    return this.world.scenario.flags | (first ? CONFF.BOOTSTRAP : 0);
  }

  /** Gives back what it holds, when the world ends. */
  dispose(): void {
    for (const entry of this.backlog) this.world.free(entry);
    for (const packet of this.waiting) this.world.packets.give(packet);
    for (const packet of this.heldData) this.world.packets.give(packet);
    this.backlog.length = 0;
    this.waiting.length = 0;
    this.heldData.length = 0;
    this.disk.crash();
  }
}
