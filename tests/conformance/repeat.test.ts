// When announcements are repeated: the second soon after the first, which nobody acknowledges, and the others an interval apart.

import assert from "node:assert/strict";
import { test } from "node:test";
import { arpFrame, BROADCAST } from "../../host/io/memory/packet.js";
import { Bed, GROUP_MAC, nicMac } from "./bed.js";

const STEP = 10;

/** The milliseconds from now, in steps of ten, at which something leaves; all of it is announcements by nic1. */
function announced(bed: Bed, ms: number): number[] {
  const seen: number[] = [];
  for (let at = 0; at <= ms; at += STEP) {
    for (const frame of bed.ctl()) {
      assert.deepEqual([frame.kind, frame.nic], ["ANNOUNCE", 1]);
      seen.push(at);
    }
    bed.pass(STEP);
  }
  return seen;
}

/** A quiet group of two NICs with one of each kind that is announced at nic0. */
async function settled(kind: string): Promise<Bed> {
  const bed = await Bed.make();
  if (kind === "proxy") bed.ipmp.arpentCreate(bed.grp, { addr: "10.0.0.200", mac: nicMac(0) });
  else bed.add(kind === "IPv4" ? "10.0.0.1" : "2001:db8::1", { verified: true });
  bed.pass(20_000);
  bed.ctl();
  return bed;
}

for (const kind of ["IPv4", "IPv6", "proxy"]) {
  test(`${kind}: five announcements, the second 100 ms after the first, the others 2 s apart`, async () => {
    const bed = await settled(kind);
    bed.link(0, false);
    assert.deepEqual(announced(bed, 20_000), [0, 100, 2100, 4100, 6100]);
    await bed.check();
  });

  test(`${kind}: the original's 2 s between all of them, where the group asks for that (R5)`, async () => {
    const bed = await settled(kind);
    bed.ipmp.grpSet(bed.grp, "ANNOUNCE_AGAIN_MS", 20_000);
    bed.link(0, false);
    assert.deepEqual(announced(bed, 20_000), [0, 2000, 4000, 6000, 8000]);
    await bed.check();
  });

  test(`${kind}: one announcement is not repeated, and no interval is longer than the group's`, async () => {
    for (const [count, interval, times] of [
      [1, 2000, [0]],
      [2, 2000, [0, 100]],
      [3, 50, [0, 50, 100]],
    ] as const) {
      const bed = await settled(kind);
      bed.ipmp.grpSet(bed.grp, "ANNOUNCE_COUNT", count);
      bed.ipmp.grpSet(bed.grp, "ANNOUNCE_INTERVAL_MS", interval);
      bed.link(0, false);
      assert.deepEqual(announced(bed, 20_000), times);
    }
  });
}

test("an address that the stack uses in a VLAN is announced there by the same times", async () => {
  const bed = await settled("IPv4");
  const asks = arpFrame(BROADCAST, GROUP_MAC, { op: 1, spa: "10.5.0.1", tpa: "10.5.0.9", sha: GROUP_MAC });
  bed.transmit(Uint8Array.of(...asks.subarray(0, 12), 0x81, 0, 0, 5, ...asks.subarray(12)));
  bed.link(0, false);
  assert.deepEqual(announced(bed, 20_000), [0, 0, 100, 100, 2100, 2100, 4100, 4100, 6100, 6100]);
});

test("a shorter time to the second counts for addresses that already wait, and they keep their order", async () => {
  const bed = await settled("IPv4");
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_AGAIN_MS", 1000);
  bed.link(0, false);
  assert.deepEqual(announced(bed, 200), [0]);
  await bed.check();
  bed.ipmp.grpSet(bed.grp, "ANNOUNCE_AGAIN_MS", 50);
  bed.add("10.0.0.9", { verified: true });
  assert.deepEqual(announced(bed, 1000), [0, 50, 50]);
  await bed.check();
});
