// The core suite: nanoseconds a frame through the module's packet path, beside the same algorithm in C.
//
// benchmark.js runs the module: one op is one batch, so its own cost (some 8 ns an op) is spread over the frames.
// Rounds of module and twin alternate. Before timing, both do the same passes from the same state and must agree
// in every frame and every counter; after timing, once more in every frame.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ipmp } from "../../host/core/ipmp.js";
import { dropFolder, takeFolder } from "../folder.js";
import { haveGcc } from "../native.js";
import { OURS, type Report } from "../report.js";
import { type Effort, sample, warm } from "../sample.js";
import { allCases, type CoreCase, caseName, quickCases } from "./cases.js";
import { ModuleSubject } from "./module.js";
import { Twin } from "./twin.js";

const SUITE = "core";
const UNIT = { suite: SUITE, unit: "ns/frame", better: "lower" } as const;

const FULL: Effort = { rounds: 5, seconds: 0.1, samples: 5 };
const QUICK: Effort = { rounds: 1, seconds: 0.02, samples: 2 };

export async function runCore(report: Report, quick: boolean): Promise<void> {
  const effort = quick ? QUICK : FULL;
  const ipmp = await Ipmp.load();
  const native = haveGcc();
  if (!native) report.skip("c (gcc)");
  const folder = takeFolder("holdfast-bench");
  try {
    for (const c of quick ? quickCases() : allCases()) await measure(report, ipmp, c, effort, native ? join(folder, "case") : null);
  } finally {
    dropFolder(folder);
  }
}

async function measure(report: Report, ipmp: Ipmp, c: CoreCase, effort: Effort, file: string | null): Promise<void> {
  const module = new ModuleSubject(ipmp, c);
  const name = caseName(c);
  const twin = file === null ? null : () => Twin.open(file);
  if (file !== null) writeFileSync(file, module.image());
  const hash = await agree(module, twin, name);
  const times = await time(effort, module.op(), c.batch, twin, "run");
  await sameFrames(module, twin, name);
  report.add({ ...UNIT, case: name, subject: OURS, samples: times.ours, hash });
  if (twin) report.add({ ...UNIT, case: name, subject: "c", samples: times.theirs, hash });
  if (c.path === "tx" || c.addresses !== 256 || c.members !== 8) return;
  const alone = await time(effort, module.putBackOp(), c.batch, twin, "putback");
  const title = `(rx, putting destinations back alone, batch ${c.batch})`;
  report.add({ ...UNIT, case: title, subject: OURS, samples: alone.ours });
  if (twin) report.add({ ...UNIT, case: title, subject: "c", samples: alone.theirs });
}

type OpenTwin = (() => Promise<Twin>) | null;

/** Three passes from the first state: every frame must go on, and module and twin agree in frames and counters. */
async function agree(module: ModuleSubject, open: OpenTwin, name: string): Promise<string> {
  module.passes(3);
  const lost = module.losses();
  if (lost > 0) throw new Error(`${name}: the module did not pass on ${lost} frames`);
  const ours = module.hash(true);
  const twin = await open?.();
  const theirs = (await twin?.passes(3, true)) ?? ours;
  await twin?.close();
  if (ours !== theirs) throw new Error(`${name}: result hash ${ours} of the module, ${theirs} of the twin`);
  module.reset();
  return ours;
}

/** One more pass after the timing: the timed rounds have left nothing in the module that changes what becomes of a frame. */
async function sameFrames(module: ModuleSubject, open: OpenTwin, name: string): Promise<void> {
  module.reset();
  module.passes(1);
  const ours = module.hash(false);
  const twin = await open?.();
  const theirs = (await twin?.passes(4, false)) ?? ours;
  await twin?.close();
  if (ours !== theirs) throw new Error(`${name}: after timing, result hash ${ours} of the module, ${theirs} of the twin`);
}

/**
 * Rounds of both in turn. Each round of the twin is a process of its own: where its memory happens to lie, which
 * can cost it half as much again, is then another every time.
 */
async function time(
  effort: Effort,
  op: () => void,
  batch: number,
  open: OpenTwin,
  what: "run" | "putback",
): Promise<{ ours: number[]; theirs: number[] }> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const ms = (effort.seconds * 1000) / effort.samples;
  warm(op);
  for (let round = 0; round < effort.rounds; round++) {
    ours.push(...sample(op, effort).map((seconds) => (seconds * 1e9) / batch));
    const twin = await open?.();
    for (let i = 0; twin && i < effort.samples; i++) theirs.push(await twin.time(what, ms));
    await twin?.close();
  }
  return { ours, theirs };
}
