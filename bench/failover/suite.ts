// The failover suite: how long a receiver hears nothing when the link that carries a stream is lost, by carrier or silently.
// In each case of cases.ts Holdfast and its rivals stand side by side, and their trials alternate.

import { Lab } from "../../host/lab/netns.js";
import { build } from "../native.js";
import { OURS, type Report } from "../report.js";
import { CASES, type Case, type Entry, entries } from "./cases.js";
import type { Contender } from "./contender.js";
import { Bench, DIRECTIONS, type Direction, type Outcome, type Timing } from "./trial.js";

const SUITE = "failover";
const FULL = { trials: 20, timing: { warm: 100, window: 100, apart: 1600 } };
const QUICK = { trials: 1, timing: { warm: 30, window: 60, apart: 100 } };

/** What each trial gives, and how its row is called. */
const FIGURES: { key: keyof Outcome; title: (of: Case) => string; unit: string }[] = [
  { key: "broken", title: (of) => of.title, unit: "ms" },
  { key: "lost", title: (of) => `lost at ${of.title}`, unit: "datagrams" },
  { key: "repair", title: (of) => `repair of ${of.title}`, unit: "ms" },
  { key: "quiet", title: (of) => `undisturbed before ${of.title}`, unit: "ms" },
];

export async function runFailover(report: Report, quick: boolean): Promise<void> {
  const why = Lab.unavailable();
  if (why !== undefined) throw new Error(`needs network namespaces: ${why}`);
  for (const tool of ["link", "stream"]) build(tool);
  for (const of of CASES) if (of.quick || !quick) await runCase(report, of, quick ? QUICK : FULL);
}

async function runCase(report: Report, of: Case, { trials, timing }: typeof FULL): Promise<void> {
  const benches: Bench[] = [];
  const contenders: Contender[] = [];
  try {
    for (const entry of entries(of)) {
      if (!entry.available()) {
        report.skip(entry.name);
        continue;
      }
      const contender = await begun(entry);
      contenders.push(contender);
      benches.push(await Bench.open(contender, of));
    }
    for (const direction of DIRECTIONS) {
      const those = benches.filter((b) => b.takes(direction));
      if (those.length > 0) await measure(report, of, those, direction, trials, timing);
    }
  } finally {
    await Promise.all(benches.map((b) => b.close().catch(() => {})));
    for (const c of contenders) c.close();
  }
}

/** Starts a contender; one that did not come up is started anew once, for links watched by BFD sometimes stay down on a busy machine. */
async function begun(entry: Entry): Promise<Contender> {
  try {
    return await entry.start();
  } catch (e) {
    console.log(`${entry.name}: started anew, because: ${(e as Error).message}`);
    return await entry.start();
  }
}

async function measure(report: Report, of: Case, benches: Bench[], direction: Direction, trials: number, timing: Timing): Promise<void> {
  const outcomes = new Map<string, Outcome[]>(benches.map((b) => [b.contender.name, []]));
  for (let i = 0; i < trials; i++)
    for (const bench of benches) outcomes.get(bench.contender.name)?.push(await bench.trial(direction, timing));
  for (const { key, title, unit } of FIGURES)
    for (const [subject, all] of outcomes)
      report.add({ suite: SUITE, case: `${title(of)}, ${direction}`, subject, unit, better: "lower", samples: all.map((o) => o[key]) });
  const ours = outcomes.get(OURS);
  if (ours && ours.length !== trials) throw new Error(`${of.title}, ${direction}: ${ours.length} of ${trials} trials`);
}
