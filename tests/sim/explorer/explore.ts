// Explores every order in which messages may arrive, be lost or doubled, nodes crash and time-outs strike, from a
// beginning on, breadth first.
//
// The network is the set of all messages ever sent: each may arrive at any later moment, again and again, or never. So loss,
// delay, reordering and doubling need no transition of their own; neither does a crash for good, which is a node that
// nothing reaches any more, but in the mode where the truth about it counts. State = three locals and, for each node,
// the set of messages sent to it; equal states are visited once, so orders that make no difference cost nothing.
//
// A message that changes nothing in its receiver but makes it answer arrives at once: the state with the answer under way
// can do whatever the one without can, for no answer has to arrive.
//
// Transitions: a message arrives; a node's time goes on to its deadline (at most `timers` times each); the host says who is
// dead; a node crashes and starts again on its disk (at most `restarts` times).

import { MSG_NAME, Msg } from "../../../host/core/abi/clms.js";
import { ballotText, big } from "../recorder/record.js";
import { Checker } from "./check.js";
import { Visited } from "./intern.js";
import { type Nodes, RESTART, TIMER, WORD } from "./node.js";
import { type Beginning, begin, COUNT, type Scene } from "./scene.js";
import type { Finding } from "./values.js";

export interface Limits {
  /** transitions from the beginning */
  depth: number;
  states: number;
  /** wall time, ms */
  ms: number;
}

export interface Outcome {
  scene: string;
  states: number;
  transitions: number;
  depth: number;
  /** nothing is left to visit within the scene's own bounds */
  complete: boolean;
  /** distinct steps of the module, states of single nodes, combinations that were judged */
  steps: number;
  locals: number;
  judged: number;
  /** states in which some node took over, and in which a takeover was decided */
  takeovers: number;
  seconds: number;
  violation: (Finding & { path: string[] }) | null;
}

interface Reply {
  changing: readonly number[];
  sent: readonly number[];
}

/** A state in the list of all: locals, sets of messages, what was used up, where it came from. */
const L = 0;
const S = COUNT;
const USED = 2 * COUNT;
const FROM = USED + 1;
const INPUT = USED + 2;
const WIDTH = USED + 3;

/** What was used up: for each node two bits of timers and one of restarts; from bit 12 on, the dead. */
const timersOf = (used: number, n: number): number => (used >> (4 * (n - 1))) & 3;
const restartsOf = (used: number, n: number): number => (used >> (4 * (n - 1) + 2)) & 3;
const DEAD = 12;
/** Node n crashes for good. */
const CRASH = -1_000;

export class Explorer {
  #states = new Int32Array(WIDTH * 1024);
  #count = 0;
  readonly #visited = new Visited();
  readonly #replies = new Map<number, Reply>();
  readonly #checker: Checker;
  readonly #start: Beginning;
  readonly #words: [number, number][];
  /** time-outs that each node may have, by number */
  readonly #timers: number[] = [];
  #transitions = 0;
  #takeovers = 0;

  constructor(
    readonly nodes: Nodes,
    readonly scene: Scene,
  ) {
    this.#checker = new Checker(nodes);
    this.#start = begin(nodes, scene);
    const [second, third] = this.#start.others;
    const { master } = this.#start;
    for (const [i, n] of [master, second, third].entries()) this.#timers[n] = scene.timers[i];
    this.#words = [
      [second, master],
      [third, master],
    ];
    if (scene.twice) this.#words.push([third, second]);
  }

  run(limits: Limits, tell: (line: string) => void = () => {}): Outcome {
    const began = performance.now();
    const { locals, sent } = this.#start;
    const sets = this.#send(
      [0, 0, 0].map(() => this.nodes.lists.id(new Int32Array(0))),
      sent,
    );
    let violation = this.#add(locals, this.#answered(locals, sets), 0, -1, 0);
    let depth = 0;
    let end = this.#count;
    let told = began;
    let at = 0;
    for (; at < this.#count && !violation; at++) {
      if (at === end) {
        depth++;
        end = this.#count;
        if (depth >= limits.depth) break;
      }
      if (this.#count >= limits.states) break;
      if ((at & 255) === 0) {
        const now = performance.now();
        if (now - began > limits.ms) break;
        if (now - told > 5_000) {
          told = now;
          tell(
            `${this.scene.name}: depth ${depth}, ${this.#count.toLocaleString("en")} states, ${(this.#count - at).toLocaleString("en")} waiting`,
          );
        }
      }
      violation = this.#expand(at);
    }
    return {
      scene: this.scene.name,
      states: this.#count,
      transitions: this.#transitions,
      depth,
      complete: at === this.#count && !violation,
      steps: this.nodes.computed,
      locals: this.nodes.locals.length,
      judged: this.#checker.asked,
      takeovers: this.#takeovers,
      seconds: (performance.now() - began) / 1000,
      violation: violation && { ...violation, path: this.#path(this.#count - 1) },
    };
  }

  /** Sets of messages with these added. */
  #send(sets: readonly number[], sent: readonly number[]): number[] {
    const next = [...sets];
    for (const m of sent) {
      const { to } = this.nodes.message(m);
      if (to >= 1 && to <= COUNT) next[to - 1] = this.nodes.lists.with(next[to - 1], m);
    }
    return next;
  }

  /** What the messages of a set do to a local: those that change it, and what the others make it send. */
  #reply(local: number, set: number): Reply {
    const key = local * 0x20_0000 + set;
    let reply = this.#replies.get(key);
    if (!reply) {
      const changing: number[] = [];
      const sent = new Set<number>();
      for (const m of this.nodes.lists.at(set)) {
        const result = this.nodes.step(local, m);
        if (result.local !== local) changing.push(m);
        else for (const answer of result.sent) sent.add(answer);
      }
      reply = { changing, sent: [...sent] };
      this.#replies.set(key, reply);
    }
    return reply;
  }

  /** The sets with every answer that costs its sender nothing. */
  #answered(locals: readonly number[], sets: readonly number[]): readonly number[] {
    let now = sets;
    for (let more = true; more; ) {
      more = false;
      for (let i = 0; i < COUNT; i++) {
        const { sent } = this.#reply(locals[i], now[i]);
        if (sent.length === 0) continue;
        const next = this.#send(now, sent);
        if (next.every((s, k) => s === now[k])) continue;
        now = next;
        more = true;
      }
    }
    return now;
  }

  /** Takes a state in and judges it, if it is new. */
  #add(locals: readonly number[], sets: readonly number[], used: number, from: number, input: number): Finding | null {
    let a = used ^ 0x1234_5678;
    let b = Math.imul(used + 1, 0x9e37_79b1);
    for (let i = 0; i < COUNT; i++) {
      a = Math.imul(a ^ locals[i], 0x85eb_ca6b) ^ sets[i];
      a ^= a >>> 13;
      b = Math.imul(b + sets[i], 0xc2b2_ae35) ^ (locals[i] * 0x27d4_eb2f);
      b = (b ^ (b >>> 16)) | 0;
    }
    if (!this.#visited.add(a | 0, b | 0)) return null;
    if ((this.#count + 1) * WIDTH > this.#states.length) {
      const more = new Int32Array(this.#states.length * 2);
      more.set(this.#states);
      this.#states = more;
    }
    this.#states.set([...locals, ...sets, used, from, input], this.#count * WIDTH);
    this.#count++;
    if (this.nodes.broken) return this.nodes.broken;
    const all = locals.map((id) => this.nodes.locals[id]);
    if (all.some((l) => this.#start.others.includes(l.node) && this.nodes.isMaster(locals[l.node - 1]))) this.#takeovers++;
    return this.#checker.check(all, used >> DEAD);
  }

  /** All transitions of one state. */
  #expand(at: number): Finding | null {
    const state = this.#states.slice(at * WIDTH, (at + 1) * WIDTH);
    const used = state[USED];
    for (let n = 1; n <= COUNT; n++) {
      if ((used >> (DEAD + n)) & 1) continue;
      const local = this.nodes.locals[state[L + n - 1]];
      if (local.round > this.scene.rounds) continue;
      const found = this.#arrivals(at, state, n) ?? this.#others(at, state, n, local.timer);
      if (found) return found;
    }
    return null;
  }

  #arrivals(at: number, state: Int32Array, n: number): Finding | null {
    for (const m of this.#reply(state[L + n - 1], state[S + n - 1]).changing) {
      const found = this.#go(at, state, n, m, state[USED]);
      if (found) return found;
    }
    return null;
  }

  #others(at: number, state: Int32Array, n: number, timer: boolean): Finding | null {
    const used = state[USED];
    let found: Finding | null = null;
    for (const [who, dead] of this.#words) {
      const known = !this.scene.truthful || ((used >> (DEAD + dead)) & 1) === 1;
      if (who === n && known) found ??= this.#go(at, state, n, WORD - dead, used);
    }
    if (timer && timersOf(used, n) < this.#timers[n]) found ??= this.#go(at, state, n, TIMER, used + (1 << (4 * (n - 1))));
    if (restartsOf(used, n) < this.scene.restarts) found ??= this.#go(at, state, n, RESTART, used + (1 << (4 * (n - 1) + 2)));
    if (this.scene.truthful && n !== this.#words[1][0]) found ??= this.#crash(at, state, n);
    return found;
  }

  #crash(at: number, state: Int32Array, n: number): Finding | null {
    this.#transitions++;
    const used = state[USED] | (1 << (DEAD + n));
    return this.#add([...state.subarray(L, S)], [...state.subarray(S, USED)], used, at, CRASH - n);
  }

  #go(at: number, state: Int32Array, n: number, input: number, used: number): Finding | null {
    const old = state[L + n - 1];
    const { local, sent } = this.nodes.step(old, input);
    const sets = [...state.subarray(S, USED)];
    const next = sent.length > 0 ? this.#send(sets, sent) : sets;
    if (local === old && next.every((s, i) => s === sets[i])) return null;
    this.#transitions++;
    const locals = [...state.subarray(L, S)];
    locals[n - 1] = local;
    return this.#add(
      locals,
      this.#answered(locals, next),
      used,
      at,
      input === TIMER || input === RESTART || input <= WORD ? input * 8 - n : input,
    );
  }

  /** How a state was reached, a line a transition. */
  #path(at: number): string[] {
    const lines: string[] = [];
    for (let i = at; i >= 0 && this.#states[i * WIDTH + FROM] >= 0; i = this.#states[i * WIDTH + FROM])
      lines.push(this.#told(this.#states[i * WIDTH + INPUT], i));
    return lines.reverse();
  }

  #told(input: number, at: number): string {
    if (input >= 0) return this.#toldMessage(input, at);
    if (input < CRASH) return `node ${CRASH - input} crashes for good`;
    const n = ((-input % 8) + 8) % 8;
    const kind = (input + n) / 8;
    if (kind === TIMER) return `node ${n}: its time goes on to its deadline`;
    if (kind === RESTART) return `node ${n} crashes and starts again on its disk`;
    return `node ${n} is told that node ${WORD - kind} is dead`;
  }

  #toldMessage(m: number, at: number): string {
    const { to, bytes } = this.nodes.message(m);
    const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const kind = bytes[Msg.kind];
    const local = this.nodes.locals[this.#states[at * WIDTH + L + to - 1]];
    const head = `${MSG_NAME[kind]} ballot ${ballotText(big(dv, Msg.ballot))} slot ${big(dv, Msg.slot)} applied ${big(dv, Msg.applied)}`;
    const applied = this.nodes.lists.at(local.applied).length + this.nodes.base;
    return `node ${dv.getUint16(Msg.from, true)} → node ${to}: ${head}; it has then applied ${applied}`;
  }
}
