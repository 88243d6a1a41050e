// Collecting and playing, on a stage without a network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Director, type Watcher } from "../../host/demo/director.js";
import { pause, phases, play } from "../../host/demo/script.js";
import { FakeStage } from "./fake_stage.js";

function setup(): { stage: FakeStage; director: Director; told: string[] } {
  const stage = new FakeStage();
  const told: string[] = [];
  const watcher: Watcher = {
    step: (text) => told.push(text),
    event: (e) => told.push(e.text),
    begin: (i, phase) => told.push(`${i} ${phase.label}`),
    tick: () => {},
  };
  return { stage, told, director: new Director(stage, "fake", phases(stage.nics), watcher, "messages") };
}

/** A listener that lets every receiver report in every phase. */
function reporting(stage: FakeStage, director: Director): Director {
  let received = 0;
  const begin = director.begin.bind(director);
  director.begin = (i, phase) => {
    begin(i, phase);
    received += 100;
    stage.report(received, i === 1 ? 9 : 1);
  };
  return director;
}

test("director: a play cuts and repairs each NIC in turn, and goes well", async () => {
  const { stage, director, told } = setup();
  await stage.start(director, director.step);
  await play(stage, phases(stage.nics), 0.002, reporting(stage, director), new AbortController().signal);
  assert.deepEqual(stage.calls, ["start", "cut 0", "repair 0", "cut 1", "repair 1"]);
  const steps = told.filter((text) => !text.includes("->"));
  assert.deepEqual(steps, ["building nothing", "0 undisturbed", "1 eth1 cut", "2 eth1 repaired", "3 eth2 cut", "4 eth2 repaired"]);
  assert.equal(told.indexOf("192.0.2.1: eth1 -> eth2"), told.indexOf("1 eth1 cut") + 1);
  const summary = director.score.summary();
  assert.deepEqual(summary.problems, []);
  assert.deepEqual(
    summary.rows.map((r) => r.gaps[0]),
    [1, 9, 1, 1, 1],
  );
});

test("director: a failover that does not happen is a problem", async () => {
  const { stage, director } = setup();
  await stage.start(director, director.step);
  stage.cut = async () => {};
  await play(stage, phases(stage.nics), 0.002, reporting(stage, director), new AbortController().signal);
  assert.ok(director.score.summary().problems.includes("eth1 cut: eth1 is RUNNING, expected FAILED"));
});

test("director: the view has rates from two snapshots, and marks addresses that moved for a while", async () => {
  const { stage, director } = setup();
  await stage.start(director, director.step);
  const [first] = phases(stage.nics);
  director.begin(0, first);
  stage.report(1);
  await director.end(0, first);
  assert.deepEqual(director.view().rates[0], { out: [], in: [] });
  await stage.cut(0);
  stage.report(2, 3.5);
  await director.end(0, first);
  const view = director.view();
  assert.deepEqual(view.rates[0], { out: [250], in: [500] });
  assert.deepEqual([...view.moved].sort(), ["192.0.2.1", "2001:db8::1"]);
  assert.equal(view.streams[0].gapMs, 3.5);
  assert.deepEqual(view.events, [
    { at: 5, text: "192.0.2.1: eth1 -> eth2", tone: "plain" },
    { at: 5, text: "2001:db8::1: eth1 -> eth2", tone: "plain" },
  ]);
  assert.equal(view.snapshot?.nics[0].state, "FAILED");
  stage.time += 3000;
  assert.equal(director.view().moved.size, 0);
});

test("director: a new phase forgets the worst gap of the last, a lost connection stays lost", async () => {
  const { stage, director } = setup();
  await stage.start(director, director.step);
  const [first, second] = phases(stage.nics);
  director.begin(0, first);
  stage.report(1, 8);
  stage.listener?.stream({ protocol: "TCP", family: 4, way: "out", received: 5, lost: 0, duplicates: 0, gapMs: 0, open: false });
  director.begin(1, second);
  stage.report(2, 2);
  const { streams } = director.view();
  assert.equal(streams[0].gapMs, 2);
  assert.equal(streams[4].open, false);
});

test("director: messages about the group are shown and counted from the first cut on", async () => {
  const { stage, director, told } = setup();
  await stage.start(director, director.step);
  const [first, second] = phases(stage.nics);
  director.begin(0, first);
  director.disturbance("early");
  director.begin(1, second);
  director.disturbance("netlink: 5: ipmp0 down");
  assert.equal(director.view().disturbances, 1);
  assert.ok(told.includes("netlink: 5: ipmp0 down") && !told.includes("early"));
});

test("director: the first fatal error is the one that is told", () => {
  const { director } = setup();
  let called = 0;
  director.onFatal = () => called++;
  director.fatal(new Error("first"));
  director.fatal(new Error("second"));
  assert.equal(called, 1);
  assert.equal(director.failure?.message, "first");
});

test("script: an abort ends the pause and the play at once, with its reason", async () => {
  const { stage, director } = setup();
  await stage.start(director, director.step);
  const ending = new AbortController();
  setTimeout(() => ending.abort(new Error("enough")), 10);
  await assert.rejects(play(stage, phases(stage.nics), 3600, director, ending.signal), /enough/);
  assert.deepEqual(stage.calls, ["start"]);
  await assert.rejects(pause(3_600_000, ending.signal), /enough/);
});

test("director: events are in the order of their times, whenever they become known", async () => {
  const { director } = setup();
  for (const at of [10, 30, 20, 30, 5]) director.event({ at, text: `at ${at}`, tone: "plain" });
  assert.deepEqual(
    director.view().events.map((e) => e.at),
    [5, 10, 20, 30, 30],
  );
});
