// What applications and subsystems see: S23 CallbackOrder, S24 GateCoherent, S25 MonotonicReads, S26 MigrationWaits, S27
// StaleDataRejected, S28 NoDeliverFromEvicted. Compared with the list, not with what the node says of itself.

import { CALL, CALL_NAME, KIND, MSG, Msg, NS, PHASE, STAMP, Stamp } from "../../../host/core/abi/clms.js";
import type { SimNode, SimProcess } from "../types.js";
import type { Book } from "./book.js";
import { obtain } from "./obtain.js";
import { big, type Rec } from "./record.js";
import type { Seat } from "./seat.js";

interface Walk {
  boot: number;
  /** slot up to which this subsystem has been told everything */
  slot: number;
  running: number;
  failed: boolean;
}

/** The callback that a decided record asks for; −1 = none. */
function callFor(r: Rec): number {
  if (r.kind === KIND.NODE) return r.to === NS.COMINGUP ? CALL.NODEUP : -1;
  if (r.kind !== KIND.SET_END) return -1;
  return Number(r.arg) === PHASE.KERNEL ? CALL.NODEDOWN : Number(r.arg) === PHASE.USER ? CALL.NODEGONE : -1;
}

/** Messages whose sender takes part as a member. */
const PARTS: ReadonlySet<number> = new Set([MSG.STAGE, MSG.COMMIT, MSG.ACK, MSG.LEARN, MSG.CHECKPOINT]);

export class Views {
  readonly #walks = new Map<string, Walk>();
  readonly #seen = new Map<number, number>();
  #from: { kind: number; node: number; inc: number } | null = null;

  constructor(readonly book: Book) {}

  /** S23: begun (status < 0) or ended. */
  callback(node: SimNode, subsys: number, call: number, slot: number, status: number): void {
    const key = `${node.index} ${subsys}`;
    if (this.#walks.get(key)?.boot !== node.boot) this.#walks.delete(key);
    const walk = obtain(this.#walks, key, () => ({ boot: node.boot, slot: -1, running: -1, failed: false }));
    if (status < 0) this.#begun(node, walk, subsys, call, slot);
    else if (walk.running === slot) {
      walk.failed = status > 0;
      if (status > 0) return;
      walk.running = -1;
      walk.slot = Math.max(walk.slot, slot);
    }
  }

  #begun(node: SimNode, walk: Walk, subsys: number, call: number, slot: number): void {
    const { book } = this;
    const name = () => `subsystem ${subsys}: ${CALL_NAME[call]} for slot ${slot}`;
    if (walk.running >= 0 && walk.running !== slot && call !== CALL.RESYNC)
      book.fail("S23", node, `${name()} while slot ${walk.running} runs`);
    if (call === CALL.RESYNC) {
      walk.slot = Math.max(walk.slot, slot - 1);
      walk.running = slot;
      return;
    }
    const again = walk.running === slot && walk.failed;
    book.check("S23", slot > walk.slot && (walk.running !== slot || again), node, () => `${name()} once more`);
    const rec = book.entry(slot)?.rec;
    book.check("S23", rec !== undefined && callFor(rec) === call, node, () => `${name()}: no such transition`);
    for (let s = walk.slot + 1; walk.slot >= 0 && s < slot; s++) {
      const before = book.entry(s)?.rec;
      if (before && callFor(before) >= 0) {
        book.fail("S23", node, `${name()} before slot ${s}, which asks for ${CALL_NAME[callFor(before)]}`);
        break;
      }
    }
    walk.running = slot;
    walk.failed = false;
  }

  /** S24 on the page: an open gate means nothing is under way. */
  gate(seat: Seat): void {
    if (seat.gate & 1) return;
    const { book } = this;
    const { node, applied, done } = seat;
    book.check("S24", seat.tail.size === 0, node, () => `the gate is open over the undecided slots ${[...seat.tail.keys()]}`);
    book.check("S24", done >= applied, node, () => `the gate is open, callbacks are done up to ${done} of ${applied}`);
    book.check("S24", book.entry(applied)?.bracket !== true, node, () => `the gate is open at slot ${applied}, inside a set`);
  }

  /** S24 and S25: a process read the membership. */
  read(node: SimNode, process: SimProcess, slot: number, at: number, count: number): void {
    const { book } = this;
    const { dv } = node.clms;
    const up = Array.from({ length: count }, (_, i) => dv.getUint16(at + 2 * i, true));
    const want = book.entry(slot)?.up ?? [];
    const same = up.length === want.length && up.every((n, i) => n === want[i]);
    book.check("S24", same, node, () => `reads {${up}} at slot ${slot}, the list says {${want}}`);
    book.check("S24", book.entry(slot)?.bracket !== true, node, () => `reads slot ${slot}, inside a set`);
    const before = this.#seen.get(process.pid) ?? 0;
    book.check("S25", slot >= before, node, () => `process ${process.pid} reads slot ${slot} after slot ${before}`);
    this.#seen.set(process.pid, Math.max(before, slot));
  }

  /** S26: a process goes on where it went to, with what it had seen. */
  resume(node: SimNode, process: SimProcess, slot: number): void {
    const { applied } = node.clms;
    const least = Math.max(slot, this.#seen.get(process.pid) ?? 0);
    this.book.check("S26", applied >= least, node, () => `process ${process.pid} goes on at slot ${applied}, it has seen ${least}`);
  }

  /** S27, S28: what became of application data. */
  data(node: SimNode, verdict: number, at: number): void {
    if (verdict !== STAMP.DELIVER) return;
    const { book } = this;
    const { dv, applied } = node.clms;
    const [from, inc] = [dv.getUint16(at + Stamp.node, true), dv.getUint32(at + Stamp.inc, true)];
    const [to, toInc] = [dv.getUint16(at + Stamp.to, true), dv.getUint32(at + Stamp.to_inc, true)];
    const slot = big(dv, at + Stamp.slot);
    book.check("S27", slot <= applied, node, () => `delivers data of slot ${slot} at slot ${applied}`);
    book.check(
      "S27",
      book.isLive(to, toInc, applied),
      node,
      () => `delivers data meant for node ${to} inc ${toInc}, gone at slot ${applied}`,
    );
    book.check("S28", book.isLive(from, inc, applied), node, () => `delivers data of node ${from} inc ${inc}, gone at slot ${applied}`);
  }

  /** S28 on the protocol: a message is about to be handled. */
  receive(node: SimNode, kind: number, at: number): void {
    const { dv } = node.clms;
    const inc = dv.getUint32(at + Msg.inc, true);
    this.#from = PARTS.has(kind) && inc !== 0 ? { kind, node: dv.getUint16(at + Msg.from, true), inc } : null;
  }

  /** It was taken: its sender is not one that this node knows to be removed. */
  took(node: SimNode, applied: number): void {
    const from = this.#from;
    this.#from = null;
    if (!from) return;
    const life = this.book.lifeAt(from.node, applied);
    const gone = life.inc > from.inc || (life.inc === from.inc && life.state >= NS.KCLEANUP);
    this.book.check(
      "S28",
      !gone,
      node,
      () => `takes a message of kind ${from.kind} of node ${from.node} inc ${from.inc}, gone at slot ${life.slot}`,
    );
  }

  refused(): void {
    this.#from = null;
  }
}
