// Probing in the configuration: test addresses, targets, watchers; and how what contradicts itself is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../host/config/load.js";
import { group, refusal } from "./helper.js";

const tested = (list: string, more = ""): string => group(more).replace('"eth2"', `{ name = "eth2", test_addresses = [${list}] }`);

test("test addresses, targets and watchers are read", () => {
  const { groups } = parseConfig(
    tested(
      '"192.0.2.102/24", "link-local"',
      `watch = ["arp-nd", "icmp"]
watch_mode = "all"
detection_time_ms = 30
probe_fails = 2
probe_repairs = 40
probe_quiet_ms = 0
probe_recovery_ms = 3_600_000
probe_settling_ms = 1
probe_targets_max = 16
probe_discovery = false
probe_evidence = true
routers = false
targets = ["192.0.2.1", "2001:DB8:0::1"]
resolve_targets = ["192.0.2.2"]`,
    ),
    "f",
  );
  const [g] = groups;
  assert.deepEqual(
    g.members.map((m) => m.tests),
    [
      [],
      [
        { family: 0, cidr: "192.0.2.102/24" },
        { family: 1, cidr: null },
      ],
    ],
  );
  const keys = ["WATCH", "WATCH_ALL", "FDT_MS", "PROBE_FAILS", "PROBE_REPAIRS", "QUIET_MS", "RECOVERY_MS", "SETTLING_MS"] as const;
  assert.deepEqual(
    [...keys, "TARGETS_MAX" as const, "DISCOVERY" as const, "EVIDENCE" as const].map((k) => g.settings.get(k)),
    [3, 1, 30, 2, 40, 0, 3_600_000, 1, 16, 0, 1],
  );
  assert.equal(g.routers, false);
  assert.deepEqual(g.targets, [
    { family: 0, addr: "192.0.2.1" },
    { family: 1, addr: "2001:db8::1" },
  ]);
  assert.deepEqual(g.resolveTargets, [{ family: 0, addr: "192.0.2.2" }]);
  assert.equal(parseConfig(group("watch = []"), "f").groups[0].settings.get("WATCH"), 0);
});

const many = Array.from({ length: 17 }, (_, i) => `"192.0.2.${i + 1}"`).join(", ");

const refused: [string, string, string][] = [
  [
    "a test address without prefix",
    tested('"192.0.2.1"'),
    '3:55: group[0].members[1].test_addresses[0]: found "192.0.2.1", which has no prefix; allowed: an address with its prefix, as in "192.0.2.10/24" or "2001:db8::10/64"',
  ],
  [
    "two of a family",
    tested('"192.0.2.1/24", "192.0.2.2/24"'),
    '3:71: group[0].members[1].test_addresses[1]: found "192.0.2.2/24", a second one of IPv4; allowed: one a family',
  ],
  [
    "link-local without IPv6",
    tested('"link-local"', 'families = ["ipv4"]'),
    '3:55: group[0].members[1].test_addresses[0]: found "link-local", but the group does not carry IPv6; allowed: addresses of the group\'s families',
  ],
  [
    "a data address",
    tested('"192.0.2.7/24"', 'addresses = ["192.0.2.7/24"]'),
    '3:54: group[0].members[1].test_addresses: found 192.0.2.7, which is a data address of "ipmp0" already; allowed: an address that only this NIC has',
  ],
  [
    "a target",
    tested('"192.0.2.7/24"', 'targets = ["192.0.2.7"]'),
    '3:54: group[0].members[1].test_addresses: found 192.0.2.7, which is a target of "ipmp0" already; allowed: an address that only this NIC has',
  ],
  [
    "a target with prefix",
    group('targets = ["192.0.2.1/24"]'),
    '4:12: group[0].targets[0]: found "192.0.2.1/24"; allowed: an address without prefix, as in "192.0.2.1" or "2001:db8::1"',
  ],
  [
    "a multicast target",
    group('targets = ["224.0.0.1"]'),
    '4:12: group[0].targets[0]: found "224.0.0.1", which is a multicast address; allowed: a unicast address of this host',
  ],
  [
    "a target twice",
    group('targets = ["::2", "0::2"]'),
    '4:19: group[0].targets[1]: found "0::2" a second time; allowed: each target once',
  ],
  [
    "too many targets",
    group(`resolve_targets = [${many}]`),
    '4:235: group[0].resolve_targets[16]: found "192.0.2.17", one more than 16 of IPv4; allowed: at most 16 of a family',
  ],
  ["another watcher", group('watch = ["bfd"]'), '4:10: group[0].watch[0]: found "bfd"; allowed: "icmp", "arp-nd"'],
  ["another mode", group('watch_mode = "most"'), '4:14: group[0].watch_mode: found "most"; allowed: "any", "all"'],
  [
    "too short a time",
    group("detection_time_ms = 29"),
    "4:21: group[0].detection_time_ms: found 29; allowed: a whole number of milliseconds from 30 to 600000",
  ],
];

for (const [what, text, expected] of refused)
  test(`refused: ${what}`, () => {
    assert.deepEqual(refusal(text), [expected]);
  });
