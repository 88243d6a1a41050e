import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Desc, GRPKEY, Grp, LIMIT, OUT, POLICY, POLICY_NAME } from "../../host/core/abi/ipmp.js";
import { inbound, outbound, tagged } from "./frames.js";
import { Random, seed } from "./random.js";
import { CAST, type Way, type World, world } from "./world.js";

/** Pairs of frames for each policy and way. */
const PAIRS = 50 * (LIMIT.DESC_MAX / 2);
const PER_BATCH = LIMIT.DESC_MAX / 2;
const ROOM = 128;
const MACS = [
  CAST.member,
  CAST.other,
  CAST.group,
  CAST.peer,
  "02:aa:00:00:00:01",
  "02:aa:00:00:00:41",
  "03:00:00:00:00:01",
  "00:00:00:00:00:00",
];
/** Bytes of the IPv4 header and ports that decide: version, lengths, fragment, protocol, addresses, ports. */
const TELLING = [14, 16, 17, 20, 21, 23, 26, 27, 28, 29, 30, 33, 34, 35, 36, 37];

const bytesOf = (text: string) => text.split(":").map((b) => Number.parseInt(b, 16));
const stock: Record<Way, number[][]> = { rx: [], tx: [] };
for (const [way, samples] of [
  ["rx", inbound(CAST)],
  ["tx", outbound(CAST)],
] as const)
  for (const s of samples) if (s.bytes[12] === 8 && s.bytes[13] === 0) stock[way].push([...s.bytes]);

/** An IPv4 frame, much like one of the stock: other hardware addresses, other addresses and ports, sometimes cut short. */
function variant(random: Random, way: Way): number[] {
  const frame = [...random.pick(stock[way])];
  if (random.once(3)) frame.splice(0, 6, ...bytesOf(random.pick(MACS)));
  if (random.once(3)) frame.splice(6, 6, ...bytesOf(random.pick(MACS)));
  for (let n = random.below(4); n > 0; n--) frame[random.pick(TELLING)] = random.once(2) ? random.u32() & 255 : random.below(8);
  return random.once(8) ? frame.slice(0, 14 + random.below(frame.length - 14)) : frame;
}

/** Policies that look at tags: there the long way is taken by a fragment, to which they give the same member. */
const BY_TAG: readonly number[] = [POLICY.L2, POLICY.VLAN_SRCMAC];

/** The same frame so that it takes the long way. */
function long(frame: number[], policy: number): number[] {
  if (!BY_TAG.includes(policy) || frame.length < 21) return [...tagged(frame, [0x8100, 5])];
  return [...frame.slice(0, 20), frame[20] | 0x20, ...frame.slice(21)];
}

/** Puts n frames, each as it is and so that it takes the long way, side by side: descriptors 2i and 2i + 1. */
function place(w: World, random: Random, way: Way, n: number, policy: number): number[][] {
  const frames: number[][] = [];
  for (let i = 0; i < n; i++) {
    const frame = variant(random, way);
    frames.push(frame);
    for (const [k, bytes] of [frame, long(frame, policy)].entries()) {
      const at = w.io + (2 * i + k) * ROOM;
      w.ipmp.u8.set(bytes, at);
      w.setDesc(2 * i + k, at, bytes.length);
    }
  }
  return frames;
}

/** The frame behind descriptor i as it is now. */
function frameAt(w: World, i: number): Uint8Array {
  const at = w.desc + i * Desc.SIZE;
  const off = w.ipmp.dv.getUint32(at + Desc.off, true);
  return w.ipmp.u8.subarray(off, off + w.ipmp.dv.getUint32(at + Desc.len, true));
}

/** Every frame to one neighbour that is sent takes the next turn, whichever way it went; returns whose turn is next. */
function assertTurns(w: World, turn: number): number {
  let next = turn;
  for (let i = 0; i < 2 * PER_BATCH; i++) {
    const out = w.out(i);
    if (out >= LIMIT.PHYINT_MAX || frameAt(w, i)[0] & 1) continue;
    assert.equal(out, next, `frame ${i}`);
    next = (next + 1) % 4;
  }
  return next;
}

describe("the short way and the long way of a frame", () => {
  for (const way of ["tx", "rx"] as const)
    for (const policy of way === "tx" ? Object.values(POLICY) : [POLICY.FLOW])
      it(`${way}, policy ${POLICY_NAME[policy]}: a plain IPv4 frame and the same made to go the long way fare alike`, async (t) => {
        const w = await world();
        const random = new Random(seed() + policy);
        w.ipmp.x.ipmp_grp_set(0, GRPKEY.POLICY, policy);
        let on = 0;
        let turn = 0;
        for (let done = 0; done < PAIRS; done += PER_BATCH) {
          const frames = place(w, random, way, PER_BATCH, policy);
          w.batch(way, 2 * PER_BATCH);
          if (policy === POLICY.ROUND_ROBIN) turn = assertTurns(w, turn);
          for (let i = 0; i < PER_BATCH; i++) {
            const [plain, long] = [w.out(2 * i), w.out(2 * i + 1)];
            if (policy === POLICY.ROUND_ROBIN && plain < LIMIT.PHYINT_MAX) {
              assert.ok(long < LIMIT.PHYINT_MAX);
              on++;
              continue;
            }
            const about = () => `${Buffer.from(frames[i]).toString("hex")} (HOLDFAST_SEED=${seed()})`;
            assert.equal(plain, long, `${plain.toString(16)} and ${long.toString(16)}: ${about()}`);
            const [a, b] = [frameAt(w, 2 * i), frameAt(w, 2 * i + 1)];
            assert.deepEqual(a.subarray(0, 12), b.subarray(0, 12), `hardware addresses of ${about()}`);
            const more = b.length - a.length;
            assert.deepEqual(a.subarray(12, 20), b.subarray(12 + more, 20 + more), `payload of ${about()}`);
            assert.deepEqual(a.subarray(21), b.subarray(21 + more), `payload of ${about()}`);
            if (plain < OUT.DROP) on++;
          }
        }
        t.diagnostic(`${on} of ${PAIRS} pairs went on`);
        assert.ok(on > PAIRS / 10);
        // Both are in the same counters: every cause of dropping has an even count.
        for (let c = 0; c < 32; c++)
          assert.equal(w.ipmp.dv.getBigUint64(w.ipmp.pageWord("grp_base") + Grp.drops + 8 * c, true) % 2n, 0n, `drops of cause ${c}`);
      });
});
