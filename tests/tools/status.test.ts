// `holdfast status` beyond its plain form: one screen, narrowed, with what happened lately; and which events a filter passes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { passes } from "../../host/cli/events.js";
import { screen } from "../../host/cli/screen.js";
import { narrow } from "../../host/cli/select.js";
import type { EventRecord } from "../../host/daemon/events.js";
import { EVENTS_KEPT, History } from "../../host/daemon/history.js";
import { address, group, member, report, SAMPLE } from "./reports.js";

const NOW = Date.parse("2026-11-23T10:00:30.000Z");
const event = (seconds: number, text: string, more: Partial<EventRecord> = {}): EventRecord => ({
  time: new Date(NOW - 1000 * seconds).toISOString(),
  seq: 1,
  event: "if_state",
  level: "info",
  text,
  group: "ipmp0",
  nic: "eth1",
  ...more,
});

test("probed members, shares of flows, and why it came to be so", () => {
  const events = [
    event(400, "oldest"),
    event(300, "eth1: old"),
    event(14, "eth4: carrier down"),
    event(13, "ipmp0: 2 addresses bound anew", { event: "rebind" }),
    event(12.5, "eth4: running -> failed (carrier)", { level: "warn" }),
    event(12, "ipmp9: other", { group: "ipmp9" }),
    event(1.2, "192.0.2.10 is also claimed by 02:00:00:00:00:09", { event: "conflict", level: "warn" }),
  ];
  const first = screen(narrow(SAMPLE, "ipmp0"), null, { events, now: NOW }).trimEnd();
  assert.equal(
    first,
    `ipmp0: DEGRADED for 60 s, policy flow, MTU 1500, ipv4 and ipv6, detection within 10.00 s
  NIC   STATE                     LINK  PROBE     ACTIVE      FLOWS  ADDR  SINCE  WHY
  eth1  running                   up    ok        ipv4* ipv6  50%    0     60 s   membership
  eth2  running                   up    unknown   ipv4 ipv6*  50%    0     60 s   membership
  eth3  running,standby,inactive  up    disabled  -           50%    0     60 s   membership
  eth4  failed                    down  failed    -           50%    0     60 s   membership
  gone  absent                    down  disabled  -           -      0     -      membership

  ADDRESS          STATE      NIC   SINCE
  192.0.2.10/24    up         eth1  60 s
  2001:db8::10/64  up         eth2  60 s
  192.0.2.11/24    up         -     -
  192.0.2.12/24    duplicate  -     -

  lately:
  5 min ago  eth1: old
   14 s ago  eth4: carrier down
   12 s ago  eth4: running -> failed (carrier)
  1.2 s ago  192.0.2.10 is also claimed by 02:00:00:00:00:09
`.trimEnd(),
  );
});

test("families that differ in their flows are told apart", () => {
  const two = report(group("g", [member("a", { buckets: { ipv4: 64, ipv6: 256 } }), member("b", { buckets: { ipv4: 192, ipv6: 0 } })]));
  assert.match(screen(two, null), / {2}a .* 25% 100% .*\n {2}b .* 75% 0% /);
});

test("many addresses: as many as a screen has room for, the others by who carries them; --all shows all", () => {
  const many = (n: number) =>
    report(
      group("g", [member("eth1"), member("eth2")], {
        addresses: Array.from({ length: n }, (_, i) => address(`10.0.${i >> 8}.${i & 255}/16`, i % 3 === 0 ? "eth1" : "eth2")),
      }),
    );
  const lines = screen(many(4096), null).split("\n");
  assert.ok(lines.length < 30);
  assert.ok(lines.includes("  and 4080 more (eth2 2720, eth1 1360); --all shows them"), lines.join("\n"));
  assert.equal(screen(many(4096), null, { all: true }).split("\n").length, 4096 + 8);
  assert.doesNotMatch(screen(many(17), null), /more/);
});

test("narrowed to a group, a NIC, an address", () => {
  const names = (name: string) =>
    narrow(SAMPLE, name).groups.map((g) => [g.name, g.members.map((m) => m.name).join(), g.addresses.map((a) => a.address).join()]);
  assert.deepEqual(names("eth2"), [["ipmp0", "eth2", "2001:db8::10/64"]]);
  assert.deepEqual(names("192.0.2.10"), [["ipmp0", "eth1", "192.0.2.10/24"]]);
  assert.deepEqual(names("192.0.2.11/24"), [["ipmp0", "", "192.0.2.11/24"]]);
  assert.equal(names("ipmp0").length, 1);
  assert.throws(() => narrow(SAMPLE, "ipmp1"), {
    name: "Refusal",
    message:
      'ipmp1: no such group, NIC or address; did you mean "ipmp0"?; there are: ipmp0, a-rather-long1, eth1, eth2, eth3, eth4, gone, ' +
      "enp0s31f6np1v3, eth6, 192.0.2.10, 2001:db8::10, 192.0.2.11, 192.0.2.12, 203.0.113.5",
  });
});

test("filters of events: all that are given must pass", () => {
  const e = event(0, "x", { level: "warn" });
  assert.ok(passes(e, { level: "debug" }));
  assert.ok(passes(e, { level: "warn", group: "ipmp0", nic: "eth1", event: "if_state" }));
  for (const no of [{ level: "error" }, { level: "debug", group: "g" }, { level: "debug", nic: "eth2" }, { level: "debug", event: "link" }])
    assert.equal(passes(e, no), false, JSON.stringify(no));
});

test("the memory of events is bounded, and keeps the last", () => {
  const history = new History<number>();
  for (let i = 0; i < 5000; i++) {
    history.add(i);
    assert.deepEqual(history.last(2), i === 0 ? [0] : [i - 1, i]);
  }
  assert.equal(history.last(10_000).length, EVENTS_KEPT);
  assert.deepEqual(history.last(0), []);
});
