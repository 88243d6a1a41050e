// A scenario in which nothing is wrong: what tests change one thing of.

import { MODE, PROFILE } from "../../../host/core/abi/clms.js";
import type { Scenario } from "../types.js";
import { GOOD_DISK, GOOD_HOST, GOOD_NET } from "../world/scenario.js";

export const GOOD: Scenario = {
  name: "good",
  nodes: [],
  mode: MODE.MAJORITY,
  profile: PROFILE.LAN,
  probeMs: 0,
  losses: 0,
  flags: 0,
  params: {},
  safetyNs: 1_000_000_000,
  livenessNs: 1_000_000_000,
  upNs: 0,
  faults: [],
  app: { tickNs: 0, processes: 0, migrate: 0, send: 0, subsystems: 0, services: 0, candidates: 0 },
  base: { net: GOOD_NET, disk: GOOD_DISK, host: GOOD_HOST, arbiter: { delayNs: 0, jitterNs: 0, down: false, lose: 0 } },
  driftNs: 0,
};
