// The recorder's own fold of the decided list. It is written from the reference, not from the module, and it keeps the
// invariants of the walk: a record that breaks one is told by id, and taken in as it is, so that the next is judged too.
//
//   S11 LegalWalk             the record's from-state is the node's, the edge is in edges.ts, the incarnation fits
//   S19 SetClosed             SET_BEGIN … SET_END do not nest, and no nodeup stands between them
//   S20 OneComingUp           one COMINGUP at a time, unless joins may enter as a batch
//   S21 NoNodeupDuringNodedown no COMINGUP while a set of nodedowns is open
//   S22 SetTogether           nodes go down inside brackets, all of a set through the same phase, one set at a time
//   S29 NoResurrection        an incarnation that was given once is never given again
//   S32 KeyServiceAfterFence  a service is taken only when nobody holds it, and by a live candidate
//   S36 MonoRises             mono_ms rises with every slot
//   S40 VersionRange          the protocol that runs is in the range of every member

import { CFGOP, KIND, MODE, NS, PHASE, RECF, SVCOP } from "../../../host/core/abi/clms.js";
import { type Config, configOf, isMember, votes } from "./config.js";
import { legal, live } from "./edges.js";
import type { Id } from "./ids.js";
import { type Rec, recText } from "./record.js";

export interface Ent {
  node: number;
  state: number;
  role: number;
  votes: number;
  inc: number;
  lineage: number;
  learning: boolean;
  pmin: number;
  pmax: number;
  uid: bigint;
  /** the last voter that was a member, and there is none since */
  last: boolean;
}

export interface Svc {
  name: bigint;
  holder: number;
  holderInc: number;
  releasing: boolean;
  token: number;
  cands: Set<number>;
}

export interface Genesis {
  node: number;
  votes: number;
  role: number;
}

export type Complain = (id: Id, text: string) => void;

const WAY: Readonly<Record<number, number>> = { [NS.KCLEANUP]: PHASE.KERNEL, [NS.UCLEANUP]: PHASE.USER, [NS.DOWN]: PHASE.DONE };

export class Fold {
  slot = 0;
  mono = 0;
  mode: number;
  phase: number = PHASE.NONE;
  bracket = false;
  set = 0;
  proto = 1;
  epoch = 0;
  readonly ents = new Map<number, Ent>();
  readonly svcs = new Map<number, Svc>();
  /** the highest incarnation ever given to a number, removed nodes included */
  readonly given = new Map<number, number>();
  #config: Config | null = null;

  constructor(
    genesis: readonly Genesis[],
    mode: number,
    readonly batchJoins: boolean,
  ) {
    this.mode = mode;
    for (const g of genesis) this.ents.set(g.node, this.#entry(g.node, g.role, g.votes, votes(g) ? 1 : 0));
  }

  #entry(node: number, role: number, weight: number, lineage: number): Ent {
    return { node, state: NS.NEVERUP, role, votes: weight, inc: 0, lineage, learning: false, pmin: 1, pmax: 1, uid: 0n, last: false };
  }

  /** The same as far as records change it, to try some on. */
  copy(): Fold {
    return new Fold([], this.mode, this.batchJoins).take(this);
  }

  /** Becomes what another is. */
  take(other: Fold): Fold {
    const { slot, mono, mode, phase, bracket, set, proto, epoch } = other;
    Object.assign(this, { slot, mono, mode, phase, bracket, set, proto, epoch });
    this.ents.clear();
    for (const [n, e] of other.ents) this.ents.set(n, { ...e });
    for (const [s, svc] of other.svcs) this.svcs.set(s, { ...svc, cands: new Set(svc.cands) });
    for (const [n, inc] of other.given) this.given.set(n, inc);
    this.#config = null;
    return this;
  }

  /** Who votes, from the next slot on. */
  config(): Config {
    this.#config ??= configOf(this.mode, this.ents.values());
    return this.#config;
  }

  /** Takes the next record in; `complain` is told of each rule that it breaks. */
  apply(r: Rec, complain: Complain): void {
    if (r.mono <= this.mono && r.slot > 1) complain("S36", `${recText(r)}: mono_ms ${r.mono} after ${this.mono}`);
    if (r.kind === KIND.NODE) this.#node(r, complain);
    else if (r.kind === KIND.SET_BEGIN) this.#begin(r, complain);
    else if (r.kind === KIND.SET_END) this.#end(r, complain);
    else if (r.kind === KIND.CONFIG) this.#conf(r, complain);
    else if (r.kind === KIND.KEYSVC) this.#service(r, complain);
    else if (r.kind === KIND.EPOCH) this.epoch = r.slot;
    if (r.kind === KIND.NODE || r.kind === KIND.CONFIG) this.#config = null;
    this.slot = r.slot;
    this.mono = r.mono;
  }

  #node(r: Rec, complain: Complain): void {
    const ent = this.ents.get(r.node);
    if (!ent) {
      complain("S11", `${recText(r)}: the node is not in the table`);
      return;
    }
    if (ent.state !== r.from || !legal(r.from, r.to)) complain("S11", `${recText(r)}: it is in state ${ent.state}`);
    if (r.to === NS.COMINGUP) this.#comes(ent, r, complain);
    else {
      if (r.inc !== ent.inc) complain("S11", `${recText(r)}: its incarnation is ${ent.inc}`);
      const phase = WAY[r.to];
      if (phase === undefined && this.bracket) complain("S19", `${recText(r)}: inside the bracket of set ${this.set}`);
      if (phase !== undefined && (!this.bracket || this.phase !== phase || r.set !== this.set))
        complain("S22", `${recText(r)}: outside the bracket of its set (open: ${this.set}, phase ${this.phase})`);
    }
    const member = isMember(ent);
    ent.state = r.to;
    if (r.to === NS.UP) ent.learning = false;
    this.#members(ent, member);
  }

  /** Somebody may have become a member, or ceased to be one. */
  #members(ent: Ent, was: boolean): void {
    const all = [...this.ents.values()];
    if (was && !isMember(ent) && !all.some(isMember)) ent.last = true;
    if (!was && isMember(ent)) for (const e of all) e.last = false;
  }

  #comes(ent: Ent, r: Rec, complain: Complain): void {
    const given = this.given.get(r.node) ?? 0;
    if (r.inc <= given) complain("S29", `${recText(r)}: incarnation ${r.inc} was given before (highest ${given})`);
    if (this.phase !== PHASE.NONE) complain("S21", `${recText(r)}: set ${this.set} is open`);
    if (this.bracket) complain("S19", `${recText(r)}: the bracket of set ${this.set} is open`);
    const other = [...this.ents.values()].find((e) => e !== ent && e.state === NS.COMINGUP);
    if (other && !this.batchJoins) complain("S20", `${recText(r)}: node ${other.node} is still coming up`);
    if (this.proto < ent.pmin || this.proto > ent.pmax)
      complain("S40", `${recText(r)}: protocol ${this.proto} runs, it speaks ${ent.pmin}-${ent.pmax}`);
    this.given.set(r.node, Math.max(given, r.inc));
    ent.inc = r.inc;
    ent.uid = r.arg;
    if (r.flags & RECF.FRESH) {
      ent.lineage = r.slot;
      ent.learning = true;
    }
  }

  #begin(r: Rec, complain: Complain): void {
    const phase = Number(r.arg);
    if (this.bracket) complain("S19", `${recText(r)}: the bracket of set ${this.set} is still open`);
    if (this.phase !== PHASE.NONE && r.set !== this.set) complain("S22", `${recText(r)}: set ${this.set} is still open`);
    if (this.phase === PHASE.NONE && phase !== PHASE.KERNEL) complain("S22", `${recText(r)}: a set begins with its phase KERNEL`);
    if (this.phase !== PHASE.NONE && phase !== this.phase && phase !== this.phase + 1)
      complain("S22", `${recText(r)}: after phase ${this.phase}`);
    if (phase === PHASE.DONE && this.#left(NS.KCLEANUP).length > 0)
      complain("S22", `${recText(r)}: ${this.#left(NS.KCLEANUP)} of the set are still in KCLEANUP`);
    this.set = r.set;
    this.phase = phase;
    this.bracket = true;
  }

  #end(r: Rec, complain: Complain): void {
    if (!this.bracket || r.set !== this.set || Number(r.arg) !== this.phase) complain("S19", `${recText(r)}: no such bracket is open`);
    this.bracket = false;
    if (this.phase === PHASE.DONE && this.#left(NS.KCLEANUP).length + this.#left(NS.UCLEANUP).length === 0) this.phase = PHASE.NONE;
  }

  #left(state: number): number[] {
    return [...this.ents.values()].filter((e) => e.state === state).map((e) => e.node);
  }

  #conf(r: Rec, complain: Complain): void {
    if (r.to === CFGOP.MODE) this.mode = Number(r.arg);
    else if (r.to === CFGOP.PROTO) {
      this.proto = Number(r.arg);
      for (const e of this.ents.values())
        if (live(e.state) && (this.proto < e.pmin || this.proto > e.pmax))
          complain("S40", `${recText(r)}: node ${e.node} speaks ${e.pmin}-${e.pmax}`);
    } else if (r.to === CFGOP.REMOVE) {
      const state = this.ents.get(r.node)?.state;
      if (state !== NS.DOWN && state !== NS.NEVERUP) complain("S11", `${recText(r)}: it is in state ${state}`);
      this.ents.delete(r.node);
    } else this.#nodeConf(r);
  }

  /** role, site, votes, oldest and newest version: 8, 8, 16, 8, 8 bits of arg. */
  #nodeConf(r: Rec): void {
    const part = (shift: bigint, bits: number) => Number((r.arg >> shift) & ((1n << BigInt(bits)) - 1n));
    let ent = this.ents.get(r.node);
    if (!ent) {
      ent = this.#entry(r.node, 0, 0, 0);
      ent.inc = this.given.get(r.node) ?? 0;
      this.ents.set(r.node, ent);
    }
    const member = isMember(ent);
    ent.role = part(0n, 8);
    ent.votes = part(16n, 16);
    ent.pmin = part(32n, 8);
    ent.pmax = part(40n, 8);
    this.#members(ent, member);
  }

  #service(r: Rec, complain: Complain): void {
    const svc = this.svcs.get(r.set) ?? { name: 0n, holder: 0, holderInc: 0, releasing: false, token: 0, cands: new Set<number>() };
    this.svcs.set(r.set, svc);
    if (r.to === SVCOP.DEFINE) svc.name = r.arg;
    else if (r.to === SVCOP.OFFER) {
      if (r.arg === 255n) svc.cands.delete(r.node);
      else svc.cands.add(r.node);
    } else if (r.to === SVCOP.RELEASE) svc.releasing = true;
    else if (r.to === SVCOP.FREE) {
      if (svc.holder !== r.node || svc.holderInc !== r.inc) complain("S32", `${recText(r)}: the holder is ${svc.holder}`);
      svc.holder = 0;
      svc.releasing = false;
    } else if (r.to === SVCOP.TAKE) {
      const ent = this.ents.get(r.node);
      if (svc.holder !== 0) complain("S32", `${recText(r)}: node ${svc.holder} holds it`);
      if (!svc.cands.has(r.node) || ent?.state !== NS.UP || ent.inc !== r.inc) complain("S32", `${recText(r)}: not a candidate that is up`);
      svc.holder = r.node;
      svc.holderInc = r.inc;
      svc.token = r.slot;
      svc.releasing = false;
    }
  }
}

/** Does a partition leave this mode safe? */
export const partitionSafe = (mode: number): boolean => mode !== MODE.CLASSIC;
