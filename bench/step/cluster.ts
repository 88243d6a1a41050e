// A whole cluster of instances in one process, without faults: messages arrive in order and at once, what is written is
// durable at once. It brings the instances that are measured into their states, and tells what reaches them meanwhile.
//
// Invariant: its time is virtual and its seeds are fixed, so every run is the same, byte for byte.

import { CONFF, Msg, NS, ROLE } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import type { ClusterSize } from "./cases.js";

const MS = 1_000_000;
/** Time goes on in steps of this. */
const TICK = 5 * MS;
const START = 1000 * MS;
/** Until then everybody must be up. */
const PATIENCE = 120_000 * MS;

/** A message that reached a node. */
export interface Arrival {
  now: number;
  bytes: Uint8Array;
}

const digits = (n: number): string => n.toString(16).padStart(32, "0");

/** What a host does after each call: writes, confirmed at once; then each message is handed on; then events are read. */
export function afterCall(clms: Clms, message: () => void): void {
  let seq = 0;
  while (clms.nextDurable() !== 0) seq = clms.durableSeq;
  if (seq > 0) clms.durableDone(seq);
  while (clms.nextMessage()) message();
  const events = clms.eventCount();
  if (events > 0) clms.eventRelease(events);
}

export class Cluster {
  /** by number; [0] is not used */
  readonly nodes: Clms[] = [];
  now = START;
  private queue: { to: number; bytes: Uint8Array }[] = [];
  private readonly taps = new Map<number, Arrival[]>();

  constructor(
    module: WebAssembly.Module,
    readonly size: ClusterSize,
  ) {
    const genesis = Array.from({ length: size.voters }, (_, i) => ({ node: i + 1 }));
    const flags = CONFF.BOOTSTRAP | CONFF.AUTO_UP | CONFF.BATCH_JOINS;
    for (let node = 1; node <= size.nodes; node++) {
      const clms = new Clms(module, node);
      clms.setNow(this.now);
      const votes = node <= size.voters ? {} : { role: ROLE.OBSERVER, votes: 0, seeds: [1, 2, 3] };
      clms.start({ node, cluster: digits(1), uuid: digits(0x1000 + node), genesis, flags, ...votes });
      this.nodes[node] = clms;
      this.after(node);
    }
  }

  /** The node that is master; 0 = the voters do not agree on one. */
  get master(): number {
    const master = this.nodes[1].master;
    for (let n = 2; n <= this.size.voters; n++) if (this.nodes[n].master !== master) return 0;
    return master;
  }

  /** Lets time pass until every node is up, by what every node knows, and a little more. */
  form(): void {
    while (!this.isFormed()) {
      if (this.now > PATIENCE) throw new Error(`${this.size.name}: not all came up`);
      this.run(100 * MS);
    }
    this.run(1000 * MS);
  }

  private isFormed(): boolean {
    const { nodes, size } = this;
    const applied = nodes[1].applied;
    for (let n = size.nodes; n >= 1; n--) if (nodes[n].applied !== applied || nodes[n].nodeGet(n)?.state !== NS.UP) return false;
    for (let n = 1; n <= size.nodes; n++) if (nodes[1].nodeGet(n)?.state !== NS.UP) return false;
    return this.master !== 0;
  }

  /** Lets time pass. */
  run(ns: number): void {
    for (const end = this.now + ns; this.now < end; ) {
      this.now += TICK;
      for (let n = 1; n <= this.size.nodes; n++) {
        if (this.nodes[n].deadline > this.now) continue;
        this.nodes[n].advance(this.now);
        this.after(n);
      }
      this.deliver();
    }
  }

  /** One record made and decided, without that time passes for anybody: a node changes its metadata. */
  record(node: number, text: string): void {
    this.now += MS / 4;
    this.nodes[node].setNow(this.now);
    this.nodes[node].setMeta(new TextEncoder().encode(text));
    this.after(node);
    this.deliver();
  }

  /** Notes from here on what reaches a node. */
  tap(node: number): Arrival[] {
    const arrivals: Arrival[] = [];
    this.taps.set(node, arrivals);
    return arrivals;
  }

  private deliver(): void {
    while (this.queue.length > 0) {
      const batch = this.queue;
      this.queue = [];
      this.now += 1000;
      for (const { to, bytes } of batch) {
        const clms = this.nodes[to];
        this.taps.get(to)?.push({ now: this.now, bytes });
        clms.setNow(this.now);
        clms.receive(bytes);
        this.after(to);
      }
    }
  }

  private after(node: number): void {
    const clms = this.nodes[node];
    afterCall(clms, () => this.queue.push({ to: clms.msgTo, bytes: clms.msgBytes().slice() }));
  }
}

export const kindOf = (bytes: Uint8Array): number => bytes[Msg.kind];
