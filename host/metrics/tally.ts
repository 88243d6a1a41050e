// What the daemon counts beside the module: events by kind, failovers and how long they took, traps, reloads.
//
// A failover begins when a member's carrier is reported lost (or when something else takes it out of use) and ends when
// the last address that moved has been announced once. The module has its end, so it is looked up: the first sending of
// announcements, at or after the failure, that leaves no first announcement of the group due.
//
// Invariants: nothing here decreases while the process lives; what is remembered of a group is bounded.

import { CAUSE_NAME, EVENT, type IpmpEvent, PI } from "../core/index.js";

/** Upper bounds of the histogram, seconds. */
export const BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] as const;
/** Sendings that are remembered until the events that belong to them are handed out. */
const REMEMBERED = 32;

export class Histogram {
  readonly buckets = BUCKETS.map(() => 0);
  count = 0;
  sum = 0;

  observe(value: number): void {
    this.count++;
    this.sum += value;
    for (const [i, bound] of BUCKETS.entries()) if (value <= bound) this.buckets[i]++;
  }
}

interface Failover {
  /** ns: when the carrier went, and when the addresses moved */
  begun: bigint;
  moved: bigint;
}

export class Tally {
  readonly started = Date.now();
  readonly events = new Map<string, number>();
  /** group → cause → failovers */
  readonly failovers = new Map<string, Map<string, number>>();
  readonly durations = new Map<string, Histogram>();
  traps = 0;
  exchanges = 0;
  reload = { ok: true, at: Date.now() };
  readonly #lost = new Map<number, bigint>();
  readonly #failed = new Map<number, bigint>();
  readonly #open = new Map<number, Failover & { group: string }>();
  /** group → times at which announcements were sent and no first one was left */
  readonly #said = new Map<number, bigint[]>();

  /** Something has happened; `group` is the name of the group it is about. */
  event(kind: string): void {
    this.events.set(kind, (this.events.get(kind) ?? 0) + 1);
  }

  /** The module says something; in the order in which it happened. */
  heard(e: IpmpEvent, group: string | undefined): void {
    if (e.phyint === null) return;
    if (e.type === EVENT.LINK && e.new === 0) this.#lost.set(e.phyint, e.time);
    if (group === undefined || e.grp === null) return;
    if (e.type === EVENT.IF_STATE) this.#state(e, e.phyint, group);
    if (e.type === EVENT.REBIND && this.#failed.get(e.phyint) === e.time) this.#rebind(e, e.grp, e.phyint, group);
  }

  #state(e: IpmpEvent, phyint: number, group: string): void {
    this.#failed.delete(phyint);
    if (e.new === PI.RUNNING) this.#lost.delete(phyint);
    if (e.old !== PI.RUNNING || (e.new !== PI.FAILED && e.new !== PI.OFFLINE)) return;
    this.#failed.set(phyint, e.time);
    const causes = this.failovers.get(group) ?? new Map<string, number>();
    const cause = (CAUSE_NAME[e.cause] ?? "none").toLowerCase();
    causes.set(cause, (causes.get(cause) ?? 0) + 1);
    this.failovers.set(group, causes);
  }

  #rebind(e: IpmpEvent, grp: number, phyint: number, group: string): void {
    if (this.#open.get(grp)?.moved === e.time) return;
    const said = this.#said.get(grp)?.find((at) => at >= e.time);
    const failover = { begun: this.#lost.get(phyint) ?? e.time, moved: e.time, group };
    if (said === undefined) this.#open.set(grp, failover);
    else if (!this.#closed.has(`${grp} ${e.time}`)) this.#close(grp, failover, said);
  }

  /** failovers that are over: the second family's REBIND belongs to the same */
  readonly #closed = new Set<string>();

  #close(grp: number, { begun, moved, group }: Failover & { group: string }, at: bigint): void {
    this.#open.delete(grp);
    this.#closed.add(`${grp} ${moved}`);
    if (this.#closed.size > REMEMBERED) for (const oldest of [...this.#closed].slice(0, 1)) this.#closed.delete(oldest);
    const histogram = this.durations.get(group) ?? new Histogram();
    histogram.observe(Number(at - begun) / 1e9);
    this.durations.set(group, histogram);
  }

  /** Announcements of a group have been sent; `more`: first ones are still due. */
  announced(grp: number, at: bigint, more: boolean): void {
    if (more) return;
    const open = this.#open.get(grp);
    if (open !== undefined && at >= open.moved) this.#close(grp, open, at);
    const said = this.#said.get(grp) ?? [];
    said.push(at);
    if (said.length > REMEMBERED) said.shift();
    this.#said.set(grp, said);
  }
}
