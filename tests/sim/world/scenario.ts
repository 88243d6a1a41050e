// Scenarios: what a schedule begins with, and defaults for all of it.
//
// Invariant: a scenario is plain data, so that it can be printed beside a seed and read again.

import { CONFF, LIMIT, MODE, PROFILE, ROLE } from "../../../host/core/abi/clms.js";
import {
  type AppParams,
  type ArbiterParams,
  type DiskParams,
  type FaultParams,
  type HostParams,
  MS,
  type NetParams,
  type NodeSpec,
  type Scenario,
  SEC,
  US,
} from "../types.js";

/** A healthy network of 0.2 ms. */
export const GOOD_NET: NetParams = {
  delayNs: 200 * US,
  jitterNs: 30 * US,
  tail: 0,
  tailNs: 5 * MS,
  drop: 0,
  duplicate: 0,
  reorder: 0,
  reorderNs: 10 * MS,
  replay: 0,
  replayNs: 120 * SEC,
  corrupt: 0,
  truncate: 0,
  oversize: 0,
  burst: 0,
  burstLen: 8,
  mtu: 0,
};

/** A disk that keeps its word. */
export const GOOD_DISK: DiskParams = {
  syncNs: 100 * US,
  syncJitterNs: 50 * US,
  slow: 0,
  slowNs: 200 * MS,
  full: false,
  readOnly: false,
  torn: 0.5,
  bitflip: 0,
  misdirect: 0,
  lostWrite: 0,
  headerDamage: 0,
  checkpointDamage: 0,
};

export const GOOD_HOST: HostParams = {
  callNs: 100 * US,
  callJitterNs: 2 * MS,
  callNever: 0,
  callError: 0,
  callTwice: 0,
  callLate: 0,
  lateNs: 3 * SEC,
  svcNs: 5 * MS,
  svcFail: 0,
  fenceNs: 50 * MS,
  fenceFail: 0,
  fenceLie: 0,
  fenceRebootNs: 2 * SEC,
  wordNs: 0,
  overrideNs: 500 * MS,
};

export const GOOD_ARBITER: ArbiterParams = { delayNs: MS, jitterNs: MS, down: false, lose: 0 };

export const NO_APP: AppParams = { tickNs: 0, processes: 0, migrate: 0, send: 0, subsystems: 0, services: 0, candidates: 0 };

export const SOME_APP: AppParams = {
  tickNs: 100 * MS,
  processes: 3,
  migrate: 0.3,
  send: 0.5,
  subsystems: 1,
  services: 1,
  candidates: 0,
};

export const goodFaults = (): FaultParams => ({
  net: { ...GOOD_NET },
  disk: { ...GOOD_DISK },
  host: { ...GOOD_HOST },
  arbiter: { ...GOOD_ARBITER },
});

/** Nodes 1 to count, of which the first `voters` vote; those that the first configuration has no room for join later. */
export function nodeSpecs(count: number, voters = count): NodeSpec[] {
  return Array.from({ length: count }, (_, i) => {
    const genesis = i < LIMIT.GENESIS_MAX;
    const votes = i < voters ? 1 : 0;
    return { node: i + 1, role: votes === 1 ? ROLE.VOTER : ROLE.OBSERVER, votes, site: i % 2, genesis, at: genesis ? i * MS : i * 5 * MS };
  });
}

export interface Wanted {
  nodes: number;
  voters?: number;
  mode?: number;
  profile?: number;
  flags?: number;
  safetyNs?: number;
  livenessNs?: number;
  faults?: readonly string[];
  app?: AppParams;
  params?: Readonly<Record<number, number>>;
}

/** A healthy cluster of so many nodes, everything else as usual. */
export function scenarioOf(name: string, wanted: Wanted): Scenario {
  const mode = wanted.mode ?? MODE.MAJORITY;
  return {
    name,
    nodes: nodeSpecs(wanted.nodes, wanted.voters),
    mode,
    profile: wanted.profile ?? PROFILE.LAN,
    probeMs: 0,
    losses: 0,
    flags: wanted.flags ?? CONFF.AUTO_UP | (mode === MODE.CLASSIC ? CONFF.CLASSIC_OK : 0),
    params: wanted.params ?? {},
    safetyNs: wanted.safetyNs ?? 5 * SEC,
    livenessNs: wanted.livenessNs ?? 5 * SEC,
    upNs: 50 * MS,
    faults: wanted.faults ?? [],
    app: wanted.app ?? SOME_APP,
    base: goodFaults(),
    driftNs: 100 * US,
  };
}
