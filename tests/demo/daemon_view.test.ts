// The daemon's words as the demo's.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventRecord } from "../../host/daemon/events.js";
import type { AddressReport, GroupReport, MemberReport } from "../../host/daemon/report.js";
import { eventOf, snapshotOf } from "../../host/demo/daemon_view.js";

function member(name: string, given: Partial<MemberReport>): MemberReport {
  return {
    name,
    state: "running",
    flags: [],
    link: true,
    active: [],
    nominee: [],
    since: "",
    since_s: 0,
    why: "none",
    note: null,
    mac: "02:00:00:00:01:01",
    mtu: 1500,
    ifindex: 2,
    addresses: 0,
    weight: 1,
    speed: null,
    buckets: {},
    fails: 0,
    counters: null,
    device: null,
    ...given,
  };
}

function address(text: string, nic: string | null, state = "up"): AddressReport {
  return { address: text, state, nic, pinned: null, since: "2026-01-01T00:00:01.500Z", since_s: 0, rebinds: 0, conflicts: 0, bytes: 0 };
}

test("daemon view: a report becomes a snapshot, IPv4 before IPv6, only what is up and not link-local", () => {
  const counters = {
    opackets: 7,
    obytes: 70,
    ipackets: 5,
    rbytes: 50,
    multixmt: 0,
    brdcstxmt: 0,
    multircv: 0,
    brdcstrcv: 0,
    ierrors: 0,
    oerrors: 0,
  };
  const report: GroupReport = {
    name: "ipmp0",
    state: "degraded",
    since: "",
    since_s: 0,
    mac: "",
    mtu: 1500,
    families: [],
    policy: "flow",
    weight: "equal",
    encap: [],
    rebalance: "newest",
    members: [member("eth1", { counters }), member("eth2", { state: "absent", link: false, mac: null })],
    addresses: [
      address("2001:db8::1/64", "eth1"),
      address("192.0.2.2/24", "eth1"),
      address("192.0.2.1/24", "eth1"),
      address("192.0.2.3/24", "eth1", "down"),
      address("192.0.2.4/24", null),
      address("fe80::1/64", "eth1"),
    ],
    counters,
    drops: {},
    rebinds: 0,
    device: { rx_dropped: 0, tx_errors: 0 },
  };
  assert.deepEqual(snapshotOf(report, 42, Date.parse("2026-01-01T00:00:00.000Z")), {
    at: 42,
    group: "ipmp0",
    state: "DEGRADED",
    boundSince: new Map(report.addresses.map((a) => [a.address.split("/")[0], 1500])),
    nics: [
      {
        name: "eth1",
        link: true,
        state: "RUNNING",
        addresses: ["192.0.2.1", "192.0.2.2", "2001:db8::1"],
        linkLocal: true,
        outFrames: 7,
        inFrames: 5,
      },
      {
        name: "eth2",
        link: false,
        state: "ABSENT",
        addresses: [],
        linkLocal: false,
        outFrames: 0,
        inFrames: 0,
      },
    ],
  });
});

test("daemon view: events keep their words, get a tone, and lose what only repeats", () => {
  const event = (name: string, given: Partial<EventRecord> = {}): EventRecord => ({
    time: "",
    seq: 1,
    event: name,
    level: "info",
    text: `text of ${name}`,
    ...given,
  });
  assert.deepEqual(eventOf(event("link", { new: "down" }), 5), { at: 5, text: "text of link", tone: "bad" });
  assert.equal(eventOf(event("link", { new: "up" }), 5)?.tone, "good");
  assert.equal(eventOf(event("if_state", { new: "failed", level: "warn" }), 5)?.tone, "bad");
  assert.equal(eventOf(event("grp_state", { new: "ok" }), 5)?.tone, "good");
  assert.equal(eventOf(event("member_change", { new: "joined" }), 5)?.tone, "plain");
  for (const e of [event("if_flags"), event("ill_active"), event("grp_change"), event("rebind"), event("cast", { level: "debug" })])
    assert.equal(eventOf(e, 5), undefined);
});
