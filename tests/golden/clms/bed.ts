// A cluster under full control: real instances of the module, a list of messages that are under way, and a clock that
// goes from one moment at which something happens to the next.
//
// A message arrives one millisecond after it was sent, unless its link is cut or a rule loses or holds it. Nothing is
// random: the same steps give the same run.
//
// Invariant: `decided` is the one list of decided records, in the order of their slots; a node that applies another
// record in a slot of it is written down in `broken`.

import { EVENT, MSG_NAME, Msg } from "../../../host/core/abi/clms.js";
import { Clms } from "../../../host/core/clms.js";
import type { NodeOptions } from "../../../host/core/clms_conf.js";
import type { ClmsEvent, TransRecord } from "../../../host/core/clms_records.js";
import { Host, type Wires } from "./node.js";
import { Outside } from "./outside.js";

export const MS = 1_000_000;
const DELAY = MS;
/** Steps between two moments that a scenario waits for; more is a node that spins. */
const STEPS_MAX = 100_000;

export interface Message {
  id: number;
  /** names of nodes */
  from: string;
  to: string;
  kind: string;
  at: number;
  held: boolean;
  bytes: Uint8Array;
}

/** Which messages: kind, sender and receiver; "*" stands for any. */
export interface Pattern {
  kind: string;
  from: string;
  to: string;
}

export interface Rule extends Pattern {
  what: "lose" | "hold";
}

export function matches(p: Pattern, m: Pattern): boolean {
  const same = (want: string, is: string) => want === "*" || want === is;
  return same(p.kind, m.kind) && same(p.from, m.from) && same(p.to, m.to);
}

/** What a bed tells while it runs. */
export interface Teller {
  sent(message: Message): void;
  arrived(message: Message): void;
  event(node: Host, event: ClmsEvent): void;
  decided(record: TransRecord): void;
  broken(node: Host, record: TransRecord): void;
}

/** All that changes, but for the nodes. */
export interface Facts {
  now: number;
  ids: number;
  messages: Message[];
  rules: Rule[];
  cuts: string[];
  decided: bigint[];
  broken: string[];
  callbacksWait: boolean;
}

export class Bed implements Wires {
  readonly nodes: Host[] = [];
  readonly outside = new Outside(this);
  facts: Facts = { now: 1_000 * MS, ids: 0, messages: [], rules: [], cuts: [], decided: [], broken: [], callbacksWait: false };
  /** the last message of each kind and link, for a copy that comes late */
  readonly past = new Map<string, Message>();
  subsystem = false;
  readonly #pool: Clms[];
  readonly #module: WebAssembly.Module;
  readonly #tell: Teller;

  /** `pool`: instances of earlier beds, to be used again. */
  constructor(module: WebAssembly.Module, pool: Clms[], tell: Teller) {
    this.#module = module;
    this.#pool = pool;
    this.#tell = tell;
  }

  node(name: string): Host {
    const found = this.nodes.find((n) => n.name === name);
    if (!found) throw new Error(`there is no node ${name}; there are ${this.nodes.map((n) => n.name).join(", ")}`);
    return found;
  }

  /** A node whose name is its number; behind it a prime for a second one under that number. */
  add(name: string): void {
    const index = this.nodes.length;
    this.#pool[index] ??= new Clms(this.#module);
    this.nodes.push(new Host(name, Number.parseInt(name, 10), this.#pool[index], this));
  }

  start(node: Host, options: (first: boolean) => NodeOptions): void {
    node.start(this.facts.now, options, this.subsystem);
    this.#finish(node);
  }

  /** It stops; what it has sent is lost with it, unless that is on its way already. */
  crash(node: Host, keep: boolean): void {
    node.stop();
    if (!keep) this.facts.messages = this.facts.messages.filter((m) => m.from !== node.name);
  }

  call(node: Host, what: (clms: Clms) => void): void {
    node.call(this.facts.now, what);
    this.#finish(node);
  }

  /** Answers callbacks, unless they are to wait. */
  #finish(node: Host): void {
    while (!this.facts.callbacksWait && node.alive && node.facts.calls.length > 0) {
      const { subsys, slot } = node.facts.calls.shift() as { subsys: number; slot: number };
      node.call(this.facts.now, (clms) => clms.x.clms_subsys_done(subsys, slot >>> 0, 0, 0));
    }
  }

  callbacks(wait: boolean): void {
    this.facts.callbacksWait = wait;
    for (const node of this.nodes) this.#finish(node);
  }

  // ── Wires ──

  send(from: Host, to: number, bytes: Uint8Array): void {
    const kind = MSG_NAME[bytes[Msg.kind]] ?? `kind ${bytes[Msg.kind]}`;
    for (const target of this.nodes.filter((n) => n.id === to && n !== from)) {
      const own = bytes.slice();
      own[Msg.to] = to & 0xff;
      own[Msg.to + 1] = to >> 8;
      const message = { id: ++this.facts.ids, from: from.name, to: target.name, kind, at: this.facts.now + DELAY, held: false, bytes: own };
      const rule = this.facts.rules.find((r) => matches(r, message));
      message.held = rule?.what === "hold";
      if (this.isCut(from.name, target.name) || rule?.what === "lose") continue;
      if (!message.held) this.past.set(`${kind} ${from.name}>${target.name}`, message);
      this.facts.messages.push(message);
      this.#tell.sent(message);
    }
  }

  isCut(from: string, to: string): boolean {
    return this.facts.cuts.includes(`${from}>${to}`);
  }

  event(node: Host, event: ClmsEvent): void {
    this.#tell.event(node, event);
    if (event.type === EVENT.ARB_READ || event.type === EVENT.ARB_WRITE) this.outside.ask(node, event);
  }

  applied(node: Host, record: TransRecord): void {
    const { decided, broken } = this.facts;
    const known = decided[record.slot];
    if (known === undefined) {
      decided[record.slot] = record.selfHash;
      this.#tell.decided(record);
    } else if (known !== record.selfHash) {
      broken.push(`node ${node.name} slot ${record.slot}`);
      this.#tell.broken(node, record);
    }
  }

  // ── Time ──

  /** Runs until the moment `end`, or until stop() says so after a step; false: the time is over. */
  run(end: number, stop: () => boolean): boolean {
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      if (stop()) return true;
      if (!this.#next(end)) {
        this.facts.now = end;
        return stop();
      }
    }
    throw new Error(`more than ${STEPS_MAX} steps`);
  }

  /** Does what comes next, if it comes before `end`. */
  #next(end: number): boolean {
    const message = this.#first();
    let due = this.nodes[0];
    for (const node of this.nodes) if (node.due < due.due) due = node;
    const outside = this.outside.due;
    const at = Math.min(message?.at ?? Number.POSITIVE_INFINITY, due.due, outside);
    if (at > end) return false;
    this.facts.now = Math.max(this.facts.now, at);
    if (outside === at) this.outside.act();
    else if (message !== undefined && message.at <= due.due) this.deliver(message);
    else this.call(due, (clms) => clms.x.clms_time_advance());
    return true;
  }

  /** The message that arrives next; what goes to a node that is paused waits for it. */
  #first(): Message | undefined {
    let first: Message | undefined;
    for (const m of this.facts.messages) {
      if (m.held) continue;
      m.at = Math.max(m.at, this.node(m.to).facts.pausedUntil);
      if (first === undefined || m.at < first.at) first = m;
    }
    return first;
  }

  deliver(message: Message): void {
    this.facts.messages = this.facts.messages.filter((m) => m !== message);
    const node = this.node(message.to);
    if (!node.alive) return;
    this.#tell.arrived(message);
    this.call(node, (clms) => clms.receive(message.bytes));
  }

  /** Brings a copy of an earlier message under way. */
  again(message: Message): void {
    this.facts.messages.push({ ...message, id: ++this.facts.ids, at: this.facts.now + DELAY, held: false });
  }

  // ── Save and put back ──

  /** What there is but for the nodes. */
  save(): [Facts, ReturnType<Outside["save"]>] {
    const f = this.facts;
    const copy = { messages: f.messages.map((m) => ({ ...m })), rules: [...f.rules], cuts: [...f.cuts] };
    return [{ ...f, ...copy, decided: [...f.decided], broken: [...f.broken] }, this.outside.save()];
  }

  /** Takes over what save() gave, which is then the bed's own. */
  back([facts, outside]: [Facts, ReturnType<Outside["save"]>]): void {
    this.facts = facts;
    this.outside.facts = outside;
  }
}
