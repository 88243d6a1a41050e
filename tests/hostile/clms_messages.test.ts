// Any bytes as a message of clms.wasm: never a trap, always a verdict of the ABI's list, and what is refused has changed
// nothing that was decided, accepted or promised. What is refused for its head has changed nothing at all.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ENGINE, ERRNO, Fold, LIMIT, MSG, MSG_NAME, Msg, Page } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { differences, missingKinds, type Stock, stock, Victim } from "./clms_bed.js";
import { edgesOf, fieldsOfMessage, getField, mutated, putField, rechain, restamp, viewOf } from "./clms_craft.js";
import { Random, seed } from "./random.js";

/** How much more than a smoke: HOLDFAST_HOSTILE=100 for a long run. */
const MORE = Number(process.env.HOLDFAST_HOSTILE ?? 1);
/** Mutated messages for each saved state. */
const MUTATED = 150 * MORE;
/** A message may take this long, ns of the process; a slow machine's hiccups are no finding, so the second of three counts. */
const BOUND_MS = 50;

const VERDICTS = new Map(
  (["EPERM", "EMSGSIZE", "EPROTO", "EBADMSG", "EPROTONOSUPPORT", "EREMOTEIO", "ESTALE"] as const).map((e) => [-ERRNO[e], e as string]),
);
VERDICTS.set(0, "taken");
/** What a refused message must not touch. */
const PROTECTED = ["node", "inc", "lineage", "engine", "promised", "accepted", "ballot", "low", "applied", "stored", "last", "done"].map(
  (f) => `Page.${f}`,
);
PROTECTED.push("fold", "ring");

const tally = new Map<string, number>();

/** One state, and what it was before the last message. */
class Target {
  readonly victim: Victim;
  readonly #before: Uint8Array;
  readonly #module: WebAssembly.Module;

  constructor(s: Stock, index: number) {
    this.#module = s.module;
    this.victim = new Victim(s.module, s.states[index]);
    this.#before = this.victim.clms.state().slice();
  }

  /** A copy of a message of the stock, made out to this node. */
  addressed(bytes: Uint8Array): Uint8Array {
    const { clms, state } = this.victim;
    const copy = bytes.slice();
    const dv = viewOf(copy);
    dv.setUint16(Msg.to, state.node, true);
    if (dv.getUint16(Msg.from, true) === state.node) dv.setUint16(Msg.from, 1 + (state.node % 3), true);
    dv.setBigUint64(Msg.cluster, clms.dv.getBigUint64(clms.pageWord(Page.fold_base) + Fold.cluster, true), true);
    return restamp(copy);
  }

  /** Gives it to the module and judges what came of it. */
  take(bytes: Uint8Array): number {
    const { victim } = this;
    const { clms } = victim;
    const about = () => `${MSG_NAME[bytes[Msg.kind]]} to "${victim.state.name}": ${Buffer.from(bytes).toString("hex").slice(0, 1200)}`;
    let verdict: number;
    try {
      verdict = victim.receive(bytes);
    } catch (error) {
      throw new Error(`trap: ${about()}`, { cause: error });
    }
    const name = VERDICTS.get(verdict);
    assert.ok(name !== undefined, `verdict ${verdict}: ${about()}`);
    tally.set(name, (tally.get(name) ?? 0) + 1);
    if (verdict < 0) this.#unharmed(bytes, verdict, about);
    else {
      victim.drain();
      this.#before.set(clms.state());
    }
    return verdict;
  }

  #unharmed(bytes: Uint8Array, verdict: number, about: () => string): void {
    const { clms } = this.victim;
    const dropped = clms.page + Page.dropped;
    new DataView(this.#before.buffer).setUint32(Page.dropped, clms.dv.getUint32(dropped, true), true);
    const now = clms.state();
    if (Buffer.compare(this.#before, now) === 0) return;
    const changed = differences(clms, this.#before, now);
    // What was due anyway is done at the end of a step, whatever the message; halting is not among it.
    const due = (c: string) => c === "Page.engine" && clms.engine !== ENGINE.HALTED;
    assert.deepEqual(
      changed.filter((c) => PROTECTED.includes(c) && !due(c)),
      [],
      `verdict ${VERDICTS.get(verdict)}, and yet changed by ${about()}`,
    );
    // The check value of a message is in its head, that of metadata is not.
    const headOnly =
      verdict === -ERRNO.EBADMSG ? bytes[Msg.kind] !== MSG.META_PUT : [-ERRNO.EMSGSIZE, -ERRNO.EPROTONOSUPPORT].includes(verdict);
    assert.ok(!headOnly, `verdict ${VERDICTS.get(verdict)}, and yet ${changed.join(" ")} changed by ${about()}`);
    this.victim.drain();
    this.#before.set(clms.state());
  }

  reset(): void {
    this.victim.reset();
    this.#before.set(this.victim.clms.state());
  }

  /** What is there now is a state that a snapshot may hold, and lives on. */
  sound(): void {
    this.victim.drain();
    const twin = new Victim(this.#module, {
      name: `${this.victim.state.name}, after hostile messages`,
      node: this.victim.state.node,
      bytes: this.victim.clms.state().slice(),
    });
    twin.live(20);
  }
}

const random = new Random(seed());

describe("hostile messages to clms.wasm", () => {
  after(() => console.log(`# ${[...tally].map(([k, n]) => `${k} ${n}`).join(", ")} (HOLDFAST_SEED=${random.seed})`));

  it("the stock has messages of every kind, and states of every engine that takes messages", async (t) => {
    const s = await stock();
    assert.deepEqual(missingKinds(s), []);
    for (const engine of ["FOLLOWER", "PREVOTE", "PROMISE", "POLL", "FENCE", "MASTER", "OBSERVER"])
      assert.ok(
        s.states.some((x) => x.name.includes(engine)),
        engine,
      );
    t.diagnostic(`${[...s.messages.values()].flat().length} messages, ${s.states.length} states`);
  });

  it("noise of every length up to two heads, and of lengths around the limits", async () => {
    const s = await stock();
    const target = new Target(s, 0);
    const lengths = [...Array(2 * Msg.SIZE).keys(), 4096, LIMIT.MSG_MAX - 1, LIMIT.MSG_MAX, LIMIT.MSG_MAX + 1, 2 ** 20];
    for (const length of lengths)
      for (let k = 0; k < 4; k++) {
        const noise = new Uint8Array(length);
        for (let i = 0; i < length; i++) noise[i] = random.u32();
        if (k > 0 && length >= 8) noise.set([0x43, 0x4c, 1, 1 + random.below(20)]);
        assert.ok(target.take(k === 3 ? restamp(noise) : noise) < 0, `noise of ${length} bytes is no message`);
      }
    for (const length of [0xffff_ffff, 0x8000_0000, 2 ** 31 - 1, LIMIT.MSG_MAX + 1]) {
      const verdict = target.victim.clms.x.clms_msg_receive(length);
      assert.equal(verdict, -ERRNO.EMSGSIZE);
    }
  });

  it("every kind cut at every length, with a check value that is right", async () => {
    const s = await stock();
    const targets = s.states.flatMap((x, i) => (/majority (MASTER|FOLLOWER|POLL) phase 0$/.test(x.name) ? [new Target(s, i)] : []));
    assert.equal(targets.length, 3);
    for (const target of targets)
      for (const list of s.messages.values()) {
        const bytes = target.addressed(list[list.length >> 1]);
        const step = bytes.length > 600 ? 37 : 1;
        for (let n = 0; n < bytes.length; n += step) {
          const cut = bytes.slice(0, n);
          target.take(cut);
          target.take(restamp(cut));
          if (n % 64 === 0) target.reset();
        }
      }
  });

  it("every field of every kind at its edges, with a check value that is right", async () => {
    const s = await stock();
    let count = 0;
    const targets = s.states.flatMap((x, i) => (/^(majority|fence) (MASTER|FOLLOWER|POLL|OBSERVER) phase [01]$/.test(x.name) ? [i] : []));
    for (const [k, list] of s.messages) {
      const target = new Target(s, targets[k % targets.length]);
      for (let i = 0; i < Math.min(2, list.length); i++) {
        const bytes = target.addressed(list[(i * 7) % list.length]);
        for (const field of fieldsOfMessage(bytes))
          for (const value of edgesOf(getField(bytes, field), field.bytes)) {
            const copy = bytes.slice();
            putField(copy, field, value);
            if (field.name.includes(".self_hash") === false && count % 3 !== 0) rechain(copy);
            if (field.name !== "Msg.check") restamp(copy, field.name === "Msg.len");
            target.take(copy);
            count++;
            if (count % 16 === 0) target.reset();
          }
      }
      target.sound();
    }
    assert.ok(count > 10_000);
  });

  it("real messages of one cluster, changed here and there, to every state; what lives on can be saved and lives", async (t) => {
    const s = await stock();
    const kinds = [...s.messages.values()];
    let taken = 0;
    for (let i = 0; i < s.states.length; i++) {
      const target = new Target(s, i);
      for (let k = 0; k < MUTATED; k++) {
        if (target.take(mutated(random, target.addressed(random.pick(random.pick(kinds))))) === 0) taken++;
        if (k % 50 === 49) {
          target.sound();
          target.reset();
        }
      }
    }
    t.diagnostic(`${s.states.length * MUTATED} messages, ${taken} taken`);
    assert.ok(taken > (s.states.length * MUTATED) / 10);
    for (const name of VERDICTS.values()) if (name !== "EPERM") assert.ok((tally.get(name) ?? 0) > 0, `no message got ${name}`);
  });

  it("the largest messages take bounded time", async (t) => {
    const s = await stock();
    const target = new Target(
      s,
      s.states.findIndex((x) => x.name === "majority FOLLOWER phase 0"),
    );
    let worst = 0;
    for (const kind of [MSG.STAGE, MSG.LEARN, MSG.REPORT, MSG.CHECKPOINT, MSG.META_PUT, MSG.JOIN]) {
      const bytes = new Uint8Array(LIMIT.MSG_MAX);
      bytes.set(target.addressed((s.messages.get(kind) as Uint8Array[])[0]));
      viewOf(bytes).setUint32(Msg.count, 0xffff_ffff, true);
      restamp(bytes);
      const times: number[] = [];
      for (let i = 0; i < 3; i++) {
        const start = performance.now();
        target.take(bytes);
        times.push(performance.now() - start);
      }
      worst = Math.max(worst, times.sort((a, b) => a - b)[1]);
    }
    t.diagnostic(`${worst.toFixed(2)} ms at most`);
    assert.ok(worst < BOUND_MS);
  });

  it("before the start every message is refused", async () => {
    const s = await stock();
    const clms = new Clms(s.module);
    for (const list of s.messages.values()) assert.equal(clms.receive(list[0]), -ERRNO.EPERM);
  });
});
