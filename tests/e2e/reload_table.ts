// Every key of the configuration, a change of it, and what that may cost under traffic. A new key needs a row here
// (tests/e2e/reload.test.ts says which is missing), but for whole numbers of a group: they have one of themselves.

import { NUMBERS } from "../../host/config/settings.js";

/**
 * What a change may cost: nothing that is not lost anyway; what was under way on a NIC; that, and a whole family while the
 * group does not carry it; or, because the group is made anew, everything until it is back.
 */
export type Cost = "nothing" | "what is under way" | "a family" | "the group is made anew";

export interface Row {
  /** as in the schema: group.policy, loop.spin_us */
  key: string;
  what: string;
  /** the changed configuration */
  change(toml: string): string;
  /** a line that the reload must print */
  says: RegExp;
  cost: Cost;
}

/** Puts a line into [[group]]. */
const inGroup = (line: string) => (toml: string) => toml.replace(/^\[\[group\]\]\n/m, `[[group]]\n${line}\n`);
const replace = (from: string | RegExp, to: string) => (toml: string) => toml.replace(from, to);
const append = (text: string) => (toml: string) => `${toml}${text}`;

/** A value that is neither the default nor out of range. */
const other = (s: (typeof NUMBERS)[number]): number => (s.default > s.min ? Math.max(s.min, s.default - 1) : Math.min(s.max, s.min + 1));

export const ROWS: readonly Row[] = [
  ...NUMBERS.filter((s) => s.key !== "flap_max").map(
    (s): Row => ({
      key: `group.${s.key}`,
      what: `${s.default} to ${other(s)}`,
      change: inGroup(`${s.key} = ${other(s)}`),
      says: new RegExp(`^ipmp0: ${s.key} = ${other(s)}$`, "m"),
      cost: "nothing",
    }),
  ),
  { key: "group.flap_max", what: "0 to 2", change: replace("flap_max = 0", "flap_max = 2"), says: /flap_max = 2/, cost: "nothing" },
  ...["next-hop", "source", "active-backup"].map(
    (p): Row => ({
      key: "group.policy",
      what: `flow to ${p}`,
      change: inGroup(`policy = "${p}"`),
      says: new RegExp(`policy = "${p}"`),
      cost: "nothing",
    }),
  ),
  { key: "group.failback", what: "true to false", change: inGroup("failback = false"), says: /failback = false/, cost: "nothing" },
  {
    key: "group.announce_on_all",
    what: "false to true",
    change: inGroup("announce_on_all = true"),
    says: /announce_on_all = true/,
    cost: "nothing",
  },
  {
    key: "group.announce_in_used_vlans",
    what: "true to false",
    change: inGroup("announce_in_used_vlans = false"),
    says: /announce_in_used_vlans = false/,
    cost: "nothing",
  },
  {
    key: "group.announce_vlans",
    what: "none to two",
    change: inGroup("announce_vlans = [7, 8]"),
    says: /announced in 2 VLANs/,
    cost: "nothing",
  },
  { key: "group.weight", what: "equal to speed", change: inGroup('weight = "speed"'), says: /weight = "speed"/, cost: "nothing" },
  { key: "group.encap", what: "all to none", change: inGroup("encap = []"), says: /encap = \[\]/, cost: "nothing" },
  {
    key: "group.rebalance",
    what: "newest to least-traffic",
    change: inGroup('rebalance = "least-traffic"'),
    says: /rebalance = "least-traffic"/,
    cost: "nothing",
  },
  {
    key: "group.pins",
    what: "one address",
    change: inGroup('pins = { "10.77.0.2" = "eth2" }'),
    says: /10\.77\.0\.2/,
    cost: "what is under way",
  },
  {
    key: "group.members[].weight",
    what: "eth3 1 to 3",
    change: (toml) => inGroup('weight = "configured"')(replace('"eth3"', '{ name = "eth3", weight = 3 }')(toml)),
    says: /eth3: weight/,
    cost: "what is under way",
  },
  {
    key: "group.members[].standby",
    what: "eth3 stands by",
    change: replace('"eth3"', '{ name = "eth3", standby = true }'),
    says: /eth3: standby on/,
    cost: "what is under way",
  },
  {
    key: "group.members",
    what: "eth3 out, and in again",
    change: replace(', "eth3"', ""),
    says: /eth3 taken out/,
    cost: "what is under way",
  },
  {
    key: "group.addresses",
    what: "one removed, another added",
    change: replace("10.77.0.2/24", "10.77.0.200/24"),
    says: /10\.77\.0\.200\/24 added/,
    cost: "nothing",
  },
  { key: "group.mtu", what: "1500 to 1400", change: inGroup("mtu = 1400"), says: /MTU 1400/, cost: "what is under way" },
  { key: "group.io", what: "auto to xdp", change: inGroup('io = "xdp"'), says: /^ipmp0: io = "xdp"$/m, cost: "what is under way" },
  { key: "loop.spin_us", what: "0 to 50", change: append("[loop]\nspin_us = 50\n"), says: /spin_us = 50/, cost: "nothing" },
  {
    key: "metrics.listen",
    what: "nowhere to a port",
    change: append('[metrics]\nlisten = "127.0.0.1:9500"\n'),
    says: /metrics: served at/,
    cost: "nothing",
  },
  {
    key: "metrics.textfile",
    what: "nowhere to a file",
    change: append('[metrics]\ntextfile = "STATE/x.prom"\n'),
    says: /metrics: written to/,
    cost: "nothing",
  },
  {
    key: "metrics.textfile_interval_s",
    what: "to a file every second",
    change: append('[metrics]\ntextfile = "STATE/x.prom"\ntextfile_interval_s = 1\n'),
    says: /metrics: written to/,
    cost: "nothing",
  },
  {
    key: "group.members[].test_addresses",
    what: "eth3 has some",
    change: replace('"eth3"', '{ name = "eth3", test_addresses = ["10.77.0.103/24", "link-local"] }'),
    says: /eth3: test addresses: 10\.77\.0\.103\/24, link-local/,
    cost: "nothing",
  },
  ...(["probe_discovery", "probe_evidence"] as const).map((key): Row => {
    const on = key === "probe_evidence";
    return {
      key: `group.${key}`,
      what: `to ${on}`,
      change: inGroup(`${key} = ${on}`),
      says: new RegExp(`${key} = ${on}`),
      cost: "nothing",
    };
  }),
  {
    key: "group.watch",
    what: "echo to neighbours",
    change: inGroup('watch = ["arp-nd"]'),
    says: /watch = \["arp-nd"\]/,
    cost: "nothing",
  },
  { key: "group.watch_mode", what: "any to all", change: inGroup('watch_mode = "all"'), says: /watch_mode = "all"/, cost: "nothing" },
  { key: "group.routers", what: "true to false", change: inGroup("routers = false"), says: /routers off/, cost: "nothing" },
  { key: "group.targets", what: "the peer", change: inGroup('targets = ["10.77.0.9"]'), says: /targets: 10\.77\.0\.9/, cost: "nothing" },
  {
    key: "group.resolve_targets",
    what: "the peer",
    change: inGroup('resolve_targets = ["10.77.0.9"]'),
    says: /resolve_targets: 10\.77\.0\.9/,
    cost: "nothing",
  },
  {
    key: "group.families",
    what: "both to IPv4",
    change: (toml) => toml.replace(/, "2001:db8:77::\d\/64"/g, "").replace("[[group]]\n", '[[group]]\nfamilies = ["ipv4"]\n'),
    says: /^ipmp0: carries IPv4$/m,
    cost: "a family",
  },
  {
    key: "group.name",
    what: "ipmp0 to ipmp9",
    change: replace('"ipmp0"', '"ipmp9"'),
    says: /ipmp9: group created/,
    cost: "the group is made anew",
  },
];
