// Everything that a nemesis can do, at random: no world may leave a packet behind, or depend on the worlds before it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { NS, REQ } from "../../../host/core/abi/clms.js";
import { Clms } from "../../../host/core/clms.js";
import { MS, type Nemesis, type Random, SEC, type World } from "../types.js";
import { SilentObserver } from "./observer.js";
import { type Packet, Packets } from "./packet.js";
import { Prng } from "./prng.js";
import { Rig } from "./rig.js";
import { SOME_APP, scenarioOf } from "./scenario.js";
import { SimWorld } from "./world.js";

const WILD = {
  drop: 0.1,
  duplicate: 0.2,
  replay: 0.1,
  replayNs: 3 * SEC,
  corrupt: 0.1,
  truncate: 0.1,
  oversize: 0.1,
  burst: 0.01,
  reorder: 0.1,
};
const SICK = { slow: 0.1, slowNs: 100 * MS, torn: 1, bitflip: 0.1, misdirect: 0.1, lostWrite: 0.1 };

type Deed = (w: World, n: () => number, r: Random) => unknown;

const DEEDS: readonly Deed[] = [
  (w, n, r) => w.crash(n(), r.below(4)),
  (w, n) => w.start(n()),
  (w, n) => w.start(n()),
  (w, n, r) => w.restart(n(), r.below(SEC)),
  (w, n, r) => w.pause(n(), r.below(2 * SEC)),
  (w, n) => w.wipe(n()),
  (w, n, r) => w.clockJump(n(), r.below(5 * SEC)),
  (w, n, r) => w.setState(n(), r.between(NS.UP, NS.GOINGDOWN), 500),
  (w, n, r) => w.twin(n(), r.chance(0.5), r.chance(0.5)),
  (w, n, r) => w.cut(n(), n(), r.chance(0.5)),
  (w, n, r) => w.clog(n(), n(), r.chance(0.5)),
  (w, n, r) => Object.assign(w.link(n(), n()), { drop: r.unit(), mtu: 1000 }),
  (w, n) => w.unlink(n(), n()),
  (w) => w.heal(),
  (w) => Object.assign(w.net, WILD),
  (w, n, r) => Object.assign(w.nodes[n()].disk.params, SICK, { full: r.chance(0.5) }),
  (w, n, r) => Object.assign(w.nodes[n()], { slowNs: r.below(20 * MS) }),
  (w, n) => w.word(n()),
  (w, n) => w.request(n(), REQ.SVC_DEFINE, 0, 1, 77),
  (w, _n, r) => Object.assign(w.arbiter, { down: r.chance(0.5) }),
];

class Storm implements Nemesis {
  readonly #random: Random;
  readonly #count: number;

  constructor(seed: number, count: number) {
    this.#random = new Prng(seed, "storm");
    this.#count = count;
  }

  begin(w: World): void {
    for (let i = 0; i < 60; i++) w.at(this.#random.below(8 * SEC), i);
  }

  fire(w: World): void {
    const random = this.#random;
    DEEDS[random.below(DEEDS.length)](w, () => random.between(1, this.#count), random);
  }
}

/** Buffers that know who has them. */
class Counted extends Packets {
  readonly out = new Set<Packet>();
  override take(len: number): Packet {
    const packet = super.take(len);
    assert.ok(!this.out.has(packet), "a packet was taken that somebody has");
    this.out.add(packet);
    return packet;
  }
  override give(packet: Packet): void {
    assert.ok(this.out.delete(packet), "a packet was given back twice");
    super.give(packet);
  }
}

test("storms leave nothing behind and are the same again, whatever ran before them", async () => {
  const packets = new Counted();
  const rig = new Rig(await Clms.compile(), packets);
  const run = (seed: number): string => {
    const nodes = 2 + (seed % 5);
    const app = { ...SOME_APP, processes: 6, subsystems: 2, services: 2 };
    const scenario = scenarioOf("storm", { nodes: Math.max(nodes, 3), app });
    const world = new SimWorld(rig, scenario, seed, new SilentObserver(), new Storm(seed, nodes));
    world.runUntil(10 * SEC);
    const hash = `${world.hash} ${world.stepsTotal} ${world.delivered}`;
    world.dispose();
    assert.equal(packets.out.size, 0, `seed ${seed} left packets behind`);
    return hash;
  };
  const seeds = Array.from({ length: 25 }, (_, i) => i + 1);
  const first = new Map(seeds.map((seed) => [seed, run(seed)]));
  assert.equal(new Set(first.values()).size, seeds.length);
  for (const seed of seeds.reverse()) assert.equal(run(seed), first.get(seed), `seed ${seed}`);
});
