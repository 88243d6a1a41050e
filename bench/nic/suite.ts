// The nic suite: what reaches the other side of real (virtual) devices, beside the kernel's own ways.
// Rounds of the subjects alternate; every round is bounded in time.

import { Lab } from "../../host/lab/netns.js";
import { build } from "../native.js";
import type { Report } from "../report.js";
import { runRate } from "./rate.js";
import { haveIperf, runTcp } from "./tcp.js";

const SUITE = "nic";

export async function runNic(report: Report, quick: boolean): Promise<void> {
  const why = Lab.unavailable();
  if (why !== undefined) throw new Error(`needs network namespaces: ${why}`);
  for (const tool of ["link", "flood"]) build(tool);
  await runRate(report, SUITE, [64, 1500], quick ? 1 : 7, quick ? 50 : 1000);
  if (haveIperf()) await runTcp(report, SUITE, quick ? 1 : 7, quick ? ["-n", "50M"] : ["-t", "2"]);
  else report.skip("iperf3");
}
