// The words for the module's events: every type has some, with names and never handles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENT, type IpmpEvent } from "../../host/core/index.js";
import { describeEvent, type Names } from "../../host/daemon/events.js";

const names: Names = { group: (g) => (g === null ? undefined : `grp${g}`), nic: (p) => (p === null ? undefined : `nic${p}`) };
const blank: IpmpEvent = {
  time: process.hrtime.bigint(),
  seq: 5,
  type: 0,
  name: "",
  family: 1,
  cause: 1,
  grp: 3,
  phyint: 7,
  old: 0,
  new: 1,
  count: 2,
  addr: "2001:db8::1",
  mac: "02:00:00:00:00:09",
  start: 0n,
  watcher: 0,
};
const told = (name: keyof typeof EVENT, more: Partial<IpmpEvent> = {}) =>
  describeEvent({ ...blank, type: EVENT[name], name, ...more }, names);

test("every type of event has words of its own", () => {
  const texts = new Set<string>();
  for (const name of Object.keys(EVENT) as (keyof typeof EVENT)[]) {
    if (name === "NONE") continue;
    const e = told(name);
    assert.equal(e.event, name.toLowerCase());
    assert.doesNotMatch(e.text, /undefined|null|\?|^event /, name);
    assert.match(e.text, /^(grp3|nic7): /, name);
    assert.ok(Math.abs(Date.parse(e.time) - Date.now()) < 5000);
    texts.add(e.text);
  }
  assert.equal(texts.size, Object.keys(EVENT).length - 1);
});

const samples: [keyof typeof EVENT, Partial<IpmpEvent>, string, string][] = [
  ["GRP_STATE", { old: 0, new: 1 }, "grp3: group ok -> degraded", "warn"],
  ["GRP_STATE", { old: 1, new: 0 }, "grp3: group degraded -> ok", "info"],
  ["IF_STATE", { old: 2, new: 3, cause: 1 }, "nic7: running -> failed (carrier)", "warn"],
  ["IF_STATE", { old: 3, new: 2, cause: 0 }, "nic7: failed -> running", "info"],
  ["MEMBER_CHANGE", { new: 1 }, "nic7: joined grp3", "info"],
  ["ILL_ACTIVE", { new: 0 }, "nic7: no longer carries IPv6", "info"],
  ["CAST", { old: 65535, new: 4 }, "grp3: IPv6 broadcast and multicast: none -> nic4", "debug"],
  ["REBIND", { count: 1 }, "grp3: 1 address bound anew (nic7)", "info"],
  ["REBIND", { count: 2, phyint: null }, "grp3: 2 addresses bound anew (to even out)", "info"],
  ["WEIGHT", { old: 1, new: 25 }, "nic7: weight 1 -> 25", "info"],
  ["PIN", { new: 1, count: 0 }, "grp3: 2001:db8::1 pinned to nic7", "info"],
  ["PIN", { new: 0, addr: null, count: 3 }, "grp3: 3 addresses no longer pinned to nic7", "info"],
  ["ADDR_STATE", { new: 2, phyint: null }, "grp3: 2001:db8::1 duplicate", "error"],
  ["ADDR_STATE", { new: 2 }, "nic7: test address 2001:db8::1 duplicate", "error"],
  ["CONFLICT", { new: 0 }, "grp3: 2001:db8::1 is also claimed by 02:00:00:00:00:09", "warn"],
  ["CONFLICT", { new: 1 }, "grp3: 2001:db8::1 is also claimed by 02:00:00:00:00:09; given up", "warn"],
  ["MCAST_FULL", {}, "grp3: more IPv6 multicast memberships than are remembered", "warn"],
  [
    "PROBE_ACKED",
    { old: 1_000_000, new: 2000, start: blank.time - 1_500_000n },
    "nic7: 2001:db8::1 answered probe 2 after 1.500 ms",
    "debug",
  ],
  ["TARGET_STATE", { old: 1, new: 4 }, "nic7: target 2001:db8::1 active -> dead", "warn"],
  ["FDT", { old: 10000, new: 20000 }, "grp3: detection time 10000 ms -> 20000 ms", "warn"],
  ["FLAP", { new: 1 }, "nic7: held failed: carrier came and went too often", "warn"],
  ["IF_FLAGS", { old: 0, new: 5 }, "nic7: flags none -> standby,failed", "debug"],
];
for (const [name, more, text, level] of samples)
  test(`${name}: ${text}`, () => {
    const e = told(name, more);
    assert.deepEqual([e.text, e.level], [text, level]);
  });
