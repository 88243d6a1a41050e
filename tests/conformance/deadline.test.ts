// Page.deadline is enough: a host that calls only then has the same frames and the same events as one that calls every
// millisecond, whatever is configured meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { POLICY } from "../../host/core/abi/ipmp.js";
import { Random, seed } from "../hostile/random.js";
import { Bed, MS, nicMac } from "./bed.js";

/** What a random hour holds: each op is done to both beds. */
const OPS: readonly ((bed: Bed, random: Random) => void)[] = [
  (bed, random) => bed.link(random.below(3), random.once(2)),
  (bed, random) => {
    const n = random.below(40);
    if (!bed.ipifs().some((a) => a.addr === `10.0.0.${n + 1}`)) bed.add(`10.0.0.${n + 1}`, { verified: random.once(2) });
  },
  (bed, random) => {
    const all = bed.ipifs();
    if (all.length > 0) bed.ipmp.ipifUp(bed.grp, all[random.below(all.length)].ipif, random.once(3));
  },
  (bed, random) => bed.ipmp.arpentCreate(bed.grp, { addr: `10.1.0.${1 + random.below(8)}`, mac: nicMac(random.below(3)) }),
  (bed, random) => bed.ipmp.grpVlan(bed.grp, 1 + random.below(3), random.once(2)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "ANNOUNCE_ALL", random.below(2)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "ANNOUNCE_REFRESH_S", random.below(3)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", 10 + random.below(500)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "POLICY", random.once(2) ? POLICY.BROADCAST : POLICY.FLOW),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "UP_DELAY_MS", random.below(300)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "DOWN_DELAY_MS", random.below(300)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "REBALANCE", random.below(2)),
  (bed, random) => bed.ipmp.grpSet(bed.grp, "RECOVERY_S", random.below(3)),
  (bed, random) => bed.ipmp.setFlags(bed.nics[random.below(3)], 1, 0),
];

/** Frames and events since last time, in an order of their own: what is due in one millisecond has none. */
const told = (bed: Bed): string[] => [
  ...bed
    .ctl()
    .map((f) => `${f.nic} ${f.kind} ${Buffer.from(f.bytes).toString("hex")}`)
    .sort(),
  ...bed
    .events()
    .map((e) => `${e.name} ${e.phyint} ${e.old} ${e.new} ${e.addr}`)
    .sort(),
];

/** Calls every millisecond. */
function poll(bed: Bed, ms: number): void {
  for (let i = 0; i < ms; i++) {
    bed.ipmp.setNow(bed.ipmp.now + MS);
    bed.ipmp.timeAdvance();
  }
}

test("a host that calls at each deadline has all that one has who calls every millisecond", async (t) => {
  const random = new Random(seed());
  t.diagnostic(`HOLDFAST_SEED=${random.seed}`);
  const beds = [await Bed.make({ nics: 3 }), await Bed.make({ nics: 3 })];
  for (const bed of beds) bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  let frames = 0;
  for (let step = 0; step < 1500; step++) {
    const op = OPS[random.below(OPS.length)];
    const drawn = random.u32();
    for (const bed of beds) op(bed, new Random(drawn));
    const ms = random.below(4) === 0 ? 600 : random.below(60);
    beds[0].pass(ms);
    poll(beds[1], ms);
    const [sparse, dense] = beds.map(told);
    assert.deepEqual(sparse, dense, `step ${step}, HOLDFAST_SEED=${random.seed}`);
    frames += dense.length;
  }
  t.diagnostic(`${frames} frames and events`);
  assert.ok(frames > 5000);
  for (const bed of beds) await bed.check();
});
