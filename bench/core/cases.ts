// What the core suite measures: which path, policy, table sizes and batch.

import type { POLICY } from "../../host/core/abi/ipmp.js";

export type PolicyName = keyof typeof POLICY;

/** Those that give a frame the same NIC however often it has passed: others look at the source address, which a pass changes. */
const POLICIES: readonly PolicyName[] = ["FLOW", "NEXT_HOP", "SOURCE", "ACTIVE_BACKUP"];

export interface CoreCase {
  path: "tx" | "rx";
  /** of the group; the receive path does not depend on it */
  policy: PolicyName;
  addresses: number;
  members: number;
  /** frames a call */
  batch: number;
}

/** Frames in memory; a pass is all of them once. */
export const FRAMES = 4096;
export const FRAME_BYTES = 64;

const ADDRESSES = [1, 256, 4096];
const MEMBERS = [2, 8];
const BATCHES = [32, 256];

export function caseName(c: CoreCase): string {
  const policy = c.path === "tx" ? ` ${c.policy.toLowerCase().replace("_", "-")}` : "";
  return `${c.path}${policy}, ${c.addresses} ${c.addresses === 1 ? "address" : "addresses"}, ${c.members} members, batch ${c.batch}`;
}

export function allCases(): CoreCase[] {
  const cases: CoreCase[] = [];
  const sizes = ADDRESSES.flatMap((addresses) => MEMBERS.flatMap((members) => BATCHES.map((batch) => ({ addresses, members, batch }))));
  for (const policy of POLICIES) for (const size of sizes) cases.push({ path: "tx", policy, ...size });
  for (const size of sizes) cases.push({ path: "rx", policy: "FLOW", ...size });
  return cases;
}

/** One case of each path and policy: enough to see that all agree. */
export function quickCases(): CoreCase[] {
  return allCases().filter((c) => c.addresses === 256 && c.members === 8 && c.batch === 32);
}
