// Reports for the tests of the tools: made by hand, so that the text made from them can be written down.

import type { ProbeRecord } from "../../host/daemon/probe_report.js";
import type { AddressReport, Counters, GroupReport, MemberReport, StatusReport } from "../../host/daemon/report.js";

export const ZERO: Counters = {
  opackets: 0,
  obytes: 0,
  ipackets: 0,
  rbytes: 0,
  multixmt: 0,
  brdcstxmt: 0,
  multircv: 0,
  brdcstrcv: 0,
  ierrors: 0,
  oerrors: 0,
};

/** A member that works and carries both families. */
export const member = (name: string, more: Partial<MemberReport> = {}): MemberReport => ({
  name,
  state: "running",
  flags: [],
  link: true,
  active: ["ipv4", "ipv6"],
  nominee: [],
  up: ["ipv4", "ipv6"],
  weight: 1,
  speed: null,
  buckets: { ipv4: 128, ipv6: 128 },
  probing: { state: "disabled", families: [] },
  since: "2026-11-23T10:00:00.000Z",
  since_s: 60,
  why: "membership",
  note: null,
  mac: "02:00:00:00:00:01",
  mtu: 1500,
  ifindex: 2,
  addresses: 0,
  fails: 0,
  counters: ZERO,
  device: { rx_dropped: 0, tx_errors: 0 },
  ...more,
});

export const address = (text: string, nic: string | null, state = "up", more: Partial<AddressReport> = {}): AddressReport => ({
  address: text,
  state,
  nic,
  pinned: null,
  since: "2026-11-23T10:00:00.000Z",
  since_s: 60,
  rebinds: 0,
  conflicts: 0,
  bytes: 0,
  ...more,
});

export const group = (name: string, members: MemberReport[], more: Partial<GroupReport> = {}): GroupReport => ({
  name,
  state: "ok",
  since: "2026-11-23T10:00:00.000Z",
  since_s: 60,
  mac: "02:00:00:00:00:fe",
  mtu: 1500,
  families: ["ipv4", "ipv6"],
  policy: "flow",
  weight: "equal",
  encap: [],
  rebalance: "newest",
  fdt_ms: null,
  members,
  addresses: [],
  counters: ZERO,
  drops: {},
  rebinds: 0,
  device: { rx_dropped: 0, tx_errors: 0 },
  ...more,
});

export const report = (...groups: GroupReport[]): StatusReport => ({
  version: "0.1.0",
  pid: 1,
  started: "2026-11-23T10:00:00.000Z",
  config: "/etc/holdfast.toml",
  groups,
});

/** Two groups in which every state, flag and kind of probing occurs. */
export const SAMPLE = report(
  group(
    "ipmp0",
    [
      member("eth1", {
        nominee: ["ipv4"],
        probing: {
          state: "ok",
          families: [
            { family: "ipv4", mode: "routes", test_address: "192.0.2.81", targets: ["192.0.2.1", "192.0.2.2"] },
            { family: "ipv6", mode: "multicast", test_address: "fe80::81", targets: ["fe80::1"] },
          ],
        },
      }),
      member("eth2", {
        nominee: ["ipv6"],
        probing: {
          state: "unknown",
          families: [
            { family: "ipv4", mode: "multicast", test_address: "192.0.2.82", targets: [] },
            { family: "ipv6", mode: "disabled", test_address: null, targets: [] },
          ],
        },
      }),
      member("eth3", { flags: ["standby", "inactive"], active: [] }),
      member("eth4", { state: "failed", flags: ["failed"], active: [], link: false, probing: { state: "failed", families: [] } }),
      member("gone", { state: "absent", active: [], up: [], link: false }),
    ],
    {
      state: "degraded",
      fdt_ms: 10_000,
      addresses: [
        address("192.0.2.10/24", "eth1"),
        address("2001:db8::10/64", "eth2"),
        address("192.0.2.11/24", null),
        address("192.0.2.12/24", null, "duplicate"),
      ],
    },
  ),
  group(
    "a-rather-long1",
    [
      member("enp0s31f6np1v3", { state: "offline", flags: ["offline", "hwaddrdup"], active: [], up: [] }),
      member("eth6", { state: "init", active: [] }),
    ],
    { state: "failed", addresses: [address("203.0.113.5/24", null)] },
  ),
);

export const probe = (more: Partial<ProbeRecord> = {}): ProbeRecord => ({
  time: "2026-11-23T10:00:00.110Z",
  state: "acked",
  group: "ipmp0",
  nic: "eth1",
  family: "ipv4",
  id: 589,
  target: "192.0.2.1",
  net_rtt_us: 510,
  rtt_us: 760,
  rtt_avg_us: 760,
  rtt_dev_us: 50,
  ...more,
});
