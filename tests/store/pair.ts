// Two nodes of a real cluster in one process, by the real clock: the release module on the store, messages handed over in memory.
// What the module asks of an arbiter or a fence goes to whoever the test has for it.

import { CONFF, ENGINE, EVENT, NS, Page } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { ClmsEvent } from "../../host/core/clms_records.js";
import { ClmsError } from "../../host/core/errors.js";
import { Store } from "../../host/store/store.js";
import { CLUSTER, FOLDER } from "./bed.js";
import { CrashFs } from "./crash_fs.js";

export interface Asked {
  /** of EVENT.ARB_READ, ARB_WRITE, FENCE */
  event: ClmsEvent;
  member: Member;
  /** a copy of Page.arb_register */
  register: Uint8Array;
}

const now = (): number => Math.round(performance.now() * 1e6);
const WISHES: ReadonlySet<number> = new Set([EVENT.ARB_READ, EVENT.ARB_WRITE, EVENT.FENCE]);

export class Member {
  alive = true;
  readonly clms: Clms;
  store!: Store;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    readonly pair: Pair,
    readonly node: number,
    module: WebAssembly.Module,
  ) {
    this.clms = new Clms(module, node * 77);
  }

  async start(mode: number): Promise<void> {
    const { clms, node } = this;
    const onDurable = (seq: number): void => this.step(() => clms.durableDone(seq));
    this.store = await Store.open(new CrashFs(), { folder: FOLDER, cluster: CLUSTER, node, onDurable });
    clms.setNow(now());
    this.store.giveBack(clms);
    const genesis = [{ node: 1 }, { node: 2 }];
    clms.start({ node, cluster: CLUSTER, uuid: this.store.identity.uuid, genesis, mode, flags: CONFF.AUTO_UP | CONFF.BOOTSTRAP });
    this.#drain();
  }

  /** Something happens to it, and then what a host does after each call. */
  step(act: () => void): void {
    if (!this.alive) return;
    this.clms.setNow(now());
    try {
      act();
    } catch (e) {
      // An answer that was no longer wanted.
      if (!(e instanceof ClmsError)) throw e;
    }
    this.#drain();
  }

  #drain(): void {
    const { clms, store } = this;
    for (let op = clms.nextDurable(); op !== 0; op = clms.nextDurable())
      store.take(op, clms.durableSlot, clms.durableBytes(), clms.durableSeq);
    store.flush();
    while (clms.nextMessage()) this.pair.send(this, clms.msgTo, clms.msgBytes().slice());
    for (const event of clms.events())
      if (WISHES.has(event.type)) {
        const at = clms.page + Page.arb_register;
        this.pair.ask({ event, member: this, register: clms.u8.slice(at, at + 168) });
      }
    if (this.#timer !== null) clearTimeout(this.#timer);
    const wait = Math.max(0, clms.deadline - now()) / 1e6;
    this.#timer = setTimeout(() => this.step(() => clms.advance(now())), Math.min(wait, 10_000));
  }

  /** It stops in the middle of whatever it was doing. */
  crash(): void {
    this.alive = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  get isMaster(): boolean {
    return this.alive && this.clms.engine === ENGINE.MASTER;
  }

  /** Numbers of those that are up, as this one has applied it. */
  get up(): string {
    return [1, 2].filter((n) => this.clms.nodeGet(n)?.state === NS.UP).join();
  }
}

export class Pair {
  readonly members: Member[] = [];
  cut = false;
  ask: (asked: Asked) => void = () => undefined;

  /** Starts both, and waits until both are up on both. */
  static async start(mode: number, ask: (asked: Asked) => void): Promise<Pair> {
    const module = await Clms.compile();
    const pair = new Pair();
    pair.ask = ask;
    for (const node of [1, 2]) pair.members.push(new Member(pair, node, module));
    for (const m of pair.members) await m.start(mode);
    await pair.until("both are up", () => pair.members.every((m) => m.up === "1,2"));
    return pair;
  }

  send(from: Member, to: number, bytes: Uint8Array): void {
    setImmediate(() => {
      const target = this.members[to - 1];
      if (!this.cut && from !== target) target?.step(() => void target.clms.receive(bytes));
    });
  }

  async until(what: string, holds: () => boolean, ms = 90_000): Promise<void> {
    for (const end = performance.now() + ms; !holds(); await new Promise((done) => setTimeout(done, 5)))
      if (performance.now() > end)
        throw new Error(`${what}: not within ${ms} ms (${this.members.map((m) => `${m.node}: up ${m.up}`).join("; ")})`);
  }

  stop(): void {
    for (const m of this.members) m.crash();
  }
}
