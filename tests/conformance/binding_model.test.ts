// Conformance R8.1 to R8.6 whole: the binding rules of the original (R1.4, R1.5), written down once more in the plainest way,
// and the module beside it through random histories of both families; what is announced and what is probed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG } from "../../host/core/abi/ipmp.js";
import { Bed, V4, V6 } from "./bed.js";

/** One family of a group, as the original's text has it. Lists: active members in order, addresses of each, newest first. */
class Model {
  readonly active: number[] = [];
  readonly bound = new Map<number, number[]>();
  /** up, in the order they were added */
  readonly up = new Set<number>();

  of(n: number): number[] {
    return this.bound.get(n) ?? [];
  }

  private bind(address: number, n: number): void {
    this.bound.set(n, [address, ...this.of(n)]);
  }

  private unbind(address: number): number | undefined {
    for (const [n, list] of this.bound)
      if (list.includes(address)) {
        this.bound.set(
          n,
          list.filter((a) => a !== address),
        );
        return n;
      }
    return undefined;
  }

  private least(): number | undefined {
    return this.active.reduce<number | undefined>(
      (best, n) => (best === undefined || this.of(n).length < this.of(best).length ? n : best),
      undefined,
    );
  }

  private most(): number | undefined {
    return this.active.reduce<number | undefined>(
      (best, n) => (best === undefined || this.of(n).length > this.of(best).length ? n : best),
      undefined,
    );
  }

  add(address: number): void {
    this.up.add(address);
    const n = this.least();
    if (n !== undefined) this.bind(address, n);
  }

  remove(address: number): void {
    this.up.delete(address);
    const n = this.unbind(address);
    const from = this.most();
    if (n === undefined || from === undefined || this.of(from).length <= this.of(n).length + 1) return;
    const [newest] = this.of(from);
    this.unbind(newest);
    this.bind(newest, n);
  }

  activate(n: number): void {
    if (this.active.length === 0) for (const a of [...this.up].sort((x, y) => x - y)) this.bind(a, n);
    else
      for (let from = this.most() as number; this.of(from).length > this.of(n).length + 1; from = this.most() as number) {
        const [newest] = this.of(from);
        this.unbind(newest);
        this.bind(newest, n);
      }
    this.active.push(n);
  }

  deactivate(n: number): void {
    this.active.splice(this.active.indexOf(n), 1);
    const list = this.of(n);
    this.bound.set(n, []);
    for (const a of list) {
      const to = this.least();
      if (to !== undefined) this.bind(a, to);
    }
  }

  nicOf(address: number): number | null {
    for (const [n, list] of this.bound) if (list.includes(address)) return n;
    return null;
  }
}

for (const family of [V4, V6] as const)
  test(`conformance R8.1 R8.2 R8.3 R8.5: ${family === V4 ? "IPv4" : "IPv6"}, random histories: every address where the original has it`, async () => {
    let seed = 11 + family;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * n);
    };
    let bed = await Bed.make();
    for (let round = 0; round < 40; round++) {
      const nics = 1 + random(8);
      bed = await Bed.make({ nics, join: false, reuse: bed.ipmp });
      bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
      const model = new Model();
      const joined = new Set<number>();
      let next = 1;
      for (let step = 0; step < 120; step++) {
        const n = random(nics);
        const what = random(5);
        if (what <= 1) {
          const addr = family === V4 ? `10.1.${next >> 8}.${next & 255}` : `2001:db8::${next.toString(16)}`;
          next++;
          model.add(bed.add(addr));
        } else if (what === 2 && model.up.size > 0) {
          const gone = [...model.up][random(model.up.size)];
          bed.ipmp.ipifDel(bed.grp, gone);
          model.remove(gone);
        } else if (!joined.has(n)) {
          bed.join(n);
          joined.add(n);
          model.activate(n);
        } else if (model.active.includes(n)) {
          bed.link(n, false);
          model.deactivate(n);
        } else {
          const had = model.active.map((k) => model.of(k).length);
          bed.link(n, true);
          model.activate(n);
          const has = model.active.map((k) => model.of(k).length);
          // R8.2, of whatever was even before
          if (had.length > 0 && Math.max(...had) - Math.min(...had) <= 1) assert.ok(Math.max(...has) - Math.min(...has) <= 1);
        }
        for (const a of model.up) assert.equal(bed.boundTo(a), model.nicOf(a), `round ${round} step ${step}: address ${a}`);
      }
      bed.invariants();
    }
    await bed.check();
  });

for (const family of [V4, V6] as const)
  test(`conformance R8.4: ${family === V4 ? "IPv4" : "IPv6"}: the last member goes, all is unbound; whichever comes first gets all, probed`, async () => {
    for (let first = 0; first < 3; first++) {
      const bed = await Bed.make({ nics: 3 });
      bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
      bed.addMany(7, family);
      bed.pass(20_000);
      bed.ctl();
      for (const n of [1, 0, 2]) bed.link(n, false);
      assert.ok(bed.ipifs().every((a) => a.bound === null));
      assert.equal(bed.ipmp.grp(bed.grp).state, PG.FAILED);
      bed.pass(1000);
      bed.ctl();
      bed.events();
      bed.link(first, true);
      assert.deepEqual(
        bed.counts(family),
        [0, 1, 2].map((n) => (n === first ? 7 : 0)),
      );
      assert.deepEqual(
        bed.events("GRP_RUNNING").map((e) => e.new),
        [1],
      );
      bed.pass(2000);
      const probes = bed.ctl().filter((f) => f.kind === "PROBE");
      assert.equal(probes.length, 21, "three for each");
      assert.ok(probes.every((f) => f.nic === first));
      await bed.check();
    }
  });

test("conformance R8.6: who takes over announces and does not probe: on activation, on failure, on removal, both families", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.grpSet(bed.grp, "FLAP_MAX", 0);
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_AGAIN_MS", 20_000);
  const four = bed.addMany(9);
  bed.addMany(9, V6);
  bed.pass(60_000);
  while (bed.ctl().length) bed.pass(10);
  /** The kinds of what is said within 100 ms of a change, and by whom. */
  const said = (change: () => void): string[] => {
    change();
    bed.pass(100);
    return bed.ctl().map((f) => `${f.kind} nic${f.nic}`);
  };
  const failure = said(() => bed.link(1, false));
  assert.equal(failure.length, 6, "three addresses of each family moved");
  assert.ok(failure.every((s) => s === "ANNOUNCE nic0" || s === "ANNOUNCE nic2"));
  bed.pass(60_000);
  bed.ctl();
  assert.deepEqual(
    said(() => bed.link(1, true)),
    Array(6).fill("ANNOUNCE nic1"),
  );
  bed.pass(60_000);
  bed.ctl();
  const own = four.filter((a) => bed.boundTo(a) === 2);
  const removal = said(() => {
    for (const a of own.slice(0, 2)) bed.ipmp.ipifDel(bed.grp, a);
  });
  assert.deepEqual(removal, ["ANNOUNCE nic2"], "one came over, as 3 is more than 1 + 1");
  await bed.check();
});
