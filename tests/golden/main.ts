// Runs the golden scenarios by hand: `node dist/tests/golden/main.js [--update] [NAME…]` prints each log, or (--update)
// writes it into its file. A log that --update wrote is not thereby right: read every line against the design.

import { writeFileSync } from "node:fs";
import { Runner } from "./run.js";
import { readScenarios, withLog } from "./scenario.js";

const args = process.argv.slice(2);
const update = args.includes("--update");
const names = args.filter((a) => !a.startsWith("--"));
for (const scenario of readScenarios()) {
  if (names.length > 0 && !names.includes(scenario.name)) continue;
  const { log } = await Runner.run(scenario, Number.POSITIVE_INFINITY);
  if (!update) console.log(`── ${scenario.name} ──\n${log}`);
  else if (log !== scenario.expected) {
    writeFileSync(scenario.path, withLog(scenario, log));
    console.log(`${scenario.name}: written`);
  }
}
