// Plays a scenario on a bed: steps in, log out; then once more for every order of the messages of its critical phase.
//
// Invariant: the log holds nothing that is random or that says how long something took; steps that are not understood,
// or that wait in vain, are errors with file and line.

import { NodeEnt, NS, NS_NAME, REQ } from "../../../host/core/abi/clms.js";
import type { Clms } from "../../../host/core/clms.js";
import type { ClmsEvent, TransRecord } from "../../../host/core/clms_records.js";
import type { Scenario, Step } from "../scenario.js";
import { Bed, type Message, MS, matches, type Pattern, type Teller } from "./bed.js";
import { type Cluster, clusterOf, optionsOf } from "./cluster.js";
import type { Host } from "./node.js";
import { AFTER, type Explored, Orders } from "./orders.js";
import { ALWAYS, eventText, messageText, recordText } from "./text.js";

/** How long a step may wait. */
const WAIT = 60_000 * MS;

export interface Played {
  log: string;
  /** null: the scenario has no critical phase */
  explored: Explored | null;
}

/** What a step waits for: the first that is met ends it. */
interface Waits {
  message?: (m: Message) => boolean;
  record?: string;
  event?: (node: Host, name: string) => boolean;
}

/** "20ms", "1.5s" */
export function parseTime(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (!found) throw new Error(`${text} is not a time such as 20ms or 1.5s`);
  return Math.round(Number(found[1]) * (found[2] === "s" ? 1000 : 1) * MS);
}

export class Player implements Teller {
  readonly #bed: Bed;
  readonly #scenario: Scenario;
  readonly #watched = new Set(ALWAYS);
  #lines: string[] = [];
  #cluster: Cluster = clusterOf(["1"]);
  /** both sides of a split are expected to go their own way */
  #splitExpected = false;
  /** what the present step waits for */
  #waits: Waits = {};
  #met = false;
  #explored: Explored | null = null;

  constructor(module: WebAssembly.Module, pool: Clms[], scenario: Scenario) {
    this.#bed = new Bed(module, pool, this);
    this.#scenario = scenario;
  }

  /** Plays it; `explore`: with every order of its critical phase. */
  play(explore: boolean): Played {
    const { steps } = this.#scenario;
    const at = steps.findIndex((s) => s.text.startsWith("orders"));
    for (const [i, step] of steps.entries()) {
      if (i === at && explore) this.#explore(step, steps.slice(at + 1));
      this.#step(step);
    }
    return { log: `${this.#lines.join("\n")}\n`, explored: this.#explored };
  }

  // ── Orders ──

  /** Plays what follows after every order, and compares how it ends. */
  #explore(step: Step, rest: Step[]): void {
    const generations = /^orders(?: (\d+))?$/.exec(step.text)?.[1] ?? "1000";
    const lines = this.#lines;
    this.#lines = [];
    this.#verbs.release([]);
    const ends = new Map<string, string[]>();
    const watched = [...this.#watched];
    this.#explored = new Orders(this.#bed, Number(generations), (path) => {
      this.#lines = [];
      try {
        for (const s of rest) this.#step(s);
        ends.set(this.#end(), path.slice());
      } catch (error) {
        throw new Error(`${AFTER} ${path.join(", ")}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
      if (ends.size > 1) {
        const told = [...ends].map(([end, how]) => `${end} after ${how.join(", ")}`);
        throw new Error(`the order of messages makes a difference:\n  ${told.join("\n  ")}`);
      }
    }).explore();
    this.#lines = lines;
    this.#watched.clear();
    for (const name of watched) this.#watched.add(name);
  }

  /** What must not depend on the order: who is what, on every node that lives. */
  #end(): string {
    return this.#bed.nodes
      .filter((n) => n.alive)
      .map((n) => `${n.name}: ${this.#view(n)}`)
      .join("; ");
  }

  // ── What the bed tells ──

  #say(text: string): void {
    this.#lines.push(`    ${text}`);
  }

  sent(message: Message): void {
    if (message.held && this.#waits.message?.(message)) this.#meet(message);
  }

  arrived(message: Message): void {
    if (this.#waits.message?.(message)) this.#meet(message);
    else if (this.#watched.has(message.kind)) this.#tell(message);
  }

  #meet(message: Message): void {
    this.#met = true;
    this.#tell(message);
  }

  #tell(m: Message): void {
    this.#say(`${m.from}>${m.to} ${m.kind} ${messageText(m.kind, m.bytes)}${m.held ? " (held)" : ""}`.trimEnd());
  }

  event(node: Host, event: ClmsEvent): void {
    const told = eventText(event, node.clms.ballot);
    if (told === null) return;
    if (this.#waits.event?.(node, told.name)) this.#met = true;
    if (this.#watched.has(told.name)) this.#say(`${node.name} ${told.text}`);
  }

  decided(record: TransRecord): void {
    const text = recordText(record);
    this.#say(`decided ${text}`);
    if (this.#waits.record !== undefined && text.includes(this.#waits.record)) this.#met = true;
  }

  broken(node: Host, record: TransRecord): void {
    this.#say(`${node.name} DIFFERS: ${recordText(record)}`);
    if (!this.#splitExpected) throw new Error(`node ${node.name} applied another record than others: ${recordText(record)}`);
  }

  // ── Steps ──

  #step(step: Step): void {
    const [verb, ...args] = step.text.split(/\s+/);
    try {
      if (verb === "begin") {
        this.#lines = [];
        return;
      }
      const act = this.#verbs[verb];
      if (!act) throw new Error(`no such step; there are begin, ${Object.keys(this.#verbs).join(", ")}`);
      this.#lines.push(`> ${step.text}`);
      act(args);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why.startsWith(`${this.#scenario.name}.md`)) throw error;
      throw new Error(`${this.#scenario.name}.md:${step.line}: ${step.text}: ${why}\n${this.#lines.slice(-30).join("\n")}`, {
        cause: error,
      });
    }
  }

  #nodes(names: string[]): Host[] {
    if (names.length === 0) throw new Error("which nodes?");
    return names.map((n) => this.#bed.node(n));
  }

  #pattern([kind, link]: string[]): Pattern {
    const found = /^([^>]+)>([^>]+)$/.exec(link ?? "");
    if (!found) throw new Error("a message is KIND FROM>TO, with * for any");
    return { kind, from: found[1], to: found[2] };
  }

  /** Runs until a condition holds after a step. */
  #wait(until: () => boolean): void {
    if (!this.#bed.run(this.#bed.facts.now + WAIT, until)) {
      const views = this.#bed.nodes.map((n) => `${n.name}${n.alive ? "" : " (dead)"}: ${this.#view(n)}`).join("; ");
      throw new Error(`waited in vain; ${views}`);
    }
  }

  #waitFor(waits: Waits): void {
    this.#waits = waits;
    this.#met = false;
    this.#wait(() => this.#met);
    this.#waits = {};
  }

  /** The state of every node in the log that this one has applied. */
  #view(node: Host): string {
    const states = new Map<string, string[]>();
    for (const { id } of this.#bed.nodes.filter((n, i, all) => all.findIndex((o) => o.id === n.id) === i)) {
      const ent = node.clms.nodeGet(id);
      const state = ent === null ? "unknown" : NS_NAME[ent.state];
      states.set(state, [...(states.get(state) ?? []), String(id)]);
    }
    return [...states].map(([state, ids]) => `${state} ${ids.join(" ")}`).join(", ");
  }

  /** Do these nodes, and they alone, agree that they are up, with nothing left to be done? */
  #agree(names: string[]): boolean {
    const want = names.map((n) => Number.parseInt(n, 10));
    const nodes = this.#nodes(names);
    const { applied } = nodes[0].clms;
    return nodes.every(({ alive, clms }) => {
      if (!alive || clms.inc === 0 || clms.applied !== applied || clms.done !== applied || clms.last !== applied || clms.gate % 2 === 1)
        return false;
      for (let n = 1; n <= 9; n++) {
        const at = clms.x.clms_node_get(n);
        const state = at > 0 ? clms.u8[at + NodeEnt.state] : NS.NEVERUP;
        if (want.includes(n) ? state !== NS.UP : state !== NS.NEVERUP && state !== NS.DOWN) return false;
      }
      return true;
    });
  }

  /** until …: what may be waited for */
  readonly #until: Record<string, (args: string[]) => void> = {
    members: (names) => this.#wait(() => this.#agree(names)),
    master: ([name]) => this.#wait(() => this.#bed.node(name).clms.master === this.#bed.node(name).id && this.#bed.node(name).alive),
    decided: (words) => this.#waitFor({ record: words.join(" ") }),
    arrived: (words) => this.#waitFor({ message: (m) => !m.held && matches(this.#pattern(words), m) }),
    held: (words) => this.#waitFor({ message: (m) => m.held && matches(this.#pattern(words), m) }),
    // All that is decided is applied there.
    applied: ([name]) => this.#wait(() => this.#bed.node(name).clms.applied === this.#bed.facts.decided.length - 1),
    event: ([node, name]) => this.#waitFor({ event: (n, e) => n.name === node && e === name }),
  };

  readonly #verbs: Record<string, (args: string[]) => void> = {
    cluster: (args) => {
      this.#cluster = clusterOf(args);
      for (const { name } of this.#cluster.nodes) this.#bed.add(name);
    },
    // A node that the first configuration does not name, or a second process under a number (3').
    extra: (names) => {
      for (const name of names) this.#bed.add(name);
    },
    subsystem: () => {
      this.#bed.subsystem = true;
    },
    start: (names) => {
      for (const node of this.#nodes(names)) this.#bed.start(node, (first) => optionsOf(this.#cluster, node.name, first));
    },
    // The cluster comes up, the first of these as its master.
    form: (names) => {
      for (const from of names.slice(1)) this.#bed.facts.rules.push({ what: "lose", kind: "PREVOTE", from, to: "*" });
      this.#verbs.start(names);
      this.#until.members(names);
      this.#bed.facts.rules = [];
    },
    // Only this node may begin to take over, until heal.
    candidate: ([name]) => {
      for (const { name: from } of this.#bed.nodes)
        if (from !== name) this.#bed.facts.rules.push({ what: "lose", kind: "PREVOTE", from, to: "*" });
    },
    crash: (names) => {
      for (const node of this.#nodes(names)) this.#bed.crash(node, false);
    },
    // Dies, but what it has sent arrives.
    stop: (names) => {
      for (const node of this.#nodes(names)) this.#bed.crash(node, true);
    },
    wipe: (names) => {
      for (const node of this.#nodes(names)) node.wipe();
    },
    // The first record that is not known to be decided.
    damage: ([name]) => this.#bed.node(name).damage(this.#bed.facts.decided.length),
    // An operator says that more than a minority may go.
    word: ([name]) => this.#bed.call(this.#bed.node(name), (clms) => clms.request(REQ.OVERRIDE, 0)),
    // Dies and comes back, so many times: the log grows.
    churn: ([name, times, ...others]) => {
      for (let i = 0; i < Number(times); i++) {
        this.#verbs.crash([name]);
        this.#until.members(others);
        this.#verbs.start([name]);
        this.#until.members([...others, name]);
      }
    },
    until: ([what, ...args]) => {
      const act = this.#until[what];
      if (!act) throw new Error(`there is no such thing to wait for; there are ${Object.keys(this.#until).join(", ")}`);
      act(args);
    },
    for: ([time]) => {
      this.#bed.run(this.#bed.facts.now + parseTime(time), () => false);
    },
    cut: (links) => {
      for (const link of links) {
        const [, a, how, b] = /^([^>-]+)([>-])([^>-]+)$/.exec(link) ?? [];
        if (!how) throw new Error(`${link} is no link such as 1>2 or 1-2`);
        this.#bed.facts.cuts.push(`${a}>${b}`, ...(how === "-" ? [`${b}>${a}`] : []));
      }
    },
    // Groups of nodes that do not reach each other: split 1 2 | 3
    split: (args) => {
      const groups = args
        .join(" ")
        .split("|")
        .map((g) => g.trim().split(" "));
      for (const a of groups)
        for (const b of groups) if (a !== b) for (const x of a) for (const y of b) this.#bed.facts.cuts.push(`${x}>${y}`);
    },
    heal: () => {
      this.#bed.facts.cuts = [];
      this.#bed.facts.rules = [];
    },
    lose: (words) => {
      this.#bed.facts.rules.push({ what: "lose", ...this.#pattern(words) });
    },
    hold: (words) => {
      this.#bed.facts.rules.push({ what: "hold", ...this.#pattern(words) });
    },
    // What is held goes on its way, in the order in which it was sent.
    release: () => {
      this.#bed.facts.rules = this.#bed.facts.rules.filter((r) => r.what !== "hold");
      for (const m of this.#bed.facts.messages) if (m.held) Object.assign(m, { held: false, at: this.#bed.facts.now + MS });
    },
    orders: () => this.#verbs.release([]),
    drop: () => {
      this.#bed.facts.rules = this.#bed.facts.rules.filter((r) => r.what !== "hold");
      this.#bed.facts.messages = this.#bed.facts.messages.filter((m) => !m.held);
    },
    // Such messages are no longer lost or held.
    pass: (words) => {
      this.#bed.facts.rules = this.#bed.facts.rules.filter((r) => !matches(this.#pattern(words), r));
    },
    // A copy of the last such message arrives once more.
    again: (words) => {
      const message = this.#bed.past.get(words.join(" "));
      if (!message) throw new Error("no such message was ever sent");
      this.#tell(message);
      this.#bed.again(message);
    },
    pause: ([name, time]) => {
      this.#bed.node(name).facts.pausedUntil = this.#bed.facts.now + parseTime(time);
    },
    // Its clock goes forward.
    jump: ([name, time]) => {
      this.#bed.node(name).facts.ahead += parseTime(time);
    },
    callbacks: ([how]) => this.#bed.callbacks(how === "wait"),
    service: ([name, ...nodes]) => this.#service(Number(name), nodes),
    watch: (names) => {
      for (const name of names) this.#watched.add(name);
    },
    quiet: (names) => {
      for (const name of names) this.#watched.delete(name);
    },
    "split-brain": () => {
      this.#splitExpected = true;
    },
    show: (names) => {
      for (const node of this.#nodes(names)) this.#say(`${node.name}: ${node.alive ? this.#view(node) : "dead"}${this.#more(node)}`);
    },
  };

  #more({ alive, clms }: Host): string {
    if (!alive) return "";
    return `; ${clms.inc === 0 ? "no member" : `incarnation ${clms.inc}`}, ${clms.gateEnter() < 0 ? "gate closed" : "gate open"}`;
  }

  #granted(node: Host): void {
    this.#waitFor({ event: (n, name) => n === node && name === "REQUEST" });
  }

  /** Defines a service and offers these nodes for it, the first preferred; waits until the first holds it. */
  #service(svc: number, names: string[]): void {
    const nodes = this.#nodes(names);
    const first = nodes[0];
    const ask = (clms: Clms, req: number, node: number, arg: bigint) => clms.request(req, node, svc, arg);
    this.#bed.call(first, (clms) => ask(clms, REQ.SVC_DEFINE, 0, clms.svcHash(`service ${svc}`)));
    this.#granted(first);
    for (const [i, node] of nodes.entries()) {
      this.#bed.call(node, (clms) => ask(clms, REQ.SVC_OFFER, node.id, BigInt(i)));
      this.#granted(node);
    }
    this.#wait(() => this.#bed.node(first.name).clms.svcHolds(svc));
  }
}
