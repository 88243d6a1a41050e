// Weights, pins and policies of the configuration on real devices: applied, shown, changed by a reload, kept over a restart.

import assert from "node:assert/strict";
import { Bed, onDevices } from "./bed.js";

const ADDRESSES = ["10.8.0.11", "10.8.0.12", "10.8.0.13", "10.8.0.14"];

const config = (members: string, more = ""): string =>
  `[[group]]\nname = "ipmp0"\nmembers = [${members}]\nconflict_probe_count = 0\n` +
  `addresses = [${ADDRESSES.map((a) => `"${a}/24"`).join(", ")}]\nfamilies = ["ipv4"]\n${more}`;

/** How many of the addresses each NIC has. */
const counts = (bed: Bed): number[] => bed.group().members.map((m) => m.addresses);
const nicOf = (bed: Bed, address: string): string | null | undefined =>
  bed.group().addresses.find((a) => a.address === `${address}/24`)?.nic;
const shares = (bed: Bed): number[] => bed.group().members.map((m) => m.buckets.ipv4);

onDevices("weights: configured, by the drivers' speed, equal again, each by a reload; traffic goes on", async (t) => {
  const bed = new Bed(t);
  bed.write(config('{ name = "eth1", weight = 3 }, "eth2"'));
  bed.up();
  await bed.until(() =>
    assert.deepEqual(
      [counts(bed), shares(bed)],
      [
        [3, 1],
        [192, 64],
      ],
    ),
  );
  assert.equal(bed.group().weight, "configured");
  assert.deepEqual(
    bed.group().members.map((m) => m.weight),
    [3, 1],
  );
  assert.ok(bed.ping("10.8.0.2"));
  bed.write(config('"eth1", { name = "eth2", weight = 7 }', 'policy = "round-robin"\n'));
  const said = bed.ok("reload");
  assert.match(said, /ipmp0: eth1: weight 1/);
  assert.match(said, /ipmp0: eth2: weight 7/);
  await bed.until(() =>
    assert.deepEqual(
      [counts(bed), shares(bed)],
      [
        [0, 4],
        [32, 224],
      ],
    ),
  );
  assert.equal(bed.group().policy, "round-robin");
  assert.ok(bed.ping("10.8.0.2"));
  bed.write(config('"eth1", "eth2"', 'weight = "speed"\nencap = ["gre"]\nrebalance = "least-traffic"\n'));
  bed.ok("reload");
  await bed.until(() =>
    assert.deepEqual(
      [counts(bed), shares(bed)],
      [
        [2, 2],
        [128, 128],
      ],
    ),
  );
  const g = bed.group();
  assert.deepEqual([g.weight, g.encap, g.rebalance, g.policy], ["speed", ["gre"], "least-traffic", "flow"]);
  // a veth's driver says 10 Gbit/s
  assert.deepEqual(
    g.members.map((m) => [m.speed, m.weight]),
    [
      [10_000, 10_000],
      [10_000, 10_000],
    ],
  );
  assert.ok(bed.ping("10.8.0.2"));
  bed.ok("down");
});

onDevices(
  "pins: applied, changed by a reload, kept over a restart; a NIC that was taken out and comes back has its own again",
  async (t) => {
    const bed = new Bed(t);
    const pins = (...list: [string, string][]): string => `pins = { ${list.map(([a, n]) => `"${a}" = "${n}"`).join(", ")} }\n`;
    bed.write(config('"eth1", "eth2"', pins([ADDRESSES[0], "eth2"], [ADDRESSES[1], "eth2"], ["10.8.0.99", "eth1"])));
    bed.up();
    const pinned = (): (string | null)[] => bed.group().addresses.map((a) => a.pinned);
    await bed.until(() => assert.deepEqual(pinned(), ["eth2", "eth2", null, null]));
    assert.deepEqual([nicOf(bed, ADDRESSES[0]), nicOf(bed, ADDRESSES[1])], ["eth2", "eth2"]);
    assert.deepEqual(counts(bed), [2, 2]);
    // an address that comes later
    bed.host.ip("addr add 10.8.0.99/24 dev ipmp0");
    await bed.until(() => assert.equal(nicOf(bed, "10.8.0.99"), "eth1"));
    // its NIC fails, and returns
    bed.ok("offline", "eth2");
    await bed.until(() => assert.equal(nicOf(bed, ADDRESSES[0]), "eth1"));
    assert.ok(bed.ping("10.8.0.2"));
    bed.ok("undo-offline", "eth2");
    await bed.until(() => assert.equal(nicOf(bed, ADDRESSES[0]), "eth2"));
    // killed, and meanwhile the configuration has other pins
    bed.ok("down", "--keep");
    bed.write(config('"eth1", "eth2"', pins([ADDRESSES[0], "eth1"])));
    bed.up();
    await bed.until(() => assert.deepEqual(pinned(), ["eth1", null, null, null, null]));
    assert.equal(nicOf(bed, ADDRESSES[0]), "eth1");
    // a reload changes one and takes none away from the others
    bed.write(config('"eth1", "eth2"', pins([ADDRESSES[0], "eth1"], [ADDRESSES[2], "eth1"], [ADDRESSES[3], "eth1"])));
    assert.match(bed.ok("reload"), /ipmp0: 10\.8\.0\.13 pinned to eth1\n/);
    for (const a of [ADDRESSES[0], ADDRESSES[2], ADDRESSES[3]]) assert.equal(nicOf(bed, a), "eth1");
    // the NIC leaves the group and comes back: its pins are there again
    bed.write(config('"eth2"'));
    bed.ok("reload");
    await bed.until(() => assert.deepEqual(counts(bed), [5]));
    bed.write(config('"eth1", "eth2"', pins([ADDRESSES[1], "eth1"])));
    bed.ok("reload");
    await bed.until(() => assert.equal(nicOf(bed, ADDRESSES[1]), "eth1"));
    bed.write(config('"eth1", "eth2"', pins([ADDRESSES[1], "eth3"])));
    assert.match(bed.refused("reload"), /pins\."10\.8\.0\.12": found "eth3", which is not in the group/);
    bed.ok("down");
  },
);
