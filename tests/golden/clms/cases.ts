// The scenarios of this folder: one file for each failure case, by its number.

import { join } from "node:path";
import { FOLDER, readScenarios, type Scenario } from "../scenario.js";

export const CASES = 24;

export function readCases(): Scenario[] {
  return readScenarios(join(FOLDER, "clms"));
}
