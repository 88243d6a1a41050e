// A saved state: taken back it is the same; damaged it is refused, never trusted, and never a trap.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRNO, IPIF, Ipif } from "../../host/core/abi/ipmp.js";
import { Ipmp } from "../../host/core/index.js";
import { Bed } from "./bed.js";

/** Writes a raw state region over a new instance and asks the module to take it. */
async function takeBack(state: Uint8Array): Promise<{ ipmp: Ipmp; result: number }> {
  const ipmp = await Ipmp.load();
  ipmp.state().set(state);
  return { ipmp, result: ipmp.x.ipmp_restore() };
}

test("a state that is saved and taken back goes on as if nothing had been", async () => {
  const bed = await Bed.make({ nics: 3, standby: [2] });
  bed.addMany(40);
  bed.pass(5000);
  bed.link(1, false);
  bed.ctl();
  bed.events();
  const { ipmp, result } = await takeBack(bed.ipmp.state());
  assert.equal(result, 0);
  assert.deepEqual(ipmp.ipifs(bed.grp), bed.ipmp.ipifs(bed.grp));
  assert.deepEqual(ipmp.phyints(), bed.ipmp.phyints());
  for (const each of [ipmp, bed.ipmp]) {
    each.link(bed.nics[1], true);
    each.setNow(each.now + 3_000_000_000n);
    each.timeAdvance();
  }
  assert.deepEqual(ipmp.ipifs(bed.grp), bed.ipmp.ipifs(bed.grp));
  assert.deepEqual(
    ipmp.events().map((e) => [e.name, e.old, e.new]),
    bed.ipmp.events().map((e) => [e.name, e.old, e.new]),
  );
});

test("the same calls give the same bytes", async () => {
  const [a, b] = await Promise.all([Bed.make({ nics: 4 }), Bed.make({ nics: 4 })]);
  for (const bed of [a, b]) {
    bed.addMany(100);
    bed.link(2, false);
    bed.pass(3000);
    bed.link(2, true);
  }
  assert.ok(Buffer.from(a.ipmp.state()).equals(Buffer.from(b.ipmp.state())));
});

test("a damaged state is refused or harmless: 400 single changes, then the module is used", async () => {
  const bed = await Bed.make({ nics: 4, standby: [3] });
  bed.addMany(64);
  bed.addMany(64, 1);
  bed.pass(400);
  bed.link(0, false);
  const { ipmp } = bed;
  const good = Uint8Array.from(ipmp.state());
  const used: number[] = []; // places where a change can matter
  for (let i = 0; i < good.length; i++) if (good[i] !== 0) used.push(i);
  const victim = await Ipmp.load();
  let seed = 4711;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  let refusals = 0;
  for (let round = 0; round < 400; round++) {
    victim.state().set(good);
    const at = used[random(used.length)];
    victim.u8[victim.page + at] ^= 1 << random(8);
    if (victim.x.ipmp_restore() < 0) {
      refusals++;
      assert.equal(victim.grps().length, 0, "after a refusal the module is as new");
      continue;
    }
    // Accepted: whatever it now says, using it must not trap.
    for (const p of [0, 1, 2, 3]) {
      victim.x.ipmp_phyint_link(p, 0);
      victim.x.ipmp_phyint_link(p, 1);
    }
    victim.setNow(victim.now + 10_000_000_000n);
    victim.x.ipmp_time_advance();
    victim.x.ipmp_phyint_leave_grp(1);
    for (let i = 0; i < 8; i++) victim.x.ipmp_ipif_del(0, i);
  }
  assert.ok(refusals > 60, `${refusals} of 400 refused`);
});

test("a state of another layout or no state at all is refused", async () => {
  const bed = await Bed.make();
  const other = Uint8Array.from(bed.ipmp.state());
  other[8] ^= 1; // snapshot version
  assert.equal((await takeBack(other)).result, -71);
  assert.equal((await takeBack(new Uint8Array(other.length))).result, -71);
  assert.equal((await takeBack(new Uint8Array(other.length).fill(0xff))).result, -71);
});

test("an address entry that was never in use is none, whatever a saved state has there", async () => {
  const bed = await Bed.make();
  bed.addMany(3);
  const state = Uint8Array.from(bed.ipmp.state());
  const beyond = bed.ipmp.pageWord("ipif_base") - bed.ipmp.page + 7 * Ipif.SIZE;
  state[beyond + Ipif.flags] = IPIF.USED | IPIF.UP;
  const { ipmp, result } = await takeBack(state);
  assert.equal(result, 0);
  assert.equal(ipmp.x.ipmp_ipif_up(bed.grp, 7, 0), -ERRNO.ENOENT);
  assert.equal(ipmp.x.ipmp_ipif_get(bed.grp, 7), -ERRNO.ENOENT);
});

test("an address that is bound without being up, or up without being bound, makes a state that contradicts itself", async () => {
  const bed = await Bed.make();
  bed.addMany(3);
  const place = bed.ipmp.pageWord("ipif_base") - bed.ipmp.page + Ipif.flags;
  for (const flip of [IPIF.UP, IPIF.BOUND, IPIF.DUPLICATE]) {
    const state = Uint8Array.from(bed.ipmp.state());
    state[place] ^= flip;
    assert.equal((await takeBack(state)).result, -ERRNO.EPROTO);
  }
});
