import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DESCF, GRPKEY, LIMIT, OUT, POLICY } from "../../host/core/abi/ipmp.js";
import { type Bytes, inbound, outbound } from "./frames.js";
import { mutate } from "./mutate.js";
import { Random, seed } from "./random.js";
import { CAST, type Way, type World, world } from "./world.js";

/** Frames in all: each is received and then sent. */
const FRAMES = 10_000_000;
/** One batch in so many is of random bytes; the others are mutations of well-formed frames. */
const RANDOM_ONE_IN = 5;
const COUNT = LIMIT.DESC_MAX;
const ROOM = 512;
const VNET_ROOM = 16;

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

/** What happens between batches: time passes, links go and come, policies change, conflicts end. */
function disturb(w: World, random: Random): void {
  const { x } = w.ipmp;
  w.pass(BigInt(random.below(300_000_000)));
  if (random.once(4)) x.ipmp_phyint_link(random.below(4), random.below(2));
  if (random.once(8)) x.ipmp_grp_set(0, GRPKEY.POLICY, random.below(POLICY.ACTIVE_BACKUP + 1));
  if (random.once(8)) x.ipmp_ill_up(random.below(4), random.below(2), random.below(2));
  if (random.once(16)) x.ipmp_phyint_offline(random.below(4), 0);
  if (random.once(8)) x.ipmp_phyint_undo_offline(random.below(4));
  if (random.once(16)) x.ipmp_ipif_up(0, random.below(20), random.below(2));
  w.drain();
}

describe("hostile frames: millions", () => {
  it(`${FRAMES.toLocaleString("en")} random and mutated frames, received and sent, while the group changes`, async (t) => {
    const w = await world();
    const random = new Random(seed());
    t.diagnostic(`HOLDFAST_SEED=${random.seed}`);
    const stocks = [inbound(CAST).map((s) => s.bytes), outbound(CAST).map((s) => s.bytes)];
    const seen: Record<Way, Map<number, number>> = { rx: new Map(), tx: new Map() };
    const start = performance.now();
    for (let done = 0, batch = 0; done < FRAMES; done += COUNT, batch++) {
      if (batch % RANDOM_ONE_IN === 0) randomFrames(w, random);
      else mutatedFrames(w, random, stocks[batch & 1]);
      // What the first leaves of a frame, the second gets: half of the stock goes each way first.
      const ways: Way[] = batch & 1 ? ["tx", "rx"] : ["rx", "tx"];
      for (const way of ways) for (const [out, n] of w.batch(way, COUNT)) seen[way].set(out, (seen[way].get(out) ?? 0) + n);
      disturb(w, random);
    }
    w.assertSound();
    t.diagnostic(`${((performance.now() - start) / 1000).toFixed(1)} s`);
    // A run that got stuck at the first check would prove little: every kind of outcome must have come.
    const causes = (way: Way) => [...seen[way].keys()].filter((out) => out >= OUT.DROP).length;
    assert.ok((seen.rx.get(OUT.DELIVER) ?? 0) > FRAMES / 100, "frames delivered");
    assert.ok((seen.rx.get(OUT.CONSUMED) ?? 0) > 1000, "requests answered");
    assert.ok(causes("rx") >= 12, `${causes("rx")} causes of dropping received frames`);
    assert.ok(causes("tx") >= 6, `${causes("tx")} causes of dropping frames to send`);
    for (let p = 0; p < 4; p++) assert.ok((seen.tx.get(p) ?? 0) > 1000, `frames sent by member ${p}`);
  });
});
