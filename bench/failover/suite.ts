// The failover suite: how long a receiver hears nothing when the link that carries a stream dies.
// Holdfast and Open vSwitch's bond stand side by side, and their trials alternate.

import { Lab } from "../../host/lab/netns.js";
import { build } from "../native.js";
import { OURS, type Report } from "../report.js";
import { type Contender, Holdfast, OpenVSwitch } from "./contender.js";
import { Bench, DIRECTIONS, type Direction, type Outcome, type Timing } from "./trial.js";

const SUITE = "failover";
const FULL = { trials: 20, timing: { warm: 100, quiet: 100, cut: 100, repair: 200 } };
const QUICK = { trials: 1, timing: { warm: 30, quiet: 30, cut: 50, repair: 50 } };

/** What each trial gives, and how its case is called. */
const FIGURES: { key: keyof Outcome; title: string; unit: string }[] = [
  { key: "cut", title: "carrier loss", unit: "ms" },
  { key: "lost", title: "lost at carrier loss", unit: "datagrams" },
  { key: "repair", title: "repair", unit: "ms" },
  { key: "quiet", title: "undisturbed", unit: "ms" },
];

export async function runFailover(report: Report, quick: boolean): Promise<void> {
  const why = Lab.unavailable();
  if (why !== undefined) throw new Error(`needs network namespaces: ${why}`);
  const { trials, timing } = quick ? QUICK : FULL;
  for (const tool of ["link", "stream"]) build(tool);
  const benches: Bench[] = [];
  const contenders: Contender[] = [];
  const take = async (started: Promise<Contender>) => {
    const contender = await started;
    contenders.push(contender);
    benches.push(await Bench.open(contender));
  };
  try {
    await take(Holdfast.start());
    if (OpenVSwitch.available()) await take(OpenVSwitch.start());
    else report.skip("openvswitch");
    for (const direction of DIRECTIONS) await measure(report, benches, direction, trials, timing);
  } finally {
    await Promise.all(benches.map((b) => b.close().catch(() => {})));
    for (const c of contenders) c.close();
  }
}

async function measure(report: Report, benches: Bench[], direction: Direction, trials: number, timing: Timing): Promise<void> {
  const outcomes = new Map<string, Outcome[]>(benches.map((b) => [b.contender.name, []]));
  for (let i = 0; i < trials; i++)
    for (const bench of benches) outcomes.get(bench.contender.name)?.push(await bench.trial(direction, timing));
  for (const { key, title, unit } of FIGURES)
    for (const [subject, all] of outcomes)
      report.add({ suite: SUITE, case: `${title}, ${direction}`, subject, unit, better: "lower", samples: all.map((o) => o[key]) });
  const ours = outcomes.get(OURS);
  if (ours?.length !== trials) throw new Error(`${direction}: ${ours?.length ?? 0} of ${trials} trials`);
}
