// Weights, pins and policies in the configuration: what is read, and how what contradicts itself is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../host/config/load.js";
import { group, refusal } from "./helper.js";

test("a NIC's weight counts by itself; by speed, or all alike, is said for the group", () => {
  const mode = (more: string, member = '"eth2"'): number | undefined =>
    parseConfig(group(more).replace('"eth2"', member), "f").groups[0].settings.get("WEIGHT");
  assert.equal(mode(""), 0);
  assert.equal(mode("", '{ name = "eth2", weight = 1 }'), 2);
  assert.equal(mode('weight = "configured"'), 2);
  assert.equal(mode('weight = "speed"'), 1);
  assert.equal(mode('weight = "equal"'), 0);
});

const heavy = (more: string): string => group(more).replace('"eth2"', '{ name = "eth2", weight = 5 }');

const shares: [string, string, string][] = [
  ["weight 0", heavy("").replace("5", "0"), "3:46: group[0].members[1].weight: found 0; allowed: a whole number from 1 to 1000"],
  [
    "weight as a float",
    heavy("").replace("5", "5.0"),
    "3:46: group[0].members[1].weight: found 5.0; allowed: a whole number, written without a point or exponent",
  ],
  [
    "a weight that does not count",
    heavy('weight = "speed"'),
    '3:46: group[0].members[1].weight: found a weight, but the group\'s are "speed"; allowed: weights of NICs with weight = "configured"',
  ],
  ["another weight", group('weight = "fast"'), '4:10: group[0].weight: found "fast"; allowed: "equal", "speed", "configured"'],
  ["another tunnel", group('encap = ["gre", "geneve"]'), '4:17: group[0].encap[1]: found "geneve"; allowed: "vxlan", "gre", "ip-in-ip"'],
  [
    "a tunnel twice",
    group('encap = ["gre", "gre"]'),
    '4:9: group[0].encap: found a list of 2; allowed: a list of "vxlan", "gre", "ip-in-ip"',
  ],
  ["port 0", group("vxlan_port = 0"), "4:14: group[0].vxlan_port: found 0; allowed: a whole number from 1 to 65535"],
  ["another rule", group('rebalance = "oldest"'), '4:13: group[0].rebalance: found "oldest"; allowed: "newest", "least-traffic"'],
  [
    "a pin that is no address",
    group('pins = { "192.0.2.1/24" = "eth1" }'),
    '4:27: group[0].pins."192.0.2.1/24": found "192.0.2.1/24"; allowed: an address without prefix, as in "192.0.2.10" or "2001:db8::10"',
  ],
  [
    "a pin to a stranger",
    group('pins = { "192.0.2.1" = "eth9" }'),
    '4:24: group[0].pins."192.0.2.1": found "eth9", which is not in the group; allowed: eth1, eth2',
  ],
  [
    "a pin of another family",
    group('families = ["ipv4"]\npins = { "2001:db8::1" = "eth1" }'),
    '5:26: group[0].pins."2001:db8::1": found "2001:db8::1", but the group does not carry IPv6; allowed: addresses of its families',
  ],
  [
    "an address pinned twice",
    group('pins = { "2001:db8::1" = "eth1", "2001:DB8::1" = "eth2" }'),
    '4:50: group[0].pins."2001:DB8::1": found "2001:DB8::1" a second time; allowed: each address once',
  ],
  [
    "pins that are no table",
    group('pins = ["192.0.2.1"]'),
    '4:8: group[0].pins: found a list of 1; allowed: a table of at most 4096, as in { "192.0.2.10" = "eth1" }',
  ],
  [
    "a pin to a number",
    group('pins = { "192.0.2.1" = 1 }'),
    '4:24: group[0].pins."192.0.2.1": found 1; allowed: the name of a NIC of the group',
  ],
];
for (const [name, text, line] of shares) test(`refused: ${name}`, () => assert.deepEqual(refusal(text), [line]));
