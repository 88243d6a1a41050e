// Every order in which the messages of a critical phase can arrive.
//
// The phase begins with the messages that are under way, and takes in what they cause; time stands still in it. Two
// messages for different nodes that are under way together may be exchanged without any difference, so of such orders
// one stands for all (sleep sets: what was tried before its neighbour need not be tried after it).
//
// Invariant: explore() leaves the bed as it found it.

import type { Bed, Message } from "./bed.js";

/** More orders than this are not tried one by one: a sample is drawn instead. */
export const ALL_MAX = 5_040;
export const SAMPLE = 500;
/** Messages of a phase; those beyond it arrive in the usual order. */
const DEPTH_MAX = 200;

/** The detector's messages arrive as usual: nothing is decided by them. */
const QUIET: ReadonlySet<string> = new Set(["PROBE", "PROBE_ACK"]);

/** How the message of a failure begins, before the order that led to it. */
export const AFTER = "after the order";

export interface Explored {
  orders: number;
  /** all of them, or a sample of more */
  all: boolean;
}

/** How many messages arrived in the phase on this path, and in which order: for the message of a failure. */
export type Visit = (path: string[]) => void;

class TooMany extends Error {}

/** Numbers without luck: the same sample every time. */
class Draw {
  #state = 0x9e37_79b9;

  below(n: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % n;
  }
}

export class Orders {
  readonly #bed: Bed;
  readonly #visit: Visit;
  readonly #draw = new Draw();
  /** what is caused by what is caused …, so many times, is of the phase */
  readonly #generations: number;
  readonly #path: string[] = [];
  #count = 0;

  constructor(bed: Bed, generations: number, visit: Visit) {
    this.#bed = bed;
    this.#generations = generations;
    this.#visit = visit;
  }

  explore(): Explored {
    const count = this.#countAll();
    if (count <= ALL_MAX) {
      this.#all(new Set(), this.#pool(), 0, true);
      return { orders: count, all: true };
    }
    for (let i = 0; i < SAMPLE; i++) this.#sample();
    return { orders: SAMPLE, all: false };
  }

  /** Message → its generation: 0 was under way when the phase began. */
  #pool(): Map<number, number> {
    return new Map(this.#bed.facts.messages.filter((m) => !QUIET.has(m.kind)).map((m) => [m.id, 0]));
  }

  #countAll(): number {
    this.#count = 0;
    try {
      this.#all(new Set(), this.#pool(), 0, false);
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
    }
    return this.#count;
  }

  /** Tries every message that may come next, but those that are asleep. */
  #all(asleep: ReadonlySet<number>, pool: ReadonlyMap<number, number>, depth: number, visit: boolean): void {
    const under = this.#bed.facts.messages.filter((m) => pool.has(m.id));
    if (under.length === 0 || depth === DEPTH_MAX) {
      this.#leaf(visit);
      return;
    }
    const done = new Set(asleep);
    for (const message of under) {
      if (done.has(message.id)) continue;
      const rest = new Set(under.filter((m) => done.has(m.id) && m.to !== message.to).map((m) => m.id));
      this.#with(message, (before) => this.#all(rest, this.#after(pool, message, before), depth + 1, visit));
      done.add(message.id);
    }
  }

  #leaf(visit: boolean): void {
    this.#count++;
    if (!visit && this.#count > ALL_MAX) throw new TooMany();
    if (!visit) return;
    const { nodes } = this.#bed;
    const bed = this.#bed.save();
    const saved = nodes.map((n) => n.save());
    this.#visit(this.#path);
    for (const [i, n] of nodes.entries()) n.back(saved[i]);
    this.#bed.back(bed);
  }

  /** Delivers a message, does something (which is told the last message before), and takes it back. */
  #with(message: Message, then: (before: number) => void): void {
    const bed = this.#bed.save();
    const before = this.#bed.facts.ids;
    const node = this.#bed.node(message.to);
    const saved = node.save();
    this.#path.push(`${message.kind} ${message.from}>${message.to}`);
    try {
      this.#bed.deliver(this.#bed.facts.messages.find((m) => m.id === message.id) as Message);
      then(before);
    } catch (error) {
      if (error instanceof Error && !(error instanceof TooMany) && !error.message.startsWith(AFTER))
        error.message = `${AFTER} ${this.#path.join(", ")}: ${error.message}`;
      throw error;
    } finally {
      this.#path.pop();
      node.back(saved);
      this.#bed.back(bed);
    }
  }

  /** The pool with what a message has caused. */
  #after(pool: ReadonlyMap<number, number>, message: Message, before: number): Map<number, number> {
    const next = new Map(pool);
    const generation = (pool.get(message.id) as number) + 1;
    if (generation > this.#generations) return next;
    for (const m of this.#bed.facts.messages) if (m.id > before && !QUIET.has(m.kind)) next.set(m.id, generation);
    return next;
  }

  /** One path by lot. */
  #sample(): void {
    const { nodes } = this.#bed;
    const bed = this.#bed.save();
    const saved = nodes.map((n) => n.save());
    let pool = this.#pool();
    try {
      for (let depth = 0; depth < DEPTH_MAX; depth++) {
        const under = this.#bed.facts.messages.filter((m) => pool.has(m.id));
        if (under.length === 0) break;
        const message = under[this.#draw.below(under.length)];
        this.#path.push(`${message.kind} ${message.from}>${message.to}`);
        const before = this.#bed.facts.ids;
        this.#bed.deliver(message);
        pool = this.#after(pool, message, before);
      }
      this.#visit(this.#path);
    } finally {
      this.#path.length = 0;
      for (const [i, n] of nodes.entries()) n.back(saved[i]);
      this.#bed.back(bed);
    }
  }
}
