// Could the nodes that run, once the faults are over, decide anything at all? Only then is convergence asked of them.
//
// The best informed of them has to take over: by the configuration of what it has applied, and by each that follows on the
// way, through what others have applied and through what was accepted and may have been decided, up to what it would do
// itself: remove those that run and are no members any more, and let them in again.

import { KIND, LIMIT, MODE, Page, STAGE, TransRec } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book } from "./book.js";
import { type Acceptors, acceptor, type Config, configOf, enough, isMember, nacks, type Truth, type Voter } from "./config.js";
import { big, type Rec, readRec } from "./record.js";

/** A cluster with as many members as this shrinks no further. */
const DYNAMIC_MIN = 2;

export function possible(book: Book, core: readonly SimNode[]): boolean {
  const by: Acceptors = new Set(core.map((n) => acceptor(n.id, n.clms.lineage)));
  const members = core.filter((n) => {
    const ent = book.fold.ents.get(n.id);
    return ent !== undefined && isMember(ent) && n.clms.inc === ent.inc;
  });
  // Only a member that has not restarted leaves anybody out, dead or not, and not beyond a record that ends its membership:
  // a classic configuration in which no such member runs waits for all that it asks.
  const waits: Truth = { dead: () => false, named: (ballot) => book.named(ballot) };
  const stands = (v: Voter) => v.member && core.some((n) => n.id === v.node && n.clms.inc === v.inc);
  const named = book.register && (hasRegistered(core, book.register) ? book.register.set : NOBODY);
  const ok = (config: Config) => suffices(config, by, config.asked.some(stands) ? book : waits, named);
  const known = Math.max(1, ...core.map((n) => n.clms.applied));
  for (let slot = known; slot <= book.head; slot++) {
    if (!ok(book.configAt(slot))) return false;
    // What only those knew to be decided that do not run has to be found on the disks of those that do.
    if (slot > known && !(core.some((n) => accepted(n, slot)) && settled(book.configAt(slot - 1), core, slot))) return false;
  }
  if (!tailPossible(book, core, ok)) return false;
  if (book.fold.mode !== MODE.MAJORITY_DYNAMIC || members.length >= DYNAMIC_MIN) return true;
  // Those that have restarted are removed before they come back: on the way all voters count.
  return ok(configOf(MODE.MAJORITY, book.fold.ents.values()));
}

/** A set of which nobody is there. */
const NOBODY: ReadonlySet<number> = new Set();

/**
 * The arbiter's vote goes on to whom has what the writer of the register had taken over: decided, or accepted, or by a later
 * master, that did without the vote, replaced: its EPOCH says so.
 */
function hasRegistered(core: readonly SimNode[], { ballot, slot, hash }: NonNullable<Book["register"]>): boolean {
  return core.some((n) => {
    const { applied, low, last } = n.clms;
    if (applied >= slot) return true;
    for (let s = Math.max(1, low); s <= last; s++) {
      const rec = held(n, s);
      if (rec?.kind === KIND.EPOCH && Number(rec.arg) > ballot) return true;
      if (rec?.slot === slot && rec.self === hash) return true;
    }
    return false;
  });
}

/** With a working arbiter, one vote less is enough; if it voted before, somebody of that set has to be there. */
function suffices(config: Config, by: Acceptors, truth: Truth, named: ReadonlySet<number> | null): boolean {
  if (config.mode !== MODE.ARBITER) return enough(config, by, -1, truth);
  const able = config.voters.filter((v) => by.has(acceptor(v.node, v.lineage)) && !v.learning);
  const have = able.reduce((sum, v) => sum + v.votes, 0);
  if (2 * have > config.total) return true;
  return 2 * (have + 1) > config.total && (!named || able.some((v) => named.has(v.node)));
}

/** What stands above the decided list on the disks of those that run is proposed again. */
function tailPossible(book: Book, core: readonly SimNode[], ok: (config: Config) => boolean): boolean {
  const fold = book.fold.copy();
  for (let slot = book.head + 1; ; slot++) {
    if (!settled(fold.config(), core, slot)) return false;
    const best = core.map((n) => accepted(n, slot)).reduce<Accepted | null>((a, b) => (b && (!a || b.ballot > a.ballot) ? b : a), null);
    if (!best) return true;
    // What is not legal there becomes a DUMMY.
    let legal = true;
    const after = fold.copy();
    after.apply(best.rec, () => {
      legal = false;
    });
    if (!legal) return true;
    fold.take(after);
    if (!ok(fold.config())) return false;
  }
}

/** Where a disk has lost what it had accepted, the others must prove that nothing was decided there. */
function settled(config: Config, core: readonly SimNode[], slot: number): boolean {
  const lost = (n: SimNode) => slot <= n.clms.last && n.clms.dv.getUint8(ringAt(n, slot) + TransRec.stage) === STAGE.UNKNOWN;
  if (!core.some(lost)) return true;
  // Whoever has never accepted above what was found there has not lost anything above it.
  const found = Math.max(0, ...core.map((n) => accepted(n, slot)?.ballot ?? 0));
  const keys = (some: readonly SimNode[]) => new Set(some.map((n) => acceptor(n.id, n.clms.lineage)));
  const nay = core.filter((n) => !lost(n) || (found > 0 && n.clms.accepted <= found));
  const { have, need } = nacks(config, keys(nay), keys(nay.filter((n) => n.clms.inc !== 0)));
  return have >= need;
}

const ringAt = (n: SimNode, slot: number): number =>
  n.clms.dv.getUint32(n.clms.page + Page.ring_base, true) + (slot % LIMIT.RING_MAX) * TransRec.SIZE;

interface Accepted {
  ballot: number;
  rec: Rec;
}

/** What a node's ring holds of a slot, decided or accepted. */
function held(n: SimNode, slot: number): Rec | null {
  const at = ringAt(n, slot);
  const stage = n.clms.dv.getUint8(at + TransRec.stage);
  if (big(n.clms.dv, at + TransRec.slot) !== slot || (stage !== STAGE.PREPARED && stage !== STAGE.DECIDED)) return null;
  return readRec(n.clms.dv, at);
}

function accepted(n: SimNode, slot: number): Accepted | null {
  const rec = slot <= n.clms.last ? held(n, slot) : null;
  return rec?.stage === STAGE.PREPARED ? { ballot: rec.ballot, rec } : null;
}
