// Records by value, acceptances, and who votes where: what the checks reason about, without the module's judgement.
//
// A value is a record without its ballot (recorder/record.ts); its chain leads back through prev_hash to the records that
// were decided before exploring began, and the recorder's own fold along it says who votes for it.

import { type Config, enough, type Truth } from "../recorder/config.js";
import { Fold, type Genesis } from "../recorder/fold.js";
import type { Id } from "../recorder/ids.js";
import { ballotText, type Rec, readRec, recText, valueHash, valueWords } from "../recorder/record.js";
import { Lists } from "./intern.js";

export interface Finding {
  id: Id;
  text: string;
}

interface Value {
  rec: Rec;
  config: Config | null;
}

interface Acceptance {
  slot: number;
  ballot: number;
  value: number;
}

export class Values {
  readonly #lists = new Lists();
  readonly #values: Value[] = [];
  readonly #bySelf = new Map<bigint, number>();
  readonly #acceptances: Acceptance[] = [];
  readonly #accByKey = new Map<string, number>();

  constructor(
    readonly genesis: readonly Genesis[],
    readonly mode: number,
  ) {}

  /** The number of the value of the record at an address. */
  value(dv: DataView, at: number): number {
    const words = valueWords(dv, at);
    const id = this.#lists.id(new Int32Array(words.buffer, words.byteOffset, words.length));
    if (id === this.#values.length) {
      const rec = readRec(dv, at);
      if (rec.self !== valueHash(dv, at)) throw new Error(`the hash of ${recText(rec)} is not that of its bytes`);
      this.#values.push({ rec, config: null });
      this.#bySelf.set(rec.self, id);
    }
    return id;
  }

  rec(value: number): Rec {
    return this.#values[value].rec;
  }

  text(value: number): string {
    return recText(this.#values[value].rec);
  }

  acceptance(slot: number, ballot: number, value: number): number {
    const key = `${slot} ${ballot} ${value}`;
    let id = this.#accByKey.get(key);
    if (id === undefined) {
      id = this.#acceptances.length;
      this.#accByKey.set(key, id);
      this.#acceptances.push({ slot, ballot, value });
    }
    return id;
  }

  accepted(id: number): Acceptance {
    return this.#acceptances[id];
  }

  acceptanceText(id: number): string {
    const { ballot, value } = this.#acceptances[id];
    return `${this.text(value)} in ballot ${ballotText(ballot)}`;
  }

  /** Who votes for a value: the fold of all records before it. */
  config(value: number): Config {
    const one = this.#values[value];
    one.config ??= this.#foldTo(one.rec);
    return one.config;
  }

  #foldTo(rec: Rec): Config {
    const chain: Rec[] = [];
    for (let r = rec; r.slot > 1; ) {
      const before = this.#bySelf.get(r.prev);
      if (before === undefined) throw new Error(`${recText(r)}: the record before it was never seen`);
      r = this.#values[before].rec;
      chain.push(r);
    }
    const fold = new Fold(this.genesis, this.mode, true);
    for (const r of chain.reverse()) fold.apply(r, () => {});
    return fold.config();
  }

  /** Has a quorum of those who vote for it accepted this value in one ballot? by: node → lineage. */
  chosen(value: number, ballot: number, by: ReadonlyMap<number, number>, truth: Truth): boolean {
    return enough(this.config(value), by, ballot, truth);
  }
}
