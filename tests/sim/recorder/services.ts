// Key services in real simulated time, leases and incarnations: S30 IncarnationUnique, S31 KeyServiceSingle, S32
// KeyServiceAfterFence, S33 FencingTokenMonotonic, S34 LeaseBeforeEvict.
//
// A node holds a service while its host has taken it, the node runs (a paused or dead one does nothing), and the module,
// asked at this very moment, says so. The resource of each service remembers the highest token it has seen.

import { CAUSE, KIND, NS, SVCOP } from "../../../host/core/abi/clms.js";
import type { SimNode } from "../types.js";
import type { Book, Entry } from "./book.js";
import { recText } from "./record.js";
import type { Seat } from "./seat.js";

/** Left by itself, or known to be dead: nobody has to wait for its lease. */
const NO_WAIT: ReadonlySet<number> = new Set([CAUSE.GRACEFUL, CAUSE.FENCED, CAUSE.SELF_FENCE]);

export class Services {
  /** service → highest token that its resource has seen in use, and that was ever taken */
  readonly #used = new Map<number, number>();
  readonly #taken = new Map<number, number>();
  /** service → holder by the list before the last FREE */
  readonly #before = new Map<number, { node: number; inc: number; released: boolean }>();

  constructor(readonly book: Book) {}

  /** S30: a boot was given an incarnation. */
  admitted(seat: Seat): void {
    const { book } = this;
    const { node, inc } = seat;
    const key = `${node.id}.${inc}`;
    const known = book.boots.get(key);
    const same = !known || (known.index === node.index && known.boot === node.boot);
    book.check("S30", same, node, () => `incarnation ${inc} of node ${node.id} is used by boot ${node.boot} of process ${node.index} too`);
    if (!known) book.boots.set(key, { index: node.index, boot: node.boot, ended: 0 });
  }

  ended(node: SimNode): void {
    for (const b of this.book.boots.values()) if (b.index === node.index && b.boot === node.boot && b.ended === 0) b.ended = this.book.now;
  }

  #runs(node: SimNode): boolean {
    return node.alive && node.pausedUntil <= this.book.now;
  }

  #holds(node: SimNode, svc: number): boolean {
    if (!this.#runs(node) || !node.tokens[svc]) return false;
    node.refresh();
    return node.clms.x.clms_svc_holds(svc) === 1;
  }

  /** S31: nobody else really holds it now. */
  #single(node: SimNode, svc: number, what: string): void {
    for (const other of this.book.world?.nodes ?? [])
      if (other && other !== node)
        this.book.check("S31", !this.#holds(other, svc), node, () => `${what} service ${svc}, node ${other.id} holds it`);
  }

  /** The host took a service or gave it up. */
  service(node: SimNode, svc: number, held: boolean, token: number): void {
    if (!held) return;
    this.#single(node, svc, "takes");
    const before = this.#taken.get(svc) ?? 0;
    this.book.check("S33", token >= before, node, () => `takes service ${svc} with token ${token} after ${before}`);
    this.#taken.set(svc, Math.max(before, token));
  }

  /** The resource of a service was used. */
  use(node: SimNode, svc: number, token: number): void {
    this.#single(node, svc, "uses");
    const before = this.#used.get(svc) ?? 0;
    this.book.check("S33", token >= before, node, () => `uses service ${svc} with token ${token}, its resource has seen ${before}`);
    this.#used.set(svc, Math.max(before, token));
  }

  /** Could this incarnation act at this moment on the strength of its lease? By its own clock, paused or not. */
  #leased(node: number, inc: number): boolean {
    const boot = this.book.boots.get(`${node}.${inc}`);
    const sim = boot && this.book.world?.nodes[boot.index];
    if (!boot || !sim?.alive || sim.boot !== boot.boot) return false;
    return sim.clms.lease && sim.clms.leaseUntil > sim.local();
  }

  decided(e: Entry): void {
    const r = e.rec;
    if (r.kind === KIND.NODE && r.to === NS.KCLEANUP && !NO_WAIT.has(r.cause))
      this.book.check("S34", !this.#leased(r.node, r.inc), e.first, () => `${recText(r)}: its lease still holds`);
    if (r.kind !== KIND.KEYSVC) return;
    if (r.to === SVCOP.RELEASE) this.#before.set(r.set, { node: r.node, inc: r.inc, released: true });
    if (r.to === SVCOP.FREE && this.#before.get(r.set)?.released !== true)
      this.#before.set(r.set, { node: r.node, inc: r.inc, released: false });
    if (r.to !== SVCOP.TAKE) return;
    const old = this.#before.get(r.set);
    this.#before.delete(r.set);
    if (old && !(old.node === r.node && old.inc === r.inc))
      this.book.check(
        "S32",
        !this.#acts(old.node, old.inc, r.set),
        e.first,
        () => `${recText(r)}: node ${old.node} inc ${old.inc} can still act`,
      );
  }

  /** Has this incarnation's host the service still, under a lease that holds? */
  #acts(node: number, inc: number, svc: number): boolean {
    const boot = this.book.boots.get(`${node}.${inc}`);
    const sim = boot && this.book.world?.nodes[boot.index];
    return this.#leased(node, inc) && sim !== undefined && sim.tokens[svc] > 0;
  }
}
