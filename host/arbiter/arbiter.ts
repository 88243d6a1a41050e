// The arbiter on an etcd cluster: the register of the module (Page.arb_register), read and written by compare-and-swap.
//
//   on EVENT.ARB_READ    arbiter.read(answer)
//   on EVENT.ARB_WRITE   arbiter.write(arg of the event, a copy of Page.arb_register, answer)
//   answer(a)            clms.arbAnswer(a.register, a.version, a.status); EPERM then means that it was no longer wanted
//
// Two keys: PREFIX/CLUSTER/register holds the register, its version is the revision of its last change; PREFIX/CLUSTER/holder says
// who has been told yes, and hangs on a lease.
//
// First no, then yes: a write is a no to whoever was told yes before. The writer is told yes (status 1, with its own ballot)
// only when that one has confirmed the no by giving the holder key up, or its lease has run out. Until then the answer is
// "not reachable", and the module asks again. Whoever was told yes last is preferred: while its lease holds, others wait a
// moment with their write.
//
// Invariants: what is answered is what stood in etcd after the question came; at most one question is under way, a later one
// takes its place; an arbiter that has gone back in time (restored from a backup), or is another cluster, gives no vote until
// somebody says trust().

import { LIMIT } from "../core/abi/clms.js";
import { type Etcd, EtcdError, type TxnAnswer } from "./etcd.js";

/** Bytes of the register: ballot, cluster, set of nodes, slot, hash. */
export const REGISTER_BYTES = 8 + 8 + LIMIT.BITMAP_BYTES + 8 + 8;
const NOTHING = new Uint8Array(REGISTER_BYTES);

export interface Answer {
  /** 1 the register as it stands, 0 the write has found another version, 2 no vote at present */
  status: 0 | 1 | 2;
  version: number;
  register: Uint8Array;
}

/** What this node has seen of the arbiter; worth keeping across restarts. */
export interface Seen {
  cluster: string;
  revision: number;
}

export interface ArbiterOptions {
  /** uuid of the cluster */
  cluster: string;
  /** this node's number */
  node: number;
  /** seconds of the holder's lease: at least etcd's smallest (2 by default); default 2 */
  leaseS?: number;
  /** ms that others wait for whoever was told yes last; default 300 */
  graceMs?: number;
  /** what the keys begin with; default "/holdfast" */
  prefix?: string;
  /** what an earlier run has seen */
  seen?: Seen;
  onSeen?: (seen: Seen) => void;
  /** the arbiter gives no vote, and why, told once for each reason; null: it is well again */
  onTrouble?: (why: string | null) => void;
  /** this node has been told yes (true), or no longer has the vote (false) */
  onHold?: (held: boolean) => void;
}

/** What stands in etcd. */
interface Standing {
  register: Uint8Array;
  version: number;
  holder: { node: number; who: string } | null;
  /** revision of the holder key's last change */
  holderVersion: number;
}

type Question = { answer: (a: Answer) => void } & ({ write: false } | { write: true; expected: number; register: Uint8Array });

const POLL_MS = 50;

export class Arbiter {
  readonly #etcd: Etcd;
  readonly #o: ArbiterOptions;
  readonly #registerKey: string;
  readonly #holderKey: string;
  /** tells two processes of one number apart */
  readonly #who = `${process.pid}.${Math.random().toString(36).slice(2)}`;
  #next: Question | null = null;
  #busy = false;
  #closed = false;
  #lease: string | null = null;
  /** version of the register with which this node was told yes; 0 = it was not */
  #held = 0;
  #leaseUntil = 0;
  #timer: NodeJS.Timeout | null = null;
  #seen: Seen | null;
  #distrust: string | null = null;
  #trouble: string | null = null;
  /** since when this node wants to write over which version */
  #wanted = { version: -1, since: 0 };

  constructor(etcd: Etcd, o: ArbiterOptions) {
    this.#etcd = etcd;
    this.#o = o;
    this.#seen = o.seen ?? null;
    const base = `${o.prefix ?? "/holdfast"}/${o.cluster.replaceAll("-", "").toLowerCase()}`;
    this.#registerKey = `${base}/register`;
    this.#holderKey = `${base}/holder`;
  }

  /** Has this node been told yes, and does its lease hold by its own clock? */
  get held(): boolean {
    return this.#held !== 0 && performance.now() < this.#leaseUntil;
  }

  /** Answers what the register holds. */
  read(answer: (a: Answer) => void): void {
    this.#ask({ write: false, answer });
  }

  /** Writes the register if its version is still `expected`, and answers what it then holds. The bytes are copied. */
  write(expected: number, register: Uint8Array, answer: (a: Answer) => void): void {
    if (register.length !== REGISTER_BYTES) throw new RangeError(`a register has ${REGISTER_BYTES} bytes, not ${register.length}`);
    this.#ask({ write: true, expected, register: register.slice(), answer });
  }

  /** The operator says that the arbiter, as it is now, may vote again. */
  trust(): void {
    this.#distrust = null;
    this.#seen = null;
  }

  /** Gives up the vote, if this node has it, and ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next = null;
    await this.#release().catch(() => undefined);
    this.#etcd.close();
  }

  #ask(q: Question): void {
    if (this.#closed) return;
    this.#next = q;
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#next !== null) {
      const q = this.#next;
      this.#next = null;
      const a = await this.#answerTo(q);
      if (this.#closed) break;
      const later = this.#next as Question | null;
      // A later question to read is answered by what was read just now; a later write has to be done.
      if (later === null) q.answer(a);
      else if (!later.write && a.status === 1) {
        this.#next = null;
        later.answer(a);
      }
    }
    this.#busy = false;
  }

  async #answerTo(q: Question): Promise<Answer> {
    try {
      if (this.#distrust !== null) throw new EtcdError(this.#distrust);
      const a = q.write ? await this.#swap(q.expected, q.register) : await this.#settle(await this.#standing());
      this.#tell(null);
      return a;
    } catch (e) {
      if (!(e instanceof EtcdError)) throw e;
      this.#tell(e.message);
      return { status: 2, version: 0, register: NOTHING };
    }
  }

  #tell(why: string | null): void {
    if (why === this.#trouble) return;
    this.#trouble = why;
    this.#o.onTrouble?.(why);
  }

  // ── What stands there ──

  async #txn(...args: Parameters<Etcd["txn"]>): Promise<TxnAnswer> {
    const before = this.#seen;
    const a = await this.#etcd.txn(...args);
    const now: Seen = { cluster: a.header.cluster_id, revision: Number(a.header.revision) };
    if (before !== null && (now.cluster !== before.cluster || now.revision < before.revision)) {
      const what =
        now.cluster === before.cluster ? `has gone back from revision ${before.revision} to ${now.revision}` : "is another cluster";
      this.#distrust = `the arbiter ${what}: it may have forgotten a vote, and gives none until an operator trusts it`;
      throw new EtcdError(this.#distrust);
    }
    if (this.#seen === null || now.revision > this.#seen.revision) {
      this.#seen = now;
      this.#o.onSeen?.(now);
    }
    return a;
  }

  async #standing(): Promise<Standing> {
    const { values } = await this.#txn([], [{ get: this.#registerKey }, { get: this.#holderKey }]);
    return this.#parse(values);
  }

  #parse([register, holder]: TxnAnswer["values"]): Standing {
    if (register.modified !== 0 && register.value.length !== REGISTER_BYTES)
      throw new EtcdError(`${this.#registerKey} in the arbiter holds ${register.value.length} bytes that are no register: remove it`);
    const found = /^(\d+) (\S+)$/.exec(holder.value.toString("latin1"));
    return {
      register: register.modified === 0 ? NOTHING : Uint8Array.from(register.value),
      version: register.modified,
      holder: holder.modified === 0 ? null : { node: Number(found?.[1] ?? 0), who: found?.[2] ?? "" },
      holderVersion: holder.modified,
    };
  }

  // ── No, then yes ──

  async #swap(expected: number, register: Uint8Array): Promise<Answer> {
    let standing = await this.#standing();
    if (!(await this.#grace(expected, standing))) return this.#settle(standing);
    const gets = [{ get: this.#registerKey }, { get: this.#holderKey }];
    const condition = [{ key: this.#registerKey, modified: expected }];
    const { values } = await this.#txn(condition, [{ put: this.#registerKey, value: register }, ...gets], gets);
    standing = this.#parse(values);
    // An answer may have been lost, and the next member asked: what stands there says whether it was done.
    if (Buffer.compare(standing.register, register) !== 0) return { status: 0, version: standing.version, register: standing.register };
    return this.#settle(standing);
  }

  /** Waits while another one's lease holds; false if a later question has come, or somebody else has written. */
  async #grace(expected: number, first: Standing): Promise<boolean> {
    if (this.#wanted.version !== expected) this.#wanted = { version: expected, since: performance.now() };
    let standing = first;
    while (this.#isAnother(standing) && performance.now() - this.#wanted.since < (this.#o.graceMs ?? 300)) {
      if (standing.version !== expected) return true;
      if (this.#next !== null) return false;
      await sleep(POLL_MS);
      standing = await this.#standing();
    }
    return this.#next === null;
  }

  #isAnother(s: Standing): boolean {
    return s.holder !== null && s.holder.who !== this.#who;
  }

  /** What stands there, as an answer: not before whoever was told yes has confirmed the no, if the register is this node's. */
  async #settle(first: Standing): Promise<Answer> {
    let s = first;
    const answer = (): Answer => ({ status: 1, version: s.version, register: s.register });
    while (true) {
      if (this.#closed) throw new EtcdError("the arbiter is closed");
      const mine = s.version !== 0 && (s.register[0] | (s.register[1] << 8)) === this.#o.node;
      if (!mine) {
        await this.#release();
        return answer();
      }
      if (!this.#isAnother(s)) {
        if (await this.#hold(s)) return answer();
      } else if (this.#next !== null) throw new EtcdError("whoever had the vote before has not confirmed yet that it lost it");
      else await sleep(POLL_MS);
      s = await this.#standing();
    }
  }

  /** Takes the holder key for the register as it stands; false if that has changed since. */
  async #hold(s: Standing): Promise<boolean> {
    if (this.#held === s.version && this.held) return true;
    const seconds = this.#o.leaseS ?? 2;
    const begun = performance.now();
    if (this.#lease === null || !(await this.#etcd.keepAlive(this.#lease))) this.#lease = await this.#etcd.grant(seconds);
    const { held } = await this.#txn(
      [
        { key: this.#registerKey, modified: s.version },
        { key: this.#holderKey, modified: s.holderVersion },
      ],
      [{ put: this.#holderKey, value: Buffer.from(`${this.#o.node} ${this.#who}`), lease: this.#lease }],
    );
    if (!held) return false;
    this.#leaseUntil = begun + seconds * 1000;
    if (this.#held === 0) this.#o.onHold?.(true);
    this.#held = s.version;
    this.#arm();
    return true;
  }

  /** Confirms a no, or gives up a vote. */
  async #release(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const lease = this.#lease;
    this.#lease = null;
    if (this.#held !== 0) {
      this.#held = 0;
      this.#o.onHold?.(false);
    }
    if (lease !== null) await this.#etcd.revoke(lease);
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#renew(), ((this.#o.leaseS ?? 2) * 1000) / 4);
    this.#timer.unref();
  }

  /** Renews the lease, as long as the register is the one that this node was told yes for. */
  async #renew(): Promise<void> {
    const [lease, version] = [this.#lease, this.#held];
    if (lease === null || this.#closed) return;
    const begun = performance.now();
    try {
      const s = await this.#standing();
      if (lease !== this.#lease || version !== this.#held) return;
      if (s.version !== version) {
        await this.#release();
        return;
      }
      if (await this.#etcd.keepAlive(lease)) this.#leaseUntil = begun + (this.#o.leaseS ?? 2) * 1000;
    } catch (e) {
      if (!(e instanceof EtcdError)) throw e;
    }
    if (this.#held === 0 || this.#closed) return;
    if (!this.held) {
      // Not confirmed by a word, but by time: the lease is over in etcd, too.
      this.#held = 0;
      this.#lease = null;
      this.#o.onHold?.(false);
    } else this.#arm();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
