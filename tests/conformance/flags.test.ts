// The flag rules of R1.9 and the states of R1.3, one by one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PHYI, PI } from "../../host/core/abi/ipmp.js";
import { Bed, refused, V4, V6 } from "./bed.js";

const { STANDBY, INACTIVE, FAILED, OFFLINE, HWADDRDUP, RUNNING } = PHYI;

test("conformance R8.8: every set of flags a detector may ask for, in every state of a member: FAILED and INACTIVE never meet", async () => {
  const ask = [STANDBY, INACTIVE, FAILED];
  let refusals = 0;
  for (const prepare of ["fresh", "failed", "offline", "standby", "held back", "no carrier"]) {
    for (let set = 0; set < 8; set++) {
      for (let clear = 0; clear < 8; clear++) {
        const bed = await made(prepare);
        const [nic] = bed.nics;
        const before = bed.flags(0);
        const [s, c] = [set, clear].map((bits) => ask.reduce((sum, flag, i) => sum | ((bits >> i) & 1 ? flag : 0), 0));
        const what = `${prepare}: set ${s}, clear ${c} of ${before}`;
        const contradiction = (s & c) !== 0;
        const standbyOfWaiting = (s & STANDBY) !== 0 && (before & INACTIVE) !== 0 && (before & STANDBY) === 0;
        const repaired = (before & RUNNING) !== 0 ? c & FAILED : 0;
        const both = (s & INACTIVE) !== 0 && (((before & ~repaired) | s) & (FAILED | OFFLINE)) !== 0;
        if (contradiction || standbyOfWaiting || both) {
          assert.equal(
            refused(() => bed.ipmp.setFlags(nic, s, c)),
            "EINVAL",
            what,
          );
          assert.equal(bed.flags(0), before, what);
          refusals++;
          continue;
        }
        const now = bed.ipmp.setFlags(nic, s, c);
        assert.ok((now & FAILED) === 0 || (now & INACTIVE) === 0, `${what} gives ${now}`);
        assert.equal((now & STANDBY) !== 0, (((before & ~c) | s) & STANDBY) !== 0, what);
        if ((s & FAILED) !== 0) assert.ok((now & FAILED) !== 0, what);
        bed.invariants();
      }
    }
  }
  assert.ok(refusals > 100, `${refusals}`);
});

/** A group of two whose first member is as said. */
async function made(state: string): Promise<Bed> {
  const bed = await Bed.make({ nics: 2, failback: state !== "held back", standby: state === "standby" ? [0] : [] });
  const [nic] = bed.nics;
  if (state === "failed") bed.ipmp.setFlags(nic, FAILED, 0);
  if (state === "no carrier" || state === "held back") bed.link(0, false);
  if (state === "held back") bed.link(0, true);
  if (state === "offline") bed.ipmp.offline(nic, 0);
  return bed;
}

test("conformance R1.9: flags that are not the administrator's are refused: OFFLINE, HWADDRDUP, RUNNING, and bits that are none", async () => {
  const bed = await Bed.make();
  for (const flag of [OFFLINE, HWADDRDUP, RUNNING, 64, 0x8000_0000]) {
    const before = bed.flags(0);
    for (const call of [() => bed.ipmp.setFlags(bed.nics[0], flag, 0), () => bed.ipmp.setFlags(bed.nics[0], 0, flag)])
      assert.equal(refused(call), "EINVAL");
    assert.equal(bed.flags(0), before);
  }
});

test("conformance R1.9: STANDBY sets INACTIVE too, unless the NIC has failed; clearing it clears INACTIVE", async () => {
  const bed = await Bed.make({ nics: 3 });
  bed.ipmp.setFlags(bed.nics[1], STANDBY, 0);
  assert.ok(bed.has(1, "STANDBY") && bed.has(1, "INACTIVE"));
  bed.link(2, false);
  bed.ipmp.setFlags(bed.nics[2], STANDBY, 0);
  assert.ok(bed.has(2, "STANDBY") && !bed.has(2, "INACTIVE"), "one that failed does not wait to be used");
  bed.link(2, true);
  assert.ok(bed.has(2, "INACTIVE"), "repaired, it stands by");
  for (const n of [1, 2]) {
    bed.ipmp.setFlags(bed.nics[n], 0, STANDBY);
    assert.ok(!bed.has(n, "STANDBY") && !bed.has(n, "INACTIVE") && bed.active(n));
  }
  await bed.check();
});

test("conformance R1.9: STANDBY on a NIC that is offline sets no INACTIVE (the original sets it): offline says it all", async () => {
  const bed = await Bed.make();
  bed.ipmp.offline(bed.nics[0], 1);
  bed.ipmp.setFlags(bed.nics[0], STANDBY, 0);
  assert.ok(bed.has(0, "STANDBY") && !bed.has(0, "INACTIVE"));
  bed.ipmp.undoOffline(bed.nics[0]);
  assert.ok(bed.has(0, "INACTIVE"), "back, it stands by");
  await bed.check();
});

test("conformance R1.9: of a NIC that is held back without failback, clearing STANDBY, which it has not, changes nothing", async () => {
  const bed = await Bed.make({ failback: false });
  bed.link(0, false);
  bed.link(0, true);
  const before = bed.flags(0);
  assert.ok(bed.has(0, "INACTIVE"));
  bed.ipmp.setFlags(bed.nics[0], 0, STANDBY);
  assert.equal(bed.flags(0), before);
  await bed.check();
});

test("conformance R1.3: the states of a member and what follows from each: data, binding, answers", async () => {
  const states: [string, (bed: Bed) => void, number, boolean][] = [
    ["active", () => {}, PI.RUNNING, true],
    ["inactive", (bed) => bed.ipmp.setFlags(bed.nics[0], INACTIVE, 0), PI.RUNNING, false],
    ["failed", (bed) => bed.ipmp.setFlags(bed.nics[0], FAILED, 0), PI.FAILED, false],
    ["offline", (bed) => bed.ipmp.offline(bed.nics[0], 1), PI.OFFLINE, false],
    ["duplicate", (bed) => bed.ipmp.setMac(bed.nics[0], bed.ipmp.phyint(bed.nics[1]).mac), PI.OFFLINE, false],
  ];
  for (const [name, enter, state, carries] of states) {
    const bed = await Bed.make();
    const a = bed.add("10.0.0.1");
    enter(bed);
    assert.equal(bed.ipmp.phyint(bed.nics[0]).state, state, name);
    for (const family of [V4, V6] as const) assert.equal(bed.active(0, family), carries, name);
    assert.equal(bed.boundTo(a), carries ? 0 : 1, name);
    await bed.check();
  }
});

test("conformance R1.3: down is a matter of one family: without an address of its own that is up, whatever the flags", async () => {
  const bed = await Bed.make({ nics: 2, standby: [1] });
  bed.ipmp.illUp(bed.nics[0], V4, 0);
  assert.deepEqual([bed.active(0, V4), bed.active(0, V6)], [false, true]);
  bed.ipmp.illUp(bed.nics[0], V6, 0);
  assert.ok(!bed.has(1, "INACTIVE"), "nobody else is usable: the standby works");
  bed.ipmp.illUp(bed.nics[0], V4, 2);
  assert.ok(bed.active(0, V4) && bed.has(1, "INACTIVE"));
  await bed.check();
});

test("conformance R1.9: a NIC in no group has STANDBY only; it brings it along when it joins", async () => {
  const bed = await Bed.make({ nics: 2, join: false });
  for (const flag of [INACTIVE, FAILED])
    assert.equal(
      refused(() => bed.ipmp.setFlags(bed.nics[0], flag, 0)),
      "ENODEV",
    );
  bed.ipmp.setFlags(bed.nics[0], STANDBY, 0);
  bed.join(1);
  bed.join(0);
  assert.ok(bed.has(0, "STANDBY") && bed.has(0, "INACTIVE"));
  bed.ipmp.leave(bed.nics[0]);
  assert.ok(bed.has(0, "STANDBY") && !bed.has(0, "INACTIVE"));
  await bed.check();
});
