// The merge suite: what a merge of histories costs in the module, beside the same algorithm in C.
//
// benchmark.js runs the module: one op is one merge of all reports. Rounds of module and twin alternate; the hash of the
// canonical records of both must agree before the timing and after it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clms } from "../../host/core/clms.js";
import { dropFolder, takeFolder } from "../folder.js";
import { haveGcc } from "../native.js";
import { OURS, type Report } from "../report.js";
import { type Effort, sample, warm } from "../sample.js";
import { allCases, type MergeCase, quickCases } from "./cases.js";
import { MergeSubject } from "./module.js";
import { MergeTwin } from "./twin.js";

const FULL: Effort = { rounds: 5, seconds: 0.25, samples: 5 };
const QUICK: Effort = { rounds: 1, seconds: 0.02, samples: 2 };

export async function runMerge(report: Report, quick: boolean): Promise<void> {
  const clms = await MergeSubject.load();
  const native = haveGcc();
  if (!native) report.skip("c (gcc)");
  const folder = takeFolder("holdfast-bench");
  try {
    for (const c of quick ? quickCases() : allCases())
      await measure(report, clms, c, quick ? QUICK : FULL, native ? join(folder, "case") : null);
  } finally {
    dropFolder(folder);
  }
}

async function measure(report: Report, clms: Clms, c: MergeCase, effort: Effort, file: string | null): Promise<void> {
  const module = new MergeSubject(clms, c);
  if (file !== null) writeFileSync(file, module.image());
  const hash = await agree(module, file, "");
  const ours: number[] = [];
  const theirs: number[] = [];
  const op = module.op();
  warm(op, 1);
  for (let round = 0; round < effort.rounds; round++) {
    ours.push(...sample(op, effort));
    // Each round of the twin is a process of its own: where its memory happens to lie is then another every time.
    const twin = file === null ? null : await MergeTwin.open(file);
    for (let i = 0; twin && i < effort.samples; i++) theirs.push(await twin.time((effort.seconds * 1000) / effort.samples));
    await twin?.close();
  }
  await agree(module, file, "after timing, ");
  const scale = c.unit === "ns/record" ? 1e9 / module.reports.records : 1e6;
  const row = { suite: "merge", case: c.name, unit: c.unit, better: "lower", hash } as const;
  report.add({ ...row, subject: OURS, samples: ours.map((s) => s * scale) });
  if (file !== null) report.add({ ...row, subject: "c", samples: theirs.map((s) => s * scale) });
}

/** One merge by both: equal in every byte of the result. */
async function agree(module: MergeSubject, file: string | null, when: string): Promise<string> {
  const ours = module.hash();
  if (file === null) return ours;
  const twin = await MergeTwin.open(file);
  const theirs = await twin.hash();
  await twin.close();
  if (ours !== theirs) throw new Error(`${module.c.name}: ${when}result hash ${ours} of the module, ${theirs} of the twin`);
  return ours;
}
