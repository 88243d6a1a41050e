// Plays the golden scenarios of clms by hand: `node dist/tests/golden/clms/main.js [--update] [--orders] [NAME…]` prints
// each log, or (--update) writes it into its file; --orders plays every order of the critical phases too. A log that
// --update wrote is not thereby right: read every line against the case that its introduction names.

import { writeFileSync } from "node:fs";
import { Clms } from "../../../host/core/clms.js";
import { withLog } from "../scenario.js";
import { readCases } from "./cases.js";
import { Player } from "./run.js";

const args = process.argv.slice(2);
const update = args.includes("--update");
const names = args.filter((a) => !a.startsWith("--"));
const module = await Clms.compile();
const pool: Clms[] = [];
for (const scenario of readCases()) {
  if (names.length > 0 && !names.some((n) => scenario.name.startsWith(n))) continue;
  const began = Date.now();
  const { log, explored } = new Player(module, pool, scenario).play(args.includes("--orders"));
  const orders = explored === null ? "" : `, ${explored.orders} orders${explored.all ? "" : " (sample)"}`;
  if (!update) console.log(`── ${scenario.name}${orders}, ${Date.now() - began} ms ──\n${log}`);
  else if (log !== scenario.expected) {
    writeFileSync(scenario.path, withLog(scenario, log));
    console.log(`${scenario.name}: written`);
  }
}
