// The configuration: what is read from a right one, and how a wrong one is refused.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../host/config/config.js";
import { loadConfig, parseConfig } from "../../host/config/load.js";
import type { GrpKey } from "../../host/config/settings.js";
import { group, refusal } from "./helper.js";

const ROOT = new URL("../../../", import.meta.url);

test("defaults are filled in", () => {
  const { groups } = parseConfig(group(""), "f");
  assert.equal(groups.length, 1);
  const [g] = groups;
  assert.equal(g.name, "ipmp0");
  assert.deepEqual(g.members, [
    { name: "eth1", standby: false, weight: 1, tests: [] },
    { name: "eth2", standby: false, weight: 1, tests: [] },
  ]);
  assert.equal(g.families, 3);
  assert.equal(g.mtu, null);
  assert.deepEqual(g.addresses, []);
  assert.equal(g.pins.size, 0);
  assert.deepEqual(Object.fromEntries(g.settings), {
    POLICY: 0,
    FAILBACK: 1,
    ANNOUNCE_ALL: 0,
    ANNOUNCE_VLANS: 1,
    ANNOUNCE_REFRESH_S: 0,
    DEFEND_INTERVAL_MS: 10000,
    CONFLICT_MAX: 0,
    CONFLICT_WINDOW_MS: 30000,
    RECOVERY_S: 300,
    ANNOUNCE_COUNT: 5,
    ANNOUNCE_INTERVAL_MS: 2000,
    ANNOUNCE_AGAIN_MS: 100,
    PROBE_COUNT: 3,
    PROBE_INTERVAL_MS: 150,
    UP_DELAY_MS: 0,
    DOWN_DELAY_MS: 0,
    FLAP_MAX: 2,
    FLAP_WINDOW_MS: 60000,
    WEIGHT: 0,
    ENCAP: 7,
    VXLAN_PORT: 4789,
    REBALANCE: 0,
    FDT_MS: 10_000,
    PROBE_FAILS: 5,
    PROBE_REPAIRS: 10,
    QUIET_MS: 40_000,
    RECOVERY_MS: 60_000,
    SETTLING_MS: 60_000,
    TARGETS_MAX: 5,
    DISCOVERY: 1,
    EVIDENCE: 0,
    WATCH: 1,
    WATCH_ALL: 0,
  });
  assert.deepEqual([g.routers, g.targets, g.resolveTargets], [true, [], []]);
});

test("every key is read", () => {
  const { groups } = parseConfig(
    `[[group]]
name = "front"
members = ["eth1", { name = "eth2", standby = true, weight = 25 }]
families = ["ipv6", "ipv4"]
policy = "active-backup"
failback = false
announce_count = 20
announce_interval_ms = 10
conflict_probe_count = 0
conflict_probe_interval_ms = 20_000
up_delay_ms = 600_000
down_delay_ms = 60_000
flap_max = 0
flap_window_ms = 1
announce_on_all = true
announce_in_used_vlans = false
announce_vlans = [1, 4094, "7.5"]
announce_refresh_s = 3600
defend_interval_ms = 1_000
conflict_max = 3
conflict_window_ms = 600_000
recovery_s = 0
mtu = 9000
addresses = ["192.0.2.1/24", "2001:DB8:0:0::1/64", "fe80::1/64"]
encap = ["gre", "vxlan"]
vxlan_port = 8472
rebalance = "least-traffic"
pins = { "192.0.2.1" = "eth2", "2001:DB8:0::1" = "eth1" }
`,
    "f",
  );
  const [g] = groups;
  assert.equal(g.members[1].standby, true);
  assert.deepEqual([g.members[0].weight, g.members[1].weight], [1, 25]);
  assert.deepEqual(
    ["WEIGHT", "ENCAP", "VXLAN_PORT", "REBALANCE"].map((k) => g.settings.get(k as GrpKey)),
    [2, 3, 8472, 1],
  );
  assert.deepEqual(
    [...g.pins],
    [
      ["192.0.2.1", "eth2"],
      ["2001:db8::1", "eth1"],
    ],
  );
  assert.equal(g.mtu, 9000);
  assert.equal(g.settings.get("POLICY"), 3);
  assert.equal(g.settings.get("FAILBACK"), 0);
  assert.equal(g.settings.get("PROBE_INTERVAL_MS"), 20_000);
  assert.deepEqual(
    (["ANNOUNCE_ALL", "ANNOUNCE_VLANS", "ANNOUNCE_REFRESH_S", "DEFEND_INTERVAL_MS", "CONFLICT_MAX", "RECOVERY_S"] as const).map((k) =>
      g.settings.get(k),
    ),
    [1, 0, 3600, 1000, 3, 0],
  );
  assert.deepEqual(g.vlans, [1, 4094, ((0x2007 << 16) | 5) >>> 0]);
  assert.deepEqual(g.addresses, [
    { addr: "192.0.2.1", prefix: 24, family: 0 },
    { addr: "2001:db8::1", prefix: 64, family: 1 },
    { addr: "fe80::1", prefix: 64, family: 1 },
  ]);
});

test("the loop's setting is read, and has a default", () => {
  assert.equal(parseConfig(group(""), "f").spinUs, 0);
  assert.equal(parseConfig(`${group("")}[loop]\nspin_us = 50\n`, "f").spinUs, 50);
});

test("how frames come and go is read, and has a default", () => {
  assert.equal(parseConfig(group(""), "f").groups[0].io, "auto");
  for (const io of ["auto", "xdp", "packet"]) assert.equal(parseConfig(group(`io = "${io}"`), "f").groups[0].io, io);
  assert.match(refusal(group('io = "dpdk"'))[0], /group\[0\]\.io: found "dpdk"; allowed: "auto", "xdp", "packet"$/);
});

test("every shipped example is right", () => {
  const dir = new URL("examples/", ROOT);
  const files = readdirSync(dir).filter((f) => f.endsWith(".toml"));
  assert.ok(files.length >= 2);
  for (const f of files) assert.ok(loadConfig(new URL(f, dir).pathname).groups.length > 0);
});

test("syntax errors name line and column", () => {
  assert.match(refusal('[[group]]\nname = "ipmp0\n')[0], /^2:\d+: not valid TOML: /);
  assert.match(refusal('[[group]]\nname = "a"\nname = "b"\n')[0], /^3:\d+: not valid TOML: /);
  assert.match(refusal("[[group]]\nmtu = 99999999999999999999\n")[0], /^2:\d+: not valid TOML: /);
  assert.match(refusal('[[group]]\n"__proto__" = 1\n')[0], /^2:\d+: /);
});

const shape: [string, string, string][] = [
  ["nothing at all", "", "1:1: group: missing; needed: 1 to 64 tables, each begun by a line [[group]]"],
  ["a single table", '[group]\nname = "a"', "1:1: group: found a table; allowed: 1 to 64 tables, each begun by a line [[group]]"],
  [
    "unknown key with a near one",
    group("anounce_count = 3"),
    '4:1: group[0].anounce_count: unknown key; did you mean "announce_count"?; allowed: name, members, families, policy, failback, ' +
      "announce_on_all, announce_in_used_vlans, probe_discovery, probe_evidence, " +
      "announce_count, announce_interval_ms, announce_repeat_ms, conflict_probe_count, conflict_probe_interval_ms, up_delay_ms, down_delay_ms, flap_max, " +
      "flap_window_ms, vxlan_port, announce_refresh_s, defend_interval_ms, conflict_max, conflict_window_ms, recovery_s, " +
      "detection_time_ms, probe_fails, probe_repairs, probe_quiet_ms, probe_recovery_ms, probe_settling_ms, probe_targets_max, " +
      "announce_vlans, mtu, addresses, weight, encap, rebalance, pins, watch, watch_mode, routers, targets, resolve_targets, io",
  ],
  ["unknown key with no near one", `x = 1\n${group("")}`, "1:1: x: unknown key; allowed: group, loop"],
  ["unknown key of the loop", `${group("")}[loop]\nspin = 1`, "6:1: loop.spin: unknown key; allowed: spin_us"],
  [
    "too long a spin",
    `${group("")}[loop]\nspin_us = 1001`,
    "6:11: loop.spin_us: found 1001; allowed: a whole number of microseconds from 0 to 1000",
  ],
  [
    "spin as a float",
    `${group("")}[loop]\nspin_us = 1e1`,
    "6:11: loop.spin_us: found 1e1; allowed: a whole number, written without a point or exponent",
  ],
  [
    "unknown key of a member",
    group("").replace('"eth2"', '{ name = "eth2", stanby = true }'),
    '3:37: group[0].members[1].stanby: unknown key; did you mean "standby"?; allowed: name, standby, weight',
  ],
  ["missing members", '\n[[group]]\nname = "a"\n', "2:1: group[0].members: missing; needed: a list of 1 to 32 NICs"],
  [
    "number as text",
    group('mtu = "9000"'),
    '4:7: group[0].mtu: found "9000"; allowed: a whole number of bytes from 68 (1280 with IPv6) to 65521',
  ],
  ["number too big", group("announce_count = 21"), "4:18: group[0].announce_count: found 21; allowed: a whole number from 1 to 20"],
  [
    "number too small",
    group("announce_interval_ms = 9"),
    "4:24: group[0].announce_interval_ms: found 9; allowed: a whole number of milliseconds from 10 to 20000",
  ],
  ["fraction", group("flap_max = 1.5"), "4:12: group[0].flap_max: found 1.5; allowed: a whole number from 0 to 2"],
  ["float", group("flap_max = 1.0"), "4:12: group[0].flap_max: found 1.0; allowed: a whole number, written without a point or exponent"],
  ["not a number", group("flap_max = nan"), "4:12: group[0].flap_max: found NaN; allowed: a whole number from 0 to 2"],
  [
    "a VLAN that is none",
    group("announce_vlans = [4095]"),
    '4:19: group[0].announce_vlans[0]: found 4095; allowed: a VLAN from 1 to 4094, or "OUTER.INNER" of two tags (802.1ad)',
  ],
  ["truth as text", group('failback = "yes"'), '4:12: group[0].failback: found "yes"; allowed: true or false'],
  ["policy", group('policy = "round"'), '4:10: group[0].policy: found "round"; allowed: "flow", "next-hop", "source", "active-backup"'],
  ["family", group('families = ["ipv5"]'), '4:13: group[0].families[0]: found "ipv5"; allowed: "ipv4" or "ipv6"'],
  ["no members", '[[group]]\nname = "a"\nmembers = []', "3:11: group[0].members: found an empty list; allowed: a list of 1 to 32 NICs"],
  ["date as member", '[[group]]\nname = "a"\nmembers = [1979-05-27]', "3:12: group[0].members[0]: found a date; allowed:"],
  [
    "name too long",
    group("").replace("ipmp0", "a234567890123456"),
    '2:8: group[0].name: found "a234567890123456"; allowed: an interface name: 1 to 15 printable',
  ],
  ["name with a slash", group("").replace("ipmp0", "a/b"), '2:8: group[0].name: found "a/b"; allowed: an interface name'],
  ["name with a pattern", group("").replace("ipmp0", "ipmp%d"), '2:8: group[0].name: found "ipmp%d"; allowed: an interface name'],
  ["name that is two dots", group("").replace("ipmp0", ".."), '2:8: group[0].name: found ".."; allowed: an interface name'],
  ["name not ASCII", group("").replace("ipmp0", "ipmpé"), '2:8: group[0].name: found "ipmpé"; allowed: an interface name'],
];
for (const [name, text, line] of shape)
  test(`refused: ${name}`, () => {
    const lines = refusal(text);
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.ok(lines[0].startsWith(line), `\n  found    ${lines[0]}\n  expected ${line}`);
  });

const meaning: [string, string, string][] = [
  [
    "NIC twice in a group",
    group("").replace("eth2", "eth1"),
    '3:20: group[0].members[1]: found "eth1" a second time; allowed: each NIC once',
  ],
  [
    "NIC in two groups",
    `${group("")}[[group]]\nname = "ipmp1"\nmembers = [{ name = "eth2" }]`,
    '7:12: group[1].members[0]: found "eth2", which is in group "ipmp0" already; allowed: a NIC is in one group',
  ],
  [
    "group twice",
    `${group("")}[[group]]\nname = "ipmp0"\nmembers = ["eth3"]`,
    '6:8: group[1].name: found "ipmp0", which is the name of group[0] already; allowed: a name of its own',
  ],
  [
    "NIC named as its group",
    group("").replace("eth2", "ipmp0"),
    '3:20: group[0].members[1]: found "ipmp0", which is the name of a group; allowed: NICs that are no group',
  ],
  [
    "MTU below IPv6",
    group("mtu = 1000"),
    "4:7: group[0].mtu: found 1000; allowed: at least 1280, because the group carries IPv6 (see families)",
  ],
  [
    "address without prefix",
    group('addresses = ["192.0.2.1"]'),
    '4:14: group[0].addresses[0]: found "192.0.2.1", which has no prefix; allowed: an address with its prefix',
  ],
  [
    "address with a long prefix",
    group('addresses = ["192.0.2.1/33"]'),
    '4:14: group[0].addresses[0]: found "192.0.2.1/33", whose prefix is "33"; allowed: a prefix from 1 to 32',
  ],
  [
    "address with no number as prefix",
    group('addresses = ["2001:db8::1/x"]'),
    '4:14: group[0].addresses[0]: found "2001:db8::1/x", whose prefix is "x"; allowed: a prefix from 1 to 128',
  ],
  ["no address", group('addresses = ["10.0.0/24"]'), '4:14: group[0].addresses[0]: found "10.0.0/24"; allowed: an address with its prefix'],
  [
    "zone",
    group('addresses = ["fe80::1%eth0/64"]'),
    '4:14: group[0].addresses[0]: found "fe80::1%eth0/64"; allowed: an address with its prefix',
  ],
  [
    "family mismatch",
    group('families = ["ipv4"]\naddresses = ["2001:db8::1/64"]'),
    '5:14: group[0].addresses[0]: found "2001:db8::1/64", but the group does not carry IPv6; allowed',
  ],
  [
    "IPv4 multicast",
    group('addresses = ["224.0.0.1/24"]'),
    '4:14: group[0].addresses[0]: found "224.0.0.1/24", which is a multicast address; allowed: a unicast',
  ],
  [
    "IPv4 loopback",
    group('addresses = ["127.0.0.1/8"]'),
    '4:14: group[0].addresses[0]: found "127.0.0.1/8", which is a loopback address; allowed: a unicast',
  ],
  [
    "IPv4 broadcast",
    group('addresses = ["255.255.255.255/32"]'),
    '4:14: group[0].addresses[0]: found "255.255.255.255/32", which is the broadcast address; allowed',
  ],
  [
    "IPv6 unspecified",
    group('addresses = ["::/64"]'),
    '4:14: group[0].addresses[0]: found "::/64", which is the unspecified address; allowed: a unicast',
  ],
  [
    "IPv6 loopback",
    group('addresses = ["::1/128"]'),
    '4:14: group[0].addresses[0]: found "::1/128", which is the loopback address; allowed: a unicast',
  ],
  [
    "IPv6 multicast",
    group('addresses = ["ff02::1/64"]'),
    '4:14: group[0].addresses[0]: found "ff02::1/64", which is a multicast address; allowed: a unicast',
  ],
  [
    "IPv4-mapped",
    group('addresses = ["::ffff:192.0.2.1/128"]'),
    '4:14: group[0].addresses[0]: found "::ffff:192.0.2.1/128", which is an IPv4-mapped address; allowed',
  ],
  [
    "address twice, spelled differently",
    group('addresses = ["2001:db8::1/64", "2001:0DB8::0001/64"]'),
    '4:32: group[0].addresses[1]: found "2001:0DB8::0001/64", which group "ipmp0" has already; allowed: each address once',
  ],
];
for (const [name, text, line] of meaning)
  test(`refused: ${name}`, () => {
    const lines = refusal(text);
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.ok(lines[0].startsWith(line), `\n  found    ${lines[0]}\n  expected ${line}`);
  });

test("limits: 32 members and 64 groups are taken, one more is not", () => {
  const members = (n: number, base: number) => `[${Array.from({ length: n }, (_, i) => `"e${base + i}"`).join(",")}]`;
  const groups = (n: number, m: number) =>
    Array.from({ length: n }, (_, i) => `[[group]]\nname = "g${i}"\nmembers = ${members(m, i * m)}\n`).join("");
  assert.equal(parseConfig(groups(64, 32), "f").groups.length, 64);
  assert.match(refusal(groups(65, 1))[0], /^1:1: group: found a list of 65; allowed: 1 to 64 tables/);
  assert.match(refusal(groups(1, 33))[0], /^3:11: group\[0\]\.members: found a list of 33; allowed: a list of 1 to 32 NICs/);
});

test("all problems of a step are told at once, in the order of the file", () => {
  const lines = refusal(group('policy = "x"\nflap_max = 9\nfoo = 1'));
  assert.deepEqual(
    lines.map((l) => l.split(" ")[0]),
    ["4:10:", "5:12:", "6:1:"],
  );
});

test("positions hold through comments, strings of every kind, inline tables and dotted keys", () => {
  const text = `# [[group]]
title = """ [[group]] "quoted" \\""" """
[[group]]   # the first
name = 'ipmp0' # mtu = 1
members = [ # a list
  "eth1", # "eth9"
  { "name" = "eth2", standby = 3 },
]
[[group]]
name = "ipmp1"
members = ["eth3"]
[group.extra.deep]
`;
  assert.deepEqual(
    refusal(text).map((l) => l.split(": ").slice(0, 2).join(" ")),
    ["2:1 title", "7:32 group[0].members[1].standby", "12:1 group[1].extra"],
  );
});

test("a file that cannot be read is refused with its reason", () => {
  const dir = mkdtempSync(join(tmpdir(), "hfd-config-"));
  const message = (file: string): string => {
    try {
      loadConfig(file);
    } catch (e) {
      assert.ok(e instanceof ConfigError);
      return e.message;
    }
    assert.fail("accepted");
  };
  try {
    const none = join(dir, "none.toml");
    assert.equal(message(none), `${none}: cannot be read: no such file`);
    assert.equal(message(dir), `${dir}: cannot be read: it is a directory`);
    const binary = join(dir, "binary.toml");
    writeFileSync(binary, Buffer.from([0x61, 0xff, 0xfe]));
    assert.equal(message(binary), `${binary}: is not UTF-8 text`);
    writeFileSync(binary, " ".repeat(5 * 1024 * 1024));
    assert.match(message(binary), /has 5242880 bytes; allowed: at most 4194304$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("whatever the text, it is a configuration or a ConfigError", () => {
  const example = readFileSync(new URL("examples/full.toml", ROOT), "utf8");
  const attempt = (text: string): void => {
    try {
      parseConfig(text, "f");
    } catch (e) {
      if (!(e instanceof ConfigError)) throw e;
    }
  };
  fc.assert(fc.property(fc.string({ maxLength: 200 }), attempt), { numRuns: 500 });
  // a right text with a piece replaced, so that the parser is passed now and then
  const piece = fc.tuple(
    fc.nat(example.length),
    fc.nat(12),
    fc.constantFrom("", "[", "]", '"', "{", "}", "=", "1", "a", ".", "\n", "'", '"""', "#", "-", "é"),
  );
  fc.assert(
    fc.property(piece, ([at, len, by]) => attempt(example.slice(0, at) + by + example.slice(at + len))),
    { numRuns: 1500 },
  );
});
