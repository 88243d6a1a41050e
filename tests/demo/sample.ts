// A View in the middle of a play, for the tests of the screen.

import type { Snapshot } from "../../host/demo/model.js";
import { STREAMS } from "../../host/demo/score.js";
import type { View } from "../../host/demo/screen.js";

export function snapshot(cut: number): Snapshot {
  const addresses = [
    ["192.0.2.1", "2001:db8::1"],
    ["192.0.2.2", "2001:db8::2"],
  ];
  const nics = [0, 1].map((i) => ({
    name: `eth${i + 1}`,
    link: i !== cut,
    state: i === cut ? "FAILED" : "RUNNING",
    addresses: i === cut ? [] : cut < 0 ? addresses[i] : ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"],
    linkLocal: i !== cut && (cut >= 0 || i === 1),
    outFrames: 1000,
    inFrames: 1000,
  }));
  const boundSince = new Map(addresses.flat().map((address) => [address, 5]));
  return { at: 9000, group: "ipmp0", state: cut < 0 ? "OK" : "DEGRADED", nics, boundSince };
}

export function sampleView(): View {
  const ramp = Array.from({ length: 20 }, (_, i) => (i < 15 ? 100 * i : 0));
  return {
    stage: "two NICs as one, on real devices",
    at: 9123.4,
    group: "ipmp0",
    nics: ["eth1", "eth2"],
    peerAddresses: ["192.0.2.9", "2001:db8::9"],
    phase: 1,
    phases: 5,
    text: "link of eth1 cut: its traffic and addresses move",
    snapshot: snapshot(0),
    moved: new Set(["192.0.2.1"]),
    rates: [
      { out: ramp, in: ramp.map((v) => v / 2) },
      { out: ramp.map((v) => 1400 - v), in: ramp.map((v) => 12_345 - v) },
    ],
    streams: STREAMS.map((s, i) => ({
      received: s.protocol === "TCP" ? 12_345_678 * (i + 1) : 4321 + i,
      lost: i === 0 ? 3 : 0,
      duplicates: 0,
      gapMs: 1.25 * (i + 1),
      open: i < 7,
    })),
    events: [
      { at: 9000.1, text: "eth1 lost its link", tone: "bad" },
      { at: 9000.2, text: "eth1 RUNNING -> FAILED", tone: "bad" },
      { at: 9000.3, text: "2 addresses left eth1", tone: "plain" },
    ],
    disturbances: 0,
    disturbanceText: "netlink messages about ipmp0",
  };
}
