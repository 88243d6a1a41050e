// The omniscient recorder: watches every step of every node and checks S01 to S48 (but S41, which is about encryption;
// S47 and S48 compare whole runs: ../run.ts). It keeps its own books and never asks the module what it thinks, but for
// clms_svc_holds, which is what it judges there.
//
// Cheap checks run at every step that moved the log; the expensive ones (whole ring, second instance; among very many nodes also
// those that look at every node) for samples.

import { ENGINE, EVENT, Event, MSG, Msg } from "../../../host/core/abi/clms.js";
import type { Observer, Scenario, SimNode, SimProcess, World } from "../types.js";
import { STEP } from "../types.js";
import { Ballots } from "./ballots.js";
import { Book, type Entry } from "./book.js";
import { Cliques } from "./cliques.js";
import { Ends } from "./ends.js";
import { IDS, type Id, type Violation } from "./ids.js";
import { Merges } from "./merges.js";
import { Prefix } from "./prefix.js";
import { Quorums } from "./quorums.js";
import { big } from "./record.js";
import { Seat } from "./seat.js";
import { Services } from "./services.js";
import { Sets } from "./sets.js";
import { Experiments, type Spares } from "./spare.js";
import { Views } from "./views.js";

export interface RecorderOptions {
  spares: Spares;
  /** one in this many is tried on a second instance; 0 = none */
  every: number;
  /** reachable set of a node as a text; "" = everybody */
  side: (index: number) => string;
}

/** CONFF BATCH_JOINS */
const BATCH_JOINS = 4;
const RING_EVERY = 64;

export class Recorder implements Observer {
  readonly book: Book;
  readonly prefix: Prefix;
  readonly ballots: Ballots;
  readonly quorums: Quorums;
  readonly merges: Merges;
  readonly views: Views;
  readonly services: Services;
  readonly sets: Sets;
  readonly cliques: Cliques;
  readonly ends: Ends;
  readonly tests: Experiments;
  readonly seats: Seat[] = [];
  /** a trap: a defect of the module, whatever it was asked */
  trap: { node: number; at: number; text: string } | null = null;
  #moves = 0;
  #kind = 0;

  constructor(scenario: Scenario, options: RecorderOptions) {
    const genesis = scenario.nodes.filter((n) => n.genesis);
    this.book = new Book(genesis, scenario.mode, (scenario.flags & BATCH_JOINS) !== 0);
    this.prefix = new Prefix(this.book, (e, seat) => this.#decided(e, seat));
    this.ballots = new Ballots(this.book);
    this.quorums = new Quorums(this.book, options.side);
    this.merges = new Merges(this.book);
    this.views = new Views(this.book);
    this.services = new Services(this.book);
    this.sets = new Sets(this.book);
    this.cliques = new Cliques(this.book, (index) => this.sets.misses(index));
    this.ends = new Ends(this.book);
    this.ends.mild = scenario.faults.includes("mild");
    this.tests = new Experiments(this.book, this.merges, options.spares, options.every);
  }

  attach(world: World): void {
    this.book.world = world;
  }

  get violations(): readonly Violation[] {
    return this.book.violations;
  }

  /** Invariant → how often it was really asked. */
  asked(): [Id, number][] {
    return IDS.map((id, i) => [id, this.book.asked[i]]);
  }

  #seat(node: SimNode): Seat {
    let seat = this.seats[node.index];
    if (!seat) {
      seat = new Seat(node);
      this.seats[node.index] = seat;
    }
    if (seat.boot !== node.boot) seat.begin();
    else if (seat.clms !== node.clms) seat.bind();
    return seat;
  }

  #decided(e: Entry, _seat: Seat): void {
    this.quorums.decided(e);
    this.merges.decided(e);
    this.services.decided(e);
    this.sets.decided(e);
    this.ends.decided(e);
  }

  /** The node's seat, with all that its last call changed taken in: what comes out of a call comes after it. */
  #now(node: SimNode): Seat {
    const seat = this.#seat(node);
    if (seat.look() && !this.#foreign(node)) this.#moved(seat, false);
    return seat;
  }

  /** A process of another cluster has a list of its own, which is not ours to judge. */
  #foreign(node: SimNode): boolean {
    return node.cluster !== this.book.world?.nodes.find((n) => n && n.index === n.id)?.cluster;
  }

  afterStep(node: SimNode, step: number): void {
    const seat = this.#now(node);
    if (step === STEP.MESSAGE) seat.message = 0;
    this.cliques.stepped();
  }

  #moved(seat: Seat, fresh: boolean): void {
    const { applied, promised, reported, engine, inc, low, tail, lineage } = seat;
    seat.take();
    this.ballots.moved(seat, promised, fresh);
    if (fresh) this.ballots.recovered(seat);
    // What came before it may have been decided in this very step: the list first.
    if (seat.applied !== applied) this.prefix.applied(seat, fresh ? 0 : applied);
    seat.tail = seat.last > seat.applied ? seat.readTail() : EMPTY;
    if (fresh || lineage !== seat.lineage) this.prefix.observerEngine(seat);
    else this.ballots.tail(seat, tail, promised, Math.min(reported, seat.reported));
    const asked = this.book.samples(seat.node.index, seat.applied);
    if (seat.applied !== applied && asked) this.tests.fold(seat);
    if (seat.low !== low && asked) this.prefix.bounded(seat, low, this.#lowest());
    if (seat.inc !== inc && seat.inc !== 0) this.services.admitted(seat);
    if (seat.engine !== engine) this.#engine(seat, engine);
    this.views.gate(seat);
    if (++this.#moves % RING_EVERY === 0) {
      this.prefix.ring(seat);
      this.ends.queues(seat);
    }
  }

  #engine(seat: Seat, was: number): void {
    if (was === ENGINE.POLL) this.tests.merged(seat);
    if (seat.engine === ENGINE.MASTER) this.merges.master(seat);
    this.cliques.engine(seat, was);
    this.prefix.observerEngine(seat);
  }

  /** The lowest slot that a member which runs has applied. */
  #lowest(): number {
    const members = this.seats.filter((s) => s?.node.alive && this.book.isLive(s.node.id, s.inc, this.book.head));
    return Math.min(this.book.head, ...members.map((s) => s.applied));
  }

  onBoot(node: SimNode, result: number): void {
    this.ends.started(node);
    this.book.started.set(node.index, this.book.now);
    const seat = this.#seat(node);
    if (result !== 0) return;
    seat.look();
    if (this.#foreign(node)) return;
    this.#moved(seat, true);
    this.ballots.booted(seat);
    this.sets.booted(node.index);
  }

  onCrash(node: SimNode): void {
    this.ends.disturbed.add(node.index);
    this.services.ended(node);
    const seat = this.seats[node.index];
    if (seat) seat.writes.length = 0;
  }

  onTrap(node: SimNode, error: Error): void {
    this.trap ??= { node: node.id, at: this.book.now, text: error.stack?.split("\n").slice(0, 4).join(" | ") ?? error.message };
  }

  onSend(node: SimNode, to: number, at: number, _len: number): void {
    const kind = node.clms.u8[at + Msg.kind];
    if (kind === MSG.PROBE || kind === MSG.PROBE_ACK) return;
    const seat = this.#now(node);
    if (kind === MSG.STAGE) {
      this.ballots.staged(node, at);
      this.merges.staged(seat, at);
      this.sets.staged(node, at);
      this.cliques.staged(node, at);
    } else if (kind === MSG.REPORT) this.ballots.reports(seat, at);
    else if (kind === MSG.POLL) this.cliques.asked(node, to, at);
    this.prefix.observer(node, seat, kind, big(node.clms.dv, at + Msg.applied));
    this.book.check("S40", node.clms.u8[at + Msg.proto] >= 1, node, () => "a message of protocol 0");
  }

  onReceive(node: SimNode, _from: number, at: number, len: number, _intact: boolean): void {
    const seat = this.#seat(node);
    this.#kind = len >= Msg.SIZE ? node.clms.u8[at + Msg.kind] : 0;
    const kind = this.#kind;
    if (kind === MSG.PROBE || kind === MSG.PROBE_ACK || kind === 0) return;
    const { dv } = node.clms;
    seat.message = dv.getUint32(at + Msg.ballot, true) + dv.getUint32(at + Msg.ballot + 4, true) * 0x1_0000_0000;
    this.views.receive(node, kind, at);
    if (kind === MSG.REPORT) {
      this.merges.receive(node, at, len);
      this.cliques.receive(node, at, len);
    }
    if (kind === MSG.ACK) this.sets.receive(node, at, len);
    this.tests.receive(node, kind, at, len);
  }

  onVerdict(node: SimNode, verdict: number): void {
    const applied = this.#seat(node).applied;
    const seat = this.#now(node);
    if (verdict !== 0) {
      seat.message = 0;
      this.views.refused();
      this.cliques.refused();
      return;
    }
    if (this.#kind === MSG.PROBE || this.#kind === MSG.PROBE_ACK) return;
    this.views.took(node, applied);
    if (this.#kind === MSG.REPORT) {
      this.merges.took();
      this.cliques.took();
    }
    if (this.#kind === MSG.ACK) this.sets.took();
    this.tests.took(seat);
  }

  onWrite(node: SimNode, op: number, slot: number, at: number, len: number): void {
    this.#now(node).wrote(op, slot, at, len);
  }

  onDurable(node: SimNode, seq: number): void {
    const seat = this.#seat(node);
    seat.confirmed(seq, (dv) => this.ballots.recorded(seat, dv));
  }

  onEvent(node: SimNode, type: number, at: number): void {
    const { dv } = node.clms;
    this.#now(node);
    if (type === EVENT.SUSPECT) {
      const missed = dv.getUint32(at + Event.new, true) === 1;
      this.sets.suspect(node.index, dv.getUint16(at + Event.node, true), missed);
      if (missed) this.cliques.missed();
    } else if (type === EVENT.BLAST) {
      this.sets.blast();
      this.ends.blast = true;
    }
  }

  onCallback(node: SimNode, subsys: number, call: number, slot: number, _arg: number, status: number): void {
    this.#now(node);
    this.views.callback(node, subsys, call, slot, status);
  }

  onService(node: SimNode, svc: number, held: boolean, token: number): void {
    this.#now(node);
    this.services.service(node, svc, held, token);
  }

  onUse(node: SimNode, svc: number, token: number): void {
    this.#now(node);
    this.services.use(node, svc, token);
  }

  onFence(_node: SimNode, _target: number, _inc: number, _phase: number): void {
    // A fence that really kills is a crash, and is told as one.
  }

  onArbiter(node: SimNode, version: number, changed: boolean, register: Uint8Array): void {
    this.quorums.register(node, version, changed, register);
  }

  onRead(node: SimNode, process: SimProcess, slot: number, at: number, count: number): void {
    this.#now(node);
    this.views.read(node, process, slot, at, count);
  }

  onResume(node: SimNode, process: SimProcess, slot: number): void {
    this.#now(node);
    this.views.resume(node, process, slot);
  }

  onDiverged(node: SimNode, process: SimProcess): void {
    this.book.fail("S01", node, `process ${process.pid} came with a token of another history`);
  }

  onData(node: SimNode, verdict: number, at: number): void {
    this.#now(node);
    this.views.data(node, verdict, at);
  }

  onRequest(): void {
    // What a request did is in the log, if it did anything.
  }
}

const EMPTY: Map<number, { ballot: number; print: number }> = new Map();
