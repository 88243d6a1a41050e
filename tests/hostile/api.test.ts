import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "smol-toml";
import {
  AddrConf,
  Arpent,
  CAP,
  GRPKEY,
  Grp,
  GrpConf,
  Ill,
  Illgrp,
  Ipif,
  type IpmpExports,
  LIMIT,
  Page,
  Phyint,
  PhyintConf,
  POLICY,
} from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/ipmp.js";
import { outbound } from "./frames.js";
import { EXTREMES, Random, seed } from "./random.js";
import { CAST, type World, world } from "./world.js";

type Func = Exclude<keyof IpmpExports, "memory">;
type Call = (...args: number[]) => number;

const source = parse(readFileSync(new URL("../../../abi/ipmp.toml", import.meta.url), "utf8")) as unknown as {
  errno: Record<string, [number, string]>;
  func: { name: Func; args: unknown[]; errors?: string[] }[];
};
const FUNCS = source.func.map((f) => ({
  name: f.name,
  arity: f.args.length,
  refusals: new Set((f.errors ?? []).map((e) => -source.errno[e][0])),
}));
const INBOX_SIZE = 256;
const NONE = 0xffff;
const WALK_CALLS = 300_000;
const WALK_CHECK_EVERY = 2_000;

/** Calls an export; a result is an errno of the function's own list, or not negative (a trap fails the test by itself). */
function call(ipmp: Ipmp, func: (typeof FUNCS)[number], args: number[]): number {
  const result = (ipmp.x[func.name] as Call)(...args);
  assert.ok(Number.isInteger(result) && result >= -4095, `${func.name}(${args}) gave ${result}`);
  if (result < 0) assert.ok(func.refusals.has(result), `${func.name}(${args}) gave ${result}, which the ABI source does not list`);
  return result;
}

/** Every combination of extremes for a number of arguments. */
function* combinations(arity: number): Generator<number[]> {
  const total = EXTREMES.length ** arity;
  for (let n = 0; n < total; n++) {
    const args: number[] = [];
    for (let i = 0, rest = n; i < arity; i++, rest = Math.floor(rest / EXTREMES.length)) args.push(EXTREMES[rest % EXTREMES.length]);
    yield args;
  }
}

function inbox(ipmp: Ipmp): Uint8Array {
  const at = ipmp.pageWord("inbox_base");
  return ipmp.u8.subarray(at, at + INBOX_SIZE);
}

/** Something to read in the inbox: a struct as it should be, and often some of its bytes changed. */
function fillInbox(ipmp: Ipmp, random: Random): void {
  const box = inbox(ipmp);
  const n = random.below(12);
  const mac = `02:00:00:00:0${random.below(2)}:0${random.below(8)}`;
  const addr = random.once(2) ? `10.0.${random.below(3)}.${random.below(6)}` : `2001:db8::${random.below(3)}:${random.below(6)}`;
  const kind = random.below(6);
  if (kind === 0) ipmp.grpConf({ name: `g${n}`, mac, families: 1 + random.below(3) });
  else if (kind === 1) {
    const caps = random.once(4) ? random.below(64) : CAP.MULTICAST;
    ipmp.phyintConf({ name: `e${n}`, ifindex: 1 + n, mac, families: 1 + random.below(3), caps, link: random.once(2) });
  } else if (kind === 2) ipmp.addrConf({ addr, up: random.once(2), verified: random.once(2) });
  else if (kind === 3) ipmp.inbox.arpent({ addr, mac, flags: random.below(2) * 4 });
  else if (kind === 4) ipmp.name(`e${n}`);
  else for (let i = 0; i < INBOX_SIZE; i++) box[i] = random.u32();
  if (random.once(3)) {
    const size = Math.max(GrpConf.SIZE, PhyintConf.SIZE, AddrConf.SIZE);
    for (let i = random.below(4); i >= 0; i--) box[random.below(size)] = random.once(2) ? random.u32() : random.pick(EXTREMES);
  }
}

/** An argument: mostly a small handle or flag, sometimes an extreme, sometimes anything. */
function argument(random: Random): number {
  const kind = random.below(16);
  if (kind === 0) return random.pick(EXTREMES);
  if (kind === 1) return random.u32();
  return kind < 8 ? random.below(4) : random.below(14);
}

/** Gives ipmp_tx_copy something to work on, as far as group 0 can send: eight frames that go out by every member. */
function broadcast(w: World): void {
  w.ipmp.x.ipmp_grp_set(0, GRPKEY.POLICY, POLICY.BROADCAST);
  const frame = outbound(CAST)[0].bytes;
  w.ipmp.u8.set(frame, w.io + 64);
  for (let i = 0; i < 8; i++) w.setDesc(i, w.io + 64, frame.length);
  w.ipmp.x.ipmp_tx_batch(0, 0, 8);
}

/** Exercises what stands in a state that was taken for sound: nothing may trap. */
function exercise(w: World, random: Random): void {
  const { x } = w.ipmp;
  w.pass(10_000_000_000n);
  for (const f of [0, 1]) for (let p = 0; p < 6; p++) x.ipmp_ill_up(p, f, 1);
  for (let p = 0; p < 6; p++) x.ipmp_phyint_link(p, random.below(2));
  x.ipmp_ipif_add(0);
  for (let i = 0; i < 20; i++) x.ipmp_ipif_up(0, i, random.below(2));
  for (let i = 0; i < 64; i++) w.setDesc(i, w.io + 64 * i, 60);
  for (let p = 0; p < 6; p++) x.ipmp_rx_batch(p, 0, 64);
  for (let g = 0; g < 2; g++) x.ipmp_tx_batch(g, 0, 64);
  for (let p = 0; p < 6; p++) x.ipmp_phyint_leave_grp(p);
  for (let i = 0; i < 20; i++) x.ipmp_ipif_del(0, i);
  w.pass(10_000_000_000n);
  w.drain();
}

describe("hostile arguments", () => {
  it("every function, every combination of extremes, on an empty module and on one in use", async () => {
    for (const ipmp of [await Ipmp.load(), (await world()).ipmp])
      for (const func of FUNCS.filter((f) => f.name !== "ipmp_init" && f.name !== "ipmp_restore"))
        for (const args of combinations(func.arity)) {
          inbox(ipmp).fill(args.length > 0 ? args[0] : 0);
          call(ipmp, func, args);
        }
  });

  it("fewer arguments, none, fractions and NaN are 32-bit integers all the same", async () => {
    const { ipmp } = await world();
    for (const func of FUNCS.filter((f) => f.name !== "ipmp_init" && f.name !== "ipmp_restore"))
      for (const args of [[], [Number.NaN], [1.9, -0.5], [2 ** 40, Number.POSITIVE_INFINITY, -(2 ** 31)]]) call(ipmp, func, args);
  });

  it("descriptors: the module looks at none beyond first + count", async () => {
    const w = await world();
    for (const [first, count] of [
      [0, 0],
      [LIMIT.DESC_MAX, 0],
      [10, 5],
    ]) {
      for (let i = 0; i < LIMIT.DESC_MAX; i++) w.setDesc(i, 0, 0);
      assert.equal(w.ipmp.x.ipmp_rx_batch(0, first, count), 0);
      for (let i = 0; i < LIMIT.DESC_MAX; i++) assert.equal(w.out(i) === 0xeeee, i < first || i >= first + count, `descriptor ${i}`);
    }
  });

  it(`a walk of ${WALK_CALLS.toLocaleString("en")} random calls: no trap, and the state never contradicts itself`, async (t) => {
    const w = await world();
    const random = new Random(seed());
    t.diagnostic(`HOLDFAST_SEED=${random.seed}`);
    const funcs = FUNCS.filter((f) => !["ipmp_init", "ipmp_restore", "ipmp_page"].includes(f.name));
    const refused = new Map<Func, number>();
    const done = new Map<Func, number>();
    for (let i = 1; i <= WALK_CALLS; i++) {
      const func = random.pick(funcs);
      fillInbox(w.ipmp, random);
      if (random.once(4)) w.pass(BigInt(random.below(2_000_000_000)));
      const args = Array.from({ length: func.arity }, () => argument(random));
      if (func.name === "ipmp_tx_copy") broadcast(w);
      const tally = call(w.ipmp, func, args) < 0 ? refused : done;
      tally.set(func.name, (tally.get(func.name) ?? 0) + 1);
      if (random.once(50)) w.drain();
      if (i % WALK_CHECK_EVERY === 0) w.assertSound();
    }
    for (const { name, refusals } of funcs) {
      assert.ok((done.get(name) ?? 0) > 0, `${name} never succeeded: the walk proves nothing about it`);
      if (refusals.size > 0) assert.ok((refused.get(name) ?? 0) > 0, `${name} was never refused`);
    }
  });

  it("time that stands still, jumps by centuries or goes back does not trap", async () => {
    const w = await world();
    for (const now of [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 5n, 2n ** 62n]) {
      w.ipmp.setNow(now);
      for (let p = 0; p < 4; p++) {
        w.ipmp.x.ipmp_phyint_link(p, 0);
        w.ipmp.x.ipmp_time_advance();
        w.ipmp.x.ipmp_phyint_link(p, 1);
        w.ipmp.x.ipmp_time_advance();
      }
      w.drain();
    }
    w.assertSound();
  });
});

describe("hostile snapshots", () => {
  it("a state region with damage anywhere is refused, or harmless", async (t) => {
    const w = await world();
    const random = new Random(seed());
    t.diagnostic(`HOLDFAST_SEED=${random.seed}`);
    const saved = w.ipmp.state().slice();
    // The parts in which the scene's own records stand: damage elsewhere is in records not in use.
    const parts = (["page", "grp_base", "illgrp_base", "phyint_base", "arpent_base", "ipif_base"] as const).map((p) =>
      p === "page" ? 0 : w.ipmp.pageWord(p) - w.ipmp.page,
    );
    let refused = 0;
    let taken = 0;
    for (let round = 0; round < 2_000; round++) {
      w.ipmp.state().set(saved);
      const state = w.ipmp.state();
      const part = random.pick(parts);
      for (let n = random.below(3); n >= 0; n--) {
        const at = part + random.below(part === 0 ? 256 : 1500);
        if (random.once(2)) state[at] = random.u32();
        else new DataView(state.buffer, state.byteOffset).setUint16(at & ~1, random.pick(EXTREMES), true);
      }
      if (w.ipmp.x.ipmp_restore() === 0) {
        taken++;
        exercise(w, random);
      } else refused++;
    }
    assert.ok(refused > 200 && taken > 200, `${refused} refused, ${taken} taken`);
  });

  it("each index, count and set is checked: one wrong value in a record that is in use is refused", async () => {
    const w = await world();
    const { dv, page } = w.ipmp;
    const saved = w.ipmp.state().slice();
    const at = (region: Parameters<Ipmp["pageWord"]>[0]) => w.ipmp.pageWord(region);
    const [grp, illgrp, phyint, ipif, arpent] = [at("grp_base"), at("illgrp_base"), at("phyint_base"), at("ipif_base"), at("arpent_base")];
    const ill = phyint + Phyint.ill4;
    const bytes: [string, number, number[]][] = [
      ["Grp.used", grp + Grp.used, [0, 2]],
      ["Grp.state", grp + Grp.state, [3]],
      ["Grp.families", grp + Grp.families, [0, 4]],
      ["Grp.policy", grp + Grp.policy, [8]],
      ["Grp.weight_mode", grp + Grp.weight_mode, [3]],
      ["Grp.encap", grp + Grp.encap, [8]],
      ["Grp.rebalance", grp + Grp.rebalance, [1, 2]],
      ["Grp.name", grp + Grp.name, [0]],
      ["Phyint.used", phyint + Phyint.used, [0, 2]],
      ["Phyint.state", phyint + Phyint.state, [0, 5]],
      ["Phyint.families", phyint + Phyint.families, [0, 4]],
      ["Phyint.flags", phyint + Phyint.flags, [64]],
      ["Phyint.mac", phyint, [1]],
      ["Ill.active", ill + Ill.active, [0, 2]],
      ["Ill.nom_cast", ill + Ill.nom_cast, [0]],
      ["Ipif.flags", ipif + Ipif.flags, [0, 2]],
      ["Ipif.family", ipif + Ipif.family, [1, 2]],
      ["Ipif.addr", ipif + Ipif.addr, [11]],
      ["Arpent.family", arpent + Arpent.family, [2]],
    ];
    const halves: [string, number, number[]][] = [
      ["Page.ngrp", page + Page.ngrp, [1, 3]],
      ["Page.nphyint", page + Page.nphyint, [4, 6]],
      ["Grp.nif", grp + Grp.nif, [3, 5, 33, NONE]],
      ["Grp.nactif", grp + Grp.nactif, [7, 9]],
      ["Grp.naddr", grp + Grp.naddr, [16, 18]],
      ["Grp.ipif_hiwater", grp + Grp.ipif_hiwater, [16, 18, LIMIT.ADDR_MAX + 1, NONE]],
      ["Grp.ipif_free", grp + Grp.ipif_free, [0, LIMIT.ADDR_MAX]],
      ["Grp.vxlan_port", grp + Grp.vxlan_port, [0]],
      ["Grp.npin", grp + Grp.npin, [1]],
      ["Grp.load_due", grp + Grp.load_due, [1]],
      ["Grp.members", grp + Grp.members, [1, 4, LIMIT.PHYINT_MAX, NONE]],
      ["Illgrp.nactif", illgrp + Illgrp.nactif, [3, 5, NONE]],
      ["Illgrp.cast_ill", illgrp + Illgrp.cast_ill, [1, 4, NONE]],
      ["Illgrp.next_ill", illgrp + Illgrp.next_ill, [4, NONE]],
      ["Illgrp.nmcast", illgrp + Illgrp.nmcast, [LIMIT.MCAST_MAX + 1]],
      ["Illgrp.actif", illgrp + Illgrp.actif, [1, 4, NONE]],
      ["Illgrp.bucket", illgrp + Illgrp.bucket, [4, LIMIT.PHYINT_MAX, NONE]],
      ["Phyint.grp", phyint + Phyint.grp, [1, LIMIT.GRP_MAX, NONE]],
      ["Phyint.weight", phyint + Phyint.weight, [0, LIMIT.WEIGHT_MAX + 1]],
      ["Phyint.weight_now", phyint + Phyint.weight_now, [0]],
      ["Phyint.speed", phyint + Phyint.speed + 2, [NONE]],
      ["Ill.nbucket", ill + Ill.nbucket, [0, 63, 65]],
      ["Ill.pinned_cnt", ill + Ill.pinned_cnt, [1]],
      ["pin", at("pin_base"), [0, 1, 4, LIMIT.PHYINT_MAX]],
      ["Ill.bound_cnt", ill + Ill.bound_cnt, [0, 4096]],
      ["Ill.bound_head", ill + Ill.bound_head, [1, NONE]],
      ["Ipif.bound", ipif + Ipif.bound, [1, 4, NONE]],
      ["Ipif.bound_next", ipif + Ipif.bound_next, [0, 1]],
      ["Ipif.bound_prev", ipif + Ipif.bound_prev, [1]],
      ["Arpent.port", arpent + Arpent.port, [4, LIMIT.PHYINT_MAX]],
    ];
    const refused = (name: string, value: number) => {
      assert.ok(w.ipmp.x.ipmp_restore() < 0, `${name} = ${value} was taken`);
      w.ipmp.state().set(saved);
    };
    for (const [name, where, values] of bytes)
      for (const value of values) {
        dv.setUint8(where, value);
        refused(name, value);
      }
    for (const [name, where, values] of halves)
      for (const value of values) {
        assert.notEqual(dv.getUint16(where, true), value, `${name} is ${value} in the scene: choose another`);
        dv.setUint16(where, value, true);
        refused(name, value);
      }
    w.assertSound();
  });

  it("random bytes under a valid page are refused", async () => {
    const w = await world();
    const random = new Random(seed());
    const page = w.ipmp.state().slice(0, 256);
    for (let round = 0; round < 5; round++) {
      const { buffer, byteOffset, length } = w.ipmp.state();
      random.fill(new Uint32Array(buffer, byteOffset, length / 4));
      w.ipmp.state().set(page);
      assert.ok(w.ipmp.x.ipmp_restore() < 0);
      assert.ok(w.ipmp.x.ipmp_grp_get(0) < 0, "the module is as after ipmp_init");
    }
  });
});
