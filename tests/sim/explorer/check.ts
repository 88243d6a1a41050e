// The invariants, asked of every state from what each node ever accepted and applied.
//
//   S01 PrefixAgreement       what two nodes have applied differs in no slot
//   S03 DecidedImmutable      a slot has one decided value; what a node has applied stays (node.ts)
//   S04 OneValuePerBallotSlot in one ballot a slot has one value, whoever accepted it
//   S07 SelfPromiseBinds      nobody proposes in a ballot below what it has promised (node.ts)
//   S08 QuorumOnRecord        what a node has applied was accepted by enough of those who vote for it, in one ballot
//   S15 MergeKeepsDecided     an acceptance of a higher ballot than the deciding one is of the decided value
//   S17 NoDummyOverDecided    the same, if it is a DUMMY
//
// The answer depends on the nodes' notes alone, so it is worked out once for each combination of notes (and of nodes
// that are dead, in the mode where that counts).

import { KIND } from "../../../host/core/abi/clms.js";
import type { Truth } from "../recorder/config.js";
import type { Local, Nodes } from "./node.js";
import type { Finding } from "./values.js";

interface Voted {
  ballot: number;
  value: number;
  /** node → lineage */
  by: Map<number, number>;
}

export class Checker {
  readonly #known = new Map<string, Finding | null>();
  asked = 0;

  constructor(readonly nodes: Nodes) {}

  /** What is wrong in a state; null if nothing is. dead: bit n = node n has crashed for good. */
  check(locals: readonly Local[], dead: number): Finding | null {
    let key = `${dead}`;
    for (const l of locals) key += ` ${l.accepted},${l.applied}`;
    let found = this.#known.get(key);
    if (found === undefined) {
      this.asked++;
      found = this.#work(locals, dead);
      this.#known.set(key, found);
    }
    return found;
  }

  #work(locals: readonly Local[], dead: number): Finding | null {
    const truth: Truth = { dead: (node) => ((dead >> node) & 1) === 1, named: () => [] };
    return this.#agree(locals) ?? this.#decided(locals, truth);
  }

  #agree(locals: readonly Local[]): Finding | null {
    const { lists, values } = this.nodes;
    const logs = locals.map((l) => lists.at(l.applied));
    for (const [a, one] of logs.entries())
      for (const [b, other] of logs.entries())
        for (let i = 0; b > a && i < Math.min(one.length, other.length); i++)
          if (one[i] !== other[i])
            return {
              id: "S01",
              text: `node ${locals[a].node} has applied ${values.text(one[i])}, node ${locals[b].node} ${values.text(other[i])}`,
            };
    return null;
  }

  /** Acceptances by slot: who accepted which value in which ballot. */
  #votes(locals: readonly Local[]): Map<number, Voted[]> {
    const { lists, values } = this.nodes;
    const slots = new Map<number, Voted[]>();
    for (const l of locals)
      for (const id of lists.at(l.accepted)) {
        const { slot, ballot, value } = values.accepted(id);
        const all = slots.get(slot) ?? [];
        slots.set(slot, all);
        let one = all.find((v) => v.ballot === ballot && v.value === value);
        if (!one) {
          one = { ballot, value, by: new Map() };
          all.push(one);
        }
        // All nodes of this cluster are of the first configuration, whose lineage is 1.
        one.by.set(l.node, 1);
      }
    return slots;
  }

  #decided(locals: readonly Local[], truth: Truth): Finding | null {
    const { lists, values } = this.nodes;
    const slots = this.#votes(locals);
    for (const [slot, all] of slots) {
      for (const v of all)
        for (const w of all)
          if (v.ballot === w.ballot && v.value !== w.value)
            return { id: "S04", text: `slot ${slot}: ${values.text(v.value)} and ${values.text(w.value)} in one ballot` };
      const wrong = this.#overruled(slot, all, truth);
      if (wrong) return wrong;
    }
    for (const l of locals)
      for (const [i, value] of lists.at(l.applied).entries()) {
        const all = slots.get(this.nodes.base + 1 + i) ?? [];
        if (!all.some((v) => v.value === value && values.chosen(value, v.ballot, v.by, truth)))
          return { id: "S08", text: `node ${l.node} has applied ${values.text(value)}, which no quorum has accepted` };
      }
    return null;
  }

  /** Two decided values of a slot, or another value in a ballot above the deciding one. */
  #overruled(slot: number, all: readonly Voted[], truth: Truth): Finding | null {
    const { values } = this.nodes;
    const chosen = all.filter((v) => values.chosen(v.value, v.ballot, v.by, truth));
    for (const c of chosen) {
      const twice = chosen.find((d) => d.value !== c.value);
      if (twice) return { id: "S03", text: `slot ${slot}: ${values.text(c.value)} and ${values.text(twice.value)} are both decided` };
      const over = all.find((v) => v.ballot > c.ballot && v.value !== c.value);
      if (!over) continue;
      const id = values.rec(over.value).kind === KIND.DUMMY ? "S17" : "S15";
      return { id, text: `${values.text(c.value)} is decided, and a higher ballot has ${values.text(over.value)}` };
    }
    return null;
  }
}
