// The Clearview proof: each row is a tool that knows nothing of Holdfast, shown across every fault of faults.ts.
//
// Invariants: a row looks while a fault strikes, while it lasts and while it is healed, and judges what it saw from before
// the first strike to after the last repair. Whatever the row, no frame leaves a NIC with another's address, and what is no
// fault of a member moves nothing.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { FAULT_STAGE, FAULTS, type Fault, shape } from "./faults.js";
import { e2e } from "./gate.js";
import { SourceWatch } from "./source_watch.js";
import { DATA, FAMILIES, Stage, type StageOptions, sleep } from "./stage.js";

/** One look of a row: from before a fault to after its repair. */
export interface Watch {
  /** called after each strike and each repair */
  look?(when: string): Promise<void>;
  /** called at the end: throws what was not as it must be */
  judge(): Promise<void>;
}

export interface Row {
  /** what is shown, for people */
  name: string;
  /** prefix of the lab: a few letters */
  lab: string;
  /** commands besides ip, tcpdump and ping */
  needs: readonly string[];
  stage?: Pick<StageOptions, "addresses">;
  /** starts what stays over all faults; what it returns begins a look at one fault */
  open(stage: Stage, t: TestContext): Promise<(fault: Fault, t: TestContext) => Promise<Watch>>;
}

/** Traffic flows for so long in each state. */
const DWELL_MS = 300;
/** After an absence peers may have given up an address, and ask again every second. */
const RETURN_MS = 2500;
const LIMIT_MS = 600_000;

async function strikeAndHeal(stage: Stage, fault: Fault, target: string, watch: Watch): Promise<void> {
  const before = shape(await stage.group());
  let struck = false;
  try {
    await fault.strike(stage, target);
    struck = true;
    await sleep(DWELL_MS);
    if (!fault.away) await watch.look?.(`${fault.name}, ${target}, struck`);
    if (fault.still) assert.deepEqual(shape(await stage.group()), before, "the group has not moved");
  } finally {
    // Also after a failed look: the next fault shall find everything whole.
    await fault.heal(stage, target).catch((e) => {
      if (struck) throw e;
    });
  }
  await sleep(fault.away ? RETURN_MS : DWELL_MS);
  await watch.look?.(`${fault.name}, ${target}, healed`);
}

async function prove(stage: Stage, fault: Fault, watch: Watch): Promise<void> {
  await sleep(DWELL_MS);
  if (!stage.isPlain) for (const target of fault.targets(stage)) await strikeAndHeal(stage, fault, target, watch);
  await watch.judge();
}

/** Shows a row across one fault; what a failed look leaves running is ended, so that the next begins with none of it. */
async function cell(stage: Stage, fault: Fault, begin: () => Promise<Watch>): Promise<void> {
  const before = stage.lab.running;
  try {
    await prove(stage, fault, await begin());
  } catch (e) {
    for (const child of stage.lab.running) if (!before.includes(child) && child !== stage.daemon) child.kill("SIGKILL");
    throw e;
  }
}

/** A row of the proof: a test for each fault. */
export function clearview(row: Row): void {
  e2e(
    `clearview ${row.name}`,
    row.needs,
    async (t) => {
      const stage = await Stage.build(t, row.lab, { ...FAULT_STAGE, ...row.stage });
      const begin = await row.open(stage, t);
      const sources = await SourceWatch.start(stage);
      for (const fault of FAULTS)
        await t.test(fault.name, async (sub) => {
          await cell(stage, fault, () => begin(fault, sub));
          if (!row.stage?.addresses) for (const f of FAMILIES) for (const a of DATA[f]) await stage.reaches(stage.peer, a);
        });
      await t.test("no frame left a NIC with another's address", async () => assert.deepEqual(await sources.stop(), []));
    },
    LIMIT_MS,
  );
}
