// Any arguments to every export of clms.wasm, in every state and with anything in the inbox: a result that is not negative
// or an errno of the function's own list, and after an errno the state is what it was.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "smol-toml";
import { type ClmsExports, GenesisNode, LIMIT, Msg, NodeConf } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { differences, type Stock, stock, Victim } from "./clms_bed.js";
import { confFields, edgesOf, getField, putField } from "./clms_craft.js";
import { EXTREMES, Random, seed } from "./random.js";

type Func = Exclude<keyof ClmsExports, "memory">;
type Call = (...args: number[]) => number;

const source = parse(readFileSync(new URL("../../../abi/clms.toml", import.meta.url), "utf8")) as unknown as {
  errno: Record<string, [number, string]>;
  func: { name: Func; args: unknown[]; errors?: string[] }[];
};
const FUNCS = source.func.map((f) => ({
  name: f.name,
  arity: f.args.length,
  refusals: new Set((f.errors ?? []).map((e) => -source.errno[e][0])),
}));
type Export = (typeof FUNCS)[number];
/** Their results are no judgement on arguments. */
const ANEW: readonly Func[] = ["clms_init", "clms_restore"];
/** They give addresses or bits of their own, negative as an i32 is none of them. */
const EDGES = EXTREMES.filter((e) => ![2, 31, 33, 2047, 2048, 4095, 4097].includes(e)).concat(1023, 1024, 1025, LIMIT.MSG_MAX);
const MORE = Number(process.env.HOLDFAST_HOSTILE ?? 1);
const WALK = 1500 * MORE;
/** What an errno may leave behind: that it was given, and for what one should wait. */
const TOLD = ["Page.wait_slot", "Page.dropped"];

/** Calls an export and judges its result. */
function call(clms: Clms, func: Export, args: number[]): number {
  let result: number;
  try {
    result = (clms.x[func.name] as Call)(...args);
  } catch (error) {
    throw new Error(`${func.name}(${args}) trapped`, { cause: error });
  }
  assert.ok(Number.isInteger(result) && result >= -4095, `${func.name}(${args}) gave ${result}`);
  if (result < 0) assert.ok(func.refusals.has(result), `${func.name}(${args}) gave ${result}, which the ABI source does not list`);
  return result;
}

function* combinations(arity: number, random: Random): Generator<number[]> {
  if (arity <= 2) {
    for (let n = 0; n < EDGES.length ** arity; n++)
      yield Array.from({ length: arity }, (_, i) => EDGES[Math.floor(n / EDGES.length ** i) % EDGES.length]);
    return;
  }
  for (let n = 0; n < 600; n++) yield Array.from({ length: arity }, () => (random.once(3) ? random.below(8) : random.pick(EDGES)));
}

/** Puts something to read into the inbox: one thing as it should be, or noise. */
function fillInbox(clms: Clms, random: Random, s: Stock): void {
  const { u8, dv, inbox } = clms;
  const kind = random.below(6);
  if (kind === 0) u8.set(random.pick(random.pick([...s.messages.values()])).subarray(0, 4096), inbox);
  else if (kind === 1) clms.put.subsys({ name: random.pick(["", "a", "fs", "x".repeat(40)]), priority: random.u32() & 0xffff });
  else if (kind === 2) u8.set((s.messages.get(15) as Uint8Array[])[0].subarray(Msg.SIZE), inbox);
  else if (kind === 3) clms.put.text(random.pick(["disk", "", "n".repeat(200)]));
  else if (kind === 4) clms.put.token({ cluster: 0n, slot: random.below(60), hash: BigInt(random.u32()) });
  else for (let i = 0; i < 256; i++) u8[inbox + i] = random.u32();
  for (let i = random.below(4); i > 0; i--)
    dv.setUint32(inbox + 4 * random.below(40), random.once(2) ? random.pick(EXTREMES) : random.u32(), true);
}

/** The state is unchanged since it was copied, but for what an errno tells. */
function unharmed(clms: Clms, before: Uint8Array, about: () => string): void {
  if (Buffer.compare(before, clms.state()) === 0) return;
  const changed = differences(clms, before, clms.state()).filter((c) => !TOLD.includes(c));
  assert.deepEqual(changed, [], `refused, and yet changed: ${about()}`);
}

const random = new Random(seed());

describe("hostile arguments to clms.wasm", () => {
  it("every function, combinations of extremes, on an empty module and in several states", async (t) => {
    const s = await stock();
    const names = ["majority MASTER phase 0", "majority FOLLOWER phase 2", "arbiter POLL phase 0", "fence OBSERVER phase 0"];
    const states = names.map((name) => s.states.find((x) => x.name === name));
    let calls = 0;
    for (const state of [null, ...states]) {
      assert.ok(state !== undefined);
      const victim = state === null ? null : new Victim(s.module, state);
      const clms = victim?.clms ?? new Clms(s.module);
      const before = clms.state().slice();
      for (const func of FUNCS.filter((f) => !ANEW.includes(f.name)))
        for (const args of combinations(func.arity, random)) {
          if (calls % 4 === 0) fillInbox(clms, random, s);
          // What clms_recover refuses counts as damaged: that is kept.
          if (call(clms, func, args) < 0 && func.name !== "clms_recover")
            unharmed(clms, before, () => `${func.name}(${args}) in "${state?.name ?? "nothing"}"`);
          clms.state().set(before);
          calls++;
        }
    }
    t.diagnostic(`${calls} calls`);
  });

  it("fewer arguments, none, fractions and NaN are 32-bit integers all the same", async () => {
    const s = await stock();
    for (const func of FUNCS)
      for (const args of [
        [],
        [Number.NaN],
        [1.9, -1.9, 2 ** 40],
        [Number.POSITIVE_INFINITY, -0],
        ["x", null, undefined] as unknown as number[],
      ])
        call(new Victim(s.module, s.states[5]).clms, func, args);
  });

  it("a long walk: any function, any argument, messages between, time goes on", async (t) => {
    const s = await stock();
    const results = new Map<string, number>();
    for (const state of s.states) {
      const victim = new Victim(s.module, state);
      const before = victim.clms.state().slice();
      for (let i = 0; i < WALK / 10; i++) {
        const func = random.pick(FUNCS);
        if (ANEW.includes(func.name) || func.name === "clms_recover") continue;
        fillInbox(victim.clms, random, s);
        before.set(victim.clms.state());
        const args = Array.from({ length: func.arity }, () => (random.once(4) ? random.pick(EXTREMES) : random.below(12)));
        const result = call(victim.clms, func, args);
        const key = `${func.name} ${result < 0 ? "refused" : "done"}`;
        results.set(key, (results.get(key) ?? 0) + 1);
        if (result < 0) unharmed(victim.clms, before, () => `${func.name}(${args}) in "${state.name}"`);
        else victim.drain();
        if (i % 20 === 19) victim.live(3);
      }
      // A state that a host has driven anywhere is one that it may save.
      victim.drain();
      new Victim(s.module, { ...state, name: `${state.name}, after a walk`, bytes: victim.clms.state().slice() });
    }
    const done = [...results].filter(([key]) => key.endsWith(" done")).length;
    t.diagnostic(`${done} functions did something, ${results.size - done} refused something`);
    assert.ok(done >= 20);
  });

  it("every field of a configuration at its edges: it starts and lives, or is refused and the state is as it was", async (t) => {
    const s = await stock();
    const clms = new Clms(s.module);
    let started = 0;
    let refused = 0;
    const genesis = [1, 2, 3].map((node) => ({ node }));
    const conf = { node: 2, cluster: "c1".repeat(16), uuid: "02".repeat(16), genesis, mode: 2 };
    clms.put.node(conf);
    const good = clms.u8.slice(clms.inbox, clms.inbox + NodeConf.SIZE + 128 * GenesisNode.SIZE);
    const fields = [
      ...confFields(),
      ...[0, 2, 4, 5].map((at) => ({ name: `genesis+${at}`, at: NodeConf.SIZE + at, bytes: at < 4 ? 2 : 1 })),
    ];
    for (const field of fields)
      for (const value of edgesOf(getField(good, field), field.bytes)) {
        clms.reset(1);
        clms.setNow(1_000_000_000);
        const bytes = good.slice();
        putField(bytes, field, value);
        clms.put.bytes(bytes);
        const before = clms.state().slice();
        const result = call(clms, FUNCS.find((f) => f.name === "clms_node_start") as Export, []);
        if (result < 0) {
          refused++;
          unharmed(clms, before, () => `${field.name} = ${value}`);
          continue;
        }
        started++;
        for (let i = 0; i < 10; i++) {
          while (clms.x.clms_durable_next() !== 0);
          while (clms.x.clms_msg_next() !== 0);
          clms.x.clms_durable_done(clms.durableSeq);
          clms.setNow(Math.min(clms.deadline, clms.now + 60e9) + 1000);
          clms.x.clms_time_advance();
        }
      }
    t.diagnostic(`${started} started, ${refused} refused`);
    assert.ok(started > 100 && refused > 100);
  });
});
