// Promises and acceptances: S04 OneValuePerBallotSlot, S05 PromiseMonotonic, S06 NoAcceptBelowPromise, S07
// SelfPromiseBinds, S18 TruncateGuard. Seen in the words of the page, on the wire and on the disk.

import { ENGINE, Msg, STAGE, TransRec } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book } from "./book.js";
import { obtain } from "./obtain.js";
import { ballotText, big } from "./record.js";
import type { Held, Seat } from "./seat.js";

export class Ballots {
  /** index → what it came back with, and what it had promised before */
  readonly #woke = new Map<number, { promised: number; lineage: number; due: number }>();
  /** ballot → slot → fingerprint of the one value */
  readonly #values = new Map<number, Map<number, number>>();

  constructor(readonly book: Book) {}

  /** S04: one value for each ballot and slot, on the wire and on every disk. */
  value(node: SimNode, ballot: number, slot: number, print: number, where: string): void {
    const slots = obtain(this.#values, ballot, () => new Map<number, number>());
    const known = slots.get(slot);
    if (known === undefined) slots.set(slot, print);
    const seen = obtain(this.book.seen, slot, () => new Map<number, number>());
    if (!seen.has(print)) seen.set(print, this.book.now);
    this.book.check(
      "S04",
      known === undefined || known === print,
      node,
      () => `slot ${slot}: a second value in ballot ${ballotText(ballot)} (${where})`,
    );
  }

  /** S04 on a STAGE that leaves. */
  staged(node: SimNode, at: number): void {
    const { dv } = node.clms;
    const ballot = big(dv, at + Msg.ballot);
    const count = dv.getUint32(at + Msg.count, true);
    for (let i = 0, rec = at + Msg.SIZE; i < count; i++, rec += TransRec.SIZE)
      this.value(node, ballot, big(dv, rec + TransRec.slot), big(dv, rec + TransRec.self_hash), "STAGE");
  }

  /** A record is durable: an acceptance for the tally, if it is one. */
  recorded(seat: Seat, dv: DataView): void {
    const slot = big(dv, TransRec.slot);
    if (slot === 0 || dv.getUint8(TransRec.stage) === STAGE.UNKNOWN) return;
    const ballot = big(dv, TransRec.ballot);
    const print = big(dv, TransRec.self_hash);
    if (dv.getUint8(TransRec.stage) === STAGE.PREPARED) this.value(seat.node, ballot, slot, print, "disk");
    this.book.accepted(slot, ballot, print, seat.node.id, seat.diskLineage || seat.lineage);
  }

  /** What a disk gives back is durable, whether that was confirmed before the crash or not. */
  recovered(seat: Seat): void {
    for (const [slot, held] of seat.readTail()) this.book.accepted(slot, held.ballot, held.print, seat.node.id, seat.lineage);
  }

  /** S05 over a restart: with its lineage, a node comes back with at least what it had promised durably, and to others. */
  booted(seat: Seat): void {
    const { node, promised, diskLineage, diskPromised, reported } = seat;
    // Under which lineage it goes on is known when that is on the disk again: without the old one it may forget, for it has no vote.
    this.#woke.set(node.index, { promised, lineage: diskLineage, due: Math.max(diskPromised, reported) });
    seat.reported = 0;
    seat.diskPromised = 0;
  }

  #goesOn(seat: Seat): void {
    const woke = this.#woke.get(seat.node.index);
    if (!woke || seat.lineage === 0) return;
    this.#woke.delete(seat.node.index);
    if (seat.lineage !== woke.lineage) return;
    this.book.check("S05", woke.promised >= woke.due, seat.node, () => {
      return `after a restart the promise is ${ballotText(woke.promised)}, before it was ${ballotText(woke.due)}`;
    });
  }

  /** S05 on the wire: a REPORT promises; the promise is durable before it leaves. */
  reports(seat: Seat, at: number): void {
    const ballot = big(seat.node.clms.dv, at + Msg.ballot);
    seat.reported = Math.max(seat.reported, ballot);
    this.book.check("S05", seat.diskPromised >= ballot, seat.node, () => {
      return `REPORT to ballot ${ballotText(ballot)} leaves, durable is a promise of ${ballotText(seat.diskPromised)}`;
    });
  }

  /** The page's words moved; was = promise and tail before. */
  moved(seat: Seat, wasPromised: number, fresh: boolean): void {
    const { node, promised, engine, ballot } = seat;
    this.#goesOn(seat);
    if (!fresh)
      this.book.check(
        "S05",
        promised >= wasPromised,
        node,
        () => `promise fell from ${ballotText(wasPromised)} to ${ballotText(promised)}`,
      );
    // S07: whoever proposes has promised nothing higher than what it proposes in.
    const proposes = engine === ENGINE.MASTER || engine === ENGINE.POLL || engine === ENGINE.FENCE || engine === ENGINE.ARBITER;
    if (proposes)
      this.book.check("S07", ballot >= promised && ballot >= seat.reported, node, () => {
        return `goes on in ballot ${ballotText(ballot)} after promising ${ballotText(Math.max(promised, seat.reported))}`;
      });
  }

  /** S06 and S18: how the undecided tail changed. */
  tail(seat: Seat, was: Map<number, Held>, wasPromised: number, wasReported: number): void {
    const floor = Math.max(wasPromised, wasReported);
    for (const [slot, held] of seat.tail) {
      const before = was.get(slot);
      if (before?.ballot === held.ballot && before.print === held.print) continue;
      this.book.check("S06", held.ballot >= floor, seat.node, () => {
        return `slot ${slot} accepted in ballot ${ballotText(held.ballot)} below the promise of ${ballotText(floor)}`;
      });
      if (before && before.print !== held.print) this.#overwritten(seat, slot, before, held.ballot);
    }
    const by = Math.max(seat.promised, seat.message);
    for (const [slot, held] of was) if (slot > seat.applied && !seat.tail.has(slot)) this.#overwritten(seat, slot, held, by);
  }

  /** A10: an accepted record gives way to a higher ballot only. */
  #overwritten(seat: Seat, slot: number, before: Held, by: number): void {
    this.book.check("S18", by > before.ballot, seat.node, () => {
      return `slot ${slot}, accepted in ballot ${ballotText(before.ballot)}, was dropped by ballot ${ballotText(by)}`;
    });
  }
}
