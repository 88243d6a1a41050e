// `holdfast top`: rates from two reports, and the picture made of them at any size.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleOf, topLines } from "../../host/cli/top_screen.js";
import type { StatusReport } from "../../host/daemon/report.js";
import { address, group, member, report, ZERO } from "./reports.js";

const at = (n: number): StatusReport =>
  report(
    group(
      "ipmp0",
      [
        member("eth1", { counters: { ...ZERO, opackets: 1000 * n, obytes: 750_000 * n, ipackets: n, rbytes: 64 * n }, addresses: 1 }),
        member("eth2", { counters: { ...ZERO, opackets: 500 * n, obytes: 250_000 * n }, addresses: 2 }),
        member("eth3", { state: "absent", link: false, counters: null }),
      ],
      {
        addresses: [
          address("192.0.2.10/24", "eth1", "up", { bytes: 1000 * n }),
          address("192.0.2.11/24", "eth2", "up", { bytes: 125_000 * n }),
          address("192.0.2.12/24", null),
        ],
      },
    ),
  );

const TIME = "2026-11-23T10:00:00.000Z";
const sample = sampleOf(at(0), at(2), 2, TIME);

test("rates of NICs, of the group, of addresses, busiest first", () => {
  const [g] = sample.groups;
  assert.deepEqual([g.out_bits, g.out_frames, g.in_bits, g.in_frames], [8_000_000, 1500, 512, 1]);
  assert.deepEqual(
    g.members.map((m) => [m.name, m.out_bits]),
    [
      ["eth1", 6_000_000],
      ["eth2", 2_000_000],
      ["eth3", 0],
    ],
  );
  assert.deepEqual(g.addresses, [
    { address: "192.0.2.11/24", nic: "eth2", out_bits: 1_000_000 },
    { address: "192.0.2.10/24", nic: "eth1", out_bits: 8000 },
    { address: "192.0.2.12/24", nic: null, out_bits: 0 },
  ]);
});

test("the picture", () => {
  assert.deepEqual(
    topLines(sample, { rows: 24, columns: 80 }),
    [
      "holdfast top  2026-11-23T10:00:00.000Z  over 2.0 s",
      "ipmp0 OK  out 8.0 Mbit/s 1.5 kf/s  in 512 bit/s 1 f/s",
      "  NIC   STATE    LINK  OUT                   SHARE  IN                SHARE  ADDR",
      "  eth1  running  up    6.0 Mbit/s  1.0 kf/s  75%    512 bit/s  1 f/s  100%   1",
      "  eth2  running  up    2.0 Mbit/s  500 f/s   25%    0 bit/s    0 f/s  0%     2",
      "  eth3  absent   down  0 bit/s     0 f/s     0%     0 bit/s    0 f/s  0%     0",
      "  ADDRESS        NIC   OUT",
      "  192.0.2.11/24  eth2  1.0 Mbit/s",
      "  192.0.2.10/24  eth1  8.0 kbit/s",
      "  192.0.2.12/24  -     0 bit/s",
      "",
    ].map((l) => l.slice(0, 80)),
  );
});

test("addresses take the room there is; the rest is counted", () => {
  const lines = topLines(sample, { rows: 10, columns: 80 });
  assert.deepEqual(lines.slice(6, 9), ["  ADDRESS        NIC   OUT", "  192.0.2.11/24  eth2  1.0 Mbit/s", "  and 2 more with less"]);
});

test("any size: never more lines or columns than the terminal has", () => {
  for (let rows = 0; rows < 30; rows++)
    for (const columns of [1, 20, 80, 200]) {
      const lines = topLines(sample, { rows, columns });
      assert.ok(lines.length <= rows, `${rows}: ${lines.length}`);
      for (const l of lines) assert.ok(l.length <= columns);
    }
  const whole = topLines(sample, { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY });
  assert.equal(whole.length, 11);
});

test("counters that went back, or came anew, give no rate", () => {
  assert.equal(sampleOf(at(2), at(0), 1, TIME).groups[0].out_bits, 0);
  assert.equal(sampleOf(report(), at(5), 1, TIME).groups[0].out_bits, 0);
});
