// The step suite: what one event costs in the module, for clusters of several sizes.
//
// benchmark.js runs batches of events that a cluster of real instances made. Each batch is looked at before the timing
// and after it: it must do what it did in the cluster, and the same both times. There is no rival: no other library does
// the same work for an event. The goal stands above the table.

import { Ack, MSG, Msg } from "../../host/core/abi/clms.js";
import { Clms } from "../../host/core/clms.js";
import { OURS, type Report } from "../report.js";
import { type Effort, sample, warm } from "../sample.js";
import { allSizes, CASES, type ClusterSize, quickSizes, type StepCase } from "./cases.js";
import { type Arrival, Cluster, kindOf } from "./cluster.js";
import { type Outcome, Replay } from "./replay.js";

const FULL: Effort = { rounds: 3, seconds: 0.2, samples: 5 };
const QUICK: Effort = { rounds: 1, seconds: 0.01, samples: 2 };

/** Heartbeats: as long as it takes to make enough of them. */
const QUIET_NS = 1_600_000_000;

export async function runStep(report: Report, quick: boolean): Promise<void> {
  const goal = CASES.filter((c) => c.goal !== undefined);
  console.log(
    `goal: at most ${(goal[0].goal ?? 0) / 1000} µs an event for ${goal.map((c) => c.name).join(", ")}; lower is better; no rival`,
  );
  const module = await Clms.compile();
  const clms = new Clms(module);
  for (const size of quick ? quickSizes() : allSizes())
    for (const { c, scene } of scenes(module, size)) {
      const arrivals = scene.arrivals.filter((a) => kindOf(a.bytes) === c.kind);
      measure(report, size, new Replay(c, clms, scene.image, arrivals), quick ? QUICK : FULL);
    }
}

/** What reaches an instance in a while, and the state in which that while began. */
interface Scene {
  image: Uint8Array;
  arrivals: Arrival[];
}

/** Forms the cluster, lets it do what is to be replayed, and keeps of it what two of its nodes saw. */
function scenes(module: WebAssembly.Module, size: ClusterSize): { c: StepCase; scene: Scene }[] {
  const cluster = new Cluster(module, size);
  cluster.form();
  const { master } = cluster;
  const member = size.voters;
  if (member === master) throw new Error(`${size.name}: the last voter is master`);
  const record = (what: () => void) => {
    const begin = (node: number): Scene => ({ image: cluster.nodes[node].state().slice(), arrivals: cluster.tap(node) });
    const both = { master: begin(master), member: begin(member) };
    what();
    return both;
  };
  const quiet = record(() => cluster.run(QUIET_NS));
  const records = record(() => {
    for (let i = 0; i < size.records; i++) cluster.record(member, `metadata ${i}`);
  });
  return CASES.map((c) => ({ c, scene: (c.from === "records" ? records : quiet)[c.at] }));
}

function measure(report: Report, size: ClusterSize, replay: Replay, effort: Effort): void {
  const { c } = replay;
  const name = `${c.name}, ${size.name}`;
  if (replay.events === 0) throw new Error(`${name}: nothing to replay`);
  const before = replay.outcome();
  check(name, size, replay, before);
  const samples = rounds(replay.op(), effort);
  const { hash } = replay.outcome();
  if (hash !== before.hash) throw new Error(`${name}: result hash ${before.hash} before the timing, ${hash} after it`);
  const scale = c.unit === "µs/record" ? 1e6 / size.records : 1e9 / replay.events;
  const row = { suite: "step", subject: OURS, unit: c.unit, better: "lower" } as const;
  report.add({ ...row, case: name, hash, samples: samples.map((s) => s * scale) });
  if (c.name !== "heartbeat") return;
  const back = rounds(replay.back(), effort);
  report.add({ ...row, case: `of it putting back, ${size.name}`, samples: back.map((s) => s * scale) });
}

function rounds(op: () => void, effort: Effort): number[] {
  warm(op, 1);
  return Array.from({ length: effort.rounds }, () => sample(op, effort)).flat();
}

/** Did the batch do what such events are for? */
function check(name: string, size: ClusterSize, replay: Replay, after: Outcome): void {
  const { begin, c, events } = replay;
  const { records } = size;
  const acks = after.sent.filter((bytes) => kindOf(bytes) === MSG.ACK).map((bytes) => new DataView(bytes.buffer));
  const slots = acks.map((dv) => Number(dv.getBigUint64(Msg.slot, true)));
  const must = (ok: boolean, what: string) => {
    if (!ok) throw new Error(`${name}: ${what}`);
  };
  if (c.name === "heartbeat") {
    must(acks.length === events && after.sent.length === events, `${acks.length} ACKs for ${events} heartbeats`);
    must(
      slots.every((s) => s === begin.applied) && acks.every((dv) => dv.getUint8(Msg.SIZE + Ack.lease) === 1),
      "not what an ACK should say",
    );
  } else if (c.name === "stage") {
    must(events === records && after.stored === begin.stored + records, `accepted up to ${after.stored}, from ${begin.stored}`);
    const each = slots.filter((s, i) => s > (i === 0 ? begin.stored : slots[i - 1]));
    must(each.length === records && each.every((s, i) => s === begin.stored + 1 + i), "not each record was acknowledged");
  } else if (c.name === "ack") {
    must(after.applied === begin.applied && after.sent.length === 0, "an ACK with nothing new was not without effect");
  } else if (c.name === "record") {
    const staged = after.sent.filter((bytes) => kindOf(bytes) === MSG.STAGE).length;
    must(after.applied === begin.applied + records, `${after.applied - begin.applied} records were decided`);
    must(staged === records * (size.voters - 1), `${staged} STAGEs`);
  } else if (c.name === "probe") {
    must(
      after.sent.length === events && after.sent.every((b) => kindOf(b) === MSG.PROBE_ACK),
      `${after.sent.length} answers to ${events} probes`,
    );
  } else must(after.sent.length === 0 && after.applied === begin.applied, "a call that is to do nothing did something");
}
