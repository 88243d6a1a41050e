// The limit of locked memory (ulimit -l), which the chunks of XDP sockets count against.
//
// Invariant: it is raised once, as far as this process may; what a service manager has set as the most is the most.

import { libc, Native } from "./ffi.js";
import { RLIMIT_MEMLOCK } from "./linux_xdp.js";

/** What it is raised to if that is allowed: more than the module has. */
const LOCKED = 256 << 20;

let raised = false;

/** Raises the limit for this process and those that it starts. */
export function raiseLocked(): void {
  if (raised) return;
  raised = true;
  const limit = new Native(16);
  for (const hard of [LOCKED, 0]) {
    if (libc().prlimit(0, RLIMIT_MEMLOCK, 0, limit.address) !== 0) return;
    const was = limit.dv.getBigUint64(8, true);
    const next = hard > 0 && was < BigInt(hard) ? BigInt(hard) : was;
    limit.dv.setBigUint64(0, next, true);
    limit.dv.setBigUint64(8, next, true);
    if (libc().prlimit(0, RLIMIT_MEMLOCK, limit.address, 0) === 0) return;
  }
}
