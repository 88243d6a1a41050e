// Who decided: S08 QuorumOnRecord, S09 QuorumIntersection, S10 SinglePrimary, S35 ArbiterOneVote. By the recorder's own
// tally of durable acceptances, never by who says that it was enough.

import { MODE } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book, Entry } from "./book.js";
import { acceptorText, enough, enoughAt } from "./config.js";
import { partitionSafe } from "./fold.js";
import { ballotText, big, recText } from "./record.js";

const BITS = 8;
/** The set of nodes in the register. */
const SET_AT = 16;
const SET_BYTES = 136;
/** The last record that its writer had taken over; its hash follows. */
const SLOT_AT = SET_AT + SET_BYTES;

export class Quorums {
  /** cut links: `from > to` */
  #cutSince = 0;
  #last: { at: number; side: string; first: number } | null = null;
  #register: { version: number; ballot: number; set: Set<number> } | null = null;

  constructor(
    readonly book: Book,
    /** which nodes a node can reach at present, both ways: a text that is equal for equal sets; "" = all */
    readonly side: (index: number) => string,
  ) {}

  decided(e: Entry): void {
    const { book } = this;
    // Slot 1 is made by every node alike from the first configuration: nobody decides it.
    if (e.rec.slot === 1) return;
    const before = book.configAt(e.rec.slot - 1);
    const ok = enoughAt(before, e.config, e.by, e.ballot, book);
    book.check("S08", ok, e.first, () => {
      const votes = before.voters.map((v) => `${v.node}:${v.votes} lineage ${v.lineage}${v.learning ? " learning" : ""}`);
      const sets = book.named(e.ballot).map((s) => `, the arbiter named {${[...s]}}`);
      const who = `of ${acceptorText(e.by)} in ballot ${ballotText(e.ballot)} only (votes ${votes} of ${before.total}${sets})`;
      return `${recText(e.rec)}: applied with durable acceptances ${who}`;
    });
    const prev = book.entry(e.rec.slot - 1);
    if (prev && prev.rec.slot > 1 && prev.by.size > 0 && before.mode !== MODE.CLASSIC && before.mode !== MODE.CLASSIC_FENCE)
      book.check("S09", [...prev.by].some((n) => e.by.has(n)) || (this.#byArbiter(e) && this.#byArbiter(prev)), e.first, () => {
        return `${recText(e.rec)}: accepted by ${acceptorText(e.by)}, the one before by ${acceptorText(prev.by)}`;
      });
    this.#primary(e);
  }

  /** Were the nodes alone too few? Then the arbiter is one of those that decided it. */
  #byArbiter(e: Entry): boolean {
    const before = this.book.configAt(e.rec.slot - 1);
    return before.mode === MODE.ARBITER && !enough(before, e.by, -1, this.book);
  }

  /** S10: while the network stays cut as it is, records that were proposed since the cut are decided on one side. */
  #primary(e: Entry): void {
    const { book } = this;
    if (!partitionSafe(book.fold.mode)) return;
    const since = book.seen.get(e.rec.slot)?.get(e.print) ?? e.at;
    if (since < this.#cutSince) return;
    const side = this.side(e.first);
    const last = this.#last;
    const ok = last === null || last.at < this.#cutSince || last.side === "" || side === "" || last.side === side;
    book.check("S10", ok, e.first, () => `${recText(e.rec)} is decided on side {${side}}, the one before on side {${last?.side}}`);
    this.#last = { at: since, side, first: e.first };
  }

  /** The network was cut or healed somewhere. */
  cut(): void {
    this.#cutSince = this.book.now;
    this.#last = null;
  }

  /** S35: one set for each ballot in the register, and a new set shares a node with the one before. */
  register(node: SimNode, version: number, changed: boolean, bytes: Uint8Array): void {
    if (!changed) return;
    const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const ballot = dv.getUint32(0, true) + dv.getUint32(4, true) * 0x1_0000_0000;
    const set = new Set<number>();
    for (let n = 1; n < SET_BYTES * BITS; n++) if (bytes[SET_AT + (n >> 3)] & (1 << (n & 7))) set.add(n);
    const sets = this.book.arbiter.get(ballot) ?? [];
    this.book.arbiter.set(ballot, sets);
    const same = (a: Set<number>, b: Set<number>) => a.size === b.size && [...a].every((n) => b.has(n));
    this.book.check(
      "S35",
      sets.every((s) => same(s, set)),
      node,
      () => `a second set {${[...set]}} in ballot ${ballotText(ballot)}`,
    );
    const old = this.#register;
    if (old && version > old.version) {
      this.book.check(
        "S35",
        [...set].some((n) => old.set.has(n)),
        node,
        () => `set {${[...set]}} has nobody of {${[...old.set]}}`,
      );
      this.book.check("S35", ballot > old.ballot, node, () => `ballot ${ballotText(ballot)} after ${ballotText(old.ballot)}`);
    }
    if (!sets.some((s) => same(s, set))) sets.push(set);
    this.#register = { version, ballot, set };
    this.book.register = { ballot, set, slot: big(dv, SLOT_AT), hash: dv.getBigUint64(SLOT_AT + 8, true) };
  }
}
