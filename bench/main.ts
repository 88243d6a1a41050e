// `npm run bench`: runs the suites asked for, prints the machine, a table a suite and one summary line last.
// Exit status 0 only if every suite ran to its end, every result hash agreed and nothing that must be there
// was skipped; 2 for a mistake on the command line.

import { runCore } from "./core/suite.js";
import { runFailover } from "./failover/suite.js";
import { machine, machineLine } from "./machine.js";
import { runMerge } from "./merge/suite.js";
import { runNic } from "./nic/suite.js";
import { type Options, parseOptions, type SuiteName, USAGE, UsageError } from "./options.js";
import { Report } from "./report.js";
import { runStep } from "./step/suite.js";
import { runTime } from "./time/suite.js";

const RUN: Record<SuiteName, (report: Report, quick: boolean) => Promise<void>> = {
  core: runCore,
  failover: runFailover,
  merge: runMerge,
  nic: runNic,
  step: runStep,
  time: runTime,
};

async function main(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (e) {
    if (!(e instanceof UsageError)) throw e;
    console.error(`bench: ${e.message}\n${USAGE}`);
    return 2;
  }
  const began = Date.now();
  const report = new Report(machine());
  console.log(`machine: ${machineLine(report.machine)}`);
  for (const suite of options.suites) await runSuite(report, suite, options.quick);
  if (options.json !== null) writeJson(report, options.json);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const what = `bench ${options.suites.join(" ")}${options.quick ? " (quick)" : ""}: ${report.results.length} results`;
  const verdict = report.failures.length === 0 ? "ok" : `FAILED: ${report.failures.join("; ")}`;
  console.log(`${what}, ${report.skipped.length} skipped, ${seconds} s: ${verdict}`);
  return report.failures.length === 0 ? 0 : 1;
}

async function runSuite(report: Report, suite: SuiteName, quick: boolean): Promise<void> {
  console.log(`\n${suite}`);
  try {
    await RUN[suite](report, quick);
  } catch (e) {
    report.failures.push(`${suite}: ${e instanceof Error ? e.message : String(e)}`);
  }
  report.compare(suite);
  console.log(`${report.table(suite)}\n`);
}

function writeJson(report: Report, file: string): void {
  try {
    report.writeJson(file);
  } catch (e) {
    report.failures.push(`--json ${file}: ${(e as Error).message}`);
  }
}

// Through process.exit, so that namespaces and folders are removed by their exit handlers.
for (const [signal, number] of [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const)
  process.once(signal, () => process.exit(128 + number));

process.exitCode = await main(process.argv.slice(2));
