// What stands outside the cluster and answers to its hosts: the arbiter's register.
//
// Invariant: the register changes by compare-and-swap only.

import { EVENT, Page } from "../../../host/core/abi/clms.js";
import type { ClmsEvent } from "../../../host/core/clms_records.js";
import type { Bed } from "./bed.js";
import type { Host } from "./node.js";

/** Bytes of the register. */
const REGISTER = 168;
const DELAY = 5_000_000;

interface Asked {
  at: number;
  node: string;
  write: boolean;
  /** version that must still stand there */
  expected: number;
  register: Uint8Array;
}

interface Facts {
  asked: Asked[];
  version: number;
  register: Uint8Array;
}

export class Outside {
  facts: Facts = { asked: [], version: 0, register: new Uint8Array(REGISTER) };
  readonly #bed: Bed;

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Takes an ARB_READ or ARB_WRITE; it is answered a little later. */
  ask({ clms, name }: Host, event: ClmsEvent): void {
    const at = clms.page + Page.arb_register;
    this.facts.asked.push({
      at: this.#bed.facts.now + DELAY,
      node: name,
      write: event.type === EVENT.ARB_WRITE,
      expected: Number(event.arg),
      register: clms.u8.slice(at, at + REGISTER),
    });
  }

  get due(): number {
    return this.facts.asked[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Answers the first. */
  act(): void {
    const { write, expected, register, node: name } = this.facts.asked.shift() as Asked;
    const node = this.#bed.node(name);
    if (!node.alive) return;
    const { facts } = this;
    const done = !write || expected === facts.version;
    if (write && done) {
      facts.version++;
      facts.register = register;
    }
    this.#bed.call(node, (clms) => {
      clms.put.bytes(facts.register);
      clms.x.clms_arb_answer(facts.version, 0, done ? 1 : 0);
    });
  }

  save(): Facts {
    return { ...this.facts, asked: [...this.facts.asked] };
  }
}
