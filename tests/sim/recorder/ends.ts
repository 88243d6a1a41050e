// What must be true in the end, and what must never grow: S42 LivenessCore, S43 NoLivelock, S44 EveryDeathDecided, S45
// NoFalseEvict, S46 BoundedQueues.
//
// The faults are over at `healed`; if the nodes that run then (and could vote) are enough, everything has to converge by
// the end of the run. If they are not, nothing is asked of the cluster but safety.

import { CAUSE, ENGINE, KIND, NS, Page, REFUSED } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book, Entry } from "./book.js";
import { live } from "./edges.js";
import type { Id } from "./ids.js";
import { possible } from "./possible.js";
import { recText } from "./record.js";
import type { Seat } from "./seat.js";

/** Takeovers that one node may begin in the second half of the phase without faults: one late, one crossed. */
const TAKEOVERS_MAX = 2;
/** Asked for by somebody, or the doing of the node itself. */
const WANTED: ReadonlySet<number> = new Set([CAUSE.ADMIN, CAUSE.GRACEFUL, CAUSE.DEADLINE, CAUSE.DUP_IDENTITY, CAUSE.UPGRADE]);

type Check = (id: Id, holds: boolean, node: SimNode | number, text: () => string) => void;

export class Ends {
  #takeovers: Map<number, number> | null = null;
  /** indexes that were ever crashed or restarted */
  readonly disturbed = new Set<number>();
  /** a set was too big for the cluster to decide alone */
  blast = false;
  /** the host refused or forgot callbacks so that a node may rightly be removed */
  mild = false;

  constructor(readonly book: Book) {}

  /** S45: in a mild run, with no more than a little loss and short pauses, nobody is removed who did not ask for it. */
  decided(e: Entry): void {
    if (!this.mild || e.rec.kind !== KIND.NODE || e.rec.to !== NS.KCLEANUP || WANTED.has(e.rec.cause)) return;
    const node = this.book.world?.nodes.find((n) => n?.id === e.rec.node);
    const innocent = node?.alive === true && !this.disturbed.has(node.index);
    this.book.check("S45", !innocent, e.first, () => `${recText(e.rec)}: it runs and always has`);
  }

  /** S46: nothing found no place; the memory is as big as it was. */
  queues(seat: Seat): void {
    const { clms } = seat.node;
    const [msgs, events] = [clms.pageWord(Page.msg_lost), clms.pageWord(Page.event_lost)];
    this.book.check("S46", msgs === 0 && events === 0, seat.node, () => `${msgs} messages and ${events} events found no place`);
    const bytes = clms.memory.buffer.byteLength;
    this.book.check("S46", bytes === seat.bytes, seat.node, () => `memory grew from ${seat.bytes} to ${bytes} bytes`);
  }

  /** The second half of the phase without faults begins: takeovers are counted from here. */
  calm(): void {
    this.#takeovers = new Map(this.#running().map((n) => [n.index, n.clms.pageWord(Page.takeovers)]));
  }

  /** A node starts. While one was missing others may have tried in vain. */
  started(node: SimNode): void {
    if (node.boot > 1) this.disturbed.add(node.index);
    if (this.#takeovers) this.calm();
  }

  #running(): SimNode[] {
    return (this.book.world?.nodes ?? []).filter((n) => n?.alive);
  }

  /** Those that run under the identity that the log knows: no twins, nobody whose number went to another uuid. */
  #core(): SimNode[] {
    const refused = (n: SimNode) => (n.clms.pageWord(Page.refused & ~3) >>> (8 * (Page.refused & 3))) & 255;
    const other = (n: SimNode) => n.clms.inc === 0 && refused(n) === REFUSED.IDENTITY;
    return this.#running().filter((n) => n.index === n.id && !other(n) && n.clms.engine !== ENGINE.HALTED && this.book.fold.ents.has(n.id));
  }

  /** Has everything that is asked of the end come true already? Then nothing new will. */
  settled(): boolean {
    let well = true;
    this.#converged((_id, holds) => {
      well &&= holds;
    });
    return well;
  }

  /** The run is over. */
  end(converge: boolean): void {
    for (const n of this.#running()) this.book.check("S46", n.clms.pageWord(Page.event_lost) === 0, n, () => "events found no place");
    if (!converge || !possible(this.book, this.#core())) return;
    this.#converged((id, holds, node, text) => this.book.check(id, holds, node, text));
    for (const n of this.#core()) {
      const began = n.clms.pageWord(Page.takeovers) - (this.#takeovers?.get(n.index) ?? 0);
      this.book.check("S43", began <= TAKEOVERS_MAX, n, () => `began ${began} takeovers after everything was well again`);
    }
  }

  /** S42: one master, all at its slot, all that run are members, every gate that may be open is open. S44 as below. */
  #converged(check: Check): void {
    const { book } = this;
    const core = this.#core();
    const masters = core.filter((n) => n.clms.engine === ENGINE.MASTER);
    check("S42", masters.length === 1, 0, () => `${masters.length} masters: ${masters.map((n) => n.id)}`);
    for (const n of core) {
      const { applied, gate } = n.clms;
      check("S42", applied === book.head, n, () => `is at slot ${applied} of ${book.head}`);
      const ent = book.fold.ents.get(n.id);
      const member = ent !== undefined && live(ent.state) && ent.inc === n.clms.inc;
      if (!this.blast) check("S42", member, n, () => `runs with inc ${n.clms.inc}, the log has state ${ent?.state} inc ${ent?.inc}`);
      if (member) check("S42", (gate & 1) === 0, n, () => `its gate is closed at slot ${applied}, done ${n.clms.done}`);
    }
    if (!this.blast) this.#deaths(check);
  }

  /** S44: who is dead for good is DOWN. */
  #deaths(check: Check): void {
    for (const e of this.book.fold.ents.values()) {
      if (e.state === NS.NEVERUP || this.#running().some((n) => n.id === e.node)) continue;
      check("S44", e.state === NS.DOWN, e.node, () => `is dead, the log has state ${e.state}`);
    }
  }
}
