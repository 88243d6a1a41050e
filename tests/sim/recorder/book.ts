// What the recorder knows: the list of decided records with the folds that follow from it, who accepted what durably,
// which incarnation was which boot, and what was found broken.
//
// Invariant: nothing here comes from the module's judgement. A record is decided when the first node of all has applied
// it (an acceptance by a quorum must then exist: S08); the list is never changed afterwards (S03).

import { NS } from "../../../host/core/abi/clms.js";
import type { SimNode, World } from "../types.js";
import { type Acceptors, acceptor, type Config, type Truth } from "./config.js";
import { live } from "./edges.js";
import { Fold, type Genesis } from "./fold.js";
import { IDS, type Id, type Violation } from "./ids.js";
import { obtain } from "./obtain.js";
import type { Rec } from "./record.js";

/** A decided record. */
export interface Entry {
  rec: Rec;
  words: Uint32Array;
  /** fingerprint of its value */
  print: number;
  /** index of the node that applied it first, and when */
  first: number;
  at: number;
  /** who votes after it */
  config: Config;
  /** who is UP after it, in order */
  up: readonly number[];
  /** a bracket is open after it */
  bracket: boolean;
  /** who had accepted it durably when it was first applied, in the best ballot */
  by: Acceptors;
  /** that best ballot */
  ballot: number;
}

/** Durable acceptances of one value in one slot and ballot. */
export interface Acceptance {
  ballot: number;
  print: number;
  by: Set<number>;
}

interface Life {
  slot: number;
  state: number;
  inc: number;
}

const MAX_KEPT = 20;
/** In clusters of more nodes than this, what costs as much as there are nodes is asked of one in so many. */
const BIG = 128;
const BIG_EVERY = 16;

export class Book implements Truth {
  readonly list: Entry[] = [];
  readonly fold: Fold;
  readonly genesis: Config;
  readonly violations: Violation[] = [];
  /** how often each invariant was really asked, in the order of IDS */
  readonly asked: number[] = IDS.map(() => 0);
  readonly acceptances = new Map<number, Acceptance[]>();
  /** slot → fingerprint → when that value was first seen anywhere */
  readonly seen = new Map<number, Map<number, number>>();
  /** sets that the arbiter's register named, by ballot */
  readonly arbiter = new Map<number, Set<number>[]>();
  /** what the register says at present */
  register: { ballot: number; set: ReadonlySet<number>; slot: number; hash: bigint } | null = null;
  /** `node.inc` → boot that was given it */
  readonly boots = new Map<string, { index: number; boot: number; ended: number }>();
  readonly #life = new Map<number, Life[]>();
  /** index → when its present boot began */
  readonly started = new Map<number, number>();
  world: World | null = null;
  /** where a mode is known to break others, only this one is told */
  only: Id | null = null;

  constructor(genesis: readonly Genesis[], mode: number, batchJoins: boolean) {
    this.fold = new Fold(genesis, mode, batchJoins);
    this.genesis = this.fold.config();
  }

  get now(): number {
    return this.world?.now ?? 0;
  }

  /** Is the node with this index to be asked at this slot what costs as much as there are nodes? */
  samples(index: number, slot: number): boolean {
    return (this.world?.nodes.length ?? 0) <= BIG || (index + slot) % BIG_EVERY === 0;
  }

  /** Slot of the last decided record. */
  get head(): number {
    return this.list.length;
  }

  entry(slot: number): Entry | undefined {
    return this.list[slot - 1];
  }

  /** Who votes for slot + 1. */
  configAt(slot: number): Config {
    return slot === 0 ? this.genesis : this.list[Math.min(slot, this.list.length) - 1].config;
  }

  /** State and incarnation of a node after a slot. */
  lifeAt(node: number, slot: number): Life {
    const all = this.#life.get(node);
    if (all) for (let i = all.length - 1; i >= 0; i--) if (all[i].slot <= slot) return all[i];
    return { slot: 0, state: NS.NEVERUP, inc: 0 };
  }

  isLive(node: number, inc: number, slot: number): boolean {
    const life = this.lifeAt(node, slot);
    return life.inc === inc && live(life.state);
  }

  /** Notes a change of a node's life: called by whoever appends to the list. */
  lived(r: Rec): void {
    const all = this.#life.get(r.node) ?? [];
    all.push({ slot: r.slot, state: r.to, inc: r.inc });
    this.#life.set(r.node, all);
  }

  dead(node: number, inc: number): boolean {
    const boot = this.boots.get(`${node}.${inc}`);
    if (boot) return boot.ended > 0;
    // Admitted, but no boot ever learned of it: dead unless a process under that number still runs that did so then.
    const born = this.#life.get(node)?.find((l) => l.inc === inc);
    const at = born ? (this.list[born.slot - 1]?.at ?? this.now) : this.now;
    return !this.world?.nodes.some((n) => n?.id === node && n.alive && (this.started.get(n.index) ?? 0) <= at);
  }

  named(ballot: number): readonly ReadonlySet<number>[] {
    return this.arbiter.get(ballot) ?? [];
  }

  accepted(slot: number, ballot: number, print: number, node: number, lineage: number): void {
    // Without a lineage it counts for nothing, and may be a second process under the number.
    if (lineage === 0) return;
    const all = obtain(this.acceptances, slot, () => [] as Acceptance[]);
    const one = all.find((a) => a.ballot === ballot && a.print === print);
    const key = acceptor(node, lineage);
    if (one) one.by.add(key);
    else all.push({ ballot, print, by: new Set([key]) });
  }

  /** Counts that an invariant was asked, and tells if it does not hold. The text is made only then. */
  check(id: Id, holds: boolean, node: SimNode | number, text: () => string): boolean {
    this.asked[IDS.indexOf(id)]++;
    if (!holds) this.fail(id, node, text());
    return holds;
  }

  fail(id: Id, node: SimNode | number, text: string): void {
    if (this.violations.length >= MAX_KEPT || (this.only !== null && id !== this.only)) return;
    this.violations.push({ id, at: this.now, node: typeof node === "number" ? node : node.id, text });
  }
}
