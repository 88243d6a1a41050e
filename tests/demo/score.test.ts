// The score of a play and its summary.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamReport } from "../../host/demo/model.js";
import { report } from "../../host/demo/report.js";
import { misfits, Score, STREAMS, streamIndex } from "../../host/demo/score.js";
import { type Phase, phases } from "../../host/demo/script.js";
import { snapshot } from "./sample.js";

const LIST = phases(["eth1", "eth2"]);

function reports(score: Score, received: number, extra: Partial<StreamReport> = {}): void {
  for (const name of STREAMS) score.report({ ...name, received, lost: 0, duplicates: 0, gapMs: 1, open: true, ...extra });
}

/** A whole play; `during` acts in the middle of each phase. */
function playOut(during: (score: Score, index: number, phase: Phase) => void): Score {
  const score = new Score();
  reports(score, 1, { gapMs: 500 });
  for (const [i, phase] of LIST.entries()) {
    score.begin(phase);
    reports(score, 10 * (i + 1));
    during(score, i, phase);
    score.end(phase, snapshot(phase.action === "cut" ? phase.nic : -1));
  }
  return score;
}

test("score: the phases cut and repair each NIC in turn", () => {
  assert.deepEqual(
    LIST.map((p) => p.label),
    ["undisturbed", "eth1 cut", "eth1 repaired", "eth2 cut", "eth2 repaired"],
  );
});

test("score: every half of a stream has its own column", () => {
  assert.equal(STREAMS.length, 8);
  assert.deepEqual(STREAMS.map(streamIndex), [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("score: an undisturbed play went well, and what was before it does not count", () => {
  const summary = playOut((s, i) => i === 0 && s.disturbance("netlink before the first cut")).summary();
  // the message of phase 0 came before the first cut
  assert.deepEqual(summary.problems, []);
  assert.deepEqual(summary.disturbances, []);
  assert.equal(summary.connectionsLost, 0);
  assert.equal(summary.connections, 2);
  assert.deepEqual(
    summary.rows.map((r) => Math.max(...r.gaps)),
    [1, 1, 1, 1, 1],
  );
});

test("score: a gap and a loss count for the phase in which they are reported", () => {
  const summary = playOut((s, i) => {
    if (i === 1) s.report({ ...STREAMS[3], received: 21, lost: 4, duplicates: 0, gapMs: 7.5, open: true });
    if (i > 1) s.report({ ...STREAMS[3], received: 10 * (i + 1), lost: 4, duplicates: 0, gapMs: 1, open: true });
  }).summary();
  assert.deepEqual(
    summary.rows.map((r) => r.gaps[3]),
    [1, 7.5, 1, 1, 1],
  );
  assert.deepEqual(
    summary.rows.map((r) => r.lost),
    [0, 4, 0, 0, 0],
  );
  assert.deepEqual(summary.problems, []);
});

test("score: a packet delivered twice fails the play", () => {
  const { problems } = playOut(
    (s, i) => i === 2 && s.report({ ...STREAMS[0], received: 31, lost: 0, duplicates: 2, gapMs: 1, open: true }),
  ).summary();
  assert.deepEqual(problems, ["eth1 repaired: 2 packets delivered twice"]);
});

test("score: a lost connection fails the play, once for both its directions", () => {
  const summary = playOut((s, i) => {
    if (i !== 3) return;
    for (const way of ["out", "in"] as const)
      s.report({ protocol: "TCP", family: 6, way, received: 99, lost: 0, duplicates: 0, gapMs: 1, open: false });
  }).summary();
  assert.equal(summary.connectionsLost, 1);
  assert.deepEqual(summary.problems, ["TCP over IPv6: the connection was lost"]);
});

test("score: a message about the group from the first cut on fails the play", () => {
  const summary = playOut((s, i) => i === 1 && s.disturbance("Deleted 192.0.2.1 dev ipmp0")).summary();
  assert.deepEqual(summary.problems, ["told about the group during the failovers: Deleted 192.0.2.1 dev ipmp0"]);
});

test("score: a stream that is silent for a whole phase fails the play", () => {
  const score = new Score();
  score.begin(LIST[0]);
  reports(score, 10);
  score.end(LIST[0], snapshot(-1));
  score.begin(LIST[1]);
  reports(score, 10, { gapMs: 4000 });
  score.report({ ...STREAMS[5], received: 11, lost: 0, duplicates: 0, gapMs: 4000, open: true });
  score.end(LIST[1], snapshot(0));
  const { problems, rows } = score.summary();
  assert.equal(problems.length, 7);
  assert.equal(problems[0], "eth1 cut: UDP over IPv4 to the peer: nothing received");
  assert.deepEqual(rows[1].gaps, [-1, -1, -1, -1, -1, 4000, -1, -1]);
});

test("score: the group must be as the phase wants it", () => {
  assert.deepEqual(misfits(LIST[1], snapshot(0)), []);
  assert.deepEqual(misfits(LIST[2], snapshot(-1)), []);
  assert.deepEqual(misfits(LIST[1], snapshot(-1)), [
    "eth1 cut: eth1 is RUNNING, expected FAILED",
    "eth1 cut: eth1 still has 192.0.2.1, 2001:db8::1",
    "eth1 cut: ipmp0 is OK, expected DEGRADED",
  ]);
  assert.deepEqual(misfits(LIST[2], snapshot(0)), [
    "eth1 repaired: eth1 is FAILED, expected RUNNING",
    "eth1 repaired: eth1 has no data address",
    "eth1 repaired: ipmp0 is DEGRADED, expected OK",
  ]);
});

test("report: the summary as a table", () => {
  const score = playOut((s, i) => i === 1 && s.report({ ...STREAMS[1], received: 25, lost: 3, duplicates: 0, gapMs: 12.34, open: true }));
  assert.deepEqual(report(score.summary(), "netlink messages about ipmp0", false), [
    "Worst silence at the receiver in ms, by phase (out: to the peer, in: from it)",
    "                  UDP IPv4    UDP IPv6    TCP IPv4    TCP IPv6    UDP    UDP",
    "                 out    in   out    in   out    in   out    in   lost  twice",
    "undisturbed      1.0   1.0   1.0   1.0   1.0   1.0   1.0   1.0      0      0",
    "eth1 cut         1.0  12.3   1.0   1.0   1.0   1.0   1.0   1.0      3      0",
    "eth1 repaired    1.0   1.0   1.0   1.0   1.0   1.0   1.0   1.0      0      0",
    "eth2 cut         1.0   1.0   1.0   1.0   1.0   1.0   1.0   1.0      0      0",
    "eth2 repaired    1.0   1.0   1.0   1.0   1.0   1.0   1.0   1.0      0      0",
    "",
    "connections lost: 0 of 2",
    "netlink messages about ipmp0: none",
  ]);
});
