import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { DESCF, DROP, DROP_NAME, GRPKEY, LIMIT, OUT, OUT_NAME, POLICY } from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/ipmp.js";
import { type Bytes, inbound, outbound, toTest } from "./frames.js";
import { mutate } from "./mutate.js";
import { Random, seed } from "./random.js";
import { busyWorld, CAST, test4, test6, type Way, World } from "./world.js";

/** Frames in all: each is received by two members and sent. */
const FRAMES = 10_000_000;
const TWIN_FRAMES = 500_000;
/** One batch in so many is of random bytes; the others are mutations of well-formed frames. */
const RANDOM_ONE_IN = 5;
const COUNT = LIMIT.DESC_MAX;
const ROOM = 512;
const VNET_ROOM = 16;

/** Causes that every run must have met. BAD_DESC is malformed.test.ts's. */
const TX_CAUSES = ["SHORT", "VLAN", "IP4_HEADER", "IP6_HEADER", "ARP_FORMAT", "ND_FORMAT", "LINK_LOCAL", "NO_ACTIVE"] as const;
const RX_CAUSES = [
  ...["SHORT", "VLAN", "IP4_HEADER", "IP6_HEADER", "ARP_FORMAT", "ND_FORMAT", "LINK_LOCAL", "OFFLINE", "OTHER_HOST"],
  ...["REFLECTED", "NOT_NOMINEE", "RESOLVE_DUP", "SOURCE_MAC", "PROBE_REPLY"],
] as (keyof typeof DROP)[];

/** "DELIVER 12, SHORT 3": the outcomes of a way, most frequent first. */
function describeOutcomes(tally: Map<number, number>): string {
  const name = (out: number) => (out > OUT.DROP ? DROP_NAME[out - OUT.DROP] : (OUT_NAME[out] ?? `member ${out}`));
  return [...tally]
    .sort((a, b) => b[1] - a[1])
    .map(([out, n]) => `${name(out)} ${n}`)
    .join(", ");
}

/** Random bytes, described as frames of random places and lengths among them. */
function randomFrames(w: World, random: Random): void {
  random.fill(new Uint32Array(w.ipmp.memory.buffer, w.io, 16_384));
  for (let i = 0; i < COUNT; i++)
    w.setDesc(i, w.io + VNET_ROOM + random.below(65_000), random.below(random.once(4) ? 400 : 80), random.u32() & DESCF.VNET);
}

/** Mutations of a stock, each in a place of its own. */
function mutatedFrames(w: World, random: Random, stock: readonly Bytes[]): void {
  const { u8 } = w.ipmp;
  for (let i = 0; i < COUNT; i++) {
    const at = w.io + i * ROOM + VNET_ROOM;
    for (let k = 1; k <= 10; k++) u8[at - k] = 0;
    const length = mutate(random, u8, at, ROOM - VNET_ROOM, stock[random.below(stock.length)]);
    const vnet = random.once(4);
    if (vnet) u8[at - 10] = random.below(4);
    if (vnet && random.once(4)) u8[at - 9] = random.below(6);
    w.setDesc(i, at, length, vnet ? DESCF.VNET : 0);
  }
}

/** A member loses its test address, or has it again. */
function testAddress(w: World, p: number, family: number, on: boolean): void {
  const text = family === 0 ? `${test4(p)}/24` : `${test6(p)}/64`;
  w.ipmp.testAddr(p, family as 0 | 1, on ? text : null);
}

/** What happens between batches: time passes, links go and mostly come back, policies change, addresses go and come. */
function disturb(w: World, random: Random): void {
  const { x } = w.ipmp;
  const mostly = () => (random.once(4) ? 0 : 1);
  w.pass(BigInt(random.below(300_000_000)));
  if (random.once(4)) x.ipmp_phyint_link(random.below(4), mostly());
  if (random.once(8)) x.ipmp_grp_set(0, GRPKEY.POLICY, random.below(Object.keys(POLICY).length));
  if (random.once(16)) x.ipmp_grp_set(0, GRPKEY.WEIGHT, random.below(3));
  if (random.once(16)) x.ipmp_grp_set(0, GRPKEY.ENCAP, random.below(8));
  if (random.once(16)) x.ipmp_grp_set(0, GRPKEY.REBALANCE, random.below(2));
  if (random.once(16)) x.ipmp_phyint_set(random.below(4), random.below(2), random.below(1000) + 1);
  if (random.once(16)) x.ipmp_ipif_pin(0, random.below(17), random.once(4) ? 0xffff : random.below(4));
  if (random.once(8)) x.ipmp_ill_up(random.below(4), random.below(2), mostly());
  if (random.once(64)) x.ipmp_phyint_offline(random.below(4), 0);
  if (random.once(4)) x.ipmp_phyint_undo_offline(random.below(4));
  if (random.once(16)) x.ipmp_grp_vlan(0, random.below(4096), random.below(2));
  if (random.once(16)) x.ipmp_grp_set(0, GRPKEY.ANNOUNCE_ALL, random.below(2));
  if (random.once(32)) x.ipmp_grp_set(0, GRPKEY.WATCH, random.below(4));
  if (random.once(32)) testAddress(w, random.below(4), random.below(2), mostly() === 1);
  if (random.once(16)) x.ipmp_ipif_up(0, random.below(17), mostly());
  w.drain();
}

/** Runs `frames` frames through a world; returns how often each outcome came. */
function run(w: World, random: Random, frames: number): Record<Way, Map<number, number>> {
  const received = [...inbound(CAST), ...toTest(CAST, test4(0), test6(0))];
  const stocks = [received.map((s) => s.bytes), outbound(CAST).map((s) => s.bytes)];
  const seen: Record<Way, Map<number, number>> = { rx: new Map(), tx: new Map() };
  // Damping would hold a link that changes this often failed for good.
  w.ipmp.x.ipmp_grp_set(0, GRPKEY.FLAP_MAX, 0);
  for (let done = 0, batch = 0; done < frames; done += COUNT, batch++) {
    if (batch % RANDOM_ONE_IN === 0) randomFrames(w, random);
    else mutatedFrames(w, random, stocks[batch & 1]);
    // What the first leaves of a frame, the next gets: each half of the stock goes its own way first. Two members receive
    // it, as a switch that floods would have it.
    const ways: Way[] = batch & 1 ? ["tx", "rx", "rx"] : ["rx", "rx", "tx"];
    for (const way of ways) for (const [out, n] of w.batch(way, COUNT, random.below(4))) seen[way].set(out, (seen[way].get(out) ?? 0) + n);
    disturb(w, random);
  }
  return seen;
}

describe("hostile frames: millions", () => {
  it(`${FRAMES.toLocaleString("en")} random and mutated frames, received and sent, while the group changes`, async (t) => {
    const w = await busyWorld();
    const random = new Random(seed());
    t.diagnostic(`HOLDFAST_SEED=${random.seed}`);
    const start = performance.now();
    const seen = run(w, random, FRAMES);
    w.assertSound();
    t.diagnostic(`${((performance.now() - start) / 1000).toFixed(1)} s`);
    // A run that got stuck at the first check would prove little: every kind of outcome must have come.
    for (const way of ["rx", "tx"] as const) t.diagnostic(`${way}: ${describeOutcomes(seen[way])}`);
    for (const cause of RX_CAUSES) assert.ok(seen.rx.has(OUT.DROP | DROP[cause]), `no received frame was dropped as ${cause}`);
    for (const cause of TX_CAUSES) assert.ok(seen.tx.has(OUT.DROP | DROP[cause]), `no frame to send was dropped as ${cause}`);
    assert.ok((seen.rx.get(OUT.DELIVER) ?? 0) > FRAMES / 100, "frames delivered");
    assert.ok((seen.rx.get(OUT.CONSUMED) ?? 0) > 1000, "requests answered");
    for (let p = 0; p < 4; p++) assert.ok((seen.tx.get(p) ?? 0) > 1000, `frames sent by member ${p}`);
  });

  it("the debug twin, given the same, ends with the same bytes in its state, its rings and its frames", async () => {
    const build = new URL("../../../build/", import.meta.url);
    const ends: Uint8Array[] = [];
    for (const name of ["ipmp.wasm", "ipmp.debug.wasm"]) {
      const w = new World(await Ipmp.load(readFileSync(new URL(name, build))), true);
      run(w, new Random(seed()), TWIN_FRAMES);
      ends.push(w.ipmp.u8.slice(w.ipmp.page, w.io + COUNT * ROOM));
    }
    assert.ok(Buffer.compare(ends[0], ends[1]) === 0);
  });
});
