// Drop counters by cause: every cause there is, those that never occurred included, so that a graph begins at 0.

import { DROP_NAME } from "../core/index.js";
import type { GroupScene } from "./scene.js";

const CAUSES = Object.entries(DROP_NAME)
  .map(([i, name]) => [Number(i), name.toLowerCase()] as const)
  .filter(([i]) => i > 0);

/** [cause, frames] of a group. */
export function groupDrops({ grp }: GroupScene): [string, bigint][] {
  return CAUSES.map(([i, name]) => [name, grp.drops[i] ?? 0n]);
}
